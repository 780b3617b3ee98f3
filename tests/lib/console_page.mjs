/* Runs the console's page in a page that is none, against a server: node console_page.mjs FOLDER URL.
 * Just enough of a document that what a person does can be done, and what a person reads be read.
 *
 * Steps come on standard input, one result for each goes to standard output:
 *   ["go", "#/machines"]       ["press", "Redrive"]        ["set", "Input", "{}"]
 *   ["unfold", "Definition"]   ["see", "SUCCEEDED"]        ["text"]
 *   ["class", "failed"]        texts of what has this class
 *   ["holds", "Input", "{}"]   waits until an input has this text */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, url] = process.argv.slice(2);
const FORBIDDEN = ["innerHTML", "outerHTML", "insertAdjacentHTML"];

class Node {
  constructor() {
    this.parent = null;
    this.childNodes = [];
  }
  get textContent() {
    return this.childNodes.map((c) => c.textContent).join(" ");
  }
  remove() {
    if (this.parent) this.parent.childNodes = this.parent.childNodes.filter((c) => c !== this);
    this.parent = null;
  }
}

class Text extends Node {
  constructor(data) {
    super();
    this.data = data;
  }
  get textContent() {
    return this.hidden ? "" : this.data;
  }
}

const boolean = (name) => ({
  get() { return this.attributes.has(name); },
  set(on) { if (on) this.attributes.set(name, ""); else this.attributes.delete(name); },
});

class Element extends Node {
  constructor(tag) {
    super();
    this.tag = tag;
    this.attributes = new Map();
    this.listeners = [];
    this.written = undefined;
  }
  get children() { return this.childNodes.filter((c) => c instanceof Element); }
  get textContent() { return this.hidden ? "" : super.textContent; }
  set textContent(text) { this.replaceChildren(String(text)); }
  get value() {
    if (this.written !== undefined) return this.written;
    if (this.tag === "select") return this.children[0]?.value ?? "";
    return this.attributes.get("value") ?? super.textContent;
  }
  set value(text) { this.written = String(text); }
  append(...nodes) { for (const node of nodes) this.insertBefore(node, null); }
  replaceChildren(...nodes) {
    for (const child of [...this.childNodes]) child.remove();
    this.append(...nodes);
  }
  insertBefore(given, before) {
    const node = given instanceof Node ? given : new Text(String(given));
    node.remove();
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    if (at < 0) throw new Error("insertBefore: not a child");
    this.childNodes.splice(at, 0, node);
    node.parent = this;
  }
  setAttribute(name, value) {
    if (name === "style" || name.startsWith("on")) throw new Error(`the policy forbids ${name}`);
    this.attributes.set(name, String(value));
  }
  addEventListener(type, listener) { this.listeners.push([type, listener]); }
  dispatch(type) {
    for (const [of, listener] of this.listeners) if (of === type) listener({ preventDefault() {}, target: this });
  }
  setCustomValidity() {}
  focus() {}
}
Object.defineProperty(Element.prototype, "hidden", boolean("hidden"));
Object.defineProperty(Element.prototype, "disabled", boolean("disabled"));
Object.defineProperty(Element.prototype, "open", boolean("open"));
for (const name of FORBIDDEN)
  Object.defineProperty(Element.prototype, name, { set() { throw new Error(`${name} is not for this page`); } });

/* ---- the globals of a browser ---- */
const ids = new Map();
const body = new Element("body");
const EMPTY = ["input", "meta", "link"];
let inside = body;
const markup = readFileSync(`${folder}/index.html`, "utf8").replace(/^[^]*<body>|<\/body>[^]*$/g, "");
for (const [, closes, tag, given, words] of markup.matchAll(/<(\/?)(\w+)([^>]*)>|([^<]+)/g)) {
  if (words !== undefined) inside.append(words.trim());
  else if (closes) inside = inside.parent;
  else {
    const made = new Element(tag);
    for (const [, name, value] of given.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) made.attributes.set(name, value ?? "");
    if (made.attributes.has("id")) ids.set(made.attributes.get("id"), made);
    inside.append(made);
    if (!EMPTY.includes(tag)) inside = made;
  }
}
const windowListeners = [];
let hash = "";
globalThis.Node = Node;
globalThis.document = {
  hidden: false,
  title: "",
  getElementById: (id) => ids.get(id) ?? null,
  createElement: (tag) => new Element(tag),
  createElementNS: (space, tag) => new Element(tag),
  createTextNode: (text) => new Text(text),
};
globalThis.location = {
  get hash() { return hash; },
  set hash(text) {
    hash = text;
    for (const [type, listener] of windowListeners) if (type === "hashchange") setTimeout(listener, 0);
  },
};
globalThis.window = { confirm: () => true };
globalThis.addEventListener = (type, listener) => windowListeners.push([type, listener]);
globalThis.sessionStorage = { getItem: () => null, setItem() {} };
const realFetch = globalThis.fetch;
globalThis.fetch = (path, options) => {
  if (!path.startsWith("/")) throw new Error(`a call to elsewhere: ${path}`);
  /* A browser tells the page's origin with everything that is not read. */
  const origin = options.method === "GET" ? {} : { Origin: url };
  return realFetch(url + path, { ...options, mode: "cors", headers: { ...options.headers, ...origin } });
};

/* ---- what a person does ---- */
const all = (node) => [node, ...node.childNodes.flatMap(all)];
const main = () => all(body).filter((n) => n instanceof Element);
const shown = (node) => !node || (!node.hidden && shown(node.parent));
const first = (what, test) => {
  const found = main().find((n) => shown(n) && test(n));
  if (!found) throw new Error(`there is no ${what} in: ${body.textContent}`);
  return found;
};
const labelled = (name) => {
  const by = main().find((n) => shown(n) && n.attributes.get("aria-label") === name);
  const label = by ?? first(`label ${name}`, (n) => n.tag === "label" && n.textContent.trim().startsWith(name));
  return by ?? all(label).find((n) => ["input", "select", "textarea"].includes(n.tag));
};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const formOf = (node) => (!node || node.tag === "form" ? node : formOf(node.parent));
const text = () => body.textContent.replace(/\s+/g, " ");

async function until(what, test) {
  for (let turn = 0; turn < 400; turn++) {
    if (test()) return;
    await wait(50);
  }
  throw new Error(`never saw ${what} in: ${text()}`);
}

const steps = {
  go(to) { location.hash = to; },
  async press(title) {
    const test = (n) => n.tag === "button" && n.textContent.trim() === title;
    await until(`button ${title}`, () => main().some((n) => shown(n) && test(n) && !n.disabled));
    const found = first(`button ${title}`, test);
    if (found.attributes.get("type") === "button") found.dispatch("click");
    else formOf(found).dispatch("submit");
  },
  async set(name, value) {
    await until(`label ${name}`, () => { try { return labelled(name); } catch { return false; } });
    const input = labelled(name);
    input.value = value;
    input.dispatch("input");
    input.dispatch("change");
  },
  async unfold(title) {
    const test = (n) => n.tag === "details" && n.children[0].textContent === title;
    await until(`fold ${title}`, () => main().some((n) => shown(n) && test(n)));
    const found = first(`fold ${title}`, test);
    found.open = true;
    found.dispatch("toggle");
  },
  holds: (name, what) => until(`${name} with ${what}`, () => labelled(name).value.includes(what)),
  see: (what) => until(what, () => text().includes(what)),
  text,
  hash: () => hash,
  class: (name) => main().filter((n) => n.attributes.get("class")?.split(" ").includes(name)).map((n) => n.textContent.trim()),
};

await import(pathToFileURL(`${folder}/console.js`));
const results = [];
for (const [name, ...args] of JSON.parse(readFileSync(0, "utf8"))) {
  results.push((await steps[name](...args)) ?? null);
  await wait(0);
}
process.stdout.write(JSON.stringify(results), () => process.exit(0));
