-- The lake's catalogue: which segments exist, how far streams are written, what was seen where. No entities, no history.

CREATE TABLE segment (
    id          BLOB PRIMARY KEY,
    org         INTEGER NOT NULL,
    day         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    level       INTEGER NOT NULL,
    row_count   INTEGER NOT NULL,
    size_bytes  INTEGER NOT NULL,
    time_min    INTEGER NOT NULL,
    time_max    INTEGER NOT NULL,
    host_min    TEXT NOT NULL,
    host_max    TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE stream (
    name        TEXT PRIMARY KEY,
    written     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE prevalence (
    no          INTEGER PRIMARY KEY,
    org         INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    value       TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    hosts       INTEGER NOT NULL,
    UNIQUE (org, kind, value)
);

CREATE TABLE sighting (
    prevalence  INTEGER NOT NULL,
    host_key    INTEGER NOT NULL,
    PRIMARY KEY (prevalence, host_key)
) WITHOUT ROWID;

CREATE TABLE feed (
    org         INTEGER NOT NULL,
    source      TEXT NOT NULL,
    host_key    TEXT NOT NULL,
    host        TEXT NOT NULL,
    last_received_at INTEGER NOT NULL,
    last_event_at INTEGER NOT NULL,
    events      INTEGER NOT NULL,
    PRIMARY KEY (org, source, host_key)
) WITHOUT ROWID;
