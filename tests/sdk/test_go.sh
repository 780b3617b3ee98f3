#!/bin/sh
# The unmodified AWS SDK for Go v2, as Debian packages it (golang-go, golang-github-aws-aws-sdk-go-v2-dev); skipped
# with a line where either is missing.
set -u
skip() {
    echo "ok 1 - go sdk # SKIP $1"
    exit 0
}
here=$(cd "$(dirname "$0")" && pwd)
command -v go >/dev/null || skip "go is not there"
[ -d /usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/service/sfn ] ||
    skip "the package golang-github-aws-aws-sdk-go-v2-dev is not there"
work=$(mktemp -d)
server=
trap 'test -n "$server" && kill $server 2>/dev/null; wait; rm -rf "$work"' EXIT
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$work/cache}" GOFLAGS= \
    go build -o "$work/tour" "$here/go/main.go" || exit 1
"${SFND:-$here/../../build/sfnd}" --port 0 >"$work/out" &
server=$!
while ! grep -q listening "$work/out"; do kill -0 $server || exit 1; done
"$work/tour" "$(sed -n 's/^sfnd listening on //p' "$work/out")"
