"""DVC: the stage of a lock file that wrote a model or a dataset, with what it depended on. MD5 suggests a candidate and proves nothing.

What a dependency is, DVC does not say: a folder is taken for data, a file of weights for a model, anything else stays in the lock file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service.ingest.bodies import told
from service.ingest.cards.card import MOST, Card, Given, Kind, Named, nameless, remark
from service.ingest.cards.huggingface import parse_yaml
from service.ingest.draft import Digest
from service.ingest.provider import at, listed, text

NAME = "dvc"
_WEIGHTS: Final = (".safetensors", ".ckpt", ".pt", ".pth", ".onnx", ".gguf", ".h5", ".pkl", ".bin", ".keras")


def detect(given: Given) -> bool:
    """Tell whether this is a lock file: a schema and stages, in YAML."""
    head = given.content[:65_536]
    return b"stages:" in head and (b"schema:" in head or b"md5:" in head)


def read(given: Given) -> Card:
    """Return the stage that wrote `name`, or the only one that wrote a model."""
    stages = at(parse_yaml(given.content.decode("utf-8", "replace")), "stages")
    every = [
        (name, stage, out) for name, stage in (stages.items() if isinstance(stages, Mapping) else ()) for out in listed(at(stage, "outs"))
    ]
    wanted = [each for each in every if given.name in {None, each[0], text(each[2], "path")} and _kind(each[2])]
    made = [each for each in wanted if _kind(each[2]) == "model"] or wanted
    if len(made) != 1:
        paths = ", ".join(str(text(out, "path"))[:100] for _, _, out in (made or every)[:10]) or "none"
        raise nameless(f"Name the output that is meant; models and folders that the lock file writes: {paths}.")
    stage_name, stage, out = made[0]
    path = text(out, "path") or str(stage_name)
    kind: Kind = _kind(out) or "model"
    deps = [dep for dep in listed(at(stage, "deps"))[:MOST] if text(dep, "path")]
    return Card(
        NAME,
        kind,
        Named(path[:300], "dvc", f"{path[:300]}@{_md5(out) or '-'}"),
        told(file_name=path[:500], weights=[{"algorithm": "md5", "value": md5} for md5 in [_md5(out)] if md5] or None)
        if kind == "model"
        else {},
        bases=tuple(_named(dep) for dep in deps if _kind(dep) == "model"),
        datasets=tuple(_named(dep) for dep in deps if _kind(dep) == "dataset"),
        contradictions=() if deps else remark("nothing_read", "The stage depends on nothing that DVC knows; ask what it learnt from."),
        unread=tuple(str(text(dep, "path"))[:200] for dep in deps if _kind(dep) is None),
    )


def _kind(out: Any) -> Kind | None:
    """What a path is, as far as its hash and its ending tell."""
    hashed = text(out, "md5", "checksum") or ""
    if hashed.endswith(".dir") or at(out, "nfiles") is not None:
        return "dataset"
    return "model" if (text(out, "path") or "").lower().endswith(_WEIGHTS) else None


def _md5(out: Any) -> str | None:
    """The digest of a file; that of a folder is of its listing, and no digest of content."""
    value = (text(out, "md5") or "").lower()
    return value if len(value) == 32 else value.removesuffix(".dir") if value.endswith(".dir") else None


def _named(dep: Any) -> Named:
    path, md5 = str(text(dep, "path")), _md5(dep)
    digests = (Digest("md5", md5),) if md5 and _kind(dep) == "model" else ()
    return Named(path[:300], "dvc", f"{path[:300]}@{md5 or '-'}", digests)
