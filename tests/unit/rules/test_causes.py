"""Causes: what several rules ask for in the same words is asked once, and each of them is settled, waived and weighed by itself."""

from __future__ import annotations

import pytest

from service.rules.causes import causes_of
from service.rules.evaluate import run
from tests.unit.rules.build import CONSENT, LAW, SIGNED, facts, pack, requirement, rule

NEEDS = {"kind": "consent", "for": "person", "fields": {"purposes": ["use"]}}
NOTHING = {"pty": {"consents": []}}


def asking(**more):
    """A requirement of a consent, as every pack words it."""
    return requirement(CONSENT, code="no-consent", needs=NEEDS, **more)


def both(first=None, second=None, document=None, governance=SIGNED, third=()):
    packs = [pack("a", rule("a.r", first or asking())), pack("b", rule("b.r", second or asking(id="other"))), *third, LAW]
    return run(packs, document or facts(**NOTHING), governance)


def shown(found):
    return {cause["id"]: [part["id"] for part in cause["parts"]] for cause in found.causes}


def test_one_paper_that_two_rules_ask_for_is_one_cause_with_both():
    found = both()
    assert shown(found) == {"no-consent@legal:consent/pty": ["a.r#paper:no-consent", "b.r#other:no-consent"]}
    [cause] = found.causes
    assert [cause[name] for name in ("rule", "requirement", "pack", "owner", "items")] == ["a.r", "paper", "a", "legal", ["rep"]]
    assert [part["count"] for part in cause["parts"]] == [1, 1]
    assert [step["clears"] for step in found.clearing] == [[cause["id"]]]


@pytest.mark.parametrize(
    "other",
    [
        {"owner": "production"}, {"code": "withdrawn"}, {"otherwise": "review"}, {"otherwise": {"ahead": "block", "past": "review"}, "ahead": {"always": False}},
        {"needs": {**NEEDS, "kind": "evidence", "type": "notice"}}, {"needs": {**NEEDS, "fields": {"form": "rider"}}}, {"needs": {**NEEDS, "for": "session"}},
    ],
)  # fmt: skip
def test_another_role_verdict_or_paper_is_another_cause(other):
    found = both(second=asking() | other)
    assert sorted(len(cause["parts"]) for cause in found.causes) == [1, 1]


def test_a_pack_that_only_advises_or_that_nobody_signed_is_another_cause():
    adopted = {"adoptions": [{"digest": pack("a", rule("a.r", asking())).digest, "mode": "advisory"}]}
    assert [(cause["mode"], cause["rule"]) for cause in both(governance=SIGNED | adopted).causes] == [
        ("advisory", "a.r"),
        ("blocking", "b.r"),
    ]
    low = run([pack("a", rule("a.r", asking(), confidence="L"), rule("a.s", asking())), LAW], facts(**NOTHING), SIGNED)
    assert [(cause["result"], cause["would_be"], cause["rule"]) for cause in low.causes] == [
        ("block", None, "a.s"),
        ("review", "block", "a.r"),
    ]
    assert [cause["id"] for cause in low.causes] == [f"no-consent@legal:consent/pty{more}" for more in ("", "~would-block")]


def missing(*names):
    return [pack(name, rule(f"{name}.r", requirement(CONSENT), when={"equals": [f"replica.{name}", "x"]})) for name in names]


def test_what_one_role_has_not_stated_is_one_cause_whatever_rules_ask():
    found = run([*missing("a", "b", "c"), LAW], facts(), SIGNED)
    [cause] = found.causes
    assert (cause["id"], cause["fields"], cause["owner"]) == ("missing_facts@production", ["a", "b", "c"], "production")
    assert cause["values"] == {"rules": 3, "fields": ["a", "b", "c"]}
    assert [part["fields"] for part in cause["parts"]] == [["a"], ["b"], ["c"]]
    assert run([*missing("a"), LAW], facts(), SIGNED).causes[0]["id"] == cause["id"], "its name does not tell who asks"
    assert found.clearing == [{"action": "amend", "record": "rep", "fields": ["a", "b", "c"], "clears": [cause["id"]]}]


def answered(found, *rules, **more):
    """What a person settles who looks at the open questions of these rules."""
    entries = [
        {"id": "rev", "rule": one.rule, "requirement": one.requirement, "code": one.code, "verdict": "approved", "basis": {one.subject: one.basis}, **more}
        for one in found.findings
        if one.rule in rules
    ]  # fmt: skip
    return SIGNED | {"reviews": entries}


def test_an_answer_settles_the_rules_that_were_asked_about_and_no_other():
    settled = answered(run([*missing("a", "b"), LAW], facts(), SIGNED), "a.r", "b.r")
    assert run([*missing("a", "b"), LAW], facts(), settled).outcome == "cleared"
    wider = run([*missing("a", "b", "c"), LAW], facts(), settled)
    assert (wider.outcome, shown(wider)) == ("review", {"missing_facts@production": ["c.r#missing_facts"]}), "unknown is never a pass"
    changed = run([*missing("a", "b"), LAW], facts(rep={"kind": "icdr"}), settled)
    assert shown(changed) == {"missing_facts@production": ["a.r#missing_facts", "b.r#missing_facts"]}, "something else was looked at"
    rejected = run([*missing("a", "b"), LAW], facts(), answered(run([*missing("a"), LAW], facts(), SIGNED), "a.r", verdict="rejected"))
    assert (rejected.results("a.r"), rejected.results("b.r")) == ({"rep": "block"}, {"rep": "review"})


def test_a_waiver_of_one_rule_leaves_the_other():
    waived = SIGNED | {"waivers": [{"id": "wvr", "rule": "a.r", "subjects": ["rep"], "from": "2026-11-01", "to": "2026-12-01"}]}
    found = both(governance=waived)
    assert (found.results("a.r"), found.results("b.r"), found.outcome) == ({"rep": "exempt"}, {"rep": "block"}, "blocked")
    assert shown(found) == {"no-consent@legal:consent/pty": ["b.r#other:no-consent"]}


def test_an_exemption_that_is_pending_is_a_question_of_its_own_rule():
    claim = {"unless": [{"when": {"always": True}, "then": "review", "code": "claimed", "says": "Claimed for {person}."}]}
    found = run([pack("a", rule("a.r", asking(), **claim)), pack("b", rule("b.r", asking(), **claim)), LAW], facts(**NOTHING), SIGNED)
    assert shown(found) == {"a.r#paper:claimed": ["a.r#paper:claimed"], "b.r#paper:claimed": ["b.r#paper:claimed"]}


def test_a_stored_finding_finds_its_cause_also_of_an_earlier_evaluator():
    document = both().document()
    named = causes_of(document)
    assert {named(one) for one in document["findings"]} == {"no-consent@legal:consent/pty"}
    earlier = {"causes": [{"id": "a.r#paper:no-consent", "result": "block"}]}
    assert causes_of(earlier)(document["findings"][0]) == "a.r#paper:no-consent"
