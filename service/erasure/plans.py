"""What decisions keep of subjects that were only planned, where no key of a person takes it along: found by what it names, and removed.

Today a plan lies under the keys of all people on record whom it names. One that names a crowd, and whatever earlier editions kept, does
not; its content is removed itself. The decision stays what it was, because nothing in it rests on those words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection

from service import errors
from service.content import plans
from service.content.encrypted import Documents
from service.content.store import Store
from service.content.vault import Erased, Unreadable

_NAME: Final = re.compile(rb'"([a-z]{3}_[a-z0-9]+)(?:@[0-9]+)?"')


@dataclass(frozen=True, slots=True)
class Plan:
    """What a decision keeps of a planned subject: which decision, and the digest of the content."""

    decision: str
    digest: str


def find(conn: Connection[Any], documents: Documents, studio_id: str, names: Collection[str]) -> tuple[Plan, ...]:
    """Return the plans under no key of a person that name one of these records: somebody, or what is theirs alone."""
    wanted = {name.encode() for name in names}
    return tuple(
        plan for plan in _kept(conn, studio_id) if not wanted.isdisjoint(_NAME.findall(_content(documents, studio_id, plan.digest)))
    )


def forget(blobs: Store, found: Iterable[Plan]) -> None:
    """Remove the contents; doing it twice is fine."""
    for plan in found:
        blobs.path(plan.digest).unlink(missing_ok=True)


def _kept(conn: Connection[Any], studio_id: str) -> Iterator[Plan]:
    """Yield every plan that a decision names; the database reads the entries, so that only names come here."""
    rows = conn.execute(
        "SELECT entry.id, convert_from(entry.bytes, 'UTF8')::json #>> '{body,planned,sha256}' FROM head JOIN entry USING (studio_id, index)"
        " WHERE head.studio_id = %s AND head.kind = 'decision' AND position('\"planned\":{'::bytea IN entry.bytes) > 0 ORDER BY index",
        (studio_id,),
    )
    yield from (Plan(decision, digest) for decision, digest in rows if digest)


def _content(documents: Documents, studio_id: str, digest: str) -> bytes:
    """What a plan says; nothing where it goes with a key, is gone, or cannot be read by anybody."""
    try:
        return b"" if plans.goes_with_a_key(documents, digest) else plans.read(documents, studio_id, digest)
    except (errors.NotFound, Erased, Unreadable):
        return b""
