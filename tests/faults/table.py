"""What a fault did, as one row of a table."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

HEAD = ("fault", "what was done", "times", "acked", "lost", "doubled", "gaps", "forks", "verdict", "seconds")


class Skipped(Exception):
    """This machine cannot do it; the sentence says why."""


@dataclass
class Row:
    """A fault and what came of it. `wrong` holds a sentence for whatever was not as it has to be."""

    name: str
    done: str
    times: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    gaps: int = 0
    forks: int = 0
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    begun: float = field(default_factory=time.monotonic)

    @property
    def holds(self) -> bool:
        return not (self.lost or self.duplicated or self.gaps or self.forks or self.wrong)

    @property
    def verdict(self) -> str:
        if self.skipped:
            return "skipped"
        return "holds" if self.holds else "BROKEN"

    def expect(self, condition: object, says: str) -> None:
        """Note what is wrong; the round goes on, so that one fault shows all its consequences."""
        if not condition and says not in self.wrong:
            self.wrong.append(says)

    def cells(self) -> tuple[str, ...]:
        numbers = (self.times, self.acknowledged, self.lost, self.duplicated, self.gaps, self.forks)
        return (self.name, self.done, *(f"{each:,}" for each in numbers), self.verdict, f"{self.seconds:.1f}")

    def remarks(self) -> Iterable[str]:
        yield from ([f"{self.name} skipped: {self.skipped}"] if self.skipped else [])
        yield from (f"{self.name} BROKEN: {each}" for each in self.wrong)
        yield from (f"{self.name}: {each}" for each in self.notes)


def lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lay out cells in columns: words to the left, numbers to the right."""
    rows = list(rows)
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    laid = [
        "  ".join(
            cell.rjust(width) if cell.replace(",", "").replace(".", "").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in [head, *rows]
    ]
    return [laid[0], "-" * len(laid[0]), *laid[1:]]
