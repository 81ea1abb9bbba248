"""Content signals of robots.txt, and the pointers to a licence of RSL: what is pointed to was not read, and has to be.

A licence that a page, a header or robots.txt names stands as unreadable at its own address until somebody hands that file over as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.ingest.reservations import crosswalk
from service.ingest.reservations.aipref import members
from service.ingest.reservations.observation import Answer, Observation, Use, address, stated, stricter, words

NAME = "content_signals"
_VALUES: Final[dict[str, Answer]] = {"no": "reserved", "yes": "allowed"}


def read(values: Iterable[str], place: str) -> list[Observation]:
    """What the `Content-Signal` lines say, together; the stricter where they differ."""
    lines = list(values)
    base = Observation(NAME, place, "unreadable", carrier="robots_txt", version=crosswalk.version(NAME), found=words(lines))
    uses: dict[str, Use] = {}
    for line in lines:
        for name, value in members(line).items():
            for use in crosswalk.permissions(NAME, name) if value in _VALUES else ():
                uses[use] = stricter(uses.get(use), Use(_VALUES[value]))
    return stated(base, uses) if uses else [base]


def licences(values: Iterable[str], place: str, carrier: str) -> list[Observation]:
    """One observation for each licence that is pointed to; `none_found` for none."""
    named = list(dict.fromkeys(values))[:20]
    version = crosswalk.version("rsl")
    if not named:
        return [Observation("rsl", place, "none_found", carrier=carrier, version=version)]
    found = [(value, address(place, value)) for value in named]
    return [
        Observation("rsl", whole or place, "unreadable", carrier=carrier, version=version, found=words([f"License: {value}"]), terms=whole)
        for value, whole in found
    ]
