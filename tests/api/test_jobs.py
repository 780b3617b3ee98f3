#!/usr/bin/env python3
"""Jobs of other services (.sync): a stub plays ecs, batch, glue, codebuild, athena and others.  What they are asked, what
their answers come to, and that a job is neither lost nor started twice (reference/integrations.md 1, 2, 4 and 5;
history.md 4, .sync)."""
import http.server
import json
import os
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import stub
import tap
from sfnd import Server

TASK = "arn:aws:ecs:us-east-1:1:task/c/t"
CLUSTER = "arn:aws:ecs:us-east-1:1:cluster/c"


def ecs(status, **more):
    return {"failures": [], "tasks": [{"taskArn": TASK, "clusterArn": CLUSTER, "lastStatus": status, **more}]}


def stopped(code):
    return ecs("STOPPED", stopCode="EssentialContainerExited", containers=[{"name": "a", "exitCode": 0},
                                                                           {"name": "b", "exitCode": code}])


class Stub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    gate = threading.Event()  # answers wait for it
    gate.set()
    seen = []      # (operation, parameters)
    answers = {}   # operation: [answer, the next first; the last one stays]; a number is a status

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # JSON protocols name the operation in a header, REST ones in method and path.
        operation = self.headers.get("X-Amz-Target", "").split(".")[-1] or f"{self.command} {self.path}"
        with Stub.lock:
            Stub.seen.append((operation, json.loads(body) if body else None))
            queue = Stub.answers.get(operation, [{}])
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
        Stub.gate.wait(30)
        status, answer = (answer, {"__type": "ServerException"}) if isinstance(answer, int) else (200, answer)
        if "__type" in answer:
            status = max(status, 400)
        text = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header("x-amzn-RequestId", "request-1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


class Jobs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stub = stub.serve(Stub)
        cls.env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{cls.stub.server_address[1]}"}
        cls.server = Server(env=cls.env).start()
        cls.api = cls.server.client()
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.server.stop()
        cls.stub.shutdown()
        cls.stub.server_close()

    def play(self, **answers):
        """Operations with blanks in their name: the underscore stands for one."""
        with Stub.lock:
            Stub.seen.clear()
            Stub.answers = {name: answer if isinstance(answer, list) else [answer] for name, answer in answers.items()}

    def seen(self, operation):
        with Stub.lock:
            return [parameters for name, parameters in Stub.seen if name == operation]

    def await_seen(self, operation, count=1):
        end = time.monotonic() + 30
        while len(self.seen(operation)) < count:
            self.assertLess(time.monotonic(), end, f"{operation} was not called {count} times: {Stub.seen}")
            time.sleep(0.01)

    def definition(self, resource, parameters, **more):
        state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True, **more}
        return {"StartAt": "T", "States": {"T": state}}

    def start(self, resource, parameters, api=None, **more):
        Jobs.number += 1
        api = api or self.api
        return api.start(api.create_machine(f"m{self.number}", self.definition(resource, parameters, **more)))

    def run_task(self, resource, parameters, **more):
        execution = self.start(resource, parameters, **more)
        answer = self.api.wait(execution)
        return answer, self.api.history(execution)

    def output(self, resource, parameters):
        answer, _ = self.run_task(resource, parameters)
        self.assertEqual(answer["status"], "SUCCEEDED", answer)
        return json.loads(answer["output"])

    def failure(self, resource, parameters):
        answer, _ = self.run_task(resource, parameters)
        self.assertEqual(answer["status"], "FAILED", answer)
        return answer["error"], answer["cause"]

    # ---- a whole one ----
    def test_ecs(self):
        self.play(RunTask=ecs("PROVISIONING"), DescribeTasks=[ecs("PENDING"), ecs("RUNNING"), stopped(0)])
        answer, history = self.run_task("ecs:runTask.sync", {"TaskDefinition": "d", "Cluster": "c"})
        self.assertEqual([e["type"] for e in history[2:6]], ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])
        self.assertEqual([(e["id"], e["previousEventId"]) for e in history[2:6]], [(3, 2), (4, 3), (5, 4), (6, 5)])
        submitted = history[4]["taskSubmittedEventDetails"]
        self.assertEqual((submitted["resourceType"], submitted["resource"]), ("ecs", "runTask.sync"))
        reply = json.loads(submitted["output"])
        self.assertEqual(reply["SdkResponseMetadata"], {"RequestId": "request-1"})
        self.assertEqual(reply["Tasks"], [{"TaskArn": TASK, "ClusterArn": CLUSTER, "LastStatus": "PROVISIONING"}])
        self.assertEqual(json.loads(answer["output"]),
                         {"TaskArn": TASK, "ClusterArn": CLUSTER, "LastStatus": "STOPPED",
                          "StopCode": "EssentialContainerExited",
                          "Containers": [{"Name": "a", "ExitCode": 0}, {"Name": "b", "ExitCode": 0}]})
        sent = self.seen("RunTask")
        self.assertEqual([(s["taskDefinition"], s["startedBy"]) for s in sent], [("d", "AWS Step Functions")])
        self.assertRegex(sent[0]["clientToken"], "^[0-9a-f]{32}$")
        self.assertEqual(self.seen("DescribeTasks"), [{"cluster": CLUSTER, "tasks": [TASK]}] * 3)
        self.assertEqual(self.seen("StopTask"), [])

    def test_ecs_failures(self):
        self.play(RunTask=ecs("PENDING"), DescribeTasks=stopped(3))
        answer, history = self.run_task("ecs:runTask.sync", {"TaskDefinition": "d"})
        self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.TaskFailed"))
        self.assertEqual(json.loads(answer["cause"])["Containers"][1], {"Name": "b", "ExitCode": 3})
        self.assertEqual(history[5]["type"], "TaskFailed")
        self.play(RunTask=ecs("PENDING"), DescribeTasks=ecs("STOPPED", stopCode="TaskFailedToStart"))
        self.assertEqual(self.failure("ecs:runTask.sync", {"TaskDefinition": "d"})[0], "States.TaskFailed")
        # Nothing was started: no TaskSubmitted.
        self.play(RunTask={"failures": [{"reason": "r"}], "tasks": []})
        answer, history = self.run_task("ecs:runTask.sync", {"TaskDefinition": "d"})
        self.assertEqual(answer["error"], "AmazonECS.Unknown")
        self.assertNotIn("TaskSubmitted", [e["type"] for e in history])
        self.play(RunTask={"__type": "ClientException", "message": "m"})
        self.assertEqual(self.failure("ecs:runTask.sync", {"TaskDefinition": "d"})[0], "ECS.ClientException")
        # A reply that does not tell what was started.
        self.play(RunTask={"failures": [], "tasks": []})
        error, cause = self.failure("ecs:runTask.sync", {"TaskDefinition": "d"})
        self.assertEqual((error, cause), ("States.TaskFailed",
                                          "The answer to 'ecs:runTask' does not say which job was started."))

    # ---- the other services ----
    def test_batch(self):
        submit = {"POST /v1/submitjob": [{"jobId": "j", "jobName": "n"}]}
        self.play(**submit, **{"POST /v1/describejobs": [{"jobs": [{"jobId": "j", "status": "RUNNABLE"}]},
                                                         {"jobs": [{"jobId": "j", "status": "SUCCEEDED"}]}]})
        parameters = {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"}
        self.assertEqual(self.output("batch:submitJob.sync", parameters), {"JobId": "j", "Status": "SUCCEEDED"})
        self.assertEqual(self.seen("POST /v1/describejobs"), [{"jobs": ["j"]}] * 2)
        self.play(**submit, **{"POST /v1/describejobs": {"jobs": [{"jobId": "j", "status": "FAILED", "statusReason": "r"}]}})
        error, cause = self.failure("batch:submitJob.sync", parameters)
        self.assertEqual((error, json.loads(cause)),
                         ("States.TaskFailed", {"JobId": "j", "Status": "FAILED", "StatusReason": "r"}))

    def test_glue(self):
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=[{"JobRun": {"Id": "jr", "JobRunState": "RUNNING"}},
                                                            {"JobRun": {"Id": "jr", "JobRunState": "SUCCEEDED"}}])
        self.assertEqual(self.output("glue:startJobRun.sync", {"JobName": "n"}), {"Id": "jr", "JobRunState": "SUCCEEDED"})
        self.assertEqual(self.seen("GetJobRun"), [{"JobName": "n", "RunId": "jr"}] * 2)
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun={"JobRun": {"Id": "jr", "JobRunState": "TIMEOUT"}})
        self.assertEqual(self.failure("glue:startJobRun.sync", {"JobName": "n"})[0], "States.TaskFailed")

    def test_wrapped(self):
        """What documented examples read: $.Build, $.QueryExecution; of SageMaker the description itself."""
        self.play(StartBuild={"build": {"id": "p:1"}}, BatchGetBuilds={"builds": [{"id": "p:1", "buildStatus": "SUCCEEDED"}]})
        self.assertEqual(self.output("codebuild:startBuild.sync", {"ProjectName": "p"}),
                         {"Build": {"Id": "p:1", "BuildStatus": "SUCCEEDED"}})
        self.play(StartQueryExecution={"QueryExecutionId": "q"},
                  GetQueryExecution={"QueryExecution": {"QueryExecutionId": "q", "Status": {"State": "SUCCEEDED"}}})
        self.assertEqual(self.output("athena:startQueryExecution.sync", {"QueryString": "s"}),
                         {"QueryExecution": {"QueryExecutionId": "q", "Status": {"State": "SUCCEEDED"}}})
        self.play(CreateTransformJob={"TransformJobArn": "a"},
                  DescribeTransformJob={"TransformJobName": "n", "TransformJobStatus": "Completed", "ModelName": "m"})
        output = self.output("sagemaker:createTransformJob.sync", {
            "TransformJobName": "n", "ModelName": "m", "TransformOutput": {"S3OutputPath": "s3://o"},
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://i"}}},
            "TransformResources": {"InstanceType": "t", "InstanceCount": 1}})
        self.assertEqual(output["ModelName"], "m")

    def test_deleted(self):
        """A cluster is gone when EKS no longer knows it."""
        self.play(**{"DELETE /clusters/c": {"cluster": {"name": "c", "status": "DELETING"}},
                     "GET /clusters/c": [{"cluster": {"name": "c", "status": "DELETING"}},
                                         {"__type": "ResourceNotFoundException"}]})
        self.assertEqual(self.output("eks:deleteCluster.sync", {"Name": "c"}),
                         {"Cluster": {"Name": "c", "Status": "DELETING"}})

    # ---- descriptions that tell nothing ----
    def test_bad_looks(self):
        good = {"JobRun": {"Id": "jr", "JobRunState": "SUCCEEDED"}}
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=[500, {"__type": "ThrottlingException"}, {}, good])
        self.assertEqual(self.output("glue:startJobRun.sync", {"JobName": "n"}), good["JobRun"])

    # ---- giving up ----
    def test_stop(self):
        self.play(RunTask=ecs("RUNNING"), DescribeTasks=ecs("RUNNING"))
        execution = self.start("ecs:runTask.sync", {"TaskDefinition": "d"})
        self.await_seen("DescribeTasks")
        self.api.call("StopExecution", {"executionArn": execution})
        self.await_seen("StopTask")
        self.assertEqual(self.api.describe(execution)["status"], "ABORTED")
        sent = self.seen("StopTask")
        self.assertEqual([(s["cluster"], s["task"]) for s in sent], [(CLUSTER, TASK)])

    def test_timeout_and_sibling(self):
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun={"JobRun": {"JobRunState": "RUNNING"}})
        answer, history = self.run_task("glue:startJobRun.sync", {"JobName": "n"}, TimeoutSeconds=1)
        self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.Timeout"))
        self.assertIn("TaskTimedOut", [e["type"] for e in history])
        self.await_seen("BatchStopJobRun")
        self.assertEqual(self.seen("BatchStopJobRun"), [{"JobName": "n", "JobRunIds": ["jr"]}])

        self.play(StartQueryExecution={"QueryExecutionId": "q"},
                  GetQueryExecution={"QueryExecution": {"Status": {"State": "RUNNING"}}})
        job = self.definition("athena:startQueryExecution.sync", {"QueryString": "s"})
        fail = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": {"Type": "Fail"}}}
        machine = self.api.create_machine("siblings", {"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "Branches": [job, fail], "End": True}}})
        self.assertEqual(self.api.wait(self.api.start(machine))["status"], "FAILED")
        self.await_seen("StopQueryExecution")
        self.assertEqual(self.seen("StopQueryExecution"), [{"QueryExecutionId": "q"}])

    def test_retry_submits_again(self):
        bad, good = ({"JobRun": {"JobRunState": s}} for s in ("FAILED", "SUCCEEDED"))
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=[bad, good])
        answer, history = self.run_task("glue:startJobRun.sync", {"JobName": "n"}, Retry=[
            {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1}])
        self.assertEqual(answer["status"], "SUCCEEDED")
        self.assertEqual([e["type"] for e in history].count("TaskSubmitted"), 2)
        self.assertEqual(len(self.seen("StartJobRun")), 2)

    def test_redrive_submits_again(self):
        bad, good = ({"JobRun": {"JobRunState": s}} for s in ("FAILED", "SUCCEEDED"))
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=[bad, good])
        execution = self.start("glue:startJobRun.sync", {"JobName": "n"})
        self.assertEqual(self.api.wait(execution)["status"], "FAILED")
        self.api.call("RedriveExecution", {"executionArn": execution})
        self.assertEqual(self.api.wait(execution)["status"], "SUCCEEDED")
        self.assertEqual(len(self.seen("StartJobRun")), 2)

    # ---- restarts ----
    def test_killed_while_waiting(self):
        running, done = ({"JobRun": {"Id": "jr", "JobRunState": s}} for s in ("RUNNING", "SUCCEEDED"))
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=running, RunTask=ecs("RUNNING"), DescribeTasks=ecs("RUNNING"))
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db")]
            server = Server(flags, env=self.env).start()
            api = server.client()
            watched = self.start("glue:startJobRun.sync", {"JobName": "n"}, api)
            given_up = self.start("ecs:runTask.sync", {"TaskDefinition": "d"}, api)
            for execution in (watched, given_up):
                while "TaskSubmitted" not in [e["type"] for e in api.history(execution)]:
                    time.sleep(0.01)
            api.close()
            server.kill()
            with Stub.lock:
                Stub.seen.clear()
            with Server(flags, env=self.env) as server:
                api = server.client()
                self.await_seen("GetJobRun")
                self.await_seen("DescribeTasks")
                api.call("StopExecution", {"executionArn": given_up})
                self.await_seen("StopTask")
                self.assertEqual([s["task"] for s in self.seen("StopTask")], [TASK])
                with Stub.lock:
                    Stub.answers["GetJobRun"] = [done]
                answer = api.wait(watched)
                self.assertEqual(json.loads(answer["output"]), done["JobRun"])
                self.assertEqual([e["type"] for e in api.history(watched)][2:6],
                                 ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])
                api.close()
        self.assertEqual(self.seen("StartJobRun") + self.seen("RunTask"), [])

    def test_killed_while_starting(self):
        """Nobody can know then whether a job was started: it is asked for again, with the same token."""
        self.play(RunTask=ecs("RUNNING"), DescribeTasks=stopped(0))
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db")]
            server = Server(flags, env=self.env).start()
            api = server.client()
            Stub.gate.clear()
            execution = self.start("ecs:runTask.sync", {"TaskDefinition": "d"}, api)
            self.await_seen("RunTask")
            api.close()
            server.kill()
            Stub.gate.set()
            with Server(flags, env=self.env) as server:
                api = server.client()
                self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")
                api.close()
        first, second = self.seen("RunTask")
        self.assertEqual(first["clientToken"], second["clientToken"])

    # ---- clocks ----
    def test_skipping_clock_waits_for_jobs(self):
        """An outstanding job is an outstanding call: time does not jump over it, to the task's timeout."""
        running, done = ({"JobRun": {"JobRunState": s}} for s in ("RUNNING", "SUCCEEDED"))
        self.play(StartJobRun={"JobRunId": "jr"}, GetJobRun=[running, running, done])
        with Server(["--clock", "skip"], env=self.env) as server:
            api = server.client()
            answer = api.wait(self.start("glue:startJobRun.sync", {"JobName": "n"}, api, TimeoutSeconds=1000))
            self.assertEqual(answer["status"], "SUCCEEDED", answer)
            api.close()

    # ---- what is missing ----
    def test_nothing_configured(self):
        expected = {
            "batch:submitJob.sync": "Set BATCH_ENDPOINT, AWS_ENDPOINT_URL_BATCH or AWS_ENDPOINT_URL to its URL",
            "eks:runJob.sync": "'eks:runJob' is not supported by this server with '.sync'",
            "elasticmapreduce:addStep.sync": "'elasticmapreduce:addStep' is not supported by this server with '.sync'",
        }
        with Server() as server:
            api = server.client()
            for resource, text in expected.items():
                answer = api.wait(self.start(resource, {}, api))
                self.assertEqual(answer["error"], "States.Runtime")
                self.assertIn(text, answer["cause"])
            api.close()


if __name__ == "__main__":
    tap.main()
