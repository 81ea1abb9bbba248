"""Whether entries since a size of the log could change what was read from it: asked in one query, and in doubt they could.

What was derived from records stays right until one of them has a newer version, something newly refers to one of them, or a paper
is added that is found by its type alone. References that no fact rests on (decisions, reviews, what else is on the title) do not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.context import Context
from service.facts.reader import ANYWHERE, NOTICES_OF_STUDIO, OF_STUDIO

FAR: Final = 5_000
"""Further back than so many entries nothing is compared: it is read anew."""

_CHANGED: Final = """
SELECT EXISTS (
    SELECT FROM entry LEFT JOIN head ON head.studio_id = entry.studio_id AND head.id = entry.id
    WHERE entry.studio_id = %(studio)s AND entry.index >= %(size)s AND entry.index < %(now)s
      AND (entry.id = ANY(%(ids)s) OR entry.kind = ANY(ARRAY['agreement', 'binding', 'event'])
           OR head.type = ANY(%(types)s) OR head.label = ANY(%(labels)s))
) OR EXISTS (
    SELECT FROM reference
    WHERE studio_id = %(studio)s AND index >= %(size)s AND index < %(now)s AND target = ANY(%(ids)s)
      AND NOT source_kind = ANY(ARRAY['dec', 'rev', 'wvr', 'exc', 'adp'])
      AND NOT (role = 'production' AND source_kind = ANY(ARRAY['app', 'ast', 'gen', 'obl']))
)
"""


def changed(context: Context, ids: Iterable[str], size: int, now: int) -> bool:
    """Tell whether anything derived from the records `ids` in a log of `size` entries may be different in one of `now` entries."""
    if size == now:
        return False
    if not size < now <= size + FAR:
        return True
    values = {
        "studio": context.studio_id, "size": size, "now": now, "ids": list(ids), "types": [*OF_STUDIO, *ANYWHERE],
        "labels": list(NOTICES_OF_STUDIO),
    }  # fmt: skip
    row = context.conn.execute(_CHANGED, values).fetchone()
    return row is None or bool(row[0])
