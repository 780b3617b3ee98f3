// The main job with the unmodified AWS SDK for JavaScript v3: every client default is left as it is.
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
});
const send = (name, input) => client.send(new sfn[`${name}Command`](input));
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
