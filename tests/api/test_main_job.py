#!/usr/bin/env python3
"""The main job through HTTP: create, run with a worker, fail, redrive, succeed; kill -9 in the middle."""
import json
import os
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Client, Refused, Server


def two_tasks(first, second):
    return {"StartAt": "First", "States": {
        "First": {"Type": "Task", "Resource": first, "ResultPath": "$.first", "Next": "Second"},
        "Second": {"Type": "Task", "Resource": second, "ResultPath": "$.second", "End": True}}}


def types(events):
    return [event["type"] for event in events]


class MainJob(unittest.TestCase):
    def test_fail_redrive_succeed_over_a_kill(self):
        """Finished steps do not run again, and a killed server goes on (reference/redrive.md section 4)."""
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db")]
            server = Server(flags).start()
            api = server.client()
            first = api.call("CreateActivity", {"name": "first"})["activityArn"]
            second = api.call("CreateActivity", {"name": "second"})["activityArn"]
            machine = api.create_machine("job", two_tasks(first, second))
            execution = api.start(machine, {"n": 1}, "e1")
            task = api.task(first)
            self.assertEqual(json.loads(task["input"]), {"n": 1})
            api.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": '{"done":1}'})
            task = api.task(second)
            api.call("SendTaskFailure", {"taskToken": task["taskToken"], "error": "Boom", "cause": "why not"})
            failed = api.wait(execution)
            self.assertEqual((failed["status"], failed["error"], failed["cause"]), ("FAILED", "Boom", "why not"))
            self.assertEqual(failed["redriveStatus"], "REDRIVABLE")

            server.kill()
            server = Server(flags).start()
            api = server.client()
            self.assertEqual(api.describe(execution)["status"], "FAILED")
            answer = api.call("RedriveExecution", {"executionArn": execution, "clientToken": "t1"})
            task = api.task(second)
            token = task["taskToken"]

            server.kill()
            server = Server(flags).start()
            api = server.client()
            running = api.describe(execution)
            self.assertEqual((running["status"], running["redriveCount"]), ("RUNNING", 1))
            again = api.call("RedriveExecution", {"executionArn": execution, "clientToken": "t1"})
            self.assertEqual(again, answer)
            api.call("SendTaskSuccess", {"taskToken": token, "output": '{"done":2}'})
            done = api.wait(execution)
            self.assertEqual(done["status"], "SUCCEEDED")
            self.assertEqual(json.loads(done["output"]), {"n": 1, "first": {"done": 1}, "second": {"done": 2}})
            events = api.history(execution)
            self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))
            self.assertEqual(types(events).count("TaskStateEntered"), 2)
            self.assertEqual(types(events), [
                "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
                "TaskStateExited", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
                "ExecutionFailed", "ExecutionRedriven", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
                "TaskStateExited", "ExecutionSucceeded"])
            self.assertEqual(events[12]["previousEventId"], 7)
            self.assertEqual(server.stop(), 0)

    def test_default_store_is_private_and_removed(self):
        """Two servers do not see each other, and nothing stays behind."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"TMPDIR": folder}
            with Server(env=env) as one, Server(env=env) as two:
                one.client().create_machine("m", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
                self.assertEqual(two.client().call("ListStateMachines", {})["stateMachines"], [])
                self.assertTrue(os.listdir(folder))
            self.assertEqual(os.listdir(folder), [])

    def test_racing_redrives_have_one_winner(self):
        """reference/redrive.md section 1: a new token while RUNNING is refused."""
        with Server() as server:
            api = server.client()
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            machine = api.create_machine(
                "m", {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
            execution = api.start(machine)
            api.call("StopExecution", {"executionArn": execution})
            outcomes = []
            gate = threading.Barrier(12)

            def redrive(number):
                mine = Client(server.port)
                gate.wait()
                try:
                    mine.call("RedriveExecution", {"executionArn": execution, "clientToken": f"token-{number}"})
                    outcomes.append("won")
                except Refused as refused:
                    outcomes.append(refused.type)
                    self.assertIn("Execution is RUNNING and cannot be redriven", refused.message)
                mine.close()

            threads = [threading.Thread(target=redrive, args=(i,)) for i in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(outcomes.count("won"), 1)
            self.assertEqual(outcomes.count("ExecutionNotRedrivable"), 11)
            self.assertEqual(api.describe(execution)["redriveCount"], 1)
            self.assertEqual(types(api.history(execution)).count("ExecutionRedriven"), 1)

    def test_redrive_window_by_moving_the_clock(self):
        """reference/redrive.md section 2: 14 days from the last close, which each close restarts."""
        with Server(["--clock", "manual"]) as server:
            api = server.client()
            activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
            machine = api.create_machine(
                "m", {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
            execution = api.start(machine)
            api.call("StopExecution", {"executionArn": execution})
            api.admin("POST", "/_sfnd/clock", {"advance": "P13DT23H50M"})
            self.assertEqual(api.describe(execution)["redriveStatus"], "REDRIVABLE")
            api.call("RedriveExecution", {"executionArn": execution})
            api.call("StopExecution", {"executionArn": execution})
            api.advance(13 * 86400 + 86400 - 600)
            self.assertEqual(api.describe(execution)["redriveStatus"], "REDRIVABLE")
            api.advance(1200)
            described = api.describe(execution)
            self.assertEqual(described["redriveStatus"], "NOT_REDRIVABLE")
            self.assertEqual(described["redriveStatusReason"], "Execution redrivable period exceeded")
            with self.assertRaises(Refused) as refused:
                api.call("RedriveExecution", {"executionArn": execution})
            self.assertEqual(refused.exception.type, "ExecutionNotRedrivable")
            self.assertEqual(
                refused.exception.message,
                f"Execution {execution} invalid for redrive as: Execution redrivable period exceeded")

    def test_clean_shutdown_answers_waiting_workers(self):
        """SIGTERM ends the program with status 0 while a worker's long poll is open."""
        server = Server().start()
        api = server.client()
        activity = api.call("CreateActivity", {"name": "a"})["activityArn"]
        ended = threading.Event()

        def poll():
            try:
                server.client().task(activity)
            except Exception:
                pass
            ended.set()

        threading.Thread(target=poll, daemon=True).start()
        ended.wait(0.3)
        self.assertFalse(ended.is_set())
        self.assertEqual(server.stop(), 0)
        self.assertTrue(ended.wait(5))


if __name__ == "__main__":
    tap.main()
