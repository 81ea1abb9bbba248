"""ODRL out and in: what comes back is what was said, and never more."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from typing import Any

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import vocabulary
from schemas.records.licence import Licence
from service import errors, rights
from service.exports import croissant, odrl, odrl_profile, odrl_read
from service.exports.names import urn
from service.exports.odrl_words import DUTIES, TRAINING
from service.records import standing

WHO = {"grantor": "pty_01k5yrs2s0e7h8t4n9z3c6q1ab", "grantee": "pty_01k5yrs2s0e7h8t4n9z3c6q1ac"}
PRODUCTIONS = ["prd_01k5yrs2s0e7h8t4n9z3c6q1ad", "prd_01k5yrs2s0e7h8t4n9z3c6q1ae"]
MODELS = ["mdl_01k5yrs2s0e7h8t4n9z3c6q1af"]
SOURCE = "src_01k5yrs2s0e7h8t4n9z3c6q1ag"
RECORD = "lic_01k5yrs2s0e7h8t4n9z3c6q1ah"


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.just(["*"]) | st.lists(st.sampled_from(values), max_size=3, unique=True)


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


days = st.sampled_from(["2026", "2026-08", "2027-01-31"])
later = st.sampled_from(["2028", "2030-12-31", "2031-06", {"value": "2032-02-29", "source": "document"}])
windows = maybe(start=days, end=later) | maybe(start=days, perpetual=st.just(True))
places = some(["US", "US-CA", "GB", "DE", "NO"])
limits = {"territories": places, "window": windows, "productions": some(PRODUCTIONS)}
trainings = st.fixed_dictionaries({"granted": st.booleans()}, optional={
    **limits, "kinds": some(["fine_tune", "adapter"]), "permissions": some(["mine", "train_generative"]), "models": some(MODELS),
    **dict.fromkeys(("style_imitation", "train_on_outputs", "sublicence", "public_system"), st.booleans()),
})  # fmt: skip
outputs = st.fixed_dictionaries({"granted": st.booleans()}, optional={
    **limits, "media": some(["theatrical", "streaming"]), "purposes": some(["final", "temp"]), "languages": some(["en", "en-GB", "fr"]),
    **dict.fromkeys(("modification", "advertising", "sublicence", "exclusive"), st.booleans()), "seconds": st.integers(0, 900),
})  # fmt: skip
licences = maybe(
    training=trainings, output=outputs, territories=places, window=windows, media=some(["theatrical", "streaming"]),
    productions_allowed=some(PRODUCTIONS), models_allowed=some(MODELS),
    excluded=st.lists(st.sampled_from(["no political use", "no games"]), min_size=1, unique=True),
).map(lambda found: {**WHO, "sources": [SOURCE], **found})  # fmt: skip

USES = [
    rights.Use((purpose,), (medium,), (place,), (production,), (language,), (day,))
    for purpose in ("final", "marketing")
    for medium in ("theatrical", "game")
    for place in ("US", "US-CA", "FR")
    for production in PRODUCTIONS
    for language in ("en-GB", "de")
    for day in ("2026-06-01", "2027-01-31", "2029-01-01", "2032-03-01")
]


def back(document: Any, **asked: bool) -> dict[str, Any]:
    return odrl_read.read(json.loads(json.dumps(document)), **asked).body


def answers(licence: dict[str, Any]) -> list[bool | None]:
    """For each grant and use one answer: everything said yes, something said no, or unknown."""
    found = []
    for grant in rights.of_licence(licence):
        for use in USES:
            told = rights.permits(grant, use).values()
            found.append(False if False in told else None if None in told else True)
    return found


@settings(max_examples=60, deadline=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
@given(licences)
def test_out_and_in_says_the_same_rights_and_is_never_wider(licence: dict[str, Any]) -> None:
    told = back(odrl.policy(RECORD, 1, licence, {}))
    Licence(partial=("grantor",)).load(copy.deepcopy(told))
    order: dict[bool | None, int] = {False: 0, None: 1, True: 2}
    assert all(order[after] <= order[before] for after, before in zip(answers(told), answers(licence), strict=True))
    for after, before in zip(rights.of_licence(told), rights.of_licence(licence), strict=True):
        if before.granted is not False:
            assert after == before
    assert told.get("excluded") == licence.get("excluded")
    for side in ("training", "output"):
        if licence.get(side, {}).get("granted"):
            names = {"permissions", "public_system", "seconds", "exclusive"}
            assert {n: v for n, v in told[side].items() if n in names} == {n: v for n, v in licence[side].items() if n in names}
    del licence["grantee"]
    unagreed = back(odrl.policy(RECORD, 1, licence, {}))
    assert True not in answers(unagreed), "a set that nobody agreed to grants nothing"
    assert not any(unagreed.get(side, {}).get("granted") for side in ("training", "output"))


FULL: dict[str, Any] = {
    **WHO,
    "type": "works",
    "sources": [SOURCE],
    "signed_at": "2026-07-01",
    "territories": ["US", "GB"],
    "window": {"start": "2026-08-01", "end": "2031-12-31"},
    "training": {"granted": True, "kinds": ["fine_tune"], "permissions": ["train_generative"], "style_imitation": False},
    "output": {"granted": True, "media": ["theatrical"], "purposes": ["*"], "modification": True, "seconds": 90},
    "excluded": ["no political use"],
    "duties": [
        {"type": "credit", "text": "Paintings by A", "due": "on_release", "owed_to": WHO["grantor"]},
        {"type": "report", "due": "quarterly", "days": 30},
    ],
    "on_end": {"weights": "delete", "released": "keep"},
    "fee": {"commitment": "ab" * 32},
    "documents": ["doc_01k5yrs2s0e7h8t4n9z3c6q1aj"],
}


def test_a_licence_reads_as_an_agreement() -> None:
    told = odrl.policy(RECORD, 3, FULL, {WHO["grantee"]: "Northlight"})
    assert (told["@type"], told["uid"], told["conflict"]) == ("Agreement", f"{urn(RECORD)}:3", "prohibit")
    assert told["assignee"] == {"@type": "Party", "uid": urn(WHO["grantee"]), "vcard:fn": "Northlight"}
    training, output = told["permission"]
    assert training["action"] == "clearance:trainGenerative"
    assert {"leftOperand": "spatial", "operator": "isAnyOf", "rightOperand": ["GB", "US"]} in training["constraint"]
    assert {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": {"@value": "2031-12-31", "@type": "xsd:date"}} in output[
        "constraint"
    ]
    assert {"leftOperand": "clearance:seconds", "operator": "lteq", "rightOperand": {"@value": "90", "@type": "xsd:integer"}} in output[
        "constraint"
    ]
    unstated = next(each for each in training["constraint"] if each["leftOperand"] == "clearance:notStated")["rightOperand"]
    assert {"clearance:production", "clearance:model", "clearance:sublicence"} <= {each["@id"] for each in unstated}
    assert told["prohibition"] == [{"action": "clearance:excludedUse", "dcterms:description": "no political use"}]
    assert [duty["action"] for duty in told["obligation"]] == ["attribute", "clearance:report"]
    assert told["clearance:leftOut"] == ["documents", "fee"]
    assert "ab" * 32 not in json.dumps(told)
    found = odrl_read.read(told)
    assert (found.assigner, found.targets) == (odrl_read.Named(urn(WHO["grantor"])), (odrl_read.Named(urn(SOURCE)),))
    for name in ("type", "signed_at", "excluded", "duties", "on_end"):
        assert found.body[name] == FULL[name], name
    assert [remark.pointer for remark in found.unread] == ["/clearance:leftOut"] * 2


def test_every_term_of_a_policy_is_explained_in_the_profile() -> None:
    everything = {
        **FULL, "items": {"sha256": "ab" * 32, "bytes": 1, "count": 9}, "duties": [{"type": each, "days": 1, "due": "on_end", "owed_to": WHO["grantor"]} for each in DUTIES],
        "training": {"granted": True, "permissions": list(TRAINING), "kinds": [], "public_system": False, "sublicence": False},
        "output": {"granted": True, "exclusive": True, "modification": False, "advertising": False, "seconds": 9},
    }  # fmt: skip
    stands = standing.Standing((), ("evt_a",))
    told = [odrl.policy(RECORD, 1, each, {}, stands) for each in (everything, {**WHO, "sources": []}, {**WHO, "sources": ["*"]})]
    used = set(re.findall(r"(?<!urn:)clearance:[A-Za-z_]+", json.dumps(told)))
    values = {f"clearance:{word}" for word in (*vocabulary.MEDIA, *vocabulary.TRAINING_KINDS, "final", "temp", "marketing", "on_end")}
    assert used - values <= {each["@id"] for each in odrl_profile.profile()["skos:hasTopConcept"]}


def test_the_terms_inside_a_croissant_are_an_offer_and_read_alike_once_agreed() -> None:
    dataset = croissant.Dataset("dst_01k5yrs2s0e7h8t4n9z3c6q1ak", 1, "2026-09-01T00:00:00Z", {"name": "x"}, licences={RECORD: FULL})
    [policy] = json.loads(json.dumps(croissant.description(dataset, "https://clearance.example")))["usageInfo"]
    offered = odrl_read.read(policy)
    assert (offered.type, offered.agreed, offered.body.keys() & {"training", "output"}) == ("Offer", False, set())
    assert rights.of_licence(back(policy, agreed=True)) == rights.of_licence(FULL)


def test_a_licence_that_was_taken_back_grants_nothing_on_paper_either() -> None:
    def event(type_: str, at: str, **more: Any) -> dict[str, Any]:
        return {"type": type_, "effective_at": at, "targets": [RECORD], **more}

    def stands(*events: dict[str, Any]) -> standing.Standing:
        told = standing.of_licences([(f"evt_{place}", each) for place, each in enumerate(events)], "2026-10-01T00:00:00.000000Z")
        return told.get(RECORD, standing.WHOLE)

    revoked = event("revoked", "2026-09-01")
    assert stands(revoked) == standing.Standing((("revoked", "evt_0"),))
    assert stands(revoked, event("reinstated", "2026-09-02")) == standing.WHOLE
    assert stands(event("revoked", "2026-11-01")) == standing.WHOLE
    assert stands(revoked, event("reinstated", "2026-10")).ended_by == "evt_0", "some day of October is not yet the first of it"
    assert stands(event("revoked", "2026-09"), event("reinstated", "2026-09-05")).ended_by == "evt_0", "it may have been revoked after"
    changed_by = stands(event("items_withdrawn", "2026-09-01", item_identifiers=[]))
    assert changed_by == standing.Standing((), ("evt_0",))
    ended = odrl.policy(RECORD, 1, FULL, {}, stands(revoked))
    assert ("permission" in ended, back(ended)["training"], back(ended)["output"]) == (False, {"granted": False}, {"granted": False})
    partly = odrl.policy(RECORD, 1, FULL, {}, changed_by)
    assert True not in answers(back(partly))
    assert {"/clearance:affectedBy", "/permission/0"} <= {remark.pointer for remark in odrl_read.read(partly).unread}


FOREIGN: dict[str, Any] = {
    "@context": "http://www.w3.org/ns/odrl.jsonld",
    "@type": "Agreement",
    "uid": "https://example.org/policy/1",
    "assigner": "https://example.org/archive",
    "assignee": "https://example.org/studio",
    "target": "https://example.org/works/1",
    "permission": [{"action": "use", "constraint": [{"leftOperand": "spatial", "operator": "eq", "rightOperand": "US"}]}],
}


def changed(**more: Any) -> dict[str, Any]:
    return {**FOREIGN, **more}


def rule(**more: Any) -> dict[str, Any]:
    return changed(permission=[{**FOREIGN["permission"][0], **more}])


def test_a_policy_from_elsewhere_grants_what_it_says_and_leaves_open_what_it_does_not() -> None:
    assert back(FOREIGN) == {"output": {"granted": True, "territories": ["US"]}}
    prefixed = {"@context": {"odrl": "http://www.w3.org/ns/odrl/2/", "@vocab": "http://www.w3.org/ns/odrl/2/"},
                **{f"odrl:{name}": value for name, value in FOREIGN.items() if name[0] != "@"}, "@type": "odrl:Agreement"}  # fmt: skip
    assert back(prefixed) == back(FOREIGN)
    window = [{"leftOperand": "dateTime", "operator": "lt", "rightOperand": {"@value": "2028-01-01T00:00:00Z", "@type": "xsd:dateTime"}}]
    assert back(rule(constraint=window))["output"] == {"granted": True, "window": {"end": "2027-12-31"}}
    both = [
        *FOREIGN["permission"][0]["constraint"],
        {"leftOperand": "spatial", "operator": "isAnyOf", "rightOperand": ["US-CA", "FR", "moon"]},
    ]
    assert back(rule(constraint=both))["output"]["territories"] == ["US-CA"]
    assert back(changed(prohibition=[{"action": "data-mining"}]))["training"] == {"granted": False}
    assert back(changed(prohibition=[{"action": ["use", "mine"]}])) == {"training": {"granted": False}, "output": {"granted": False}}


@pytest.mark.parametrize(
    "policy",
    [
        changed(**{"@type": "Offer"}),
        changed(**{"@type": "Set"}),
        {name: value for name, value in FOREIGN.items() if name != "@type"},
        changed(profile="https://example.org/profile"),
        changed(inheritFrom="https://example.org/policy/0"),
        changed(assigner=None),
        changed(target=None),
        changed(target={"uid": "https://example.org/works/1", "refinement": [{"leftOperand": "resolution"}]}),
        changed(assignee={"@type": "PartyCollection", "source": "https://example.org/group", "refinement": []}),
        changed(constraint=[{"leftOperand": "count", "operator": "lteq", "rightOperand": 1}]),
        changed(prohibition=[{"action": "print"}]),
        changed(prohibition=[{"action": "use", "constraint": [{"leftOperand": "spatial", "operator": "eq", "rightOperand": "FR"}]}]),
        rule(action="display"),
        rule(action=[{"rdf:value": {"@id": "odrl:use"}, "refinement": []}]),
        rule(target="https://example.org/works/2"),
        rule(assignee="https://example.org/other"),
        rule(duty=[{"action": "watermark"}]),
        rule(moon="full"),
        rule(constraint=[{"leftOperand": "count", "operator": "lteq", "rightOperand": 3}]),
        rule(constraint=[{"leftOperand": "spatial", "operator": "neq", "rightOperand": "US"}]),
        rule(constraint=[{"leftOperand": "spatial", "operator": "eq", "rightOperand": "moon"}]),
        rule(constraint=[{"or": [{"leftOperand": "spatial", "operator": "eq", "rightOperand": "US"}]}]),
        rule(constraint=[{"leftOperand": "dateTime", "operator": "lt", "rightOperand": "soon"}]),
        rule(constraint=["anything"]),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_no_grant_and_is_said(policy: dict[str, Any]) -> None:
    found = odrl_read.read({name: value for name, value in policy.items() if value is not None})
    assert not any(found.body.get(side, {}).get("granted") for side in ("training", "output"))
    assert any(remark.pointer == "/permission/0" for remark in found.unread)


@pytest.mark.parametrize(
    "context",
    [
        None,
        "https://example.org/context",
        ["http://www.w3.org/ns/odrl.jsonld", "https://example.org/context"],
        ["http://www.w3.org/ns/odrl.jsonld", {"permission": "odrl:prohibition"}],
        ["http://www.w3.org/ns/odrl.jsonld", {"use": "https://example.org/ns#"}],
        ["http://www.w3.org/ns/odrl.jsonld", {"odrl": "https://example.org/"}],
        ["http://www.w3.org/ns/odrl.jsonld", {"@vocab": "https://schema.org/"}],
    ],
)
def test_a_context_that_gives_words_another_meaning_is_refused(context: Any) -> None:
    policy = {**FOREIGN, "@context": context} if context else [FOREIGN]
    with pytest.raises(errors.Invalid):
        odrl_read.read(policy)


def test_a_statement_that_it_was_agreed_makes_a_set_a_grant() -> None:
    policy = changed(**{"@type": "Set"})
    assert back(policy, agreed=True)["output"]["granted"] is True
    assert odrl_read.read(policy).unread[0].says.startswith("Not taken over: the policy is of the type Set")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["use", "clearance:train", "spatial", "US", "isAnyOf", "", "odrl:use", "dateTime", "2027-01-01"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["uid", "@id", "@value", "@list", "action", "constraint", "leftOperand", "operator", "rightOperand", "duty", "and"]), inner),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
@given(st.dictionaries(st.sampled_from([*FOREIGN, "prohibition", "obligation", "profile", "clearance:terms"]), anything, max_size=4))
def test_whatever_comes_the_answer_is_a_reading_or_a_clear_refusal(policy: dict[str, Any]) -> None:
    with contextlib.suppress(errors.Invalid):
        assert json.dumps(odrl_read.read(FOREIGN | policy).body)


def test_a_policy_of_endless_rules_is_refused_before_they_are_met_with_one_another() -> None:
    for name in ("permission", "prohibition", "obligation"):
        with pytest.raises(errors.Invalid) as refused:
            odrl_read.read(changed(**{name: [1] * 100_000}))
        assert (refused.value.code, refused.value.errors[0].pointer) == ("too_many_rules", f"/content/{name}")
