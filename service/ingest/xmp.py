"""XMP packets as plain properties: (namespace, name) → texts, whether written as attributes, elements, bags or alternatives.

A packet is XML from strangers: one with a document type is not read at all, since that is how a small text grows large.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from service.ingest.draft import Source

_KEYS: Final = ("xmp", "XML:com.adobe.xmp", "XMP_")
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MOST: Final = 10_000
_PROVENANCE: Final = ("http://purl.org/dc/terms/", "provenance")

Properties = Mapping[tuple[str, str], tuple[str, ...]]


def packet(source: Source) -> str | None:
    """The packet of the file, as its container holds it."""
    return next((source.texts[key] for key in _KEYS if source.texts.get(key)), None)


def properties(text: str) -> Properties | None:
    """All properties of the packet, nested ones by their own name; None where it cannot be read."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text.strip("\0 \r\n\t\ufeff"))  # noqa: S314  # no document type: nothing to expand
    except (ET.ParseError, ValueError, RecursionError):
        return None
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for number, element in enumerate(root.iter()):
        if number > _MOST:
            return None
        for name, value in element.attrib.items():
            _keep(found, name, (value,))
        _keep(found, element.tag, _values(element))
    return found


def elsewhere(source: Source) -> str | None:
    """Where the file says that its credentials are kept, if not in itself."""
    text = packet(source) or ""
    found = properties(text) if _PROVENANCE[1] in text else None
    places = (found or {}).get(_PROVENANCE, ())
    return next((place for place in places if place.startswith(("https://", "http://"))), None)


def _keep(found: dict[tuple[str, str], tuple[str, ...]], tag: object, values: tuple[str, ...]) -> None:
    kept = tuple(value.strip() for value in values if value.strip())
    if isinstance(tag, str) and tag.startswith("{") and not tag.startswith(_RDF) and kept:
        namespace, _, name = tag[1:].partition("}")
        found.setdefault((namespace, name), kept)


def _values(element: ET.Element) -> tuple[str, ...]:
    """Its text, what it points to, or the texts of its list."""
    resource = element.get(f"{_RDF}resource")
    items = [item.text or "" for item in element.iterfind(f"./*/{_RDF}li")]
    return (resource,) if resource else tuple(items) or (element.text or "",)
