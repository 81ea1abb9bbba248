"""The evaluator: results, caps, exemptions, obligations, reviews, waivers, coverage, causes."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.evaluate import run
from service.rules.findings import EVALUATOR
from service.rules.pack import Pack, canonical
from service.rules.paths import PackError
from tests.unit.rules.build import CONSENT, LAW, SIGNED, facts, pack, requirement, rule

EBDR = {"equals": ["replica.kind", "employment_based"]}


def one(document, *requirements, governance=SIGNED, **extra):
    return run([pack("p", rule("p.r", *requirements, **extra)), LAW], document, governance)


def result(document, *requirements, governance=SIGNED, **extra):
    return one(document, *requirements, governance=governance, **extra).results("p.r").get("rep", "not_applicable")


def test_a_paper_that_is_there_passes_and_says_how_long():
    found = one(facts(), requirement(CONSENT), when=EBDR)
    assert (found.outcome, found.results("p.r"), found.rests_on) == ("cleared", {"rep": "pass"}, ("p.r", "rep"))
    assert found.valid_until == "2030-12-31T23:59:59.999999Z"


def test_an_unknown_trigger_is_a_review_that_names_the_field():
    found = one(facts(rep={"kind": None}), requirement(CONSENT), when=EBDR)
    assert (found.outcome, found.findings[0].code, found.findings[0].missing) == ("review", "missing_facts", [("rep", "kind")])
    assert found.clearing == [{"action": "amend", "record": "rep", "fields": ["kind"], "clears": ["missing_facts@production"]}]


def test_an_unknown_collection_is_a_review():
    document = facts()
    del document["replicas"]
    found = one(document, requirement(CONSENT))
    assert (found.outcome, found.findings[0].missing) == ("review", [("decision", "replicas")])


def test_missing_evidence_fails_and_names_the_field():
    found = one(facts(con={"signed_at": None}), requirement(CONSENT), when=EBDR)
    assert (found.outcome, found.findings[0].missing) == ("blocked", [("con", "signed_at")])
    assert found.causes[0]["says"] == "{person} lacks it."
    assert found.findings[0].values == {"person": "pty"}


def test_a_trigger_that_does_not_hold_is_not_applicable():
    assert result(facts(rep={"kind": "other"}), requirement(CONSENT), when=EBDR) == "not_applicable"
    assert result(facts(), requirement(CONSENT), acts=["train"]) == "not_applicable"


def test_what_is_past_is_a_review_and_in_doubt_the_stricter():
    late = facts(con={"signed_at": "2026-09-01T00:00:00Z"})
    graded = requirement(CONSENT, otherwise={"ahead": "block", "past": "review"}, ahead={"after": ["session.starts_at", "/at"]})
    assert result(late, graded) == "review"
    assert result(late | {"at": "2026-08-01T00:00:00Z"}, graded) == "block"
    late["at"] = None
    assert result(late, graded) == "block"


def test_cases_are_asked_in_order_and_the_last_always_answers():
    cases = [{"when": {"some": {"of": "person.consents", "where": {"equals": ["purpose", "creation"]}}}, "then": "review", "code": "late"},
             {"then": "block", "code": "absent"}]  # fmt: skip
    late, none = facts(con={"signed_at": "2026-09-01T00:00:00Z"}), facts(pty={"consents": []})
    assert one(late, requirement(CONSENT, otherwise=cases)).findings[0].code == "late"
    assert one(none, requirement(CONSENT, otherwise=cases)).findings[0].code == "absent"


def test_a_requirement_of_its_own_condition():
    asked = requirement(CONSENT, only={"is_true": "replica.scanned"})
    bare = facts(pty={"consents": []}, rep={"scanned": False})
    assert result(bare, asked) == "pass"
    assert result(facts(pty={"consents": []}), asked) == "review"
    assert result(facts(pty={"consents": []}, rep={"scanned": True}), asked) == "block"


OWED = requirement(
    {"some": {"of": "person.payments", "where": {"present": "paid_at"}}},
    otherwise="obligation",
    owes={"kind": "pay", "to": "person", "quantity": "replica.days", "unit": "day", "due": {"plus_days": ["replica.dates.creation", 200]}},
)


def test_an_obligation_is_shown_with_what_is_owed():
    found = one(facts(pty={"payments": []}, rep={"days": "1.5"}), OWED)
    assert found.outcome == "cleared_with_obligations"
    assert found.findings[0].obligation == {
        "kind": "pay", "to": "pty", "quantity": "1.5", "unit": "day", "due": "2027-02-26T23:59:59.999999Z",
    }  # fmt: skip
    assert result(facts(pty={"payments": [{"paid_at": "2026-10-01"}]}), OWED) == "pass"


def test_an_obligation_that_is_due_holds():
    document = facts(pty={"payments": []}) | {"at": "2027-06-01T00:00:00Z"}
    finding = one(document, OWED).findings[0]
    assert (finding.result, finding.code, finding.holds) == ("review", "obligation_due", True)
    before = requirement(CONSENT, otherwise="obligation", owes={"kind": "notify", "due": "before_release"})
    assert result(facts(pty={"consents": []}), before) == "review"


CLAIM = [
    {"when": {"some": {"of": "replica.exemptions", "where": {"equals": ["state", "approved"]}}}, "then": "exempt"},
    {"when": {"some": {"of": "replica.exemptions", "where": {"equals": ["state", "pending"]}}}, "then": "review"},
]


def test_an_approved_exemption_lifts_and_a_pending_one_holds():
    bare = {"pty": {"consents": []}}
    approved = {"exemptions": [{"id": "evd", "state": "approved", "ends": "2027-01-01"}]}
    assert result(facts(**bare, rep=approved), requirement(CONSENT), unless=CLAIM) == "exempt"
    assert one(facts(**bare, rep=approved), requirement(CONSENT), unless=CLAIM).valid_until[:10] == "2027-01-01"
    assert result(facts(**bare, rep={"exemptions": [{"state": "pending"}]}), requirement(CONSENT), unless=CLAIM) == "review"
    assert result(facts(**bare, rep={"exemptions": []}), requirement(CONSENT), unless=CLAIM) == "block"
    assert result(facts(**bare), requirement(CONSENT), unless=CLAIM) == "block"


def test_an_absolute_bar_knows_no_exemption():
    with pytest.raises(PackError, match="absolute bar"):
        one(facts(), requirement(CONSENT), unless=CLAIM, absolute=True)


def waiver(**extra):
    return SIGNED | {"waivers": [{"id": "wvr", "rule": "p.r", "subjects": ["rep"], "from": "2026-11-01", "to": "2026-12-01", **extra}]}


def test_a_waiver_lifts_while_it_lives_and_never_a_bar():
    bare = facts(pty={"consents": []})
    assert result(bare, requirement(CONSENT), governance=waiver()) == "exempt"
    assert one(bare, requirement(CONSENT), governance=waiver()).valid_until[:10] == "2026-12-01"
    assert result(bare, requirement(CONSENT), governance=waiver(to="2026-11-10")) == "block"
    assert result(bare, requirement(CONSENT), governance=waiver(subjects=["other"])) == "block"
    assert result(bare, requirement(CONSENT), governance=waiver(requirement="other")) == "block"
    assert result(bare, requirement(CONSENT), governance=waiver(), absolute=True) == "block"


def review(**extra):
    entry = {"id": "rev", "rule": "p.r", "requirement": "paper", "code": "paper", "subjects": ["rep"], "verdict": "approved"}
    return SIGNED | {"reviews": [entry | extra]}


def test_a_decided_review_passes_rejects_and_expires():
    bare, asked = facts(pty={"consents": []}), requirement(CONSENT, otherwise="review")
    assert result(bare, asked, governance=review()) == "pass"
    assert result(bare, asked, governance=review(exception="exc")) == "warn"
    assert result(bare, asked, governance=review(verdict="rejected")) == "block"
    assert result(bare, asked, governance=review(to="2026-01-01")) == "review"
    assert result(bare, asked, governance=review(code="other")) == "review"
    assert result(bare, requirement(CONSENT), governance=review()) == "block"


def test_a_pack_that_nobody_signed_holds_and_never_clears():
    adopted = pack("p", rule("p.r", requirement(CONSENT)))
    papers = {"adoptions": [{"digest": adopted.digest, "mode": "blocking"}]}
    found = run([adopted, LAW], facts(pty={"consents": []}), papers)
    finding = next(one for one in found.findings if one.rule == "p.r")
    assert (found.outcome, finding.result, finding.would_be) == ("review", "review", "block")
    assert run([adopted, LAW], facts(), papers).outcome == "review"


def test_a_rule_read_with_low_confidence_holds_at_most():
    finding = one(facts(pty={"consents": []}), requirement(CONSENT), confidence="L-M").findings[0]
    assert (finding.result, finding.would_be) == ("review", "block")
    assert one(facts(pty={"consents": []}), requirement(CONSENT), confidence="M/L").outcome == "review"


def test_advice_shows_the_same_result_and_holds_nothing():
    found = one(facts(pty={"consents": []}), requirement(CONSENT), mode="advisory")
    assert (found.results("p.r"), found.outcome) == ({"rep": "block"}, "cleared")


def test_a_proposed_law_only_warns():
    bill = Pack(
        {"pack": "bill", "kind": "law", "status": "proposed", "territories": ["*"], "rules": [rule("bill.r", requirement(CONSENT))]}
    )
    found = run([bill, pack("p", rule("p.r", requirement(CONSENT)))], facts(pty={"consents": []}), SIGNED)
    assert found.results("bill.r") == {"rep": "warn"}


def test_a_law_of_another_place_is_not_applicable():
    law = Pack({"pack": "law-fr", "kind": "law", "territories": ["FR"], "rules": [rule("law-fr.r", requirement(CONSENT))]})
    found = run([law, pack("p", rule("p.r", requirement(CONSENT)))], facts(pty={"consents": []}), SIGNED)
    assert found.results("law-fr.r") == {}
    assert [finding.code for finding in found.findings if finding.rule == "x.coverage.territory"] == ["territory_without_law"]


def test_coverage_names_what_nobody_looked_at():
    document = facts(prd={"crafts": ["writer"], "bindings": [{"craft": "writer", "agreement": "wga-mba"}]})
    found = run([pack("p", rule("p.r", requirement(CONSENT)))], document, SIGNED)
    assert {entry["code"] for entry in found.coverage["not_evaluated"]} == {"craft_without_pack", "territory_without_law"}
    assert found.coverage["crafts"] == [{"craft": "writer", "agreements": ["wga-mba"], "packs": []}]
    assert found.outcome == "review"
    nothing = run([Pack({"pack": "x", "kind": "gate", "rules": []})], facts(), {})
    assert "nothing_adopted" in {finding.code for finding in nothing.findings}


def test_many_alike_are_one_cause_and_one_record():
    document = facts(pty={"consents": []})
    document["replicas"] = [{"id": f"rep_{n:04}", "kind": "employment_based", "person": {"$ref": "pty"}} for n in range(1000)]
    uses = requirement(CONSENT, id="use", needs={"kind": "consent", "for": "person", "fields": {"purposes": ["use"]}})
    made = requirement(CONSENT, needs={"kind": "consent", "for": "person", "fields": {"purposes": ["creation"]}})
    found = one(document, made, uses)
    named = ["paper@legal:consent/pty", "use@legal:consent/pty"]
    assert [(cause["id"], len(cause["items"])) for cause in found.causes] == [(name, 1000) for name in named]
    assert found.clearing == [
        {"action": "record", "kind": "consent", "for": "pty", "fields": {"purposes": ["creation", "use"]},
         "clears": named},
    ]  # fmt: skip


def test_same_facts_same_bytes():
    first, second = (one(facts(pty={"consents": []}), requirement(CONSENT)).bytes() for _ in range(2))
    assert first == second
    assert json.loads(first)["evaluator"] == EVALUATOR


def test_a_rule_without_each_is_asked_once_about_the_production():
    bound = rule("p.once", requirement({"present": "production.bindings"}, says="No binding."))
    del bound["each"]
    found = run([pack("p", bound), LAW], facts(), SIGNED)
    assert found.results("p.once") == {"prd": "block"}
    assert found.findings[0].missing == [("prd", "bindings")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
)


@given(JSON)
def test_the_quick_way_to_canonical_bytes_gives_the_same(document):
    assert orjson.dumps(document, option=orjson.OPT_SORT_KEYS) == canonical(document)
