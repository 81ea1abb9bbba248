"""The seven attacks by a superuser of the database: each is caught by whom the table names, and by nobody else; and two by the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.db import Database
from service.ledger import audit, fsck, note, policy, witnessing
from service.ledger.audit import Broken, Followed
from service.ledger.note import Checkpoint
from service.ledger.witness import look
from tests.db.ledger.made import STUDIO, write
from tests.faults import attacks
from tests.faults.attacks import ATTACKS, Scene

RESIGNED = (attacks.truncate, attacks.rewrite_after, attacks.rewrite_before, attacks.restore)


@pytest.fixture
def scene(database: Database, tmp_path: Path) -> Iterator[Scene]:
    made = attacks.build(database.url, tmp_path)
    with closing(made.database), closing(made.witness):
        yield made


def test_nobody_cries_wolf(scene: Scene) -> None:
    assert attacks.caught(scene) == (False,) * 5
    assert not attacks.refused(scene)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_who_notices(scene: Scene, attack: Callable[[Scene], None]) -> None:
    attack(scene)
    assert attacks.caught(scene) == ATTACKS[attack]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_fsck_names_what_can_be_seen_from_inside(scene: Scene, attack: Callable[[Scene], None]) -> None:
    attack(scene)
    with scene.ledger() as ledger, scene.database.ledger() as conn:
        codes = {
            fault.code
            for fault in fsck.check(conn, ledger, STUDIO).faults
            if fault.code in {"leaf", "root", "forked", "rolled_back", "truncated"}
        }
    assert bool(codes) == (attack not in RESIGNED), "whoever holds the key as well leaves nothing to be seen from inside"


@pytest.mark.parametrize("attack", RESIGNED, ids=lambda attack: attack.__name__)
def test_the_witness_refuses_what_the_stolen_key_has_signed(scene: Scene, attack: Callable[[Scene], None]) -> None:
    attack(scene)
    assert attacks.refused(scene)
    with scene.database.app(STUDIO) as conn:
        assert "Stop writing here" in witnessing.sentences(conn, STUDIO)[0]


def test_of_two_views_only_one_is_cosigned(scene: Scene) -> None:
    """An operator shows one history to the witness and another one of the same size to a reader: the reader's policy refuses it."""
    with scene.ledger() as ledger, scene.database.app(STUDIO) as conn:
        shown = witnessing.checkpoint(ledger, conn, STUDIO)
        rules = policy.parse(f"log {ledger.verifier(STUDIO).text()}\nwitness legal {scene.witness.cosigner.text()}\nquorum legal".encode())
        assert policy.judge(rules, shown).holds
        key, public = ledger._signer._keys[0]
        stated = note.parse_checkpoint(shown)
        other = note.sign(Checkpoint(stated.origin, stated.size, bytes(32)), key, public)
    assert not policy.judge(rules, other.content()).holds
    lines = note.parse(shown).signatures[1:]
    with pytest.raises(note.Malformed, match="false"):
        policy.judge(rules, note.Note(other.text, (*other.signatures, *lines)).content())


@pytest.mark.parametrize("withheld", [0, 4, 9])
def test_what_is_withheld_is_missed(scene: Scene, withheld: int) -> None:
    """The log is right, but one entry is left out of what is handed to a reader."""
    with scene.ledger() as ledger, scene.database.app(STUDIO) as conn:
        signed = audit.signed(Followed(ledger.verifier(STUDIO).text()), ledger.checkpoint(conn, STUDIO))
        entries = [bytes(content) for (content,) in conn.execute("SELECT bytes FROM entry ORDER BY index")]
        before = Followed(ledger.verifier(STUDIO).text())
    assert audit.advance(before, signed, entries).size == signed.size
    with pytest.raises(Broken, match="9 were handed out"):
        audit.advance(before, signed, entries[:withheld] + entries[withheld + 1 :])
    with pytest.raises(Broken, match="do not give the signed root"):
        audit.advance(before, signed, [*entries[:withheld], entries[withheld - 1], *entries[withheld + 1 :]])


def test_an_attacked_log_that_grows_on_stays_refused(scene: Scene) -> None:
    attacks.rewrite_after(scene)
    assert attacks.refused(scene)
    with scene.ledger() as ledger:
        for _ in range(20):
            ledger.append(write())
        assert attacks.cosign(scene.database, ledger, scene.witness) == "forked"


def test_a_witness_without_its_check_is_fooled(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: with the check taken out, the attack goes through, so it is the check that the tests above see."""
    attacks.rewrite_after(scene)
    monkeypatch.setattr("service.ledger.witness.merkle.verify_consistency", lambda *_: True)
    assert not attacks.refused(scene)


def test_a_witness_that_writes_nothing_down_is_fooled_after_a_restart(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: what is not on disk before the answer is not known after a kill."""
    with scene.ledger() as ledger:
        monkeypatch.setattr("service.ledger.witness.durable.replace", lambda *_: None)
        ledger.append(write())
        assert attacks.cosign(scene.database, ledger, scene.witness) == "ok"
        monkeypatch.undo()
    after_a_kill, _ = look(scene.witness.directory)
    assert [each.size for each in after_a_kill.logs.values()] == [attacks.ENTRIES], "it has forgotten what it cosigned"
