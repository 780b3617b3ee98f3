/* The console: the address bar says what is shown, the header has the clock and whose things these are. */
import { admin, scope } from "./console_api.js";
import { attempt, repeat, tell } from "./console_dom.js";
import { executionView } from "./console_execution.js";
import { advanceBody, parseArn, parseRoute } from "./console_text.js";
import { machineView, machinesView, mapRunView, serverView } from "./console_views.js";

const VIEWS = {
  machines: machinesView,
  machine: machineView,
  execution: executionView,
  maprun: mapRunView,
  server: serverView,
};

const at = (id) => document.getElementById(id);
let shown = null;

function show() {
  const { view, arn } = parseRoute(location.hash);
  shown?.stop();
  tell("");
  if (arn) {
    const { account, region } = parseArn(arn);
    useScope(account, region);
  }
  shown = VIEWS[view](arn);
  at("main").replaceChildren(shown.element);
  document.title = `${arn ? parseArn(arn).name : view} - sfnd`;
}

/* ---- whose state machines ---- */
function useScope(account, region) {
  Object.assign(scope, { account, region });
  at("scope-account").value = account;
  at("scope-region").value = region;
  try {
    sessionStorage.setItem("scope", JSON.stringify(scope));
  } catch {
    /* not remembered, then */
  }
}

function readScope() {
  try {
    const { account, region } = JSON.parse(sessionStorage.getItem("scope"));
    useScope(String(account), String(region));
  } catch {
    useScope("", "");
  }
}

at("scope").addEventListener("submit", (event) => {
  event.preventDefault();
  useScope(at("scope-account").value, at("scope-region").value);
  if (parseRoute(location.hash).view === "machines") show();
  else location.hash = "#/machines";
});

/* ---- the clock ---- */
function showClock(clock) {
  at("clock-mode").textContent = clock.mode;
  at("clock-now").textContent = clock.time.replace("T", " ").replace("Z", "");
}

at("clock").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = JSON.stringify(advanceBody(at("clock-by").value));
  attempt(async () => showClock(await admin("POST", "clock", body)));
});

/* A server that went away is told by what is shown. */
repeat(1000, () => admin("GET", "clock").then(showClock, () => {}));

/* The address bar holds the view, so the way past the header must not go there. */
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("main").focus();
});

addEventListener("hashchange", () => {
  show();
  at("main").focus();
});
readScope();
show();
