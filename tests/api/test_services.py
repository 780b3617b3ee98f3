#!/usr/bin/env python3
"""Tasks that call other services, which are a stub here: what it is sent, what comes of its answers
(reference/integrations.md 2 to 5)."""
import http.server
import json
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import stub
import tap
from sfnd import Server

ID = ("x-amzn-RequestId", "request-1")


class Stub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []      # (method, path, headers, body)
    answers = []   # (status, headers, body), the next first; the last one stays

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Stub.seen.append((self.command, self.path, dict(self.headers), body))
        status, headers, answer = Stub.answers[0]
        if len(Stub.answers) > 1:
            Stub.answers.pop(0)
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stub = stub.serve(Stub)
        cls.url = f"http://127.0.0.1:{cls.stub.server_address[1]}"
        cls.server = Server(env={"AWS_ENDPOINT_URL": cls.url}).start()
        cls.api = cls.server.client()
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.server.stop()
        cls.stub.shutdown()
        cls.stub.server_close()

    def setUp(self):
        Stub.seen.clear()

    def machine(self, resource, parameters, api=None, **more):
        Services.number += 1
        state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True, **more}
        return (api or self.api).create_machine(f"m{self.number}", {"StartAt": "T", "States": {"T": state}})

    def run_task(self, resource, parameters, *answers, **more):
        """The description of an execution of one task; answers: (status, headers, text)."""
        Stub.answers[:] = [(status, headers, text.encode() if isinstance(text, str) else text)
                           for status, headers, text in answers]
        self.execution = self.api.start(self.machine(resource, parameters, **more))
        return self.api.wait(self.execution)

    def output(self, *args, **more):
        answer = self.run_task(*args, **more)
        self.assertEqual(answer["status"], "SUCCEEDED", answer)
        return json.loads(answer["output"])

    def failure(self, *args, **more):
        answer = self.run_task(*args, **more)
        self.assertEqual(answer["status"], "FAILED", answer)
        return answer["error"], answer["cause"]

    def sent(self):
        self.assertEqual(len(Stub.seen), 1)
        return Stub.seen[0]

    # ---- results ----
    def test_optimized(self):
        output = self.output("sqs:sendMessage", {"QueueUrl": "http://elsewhere/1/q", "MessageBody": {"a": 1}},
                             (200, [ID], '{"MessageId":"i","MD5OfMessageBody":"m"}'))
        self.assertEqual(list(output), ["MD5OfMessageBody", "MessageId", "SdkHttpMetadata", "SdkResponseMetadata"])
        self.assertEqual(output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"], "request-1")
        self.assertEqual(output["SdkResponseMetadata"], {"RequestId": "request-1"})
        method, path, headers, body = self.sent()
        self.assertEqual((method, path, headers["X-Amz-Target"]), ("POST", "/", "AmazonSQS.SendMessage"))
        self.assertEqual(json.loads(body), {"QueueUrl": "http://elsewhere/1/q", "MessageBody": '{"a":1}'})
        self.assertIn("Credential=123456789012/", headers["Authorization"])

    def test_query(self):
        output = self.output("aws-sdk:sns:publish", {"TopicArn": "arn:t", "Message": "x&y"},
                             (200, [ID], "<R><PublishResult><MessageId>m</MessageId></PublishResult></R>"))
        self.assertEqual(output, {"MessageId": "m"})
        self.assertEqual(urllib.parse.parse_qs(self.sent()[3].decode()),
                         {"Action": ["Publish"], "Version": ["2010-03-31"], "TopicArn": ["arn:t"], "Message": ["x&y"]})

    def test_rest(self):
        output = self.output("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "a/b c"},
                             (200, [("ETag", '"e"'), ("x-amz-meta-k", "v")], "text"))
        self.assertEqual(output, {"ContentLength": 4, "ETag": '"e"', "Metadata": {"k": "v"}, "Body": "text"})
        self.assertEqual(self.sent()[:2], ("GET", "/b/a/b%20c"))
        Stub.seen.clear()
        output = self.output("aws-sdk:lambda:invoke", {"FunctionName": "f", "Payload": {"a": 1}},
                             (200, [("X-Amz-Function-Error", "Unhandled")], '{"errorType":"E"}'))
        self.assertEqual(output, {"FunctionError": "Unhandled", "Payload": '{"errorType":"E"}', "StatusCode": 200})
        self.assertEqual(self.sent()[1:2] + self.sent()[3:], ("/2015-03-31/functions/f/invocations", b'{"a":1}'))

    def test_events_are_told_of_the_execution(self):
        output = self.output("events:putEvents", {"Entries": [{"Detail": {"a": 1}, "Source": "s", "DetailType": "d"}]},
                             (200, [ID], '{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}'))
        self.assertEqual(output, {"Entries": [{"EventId": "e"}], "FailedEntryCount": 0})
        entry = json.loads(self.sent()[3])["Entries"][0]
        machine = self.execution.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
        self.assertEqual(entry, {"Detail": '{"a":1}', "Source": "s", "DetailType": "d",
                                 "Resources": [machine, self.execution]})

    def test_gateway(self):
        output = self.output("apigateway:invoke", {"ApiEndpoint": "x.execute-api.us-east-1.amazonaws.com",
                                                   "Method": "PUT", "Stage": "s", "Path": "p", "RequestBody": {"a": 1}},
                             (200, [], '{"ok":true}'))
        self.assertEqual((output["ResponseBody"], output["StatusCode"], output["StatusText"]), ({"ok": True}, 200, "OK"))
        method, path, headers, body = self.sent()
        self.assertEqual((method, path, headers["Host"], body),
                         ("PUT", "/s/p", "x.execute-api.us-east-1.amazonaws.com", b'{"a":1}'))
        self.assertEqual(self.failure("apigateway:invoke", {"ApiEndpoint": "x", "Method": "GET"}, (403, [], "no")),
                         ("ApiGateway.403", "no"))

    def test_account(self):
        api = self.server.client(account="222222222222")
        Stub.answers[:] = [(200, [], b"{}")]
        api.wait(api.start(self.machine("aws-sdk:dynamodb:listTables", {}, api)))
        self.assertIn("Credential=222222222222/", self.sent()[2]["Authorization"])
        api.close()

    # ---- failures ----
    def test_errors(self):
        missing = (400, [ID], '{"__type":"x#ResourceNotFoundException","message":"m"}')
        self.assertEqual(self.failure("dynamodb:getItem", {"TableName": "t", "Key": {}}, missing),
                         ("DynamoDB.ResourceNotFoundException",
                          "m (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; "
                          "Request ID: request-1; Proxy: null)"))
        self.assertEqual(self.failure("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {}}, missing),
                         ("DynamoDb.ResourceNotFoundException",
                          "m (Service: DynamoDb, Status Code: 400, Request ID: request-1) (SDK Attempt Count: 1)"))
        error, cause = self.failure("events:putEvents", {"Entries": []},
                                    (200, [], '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"c"}]}'))
        self.assertEqual((error, json.loads(cause)),
                         ("EventBridge.FailedEntry", {"Entries": [{"ErrorCode": "c"}], "FailedEntryCount": 1}))

    def test_retry_and_catch(self):
        throttled = (400, [], '{"__type":"ThrottlingException"}')
        answer = self.run_task("aws-sdk:dynamodb:listTables", {}, throttled, throttled, (200, [], '{"TableNames":["t"]}'),
                               Retry=[{"ErrorEquals": ["DynamoDb.ThrottlingException"], "IntervalSeconds": 1,
                                       "BackoffRate": 1, "MaxAttempts": 2}])
        self.assertEqual(json.loads(answer["output"]), {"TableNames": ["t"]})
        self.assertEqual(len(Stub.seen), 3)

    def test_strange_answers(self):
        self.assertEqual(self.failure("aws-sdk:sqs:listQueues", {}, (200, [], "<html>")),
                         ("Sqs.SdkClientException", "Unable to read the response of Sqs"))
        self.assertEqual(self.failure("aws-sdk:sns:listTopics", {}, (200, [], "<a>" * 1000))[0], "Sns.SdkClientException")
        self.assertEqual(self.failure("aws-sdk:sqs:listQueues", {}, (500, [], "\x00\xff"))[0], "Sqs.SqsException")

    def test_size(self):
        def reply(size):
            return (200, [], json.dumps({"NextToken": "x" * (size - len('{"NextToken":""}'))}))
        self.assertEqual(len(self.run_task("aws-sdk:sqs:listQueues", {}, reply(262144))["output"]), 262144)
        for size in (262145, 3 << 20):
            self.assertEqual(self.failure("aws-sdk:sqs:listQueues", {}, reply(size)),
                             ("States.DataLimitExceeded", "The state/task 'aws-sdk:sqs' returned a result with a size "
                                                          "exceeding the maximum number of bytes service limit."))

    def test_parameters(self):
        error, cause = self.failure("aws-sdk:sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "b", "Colour": 1},
                                    (200, [], "{}"))
        self.assertEqual(error, "States.Runtime")
        self.assertTrue(cause.endswith("could not be used to start the Task: [The field 'Colour' is not supported by "
                                       "Step Functions]"), cause)
        self.assertEqual(Stub.seen, [])
        self.assertEqual(self.failure("sqs:sendMessage", {"QueueUrl": "no-url", "MessageBody": "b"}, (200, [], "{}")),
                         ("SQS.SdkClientException", "Unable to execute HTTP request: no-url: Name or service not known"))

    # ---- tokens ----
    def test_callback(self):
        Stub.answers[:] = [(200, [ID], b'{"MessageId":"i"}')]
        execution = self.api.start(self.machine("sqs:sendMessage.waitForTaskToken",
                                                {"QueueUrl": "http://q", "MessageBody": {"t.$": "$$.Task.Token"}}))
        while "TaskSubmitted" not in [e["type"] for e in self.api.history(execution)]:
            pass
        token = json.loads(json.loads(self.sent()[3])["MessageBody"])["t"]
        self.api.call("SendTaskSuccess", {"taskToken": token, "output": "7"})
        self.assertEqual(self.api.wait(execution)["output"], "7")

    def test_step_functions_is_this_server(self):
        """services.aws-sdk-task-service.test-sfn-send-task-outcome-with-no-such-token."""
        with Server() as server:
            api = server.client()
            machine = self.machine("aws-sdk:sfn:sendTaskSuccess", {"Output": "{}", "TaskToken": "NoSuchTaskToken"}, api)
            answer = api.wait(api.start(machine))
            self.assertEqual(answer["error"], "Sfn.InvalidTokenException")
            self.assertRegex(answer["cause"], r"^Invalid Token: 'Invalid token' \(Service: Sfn, Status Code: 400, "
                                              r"Request ID: [-0-9a-f]{36}\) \(SDK Attempt Count: 1\)$")
            machine = self.machine("aws-sdk:sfn:listActivities", {}, api)
            self.assertEqual(json.loads(api.wait(api.start(machine))["output"]), {"Activities": []})

    # ---- what is missing ----
    def test_nothing_configured(self):
        expected = {
            "sns:publish": "Set SNS_ENDPOINT, AWS_ENDPOINT_URL_SNS or AWS_ENDPOINT_URL to its URL",
            "aws-sdk:secretsmanager:listSecrets": "Set SECRETS_MANAGER_ENDPOINT, AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "aws-sdk:sqs:fly": "The operation 'fly' of 'aws-sdk:sqs' is not known",
            "aws-sdk:braket:getJob": "'arn:aws:states:::aws-sdk:braket:getJob' is not supported",
        }
        with Server() as server:
            api = server.client()
            for resource, text in expected.items():
                parameters = {"Message": "m"} if resource == "sns:publish" else {}
                answer = api.wait(api.start(self.machine(resource, parameters, api)))
                self.assertEqual(answer["error"], "States.Runtime")
                self.assertIn(text, answer["cause"])

    def test_unreachable(self):
        with Server(["--endpoint", "sqs=http://127.0.0.1:1"]) as server:
            api = server.client()
            answer = api.wait(api.start(self.machine("aws-sdk:sqs:listQueues", {}, api)))
            self.assertEqual((answer["error"], answer["cause"]),
                             ("Sqs.SdkClientException", "Unable to execute HTTP request: Connect to 127.0.0.1:1 failed: "
                                                        "Connection refused"))


if __name__ == "__main__":
    tap.main()
