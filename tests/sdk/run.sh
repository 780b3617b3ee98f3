#!/bin/sh
# The unmodified AWS SDK for JavaScript v3 against the server; skipped with a line where node, npm or the package
# registry is missing.
set -u
cd "$(dirname "$0")" || exit 1
skip() {
    echo "ok 1 - javascript sdk # SKIP $1"
    exit 0
}
command -v node >/dev/null || skip "node is not there"
command -v npm >/dev/null || skip "npm is not there"
if [ ! -d node_modules/@aws-sdk/client-sfn ]; then
    npm install --no-audit --no-fund --no-package-lock --silent >/dev/null 2>&1 || skip "npm could not fetch @aws-sdk/client-sfn"
fi
exec node test_sdk.mjs
