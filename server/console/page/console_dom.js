/* Building the page: elements, tables with pages, the drawing of a graph.  Whatever comes from the server
 * goes in as text, never as markup. */
import { indentJson } from "./console_text.js";

/* h("a", { class: "x", href: "#", onclick: f }, "text", element, null) */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

function s(tag, props, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function badge(status) {
  return h("span", { class: `badge ${String(status).toLowerCase().replace(/[^a-z_]/g, "")}` }, status ?? "");
}

/* Names and what stands behind them; rows without a value are left out. */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("dl", {}, shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/* Folded text, made when it is first unfolded. */
export function folded(title, text, open) {
  const box = h("details", {}, h("summary", {}, title));
  const unfold = () => {
    if (box.open && box.children.length === 1) box.append(h("pre", { tabindex: "0" }, indentJson(text)));
  };
  box.addEventListener("toggle", unfold);
  if (open) {
    box.open = true;
    unfold();
  }
  return box;
}

export function section(title, ...children) {
  return h("section", {}, h("h2", {}, title), ...children);
}

/* ---- what may fail ---- */
let told = ""; /* who said what the alert says: "person" or "watch" */

export function tell(text, by = "person") {
  const alert = document.getElementById("alert");
  alert.textContent = text;
  alert.hidden = !text;
  told = text ? by : "";
}

const words = (error) => (error.type ? `${error.type}: ${error.message}` : error.message);

/* Does what a person asked for; what goes wrong stays to be read until the next such act. */
export async function attempt(work) {
  tell("");
  try {
    await work();
  } catch (error) {
    tell(words(error));
  }
}

/* Does what happens again and again; what goes wrong is told until it goes well. */
export async function watch(work) {
  try {
    await work();
    if (told === "watch") tell("");
  } catch (error) {
    if (told !== "person") tell(words(error), "watch");
  }
}

/* A button that cannot be pressed again before its work is done. */
export function button(title, work, props) {
  const made = h("button", { type: "button", ...props }, title);
  made.addEventListener("click", async () => {
    made.disabled = true;
    await attempt(work);
    made.disabled = false;
  });
  return made;
}

/* Runs work again and again while the page is seen; returns what ends it. */
export function repeat(milliseconds, work) {
  let timer = 0;
  let stopped = false;
  const turn = async () => {
    if (!document.hidden) await work();
    if (!stopped) timer = setTimeout(turn, milliseconds);
  };
  turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/* ---- tables ---- */
/* A table with pages.  load(nextToken) answers { rows, nextToken }; a column is { head, cell(row) };
 * key(row) names a row, version(row) changes when it must be drawn anew.  With follow() true, a page that
 * filled up makes way for the next one. */
export function pagedTable({ label, columns, load, key, version = JSON.stringify, empty, follow = () => false }) {
  let tokens = [undefined];
  let next;
  let drawn = new Map();
  let turn = 0;
  const body = h("tbody", {});
  const head = h("tr", {}, columns.map((c) => h("th", { scope: "col" }, c.head)));
  const nothing = h("p", { class: "quiet", hidden: true }, empty);
  const place = h("span", { "aria-live": "polite" });
  const back = button("Previous", () => go(tokens.slice(0, -1)));
  const on = button("Next", () => go([...tokens, next]));
  const pager = h("div", { class: "pager" }, back, place, on);

  const show = (rows) => {
    const before = drawn;
    drawn = new Map();
    for (const row of rows) {
      const known = before.get(key(row));
      const now = version(row);
      const tr = known?.version === now ? known.tr : h("tr", {}, columns.map((c) => h("td", {}, c.cell(row))));
      drawn.set(key(row), { version: now, tr });
    }
    const wanted = new Set([...drawn.values()].map((d) => d.tr));
    for (const tr of [...body.children]) if (!wanted.has(tr)) tr.remove();
    /* Rows that stay where they are are not touched: they may have the focus. */
    [...wanted].forEach((tr, i) => body.children[i] !== tr && body.insertBefore(tr, body.children[i] ?? null));
    nothing.hidden = rows.length > 0 || tokens.length > 1;
    back.hidden = tokens.length < 2;
    on.hidden = !next;
    const now = back.hidden && on.hidden ? "" : `page ${tokens.length}`;
    if (place.textContent !== now) place.textContent = now; /* it is read out */
  };
  const go = async (way) => {
    const mine = ++turn;
    const page = await load(way[way.length - 1]);
    if (mine !== turn) return;
    tokens = way;
    next = page.nextToken;
    show(page.rows);
    if (next && follow()) await go([...tokens, next]);
  };
  return {
    element: h("div", { class: "table" },
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
        h("table", {}, h("caption", {}, label), h("thead", {}, head), body)),
      nothing, pager),
    reload: () => go(tokens),
    restart: () => go([undefined]),
  };
}

/* ---- the graph ---- */
const LETTER = 7.4;

function clipped(text, width) {
  const most = Math.max(4, Math.floor((width - 16) / LETTER));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/* From point to point, leaving and arriving upright. */
function pathOf(points) {
  let path = `M${points[0][0]} ${points[0][1]}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x, y] = points[i];
    const middle = (y0 + y) / 2;
    path += x0 === x ? `L${x} ${y}` : `C${x0} ${middle} ${x} ${middle} ${x} ${y}`;
  }
  return path;
}

/* The three corners of the arrow at a path's end. */
function arrowOf(points) {
  const [x, y] = points[points.length - 1];
  const y0 = points[points.length - 2][1];
  if (y0 === y) return `${x},${y} ${x + 7},${y - 4} ${x + 7},${y + 4}`;
  const from = y0 > y ? 7 : -7;
  return `${x},${y} ${x - 4},${y + from} ${x + 4},${y + from}`;
}

function drawEdge(edge) {
  return s("g", { class: `edge ${edge.kind}` },
    edge.label ? s("title", {}, edge.label) : null,
    s("path", { d: pathOf(edge.points) }), s("polygon", { points: arrowOf(edge.points) }));
}

function drawNode(node) {
  const { x, y, width, height } = node;
  if (node.type === "Start" || node.type === "End") {
    const r = width / 2;
    return { node, group: s("g", { class: "dot" }, s("title", {}, node.type),
      s("circle", { cx: x + r, cy: y + r, r }), node.type === "End" ? s("circle", { cx: x + r, cy: y + r, r: r - 4 }) : null) };
  }
  const title = s("title", {}, `${node.name} (${node.type})`);
  const group = s("g", { class: node.box ? "state box" : "state" }, title,
    s("rect", { x, y, width, height, rx: 6 }),
    s("text", { x: x + width / 2, y: y + 17, class: "name" }, clipped(node.name, width)),
    s("text", { x: x + width / 2, y: y + (node.box ? 29 : 33), class: "type" }, node.type));
  return { node, group, title };
}

/* The drawing of a layout, and update(states), which colours it by what a HistoryStates says. */
export function drawGraph(layout) {
  const nodes = layout.nodes.map(drawNode);
  const picture = s("svg", { viewBox: `0 0 ${layout.width} ${layout.height}`, width: layout.width,
    height: layout.height, role: "img", "aria-label": "The state machine as a graph; the history below says the same" },
  nodes.map((n) => n.group), layout.edges.map(drawEdge));
  const update = (states) => {
    for (const { node, group, title } of nodes) {
      if (!title) continue;
      const status = states.status(node.name);
      const summary = states.summary(node.name);
      group.setAttribute("class", `state ${node.box ? "box" : ""} ${status}`);
      title.textContent = `${node.name} (${node.type})${summary ? `: ${summary}` : ""}`;
    }
  };
  return { element: h("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "Graph" }, picture), update };
}
