#!/usr/bin/env python3
"""kill -9 at random moments while executions run: nothing acknowledged is lost, history has no hole and no repeat,
every execution ends as it would have (design rules 1 to 3).  ROUNDS=n sets the number of kills."""
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


def definition(activity):
    """A bit of everything: a loop, waits, a worker's task with retries, branches, iterations."""
    # A task whose answer to the worker died with the server is found by its heartbeat.
    work = {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 2,
            "Retry": [{"ErrorEquals": ["Again", "States.Timeout"], "IntervalSeconds": 1, "BackoffRate": 1.0,
                       "MaxAttempts": 1000}], "End": True}
    return {"StartAt": "Init", "States": {
        "Init": {"Type": "Pass", "Parameters": {"n": 0, "id.$": "$.id"}, "Next": "Both"},
        "Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Each", "Branches": [
            {"StartAt": "Work", "States": {"Work": work}},
            {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 1, "Next": "After"},
                                            "After": {"Type": "Pass", "End": True}}}]},
        "Each": {"Type": "Map", "ItemsPath": "$.both", "MaxConcurrency": 1, "ResultPath": "$.each", "Next": "More",
                 "ItemProcessor": {"StartAt": "One", "States": {"One": {**work}}}},
        "More": {"Type": "Choice", "Default": "Done",
                 "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "Add"}]},
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "id.$": "$.id"}, "Next": "More"},
        "Done": {"Type": "Succeed"}}}


class Worker(threading.Thread):
    """Answers tasks until told to stop; survives the server's deaths."""

    def __init__(self, random_source):
        super().__init__(daemon=True)
        self.random = random_source
        self.server = None
        self.activity = None
        self.over = False

    def run(self):
        client = None
        while not self.over:
            server = self.server
            if server is None or self.activity is None:
                time.sleep(0.002)
                continue
            try:
                if client is None or client.port != server.port:
                    client = server.client(timeout=5)
                task = client.task(self.activity)
                if "taskToken" not in task:
                    continue
                if self.random.random() < 0.3:
                    client.call("SendTaskFailure", {"taskToken": task["taskToken"], "error": "Again"})
                else:
                    client.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": '{"ok":true}'})
            except (OSError, Refused, AssertionError, ValueError):
                if client:
                    client.close()
                client = None
            except Exception:  # a torn connection has many faces
                client = None


def check_history(case, events, ended):
    case.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))
    for event in events:
        case.assertLess(event["previousEventId"], event["id"])
    terminal = [e for e in events if e["type"] in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted")]
    redriven = [e for e in events if e["type"] == "ExecutionRedriven"]
    case.assertEqual(len(terminal), len(redriven) + (1 if ended else 0))
    entered, exited = {}, {}
    for event in events:
        details = next((v for k, v in event.items() if k.endswith("EventDetails")), {})
        if event["type"].endswith("StateEntered"):
            entered[event["id"]] = details["name"]
        elif event["type"].endswith("StateExited"):
            exited[event["id"]] = details["name"]
    for name in set(exited.values()):
        case.assertGreaterEqual(list(entered.values()).count(name), list(exited.values()).count(name))


class Crash(unittest.TestCase):
    def test_random_kills(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))
        source = random.Random(seed)
        print(f"# seed {seed}, {ROUNDS} rounds", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db"), "--wait-time-scale", "0.01"]
            worker = Worker(random.Random(seed + 1))
            worker.start()
            started, stopped, redriven, dates = {}, {}, {}, {}
            machine = None
            number = 0
            for _ in range(ROUNDS):
                server = Server(flags).start()
                api = server.client()
                if machine is None:
                    worker.activity = api.call("CreateActivity", {"name": "work"})["activityArn"]
                    machine = api.create_machine("crash", definition(worker.activity))
                worker.server = server
                killer = threading.Timer(source.uniform(0.0, 0.25), server.kill)
                killer.start()
                try:
                    while True:
                        number += 1
                        name = f"e{number}"
                        answer = api.call("StartExecution", {"stateMachineArn": machine, "name": name,
                                                             "input": json.dumps({"id": number})})
                        started[answer["executionArn"]] = answer["startDate"]
                        if source.random() < 0.2:
                            victim = source.choice(list(started))
                            try:
                                date = api.call("StopExecution", {"executionArn": victim, "error": "Stop"})["stopDate"]
                                stopped[victim] = date
                                token = f"t{number}"
                                date = api.call("RedriveExecution", {"executionArn": victim,
                                                                     "clientToken": token})["redriveDate"]
                                redriven.setdefault(victim, set()).add(date)
                                dates[(victim, token)] = date
                            except Refused as refused:
                                self.assertEqual(refused.type, "ExecutionNotRedrivable")
                        time.sleep(source.uniform(0, 0.01))
                except (OSError, AttributeError, ValueError):
                    pass
                except Exception as other:
                    if isinstance(other, (Refused, AssertionError)):
                        raise
                killer.join()
                worker.server = None
                server.process.stdout.close()
            server = Server(flags).start()
            worker.server = server
            api = server.client()
            self.assertGreater(len(started), ROUNDS // 2)
            for execution, date in started.items():
                answer = api.describe(execution)
                self.assertEqual(answer["startDate"], date)
                self.assertGreaterEqual(answer["redriveCount"], len(redriven.get(execution, ())))
                if execution in redriven:
                    self.assertGreaterEqual(answer["redriveDate"], max(redriven[execution]))
            for (execution, token), date in list(dates.items())[-5:]:
                try:
                    again = api.call("RedriveExecution", {"executionArn": execution, "clientToken": token})
                    self.assertEqual(again["redriveDate"], date)
                except Refused as refused:
                    self.fail(f"a token was forgotten: {refused}")
            ends = {}
            for execution in started:
                answer = api.wait(execution, 120)
                ends[answer["status"]] = ends.get(answer["status"], 0) + 1
                self.assertIn(answer["status"], ("SUCCEEDED", "ABORTED"))
                if answer["status"] == "ABORTED":
                    self.assertIn(execution, stopped)
                events = api.history(execution)
                check_history(self, events, True)
                if answer["status"] == "SUCCEEDED":
                    output = json.loads(answer["output"])
                    self.assertEqual(output["n"], 3)
            print(f"# {len(started)} executions, {len(redriven)} redriven, ended: {ends}", flush=True)
            worker.over = True
            worker.server = None
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    tap.main()
