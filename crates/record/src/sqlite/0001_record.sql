-- The record: versions in one chain, what is found by what, keys, and work to be done. Times are microseconds since 1970, UTC.

CREATE TABLE head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    installation BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    entities    INTEGER NOT NULL,
    tenants     INTEGER NOT NULL,
    signed_seq  INTEGER NOT NULL,
    signed_at   INTEGER NOT NULL
);

-- Number 0 is the installation itself.
CREATE TABLE tenant (
    no          INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    key         BLOB NOT NULL
);

CREATE TABLE entity (
    no          INTEGER PRIMARY KEY,
    org         INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    id          BLOB NOT NULL,
    version     INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    erased_at   INTEGER,
    key         BLOB,
    UNIQUE (kind, id)
);
CREATE INDEX entity_by_org ON entity (kind, org, no) WHERE erased_at IS NULL;

CREATE TABLE version (
    seq         INTEGER PRIMARY KEY,
    org         INTEGER NOT NULL,
    no          INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    id          BLOB NOT NULL,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    request     TEXT NOT NULL,
    form        TEXT NOT NULL,
    salt        BLOB NOT NULL,
    reason      BLOB NOT NULL,
    body        BLOB NOT NULL,
    commitment  BLOB NOT NULL,
    hash        BLOB NOT NULL,
    UNIQUE (no, version)
);
CREATE INDEX version_by_org ON version (org, seq);

CREATE TABLE checkpoint (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    key         BLOB NOT NULL,
    signature   BLOB NOT NULL
);

-- What an entity is found by, as it stands: derived, rebuilt at each version.
CREATE TABLE found (
    no          INTEGER PRIMARY KEY,
    org         INTEGER NOT NULL,
    text        TEXT NOT NULL,
    fields      TEXT NOT NULL
);

CREATE TABLE field (
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    org         INTEGER NOT NULL,
    text        TEXT NOT NULL,
    number      INTEGER NOT NULL,
    no          INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    PRIMARY KEY (kind, name, org, text, number, no)
) WITHOUT ROWID;
CREATE INDEX field_by_value ON field (kind, name, text, number, no, org, first);

CREATE TABLE gram (
    kind        TEXT NOT NULL,
    gram        TEXT NOT NULL,
    org         INTEGER NOT NULL,
    no          INTEGER NOT NULL,
    PRIMARY KEY (kind, gram, org, no)
) WITHOUT ROWID;

CREATE TABLE claim (
    org         INTEGER NOT NULL,
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    holder      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (org, namespace, name)
) WITHOUT ROWID;

CREATE TABLE series (
    org         INTEGER NOT NULL,
    name        TEXT NOT NULL,
    next        INTEGER NOT NULL,
    PRIMARY KEY (org, name)
) WITHOUT ROWID;

CREATE TABLE job (
    id          BLOB PRIMARY KEY,
    org         INTEGER NOT NULL,
    queue       TEXT NOT NULL,
    payload     TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease       INTEGER NOT NULL,
    last_error  TEXT
) WITHOUT ROWID;
CREATE INDEX job_due ON job (queue, state, due_at);
