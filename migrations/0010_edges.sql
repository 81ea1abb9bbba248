-- What rests on what, by the places in the log where both were first recorded: numbers, so that a question over everything a studio
-- has (what the end of a licence reaches) reads them all at once. Each version of a record states its edges; `ended` is the
-- place of the next version, from which on they no longer hold.
CREATE TABLE edge (
    studio_id text   NOT NULL,
    index     bigint NOT NULL,
    older     bigint NOT NULL,
    younger   bigint NOT NULL,
    role      text   NOT NULL,
    ended     bigint,
    CONSTRAINT edge_key PRIMARY KEY (studio_id, index, older, younger, role)
);

DO $$
DECLARE
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    ALTER TABLE edge ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY app_own ON edge TO clearance_app USING (%s) WITH CHECK (%s)', own, own);
    CREATE POLICY ledger_all ON edge TO clearance_ledger USING (true) WITH CHECK (true);
    CREATE POLICY owner_reads ON edge FOR SELECT TO clearance_owner USING (true);
    GRANT SELECT, INSERT, UPDATE ON edge TO clearance_app, clearance_ledger;
END $$;
