#!/usr/bin/env python3
"""The protocol itself: what a request may look like and what it is answered (reference/api.md section 1)."""
import json
import os
import re
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import Client, Refused, Server

JSON = "application/x-amz-json-1.0"


def exchange(port, data, wait=5):
    """Sends raw bytes and returns everything that comes until the server closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as s:
        s.sendall(data)
        answer = b""
        s.settimeout(0.5)
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    break
                answer += part
        except socket.timeout:
            pass
        return answer


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.api = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def refused(self, target, body, **headers):
        status, answer = self.api.raw(target, body, headers)
        self.assertEqual(status, 400, answer)
        return answer["__type"].split("#")[-1]

    def test_headers_of_an_answer(self):
        status, text, response = self.api.request("POST", "/", "{}", {
            "Content-Type": JSON, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
        self.assertEqual(status, 200)
        self.assertEqual(response.getheader("content-type"), JSON)
        self.assertRegex(response.getheader("x-amzn-requestid"), r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]")
        self.assertEqual(int(response.getheader("content-length")), len(text))
        self.assertIsNotNone(response.getheader("date"))

    def test_unknown_targets_and_bad_json(self):
        self.assertEqual(self.refused("NoSuchThing", "{}"), "UnknownOperationException")
        for body in ("{", "[]", "nonsense", '{"a":1}x', '"text"', '{"stateMachineArn":"a\\u0000b"}',
                     '{"a":"\\ud800"}', "[" * 5000):
            with self.subTest(body=body[:40]):
                self.assertEqual(self.refused("DescribeStateMachine", body), "SerializationException")
        status, answer = self.api.raw("ListStateMachines", b'{"nextToken":"\xff"}')
        self.assertEqual((status, answer["__type"].split("#")[-1]), (400, "SerializationException"))

    def test_account_and_region_come_from_the_credential_scope(self):
        other = Client(self.server.port, account="999999999999", region="eu-west-1")
        arn = other.create_machine("scoped", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        self.assertEqual(arn, "arn:aws:states:eu-west-1:999999999999:stateMachine:scoped")
        self.assertNotIn(arn, json.dumps(self.api.call("ListStateMachines", {})))
        other.close()

    def test_arns_of_others_are_refused(self):
        """Another region's ARN has not this endpoint's prefix; another account's is not the caller's to use."""
        arn = self.api.create_machine("mine", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        execution = self.api.start(arn)
        calls = [("DescribeStateMachine", "stateMachineArn", arn), ("StartExecution", "stateMachineArn", arn),
                 ("DeleteStateMachine", "stateMachineArn", arn), ("ListExecutions", "stateMachineArn", arn),
                 ("DescribeExecution", "executionArn", execution), ("RedriveExecution", "executionArn", execution),
                 ("ListTagsForResource", "resourceArn", arn)]
        region = Client(self.server.port, region="eu-west-1")
        account = Client(self.server.port, account="999999999999")
        for operation, member, value in calls:
            with self.subTest(operation=operation):
                with self.assertRaises(Refused) as refused:
                    region.call(operation, {member: value})
                self.assertEqual((refused.exception.type, refused.exception.message),
                                 ("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {value}'"))
                with self.assertRaises(Refused) as refused:
                    account.call(operation, {member: value})
                self.assertEqual(refused.exception.type, "AccessDeniedException")
                self.assertEqual(
                    refused.exception.answer["Message"],
                    f"User: arn:aws:iam::999999999999:root is not authorized to perform: states:{operation} on "
                    f"resource: {value} because no identity-based policy allows the states:{operation} action")
        region.close()
        account.close()

    def test_other_partitions(self):
        """A region of another partition has its ARNs everywhere: answers, context object, history."""
        china = Client(self.server.port, region="cn-north-1")
        activity = china.call("CreateActivity", {"name": "a"})["activityArn"]
        arn = china.create_machine("m", {"StartAt": "T", "States": {"T": {
            "Type": "Task", "Resource": activity, "Parameters": {"id.$": "$$.Execution.Id"}, "End": True}}})
        self.assertEqual(arn, "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:m")
        execution = china.start(arn)
        task = china.task(activity)
        self.assertEqual(json.loads(task["input"]), {"id": execution})
        china.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "{}"})
        self.assertEqual(china.wait(execution)["status"], "SUCCEEDED")
        china.close()

    def test_a_body_beyond_the_ceiling_is_refused_and_the_server_lives(self):
        size = 8 * 1024 * 1024
        head = (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nX-Amz-Target: AWSStepFunctions.StartExecution"
                f"\r\nContent-Length: {size}\r\n\r\n").encode()
        try:
            answer = exchange(self.server.port, head + b"x" * size)
        except (ConnectionError, BrokenPipeError):
            answer = b""
        if answer:
            self.assertRegex(answer, rb"^HTTP/1.1 4(00|13) ")
        self.assertEqual(self.api.call("ListActivities", {}), {"activities": []})

    def test_browsers_cannot_drive_it(self):
        """A foreign Origin is refused; admin calls need a header no simple form can send (design section 8)."""
        status, _ = self.api.raw("ListStateMachines", "{}", {"Origin": "https://evil.example"})
        self.assertEqual(status, 403)
        status, _, _ = self.api.request("POST", "/_sfnd/reset", "{}", {"Content-Type": "text/plain"})
        self.assertEqual(status, 415)
        status, _, _ = self.api.request("POST", "/_sfnd/reset", "{}", {"Content-Type": "application/json",
                                                                       "Origin": "http://evil.example"})
        self.assertEqual(status, 403)
        # A name that somebody pointed at this server: a page's own GET has no Origin.
        for host, site, wanted in (("evil.example:8083", "same-origin", 403), ("evil.example:8083", None, 200),
                                   ("localhost:8083", "same-origin", 200), ("127.0.0.1:8083", "same-origin", 200),
                                   ("evil.example:8083", "none", 200)):
            status, _, _ = self.api.request("GET", "/_sfnd/mocks", "", {
                "Host": host, **({"Sec-Fetch-Site": site} if site else {})})
            self.assertEqual(status, wanted, (host, site))

    def test_stops_while_connections_come(self):
        """A clean end, whatever arrives at the same moment."""
        for _ in range(40):
            server, gone = Server().start(), threading.Event()

            def knock(port, gone):
                while not gone.is_set():
                    try:
                        exchange(port, b"GET /_sfnd/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    except OSError:
                        pass

            threads = [threading.Thread(target=knock, args=(server.port, gone)) for _ in range(3)]
            for thread in threads:
                thread.start()
            status = server.stop()
            gone.set()
            for thread in threads:
                thread.join()
            self.assertEqual(status, 0)

    def test_host_is_never_looked_at(self):
        for host in ("sync-localhost:1", "sync-states.us-east-1.amazonaws.com", "[::1]"):
            status, _ = self.api.raw("ListStateMachines", "{}", {"Host": host})
            self.assertEqual(status, 200)

    def test_pipelined_and_split_requests(self):
        request = (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nX-Amz-Target: AWSStepFunctions."
                   "ListActivities\r\nContent-Length: 2\r\n\r\n{}").encode()
        answer = exchange(self.server.port, request * 3)
        self.assertEqual(len(re.findall(rb"HTTP/1.1 200 ", answer)), 3)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as s:
            for at in range(0, len(request), 7):
                s.sendall(request[at:at + 7])
                time.sleep(0.002)
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 200 "))

    def test_a_worker_that_went_away_costs_no_task(self):
        activity = self.api.call("CreateActivity", {"name": "left"})["activityArn"]
        arn = self.api.create_machine("left", {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity,
                                                                               "End": True}}})
        body = json.dumps({"activityArn": activity})
        request = (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nX-Amz-Target: AWSStepFunctions."
                   f"GetActivityTask\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
        gone = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(20)]
        for s in gone:
            s.sendall(request)
        time.sleep(0.2)
        for s in gone:
            s.close()
        execution = self.api.start(arn)
        task = self.api.task(activity)
        self.assertIn("taskToken", task)
        self.api.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "{}"})
        self.assertEqual(self.api.wait(execution)["status"], "SUCCEEDED")

    def test_task_tokens(self):
        """Check order of SendTaskSuccess: InvalidToken, InvalidOutput, TaskTimedOut (reference/api.md section 3)."""
        activity = self.api.call("CreateActivity", {"name": "tokens"})["activityArn"]
        arn = self.api.create_machine("tokens", {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": activity, "End": True}}})
        self.api.start(arn)
        token = self.api.task(activity)["taskToken"]

        def answer(token, output):
            with self.assertRaises(Refused) as refused:
                self.api.call("SendTaskSuccess", {"taskToken": token, "output": output})
            return refused.exception.type, refused.exception.message

        self.assertEqual(answer("nonsense", "not json"), ("InvalidToken", "Invalid Token: 'Invalid token'"))
        self.assertEqual(answer(token, "not json"), ("InvalidOutput", "Invalid Output: 'not json' is not valid JSON."))
        self.api.call("SendTaskSuccess", {"taskToken": token, "output": "{}"})
        self.assertEqual(answer(token, "{}"), ("TaskTimedOut", f"Task Timed Out: '{activity}'"))
        self.assertEqual(answer(token, "not json")[0], "InvalidOutput")
        other = Client(self.server.port, region="eu-west-1")
        with self.assertRaises(Refused) as refused:
            other.call("SendTaskHeartbeat", {"taskToken": token})
        self.assertEqual(refused.exception.type, "InvalidToken")
        other.close()

    def test_health_and_metrics(self):
        self.assertEqual(self.api.admin("GET", "/_sfnd/health")["status"], "ok")
        self.assertGreaterEqual(self.api.admin("GET", "/_sfnd/metrics")["requests"], 1)
        status, _, _ = self.api.request("GET", "/_sfnd/nothing", None, {})
        self.assertEqual(status, 404)
        status, _, _ = self.api.request("GET", "/", None, {})
        self.assertEqual(status, 302)  # to the console

    def test_reset_forgets_everything(self):
        with Server() as server:
            api = server.client()
            arn = api.create_machine("m", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900,
                                                                           "End": True}}})
            execution = api.start(arn)
            api.admin("POST", "/_sfnd/reset", {})
            self.assertEqual(api.call("ListStateMachines", {})["stateMachines"], [])
            with self.assertRaises(Refused):
                api.describe(execution)
            self.assertEqual(api.admin("GET", "/_sfnd/metrics")["executionsRunning"], 0)
            api.start(api.create_machine("m", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}))


if __name__ == "__main__":
    tap.main()
