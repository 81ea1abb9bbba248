"""The story through the rooms of decisions: what a decision leaves to do, and what people make of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from service import auth, errors
from service.context import Actor, Context
from service.decisions import adoptions, answer, governance, obligations, releases, replay, reviews, waivers
from service.decisions.decide import Decided, decide
from service.decisions.question import Question
from service.records import search, write
from service.rules.load import load_packs
from tests.rules import scenario
from tests.rules.conftest import RECORDED
from tests.rules.scenario import STORY, Studio

PACKS = ("sagaftra-tvt-2023", "sagaftra-tvt-2026", "law-us")


def second(studio: Studio) -> Context:
    """The context of a second person of the same studio."""
    context = studio.context
    account = auth.create_account(context.conn, context.studio_id, "Counsel", ("studio_admin",), RECORDED)
    return dataclasses.replace(context, actor=Actor(context.studio_id, account, "Counsel", frozenset(), frozenset()))


@pytest.fixture
def told(studio: Studio) -> Callable[[str], Decided]:
    """Play the story up to a step and decide as it asks."""
    steps = scenario.read_scenario(STORY)["steps"]
    other = second(studio)
    played: list[str] = []

    def until(step: str) -> Decided:
        for one in steps[len(played) :]:
            if played and played[-1] == step:
                break
            if one.get("records"):
                studio.enter(one["records"])
            played.append(one["step"])
            if one["step"] == "1":
                adopt(studio.context, other, studio.keys["$production"])
        asked = next(one for one in steps if one["step"] == step)["ask"][0]
        return decide(studio.context, question(studio, asked))

    return until


def adopt(first: Context, other: Context, production: str) -> None:
    for pack in PACKS:
        for who in (first, other):
            adoptions.sign_off(who, pack, "labour_counsel", None)
        adoptions.confirm(other, adoptions.propose(first, {"production": production, "pack": pack}).id)


def question(studio: Studio, asked: dict[str, Any]) -> Question:
    told = studio.named(scenario.plain(asked))
    subjects = [told["subject"]] if isinstance(told["subject"], str) else told["subject"]
    return Question(
        subjects=subjects, act=told["act"], at=datetime.fromisoformat(told["at"]), production=told["production"], profile=told["profile"]
    )


def records(studio: Studio, kind: str, **columns: str) -> list[Any]:
    return list(governance.every(studio.context, kind, search.Filter(columns)))


def test_blocked_names_the_smallest_set_of_records_that_would_clear_it(told, studio):
    decided = told("5")
    assert decided.evaluation.outcome == "blocked"
    explained = answer.of_record(studio.context, decided.recorded)
    performer = studio.keys["$performer"]
    consents = [step for step in explained["clearing"] if step.get("kind") == "consent"]
    assert [step["for"] for step in consents] == [performer], "one rider would do for creation and use"
    assert set(consents[0]["fields"]["purposes"]) == {"creation", "use"}
    assert records(studio, "obligation") == [], "what is blocked leaves nothing owed"


def test_a_past_shortfall_is_settled_by_people_and_stays_on_record(told, studio):
    decided = told("6")
    assert decided.evaluation.outcome == "review"
    other = second(studio)
    for review in decided.reviews:
        verdict = reviews.Verdict("confirmed", review.body["role"], statement="Looked into; labour relations will live with it.")
        reviews.settle(other, review.id, verdict)
    noted = records(studio, "exception")
    assert {one.body["code"] for one in noted} >= {"notice-short"}
    assert all(one.body["breach"] and one.body["noted_by"] == other.actor.account_id for one in noted)
    again = decide(studio.context, decided.asked.question)
    assert again.evaluation.outcome == "cleared_with_obligations"
    lifted = [finding for finding in again.evaluation.findings if finding.lifted_by]
    assert {finding.result for finding in lifted} <= {"pass", "warn"}
    assert any(finding.result == "warn" for finding in lifted), "an exception is shown for ever"
    assert again.reviews == [], "what was settled is not asked again"
    assert releases.release(studio.context, again.recorded.id).kind == "release"


def test_a_sign_off_that_one_person_wrote_for_two_does_not_count(studio):
    first, other = studio.context, second(studio)
    digest = load_packs()["law-us"].digest
    readers = [{"account": one.actor.account_id} for one in (first, other)]
    write.create(first, "evidence", {"type": "pack_sign_off", "details": {"pack": "law-us", "digest": digest, "readers": readers}})
    assert governance.signed_off(first) == frozenset()
    assert governance.signed_off(other) == frozenset()


def test_questions_that_are_moot_are_withdrawn(told, studio):
    assert told("5").reviews == [], "while something blocks, nobody is asked"
    asked = told("6").reviews
    assert {one.id for one in records(studio, "review", state="open")} == {one.id for one in asked}
    steps = scenario.read_scenario(STORY)["steps"]
    studio.enter(next(one for one in steps if one["step"] == "7")["records"])
    again = dataclasses.replace(
        question(studio, next(one for one in steps if one["step"] == "6")["ask"][0]), at=datetime.fromisoformat("2026-09-21T12:00:00Z")
    )
    decide(studio.context, again)
    assert records(studio, "review", state="open") == []
    assert {one.id for one in records(studio, "review", state="withdrawn")} == {one.id for one in asked}


def test_a_hypothetical_withdrawal_is_weighed_and_backs_nothing(told, studio):
    cleared = told("7")
    event = {"type": "withdrawn", "targets": [studio.keys["$rider"]], "effective_at": "2026-09-01T00:00:00Z", "basis": "contract_clause"}
    before = studio.size()
    asked = dataclasses.replace(cleared.asked.question, overlay=[{"kind": "event", "body": event}], dry_run=True)
    assert decide(studio.context, asked).evaluation.outcome in {"blocked", "review"}
    assert studio.size() == before
    recorded = decide(studio.context, dataclasses.replace(asked, dry_run=False)).recorded
    with pytest.raises(errors.Conflict) as refused:
        releases.release(studio.context, recorded.id)
    assert refused.value.code == "decision_cannot_release"
    assert decide(studio.context, cleared.asked.question).evaluation.outcome == "cleared_with_obligations"


def test_a_settled_review_does_not_settle_what_changed_since(told, studio):
    decided = told("6")
    for review in decided.reviews:
        ended = reviews.Verdict("confirmed", review.body["role"], statement="Fine.", expires_at="2026-11-30")
        with pytest.raises(errors.Invalid, match="has passed"):
            reviews.settle(second(studio), review.id, ended)
        reviews.settle(second(studio), review.id, dataclasses.replace(ended, expires_at=None))
    late = studio.keys["$late_rider"]
    studio.enter(
        [
            {
                "kind": "event",
                "body": {"type": "withdrawn", "targets": [late], "effective_at": "2026-09-20T10:00:00Z", "basis": "contract_clause"},
            }
        ]
    )
    assert decide(studio.context, decided.asked.question).evaluation.outcome != "cleared_with_obligations"


def test_what_is_owed_is_listed_once_and_settled_with_proof(told, studio):
    decided = told("7")
    assert decided.evaluation.outcome == "cleared_with_obligations"
    assert decided.evaluation.valid_until.startswith("2030-12-31")
    owed = {one.body["type"]: one for one in decided.obligations}
    assert owed["pay"].body["quantity"] == "1.5"
    assert owed["pay"].body["owed_to"] == studio.keys["$performer"]
    assert owed["pay"].body["due_basis"] == "after_release"
    assert decide(studio.context, decided.asked.question).obligations == []
    listed = obligations.due(studio.context, production=studio.keys["$production"])
    assert {one.id for one in listed} == {one.id for one in decided.obligations}
    proof = [studio.keys["$days"]]
    assert obligations.settle(studio.context, owed["pay"].id, proof, None).body["state"] == "done"
    with pytest.raises(errors.Conflict):
        obligations.settle(studio.context, owed["pay"].id, proof, None)


def test_a_withdrawal_between_decision_and_release_wins(told, studio):
    decided = told("7")
    rider = studio.keys["$rider"]
    event = {"type": "withdrawn", "targets": [rider], "effective_at": "2026-10-05T00:00:00Z", "basis": "contract_clause", "clause": "7"}
    write.create(studio.context, "event", event)
    with pytest.raises(errors.Conflict) as refused:
        releases.release(studio.context, decided.recorded.id)
    assert refused.value.code == "changed_since_decision"
    assert replay.replay(studio.context, decided.recorded.id).identical


def test_a_waiver_of_two_people_lifts_a_rule_and_never_a_bar(told, studio):
    decided = told("6")
    body = {
        "rules": ["sagaftra-tvt-2023.ebdr.notice-48h"], "scope_productions": [studio.keys["$production"]],
        "reason": "Agreed with the union.", "expires_at": "2027-06-30",
    }  # fmt: skip
    asked = waivers.request(studio.context, body)
    held = {one.rule for one in decide(studio.context, decided.asked.question).evaluation.findings if one.result == "review"}
    assert "sagaftra-tvt-2023.ebdr.notice-48h" in held, "a request lifts nothing"
    with pytest.raises(errors.Forbidden):
        waivers.settle(studio.context, asked.id, "approved", None)
    later = dataclasses.replace(second(studio), now=datetime.fromisoformat("2027-07-01T00:00:00+00:00"))
    with pytest.raises(errors.Conflict, match="has ended"):
        waivers.settle(later, asked.id, "approved", "labour_counsel")
    waivers.settle(second(studio), asked.id, "approved", "labour_counsel")
    now = dataclasses.replace(decided.asked.question, at=RECORDED)
    lifted = [one for one in decide(studio.context, now).evaluation.findings if one.rule == "sagaftra-tvt-2023.ebdr.notice-48h"]
    assert {one.result for one in lifted} == {"exempt"}
    assert {tuple(one.lifted_by) for one in lifted} == {("waiver",)}
    with pytest.raises(errors.Invalid):
        waivers.request(studio.context, {**body, "rules": ["sagaftra-tvt-2026.minor.intimate-ban"]})
