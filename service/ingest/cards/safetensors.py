"""The header of a safetensors file: what the trainer wrote of base model, folders and run. Anybody can edit it, so it is a word and no proof.

The `sshs` hash is of the tensors alone and no digest of the file, so it is kept as an outside id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from service import errors
from service.ingest import jsontext, provider
from service.ingest.bodies import told
from service.ingest.cards.card import Card, Given, Named, nameless, others, remark
from service.ingest.draft import Digest
from service.ingest.provider import text

NAME = "safetensors"
_LARGEST: Final = 16 << 20
_HEX: Final = re.compile(r"(?:0x)?([0-9a-f]{64})", re.IGNORECASE)
_KNOWN: Final = {
    "ss_output_name", "modelspec.title", "ss_sd_model_name", "ss_new_sd_model_hash", "ss_base_model_version", "ss_dataset_dirs", "ss_network_module",
    "ss_training_started_at", "ss_training_finished_at", "ss_session_id", "sshs_model_hash", "modelspec.license", "modelspec.merged_from",
    "modelspec.architecture", "format",
}  # fmt: skip


def detect(given: Given) -> bool:
    """Tell whether the bytes begin with a length and a JSON object, as such files do."""
    return len(given.content) > 9 and given.content[8:9] == b"{" and 2 <= int.from_bytes(given.content[:8], "little") <= _LARGEST * 8


def read(given: Given) -> Card:
    """Return what the metadata of the header say; the tensors are not looked at."""
    length = int.from_bytes(given.content[:8], "little")
    if length > _LARGEST:
        raise errors.TooLarge(f"The header is longer than {_LARGEST} bytes.", code="metadata_too_large")
    if length > len(given.content) - 8:
        raise errors.invalid(
            "/content", f"The header has {length} bytes, of which {len(given.content) - 8} are here; send all of it.", "truncated"
        )
    header = jsontext.parse(given.content[8 : 8 + length], "/content", _LARGEST)
    found = header.get("__metadata__") if isinstance(header, Mapping) else None
    meta = found if isinstance(found, Mapping) else {}
    about = text(meta, "modelspec.title", "ss_output_name") or given.name
    if not about:
        raise nameless("The header does not name the model; give the file's name.")
    own = text(meta, "sshs_model_hash")
    missing = () if meta else remark("metadata_stripped", "The header says nothing of how the model was made; ask whoever trained it.")
    return Card(
        NAME,
        "model",
        Named(about[:300], "model.sshs" if own else "model.file", (own or given.name or about)[:500]),
        _body(meta, given.name),
        bases=tuple(_bases(meta)),
        datasets=tuple(_datasets(meta, about)),
        contradictions=missing,
        unread=others(meta, _KNOWN),
    )


def _body(meta: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    is_lora = "lora" in (text(meta, "ss_network_module") or text(meta, "modelspec.architecture") or "").lower()
    training = told(
        run=(text(meta, "ss_session_id") or "")[:300] or None,
        started_at=_time(meta, "ss_training_started_at"),
        finished_at=_time(meta, "ss_training_finished_at"),
    )
    licence = text(meta, "modelspec.license")
    return told(
        file_name=name[:500] if name else None,
        type="lora" if is_lora else "merge" if text(meta, "modelspec.merged_from") else None,
        training=training or None,
        terms={"contract": licence[:200]} if licence else None,
    )


def _time(meta: Mapping[str, Any], key: str) -> str | None:
    return provider.unix((text(meta, key) or "").partition(".")[0])


def _bases(meta: Mapping[str, Any]) -> Iterator[Named]:
    base = text(meta, "ss_sd_model_name")
    hashed = _HEX.fullmatch(text(meta, "ss_new_sd_model_hash") or "")
    if base and base != "None":
        name = base.replace("\\", "/").rpartition("/")[2][:300]
        yield Named(name, "model.file", name, (Digest("sha256", hashed[1].lower()),) if hashed else ())
    for part in (text(meta, "modelspec.merged_from") or "").split(",")[:100]:
        if part.strip():
            yield Named(part.strip()[:300], "model.file", part.strip()[:300])


def _datasets(meta: Mapping[str, Any], about: str) -> Iterator[Named]:
    """The folders that were learnt from; a folder's name is only a name within this run."""
    try:
        found = jsontext.parse(text(meta, "ss_dataset_dirs") or "{}", "/content", 1 << 20)
    except errors.Problem:
        return
    run = text(meta, "ss_session_id") or text(meta, "sshs_model_hash") or about
    for name in list(found if isinstance(found, Mapping) else {})[:100]:
        yield Named(name[:300] or "folder", "training.folder", f"{run[:200]}/{name[:250]}")
