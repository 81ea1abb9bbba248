"""The values of one operation: who acts, when, on which connection, with which ledger and stores.

Rooms take a `Context` and plain arguments; they never see the app or the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg import Connection

if TYPE_CHECKING:
    from service.content.store import Store
    from service.content.vault import Vault
    from service.ledger.log import Ledger


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account of one studio, its roles, and the productions it is limited to (`None` = all)."""

    studio_id: str
    account_id: str
    name: str
    roles: frozenset[str]
    permissions: frozenset[str]
    productions: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """Tell whether one of the actor's roles carries the permission."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's `Idempotency-Key`: its hash within the studio, and a keyed digest of the exact request."""

    key_hash: bytes
    request_hmac: bytes


@dataclass(frozen=True, slots=True)
class Context:
    """One operation: `now` is read once at the edge and is UTC; `conn` and `blobs` see only the actor's studio."""

    actor: Actor
    now: datetime
    conn: Connection[Any]
    ledger: Ledger
    blobs: Store
    vault: Vault

    @property
    def studio_id(self) -> str:
        """Return the tenant in whose name everything is read and written."""
        return self.actor.studio_id
