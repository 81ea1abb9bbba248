"""The readers in the order in which they are asked, and what it means that something could not be fetched.

What was fetched is known by its content first and by its address second: under `/robots.txt` and `/.well-known/tdmrep.json` whatever lies there
is taken for what belongs there, so that a page in its place is something that cannot be read and not nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from service import errors
from service.ingest.reservations import aipref, crosswalk, page, plus, response, robots, rsl, tdmrep
from service.ingest.reservations.observation import Answer, Given, Observation, host

WELL_KNOWN: Final = {"/robots.txt": "robots", "/.well-known/tdmrep.json": "tdmrep"}
_MISSING: Final = (404, 410)
_KNOWN: Final = (
    "robots.txt, tdmrep.json, an RSL document, a page, an answer with its header fields (curl -i), a picture, film, PDF or XMP sidecar"
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What somebody fetched: from where, for which work, with which status and header fields, and the bytes, if any came."""

    place: str
    about: str
    status: int | None = None
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content: bytes | None = None


def read(fetched: Fetched) -> list[Observation]:
    """What it says about the work; `Invalid` for what is nothing that could say anything."""
    _addresses(fetched)
    if fetched.content is not None and response.detect(fetched.content):
        answer = response.parsed(fetched.content)
        if answer is None:
            return _all(fetched, "unreadable")
        fetched = replace(fetched, status=answer.status, headers=answer.headers, content=answer.body)
    _same_host(fetched)
    if fetched.status is not None and not 200 <= fetched.status < 300:
        return _all(fetched, "none_found" if fetched.status in _MISSING and _where(fetched) else "unreadable")
    given = Given(fetched.content or b"", fetched.place, fetched.about, fetched.headers)
    found = page.headers(given) if fetched.headers else []
    if fetched.content or (fetched.content is not None and _where(fetched)):
        found += _content(given)
    if not found:
        raise errors.invalid("/file", "Nothing was handed over: send what was fetched, its header fields, or the status.", "nothing_sent")
    return found


def _content(given: Given) -> list[Observation]:
    where = WELL_KNOWN.get(urlsplit(given.place).path)
    if where == "robots":
        return robots.read(given)
    if where == "tdmrep":
        return tdmrep.read(given)
    if rsl.detect(given.content) and not page.detect(given.content):
        return rsl.read(given)
    if page.detect(given.content):
        return page.read(given)
    packet = plus.packet_in(given.content)
    if packet:
        return plus.read(packet, given.place)
    if given.headers:
        return []
    raise errors.invalid(
        "/file", f"This is nothing that is known to carry a reservation ({_KNOWN}); for the first two give their own url.", "signal_unknown"
    )


def _where(fetched: Fetched) -> str | None:
    return WELL_KNOWN.get(urlsplit(fetched.place).path)


def _all(fetched: Fetched, answer: Answer) -> list[Observation]:
    """One answer for every signal that could have stood there."""
    where = _where(fetched)
    names = {"robots": (robots.NAME, aipref.NAME, rsl.NAME), "tdmrep": (tdmrep.NAME,)}.get(
        where or "", (rsl.NAME,) if _xml(fetched.place) else (tdmrep.NAME, aipref.NAME, rsl.NAME)
    )
    carrier = {"robots": "robots_txt", "tdmrep": "well_known"}.get(where or "", "http_header")
    found = f"HTTP {fetched.status}" if fetched.status is not None else None
    return [
        Observation(name, fetched.place, answer, carrier=carrier, version=crosswalk.version(name), found=found)
        for name in dict.fromkeys(names)
    ]


def _xml(place: str) -> bool:
    return urlsplit(place).path.endswith(".xml")


def _addresses(fetched: Fetched) -> None:
    """Addresses that can be taken apart, with a host."""
    for pointer, place in (("/url", fetched.place), ("/about", fetched.about)):
        if not host(place):
            raise errors.invalid(pointer, f"{place[:200]!r} is no address; write it as https://host/path.", "no_address")


def _same_host(fetched: Fetched) -> None:
    """What a host says of itself it says of no other."""
    if _where(fetched) and host(fetched.place) != host(fetched.about):
        raise errors.invalid(
            "/about",
            f"{fetched.place[:200]} speaks for its own host, and the work is on {host(fetched.about) or 'none'}; give the address of the work in about, or record it in the source's url.",
            "other_host",
        )  # fmt: skip
