-- The record: versions in one chain, what is found by what, keys, and work to be done. Times are microseconds since 1970, UTC.

CREATE TABLE head (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    installation BYTEA NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    hash        BYTEA NOT NULL,
    entities    BIGINT NOT NULL,
    tenants     BIGINT NOT NULL,
    signed_seq  BIGINT NOT NULL,
    signed_at   BIGINT NOT NULL
);

-- Number 0 is the installation itself.
CREATE TABLE tenant (
    no          BIGINT PRIMARY KEY,
    id          BYTEA NOT NULL UNIQUE,
    key         BYTEA NOT NULL
);

CREATE TABLE entity (
    no          BIGINT PRIMARY KEY,
    org         BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    id          BYTEA NOT NULL,
    version     BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    erased_at   BIGINT,
    key         BYTEA,
    UNIQUE (kind, id)
);
CREATE INDEX entity_by_org ON entity (kind, org, no) WHERE erased_at IS NULL;

CREATE TABLE version (
    seq         BIGINT PRIMARY KEY,
    org         BIGINT NOT NULL,
    no          BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    id          BYTEA NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    request     TEXT COLLATE "C" NOT NULL,
    form        TEXT COLLATE "C" NOT NULL,
    salt        BYTEA NOT NULL,
    reason      BYTEA NOT NULL,
    body        BYTEA NOT NULL,
    commitment  BYTEA NOT NULL,
    hash        BYTEA NOT NULL,
    UNIQUE (no, version)
);
CREATE INDEX version_by_org ON version (org, seq);

CREATE TABLE checkpoint (
    seq         BIGINT PRIMARY KEY,
    at          BIGINT NOT NULL,
    hash        BYTEA NOT NULL,
    key         BYTEA NOT NULL,
    signature   BYTEA NOT NULL
);

-- What an entity is found by, as it stands: derived, rebuilt at each version.
CREATE TABLE found (
    no          BIGINT PRIMARY KEY,
    org         BIGINT NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    fields      TEXT COLLATE "C" NOT NULL
);

CREATE TABLE field (
    kind        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    org         BIGINT NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    number      BIGINT NOT NULL,
    no          BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    PRIMARY KEY (kind, name, org, text, number, no)
);
CREATE INDEX field_by_value ON field (kind, name, text, number, no, org, first);

CREATE TABLE gram (
    kind        TEXT COLLATE "C" NOT NULL,
    gram        TEXT COLLATE "C" NOT NULL,
    org         BIGINT NOT NULL,
    no          BIGINT NOT NULL,
    PRIMARY KEY (kind, gram, org, no)
);

CREATE TABLE claim (
    org         BIGINT NOT NULL,
    namespace   TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    holder      TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (org, namespace, name)
);

CREATE TABLE series (
    org         BIGINT NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    next        BIGINT NOT NULL,
    PRIMARY KEY (org, name)
);

CREATE TABLE job (
    id          BYTEA PRIMARY KEY,
    org         BIGINT NOT NULL,
    queue       TEXT COLLATE "C" NOT NULL,
    payload     TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    attempt     BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease       BIGINT NOT NULL,
    last_error  TEXT COLLATE "C"
);
CREATE INDEX job_due ON job (queue, state, due_at);

-- The second wall: whatever a statement asks, a transaction sees rows of its tenants only. `*` is the whole installation.

ALTER TABLE entity ENABLE ROW LEVEL SECURITY;
ALTER TABLE entity FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON entity USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE version ENABLE ROW LEVEL SECURITY;
ALTER TABLE version FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON version USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE found ENABLE ROW LEVEL SECURITY;
ALTER TABLE found FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON found USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE field ENABLE ROW LEVEL SECURITY;
ALTER TABLE field FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON field USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE gram ENABLE ROW LEVEL SECURITY;
ALTER TABLE gram FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON gram USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON claim USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE series ENABLE ROW LEVEL SECURITY;
ALTER TABLE series FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON series USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);

ALTER TABLE job ENABLE ROW LEVEL SECURITY;
ALTER TABLE job FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON job USING (CASE current_setting('hikeshi.tenants', true) WHEN '*' THEN true
    ELSE org = ANY (string_to_array(current_setting('hikeshi.tenants', true), ',')::bigint[]) END);
