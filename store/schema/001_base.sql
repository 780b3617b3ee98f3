-- State machines, their revisions, executions, history, checkpoints.
--
-- Keys that carry two numbers: events.key = execution * 65536 + event id, payloads.key and branches.key
-- = execution * 16777216 + number.  An execution's rows lie together, are appended at the end of their
-- table, and are found and removed as one range, with no further index.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids of machines, revisions and activities are never given out twice, so that nothing remembered
-- under an id can be taken for something newer.
CREATE TABLE state_machines (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    name          TEXT NOT NULL,
    type          INTEGER NOT NULL,                -- enum machine_type
    status        INTEGER NOT NULL,                -- enum machine_status
    creation_ms   INTEGER NOT NULL,
    revision      INTEGER NOT NULL REFERENCES revisions (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (account, region, name)
) STRICT;
CREATE INDEX state_machines_deleting ON state_machines (id) WHERE status = 2;

-- What an execution is pinned to.
CREATE TABLE revisions (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    machine             INTEGER NOT NULL REFERENCES state_machines (id) ON DELETE CASCADE,
    revision_id         TEXT,                      -- a UUID; NULL for the initial revision
    creation_ms         INTEGER NOT NULL,
    definition          TEXT NOT NULL,
    role_arn            TEXT NOT NULL,
    logging             TEXT NOT NULL,             -- JSON, as DescribeStateMachine answers it
    tracing             TEXT NOT NULL,
    encryption          TEXT NOT NULL,
    variable_references TEXT                       -- JSON; NULL when no state uses variables
) STRICT;
CREATE INDEX revisions_machine ON revisions (machine);
CREATE TRIGGER revisions_immutable BEFORE UPDATE ON revisions
BEGIN SELECT raise(ABORT, 'a revision is never changed'); END;

-- What a list shows comes first: a row of a list is read no further than that.  A revision lives as
-- long as its machine, and the machine as long as its executions, so `revision` needs no foreign key
-- (nor the index that would make one bearable).
CREATE TABLE executions (
    id             INTEGER PRIMARY KEY,            -- grows with the start date
    machine        INTEGER NOT NULL REFERENCES state_machines (id),
    revision       INTEGER NOT NULL,
    name           TEXT NOT NULL,
    status         INTEGER NOT NULL,               -- enum execution_status
    start_ms       INTEGER NOT NULL,
    stop_ms        INTEGER,                        -- NULL while open
    redrive_ms     INTEGER,                        -- NULL: never redriven
    redrive_count  INTEGER NOT NULL,
    event_count    INTEGER NOT NULL,
    payload_count  INTEGER NOT NULL,
    branch_count   INTEGER NOT NULL,
    timeout_ms     INTEGER,                        -- when the machine's TimeoutSeconds runs out
    version_arn    TEXT,
    alias_arn      TEXT,
    trace_header   TEXT,
    error          TEXT,
    cause          TEXT,
    input          ANY NOT NULL,                   -- TEXT, or INTEGER: the number of a payload
    output         ANY,
    UNIQUE (machine, name)
) STRICT;
CREATE INDEX executions_machine ON executions (machine, status);
CREATE INDEX executions_stop ON executions (stop_ms) WHERE stop_ms IS NOT NULL;
CREATE INDEX executions_running ON executions (id) WHERE status = 1;

-- History is append-only.
CREATE TABLE events (
    key      INTEGER PRIMARY KEY,                  -- execution * 65536 + id
    previous INTEGER NOT NULL,
    time_ms  INTEGER NOT NULL,
    type     INTEGER NOT NULL,                     -- enum event_type
    details  TEXT,                                 -- members of the details object but for the payload
    payload  ANY                                   -- TEXT, or INTEGER: the number of a payload
) STRICT;
CREATE TRIGGER events_immutable BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an event is never changed'); END;

-- Texts too large to repeat in every row that shows them.
CREATE TABLE payloads (
    key  INTEGER PRIMARY KEY,                      -- execution * 16777216 + number
    text TEXT NOT NULL
) STRICT;

-- The checkpoints: what it takes to go on with an execution, or to redrive it.
CREATE TABLE branches (
    key           INTEGER PRIMARY KEY,             -- execution * 16777216 + number
    parent        INTEGER NOT NULL,                -- number of the branch; the root's own
    slot          INTEGER NOT NULL,                -- branch of a Parallel, iteration of a Map
    status        INTEGER NOT NULL,                -- enum branch_status of the engine
    phase         INTEGER NOT NULL,
    state         TEXT NOT NULL,
    entered_event INTEGER NOT NULL,
    entered_ms    INTEGER NOT NULL,
    previous      INTEGER NOT NULL,                -- what its next event points back to
    input         ANY,
    work          ANY,                             -- the task's input, the Map's items
    output        ANY,
    variables     TEXT,
    details       TEXT                             -- JSON: retry counters, deadlines, ...
) STRICT;

CREATE TABLE redrive_tokens (
    execution  INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    token      TEXT NOT NULL,
    redrive_ms INTEGER NOT NULL,                   -- first use, and what a repeat is answered
    number     INTEGER NOT NULL,                   -- the redrive it started: 1, 2, ...
    PRIMARY KEY (execution, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE activities (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    name        TEXT NOT NULL,
    creation_ms INTEGER NOT NULL,
    encryption  TEXT NOT NULL,
    UNIQUE (account, region, name)
) STRICT;

CREATE TABLE tags (
    arn   TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;
