"""A draft in the words of the records: bodies for the generation, its output and whatever it names, ready to be validated.

Pure: values in, JSON values out. Text from strangers is cleaned of what no record may hold (NUL, half surrogate pairs) and cut to the
length of its field; nothing is added that the draft does not say. No field about people is ever written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

from schemas import dates
from schemas.fields import BIGGEST
from service.ingest.draft import Contradiction, Digest, Draft, Input, Model, Prompt, Sampling, Scalar

_INLINE = 16 * 1024
LARGEST_PROMPT = 50_000
_EXTENSIONS: Mapping[str, str] = {
    "image": "png jpg jpeg webp tif tiff exr dpx avif heic gif bmp psd",
    "video": "mp4 mov webm mkv avi mxf m4v",
    "audio": "wav mp3 flac ogg m4a aiff aif",
    "model_3d": "fbx glb gltf usd usdz obj",
    "motion": "bvh",
    "text": "txt srt vtt",
}
_TYPES = {extension: kind for kind, extensions in _EXTENSIONS.items() for extension in extensions.split()}
_COLUMNS = {"src": "source", "dst": "dataset", "rep": "replica"}
"""Which field of an input names a record that is no asset, by the prefix of its id; ids within a batch are assets."""
_NUMBERED = re.compile(r"_?\d+")
_STRENGTHS = (
    "strength_model",
    "strength",
    "lora_strength",
    "lora_wt",
    "model_weight",
    "model_str",
    "lora_model_strength",
    "lora_weight",
    "weight",
)
_HEX = re.compile(r"[0-9a-f]+")
_LENGTHS = {"sha256": {64}, "blake3": {64}, "sha512": {128}, "sha1": {40}, "md5": {32}, "sha256_prefix": set(range(8, 17))}


def clean(value: str | None, most: int) -> str | None:
    """The text as a record may hold it, or None when nothing is left."""
    if value is None:
        return None
    text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:most]
    return text if text.strip() else None


def told(**values: Any) -> dict[str, Any]:
    """An object of those values that are there: absent stays absent."""
    return {name: value for name, value in values.items() if value is not None}


def settings(values: Mapping[str, Scalar]) -> dict[str, Any] | None:
    """Settings as a record keeps them: decimals and large integers as text, at most 200; None for none."""
    kept: dict[str, Any] = {}
    for name, value in list(values.items())[:200]:
        key = clean(name, 200)
        if key and value is not None:
            kept[key] = _setting(value)
    return kept or None


def _setting(value: Scalar) -> Any:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) <= BIGGEST):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if abs(value.adjusted()) < 20 else str(value)
    return clean(str(value), 2000) or ""


def digests(found: Iterable[Digest]) -> list[dict[str, str]] | None:
    """The digests that are well-formed; None for none, because an empty list would say that there is none."""
    kept = [
        {"algorithm": each.algorithm, "value": each.value.lower()}
        for each in found
        if len(each.value) in _LENGTHS.get(each.algorithm, ()) and _HEX.fullmatch(each.value.lower())
    ]
    return kept or None


def identifiers(found: Iterable[tuple[str, str]]) -> list[dict[str, str]] | None:
    """Outside ids as the schema has them."""
    kept = [told(scope=clean(scope, 100), value=clean(value, 500)) for scope, value in found]
    return [each for each in kept if len(each) == 2] or None


def kind_of_file(name: str, media_type: str | None) -> str:
    """The type of an asset by its media type or the end of its name; `other` when neither tells."""
    family = (media_type or "").partition("/")[0]
    if family in {"image", "video", "audio", "text"}:
        return family
    return _TYPES.get(name.rpartition(".")[2].lower(), "other")


def instant(value: str | None) -> str | None:
    """A time in the wire form, None for what is no time with a zone."""
    try:
        return dates.instant(value) if value else None
    except ValueError:
        return None


def model_record(found: Model, name: str, productions: list[str] | None) -> dict[str, Any]:
    """A new model known by this name; its training, licences and vendor are unknown until somebody says."""
    scope = "model.service" if found.type == "hosted" else "model.file"
    return told(
        name=clean(name, 300),
        file_name=clean(found.name, 500) if found.type != "hosted" else None,
        type=found.type,
        label=clean(found.version, 100),
        weights=digests(found.digests),
        hosting="vendor_hosted" if found.type == "hosted" else None,
        identifiers=identifiers([(scope, found.name)]),
        grade=found.grade,
        productions=productions,
    )


def input_record(found: Input, parents: list[dict[str, Any]], productions: list[str] | None) -> dict[str, Any]:
    """A new asset for something that went in; its parents are given, since only some of them may be new."""
    return told(
        type=kind_of_file(found.name, found.media_type),
        name=clean(found.name, 500),
        media_type=clean(found.media_type, 100),
        digests=digests(found.digests),
        identifiers=identifiers(found.identifiers),
        origin=found.origin,
        parents=parents or None,
        grade=found.grade,
        productions=productions,
    )


def used_model(found: Model, reference: str | None) -> dict[str, Any]:
    """One line of `models`: the record where one is known, and what the source says."""
    strength = _strength(found.settings)
    return told(
        model=reference,
        name=clean(found.name, 500),
        version=clean(found.version, 200),
        role=found.type,
        strength=str(_setting(strength)) if isinstance(strength, (int, Decimal)) and not isinstance(strength, bool) else None,
        settings=settings(found.settings),
        digests=digests(found.digests),
        where=clean(found.where, 500),
        grade=found.grade,
    )


def _strength(values: Mapping[str, Scalar]) -> Scalar:
    """How strongly a model was applied: tools call it many names, and number them where one node holds several."""
    plain = {_NUMBERED.sub("", name): value for name, value in values.items()}
    return next((plain[name] for name in _STRENGTHS if name in plain), None)


def used_input(found: Input, reference: str | None) -> dict[str, Any]:
    """One line of `inputs`."""
    return told(
        **({_COLUMNS.get(reference[:3], "asset"): reference} if reference else {}),
        role=found.role,
        name=clean(found.name, 1000),
        identifiers=identifiers(found.identifiers),
        media_type=clean(found.media_type, 100),
        digests=digests(found.digests),
        where=clean(found.where, 500),
        grade=found.grade,
    )


def prompt(found: Prompt, grade: str) -> dict[str, Any]:
    """One line of `prompts`; what is longer than the field stands in the raw blob, and is said to."""
    return told(text=clean(found.text, LARGEST_PROMPT), use=found.use, where=clean(found.where, 500), grade=grade)


def sampling(found: Iterable[Sampling]) -> list[dict[str, Any]]:
    """The samplers; where all their settings together are large, only places and seeds, since the rest is in the raw blob."""
    full = [
        told(where=clean(each.where, 500), seed=None if each.seed is None else str(each.seed)[:100], settings=settings(each.settings))
        for each in found
    ]
    if len(orjson.dumps(full)) <= _INLINE:
        return full
    return [{name: value for name, value in each.items() if name != "settings"} for each in full]


def contradiction(found: Contradiction) -> dict[str, Any]:
    """One line of `contradictions`."""
    sides = [side for each in found.between[:10] if (side := clean(each, 200))]
    return told(code=clean(found.code, 100), says=clean(found.says, 2000), between=sides or None)


def generation(draft: Draft, stated: Mapping[str, Any]) -> dict[str, Any]:
    """What the draft says about the run itself; `stated` are fields on a person's word, which the source does not overrule."""
    tool = told(name=clean(draft.tool, 200), version=clean(draft.tool_version, 200), tool_class=draft.tool_class if draft.tool else None)
    tool |= draft.fields.get("tool", {})
    provider = told(name=clean(draft.provider, 200), job_id=clean(draft.job_id, 300))
    own = {name: value for name, value in draft.fields.items() if name != "tool"} | told(
        tool={**tool, **stated.get("tool", {})} if tool or "tool" in stated else None,
        generated_at=instant(draft.at),
        provider=provider if "name" in provider else None,
        prompts=unique(prompt(each, draft.grade) for each in draft.prompts),
        sampling=sampling(draft.sampling) or None,
        adapter=clean(draft.adapter, 100),
        unread=[name for each in draft.unread[:1000] if (name := clean(each, 500))] or None,
        grade=draft.grade,
    )
    return {**own, **{name: value for name, value in stated.items() if name != "tool"}}


def unique(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Each different item once, in order; None for none."""
    kept: list[dict[str, Any]] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept or None
