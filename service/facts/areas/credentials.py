"""Content credentials as facts: what stands in the manifest that leaves with an asset, one element for each manifest.

A manifest leaves when it is our newest signing of an item, or when an item came with one and was never signed here. What was
read and is not there is an empty text; what nobody has read is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.facts import times
from service.facts.areas import disclosed, platforms
from service.facts.library import View
from service.facts.world import Fact, World, compact, part, ref

_COPY: Final = re.compile(r"__\d+\Z")
_THUMBNAIL: Final = re.compile(r"(c2pa\.thumbnail\.(?:claim|ingredient)).*")
INCEPTIONS: Final = ("c2pa.created", "c2pa.opened")


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `credentials`."""
    assets = [view for view in world.library.of("asset") if view.key in world.library.lineage]
    return {"credentials": [found for view in assets for found in of_asset(world, view)]}


def of_asset(world: World, view: View) -> list[Fact]:
    """Return the manifests of an asset: our signings, and the one it came with."""
    item = view.key in platforms.items_of(world)
    ours = world.library.about(view.id, "evidence", "credential", ("subject", "signed_asset"))
    newest = max(ours, key=lambda one: (str(one.details.get("signed_at")), one.id), default=None)
    found = [
        _credential(world, view, one.id, one.details, handed_out=item and one is newest, state=str(one.details.get("state")))
        for one in ours
    ]
    carried = part(view.body, "credentials")
    if carried and carried.get("state") != "none":
        name = f"{view.id}/credentials"
        found.append(_credential(world, view, name, carried, handed_out=item and not ours, state=carried.get("state")))
    return found


def _credential(world: World, view: View, name: str, body: Mapping[str, Any], *, handed_out: bool, state: Any) -> Fact:
    reading = part(body, "reading")
    actions = _actions(reading)
    return compact(
        {
            "id": name,
            "record": name.partition("/")[0],
            "asset": ref(view),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "handed_out": handed_out,
            "state": reading.get("signature", state),
            "label": reading.get("label", body.get("label")),
            "labelled": _labelled(reading.get("label", body.get("label"))),
            **({"specification": str(reading.get("specification", ""))} if reading else {}),
            "actions": actions,
            "inception": _inception(actions),
            "actions_complete": reading.get("actions_complete"),
            "assertions": _assertions(reading),
            "ingredients": _ingredients(reading),
            "hard_binding": reading.get("hard_binding"),
            "linked_hashes": reading.get("linked_hashes"),
            "time_stamp": reading.get("time_stamp"),
            "validated": reading.get("validated"),
            "failures": reading.get("failures"),
            "lineage": reading.get("lineage", body.get("lineage")),
            "ai_disclosure": reading.get("ai_disclosure"),
            "ai_denied": view.body.get("ai") == "none",
            "signal": signal(reading),
            "trained": None if actions is None else any(one["trained"] for one in actions),
            "dates": compact({"creation": times.text(body.get("signed_at")), "release": world.at if world.outward else None}),
        }
    )


def _labelled(label: Any) -> bool | None:
    return None if label is None else str(label).startswith("urn:c2pa:")


def _actions(reading: Mapping[str, Any]) -> list[Fact] | None:
    if "actions" not in reading:
        return None
    return [_action(one, number) for number, one in enumerate(reading["actions"])]


def _action(one: Mapping[str, Any], number: int) -> Fact:
    name = str(one["action"])
    term = str(one.get("digital_source_type", ""))
    return compact(
        {
            "id": f"{number}:{name}",
            "action": name,
            "standard": name.startswith("c2pa."),
            "dotted": "." in name,
            "source_type": term,
            "trained": disclosed.ai_term(term),
            "created": one.get("created"),
            "ingredients": one.get("ingredients"),
            "bare_parameters": [found for found in one["parameters"] if "." not in found] if "parameters" in one else None,
        }
    )


def _inception(actions: list[Fact] | None) -> bool | None:
    """Whether the first of the actions that the signer itself created says how the content began, and no later one says it again."""
    if actions is None:
        return None
    own = [one for one in actions if one.get("created") is not False]
    if any("created" not in one for one in own):
        return None
    begins = [one for one in actions if one["action"] in INCEPTIONS]
    return bool(own) and own[0]["action"] in INCEPTIONS and len(begins) == 1


def _assertions(reading: Mapping[str, Any]) -> list[Fact] | None:
    if "assertions" not in reading:
        return None
    names = [(label, _THUMBNAIL.sub(r"\1", _COPY.sub("", str(label)))) for label in reading["assertions"]]
    return [
        {"id": label, "name": name, "standard": name.startswith("c2pa."), "retired": name.startswith("stds."), "dotted": "." in name}
        for label, name in names
    ]


def _ingredients(reading: Mapping[str, Any]) -> list[Fact] | None:
    if "ingredients" not in reading:
        return None
    return [
        compact(
            {
                "id": str(one.get("label", number)),
                "has_manifest": one.get("has_manifest"),
                "has_results": one.get("has_results"),
                "source_type": str(one.get("digital_source_type", "")),
            }
        )
        for number, one in enumerate(reading["ingredients"])
    ]


def signal(reading: Mapping[str, Any]) -> str | None:
    """Return what a viewer may be told: wholly or partly generated, of unknown origin, or not generated."""
    if "actions" not in reading:
        return None
    terms = [str(one.get("digital_source_type", "")).rpartition("/")[2] for one in reading["actions"]]
    first = next((one for one in reading["actions"] if one["action"] in INCEPTIONS), None)
    if first is not None and terms[reading["actions"].index(first)] == "trainedAlgorithmicMedia":
        return "fully_generated"
    if any(disclosed.ai_term(term) for term in terms):
        return "partly_generated"
    known = any(terms) or any(one.get("has_manifest") for one in reading.get("ingredients") or ())
    return "not_generated" if known else "unknown_provenance"
