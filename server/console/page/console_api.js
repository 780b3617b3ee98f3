/* Calls to the server that this page came from, and to no other. */

/* Whose state machines: empty means the server's own account or region. */
export const scope = { account: "", region: "" };

export class ApiError extends Error {
  constructor(status, answer) {
    super(answer?.message ?? answer?.Message ?? `The server answered with status ${status}`);
    this.status = status;
    this.type = String(answer?.__type ?? "").split("#").pop();
  }
}

async function send(method, path, headers, body) {
  let response;
  let text;
  try {
    response = await fetch(path, { method, headers, body, mode: "same-origin", credentials: "omit", cache: "no-store" });
    text = await response.text();
  } catch {
    throw new ApiError(0, { message: "The server does not answer" });
  }
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.status, { message: "The answer is no JSON: is this the server itself?" });
  }
  if (response.status === 403 && answer?.__type === "ForbiddenException") answer.message = FOREIGN;
  if (!response.ok) throw new ApiError(response.status, answer);
  return { answer, text };
}

const FOREIGN =
  "The server takes calls of pages under localhost, names that end in .localhost, and IP addresses only: " +
  "any other name could be pointed here by somebody else. Open this page under one of those.";

/* An operation of the service: call("ListStateMachines", { maxResults: 10 }). */
export async function call(operation, params) {
  const { account, region } = scope;
  const headers = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": `AWSStepFunctions.${operation}`,
    Authorization:
      `AWS4-HMAC-SHA256 Credential=${account || "console"}/20260101/${region}/states/aws4_request, ` +
      "SignedHeaders=host, Signature=0",
  };
  return (await send("POST", "/", headers, JSON.stringify(params))).answer;
}

/* One of the server's own endpoints; body is JSON text. */
export async function admin(method, what, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return (await send(method, `/_sfnd/${what}`, headers, body)).answer;
}

/* The same, with the answer's text as it came. */
export async function adminText(what) {
  return (await send("GET", `/_sfnd/${what}`, {})).text;
}
