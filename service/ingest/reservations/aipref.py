"""AI preferences: the `Content-Usage` field, a dictionary of structured fields (`train-ai=n, search=y`), from a header or robots.txt.

Absent is unknown, and so is any value but y and n. Several statements combine to the most restrictive.
"""

from __future__ import annotations

from collections.abc import Iterable

from service.ingest.reservations import crosswalk
from service.ingest.reservations.observation import Observation, Use, stated, stricter, words

NAME = "aipref"
_VALUES = {"n": "reserved", "y": "allowed"}


def read(values: Iterable[str], place: str, carrier: str) -> list[Observation]:
    """What these fields say, together; `unreadable` where none of their words is known."""
    lines = list(values)
    base = Observation(NAME, place, "none_found", carrier=carrier, version=crosswalk.version(NAME), found=words(lines))
    uses: dict[str, Use] = {}
    for line in lines:
        for name, value in members(line).items():
            answer = _VALUES.get(value)
            for use in crosswalk.permissions(NAME, name) if answer else ():
                uses[use] = stricter(uses.get(use), Use(answer))  # type: ignore[arg-type]  # one of the two answers above
    if any(line.strip() for line in lines) and not uses:
        return [Observation(NAME, place, "unreadable", carrier=carrier, version=base.version, found=base.found)]
    return stated(base, uses)


def members(line: str) -> dict[str, str]:
    """The members of a dictionary of structured fields as plain words; parameters say nothing here, the last of equal names counts."""
    found: dict[str, str] = {}
    for member in line[:10_000].split(","):
        name, _, value = member.partition(";")[0].partition("=")
        if name.strip():
            found[name.strip().lower()] = value.strip().strip('"').lower()
    return found
