#!/usr/bin/env python3
"""The README tells the truth: its commands run, its tables are the code's."""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import BINARY, ROOT, Server


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as text:
        return text.read()


README = read("README.md")


class Readme(unittest.TestCase):
    def test_walkthrough(self):
        """The two minutes with the AWS CLI, command for command."""
        if shutil.which("aws") is None:
            self.skipTest("the AWS CLI is not there")
        known = subprocess.run(["aws", "stepfunctions", "redrive-execution", "--generate-cli-skeleton"], check=False,
                               capture_output=True, env=dict(os.environ, AWS_DEFAULT_REGION="us-east-1"))
        if known.returncode != 0:
            self.skipTest("this AWS CLI is older than RedriveExecution")
        block = re.search(r"<!-- walkthrough -->\n```sh\n(.*?)```\n(?:.*?)```\n(.*?)```", README, re.S)
        with Server() as server:
            script = block.group(1).replace("http://127.0.0.1:8083", f"http://127.0.0.1:{server.port}")
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=120,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(block.group(2).strip(), done.stdout)
        self.assertIn("FAILED\tNoTruck\tREDRIVABLE", done.stdout)
        events = re.findall(r"^(\d+)\t(\d+)\t(\w+)$", done.stdout, re.M)
        self.assertEqual([int(e[0]) for e in events], list(range(1, 15)))
        self.assertEqual([e[2] for e in events].count("PassStateEntered"), 1)
        self.assertEqual([e[2] for e in events].count("ExecutionRedriven"), 1)

    def test_operations_table(self):
        """One row for each of the 37 operations, and "missing" where the code has none."""
        code = dict((name, kind == "HAVE") for kind, name in
                    re.findall(r'^    (HAVE|MISSING)\("(\w+)"', read("server", "api", "actions.c"), re.M))
        table = re.search(r"<!-- operations -->(.*?)<!-- /operations -->", README, re.S).group(1)
        rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", table, re.M))
        rows.pop("operation", None)
        self.assertEqual(len(code), 37)
        self.assertEqual(sorted(rows), sorted(code))
        for name, have in code.items():
            self.assertEqual(not rows[name].startswith("missing"), have, name)

    def test_configuration_table(self):
        """Every flag of --help stands in the table, and no other."""
        shown = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
        flags = set(re.findall(r"^  (--[a-z-]+)", shown, re.M))
        table = re.search(r"## Configuration\n(.*?)Account and region", README, re.S).group(1)
        self.assertEqual(flags, set(re.findall(r"`(--[a-z-]+)", "\n".join(
            line.split("|")[1] for line in table.splitlines() if line.startswith("| `")))))

    def test_files_of_the_tour_exist(self):
        tour = re.search(r"## Tour\n(.*?)One execution through", README, re.S).group(1)
        for line in tour.splitlines():
            folder = ""
            for name in re.findall(r"`([^`]+\.[ch])`", line.split("|")[1] if line.startswith("| ") else ""):
                path = name if "/" in name else os.path.join(folder, name)
                folder = os.path.dirname(path)
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), path)

    def test_make_targets_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
        for name in re.findall(r"`?make ([a-z-]+)", README):
            self.assertIn(name, targets)


if __name__ == "__main__":
    tap.main()
