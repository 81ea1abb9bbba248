"""One rule on one element: facts in which everything is in order, and what a single change makes of the answer."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

from service.rules import evaluate, load
from service.rules.findings import Evaluation
from service.rules.names import COLLECTIONS, worst
from tests.rules import areas

#: Put in place of a value: the fact is not known.
GONE: Final = object()

AT: Final = "2026-10-20T12:00:00Z"
DATES: Final = dict.fromkeys(
    ("use", "generation", "creation", "custody", "deal", "contract", "session", "request", "licence", "transfer", "release"), "2026-09-14"
)
PERSON: Final = {"$ref": "pty_1"}
PRODUCTION: Final = {"$ref": "prd_1"}

CONSENT: Final = {
    "id": "con_1",
    "granted": True,
    "may_replace_work": True,
    "capacity": "self",
    "form": "separate_writing",
    "purposes": ["creation", "use", "alteration", "dub", "synthetic_feature"],
    "covers_features": True,
    "languages": ["fr"],
    "described": True,
    "conspicuous_attested": True,
    "for_purpose": True,
    "covers_production": True,
    "names_production": True,
    "covers_role": True,
    "for_language": True,
    "signed_at": "2026-08-03",
    "state_at_use": "live",
    "live_at_use": True,
    "state_now": "live",
    "live_now": True,
    "mismatch": [],
    "unstated": [],
    "description_attested": True,
    "specific": True,
    "consistent": False,
    "signed_before_death": True,
    "survives": True,
    "authority_attested": True,
    "bypasses": False,
    "searched": True,
    "ends": "2030-12-31",
}
DEAL: Final = {"id": "evd_d", "agreed": True, "meets_floor": True, "before_use": True}
PAID: Final = {"id": "evd_p", "basis": "other_use", "paid": True, "short": False, "contributed": True, "overdue": False, "units": "1"}
ESTIMATE: Final = {"id": "evd_e", "kind": "good_faith_day_estimate", "accepted": True, "live": True, "days": "1.5"}
CLAIM: Final = {
    "id": "evd_c",
    "type": "as_scripted",
    "state": "approved",
    "covers_intent": True,
    "approver_role": "production_counsel",
    "approved_by_another": True,
    "unneeded": True,
}


def attested(kind: str, **more: Any) -> dict[str, Any]:
    """Return an accepted attestation."""
    return {"id": f"evd_{kind}", "kind": kind, "accepted": True, "live": True, **more}


#: For each collection an element in which everything is in order.
GOOD: Final[dict[str, dict[str, Any]]] = {
    "uses": {
        "id": "app_1", "record": "app_1", "type": "new_performance", "person": PERSON, "production": PRODUCTION, "dates": DATES, "replicates": True,
        "ebdr": True, "icdr": False, "badr": False, "no_scan": False, "other_project": False, "alteration": False, "deceased": False, "deceased_now": False,
        "use_ahead": False, "cut_out": False, "minor_at_capture": False, "known_minor": False, "depicts_minor": False, "content_flags": [], "struck_at_use": False,
        "struck_now": False, "consent_needed": True, "exemptions": [], "consents": [CONSENT], "estimates": [ESTIMATE], "days": "1.5", "paid_days": "1.5", "contributions_refused": False,
        "days_overdue": False, "first_of_estimate": True, "first_of_person": True, "payments": [PAID], "deals": [DEAL], "flags": [{"id": "evd_f", "sent": True}],
        "attestations": [], "counsel": True, "covering_agreement": True, "talent_model": False, "model_out_of_scope": False, "distributor_approved": True,
        "reuse_approved": True, "age_shifted": False, "unscripted_lips": False, "voice_touched": True, "model_of_title": False, "voice_source": "none", "mismatch": [], "unstated": [], "nearest": "con_1", "language": "fr",
        "generated_at": "2026-09-14", "principal_role": True, "alteration_kinds": ["changed_dialogue"], "ordinary_finishing": False, "dub_or_double": False,
    },
    "appearances": {
        "id": "app_1", "record": "app_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "digital": True, "classification": "ebdr", "no_scan": False, "classification_conflict": False,
        "recognition_settled": True, "in_human_role": True, "references_person": False, "performer_in_open_role": False, "attestations": [attested("non_human_character")], "alteration": True,
        "alteration_kinds": ["noise_cleaning"], "ordinary_finishing": False, "dub_or_double": True, "type": "dub", "voice_source": "replica", "voiced_by": ["pty_2"],
        "consents": [CONSENT], "exemptions": [],
    },
    "sessions": {
        "id": "evd_s", "record": "evd_s", "person": PERSON, "production": PRODUCTION, "dates": DATES, "background": False, "starts_at": "2026-08-10T16:00:00Z",
        "engaged_at": "2026-07-20T09:00:00Z", "notices": [{"id": "evd_n", "delivered_at": "2026-08-05T15:00:00Z"}], "consents": [CONSENT],
        "requested_at": "2026-07-28", "paper": "con_1", "reason": {"id": "evd_s", "stated": True, "recorded_at": "2026-07-17", "specific": True},
        "payments": [{"id": "evd_p", "basis": "creation", "paid": True, "overdue": False, "in_full": True}], "pay_days": "1",
    },
    "exemptions": {**CLAIM, "dates": DATES, "script": {"id": "evd_v", "created_at": "2026-07-01"}, "takes": [{"id": "evd_t", "recorded_at": "2026-08-20"}]},
    "synthetics": {
        "id": "app_1", "record": "app_1", "production": PRODUCTION, "dates": DATES, "in_human_role": True, "nobody_plays": True, "nobody_voices": True, "nobody_recognisable": True,
        "looks_human": True, "generative": True, "conventional": False, "would_be_covered": True, "use_ahead": False, "used_at": "2026-09-14", "notified_at": "2026-08-03",
        "notices": [{"id": "evd_n", "delivered_at": "2026-08-03", "written": True}], "bargaining": [{"id": "evd_b", "opened_at": "2026-08-12", "dated": True, "outcome": "agreed"}],
        "remuneration_fixed": True, "payments": [{"id": "evd_p", "basis": "synthetic", "payee": "health_plan", "paid": True}],
        "attestations": [attested("classification"), attested("significant_additional_value", signed_at="2026-07-30", compared_with=["performer", "replica"], countersigned_by=["labour_relations"])],
    },
    "prompts": {
        "id": "gen_1/0", "record": "gen_1", "person": PERSON, "production": PRODUCTION, "asset": {"$ref": "ast_1"}, "dates": DATES, "synthetic": True, "name_used": True,
        "features": ["eyes"], "replaces_name": False, "recognised": True, "use_ahead": False, "consents": [CONSENT], "deals": [DEAL],
    },
    "background_days": {
        "id": "evd_b", "production": PRODUCTION, "dates": DATES, "replicas_used": True, "unrecorded": False, "required": 85, "engaged_live": 85, "attestations": [attested("no_avoidance")],
    },
    "biometrics": {
        "id": "evd_s/b", "record": "evd_s", "dates": DATES, "types": ["iris"], "purpose_stated": True, "related_to_picture": True, "set_security": False,
    },
    "replicas": {
        "id": "rep_1", "person": PERSON, "production": PRODUCTION, "dates": DATES, "access_policies": ["evd_a"], "anomalies": [],
        "attestations": [attested("security", after_transfer=True)],
    },
    "transfers": {
        "id": "evd_t", "dates": DATES, "releases_transferor": True, "assumed": True, "arbitration_right": True, "financial_evidence": True, "response": "approved", "notice_at": "2026-10-01",
    },
    "training_licences": {
        "id": "evd_l", "dates": DATES, "covered": True, "in_house": False, "licensee_affiliated": False, "compensated": True, "system_public_facing": True, "system_commercial": True,
        "notices": [{"id": "evd_n", "written": True, "unions": ["sagaftra"], "to_sagaftra": True, "delivered_at": "2026-09-01"}], "meeting_requested": True, "meeting_held": True,
    },
    "trainings": {
        "id": "mdl_1/dst_1", "record": "mdl_1", "type": "job", "model": {"$ref": "mdl_1"}, "dataset": {"$ref": "dst_1"}, "dates": DATES, "ahead": False,
        "licences": [{"id": "lic_1", "granted": True, "mismatch": [], "unstated": [], "live_at_training": True, "live_now": True, "on_end_weights": "keep"}],
        "people": [{"id": "pty_1", "training_consented": True}], "interim_bound": True, "nobody": False, "union_consents": [{"id": "evd_u", "granted": True}], "outputs_described": True,
        "not_granted": [], "not_live": [], "ended": [], "mismatch": [], "unstated": [],
    },
    "datasets": {
        "id": "dst_1", "items": 60, "unlicensed": 0, "unlicensed_items": [], "licences": [{"id": "lic_1", "items": 60, "schedule_count": 60, "unlimited": False}],
        "revoked_items": [], "people_stated": True, "people": [{"id": "pty_1", "training_consented": True}], "items_by_licence": "", "schedule_by_licence": "",
    },
    "sources": {"id": "src_1", "trained_on": True, "open_opt_outs": []},
    "licences": {"id": "lic_1", "output_granted": True, "output_mismatch": [], "output_unstated": [], "live_now": True, "state": "in force", "on_end_here": "keep"},
    "models": {
        "id": "mdl_1", "training_disclosure": "undisclosed", "determinations": [{"id": "evd_v", "accepted": True, "live": True, "same_plan": True}], "ran": True,
        "trains_on_inputs": False,
    },
    "meetings": {"id": "pty_u/pty_s", "union": "sagaftra", "company": "pty_s", "request_open": True, "days_since_last": 30, "ever_held": True, "last_agenda": ["bias_mitigation", "unauthorised_performances"], "dates": {"request": AT}},
    "crafts": {
        "id": "prd_1/performer", "craft": "performer", "production": PRODUCTION, "lines": 1, "non_union": False,
        "bindings": [{"id": "bnd_1", "agreement": "sagaftra-tvt", "edition": "sagaftra-tvt-2026", "in_window": True}],
    },
    "consents": {**CONSENT, "person": PERSON, "minor_at_signing": True, "capacity": "guardian", "attestations": [attested("minor_counsel")], "majority_since": False, "majority_settled": False, "for_title": True, "joined_by_guardian": False},
    "deliveries": {"id": "dlv_1", "failed": 0, "unknown": 0, "missing": 0, "weak": 0, "doubts": []},
    "assets": {"id": "ast_1", "needs_lineage": True, "generations": [{"$ref": "gen_1"}], "person_bearing": True},
}  # fmt: skip

OBJECTS: Final = {
    "pty_1": {"id": "pty_1", "kind": "party"},
    "ast_1": {"id": "ast_1"},
    "gen_1": {"id": "gen_1", "tool_class": "generative", "models": ["mdl_1"], "inputs_stated": True, "prompt_recorded": True},
    "prd_1": {
        "id": "prd_1", "crafts": ["performer"], "platforms": ["netflix"], "dates": {"photography": "2026-08-17"},
        "bindings": [{"id": "bnd_1", "craft": "performer", "agreement": "sagaftra-tvt", "edition": "sagaftra-tvt-2026", "determination": "bound"}],
    },
}  # fmt: skip


@cache
def modules() -> tuple[ModuleType, ...]:
    """The areas: each may bring elements in order (GOOD), additions to those above (MORE), objects (OBJECTS) and cases (CASES)."""
    return tuple(import_module(f"{areas.__name__}.{found.name}") for found in iter_modules(areas.__path__))


def of_areas(name: str) -> dict[str, Any]:
    """What all areas bring under a name."""
    return {key: value for module in modules() for key, value in getattr(module, name, {}).items()}


@cache
def good() -> dict[str, dict[str, Any]]:
    """For each collection an element in which everything is in order, for every area."""
    elements = GOOD | of_areas("GOOD")
    for module in modules():
        for collection, more in getattr(module, "MORE", {}).items():
            elements[collection] = {**elements[collection], **more}
    return elements


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, its element in order (after `also`), and changes with the answer each must give.

    A change is a mapping of dotted paths to values (`consents.0.signed_at`; GONE makes a fact unknown); paths that start with
    `/` change the document, e.g. `/act`.
    """

    rule: str
    collection: str
    also: dict[str, Any]
    good: str
    fails: tuple[tuple[dict[str, Any], str], ...]
    unknown: tuple[dict[str, Any], str]
    never: dict[str, Any] = field(default_factory=dict)

    def answers(self) -> list[tuple[str, str, str]]:
        """Return (what, answer, expected) for the element in order, each failure, the unknown one and the one not reached."""
        asked: list[tuple[str, dict[str, Any], str]] = [("in order", {}, self.good)]
        asked += [(f"fails {change}", change, wanted) for change, wanted in self.fails]
        asked.append((f"unknown {self.unknown[0]}", *self.unknown))
        if self.never:
            asked.append((f"not reached {self.never}", self.never, "not_applicable"))
        return [(what, ask(self, change), wanted) for what, change, wanted in asked]


def ask(case: Case, change: dict[str, Any]) -> str:
    """Return what the rule says of the element with a change."""
    return worst(list(evaluated(case, change).results(case.rule).values()))


def evaluated(case: Case, change: dict[str, Any]) -> Evaluation:
    """Return what all packs say of the element with a change."""
    changes = {**case.also, **change}
    element = deepcopy(good()[case.collection])
    document = document_of(case.collection, element)
    for path, value in changes.items():
        keys = path.split(".")
        put(document if path.startswith("/") else element, [keys[0].removeprefix("/"), *keys[1:]], value)
    return evaluate.run(list(load.load_packs().values()), document, {"all_signed": True})


def document_of(collection: str, element: dict[str, Any]) -> dict[str, Any]:
    """Return a facts document with one element and nothing else."""
    document: dict[str, Any] = {name: [] for name in COLLECTIONS}
    intent = {"territories": ["US"], "media": ["theatrical"], "purpose": "final", "marketing": False}
    return document | {
        "v": 1, "act": "release", "at": AT, "ahead": True, "known_at": 1, "planned": False, "subjects": ["ast_1"], "intent": intent, "production": {"$ref": "prd_1"},
        "rates": [], "strikes": [], "objects": deepcopy(OBJECTS | of_areas("OBJECTS")), collection: [element],
    }  # fmt: skip


def put(holder: Any, keys: list[str], value: Any) -> None:
    """Set what a path leads to; GONE takes it away."""
    for key in keys[:-1]:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    last = keys[-1]
    if isinstance(holder, list):
        holder[int(last)] = value
    elif value is GONE:
        holder.pop(last, None)
    else:
        holder[last] = value
