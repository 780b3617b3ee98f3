-- Map Runs: what a Map in DISTRIBUTED mode starts, and the child executions of each.

ALTER TABLE executions ADD COLUMN map_run INTEGER;    -- whose child it is; NULL: nobody's
ALTER TABLE executions ADD COLUMN item INTEGER;       -- its place among the children, from 0
ALTER TABLE executions ADD COLUMN item_count INTEGER; -- how many items it works on

-- No list of a machine's executions shows children.
DROP INDEX executions_machine;
CREATE INDEX executions_machine ON executions (machine, status) WHERE map_run IS NULL;
CREATE INDEX executions_map_run ON executions (map_run, status) WHERE map_run IS NOT NULL;

-- A Map Run goes with its parent; its children follow when they are due.  Like `revision` of an
-- execution, `execution` needs no foreign key.
CREATE TABLE map_runs (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    machine              INTEGER NOT NULL REFERENCES state_machines (id) ON DELETE CASCADE,
    execution            INTEGER NOT NULL,         -- the parent
    revision             INTEGER NOT NULL,
    uuid                 TEXT NOT NULL,
    label                TEXT NOT NULL,
    state                TEXT NOT NULL,            -- name of the Map state
    express              INTEGER NOT NULL,         -- type of the children
    status               INTEGER NOT NULL,         -- enum execution_status, without PENDING_REDRIVE
    phase                INTEGER NOT NULL,         -- enum of the engine
    outcome              INTEGER NOT NULL,         -- status it is about to have; 0: not known yet
    start_ms             INTEGER NOT NULL,
    stop_ms              INTEGER,
    redrive_ms           INTEGER,
    redrive_count        INTEGER NOT NULL,
    max_concurrency      INTEGER NOT NULL,
    tolerated_count      INTEGER NOT NULL,
    tolerated_percentage REAL NOT NULL,
    error                TEXT,                     -- of an outcome FAILED
    cause                TEXT,
    plan                 TEXT,                     -- JSON: items of each child; NULL: one each
    executions           TEXT NOT NULL,            -- JSON: counts, see store/map_run.c
    items                TEXT NOT NULL,
    UNIQUE (machine, uuid)
) STRICT;
CREATE INDEX map_runs_execution ON map_runs (execution);
CREATE INDEX map_runs_open ON map_runs (id) WHERE status = 1;
