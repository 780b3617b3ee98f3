#!/usr/bin/env python3
"""The server's own web page: how it is served, what it works out, and what it does (README, Console)."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import ROOT, Server

BASE = "/_sfnd/console/"
PAGE = os.path.join(ROOT, "server", "console", "page")
LIB = os.path.join(ROOT, "tests", "lib")
FILES = sorted(os.listdir(PAGE))
TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
         "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
NODE = shutil.which("node")
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:"


def source(name):
    with open(os.path.join(PAGE, name), encoding="utf-8") as file:
        return file.read()


class Served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.api = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def get(self, path, method="GET", **headers):
        return self.api.request(method, path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def check_headers(self, response):
        policy = response.getheader("Content-Security-Policy")
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        self.assertEqual(rules["default-src"], "'none'")
        self.assertEqual({rules[r] for r in ("script-src", "style-src", "connect-src", "img-src")}, {"'self'"})
        self.assertEqual({rules[r] for r in ("base-uri", "form-action", "frame-ancestors")}, {"'none'"})
        self.assertNotIn("unsafe", policy)
        self.assertEqual(response.getheader("X-Content-Type-Options"), "nosniff")
        self.assertEqual(response.getheader("Cache-Control"), "no-cache")
        # With "no-referrer" a browser would send "Origin: null" from the page itself.
        self.assertEqual(response.getheader("Referrer-Policy"), "same-origin")

    def test_files(self):
        for name in FILES:
            status, body, response = self.get(BASE + name)
            self.assertEqual(status, 200)
            self.assertEqual(body.decode(), source(name))
            self.assertEqual(response.getheader("Content-Type"), TYPES[name.split(".")[-1]])
            self.check_headers(response)

    def test_the_index_is_the_folder(self):
        status, body, response = self.get(BASE + "?x=1")
        self.assertEqual((status, body.decode()), (200, source("index.html")))
        self.check_headers(response)

    def test_ways_to_the_page(self):
        for path in ("/", BASE[:-1]):
            for method in ("GET", "HEAD"):
                status, body, response = self.get(path, method)
                self.assertEqual((status, body, response.getheader("Location")), (302, b"", BASE))

    def test_head(self):
        for name in FILES:
            status, body, response = self.get(BASE + name, "HEAD")
            self.assertEqual((status, body), (200, b""))
            self.assertEqual(int(response.getheader("Content-Length")), len(source(name).encode()))
            self.check_headers(response)

    def test_a_known_file_is_not_sent_again(self):
        tags = set()
        for name in FILES:
            _, _, response = self.get(BASE + name)
            tag = response.getheader("ETag")
            self.assertRegex(tag, r'^"[0-9-]+"$')
            tags.add(tag)
            status, body, response = self.get(BASE + name, If_None_Match=tag)
            self.assertEqual((status, body, response.getheader("ETag")), (304, b"", tag))
            self.assertEqual(self.get(BASE + name, If_None_Match='"other"')[0], 200)
        self.assertEqual(len(tags), len(FILES))

    def test_nothing_else_is_there(self):
        for path in ("x", "index.html/", "../console.js", "%2e%2e/main.c", "page/index.html", "INDEX.HTML"):
            self.assertEqual(self.get(BASE + path)[0], 404, path)
        self.assertEqual(self.get("/favicon.ico")[0], 404)

    def test_pages_are_read_only(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            for path in (BASE, BASE[:-1], BASE + "console.js"):
                status, body, _ = self.get(path, method)
                self.assertEqual((status, json.loads(body)["__type"]), (405, "MethodNotAllowedException"))
        for method in ("PUT", "DELETE"):
            self.assertEqual(self.get("/", method)[0], 405)

    def test_a_body_is_ignored(self):
        status, _, _ = self.api.request("GET", BASE, "x" * 100000, {})
        self.assertEqual(status, 200)

    def test_who_may_call(self):
        """The page's own calls are taken under names that nobody else can own (server/http/route.c)."""
        target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
        for host in ("localhost:9000", "127.0.0.1:8083", "[::1]:8083", "sfnd.localhost", "192.168.1.7:8083"):
            status, _, _ = self.api.request("POST", "/", "{}", {**target, "Host": host, "Origin": "http://" + host})
            self.assertEqual(status, 200, host)
        for host, origin in (("localhost:8083", "http://evil.example"), ("sfnd:8083", "http://sfnd:8083"),
                             ("localhost:8083", "null")):
            for method, path, body in (("POST", "/", "{}"), ("GET", BASE, None), ("GET", "/", None)):
                status, _, _ = self.api.request(method, path, body, {**target, "Host": host, "Origin": origin})
                self.assertEqual(status, 403, (host, origin, path))
        # A page under a name that may be anybody's is shown, so that it can say why its calls are refused.
        self.assertEqual(self.get(BASE, Host="sfnd:8083")[0], 200)


class Source(unittest.TestCase):
    def test_nothing_comes_from_elsewhere(self):
        for name in FILES:
            text = source(name).replace("http://www.w3.org/2000/svg", "")
            self.assertNotRegex(text, r"\bhttps?:|\bwss?:|[\"'(]//|@import|url\(", name)

    def test_what_is_referred_to_is_there(self):
        for name in FILES:
            text = source(name)
            for used in re.findall(r'(?:src|href)="([^"#]+)"|from "\./([^"]+)"', text):
                self.assertIn("".join(used), FILES, name)

    def test_only_text_is_put_in(self):
        for name in FILES:
            self.assertNotRegex(source(name), r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|"
                                              r"new Function|DOMParser|javascript:|srcdoc", name)

    def test_nothing_is_inline(self):
        text = source("index.html")
        self.assertNotRegex(text, r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)")

    def test_it_is_small(self):
        self.assertLess(sum(len(source(name)) for name in FILES), 100000)


@unittest.skipUnless(NODE, "node is not there")
class InNode(unittest.TestCase):
    """Modules of the page, in a folder that tells node that they are modules."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="console-")
        for name in FILES:
            shutil.copy(os.path.join(PAGE, name), cls.folder)
        with open(os.path.join(cls.folder, "package.json"), "w", encoding="utf-8") as file:
            file.write('{"type":"module"}')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def node(self, script, *args, given):
        run = subprocess.run([NODE, os.path.join(LIB, script), self.folder, *args], input=json.dumps(given), text=True,
                             capture_output=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def pure(self, *jobs):
        return self.node("console_pure.mjs", given=jobs)


class Pure(InNode):
    def test_files_parse(self):
        for name in FILES:
            if name.endswith(".js"):
                run = subprocess.run([NODE, "--check", os.path.join(self.folder, name)], capture_output=True, text=True,
                                     timeout=60, check=False)
                self.assertEqual(run.returncode, 0, run.stderr)

    def test_json_is_indented_to_the_last_digit(self):
        text = '{"a":9007199254740993,"b":[1.00,"x\\"[{,",{}],"c":[],"d":{"e":null}}'
        shown, bare, broken, deep = self.pure(["indentJson", text], ["indentJson", "1.50"], ["indentJson", "{"],
                                              ["indentJson", "[" * 900 + "]" * 900])
        self.assertEqual(shown, '{\n  "a": 9007199254740993,\n  "b": [\n    1.00,\n    "x\\"[{,",\n    {}\n  ],\n'
                                '  "c": [],\n  "d": {\n    "e": null\n  }\n}')
        self.assertEqual((bare, broken), ("1.50", "{"))
        self.assertEqual(deep.replace("\n", "").replace(" ", ""), "[" * 900 + "]" * 900)

    def test_indenting_is_bounded(self):
        text = "[" * 900 + ",".join(["1"] * 50000) + "]" * 900
        self.assertEqual(self.pure(["indentJson", text]), [text])

    def test_dates_and_durations(self):
        self.assertEqual(self.pure(["dateText", 1704067200.5], ["dateText", None], ["dateText", 1e300],
                                   ["durationText", 1, 1.25], ["durationText", 1, 3.5], ["durationText", 0, 90061]),
                         ["2024-01-01 00:00:00.500", "", "1e+300", "250 ms", "2.5 s", "1 d 1 h"])

    def test_places(self):
        arn = "arn:aws:states:us-east-1:123456789012:execution:m/Label:x%y"
        there, = self.pure(["routeTo", "execution", arn])
        back, wrong, broken, none, other = self.pure(["parseRoute", there], ["parseRoute", "#/execution/x"],
                                                     ["parseRoute", "#/execution/%"], ["parseRoute", ""],
                                                     ["parseRoute", "#/constructor/" + arn])
        self.assertEqual(back, {"view": "execution", "arn": arn})
        for place in (wrong, broken, none, other):
            self.assertEqual(place, {"view": "machines", "arn": ""})
        self.assertEqual(self.pure(["parseArn", arn])[0]["machine"], "m")

    def test_what_the_clock_is_told(self):
        self.assertEqual(self.pure(["advanceBody", " 60 "], ["advanceBody", "p14d"], ["advanceBody", "1.5"]),
                         [{"advanceSeconds": 60}, {"advance": "P14D"}, {"advanceSeconds": 1.5}])

    # ---- the graph ----
    def layout(self, definition):
        result, = self.pure(["layoutGraph", definition])
        return result

    def check_drawing(self, drawing):
        """Every box is inside of the picture, two boxes are apart or one inside of the other, no edge crosses a box."""
        def sides(n):
            return n["x"], n["y"], n["x"] + n["width"], n["y"] + n["height"]
        for node in drawing["nodes"]:
            left, top, right, bottom = sides(node)
            self.assertTrue(0 <= left <= right <= drawing["width"] + .01 and 0 <= top <= bottom <= drawing["height"] + .01,
                            node)
        for i, a in enumerate(drawing["nodes"]):
            for b in drawing["nodes"][:i]:
                a0, a1, a2, a3 = sides(a)
                b0, b1, b2, b3 = sides(b)
                apart = a2 <= b0 + .01 or b2 <= a0 + .01 or a3 <= b1 + .01 or b3 <= a1 + .01
                inside = b["box"] and a0 >= b0 and a1 >= b1 and a2 <= b2 and a3 <= b3
                self.assertTrue(apart or inside, (a, b))
        for edge in drawing["edges"]:
            self.assertGreaterEqual(len(edge["points"]), 2)
            for (x0, y0), (x1, y1) in zip(edge["points"], edge["points"][1:]):
                left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
                for node in drawing["nodes"]:
                    a0, a1, a2, a3 = sides(node)
                    apart = right <= a0 or a2 <= left or bottom <= a1 + .01 or a3 - .01 <= top
                    inside = node["box"] and a0 <= left and right <= a2 and a1 <= top and bottom <= a3
                    self.assertTrue(apart or inside, (edge, node))

    def test_a_chain_goes_down(self):
        drawing = self.layout({"StartAt": "A", "States": {
            "C": {"Type": "Succeed"}, "B": {"Type": "Pass", "Next": "C"}, "A": {"Type": "Pass", "Next": "B"}}})
        self.check_drawing(drawing)
        y = {n["name"] or n["type"]: n["y"] for n in drawing["nodes"]}
        self.assertTrue(y["Start"] < y["A"] < y["B"] < y["C"] < y["End"])
        self.assertEqual(len(drawing["edges"]), 4)

    def test_boxes_hold_their_states(self):
        leaf = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "Y"}, "Y": {"Type": "Pass", "End": True}}}

        def named(suffix):
            return json.loads(json.dumps(leaf).replace("X", "X" + suffix).replace("Y", "Y" + suffix))
        drawing = self.layout({"StartAt": "Fork", "States": {"Fork": {"Type": "Parallel", "End": True, "Branches": [
            named("1"), {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": True, "ItemProcessor": named("2")}}},
            {"StartAt": "Old", "States": {"Old": {"Type": "Map", "End": True, "Iterator": named("3")}}}]}}})
        self.check_drawing(drawing)
        boxes = {n["name"]: n for n in drawing["nodes"]}
        self.assertTrue(all(boxes[n]["box"] for n in ("Fork", "Each", "Old")))
        for inner, outer in (("X1", "Fork"), ("Each", "Fork"), ("Y2", "Each"), ("Y3", "Old"), ("Y3", "Fork")):
            a, b = boxes[inner], boxes[outer]
            self.assertTrue(b["x"] < a["x"] and a["x"] + a["width"] < b["x"] + b["width"] and
                            b["y"] < a["y"] and a["y"] + a["height"] < b["y"] + b["height"], (inner, outer))

    def test_edges_pass_beside_tall_boxes(self):
        branch = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "Y"}, "Y": {"Type": "Pass", "End": True}}}
        self.check_drawing(self.layout({"StartAt": "Which", "States": {
            "Which": {"Type": "Choice", "Choices": [{"Next": "Fork"}, {"Next": "Small"}], "Default": "Last"},
            "Fork": {"Type": "Parallel", "Branches": [branch], "Next": "Last", "Catch": [{"Next": "Small"}]},
            "Small": {"Type": "Wait", "Next": "Which"}, "Last": {"Type": "Pass", "Next": "Which"}}}))

    def test_loops_catchers_and_names_of_objects(self):
        drawing = self.layout(json.loads("""{"StartAt": "Try", "States": {
            "Try": {"Type": "Task", "Resource": "x", "Next": "Done?",
                    "Catch": [{"ErrorEquals": ["A", "B"], "Next": "__proto__"}, {"ErrorEquals": ["States.ALL"], "Next": "Try"}]},
            "Done?": {"Type": "Choice", "Choices": [{"Next": "constructor"}, {"Next": "constructor"}], "Default": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Try"},
            "__proto__": {"Type": "Fail"}, "constructor": {"Type": "Succeed"}}}"""))
        self.check_drawing(drawing)
        self.assertEqual({n["name"] for n in drawing["nodes"]}, {"Try", "Done?", "Wait", "__proto__", "constructor", ""})
        kinds = sorted((e["kind"], e["label"]) for e in drawing["edges"])
        self.assertEqual(kinds, [("catch", "A, B"), ("catch", "States.ALL"), ("choice", ""), ("choice", "Default"),
                                 ("next", ""), ("next", ""), ("next", ""), ("next", ""), ("next", "")])

    def test_graphs_have_a_ceiling(self):
        def chain(n):
            states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(n - 1)}
            return {"StartAt": "S0", "States": {**states, f"S{n - 1}": {"Type": "Succeed"}}}
        long = chain(300)
        for i in range(0, 290):
            long["States"][f"S{i}"]["Catch"] = [{"ErrorEquals": ["E"], "Next": "S299"}]
        self.check_drawing(self.layout(long))
        self.assertIsNone(self.layout(chain(301)))
        many = {f"C{i}": {"Type": "Choice", "Choices": [{"Next": f"C{k}"} for k in range(30)]} for i in range(30)}
        self.assertIsNone(self.layout({"StartAt": "C0", "States": many}))
        for nonsense in ({}, {"States": 1}, {"States": {}}, {"States": {"A": 1}}, []):
            self.assertIsNone(self.layout(nonsense))
        self.check_drawing(self.layout({"States": {"A": {"Type": "Parallel", "Branches": [{}, 1]}, "B": {"Next": 7}}}))


class States(InNode):
    """What histories of this server say of each state."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(["--clock", "manual"]).start()
        cls.api = cls.server.client()
        for name in "abc":
            cls.api.call("CreateActivity", {"name": name})

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
        super().tearDownClass()

    def statuses(self, execution):
        events = self.api.history(execution, includeExecutionData=False)
        return {name: told for name, told in self.pure(["statuses", events])[0].items()}

    def words(self, execution):
        return {name: word for name, (word, _) in self.statuses(execution).items()}

    def fail_task(self, activity, error="Oops"):
        token = self.api.task(ACTIVITY + activity)["taskToken"]
        self.api.call("SendTaskFailure", {"taskToken": token, "error": error})

    def succeed_task(self, activity):
        token = self.api.task(ACTIVITY + activity)["taskToken"]
        self.api.call("SendTaskSuccess", {"taskToken": token, "output": "{}"})

    def test_caught_failed_and_redriven(self):
        machine = self.api.create_machine("caught", {"StartAt": "Try", "States": {
            "Try": {"Type": "Task", "Resource": ACTIVITY + "a", "Next": "Never",
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Mend"}]},
            "Never": {"Type": "Pass", "End": True},
            "Mend": {"Type": "Task", "Resource": ACTIVITY + "b", "End": True}}})
        execution = self.api.start(machine)
        self.assertEqual(self.words(execution), {"Try": "running"})
        self.fail_task("a")
        self.assertEqual(self.words(execution), {"Try": "caught", "Mend": "running"})
        self.fail_task("b")
        self.assertEqual(self.words(execution), {"Try": "caught", "Mend": "failed"})
        self.api.call("RedriveExecution", {"executionArn": execution})
        self.assertEqual(self.words(execution), {"Try": "caught", "Mend": "running"})
        self.succeed_task("b")
        self.assertEqual(self.words(execution), {"Try": "caught", "Mend": "succeeded"})

    def test_a_retry_that_succeeds_was_not_caught(self):
        machine = self.api.create_machine("retried", {"StartAt": "Try", "States": {
            "Try": {"Type": "Task", "Resource": ACTIVITY + "a", "End": True,
                    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]}}})
        execution = self.api.start(machine)
        self.fail_task("a")
        self.assertEqual(self.words(execution), {"Try": "running"})
        self.api.advance(2)
        self.succeed_task("a")
        self.assertEqual(self.statuses(execution), {"Try": ["succeeded", "1 succeeded"]})

    def test_branches(self):
        """One branch fails and its siblings are aborted; a redrive opens exactly those again."""
        task = {n: {"Type": "Task", "Resource": ACTIVITY + n, "End": True} for n in "abc"}
        machine = self.api.create_machine("branches", {"StartAt": "Fork", "States": {
            "Fork": {"Type": "Parallel", "Next": "Done", "Branches": [
                {"StartAt": n.upper(), "States": {n.upper(): task[n]}} for n in "abc"]},
            "Done": {"Type": "Succeed"}}})
        execution = self.api.start(machine)
        self.succeed_task("a")
        self.fail_task("b")
        self.assertEqual(self.words(execution), {"Fork": "failed", "A": "succeeded", "B": "failed", "C": "aborted"})
        self.api.call("RedriveExecution", {"executionArn": execution})
        self.assertEqual(self.words(execution), {"Fork": "running", "A": "succeeded", "B": "running", "C": "running"})
        self.succeed_task("b")
        self.succeed_task("c")
        self.assertEqual(set(self.words(execution).values()), {"succeeded"})
        self.assertEqual(self.statuses(execution)["Done"], ["succeeded", "1 succeeded"])

    def test_iterations_are_counted(self):
        machine = self.api.create_machine("each", {"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "End": True, "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "Kind", "States": {
                "Kind": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "Work"}],
                         "Default": "Work"},
                "Work": {"Type": "Task", "Resource": ACTIVITY + "a", "End": True}}}}}})
        execution = self.api.start(machine, [1, 2, 3])
        self.succeed_task("a")
        self.assertEqual(self.statuses(execution)["Work"][1], "2 running, 1 succeeded")
        self.fail_task("a")
        told = self.statuses(execution)
        self.assertEqual(told["Work"], ["failed", "1 succeeded, 1 failed, 1 aborted"])
        self.assertEqual(told["Kind"], ["succeeded", "3 succeeded"])
        self.assertEqual(told["Each"][0], "failed")

    def test_a_parallel_that_is_caught(self):
        machine = self.api.create_machine("fork-caught", {"StartAt": "Fork", "States": {
            "Fork": {"Type": "Parallel", "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Mend"}],
                     "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": ACTIVITY + "a", "End": True}}},
                                  {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}]},
            "Mend": {"Type": "Task", "Resource": ACTIVITY + "b", "End": True}}})
        execution = self.api.start(machine)
        self.assertEqual(self.words(execution), {"Fork": "caught", "A": "aborted", "F": "failed", "Mend": "running"})
        self.api.call("StopExecution", {"executionArn": execution})
        self.assertEqual(self.words(execution)["Mend"], "aborted")
        self.api.call("RedriveExecution", {"executionArn": execution})
        self.assertEqual(self.words(execution), {"Fork": "caught", "A": "aborted", "F": "failed", "Mend": "running"})
        self.succeed_task("b")

    def test_timed_out_and_fail(self):
        machine = self.api.create_machine("slow", {"StartAt": "Wait", "TimeoutSeconds": 5, "States": {
            "Wait": {"Type": "Wait", "Seconds": 100, "End": True}}})
        execution = self.api.start(machine)
        self.api.advance(6)
        self.assertEqual(self.words(execution), {"Wait": "failed"})
        machine = self.api.create_machine("fails", {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail"}}})
        execution = self.api.start(machine)
        self.api.call("RedriveExecution", {"executionArn": execution})
        self.assertEqual(self.statuses(execution), {"Stop": ["failed", "1 failed"]})

    def test_odd_events_do_no_harm(self):
        odd = [{"id": 1, "previousEventId": 99, "type": "TaskStateExited"}, {"id": 2, "previousEventId": 2, "type": "X"},
               {"id": 3, "previousEventId": 0, "type": "PassStateEntered"},
               {"id": 4, "previousEventId": 0, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "__proto__"}},
               {"id": 5, "previousEventId": 4, "type": "ParallelStateFailed"}]
        self.assertEqual(len(self.pure(["statuses", odd])), 1)


class Page(InNode):
    """The whole page, in a page that is none (tests/lib/console_page.mjs)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(["--clock", "manual"]).start()
        cls.api = cls.server.client()
        cls.api.call("CreateActivity", {"name": "a"})

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
        super().tearDownClass()

    def page(self, *steps):
        return self.node("console_page.mjs", f"http://127.0.0.1:{self.server.port}", given=steps)

    @staticmethod
    def at(view, arn):
        return f"#/{view}/{arn.replace(':', '%3A').replace('/', '%2F').replace('#', '%23')}"

    def test_from_the_list_to_a_redriven_execution(self):
        machine = self.api.create_machine("order", {"StartAt": "Work", "States": {
            "Work": {"Type": "Task", "Resource": ACTIVITY + "a", "End": True}}}, publish=True)
        self.page(["see", "order STANDARD"], ["go", self.at("machine", machine)], ["see", "Definition"],
                  ["set", "Input", '{"big":9007199254740993,'], ["press", "Start execution"],
                  ["set", "Input", '{"big":9007199254740993}'], ["set", "Name", "first"], ["press", "Start execution"],
                  ["see", "Execution first"], ["see", "9007199254740993"], ["see", "ActivityScheduled"],
                  ["set", "Error", "<i>E</i>"], ["press", "Stop"], ["see", "ABORTED"], ["see", "<i>E</i>"],
                  ["press", "Redrive"], ["see", "ExecutionRedriven"], ["see", "RUNNING"])
        execution = machine.replace("stateMachine", "execution") + ":first"
        self.assertEqual(self.api.describe(execution)["redriveCount"], 1)
        started = self.api.call("ListExecutions", {"stateMachineArn": machine})["executions"]
        self.assertEqual(len(started), 1)  # input that is no JSON starts nothing
        followed = subprocess.Popen([NODE, os.path.join(LIB, "console_page.mjs"), self.folder,
                                     f"http://127.0.0.1:{self.server.port}"], stdin=subprocess.PIPE, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        token = self.api.task(ACTIVITY + "a")["taskToken"]
        followed.stdin.write(json.dumps([["go", self.at("execution", execution)], ["see", "ActivityStarted"], ["class", "running"],
                                         ["see", "TaskStateExited"], ["class", "state"], ["unfold", "Work"], ["see", '"name"']]))
        followed.stdin.close()
        self.api.call("SendTaskSuccess", {"taskToken": token, "output": '"<script>"'})
        out, err = followed.stdout.read(), followed.stderr.read()
        self.assertEqual(followed.wait(60), 0, err)
        followed.stdout.close()
        followed.stderr.close()
        self.assertIn("succeeded", json.loads(out)[4][0])

    def test_map_runs_and_children(self):
        machine = self.api.create_machine("dist", {"StartAt": "Each", "States": {"Each": {
            "Type": "Map", "Label": "Items", "End": True, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
                "States": {"P": {"Type": "Pass", "End": True}}}}}})
        execution = self.api.start(machine, [1, 2, 3])
        self.api.wait(execution)
        run = self.api.call("ListMapRuns", {"executionArn": execution})["mapRuns"][0]["mapRunArn"]
        child = self.api.call("ListExecutions", {"mapRunArn": run})["executions"][0]["executionArn"]
        self.page(["go", self.at("execution", execution)], ["see", "dist/Items"], ["see", "MapRunSucceeded"],
                  ["go", self.at("maprun", run)], ["see", "Children"], ["see", "total"], ["see", "SUCCEEDED"],
                  ["set", "Status", "FAILED"], ["see", "No executions"],
                  ["go", self.at("execution", child)], ["see", "PassStateExited"], ["see", "Map Run arn:aws"])

    def test_pages_of_history(self):
        machine = self.api.create_machine("loop", {"StartAt": "A", "QueryLanguage": "JSONata", "States": {
            "A": {"Type": "Pass", "Output": "{% $states.input + 1 %}", "Next": "B"},
            "B": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input < 60 %}", "Next": "A"}], "Default": "C"},
            "C": {"Type": "Succeed"}}})
        execution = self.api.start(machine, 0)
        self.api.wait(execution)
        shown = self.page(["go", self.at("execution", execution)], ["see", "page 1"], ["text"], ["press", "Next"],
                          ["see", "page 2"], ["press", "Next"], ["see", "ExecutionSucceeded"], ["press", "Previous"],
                          ["see", "page 2"], ["set", "Order", "1"], ["see", "ExecutionSucceeded"], ["class", "succeeded"])
        self.assertNotIn("ExecutionSucceeded", shown[2])
        self.assertIn("A (Pass): 60 succeeded", " ".join(shown[-1]))

    def test_express(self):
        machine = self.api.create_machine("express", {"StartAt": "P", "States": {
            "P": {"Type": "Pass", "Result": "was here", "End": True}}}, type="EXPRESS")
        self.page(["go", self.at("machine", machine)], ["see", "EXPRESS"], ["press", "Start and wait"], ["see", "was here"])

    def test_the_clock_and_the_mocks(self):
        before = self.api.admin("GET", "/_sfnd/clock")["now"]
        mocks = {"StateMachines": {"x": {"TestCases": {"t": {}}}}, "MockedResponses": {}}
        self.page(["see", "manual"], ["set", "Advance by", "P14D"], ["press", "Advance"], ["go", "#/server"],
                  ["see", "executionsRunning"], ["set", "Mock configuration", json.dumps(mocks, separators=(",", ":"))], ["press", "Replace"],
                  ["holds", "Mock configuration", '"t": {}'], ["set", "Mock configuration", "{"], ["press", "Replace"], ["see", "JSON"])
        self.assertEqual(self.api.admin("GET", "/_sfnd/clock")["now"], before + 14 * 86400)
        self.assertEqual(self.api.admin("GET", "/_sfnd/mocks"), mocks)
        self.page(["go", "#/server"], ["press", "Remove all"],
                  ["holds", "Mock configuration", '"StateMachines": {}'])

    def test_another_account_and_a_reset(self):
        with Server() as server:
            server.client(account="999999999999", region="eu-west-1").create_machine(
                "elsewhere", {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
            self.node("console_page.mjs", f"http://127.0.0.1:{server.port}", given=[
                ["see", "No state machines"], ["set", "Account", "999999999999"], ["set", "Region", "eu-west-1"],
                ["press", "Use"], ["see", "elsewhere STANDARD"], ["go", "#/server"], ["press", "Reset…"],
                ["see", "Everything was forgotten."], ["go", "#/machines"], ["see", "No state machines"]])

    def test_what_is_not_there(self):
        none = "arn:aws:states:us-east-1:123456789012:execution:none:none"
        self.page(["go", self.at("execution", none)], ["see", "ExecutionDoesNotExist"],
                  ["go", self.at("machine", "arn:aws:states:us-east-1:123456789012:stateMachine:none")],
                  ["see", "StateMachineDoesNotExist"])


if __name__ == "__main__":
    tap.main()
