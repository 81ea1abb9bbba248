"""Rules in words: how sure their reading is, what they demand, and what one edition changes in another.

Pure: pack documents in, small values out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

from service.web import present

LONG: Final = 14
"""A change of more lines than this is folded."""

_SURE: Final = {"H": "high", "M": "medium", "L": "low"}
_KEYS: Final = {
    "says": "what it says", "fix": "what to do", "test": "what must hold", "otherwise": "what follows where it does not hold",
    "when": "when it applies", "each": "what it looks at", "only": "only where", "unless": "exemptions", "needs": "the paper it asks for",
    "owes": "what is owed", "owner": "whose task it is", "code": "its code", "ahead": "what counts as ahead", "acts": "the acts it is asked for",
    "date_basis": "the date that counts", "mode": "mode", "confidence": "confidence in the reading", "as": "what its words stand for",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: the same in both editions, gone from the older, or new in the newer."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs, in words: `pieces` side by side; `block` where they are lines of YAML; `long` where they are many."""

    name: str
    pieces: tuple[Piece, ...]
    block: bool
    long: bool


def confidence(given: object) -> str:
    """Return how sure the reading of a clause is: `M-H` → `medium to high`."""
    parts = re.split(r"([-/])", str(given or ""))
    return "".join({"-": " to ", "/": " or "}.get(part, _SURE.get(part, part)) for part in parts)


def requirements(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a rule demands, one by one: what it says and asks, and what follows where it does not hold."""
    return [
        {
            "id": one["id"], "says": spoken(one.get("says")), "fix": spoken(one.get("fix")), "follows": follows(one.get("otherwise")),
            "owner": one.get("owner"), "form": one.get("form"), "owes": (one.get("owes") or {}).get("kind"),
        }
        for one in rule.get("require") or ()
    ]  # fmt: skip


def spoken(template: object) -> str:
    """Return a sentence with its places as words: `{use.person}` → `[use person]`."""
    return re.sub(
        r"\{([^{}]*)\}", lambda place: f"[{place[1].removesuffix('.id').replace('.', ' ').replace('_', ' ')}]", str(template or "")
    )


def follows(otherwise: object) -> list[str]:
    """Return the results that a failed requirement may have, the worst first."""
    found = set(_results(otherwise))
    return [result for result in ("block", "review", "obligation", "warn") if result in found]


def _results(otherwise: object) -> Iterator[str]:
    if isinstance(otherwise, str):
        yield otherwise
    elif isinstance(otherwise, Mapping):
        for value in otherwise.values():
            yield from _results(value)
    elif isinstance(otherwise, Sequence):
        for each in otherwise:
            yield from _results(each)


def change(given: Mapping[str, Any]) -> Change:
    """Return one changed key as people read it: text word by word, conditions line by line."""
    before, after = given["before"], given["after"]
    if _plain(before) and _plain(after):
        pieces = tuple(_words(_text(before), _text(after)))
        return Change(_key(given["key"]), pieces, block=False, long=False)
    pieces = tuple(_lines(yaml(before), yaml(after)))
    return Change(_key(given["key"]), pieces, block=True, long=sum(piece.text.count("\n") for piece in pieces) > LONG)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int)


def _text(value: object) -> str:
    return "" if value is None else present.words(str(value)).lower() if isinstance(value, bool) else str(value)


def _key(key: str) -> str:
    """A path of keys as words: `require.reason.says` → `requirement reason: what it says`."""
    first, *rest = key.split(".")
    if first == "require" and rest:
        inner = " ".join(_KEYS.get(part, part.replace("_", " ")) for part in rest[1:])
        return f"requirement {rest[0]}{': ' + inner if inner else ''}"
    return " ".join(_KEYS.get(part, part.replace("_", " ")) for part in (first, *rest))


def _words(before: str, after: str) -> Iterator[Piece]:
    left, right = (re.findall(r"\s+|\S+", text) for text in (before, after))
    yield from _pieces(left, right)


def _lines(before: str, after: str) -> Iterator[Piece]:
    yield from _pieces(before.splitlines(keepends=True), after.splitlines(keepends=True))


def _pieces(left: Sequence[str], right: Sequence[str]) -> Iterator[Piece]:
    """The runs that are the same, gone and new, in reading order."""
    for what, i, j, k, m in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(left[i:j]))
            continue
        if i < j:
            yield Piece("gone", "".join(left[i:j]))
        if k < m:
            yield Piece("new", "".join(right[k:m]))


def yaml(value: Any) -> str:
    """Return a value of a pack as YAML, the form in which packs are written; nothing for nothing."""
    if value is None:
        return ""
    written = StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.width = 100
    writer.representer.ignore_aliases = lambda *_: True
    writer.dump(value, written)
    return written.getvalue().removesuffix("...\n")
