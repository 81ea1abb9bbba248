-- Who outside this installation vouches for its logs: witnesses that cosign checkpoints, authorities that time-stamp them.
-- What they answer is kept for good: a cosignature and a time-stamp are worth most when everything else is in doubt.

-- `studio_id` NULL: for every log. `key`: of a witness its verifier key, of an authority its root certificates (PEM).
CREATE TABLE anchor (
    name       text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('witness', 'time_stamp')),
    studio_id  text,
    key        text        NOT NULL,
    url        text        NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_at timestamptz,
    CONSTRAINT anchor_key PRIMARY KEY (name)
);

-- How the last attempt with an anchor went for a log, and until it goes well again, what is to be done about it. `size` is the
-- largest tree that it is known to have seen, also where that is more than this database holds.
CREATE TABLE anchor_state (
    studio_id text        NOT NULL,
    name      text        NOT NULL,
    outcome   text        NOT NULL CHECK (outcome IN ('ok', 'away', 'refused', 'forked')),
    says      text        NOT NULL,
    size      bigint      NOT NULL,
    tried_at  timestamptz NOT NULL,
    CONSTRAINT anchor_state_key PRIMARY KEY (studio_id, name)
);

-- A witness's signature line for the checkpoint of a tree (C2SP tlog-cosignature).
CREATE TABLE cosignature (
    studio_id   text        NOT NULL,
    size        bigint      NOT NULL CHECK (size > 0),
    name        text        NOT NULL,
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    line        text        NOT NULL,
    cosigned_at timestamptz NOT NULL,
    CONSTRAINT cosignature_key PRIMARY KEY (studio_id, size, name)
);
CREATE INDEX cosignature_by_name ON cosignature (studio_id, name, size);

-- An authority's answer (RFC 3161, DER) over the text of the checkpoint of a tree: its three lines, without signatures.
CREATE TABLE time_stamp (
    studio_id  text        NOT NULL,
    size       bigint      NOT NULL CHECK (size > 0),
    name       text        NOT NULL,
    root       bytea       NOT NULL CHECK (octet_length(root) = 32),
    response   bytea       NOT NULL,
    stamped_at timestamptz NOT NULL,
    CONSTRAINT time_stamp_key PRIMARY KEY (studio_id, size, name)
);
CREATE INDEX time_stamp_by_name ON time_stamp (studio_id, name, size);

DO $$
DECLARE
    name text;
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    FOREACH name IN ARRAY ARRAY['anchor', 'anchor_state', 'cosignature', 'time_stamp'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY ledger_reads ON %I FOR SELECT TO clearance_ledger USING (true)', name);
        EXECUTE format('CREATE POLICY ledger_writes ON %I FOR INSERT TO clearance_ledger WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO clearance_owner USING (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO clearance_app', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO clearance_ledger', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['anchor_state', 'cosignature', 'time_stamp'] LOOP
        EXECUTE format('CREATE POLICY app_reads ON %I FOR SELECT TO clearance_app USING (%s)', name, own);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['anchor', 'anchor_state'] LOOP
        EXECUTE format('CREATE POLICY ledger_moves ON %I FOR UPDATE TO clearance_ledger USING (true)', name);
        EXECUTE format('GRANT UPDATE ON %I TO clearance_ledger', name);
    END LOOP;
    EXECUTE format('CREATE POLICY app_reads ON anchor FOR SELECT TO clearance_app USING (studio_id IS NULL OR %s)', own);
END $$;
