/* One execution: what it is, its graph, its Map Runs, its history; followed while it runs. */
import { call } from "./console_api.js";
import { attempt, badge, button, drawGraph, facts, folded, h, pagedTable, repeat, section, watch } from "./console_dom.js";
import { layoutGraph } from "./console_graph.js";
import { HistoryStates } from "./console_history.js";
import { dateText, durationText, parseArn, routeTo } from "./console_text.js";

const FOLLOW_MS = 1000;
const EVENTS_A_PAGE = 100;

/* Every event once, in order and without its data, into what the graph shows. */
class HistoryReader {
  constructor(arn) {
    this.arn = arn;
    this.states = new HistoryStates();
    this.token = undefined;
    this.last = 0;
  }

  /* Reads what is new; the last page is read again, since only a full one has a token after it. */
  async read() {
    for (;;) {
      const params = { executionArn: this.arn, maxResults: 1000, includeExecutionData: false };
      const page = await call("GetExecutionHistory", { ...params, nextToken: this.token }).catch((error) => {
        if (error.type !== "InvalidToken" || !this.token) throw error;
        return { events: [], nextToken: undefined, again: true };
      });
      for (const event of page.events) {
        if (event.id <= this.last) continue;
        this.states.add(event);
        this.last = event.id;
      }
      /* A token that grew old, as the clock can be moved: from the start, over what is known. */
      if (page.again) this.token = undefined;
      else if (page.nextToken) this.token = page.nextToken;
      else return;
    }
  }
}

const isOpen = (status) => status === "RUNNING" || status === "PENDING_REDRIVE";

function executionLink(arn) {
  return h("a", { href: routeTo("execution", arn) }, parseArn(arn)?.name ?? arn);
}

/* ---- the parts of the view ---- */
function describe(x) {
  return facts([
    ["Status", badge(x.status)],
    ["ARN", h("code", {}, x.executionArn)],
    ["State machine", h("a", { href: routeTo("machine", machineOf(x.stateMachineArn)) }, parseArn(x.stateMachineArn)?.machine)],
    ["Version", x.stateMachineVersionArn],
    ["Alias", x.stateMachineAliasArn],
    ["Map Run", x.mapRunArn && h("a", { href: routeTo("maprun", x.mapRunArn) }, x.mapRunArn)],
    ["Started", `${dateText(x.startDate)} UTC`],
    ["Stopped", x.stopDate && `${dateText(x.stopDate)} UTC, after ${durationText(x.startDate, x.stopDate)}`],
    ["Redriven", x.redriveCount ? `${x.redriveCount} times, last ${dateText(x.redriveDate)} UTC` : "never"],
    ["Redrive", [x.redriveStatus, x.redriveStatusReason].filter(Boolean).join(": ")],
    ["Error", x.error],
    ["Cause", x.cause && h("pre", {}, x.cause)],
  ]);
}

/* A child's machine is "machine/label"; its definition belongs to the machine. */
function machineOf(arn) {
  return arn.replace(/(:stateMachine:[^/]*)\/.*$/, "$1");
}

function actions(arn, refresh) {
  const error = h("input", { maxlength: "256", size: "12" });
  const cause = h("input", { maxlength: "32768", size: "20" });
  const stopButton = h("button", {}, "Stop");
  const stop = h("form", { class: "row" }, h("label", {}, "Error ", error), h("label", {}, "Cause ", cause), stopButton);
  stop.addEventListener("submit", (event) => {
    event.preventDefault();
    const params = { executionArn: arn, error: error.value || undefined, cause: cause.value || undefined };
    attempt(() => call("StopExecution", params).then(refresh));
  });
  const redrive = button("Redrive", () => call("RedriveExecution", { executionArn: arn }).then(refresh));
  stop.hidden = redrive.hidden = true;
  const update = (x) => {
    stop.hidden = !isOpen(x.status) || arn.includes(":express:");
    redrive.hidden = x.redriveStatus !== "REDRIVABLE";
  };
  return { element: h("div", { class: "row" }, redrive, stop), update };
}

function details(event) {
  const member = Object.keys(event).find((name) => name.endsWith("EventDetails"));
  if (!member || Object.keys(event[member]).length === 0) return "";
  const shown = event[member];
  const title = shown.name ?? shown.error ?? shown.resource ?? "details";
  const box = h("div", {});
  /* Payloads are JSON inside of JSON: each is shown by itself, to the last digit. */
  const payloads = ["input", "output", "parameters"].filter((name) => typeof shown[name] === "string");
  const rest = Object.fromEntries(Object.entries(shown).filter(([name]) => !payloads.includes(name)));
  box.append(folded(String(title), JSON.stringify(rest)));
  for (const name of payloads) box.append(folded(name, shown[name]));
  return box;
}

function historyTable(arn) {
  const order = h("select", {}, h("option", { value: "" }, "oldest first"), h("option", { value: "1" }, "newest first"));
  const follow = h("input", { type: "checkbox" });
  follow.checked = true;
  const table = pagedTable({
    label: "Events",
    empty: "No events",
    key: (event) => event.id,
    version: (event) => event.id,
    follow: () => follow.checked && !order.value && table.running,
    columns: [
      { head: "Id", cell: (event) => event.id },
      { head: "Previous", cell: (event) => event.previousEventId },
      { head: "Type", cell: (event) => event.type },
      { head: "Time (UTC)", cell: (event) => h("time", {}, dateText(event.timestamp)) },
      { head: "Details", cell: details },
    ],
    load: async (nextToken) => {
      const params = { executionArn: arn, maxResults: EVENTS_A_PAGE, reverseOrder: Boolean(order.value), nextToken };
      const page = await call("GetExecutionHistory", params);
      return { rows: page.events, nextToken: page.nextToken };
    },
  });
  order.addEventListener("change", () => attempt(table.restart));
  const controls = h("div", { class: "row" }, h("label", {}, "Order ", order),
    h("label", {}, follow, " follow while it runs"));
  return { element: section("History", controls, table.element), table };
}

function mapRunsTable(arn) {
  const table = pagedTable({
    label: "Map Runs",
    empty: "No Map Runs",
    key: (run) => run.mapRunArn,
    columns: [
      { head: "Map Run", cell: (run) => h("a", { href: routeTo("maprun", run.mapRunArn) }, run.mapRunArn.split(":mapRun:").pop()) },
      { head: "Started (UTC)", cell: (run) => dateText(run.startDate) },
      { head: "Stopped (UTC)", cell: (run) => dateText(run.stopDate) },
    ],
    load: async (nextToken) => {
      const page = await call("ListMapRuns", { executionArn: arn, maxResults: 20, nextToken });
      element.hidden = page.mapRuns.length === 0 && !nextToken;
      return { rows: page.mapRuns, nextToken: page.nextToken };
    },
  });
  const element = section("Map Runs", table.element);
  element.hidden = true;
  return { element, table };
}

/* ---- the view ---- */
export function executionView(arn) {
  const express = arn.includes(":express:");
  const head = h("div", {});
  const data = h("div", {});
  const graphPlace = h("div", {});
  const history = historyTable(arn);
  const runs = mapRunsTable(arn);
  const reader = new HistoryReader(arn);
  let graph = null;
  let known = "";
  let settled = "";
  let seen = 0;

  const drawMachine = async () => {
    const { definition } = await call("DescribeStateMachineForExecution", { executionArn: arn });
    const layout = layoutGraph(JSON.parse(definition));
    graph = layout ? drawGraph(layout) : { update() {} };
    graphPlace.replaceChildren(section("Graph", layout ? graph.element : h("p", { class: "quiet" }, "Too large to draw")),
      folded("Definition it runs", definition));
  };
  const refresh = async () => {
    const x = await call("DescribeExecution", { executionArn: arn });
    const now = JSON.stringify(x);
    const open = isOpen(x.status);
    if (now !== known) {
      head.replaceChildren(describe(x));
      data.replaceChildren(folded("Input", x.input ?? "", true), x.output === undefined ? "" : folded("Output", x.output, true));
      buttons.update(x);
      known = now;
    }
    if (!graph) await drawMachine();
    /* The history of a closed execution stays as it is. */
    if (express || settled === now) return;
    await reader.read();
    if (reader.last !== seen) {
      graph.update(reader.states);
      history.table.running ||= open;
      await Promise.all([history.table.reload(), runs.table.reload()]);
    }
    seen = reader.last;
    history.table.running = open;
    settled = open ? "" : now;
  };
  const buttons = actions(arn, refresh);
  const stop = repeat(FOLLOW_MS, () => watch(refresh));
  const element = h("article", {}, h("h1", {}, "Execution ", parseArn(arn).name), head, buttons.element, data, graphPlace,
    express ? h("p", { class: "quiet" }, "An EXPRESS execution has no history to ask for.") : [runs.element, history.element]);
  return { element, stop };
}

/* A table of executions: a machine's, or the children of a Map Run. */
export function executionsTable(label, selector) {
  const statuses = ["", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];
  const filter = h("select", {}, statuses.map((s) => h("option", { value: s }, s || "any")));
  const table = pagedTable({
    label,
    empty: "No executions",
    key: (x) => x.executionArn,
    columns: [
      { head: "Name", cell: (x) => executionLink(x.executionArn) },
      { head: "Status", cell: (x) => badge(x.status) },
      { head: "Started (UTC)", cell: (x) => dateText(x.startDate) },
      { head: "Took", cell: (x) => durationText(x.startDate, x.stopDate) },
      { head: "Redriven", cell: (x) => x.redriveCount || "" },
    ],
    load: async (nextToken) => {
      const params = { ...selector, maxResults: 25, statusFilter: filter.value || undefined, nextToken };
      const page = await call("ListExecutions", params);
      return { rows: page.executions, nextToken: page.nextToken };
    },
  });
  filter.addEventListener("change", () => attempt(table.restart));
  return { element: section(label, h("div", { class: "row" }, h("label", {}, "Status ", filter)), table.element), table };
}
