-- Values about an erased person that lie under another key than theirs (the studio's, where nobody had said yet whom they are about,
-- or one of several people's) are named one by one. As in erase_subject(), the keyed digests of the requests that brought them in
-- are forgotten with them, and the commitments in the log stay.
CREATE FUNCTION erase_values(records text[], marks bytea[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE write SET request_hmac = ''
    WHERE studio_id = nullif(current_setting('clearance.studio', true), '') AND EXISTS (
        SELECT FROM disclosure JOIN unnest(records, marks) AS named(id, commitment) USING (id, commitment)
        WHERE disclosure.studio_id = write.studio_id
            AND disclosure.index >= write.first_index AND disclosure.index < write.first_index + write.count
    );
    WITH gone AS (
        DELETE FROM disclosure USING unnest(records, marks) AS named(id, commitment)
        WHERE disclosure.studio_id = nullif(current_setting('clearance.studio', true), '')
            AND disclosure.id = named.id AND disclosure.commitment = named.commitment
        RETURNING 1
    )
    SELECT count(*) FROM gone;
END;
REVOKE ALL ON FUNCTION erase_values(text[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_values(text[], bytea[]) TO clearance_app, clearance_ledger;
