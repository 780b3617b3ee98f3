/* What a history says of each state of a definition.  Nothing here touches the page.
 *
 * Events are added in their order, and only once.  An event belongs to the visit of a state that its
 * previousEventId leads to; a visit knows the visit around it, so that a Parallel state that fails ends
 * what still ran inside. */

const CONTAINERS = { Parallel: true, Map: true };

export class HistoryStates {
  constructor() {
    this.counts = new Map(); /* state name -> { status: number of visits } */
    this.visitOf = new Map(); /* event id -> the innermost visit that is open after the event, or null */
    this.open = new Set();
    this.broken = new Set(); /* visits that a redrive opens again */
    this.events = 0;
  }

  /* One word for a state, or "" when it was never entered. */
  status(name) {
    const counts = this.counts.get(name);
    if (!counts) return "";
    return ["running", "failed", "aborted", "caught", "succeeded"].find((s) => counts[s] > 0) ?? "";
  }

  /* "3 succeeded, 1 running" */
  summary(name) {
    const counts = this.counts.get(name) ?? {};
    const told = Object.entries(counts).filter(([, n]) => n > 0);
    return told.map(([status, n]) => `${n} ${status}`).join(", ");
  }

  add(event) {
    this.events++;
    const at = this.visitOf.get(event.previousEventId) ?? null;
    this.visitOf.set(event.id, this.#apply(event, at));
  }

  /* The innermost open visit after the event. */
  #apply(event, at) {
    const type = event.type;
    const kind = /^(\w+)State(Entered|Exited|Started|Failed)$/.exec(type);
    if (kind?.[2] === "Entered") return this.#enter(kind[1], event.stateEnteredEventDetails?.name, at);
    if (kind?.[2] === "Exited") return this.#exit(event.stateExitedEventDetails?.name, at);
    if (type === "ExecutionRedriven") return this.#redrive(at);
    if (/^Execution(Failed|TimedOut|Aborted)$/.test(type)) return this.#end(type, at);
    if (kind?.[2] === "Failed") return this.#fail(this.#container(kind[1], at), at);
    if (/^MapIteration/.test(type)) return this.#container("Map", at);
    if (/(Failed|TimedOut)$/.test(type) && at) at.failed = true;
    if (/(Scheduled|StateStarted)$/.test(type) && at) this.#tryAgain(at);
    return at;
  }

  #enter(type, name, around) {
    if (typeof name !== "string") return around;
    const visit = { name, type, around, status: "", failed: type === "Fail" };
    this.#move(visit, type === "Succeed" ? "succeeded" : "running");
    return visit;
  }

  /* A Succeed state has an Exited event as well; its visit is then closed already. */
  #exit(name, at) {
    let visit = at;
    while (visit && visit.name !== name) visit = visit.around;
    if (!visit) return at;
    if (visit.type in CONTAINERS) {
      this.#closeInside(visit);
      this.#dropInside(visit);
    }
    this.#move(visit, visit.failed ? "caught" : "succeeded");
    return visit.around;
  }

  /* The nearest visit of a Parallel or Map state. */
  #container(type, at) {
    let visit = at;
    while (visit && visit.type !== type) visit = visit.around;
    return visit ?? at;
  }

  #fail(visit, at) {
    if (!visit) return at;
    for (let inner = at; inner && inner !== visit; inner = inner.around) inner.failed = true;
    visit.failed = true;
    this.#closeInside(visit);
    return visit;
  }

  /* A retry: what failed inside is over. */
  #tryAgain(visit) {
    visit.failed = false;
    if (visit.type in CONTAINERS) this.#dropInside(visit);
  }

  #end(type, at) {
    if (type !== "ExecutionAborted")
      for (let visit = at; visit; visit = visit.around) visit.failed = true;
    for (const visit of [...this.open])
      this.#move(visit, visit.failed || type === "ExecutionTimedOut" ? "failed" : "aborted");
    return at;
  }

  #redrive(at) {
    for (const visit of [...this.broken]) {
      visit.failed = visit.type === "Fail";
      this.#move(visit, "running");
    }
    return at;
  }

  #closeInside(visit) {
    for (const other of [...this.open])
      if (isInside(other, visit)) this.#move(other, other.failed ? "failed" : "aborted");
  }

  #dropInside(visit) {
    for (const other of [...this.broken]) if (isInside(other, visit)) this.broken.delete(other);
  }

  #move(visit, status) {
    const counts = this.counts.get(visit.name) ?? {};
    this.counts.set(visit.name, counts);
    if (visit.status) counts[visit.status]--;
    counts[status] = (counts[status] ?? 0) + 1;
    visit.status = status;
    this.open.delete(visit);
    this.broken.delete(visit);
    if (status === "running") this.open.add(visit);
    if (status === "failed" || status === "aborted") this.broken.add(visit);
  }
}

function isInside(visit, around) {
  for (let at = visit.around; at; at = at.around) if (at === around) return true;
  return false;
}
