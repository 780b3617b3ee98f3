// The unmodified AWS SDK for JavaScript v3: the main job, and a walk through all 37 operations.  Every client default is
// left as it is but for the host prefix (README, "The sync- host prefix").
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as sfn from "@aws-sdk/client-sfn";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const binary = process.env.SFND ?? path.join(root, "build", "sfnd");

function startServer() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(AWS_|SFND)/.test(k)));
  const child = spawn(binary, ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"], env });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      const match = /listening on (http:\S+)/.exec(text);
      if (match) resolve({ child, endpoint: match[1] });
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

const { child, endpoint } = await startServer();
const client = new sfn.SFNClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "123456789012", secretAccessKey: "x" },
  disableHostPrefix: true,
});
const called = new Set();
async function send(name, input) {
  const answer = await client.send(new sfn[`${name}Command`](input));
  called.add(name);
  return answer;
}
const roleArn = "arn:aws:iam::123456789012:role/r";

async function ended(executionArn) {
  for (;;) {
    const answer = await send("DescribeExecution", { executionArn });
    if (answer.status !== "RUNNING") return answer;
    await new Promise((next) => setTimeout(next, 5));
  }
}

const tests = {
  async "create, run, fail, redrive, succeed"() {
    const { activityArn } = await send("CreateActivity", { name: "work" });
    const definition = JSON.stringify({
      StartAt: "Before",
      States: {
        Before: { Type: "Pass", Result: { before: true }, ResultPath: "$.p", Next: "Work" },
        Work: { Type: "Task", Resource: activityArn, End: true },
      },
    });
    const { stateMachineArn } = await send("CreateStateMachine", { name: "job", definition, roleArn });
    const { executionArn, startDate } = await send("StartExecution", { stateMachineArn, input: '{"n":1}' });
    assert.ok(startDate instanceof Date);
    let task = await send("GetActivityTask", { activityArn, workerName: "w" });
    await send("SendTaskHeartbeat", { taskToken: task.taskToken });
    await send("SendTaskFailure", { taskToken: task.taskToken, error: "Boom", cause: "first" });
    assert.equal((await ended(executionArn)).redriveStatus, "REDRIVABLE");
    const { redriveDate } = await send("RedriveExecution", { executionArn });
    task = await send("GetActivityTask", { activityArn });
    assert.deepEqual(JSON.parse(task.input), { n: 1, p: { before: true } });
    await send("SendTaskSuccess", { taskToken: task.taskToken, output: '"done"' });
    const answer = await ended(executionArn);
    assert.equal(answer.status, "SUCCEEDED");
    assert.equal(answer.redriveCount, 1);
    assert.deepEqual(answer.redriveDate, redriveDate);
    const history = await send("GetExecutionHistory", { executionArn });
    assert.equal(history.events.filter((e) => e.type === "PassStateEntered").length, 1);
    assert.equal(history.events.find((e) => e.type === "ExecutionRedriven").executionRedrivenEventDetails.redriveCount, 1);
  },
  async "errors arrive as the SDK's classes"() {
    const missing = "arn:aws:states:us-east-1:123456789012:execution:job:missing";
    await assert.rejects(send("DescribeExecution", { executionArn: missing }), (e) =>
      e instanceof sfn.ExecutionDoesNotExist && e.message === `Execution Does Not Exist: '${missing}'`);
    await assert.rejects(send("RedriveExecution", { executionArn: missing }), sfn.ExecutionDoesNotExist);
    await assert.rejects(send("DescribeStateMachine", { stateMachineArn: "nonsense" }), sfn.InvalidArn);
    await assert.rejects(
      send("CreateStateMachine", { name: "bad", definition: "{}", roleArn }), sfn.InvalidDefinition);
  },
  async "all operations"() {
    const definition = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}';
    assert.equal((await send("ValidateStateMachineDefinition", { definition })).result, "OK");
    assert.equal((await send("TestState", { definition: '{"Type":"Pass","Next":"B"}', roleArn })).nextState, "B");
    const { stateMachineArn } = await send("CreateStateMachine", { name: "tour", definition, roleArn });
    assert.equal((await send("DescribeStateMachine", { stateMachineArn })).definition, definition);
    assert.ok((await send("ListStateMachines", {})).stateMachines.some((m) => m.name === "tour"));
    const { revisionId } = await send("UpdateStateMachine", { stateMachineArn, roleArn: `${roleArn}2` });
    const tag = { key: "k", value: "v" };
    await send("TagResource", { resourceArn: stateMachineArn, tags: [tag, { key: "l", value: "" }] });
    await send("UntagResource", { resourceArn: stateMachineArn, tagKeys: ["l"] });
    assert.deepEqual((await send("ListTagsForResource", { resourceArn: stateMachineArn })).tags, [tag]);

    const { stateMachineVersionArn } = await send("PublishStateMachineVersion", { stateMachineArn });
    assert.equal((await send("ListStateMachineVersions", { stateMachineArn })).stateMachineVersions.length, 1);
    const routingConfiguration = [{ stateMachineVersionArn, weight: 100 }];
    const { stateMachineAliasArn } = await send("CreateStateMachineAlias", { name: "live", routingConfiguration });
    await send("UpdateStateMachineAlias", { stateMachineAliasArn, description: "new" });
    assert.equal((await send("DescribeStateMachineAlias", { stateMachineAliasArn })).description, "new");
    assert.equal((await send("ListStateMachineAliases", { stateMachineArn })).stateMachineAliases.length, 1);
    const { executionArn } = await send("StartExecution", { stateMachineArn: stateMachineAliasArn });
    assert.equal((await ended(executionArn)).stateMachineVersionArn, stateMachineVersionArn);
    assert.equal((await send("DescribeStateMachineForExecution", { executionArn })).revisionId, revisionId);
    assert.equal((await send("ListExecutions", { stateMachineArn })).executions.length, 1);
    await assert.rejects(send("DeleteStateMachineVersion", { stateMachineVersionArn }), sfn.ConflictException);
    await send("DeleteStateMachineAlias", { stateMachineAliasArn });
    await send("DeleteStateMachineVersion", { stateMachineVersionArn });

    const { activityArn } = await send("CreateActivity", { name: "tour" });
    assert.equal((await send("DescribeActivity", { activityArn })).name, "tour");
    assert.ok((await send("ListActivities", {})).activities.length >= 1);
    await send("DeleteActivity", { activityArn });

    const express = await send("CreateStateMachine", { name: "express", definition, roleArn, type: "EXPRESS" });
    const sync = await send("StartSyncExecution", { stateMachineArn: express.stateMachineArn, input: '"x"' });
    assert.deepEqual([sync.status, sync.output], ["SUCCEEDED", '"x"']);

    const map = JSON.stringify({ StartAt: "M", States: { M: { Type: "Map", End: true, ItemProcessor: {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      StartAt: "W", States: { W: { Type: "Wait", Seconds: 600, End: true } } } } } });
    const mapper = await send("CreateStateMachine", { name: "map", definition: map, roleArn });
    const run = await send("StartExecution", { stateMachineArn: mapper.stateMachineArn, input: "[1,2]" });
    let mapRuns = [];
    while (mapRuns.length === 0) ({ mapRuns } = await send("ListMapRuns", { executionArn: run.executionArn }));
    await send("UpdateMapRun", { mapRunArn: mapRuns[0].mapRunArn, maxConcurrency: 5 });
    assert.equal((await send("DescribeMapRun", { mapRunArn: mapRuns[0].mapRunArn })).maxConcurrency, 5);
    await send("StopExecution", { executionArn: run.executionArn });
    await send("DeleteStateMachine", { stateMachineArn: mapper.stateMachineArn });
  },
  async "paginators walk every page"() {
    const definition = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}';
    for (let i = 0; i < 7; i++) await send("CreateStateMachine", { name: `page-${i}`, definition, roleArn });
    const names = [];
    for await (const page of sfn.paginateListStateMachines({ client, pageSize: 3 }, {}))
      names.push(...page.stateMachines.map((m) => m.name));
    assert.equal(names.filter((n) => n.startsWith("page-")).length, 7);
    assert.deepEqual([...names].sort(), names);
  },
};

tests["no operation was left out"] = async () => {
  const all = Object.keys(sfn).filter((name) => name.endsWith("Command") && name !== "$Command");
  assert.equal(all.length, 37);
  assert.deepEqual(all.filter((name) => !called.has(name.replace(/Command$/, ""))), []);
};

let number = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  number += 1;
  try {
    await test();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${number} - ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, "# "));
  }
}
client.destroy();
const status = await new Promise((resolve) => {
  child.removeAllListeners("exit");
  child.on("exit", resolve);
  child.kill("SIGTERM");
});
console.log(`${status === 0 ? "ok" : "not ok"} ${number + 1} - clean shutdown`);
process.exit(failed || status !== 0 ? 1 : 0);
