"""Causes and the reviews made of them, from records: ten thousand alike are one, and an answer is about what was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.context import Context
from service.decisions import adoptions, governance, packs, replay, reviews, waivers
from service.decisions.decide import Decided, decide
from service.decisions.question import Question
from service.records import search, write
from service.rules import evaluate, load
from service.rules.causes import part_id
from service.rules.findings import OUTCOMES, Evaluation
from service.rules.names import RANK
from service.rules.pack import canonical
from tests.bench.bench_decision import INTENT, _one, _person
from tests.bench.bench_delivery import shots
from tests.rules import scenario
from tests.rules.scenario import Studio
from tests.rules.test_properties import CASES, _document
from tests.rules.test_story_decided import PACKS, second

AT = datetime(2026, 12, 28, 12, tzinfo=UTC)
"""After everything was recorded: a waiver begins with its approval."""
UNSIGNED = "no-sign-off@legal:evidence.approval/ast"
UNSAID = "missing_facts@production"


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, len(CASES) - 1), which=st.integers(0, 20), ruling=st.sampled_from([{"all_signed": True}, {}]))
def test_every_finding_is_in_the_one_cause_that_weighs_as_it_does(number: int, which: int, ruling: dict[str, Any]) -> None:
    """Merging changes no outcome: a cause holds only findings of its weight, each of them once, and their outcome is the causes' outcome."""
    changes = [{}, *(change for change, _ in CASES[number].fails)]
    document = {**_document(CASES[number], changes[which % len(changes)]), "ahead": True}
    found = evaluate.run(list(load.load_packs().values()), document, ruling)
    weights: dict[tuple[Any, ...], set[tuple[str, str]]] = {}
    for one in found.findings:
        if one.result not in ("pass", "exempt"):
            absolute = bool(found.tallies[one.rule].statics.get("absolute"))
            weights.setdefault((one.cause, *_weight(one), absolute), set()).add((part_id(one), one.subject))
    by_weight = {(cause["id"], *(cause[name] for name in (*_WEIGHT, "absolute"))): cause for cause in found.causes}
    assert by_weight.keys() == weights.keys()
    for weight, cause in by_weight.items():
        held = weights[weight]
        assert set(cause["items"]) == {subject for _, subject in held}
        assert {part["id"]: part["count"] for part in cause["parts"]} == {part: sum(one == part for one, _ in held) for part, _ in held}
    assert found.outcome == _outcome(found)


_WEIGHT = ("result", "would_be", "mode", "past", "holds")


def _weight(finding: Any) -> tuple[Any, ...]:
    return tuple(getattr(finding, name) for name in _WEIGHT)


def _outcome(found: Evaluation) -> str:
    weights = ["warn" if one["mode"] == "advisory" and RANK[one["result"]] < RANK["warn"] else one["result"] for one in found.causes]
    return OUTCOMES.get(min(weights, key=RANK.__getitem__, default="pass"), "cleared")


def test_every_pack_and_many_shots_are_a_handful_of_causes(studio: Studio) -> None:
    """A delivery whose shots have no papers of their own, under every pack there is: few causes, and as many for ten shots."""
    studio.enter(_title())
    made = [f"$s{number}" for batch in shots(200) for number in _shots_of(studio, batch)]
    few, many = (
        studio.facts({"subject": made[:size], "act": "release", "at": "2026-11-20", "production": "$film", "intent": INTENT})
        for size in (10, 200)
    )
    every = [name for name, pack in load.load_packs().items() if pack.kind != "gate"]
    for chosen in (every, PACKS):
        found = [scenario.judge(one.document, chosen).causes for one in (few, many)]
        assert [cause["id"] for cause in found[0]] == [cause["id"] for cause in found[1]]
        assert 3 < len(found[1]) < 20, [cause["id"] for cause in found[1]]
        assert max(len(cause["items"]) for cause in found[1]) >= 200


def _title() -> list[dict[str, Any]]:
    title = [
        _one("party", "studio", type="organisation", name="Larkfield Pictures"),
        _one("agreement", "tvt26", name="SAG-AFTRA TV/Theatrical", edition="2026", pack="sagaftra-tvt-2026", term={"start": "2026-07-01", "end": "2030-06-30"}),
        _one("production", "film", title="Large", format="feature", photography_start="2026-08-17", signatories=["$studio"], distributors=["$studio"],
             cast_list_complete_as_of="2026-10-10", countries=["US"], business_calendar="us-federal"),
        _one("binding", "bound", production="$film", agreement="$tvt26", basis="signatory", signatory="$studio", crafts=["performer"], bound={"start": "2026-07-01"}),
        _one("model", "model", name="Portrait 3", training_disclosure="disclosed", datasets=[], base_models=[], trains_on_inputs=False),
    ]  # fmt: skip
    return [*title, *(record for record in _person(0) if not record["key"].startswith(("plate", "run", "use", "kind", "days", "shot")))]


def _shots_of(studio: Studio, batch: list[dict[str, Any]]) -> list[int]:
    studio.enter(batch)
    return [int(record["key"][1:]) for record in batch if record["kind"] == "asset"]


PAPER = {
    "id": "paper", "test": {"some": {"of": "asset.sign_offs", "where": {"is_true": "given"}}}, "otherwise": "review", "code": "no-sign-off",
    "says": "Nobody has signed off {asset}.", "fix": "Have it signed off.", "owner": "legal",
    "needs": {"kind": "evidence", "type": "approval", "for": "asset"},
}  # fmt: skip


def _pack(name: str) -> dict[str, Any]:
    """A pack of one rule that asks for a paper, as other packs do, and of one that cannot be asked."""
    rule = {"clause": name, "summary": "A test.", "confidence": "H", "each": "assets", "require": [PAPER]}
    return {
        "pack": f"house-{name}", "kind": "house", "title": name,
        "rules": [{"id": f"{name}.paper", **rule}, {"id": f"{name}.doubt", **rule, "when": {"equals": [f"asset.{name}", "x"]}}],
    }  # fmt: skip


@pytest.fixture
def ask(studio: Studio) -> Callable[..., Decided]:
    """Two shots of a title; returns a function that lets it adopt packs, and decides about the first shot or those that are named."""
    other = second(studio)
    title = _one("production", "film", title="Tidewater", format="feature", countries=["US"])
    studio.enter([title, *(_one("asset", f"shot{n}", type="image", productions=["$film"], origin="camera") for n in (1, 2))])

    def adopt(name: str) -> None:
        made = packs.draft(studio.context, document=_pack(name), text=None, statement=None).pack
        for who in (studio.context, other):
            adoptions.sign_off(who, made.id, "labour_counsel", None)
        packs.publish(studio.context, made.id, made.digest, {"start": "2026-12-01"})
        adoptions.confirm(other, adoptions.propose(studio.context, {"production": studio.keys["$film"], "pack": made.id}).id)

    def asked(*shots: str, adopted: Iterable[str] = ()) -> Decided:
        for name in adopted:
            adopt(name)
        subjects = [studio.keys[one] for one in shots or ("$shot1",)]
        intent = {"territories": ["US"], "media": ["streaming"]}
        return decide(studio.context, Question(subjects, "release", None, AT, intent=intent, production=studio.keys["$film"]))

    asked.other = other  # type: ignore[attr-defined]
    return asked


def settle(context: Context, decided: Decided, cause: str, **more: Any) -> None:
    [review] = [one for one in decided.reviews if one.body["cause"] == cause]
    reviews.settle(context, review.id, reviews.Verdict("confirmed", review.body["role"], statement="Looked into.", **more))


def held(decided: Decided, cause: str) -> Mapping[str, list[str]]:
    """The rules that a cause still holds, each with its items."""
    found: dict[str, list[str]] = {}
    for one in decided.evaluation.findings:
        if one.cause == cause and one.result == "review":
            found.setdefault(one.rule, []).append(one.subject)
    return found


def test_one_answer_settles_each_rule_for_what_was_looked_at(ask: Any, studio: Studio) -> None:
    first = ask(adopted=("one", "two"))
    shot1, shot2 = studio.keys["$shot1"], studio.keys["$shot2"]
    assert held(first, UNSIGNED) == {"one.paper": [shot1], "two.paper": [shot1]}
    [review] = [one for one in first.reviews if one.body["cause"] == UNSIGNED]
    assert [review.body[name] for name in ("rules", "role", "subjects")] == [["one.paper", "two.paper"], "legal", [shot1]]
    settle(ask.other, first, UNSIGNED)
    settle(ask.other, first, UNSAID)
    again = ask()
    assert (held(again, UNSIGNED), held(again, UNSAID)) == ({}, {})
    assert held(ask("$shot1", "$shot2"), UNSAID) == {"one.doubt": [shot2], "two.doubt": [shot2]}, "the other shot was not looked at"
    wider = ask(adopted=("three",))
    assert held(wider, UNSAID) == {"three.doubt": [shot1]}, "a rule that comes to ask the same was not answered"
    assert {one.body["cause"]: one.body["rules"] for one in wider.reviews} == {UNSIGNED: ["three.paper"], UNSAID: ["three.doubt"]}
    assert replay.replay(studio.context, wider.recorded.id).identical


def test_an_answer_may_be_for_some_of_the_rules_only(ask: Any, studio: Studio) -> None:
    first = ask(adopted=("one", "two"))
    with pytest.raises(errors.Invalid) as refused:
        settle(ask.other, first, UNSAID, rules=["two.doubt", "one.paper"])
    assert refused.value.errors[0].pointer == "/rules/1"
    settle(ask.other, first, UNSAID, rules=["two.doubt"])
    again = ask()
    assert held(again, UNSAID).keys() == {"one.doubt"}
    assert [one.body["rules"] for one in again.reviews if one.body["cause"] == UNSAID] == [["one.doubt"]]


def test_a_waiver_of_one_rule_leaves_the_others_of_its_cause(ask: Any, studio: Studio) -> None:
    ask(adopted=("one", "two"))
    body = {
        "rules": ["one.paper"],
        "scope_productions": [studio.keys["$film"]],
        "reason": "Counsel is content.",
        "expires_at": "2028-01-01",
    }
    waivers.settle(ask.other, waivers.request(studio.context, body).id, "approved", None)
    found = ask()
    assert held(found, UNSIGNED).keys() == {"two.paper"}
    assert found.evaluation.results("one.paper") == {studio.keys["$shot1"]: "exempt"}


def test_an_answer_of_earlier_days_still_settles_its_one_rule(ask: Any, studio: Studio) -> None:
    """A review was of one rule, named after it, and listed subjects alone."""
    first = ask(adopted=("one", "two"))
    finding = next(one for one in first.evaluation.findings if one.rule == "one.paper")
    looked = canonical({finding.subject: finding.basis})
    body = {
        "decision": first.recorded.id, "cause": "one.paper#paper:no-sign-off", "rules": ["one.paper"], "role": "legal", "state": "open",
        "productions": [studio.keys["$film"]], "subjects": [finding.subject],
        "subject_list": {"sha256": studio.context.blobs.put(looked).sha256, "bytes": len(looked), "count": 1, "media_type": "application/json"},
    }  # fmt: skip
    asked = write.create(studio.context, "review", body)
    reviews.settle(ask.other, asked.id, reviews.Verdict("confirmed", "legal", statement="Seen."))
    assert held(ask(), UNSIGNED).keys() == {"two.paper"}


def test_a_past_shortfall_of_several_rules_is_noted_for_each(ask: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PAPER, "otherwise", {"ahead": "block", "past": "review"})
    monkeypatch.setitem(PAPER, "ahead", {"always": False})
    first = ask(adopted=("one", "two"))
    settle(ask.other, first, f"{UNSIGNED}~past")
    noted = list(governance.every(studio.context, "exception", search.Filter()))
    assert {(one.body["rule"], one.body["code"], *one.body["subjects"]) for one in noted} == {
        (f"{name}.paper", "no-sign-off", studio.keys["$shot1"]) for name in ("one", "two")
    }
    lifted = {one.rule: one.result for one in ask().evaluation.findings if one.code == "no-sign-off" and one.lifted_by}
    assert lifted == {"one.paper": "warn", "two.paper": "warn"}, "an exception is shown for ever"
