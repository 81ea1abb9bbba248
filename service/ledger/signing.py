"""What the log needs of a signer, be it in this process (`signer`) or behind a local socket (`signer_socket`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from service.ledger.note import Checkpoint, Note, Verifier
from service.ledger.signer import Mark, Step


class SigningTurn(Protocol):
    """The right to sign, held."""

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log."""

    def marks(self, origins: Iterable[str]) -> dict[str, Mark]:
        """Return the newest mark of each of these logs that has one."""

    def begin(self, origins: Sequence[str]) -> None:
        """Mark new logs as empty."""

    def prepare(self, steps: Sequence[Step]) -> None:
        """Sign trees that are about to be committed, for `sign` to give out; raises `Forked`."""

    def sign(self) -> list[Note]:
        """Put the marks of the trees that were prepared on disk, and give out their notes; call it after the COMMIT."""

    def trust(self, checkpoint: Checkpoint) -> Note:
        """Sign a tree without proof, of a log that has no mark."""

    def replace_key(self) -> None:
        """Begin to sign with a new key beside the old one."""

    def drop_old_key(self) -> None:
        """Let the replaced key sign no more."""


class Signing(Protocol):
    """Keys and marks."""

    def verifier(self, origin: str) -> Verifier:
        """Return the newest key under a log's name."""

    def verifiers(self, origin: str) -> list[Verifier]:
        """Return every key that signs now."""

    def successions(self, origin: str) -> list[str]:
        """Return what replaced keys have stated about their successors."""

    def note(self, mark: Mark) -> Note:
        """Return the signed note that a mark stands for."""

    def holds(self, mark: Mark) -> bool:
        """Tell whether one of the keys has signed a mark."""

    def again(self, checkpoint: Checkpoint, mark: Mark, consistency: Sequence[bytes]) -> Note:
        """Return the note of an earlier tree once more; raises `Forked`."""

    def mark(self, origin: str) -> Mark | None:
        """Return the newest mark of a log without waiting for a turn."""

    def turn(self) -> AbstractContextManager[SigningTurn]:
        """Wait for the right to sign, and hold it."""

    def close(self) -> None:
        """Let go of what is open."""
