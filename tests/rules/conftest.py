"""A studio with a log of its own, into which scenarios are entered as records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from service import auth
from service.context import Actor, Context
from service.services import Services
from tests.rules.scenario import Studio

#: When everything is recorded: after every date that a scenario asks for, so that only dates inside records count.
RECORDED = datetime(2026, 12, 24, 12, tzinfo=UTC)


@pytest.fixture
def new_studio(services: Services) -> Iterator[Callable[[], Studio]]:
    """Return a function that makes an empty studio."""
    opened = []

    def make() -> Studio:
        studio_id = auth.create_studio(services.database, "Larkfield", RECORDED)
        manager = services.database.app(studio_id)
        conn = manager.__enter__()
        opened.append(manager)
        account = auth.create_account(conn, studio_id, "Reviewer", ("studio_admin",), RECORDED)
        actor = Actor(studio_id, account, "Reviewer", frozenset({"studio_admin"}), frozenset())
        return Studio(Context(actor, RECORDED, conn, services.ledger, services.blobs, services.vault))

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)


@pytest.fixture
def studio(new_studio: Callable[[], Studio]) -> Studio:
    """An empty studio."""
    return new_studio()
