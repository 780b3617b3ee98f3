#!/usr/bin/env python3
"""Runs ../shared/jsonata/run.py with the arguments given and prints its count as TAP: one line for each case.

--report, as the first argument: cases that do not pass are only told of, as skipped.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
arguments = sys.argv[1:]
report = arguments[:1] == ["--report"]
if report:
    del arguments[0]
done = subprocess.run([sys.executable, os.path.join(ROOT, "..", "shared", "jsonata", "run.py"), *arguments],
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
count = re.search(r"^(\d+) passed, (\d+) failed", done.stdout, re.M)
if not count:
    print(done.stdout)
    sys.exit(1)
passed, failed = int(count.group(1)), int(count.group(2))
for number in range(1, passed + 1):
    print(f"ok {number} - case")
if report and failed:
    print(f"ok {passed + 1} - {failed} cases # SKIP reported only: {failed} of {passed + failed} do not pass")
    sys.exit(0)
for number in range(1, failed + 1):
    print(f"not ok {passed + number} - case")
if failed:
    print(done.stdout[-6000:])
sys.exit(1 if failed or done.returncode else 0)
