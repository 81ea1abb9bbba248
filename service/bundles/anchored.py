"""Who speaks for the log in a bundle: its key and checkpoint, witnesses that cosigned it, authorities that stamped it."""

from __future__ import annotations

from collections.abc import Iterator

from service.bundles.members import Member, of_bytes
from service.context import Context
from service.ledger.offline.signed import POLICY


def checkpoint(context: Context, size: int) -> bytes | None:
    """The signed note of the tree of `size`, with the cosignatures that there are."""
    return context.ledger.checkpoint(context.conn, context.studio_id, size)


def keys(context: Context) -> str:
    """The keys that sign the log, one a line."""
    return context.ledger.verifier(context.studio_id).text() + "\n"


def members(context: Context, size: int) -> Iterator[Member]:
    """Yield what witnesses and authorities have said, and a policy that names the log's own key and no witness."""
    del size
    yield of_bytes(POLICY, f"log {keys(context).strip()}\nquorum none\n".encode())
