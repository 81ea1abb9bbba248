"""What a verification found: what holds, what does not, and what it could not establish."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

SHOWN = 20
"""So many faults of one check are told one by one."""


@dataclass
class Report:
    """Sentences of three sorts, and numbers for programs. Nothing is a pass that was not checked."""

    what: str = "BUNDLE"
    holds: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.faults

    def settle(self, faults: Iterable[str], holds: str, *, of: int = 1) -> bool:
        """Note the faults of a check, or, if there are none, what holds; say which. Of nothing (`of` 0) nothing holds."""
        found = list(faults)
        self.faults += found[:SHOWN]
        if len(found) > SHOWN:
            self.faults.append(f"… and {len(found) - SHOWN} more of this kind.")
        if not found and of:
            self.holds.append(holds)
        return not found

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"good": self.good, "holds": self.holds, "faults": self.faults, "not_established": self.open, "numbers": self.numbers}

    def text(self) -> str:
        """Return it for people."""
        parts = [("What holds", self.holds), ("What does not hold", self.faults), ("What could not be established", self.open)]
        lines = [line for title, said in parts if said for line in (f"{title}:", *(f"  - {visible(sentence)}" for sentence in said), "")]
        end = (
            "Everything that could be checked holds."
            if self.good
            else f"THIS {self.what} DOES NOT HOLD: {some(len(self.faults), 'fault')}."
        )
        return "\n".join([*lines, end])


def visible(text: str) -> str:
    """Return a text with every character that moves, hides or turns others written out: names in a bundle are its maker's words."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def some_of(names: Collection[str], shown: int = 5) -> str:
    """Return the first of many names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(islice(names, shown))}{more}"


def some(count: int, noun: str) -> str:
    """Return a number with its noun."""
    plural = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:] not in {"ey", "ay"} else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"
