-- Studios and who may speak for them. A caller is looked up before the studio is known: by functions that run as the
-- owner and answer only for an exact secret or address, so that the request's own role never sees another studio's rows.

CREATE TABLE studio (
    studio_id  text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT studio_key PRIMARY KEY (studio_id)
);

-- `productions` NULL: not limited to any. `password_hash` is argon2id's own text, NULL for accounts without one.
CREATE TABLE account (
    studio_id     text        NOT NULL,
    account_id    text        NOT NULL,
    name          text        NOT NULL,
    email         text,
    password_hash text,
    roles         text[]      NOT NULL,
    productions   text[],
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz,
    CONSTRAINT account_key PRIMARY KEY (studio_id, account_id)
);
CREATE UNIQUE INDEX account_email_taken ON account (studio_id, lower(email));
CREATE INDEX account_by_email ON account (lower(email));

-- A key is 256 random bits, of which only the SHA-256 is kept; `shown` is its beginning, for people to tell keys apart.
-- `scopes` empty: everything its roles allow. `productions` NULL: not limited.
CREATE TABLE api_key (
    studio_id    text        NOT NULL,
    key_id       text        NOT NULL,
    account_id   text        NOT NULL,
    name         text        NOT NULL,
    sha256       bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    shown        text        NOT NULL,
    roles        text[]      NOT NULL,
    scopes       text[]      NOT NULL DEFAULT '{}',
    productions  text[],
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CONSTRAINT api_key_key PRIMARY KEY (studio_id, key_id),
    CONSTRAINT api_key_sha256 UNIQUE (studio_id, sha256),
    CONSTRAINT api_key_account FOREIGN KEY (studio_id, account_id) REFERENCES account
);
CREATE INDEX api_key_by_sha256 ON api_key (sha256);

CREATE TABLE session (
    studio_id  text        NOT NULL,
    sha256     bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    account_id text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    CONSTRAINT session_key PRIMARY KEY (studio_id, sha256),
    CONSTRAINT session_account FOREIGN KEY (studio_id, account_id) REFERENCES account
);
CREATE INDEX session_by_sha256 ON session (sha256);

DO $$
DECLARE
    name text;
    own constant text := $p$ studio_id = nullif(current_setting('clearance.studio', true), '') $p$;
BEGIN
    FOREACH name IN ARRAY ARRAY['studio', 'account', 'api_key', 'session'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY app_own ON %I TO clearance_app USING (%s) WITH CHECK (%s)', name, own, own);
        EXECUTE format('CREATE POLICY ledger_reads ON %I FOR SELECT TO clearance_ledger USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO clearance_app', name);
        EXECUTE format('GRANT SELECT ON %I TO clearance_ledger', name);
    END LOOP;
END $$;

-- The key with this SHA-256 and its account, whatever their state: the caller judges expiry, revocation and disabling.
CREATE FUNCTION key_by_sha256(digest bytea)
RETURNS TABLE (
    studio_id text, key_id text, roles text[], scopes text[], productions text[], expires_at timestamptz, revoked_at timestamptz,
    last_used_at timestamptz, account_id text, account_name text, account_roles text[], account_productions text[], disabled_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT api_key.studio_id, api_key.key_id, api_key.roles, api_key.scopes, api_key.productions, api_key.expires_at, api_key.revoked_at,
           api_key.last_used_at, account.account_id, account.name, account.roles, account.productions, account.disabled_at
    FROM api_key JOIN account USING (studio_id, account_id)
    WHERE api_key.sha256 = digest;
END;

-- The session with this SHA-256 and its account, whatever their state.
CREATE FUNCTION session_by_sha256(digest bytea)
RETURNS TABLE (
    studio_id text, expires_at timestamptz, ended_at timestamptz,
    account_id text, account_name text, account_roles text[], account_productions text[], disabled_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT session.studio_id, session.expires_at, session.ended_at,
           account.account_id, account.name, account.roles, account.productions, account.disabled_at
    FROM session JOIN account USING (studio_id, account_id)
    WHERE session.sha256 = digest;
END;

-- The accounts that sign in with this address; the same person may have one in several studios.
CREATE FUNCTION accounts_by_email(address text)
RETURNS TABLE (studio_id text, studio_name text, account_id text, account_name text, password_hash text, disabled_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT account.studio_id, studio.name, account.account_id, account.name, account.password_hash, account.disabled_at
    FROM account JOIN studio USING (studio_id)
    WHERE lower(account.email) = lower(address)
    ORDER BY account.studio_id;
END;

REVOKE ALL ON FUNCTION key_by_sha256(bytea), session_by_sha256(bytea), accounts_by_email(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION key_by_sha256(bytea), session_by_sha256(bytea), accounts_by_email(text) TO clearance_app;
