"""Where a ComfyUI graph lies: in the file's own texts, in one comment that holds both shapes, or in what its server was asked and answered."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import errors
from service.ingest import jsontext, provider
from service.ingest.draft import Limits, Raw, Source
from service.ingest.provider import at, listed, text

NAME = "comfyui"
_SHAPES = ("prompt", "workflow")
_COMMENTS = ("comment", "cmt", "Comment", "description", "parameters")
_NODE = re.compile(r'"class_type"\s*:')


@dataclass(frozen=True, slots=True)
class Found:
    """The two shapes as text, where they are there, and what the server says of the job."""

    prompt: str | None = None
    workflow: str | None = None
    job_id: str | None = None
    at: str | None = None
    raw: tuple[Raw, ...] = ()


def present(source: Source) -> bool:
    """Tell whether a graph is there: under its own keys, in a comment, or in an exchange with the server."""
    if any(source.texts.get(key, "").lstrip().startswith("{") for key in _SHAPES) or _commented(source):
        return True
    if source.provider is not None:
        return source.provider == NAME
    return any(_NODE.search(side[:65_536].decode("utf-8", "replace")) for side in (source.request, source.response) if side)


def find(source: Source, limits: Limits) -> Found:
    """The graph of `source`, the file's own texts before all else; raises where there is none that can be read."""
    shapes = {key: source.texts[key] for key in _SHAPES if source.texts.get(key, "").lstrip().startswith("{")}
    if shapes:
        raw = tuple(Raw(key, "application/json", source.texts[key].encode()) for key in _SHAPES if key in source.texts)
        return Found(**shapes, raw=raw)
    comment = _commented(source)
    if comment:
        told = jsontext.parse(comment, "/comment", limits.text)
        kept = (Raw("comment", "application/json", comment.encode()),)
        return Found(_text(at(told, "prompt")) or _bare(told), _text(at(told, "workflow")), raw=kept)
    return _served(source, limits)


def _commented(source: Source) -> str | None:
    """A comment that is an object with one of the shapes; video nodes write their metadata so."""
    for key in _COMMENTS:
        words = source.texts.get(key, "").lstrip()
        if (
            words.startswith("{")
            and re.search(r'"(prompt|workflow)"\s*:\s*["{]|"class_type"\s*:', words[:65_536])
            and _NODE_LIKE.search(words)
        ):
            return words
    return None


_NODE_LIKE = re.compile(r'class_type\\?"|\\?"nodes\\?"\s*:')


def _served(source: Source, limits: Limits) -> Found:
    """What was queued (`prompt`, `extra_data`), what the queue answered (`prompt_id`), or the history of the job."""
    both = provider.exchange(source, limits)
    job, entry = _history(both.response)
    queued = entry if entry is not None else both.request
    prompt = _bare(at(queued, "prompt", 2)) or _bare(at(queued, "prompt")) or _bare(both.request) or _bare(both.response)
    extra = at(queued, "prompt", 3) or at(queued, "extra_data")
    workflow = at(extra, "extra_pnginfo", "workflow") or next(
        (side for side in (both.request, both.response) if listed(at(side, "nodes"))), None
    )
    if prompt is None and not listed(at(workflow, "nodes")):
        remedy = "Neither request nor response holds a graph of nodes; send what was queued, or the history of the job."
        raise errors.invalid("/request", remedy, "not_a_graph")
    return Found(prompt, _text(workflow), job or text(both.response, "prompt_id"), _started(entry), provider.raw(source))


def _history(response: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any] | None]:
    """The one job of a history answer; several would be several imports."""
    jobs = [(key, value) for key, value in response.items() if isinstance(value, Mapping) and isinstance(value.get("prompt"), list)]
    if len(jobs) > 1:
        raise errors.invalid("/response", "The history holds several jobs; send one of them at a time.", "several_jobs")
    return jobs[0] if jobs else (None, None)


def _started(entry: Mapping[str, Any] | None) -> str | None:
    return provider.unix(at(entry, "status", "messages", 0, 1, "timestamp"))


def _bare(value: Any) -> str | None:
    """A graph in the shape that runs, as text."""
    if isinstance(value, Mapping) and any(isinstance(at(node, "class_type"), str) for node in value.values()):
        return _dumped(value)
    return None


def _text(value: Any) -> str | None:
    """A shape that is text already, or an object."""
    if isinstance(value, str):
        return value if value.lstrip().startswith("{") else None
    return _dumped(value) if isinstance(value, Mapping) and value else None


def _dumped(value: Any) -> str:
    return json.dumps(value, default=float)
