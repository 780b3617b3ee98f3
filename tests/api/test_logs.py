#!/usr/bin/env python3
"""Events that leave the server: log lines for CloudWatch Logs, status changes for EventBridge or a file, against a
stub that speaks what is needed of both (reference/history.md section 5, integrations.md section 10)."""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from stub import serve  # noqa: E402
from sfnd import BINARY, Refused, Server  # noqa: E402

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
GROUP = "/aws/vendedlogs/states/g"


def logs_to(name=GROUP, level="ALL", data=True):
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*"
    return {"level": level, "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}


class Stub:
    """CloudWatch Logs and EventBridge, as far as they are called."""

    def __init__(self, groups=(GROUP,)):
        self.groups = set(groups)
        self.streams = {}     # (group, stream): messages
        self.entries = []     # of PutEvents
        self.calls = []       # operations
        self.hold = threading.Event()
        self.hold.set()
        self.broken = 0       # answers with status 500 first
        self.lock = threading.Lock()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].split(".")[1]
                stub.hold.wait(30)
                status, answer = stub.answer(operation, body)
                text = json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # whoever called has gone

        self.http = serve(Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, operation, body):
        with self.lock:
            self.calls.append(operation)
            if self.broken:
                self.broken -= 1
                return 500, {}
            key = (body.get("logGroupName"), body.get("logStreamName"))
            missing = {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
            if operation == "DescribeLogGroups":
                names = sorted(g for g in self.groups if g.startswith(body["logGroupNamePrefix"]))
                return 200, {"logGroups": [{"logGroupName": n} for n in names]}
            if operation == "CreateLogStream":
                if key[0] not in self.groups:
                    return 400, missing
                if key in self.streams:
                    return 400, {"__type": "ResourceAlreadyExistsException"}
                self.streams[key] = []
                return 200, {}
            if operation == "PutLogEvents":
                if key not in self.streams:
                    return 400, missing
                events = body["logEvents"]
                assert events == sorted(events, key=lambda e: e["timestamp"])
                assert sum(len(e["message"].encode()) + 26 for e in events) <= 1048576 and len(events) <= 10000
                self.streams[key] += [e["message"] for e in events]
                return 200, {"nextSequenceToken": "1"}
            if operation == "PutEvents":
                assert len(body["Entries"]) <= 10
                self.entries += body["Entries"]
                return 200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in body["Entries"]]}
            return 400, {"__type": "UnknownOperationException"}

    def events(self, group=GROUP):
        with self.lock:
            return [json.loads(m) for (g, _), messages in self.streams.items() if g == group for m in messages]

    def wait(self, ready, seconds=30):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise AssertionError("it never came")
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.hold.set()
        self.http.shutdown()
        self.http.server_close()


class Logs(unittest.TestCase):
    def test_delivery(self):
        """The events of STANDARD and EXPRESS executions, as in the history, in order, in streams of their machines."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                standard = api.create_machine("s", PASS, loggingConfiguration=logs_to())
                express = api.create_machine("e", PASS, type="EXPRESS", loggingConfiguration=logs_to())
                api.start(api.create_machine("q", PASS))
                first = api.start(standard, {"a": 1})
                api.wait(first)
                stub.wait(lambda: len(stub.events()) == 4)
                sync = api.call("StartSyncExecution", {"stateMachineArn": express})["executionArn"]
                many = [api.start(standard) for _ in range(200)]
                history = api.history(first)
            self.assertEqual(len(stub.events()), 4 * 202)  # the rest left when the server ended
            mine = [e for e in stub.events() if e["execution_arn"] == first]
            for logged, event in zip(mine, history):
                details = next((v for k, v in event.items() if k.endswith("EventDetails")), {})
                self.assertEqual(logged, {
                    "id": str(event["id"]), "type": event["type"], "details": details,
                    "previous_event_id": str(event["previousEventId"]),
                    "event_timestamp": str(round(event["timestamp"] * 1000)), "execution_arn": first,
                    "redrive_count": "0"})
            for arn in many + [sync]:
                self.assertEqual([e["id"] for e in stub.events() if e["execution_arn"] == arn], ["1", "2", "3", "4"])
            self.assertEqual(len(stub.streams), 2)
            for (group, stream), messages in stub.streams.items():
                name = json.loads(messages[0])["execution_arn"].split(":")[6]
                self.assertEqual(group, GROUP)
                self.assertRegex(stream, rf"^states/{name}/\d{{4}}(-\d\d){{4}}/[0-9a-f]{{8}}$")

    def test_levels_and_redrive(self):
        groups = {f"/g/{level}/{data}": (level, data) for level in ("ALL", "ERROR", "FATAL", "OFF")
                  for data in (True, False)}
        with Stub(groups) as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                for number, (group, (level, data)) in enumerate(groups.items()):
                    machine = api.create_machine(f"m{number}", FAIL, loggingConfiguration=logs_to(group, level, data))
                    execution = api.start(machine, {"in": 1})
                    api.wait(execution)
                    api.call("RedriveExecution", {"executionArn": execution})
                    api.wait(execution)
            expected = {"ALL": ["1", "2", "3", "4", "5"], "ERROR": ["2", "3", "5"], "FATAL": ["3", "5"], "OFF": []}
            for group, (level, data) in groups.items():
                events = stub.events(group)
                self.assertEqual([e["id"] for e in events], expected[level], group)
                for e in events:
                    self.assertEqual(e["redrive_count"], "1" if int(e["id"]) > 3 else "0")
                    if e["type"] == "ExecutionFailed":
                        self.assertEqual(e["details"], {"error": "E", "cause": "C"})
                    if e["type"] == "FailStateEntered":
                        self.assertEqual("input" in e["details"], data)

    def test_children(self):
        """Children of a Map Run log to their parent's group, under their own ARNs."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                for kind in ("STANDARD", "EXPRESS"):
                    machine = api.create_machine(kind, {"StartAt": "M", "States": {"M": {
                        "Type": "Map", "Label": "L", "End": True, "ItemProcessor": {
                            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **PASS}}}},
                        loggingConfiguration=logs_to())
                    self.assertEqual(api.wait(api.start(machine, [1, 2, 3]))["status"], "SUCCEEDED")
            for kind, word in (("STANDARD", "execution"), ("EXPRESS", "express")):
                children = {}
                for e in stub.events():
                    if f":{word}:{kind}/L:" in e["execution_arn"]:
                        children.setdefault(e["execution_arn"], []).append(e["type"])
                self.assertEqual(list(children.values()), 3 * [
                    ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]])

    def test_truncated(self):
        """A value that makes a log event too long is cut and says so; the history keeps it whole."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                value = json.dumps("\u20ac" + "x" * 262000)
                execution = api.start(api.create_machine("m", PASS, loggingConfiguration=logs_to()), value)
                self.assertEqual(api.wait(execution)["output"], value)
            events = stub.events()
            self.assertEqual([e["details"].get("inputDetails", e["details"].get("outputDetails")) for e in events],
                             4 * [{"truncated": True}])
            for messages in stub.streams.values():
                self.assertTrue(all(261500 < len(m.encode()) + 26 <= 262144 for m in messages))

    def test_group_is_looked_up(self):
        """Recorded: a log group that does not exist is refused when a machine is created or updated."""
        with Stub([GROUP + "x"]) as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                machine = api.create_machine("n", PASS)
                for call in (lambda: api.create_machine("m", PASS, loggingConfiguration=logs_to()),
                             lambda: api.call("UpdateStateMachine", {"stateMachineArn": machine,
                                                                     "loggingConfiguration": logs_to()})):
                    with self.assertRaises(Refused) as refusal:
                        call()
                    self.assertEqual((refusal.exception.status, refusal.exception.type, refusal.exception.message),
                                     (400, "InvalidLoggingConfiguration",
                                      "Invalid Logging Configuration: Log Destination not found."))
                self.assertEqual(len(api.call("ListStateMachines", {})["stateMachines"]), 1)
                api.create_machine("m", PASS, loggingConfiguration=logs_to(GROUP + "x"))
                stub.broken = 1  # nobody knows: it is taken
                api.create_machine("k", PASS, loggingConfiguration=logs_to())
        with Server() as server:  # nobody to ask
            server.client().create_machine("m", PASS, loggingConfiguration=logs_to())

    def test_lookup_at_the_end(self):
        """A server that ends while a log group is looked up answers the request."""
        with Stub() as stub:
            server = Server(["--endpoint", f"logs={stub.url}"]).start()
            stub.hold.clear()
            answers = []

            def create():
                try:
                    answers.append(server.client().create_machine("m", PASS, loggingConfiguration=logs_to()))
                except Refused as refusal:
                    answers.append(refusal.status)

            thread = threading.Thread(target=create)
            thread.start()
            time.sleep(0.3)
            self.assertEqual(server.stop(), 0)
            thread.join()
            self.assertEqual(len(answers), 1)

    def test_group_deleted(self):
        """Recorded: an execution is none the worse for a log group that is gone; events go on when it is back."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}", "--log-level", "error"]) as server:
                api = server.client()
                machine = api.create_machine("m", PASS, loggingConfiguration=logs_to())
                api.wait(api.start(machine))
                stub.wait(lambda: len(stub.events()) == 4)
                stub.groups.clear()
                stub.streams.clear()
                self.assertEqual(api.wait(api.start(machine))["status"], "SUCCEEDED")
                stub.wait(lambda: stub.calls[-1] == "CreateLogStream")
                time.sleep(0.1)
                stub.groups.add(GROUP)
                again = api.start(machine)
                api.wait(again)
            self.assertEqual([e["execution_arn"] for e in stub.events()], 4 * [again])

    def test_service_comes_later(self):
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}"]) as server:
                api = server.client()
                machine = api.create_machine("m", PASS, loggingConfiguration=logs_to())
                stub.broken = 2
                api.wait(api.start(machine))
                stub.wait(lambda: len(stub.events()) == 4)

    def test_service_hangs(self):
        """Executions do not wait for it, and neither does the end of the server, but for a second."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}", "--log-level", "error"]) as server:
                api = server.client()
                machine = api.create_machine("m", PASS, loggingConfiguration=logs_to())
                stub.hold.clear()
                for _ in range(300):
                    self.assertEqual(api.wait(api.start(machine))["status"], "SUCCEEDED")
            self.assertEqual(stub.events(), [])

    def test_clock(self):
        """Events of a time that was moved are not too new for the service: only their text has that time."""
        with Stub() as stub:
            with Server(["--endpoint", f"logs={stub.url}", "--clock", "skip"]) as server:
                api = server.client()
                wait = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 864000, "End": True}}}
                api.wait(api.start(api.create_machine("m", wait, loggingConfiguration=logs_to())))
            times = [int(e["event_timestamp"]) for e in stub.events()]
            self.assertGreaterEqual(times[-1] - times[0], 864000000)

    def test_moto(self):
        """CloudWatch Logs and EventBridge as moto has them, which take the calls and the source aws.states."""
        try:
            import boto3
            import moto.server  # noqa: F401
        except ImportError as missing:
            self.skipTest(f"python3 has no {missing.name}")
        logging_off = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
                              **logging_off) as moto:
            try:
                url = None
                for line in moto.stderr:
                    if "Running on " in line:
                        url = line.split("Running on ")[1].split()[0]
                        break
                self.assertIsNotNone(url)
                threading.Thread(target=moto.stderr.read, daemon=True).start()
                make = lambda name: boto3.client(name, endpoint_url=url, region_name="us-east-1",  # noqa: E731
                                                 aws_access_key_id="test", aws_secret_access_key="test")
                logs, events, sqs = make("logs"), make("events"), make("sqs")
                logs.create_log_group(logGroupName=GROUP)
                queue = sqs.create_queue(QueueName="q")["QueueUrl"]
                target = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
                events.put_rule(Name="r", EventPattern='{"source":["aws.states"]}')
                events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target}])
                with Server(["--status-events", "eventbridge"], env={"AWS_ENDPOINT_URL": url}) as server:
                    api = server.client()
                    api.wait(api.start(api.create_machine("m", PASS, loggingConfiguration=logs_to())))
                streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
                self.assertEqual(len(streams), 1)
                got = logs.get_log_events(logGroupName=GROUP, logStreamName=streams[0]["logStreamName"],
                                          startFromHead=True)["events"]
                self.assertEqual([json.loads(e["message"])["id"] for e in got], ["1", "2", "3", "4"])
                statuses = []
                while len(statuses) < 2:
                    for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10,
                                                 WaitTimeSeconds=10)["Messages"]:
                        body = json.loads(m["Body"])
                        self.assertEqual(body["detail-type"], "Step Functions Execution Status Change")
                        statuses.append(body["detail"]["status"])
                        sqs.delete_message(QueueUrl=queue, ReceiptHandle=m["ReceiptHandle"])
                self.assertEqual(sorted(statuses), ["RUNNING", "SUCCEEDED"])
            finally:
                moto.terminate()
                moto.stderr.close()


class Status(unittest.TestCase):
    def run_and_redrive(self, server):
        api = server.client()
        execution = api.start(api.create_machine("m", FAIL), {"in": 1})
        failed = api.wait(execution)
        api.call("RedriveExecution", {"executionArn": execution})
        return execution, failed, api.wait(execution)

    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "events")
            with Server(["--status-events", file]) as server:
                execution, failed, again = self.run_and_redrive(server)
            with open(file, encoding="utf-8") as lines:
                events = [json.loads(line) for line in lines]
            self.assertEqual([e["detail"]["status"] for e in events], ["RUNNING", "FAILED", "RUNNING", "FAILED"])
            self.assertEqual(len({e["id"] for e in events}), 4)
            for e in events:
                self.assertEqual(set(e), {"version", "id", "detail-type", "source", "account", "time", "region",
                                          "resources", "detail"})
                self.assertEqual((e["source"], e["account"], e["region"], e["resources"], e["version"]),
                                 ("aws.states", "123456789012", "us-east-1", [execution], "0"))
                self.assertRegex(e["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            for e, described in ((events[1], failed), (events[3], again)):
                detail = e["detail"]
                for name in ("startDate", "stopDate", "redriveDate"):
                    self.assertEqual(detail.pop(name), round(described.pop(name) * 1000) if name in described else None)
                self.assertEqual({k: v for k, v in detail.items() if v is not None}, described)
                self.assertEqual(len(detail) + 3, 18)

    def test_same_file(self):
        """Both kinds of event in one file, line by line."""
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "events")
            with Server(["--status-events", file], env={"SFND_EXPRESS_LOG": file}) as server:
                api = server.client()
                api.wait(api.start(api.create_machine("m", PASS, loggingConfiguration=logs_to())))
            with open(file, encoding="utf-8") as lines:
                kinds = ["detail" in json.loads(line) for line in lines]
            self.assertEqual(kinds, [False, True, False, False, False, True])

    def test_event_bridge(self):
        with Stub() as stub:
            with Server(["--status-events", "eventbridge"], env={"EVENTS_ENDPOINT": stub.url}) as server:
                execution, _, _ = self.run_and_redrive(server)
            self.assertEqual([json.loads(e["Detail"])["status"] for e in stub.entries],
                             ["RUNNING", "FAILED", "RUNNING", "FAILED"])
            for e in stub.entries:
                self.assertEqual((e["Source"], e["DetailType"], e["Resources"]),
                                 ("aws.states", "Step Functions Execution Status Change", [execution]))
                self.assertIsInstance(e["Time"], int)

    def test_off(self):
        with Stub() as stub:
            with Server(env={"AWS_ENDPOINT_URL": stub.url}) as server:
                self.run_and_redrive(server)
            self.assertEqual(stub.calls, [])

    def test_no_endpoint(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SFND_", "AWS_"))}
        done = subprocess.run([BINARY, "--port", "0", "--status-events", "eventbridge"], env=env, capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("an endpoint for events: EVENTS_ENDPOINT", done.stderr)


if __name__ == "__main__":
    tap.main()
