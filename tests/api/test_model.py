#!/usr/bin/env python3
"""Walks the service's API model (botocore's copy, where it is installed): every constraint of every member of every
operation is violated once, and the answer compared with the service's wording (reference/api.md section 1)."""
import importlib.util
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import ROOT, Server


def load_model():
    if importlib.util.find_spec("botocore") is None:
        return None
    from botocore.loaders import Loader
    return Loader().load_service_model("stepfunctions", "service-2")


MODEL = load_model()
with open(os.path.join(ROOT, "server", "api", "actions.c"), encoding="utf-8") as text:
    KINDS = {name: kind for kind, name in re.findall(r'^    (HAVE|MISSING)\("(\w+)"', text.read(), re.M)}
VALIDATION = "com.amazon.coral.validate#ValidationException"


def shape_of(name):
    return MODEL["shapes"][name]


def filler(name, depth=0):
    """A value that meets the constraints of a shape."""
    shape = shape_of(name)
    kind = shape["type"]
    if kind == "string":
        if "enum" in shape:
            return shape["enum"][0]
        return "a" * max(1, shape.get("min", 1))
    if kind in ("integer", "long"):
        return max(0, shape.get("min", 0))
    if kind in ("float", "double"):
        return float(max(0, shape.get("min", 0)))
    if kind == "boolean":
        return False
    if kind == "list":
        return [filler(shape["member"]["shape"], depth + 1) for _ in range(max(1, shape.get("min", 1)))]
    if kind == "structure":
        return {member: filler(shape["members"][member]["shape"], depth + 1) for member in shape.get("required", [])}
    raise AssertionError(f"no filler for {kind}")


def violations(name, path):
    """(value, path, rule) for each constraint of a shape; MISSING as value leaves the member out."""
    shape = shape_of(name)
    kind = shape["type"]
    if kind == "string":
        if shape.get("min", 0) > 0:
            yield "", path, f"Member must have length greater than or equal to {shape['min']}"
        if shape.get("max", 1 << 20) < 300000 and "enum" not in shape:
            yield "a" * (shape["max"] + 1), path, f"Member must have length less than or equal to {shape['max']}"
        if "enum" in shape:
            yield "NO_SUCH_VALUE", path, f"Member must satisfy enum value set: {{{sorted(shape['enum'])}}}"
        if "pattern" in shape and "enum" not in shape:
            yield "bad \u00e9\u0001", path, f"Member must satisfy regular expression pattern: {shape['pattern']}"
    elif kind in ("integer", "long"):
        if "min" in shape:
            yield shape["min"] - 1, path, f"Member must have value greater than or equal to {shape['min']}"
        if "max" in shape:
            yield shape["max"] + 1, path, f"Member must have value less than or equal to {shape['max']}"
    elif kind in ("float", "double"):
        if "min" in shape:
            yield shape["min"] - 1.0, path, f"Member must have value greater than or equal to {shape['min']}"
        if "max" in shape:
            yield shape["max"] + 1.0, path, f"Member must have value less than or equal to {shape['max']}"
    elif kind == "list":
        if shape.get("min", 0) > 0:
            yield [], path, f"Member must have length greater than or equal to {shape['min']}"
        if "max" in shape:
            yield [filler(shape["member"]["shape"])] * (shape["max"] + 1), path, \
                f"Member must have length less than or equal to {shape['max']}"
        for value, at, rule in violations(shape["member"]["shape"], f"{path}.1.member"):
            yield [value], at, rule
    elif kind == "structure":
        for member, target in shape["members"].items():
            for value, at, rule in violations(target["shape"], f"{path}.{member}" if path else member):
                yield {**filler(name), member: value}, at, rule
        for member in shape.get("required", []):
            value = filler(name)
            del value[member]
            yield value, f"{path}.{member}" if path else member, "Member must not be null"


def says(said, rule):
    enum = re.fullmatch(r"Member must satisfy enum value set: \{(.*)\}", rule)
    if not enum:
        return said == rule
    shown = re.fullmatch(r"Member must satisfy enum value set: \[(.*)\]", said)
    return bool(shown) and sorted(shown.group(1).split(", ")) == sorted(re.findall(r"\w+", enum.group(1)))


def reads_as(message, path, rule):
    """Whether a message says that rule of that path, and nothing of any other member."""
    head = re.match(r"(\d+) validation errors? detected: ", message)
    if not head:
        return False
    found = re.findall(r" at '([^']*)' failed to satisfy constraint: (.*?)(?=; Value |$)", message[head.end() - 1:], re.S)
    return (len(found) == int(head.group(1)) and all(at == path for at, _ in found)
            and any(says(said, rule) for _, said in found))


@unittest.skipIf(MODEL is None, "botocore is not there")
class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.api = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def check(self, operation):
        count = 0
        for params, path, rule in violations(MODEL["operations"][operation]["input"]["shape"], ""):
            count += 1
            with self.subTest(path=path, rule=rule):
                status, answer = self.api.raw(operation, json.dumps(params))
                self.assertEqual(status, 400, answer)
                self.assertEqual(answer["__type"], VALIDATION, answer)
                self.assertTrue(reads_as(answer["message"], path, rule), f"{answer['message'][:300]}\nwanted {rule}")
        return count


def add(operation):
    def test(self):
        if operation not in KINDS:
            self.fail("an operation this server has never heard of")
        if KINDS[operation] == "MISSING":
            status, answer = self.api.raw(operation, "{}")
            self.assertEqual((status, answer["__type"].split("#")[-1]), (400, "UnknownOperationException"))
            return
        self.check(operation)
    test.__doc__ = f"Every constraint of {operation}."
    setattr(Model, f"test_{operation}", test)


for each in MODEL["operations"] if MODEL else ():
    add(each)

if not MODEL:
    Model.test_model = lambda self: None

if __name__ == "__main__":
    tap.main()
