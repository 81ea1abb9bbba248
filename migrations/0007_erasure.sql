-- Erasing a subject also forgets the keyed digests of the requests that brought its values in: whoever holds the studio's key
-- could else try dates of birth against them. The rows stay, so that a late retry is refused and not written anew.
CREATE POLICY owner_forgets ON write FOR UPDATE TO clearance_owner
    USING (studio_id = nullif(current_setting('clearance.studio', true), ''))
    WITH CHECK (studio_id = nullif(current_setting('clearance.studio', true), ''));

CREATE OR REPLACE FUNCTION erase_subject(erased text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE write SET request_hmac = ''
    WHERE studio_id = nullif(current_setting('clearance.studio', true), '') AND EXISTS (
        SELECT FROM disclosure
        WHERE disclosure.studio_id = write.studio_id AND disclosure.subject = erased
            AND disclosure.index >= write.first_index AND disclosure.index < write.first_index + write.count
    );
    WITH gone AS (
        DELETE FROM disclosure
        WHERE studio_id = nullif(current_setting('clearance.studio', true), '') AND subject = erased
        RETURNING 1
    )
    SELECT count(*) FROM gone;
END;
