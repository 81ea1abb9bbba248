"""What `fsck` asks the database: the log in order, and what stands beside it and disagrees with it.

The bytes are held against the columns of `entry` first, in Python; from there on these statements may rely on the columns.
"""

from __future__ import annotations

STUDIOS = """
    SELECT studio_id FROM studio UNION SELECT studio_id FROM tree_head UNION SELECT studio_id FROM head ORDER BY studio_id
"""
ENTRIES = "SELECT index, kind, id, version, recorded_at, leaf, bytes FROM entry WHERE studio_id = %(studio_id)s ORDER BY index"
HEADS = "SELECT size, root, frontier, committed_at FROM tree_head WHERE studio_id = %(studio_id)s ORDER BY size"
REFERENCES = """
    SELECT index, source, role, target, target_version, affects FROM reference
    WHERE studio_id = %(studio_id)s AND index >= %(first)s AND index <= %(last)s ORDER BY index, position
"""
SUBTREES = "SELECT level, position, root FROM subtree WHERE studio_id = %(studio_id)s ORDER BY level, position"

_HEAD = """
    SELECT coalesce(head.id, written.id)
    FROM (SELECT * FROM head WHERE studio_id = %(studio_id)s) AS head
    FULL JOIN (
        SELECT DISTINCT ON (id) id, kind, version, index, recorded_at, first_value(index) OVER (PARTITION BY id ORDER BY version) AS first_index
        FROM entry WHERE studio_id = %(studio_id)s ORDER BY id, version DESC
    ) AS written USING (id)
    WHERE (head.kind, head.version, head.index, head.first_index, head.recorded_at)
        IS DISTINCT FROM (written.kind, written.version, written.index, written.first_index, written.recorded_at)
"""
_VERSIONS = "SELECT id FROM entry WHERE studio_id = %(studio_id)s GROUP BY id HAVING count(*) <> max(version) OR min(version) <> 1"
_MOVED = """
    SELECT 'entry ' || entry.index FROM entry JOIN head USING (studio_id, id, version)
    WHERE studio_id = %(studio_id)s AND entry.index <> head.index
    UNION
    SELECT 'entry ' || later.index FROM entry AS later JOIN entry AS earlier USING (studio_id, id)
    WHERE studio_id = %(studio_id)s AND later.version = earlier.version + 1 AND later.index < earlier.index
"""
_STRAY_REFERENCES = "SELECT 'entry ' || index FROM reference WHERE studio_id = %(studio_id)s AND index >= %(size)s"
_IDENTIFIERS = """
    WITH stated AS (
        SELECT DISTINCT head.kind, head.id, name ->> 'scope' AS scope, name ->> 'value' AS value
        FROM head JOIN entry USING (studio_id, index)
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(convert_from(entry.bytes, 'UTF8')::jsonb #> '{body,identifiers}')
            WHEN 'array' THEN convert_from(entry.bytes, 'UTF8')::jsonb #> '{body,identifiers}' END
        ) AS name
        WHERE head.studio_id = %(studio_id)s
    ), stored AS (
        SELECT kind, id, scope, value FROM identifier WHERE studio_id = %(studio_id)s AND dropped_at IS NULL
    ), wrong AS (
        (TABLE stated EXCEPT TABLE stored) UNION (TABLE stored EXCEPT TABLE stated)
    )
    SELECT id || ' ' || scope || ' ' || value FROM wrong
"""
_PRODUCTIONS = """
    WITH stated AS (
        SELECT unnest(productions) AS production, kind, first_index, id FROM head WHERE studio_id = %(studio_id)s
    ), stored AS (
        SELECT production, kind, first_index, id FROM head_production WHERE studio_id = %(studio_id)s AND live
    ), wrong AS (
        (TABLE stated EXCEPT TABLE stored) UNION (TABLE stored EXCEPT TABLE stated)
    )
    SELECT DISTINCT id FROM wrong
"""
_DISCLOSURES = """
    SELECT disclosure.id || ' ' || disclosure.pointer
    FROM disclosure LEFT JOIN entry USING (studio_id, index)
    WHERE disclosure.studio_id = %(studio_id)s AND (
        entry.id IS DISTINCT FROM disclosure.id
        OR position(convert_to(encode(disclosure.commitment, 'hex'), 'UTF8') IN entry.bytes) = 0
    )
"""
_WRITES = """
    SELECT encode(key_hash, 'hex') FROM write
    WHERE studio_id = %(studio_id)s AND (first_index < 0 OR count < 1 OR first_index + count > %(size)s)
"""

_REORDERED = (
    "It does not stand where it was written: entries have changed places. Append nothing; put them back in the order of a backup, a replica"
    " or a bundle, and run this again."
)

CHECKS = (
    ("reordered", _MOVED, _REORDERED),
    ("head", _HEAD, "The row of the current version is not that of the newest entry."),
    ("versions", _VERSIONS, "Its versions do not count up from 1 without a gap."),
    ("reference", _STRAY_REFERENCES, "There is a reference of an entry that is not in the log."),
    ("identifier", _IDENTIFIERS, "The current version and the rows of outside ids disagree."),
    ("production", _PRODUCTIONS, "The current version and the rows of its productions disagree."),
    ("disclosure", _DISCLOSURES, "What is kept of a secret field belongs to no commitment in its entry."),
    ("write", _WRITES, "An idempotency key claims entries that are not in the log."),
)
"""Code, statement (each row is a place), sentence."""
