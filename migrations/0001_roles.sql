-- as: login
-- The three roles of the design. They belong to the whole cluster and have no password: whoever the service logs in
-- as becomes a member and takes them with SET ROLE. Idempotent, because other databases of the cluster share them.
-- clearance_owner owns every object and runs the migrations behind this one; clearance_app answers requests, one studio
-- at a time; clearance_ledger sequences the log and runs jobs, across studios.
DO $$
DECLARE
    wanted text;
    member boolean;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['clearance_owner', 'clearance_app', 'clearance_ledger'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
        -- From version 16 on being a member is not enough, one must hold the SET option; the word is unknown before.
        IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE format('SELECT pg_has_role(current_user, %L, %L)', wanted, 'SET') INTO member;
        ELSE
            member := pg_has_role(current_user, wanted, 'MEMBER');
        END IF;
        IF NOT member THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
END $$;

GRANT USAGE, CREATE ON SCHEMA public TO clearance_owner;
GRANT USAGE ON SCHEMA public TO clearance_app, clearance_ledger;
