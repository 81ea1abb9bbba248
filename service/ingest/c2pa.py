"""Incoming C2PA manifests: what a file's credentials claim about how it was made, graded by what the judge found.

Reads the judge's report (state, lineage codes and the reader's manifest store); never the file. A claim is as good as its
signature: Trusted with a clean lineage is `signed`, a valid signature of an unknown signer `imported` (anybody can make one), and
a broken one `asserted` and a contradiction. Every ingredient of the active manifest becomes an input, with its own ingredients below
it. Manifest strings are untrusted and come cut to length.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.ingest.draft import Contradiction, Draft, Grade, Input, Limits, Model, Role, Source
from service.ingest.provider import at, listed, text

NAME = "c2pa"
_SOURCE_TYPES = ("http://cv.iptc.org/newscodes/digitalsourcetype/", "http://c2pa.org/digitalsourcetype/")
ORIGINS: Mapping[str, str] = {
    "digitalCapture": "camera",
    "computationalCapture": "camera",
    "negativeFilm": "camera",
    "positiveFilm": "camera",
    "digitalCreation": "hand_made",
    "humanEdits": "hand_made",
    "digitalArt": "hand_made",
    "trainedAlgorithmicMedia": "generated",
    "compositeWithTrainedAlgorithmicMedia": "mixed",
    "compositeSynthetic": "mixed",
}
_ROLES: Mapping[str, Role] = {"parentOf": "parent", "componentOf": "component", "inputTo": "input"}
_TRAINED = "rainedAlgorithmicMedia"
"""Of the source types, those that a trained model stands behind; an algorithm alone, or an edit, is no generation."""
_MANIFESTS = 200
"""How many manifests of one store are opened; as deep as they hang, which the count bounds too."""


def detect(source: Source) -> bool:
    """Tell whether the judge found a manifest in the file."""
    return bool(_manifests(source.credentials or {}))


def read(source: Source, limits: Limits) -> Draft:
    """Return what the active manifest of the report in `source` claims."""
    report = source.credentials or {}
    manifests = _manifests(report)
    active = manifests.get(str(_store(report).get("active_manifest")), {})
    grade = _grade(report)
    generator, version = _generator(active)
    kind = _source_type(active)
    agent = _agent(active)
    found = list(_ingredients(_Walk(manifests, limits, {str(_store(report).get("active_manifest"))}), active, grade))
    return Draft(
        adapter=NAME,
        tool=generator,
        tool_version=version,
        job_id=_cut(text(active, "label"), limits),
        at=text(at(active, "signature_info"), "time"),
        origin=ORIGINS.get(kind or ""),
        digital_source_type=kind,
        models=tuple(_models(active, agent, grade, limits)),
        inputs=tuple(found[: limits.found]),
        contradictions=tuple(_remarks(report, manifests, kind)),
        grade=grade,
        tool_class="generative" if _TRAINED in (kind or "") else None,
    )


def _store(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reader's JSON: the report itself, or what it holds under `store`."""
    inner = report.get("store")
    return inner if isinstance(inner, Mapping) else report


def _manifests(report: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _store(report).get("manifests")
    return found if isinstance(found, Mapping) else {}


def _grade(report: Mapping[str, Any]) -> Grade:
    state, tampered = report.get("state"), report.get("tampered") is not False
    if state == "Trusted" and not tampered:
        return "signed"
    return "imported" if state in {"Trusted", "Valid"} and not tampered else "asserted"


def _cut(value: str | None, limits: Limits) -> str | None:
    return value[: limits.name] if value else None


def _generator(manifest: Mapping[str, Any]) -> tuple[str | None, str | None]:
    info = at(manifest, "claim_generator_info", 0)
    name, version = text(info, "name"), text(info, "version")
    if name is None:
        name = text(manifest, "claim_generator")
    return (name or "")[:200] or None, (version or "")[:100] or None


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in listed(manifest.get("assertions")):
        if (text(assertion, "label") or "").startswith("c2pa.actions"):
            yield from (a for a in listed(at(assertion, "data", "actions")) if isinstance(a, Mapping))


def _source_type(manifest: Mapping[str, Any]) -> str | None:
    """The last word of the digital source type of the action that made the content, if one is stated."""
    for action in _actions(manifest):
        kind = text(action, "digitalSourceType")
        for prefix in _SOURCE_TYPES:
            if kind and kind.startswith(prefix):
                return kind.removeprefix(prefix)[:100]
    return None


def _agent(manifest: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The software that the creating action names: (name, version)."""
    for action in _actions(manifest):
        agent = action.get("softwareAgent")
        name = agent if isinstance(agent, str) else text(agent, "name")
        if name:
            return name[:200], (text(agent, "version") or "")[:100] or None
    return None


def _models(manifest: Mapping[str, Any], agent: tuple[str, str | None] | None, grade: Grade, limits: Limits) -> Iterator[Model]:
    """The model that the AI disclosure names, those that came as ingredients, else the agent of an AI creation."""
    named = False
    for assertion in listed(manifest.get("assertions")):
        if (text(assertion, "label") or "").startswith("c2pa.ai-disclosure"):
            name = text(at(assertion, "data"), "modelName", "modelIdentifier")
            if name:
                named = True
                yield Model(name[: limits.name], "hosted", "c2pa.ai-disclosure", grade=grade)
    for ingredient in listed(manifest.get("ingredients")):
        if _is_model(ingredient) and text(ingredient, "title"):
            named = True
            yield Model(str(text(ingredient, "title"))[: limits.name], "other", "ingredient", grade=grade)
    if not named and agent and _TRAINED in (_source_type(manifest) or ""):
        yield Model(agent[0], "hosted", "c2pa.actions.softwareAgent", version=agent[1], grade=grade)


def _types(ingredient: Any) -> set[str]:
    return {str(text(entry, "type")) for entry in listed(at(ingredient, "data_types"))}


def _is_model(ingredient: Any) -> bool:
    return any(kind.startswith("c2pa.types.model") for kind in _types(ingredient))


@dataclass(frozen=True, slots=True)
class _Walk:
    """The manifests of one store, and those already opened: each is opened once, so that a store cannot grow on the way."""

    manifests: Mapping[str, Any]
    limits: Limits
    opened: set[str]

    def open(self, label: str | None) -> Mapping[str, Any]:
        found = self.manifests.get(label or "")
        if label is None or label in self.opened or not isinstance(found, Mapping) or len(self.opened) >= _MANIFESTS:
            return {}
        self.opened.add(label)
        return found


def _ingredients(walk: _Walk, manifest: Mapping[str, Any], grade: Grade) -> Iterator[Input]:
    """Every ingredient but models and prompts, each with its own below it."""
    for number, ingredient in enumerate(listed(manifest.get("ingredients"))[: walk.limits.found]):
        if not isinstance(ingredient, Mapping) or _is_model(ingredient) or "c2pa.types.generator.prompt" in _types(ingredient):
            continue
        label = text(ingredient, "active_manifest")
        below = walk.open(label)
        own = grade if not _broken(ingredient) else "asserted"
        yield Input(
            name=(text(ingredient, "title") or f"ingredient {number}")[: walk.limits.name],
            role=_ROLES.get(str(ingredient.get("relationship")), "unspecified"),
            where=f"ingredients.{number}",
            identifiers=tuple(_identifiers(ingredient, label, walk.limits)),
            media_type=_cut(text(ingredient, "format"), walk.limits),
            origin=ORIGINS.get(_source_type(below) or ""),
            parents=tuple(_ingredients(walk, below, own)),
            grade=own,
        )


def _identifiers(ingredient: Mapping[str, Any], label: str | None, limits: Limits) -> Iterator[tuple[str, str]]:
    """The manifest's own label is the better name; an instance id is what files without a manifest have."""
    if label:
        yield "c2pa.manifest", label[: limits.name]
    elif text(ingredient, "instance_id"):
        yield "c2pa.instance", str(text(ingredient, "instance_id"))[: limits.name]


def _broken(ingredient: Mapping[str, Any]) -> bool:
    failures = listed(at(ingredient, "validation_results", "activeManifest", "failure")) + listed(ingredient.get("validation_status"))
    return any((text(entry, "code") or "") != "signingCredential.untrusted" for entry in failures if isinstance(entry, Mapping))


def _remarks(report: Mapping[str, Any], manifests: Mapping[str, Any], kind: str | None) -> Iterator[Contradiction]:
    codes = [str(code) for code in listed(report.get("lineage")) if code != "signingCredential.untrusted"]
    if report.get("tampered") or codes:
        found = ", ".join(codes[:10]) or "no code given"
        yield Contradiction("credentials_broken", f"The credentials do not hold ({found}); what they claim is taken as hearsay.")
    if str(_store(report).get("active_manifest")) not in manifests:
        yield Contradiction("no_active_manifest", "The credentials name an active manifest that is not among them.")
    if kind is None:
        yield Contradiction("no_source_type", "The credentials do not say how the content was made (no digital source type).")
