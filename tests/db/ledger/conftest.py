"""A ledger over a real database, its keys in a directory of the test."""

from __future__ import annotations

from contextlib import closing

import pytest

from service.ledger import fsck
from service.ledger.log import Ledger
from service.ledger.signer import Signer


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def ledger(database, keys):
    with closing(Ledger(database, Signer(keys))) as ledger:
        yield ledger


@pytest.fixture
def faults(database, ledger):
    """Return a function that checks a studio's log and answers the codes of what is wrong, in order."""

    def check(studio="std_1"):
        with database.ledger() as conn:
            return [fault.code for fault in fsck.check(conn, ledger, studio).faults]

    return check
