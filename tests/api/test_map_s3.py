#!/usr/bin/env python3
"""A Distributed Map that reads its items from S3 and writes its results there, over HTTP, with a small S3 of our own
(reference/asl.md section 9, reference/redrive.md section 6); kill -9 at random moments of it.  ROUNDS=n sets the number
of kills."""
import gzip
import http.server
import json
import os
import random
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import stub
import tap
from sfnd import Refused, Server

ROUNDS = int(os.environ.get("ROUNDS", "50"))
PAGE = 3  # objects of a listing


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="application/xml"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def name(self):
        path, _, query = self.path.partition("?")
        return urllib.parse.unquote(path).lstrip("/"), urllib.parse.parse_qs(query)

    def enter(self, name):
        """Notes the request; False when it was refused."""
        s3 = self.server.s3
        s3.log.append(f"{self.command} {name}")
        while s3.held and s3.held in name:
            time.sleep(0.01)
        if s3.refused and s3.refused in name:
            self.answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
            return False
        return True

    def do_GET(self):
        name, query = self.name()
        if not self.enter(name):
            return
        if "list-type" in query:
            self.list(name.rstrip("/"), query)
        elif name in self.server.s3.objects:
            self.answer(200, self.server.s3.objects[name], "binary/octet-stream")
        else:
            self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")

    def list(self, bucket, query):
        prefix = query.get("prefix", [""])[0]
        start = query.get("continuation-token", [""])[0]
        keys = sorted(k[len(bucket) + 1:] for k in self.server.s3.objects if k.startswith(f"{bucket}/{prefix}"))
        keys = [k for k in keys if k > start]
        text = "".join(f"<Contents><Key>{escape(k)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
                       f"<ETag>&quot;e&quot;</ETag><Size>{len(self.server.s3.objects[f'{bucket}/{k}'])}</Size>"
                       f"<StorageClass>STANDARD</StorageClass></Contents>" for k in keys[:PAGE])
        if len(keys) > PAGE:
            text += f"<NextContinuationToken>{escape(keys[PAGE - 1])}</NextContinuationToken>"
        text += f"<IsTruncated>{'true' if len(keys) > PAGE else 'false'}</IsTruncated>"
        self.answer(200, f"<ListBucketResult>{text}</ListBucketResult>".encode())

    def do_PUT(self):
        name, _ = self.name()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self.enter(name):
            return
        self.server.s3.objects[name] = body
        self.answer(200)


class S3:
    """Objects by "bucket/key", requests as "GET bucket/key"; a part of names that it refuses or does not answer."""

    def __enter__(self):
        self.objects, self.log, self.refused, self.held = {}, [], None, None
        self.server = stub.serve(Handler, s3=self)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self.held = None
        self.server.shutdown()
        self.server.server_close()

    def json(self, name):
        return json.loads(self.objects[name])

    def sfnd(self, *flags):
        return Server(["--endpoint", f"s3={self.url}", *flags])


PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def machine(processor=None, kind="STANDARD", reader=None, writer=None, **more):
    state = {"Type": "Map", "Label": "L", "End": True,
             "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **(processor or PASS)},
             **more}
    if reader:
        state["ItemReader"] = reader
    if writer:
        state["ResultWriter"] = writer
    return {"StartAt": "M", "States": {"M": state}}


def reads(key, action="getObject", **config):
    name = "Prefix" if action == "listObjectsV2" else "Key"
    return {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": {"Bucket": "in", name: key},
            "ReaderConfig": config}


WRITES = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "jobs"}}


def run_of(api, execution):
    (run,) = api.call("ListMapRuns", {"executionArn": execution})["mapRuns"]
    return api.call("DescribeMapRun", {"mapRunArn": run["mapRunArn"]})


class Objects(unittest.TestCase):
    def output(self, api, s3, number, definition):
        answer = api.wait(api.start(api.create_machine(f"m{number}", definition)))
        self.assertEqual(answer["status"], "SUCCEEDED", answer)
        return json.loads(answer["output"])

    def test_sources(self):
        with S3() as s3, s3.sfnd() as server:
            api = server.client()
            s3.objects.update({
                "in/a.csv": b"n,t\r\n1,x\r\n2,\"y,\nz\"\r\n", "in/a b+ü.json": b'{"l": [1, 2, 3]}',
                "in/many/1.jsonl": b"1\n2\n", "in/many/2.jsonl.gz": gzip.compress(b"3\n"), "in/many/3.jsonl": b"",
                "in/many/4.jsonl": b"4\n", "in/manifest.json": json.dumps({
                    "destinationBucket": "arn:aws:s3:::inv", "fileFormat": "CSV", "fileSchema": "Bucket, Key",
                    "files": [{"key": "data/1.csv.gz"}]}).encode(),
                "inv/data/1.csv.gz": gzip.compress(b'"in","k1"\n"in","k2"\n')})
            csv = reads("a.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW")
            self.assertEqual(self.output(api, s3, 1, machine(reader=csv)), [{"n": "1", "t": "x"},
                                                                             {"n": "2", "t": "y,\nz"}])
            pointer = reads("a b+ü.json", InputType="JSON", ItemsPointer="/l", MaxItems=2)
            self.assertEqual(self.output(api, s3, 2, machine(reader=pointer)), [1, 2])
            selector = {"k.$": "$$.Map.Item.Value.Key", "t.$": "$$.Map.Item.Value.LastModified",
                        "n.$": "$$.Map.Item.Value.Size", "s.$": "$$.Map.Item.Source"}
            listing = machine(reader=reads("many/", "listObjectsV2"), ItemSelector=selector)
            self.assertEqual(self.output(api, s3, 3, listing)[3],
                             {"k": "many/4.jsonl", "t": 1704067200, "n": 2, "s": "s3://in"})
            flat = reads("many/", "listObjectsV2", Transformation="LOAD_AND_FLATTEN", InputType="JSONL")
            self.assertEqual(self.output(api, s3, 4, machine(reader=flat)), [1, 2, 3, 4])
            inventory = reads("manifest.json", InputType="MANIFEST")
            self.assertEqual(self.output(api, s3, 5, machine(reader=inventory)),
                             [{"Bucket": "in", "Key": "k1"}, {"Bucket": "in", "Key": "k2"}])

    def test_results(self):
        """Twenty thousand rows, read and written; and a file for every outcome."""
        with S3() as s3, s3.sfnd() as server:
            api = server.client()
            s3.objects["in/k"] = b"n\n" + b"".join(b"%d\n" % n for n in range(20000))
            reader = reads("k", InputType="CSV", CSVHeaderLocation="FIRST_ROW")
            arn = api.create_machine("m", machine(reader=reader, writer=WRITES, kind="EXPRESS"))
            answer = api.wait(api.start(arn), 120)
            self.assertEqual(answer["status"], "SUCCEEDED", answer)
            output = json.loads(answer["output"])
            uuid = output["MapRunArn"].split(":")[-1]
            self.assertEqual(output["ResultWriterDetails"], {"Bucket": "out", "Key": f"jobs/{uuid}/manifest.json"})
            manifest = s3.json(f"out/jobs/{uuid}/manifest.json")
            self.assertEqual(list(manifest), ["DestinationBucket", "MapRunArn", "ResultFiles"])
            self.assertEqual((manifest["DestinationBucket"], manifest["MapRunArn"]), ("out", output["MapRunArn"]))
            files = manifest["ResultFiles"]
            self.assertEqual((files["FAILED"], files["PENDING"]), ([], []))
            found = []
            for number, file in enumerate(files["SUCCEEDED"]):
                self.assertEqual(file["Key"], f"jobs/{uuid}/SUCCEEDED_{number}.json")
                self.assertEqual(file["Size"], len(s3.objects[f"out/{file['Key']}"]))
                found += [json.loads(r["Output"])["n"] for r in s3.json(f"out/{file['Key']}")]
            self.assertEqual(found, [str(n) for n in range(20000)])
            counts = run_of(api, api.call("ListExecutions", {"stateMachineArn": arn})["executions"][0]["executionArn"])
            self.assertEqual(counts["itemCounts"]["resultsWritten"], 20000)
            self.assertEqual(counts["executionCounts"]["resultsWritten"], 20000)

    def test_failures(self):
        with S3() as s3, s3.sfnd() as server:
            api = server.client()
            reader = reads("k", InputType="JSON")
            execution = api.start(api.create_machine("m", machine(reader=reader, writer=WRITES)))
            answer = api.wait(execution)
            self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.ItemReaderFailed"))
            self.assertIn("The specified key does not exist.", answer["cause"])
            s3.objects["in/k"] = b"[1,2]"
            s3.refused = "out/"
            api.call("RedriveExecution", {"executionArn": execution})
            answer = api.wait(execution)
            self.assertEqual((answer["status"], answer["error"]), ("FAILED", "States.ResultWriterFailed"))
            self.assertIn("Access Denied", answer["cause"])
            s3.refused = None
            api.call("RedriveExecution", {"executionArn": execution})
            output = json.loads(api.wait(execution)["output"])
            self.assertIn("/Redrive-2/manifest.json", output["ResultWriterDetails"]["Key"])
            self.assertEqual(s3.log.count("GET in/k"), 2)
            self.assertEqual([e["type"] for e in api.history(execution) if e["type"].startswith("MapRun")],
                             ["MapRunStarted", "MapRunFailed", "MapRunRedriven", "MapRunFailed", "MapRunRedriven",
                              "MapRunSucceeded"])

    def test_no_endpoint(self):
        with Server() as server:
            api = server.client()
            answer = api.wait(api.start(api.create_machine("r", machine(reader=reads("k", InputType="JSON")))))
            self.assertEqual(answer["error"], "States.ItemReaderFailed")
            self.assertIn("S3_ENDPOINT", answer["cause"])
            answer = api.wait(api.start(api.create_machine("w", machine(writer=WRITES)), [1]))
            self.assertEqual(answer["error"], "States.ResultWriterFailed")
            self.assertIn("S3_ENDPOINT", answer["cause"])

    def test_slow(self):
        """What does not answer holds up nobody else, can be stopped, and counts nothing yet."""
        with S3() as s3, s3.sfnd() as server:
            api = server.client()
            s3.objects["in/k"] = b"[1,2,3]"
            s3.held = "in/k"
            execution = api.start(api.create_machine("m", machine(reader=reads("k", InputType="JSON"))))
            while "GET in/k" not in s3.log:
                time.sleep(0.01)
            self.assertEqual(api.wait(api.start(api.create_machine("n", machine()), [1]))["status"], "SUCCEEDED")
            run = run_of(api, execution)
            self.assertEqual((run["status"], run["itemCounts"]["total"]), ("RUNNING", 0))
            api.call("StopExecution", {"executionArn": execution})
            end = time.monotonic() + 20
            while run_of(api, execution)["status"] != "ABORTED":
                self.assertLess(time.monotonic(), end)
            s3.held = None
            api.call("RedriveExecution", {"executionArn": execution})
            self.assertEqual(api.wait(execution)["output"], "[1,2,3]")


# "bad" finds no rule that matches until its child was redriven; everything waits a little.
MOODY = {"StartAt": "Pause", "States": {
    "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
    "Look": {"Type": "Choice", "Choices": [
        {"Variable": "$.mood", "StringEquals": "good", "Next": "Good"},
        {"Variable": "$$.Execution.RedriveCount", "NumericGreaterThan": 0, "Next": "Good"}]},
    "Good": {"Type": "Pass", "OutputPath": "$.n", "End": True}}}


class Kills(unittest.TestCase):
    ITEMS = [{"n": n, "mood": "bad" if n % 5 == 3 else "good"} for n in range(30)]

    def live(self, server, arn, executions, source):
        """Starts, redrives and stops until the server is gone."""
        api = server.client()
        executions.append(api.start(arn))
        while True:
            for execution in executions:
                if api.describe(execution)["status"] in ("FAILED", "ABORTED"):
                    api.call("RedriveExecution", {"executionArn": execution})
            if source.random() < 0.05:
                try:
                    api.call("StopExecution", {"executionArn": source.choice(executions)})
                except Refused:
                    pass
            time.sleep(0.01)

    def check(self, api, s3, execution):
        end = time.monotonic() + 120
        while (answer := api.wait(execution, 60))["status"] != "SUCCEEDED":
            self.assertIn(answer["status"], ("FAILED", "ABORTED"))
            self.assertLess(time.monotonic(), end)
            api.call("RedriveExecution", {"executionArn": execution})
        where = json.loads(answer["output"])["ResultWriterDetails"]
        files = s3.json(f"{where['Bucket']}/{where['Key']}")["ResultFiles"]
        self.assertEqual((files["FAILED"], files["PENDING"]), ([], []))
        found = [json.loads(r["Output"]) for f in files["SUCCEEDED"] for r in s3.json(f"out/{f['Key']}")]
        self.assertEqual(found, [i["n"] for i in self.ITEMS])
        events = api.history(execution)
        self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))

    def killed_at(self, s3, flags, line, execution=None):
        """A server that is killed once S3 was asked for something it does not answer."""
        server = s3.sfnd(*flags).start()
        if execution is None:
            execution = server.client().start(server.client().create_machine("m", machine(
                reader=reads("k", InputType="JSON"), writer=WRITES)))
        end = time.monotonic() + 20
        while not any(entry.startswith(line) for entry in s3.log) and time.monotonic() < end:
            time.sleep(0.01)
        server.kill()
        return execution

    def test_killed_while_waiting(self):
        """What was out is asked for again, under the same key; what was captured is not."""
        with S3() as s3, tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db")]
            s3.objects["in/k"] = b"[1,2,3]"
            s3.held = "in/k"
            execution = self.killed_at(s3, flags, "GET in/k")
            s3.held = "out/"
            self.killed_at(s3, flags, "PUT out/", execution)
            s3.held = None
            with s3.sfnd(*flags) as server:
                api = server.client()
                self.assertEqual(api.wait(execution)["status"], "SUCCEEDED")
                self.assertEqual(run_of(api, execution)["itemCounts"]["resultsWritten"], 3)
            self.assertEqual(s3.log.count("GET in/k"), 2)
            puts = [entry for entry in s3.log if entry.startswith("PUT")]
            self.assertEqual([p.rsplit("/")[-1] for p in puts], ["SUCCEEDED_0.json"] * 2 + ["manifest.json"])
            self.assertEqual(puts[0], puts[1])

    def test_random_kills(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))
        source = random.Random(seed)
        print(f"# seed {seed}, {ROUNDS} rounds", flush=True)
        with S3() as s3, tempfile.TemporaryDirectory() as folder:
            flags = ["--db", os.path.join(folder, "sfnd.db"), "--wait-time-scale", "0.01"]
            s3.objects["in/k"] = json.dumps(self.ITEMS).encode()
            executions, arn = [], None
            for _ in range(ROUNDS):
                server = s3.sfnd(*flags).start()
                if arn is None:
                    arn = server.client().create_machine("m", machine(
                        MOODY, reader=reads("k", InputType="JSON"), writer=WRITES, MaxConcurrency=5))
                killer = threading.Timer(source.uniform(0.0, 0.25), server.kill)
                killer.start()
                try:
                    self.live(server, arn, executions, source)
                except (OSError, AttributeError, ValueError):
                    pass
                except Exception as other:
                    if isinstance(other, (Refused, AssertionError)):
                        raise
                killer.join()
                server.process.stdout.close()
            with s3.sfnd(*flags) as server:
                for execution in executions:
                    self.check(server.client(), s3, execution)
            print(f"# {len(executions)} Map Runs, {s3.log.count('GET in/k')} reads", flush=True)


if __name__ == "__main__":
    tap.main()
