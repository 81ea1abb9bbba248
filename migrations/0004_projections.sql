-- What is derived from the log, each with the position it has read to, and the book-keeping of long work.

CREATE TABLE projection_position (
    studio_id  text   NOT NULL,
    name       text   NOT NULL,
    next_index bigint NOT NULL,
    CONSTRAINT projection_position_key PRIMARY KEY (studio_id, name)
);

-- Which record has ever stated which digest; old versions count, because their bytes are still about.
CREATE TABLE digest (
    studio_id text   NOT NULL,
    algorithm text   NOT NULL,
    value     text   NOT NULL,
    kind      text   NOT NULL,
    id        text   NOT NULL,
    index     bigint NOT NULL,
    CONSTRAINT digest_key PRIMARY KEY (studio_id, algorithm, value, id)
);
CREATE INDEX digest_by_record ON digest (studio_id, id);

-- Roots of the full subtrees of every eighth level (256 leaves, 65,536 …): what proofs over old entries are made of.
CREATE TABLE subtree (
    studio_id text     NOT NULL,
    level     smallint NOT NULL CHECK (level > 0 AND level % 8 = 0),
    position  bigint   NOT NULL,
    root      bytea    NOT NULL CHECK (octet_length(root) = 32),
    CONSTRAINT subtree_key PRIMARY KEY (studio_id, level, position)
);

CREATE TABLE operation (
    studio_id    text        NOT NULL,
    operation_id text        NOT NULL,
    account_id   text        NOT NULL,
    kind         text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    done         bigint      NOT NULL DEFAULT 0,
    total        bigint,
    input        jsonb,
    result       jsonb,
    problem      jsonb,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT operation_key PRIMARY KEY (studio_id, operation_id)
);

DO $$
DECLARE
    name text;
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    FOREACH name IN ARRAY ARRAY['projection_position', 'digest', 'subtree', 'operation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY app_own ON %I TO clearance_app USING (%s) WITH CHECK (%s)', name, own, own);
        EXECUTE format('CREATE POLICY ledger_all ON %I TO clearance_ledger USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO clearance_owner USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO clearance_app, clearance_ledger', name);
    END LOOP;
END $$;

-- The clock of several hosts: whoever inserts the slot does the work. It belongs to the installation, to no studio.
CREATE TABLE tick (
    name   text        NOT NULL,
    slot   timestamptz NOT NULL,
    CONSTRAINT tick_key PRIMARY KEY (name, slot)
);
GRANT SELECT, INSERT ON tick TO clearance_ledger;
