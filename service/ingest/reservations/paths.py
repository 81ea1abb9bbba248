"""Which addresses a rule is about, as robots.txt writes them (RFC 9309 section 2.2): prefixes, `*` for anything, `$` for the end.

The work that is asked about may be a whole folder (its address ends in a slash); a rule about some of what lies in it is about a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar
from urllib.parse import unquote, urlsplit

Reach = Literal["whole", "part", "none"]
Rule = TypeVar("Rule")
_LONGEST = 2000
_STARS = 20


def path_of(place: str) -> str:
    """Path and query of an address, as rules are matched against them."""
    parts = urlsplit(place)
    return unquote(parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def reach(pattern: str, path: str) -> Reach:
    """How far a pattern is about the path: wholly, in part where the path is a folder, or not at all.

    A pattern too odd to be matched is taken to be about a part, so that it is not overlooked.
    """
    if len(pattern) > _LONGEST or pattern.count("*") > _STARS:
        return "part"
    wanted = unquote(pattern)
    folder = path.endswith("/")
    if _matches(wanted, path):
        return "part" if folder and wanted.endswith("$") else "whole"
    head = wanted.partition("*")[0].removesuffix("$")
    return "part" if folder and (head.startswith(path) or ("*" in wanted and path.startswith(head))) else "none"


def chosen(rules: Iterable[tuple[str, Rule]], path: str) -> tuple[list[Rule], list[Rule]]:
    """The rules that count for the path: those of the longest pattern about all of it, and the longer ones about a part."""
    found = [(pattern, rule, how) for pattern, rule in rules if (how := reach(pattern, path)) != "none"]
    longest = max((len(pattern) for pattern, _, how in found if how == "whole"), default=-1)
    whole = [rule for pattern, rule, how in found if how == "whole" and len(pattern) == longest]
    return whole, [rule for pattern, rule, how in found if how == "part" and len(pattern) > longest]


def _matches(pattern: str, path: str) -> bool:
    """Piece after piece, each at its first place: no going back, so that no pattern takes long."""
    ends = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, piece in enumerate(others):
        if ends and number == len(others) - 1:
            return len(path) - len(piece) >= at and path.endswith(piece)
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return not ends or at == len(path)
