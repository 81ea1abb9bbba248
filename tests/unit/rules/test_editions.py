"""Which edition governs, what is done when that is not settled, and what an override replaces."""

from __future__ import annotations

from service.rules.evaluate import run
from service.rules.load import _with_carried
from service.rules.pack import Pack
from tests.unit.rules.build import CONSENT, LAW, SIGNED, facts, pack, requirement, rule

BARE = {"pty": {"consents": []}}


def editions(old, new, *, both=True):
    older = {"pack": "t-2023", "kind": "agreement", "line": "t", "term": {"from": "2023-11-09", "to": "2026-06-30"}, "rules": old}
    newer = {
        "pack": "t-2026",
        "kind": "agreement",
        "line": "t",
        "term": {"from": "2026-07-01", "to": "2030-06-30"},
        "carries": "t-2023",
        "rules": new,
    }
    carried = Pack(_with_carried(newer, {"t-2023": older}))
    return [Pack(older), carried, LAW] if both else [carried, LAW]


def about(found, name):
    return {finding.code for finding in found.findings if finding.rule == name}


def test_the_edition_whose_term_holds_the_date_governs():
    packs = editions(
        [rule("t.old", requirement(CONSENT), date_basis="creation", carried=False)],
        [rule("t.new", requirement(CONSENT), date_basis="creation")],
    )
    found = run(packs, facts(**BARE), SIGNED)
    assert (found.results("t.old"), found.results("t.new")) == ({}, {"rep": "block"})
    found = run(packs, facts(**BARE, rep={"dates": {"creation": "2025-05-01"}}), SIGNED)
    assert (found.results("t.old"), found.results("t.new")) == ({"rep": "block"}, {})


def test_a_carried_rule_is_asked_once_and_named_by_the_edition_that_governs():
    packs = editions([rule("t.old", requirement(CONSENT), date_basis=["creation", "photography"])], [])
    for creation, edition in (("2025-05-01", "t-2026"), ("2026-08-10", "t-2026")):
        found = run(packs, facts(**BARE, rep={"dates": {"creation": creation}}), SIGNED)
        assert [(one.rule, one.edition) for one in found.findings] == [("t.old", edition)]


def test_an_unproven_basis_takes_the_stricter_and_adds_a_review():
    packs = editions([], [rule("t.floor", requirement(CONSENT), date_basis=["deal", "photography"])])
    straddling = facts(**BARE, rep={"dates": {"deal": "2026-10-02"}}, prd={"dates": {"photography": "2026-06-22"}})
    found = run(packs, straddling, SIGNED)
    assert (found.results("t.floor"), about(found, "x.version.dual-evaluate")) == ({"rep": "block"}, {"editions_differ"})
    agreed = facts(rep={"dates": {"deal": "2026-10-02"}}, prd={"dates": {"photography": "2026-06-22"}})
    assert run(packs, agreed, SIGNED).outcome == "cleared"


def test_an_unknown_date_asks_every_edition():
    packs = editions([], [rule("t.floor", requirement(CONSENT), date_basis="deal")])
    found = run(packs, facts(**BARE), SIGNED)
    assert (found.outcome, about(found, "x.version.dual-evaluate")) == ("blocked", {"editions_differ"})


def test_an_override_that_says_the_same_makes_no_difference():
    old = rule("t.old", requirement(CONSENT), date_basis="deal")
    new = rule("t.new", requirement(CONSENT), date_basis="deal", overrides=["t.old"])
    found = run(editions([old], [new]), facts(**BARE), SIGNED)
    assert (found.results("t.old"), found.results("t.new")) == ({"rep": "block"}, {"rep": "block"})
    assert about(found, "x.version.dual-evaluate") == set()
    found = run(editions([old], [new]), facts(**BARE, rep={"dates": {"deal": "2026-08-01"}}), SIGNED)
    assert (found.results("t.old"), found.results("t.new")) == ({}, {"rep": "block"})


def test_counsels_ruling_settles_it():
    packs = editions([], [rule("t.floor", requirement(CONSENT), date_basis="deal")])
    ruled = {"pins": [{"line": "t", "edition": "t-2023"}]}
    assert run(packs, facts(**BARE, prd=ruled), SIGNED).outcome == "cleared"
    ruled = {"pins": [{"line": "t", "rule": "t.floor", "edition": "t-2026"}]}
    assert about(run(packs, facts(**BARE, prd=ruled), SIGNED), "x.version.dual-evaluate") == set()


def test_an_expired_agreement_keeps_applying_with_a_review():
    packs = [pack("s", rule("s.r", requirement(CONSENT), date_basis="creation"), term={"from": "2024-01-01", "to": "2025-12-31"}), LAW]
    found = run(packs, facts(), SIGNED)
    assert (found.results("s.r"), about(found, "x.agreement.expired"), found.outcome) == ({"rep": "pass"}, {"expired_agreement"}, "review")


def test_an_edition_that_is_not_at_hand_is_asked_for():
    packs = editions([], [rule("t.floor", requirement(CONSENT), date_basis="creation")], both=False)
    found = run(packs, facts(rep={"dates": {"creation": "2025-01-01"}}), SIGNED)
    assert (found.results("t.floor"), about(found, "x.agreement.edition")) == ({}, {"no_edition"})


def test_a_rule_in_force_later_than_its_edition():
    force = {"from": "2027-07-01", "to": "2030-06-30"}
    packs = editions([], [rule("t.dub", requirement(CONSENT), date_basis=["photography", "deal"], in_force=force)])
    for photography, deal, expected in (
        ("2026-08-17", "2026-07-01", {}), ("2027-08-02", "2027-07-05", {"rep": "block"}), ("2027-07-12", "2027-03-15", {"rep": "block"}),
    ):  # fmt: skip
        found = run(packs, facts(**BARE, prd={"dates": {"photography": photography}}, rep={"dates": {"deal": deal}}), SIGNED)
        assert found.results("t.dub") == expected
        assert bool(about(found, "x.version.dual-evaluate")) == (deal == "2027-03-15")
