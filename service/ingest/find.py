"""Looks for records that a source may mean: by what proves identity first, by names last and only where they are unambiguous."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from service.context import Context
from service.ingest import bodies
from service.ingest.draft import Digest

PROVING = ("sha256", "blake3", "sha512", "c4")
_MODELS = 5_000


def by_digests(context: Context, kind: str, digests: Iterable[Digest]) -> str | None:
    """The record of this kind that has one of the digests that prove identity; the oldest if several do.

    The digest projection must have been brought up to date by the caller.
    """
    proving = [each for each in digests if each.algorithm in PROVING]
    if not proving:
        return None
    row = context.conn.execute(
        "SELECT digest.id FROM unnest(%(algorithms)s::text[], %(values)s::text[]) AS wanted (algorithm, value)"
        " JOIN digest ON digest.studio_id = %(studio_id)s AND digest.algorithm = wanted.algorithm AND digest.value = wanted.value"
        " WHERE digest.kind = %(kind)s ORDER BY digest.index LIMIT 1",
        {
            "studio_id": context.studio_id,
            "kind": kind,
            "algorithms": [each.algorithm for each in proving],
            "values": [each.value for each in proving],
        },
    ).fetchone()
    return row[0] if row else None


def by_identifier(context: Context, kind: str, scope: str, value: str) -> str | None:
    """The record of this kind that carries an outside id now; a strange one is looked for as it would be recorded."""
    value = bodies.clean(value, 500) or ""
    row = context.conn.execute(
        "SELECT id FROM identifier WHERE studio_id = %(studio_id)s AND kind = %(kind)s AND scope = %(scope)s AND value = %(value)s"
        " AND dropped_at IS NULL",
        {"studio_id": context.studio_id, "kind": kind, "scope": scope, "value": value},
    ).fetchone()
    return row[0] if row else None


def by_sha256(context: Context, kind: str, values: Iterable[str]) -> dict[str, str]:
    """The records of this kind that have these SHA-256s, the oldest of several, by the digest."""
    rows = context.conn.execute(
        "SELECT DISTINCT ON (value) value, id FROM digest WHERE studio_id = %s AND algorithm = 'sha256' AND value = ANY(%s) AND kind = %s"
        " ORDER BY value, index",
        (context.studio_id, list(values), kind),
    )
    return dict(rows.fetchall())


def by_identifiers(context: Context, kind: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The records of this kind that carry these outside ids now, by (scope, value)."""
    pairs = list(wanted)
    rows = context.conn.execute(
        "SELECT identifier.scope, identifier.value, identifier.id FROM unnest(%(scopes)s::text[], %(values)s::text[]) AS wanted (scope, value)"
        " JOIN identifier ON identifier.studio_id = %(studio_id)s AND identifier.kind = %(kind)s AND identifier.scope = wanted.scope"
        " AND identifier.value = wanted.value AND identifier.dropped_at IS NULL",
        {
            "studio_id": context.studio_id,
            "kind": kind,
            "scopes": [scope for scope, _ in pairs],
            "values": [value for _, value in pairs],
        },
    )
    return {(scope, value): record_id for scope, value, record_id in rows}


def models_named(context: Context, name: str) -> list[str]:
    """Registered models whose file name, name or vendor's version name is exactly this."""
    rows = context.conn.execute(
        "SELECT head.id, entry.bytes FROM head JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE head.studio_id = %(studio_id)s AND head.kind = 'model' ORDER BY head.first_index DESC LIMIT %(most)s",
        {"studio_id": context.studio_id, "most": _MODELS},
    )
    found = ((record_id, orjson.loads(raw)["body"]) for record_id, raw in rows)
    return [record_id for record_id, body in found if name in {body.get("file_name"), body.get("name"), body.get("label")}]
