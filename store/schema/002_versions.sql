-- Published versions of state machines, and the aliases that point to them.

ALTER TABLE state_machines ADD COLUMN last_version INTEGER NOT NULL DEFAULT 0; -- number given out last

-- A name for a revision.  Its number is never given out again.
CREATE TABLE versions (
    machine     INTEGER NOT NULL REFERENCES state_machines (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,                  -- from 1
    revision    INTEGER NOT NULL UNIQUE,           -- a revision has one version at most
    creation_ms INTEGER NOT NULL,
    description TEXT,
    PRIMARY KEY (machine, number)
) STRICT, WITHOUT ROWID;

-- The foreign keys keep a version while an alias points to it.  A machine has so few aliases that
-- checking them needs no index.
CREATE TABLE aliases (
    machine     INTEGER NOT NULL REFERENCES state_machines (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    creation_ms INTEGER NOT NULL,
    update_ms   INTEGER,                           -- NULL: never updated
    description TEXT,
    version_1   INTEGER NOT NULL,
    weight_1    INTEGER NOT NULL,                  -- percent
    version_2   INTEGER,                           -- NULL: all goes to the first
    weight_2    INTEGER,
    PRIMARY KEY (machine, name),
    FOREIGN KEY (machine, version_1) REFERENCES versions (machine, number),
    FOREIGN KEY (machine, version_2) REFERENCES versions (machine, number)
) STRICT, WITHOUT ROWID;

-- What a version or an alias started; most executions are in neither index.
CREATE INDEX executions_version ON executions (version_arn, status) WHERE version_arn IS NOT NULL;
CREATE INDEX executions_alias ON executions (alias_arn, status) WHERE alias_arn IS NOT NULL;
