-- Which content stands in which item list, so that a new dataset can be met with all others in a time that hangs on its own length.

-- Which record has named which list, and where in its body; written from the log.
CREATE TABLE item_list (
    studio_id text   NOT NULL,
    sha256    text   NOT NULL,
    id        text   NOT NULL,
    index     bigint NOT NULL,
    pointer   text   NOT NULL,
    CONSTRAINT item_list_key PRIMARY KEY (studio_id, sha256, id, index, pointer)
);

-- What the lines of a list say of source and licence, each pair once; `list` is the first eight bytes of its SHA-256. A list that has
-- rows here has been read whole.
CREATE TABLE item_papers (
    studio_id text    NOT NULL,
    list      bigint  NOT NULL,
    papers    integer NOT NULL,
    source    text,
    licence   text,
    CONSTRAINT item_papers_key PRIMARY KEY (studio_id, list, papers)
);

-- A line of a list by the SHA-256 of its content: whose papers it has, and where in the list it begins.
CREATE TABLE item (
    studio_id text    NOT NULL,
    sha256    bytea   NOT NULL CHECK (octet_length(sha256) = 32),
    list      bigint  NOT NULL,
    place     bigint  NOT NULL,
    papers    integer NOT NULL,
    CONSTRAINT item_key PRIMARY KEY (studio_id, sha256, list, place)
);
CREATE INDEX item_by_list ON item (studio_id, list);

DO $$
DECLARE
    name text;
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    FOREACH name IN ARRAY ARRAY['item_list', 'item_papers', 'item'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY app_own ON %I TO clearance_app USING (%s) WITH CHECK (%s)', name, own, own);
        EXECUTE format('CREATE POLICY ledger_all ON %I TO clearance_ledger USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY owner_reads ON %I FOR SELECT TO clearance_owner USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO clearance_app, clearance_ledger', name);
    END LOOP;
END $$;
