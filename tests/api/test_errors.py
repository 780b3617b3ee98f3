#!/usr/bin/env python3
"""Every error that the service's API model declares for an operation is produced here once, over HTTP, with the
service's wording where that is known (reference/api.md section 1) - or it is named, with the reason why it cannot
happen.  The model is botocore's copy; without it the errors are produced all the same, only nothing tells whether
any is missing."""
import functools
import http.client
import importlib.util
import json
import os
import select
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from sfnd import ROLE, Server

NO_KMS = "there is no KMS here: whatever key is named is taken"
IN_TURN = "changes are made one after the other, so that none meets another half done"
NEVER_TASK = "never recorded: tokens of closed tasks answer TaskTimedOut, all others InvalidToken"
KMS_OF_WRITERS = ("KmsAccessDeniedException", "KmsThrottlingException")
KMS_OF_USERS = KMS_OF_WRITERS + ("KmsInvalidStateException",)

NOT_PRODUCIBLE = {
    **{(operation, error): NO_KMS for operation in ("CreateActivity", "CreateStateMachine", "UpdateStateMachine")
       for error in KMS_OF_WRITERS},
    **{(operation, error): NO_KMS for operation in (
        "DescribeExecution", "DescribeStateMachine", "DescribeStateMachineForExecution", "GetActivityTask",
        "GetExecutionHistory", "SendTaskFailure", "SendTaskSuccess", "StartExecution", "StartSyncExecution",
        "StopExecution") for error in KMS_OF_USERS},
    **{(operation, "ConflictException"): IN_TURN for operation in (
        "CreateStateMachine", "DeleteStateMachineAlias", "UpdateStateMachine", "UpdateStateMachineAlias")},
    **{(operation, "TaskDoesNotExist"): NEVER_TASK for operation in (
        "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess")},
    ("CreateStateMachine", "StateMachineTypeNotSupported"): "the enum of types answers first, ValidationException",
    ("CreateStateMachineAlias", "InvalidName"): "the pattern of names answers first, ValidationException",
    ("DeleteStateMachineAlias", "ResourceNotFound"): "deleting what does not exist succeeds (reference/api.md 2)",
}

SERVICE = "com.amazonaws.swf.service.v2.model#"
CONSTRAINTS = "com.amazon.coral.validate#"
HEAD = "arn:aws:states:us-east-1:123456789012:"
NO_MACHINE = HEAD + "stateMachine:none"
LABELLED = HEAD + "stateMachine:m/label"
EXPRESS_EXECUTION = HEAD + "express:m:x:5f6b1d5e-0000-4000-8000-000000000000"
NO_MAP_RUN = HEAD + "mapRun:m/label:5f6b1d5e-0000-4000-8000-000000000000"
LIMITS = ("state-machines", "activities", "activity-pollers", "versions", "aliases", "open-executions")
TIGHT = tuple(flag for name in LIMITS for flag in ("--limit", f"{name}=1"))

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
WAIT = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}})
MAP = json.dumps({"StartAt": "M", "States": {"M": {
    "Type": "Map", "Label": "L", "End": True, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **json.loads(PASS)}}}})
NO_STATES = json.dumps({"Comment": "x", "StartAt": "State_1"})
GROUP = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}
OWN_KEY = {"type": "AWS_OWNED_KEY", "kmsKeyId": "k"}
TAGS = [{"key": f"k{i}", "value": "v"} for i in range(51)]


def machine(name="fresh", **more):
    return {"name": name, "definition": PASS, "roleArn": ROLE, **more}


def name_of(arn):
    return arn.split(":")[-1]


def at(world, qualifier):
    """The ARN of a version or an alias of the machine that has one of each."""
    return f"{world.versioned}:{qualifier}"


def all_to(arn):
    return [{"stateMachineVersionArn": arn, "weight": 100}]


def routes(*pairs):
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in pairs]


class World:
    """A server and what the errors are about; each thing is made when it is first asked for."""

    def __init__(self, flags=()):
        self.server = Server(flags).start()
        self.api = self.server.client()

    def make(self, name, definition=PASS, **more):
        return self.api.create_machine(name, definition, **more)

    @functools.cached_property
    def versioned(self):
        """A machine with one version and the alias `live` of it; its current revision has no version."""
        arn = self.make("versioned", WAIT, publish=True)
        self.api.call("CreateStateMachineAlias", {"name": "live", "routingConfiguration": all_to(arn + ":1")})
        self.api.call("UpdateStateMachine", {"stateMachineArn": arn, "roleArn": ROLE + "2"})
        return arn

    @functools.cached_property
    def other(self):
        return self.make("other", publish=True)

    @functools.cached_property
    def express(self):
        return self.make("express", type="EXPRESS")

    @functools.cached_property
    def deleting(self):
        """A machine that an execution keeps from being gone."""
        arn = self.make("deleting", WAIT, publish=True)
        self.api.call("CreateStateMachineAlias", {"name": "live", "routingConfiguration": all_to(arn + ":1")})
        self.api.start(arn)
        self.api.call("DeleteStateMachine", {"stateMachineArn": arn})
        return arn

    @functools.cached_property
    def deleting_express(self):
        arn = self.make("deleting-express", WAIT, type="EXPRESS")
        self.api.start(arn)
        self.api.call("DeleteStateMachine", {"stateMachineArn": arn})
        return arn

    @functools.cached_property
    def running(self):
        return self.api.start(self.versioned, {"n": 1}, "running")

    @functools.cached_property
    def stopped_and_running(self):
        stopped = self.api.start(self.versioned)
        self.api.call("StopExecution", {"executionArn": stopped})
        return stopped, self.running

    @functools.cached_property
    def map_run(self):
        """A Map Run that has ended."""
        execution = self.api.start(self.make("map", MAP), [1, 2])
        self.api.wait(execution)
        return self.api.call("ListMapRuns", {"executionArn": execution})["mapRuns"][0]["mapRunArn"]

    @functools.cached_property
    def activity(self):
        return self.api.call("CreateActivity", {"name": "a"})["activityArn"]

    @functools.cached_property
    def tokens(self):
        """The tokens of a task that is open and of one that is not."""
        arn = self.make("work", {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": self.activity,
                                                                 "End": True}}})
        found = []
        for _ in range(2):
            self.api.start(arn)
            found.append(self.api.task(self.activity)["taskToken"])
        self.api.call("SendTaskSuccess", {"taskToken": found[1], "output": "1"})
        return found

    def fill(self, resource):
        """As many tags as a resource may have."""
        self.api.call("TagResource", {"resourceArn": resource, "tags": TAGS[:50]})
        return resource

    def polls(self, activity, count):
        """The first answer to some workers that poll at the same time."""
        workers = []
        for _ in range(count):
            worker = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            worker.request("POST", "/", json.dumps({"activityArn": activity}),
                           {"X-Amz-Target": "AWSStepFunctions.GetActivityTask"})
            workers.append(worker)
        try:
            ready, _, _ = select.select([worker.sock for worker in workers], [], [], 30)
            answer = next(worker for worker in workers if worker.sock in ready).getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            for worker in workers:
                worker.close()


PRODUCERS = {}  # (operation, error): [function of a test case]


def produces(operation, error):
    def keep(function):
        PRODUCERS.setdefault((operation, error), []).append(function)
        return function
    return keep


def refusals(error, message, calls, flags=(), **more):
    """Calls, {operation: parameters or function of the world}, that are all refused alike.  The message may name
    parameters; None is for texts that nobody knows."""
    def add(operation, params):
        @produces(operation, error)
        def _(test):
            test.check(operation, error, message, params, flags, **more)
    for operation, params in calls.items():
        add(operation, params)


# ---- what the ARN in a request can be ----

refusals("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'", {
    "CreateStateMachineAlias": {"name": "n", "routingConfiguration": all_to("x")},
    "DeleteActivity": {"activityArn": "x"},
    "DeleteStateMachine": {"stateMachineArn": "x"},
    "DeleteStateMachineAlias": {"stateMachineAliasArn": "x"},
    "DeleteStateMachineVersion": {"stateMachineVersionArn": "x"},
    "DescribeActivity": {"activityArn": "x"},
    "DescribeExecution": {"executionArn": "x"},
    "DescribeMapRun": {"mapRunArn": "x"},
    "DescribeStateMachine": {"stateMachineArn": "x"},
    "DescribeStateMachineAlias": {"stateMachineAliasArn": "x"},
    "DescribeStateMachineForExecution": {"executionArn": "x"},
    "GetActivityTask": {"activityArn": "x"},
    "GetExecutionHistory": {"executionArn": "x"},
    "ListExecutions": {"stateMachineArn": "x"},
    "ListMapRuns": {"executionArn": "x"},
    "ListStateMachineAliases": {"stateMachineArn": "x"},
    "ListStateMachineVersions": {"stateMachineArn": "x"},
    "ListTagsForResource": {"resourceArn": "x"},
    "PublishStateMachineVersion": {"stateMachineArn": "x"},
    "RedriveExecution": {"executionArn": "x"},
    "StartExecution": {"stateMachineArn": "x"},
    "StartSyncExecution": {"stateMachineArn": "x"},
    "StopExecution": {"executionArn": "x"},
    "TagResource": {"resourceArn": "x", "tags": TAGS[:1]},
    "UntagResource": {"resourceArn": "x", "tagKeys": ["k"]},
    "UpdateMapRun": {"mapRunArn": "x", "maxConcurrency": 1},
    "UpdateStateMachine": {"stateMachineArn": "x", "roleArn": ROLE},
    "UpdateStateMachineAlias": {"stateMachineAliasArn": "x", "description": "d"},
})
refusals("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'", {
    operation: {"executionArn": EXPRESS_EXECUTION} for operation in (
        "DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory", "RedriveExecution",
        "StopExecution")})
refusals("InvalidArn", None, {
    "CreateStateMachine": machine(roleArn="x"),
    "TestState": {"definition": '{"Type":"Pass","End":true}', "roleArn": "x"},
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.other, "roleArn": "x"},
})
refusals("ValidationException", "Labeled State Machine ARNs are not supported for this API", {
    "DeleteStateMachine": {"stateMachineArn": LABELLED},
    "DeleteStateMachineAlias": {"stateMachineAliasArn": LABELLED},
    "DeleteStateMachineVersion": {"stateMachineVersionArn": LABELLED},
    "DescribeStateMachineAlias": {"stateMachineAliasArn": LABELLED},
    "ListStateMachineVersions": {"stateMachineArn": LABELLED},
    "PublishStateMachineVersion": {"stateMachineArn": LABELLED},
    "StartExecution": {"stateMachineArn": LABELLED},
    "UpdateStateMachine": {"stateMachineArn": LABELLED, "roleArn": ROLE},
}, reason="API_DOES_NOT_SUPPORT_LABELED_ARNS")
refusals("ValidationException", "Labeled Execution ARNs are not supported for this API", {
    "RedriveExecution": {"executionArn": HEAD + "execution:m/label:x"}}, namespace=CONSTRAINTS)

# ---- what is not there ----

refusals("ActivityDoesNotExist", "Activity Does Not Exist: '{activityArn}'", {
    operation: {"activityArn": HEAD + "activity:none"} for operation in ("DescribeActivity", "GetActivityTask")})
refusals("ExecutionDoesNotExist", "Execution Does Not Exist: '{executionArn}'", {
    operation: lambda world: {"executionArn": world.other.replace("stateMachine", "execution") + ":none"}
    for operation in ("DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory", "ListMapRuns",
                      "RedriveExecution", "StopExecution")})
refusals("StateMachineDoesNotExist", "State Machine Does Not Exist: '{stateMachineArn}'", {
    "DescribeStateMachine": {"stateMachineArn": NO_MACHINE},
    "ListExecutions": {"stateMachineArn": NO_MACHINE},
    "ListStateMachineAliases": {"stateMachineArn": NO_MACHINE},
    "PublishStateMachineVersion": {"stateMachineArn": NO_MACHINE},
    "StartExecution": {"stateMachineArn": NO_MACHINE},
    "StartSyncExecution": {"stateMachineArn": NO_MACHINE},
    "UpdateStateMachine": {"stateMachineArn": NO_MACHINE, "roleArn": ROLE},
})
refusals("StateMachineDoesNotExist", "State Machine Does Not Exist: '{stateMachineArn}'", {
    "UpdateStateMachine": lambda world: {"stateMachineArn": at(world, "1"), "roleArn": ROLE}})
refusals("StateMachineDoesNotExist", "State Machine Version Does Not Exist: '{stateMachineArn}'", {
    operation: lambda world: {"stateMachineArn": at(world, "9")}
    for operation in ("DescribeStateMachine", "StartExecution")})
refusals("ResourceNotFound", "Resource not found: '{resourceArn}'", {
    "ListTagsForResource": {"resourceArn": NO_MACHINE},
    "TagResource": {"resourceArn": NO_MACHINE, "tags": TAGS[:1]},
    "UntagResource": {"resourceArn": NO_MACHINE, "tagKeys": ["k"]},
})
refusals("ResourceNotFound", "Resource not found: '{resourceArn}'", {
    "TagResource": lambda world: {"resourceArn": at(world, "1"), "tags": TAGS[:1]}})
refusals("ResourceNotFound", "Request references a resource that does not exist.", {
    "CreateStateMachineAlias": lambda world: {"name": "n", "routingConfiguration": all_to(at(world, "9"))},
    "DescribeStateMachineAlias": lambda world: {"stateMachineAliasArn": at(world, "none")},
    "ListStateMachineAliases": lambda world: {"stateMachineArn": at(world, "9")},
    "UpdateStateMachineAlias": lambda world: {"stateMachineAliasArn": at(world, "none"), "description": "d"},
})
refusals("ResourceNotFound", None, {
    "DescribeMapRun": {"mapRunArn": NO_MAP_RUN},
    "ListExecutions": {"mapRunArn": NO_MAP_RUN},
    "UpdateMapRun": {"mapRunArn": NO_MAP_RUN, "maxConcurrency": 1},
})

# ---- what is on its way out, or the wrong kind, or there already ----

refusals("StateMachineDeleting", "State Machine is being deleted: '{stateMachineArn}'", {
    "ListStateMachineAliases": lambda world: {"stateMachineArn": world.deleting},
    "PublishStateMachineVersion": lambda world: {"stateMachineArn": world.deleting},
    "StartExecution": lambda world: {"stateMachineArn": world.deleting},
    "StartSyncExecution": lambda world: {"stateMachineArn": world.deleting_express},
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.deleting, "roleArn": ROLE},
})
refusals("StateMachineDeleting", f"State Machine is being deleted: '{HEAD}stateMachine:deleting'", {
    "CreateStateMachine": lambda world: machine(name_of(world.deleting)),
    "CreateStateMachineAlias": lambda world: {"name": "n", "routingConfiguration": all_to(world.deleting + ":1")},
})
refusals("StateMachineDeleting", None, {
    "UpdateStateMachineAlias": lambda world: {"stateMachineAliasArn": world.deleting + ":live", "description": "d"}})
refusals("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine", {
    "ListExecutions": lambda world: {"stateMachineArn": world.express},
    "StartSyncExecution": lambda world: {"stateMachineArn": world.other},
})
refusals("StateMachineAlreadyExists", f"State Machine Already Exists: '{HEAD}stateMachine:express'", {
    "CreateStateMachine": lambda world: machine(name_of(world.express))})
refusals("StateMachineAlreadyExists",
         "State Machine Already Exists: This state machine was already created with a published version.", {
             "CreateStateMachine": lambda world: machine(name_of(world.other))})
refusals("StateMachineAlreadyExists", "State Machine Already Exists: This state machine was already created with a "
         "published version using a different description.", {
             "CreateStateMachine": lambda world: machine(name_of(world.other), publish=True,
                                                         versionDescription="d")})
refusals("ExecutionAlreadyExists", f"Execution Already Exists: '{HEAD}execution:versioned:running'", {
    "StartExecution": lambda world: {"stateMachineArn": world.versioned, "name": name_of(world.running),
                                     "input": "2"}})
refusals("ActivityAlreadyExists", None, {
    "CreateActivity": lambda world: {"name": name_of(world.activity), "encryptionConfiguration": {
        "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}})
refusals("ExecutionNotRedrivable", "Execution {executionArn} invalid for redrive as: Execution is RUNNING and cannot "
         "be redriven", {"RedriveExecution": lambda world: {"executionArn": world.running}})
refusals("ConflictException", "Failed to create alias because an alias with the same name and a different routing "
         "configuration already exists.", {
             "CreateStateMachineAlias": lambda world: {"name": "live", "description": "other",
                                                       "routingConfiguration": all_to(at(world, "1"))}})
refusals("ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases "
         "referencing this version: [live]", {
             "DeleteStateMachineVersion": lambda world: {"stateMachineVersionArn": at(world, "1")}})
refusals("ConflictException", "Failed to publish the State Machine version for revision {revisionId}. The current "
         "State Machine revision is INITIAL.", {
             "PublishStateMachineVersion": lambda world: {"stateMachineArn": world.other, "revisionId": "none"}})

# ---- names, texts and settings ----

refusals("InvalidName", "Invalid Name: '{name}'", {
    "CreateActivity": {"name": "a b"},
    "CreateStateMachine": machine("a b"),
    "StartExecution": {"stateMachineArn": NO_MACHINE, "name": "a*b"},
    "StartSyncExecution": {"stateMachineArn": NO_MACHINE, "name": "a*b"},
})
refusals("InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: "
         "[States] at /'", {
             "CreateStateMachine": machine(definition=NO_STATES),
             "TestState": {"definition": NO_STATES, "stateName": "State_1"},
             "UpdateStateMachine": lambda world: {"stateMachineArn": world.other, "definition": NO_STATES}})
refusals("InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: "
         "[Task, Wait, Pass, Succeed, Fail, Choice]", {"TestState": {"definition": MAP, "stateName": "M"}})
refusals("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting "
         "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')'", {
             "StartExecution": {"stateMachineArn": NO_MACHINE, "input": "not"},
             "StartSyncExecution": {"stateMachineArn": NO_MACHINE, "input": "not"},
             "TestState": {"definition": '{"Type":"Pass","End":true}', "input": "not"}})
for text, logging in (("Must specify exactly one Log Destination.", {"level": "ALL", "destinations": [GROUP, GROUP]}),
                      ("Log Destination not found.", {"level": "ALL", "destinations": [{}]})):
    refusals("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {text}", {
        "CreateStateMachine": machine(loggingConfiguration=logging),
        "UpdateStateMachine": lambda world, given=logging: {"stateMachineArn": world.other,
                                                            "loggingConfiguration": given}})
refusals("InvalidTracingConfiguration", None, {
    "CreateStateMachine": machine(tracingConfiguration={"Enabled": True}),
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.other, "tracingConfiguration": {}},
})
refusals("InvalidEncryptionConfiguration", None, {
    "CreateActivity": {"name": "fresh", "encryptionConfiguration": OWN_KEY},
    "CreateStateMachine": machine(encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY"}),
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.other, "encryptionConfiguration": OWN_KEY},
})
refusals("TooManyTags", None, {
    "CreateActivity": {"name": "fresh", "tags": TAGS},
    "CreateStateMachine": machine(tags=TAGS),
    "TagResource": lambda world: {"resourceArn": world.fill(world.other), "tags": TAGS[50:]},
})
for change in {"versionDescription": "d"}, {"publish": True}, {}:
    refusals("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the "
             "TracingConfiguration must be specified", {
                 "UpdateStateMachine": lambda world, given=change: {"stateMachineArn": world.other, **given}})
refusals("ValidationException", "Version description can only be set when publish is true", {
    "CreateStateMachine": machine(versionDescription="d"),
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.other, "roleArn": ROLE, "versionDescription": "d"},
})
refusals("ValidationException", "Either description or routing configuration must be specified", {
    "UpdateStateMachineAlias": lambda world: {"stateMachineAliasArn": at(world, "live")}})
for rule, received, found in (
        ("Sum of routing configuration weights must equal 100", "70, 29",
         lambda world: ((at(world, "1"), 70), (at(world, "2"), 29))),
        ("Routing configuration must contain state machine version ARNs", NO_MACHINE,
         lambda world: ((NO_MACHINE, 100),)),
        ("Routing configuration must contain state machine version ARNs for the same state machine",
         f"{HEAD}stateMachine:versioned:1, {HEAD}stateMachine:other:1",
         lambda world: ((at(world, "1"), 50), (world.other + ":1", 50))),
        ("Routing configuration must contain distinct state machine version ARNs",
         f"{HEAD}stateMachine:other:1, {HEAD}stateMachine:other:1",
         lambda world: ((world.other + ":1", 50), (world.other + ":1", 50)))):
    refusals("ValidationException", f"{rule}. Received: [{received}]", {
        "CreateStateMachineAlias": lambda world, find=found: {"name": "n",
                                                              "routingConfiguration": routes(*find(world))},
    }, reason="INVALID_ROUTING_CONFIGURATION")
refusals("ValidationException", "State not found in definition", {"TestState": {"definition": PASS, "stateName": "B"}})
refusals("ValidationException", "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN", {
    "ListExecutions": {"stateMachineArn": NO_MACHINE, "redriveFilter": "REDRIVEN"}}, namespace=CONSTRAINTS)
refusals("ValidationException", "1 validation error detected: Value at 'error' failed to satisfy constraint: Member "
         "must have length less than or equal to 256", {
             "StopExecution": {"executionArn": HEAD + "execution:m:x", "error": "e" * 257}}, namespace=CONSTRAINTS)
refusals("ValidationException", "1 validation error detected: Value '101' at 'maxResults' failed to satisfy "
         "constraint: Member must have value less than or equal to 100", {
             "ValidateStateMachineDefinition": {"definition": PASS, "maxResults": 101}}, namespace=CONSTRAINTS)
refusals("ValidationException", None, {"UpdateMapRun": lambda world: {"mapRunArn": world.map_run, "maxConcurrency": 1}},
         reason="CANNOT_UPDATE_COMPLETED_MAP_RUN")
refusals("ValidationException", None, {"UpdateMapRun": {"mapRunArn": NO_MAP_RUN}}, reason="MISSING_REQUIRED_PARAMETER")

# ---- tokens ----

refusals("InvalidToken", "Invalid Token: 'Invalid token'", {
    "GetExecutionHistory": lambda world: {"executionArn": world.running, "nextToken": "x"},
    "ListActivities": {"nextToken": "x"},
    "ListExecutions": lambda world: {"stateMachineArn": world.other, "nextToken": "x"},
    "ListMapRuns": lambda world: {"executionArn": world.running, "nextToken": "x"},
    "ListStateMachineAliases": lambda world: {"stateMachineArn": world.other, "nextToken": "x"},
    "ListStateMachineVersions": lambda world: {"stateMachineArn": world.other, "nextToken": "x"},
    "ListStateMachines": {"nextToken": "x"},
    "SendTaskFailure": {"taskToken": "x"},
    "SendTaskHeartbeat": {"taskToken": "x"},
    "SendTaskSuccess": {"taskToken": "x", "output": "1"},
})
refusals("TaskTimedOut", f"Task Timed Out: '{HEAD}activity:a'", {
    "SendTaskFailure": lambda world: {"taskToken": world.tokens[1]},
    "SendTaskHeartbeat": lambda world: {"taskToken": world.tokens[1]},
    "SendTaskSuccess": lambda world: {"taskToken": world.tokens[1], "output": "1"},
})
refusals("InvalidOutput", "Invalid Output: '{output}' is not valid JSON.", {
    "SendTaskSuccess": lambda world: {"taskToken": world.tokens[0], "output": "not"}})

# ---- limits, lowered to one of everything ----

refusals("ActivityLimitExceeded", None, {
    "CreateActivity": lambda world: {"name": name_of(world.activity) + "2"}}, TIGHT)
refusals("StateMachineLimitExceeded", None, {
    "CreateStateMachine": lambda world: machine(name_of(world.versioned) + "2")}, TIGHT)
refusals("ServiceQuotaExceededException", None, {
    "CreateStateMachineAlias": lambda world: {"name": "n", "routingConfiguration": all_to(at(world, "1"))},
    "PublishStateMachineVersion": lambda world: {"stateMachineArn": world.versioned},
    "UpdateStateMachine": lambda world: {"stateMachineArn": world.versioned, "roleArn": ROLE + "3", "publish": True},
}, TIGHT)
refusals("ExecutionLimitExceeded", None, {
    "RedriveExecution": lambda world: {"executionArn": world.stopped_and_running[0]},
    "StartExecution": lambda world: {"stateMachineArn": world.stopped_and_running and world.versioned},
}, TIGHT)


@produces("GetActivityTask", "ActivityWorkerLimitExceeded")
def _(test):
    world = test.world(TIGHT)
    test.compare("GetActivityTask", "ActivityWorkerLimitExceeded", None, world.polls(world.activity, 2))


# ---- the tests ----

class Errors(unittest.TestCase):
    worlds = {}

    @classmethod
    def world(cls, flags=()):
        if flags not in cls.worlds:
            cls.worlds[flags] = World(flags)
        return cls.worlds[flags]

    @classmethod
    def tearDownClass(cls):
        for world in cls.worlds.values():
            assert world.server.stop() == 0

    def compare(self, operation, error, message, given, namespace=SERVICE, reason=None):
        status, answer = given
        self.assertEqual((status, answer.get("__type")), (400, namespace + error), answer)
        if (operation, error) in NOT_PRODUCIBLE:
            self.fail("it is produced after all")
        if message is None:
            self.assertTrue(answer["message"], answer)
        else:
            self.assertEqual(answer["message"], message)
        self.assertEqual(answer.get("reason"), reason)

    def check(self, operation, error, message, params, flags, **more):
        world = self.world(flags)
        params = params(world) if callable(params) else params
        message = message.format_map(params) if message else None
        self.compare(operation, error, message, world.api.raw(operation, json.dumps(params)), **more)

    def test_not_producible(self):
        """What is answered in place of some of the errors that are never given."""
        api, world = self.world().api, self.world()
        for operation, params, instead in (
                ("CreateStateMachine", machine(type="OTHER"), "ValidationException"),
                ("CreateStateMachineAlias", {"name": "a b", "routingConfiguration": all_to(world.other + ":1")},
                 "ValidationException"),
                ("DeleteStateMachineAlias", {"stateMachineAliasArn": world.other + ":none"}, None),
                ("CreateStateMachine", machine("key", encryptionConfiguration={
                    "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "none"}), None)):
            with self.subTest(operation=operation, instead=instead):
                status, answer = api.raw(operation, json.dumps(params))
                self.assertEqual((status, answer.get("__type", "").split("#")[-1]),
                                 (400, instead) if instead else (200, ""), answer)
        self.assertEqual(set(PRODUCERS) & set(NOT_PRODUCIBLE), set())
        self.assertTrue(all(NOT_PRODUCIBLE.values()))

    @unittest.skipIf(importlib.util.find_spec("botocore") is None, "botocore is not there")
    def test_complete(self):
        """Each pair of operation and error that the model declares is accounted for, and no other."""
        from botocore.loaders import Loader
        model = Loader().load_service_model("stepfunctions", "service-2")
        declared = {(operation, error["shape"]) for operation, about in model["operations"].items()
                    for error in about.get("errors", ())}
        self.assertGreater(len(declared), 100)
        accounted = set(PRODUCERS) | set(NOT_PRODUCIBLE)
        self.assertEqual(sorted(declared - accounted), [], "declared, but neither produced nor explained")
        self.assertEqual(sorted(accounted - declared), [], "accounted for, but not declared")


def add(operation, error, producers):
    def test(self):
        for i, produce in enumerate(producers):
            with self.subTest(i=i):
                produce(self)
    test.__doc__ = f"{operation} answers {error}."
    setattr(Errors, f"test_{operation}_{error}", test)


for (on, what), functions in PRODUCERS.items():
    add(on, what, functions)

if __name__ == "__main__":
    tap.main()
