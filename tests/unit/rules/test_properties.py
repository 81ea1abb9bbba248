"""What must hold for every pack and every set of facts, tried on random ones."""

from __future__ import annotations

import copy
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from service.rules.evaluate import run
from service.rules.load import _with_carried
from service.rules.names import RANK
from service.rules.pack import Pack
from tests.unit.rules.build import LAW, SIGNED, facts, pack, requirement, rule

LEAVES = st.sampled_from(
    [
        {"is_true": "replica.a"}, {"is_true": "replica.b"}, {"is_false": "replica.a"}, {"equals": ["replica.kind", "x"]},
        {"one_of": ["replica.kind", ["x", "y"]]}, {"contains": ["replica.list", "x"]}, {"subset": ["replica.list", ["x", "y"]]},
        {"before": ["replica.day", "2026-08-10"]}, {"at_least": ["replica.count", 2]}, {"present": "replica.text"},
        {"some": {"of": "replica.parts", "where": {"all": [{"is_true": "ok"}, {"before": ["day", "^replica.day"]}]}}},
        {"every": {"of": "replica.parts", "where": {"is_true": "ok"}}}, {"none": {"of": "replica.parts", "where": {"is_true": "ok"}}},
        {"at_least": [{"count": {"of": "replica.parts", "where": {"is_true": "ok"}}}, 1]},
    ]
)  # fmt: skip
TESTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: {"all": tests}),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: {"any": tests}),
        inner.map(lambda test: {"not": test}),
    ),
    max_leaves=6,
)
DAYS = st.sampled_from(["2026-08-09", "2026-08-10", "2026-08-10T09:00:00Z", "2026-08", None])
TRUTHS = st.sampled_from([True, False, None])
PARTS = st.lists(st.fixed_dictionaries({"ok": TRUTHS, "day": DAYS}), max_size=3)
REPLICAS = st.fixed_dictionaries(
    {
        "a": TRUTHS, "b": TRUTHS, "kind": st.sampled_from(["x", "y", "z", None]), "day": DAYS, "text": st.sampled_from(["t", "", None]),
        "list": st.sampled_from([["x"], ["x", "z"], [], ["*"], ["x", None], None]), "count": st.sampled_from([1, 2, "2.5", None]),
        "parts": st.one_of(st.none(), PARTS),
        "dates": st.fixed_dictionaries({"creation": st.sampled_from(["2025-05-01", "2026-08-10", "2026", None])}),
    }
)  # fmt: skip
RESULTS = st.sampled_from(["block", "review", "warn", {"ahead": "block", "past": "review"}])
FIELDS = ["a", "b", "kind", "day", "text", "list", "count", "parts", "parts.0.ok", "parts.0.day", "parts.1.ok"]


def without(replica, field):
    """The same facts with one field not recorded."""
    left = copy.deepcopy(replica)
    head, _, rest = field.partition(".")
    if not rest:
        left[head] = None
        return left
    number, _, name = rest.partition(".")
    parts = left.get(head) or []
    if int(number) < len(parts):
        parts[int(number)][name] = None
    return left


def result(packs, replica, governance=SIGNED):
    return run(packs, facts(rep=replica), governance).results("t.r").get("rep", "not_applicable")


def milder(one, other):
    return RANK[one] > RANK[other]


@settings(max_examples=300, deadline=None)
@given(TESTS, RESULTS, REPLICAS, st.sampled_from(FIELDS))
def test_a_fact_that_goes_missing_never_improves_a_requirement(test, otherwise, replica, field):
    packs = [pack("t", rule("t.r", requirement(test, otherwise=otherwise))), LAW]
    assert not milder(result(packs, without(replica, field)), result(packs, replica))


@settings(max_examples=300, deadline=None)
@given(TESTS, REPLICAS, st.sampled_from(FIELDS))
def test_a_trigger_fact_that_goes_missing_never_gives_better_than_review(trigger, replica, field):
    packs = [pack("t", rule("t.r", requirement({"always": False}), when=trigger)), LAW]
    full, less = result(packs, replica), result(packs, without(replica, field))
    assert less in {full, "review"}


@settings(max_examples=200, deadline=None)
@given(TESTS, TESTS, REPLICAS)
def test_an_exemption_never_worsens_and_a_waiver_never_lifts_a_bar(test, excuse, replica):
    plain = [pack("t", rule("t.r", requirement(test))), LAW]
    excused = [pack("t", rule("t.r", requirement(test), unless=[{"when": excuse, "then": "exempt"}])), LAW]
    barred = [pack("t", rule("t.r", requirement(test), absolute=True)), LAW]
    waived = SIGNED | {
        "waivers": [{"id": "w", "rule": "t.r", "subjects": ["*"]}],
        "reviews": [{"id": "r", "rule": "t.r", "requirement": "paper", "code": "paper", "subjects": ["*"], "verdict": "approved"}],
    }
    assert not milder(result(plain, replica), result(excused, replica))
    assert result(barred, replica, waived) == result(plain, replica)


@settings(max_examples=200, deadline=None)
@given(TESTS, TESTS, RESULTS, RESULTS, REPLICAS, st.booleans())
def test_dual_evaluation_is_never_milder_than_either_edition(old, new, first, second, replica, overrides):
    replaced = {"overrides": ["t.old"]} if overrides else {}
    older = {"pack": "t-1", "kind": "agreement", "line": "t", "term": {"from": "2023-01-01", "to": "2026-06-30"},
             "rules": [rule("t.old", requirement(old, otherwise=first), date_basis="creation")]}  # fmt: skip
    newer = {"pack": "t-2", "kind": "agreement", "line": "t", "term": {"from": "2026-07-01", "to": "2030-06-30"}, "carries": "t-1",
             "rules": [rule("t.new", requirement(new, otherwise=second), date_basis="creation", **replaced)]}  # fmt: skip
    packs = [Pack(older), Pack(_with_carried(newer, {"t-1": older})), LAW]

    def outcome(creation):
        found = run(packs, facts(rep=replica | {"dates": {"creation": creation}}), SIGNED)
        return ["blocked", "review", "cleared_with_obligations", "cleared"].index(found.outcome)

    assert outcome(None) <= min(outcome("2025-01-01"), outcome("2027-01-01"))


@settings(max_examples=100, deadline=None)
@given(st.lists(REPLICAS, min_size=2, max_size=6), TESTS, TESTS, st.integers())
def test_the_order_of_records_does_not_matter(replicas, trigger, test, seed):
    packs = [pack("t", rule("t.r", requirement(test), when=trigger), rule("t.s", requirement(trigger))), LAW]
    objects = {f"rep_{number}": replica for number, replica in enumerate(replicas)}
    document = facts(**objects)
    document["replicas"] = [{"$ref": name} for name in objects]
    shuffled = copy.deepcopy(document)
    random.Random(seed).shuffle(shuffled["replicas"])
    shuffled["objects"] = dict(reversed(shuffled["objects"].items()))
    assert run(packs, document, SIGNED).bytes() == run(packs, shuffled, SIGNED).bytes()


@settings(max_examples=100, deadline=None)
@given(TESTS, REPLICAS)
def test_what_fails_or_is_unknown_never_passes(test, replica):
    """A requirement and its negation never both pass, and an unknown passes neither."""
    assert {"pass"} != {result([pack("t", rule("t.r", requirement(one))), LAW], replica) for one in (test, {"not": test})}
