"""A server under test and a client for it, with nothing but the standard library.

    with Server(["--clock", "manual"]) as server:
        api = server.client()
        arn = api.create_machine("m", definition)
        status, answer = api.call("DescribeStateMachine", {"stateMachineArn": arn})
"""
import http.client
import json
import os
import re
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("SFND", os.path.join(ROOT, "build", "sfnd"))
ROLE = "arn:aws:iam::123456789012:role/test"


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, status, answer):
        super().__init__(f"{status} {answer}")
        self.status = status
        self.type = answer.get("__type", "").split("#")[-1]
        self.message = answer.get("message", answer.get("Message", ""))
        self.answer = answer


class Client:
    """One keep-alive connection."""

    def __init__(self, port, account="123456789012", region="us-east-1", timeout=75):
        self.port, self.account, self.region, self.timeout = port, account, region, timeout
        self.connection = None

    def request(self, method, path, body, headers):
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            try:
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                return response.status, response.read(), response
            except (ConnectionError, http.client.HTTPException, OSError):
                self.close()
                if attempt:
                    raise
        return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def raw(self, target, body, headers=()):
        """Status and parsed answer of a request whose body is given as text."""
        scope = f"{self.account}/20260101/{self.region}/states/aws4_request"
        sent = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{target}",
                "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        sent.update(headers)
        status, text, _ = self.request("POST", "/", body, sent)
        return status, json.loads(text) if text else None

    def call(self, target, params):
        """The answer, or Refused."""
        status, answer = self.raw(target, json.dumps(params))
        if status != 200:
            raise Refused(status, answer)
        return answer

    def admin(self, method, path, params=None):
        body = None if params is None else json.dumps(params)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        status, text, _ = self.request(method, path, body, headers)
        answer = json.loads(text) if text else None
        if status != 200:
            raise Refused(status, answer or {})
        return answer

    # ---- what most tests do ----
    def create_machine(self, name, definition, **more):
        if not isinstance(definition, str):
            definition = json.dumps(definition)
        return self.call("CreateStateMachine", {"name": name, "definition": definition, "roleArn": ROLE, **more})[
            "stateMachineArn"]

    def start(self, machine, value=None, name=None):
        params = {"stateMachineArn": machine}
        if value is not None:
            params["input"] = value if isinstance(value, str) else json.dumps(value)
        if name:
            params["name"] = name
        return self.call("StartExecution", params)["executionArn"]

    def describe(self, execution):
        return self.call("DescribeExecution", {"executionArn": execution})

    def wait(self, execution, seconds=30):
        """The description once the execution is no longer RUNNING."""
        end = time.monotonic() + seconds
        while True:
            answer = self.describe(execution)
            if answer["status"] != "RUNNING":
                return answer
            if time.monotonic() > end:
                raise AssertionError(f"still RUNNING after {seconds} s: {execution}")
            time.sleep(0.01)

    def history(self, execution, page=1000, **more):
        events, token = [], None
        while True:
            params = {"executionArn": execution, "maxResults": page, **more}
            if token:
                params["nextToken"] = token
            answer = self.call("GetExecutionHistory", params)
            events += answer["events"]
            token = answer.get("nextToken")
            if not token:
                return events

    def advance(self, seconds):
        return self.admin("POST", "/_sfnd/clock", {"advanceSeconds": seconds})

    def task(self, activity, worker="w"):
        return self.call("GetActivityTask", {"activityArn": activity, "workerName": worker})


class Server:
    """A server process on a free port."""

    def __init__(self, flags=(), env=None, binary=None):
        self.flags, self.env, self.binary = list(flags), env or {}, binary or BINARY
        self.process = None
        self.port = None

    def start(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SFND_", "AWS_", "LAMBDA_"))}
        env.update(self.env)
        self.process = subprocess.Popen([self.binary, "--port", "0", *self.flags], stdout=subprocess.PIPE, env=env,
                                        text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"sfnd listening on http://(.+):(\d+)\n", line)
        if not match:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no listening line but {line!r}")
        self.port = int(match.group(2))
        return self

    def client(self, **more):
        return Client(self.port, **more)

    def kill(self):
        """kill -9: no clean-up of any kind."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """A clean shutdown; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not stop within 30 s of SIGTERM")
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None or kind is None:
            status = self.stop()
            if kind is None and status != 0:
                raise AssertionError(f"the server ended with status {status}")
