"""Really Simple Licensing: an XML document, or a script element of a page, that says what is permitted, prohibited and at which price.

XML from strangers: a document type or an entity is not read at all, and depth and size are bounded. Of several licences for one content the
most generous counts, since one may choose; what a list of permitted uses leaves out is not permitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from service.ingest.reservations import crosswalk, paths
from service.ingest.reservations.observation import (
    MOST_BYTES,
    STRICTNESS,
    USES,
    Given,
    Observation,
    Use,
    address,
    host,
    stated,
    stricter,
    words,
)

NAME = "rsl"
_DEPTH: Final = 32
_ELEMENTS: Final = 20_000
_FREE: Final = "free"
_UNSAID: Final = "mine"
"""No word of the standard means mining alone: it is told only where all is, or nothing in particular."""


def detect(content: bytes) -> bool:
    """Tell whether this looks like such a document, or a feed that carries one."""
    head = content[:65_536]
    return b"rslstandard.org/rsl" in head or re.match(rb"\s*(<\?xml[^>]*>\s*)?<rsl[\s>]", head) is not None


def read(given: Given, carrier: str = "rsl_xml") -> list[Observation]:
    """What the document says of the work."""
    base = Observation(NAME, given.place, "unreadable", carrier=carrier, version=crosswalk.version(NAME))
    root = _tree(given.content)
    if root is None:
        return [base]
    contents = [element for element in root.iter() if _name(element) == "content" and element.get("url")]
    whole, parts = paths.chosen(
        ((pattern, element) for element in contents if (pattern := _pattern(str(element.get("url")), given)) is not None),
        paths.path_of(given.about),
    )
    if not whole and not parts:
        return [replace(base, answer="none_found")]
    uses: dict[str, Use] = {}
    for element in (*whole, *parts):
        for use, said in _content(element, given.place).items():
            uses[use] = stricter(uses.get(use), said)
    told = replace(base, found=words(_told([*whole, *parts])))
    return stated(told, uses) if uses else [told]


def _tree(content: bytes) -> ET.Element | None:
    """The document, None for what is no XML, too deep or too large, or wants anything expanded."""
    if len(content) > MOST_BYTES or b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        return None
    depth = seen = 0
    root: ET.Element | None = None
    try:
        for event, element in ET.iterparse(BytesIO(content), events=("start", "end")):  # noqa: S314  # no document type: nothing to expand
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            seen += event == "start"
            if depth > _DEPTH or seen > _ELEMENTS:
                return None
    except (ET.ParseError, ValueError, LookupError):
        return None
    return root


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _pattern(url: str, given: Given) -> str | None:
    """The path that a content is about; None where it is on another host than the work."""
    if "://" not in url:
        return url if url.startswith(("/", "*")) else f"/{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "*"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if host(url) == host(given.about) else None


@dataclass(frozen=True, slots=True)
class _Licence:
    """One licence: the uses it lists, and under which conditions."""

    permitted: frozenset[str] | None
    prohibited: frozenset[str]
    conditions: bool
    terms: str | None
    payment: str | None

    def says(self, use: str) -> Use | None:
        """What it says of one use, None for nothing."""
        if use == _UNSAID and (self.permitted or self.prohibited) and use not in (self.permitted or ()) and use not in self.prohibited:
            return None
        if use in self.prohibited or (self.permitted is not None and use not in self.permitted):
            return Use("reserved")
        return Use("constrained", self.terms, self.payment) if self.conditions else Use("allowed", self.terms)


def _content(content: ET.Element, place: str) -> dict[str, Use]:
    """Of several licences the most generous, use by use."""
    server = address(place, content.get("server"))
    obliged = bool(content.get("server")) or content.get("encrypted") == "true"
    licences = [_licence(element, place, server, obliged=obliged) for element in content if _name(element) == "license"]
    found: dict[str, Use] = {}
    for use in USES:
        said = [one for licence in licences if (one := licence.says(use))]
        if said:
            found[use] = max(said, key=lambda one: STRICTNESS.index(one.answer))
    return found


def _licence(element: ET.Element, place: str, server: str | None, *, obliged: bool) -> _Licence:
    permits, prohibits = _lists(element, "permits"), _lists(element, "prohibits")
    used = permits.get("usage")
    payments = [each for each in element if _name(each) == "payment"]
    price = words(_price(each) for each in payments)
    free = all((each.get("type") or _FREE).lower() == _FREE for each in payments)
    narrowed = any(set(listed) - {"usage"} for listed in (permits, prohibits))
    strange = any(not crosswalk.permissions(NAME, word) for word in prohibits.get("usage", ()))
    linked = [
        address(place, (each.text or "").strip()) for payment in payments for each in payment if _name(each) in {"standard", "custom"}
    ]
    return _Licence(
        permitted=None if used is None else _uses(used),
        prohibited=_uses(prohibits.get("usage", ())),
        conditions=obliged or not free or narrowed or strange,
        terms=next((each for each in linked if each), server),
        payment=price[:190] if price else None,
    )


def _lists(element: ET.Element, name: str) -> dict[str, list[str]]:
    """Kind (usage, user, geo) → the words of all such lists."""
    found: dict[str, list[str]] = {}
    for each in element:
        if _name(each) == name:
            found.setdefault((each.get("type") or "usage").lower(), []).extend(
                word for word in re.split(r"[\s,]+", each.text or "") if word
            )
    return found


def _uses(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(use for word in listed for use in crosswalk.permissions(NAME, word))


def _price(payment: ET.Element) -> str:
    amounts = [f"{(each.text or '').strip()[:40]} {each.get('currency') or ''}".strip() for each in payment if _name(each) == "amount"]
    return " ".join([(payment.get("type") or _FREE)[:40], *amounts[:3]])


def _told(contents: Iterable[ET.Element]) -> Iterator[str]:
    """The terms in few words: what is listed, and what it costs."""
    for content in contents:
        for licence in content:
            for each in licence if _name(licence) == "license" else ():
                kind = _name(each)
                if kind in {"permits", "prohibits"}:
                    yield f"{kind} {each.get('type') or 'usage'}: {(each.text or '').strip()[:120]}"
                elif kind == "payment":
                    yield f"payment: {_price(each)}"
