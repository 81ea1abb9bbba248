-- The log and what is written with it in one transaction. No foreign keys here: nothing is ever deleted, and references
-- are resolved before they are queued. Every key starts with the studio, so that a studio can live on a node of its own.

-- A leaf of the studio's Merkle tree: the exact bytes that were hashed.
CREATE TABLE entry (
    studio_id   text        NOT NULL,
    index       bigint      NOT NULL CHECK (index >= 0),
    kind        text        NOT NULL,
    id          text        NOT NULL,
    version     integer     NOT NULL CHECK (version >= 1),
    recorded_at timestamptz NOT NULL,
    leaf        bytea       NOT NULL CHECK (octet_length(leaf) = 32),
    bytes       bytea       NOT NULL CHECK (octet_length(bytes) <= 65535),
    CONSTRAINT entry_key PRIMARY KEY (studio_id, index),
    CONSTRAINT entry_version UNIQUE (studio_id, id, version)
);

-- The current version of every record, and the columns that lists filter by with = or <.
CREATE TABLE head (
    studio_id   text        NOT NULL,
    id          text        NOT NULL,
    kind        text        NOT NULL,
    version     integer     NOT NULL,
    index       bigint      NOT NULL,
    first_index bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    label       text,
    type        text,
    state       text,
    party       text,
    productions text[]      NOT NULL,
    CONSTRAINT head_key PRIMARY KEY (studio_id, id)
);
CREATE INDEX head_by_kind ON head (studio_id, kind, first_index);
CREATE INDEX head_by_type ON head (studio_id, kind, type, first_index) WHERE type IS NOT NULL;
CREATE INDEX head_by_state ON head (studio_id, kind, state, first_index) WHERE state IS NOT NULL;
CREATE INDEX head_by_party ON head (studio_id, kind, party, first_index) WHERE party IS NOT NULL;
CREATE INDEX head_by_label ON head (studio_id, kind, label) WHERE label IS NOT NULL;

-- Membership of records in productions, one row each, because an array would need an operator that loses its index
-- under row-level security. `live` is false once a newer version leaves the production.
CREATE TABLE head_production (
    studio_id   text    NOT NULL,
    production  text    NOT NULL,
    kind        text    NOT NULL,
    first_index bigint  NOT NULL,
    id          text    NOT NULL,
    live        boolean NOT NULL DEFAULT true,
    CONSTRAINT head_production_key PRIMARY KEY (studio_id, id, production)
);
CREATE INDEX head_production_by_kind ON head_production (studio_id, production, kind, first_index) WHERE live;

-- The edges of the lineage graph: from one record version (the entry at `index`) to a record, pinned to a version or not.
CREATE TABLE reference (
    studio_id      text     NOT NULL,
    index          bigint   NOT NULL,
    position       smallint NOT NULL,
    source         text     NOT NULL,
    role           text     NOT NULL,
    target         text     NOT NULL,
    target_version integer,
    affects        boolean  NOT NULL,
    CONSTRAINT reference_key PRIMARY KEY (studio_id, index, position)
);
CREATE INDEX reference_by_target ON reference (studio_id, target, index);

-- One row for every append: the tree it left behind. `frontier` holds the roots of the perfect subtrees, left to right,
-- 32 bytes each; `committed_at` never runs backwards within a log.
CREATE TABLE tree_head (
    studio_id    text        NOT NULL,
    size         bigint      NOT NULL CHECK (size > 0),
    root         bytea       NOT NULL CHECK (octet_length(root) = 32),
    frontier     bytea       NOT NULL,
    committed_at timestamptz NOT NULL,
    CONSTRAINT tree_head_key PRIMARY KEY (studio_id, size)
);
CREATE INDEX tree_head_by_time ON tree_head (studio_id, committed_at, size);

-- Idempotency: what a key has written, and a keyed digest of the request that it stood for.
CREATE TABLE write (
    studio_id    text    NOT NULL,
    key_hash     bytea   NOT NULL,
    request_hmac bytea   NOT NULL,
    first_index  bigint  NOT NULL,
    count        integer NOT NULL,
    CONSTRAINT write_key PRIMARY KEY (studio_id, key_hash)
);

-- Outside ids (EIDR, tracker ids …). One belongs to one record of a kind, until a version of that record drops it.
CREATE TABLE identifier (
    studio_id  text   NOT NULL,
    kind       text   NOT NULL,
    scope      text   NOT NULL,
    value      text   NOT NULL,
    id         text   NOT NULL,
    index      bigint NOT NULL,
    dropped_at bigint,
    CONSTRAINT identifier_key PRIMARY KEY (studio_id, id, scope, value, index)
);
CREATE UNIQUE INDEX identifier_taken ON identifier (studio_id, kind, scope, value) WHERE dropped_at IS NULL;
CREATE INDEX identifier_by_value ON identifier (studio_id, scope, value) WHERE dropped_at IS NULL;

-- Secret values, encrypted, apart from the log; the entry holds the commitment. Rows vanish only in erase_subject().
CREATE TABLE disclosure (
    studio_id  text   NOT NULL,
    id         text   NOT NULL,
    index      bigint NOT NULL,
    pointer    text   NOT NULL,
    commitment bytea  NOT NULL CHECK (octet_length(commitment) = 32),
    ciphertext bytea  NOT NULL,
    subject    text,
    protection text   NOT NULL,
    CONSTRAINT disclosure_key PRIMARY KEY (studio_id, id, commitment)
);
CREATE INDEX disclosure_by_subject ON disclosure (studio_id, subject) WHERE subject IS NOT NULL;

-- Row-level security is the second fence behind the studio in every WHERE. FORCE binds the owner too: nobody who does
-- not alter a table first may change or delete a row of the log.
DO $$
DECLARE
    name text;
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    FOREACH name IN ARRAY ARRAY['entry', 'head', 'head_production', 'reference', 'tree_head', 'write', 'identifier', 'disclosure'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY app_reads ON %I FOR SELECT TO clearance_app USING (%s)', name, own);
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO clearance_owner USING (true)', name);
        EXECUTE format('CREATE POLICY ledger_reads ON %I FOR SELECT TO clearance_ledger USING (true)', name);
        EXECUTE format('CREATE POLICY ledger_writes ON %I FOR INSERT TO clearance_ledger WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO clearance_app', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO clearance_ledger', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['head', 'head_production', 'identifier'] LOOP
        EXECUTE format('CREATE POLICY ledger_moves ON %I FOR UPDATE TO clearance_ledger USING (true)', name);
        EXECUTE format('GRANT UPDATE ON %I TO clearance_ledger', name);
    END LOOP;
    EXECUTE format('CREATE POLICY owner_erases ON disclosure FOR DELETE TO clearance_owner USING (%s)', own);
END $$;

-- The only DELETE there is: forget what was kept about one subject of the studio that is set. The commitments in the
-- log stay, so every proof stays valid; answers how many values went.
CREATE FUNCTION erase_subject(erased text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH gone AS (
        DELETE FROM disclosure
        WHERE studio_id = nullif(current_setting('clearance.studio', true), '') AND subject = erased
        RETURNING 1
    )
    SELECT count(*) FROM gone;
END;
REVOKE ALL ON FUNCTION erase_subject(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_subject(text) TO clearance_app, clearance_ledger;
