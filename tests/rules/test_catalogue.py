"""Every rule that the packs promise is there, says something, and has its three cases."""

from __future__ import annotations

from collections.abc import Iterable

from service.rules import coverage, load
from tests.rules import test_areas, test_gate_rules, test_sagaftra_2023, test_sagaftra_2026

TVT_2023 = """
scope.classify ebdr.notice-48h ebdr.creation-consent ebdr.use-same-consent ebdr.use-other-consent ebdr.exempt-as-scripted
ebdr.exempt-safety-unrecognisable ebdr.pay-creation ebdr.pay-use-days ebdr.residuals ebdr.pay-other-use icdr.consent
icdr.bargain-contribute icdr.first-amendment posthumous.survival posthumous.new-consent alteration.consent alteration.exempt-post
alteration.exempt-dub-double bg.notice-consent bg.pay-creation bg.no-count-substitution bg.principal-upgrade bg.other-use
synthetic.notice-bargain synthetic.name-plus-feature synthetic.nonhuman-exempt meetings.semiannual
"""
TVT_2026 = """
carry-over scope.no-scan consent.script-predates icdr.floor-residuals dub.foreign-language-consent biometric.purpose-limit
minor.intimate-ban strike.suspension security.access transfer.union-approval scan.business-reason scope.synthetic-definition
synthetic.human-preference synthetic.notice-timeline synthetic.payment-to-plans synthetic.name-plus-feature training.licence-notice
meetings.semiannual bg.carry
"""
GATE = "obligation.due agreement.resolve consent.live consent.scope-match consent.minor-signature exemption.approved lineage.complete"
OTHERS = [
    "sagaftra-interim-2023.training.union-and-performer-consent",
    "law-ca927-ny5302.replica-clause",
    "law-postmortem.estate",
    "platform-netflix.model-scope",
]
IATSE_2024 = "prompt-displacement covered-work scan-consent consultation policy-indemnity kit-fee impact-bargaining-meetings"
TAG_2024 = "notify consult-alternative prompt-displacement credit-rights policy-consent no-opt-out"
MUSIC = "afm-mp-2024.human-musician afm-mp-2024.prompt-pay-ensemble afm-mp-2024.prompt-pay-solo afm-canada.sideletters hbc-399-2024.gap"
TV_ANIMATION_2023 = "prompt-name replica-recognition synthetic-voice-notice foreign-residuals human-only meetings"
ACTRA_IPA_2025 = "preproduction-notice notice-48h consent no-penalty-for-refusal pay-other-use post-alteration"
ABROAD = "actra-bcmpa.ebdr-icdr actra-bcmpa.background-gai equity-pact.no-ai-term equity-pact.training-claim"
WGA_2023 = """
not-a-writer disclose-furnished not-assigned-or-source separated-rights writer-use-consent no-compulsion training-reserved meetings
"""
WRITERS = "wga-mba-2026.training-licence-notice wga-mba-2026.gai-use-review wgc-ipa-2024.disclose-and-contract wgc-ipa-2024.no-reduction"
DIRECTORS = """
dga-ba-2023.not-a-person dga-ba-2023.consult-creative dga-ba-2023.meetings dga-ba-2026.director-control
dga-ba-2026.training-licence-consult dga-ba-2026.training-programme
"""
#: Told by the engine itself, because it compares whole editions.
ENGINE = ["x.version.dual-evaluate"]

EXPECTED = [
    *(f"sagaftra-tvt-2023.{name}" for name in TVT_2023.split()),
    *(f"sagaftra-tvt-2026.{name}" for name in TVT_2026.split()),
    *(f"x.{name}" for name in GATE.split()),
    *(f"sagaftra-tvanim-2023.{name}" for name in TV_ANIMATION_2023.split()),
    *(f"actra-ipa-2025.{name}" for name in ACTRA_IPA_2025.split()),
    *ABROAD.split(),
    *(f"iatse-ba-2024.{name}" for name in IATSE_2024.split()),
    *(f"tag-ma-2024.{name}" for name in TAG_2024.split()),
    *MUSIC.split(),
    *(f"wga-mba-2023.{name}" for name in WGA_2023.split()),
    *WRITERS.split(),
    *DIRECTORS.split(),
    *OTHERS,
]


def written() -> dict[str, dict[str, object]]:
    """Every rule by its id."""
    return {str(rule["id"]): dict(rule) for pack in load.load_packs().values() for rule in pack.rules}


def test_every_rule_of_the_catalogue_is_written() -> None:
    rules = written()
    assert [name for name in EXPECTED if name not in rules] == []
    assert [name for name in ENGINE if name not in coverage.TEXTS] == []


def test_every_rule_says_what_it_asks_and_who_mends_it() -> None:
    for name, rule in written().items():
        requirements = rule["require"]
        assert isinstance(requirements, list), name
        assert requirements, name
        for key in ("clause", "summary", "source", "confidence", "date_basis", "mode"):
            assert rule.get(key), (name, key)
        for requirement in requirements:
            route = "note" in rule and requirement["test"] == {"always": True}
            assert route or all(requirement.get(key) for key in ("says", "fix", "owner")), (name, requirement["id"])


def test_every_rule_has_a_pass_a_failure_and_an_unknown() -> None:
    cases = [*test_gate_rules.CASES, *test_sagaftra_2023.CASES, *test_sagaftra_2026.CASES, *test_areas.CASES]
    assert sorted(_ids(case.rule for case in cases)) == sorted(written())
    assert all(case.fails and case.unknown for case in cases)


def test_routes_carry_the_older_rules() -> None:
    packs = load.load_packs()
    carried = {rule["id"] for rule in packs["sagaftra-tvt-2026"].carried}
    replaced = {name for rule in packs["sagaftra-tvt-2026"].rules for name in rule.get("overrides") or ()}
    assert carried | replaced == {rule["id"] for rule in packs["sagaftra-tvt-2023"].rules}
    assert not carried & replaced


def _ids(names: Iterable[str]) -> set[str]:
    return set(names)
