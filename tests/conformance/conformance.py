#!/usr/bin/env python3
"""Runs the recorded cases of ../shared/conformance against the server and holds the result to expected_failures.

Every case is one TAP line.  A case that is listed in expected_failures must fail, any other must be exact: an
unexpected pass fails too, so the list can only shrink.  A reason that begins with "timing:" stands for a recorded
duration, or with "moto:" for what another version of moto may do: such a case may pass.  --update writes the list anew, keeping the reasons it had.
--table prints the table of the README.
"""
import argparse
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CASES = os.path.join(ROOT, "..", "shared", "conformance")
LIST = os.path.join(HERE, "expected_failures")
NEEDS = "none,lambda,states,multi-account"
NEEDS_MOTO = "apigateway,dynamodb,events,logs,s3,secretsmanager,sns,sqs"  # services that moto plays


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def skip(why):
    print(f"ok 1 - conformance # SKIP {why}")
    sys.exit(0)


def read_list():
    expected = {}
    if os.path.exists(LIST):
        with open(LIST, encoding="utf-8") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    name, _, why = line.strip().partition("  ")
                    expected[name] = why.strip()
    return expected


def write_list(results, reasons):
    with open(LIST, "w", encoding="utf-8") as out:
        out.write("# Recorded cases that are not exact yet: id, two spaces, the reason in one line.\n"
                  "# An entry that passes fails the test run, so this list may only shrink.\n")
        for result in sorted(results, key=lambda r: r["id"]):
            if not result["exact"]:
                out.write(f"{result['id']}  {reasons.get(result['id'], 'unexplained: ' + first_difference(result))}\n")


def first_difference(result):
    diff = result.get("first_diff") or {}
    return str(result.get("error") or f"{diff.get('path')}: {diff.get('actual')}").replace("\n", " ")[:160]


def run(server, needs):
    port, stub = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [sys.executable, os.path.join(CASES, "run.py"), "--exec", f"{server} --port {port}",
                   "--endpoint", f"http://127.0.0.1:{port}", "--stub-port", str(stub), "--needs", needs,
                   "--json", report, "-q"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1800,
                              check=False)
        if not os.path.exists(report):
            print(done.stdout)
            print("not ok 1 - the runner wrote no report")
            sys.exit(1)
        with open(report, encoding="utf-8") as text:
            return json.load(text)["results"]


def table(results):
    suites = {}
    for result in results:
        row = suites.setdefault(result["suite"], [0, 0, 0])
        row[0] += 1
        row[1] += bool(result["outcome"])
        row[2] += bool(result["exact"])
    print("| suite | cases | outcome | exact |\n|---|---|---|---|")
    for name, row in sorted(suites.items()):
        print(f"| {name} | {row[0]} | {row[1]} | {row[2]} |")
    total = [sum(row[i] for row in suites.values()) for i in range(3)]
    print(f"| all | {total[0]} | {total[1]} | {total[2]} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=os.environ.get("SFND", os.path.join(ROOT, "build", "sfnd")))
    moto = importlib.util.find_spec("moto") is not None
    parser.add_argument("--needs", default=NEEDS + "," + NEEDS_MOTO if moto else NEEDS)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if not os.path.exists(os.path.join(CASES, "run.py")):
        skip("../shared/conformance is not there")
    if importlib.util.find_spec("boto3") is None:
        skip("python3 has no boto3")
    results = run(args.server, args.needs)
    expected = read_list()
    if args.update:
        write_list(results, expected)
        return
    if args.table:
        table(results)
        return
    failed = 0
    for number, result in enumerate(results, 1):
        listed = result["id"] in expected
        good = result["exact"] != listed or expected.get(result["id"], "").startswith(("timing:", "moto:"))
        failed += not good
        note = " (expected failure)" if listed and good else " (passes now: take it off expected_failures)" \
            if listed else "" if good else f" ({first_difference(result)})"
        print(f"{'ok' if good else 'not ok'} {number} - {result['id']}{note}")
    for name in sorted(set(expected) - {result["id"] for result in results}) if moto else []:
        failed += 1
        print(f"not ok - {name} is listed but was not run")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
