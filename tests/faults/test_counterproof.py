"""A harness that cannot fail proves nothing: with a lock, a check or a sync taken out, from here, it has to say so."""

from __future__ import annotations

import pytest

from service import errors
from service.errors import StartError
from service.ledger import fsck, plan
from service.ledger.sequencer import Sequencer
from service.ledger.signer import Turn
from tests.faults import catalogue, power
from tests.faults.table import Row


def _no_lock(_sequencer, conn):
    return conn.execute("SELECT clock_timestamp()").fetchall()[0][0]


def _sign_anything(turn, steps):
    turn._prepared += [step.checkpoint for step in steps]


WITHOUT = {
    "any sync": (False, "import os; os.fsync = os.fdatasync = lambda handle: None"),
    "the sync of directories": (True, "from service.content import store; store.sync_directory = lambda directory: None"),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_the_harness_finds_a_build_that_does_not_sync(stage, what):
    """The database without fsync, our own files without it too; or the files with it, but not their names: a power cut takes something."""
    row, (durable, patch) = Row("F3", f"power cut, without {what}"), WITHOUT[what]
    with power.machine(stage, row, durable=durable, patch=patch) as machine:
        machine.round(40, "drop 0")
        try:
            machine.judge()
        except (StartError, errors.Unavailable) as fault:  # so much is gone that it does not even start
            row.wrong.append(str(fault))
    assert row.lost or row.wrong


TAKEN_OUT = [
    (
        "the lock",
        Sequencer,
        "_take_lock",
        _no_lock,
        "F16",
    ),  # the primary key is a second fence: with it alone nothing is lost, but many collide
    ("the check that nothing has changed", plan, "_require_unchanged", lambda *_: None, "F16"),
    ("the look at idempotency keys", plan, "_earlier", lambda *_: None, "F18"),
    ("the check of the request under a key", plan, "require_same_request", lambda *_: None, "F18"),
    ("the signer's check of growth", Turn, "prepare", _sign_anything, "F8"),
    ("the check of leaves", fsck, "leaf_hash", lambda _: bytes(32), "F6"),
]


@pytest.mark.parametrize(("what", "place", "name", "instead", "fault"), TAKEN_OUT, ids=[each[0] for each in TAKEN_OUT])
def test_the_harness_finds_that_it_was_taken_out(stage, monkeypatch, what, place, name, instead, fault):
    monkeypatch.setattr(place, name, instead)
    row = catalogue.run(fault, stage)
    assert not row.holds, f"without {what} {fault} still holds"
