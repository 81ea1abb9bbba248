"""Appending: proof with every answer, preconditions, idempotency, and what stands in the tables afterwards."""

from __future__ import annotations

import pytest

from service.errors import Conflict, Invalid, StaleVersion
from service.ledger import merkle, note
from service.ledger.entry import leaf_hash
from service.ledger.log import Disclosure, Edge, HeadColumns, Unchanged
from tests.db.ledger.made import STUDIO, item, proves, write


def test_every_append_is_answered_with_proof(ledger, faults):
    sizes = []
    for count in (1, 3, 1, 40):
        written = write(*(item() for _ in range(count)))
        receipt = ledger.append(written)
        assert proves(ledger, written, receipt)
        assert (receipt.count, receipt.replayed) == (count, False)
        sizes.append(receipt.size)
    assert sizes == [1, 4, 5, 45]
    assert faults() == []


def test_each_studio_has_a_log_of_its_own(database, ledger, faults):
    for studio in ("std_1", "std_2", "std_1"):
        receipt = ledger.append(write(item(studio=studio), studio=studio))
    assert receipt.size == 2
    assert note.parse_checkpoint(receipt.checkpoint).origin == "clearance.local/std_1"
    with database.app("std_2") as conn:
        assert ledger.head(conn, "std_2").size == 1
        assert ledger.head(conn, "std_1") is None
    assert faults("std_1") == faults("std_2") == []


def test_the_next_version_and_only_that(ledger):
    first = ledger.append(write(item("ast_a")))
    assert ledger.append(write(item("ast_a", 2))).first_index == first.first_index + 1
    for version in (1, 2, 4):
        with pytest.raises(StaleVersion):
            ledger.append(write(item("ast_a", version)))
    with pytest.raises(StaleVersion):
        ledger.append(write(item("ast_unknown", 2)))


def test_a_write_is_all_or_nothing(database, ledger):
    with pytest.raises(StaleVersion):
        ledger.append(write(item("ast_a"), item("ast_b", 7), item("ast_c")))
    with pytest.raises(StaleVersion):  # only the constraint knows this one
        ledger.append(write(item("ast_a"), item("ast_a")))
    with database.app(STUDIO) as conn:
        assert conn.execute("SELECT count(*) FROM entry").fetchone() == (0,)
        assert ledger.checkpoint(conn, STUDIO) is None


def test_a_repeated_key_writes_once(ledger):
    written = write(item(), item(), key_hash=b"k" * 32, request_hmac=b"h" * 32)
    first = ledger.append(written)
    ledger.append(write())
    again = ledger.append(written)
    assert (again.first_index, again.count, again.replayed) == (first.first_index, 2, True)
    assert again.size == 3
    assert proves(ledger, written, again)
    with pytest.raises(Invalid) as refusal:
        ledger.append(write(key_hash=b"k" * 32, request_hmac=b"x" * 32))
    assert refusal.value.code == "idempotency_key_reused"


def test_what_a_key_wrote_can_be_asked_for(database, ledger):
    written = write(key_hash=b"k" * 32, request_hmac=b"h" * 32)
    with database.app(STUDIO) as conn:
        assert ledger.replayed(conn, STUDIO, b"k" * 32, b"h" * 32) is None
        ledger.append(written)
        assert proves(ledger, written, ledger.replayed(conn, STUDIO, b"k" * 32, b"h" * 32))
        with pytest.raises(Invalid):
            ledger.replayed(conn, STUDIO, b"k" * 32, b"x" * 32)


def test_a_release_fails_once_what_it_rests_on_has_changed(ledger):
    ledger.append(write(item("con_a"), item("lic_a"), item("con_b")))
    rests_on = Unchanged(3, frozenset({"con_a", "lic_a"}))
    assert ledger.append(write(unchanged=rests_on)).first_index == 3
    ledger.append(write(item("evt_1", edges=[Edge("target", "con_b", affects=True)]), item("con_b", 2)))
    ledger.append(write(item("ast_1", edges=[Edge("consent", "con_a")])))
    assert ledger.append(write(unchanged=rests_on))
    ledger.append(write(item("evt_2", edges=[Edge("target", "con_a", affects=True)])))
    with pytest.raises(Conflict) as refusal:
        ledger.append(write(unchanged=rests_on))
    assert refusal.value.code == "changed_since_decision"
    ledger.append(write(item("lic_a", 2)))
    with pytest.raises(Conflict):
        ledger.append(write(unchanged=Unchanged(9, frozenset({"lic_a"}))))
    assert ledger.append(write(unchanged=Unchanged(10, frozenset({"lic_a"}))))


def test_identifiers_are_unique_in_a_kind_and_pass_on_when_dropped(ledger, faults):
    ledger.append(write(item("ast_a", identifiers=[("eidr", "1"), ("isrc", "2")])))
    with pytest.raises(Conflict) as refusal:
        ledger.append(write(item("ast_b", identifiers=[("eidr", "1")])))
    assert refusal.value.code == "identifier_taken"
    ledger.append(write(item("prd_a", kind="production", identifiers=[("eidr", "1")])))
    ledger.append(write(item("ast_a", 2, identifiers=[("isrc", "2")])))
    ledger.append(write(item("ast_b", identifiers=[("eidr", "1")])))
    ledger.append(write(item("ast_a", 3, identifiers=[]), item("ast_b", 2, identifiers=[("isrc", "2"), ("eidr", "1")])))
    assert faults() == []


def test_heads_follow_the_newest_version(database, ledger, faults):
    ledger.append(write(item("ast_a", head=HeadColumns("one", "image", "open", "pty_1", ("prd_1", "prd_2")))))
    ledger.append(write(item("ast_a", 2, head=HeadColumns("two", None, "done", None, ("prd_2", "prd_3")))))
    ledger.append(write(item("ast_b"), item("ast_b", 2, head=HeadColumns("b", productions=()))))
    with database.app(STUDIO) as conn:
        heads = conn.execute(
            "SELECT id, version, index, first_index, label, type, state, party, productions FROM head ORDER BY id"
        ).fetchall()
        live = conn.execute("SELECT id, production FROM head_production WHERE live ORDER BY id, production").fetchall()
    assert heads == [("ast_a", 2, 1, 0, "two", None, "done", None, ["prd_2", "prd_3"]), ("ast_b", 2, 3, 2, "b", None, None, None, [])]
    assert live == [("ast_a", "prd_2"), ("ast_a", "prd_3")]
    ledger.append(write(item("ast_a", 3, head=HeadColumns(productions=("prd_1",)))))
    assert faults() == []


def test_what_is_kept_beside_the_entry(database, ledger, faults):
    secret = Disclosure("/body/fee", b"\x01" * 32, b"cipher", "pty_1", "encrypted")
    body = {"fee": {"commitment": (b"\x01" * 32).hex()}}
    edges = [Edge("parent", "ast_z", 3), Edge("consent", "con_a")]
    ledger.append(write(item("ast_a", body=body, edges=edges, disclosures=(secret,))))
    with database.app(STUDIO) as conn:
        kept = conn.execute("SELECT id, index, pointer, commitment, ciphertext, subject, protection FROM disclosure").fetchall()
        linked = conn.execute(
            "SELECT index, position, source, role, target, target_version, affects FROM reference ORDER BY position"
        ).fetchall()
    assert kept == [("ast_a", 0, "/body/fee", b"\x01" * 32, b"cipher", "pty_1", "encrypted")]
    assert linked == [(0, 0, "ast_a", "parent", "ast_z", 3, False), (0, 1, "ast_a", "consent", "con_a", None, False)]
    assert faults() == []


def test_proofs_and_checkpoints_of_every_size(database, ledger):
    written = [write() for _ in range(12)]
    receipts = [ledger.append(each) for each in written]
    leaves = [leaf_hash(each.items[0].bytes) for each in written]
    with database.app(STUDIO) as conn:
        for size in range(1, 13):
            content = ledger.checkpoint(conn, STUDIO, size)
            assert content == receipts[size - 1].checkpoint
            root = note.verify(content, [ledger.verifier(STUDIO)]).root
            for index in range(size):
                assert merkle.verify_inclusion(index, size, leaves[index], ledger.inclusion(conn, STUDIO, index, size), root)
            for first in range(1, size + 1):
                before = note.parse_checkpoint(receipts[first - 1].checkpoint).root
                assert merkle.verify_consistency(first, size, before, root, ledger.consistency(conn, STUDIO, first, size))
        assert ledger.checkpoint(conn, STUDIO, 13) is None


def test_proofs_across_stored_subtrees(database, ledger, faults):
    for count in (700, 1, 400, 900, 48, 47):
        ledger.append(write(*(item() for _ in range(count))))
    with database.app(STUDIO) as conn:
        leaves = [leaf for (leaf,) in conn.execute("SELECT leaf FROM entry ORDER BY index")]
        for size in (2096, 2049, 1101, 701):
            root = merkle.Growth(0, (), leaves[:size]).root
            for index in (0, 255, 256, 511, 700):
                assert merkle.verify_inclusion(index, size, leaves[index], ledger.inclusion(conn, STUDIO, index, size), root)
        assert ledger.consistency(conn, STUDIO, 701, 2096)
        assert conn.execute("SELECT count(*) FROM subtree").fetchone() == (2096 // 256,)
    assert faults() == []


def test_time_maps_to_size_and_never_runs_backwards(database, ledger):
    for _ in range(3):
        ledger.append(write())
    with database.app(STUDIO) as conn:
        moments = [moment for (moment,) in conn.execute("SELECT committed_at FROM tree_head ORDER BY size")]
        assert moments == sorted(moments)
        assert [ledger.size_at(conn, STUDIO, moment) for moment in moments] == [1, 2, 3]
        assert ledger.size_at(conn, STUDIO, "2020-01-01T00:00:00Z") == 0
        assert ledger.size_at(conn, STUDIO, "2120-01-01T00:00:00Z") == 3
    with database.ledger() as conn:  # a server whose clock was ahead when it wrote
        conn.execute(
            "INSERT INTO tree_head SELECT studio_id, 100, root, frontier, now() + interval '1 hour' FROM tree_head WHERE size = 3 ON CONFLICT DO NOTHING"
        )


def test_a_large_write_goes_through_alone(ledger):
    body = {"text": "x" * 60_000}
    receipt = ledger.append(write(*(item(body=body) for _ in range(200))))  # 12 MB, more than a batch takes of several
    assert receipt.size == 200
