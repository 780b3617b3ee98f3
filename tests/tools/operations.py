#!/usr/bin/env python3
"""Writes the operations table of the README from the code's own table (server/api/actions.c)."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with open(os.path.join(ROOT, "server", "api", "actions.c"), encoding="utf-8") as text:
    rows = re.findall(r'^    (HAVE|MISSING)\("(\w+)"', text.read(), re.M)
path = os.path.join(ROOT, "README.md")
with open(path, encoding="utf-8") as text:
    readme = text.read()
notes = dict(re.findall(r"^\| (\w+) \| (.*) \|$", readme.split("<!-- operations -->")[1].split("<!-- /")[0], re.M))


def note(kind, name):
    old = notes.get(name, "")
    if kind == "MISSING":
        return old if old.startswith("missing") else "missing: UnknownOperationException"
    return "yes" if not old or old.startswith("missing") else old


table = "".join(f"| {name} | {note(kind, name)} |\n" for kind, name in rows)
head, rest = readme.split("<!-- operations -->")
tail = rest.split("<!-- /operations -->")[1]
with open(path, "w", encoding="utf-8") as out:
    out.write(f"{head}<!-- operations -->\n| operation | |\n|---|---|\n{table}<!-- /operations -->{tail}")
