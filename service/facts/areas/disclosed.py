"""What records tell by themselves about how something was made: gaps, inputs, tools, training, and what its files say of AI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.facts import times
from service.facts.areas import platform_papers
from service.facts.library import View
from service.facts.licensing import OWN
from service.facts.world import Fact, World, bare, compact, part

_AI_TERMS: Final = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
_CLOSED: Final = frozenset({"camera", "hand_made", "recorded", "licensed_stock"})
_STATEMENTS: Final = frozenset({"visible_label", "audible_label", "caption", "metadata", "watermark", "store_page"})
#: Kinds of files that can carry a manifest inside.
EMBEDDABLE: Final = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/tiff", "image/avif", "image/heic", "image/heif", "image/gif", "image/svg+xml",
        "image/x-adobe-dng", "video/mp4", "video/quicktime", "video/x-msvideo", "audio/mpeg", "audio/wav", "audio/x-wav", "audio/mp4",
        "audio/flac", "application/pdf",
    }
)  # fmt: skip


def gaps(view: View, runs: Iterable[View]) -> list[str]:
    """Return the fields that leave open what an asset or run was made from; empty when it is told."""
    found = [f"{run.id}.{name}" for run in runs for name in _run_gaps(run)]
    if view.kind != "asset" or runs:
        return found
    body = view.body
    told = body.get("parents") is not None or body.get("ranges") or body.get("origin") in _CLOSED or body.get("origin_evidence")
    return found if told else [f"{view.id}.parents"]


def _run_gaps(run: View) -> list[str]:
    open_ = [] if run.body.get("inputs") is not None else ["inputs"]
    return open_ + (["unresolved"] if run.body.get("unresolved") else [])


def signals(world: World, view: View) -> Fact:
    """Return what the file itself says about AI: on arrival, as we signed it, or by a label that goes with it."""
    if view.kind != "asset":
        return {}
    carried = part(view.body, "credentials")
    incoming = [*(carried.get("digital_source_types") or ()), *source_types(part(carried, "reading"))]
    ours = world.library.about(view.id, "evidence", "credential", ("subject", "signed_asset"))
    signed = [_says_ai(part(one.details, "reading")) for one in ours]
    labels = [one for one in world.library.about(view.id, "evidence", "disclosure_overlay") if one.details.get("kind") in _STATEMENTS]
    media = view.body.get("media_type")
    told: times.Tri = True if any(map(ai_term, incoming)) or True in signed or labels else (None if None in signed else False)
    return compact(
        {
            "arrived_as_ai": any(map(ai_term, incoming)),
            "file_says_ai": told,
            "can_say": None if media is None else media in EMBEDDABLE,
        }
    )


def ai_term(term: Any) -> bool:
    """Tell whether a digital source type says that a trained model made it, in whole or in part."""
    return str(term).rpartition("/")[2] in _AI_TERMS


def source_types(reading: Mapping[str, Any]) -> list[str]:
    """Return the digital source types of the actions in a manifest."""
    return [str(one["digital_source_type"]) for one in reading.get("actions") or () if one.get("digital_source_type")]


def _says_ai(reading: Mapping[str, Any]) -> times.Tri:
    if not reading:
        return None
    return any(map(ai_term, source_types(reading))) or reading.get("ai_disclosure") is True


def tags(world: World, one: Mapping[str, Any]) -> list[str | None] | None:
    """Return what kinds of confidential or foreign material an input is; None among them where nobody has said."""
    found: list[str | None] = ["buyer_proprietary"] if one.get("proprietary_to") else []
    asset, source = world.library.get(one.get("asset")), world.library.get(one.get("source"))
    if source is not None:
        return found + ([] if licensed(world, source) else ["third_party_unlicensed"])
    if asset is None:
        return found or (None if one.get("replica") or one.get("dataset") else [None])
    if asset.body.get("origin") == "licensed_stock" and not asset.body.get("licences"):
        found.append("third_party_unlicensed")
    return found + list(asset.body.get("sensitivity", [] if found else [None]))


def licensed(world: World, source: View) -> bool:
    """Tell whether some licence names a source, or the studio owns it."""
    return source.body.get("acquired_how") in OWN or bool(world.library.about(source.id, "licence", roles=("source",)))


@dataclass(frozen=True, slots=True)
class Training:
    """Whether models learnt from material of others, and by what right."""

    others: Sequence[bool]
    rights: times.Tri


def training(world: World, runs: Iterable[View]) -> Training:
    """Return what the datasets of the models that ran tell: every part licensed from somebody is material of others."""
    models = [found for run in runs for one in run.body.get("models") or () if (found := world.library.get(one.get("model")))]
    others: list[bool] = []
    rights: list[times.Tri] = []
    for model in models:
        parts = [
            one for name in model.body.get("datasets") or () if (data := world.library.get(name)) for one in data.body.get("parts") or ()
        ]
        if parts:
            others.append(True)
            rights += [_granted(world, one) for one in parts]
        elif model.body.get("datasets") == [] and (
            model.body.get("base_models") == [] or model.body.get("training_disclosure") == "disclosed"
        ):
            others.append(False)
    return Training(others, None if not rights else (False if False in rights else (True if None not in rights else None)))


def _granted(world: World, one: Mapping[str, Any]) -> times.Tri:
    licence = world.library.get(one.get("licence"))
    if licence is None:
        return False
    granted = part(licence.body, "training").get("granted")
    return granted if isinstance(granted, bool) else None


def tool(world: World, run: View, named: Iterable[Any]) -> Fact:
    """Return one run's tool with the terms on record for it; what model or run say of training on inputs counts too."""
    found = platform_papers.terms_of(world, run, named)
    own = part(run.body, "terms")
    stated = part(run.body, "tool").get("environment") or own.get("environment")
    models = [view for one in run.body.get("models") or () if (view := world.library.get(one.get("model")))]
    hosted = [model.body.get("hosting") == "self_hosted" for model in models]
    trains = [own.get("trains_on_inputs"), *(model.body.get("trains_on_inputs") for model in models), *(one.get("trains") for one in found)]
    secured = [one["secured"] for one in found if "secured" in one]
    return compact(
        {
            "id": run.id,
            "name": part(run.body, "tool").get("name"),
            "terms": found,
            "self_hosted": bool(hosted) and all(hosted),
            "trains": True if True in trains else (False if False in trains else None),
            "secured": stated in platform_papers.SECURED if stated else (False if False in secured else (True if secured else None)),
        }
    )


def stated_tool(world: World, paper: View, made: str | None) -> Fact:
    """Return the tool that an answer names where no run is recorded, with the terms it names or those read for that tool."""
    named = {bare(one) for one in paper.details.get("terms") or ()}
    found = [view for view in world.library.of("evidence", "tool_terms") if (view.id in named if named else _same(view, paper.details))]
    terms = [platform_papers.terms(world, view, made) for view in found]
    learns = [one["trains"] for one in terms if "trains" in one]
    secured = [one["secured"] for one in terms if "secured" in one]
    return compact(
        {
            "id": paper.id,
            "name": paper.details["tool"],
            "terms": terms,
            "self_hosted": False,
            "trains": True if True in learns else (False if learns else None),
            "secured": False if False in secured else (True if secured else None),
        }
    )


def step(world: World, one: Mapping[str, Any], made: str | None) -> Fact:
    """Return one step of a workflow with its terms: those it names, else those read for a tool of that name."""
    listed = world.library.of("evidence", "tool_terms")
    named = bare(one.get("terms"))
    found = [view for view in listed if view.id == named or (named is None and _same(view, one))]
    return {
        "id": str(one.get("name") or one["tool"]),
        "tool": one["tool"],
        "terms": [platform_papers.terms(world, view, made) for view in found],
    }


def _same(view: View, one: Mapping[str, Any]) -> bool:
    return str(view.details.get("tool")).casefold() == str(one["tool"]).casefold() or (
        bare(one.get("model")) is not None and bare(view.details.get("model")) == bare(one.get("model"))
    )
