#!/usr/bin/env python3
"""Writes server/api/mock_shapes.c: what the answers of AWS services look like, for the mocks of TestState.

Read from the API models that botocore installs (data/SERVICE/VERSION/service-2.json.gz, Apache-2.0): names and
types of members, which are required, values of enumerations, bounds.  Usage:

    python3 tests/tools/generate_mock_shapes.py > server/api/mock_shapes.c
"""
import gzip
import json
import os
import re

import botocore

# Model in botocore -> the service's name in arn:aws:states:::aws-sdk:NAME.
SDK = {
    "athena": "athena", "batch": "batch", "bedrock-runtime": "bedrockruntime", "cloudwatch": "cloudwatch",
    "codebuild": "codebuild", "dynamodb": "dynamodb", "ecr": "ecr", "ecs": "ecs", "events": "eventbridge",
    "firehose": "firehose", "kinesis": "kinesis", "kms": "kms", "lambda": "lambda", "logs": "cloudwatchlogs",
    "polly": "polly", "rds-data": "rdsdata", "redshift-data": "redshiftdata", "s3": "s3", "scheduler": "scheduler",
    "secretsmanager": "secretsmanager", "ses": "ses", "sns": "sns", "sqs": "sqs", "ssm": "ssm",
    "stepfunctions": "sfn", "sts": "sts", "textract": "textract", "translate": "translate",
}

# The optimized integrations: (service, action) in the ARN -> (model, operation).
OPTIMIZED = {
    ("lambda", "invoke"): ("lambda", "Invoke"),
    ("sqs", "sendMessage"): ("sqs", "SendMessage"),
    ("sns", "publish"): ("sns", "Publish"),
    ("states", "startExecution"): ("stepfunctions", "StartExecution"),
    ("states", "startExecution.sync"): ("stepfunctions", "DescribeExecution"),
    ("states", "startExecution.sync:2"): ("stepfunctions", "DescribeExecution"),
    ("events", "putEvents"): ("events", "PutEvents"),
    ("dynamodb", "getItem"): ("dynamodb", "GetItem"),
    ("dynamodb", "putItem"): ("dynamodb", "PutItem"),
    ("dynamodb", "updateItem"): ("dynamodb", "UpdateItem"),
    ("dynamodb", "deleteItem"): ("dynamodb", "DeleteItem"),
    ("ecs", "runTask"): ("ecs", "RunTask"),
    ("batch", "submitJob"): ("batch", "SubmitJob"),
    ("glue", "startJobRun"): ("glue", "StartJobRun"),
    ("databrew", "startJobRun"): ("databrew", "StartJobRun"),
    ("codebuild", "startBuild"): ("codebuild", "StartBuild"),
    ("codebuild", "startBuildBatch"): ("codebuild", "StartBuildBatch"),
    ("codebuild", "stopBuild"): ("codebuild", "StopBuild"),
    ("codebuild", "batchDeleteBuilds"): ("codebuild", "BatchDeleteBuilds"),
    ("codebuild", "batchGetReports"): ("codebuild", "BatchGetReports"),
    ("athena", "startQueryExecution"): ("athena", "StartQueryExecution"),
    ("athena", "stopQueryExecution"): ("athena", "StopQueryExecution"),
    ("athena", "getQueryExecution"): ("athena", "GetQueryExecution"),
    ("athena", "getQueryResults"): ("athena", "GetQueryResults"),
    ("sagemaker", "createTrainingJob"): ("sagemaker", "CreateTrainingJob"),
    ("sagemaker", "createTransformJob"): ("sagemaker", "CreateTransformJob"),
    ("sagemaker", "createProcessingJob"): ("sagemaker", "CreateProcessingJob"),
    ("sagemaker", "createHyperParameterTuningJob"): ("sagemaker", "CreateHyperParameterTuningJob"),
    ("sagemaker", "createLabelingJob"): ("sagemaker", "CreateLabelingJob"),
    ("sagemaker", "createModel"): ("sagemaker", "CreateModel"),
    ("sagemaker", "createEndpoint"): ("sagemaker", "CreateEndpoint"),
    ("sagemaker", "createEndpointConfig"): ("sagemaker", "CreateEndpointConfig"),
    ("sagemaker", "updateEndpoint"): ("sagemaker", "UpdateEndpoint"),
    ("emr-containers", "createVirtualCluster"): ("emr-containers", "CreateVirtualCluster"),
    ("emr-containers", "deleteVirtualCluster"): ("emr-containers", "DeleteVirtualCluster"),
    ("emr-containers", "startJobRun"): ("emr-containers", "StartJobRun"),
    ("emr-serverless", "createApplication"): ("emr-serverless", "CreateApplication"),
    ("emr-serverless", "startApplication"): ("emr-serverless", "StartApplication"),
    ("emr-serverless", "stopApplication"): ("emr-serverless", "StopApplication"),
    ("emr-serverless", "deleteApplication"): ("emr-serverless", "DeleteApplication"),
    ("emr-serverless", "startJobRun"): ("emr-serverless", "StartJobRun"),
    ("emr-serverless", "cancelJobRun"): ("emr-serverless", "CancelJobRun"),
    ("eks", "createCluster"): ("eks", "CreateCluster"),
    ("eks", "deleteCluster"): ("eks", "DeleteCluster"),
    ("eks", "createNodegroup"): ("eks", "CreateNodegroup"),
    ("eks", "deleteNodegroup"): ("eks", "DeleteNodegroup"),
    ("eks", "createFargateProfile"): ("eks", "CreateFargateProfile"),
    ("eks", "deleteFargateProfile"): ("eks", "DeleteFargateProfile"),
    ("bedrock", "createModelCustomizationJob"): ("bedrock", "CreateModelCustomizationJob"),
}

# Where the service is known to go by an older model (recorded).
OLDER = {("lambda", "MemorySize"): {"max": 10240}}

# Members that the integration hands on as parsed JSON, whatever that is.
PARSED = {"startExecution.sync:2": {"Input", "Output"}}


def plain_name(name):
    return name[:1].upper() + name[1:]


def java_name(name):
    """The member's name in the Java SDK v2, which aws-sdk integrations use: MD5OfBody -> Md5OfBody."""
    s = re.sub(r"[^A-Za-z0-9]+", " ", name)
    s = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", s)
    s = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", s)
    s = re.sub(r"(?<=[a-z])(?=[A-Z]([a-zA-Z]|[0-9]))", " ", s)
    s = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", s)
    s = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", s)
    return "".join(w[:1].upper() + w[1:].lower() for w in s.split())


class Shapes:
    """All shapes once, by text; a structure that holds itself refers to its own number."""

    def __init__(self):
        self.texts, self.numbers = [], {}

    def intern(self, text):
        if text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers[text]


class Model:
    def __init__(self, name):
        folder = os.path.join(os.path.dirname(botocore.__file__), "data", name)
        version = sorted(os.listdir(folder))[-1]
        path = os.path.join(folder, version, "service-2.json")
        with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path)) as f:
            model = json.load(f)
        self.shapes, self.operations = model["shapes"], model["operations"]
        self.made = {}
        for (service, shape), facts in OLDER.items():
            if service == name:
                self.shapes[shape] = {**self.shapes[shape], **facts}

    def bounds(self, shape):
        low, high = shape.get("min"), shape.get("max")
        if not low and high is None:
            return ""
        return "<%s,%s>" % tuple("" if v is None else re.sub(r"\.0$", "", str(v)) for v in (low or None, high))

    def type(self, out, name, naming):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            if shape.get("document"):
                return "*"
            return "#%d" % self.structure(out, name, naming)
        if kind == "string" and shape.get("enum"):
            return "#%d" % out.intern("=" + "|".join(shape["enum"]))
        if kind in ("string", "character"):
            return "s" + self.bounds(shape)
        if kind == "blob":
            return "x" + self.bounds(shape)
        if kind in ("integer", "long", "short", "float", "double", "bigdecimal"):
            return "n" + self.bounds(shape)
        if kind == "boolean":
            return "b"
        if kind == "timestamp":
            return "t"
        if kind == "list":
            text = "[" + self.type(out, shape["member"]["shape"], naming) + self.bounds(shape).replace("<", "(").replace(">", ")")
            return "#%d" % out.intern(text)
        if kind == "map":
            return "#%d" % out.intern("%" + self.type(out, shape["value"]["shape"], naming))
        raise ValueError(kind)

    def structure(self, out, name, naming, parsed=()):
        key = (name, naming, tuple(sorted(parsed)))
        if key in self.made:
            return self.made[key]
        shape = self.shapes[name]
        hole = out.intern("?%d" % len(out.texts))  # its number, in case it holds itself
        self.made[key] = hole
        required = set(shape.get("required", ()))
        members = []
        for member, of in shape["members"].items():
            if self.shapes[of["shape"]].get("eventstream"):
                continue
            label = naming(member)
            kind = "*" if label in parsed else self.type(out, of["shape"], naming)
            members.append("%s%s:%s" % (label, "!" if member in required else "", kind))
        out.texts[hole] = "{" + ",".join(members)
        return hole

    def output(self, operation):
        return self.operations[operation].get("output", {}).get("shape")


def renumber(shapes, roots):
    """Equal texts become one; numbers follow the order of first use."""
    texts = list(shapes.texts)
    while True:
        first, to = {}, []
        for i, t in enumerate(texts):
            to.append(first.setdefault(t, i))
        new = [re.sub(r"#(\d+)", lambda m: "#%d" % to[int(m.group(1))], t) for t in texts]
        roots = {k: to[v] for k, v in roots.items()}
        if new == texts:
            break
        texts = new
    order, queue = {}, [roots[k] for k in sorted(roots)]
    for i in queue:
        if i in order:
            continue
        order[i] = len(order)
        queue.extend(int(n) for n in re.findall(r"#(\d+)", texts[i]))
    out = [None] * len(order)
    for i, n in order.items():
        out[n] = re.sub(r"#(\d+)", lambda m: "#%d" % order[int(m.group(1))], texts[i])
    return out, {k: order[v] for k, v in roots.items()}


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wrapped(text, width=98):
    """A C string, over several lines where it is long."""
    parts = [text[i:i + width - 6] for i in range(0, len(text), width - 6)] or [""]
    return "\n    ".join(c_string(p) for p in parts)


def main():
    shapes, roots, models = Shapes(), {}, {}

    def model(name):
        if name not in models:
            models[name] = Model(name)
        return models[name]

    for (service, action), (name, operation) in OPTIMIZED.items():
        output = model(name).output(operation)
        if output:
            roots[service + ":" + action] = model(name).structure(shapes, output, plain_name, PARSED.get(action, ()))
    for name, service in SDK.items():
        for operation in model(name).operations:
            output = model(name).output(operation)
            if output and model(name).shapes[output]["members"]:
                action = operation[:1].lower() + operation[1:]
                roots["aws-sdk:%s:%s" % (service, action)] = model(name).structure(shapes, output, java_name)
    texts, roots = renumber(shapes, roots)

    print("""/* What AWS services answer, as far as mocks are checked against it.  Generated, not to be edited: see
 * tests/tools/generate_mock_shapes.py.
 *
 * Facts from the API models in botocore %s (https://github.com/boto/botocore), which are
 *     Copyright Amazon.com, Inc. or its affiliates.  Licensed under the Apache License, Version 2.0:
 *     http://www.apache.org/licenses/LICENSE-2.0
 * reduced to names, types, bounds and enumerations, in the form that mock_schema.h describes. */
/* clang-format off */
#include "api/mock_schema.h"

const char *const mock_shapes[] = {""" % botocore.__version__)
    for text in texts:
        print("    " + wrapped(text) + ",")
    print("};\nconst size_t mock_shapes_len = ARRAY_LEN(mock_shapes);\n\nconst struct mock_operation mock_operations[] = {")
    for key in sorted(roots):
        print("    {%s, %d}," % (c_string(key), roots[key]))
    print("};\nconst size_t mock_operations_len = ARRAY_LEN(mock_operations);")


main()
