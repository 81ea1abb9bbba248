"""The definition: what the ledger knows becomes a manifest that says enough and no more."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from schemas.credentials import DEFINITION, IPTC, MANIFEST_LABEL
from service import errors
from service.credentials.definition import Input, SigningFacts, build, gate, needs_parent
from service.credentials.judge import rubric, unread, verdict

ASSET, RUN, MODEL, OWN, SET = (f"{prefix}_{'0' * 25}{n}" for prefix, n in (("ast", 1), ("gen", 2), ("mdl", 3), ("mdl", 4), ("dst", 5)))
LABEL = "urn:c2pa:0a3c8f7e-5b1d-4c2e-9f00-112233445566"
FACTS = SigningFacts(
    asset=ASSET,
    origin="generated",
    agent=("ComfyUI", None),
    generation=RUN,
    models=(Input(MODEL, 2, "GenModel 3.1"), Input(OWN, 1)),
    datasets=(Input(SET, 1),),
    prompts=("ab" * 32,),
    oversight="prompt_guided",
    mining={"cawg.data_mining": "allowed"},
    log="clearance.example/std",
)


def made(**changes: Any) -> dict[str, Any]:
    facts = SigningFacts(**{name: changes.get(name, getattr(FACTS, name)) for name in SigningFacts.__slots__})
    return build(facts, LABEL, has_parent=changes.get("has_parent", False))


def assertion(definition: dict[str, Any], label: str) -> dict[str, Any]:
    return next(one["data"] for one in definition["assertions"] if one["label"] == label)


def test_a_generated_asset() -> None:
    definition = made()
    (action,) = assertion(definition, "c2pa.actions.v2")["actions"]
    assert action == {
        "action": "c2pa.created",
        "digitalSourceType": IPTC + "trainedAlgorithmicMedia",
        "softwareAgent": {"name": "ComfyUI"},
        "parameters": {"ingredientIds": ["model1", "model2", "dataset1", "prompt"]},
    }
    assert definition["title"] == f"urn:clearance:{ASSET}"
    assert [one["title"] for one in definition["ingredients"]] == [
        "GenModel 3.1",
        f"urn:clearance:{OWN}:1",
        f"urn:clearance:{SET}:1",
        "prompt",
    ]
    assert assertion(definition, "c2pa.ai-disclosure") == {
        "modelType": "c2pa.types.model",
        "modelIdentifier": f"urn:clearance:{MODEL}:2",
        "modelName": "GenModel 3.1",
        "contentProfile": {"humanOversightLevel": "prompt_guided"},
    }
    assert assertion(definition, "cawg.training-mining")["entries"] == {
        "cawg.data_mining": {"use": "allowed"},
        "cawg.ai_inference": {"use": "notAllowed"},
        "cawg.ai_training": {"use": "notAllowed"},
        "cawg.ai_generative_training": {"use": "notAllowed"},
    }
    assert assertion(definition, "clearance.record")["promptCommitments"] == ["ab" * 32]


@pytest.mark.parametrize(
    ("origin", "term"),
    [
        ("camera", "digitalCapture"),
        ("recorded", "digitalCapture"),
        ("hand_made", "digitalCreation"),
        ("mixed", "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_each_origin_has_its_source_type(origin: str, term: str) -> None:
    definition = made(origin=origin, models=(), datasets=(), prompts=())
    (action,) = assertion(definition, "c2pa.actions.v2")["actions"]
    assert action["digitalSourceType"] == IPTC + term
    assert ("c2pa.ai-disclosure" in [one["label"] for one in definition["assertions"]]) == (origin == "mixed")


def test_a_stated_source_type_wins() -> None:
    assert "algorithmicMedia" in str(made(source_type="algorithmicMedia")["assertions"][0])
    assert IPTC + "composite" in str(made(source_type=IPTC + "composite")["assertions"][0])


@pytest.mark.parametrize("origin", [None, "licensed_stock"])
def test_unknown_origin_is_opened(origin: str | None) -> None:
    assert needs_parent(SigningFacts(ASSET, origin))
    (action,) = assertion(made(origin=origin), "c2pa.actions.v2")["actions"]
    assert action == {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(definition: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        at: Any = definition
        for step in steps:
            at = at[int(step)] if step.isdigit() else at[step]
        at[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("label", "urn:c2pa:" + "0" * 36),
        _set("label", "a-name"),
        _set("title", "jane_closeup.png"),
        _set("assertions/0/data/actions", []),
        _set("assertions/0/data/actions/0/action", "c2pa.invented"),
        _set("assertions/0/data/actions/0/digitalSourceType", "made up"),
        _set("assertions/0/data/actions/0/parameters", {"ingredientIds": ["nothing"]}),
        _set("assertions/0/data/actions/0/description", "with Jane"),
        _set("assertions/0/data/allActionsIncluded", "yes"),
        _set("assertions/0/label", "c2pa.actions"),
        _set("assertions/1/data/modelType", "rubbish"),
        _set("assertions/1/data/modelIdentifier", "https://example.org"),
        _set("assertions/2/data/entries", {"cawg.ai_training": {"use": "maybe"}}),
        _set("assertions/2/data/entries", {"cawg.other": {"use": "allowed"}}),
        _set("assertions/3/data/fee", 250000),
        _set("assertions/3/data/consents", ["urn:clearance:Jane Doe"]),
        _set("ingredients/0/relationship", "parentOf"),
        _set("ingredients/0/data_types", [{"type": "c2pa.types.person"}]),
        _set("ingredients/0/metadata", {}),
        _set("claim_generator_info/0/specVersion", "2.1"),
        _set("claim_version", 1),
        lambda d: d["assertions"].append(copy.deepcopy(d["assertions"][2])),
        lambda d: d["assertions"].reverse(),
        lambda d: d["assertions"].pop(),
    ],
)
def test_the_gate_lets_nothing_else_out(change: Callable[[dict[str, Any]], None]) -> None:
    definition = copy.deepcopy(made())
    assert DEFINITION.validate(definition) == {}
    change(definition)
    with pytest.raises(errors.Invalid):
        gate(definition)


def test_labels() -> None:
    assert re.fullmatch(MANIFEST_LABEL, LABEL)
    assert not re.fullmatch(MANIFEST_LABEL, LABEL + ":vendor")


def manifest(*ingredients: dict[str, Any]) -> dict[str, Any]:
    return {"claim_generator_info": [{"name": "X"}], "ingredients": list(ingredients)}


def report(manifests: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"active_manifest": "a", "manifests": manifests, "validation_state": "Trusted", **more}


@pytest.mark.parametrize(
    ("given", "lineage", "tampered"),
    [
        (report({"a": manifest()}), [], False),
        (report({"a": manifest(), "b": manifest()}), ["clearance.manifest.unreferenced"], True),
        (report({"a": manifest({"active_manifest": "b"})}), ["clearance.manifest.unreadable"], True),
        (
            report({"a": manifest({"active_manifest": "b"}), "b": manifest({"active_manifest": "a"})}),  # a circle
            [],
            False,
        ),
        (
            report(
                {"a": manifest({"active_manifest": "b"}), "b": manifest({"validation_status": [{"code": "x"}, {"code": "timeStamp.y"}]})}
            ),
            ["x"],
            True,
        ),
        (
            report({"a": manifest({"validation_results": {"activeManifest": {"failure": [{"code": "signingCredential.untrusted"}]}}})}),
            ["signingCredential.untrusted"],
            False,
        ),
        (
            report({"a": manifest()}, validation_results={"ingredientDeltas": [{"validationDeltas": {"failure": [{"code": "d"}]}}]}),
            ["d"],
            True,
        ),
    ],
)
def test_the_lineage_is_walked(given: dict[str, Any], lineage: list[str], *, tampered: bool) -> None:
    found = verdict(given, {})
    assert (found["lineage"], found["tampered"], found["state"]) == (lineage, tampered, "Trusted")


def test_an_active_manifest_that_is_not_there_is_unreadable() -> None:
    assert verdict(report({"b": manifest()}), {})["state"] == "Unreadable"
    assert verdict(report({"a": manifest()}, validation_state="Wonderful"), {})["state"] == "Unreadable"


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ("ManifestNotFound: no JUMBF data found", "NoManifest"),
        ("Remote: must fetch remote manifests from url https://example.org/x", "NoManifest"),
        ("NotSupported: type is unsupported", "NoManifest"),
        ("Other: PNG out of range", "Unreadable"),
        ("", "Unreadable"),
    ],
)
def test_what_could_not_be_read(message: str, state: str) -> None:
    assert unread(message)["state"] == state


def claim(**changes: Any) -> dict[str, Any]:
    assertions = {
        "c2pa.actions.v2": {"allActionsIncluded": True, "actions": [{"action": "c2pa.created", "digitalSourceType": "x"}]},
        **changes.pop("assertions", {}),
    }
    created = [{"url": "self#jumbf=c2pa.assertions/c2pa.actions.v2"}]
    info = {"claim_generator_info": {"specVersion": "2.4.0"}, "created_assertions": created}
    return {"label": LABEL, "assertions": assertions, "claim.v2": info, **changes}


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        (claim(label="contentauth:urn:uuid:x"), "label.not-urn-c2pa"),
        (claim(assertions={"c2pa.actions": {"allActionsIncluded": True}}), "assertion.deprecated.c2pa.actions"),
        (claim(assertions={"stds.exif": {}}), "assertion.deprecated.stds.exif"),
        (claim(assertions={"custom": {}}), "assertion.no-namespace.custom"),
        (claim(assertions={"c2pa.hash.data": {"url": "x"}}), "hash.url.c2pa.hash.data"),
        (claim(assertions={"c2pa.ingredient.v3": {"activeManifest": {}}}), "ingredient.results-without-manifest"),
        (
            claim(assertions={"c2pa.actions.v2": {"allActionsIncluded": True, "actions": [{"action": "c2pa.edited"}]}}),
            "actions.no-inception-first",
        ),
        (claim(assertions={"c2pa.actions.v2": {"actions": [{"action": "c2pa.created"}]}}), "actions.all-included-not-said"),
        (claim(assertions={"c2pa.actions.v2": {"actions": [{"action": "c2pa.created"}]}}), "action.no-source-type.c2pa.created"),
        (claim(assertions={"c2pa.actions.v2": {"actions": [{"action": "c2pa.opened"}]}}), "action.opened-without-one-ingredient"),
        (claim(**{"claim.v2": {}}), "generator.no-spec-version"),
    ],
)
def test_the_rubric_objects(given: dict[str, Any], finding: str) -> None:
    assert list(rubric(claim())) == []
    assert finding in list(rubric(given))
