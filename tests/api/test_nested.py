#!/usr/bin/env python3
"""states:startExecution over HTTP: the four forms, another account, EXPRESS, redrive, and kill -9 at random moments, after
which every task has started exactly one execution.  reference/integrations.md section 5."""
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
from sfnd import Client, Refused, Server

ROUNDS = min(int(os.environ.get("ROUNDS", "50")), 20)
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"Arg1": "argument1"}, "End": True}}}


def caller(form, parameters, **more):
    return {"StartAt": "Start", "States": {"Start": {
        "Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{form}", "Parameters": parameters, "End": True,
        **more}}}


def details(events, kind):
    return next(v for e in events if e["type"] == kind for k, v in e.items() if k.endswith("EventDetails"))


class Nested(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.api = cls.server.client()
        cls.target = cls.api.create_machine("target", PASS)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def run_caller(self, name, definition, value=None):
        execution = self.api.start(self.api.create_machine(name, definition), value)
        return self.api.wait(execution), self.api.history(execution)

    def test_plain(self):
        answer, events = self.run_caller("plain", caller("", {"StateMachineArn": self.target, "Input": {"Hello": "World"}}))
        output = json.loads(answer["output"])
        self.assertEqual(list(output), ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"])
        http = output["SdkHttpMetadata"]
        self.assertEqual(list(http["AllHttpHeaders"]),
                         ["x-amzn-RequestId", "connection", "Content-Length", "Date", "Content-Type"])
        self.assertEqual({k: v[0] for k, v in http["AllHttpHeaders"].items()}, http["HttpHeaders"])
        self.assertEqual(http["HttpHeaders"]["x-amzn-RequestId"], output["SdkResponseMetadata"]["RequestId"])
        child = self.api.wait(output["ExecutionArn"])
        self.assertEqual(json.loads(child["input"]), {"Hello": "World"})
        self.assertAlmostEqual(child["startDate"] * 1000, output["StartDate"], places=3)
        self.assertEqual([e["type"] for e in events][2:5], ["TaskScheduled", "TaskStarted", "TaskSucceeded"])

    def test_sync(self):
        for form, wanted in ((".sync", '{"Arg1":"argument1"}'), (".sync:2", {"Arg1": "argument1"})):
            answer, events = self.run_caller("sync" + form[-1], caller(form, {"StateMachineArn": self.target}))
            output = json.loads(answer["output"])
            self.assertEqual(output["Output"], wanted)
            self.assertEqual(output["Status"], "SUCCEEDED")
            submitted = json.loads(details(events, "TaskSubmitted")["output"])
            self.assertEqual(submitted["ExecutionArn"], output["ExecutionArn"])
            self.assertEqual(self.api.describe(output["ExecutionArn"])["name"], output["Name"])

    def test_callback(self):
        target = self.api.create_machine("taker", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60,
                                                                                    "End": True}}})
        machine = self.api.create_machine("asker", caller(".waitForTaskToken", {
            "StateMachineArn": target, "Name": "taker", "Input": {"token.$": "$$.Task.Token"}}))
        execution = self.api.start(machine)
        taker = target.replace(":stateMachine:", ":execution:") + ":taker"
        token = json.loads(self.api.describe(taker)["input"])["token"]
        self.api.call("SendTaskSuccess", {"taskToken": token, "output": '{"n":1}'})
        self.assertEqual(json.loads(self.api.wait(execution)["output"]), {"n": 1})
        self.assertEqual(self.api.describe(taker)["status"], "RUNNING")
        self.api.call("StopExecution", {"executionArn": taker})

    def test_stop_and_redrive(self):
        worker = self.api.call("CreateActivity", {"name": "slow"})["activityArn"]
        target = self.api.create_machine("slow", {"StartAt": "W", "States": {"W": {"Type": "Task", "Resource": worker,
                                                                                   "End": True}}})
        execution = self.api.start(self.api.create_machine("above", caller(".sync:2", {"StateMachineArn": target})))
        self.api.task(worker)
        self.api.call("StopExecution", {"executionArn": execution})
        children = self.api.call("ListExecutions", {"stateMachineArn": target})["executions"]
        self.assertEqual([c["status"] for c in children], ["ABORTED"])
        self.api.call("RedriveExecution", {"executionArn": execution})
        task = self.api.task(worker)
        self.api.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "7"})
        self.assertEqual(json.loads(self.api.wait(execution)["output"])["Output"], 7)
        children = self.api.call("ListExecutions", {"stateMachineArn": target})["executions"]
        self.assertEqual(sorted(c["status"] for c in children), ["ABORTED", "SUCCEEDED"])

    def test_other_account(self):
        other = Client(self.server.port, account="111122223333")
        target = other.create_machine("theirs", PASS)
        answer, _ = self.run_caller("foreign", caller(".sync", {"StateMachineArn": target}))
        self.assertEqual(answer["error"], "StepFunctions.AWSStepFunctionsException")
        role = "arn:aws:iam::111122223333:role/there"
        answer, events = self.run_caller("trusted", caller(".sync", {"StateMachineArn": target},
                                                           Credentials={"RoleArn": role}))
        self.assertEqual(answer["status"], "SUCCEEDED")
        self.assertEqual(details(events, "TaskScheduled")["taskCredentials"], {"roleArn": role})
        self.assertEqual(other.describe(json.loads(answer["output"])["ExecutionArn"])["status"], "SUCCEEDED")
        other.close()

    def test_express(self):
        target = self.api.create_machine("fast", PASS, type="EXPRESS")
        answer, _ = self.run_caller("to-express", caller("", {"StateMachineArn": target}))
        self.assertIn(":express:fast:", json.loads(answer["output"])["ExecutionArn"])
        answer, _ = self.run_caller("sync-express", caller(".sync", {"StateMachineArn": target}))
        self.assertEqual(answer["error"], "StepFunctions.StateMachineTypeNotSupportedException")
        starter = self.api.create_machine("from-express", caller("", {"StateMachineArn": self.target, "Name": "by-express"}),
                                          type="EXPRESS")
        answer = self.api.call("StartSyncExecution", {"stateMachineArn": starter})
        child = json.loads(answer["output"])["ExecutionArn"]
        self.assertEqual(self.api.wait(child)["status"], "SUCCEEDED")

    def test_test_state(self):
        state = caller("", {"StateMachineArn": self.target, "Name": "by-test-state"})["States"]["Start"]
        answer = self.api.call("TestState", {"definition": json.dumps(state),
                                             "roleArn": "arn:aws:iam::123456789012:role/test"})
        self.assertEqual(answer["status"], "SUCCEEDED")
        self.assertEqual(self.api.wait(json.loads(answer["output"])["ExecutionArn"])["status"], "SUCCEEDED")

    def test_catch(self):
        definition = caller("", {"StateMachineArn": self.target + "-missing"},
                            Catch=[{"ErrorEquals": ["StepFunctions.StateMachineDoesNotExistException"], "Next": "Caught"}])
        definition["States"]["Caught"] = {"Type": "Pass", "End": True}
        answer, _ = self.run_caller("catch", definition)
        self.assertRegex(json.loads(answer["output"])["Cause"],
                         r"^State Machine Does Not Exist: 'arn:[^']+-missing' \(Service: AWSStepFunctions; Status Code: "
                         r"400; Error Code: StateMachineDoesNotExist; Request ID: [0-9a-f-]{36}; Proxy: null\)$")


class Crash(unittest.TestCase):
    def start_until_killed(self, server, api, machines, source, started, stopped):
        killer = threading.Timer(source.uniform(0.0, 0.2), server.kill)
        killer.start()
        try:
            while True:
                started.append(api.start(source.choice(machines), {}))
                if source.random() < 0.1:
                    victim = source.choice(started)
                    stopped.add(victim)
                    api.call("StopExecution", {"executionArn": victim})
                time.sleep(source.uniform(0, 0.01))
        except (OSError, AttributeError, ValueError):
            pass
        except Exception as other:  # a torn connection has many faces
            if isinstance(other, (Refused, AssertionError)):
                raise
        killer.join()
        server.process.stdout.close()

    def test_one_child_each(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))
        source = random.Random(seed)
        print(f"# seed {seed}, {ROUNDS} rounds", flush=True)
        started, stopped, machines = [], set(), []
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db"), "--wait-time-scale", "0.05"]
            for _ in range(ROUNDS):
                server = Server(flags).start()
                api = server.client()
                if not machines:
                    leaf = api.create_machine("leaf", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1,
                                                                                        "End": True}}})
                    middle = api.create_machine("middle", caller(".sync:2", {"StateMachineArn": leaf}))
                    machines = [middle, api.create_machine("top", caller(".sync", {"StateMachineArn": middle})),
                                api.create_machine("plain", caller("", {"StateMachineArn": leaf}))]
                self.start_until_killed(server, api, machines, source, started, stopped)
            server = Server(flags).start()
            api = server.client()
            for execution in started:
                self.assertIn(api.wait(execution, 60)["status"], ("SUCCEEDED", "ABORTED"))
            self.check(api, leaf, machines, stopped)
            self.assertEqual(server.stop(), 0)

    def all_of(self, api, machine):
        executions, token = [], {}
        while True:
            answer = api.call("ListExecutions", {"stateMachineArn": machine, "maxResults": 1000, **token})
            executions += answer["executions"]
            if "nextToken" not in answer:
                return {e["executionArn"]: e["status"] for e in executions}
            token = {"nextToken": answer["nextToken"]}

    def check(self, api, leaf, machines, stopped):
        """Every execution that a task says it started is there, once; and ended as what waits for it."""
        children = {}
        for machine in machines:
            for execution, status in self.all_of(api, machine).items():
                events = api.history(execution)
                kinds = [e["type"] for e in events]
                replies = [d for d in events if d["type"] == "TaskSubmitted" or
                           d["type"] == "TaskSucceeded" and machine == machines[2]]
                self.assertLessEqual(len(replies), 1, kinds)
                for reply in replies:
                    output = next(v for k, v in reply.items() if k.endswith("EventDetails"))["output"]
                    child = json.loads(output)["ExecutionArn"]
                    self.assertNotIn(child, children)
                    children[child] = None if machine == machines[2] else status
                if status == "SUCCEEDED":
                    self.assertEqual(len(replies), 1)
        there = self.all_of(api, leaf)
        there.update({e: s for e, s in self.all_of(api, machines[0]).items() if e in children})
        self.assertEqual(set(there), set(children))
        for child, status in children.items():
            if child in stopped:
                continue
            ended = api.wait(child)["status"]
            if status == "SUCCEEDED":
                self.assertEqual(ended, "SUCCEEDED")
        print(f"# {len(children)} children, {list(there.values()).count('ABORTED')} aborted", flush=True)


if __name__ == "__main__":
    tap.main()
