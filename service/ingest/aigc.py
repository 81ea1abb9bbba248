"""China's `AIGC` tag (GB 45438-2025): the implicit label that services put into the metadata of what they generate or pass on.

`Label` 1 says generated, 2 possibly and 3 suspected: only the first settles anything. The producer's own number names the job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service import errors
from service.ingest import jsontext, xmp
from service.ingest.draft import Contradiction, Draft, Limits, Raw, Source
from service.ingest.provider import at

NAME = "aigc"
_NAMESPACE: Final = ("http://www.tc260.org.cn/ns/AIGC/1.0/", "AIGC")
_SAYS: Final[Mapping[str, str | None]] = {"1": "generated", "2": None, "3": None}
_DOUBT: Final = {"2": "possibly generated", "3": "suspected to be generated"}


def detect(source: Source) -> bool:
    """Tell whether there is a tag of its own, in the XMP packet or in the user's comment."""
    return _tag(source) is not None


def read(source: Source, limits: Limits) -> Draft:
    """Return what the tag says; a tag that is broken is kept and said to be."""
    tag = _tag(source) or ""
    fields = _fields(tag, limits)
    label = _word(fields, "Label")
    producer, job = _word(fields, "ContentProducer"), _word(fields, "ProduceID")
    return Draft(
        adapter=NAME,
        provider=producer[:90] if producer else None,
        job_id=job[:300] if job else None,
        origin=_SAYS.get(label or ""),
        raw=(Raw("AIGC", "application/json", tag.encode("utf-8", "replace")),),
        contradictions=tuple(_remarks(fields, label)),
        unread=tuple(
            f"AIGC.{name[:100]}" for name in fields if name not in {"Label", "ContentProducer", "ProduceID"} and _word(fields, name)
        )[:100],
        tool_class=None,
    )


def _tag(source: Source) -> str | None:
    for key in ("AIGC", "aigc", "com.apple.quicktime.AIGC"):
        if source.texts.get(key):
            return source.texts[key]
    comment = source.texts.get("parameters", "").lstrip()
    if comment.startswith("{") and '"AIGC"' in comment[:100]:
        return comment
    packet = xmp.packet(source) or ""
    found = xmp.properties(packet) if _NAMESPACE[0] in packet else None
    return " ".join((found or {}).get(_NAMESPACE, ())) or (packet if _NAMESPACE[0] in packet and found is None else None)


def _fields(tag: str, limits: Limits) -> Mapping[str, Any]:
    try:
        value = jsontext.parse(tag.strip("\0 \r\n\t"), "/AIGC", limits.text // 16)
    except errors.Problem:
        return {}
    inner = at(value, "AIGC")
    found = inner if isinstance(inner, Mapping) else value
    return found if isinstance(found, Mapping) else {}


def _word(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return str(value).strip() or None if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _remarks(fields: Mapping[str, Any], label: str | None) -> Iterator[Contradiction]:
    if not fields:
        yield Contradiction("label_unreadable", "The file bears an AIGC tag that cannot be read; ask whoever delivered it.")
    elif label in _DOUBT:
        yield Contradiction("label_in_doubt", f"The AIGC tag says {_DOUBT[label]}; a person has to say how it was made.")
    elif label not in _SAYS:
        yield Contradiction("label_unknown", "The AIGC tag has no label of the standard (1, 2 or 3); how it was made is not said.")
