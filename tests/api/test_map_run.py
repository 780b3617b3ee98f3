#!/usr/bin/env python3
"""Map Runs of the running server: many children, and kill -9 at random moments while they run, fail and are redriven
(design rules 1 to 5, reference/redrive.md section 6).  ROUNDS=n sets the number of kills."""
import json
import os
import random
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Refused, Server

ROUNDS = int(os.environ.get("ROUNDS", "50"))


def map_state(kind, label, processor, **more):
    return {"Type": "Map", "Label": label, "End": True,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **processor}, **more}


def machine(state):
    return {"StartAt": "M", "States": {"M": state}}


PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}

# "bad" finds no rule that matches until its child was redriven; everything waits a little.
MOODY = {"StartAt": "Pause", "States": {
    "Pause": {"Type": "Wait", "Seconds": 2, "Next": "Look"},
    "Look": {"Type": "Choice", "Choices": [
        {"Variable": "$.mood", "StringEquals": "good", "Next": "Good"},
        {"Variable": "$$.Execution.RedriveCount", "NumericGreaterThan": 0, "Next": "Good"}]},
    "Good": {"Type": "Pass", "OutputPath": "$.n", "End": True}}}


def children(api, run, **more):
    found, token = [], None
    while True:
        params = {"mapRunArn": run, "maxResults": 1000, **more}
        if token:
            params["nextToken"] = token
        answer = api.call("ListExecutions", params)
        found += answer["executions"]
        token = answer.get("nextToken")
        if not token:
            return found


def map_runs(api, execution):
    return [r["mapRunArn"] for r in api.call("ListMapRuns", {"executionArn": execution})["mapRuns"]]


class Many(unittest.TestCase):
    def test_ten_thousand(self):
        for kind in ("STANDARD", "EXPRESS"):
            with Server() as server:
                api = server.client()
                arn = api.create_machine("m", machine(map_state(kind, "L", PASS)))
                items = list(range(10000))
                execution = api.start(arn, items)
                answer = api.wait(execution, 120)
                self.assertEqual(answer["status"], "SUCCEEDED")
                self.assertEqual(json.loads(answer["output"]), items)
                (run,) = map_runs(api, execution)
                counts = api.call("DescribeMapRun", {"mapRunArn": run})["executionCounts"]
                self.assertEqual((counts["succeeded"], counts["total"]), (10000, 10000))
                names = {c["name"] for c in children(api, run)}
                self.assertEqual(len(names), 10000)
                with open(f"/proc/{server.process.pid}/status") as status:
                    memory = next(line for line in status if line.startswith("VmHWM")).split()[1]
                print(f"# {kind}: at most {int(memory) // 1024} MB", flush=True)

    def test_no_more_at_once_than_asked_for(self):
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            arn = api.create_machine("m", machine(map_state("STANDARD", "L", MOODY, MaxConcurrency=7)))
            execution = api.start(arn, [{"n": n, "mood": "good"} for n in range(20)])
            (run,) = map_runs(api, execution)
            end = time.monotonic() + 20
            while api.call("DescribeMapRun", {"mapRunArn": run})["executionCounts"]["running"] != 7:
                self.assertLess(time.monotonic(), end)
            api.call("UpdateMapRun", {"mapRunArn": run, "maxConcurrency": 9})
            while api.call("DescribeMapRun", {"mapRunArn": run})["executionCounts"]["running"] != 9:
                self.assertLess(time.monotonic(), end)
            self.assertEqual(len(children(api, run, statusFilter="RUNNING")), 9)
            api.advance(60)
            self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")


    def test_ceiling(self):
        """No more children at once than the limit, whatever MaxConcurrency says; one less for one less."""
        for limit, asked, expected in ((3, 0, 3), (3, 4, 3), (4, 3, 3)):
            with Server(["--clock", "manual", "--limit", f"map-run-concurrency={limit}"]) as server:
                api = server.client()
                arn = api.create_machine("m", machine(map_state("EXPRESS", "L", MOODY, MaxConcurrency=asked)))
                execution = api.start(arn, [{"n": n, "mood": "good"} for n in range(5)])
                end = time.monotonic() + 20
                while True:
                    runs = map_runs(api, execution)
                    if runs and api.call("DescribeMapRun", {"mapRunArn": runs[0]})["executionCounts"][
                            "running"] == expected:
                        break
                    self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
                counts = api.call("DescribeMapRun", {"mapRunArn": runs[0]})["executionCounts"]
                self.assertEqual((counts["running"], counts["pending"]), (expected, 5 - expected))
                api.advance(60)
                self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")


    def test_open_runs(self):
        """A run over the quota waits after MapRunStarted for another to end, also across kill -9; a stopped one leaves
        the queue (reference/quotas.md, open Map Runs)."""
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--clock", "manual", "--limit", "open-map-runs=1", "--db", os.path.join(folder, "db")]
            server = Server(flags).start()
            api = server.client()
            arn = api.create_machine("m", machine(map_state("STANDARD", "L", MOODY)))
            first, second, third = (api.start(arn, [{"n": n, "mood": "good"}]) for n in range(3))
            self.assert_running(api, first, second, third)
            self.assertEqual(api.history(second)[-1]["type"], "MapRunStarted")
            other = server.client(account="111111111111")
            elsewhere = other.start(other.create_machine("m", machine(map_state("STANDARD", "L", MOODY))),
                                    [{"n": 7, "mood": "good"}])
            self.assert_running(other, elsewhere)
            server.kill()
            with Server(flags) as server:
                api = server.client()
                api.call("StopExecution", {"executionArn": second})
                api.advance(2)
                self.assertEqual(api.wait(first)["status"], "SUCCEEDED")
                self.assert_running(api, third)
                (run,) = map_runs(api, second)
                self.assertEqual(api.call("DescribeMapRun", {"mapRunArn": run})["status"], "ABORTED")
                api.advance(5)
                self.assertEqual(api.wait(third)["status"], "SUCCEEDED")

    def test_many_stopped_in_the_queue(self):
        """Runs that are stopped while they wait leave the others in order."""
        with Server(["--clock", "manual", "--limit", "open-map-runs=1"]) as server:
            api = server.client()
            arn = api.create_machine("m", machine(map_state("STANDARD", "L", MOODY)))
            first, *rest = (api.start(arn, [{"n": n, "mood": "good"}]) for n in range(60))
            for execution in rest[:20] + rest[21:40] + rest[41:]:
                api.call("StopExecution", {"executionArn": execution})
            for execution in (first, rest[20], rest[40]):
                self.assert_running(api, execution)
                api.advance(2)
                self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")

    def assert_running(self, api, one, *none):
        """One execution's Map Run has a running child, the others' have none."""
        end = time.monotonic() + 20
        while sum(self.running_children(api, x) for x in (one, *none)) != 1:
            self.assertLess(time.monotonic(), end)
        self.assertEqual(self.running_children(api, one), 1)

    @staticmethod
    def running_children(api, execution):
        runs = map_runs(api, execution)
        return len(runs) and api.call("DescribeMapRun", {"mapRunArn": runs[0]})["executionCounts"]["running"]


class Refusals(unittest.TestCase):
    def test_labelled_machine(self):
        """A labelled ARN is no machine to describe (reference/api.md section 3, StartExecution; the same in the API's documentation)."""
        with Server() as server:
            with self.assertRaises(Refused) as refused:
                server.client().call("DescribeStateMachine", {
                    "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m/L"})
            self.assertEqual(refused.exception.type, "ValidationException")
            self.assertIn("Labeled State Machine ARNs are not supported", refused.exception.message)


class Kills(unittest.TestCase):
    ITEMS = [{"n": n, "mood": "bad" if n % 5 == 3 else "good"} for n in range(30)]

    def check_child(self, api, child):
        events = api.history(child["executionArn"])
        self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))
        ends = [e for e in events if e["type"].startswith("Execution") and e["type"] not in
                ("ExecutionStarted", "ExecutionRedriven")]
        redriven = [e for e in events if e["type"] == "ExecutionRedriven"]
        self.assertEqual(len(ends), len(redriven) + 1)
        self.assertEqual(len(redriven), child["redriveCount"])
        for event in redriven:
            self.assertEqual(event["previousEventId"], event["id"] - 1)

    def check_run(self, api, run, standard):
        answer = api.call("DescribeMapRun", {"mapRunArn": run})
        counts = answer["executionCounts"]
        self.assertEqual(answer["status"], "SUCCEEDED")
        self.assertEqual((counts["succeeded"], counts["total"]), (len(self.ITEMS), len(self.ITEMS)))
        self.assertEqual(sum(v for k, v in counts.items() if k not in ("succeeded", "total")), 0)
        found = children(api, run)
        self.assertEqual(len({c["name"] for c in found}), len(self.ITEMS))
        for child in found:
            self.assertEqual(child["status"], "SUCCEEDED")
            if standard:
                self.check_child(api, child)

    def test_random_kills(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))
        source = random.Random(seed)
        print(f"# seed {seed}, {ROUNDS} rounds", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db"), "--wait-time-scale", "0.01"]
            executions, arns, redrives = [], None, 0
            for number in range(ROUNDS):
                server = Server(flags).start()
                api = server.client()
                if arns is None:
                    arns = [api.create_machine(f"m{i}", machine(map_state(kind, "L", MOODY, MaxConcurrency=5)))
                            for i, kind in enumerate(("STANDARD", "EXPRESS"))]
                killer = threading.Timer(source.uniform(0.0, 0.25), server.kill)
                killer.start()
                try:
                    if number < ROUNDS // 2:
                        executions.append(api.start(source.choice(arns), self.ITEMS))
                    while True:
                        for execution in executions:
                            if api.describe(execution)["status"] in ("FAILED", "ABORTED"):
                                api.call("RedriveExecution", {"executionArn": execution})
                                redrives += 1
                        if executions and source.random() < 0.1:
                            try:
                                api.call("StopExecution", {"executionArn": source.choice(executions)})
                            except Refused:
                                pass
                        time.sleep(0.01)
                except (OSError, AttributeError, ValueError):
                    pass
                except Exception as other:
                    if isinstance(other, (Refused, AssertionError)):
                        raise
                killer.join()
                server.process.stdout.close()
            server = Server(flags).start()
            api = server.client()
            for execution in executions:
                end = time.monotonic() + 120
                while (answer := api.wait(execution, 60))["status"] != "SUCCEEDED":
                    self.assertIn(answer["status"], ("FAILED", "ABORTED"))
                    self.assertLess(time.monotonic(), end)
                    api.call("RedriveExecution", {"executionArn": execution})
                    redrives += 1
                self.assertEqual(json.loads(answer["output"]), [i["n"] for i in self.ITEMS])
                events = api.history(execution)
                self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))
                runs = map_runs(api, execution)
                self.assertEqual(len(runs), 1)
                self.check_run(api, runs[0], execution.split(":")[6] == "m0")
            self.assertGreater(redrives, 0)
            print(f"# {len(executions)} Map Runs, {redrives} redrives", flush=True)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    tap.main()
