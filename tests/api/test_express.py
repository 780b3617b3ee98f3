#!/usr/bin/env python3
"""EXPRESS machines, the event log and mock configurations of a whole server (reference/api.md 3, history.md 5,
integrations.md 8)."""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import BINARY, Refused, Server

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": 1}, "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": True}}}
TWICE = {"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": FUNCTION, "Next": "Pause",
          "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1}]},
    "Pause": {"Type": "Wait", "Seconds": 1, "Next": "B"},
    "B": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
MOCKS = {"StateMachines": {"m": {"TestCases": {"T": {"A": "a", "B": "b"}}}},
         "MockedResponses": {"a": {"0": {"Throw": {"Error": "E", "Cause": "C"}}, "1": {"Return": 1}},
                             "b": {"0": {"Return": [2]}}}}
LOGS = {"level": "ALL", "includeExecutionData": True, "destinations": [
    {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}]}


def refused_start(flags, folder, env=None):
    """Status and standard error of a server that does not start."""
    done = subprocess.run([BINARY, "--port", "0", *flags], cwd=folder, capture_output=True, text=True, timeout=30,
                          check=False, env=dict(os.environ, **(env or {})))
    return done.returncode, done.stderr


class Express(unittest.TestCase):
    def test_sync_over_http(self):
        with Server() as server:
            api = server.client()
            machine = api.create_machine("m", WAIT, type="EXPRESS")
            answers = []

            def call():
                answers.append(server.client().call("StartSyncExecution", {"stateMachineArn": machine}))

            threads = [threading.Thread(target=call) for _ in range(16)]
            for thread in threads:
                thread.start()
            self.assertEqual(api.admin("GET", "/_sfnd/health")["status"], "ok")  # nothing is held up
            for thread in threads:
                thread.join()
            self.assertEqual({a["status"] for a in answers}, {"SUCCEEDED"})
            self.assertEqual(len({a["executionArn"] for a in answers}), 16)
            self.assertTrue(all(a["billingDetails"]["billedDurationInMilliseconds"] >= 1000 for a in answers))

    def test_clients_that_go_away(self):
        """Connections closed while their execution runs leave nothing behind."""
        with Server() as server:
            api = server.client()
            machine = api.create_machine("m", WAIT, type="EXPRESS")
            for _ in range(20):
                client = server.client(timeout=0.05)
                with self.assertRaises(OSError):
                    client.call("StartSyncExecution", {"stateMachineArn": machine})
                client.close()
            end = time.monotonic() + 20
            while api.admin("GET", "/_sfnd/health")["runningExecutions"] and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(api.admin("GET", "/_sfnd/health")["runningExecutions"], 0)

    def test_shutdown_answers(self):
        with Server() as server:
            api = server.client()
            machine = api.create_machine(
                "m", {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 200, "End": True}}}, type="EXPRESS")
            refused = []

            def call():
                try:
                    server.client().call("StartSyncExecution", {"stateMachineArn": machine})
                except Refused as refusal:
                    refused.append(refusal.status)

            thread = threading.Thread(target=call)
            thread.start()
            while api.admin("GET", "/_sfnd/health")["runningExecutions"] == 0:
                time.sleep(0.01)
            self.assertEqual(server.stop(), 0)
            thread.join()
            self.assertEqual(refused, [503])

    def test_log(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "events")
            with Server(["--express-log", file]) as server:
                api = server.client()
                express = api.create_machine("e", PASS, type="EXPRESS", loggingConfiguration=LOGS)
                standard = api.create_machine("s", PASS, loggingConfiguration=LOGS)
                silent = api.create_machine("q", PASS)
                sync = api.call("StartSyncExecution", {"stateMachineArn": express})["executionArn"]
                api.start(silent)
                stored = api.start(standard)
                api.wait(stored)
                history = api.history(stored)
            with open(file, encoding="utf-8") as lines:
                events = [json.loads(line) for line in lines]
            for arn in (sync, stored):
                mine = [e for e in events if e["execution_arn"] == arn]
                self.assertEqual([e["id"] for e in mine], ["1", "2", "3", "4"])
                self.assertEqual([e["type"] for e in mine], [e["type"] for e in history])
            self.assertEqual(len(events), 8)
            self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)  # it holds inputs and outputs
            status, text = refused_start(["--express-log", os.path.join(folder, "no", "file")], folder)
            self.assertNotEqual(status, 0)
            self.assertIn("cannot open the event log", text)


class Mocks(unittest.TestCase):
    def test_restart(self):
        """A test case and its counters survive kill -9; the configuration is read again."""
        with tempfile.TemporaryDirectory() as folder:
            file, db = os.path.join(folder, "mocks.json"), os.path.join(folder, "db")
            with open(file, "w", encoding="utf-8") as out:
                json.dump(MOCKS, out)
            server = Server(["--db", db], env={"SFN_MOCK_CONFIG": file}).start()
            api = server.client()
            machine = api.create_machine("m", TWICE)
            execution = api.start(machine + "#T")
            self.assertTrue(execution.endswith(":" + execution.split(":")[-1]) and "#" not in execution)
            end = time.monotonic() + 20
            killed = 0
            while time.monotonic() < end and api.describe(execution)["status"] == "RUNNING":
                time.sleep(0.3)
                server.kill()
                killed += 1
                server.start()
                api = server.client()
            described = api.describe(execution)
            self.assertGreater(killed, 2)
            self.assertEqual((described["status"], described.get("output")), ("SUCCEEDED", "[2]"))
            self.assertEqual([e["type"] for e in api.history(execution)].count("LambdaFunctionScheduled"), 3)
            self.assertEqual(server.stop(), 0)

    def test_admin(self):
        with Server() as server:
            api = server.client()
            machine = api.create_machine("m", TWICE)
            with self.assertRaises(Refused) as refusal:
                api.start(machine + "#T")
            self.assertEqual(refusal.exception.type, "ValidationException")
            api.admin("POST", "/_sfnd/mocks", MOCKS)
            self.assertEqual(api.admin("GET", "/_sfnd/mocks"), MOCKS)
            self.assertEqual(api.wait(api.start(machine + "#T"))["output"], "[2]")
            with self.assertRaises(Refused) as refusal:
                api.admin("POST", "/_sfnd/mocks", {"StateMachines": []})
            self.assertEqual(refusal.exception.status, 400)
            api.admin("DELETE", "/_sfnd/mocks")
            with self.assertRaises(Refused):
                api.start(machine + "#T")

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "MockConfigFile.json")
            status, text = refused_start(["--mock-config", file], folder)
            self.assertEqual(status, 1)
            self.assertIn(f"{file}: No such file", text)
            with open(file, "w", encoding="utf-8") as out:
                out.write('{"StateMachines": {"m": {"TestCases": {"T": {"A": "nothing"}}}},\n "MockedResponses": {}}')
            for flags, env in (([], {}), (["--mock-config", file], {}), ([], {"SFN_MOCK_CONFIG": file})):
                status, text = refused_start(flags, folder, env)
                self.assertEqual(status, 2, text)
                self.assertIn("MockConfigFile.json: StateMachines/m/TestCases/T/A: MockedResponses has no 'nothing'",
                              text)
            with open(file, "w", encoding="utf-8") as out:
                out.write("{,}")
            status, text = refused_start([], folder)
            self.assertEqual(status, 2)
            self.assertIn("line 1, column 3", text)


if __name__ == "__main__":
    tap.main()
