#!/usr/bin/env python3
"""Runs ../shared/jsonata/run.py with the arguments given and prints its count as TAP: one line for each case."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
done = subprocess.run([sys.executable, os.path.join(ROOT, "..", "shared", "jsonata", "run.py"), *sys.argv[1:]],
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
count = re.search(r"^(\d+) passed, (\d+) failed", done.stdout, re.M)
if not count:
    print(done.stdout)
    sys.exit(1)
passed, failed = int(count.group(1)), int(count.group(2))
for number in range(1, passed + 1):
    print(f"ok {number} - case")
for number in range(1, failed + 1):
    print(f"not ok {passed + number} - case")
if failed:
    print(done.stdout[-6000:])
sys.exit(1 if failed or done.returncode else 0)
