"""Whatever a superuser of the database does to the log, `fsck` names it."""

from __future__ import annotations

import shutil
from contextlib import closing

import psycopg
import pytest

from service.errors import Unavailable
from service.ledger import fsck
from service.ledger.log import Disclosure, Edge, Ledger
from service.ledger.signer import Forked, Signer
from tests.db.ledger.made import STUDIO, item, write

SECRET = Disclosure("/body/fee", b"\x01" * 32, b"cipher", "pty_1", "encrypted")


@pytest.fixture
def superuser(database):
    with psycopg.connect(database.url, autocommit=True) as conn:
        yield conn


@pytest.fixture(autouse=True)
def _log(ledger):
    ledger.append(write(item("ast_a", identifiers=[("eidr", "1")], edges=[Edge("parent", "ast_z")]), item("ast_b")))
    ledger.append(write(item("ast_c", body={"fee": {"commitment": (b"\x01" * 32).hex()}}, disclosures=(SECRET,))))
    ledger.append(write(item("ast_a", 2), key_hash=b"k" * 32, request_hmac=b"h"))
    ledger.append(write(*(item() for _ in range(300))))


ENTRY_1 = "UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = 1"
LAST = """
    DELETE FROM entry WHERE index >= 4; DELETE FROM tree_head WHERE size > 4; DELETE FROM head WHERE index >= 4;
    DELETE FROM head_production WHERE first_index >= 4;
"""
ATTACKS = [
    (ENTRY_1, ["leaf", "root", "forked"]),
    (f"{ENTRY_1}; UPDATE entry SET leaf = sha256('\\x00' || bytes) WHERE index = 1", ["root", "forked", "subtree"]),
    ("UPDATE entry SET bytes = bytes || ' ' WHERE index = 1", ["leaf", "canonical", "root", "forked"]),
    ("UPDATE entry SET id = 'ast_x' WHERE index = 1", ["columns", "head"]),
    ("UPDATE entry SET recorded_at = now() WHERE index = 1", ["columns", "head"]),
    ("DELETE FROM entry WHERE index = 1", ["gap", "root", "truncated", "head"]),
    ("DELETE FROM entry WHERE index >= 200", ["truncated", "rolled_back", "head"]),
    (f"{LAST} DELETE FROM subtree", ["rolled_back"]),
    ("UPDATE entry SET index = 9999 WHERE index = 10; UPDATE entry SET index = 10 WHERE index = 11; UPDATE entry SET index = 11 WHERE index = 9999",
     ["root", "forked", "head"]),
    ("UPDATE tree_head SET root = sha256('x') WHERE size = 3", ["root"]),
    ("UPDATE tree_head SET frontier = sha256('x') || sha256('y') WHERE size = 3", ["frontier"]),
    ("UPDATE tree_head SET committed_at = now() + interval '1 day' WHERE size = 2", ["time"]),
    ("DELETE FROM tree_head WHERE size > 4", ["headless"]),
    ("UPDATE head SET version = 1, index = 0 WHERE id = 'ast_a'", ["head", "identifier"]),
    ("DELETE FROM head WHERE id = 'ast_b'", ["head", "production"]),
    ("DELETE FROM reference", ["reference"]),
    ("UPDATE reference SET target = 'ast_y'", ["reference"]),
    ("UPDATE reference SET affects = true", ["reference"]),
    ("INSERT INTO reference SELECT studio_id, 9999, position, source, role, target, target_version, affects FROM reference", ["reference"]),
    ("UPDATE identifier SET dropped_at = NULL", ["identifier"]),
    ("INSERT INTO identifier VALUES ('std_1', 'asset', 'isrc', '5', 'ast_b', 1, NULL)", ["identifier"]),
    ("UPDATE head_production SET production = 'prd_2' WHERE id = 'ast_b'", ["production"]),
    ("UPDATE disclosure SET commitment = sha256('x')", ["disclosure"]),
    ("UPDATE disclosure SET id = 'ast_b'", ["disclosure"]),
    ("UPDATE write SET first_index = 303", []),
    ("UPDATE write SET first_index = 304", ["write"]),
    ("UPDATE subtree SET root = sha256('x')", ["subtree"]),
]  # fmt: skip


def test_an_honest_log_is_clean(database, ledger, faults):
    with database.app(STUDIO) as conn:
        ledger.inclusion(conn, STUDIO, 0, 304)
    assert faults() == []


@pytest.mark.parametrize(("attack", "codes"), ATTACKS)
def test_each_attack_is_named(database, ledger, superuser, faults, attack, codes):
    with database.app(STUDIO) as conn:
        ledger.inclusion(conn, STUDIO, 0, 304)  # so that there is a stored subtree
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(attack)
    found = faults()
    assert set(codes) <= set(found), found
    assert bool(codes) == bool(found)


def test_an_entry_that_was_rewritten_with_all_its_trees_is_a_fork(database, ledger, superuser, faults):
    from service.ledger import merkle

    superuser.execute(f"{ENTRY_1}; UPDATE entry SET leaf = sha256('\\x00' || bytes) WHERE index = 1")
    leaves = [leaf for (leaf,) in superuser.execute("SELECT leaf FROM entry ORDER BY index")]
    for (size,) in superuser.execute("SELECT size FROM tree_head").fetchall():
        tree = merkle.Growth(0, (), leaves[:size])
        superuser.execute("UPDATE tree_head SET root = %s, frontier = %s WHERE size = %s", (tree.root, merkle.pack(tree.frontier), size))
    assert faults() == ["forked"]
    with pytest.raises(Forked):
        ledger.append(write())
    with database.app(STUDIO) as conn, pytest.raises(Unavailable):
        ledger.checkpoint(conn, STUDIO)


def test_proofs_over_a_tampered_log_are_not_answered(database, ledger, superuser):
    superuser.execute("UPDATE entry SET leaf = sha256('x') WHERE index = 1; DELETE FROM subtree")
    with database.app(STUDIO) as conn, pytest.raises(Unavailable):
        ledger.checkpoint(conn, STUDIO, 3)


def test_a_marks_file_that_is_lost_or_changed_is_named(ledger, keys, faults, database):
    marks = keys / "marks"
    shutil.copy(marks, keys / "copy")
    marks.write_text(marks.read_text().replace(" 304 ", " 305 "))
    with closing(Ledger(database, Signer(keys))) as other, database.ledger() as conn:
        assert [fault.code for fault in fsck.check(conn, other, STUDIO).faults] == ["mark_signature", "unmarked"]
    marks.unlink()
    with closing(Ledger(database, Signer(keys))) as other, database.ledger() as conn:
        assert [fault.code for fault in fsck.check(conn, other, STUDIO).faults] == ["unmarked"]


def test_a_studio_without_a_log_is_clean(faults):
    assert faults("std_9") == []
