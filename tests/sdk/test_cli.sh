#!/bin/sh
# The unmodified AWS CLI: the two operations with a host prefix, reached through a name under localhost
# (README, "The sync- host prefix").  The walk-through of the README runs in tests/api/test_readme.py.
set -u
skip() {
    echo "ok 1 - aws cli # SKIP $1"
    exit 0
}
command -v aws >/dev/null || skip "the AWS CLI is not there"
getent hosts sync-sfnd.localhost >/dev/null || skip "names under .localhost do not resolve here"
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp)
"${SFND:-$here/../../build/sfnd}" --port 0 >"$out" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -f "$out"' EXIT
while ! grep -q listening "$out"; do kill -0 $server || exit 1; done
port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$out")
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_DEFAULT_OUTPUT=text
cli() { aws --endpoint-url "http://sfnd.localhost:$port" stepfunctions "$@"; }

check() { # number, name, wanted, got
    if [ "$3" = "$4" ]; then echo "ok $1 - $2"; else
        echo "not ok $1 - $2"
        echo "# wanted $3, got $4"
        status=1
    fi
}
status=0
check 1 "TestState" B "$(cli test-state --definition '{"Type":"Pass","Next":"B"}' --query nextState)"
arn=$(cli create-state-machine --name e --type EXPRESS --role-arn arn:aws:iam::123456789012:role/r \
    --definition '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}' --query stateMachineArn)
check 2 "StartSyncExecution" SUCCEEDED "$(cli start-sync-execution --state-machine-arn "$arn" --query status)"
exit $status
