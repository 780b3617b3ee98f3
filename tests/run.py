#!/usr/bin/env python3
"""Runs the suites of `make test` and adds them up.

A suite is a command that prints TAP ("ok 1 - name", "not ok 2 - name", "ok 3 - name # SKIP why").  A command that
ends with a status other than 0 without a "not ok" counts as one failure, so a crash cannot pass for silence.
The last line is "N passed, N failed, N skipped"; the exit status is 1 when anything failed.
"""
import argparse
import os
import re
import subprocess
import sys
import time

TAP = re.compile(r"^\s*(not ok|ok)\b\s*\d*\s*-?\s*(.*)$")


def run_suite(name, command, env, quiet):
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True,
                               errors="replace")
    passed = failed = skipped = 0
    lines, notes = [], []
    for line in process.stdout:
        lines.append(line)
        match = TAP.match(line)
        if not match:
            continue
        title = match.group(2)
        if match.group(1) == "not ok":
            failed += 1
        elif re.search(r"#\s*skip", title, re.I):
            skipped += 1
            notes.append(title)
        else:
            passed += 1
    status = process.wait()
    if status != 0 and failed == 0:
        failed += 1
        lines.append(f"(ended with status {status})\n")
    if status == 0 and passed + failed + skipped == 0:
        failed += 1
        lines.append("(ran no test)\n")
    seconds = time.monotonic() - started
    print(f"{'FAIL' if failed else 'ok  '} {name}: {passed} passed, {failed} failed, {skipped} skipped"
          f" ({seconds:.1f} s)", flush=True)
    for note in notes:
        print(f"     skipped: {note}", flush=True)
    if failed and not quiet:
        shown = [line for line in lines if not TAP.match(line) or "not ok" in line]
        sys.stdout.write("".join("     " + line for line in shown[-120:]))
        sys.stdout.flush()
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="run the suites whose name holds this text")
    parser.add_argument("--quiet", action="store_true", help="do not print what failing suites said")
    parser.add_argument("suites", nargs="+", help="NAME=COMMAND, run by the shell's rules for words")
    args = parser.parse_args()
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:" + os.environ.get("ASAN_OPTIONS", ""),
               UBSAN_OPTIONS="print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", ""))
    totals = [0, 0, 0]
    for suite in args.suites:
        name, _, command = suite.partition("=")
        if args.only and args.only not in name:
            continue
        totals = [a + b for a, b in zip(totals, run_suite(name, command.split(), env, args.quiet))]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
