"""IPTC fields in XMP: the digital source type, and since 2025.1 which AI system made a picture, with what prompt.

The writer of a prompt is not the creator of the picture and not always who ran the tool, so that name stays in the raw source and is no operator.
A file that says it comes from a camera is no generation: its statement is only read where something else shows one.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.ingest import c2pa, xmp
from service.ingest.draft import Contradiction, Draft, Limits, Model, Prompt, Raw, Source

NAME = "iptc"
_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_AI = ("AISystemUsed", "AIPromptInformation", "AISystemVersionUsed", "AIPromptWriterName")
_MADE_BY_AI = ("lgorithmicMedia", "compositeSynthetic", "dataDrivenMedia", "virtualRecording")
_TOOLS = {"parameters", "prompt", "workflow", "invokeai_metadata", "AIGC"}


def detect(source: Source) -> bool:
    """Tell whether the packet names an AI system or a source type made by AI, or any source type where a tool's own metadata stand beside it."""
    packet = xmp.packet(source) or ""
    if any(word in packet for word in _AI):
        return True
    return "DigitalSourceType" in packet and (any(word in packet for word in _MADE_BY_AI) or bool(source.texts.keys() & _TOOLS))


def read(source: Source, limits: Limits) -> Draft:
    """Return what the fields say."""
    packet = xmp.packet(source) or ""
    raw = (Raw("xmp", "application/rdf+xml", packet.encode("utf-8", "replace")),)
    found = xmp.properties(packet)
    if found is None:
        says = "The XMP packet speaks of AI, but cannot be read; ask who wrote it."
        return Draft(adapter=NAME, raw=raw, contradictions=(Contradiction("xmp_unreadable", says),), tool_class=None)
    kind = _kind(found)
    system = _word(found, "AISystemUsed", limits)
    prompt = _word(found, "AIPromptInformation", limits, most=limits.text)
    return Draft(
        adapter=NAME,
        tool=system,
        tool_version=_word(found, "AISystemVersionUsed", limits),
        at=next(iter(found.get((_XMP, "CreateDate"), ())), None),
        origin=c2pa.ORIGINS.get(kind or ""),
        digital_source_type=kind,
        models=(Model(system, "hosted", "Iptc4xmpExt:AISystemUsed", version=_word(found, "AISystemVersionUsed", limits)),)
        if system
        else (),
        prompts=(Prompt(prompt, "unspecified", "Iptc4xmpExt:AIPromptInformation"),) if prompt else (),
        raw=raw,
        unread=("Iptc4xmpExt:AIPromptWriterName",) if _word(found, "AIPromptWriterName", limits) else (),
        contradictions=tuple(_remarks(found, kind, system)),
    )


def _word(found: xmp.Properties, name: str, limits: Limits, *, most: int | None = None) -> str | None:
    values = found.get((_EXT, name), ())
    return "; ".join(values)[: most or limits.name] or None


def _kind(found: xmp.Properties) -> str | None:
    """The term of the digital source type, whichever list its address is from; old spellings have a small first letter."""
    values = found.get((_EXT, "DigitalSourceType")) or found.get((_EXT, "digitalSourceType")) or ()
    term = values[0].rstrip("/").rpartition("/")[2] if values else ""
    return term[:100] or None


def _remarks(found: xmp.Properties, kind: str | None, system: str | None) -> Iterator[Contradiction]:
    if system and c2pa.ORIGINS.get(kind or "") in {"camera", "hand_made"}:
        says = f"The XMP fields name the AI system {system[:100]}, and say {kind} as well."
        yield Contradiction("origin_differs", says, (f"AISystemUsed: {system[:100]}", f"DigitalSourceType: {kind}"))
    mining = " ".join(found.get((_PLUS, "DataMining"), ()))
    if "PROHIBITED" in mining.upper():
        yield Contradiction("mining_prohibited", "The file forbids data mining; it may not be learnt from without its owner's leave.")
