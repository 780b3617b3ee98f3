/* Where the states of a definition are drawn: rows of boxes, Parallel and Map boxes around theirs.
 * Nothing here touches the page.
 *
 * Each scope is laid out alone, in four steps: edges that lead back are turned around, states get rows
 * (the longest way from the start), rows are ordered so that few edges cross, boxes move below what
 * leads to them.  An edge that passes rows goes through a narrow place of its own in each. */

export const GRAPH_STATES_MAX = 300;
export const GRAPH_EDGES_MAX = 600;

const GAP = { x: 28, y: 44, pad: 16, head: 34 };
const LEAF = { least: 96, most: 240, height: 42, letter: 7.4 };
const DOT = 22;
const SWEEPS = 6;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/* The scopes inside of a state, each with its name. */
function innerScopes(state) {
  if (state.Type === "Parallel" && Array.isArray(state.Branches)) return state.Branches.filter(isObject);
  const processor = state.ItemProcessor ?? state.Iterator;
  return state.Type === "Map" && isObject(processor) ? [processor] : [];
}

function statesOf(scope) {
  return isObject(scope?.States) ? Object.entries(scope.States).filter(([, s]) => isObject(s)) : [];
}

/* How many states and edges there are, inner scopes included. */
export function graphSize(scope) {
  const size = { states: 0, edges: 0 };
  for (const [, state] of statesOf(scope)) {
    size.states++;
    size.edges += new Set(transitionsOf(state).map((t) => `${t.kind} ${t.target}`)).size;
    for (const inner of innerScopes(state)) {
      const more = graphSize(inner);
      size.states += more.states;
      size.edges += more.edges;
    }
  }
  return size;
}

/* Where a state leads, in the order of the definition. */
function transitionsOf(state) {
  const list = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
  const errors = (rule) => (Array.isArray(rule.ErrorEquals) ? rule.ErrorEquals.join(", ") : "");
  const all = [
    { target: state.Next, kind: "next", label: "" },
    ...list(state.Choices).map((rule) => ({ target: rule.Next, kind: "choice", label: "" })),
    { target: state.Default, kind: "choice", label: "Default" },
    ...list(state.Catch).map((rule) => ({ target: rule.Next, kind: "catch", label: errors(rule) })),
  ];
  return all.filter((t) => typeof t.target === "string");
}

/* { width, height, nodes: [{ name, type, x, y, width, height, box }], edges: [{ kind, label, points }] },
 * x and y of the upper left corner; null when there are no states, or too many. */
export function layoutGraph(definition) {
  const { states, edges } = graphSize(definition);
  if (states === 0 || states > GRAPH_STATES_MAX || edges > GRAPH_EDGES_MAX) return null;
  const drawing = { nodes: [], edges: [] };
  const scope = layoutScope(definition, true);
  place(scope, GAP.pad, GAP.pad, drawing);
  return { width: scope.width + 2 * GAP.pad, height: scope.height + 2 * GAP.pad, ...drawing };
}

/* ---- a scope as nodes and edges ---- */
function layoutScope(scope, outermost) {
  const nodes = new Map();
  if (statesOf(scope).length === 0) return { nodes: [], edges: [], width: 0, height: 0 };
  for (const [name, state] of statesOf(scope)) nodes.set(name, makeNode(name, state));
  const edges = [];
  for (const [name, state] of statesOf(scope)) collectEdges(nodes, edges, name, state);
  const all = [...nodes.values()];
  const start = nodes.get(scope.StartAt);
  if (outermost) addEnds(all, edges, start, scope);
  const graph = { nodes: all, edges: edges.filter((e) => e.from !== e.to), start: start ?? all[0] };
  if (outermost) graph.start = all.find((n) => n.type === "Start");
  breakCycles(graph);
  assignRows(graph);
  const rows = makeRows(graph);
  orderRows(rows);
  const size = placeRows(rows);
  return { nodes: all, edges, ...size };
}

function makeNode(name, state) {
  const inner = innerScopes(state).map((scope) => layoutScope(scope, false));
  const wide = Math.min(LEAF.most, Math.max(LEAF.least, name.length * LEAF.letter + 24));
  const node = { name, type: String(state.Type), inner, width: wide, height: LEAF.height, out: [], in: [] };
  if (inner.length === 0) return node;
  const widths = inner.reduce((sum, scope) => sum + scope.width, 0) + (inner.length - 1) * GAP.x;
  node.width = Math.max(wide, widths + 2 * GAP.pad);
  node.height = Math.max(...inner.map((scope) => scope.height)) + GAP.head + GAP.pad;
  return node;
}

function collectEdges(nodes, edges, name, state) {
  const seen = new Set();
  for (const { target, kind, label } of transitionsOf(state)) {
    const key = `${kind} ${target}`;
    if (!nodes.has(target) || seen.has(key)) continue;
    seen.add(key);
    edges.push({ from: nodes.get(name), to: nodes.get(target), kind, label });
  }
}

/* The outermost scope has dots where it starts and ends. */
function addEnds(nodes, edges, start, scope) {
  const dot = (type) => ({ name: "", type, inner: [], width: DOT, height: DOT, out: [], in: [] });
  const first = dot("Start");
  const last = dot("End");
  const ends = ([, s]) => s.End === true || s.Type === "Succeed" || s.Type === "Fail";
  const ending = new Set(statesOf(scope).filter(ends).map(([name]) => name));
  for (const node of nodes) if (ending.has(node.name)) edges.push({ from: node, to: last, kind: "next", label: "" });
  if (start) edges.push({ from: first, to: start, kind: "next", label: "" });
  nodes.push(first, last);
}

/* ---- rows ---- */
/* Depth first from the start; an edge to a state that is still being visited is turned around. */
function breakCycles(graph) {
  const leaving = new Map(graph.nodes.map((n) => [n, []]));
  for (const edge of graph.edges) leaving.get(edge.from).push(edge);
  const mark = new Map();
  graph.order = [];
  const visit = (node) => {
    mark.set(node, "open");
    for (const edge of leaving.get(node)) {
      edge.back = mark.get(edge.to) === "open";
      if (!mark.has(edge.to)) visit(edge.to);
    }
    mark.set(node, "done");
    graph.order.unshift(node);
  };
  visit(graph.start);
  for (const node of graph.nodes) if (!mark.has(node)) visit(node);
  for (const edge of graph.edges) {
    edge.upper = edge.back ? edge.to : edge.from;
    edge.lower = edge.back ? edge.from : edge.to;
  }
}

function assignRows(graph) {
  const below = new Map(graph.nodes.map((n) => [n, []]));
  for (const edge of graph.edges) below.get(edge.upper).push(edge.lower);
  for (const node of graph.nodes) node.row = 0;
  for (const node of graph.order) for (const other of below.get(node)) other.row = Math.max(other.row, node.row + 1);
}

/* The rows' places: nodes, and where edges pass.  Joins neighbours with `out` and `in`. */
function makeRows(graph) {
  const rows = [];
  const put = (place) => (rows[place.row] ??= []).push(place);
  graph.order.forEach(put);
  for (const edge of graph.edges) {
    edge.through = [];
    let at = edge.upper;
    const join = (next) => {
      at.out.push(next);
      next.in.push(at);
      at = next;
    };
    for (let row = edge.upper.row + 1; row < edge.lower.row; row++) {
      const place = { row, width: 8, height: 0, out: [], in: [], passing: true };
      put(place);
      edge.through.push(place);
      join(place);
    }
    join(edge.lower);
  }
  return rows;
}

const mean = (places, of) => places.reduce((sum, p) => sum + of(p), 0) / places.length;

function orderRows(rows) {
  const number = (row) => row.forEach((place, i) => (place.index = i));
  rows.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const place of row) {
        const near = down ? place.in : place.out;
        place.wish = near.length ? mean(near, (p) => p.index) : place.index;
      }
      row.sort((a, b) => a.wish - b.wish);
      number(row);
    }
  }
}

/* ---- coordinates: cx is a place's centre, y its upper end ---- */
function placeRows(rows) {
  let y = 0;
  for (const row of rows) {
    const height = Math.max(...row.map((p) => p.height));
    let x = 0;
    for (const place of row) {
      place.cx = x + place.width / 2;
      x += place.width + GAP.x;
      place.y = y;
      place.rowBottom = y + height;
    }
    y += height + GAP.y;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) alignRow(row, down);
  }
  const all = rows.flat();
  const left = Math.min(...all.map((p) => p.cx - p.width / 2));
  for (const place of all) place.cx -= left;
  return { width: Math.max(...all.map((p) => p.cx + p.width / 2)), height: y - GAP.y };
}

/* Moves a row's places towards their neighbours' middle and keeps their distances: halfway between the
 * arrangement that gives way to the right and the one that gives way to the left. */
function alignRow(row, down) {
  const wish = row.map((place) => {
    const near = down ? place.in : place.out;
    return near.length ? mean(near, (p) => p.cx) : place.cx;
  });
  const apart = (i) => (row[i].width + row[i + 1].width) / 2 + GAP.x;
  const right = [...wish];
  for (let i = 1; i < row.length; i++) right[i] = Math.max(right[i], right[i - 1] + apart(i - 1));
  const left = [...wish];
  for (let i = row.length - 2; i >= 0; i--) left[i] = Math.min(left[i], left[i + 1] - apart(i));
  row.forEach((place, i) => (place.cx = (left[i] + right[i]) / 2));
}

/* ---- from scopes inside scopes to one drawing ---- */
function place(scope, x, y, drawing) {
  for (const node of scope.nodes) {
    const left = x + node.cx - node.width / 2;
    const { name, type, width, height } = node;
    drawing.nodes.push({ name, type, x: left, y: y + node.y, width, height, box: node.inner.length > 0 });
    const widths = node.inner.reduce((sum, s) => sum + s.width, 0) + (node.inner.length - 1) * GAP.x;
    let at = left + (width - widths) / 2;
    for (const inner of node.inner) {
      place(inner, at, y + node.y + GAP.head, drawing);
      at += inner.width + GAP.x;
    }
  }
  const ports = makePorts(scope);
  for (const edge of scope.edges) {
    const points = edge.from === edge.to ? loopPoints(edge.from) : edgePoints(edge, ports);
    drawing.edges.push({ kind: edge.kind, label: edge.label, points: points.map(([px, py]) => [x + px, y + py]) });
  }
}

/* Edges that share a side of a box meet it side by side: "edge, upper or lower end" -> x. */
function makePorts(scope) {
  const sides = new Map();
  const add = (node, side, edge, toward) => {
    const key = sides.get(node) ?? sides.set(node, { upper: [], lower: [] }).get(node);
    key[side].push({ edge, toward });
  };
  for (const edge of scope.edges) {
    if (edge.from === edge.to) continue;
    const way = [edge.upper, ...edge.through, edge.lower];
    add(edge.upper, "lower", edge, way[1].cx);
    add(edge.lower, "upper", edge, way[way.length - 2].cx);
  }
  const ports = new Map();
  for (const [node, { upper, lower }] of sides)
    for (const [end, list] of [["to", upper], ["from", lower]]) {
      const step = Math.min(14, node.width / (list.length + 1));
      list.sort((a, b) => a.toward - b.toward);
      list.forEach(({ edge }, i) => {
        const both = ports.get(edge) ?? ports.set(edge, {}).get(edge);
        both[end] = node.cx + (i - (list.length - 1) / 2) * step;
      });
    }
  return ports;
}

function edgePoints(edge, ports) {
  const { from, to } = ports.get(edge);
  const { y, height, rowBottom } = edge.upper;
  const points = [[from, y + height]];
  if (y + height < rowBottom) points.push([from, rowBottom]); /* past the taller boxes beside it */
  for (const place of edge.through) points.push([place.cx, place.y], [place.cx, place.rowBottom]);
  points.push([to, edge.lower.y]);
  return edge.back ? points.reverse() : points;
}

function loopPoints(node) {
  const right = node.cx + node.width / 2;
  const middle = node.y + node.height / 2;
  return [[right, middle + 8], [right + 14, middle + 8], [right + 14, middle - 8], [right, middle - 8]];
}
