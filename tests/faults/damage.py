"""What is written and then changes: F6 bit rot, F7 truncation, reorder and rollback, F8 a fork."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service import errors
from service.content.store import Store
from service.db import Database
from service.ledger import merkle
from service.ledger.log import Ledger
from service.ledger.signer import Forked, Signer
from tests.db.ledger.made import STUDIO
from tests.faults.stage import Log, Stage, execute, fresh
from tests.faults.table import Row

ENTRIES = 40
COLUMNS = [("entry", "bytes", "index"), ("entry", "leaf", "index"), ("tree_head", "root", "size"), ("tree_head", "frontier", "size")]


def bit_rot(stage: Stage) -> Row:
    """F6: one flipped bit anywhere in the log is named with its place; content with a flipped bit is never handed out."""
    row, dice = Row("F6", "one bit flipped in an entry, a leaf, a tree, a stored file"), random.Random(stage.seed)
    with stage.log() as log, log.superuser() as conn:
        told = log.append(ENTRIES)
        found = sum(_flip(row, log, conn, dice) for _ in range(500 if stage.long else 60))
        log.judge(row, told)
    found += _files(row, stage, dice)
    row.notes.append(f"found {found} of {row.times}")
    return row


def _flip(row: Row, log: Log, conn: psycopg.Connection[object], dice: random.Random) -> bool:
    table, column, key = dice.choice(COLUMNS)
    place = dice.randrange(ENTRIES) + (table == "tree_head")
    kept = conn.execute(sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(*map(sql.Identifier, (column, table, key))), [place]).fetchone()[
        0
    ]
    _set(conn, (table, column, key), place, _flipped(kept, dice))
    named = {fault.place for fault in log.faults()}
    _set(conn, (table, column, key), place, kept)
    row.times += 1
    wanted = f"entry {place}" if table == "entry" else f"tree {place}"
    row.expect(wanted in named, f"a bit of {table}.{column} at {place} was flipped, and fsck named {sorted(named)}")
    return wanted in named


def _set(conn: psycopg.Connection[object], names: tuple[str, str, str], place: int, value: bytes) -> None:
    table, column, key = map(sql.Identifier, names)
    conn.execute(sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(table, column, key), [value, place])


def _flipped(content: bytes, dice: random.Random) -> bytes:
    spot = dice.randrange(len(content))
    return content[:spot] + bytes([content[spot] ^ 1 << dice.randrange(8)]) + content[spot + 1 :]


def _files(row: Row, stage: Stage, dice: random.Random) -> int:
    store, found = Store(stage.directory()), 0
    for _ in range(100 if stage.long else 20):
        content = dice.randbytes(2_000)
        path = store.path(digest := store.keep(content))
        path.chmod(0o600)
        path.write_bytes(_flipped(content, dice))
        row.times += 1
        try:
            store.read(digest)
            row.expect(condition=False, says="a damaged file was handed out")
        except errors.Unavailable as refusal:
            row.expect(refusal.code == "content_damaged", f"a damaged file: {refusal.code}")
            found += 1
    return found


@dataclass(frozen=True)
class Attack:
    """A change behind the log's back, the code by which `fsck` names it, and a word of its advice."""

    code: str
    done: str
    apply: Callable[[Log, psycopg.Connection[object]], None]
    advice: str


def _statement(text: str) -> Callable[[Log, psycopg.Connection[object]], None]:
    return lambda _, conn: conn.execute(text) and None


def retree(conn: psycopg.Connection[object]) -> list[bytes]:
    """Give every stored tree the root of the entries that are there now, as a careful forger does; return the leaves."""
    leaves = [bytes(leaf) for (leaf,) in conn.execute("SELECT leaf FROM entry WHERE studio_id = %s ORDER BY index", [STUDIO])]
    conn.execute("DELETE FROM tree_head WHERE studio_id = %s AND size > %s", [STUDIO, len(leaves)])
    for (size,) in conn.execute("SELECT size FROM tree_head WHERE studio_id = %s", [STUDIO]).fetchall():
        grown = merkle.Growth(0, (), leaves[:size])
        conn.execute("UPDATE tree_head SET root = %s, frontier = %s WHERE size = %s", [grown.root, merkle.pack(grown.frontier), size])
    return leaves


def cut(conn: psycopg.Connection[object], size: int) -> None:
    """Take the newest entries away with everything that hangs on them, so that the rest is whole."""
    for statement in (
        "DELETE FROM entry WHERE index >= %s", "DELETE FROM tree_head WHERE size > %s", "DELETE FROM head WHERE index >= %s",
        "DELETE FROM head_production WHERE first_index >= %s", "DELETE FROM reference WHERE index >= %s",
        "DELETE FROM write WHERE first_index >= %s",
    ):  # fmt: skip
        conn.execute(statement, [size])


def rewrite(conn: psycopg.Connection[object], index: int) -> None:
    """Change what an entry says, and its leaf with it."""
    conn.execute(
        "UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = %s", [index]
    )
    conn.execute("UPDATE entry SET leaf = sha256('\\x00' || bytes) WHERE index = %s", [index])


def _forge(log: Log, conn: psycopg.Connection[object]) -> None:
    del log
    rewrite(conn, 5)
    retree(conn)


ATTACKS = (
    Attack("leaf", "one bit of an entry flipped", _statement("UPDATE entry SET bytes = set_bit(bytes, 77, 1 - get_bit(bytes, 77)) WHERE index = 5"), "backup"),
    Attack("truncated", "the newest entries deleted", _statement("DELETE FROM entry WHERE index >= 30"), "backup"),
    Attack("reordered", "two entries swapped",
           _statement("UPDATE entry SET index = 99 WHERE index = 7; UPDATE entry SET index = 7 WHERE index = 9; UPDATE entry SET index = 9 WHERE index = 99"), "backup"),
    Attack("rolled_back", "the newest entries deleted with all their traces", lambda _, conn: cut(conn, 30), "WAL"),
    Attack("forked", "an entry rewritten with every tree over it", _forge, "backup"),
)  # fmt: skip


def rearranged(stage: Stage) -> Row:
    """F7: what is truncated, swapped, rolled back or rewritten is named by its own code."""
    row = Row("F7", "entries truncated, swapped, rolled back, rewritten with their trees")
    for attack in ATTACKS:
        with stage.log() as log:
            log.append(ENTRIES)
            with log.superuser() as conn:
                attack.apply(log, conn)
            codes = [fault.code for fault in log.faults()]
            row.times += 1
            row.expect(attack.code in codes, f"{attack.done}: fsck says {codes}, not {attack.code}")
    return row


def fork(stage: Stage) -> Row:
    """F8: an older copy of the database goes on under the same keys: nothing is signed, nothing written, and fsck says so."""
    row = Row("F8", "an older copy of the database put in place, then written to")
    for _ in range(20 if stage.long else 2):
        with stage.log() as log:
            told = log.append(5)
            log.database.close()
            name = conninfo_to_dict(log.url)["dbname"]
            copy = f"{name}_older"
            execute(stage.server_url, "CREATE DATABASE {} TEMPLATE {}", copy, name)
            told += log.append(3)
            log.judge(row, told)
            _continue(row, make_conninfo(stage.server_url, dbname=copy), log)
            execute(stage.server_url, "DROP DATABASE {} WITH (FORCE)", copy)
        row.times += 1
    return row


def _continue(row: Row, url: str, log: Log) -> None:
    log.ledger._signer.close()  # the other server is gone when the copy is put in its place
    with closing(Database(url)) as database, closing(Ledger(database, Signer(log.keys))) as ledger:
        try:
            ledger.append(fresh()[1])
            row.forks += 1
        except Forked as refusal:
            row.expect("Bring back the newer database" in refusal.detail, "the refusal does not say what to do")
        older = Log(url, log.keys, database, ledger)
        codes = [fault.code for fault in older.faults()]
        row.expect(codes == ["rolled_back"], f"fsck of an older copy says {codes}")
