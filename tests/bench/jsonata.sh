#!/bin/sh
# Times our engine and, where node is present, the jsonata package of the version the service names, one after the
# other in one run.  Arguments: the benchmark program, the file of expressions.
set -eu
bench=$1
expressions=$(realpath "$2")
[ -f "$expressions" ] || { echo "no $expressions"; exit 1; }
echo "sfnd (microseconds; evaluate, parse, arena bytes)"
"$bench" "$expressions"
if command -v node >/dev/null && command -v npm >/dev/null; then
    modules=build/bench-jsonata
    [ -d "$modules/node_modules/jsonata" ] ||
        npm install --prefix "$modules" --no-audit --no-fund --silent jsonata@2.0.6 >/dev/null 2>&1 ||
        { echo "npm could not fetch jsonata@2.0.6: node is left out"; exit 0; }
    cp tests/bench/bench_jsonata.mjs "$modules/"
    echo "node, jsonata 2.0.6"
    (cd "$modules" && node bench_jsonata.mjs "$expressions")
else
    echo "node is not there: nothing to compare with"
fi
