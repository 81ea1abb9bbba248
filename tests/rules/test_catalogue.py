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
    "law-ny396b.synthetic-ad-disclosure",
    "law-postmortem.estate",
]
COMMERCIALS_2025 = """
notice-48h consent.rider consent.out-of-scope-use consent.future-commercials mpu.expiry pay.replica synthetic.notice-pay training.restriction
"""
GAMES_2025 = """
scope.identifiable consent.separate-writing consent.description-fields icdr.consent-bargain pay.vocal-lines pay.visual-days pay.real-time-750
pay.secondary usage-report strike.performer-suspension exempt.processing scope.tiered-localisation
"""
RECORDINGS_2024 = "consent.per-project notice-session pay synthetic-voice human-artist training-gap"
VOICES = "sagaftra-musicvideo.gap sagaftra-narrativ-2024.per-ad-approval sagaftra-replica-2024.legacy sagaftra-ethovox-2024.gap"
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
NETFLIX = "model-scope nfx-p1 nfx-p2 nfx-p3 nfx-p4 nfx-p5 nfx-d nfx-c nfx-t nfx-t-synthetic nfx-e nfx-v nfx-n use-case"
HOUSE = """
gen-01 gen-02 gen-03 gen-04 gen-05 tls-01 lic-01 lic-05 lic-06 mod-01 con-01 con-02 con-05 con-07 con-08 ovr-01
"""
ASKED_BY_OTHERS = """
award-oscars.osc-01 award-oscars.osc-02 award-oscars.osc-03 award-grammys.grm-01 award-human-provenance.hpf-01 platform-bbc.bbc-01
platform-bbc.bbc-02 platform-ads.ads-01 platform-ads.ads-02 platform-music.mus-01 platform-steam.gam-01
"""
RUBRIC = """
source-type specification actions-complete opened-source-type opened-ingredient inception validation hard-binding hash-link retired known
namespace label ingredient-results ingredient-source-type ai-disclosure signer time-stamp signals
"""
#: What other packs said before the house asked: there the number stands in a note.
NOTED = "LIC-02 LIC-03 LIC-04 CON-03 CON-04 CON-06"
#: Told by the engine itself, because it compares whole editions.
ENGINE = ["x.version.dual-evaluate"]

EXPECTED = [
    *(f"sagaftra-tvt-2023.{name}" for name in TVT_2023.split()),
    *(f"sagaftra-tvt-2026.{name}" for name in TVT_2026.split()),
    *(f"x.{name}" for name in GATE.split()),
    *(f"sagaftra-commercials-2025.{name}" for name in COMMERCIALS_2025.split()),
    *(f"sagaftra-ima-2025.{name}" for name in GAMES_2025.split()),
    "sagaftra-netcode-2024.synthetic",
    "sagaftra-netcode-2024.replica",
    *(f"sagaftra-src-2024.{name}" for name in RECORDINGS_2024.split()),
    *VOICES.split(),
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
    *(f"platform-netflix.{name}" for name in NETFLIX.split()),
    *(f"house-delivery.{name}" for name in HOUSE.split()),
    *ASKED_BY_OTHERS.split(),
    *(f"c2pa-asset-rubric.{name}" for name in RUBRIC.split()),
]


def written() -> dict[str, dict[str, object]]:
    """Every rule by its id."""
    return {str(rule["id"]): dict(rule) for pack in load.load_packs().values() for rule in pack.rules}


def test_every_rule_of_the_catalogue_is_written() -> None:
    rules = written()
    assert [name for name in EXPECTED if name not in rules] == []
    assert [name for name in ENGINE if name not in coverage.TEXTS] == []


def test_what_the_house_asks_and_another_pack_says_is_noted_there() -> None:
    noted = " ".join(str(rule.get("note", "")) for rule in written().values())
    assert [name for name in NOTED.split() if name not in noted] == []


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
