"""A page: `tdm-reservation` and `robots` in meta elements, a licence in a link, RSL in a script element; and the same from its headers.

The page is looked over for three elements, not parsed: comments are left out, and only its first half megabyte is read, since a
reservation belongs into the head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final

from service.ingest.reservations import aipref, crosswalk, rsl, signals, tdmrep
from service.ingest.reservations.observation import Given, Observation, Use, stated, words

_MOST: Final = 512 << 10
_TAG: Final = re.compile(r"<(meta|link|script)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-zA-Z:-]{1,40})\s{0,10}=\s{0,10}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_KEPT_OUT: Final = {"noai": ("train_other", "train_generative", "infer_input"), "noimageai": ("train_other", "train_generative"), "noindex": ("search",), "none": ("search",)}  # fmt: skip


def detect(content: bytes) -> bool:
    """Tell whether this begins as a page does."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<!--"))


def read(given: Given) -> list[Observation]:
    """What stands in the page: each standard that may stand there was looked for."""
    text = _without_comments(given.content[:_MOST].decode("utf-8", "replace"))
    meta: dict[str, list[str]] = {}
    links: list[str] = []
    scripts: list[bytes] = []
    for name, attributes, end in _tags(text):
        if name == "meta" and "content" in attributes:
            meta.setdefault(attributes.get("name", attributes.get("http-equiv", "")).lower(), []).append(attributes["content"])
        elif name == "link" and _licence(attributes.get("rel", ""), attributes.get("type", "")):
            links.append(attributes.get("href", ""))
        elif name == "script" and attributes.get("type", "").lower() == "application/rsl+xml" and len(scripts) < 20:
            scripts.append(_script(text, end))
    inline = [one for script in scripts for one in rsl.read(Given(script, given.place, given.about), "html_script")]
    return [
        *tdmrep.fields(meta.get("tdm-reservation", ()), meta.get("tdm-policy", ()), given.place, "html_meta"),
        *(inline or signals.licences(links, given.place, "html_link")),
        *(kept_out(meta.get("robots", ()), given.place, "html_meta") if "robots" in meta else []),
    ]


def headers(given: Given) -> list[Observation]:
    """What the headers of an answer say; each standard that has a header was looked for."""
    fields = given.headers
    robots = fields.get("x-robots-tag", ())
    links = [target for line in fields.get("link", ()) for target in _linked(line)]
    return [
        *tdmrep.fields(fields.get("tdm-reservation", ()), fields.get("tdm-policy", ()), given.place, "http_header"),
        *aipref.read(fields.get("content-usage", ()), given.place, "http_header"),
        *signals.licences(links, given.place, "http_header"),
        *(kept_out(robots, given.place, "http_header") if robots else []),
    ]


def kept_out(values: Iterable[str], place: str, carrier: str) -> list[Observation]:
    """`noai`, `noimageai` and `noindex`: words of robots that are widely used, whether or not a standard has them."""
    lines = list(values)
    said = {word.strip().lower() for line in lines for word in re.split(r"[,\s:]", line[:2000])}
    uses = {use: Use("reserved") for word in said for use in _KEPT_OUT.get(word, ())}
    return stated(
        Observation("robots", place, "none_found", carrier=carrier, version=crosswalk.version("robots"), found=words(lines)), uses
    )


def _tags(text: str) -> Iterator[tuple[str, dict[str, str], int]]:
    for match in _TAG.finditer(text):
        attributes = {one[1].lower(): unescape(one[2] or one[3] or one[4] or "").strip() for one in _ATTRIBUTE.finditer(match[2])}
        yield match[1].lower(), attributes, match.end()


def _script(text: str, start: int) -> bytes:
    end = text.lower().find("</script", start)
    return text[start : end if end >= 0 else len(text)].strip().encode()


def _licence(rel: str, kind: str) -> bool:
    return "license" in rel.lower().split() and kind.lower() == "application/rsl+xml"


def _linked(line: str) -> Iterator[str]:
    """The targets of a Link header that are licences of this standard."""
    for target, attributes in re.findall(r"<([^<>]{1,2000})>([^<]{0,1000})", line[:10_000]):
        told = {one[1].lower(): (one[2] or one[3] or one[4] or "").rstrip(",;") for one in _ATTRIBUTE.finditer(attributes)}
        if _licence(told.get("rel", ""), told.get("type", "")):
            yield target


def _without_comments(text: str) -> str:
    """The page without its comments, in one pass; one that never ends hides the rest, as it does in a browser."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0:
        kept.append(text[place:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        place = end + 3
    kept.append(text[place:])
    return "".join(kept)
