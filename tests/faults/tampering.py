"""The seven attacks of a database superuser, and who catches each: only what stands outside the operator catches them all.

The parties, each with its own means: a check of leaf hashes, a look for gaps, the operator's `fsck` with the signer's mark,
somebody with an older receipt and a followed state (what `clearance ledger verify --state` keeps and does), and a
witness that runs as a process of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.db import Database
from service.ledger import audit, merkle, note, witnessing
from service.ledger.anchors import Anchor
from service.ledger.audit import Broken, Followed
from service.ledger.fsck import Fault
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer import Signer
from tests import processes
from tests.db.ledger.made import STUDIO
from tests.faults import damage, verifier
from tests.faults.stage import Log, Stage, execute
from tests.faults.table import lines

ENTRIES, RECEIPT, BEFORE, AFTER, BACKUP = 12, 6, 3, 8, 10
"""So many entries; an older receipt of so many; an entry before and one behind it; the size of an older backup."""

PARTIES = ("leaf check", "dense index", "own signed root", "an older receipt", "witness")
EXPECTED = {
    "edit a body": (True, False, True, True, True),
    "edit a body and its leaf hash": (False, False, True, True, True),
    "drop the newest entry": (False, False, True, False, True),
    "truncate the tail, re-sign with the stolen key": (False, False, False, False, True),
    "rewrite after the receipt, re-sign": (False, False, False, False, True),
    "rewrite before the receipt, re-sign": (False, False, False, True, True),
    "restore of an older backup with its keys (honest)": (False, False, False, False, True),
    "restore of the database alone (honest)": (False, False, True, False, True),
}
"""The table of the threat model, and one row more: our mark lies outside the database, so it catches a restore of that alone."""


@dataclass
class Scene:
    """A log with a past: its checkpoints by size, a receipt that somebody took home, and a witness that has seen all."""

    stage: Stage
    log: Log
    notes: dict[int, bytes]
    receipt: bytes
    followed: Followed
    witness: Anchor
    witnessed: Path
    backup: str
    older_keys: Path

    def presented(self) -> bytes:
        """The best checkpoint that the attacker can show for what is there: of the mark's tree, or an earlier one of that size."""
        size = len(verifier.read(self.log.url, STUDIO).entries)
        mark = self.log.ledger.mark(STUDIO)
        newest = self.log.ledger.note(mark).content()
        return newest if mark.checkpoint.size == size else self.notes[size]


def forge(log: Log, size: int) -> None:
    """Sign what is in the database now with the stolen key, and set the mark to it."""
    with log.superuser() as conn:
        leaves = damage.retree(conn)
    assert len(leaves) == size
    with closing(Signer(log.keys)) as thief, thief.turn() as turn:
        turn.trust(Checkpoint(log.ledger.origin(STUDIO), size, merkle.Growth(0, (), leaves).root))


Attack = Callable[[Scene], None]


def _edit(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        conn.execute(
            "UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = %s", [BEFORE]
        )


def _edit_with_leaf(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        damage.rewrite(conn, BEFORE)


def _drop(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        damage.cut(conn, ENTRIES - 1)


def _truncate(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        damage.cut(conn, AFTER)
    forge(scene.log, AFTER)


def _rewrite_after(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        damage.rewrite(conn, AFTER)
    forge(scene.log, ENTRIES)


def _rewrite_before(scene: Scene) -> None:
    with scene.log.superuser() as conn:
        damage.rewrite(conn, BEFORE)
    forge(scene.log, ENTRIES)


def _restore(scene: Scene) -> None:
    _restore_database(scene)
    scene.log.keys = scene.older_keys


def _restore_database(scene: Scene) -> None:
    scene.log.url = scene.backup


ATTACKS: dict[str, Attack] = dict(
    zip(
        EXPECTED,
        (_edit, _edit_with_leaf, _drop, _truncate, _rewrite_after, _rewrite_before, _restore, _restore_database),
        strict=True,
    )
)


def matrix(stage: Stage) -> dict[str, tuple[bool, ...]]:
    """Carry out every attack and ask every party."""
    return {name: caught(stage, name) for name in ATTACKS}


def caught(stage: Stage, name: str) -> tuple[bool, ...]:
    """Carry out one attack and tell for each party whether it notices."""
    attack = ATTACKS[name]
    with _scene(stage, backup=attack in {_restore, _restore_database}) as scene:
        attack(scene)
        scene.log.ledger.close()
        scene.log.database.close()
        with closing(Database(scene.log.url)) as database, closing(Ledger(database, Signer(scene.log.keys))) as ledger:
            scene.log = Log(scene.log.url, scene.log.keys, database, ledger)
            return tuple(party(scene) for party in (_leaf_check, _dense_index, _own_root, _older_receipt, _witness))


def _leaf_check(scene: Scene) -> bool:
    with scene.log.superuser() as conn:
        rows = conn.execute("SELECT bytes, leaf FROM entry").fetchall()
    return any(hashlib.sha256(b"\0" + bytes(content)).digest() != bytes(leaf) for content, leaf in rows)


def _dense_index(scene: Scene) -> bool:
    return verifier.read(scene.log.url, STUDIO).gaps > 0


def _own_root(scene: Scene) -> bool:
    """The operator's own `fsck`, with the mark as it lies beside the database; what it says of leaves and gaps counts elsewhere."""
    found: list[Fault] = scene.log.faults()
    return any(fault.code in {"root", "forked", "rolled_back", "truncated", "headless"} for fault in found)


def _older_receipt(scene: Scene) -> bool:
    """Whether what is shown now contradicts the receipt, or does not continue the state that was kept with it."""
    found = verifier.read(scene.log.url, STUDIO)
    signed = verifier.opened(scene.receipt, scene.log.public)
    if found.roots()[: signed.size][-1] != signed.root:
        return True
    try:
        newest = audit.signed(scene.followed, scene.presented())
        audit.advance(scene.followed, newest, [content for _, content in found.entries[scene.followed.size :]])
    except Broken:
        return True
    return False


def _witness(scene: Scene) -> bool:
    """The witness refuses what it is shown; or the entries do not give what it has cosigned."""
    leaves = [hashlib.sha256(b"\0" + content).digest() for _, content in verifier.read(scene.log.url, STUDIO).entries]
    outcome = witnessing.ask(scene.witness, scene.presented(), 0, lambda old: _proof(leaves, old))
    [cosigned] = json.loads((scene.witnessed / "state.json").read_text())["logs"].values()
    seen = merkle.Growth(0, (), leaves[: cosigned["size"]]).root.hex()
    assert outcome.result in {"ok", "forked"}, outcome
    return outcome.result == "forked" or seen != cosigned["root"]


def _proof(leaves: list[bytes], old: int) -> tuple[bytes, ...]:
    before = merkle.Growth(0, (), leaves[:old])
    return tuple(merkle.Growth(before.size, before.frontier, leaves[old:]).consistency()) if 0 < old < len(leaves) else ()


@contextmanager
def _scene(stage: Stage, *, backup: bool) -> Iterator[Scene]:
    with stage.log() as log:
        verify_key = log.ledger.verifier(STUDIO)
        with _watching(stage.directory(), verify_key.text()) as (witness, directory):
            notes, copy, older_keys = {}, "", stage.directory() / "keys"
            for size in range(1, ENTRIES + 1):
                [told] = log.append()
                notes[size] = told.checkpoint
                if backup and size == BACKUP:
                    log.database.close()
                    copy = _copied(stage, log.url)
                    shutil.copytree(log.keys, older_keys)
            contents = [content for _, content in verifier.read(log.url, STUDIO).entries]
            followed = Followed(verify_key.text())
            followed = audit.advance(followed, note.verify(notes[RECEIPT], [verify_key]), contents[:RECEIPT])
            leaves = [hashlib.sha256(b"\0" + content).digest() for content in contents]
            assert witnessing.ask(witness, notes[ENTRIES], 0, lambda old: _proof(leaves, old)).result == "ok"
            try:
                yield Scene(stage, log, notes, notes[RECEIPT], followed, witness, directory, copy, older_keys)
            finally:
                if copy:
                    execute(stage.server_url, "DROP DATABASE {} WITH (FORCE)", conninfo_to_dict(copy)["dbname"])


def _copied(stage: Stage, url: str) -> str:
    name = conninfo_to_dict(url)["dbname"]
    execute(stage.server_url, "CREATE DATABASE {} TEMPLATE {}", f"{name}_backup", name)
    return make_conninfo(stage.server_url, dbname=f"{name}_backup")


@contextmanager
def _watching(directory: Path, key: str) -> Iterator[tuple[Anchor, Path]]:
    """A witness process of the log."""
    port = processes.free_port()
    words = [sys.executable, "-m", "service.ledger.witness_server", str(directory), "--name", "legal.example", "--log", key]
    process = subprocess.Popen(
        [*words, "--listen", f"127.0.0.1:{port}"], cwd=processes.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield Anchor("legal", "witness", None, process.stdout.readline().split(" ")[2].strip(), _listens(port)), directory
    finally:
        process.kill()
        process.communicate()


def _listens(port: int) -> str:
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=2)
            return url
        time.sleep(0.02)
    raise TimeoutError("the witness does not answer")


def as_url(conninfo: str) -> str:
    """The address of a database as DATABASE_URL has it."""
    return "postgresql:///?" + urlencode(conninfo_to_dict(conninfo))


def table(found: dict[str, tuple[bool, ...]]) -> list[str]:
    """The matrix in words."""
    return lines(
        ("attack by a database superuser", *PARTIES), [(name, *("caught" if each else "–" for each in row)) for name, row in found.items()]
    )
