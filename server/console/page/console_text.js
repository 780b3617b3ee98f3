/* Text in and out: JSON, ARNs, dates, the place in the address bar.  Nothing here touches the page. */

const INDENT_MAX = 1 << 20;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/* What is wrong with a text that should be JSON; null: nothing. */
export function jsonError(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error.message;
  }
}

/* JSON on lines of its own.  Works on the text, so that every digit of a number stays; what is not JSON,
 * or would grow too long, stays as it is. */
export function indentJson(text) {
  if (typeof text !== "string" || jsonError(text) !== null) return text;
  const parts = [];
  let length = 0;
  let depth = 0;
  let before = "";
  const line = () => "\n" + "  ".repeat(depth);
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    const opened = before === "{" || before === "[";
    if (closes) depth--;
    let part = token;
    if (closes ? !opened : opened || before === ",") part = line() + token;
    else if (before === ":") part = " " + token;
    if (token === "{" || token === "[") depth++;
    parts.push(part);
    length += part.length;
    if (length > INDENT_MAX) return text;
    before = token;
  }
  return parts.join("");
}

/* Seconds since 1970, as the API has them, as "2024-01-01 00:00:00.000". */
export function dateText(seconds) {
  if (typeof seconds !== "number") return "";
  const date = new Date(Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime())) return String(seconds);
  return date.toISOString().replace("T", " ").replace("Z", "");
}

export function durationText(from, to) {
  if (typeof from !== "number" || typeof to !== "number") return "";
  const ms = Math.round((to - from) * 1000);
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60000) return `${ms / 1000} s`;
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let rest = Math.round(ms / 1000);
  const words = [];
  for (const [size, unit] of units) {
    if (rest >= size) words.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return words.slice(0, 2).join(" ");
}

/* The parts of an ARN of this service; null: it is none. */
export function parseArn(arn) {
  const found = /^arn:[^:]*:states:([^:]*):([^:]*):([^:]+):(.+)$/.exec(arn);
  if (!found) return null;
  const [, region, account, kind, rest] = found;
  const parts = rest.split(":");
  return { region, account, kind, machine: parts[0].split("/")[0], name: parts[parts.length - 1] };
}

/* The body for a clock that shall advance: seconds, or a duration as "P14D". */
export function advanceBody(text) {
  const plain = text.trim();
  return /^\d+(\.\d+)?$/.test(plain) ? { advanceSeconds: Number(plain) } : { advance: plain.toUpperCase() };
}

/* ---- the place in the address bar: "#/execution/<ARN>" ---- */
const VIEWS = ["machines", "machine", "execution", "maprun", "server"];

export function routeTo(view, arn) {
  return arn ? `#/${view}/${encodeURIComponent(arn)}` : `#/${view}`;
}

export function parseRoute(hash) {
  const [, view, ...rest] = hash.split("/");
  const needsArn = view !== "machines" && view !== "server";
  let arn = "";
  try {
    arn = decodeURIComponent(rest.join("/"));
  } catch {
    arn = "";
  }
  if (!VIEWS.includes(view) || (needsArn && !parseArn(arn))) return { view: "machines", arn: "" };
  return { view, arn: needsArn ? arn : "" };
}
