"""What goes through: preconditions per write, counting the writes before it in the same batch."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.errors import Conflict, Invalid, StaleVersion
from service.ledger.items import Edge, Item, Unchanged, Write
from service.ledger.plan import Current, Earlier, Placed, Repeated, State, judge, limit

NOW = datetime(2026, 9, 14, tzinfo=UTC)
STUDIO = "std_1"


def item(record_id, version=1, *, edges=(), identifiers=()):
    return Item(record_id, "asset", version, NOW, b"{}", tuple(edges), identifiers=tuple(identifiers))


def write(*items, studio=STUDIO, **more):
    return Write(studio, tuple(items), **more)


@pytest.fixture
def state():
    return State(
        sizes={STUDIO: 10},
        current={(STUDIO, "a"): Current(3, 7, 2)},
        owners={(STUDIO, "asset", "eidr", "1"): "a"},
        owned={(STUDIO, "a"): frozenset({("eidr", "1")})},
        writes={(STUDIO, b"key"): Earlier(b"hmac", 4, 2)},
    )


def test_indices_are_dense_in_each_log(state):
    assert judge(write(item("b"), item("c")), state) == Placed(10)
    assert judge(write(item("d"), studio="std_2"), state) == Placed(0)
    assert judge(write(item("e")), state) == Placed(12)


def test_versions_count_writes_of_the_same_batch(state):
    assert judge(write(item("a", 4), item("a", 5)), state) == Placed(10)
    assert isinstance(judge(write(item("a", 5)), state), StaleVersion)
    assert judge(write(item("a", 6)), state) == Placed(12)
    assert state.current[STUDIO, "a"] == Current(6, 12, 2)
    assert isinstance(judge(write(item("nobody", 2)), state), StaleVersion)


def test_a_refused_write_leaves_nothing(state):
    before = (dict(state.sizes), dict(state.current), dict(state.owners), dict(state.owned), list(state.transitions))
    assert isinstance(judge(write(item("b", identifiers=[("isrc", "1")]), item("a", 9)), state), StaleVersion)
    assert before == (state.sizes, state.current, state.owners, state.owned, state.transitions)


def test_a_repeated_key_answers_what_it_wrote(state):
    assert judge(write(item("b"), key_hash=b"key", request_hmac=b"hmac"), state) == Repeated(4, 2)
    assert isinstance(judge(write(item("b"), key_hash=b"key", request_hmac=b"another"), state), Invalid)
    assert judge(write(item("b"), key_hash=b"new", request_hmac=b"h"), state) == Placed(10)
    assert judge(write(item("c"), key_hash=b"new", request_hmac=b"h"), state) == Repeated(10, 1)
    assert judge(write(item("c"), studio="std_2", key_hash=b"key", request_hmac=b"other"), state) == Placed(0)


def test_what_changed_or_was_affected_since_stops_a_release(state):
    rests_on = Unchanged(8, frozenset({"a", "b"}))
    assert judge(write(item("r1"), unchanged=rests_on), state) == Placed(10)
    assert judge(write(item("e", edges=[Edge("target", "b", affects=True)])), state) == Placed(11)
    refusal = judge(write(item("r2"), unchanged=rests_on), state)
    assert isinstance(refusal, Conflict)
    assert refusal.code == "changed_since_decision"
    assert judge(write(item("r2"), unchanged=Unchanged(12, frozenset({"a", "b"}))), state) == Placed(12)
    assert isinstance(judge(write(item("r3"), unchanged=Unchanged(7, frozenset({"a"}))), state), Conflict)


def test_a_mere_reference_does_not_stop_a_release(state):
    judge(write(item("e", edges=[Edge("target", "a")])), state)
    assert judge(write(item("r"), unchanged=Unchanged(8, frozenset({"a"}))), state) == Placed(11)


def test_identifiers_belong_to_one_record_until_it_drops_them(state):
    taken = judge(write(item("b", identifiers=[("eidr", "1")])), state)
    assert isinstance(taken, Conflict)
    assert (taken.code, taken.errors[0].pointer) == ("identifier_taken", "/identifiers/0")
    assert judge(write(item("a", 4, identifiers=[("eidr", "1"), ("isrc", "2")])), state) == Placed(10)
    assert judge(write(item("a", 5, identifiers=[("isrc", "2")])), state) == Placed(11)
    assert judge(write(item("b", identifiers=[("eidr", "1")])), state) == Placed(12)
    assert isinstance(judge(write(item("a", 6, identifiers=[("eidr", "1")])), state), Conflict)
    names = [(key[2:], owner, index) for key, owner, index in state.transitions]
    assert names == [(("isrc", "2"), "a", 10), (("eidr", "1"), None, 11), (("eidr", "1"), "b", 12)]


def test_within_one_write_too(state):
    pair = write(item("b", identifiers=[("isrc", "3")]), item("c", identifiers=[("isrc", "3")]))
    assert isinstance(judge(pair, state), Conflict)
    moved = write(item("a", 4), item("b", identifiers=[("eidr", "1")]))
    assert judge(moved, state) == Placed(10)


def test_a_batch_is_limited_but_never_empty():
    writes = [write(item("a"), item("b"))] * 4
    assert limit(writes, 5, 10**6) == 2
    assert limit(writes, 1, 10**6) == 1
    assert limit(writes, 100, 9) == 2
