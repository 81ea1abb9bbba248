"""Countries as contracts write them: groups that have one meaning, and everything but some."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from service.sheets.spelling import belongings, groups, spelled, territories

_BUT: Final = re.compile(r"\b(?:excluding|excludes|excl|except for|except|exc|ex|other than|but not|without|minus|less)\b", re.IGNORECASE)
_AROUND: Final = " \t\r\n,;:.()[]–—-"


def apart(text: str) -> tuple[str, str] | None:
    """Return what is granted and what is left out of it, for a cell like `Worldwide excl. China`."""
    match = _BUT.search(text)
    granted, left_out = (text[: match.start()].strip(_AROUND), text[match.end() :].strip(_AROUND)) if match else ("", "")
    return (granted, left_out) if granted and left_out else None


def group(text: str) -> list[str] | None:
    """Return the countries of a group such as the EU; None for anything else."""
    found = groups().get(spelled(text))
    return list(found) if found is not None else None


def without(granted: Collection[str], left_out: Collection[str]) -> list[str] | None:
    """Return the countries of a grant that are left; None where what is left out cannot be taken out of it.

    With a country goes what belongs to it under a code of its own: a right that nobody has surely granted is none.
    """
    whole = set(territories().values()) if list(granted) == ["*"] else set(granted)
    taken = set(left_out)
    left = whole - taken - {one for name in taken for one in belongings().get(name, ())}
    return sorted(left) if taken and "*" not in taken and taken <= whole and left else None
