#!/usr/bin/env python3
"""Writes server/aws/models_data.c: what the APIs of AWS services look like, in the form that server/aws/models.h describes.

Read from the API models that botocore installs (data/SERVICE/VERSION/service-2.json.gz, Apache-2.0): protocols, operations,
names and types of members, where they go in a request, which are required; of answers also the values of enumerations
and bounds, for the mocks of TestState.  Usage:

    python3 tests/tools/generate_aws_models.py > server/aws/models_data.c
"""
import gzip
import json
import os
import re

import botocore

# Models of botocore that are taken whole ...
WHOLE = """acm apigatewaymanagementapi appconfigdata athena autoscaling batch bedrock-runtime cloudformation cloudwatch
codebuild codepipeline cognito-idp comprehend databrew dynamodb dynamodbstreams ecr ecs eks emr-containers emr-serverless
events firehose glue iam iot-data kinesis kms lambda logs organizations pipes polly rds rds-data redshift-data rekognition
resourcegroupstaggingapi route53 s3 scheduler secretsmanager ses sesv2 sns sqs ssm stepfunctions sts textract transcribe
translate""".split()

# ... and those of which only the operations named here are, for they are very large.
PART = {
    "bedrock": ["CreateModelCustomizationJob", "GetModelCustomizationJob", "StopModelCustomizationJob"],
    "ec2": """AllocateAddress AssociateAddress AttachVolume AuthorizeSecurityGroupIngress CopyImage CopySnapshot CreateImage
        CreateKeyPair CreateSecurityGroup CreateSnapshot CreateSnapshots CreateTags CreateVolume DeleteKeyPair
        DeleteSecurityGroup DeleteSnapshot DeleteTags DeleteVolume DeregisterImage DescribeAddresses
        DescribeAvailabilityZones DescribeImages DescribeInstanceStatus DescribeInstances DescribeKeyPairs DescribeRegions
        DescribeSecurityGroups DescribeSnapshots DescribeSubnets DescribeTags DescribeVolumes DescribeVpcs DetachVolume
        DisassociateAddress ModifyInstanceAttribute ModifySnapshotAttribute RebootInstances ReleaseAddress
        RevokeSecurityGroupIngress RunInstances StartInstances StopInstances TerminateInstances""".split(),
    "emr": """AddJobFlowSteps CancelSteps DescribeCluster DescribeStep ListClusters ListInstances ListSteps RunJobFlow
        SetTerminationProtection TerminateJobFlows""".split(),
    "mediaconvert": ["CancelJob", "CreateJob", "GetJob", "ListJobs", "DescribeEndpoints"],
    "sagemaker": """CreateEndpoint CreateEndpointConfig CreateHyperParameterTuningJob CreateLabelingJob CreateModel
        CreateProcessingJob CreateTrainingJob CreateTransformJob DeleteEndpoint DeleteEndpointConfig DeleteModel
        DescribeEndpoint DescribeHyperParameterTuningJob DescribeLabelingJob DescribeProcessingJob DescribeTrainingJob
        DescribeTransformJob ListTrainingJobs StopHyperParameterTuningJob StopLabelingJob StopProcessingJob
        StopTrainingJob StopTransformJob UpdateEndpoint""".split(),
}

# The first of these that a model offers is spoken: the forms that every endpoint for developers knows.
PROTOCOLS = {"json": "AWS_JSON", "rest-json": "AWS_REST_JSON", "query": "AWS_QUERY", "rest-xml": "AWS_REST_XML",
             "ec2": "AWS_EC2"}
PREFER = {"cloudwatch": "query"}

# Where the service is known to go by an older model (recorded).
OLDER = {("lambda", "MemorySize"): {"max": 10240}}

# Members that the Java SDK v2 renames, because it has words of its own for what they say.
JAVA = {("dynamodb", "AttributeValue", "NULL"): "Nul"}

LOCATIONS = {"header": "h", "headers": "H", "uri": "u", "querystring": "q", "statusCode": "s"}
TIMES = {"iso8601": "1", "rfc822": "2", "unixTimestamp": "3"}
REFERENCE = 4  # digits, base 36


def class_name(name):
    """A class's name in the Java SDK v2: "Secrets Manager" -> SecretsManager, KMSInvalidState -> KmsInvalidState."""
    s = re.sub(r"[^A-Za-z0-9]+", " ", name)
    s = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", s)
    s = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", s)
    s = re.sub(r"(?<=[a-z])(?=[A-Z]([a-zA-Z]|[0-9]))", " ", s)
    s = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", s)
    s = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", s)
    return "".join(w[:1].upper() + w[1:].lower() for w in s.split())


def client_name(service_id):
    return re.sub(r"Service$", "", re.sub(r"^(Amazon|Aws)", "", class_name(service_id)))


def exception_names(shape):
    """Of an error's shape: its class in the Java SDK v1 (the optimized integrations) and v2 (aws-sdk)."""
    base = re.sub(r"(Exception|Fault)$", "", shape)
    return base[:1].upper() + base[1:] + "Exception", class_name(base) + "Exception"


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
        version = sorted(v for v in os.listdir(folder) if os.path.isdir(os.path.join(folder, v)))[-1]
        path = os.path.join(folder, version, "service-2.json")
        with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path)) as f:
            model = json.load(f)
        self.name, self.metadata = name, model["metadata"]
        self.shapes, self.operations = model["shapes"], model["operations"]
        offered = self.metadata.get("protocols") or [self.metadata["protocol"]]
        self.protocol = PREFER.get(name) or next(p for p in offered if p in PROTOCOLS)
        self.xml = self.protocol in ("query", "rest-xml", "ec2")
        self.made = {}
        for (service, shape), facts in OLDER.items():
            if service == name:
                self.shapes[shape] = {**self.shapes[shape], **facts}

    def bounds(self, shape, output, brackets="<>"):
        low, high = shape.get("min"), shape.get("max")
        if not output or (not low and high is None):
            return ""
        low, high = (("" if v is None else re.sub(r"\.0$", "", str(v))) for v in (low or None, high))
        return brackets[0] + low + "," + high + brackets[1]

    def type(self, out, of, output):
        shape = self.shapes[of["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return "*" if shape.get("document") else "#%d" % self.structure(out, of["shape"], output)
        if kind == "string" and shape.get("enum") and output:
            return "#%d" % out.intern("=" + "|".join(shape["enum"]))
        if kind in ("string", "character"):
            return "s" + self.bounds(shape, output)
        if kind == "blob":
            return "x" + self.bounds(shape, output)
        if kind in ("integer", "long", "short", "float", "double", "bigdecimal"):
            return "n" + self.bounds(shape, output)
        if kind == "boolean":
            return "b"
        if kind == "timestamp":
            return "t" + TIMES.get(of.get("timestampFormat") or shape.get("timestampFormat"), "")
        if kind == "list":
            text = "[" + self.type(out, shape["member"], output) + self.bounds(shape, output, "()")
            if self.xml:
                text += "|" + ("!" if shape.get("flattened") else "") + shape["member"].get("locationName", "")
            return "#%d" % out.intern(text)
        if kind == "map":
            text = "%" + self.type(out, shape["value"], output)
            if self.xml:
                text += "|%s%s=%s" % ("!" if shape.get("flattened") else "",
                                      shape["key"].get("locationName", "key"), shape["value"].get("locationName", "value"))
            return "#%d" % out.intern(text)
        raise ValueError(kind)

    def member(self, out, owner, name, of, output):
        shape, shape_of = self.shapes[owner], self.shapes[of["shape"]]
        assert len(name) < 120, name  # AWS_NAME_SIZE
        text = name
        if (self.name, owner, name) in JAVA:
            text += "^" + JAVA[self.name, owner, name]
        if name in shape.get("required", ()):
            text += "!"
        if of.get("idempotencyToken") and not output:
            text += "+"
        if shape.get("payload") == name:
            text += "@b" if of.get("streaming") or shape_of.get("streaming") else "@p"
        elif of.get("location"):
            text += "@" + LOCATIONS[of["location"]]
        elif of.get("xmlAttribute"):
            text += "@a"
        wire = of.get("locationName", name)
        if self.protocol == "ec2" and not output:
            wire = of.get("queryName") or wire[:1].upper() + wire[1:]
        if self.xml and shape_of.get("flattened") and "locationName" not in of:
            # A flattened list goes by the name of its elements.
            wire = shape_of.get("member", {}).get("locationName", wire)
        if wire != name:
            assert not re.search(r"[ ,]", wire), wire
            text += "~" + wire
        return text + " " + self.type(out, of, output)

    def structure(self, out, name, output):
        key = (name, output)
        if key in self.made:
            return self.made[key]
        hole = out.intern("?%d" % len(out.texts))  # its number, in case it holds itself
        self.made[key] = hole
        members = self.shapes[name]["members"]
        out.texts[hole] = "{" + ",".join(
            self.member(out, name, member, members[member], output)
            for member in members
            if not self.shapes[members[member]["shape"]].get("eventstream"))
        return hole

    def is_stream(self, operation, side):
        shape = operation.get(side, {}).get("shape")
        members = self.shapes[shape]["members"].values() if shape else ()
        return any(self.shapes[m["shape"]].get("eventstream") for m in members)

    def rows(self, out):
        """Name, method and path, number of the input's and of the output's shape (None: it has none)."""
        rows = []
        for name in sorted(set(PART.get(self.name, self.operations))):
            operation = self.operations[name]
            if self.is_stream(operation, "input") or self.is_stream(operation, "output"):
                continue
            http = operation["http"]
            path = http["method"] + " " + http["requestUri"]
            if operation.get("input", {}).get("locationName"):
                path += " " + operation["input"]["locationName"]
            sides = []
            for side in ("input", "output"):
                shape = operation.get(side, {}).get("shape")
                sides.append(self.structure(out, shape, side == "output") if shape else None)
            rows.append((name, path if self.protocol.startswith("rest-") else "", *sides))
        return rows

    def errors(self):
        """The modelled errors, by the code that answers carry: "CODE" or "CODE:V1:V2", the classes where they differ."""
        texts = []
        for name, shape in self.shapes.items():
            if not shape.get("exception"):
                continue
            code = shape.get("error", {}).get("code", name)
            v1, v2 = exception_names(name)
            texts.append(code if code == v1 == v2 else "%s:%s:%s" % (code, v1, v2))
        return " ".join(sorted(texts))


def reduce(texts, roots):
    """Equal texts become one; only what the roots lead to stays, in the order of first use."""
    while True:
        first, to = {}, []
        for i, t in enumerate(texts):
            to.append(first.setdefault(t, i))
        new = [re.sub(r"#(\d+)", lambda m: "#%d" % to[int(m.group(1))], t) for t in texts]
        roots = [None if r is None else to[r] for r in roots]
        if new == texts:
            break
        texts = new
    order, queue = {}, [r for r in roots if r is not None]
    for i in queue:
        if i not in order:
            order[i] = len(order)
            queue.extend(int(n) for n in re.findall(r"#(\d+)", texts[i]))
    out = [None] * len(order)
    for i, n in order.items():
        out[n] = re.sub(r"#(\d+)", lambda m: "#%d" % order[int(m.group(1))], texts[i])
    return out, [None if r is None else order[r] for r in roots]


def base36(n):
    digits = ""
    for _ in range(REFERENCE):
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36] + digits
        n //= 36
    assert n == 0
    return digits


class Text:
    """One text that holds all others, each ended by a NUL; offset 0 is the empty one."""

    def __init__(self):
        self.parts, self.at, self.known = [""], 1, {"": 0}

    def add(self, text):
        if text not in self.known:
            self.known[text] = self.at
            self.parts.append(text)
            self.at += len(text.encode()) + 1
        return self.known[text]

    def add_shapes(self, texts):
        """References become offsets, of fixed width so that they are known beforehand."""
        offsets, at = [], self.at
        for text in texts:
            offsets.append(at)
            at += len(re.sub(r"#\d+", "#" + "0" * REFERENCE, text).encode()) + 1
        for text, offset in zip(texts, offsets):
            assert self.at == offset
            self.parts.append(re.sub(r"#(\d+)", lambda m: "#" + base36(offsets[int(m.group(1))]), text))
            self.at += len(self.parts[-1].encode()) + 1
        return offsets

    def c_lines(self, width=116):
        # "\\0" for NUL: three octal digits, since a digit may follow.
        units = re.findall(r"\\...|\\.|.", "".join(
            p.replace("\\", "\\\\").replace('"', '\\"') + "\\000" for p in self.parts))
        line = ""
        for unit in units:
            if len(line) + len(unit) > width:
                yield line
                line = ""
            line += unit
        yield line


def c_string(text):
    return '"' + text + '"' if text else "NULL"


def main():
    shapes, text = Shapes(), Text()
    models = sorted((Model(name) for name in [*WHOLE, *PART]), key=lambda m: client_name(m.metadata["serviceId"]).lower())
    rows = [m.rows(shapes) for m in models]
    texts, roots = reduce(shapes.texts, [r for table in rows for row in table for r in row[2:]])
    offsets = text.add_shapes(texts)
    roots = iter(roots)

    print("""/* What the APIs of AWS services look like.  Generated, not to be edited: see
 * tests/tools/generate_aws_models.py.
 *
 * Facts from the API models in botocore %s (https://github.com/boto/botocore), which are
 *     Copyright Amazon.com, Inc. or its affiliates.  Licensed under the Apache License, Version 2.0:
 *     http://www.apache.org/licenses/LICENSE-2.0
 * reduced to names, types, bounds, enumerations and places in requests, in the form that data.h
 * describes. */
/* clang-format off */
#include "aws/data.h"
""" % botocore.__version__)
    print("const struct aws_operation_row aws_operation_rows[] = {")
    services, first = [], 0
    for model, table in zip(models, rows):
        line = "   "
        for name, path, _, _ in table:
            sides = [0 if r is None else offsets[r] for r in (next(roots), next(roots))]
            item = " {%d,%d,%d,%d}," % (text.add(name), text.add(path), *sides)
            if len(line) + len(item) > 118:
                print(line)
                line = "   "
            line += item
        print(line)
        md = model.metadata
        client = client_name(md["serviceId"])
        namespace = md.get("xmlNamespace", "")
        namespace = namespace.get("uri", "") if isinstance(namespace, dict) else namespace
        if model.protocol == "rest-xml" and not namespace:
            namespace = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/",
                         "route53": "https://route53.amazonaws.com/doc/2013-04-01/"}[model.name]
        services.append("    {%s, %s, %s,\n     %s, %s, %s, %s, %s,\n     %s, %d, %d, %d}," % (
            c_string(client.lower()), c_string(client), c_string(md["endpointPrefix"]),
            c_string(md.get("signingName") or md["endpointPrefix"]), c_string(md["apiVersion"]),
            c_string(md.get("targetPrefix", "")), c_string(md.get("jsonVersion", "") if model.protocol == "json" else ""),
            c_string(namespace), PROTOCOLS[model.protocol], first, len(table), text.add(model.errors())))
        first += len(table)
    print("};\n\nconst struct aws_service aws_services[] = {")
    print("\n".join(services))
    print("};\nconst size_t aws_services_len = ARRAY_LEN(aws_services);\n\nconst char aws_text[] =")
    print("\n".join('"%s"' % line for line in text.c_lines()) + ";")


main()
