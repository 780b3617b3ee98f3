/* Runs functions of the console's page that need no page: node console_pure.mjs FOLDER, jobs on standard
 * input as [[function, argument, ...], ...], results on standard output. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));
const text = await load("console_text.js");
const { layoutGraph, graphSize } = await load("console_graph.js");
const { HistoryStates } = await load("console_history.js");

/* What a history says of every state. */
function statuses(events) {
  const states = new HistoryStates();
  for (const event of events) states.add(event);
  return Object.fromEntries([...states.counts.keys()].map((name) => [name, [states.status(name), states.summary(name)]]));
}

const functions = { ...text, layoutGraph, graphSize, statuses };
const jobs = JSON.parse(readFileSync(0, "utf8"));
const results = jobs.map(([name, ...args]) => functions[name](...args) ?? null);
process.stdout.write(JSON.stringify(results));
