"""What governs a production, kept at hand between decisions: adoptions, sign-offs, waivers, settled reviews, exceptions.

The log only grows, so what was read stays right until an entry of one of these kinds is added; one look at the entries since then
says whether that has happened. Nothing is kept that a later erasure could reach: the bodies stay sealed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from service import errors
from service.context import Context
from service.records import read
from service.records.model import Recorded

MOST: Final = 5_000
"""So many records may govern a production; one with more is refused."""
KEPT: Final = 64
FAR: Final = 5_000
"""Further back than so many entries nothing is compared: it is read anew."""

_SINCE: Final = """
SELECT EXISTS (
    SELECT FROM entry LEFT JOIN head ON head.studio_id = entry.studio_id AND head.id = entry.id
    WHERE entry.studio_id = %(studio)s AND entry.index >= %(size)s AND entry.index < %(now)s
      AND (entry.kind = ANY(ARRAY['adoption', 'waiver', 'exception']) OR (entry.kind IN ('review', 'obligation') AND entry.version > 1)
           OR (entry.kind = 'evidence' AND head.type = 'pack_sign_off'))
)
"""
_ALL: Final = """
SELECT head.first_index, entry.index, entry.bytes FROM head JOIN entry USING (studio_id, index)
WHERE head.studio_id = %(studio)s AND head.kind = 'evidence' AND head.type = 'pack_sign_off'
UNION ALL
SELECT head.first_index, entry.index, entry.bytes FROM head JOIN entry USING (studio_id, index)
WHERE head.studio_id = %(studio)s AND head.kind = 'waiver' AND head.state = 'approved'
UNION ALL
SELECT head.first_index, entry.index, entry.bytes
FROM head_production AS member JOIN head ON head.studio_id = member.studio_id AND head.id = member.id JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index
WHERE member.studio_id = %(studio)s AND member.production = %(production)s AND member.live AND member.kind = ANY(ARRAY['adoption', 'review', 'exception', 'obligation'])
  AND (head.kind = 'exception' OR (head.kind = 'obligation' AND head.state = 'done') OR head.state = ANY(ARRAY['adopted', 'confirmed', 'rejected']))
ORDER BY 1 DESC LIMIT %(most)s
"""


@dataclass(slots=True)
class _Kept:
    size: int
    found: Mapping[str, Sequence[Recorded]]


_KEPT: Final[OrderedDict[tuple[str, str | None], _Kept]] = OrderedDict()
_LOCK: Final = Lock()


def of(context: Context, production: str | None, size: int) -> Mapping[str, Sequence[Recorded]]:
    """Return what governs a production in a log of `size` entries, by kind, newest first; all of it as this actor may see it."""
    key = (context.studio_id, production)
    with _LOCK:
        kept = _KEPT.get(key)
    if kept is None or kept.size > size or size - kept.size > FAR or _changed(context, kept.size, size):
        kept = _Kept(size, _read(context, production))
    else:
        kept = _Kept(size, kept.found)
    with _LOCK:
        _KEPT[key] = kept
        _KEPT.move_to_end(key)
        while len(_KEPT) > KEPT:
            _KEPT.popitem(last=False)
    return {kind: [one for one in found if read.visible(context.actor, one)] for kind, found in kept.found.items()}


def _changed(context: Context, size: int, now: int) -> bool:
    row = context.conn.execute(_SINCE, {"studio": context.studio_id, "size": size, "now": now}).fetchone()
    return bool(row and row[0])


def _read(context: Context, production: str | None) -> Mapping[str, Sequence[Recorded]]:
    values: dict[str, Any] = {"studio": context.studio_id, "production": production, "most": MOST + 1}
    rows = context.conn.execute(_ALL, values).fetchall()
    if len(rows) > MOST:
        raise errors.TooLarge(f"More than {MOST} records govern this production; that is more than this can weigh.", "too_many")
    found: dict[str, list[Recorded]] = {}
    for _, index, raw in rows:
        recorded = read.decode(index, raw)
        found.setdefault(recorded.kind, []).append(recorded)
    return found
