"""Replacing the log's key: both sign for a while, nobody who knows either is lost, and a crash in between does no harm."""

from __future__ import annotations

import contextlib
import os
from contextlib import closing

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service import durable
from service.errors import Conflict
from service.ledger import note, succession
from service.ledger.signer import Signer
from tests.unit.ledger.test_signer import ORIGIN, advance, begin, step

OTHER = "clearance.local/std_2"


@pytest.fixture
def signer(tmp_path):
    with closing(Signer(tmp_path / "log")) as signer:
        begin(signer, 3)
        begin(signer, 2, origin=OTHER)
        yield signer


def replace(signer):
    with signer.turn() as turn:
        turn.replace_key()


def finish(signer):
    with signer.turn() as turn:
        turn.drop_old_key()


def newest(signer, origin=ORIGIN):
    return signer.note(signer.mark(origin)).content()


def test_both_keys_sign_for_a_while(signer):
    old = signer.verifier(ORIGIN)
    replace(signer)
    new = signer.verifier(ORIGIN)
    assert signer.verifiers(ORIGIN) == [new, old]
    (made,) = advance(signer, step(3, 7))
    for content in (made.content(), newest(signer), newest(signer, OTHER)):
        assert len(note.parse(content).signatures) == 2
    for verifier in (old, new):
        assert note.verify(newest(signer), [verifier]).size == 7
    assert signer.holds(signer.mark(ORIGIN))
    assert signer.again(step(0, 3).checkpoint, signer.mark(ORIGIN), step(3, 7).consistency).signatures[1].key_id == old.key_id()
    finish(signer)
    advance(signer, step(7, 8))
    assert note.verify(newest(signer), [new]).size == 8
    with pytest.raises(InvalidSignature):
        note.verify(newest(signer), [old])
    assert signer.holds(signer.mark(OTHER))
    with closing(Signer(signer.directory)) as again:
        assert again.verifiers(ORIGIN) == [new]
        assert newest(again, OTHER) == newest(signer, OTHER)


def test_the_old_key_names_the_new_one(signer):
    old = {origin: signer.verifier(origin) for origin in (ORIGIN, OTHER)}
    for _ in range(3):
        replace(signer)
        begin(signer, 1, origin=f"clearance.local/std_{os.urandom(4).hex()}")
        finish(signer)
    for origin, verifier in old.items():
        statements = [each.encode() for each in signer.successions(origin)]
        assert len(statements) == 3
        assert succession.follow(verifier, statements) == signer.verifier(origin)
        assert succession.follow(verifier, statements[:1] + statements[2:]) != signer.verifier(origin), "no link may be missing"
    stranger = note.Verifier(ORIGIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert succession.follow(stranger, [each.encode() for each in signer.successions(ORIGIN)]) == stranger


def test_statements_of_others_lead_nowhere(signer):
    held = signer.verifier(ORIGIN)
    thief = Ed25519PrivateKey.generate()
    public = thief.public_key().public_bytes_raw()
    for false in (
        succession.state(ORIGIN, thief, public),
        succession.state(OTHER, signer._keys[0][0], public),
        newest(signer),
        b"",
        b"nonsense\n\n",
    ):
        assert succession.follow(held, [false]) == held
    assert succession.follow(held, [succession.state(ORIGIN, signer._keys[0][0], public)]).key == public


def test_one_at_a_time(signer):
    with pytest.raises(Conflict, match="only one signs"):
        finish(signer)
    replace(signer)
    with pytest.raises(Conflict, match="already"):
        replace(signer)


def test_other_processes_take_the_new_key_with_their_next_turn(signer):
    with closing(Signer(signer.directory)) as other:
        begin_size = other.mark(ORIGIN).checkpoint.size
        replace(signer)
        advance(other, step(begin_size, 6))
        assert other.public == signer.public
        assert len(note.parse(newest(other)).signatures) == 2
        finish(signer)
        advance(other, step(6, 9))
        assert len(note.parse(newest(other)).signatures) == 1
        assert newest(signer) == newest(other)


@pytest.mark.parametrize("crash", range(8))
def test_a_crash_at_any_write_leaves_what_can_be_finished(signer, monkeypatch, crash):
    """Every file is put in place in one step; the process may die before any of them."""
    old = signer.verifier(ORIGIN)
    writes = 0

    def dying(path, content):
        nonlocal writes
        if writes == crash:
            raise KeyboardInterrupt
        writes += 1
        put(path, content)

    put = durable.replace
    monkeypatch.setattr("service.ledger.signer.durable.replace", dying)
    with contextlib.suppress(KeyboardInterrupt):
        replace(signer)
        finish(signer)
    assert writes == crash, "every write is tried"
    monkeypatch.undo()
    signer.close()
    with closing(Signer(signer.directory)) as after:
        assert after.mark(ORIGIN).checkpoint.size == 3
        assert after.holds(after.mark(ORIGIN))
        if len(after.verifiers(ORIGIN)) == 1 and after.verifier(ORIGIN) == old:
            replace(after)
        if len(after.verifiers(ORIGIN)) == 2:
            finish(after)
        advance(after, step(3, 4))
        statements = [each.encode() for each in after.successions(ORIGIN)]
        assert succession.follow(old, statements) == after.verifier(ORIGIN)
        assert note.verify(newest(after, OTHER), [after.verifier(OTHER)]).size == 2
