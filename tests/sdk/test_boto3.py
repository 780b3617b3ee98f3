#!/usr/bin/env python3
"""Unmodified boto3 walks through all 37 operations; nothing is set but endpoint, credentials and, as
StartSyncExecution and TestState carry a host prefix, inject_host_prefix (README, "The sync- host prefix")."""
import importlib.util
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import ROLE, Server

HAVE = importlib.util.find_spec("boto3") is not None
if HAVE:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


class Recorder:
    """A client that remembers which operations were called."""

    def __init__(self, client):
        self.client = client
        self.names = client.meta.method_to_api_mapping
        self.called = set()

    def __getattr__(self, method):
        function = getattr(self.client, method)

        def call(**params):
            answer = function(**params)
            self.called.add(self.names[method])
            answer.pop("ResponseMetadata")
            return answer
        return call


def ended(client, execution):
    while True:
        answer = client.describe_execution(executionArn=execution)
        if answer["status"] != "RUNNING":
            return answer
        time.sleep(0.005)


@unittest.skipUnless(HAVE, "boto3 is not there")
class Tour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(["--clock", "real"]).start()
        cls.client = boto3.client(
            "stepfunctions", endpoint_url=f"http://127.0.0.1:{cls.server.port}", region_name="us-east-1",
            aws_access_key_id="123456789012", aws_secret_access_key="x",
            config=Config(inject_host_prefix=False, retries={"max_attempts": 1}))

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_all_operations(self):
        operations = set(self.client.meta.service_model.operation_names)
        if "TestState" not in operations:
            self.skipTest("this boto3 is older than TestState")
        c = Recorder(self.client)
        self.machines(c)
        self.versions_and_aliases(c)
        self.tags(c)
        self.redrive(c)
        self.express(c)
        self.map_run(c)
        self.assertEqual(sorted(operations - c.called), [])

    def machines(self, c):
        self.assertEqual(c.validate_state_machine_definition(definition=PASS)["result"], "OK")
        arn = c.create_state_machine(name="tour", definition=PASS, roleArn=ROLE)["stateMachineArn"]
        self.assertEqual(c.describe_state_machine(stateMachineArn=arn)["definition"], PASS)
        updated = c.update_state_machine(stateMachineArn=arn, roleArn=ROLE + "2")
        self.assertEqual(len(updated["revisionId"]), 36)
        self.assertIn(arn, [m["stateMachineArn"] for m in c.list_state_machines()["stateMachines"]])
        execution = c.start_execution(stateMachineArn=arn, input='{"a":1}')["executionArn"]
        self.assertEqual(ended(c, execution)["output"], '{"a":1}')
        self.assertEqual(c.describe_state_machine_for_execution(executionArn=execution)["revisionId"],
                         updated["revisionId"])
        self.assertEqual(len(c.list_executions(stateMachineArn=arn)["executions"]), 1)
        self.assertEqual(len(c.get_execution_history(executionArn=execution)["events"]), 4)
        self.assertEqual(c.test_state(definition=json.dumps({"Type": "Pass", "Next": "B"}), roleArn=ROLE)["nextState"], "B")
        self.arn = arn

    def versions_and_aliases(self, c):
        version = c.publish_state_machine_version(stateMachineArn=self.arn)["stateMachineVersionArn"]
        self.assertEqual(version, self.arn + ":1")
        self.assertEqual(len(c.list_state_machine_versions(stateMachineArn=self.arn)["stateMachineVersions"]), 1)
        routing = [{"stateMachineVersionArn": version, "weight": 100}]
        alias = c.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
        execution = c.start_execution(stateMachineArn=alias)["executionArn"]
        answer = ended(c, execution)
        self.assertEqual((answer["stateMachineVersionArn"], answer["stateMachineAliasArn"]), (version, alias))
        c.update_state_machine_alias(stateMachineAliasArn=alias, description="new")
        self.assertEqual(c.describe_state_machine_alias(stateMachineAliasArn=alias)["description"], "new")
        self.assertEqual(len(c.list_state_machine_aliases(stateMachineArn=self.arn)["stateMachineAliases"]), 1)
        with self.assertRaises(self.client.exceptions.ConflictException):
            c.delete_state_machine_version(stateMachineVersionArn=version)
        c.delete_state_machine_alias(stateMachineAliasArn=alias)
        c.delete_state_machine_version(stateMachineVersionArn=version)

    def tags(self, c):
        c.tag_resource(resourceArn=self.arn, tags=[{"key": "k", "value": "v"}, {"key": "l", "value": ""}])
        c.untag_resource(resourceArn=self.arn, tagKeys=["l"])
        self.assertEqual(c.list_tags_for_resource(resourceArn=self.arn)["tags"], [{"key": "k", "value": "v"}])

    def redrive(self, c):
        activity = c.create_activity(name="tour")["activityArn"]
        self.assertEqual(c.describe_activity(activityArn=activity)["name"], "tour")
        self.assertEqual(len(c.list_activities()["activities"]), 1)
        definition = json.dumps({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
        arn = c.create_state_machine(name="worker", definition=definition, roleArn=ROLE)["stateMachineArn"]
        execution = c.start_execution(stateMachineArn=arn)["executionArn"]
        token = c.get_activity_task(activityArn=activity, workerName="w")["taskToken"]
        c.send_task_heartbeat(taskToken=token)
        c.send_task_failure(taskToken=token, error="E", cause="C")
        self.assertEqual(ended(c, execution)["redriveStatus"], "REDRIVABLE")
        c.redrive_execution(executionArn=execution)
        c.stop_execution(executionArn=execution)
        c.redrive_execution(executionArn=execution)
        token = c.get_activity_task(activityArn=activity)["taskToken"]
        c.send_task_success(taskToken=token, output="{}")
        self.assertEqual(ended(c, execution)["redriveCount"], 2)
        c.delete_activity(activityArn=activity)
        c.delete_state_machine(stateMachineArn=arn)

    def express(self, c):
        arn = c.create_state_machine(name="express", definition=PASS, roleArn=ROLE, type="EXPRESS")["stateMachineArn"]
        answer = c.start_sync_execution(stateMachineArn=arn, input='"x"')
        self.assertEqual((answer["status"], answer["output"]), ("SUCCEEDED", '"x"'))
        with self.assertRaises(ClientError):
            c.list_executions(stateMachineArn=arn)

    def map_run(self, c):
        definition = json.dumps({"StartAt": "M", "States": {"M": {
            "Type": "Map", "End": True, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}}}})
        arn = c.create_state_machine(name="map", definition=definition, roleArn=ROLE)["stateMachineArn"]
        execution = c.start_execution(stateMachineArn=arn, input="[1,2]")["executionArn"]
        runs = []
        while not runs:
            runs = c.list_map_runs(executionArn=execution)["mapRuns"]
        run = runs[0]["mapRunArn"]
        c.update_map_run(mapRunArn=run, maxConcurrency=5)
        self.assertEqual(c.describe_map_run(mapRunArn=run)["maxConcurrency"], 5)
        self.assertEqual(ended(c, execution)["output"], "[1,2]")


if __name__ == "__main__":
    tap.main()
