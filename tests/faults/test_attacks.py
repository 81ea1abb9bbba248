"""Two views of one log, entries withheld, a log that grows on after an attack; and the proofs that it is the witness who sees it.

The attacks of a superuser of the database, and who notices each, are the matrix of `tampering`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from service.ledger import anchors, audit, note, policy, witnessing
from service.ledger.anchors import Anchor
from service.ledger.audit import Broken, Followed
from service.ledger.note import Checkpoint
from service.ledger.witness import Witness, look
from tests.db.ledger.made import STUDIO
from tests.faults import damage, tampering
from tests.faults.stage import Log

ENTRIES, BEHIND = 10, 7
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Scene:
    """A log of ten entries, and a witness that has cosigned each of its trees."""

    log: Log
    witness: Witness

    def cosign(self) -> str:
        """Let the service ask the witness, without a network between them; answers how it went."""

        def send(_url: str, body: bytes) -> httpx.Response:
            answer = self.witness.add(body, 1_790_000_000)
            return httpx.Response(answer.status, headers={"Content-Type": answer.media_type}, text=answer.body)

        return witnessing.submit(self.log.database, self.log.ledger, STUDIO, lambda: NOW, send=send)["legal"].result

    def rewrite(self) -> None:
        """Rewrite an entry with every tree over it, sign that with the stolen key, and forget what the witness said."""
        with self.log.superuser() as conn:
            damage.rewrite(conn, BEHIND)
            conn.execute("DELETE FROM cosignature")
        tampering.forge(self.log, ENTRIES)

    def refused(self) -> bool:
        """Whether the witness refuses the next checkpoint of the log as it stands now."""
        self.log.append()
        return self.cosign() == "forked"


@pytest.fixture
def scene(stage) -> Iterator[Scene]:
    with stage.log() as log, closing(Witness(stage.directory(), "legal.example/w", [log.ledger.verifier(STUDIO).text()])) as witness:
        with log.database.ledger() as conn:
            anchors.add(conn, Anchor("legal", "witness", None, witness.cosigner.text(), "http://legal.invalid"), NOW)
        made = Scene(log, witness)
        for _ in range(ENTRIES):
            log.append()
            assert made.cosign() == "ok"
        yield made


def test_nobody_cries_wolf(scene: Scene) -> None:
    assert not scene.refused()


def test_of_two_views_only_one_is_cosigned(scene: Scene) -> None:
    """An operator shows one history to the witness and another one of the same size to a reader: the reader's policy refuses it."""
    ledger = scene.log.ledger
    with scene.log.database.app(STUDIO) as conn:
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


def test_what_is_withheld_is_missed(scene: Scene) -> None:
    """The log is right, but one entry is left out of what is handed to a reader, or another stands in its place."""
    ledger = scene.log.ledger
    before = Followed(ledger.verifier(STUDIO).text())
    with scene.log.database.app(STUDIO) as conn:
        signed = audit.signed(before, ledger.checkpoint(conn, STUDIO))
        entries = [bytes(content) for (content,) in conn.execute("SELECT bytes FROM entry ORDER BY index")]
    assert audit.advance(before, signed, entries).size == signed.size
    for withheld in (0, 4, 9):
        with pytest.raises(Broken, match="9 were handed out"):
            audit.advance(before, signed, entries[:withheld] + entries[withheld + 1 :])
        with pytest.raises(Broken, match="do not give the signed root"):
            audit.advance(before, signed, [*entries[:withheld], entries[withheld - 1], *entries[withheld + 1 :]])


def test_an_attacked_log_that_grows_on_stays_refused(scene: Scene) -> None:
    scene.rewrite()
    assert scene.refused()
    with scene.log.database.app(STUDIO) as conn:
        assert "Stop writing here" in witnessing.sentences(conn, STUDIO)[0]
    scene.log.append(20)
    assert scene.cosign() == "forked"


def test_a_witness_without_its_check_is_fooled(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: with the check taken out, the attack goes through, so it is the check that the tests above see."""
    scene.rewrite()
    monkeypatch.setattr("service.ledger.witness.merkle.verify_consistency", lambda *_: True)
    assert not scene.refused()


def test_a_witness_that_writes_nothing_down_is_fooled_after_a_restart(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: what is not on disk before the answer is not known after a kill."""
    monkeypatch.setattr("service.ledger.witness.durable.replace", lambda *_: None)
    assert not scene.refused()
    monkeypatch.undo()
    after_a_kill, _ = look(scene.witness.directory)
    assert [each.size for each in after_a_kill.logs.values()] == [ENTRIES], "it has forgotten what it cosigned"
