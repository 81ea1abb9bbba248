"""The seven attacks on a log by a superuser of its database, and who notices: `python -m tests.faults.attacks` prints the table.

Each attack is made on a log of ten entries that a witness has cosigned, of which somebody keeps the receipt of the sixth. What
each party looks at is worked out from the rows alone, as a stranger would, and not by the code under attack.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from service.db import Database
from service.embedded import lease
from service.ledger import anchors, merkle, note, witnessing
from service.ledger.anchors import Anchor
from service.ledger.entry import leaf_hash
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer import Signer
from service.ledger.witness import Witness
from service.migrate import migrate
from tests.db.ledger.made import STUDIO, write

ENTRIES, RECEIPT = 10, 6
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARTIES = ("leaf check", "dense index", "own signed root", "older receipt", "witness")


@dataclass(eq=False)
class Scene:
    """A log with everybody who has seen it."""

    database: Database
    keys: Path
    witness: Witness
    receipt: Checkpoint

    def superuser(self) -> psycopg.Connection:
        """A connection that no trigger and no policy holds."""
        conn = psycopg.connect(self.database.url, autocommit=True)
        conn.execute("SET session_replication_role = replica")
        return conn

    def change(self, index: int) -> None:
        """Change what an entry says, and nothing else."""
        with self.superuser() as conn:
            text = "convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8')"
            conn.execute(f"UPDATE entry SET bytes = {text} WHERE index = %s".encode(), [index])

    def mend(self, first: int = 0) -> None:
        """Work out leaves and trees anew from what the entries say now, as an attacker who knows how."""
        with self.superuser() as conn:
            leaves = [leaf_hash(content) for (content,) in conn.execute("SELECT bytes FROM entry ORDER BY index")]
            for index, leaf in enumerate(leaves):
                conn.execute("UPDATE entry SET leaf = %s WHERE index = %s", [leaf, index])
            for (size,) in conn.execute("SELECT size FROM tree_head WHERE size > %s", [first]).fetchall():
                grown = merkle.Growth(0, (), leaves[:size])
                conn.execute(
                    "UPDATE tree_head SET root = %s, frontier = %s WHERE size = %s", [grown.root, merkle.pack(grown.frontier), size]
                )

    def drop(self, since: int) -> None:
        """Take the newest entries away."""
        with self.superuser() as conn:
            conn.execute("DELETE FROM entry WHERE index >= %s", [since])
            conn.execute("DELETE FROM tree_head WHERE size > %s", [since])

    def sign_again(self) -> None:
        """Use the stolen key: forget the marks and sign what is there now, and forget what witnesses said."""
        (self.keys / "marks").unlink()
        with self.superuser() as conn:
            conn.execute("DELETE FROM cosignature")
        with self.ledger() as ledger, self.database.app(STUDIO) as conn:
            ledger.trust(conn, STUDIO)

    def ledger(self) -> closing[Ledger]:
        """The log as the service opens it."""
        return closing(Ledger(self.database, Signer(self.keys)))


def edit(scene: Scene) -> None:
    """Edit a body."""
    scene.change(3)


def edit_with_leaf(scene: Scene) -> None:
    """Edit a body and its leaf hash."""
    scene.change(3)
    scene.mend(first=ENTRIES)


def drop_newest(scene: Scene) -> None:
    """Drop the newest entry."""
    scene.drop(ENTRIES - 1)


def truncate(scene: Scene) -> None:
    """Truncate the tail and sign again with the stolen key."""
    scene.drop(ENTRIES - 2)
    scene.sign_again()


def rewrite_after(scene: Scene) -> None:
    """Rewrite behind the receipt and sign again."""
    scene.change(RECEIPT + 1)
    scene.mend()
    scene.sign_again()


def rewrite_before(scene: Scene) -> None:
    """Rewrite before the receipt and sign again."""
    scene.change(3)
    scene.mend()
    scene.sign_again()


def restore(scene: Scene) -> None:
    """Restore an older backup of database and marks, honestly."""
    scene.drop(RECEIPT + 1)
    with scene.superuser() as conn:
        conn.execute("DELETE FROM cosignature WHERE size > %s", [RECEIPT + 1])
    marks = scene.keys / "marks"
    kept = [line for line in marks.read_bytes().splitlines(keepends=True) if int(line.split()[1]) <= RECEIPT + 1]
    marks.write_bytes(b"".join(kept))


ATTACKS: dict[Callable[[Scene], None], tuple[bool, ...]] = {
    edit: (True, False, True, True, True),
    edit_with_leaf: (False, False, True, True, True),
    drop_newest: (False, False, True, False, True),
    truncate: (False, False, False, False, True),
    rewrite_after: (False, False, False, False, True),
    rewrite_before: (False, False, False, True, True),
    restore: (False, False, False, False, True),
}
"""Which party catches which attack, in the order of PARTIES."""


def build(url: str, directory: Path) -> Scene:
    """Write ten entries, one tree each; the witness sees every tree, somebody keeps the receipt of the sixth."""
    database = Database(url)
    with closing(Ledger(database, Signer(directory / "keys"))) as ledger:
        witness = Witness(directory / "witness", "legal.example/w", [ledger.verifier(STUDIO).text()])
        with database.ledger() as conn:
            anchors.add(conn, Anchor("legal", "witness", None, witness.cosigner.text(), "http://legal.invalid"), NOW)
        receipts = []
        for _ in range(ENTRIES):
            receipts.append(note.parse_checkpoint(ledger.append(write()).checkpoint))
            assert cosign(database, ledger, witness) == "ok"
    return Scene(database, directory / "keys", witness, receipts[RECEIPT - 1])


def cosign(database: Database, ledger: Ledger, witness: Witness) -> str:
    """Let the service ask the witness, without a network between them; answers how it went."""

    def send(_url: str, body: bytes) -> httpx.Response:
        answer = witness.add(body, 1_790_000_000)
        return httpx.Response(answer.status, headers={"Content-Type": answer.media_type}, text=answer.body)

    return witnessing.submit(database, ledger, STUDIO, lambda: NOW, send=send)["legal"].result


def caught(scene: Scene) -> tuple[bool, ...]:
    """Who notices, in the order of PARTIES, each from what it has."""
    with psycopg.connect(scene.database.url) as conn:
        rows = conn.execute("SELECT index, leaf, bytes FROM entry ORDER BY index").fetchall()
    leaves = [leaf_hash(content) for _, _, content in rows]
    with closing(Signer(scene.keys)) as signer:
        mark = signer.mark(f"clearance.local/{STUDIO}")
    assert mark is not None
    log = next(iter(scene.witness.state.logs.values()))
    return (
        any(leaf != leaf_hash(content) for _, leaf, content in rows),
        [index for index, _, _ in rows] != list(range(len(rows))),
        differs(leaves, mark.checkpoint.size, mark.checkpoint.root),
        differs(leaves, scene.receipt.size, scene.receipt.root),
        differs(leaves, log.size, bytes.fromhex(log.root)),
    )


def differs(leaves: list[bytes], size: int, root: bytes) -> bool:
    """Whether the entries do not give the tree that somebody remembers."""
    return len(leaves) < size or merkle.Growth(0, (), leaves[:size]).root != root


def refused(scene: Scene) -> bool:
    """Whether the witness refuses the next checkpoint of the log as it stands now."""
    with scene.ledger() as ledger:
        ledger.append(write())
        return cosign(scene.database, ledger, scene.witness) == "forked"


def main() -> int:
    """Make every attack on a log of its own, and print who caught it; the status is 1 if the table is not as it should be."""
    print(f"{'attack':<58}" + "".join(f"{party:<17}" for party in PARTIES))
    right = True
    with tempfile.TemporaryDirectory() as held_directory:
        base = Path(held_directory)
        with lease.hold(base / "data", durable=False) as held:
            migrate(held.url)
            for number, (attack, expected) in enumerate(ATTACKS.items()):
                with psycopg.connect(held.url, autocommit=True) as conn:
                    conn.execute("SET session_replication_role = replica")
                    conn.execute(
                        "DELETE FROM entry; DELETE FROM tree_head; DELETE FROM head; DELETE FROM head_production; DELETE FROM subtree"
                    )
                    conn.execute("DELETE FROM cosignature; DELETE FROM anchor_state; DELETE FROM anchor; DELETE FROM reference")
                (base / str(number)).mkdir()
                scene = build(held.url, base / str(number))
                attack(scene)
                found = caught(scene)
                right &= found == expected
                print(f"{attack.__doc__ or '':<58}" + "".join(f"{'caught' if each else '-':<17}" for each in found))
                scene.witness.close()
                scene.database.close()
                shutil.rmtree(base / str(number))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
