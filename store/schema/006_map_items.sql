-- A Map Run whose items are read from objects, and whose results are written to objects.

ALTER TABLE map_runs ADD COLUMN objects TEXT; -- JSON of the engine: what is read and written; NULL: nothing

-- The items as they were captured, some in each row; `first` is the place of the first of them.
CREATE TABLE map_items (
    map_run INTEGER NOT NULL REFERENCES map_runs (id) ON DELETE CASCADE,
    first   INTEGER NOT NULL,
    source  TEXT NOT NULL, -- as $$.Map.Item.Source shows it
    items   TEXT NOT NULL, -- JSON array
    PRIMARY KEY (map_run, first)
) STRICT;
