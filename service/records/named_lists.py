"""Which record has named which item list, and where: datasets, sources, licences, and events that take items back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from psycopg import Connection

KINDS = frozenset({"dataset", "source", "licence", "event"})


class Entry(Protocol):
    """What is read of an entry."""

    @property
    def index(self) -> int:
        """Its place in the log."""
        ...

    @property
    def id(self) -> str:
        """Its record."""
        ...

    def document(self) -> dict[str, Any]:
        """What its bytes state."""
        ...


def write(conn: Connection[Any], studio_id: str, entries: Sequence[Entry]) -> None:
    """Write which lists these entries name."""
    rows = [(sha256, entry.id, entry.index, at) for entry in entries for sha256, at in named(entry.document().get("body", {}))]
    if rows:
        conn.execute(
            "INSERT INTO item_list (studio_id, sha256, id, index, pointer)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) ON CONFLICT DO NOTHING",
            (studio_id, *map(list, zip(*rows, strict=True))),
        )


def named(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lists that a body names, each with its pointer; what is set aside stands in no dataset."""
    if body.get("items"):
        yield body["items"]["sha256"], "/items"
    for number, part in enumerate(body.get("parts") or ()):
        if part.get("items"):
            yield part["items"]["sha256"], f"/parts/{number}/items"
