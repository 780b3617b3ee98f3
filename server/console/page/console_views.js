/* State machines, one of them, a Map Run, and what the server offers beside the API. */
import { admin, adminText, call } from "./console_api.js";
import { attempt, badge, button, drawGraph, facts, folded, h, pagedTable, repeat, section, tell, watch } from "./console_dom.js";
import { executionsTable } from "./console_execution.js";
import { layoutGraph } from "./console_graph.js";
import { dateText, indentJson, jsonError, parseArn, routeTo } from "./console_text.js";

const REFRESH_MS = 2000;

const nameOf = (arn) => arn.split(":").pop();

/* A view of tables that are read again now and then. */
function watched(element, work) {
  return { element, stop: repeat(REFRESH_MS, () => watch(work)) };
}

/* ---- state machines ---- */
async function versionsAndAliases(arn) {
  const [versions, aliases] = await Promise.all([
    call("ListStateMachineVersions", { stateMachineArn: arn, maxResults: 50 }),
    call("ListStateMachineAliases", { stateMachineArn: arn, maxResults: 50 }),
  ]);
  const more = (answer) => (answer.nextToken ? ["…"] : []);
  return {
    versions: versions.stateMachineVersions.map((v) => v.stateMachineVersionArn),
    aliases: aliases.stateMachineAliases.map((a) => a.stateMachineAliasArn),
    text: [
      ...versions.stateMachineVersions.map((v) => nameOf(v.stateMachineVersionArn)), ...more(versions),
      ...aliases.stateMachineAliases.map((a) => nameOf(a.stateMachineAliasArn)), ...more(aliases),
    ].join(", "),
  };
}

export function machinesView() {
  const table = pagedTable({
    label: "State machines",
    empty: "No state machines in this account and region",
    key: (m) => m.stateMachineArn,
    columns: [
      { head: "Name", cell: (m) => h("a", { href: routeTo("machine", m.stateMachineArn) }, m.name) },
      { head: "Type", cell: (m) => m.type },
      { head: "Created (UTC)", cell: (m) => dateText(m.creationDate) },
      { head: "Versions, aliases", cell: (m) => m.qualifiers },
    ],
    load: async (nextToken) => {
      const page = await call("ListStateMachines", { maxResults: 25, nextToken });
      const rows = await Promise.all(page.stateMachines.map(async (m) => {
        const { text } = await versionsAndAliases(m.stateMachineArn).catch(() => ({ text: "" }));
        return { ...m, qualifiers: text };
      }));
      return { rows, nextToken: page.nextToken };
    },
  });
  return watched(h("article", {}, h("h1", {}, "State machines"), table.element), table.reload);
}

/* ---- one state machine ---- */
/* Names of the machine's test cases in the mocks. */
async function testCases(name) {
  const mocks = await admin("GET", "mocks");
  const machines = new Map(Object.entries(mocks?.StateMachines ?? {}));
  return Object.keys(machines.get(name)?.TestCases ?? {});
}

function startForm(machine, started) {
  const express = machine.type === "EXPRESS";
  const target = h("select", {}, h("option", { value: machine.stateMachineArn }, "latest"));
  const test = h("input", { list: "test-cases", size: "14" });
  const cases = h("datalist", { id: "test-cases" });
  const name = h("input", { maxlength: "80", size: "20", placeholder: "made up" });
  const input = h("textarea", { rows: "6", spellcheck: "false", "aria-describedby": "input-error" }, "{}");
  const wrong = h("p", { id: "input-error", class: "wrong", role: "status" });
  const result = h("div", {});
  const check = () => {
    const error = jsonError(input.value);
    wrong.textContent = error ?? "";
    input.setCustomValidity(error ?? "");
    return error === null;
  };
  input.addEventListener("input", check);
  const start = async () => {
    const stateMachineArn = target.value + (test.value ? `#${test.value}` : "");
    const params = { stateMachineArn, input: input.value, name: name.value || undefined };
    if (!express) return started((await call("StartExecution", params)).executionArn);
    const x = await call("StartSyncExecution", params);
    return result.replaceChildren(facts([["Status", badge(x.status)], ["Error", x.error], ["Cause", x.cause]]),
      x.output === undefined ? "" : folded("Output", x.output, true));
  };
  const form = h("form", {},
    h("div", { class: "row" }, h("label", {}, "Version ", target), h("label", {}, "Mocked test case ", test, cases),
      h("label", {}, "Name ", name)),
    h("label", {}, "Input ", input), wrong,
    h("div", { class: "row" }, h("button", {}, express ? "Start and wait" : "Start execution"),
      button("Indent", () => { input.value = indentJson(input.value); })), result);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (check()) attempt(start);
  });
  watch(async () => {
    const { versions, aliases } = await versionsAndAliases(machine.stateMachineArn);
    target.append(...[...aliases, ...versions].map((arn) => h("option", { value: arn }, nameOf(arn))));
    cases.append(...(await testCases(machine.name)).map((value) => h("option", { value })));
  });
  return section("Start", form);
}

function drawDefinition(definition) {
  const layout = layoutGraph(JSON.parse(definition));
  if (!layout) return section("Graph", h("p", { class: "quiet" }, "Too large to draw"));
  const graph = drawGraph(layout);
  return section("Graph", graph.element);
}

export function machineView(arn) {
  const head = h("div", {});
  const executions = executionsTable("Executions", { stateMachineArn: arn });
  let express = null;
  const work = async () => {
    if (express === null) {
      const machine = await call("DescribeStateMachine", { stateMachineArn: arn });
      express = machine.type === "EXPRESS";
      const open = (execution) => { location.hash = routeTo("execution", execution); };
      head.replaceChildren(
        facts([["ARN", h("code", {}, machine.stateMachineArn)], ["Type", machine.type], ["Status", machine.status],
          ["Created", `${dateText(machine.creationDate)} UTC`], ["Role", machine.roleArn], ["Revision", machine.revisionId],
          ["Description", machine.description]]),
        startForm(machine, open), drawDefinition(machine.definition), folded("Definition", machine.definition));
      executions.element.hidden = express;
    }
    if (!express) await executions.table.reload();
  };
  return watched(h("article", {}, h("h1", {}, "State machine ", parseArn(arn).machine), head, executions.element), work);
}

/* ---- a Map Run ---- */
function counts(title, numbers) {
  const rows = Object.entries(numbers ?? {});
  return h("table", { class: "counts" }, h("caption", {}, title),
    h("thead", {}, h("tr", {}, rows.map(([name]) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, h("tr", {}, rows.map(([, n]) => h("td", {}, n)))));
}

export function mapRunView(arn) {
  const head = h("div", {});
  const children = executionsTable("Children", { mapRunArn: arn });
  let known = "";
  const work = async () => {
    const run = await call("DescribeMapRun", { mapRunArn: arn });
    const now = JSON.stringify(run);
    if (now !== known)
      head.replaceChildren(
        facts([["Status", badge(run.status)], ["ARN", h("code", {}, run.mapRunArn)],
          ["Execution", h("a", { href: routeTo("execution", run.executionArn) }, nameOf(run.executionArn))],
          ["Started", `${dateText(run.startDate)} UTC`], ["Stopped", run.stopDate && `${dateText(run.stopDate)} UTC`],
          ["Concurrency", run.maxConcurrency || "no limit"],
          ["Tolerated failures", `${run.toleratedFailureCount}, ${run.toleratedFailurePercentage} %`],
          ["Redriven", run.redriveCount ? `${run.redriveCount} times, last ${dateText(run.redriveDate)} UTC` : "never"]]),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Counts" },
          counts("Executions", run.executionCounts), counts("Items", run.itemCounts)));
    known = now;
    await children.table.reload();
  };
  return watched(h("article", {}, h("h1", {}, "Map Run"), head, children.element), work);
}

/* ---- what the server offers beside the API ---- */
function mocksSection() {
  const text = h("textarea", { rows: "14", spellcheck: "false", "aria-label": "Mock configuration" });
  const wrong = h("p", { class: "wrong", role: "status" });
  const load = async () => { text.value = indentJson(await adminText("mocks")); };
  const replace = async () => {
    wrong.textContent = jsonError(text.value) ?? "";
    if (!wrong.textContent) await admin("POST", "mocks", text.value).then(load);
  };
  text.addEventListener("input", () => { wrong.textContent = jsonError(text.value) ?? ""; });
  watch(load);
  return section("Mocks", h("p", { class: "quiet" }, "As in MockConfigFile.json. Replaced ones last until the server ends."),
    text, wrong,
    h("div", { class: "row" }, button("Replace", replace), button("Read again", load),
      button("Remove all", () => admin("DELETE", "mocks").then(load))));
}

function resetSection() {
  const reset = async () => {
    if (!window.confirm("Forget every state machine, execution and activity of every account?")) return;
    await admin("POST", "reset", "{}");
    tell("Everything was forgotten.");
  };
  return section("Reset", h("p", { class: "quiet" }, "Forgets everything but the mocks."), button("Reset…", reset, { class: "danger" }));
}

export function serverView() {
  const numbers = h("div", {});
  const work = async () => {
    const [health, metrics] = await Promise.all([admin("GET", "health"), admin("GET", "metrics")]);
    numbers.replaceChildren(facts(Object.entries({ ...health, ...metrics })));
  };
  return watched(h("article", {}, h("h1", {}, "Server"), mocksSection(), resetSection(), section("Counters", numbers)), work);
}
