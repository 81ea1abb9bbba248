"""Every fact that the scenario catalogue names can be said in records: one list of records a case, all of which load."""

from typing import Any

import pytest

from schemas.kinds import KINDS

Record = tuple[str, dict[str, Any]]


def person(**more: Any) -> Record:
    return "party", {"type": "person", "professional_name": "A Name", **more}


def evidence(kind: str, /, *subjects: str, **details: Any) -> Record:
    return "evidence", {"type": kind, "subjects": list(subjects), "details": details}


def attested(kind: str, role: str, /, *subjects: str, **more: Any) -> Record:
    return evidence("attestation", *subjects, kind=kind, outcome="confirmed", role=role, signed_at="2026-09-01", **more)


def granted(**more: Any) -> Record:
    return "consent", {"grantor": "$p", "person": "$p", "capacity": "self", "answer": "granted", "form": "signed_rider", **more}


def film(start: str, **more: Any) -> Record:
    return "production", {"title": "A Title", "format": "feature", "photography_start": start, "signatories": ["$studio"], **more}


def bound(**more: Any) -> Record:
    return "binding", {"production": "$film", "agreement": "$tvt", "basis": "signatory", "crafts": ["performer"], **more}


CASES: dict[str, list[Record]] = {
    "S01 deceased performer, estate known and not asked": [
        film("2026-09-14", genres=["fiction"], cast_list_complete_as_of="2026-11-20"),
        bound(),
        person(
            death_date="2011-05-02", representatives=[{"party": "$estate", "capacity": "estate", "located": True, "search_log": []}]
        ),
        ("replica", {"person": "$p", "performer_participated": False, "sessions": [], "materials": [{"origin": "archive", "asset": "$old"}]}),
        (
            "appearance",
            {
                "asset": "$trailer", "type": "new_performance", "person": "$p", "replica": "$r", "scenes": ["3", "7", "9"], "new_words": True,
                "recognisable_people": ["$p"],
                "votes": [{"reviewer": "$one", "role": "casting", "person": "$p", "feature": "whole", "recognisable": True},
                          {"reviewer": "$two", "role": "legal", "person": "$p", "feature": "whole", "recognisable": True}],
            },
        ),
    ],
    "S02 a lifetime consent with a limit": [
        granted(
            signed_at="2025-03-12", scope={"productions": ["$one"], "purposes": ["use"], "unnamed_productions": False},
            limits_after_death={"stated": True, "survives": True, "productions": ["$one"], "text": "not for sequels"},
        ),
        attested("good_faith_day_estimate", "producer", "$appearance", days="1"),
    ],
    "S05 expired, then withdrawn by e-mail under a silent contract": [
        granted(window={"start": "2026-01-01", "end": "2026-06-30"}, withdrawal={"stated": False}, scope={"modalities": ["voice"]}),
        ("event", {"type": "withdrawn", "targets": ["$c"], "effective_at": "2026-08-03", "by": "$p", "basis": "contract_silent",
                   "statement": "I withdraw", "document": "$mail"}),
    ],
    "S07 forty-eight hours": [
        ("engagement", {"person": "$p", "production": "$film", "category": "principal", "engaged_at": "2026-09-01T08:00:00+02:00"}),
        evidence("notice", "$session", kind="replica_creation", recipients=["$p"], delivered_at="2026-09-01T09:30:00+02:00", proof="$mail"),
        evidence("capture_session", person="$p", starts_at="2026-09-03T09:00:00+02:00"),
    ],
    "S08 the required count": [
        evidence("background_day", production="$film", date="2026-08-20", zone="stadium", required_count=85, engaged_live_count=70, replica_count=40),
        ("appearance", {"asset": "$shot", "type": "background_fill", "crowd": ["$r1", "$r2"], "headcount": 40, "role_category": "background",
                        "shooting_day": {"date": "2026-08-20", "zone": "stadium"}}),
        attested("no_avoidance", "labour_relations", "$film"),
        evidence("capture_session", person="$p", standalone=True),
        evidence("compensation", "$session", basis="creation", person="$p", units="1", at_least_minimum=True),
    ],
    "S10 two names and two features in one prompt": [
        ("role", {"production": "$film", "name": "Barista", "human": True, "played_by": [], "would_otherwise_be_covered": True}),
        ("generation", {"tool": {"name": "ComfyUI", "tool_class": "generative"}, "prompts": [{"text": "…", "use": "positive"}],
                        "prompt_entities": [{"person": "$x", "name_used": True, "facial_features": ["eyes"]},
                                            {"person": "$y", "name_used": True, "facial_features": ["mouth"]}]}),
        ("appearance", {"asset": "$shot", "type": "synthetic", "role": "$role", "in_human_role": True, "voiced_by": [], "voice_source": "synthetic",
                        "recognisable_features": [{"person": "$x", "feature": "eyes"}], "recognisability_disputed": True,
                        "votes": [{"reviewer": "$one", "person": "$y", "feature": "mouth", "recognisable": False}]}),
    ],
    "S12 a synthetic under the timetable of 2026": [
        attested("significant_additional_value", "producer", "$role", compared_with=["performer", "replica"],
                 countersignatures=[{"by": "$lr", "role": "labour_relations", "at": "2026-09-02", "outcome": "confirmed"}]),
        evidence("notice", "$appearance", kind="synthetic", recipients=["$union"], recipient_kind="union", written=True, delivered_at="2026-08-03"),
        evidence("bargaining", "$appearance", kind="synthetic", opened_at="2026-08-12", outcome="open"),
        evidence("compensation", "$appearance", basis="synthetic", payee="health_plan"),
    ],
    "S14 a writer chooses a tool, then a mandate": [
        ("consent", {"grantor": "$company", "capacity": "company", "answer": "granted", "given_to": "$writer", "signed_at": "2026-06-01",
                     "scope": {"purposes": ["tool_use"], "tools": ["A Tool"]}}),
        evidence("policy_delivery", version="3", acknowledged=[{"to": "$writer", "at": "2026-06-02"}]),
        ("generation", {"operator": "$writer", "generated_at": "2026-06-10", "craft": "writer", "outputs": [{"asset": "$draft"}]}),
        evidence("writing_material", asset="$draft", author_kind="mixed", literary_material=True),
        evidence("assignment_terms", people=["*"], requires_generative_tool=True, at="2026-07-02"),
    ],
    "S15 dubs": [
        ("appearance", {"asset": "$dub", "type": "dub", "person": "$p", "language": "fr", "original_language": "en",
                        "voice_source": "human_performer", "alteration_kinds": ["dub_lip_adjustment", "dub_face_adjustment"]}),
        ("appearance", {"asset": "$dub", "type": "dub", "person": "$p", "language": "fr", "voice_source": "replica", "replica": "$voice"}),
        ("engagement", {"person": "$p", "production": "$film", "category": "principal", "contract_date": "2027-03-15"}),
        granted(scope={"purposes": ["dub"], "languages": ["es"]}),
    ],
    "S17 satire, then an advertisement": [
        evidence("exemption_claim", "$appearance", type="first_amendment", category="satire", state="approved", approver_role="production_counsel",
                 approved_at="2026-09-01", media=["television"], territories=["US"], advertising_covered=False, counsel_memo="$memo"),
        ("appearance", {"asset": "$clip", "type": "advertisement", "person": "$p", "replica": "$r", "advertising": True}),
    ],
    "S19 suspended during a strike; a live character": [
        ("event", {"type": "strike_called", "effective_at": "2027-02-01", "strike": {"union": "$union", "agreements": ["$ima"], "employers": ["*"]}}),
        ("event", {"type": "suspended", "targets": ["$c"], "effective_at": "2027-02-02", "by": "$p", "basis": "strike"}),
        evidence("compensation", "$appearance", basis="real_time", person="$p", share_of_rate="6"),
        granted(scope={"real_time": True, "modalities": ["voice"]}),
        ("appearance", {"asset": "$patch", "type": "new_performance", "person": "$p", "real_time": True, "content_flags": ["profanity"], "lines": 12}),
        evidence("usage_report", person="$p", replica="$r", shipped_at="2026-12-29", lines=40),
    ],
    "S20 a minor": [
        person(birth_date="2011-05-20", guardians=[{"party": "$parent", "document": "$paper"}]),
        ("consent", {"grantor": "$parent", "person": "$p", "capacity": "guardian", "answer": "granted", "form": "signed_rider", "signed_at": "2026-07-01"}),
        ("replica", {"person": "$p", "subject_age_at_capture": 15, "kind": "employment_based"}),
        ("appearance", {"asset": "$shot", "type": "new_performance", "replica": "$r", "age_shift": {"direction": "older", "depicted_age": 25},
                        "content_flags": ["simulated_sex"]}),
        ("appearance", {"asset": "$fall", "type": "stunt", "replica": "$r", "unsafe_for_people": True, "content_flags": []}),
        attested("minor_counsel", "production_counsel", "$c"),
    ],
    "S22 two terms": [
        film("2026-06-22", photography_end="2026-10-10"),
        bound(rulings=[{"rule": "sagaftra-tvt-2026.icdr.floor-residuals", "agreement": "$tvt23", "role": "labour_counsel", "at": "2026-11-01"}]),
        evidence("bargaining", "$appearance", kind="replica_use", outcome="agreed", closed_at="2026-10-02", share_of_rate="0.4", at_least_minimum=False),
        evidence("compensation", basis="other_use", person="$p", pension_health=True),
        evidence("rate_table", agreement="$tvt", rates=[{"key": "day_performer", "amount": {"amount": "1246", "currency": "USD"}}]),
    ],
    "S24 a catalogue licence; a sale of replicas": [
        evidence("training_licence", licensor="$studio", licensee="$ai", licensee_affiliated=False, compensated=True, system_public_facing=True,
                 system_commercial=True, signed_at="2026-11-15", works=["$one", "$two"], crafts=["performer", "writer", "director"],
                 contains_commercials=False),
        evidence("training_job", works=["$one"], kind="fine_tune", state="asked"),
        evidence("transfer", replicas=["$r"], giver="$studio", taker="$buyer", releases_transferor=True, released_declared_at="2026-10-10",
                 assumption="$paper", arbitration_right=True, union_notice_delivered_at="2026-10-01", union_response="none"),
        ("binding", {"production": "$one", "agreement": "$interim", "basis": "interim"}),
        evidence("writer_deal", writer="$w", reserved_rights=True, works=["$one"]),
    ],
    "A consent clause without counsel (California 927, New York 5-302)": [
        granted(form="standard_terms", replaces_work=True, clause={"document": "$contract", "number": "14.2", "page": 9}),
        ("engagement", {"person": "$p", "production": "$film", "category": "principal", "representation": [], "conditions": []}),
        ("agreement", {"name": "TV/Theatrical 2026", "covers_digital_replicas": True}),
        evidence("disclosure_overlay", "$ad", text="Contains a synthetic performer", territories=["US-NY"], kind="visible_label"),
        evidence("approval", "$appearance", of="distributor", outcome="approved", written_at="2026-08-01", subject="talent_performance"),
    ],
    "Music, crew and training papers": [
        evidence("cue", minutes="3.5", ai_minutes="1.25", ensemble="ensemble", generations=["$run"]),
        evidence("roster", recording="$song", musicians=["$m"], solo=False),
        evidence("compensation", basis="prompt_hours", person="$m", hours="3"),
        evidence("consultation", guild="DGA", people=["$d"], proposed_at="2026-08-01", held_at="2026-08-04", advice="use less", response="agreed"),
        evidence("duty_assignment", duty="first assistant director", system="a scheduler", covered=True),
        evidence("casting_log", role="$role", events=[{"person": "$p", "type": "refused_replica"}, {"type": "recast"}]),
        evidence("vendor_determination", model="$m", plan_tier="enterprise", outcome="accepted", decided_at="2026-08-01", expires_at="2027-08-01"),
        evidence("origin", origin="camera", production="$film", ai_used=False, signatory={"party": "$dit", "role": "post_supervisor"}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_facts_of_the_case_can_be_said(case):
    for kind, body in CASES[case]:
        schema = KINDS[kind].schema
        assert schema.validate(body) == {}
        assert schema.load(body).keys() == body.keys()
