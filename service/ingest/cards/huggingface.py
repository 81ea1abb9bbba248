"""Hugging Face: the front matter of a repository's README, of a model or of a dataset.

The card does not name its own repository, so the caller does. A licence is the publisher's word; `other` says that it stands elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from service import errors
from service.ingest.bodies import told
from service.ingest.cards.card import Card, Given, Named, nameless, others, remark, texts
from service.ingest.draft import Contradiction

NAME = "huggingface"
_LARGEST = 64 * 1024
_DEEPEST = 30
_TYPES: Final = {"finetune": "fine_tune", "adapter": "adapter", "merge": "merge", "quantized": "quantised"}
_DATASET: Final = {"source_datasets", "annotations_creators", "size_categories", "task_categories", "dataset_info", "configs"}
_KNOWN: Final = {
    "license",
    "license_name",
    "license_link",
    "base_model",
    "base_model_relation",
    "datasets",
    "source_datasets",
    "model_name",
    "pretty_name",
}


def detect(given: Given) -> bool:
    """Tell whether the text begins with front matter that has a field of such a card."""
    head = given.content[:65_536].lstrip(b"\xef\xbb\xbf")
    words = (b"license:", b"base_model:", b"datasets:", b"source_datasets:", b"library_name:", b"pipeline_tag:", b"pretty_name:")
    return head.startswith(b"---") and any(b"\n" + word in head for word in words)


def read(given: Given) -> Card:
    """Return what the front matter says."""
    front = _front(given.content)
    about = given.name or next(iter(texts(front.get("model_name")) + texts(front.get("pretty_name"))), None)
    if not about:
        raise nameless("A card does not say whose it is; give the repository, such as owner/name.")
    is_dataset = bool(front.keys() & _DATASET) and "base_model" not in front
    licence, terms = _licence(front)
    scope = "huggingface.dataset" if is_dataset else "huggingface.model"
    named = Named(about, scope, about)
    data = tuple(Named(name, "huggingface.dataset", name) for name in texts(front.get("source_datasets" if is_dataset else "datasets")))
    if is_dataset:
        body = told(notes=f"The card names the licence {licence}." if licence else None)
        data = tuple(each for each in data if each.name not in {"original", "extended"})
        return Card(NAME, "dataset", named, body, datasets=data, contradictions=_remarks(front, licence), unread=others(front, _KNOWN))
    relation = next(iter(texts(front.get("base_model_relation"))), "")
    tags = {tag.lower() for tag in texts(front.get("tags"))}
    kind = "lora" if "lora" in tags else _TYPES.get(relation)
    bases = tuple(Named(name, "huggingface.model", name) for name in texts(front.get("base_model")))
    return Card(NAME, "model", named, told(type=kind, terms=terms), bases, data, _remarks(front, licence), others(front, _KNOWN))


def _front(content: bytes) -> Mapping[str, Any]:
    text = content[: _LARGEST * 4].decode("utf-8", "replace").lstrip("\ufeff")
    front = text.removeprefix("---").partition("\n---")[0]
    return parse_yaml(front)


def parse_yaml(text: str) -> Mapping[str, Any]:
    """A mapping in plain YAML; no tags of other languages, no anchors, which make much of little."""
    if len(text) > _LARGEST:
        raise errors.TooLarge(f"The YAML is longer than {_LARGEST} characters.", code="metadata_too_large")
    try:
        value = YAML(typ="safe", pure=True).load(io.StringIO(_plain(text)))
    except (YAMLError, ValueError, RecursionError):
        raise errors.invalid("/content", "This is not YAML that can be read; send the file as the tool wrote it.", "not_yaml") from None
    return {str(key): entry for key, entry in value.items()} if isinstance(value, Mapping) else {}


def _plain(text: str) -> str:
    """The text, unless it holds an alias or nests deeper than any card: a few of either take minutes to read."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent) or depth > _DEEPEST:
            raise ValueError("not the YAML of a card")
    return text


def _licence(front: Mapping[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    """The licence as the card names it, and the terms in the words of a model."""
    stated = texts(front.get("license"))
    named = texts(front.get("license_name")) or [word for word in stated if word not in {"other", "unknown"}]
    link = next((word for word in texts(front.get("license_link")) if word.startswith("https://")), None)
    licence = ", ".join(named)[:200] or None
    return licence, told(contract=licence, url=link) or None


def _remarks(front: Mapping[str, Any], licence: str | None) -> tuple[Contradiction, ...]:
    if licence is None:
        return remark("licence_unknown", "The card names no licence; nothing says on what terms this may be used.")
    if front.get("base_model_relation") and not texts(front.get("base_model")):
        return remark("base_unknown", "The card says how it was made from a base model, and not from which.")
    return ()
