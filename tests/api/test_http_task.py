#!/usr/bin/env python3
"""HTTP Task over a real server: what is sent, what comes of the answer, connections of every kind from a file and from
EventBridge, OAuth tokens, and TestState without a mock.  reference/integrations.md sections 2, 4, 7 and 9.

One small HTTP server plays the API, the OAuth server, EventBridge and Secrets Manager."""
import base64
import http.server
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import stub
import tap
from sfnd import BINARY, ROLE, Refused, Server

HTTP = "arn:aws:states:::http:invoke"
# What EventBridge keeps in a connection's secret (as moto 5 does, which follows AWS).
SECRETS = {
    "basic": {"username": "u", "password": "p", "invocation_http_parameters": {
        "header_parameters": [{"key": "X-Added", "value": "secret header", "is_value_secret": True}],
        "query_string_parameters": [{"key": "q", "value": "secret query", "is_value_secret": True}],
        "body_parameters": [{"key": "added", "value": "secret body", "is_value_secret": True}]}},
    "key": {"api_key_name": "X-Key", "api_key_value": "k"},
}
TYPES = {"basic": "BASIC", "key": "API_KEY"}


def arn(name):
    return f"arn:aws:events:us-east-1:123456789012:connection/{name}/6f0d2b5e-0000-4000-8000-000000000000"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="application/json", reason=None, headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status, reason)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def serve(self):
        play = self.server.play
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urllib.parse.urlsplit(self.path).path
        with play.lock:
            play.seen.append((self.command, self.path, dict(self.headers.items()), body))
        if self.headers.get("X-Amz-Target"):
            return self.aws(self.headers["X-Amz-Target"], json.loads(body))
        if path == "/token":
            return self.token()
        if path == "/private":
            good = self.headers.get("Authorization") == f"Bearer {play.token}"
            return self.answer(200 if good else 401, {"ok": good})
        if path.startswith("/status/"):
            return self.answer(int(path[8:]), {"why": "told to"}, reason="" if "quiet" in self.path else None)
        if path == "/text":
            return self.answer(200, "Grüße".encode(), "text/plain; charset=utf-8")
        if path == "/bytes":
            return self.answer(200, b"\x00\x01", "application/octet-stream")
        if path == "/large":
            return self.answer(200, b"x" * 300000, "text/plain")
        if path == "/slow":
            play.slow.set()
            self.connection.settimeout(30)
            play.ended.set() if not self.rfile.read(1) else None
            self.close_connection = True
            return None
        return self.answer(200, {"method": self.command, "path": self.path, "body": body.decode(),
                                 "headers": {k.lower(): v for k, v in self.headers.items()}},
                           headers=[("X-Twice", "1"), ("X-Twice", "2")])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = serve

    def token(self):
        with self.server.play.lock:
            self.server.play.tokens += 1
            self.server.play.token = f"t{self.server.play.tokens}"
        self.answer(200, {"access_token": self.server.play.token, "token_type": "bearer", "expires_in": 3600})

    def aws(self, target, body):
        if target == "AWSEvents.DescribeConnection":
            name = body["Name"]
            if name not in TYPES:
                return self.answer(400, {"__type": "ResourceNotFoundException",
                                         "message": f"Connection '{name}' does not exist."})
            return self.answer(200, {"Name": name, "ConnectionState": "AUTHORIZED", "AuthorizationType": TYPES[name],
                                     "SecretArn": "secret:" + name, "AuthParameters": {}})
        if target == "secretsmanager.GetSecretValue":
            return self.answer(200, {"SecretString": json.dumps(SECRETS[body["SecretId"].split(":")[1]])})
        return self.answer(400, {"__type": "UnknownOperationException"})


class Play:
    """The server of the others' parts."""

    def __init__(self):
        self.lock, self.seen, self.tokens, self.token = threading.Lock(), [], 0, None
        self.slow, self.ended = threading.Event(), threading.Event()
        self.httpd = stub.serve(Handler, play=self)
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()

    def connections(self):
        """The file of connections."""
        return {
            "plain": {"AuthorizationType": "API_KEY",
                      "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}},
            "oauth": {"AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {
                "ClientParameters": {"ClientID": "id", "ClientSecret": "s&s"}, "HttpMethod": "POST",
                "AuthorizationEndpoint": self.url + "/token",
                "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "all of it"}]}}}},
        }


class HttpTask(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.play = Play()
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.folder.name, "connections.json")
        with open(cls.file, "w", encoding="utf-8") as f:
            json.dump(cls.play.connections(), f)
        cls.server = Server(["--connections", cls.file, "--endpoint", "events=" + cls.play.url,
                             "--endpoint", "secretsmanager=" + cls.play.url]).start()
        cls.api = cls.server.client()
        cls.machines = 0

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.play.close()
        cls.folder.cleanup()
        assert status == 0, f"the server ended with status {status}"

    def setUp(self):
        self.play.seen.clear()

    def parameters(self, path="/echo", connection="plain", method="GET", **more):
        return {"ApiEndpoint": self.play.url + path, "Method": method,
                "Authentication": {"ConnectionArn": arn(connection)}, **more}

    def run_task(self, parameters, **machine):
        """The description of an execution with one HTTP Task."""
        HttpTask.machines += 1
        m = self.api.create_machine(f"m{HttpTask.machines}", {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": HTTP, "Parameters": parameters, "End": True}}}, **machine)
        return self.api.wait(self.api.start(m, {}))

    def output(self, parameters):
        answer = self.run_task(parameters)
        self.assertEqual(answer["status"], "SUCCEEDED", answer)
        return json.loads(answer["output"])

    def failure(self, parameters):
        answer = self.run_task(parameters)
        self.assertEqual(answer["status"], "FAILED", answer)
        return answer["error"], answer["cause"]

    # ---- the request and the answer ----
    def test_request(self):
        out = self.output(self.parameters("/echo?a=1", QueryParameters={"b c": "x+y z", "d": [1, True]},
                                          Headers={"X-Mine": "m"}))
        self.assertEqual(list(out), ["Headers", "ResponseBody", "StatusCode", "StatusText"])
        self.assertEqual((out["StatusCode"], out["StatusText"]), (200, "OK"))
        self.assertEqual(out["Headers"]["X-Twice"], ["1", "2"])
        body = out["ResponseBody"]
        self.assertEqual(body["path"], "/echo?a=1&b%20c=x%2By%20z&d=1&d=true")
        headers = body["headers"]
        self.assertEqual(headers["user-agent"], "Amazon|StepFunctions|HttpInvoke|us-east-1")
        self.assertEqual(headers["range"], "bytes=0-262144")
        self.assertEqual((headers["x-mine"], headers["x-key"]), ("m", "k"))
        self.assertNotIn("content-type", headers)

    def test_bodies(self):
        def sent(body, **more):
            echo = self.output(self.parameters(method="POST", RequestBody=body, **more))["ResponseBody"]
            return echo["body"], echo["headers"]["content-type"]

        json_type = "application/json; charset=UTF-8"
        self.assertEqual(sent({"a": [1, "x"]}), ('{"a":[1,"x"]}', json_type))
        self.assertEqual(sent("raw \u00fc", Headers={"Content-Type": "text/x"}), ("raw \u00fc", "text/x"))
        for style, form in (("INDICES", "a[0]=1&a[1]=x%20y"), ("REPEAT", "a=1&a=x%20y"), ("COMMAS", "a=1,x%20y"),
                            ("BRACKETS", "a[]=1&a[]=x%20y")):
            transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": style}}
            kind = "application/x-www-form-urlencoded"
            self.assertEqual(sent({"a": [1, "x y"]}, Transform=transform, Headers={"content-type": kind}),
                             (form, kind))

    def test_methods(self):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            self.assertEqual(self.output(self.parameters(method=method))["ResponseBody"]["method"], method)
        self.assertNotIn("ResponseBody", self.output(self.parameters(method="HEAD")))
        self.assertNotIn("ResponseBody", self.output(self.parameters("/status/204")))

    def test_answers(self):
        self.assertEqual(self.output(self.parameters("/text"))["ResponseBody"], "Grüße")
        self.assertEqual(self.failure(self.parameters("/bytes"))[0], "States.Runtime")
        self.assertEqual(self.failure(self.parameters("/large"))[0], "States.DataLimitExceeded")
        self.assertEqual(self.failure(self.parameters("/status/404")), ("States.Http.StatusCode.404", "Not Found"))
        self.assertEqual(self.failure(self.parameters("/status/418?quiet")), ("States.Http.StatusCode.418", ""))

    def test_no_answer(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{s.getsockname()[1]}/"
        self.assertEqual(self.failure({**self.parameters(), "ApiEndpoint": closed})[0], "States.Http.Socket")

    def test_refused_parameters(self):
        for wrong in ({"Headers": {"Authorization": "x"}}, {"Headers": {"Host": "x"}}, {"Headers": {"X-Amz-A": "x"}},
                      {"Headers": {"X": "a\r\nb: c"}}, {"Method": "BREW"}, {"ApiEndpoint": "ftp://x"},
                      {"Authentication": {"ConnectionArn": "x"}}):
            error, cause = self.failure({**self.parameters(), **wrong})
            self.assertEqual(error, "States.Runtime", wrong)
            self.assertIn("could not be used to start the Task", cause)
        self.assertEqual(self.play.seen, [])

    def test_history(self):
        HttpTask.machines += 1
        m = self.api.create_machine(f"m{HttpTask.machines}", {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": HTTP, "Parameters": self.parameters("/status/503"), "End": True}}})
        execution = self.api.start(m, {})
        self.api.wait(execution)
        events = self.api.history(execution)
        self.assertEqual([e["type"] for e in events], ["ExecutionStarted", "TaskStateEntered", "TaskScheduled",
                                                       "TaskStarted", "TaskFailed", "ExecutionFailed"])
        self.assertEqual(events[4]["taskFailedEventDetails"],
                         {"resourceType": "http", "resource": "invoke", "error": "States.Http.StatusCode.503",
                          "cause": "Service Unavailable"})

    def test_express(self):
        HttpTask.machines += 1
        m = self.api.create_machine(f"m{HttpTask.machines}", {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": HTTP, "Parameters": self.parameters(), "End": True}}}, type="EXPRESS")
        answer = self.api.call("StartSyncExecution", {"stateMachineArn": m})
        self.assertEqual(answer["status"], "SUCCEEDED", answer)

    def test_stopped(self):
        HttpTask.machines += 1
        m = self.api.create_machine(f"m{HttpTask.machines}", {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": HTTP, "Parameters": self.parameters("/slow"), "End": True}}})
        execution = self.api.start(m, {})
        self.assertTrue(self.play.slow.wait(30))
        self.api.call("StopExecution", {"executionArn": execution})
        self.assertTrue(self.play.ended.wait(30), "the request goes on")
        self.assertEqual(self.api.wait(execution)["status"], "ABORTED")

    # ---- connections ----
    def test_basic_from_eventbridge(self):
        out = self.output(self.parameters(connection="basic", method="POST", RequestBody={"a": 1, "added": "mine"},
                                          Headers={"x-added": "mine"}, QueryParameters={"q": "mine"}))["ResponseBody"]
        basic = "Basic " + base64.b64encode(b"u:p").decode()
        self.assertEqual(out["headers"]["authorization"], basic)
        self.assertEqual(out["headers"]["x-added"], "secret header")
        self.assertEqual(out["path"], "/echo?q=secret%20query")
        self.assertEqual(json.loads(out["body"]), {"a": 1, "added": "secret body"})
        targets = [headers.get("X-Amz-Target") for _, _, headers, _ in self.play.seen]
        self.assertEqual(targets, ["AWSEvents.DescribeConnection", "secretsmanager.GetSecretValue", None])
        error, cause = self.failure(self.parameters(connection="basic", method="POST", RequestBody="text"))
        self.assertEqual(error, "States.Runtime", cause)

    def test_api_key_from_eventbridge(self):
        self.assertEqual(self.output(self.parameters(connection="key"))["ResponseBody"]["headers"]["x-key"], "k")

    def test_unknown_connection(self):
        error, cause = self.failure(self.parameters(connection="nobody"))
        self.assertEqual(error, "Events.ConnectionResource.NotFound")
        self.assertIn("Connection 'nobody' does not exist.", cause)

    def test_nothing_configured(self):
        with Server() as server:
            api = server.client()
            m = api.create_machine("m", {"StartAt": "T", "States": {
                "T": {"Type": "Task", "Resource": HTTP, "Parameters": self.parameters(), "End": True}}})
            answer = api.wait(api.start(m, {}))
            self.assertEqual(answer["error"], "States.Runtime")
            self.assertIn("--connections", answer["cause"])

    def test_bad_files(self):
        for text, problem in (("{", b"line 1"), ('{"c": {"AuthorizationType": "MAGIC"}}', b"c: AuthorizationType"),
                              ('{"c": {"AuthorizationType": "BASIC"}}', b"c: Username is missing")):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
                f.write(text)
                f.flush()
                done = subprocess.run([BINARY, "--port", "0", "--connections", f.name], stderr=subprocess.PIPE,
                                      stdout=subprocess.DEVNULL, timeout=30, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(problem, done.stderr)

    def test_oauth(self):
        for _ in range(2):
            self.assertEqual(self.output(self.parameters("/private", "oauth"))["ResponseBody"], {"ok": True})
        asked = [seen for seen in self.play.seen if seen[1] == "/token"]
        self.assertLessEqual(len(asked), 1, "a token is kept")
        with self.play.lock:
            self.play.token = "revoked"
        self.play.seen.clear()
        self.assertEqual(self.output(self.parameters("/private", "oauth"))["ResponseBody"], {"ok": True})
        self.assertEqual([path for _, path, _, _ in self.play.seen], ["/private", "/token", "/private"])
        method, _, headers, body = self.play.seen[1]
        self.assertEqual((method, headers["Content-Type"]), ("POST", "application/x-www-form-urlencoded"))
        self.assertEqual(dict(urllib.parse.parse_qsl(body.decode())),
                         {"grant_type": "client_credentials", "client_id": "id", "client_secret": "s&s",
                          "scope": "all of it"})
        # Refused again with a fresh token: that is the answer.
        self.play.seen.clear()
        self.assertEqual(self.failure(self.parameters("/status/401", "oauth"))[0], "States.Http.StatusCode.401")
        self.assertEqual([path for _, path, _, _ in self.play.seen], ["/status/401", "/token", "/status/401"])

    # ---- TestState without a mock ----
    def trace(self, level="TRACE", reveal=False, path="/echo", **parameters):
        state = {"Type": "Task", "Resource": HTTP, "End": True, "Parameters": self.parameters(
            path, "basic", "POST", RequestBody={"a": 1}, **parameters)}
        return self.api.call("TestState", {"roleArn": ROLE, "input": "{}", "inspectionLevel": level,
                                           "revealSecrets": reveal, "definition": json.dumps(state)})

    def test_state_levels(self):
        self.assertEqual(self.trace("INFO")["status"], "SUCCEEDED")
        self.assertNotIn("inspectionData", self.trace("INFO"))
        self.assertNotIn("request", self.trace("DEBUG")["inspectionData"])

    def test_state_secrets(self):
        hidden = self.trace()["inspectionData"]["request"]
        self.assertEqual(hidden, {
            "protocol": "http", "method": "POST", "url": self.play.url + "/echo", "body": '{"a":1}',
            "headers": "[user-agent: Amazon|StepFunctions|HttpInvoke|us-east-1, range: bytes=0-262144, "
                       "content-type: application/json; charset=UTF-8]"})
        shown = self.trace(reveal=True)["inspectionData"]["request"]
        self.assertEqual(shown["url"], self.play.url + "/echo?q=secret%20query")
        self.assertEqual(shown["body"], '{"a":1,"added":"secret body"}')
        self.assertIn("Authorization: Basic " + base64.b64encode(b"u:p").decode(), shown["headers"])
        self.assertIn("X-Added: secret header", shown["headers"])

    def test_state_response(self):
        answer = self.trace(path="/status/404")
        self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.Http.StatusCode.404"))
        response = answer["inspectionData"]["response"]
        self.assertEqual((response["protocol"], response["statusCode"], response["statusMessage"], response["body"]),
                         ("http", "404", "Not Found", '{"why": "told to"}'))
        self.assertRegex(response["headers"], r"^\[Server: .*, Content-Type: application/json, Content-Length: 18\]$")

    def test_state_waiting_kinds(self):
        for resource in ("arn:aws:states:us-east-1:123456789012:activity:a",
                         "arn:aws:states:::lambda:invoke.waitForTaskToken",
                         "arn:aws:states:::states:startExecution.sync:2"):
            state = {"Type": "Task", "Resource": resource, "End": True,
                     "Parameters": {"StateMachineArn": "a"} if "startExecution" in resource else
                     {"FunctionName": "f"} if "lambda" in resource else {}}
            with self.assertRaises(Refused) as refused:
                self.api.call("TestState", {"roleArn": ROLE, "definition": json.dumps(state)})
            self.assertEqual(refused.exception.type, "InvalidDefinition")


class Moto(unittest.TestCase):
    """Connections made with an unmodified client at moto's EventBridge."""

    def test_connections(self):
        try:
            import boto3
            from moto.server import ThreadedMotoServer
        except ImportError as e:
            self.skipTest(f"no moto: {e}")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        moto.start()
        play = Play()
        try:
            host, port = moto.get_host_and_port()
            url = f"http://{host}:{port}"
            events = boto3.client("events", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
                                  aws_secret_access_key="test")
            arns = [
                events.create_connection(Name="b", AuthorizationType="BASIC", AuthParameters={
                    "BasicAuthParameters": {"Username": "u", "Password": "p"},
                    "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Added", "Value": "1"}]}}),
                events.create_connection(Name="k", AuthorizationType="API_KEY", AuthParameters={
                    "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}),
                events.create_connection(Name="o", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters={
                    "OAuthParameters": {"ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, "HttpMethod": "POST",
                                        "AuthorizationEndpoint": play.url + "/token", "OAuthHttpParameters": {
                                            "BodyParameters": [{"Key": "scope", "Value": "all"}]}}}),
            ]
            with Server(["--endpoint", "events=" + url, "--endpoint", "secretsmanager=" + url]) as server:
                api = server.client()
                m = api.create_machine("m", {"StartAt": "T", "States": {"T": {
                    "Type": "Task", "Resource": HTTP, "End": True, "OutputPath": "$.ResponseBody.headers",
                    "Parameters": {"ApiEndpoint": play.url + "/echo", "Method": "GET",
                                   "Authentication": {"ConnectionArn.$": "$"}}}}})
                headers = []
                for one in arns:
                    answer = api.wait(api.start(m, json.dumps(one["ConnectionArn"])))
                    self.assertEqual(answer["status"], "SUCCEEDED", answer)
                    headers.append(json.loads(answer["output"]))
            self.assertEqual(headers[0]["authorization"], "Basic " + base64.b64encode(b"u:p").decode())
            self.assertEqual((headers[0]["x-added"], headers[1]["x-key"]), ("1", "k"))
            self.assertEqual(headers[2]["authorization"], "Bearer t1")
        finally:
            moto.stop()
            play.close()


if __name__ == "__main__":
    tap.main()
