"""What every derivation looks at: the library, when, for which act, where the result is meant to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from service.facts import times
from service.facts.library import Library, View
from service.rules.moments import moment

Fact = dict[str, Any]
Made = TypeVar("Made")

#: Acts that let something out of the house.
OUTWARD = frozenset({"publish", "release", "exhibit", "hand_over", "license_out"})


def ref(view: View | str | None) -> Fact | None:
    """Return a link to an object of the facts document."""
    if view is None:
        return None
    return {"$ref": view if isinstance(view, str) else view.id}


def bare(reference: Any) -> str | None:
    """Return the id of a reference, without a pinned version."""
    return reference.partition("@")[0] if isinstance(reference, str) else None


def bares(references: Any) -> list[str] | None:
    """Return the ids of a list of references; None where the list is not stated."""
    return None if references is None else [str(bare(one)) for one in references]


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a nested object of a body; empty where it is missing."""
    found = body.get(name)
    if found.__class__ is dict:  # as bodies are read; anything else that is a mapping takes the slow way
        return cast("Mapping[str, Any]", found)
    return found if isinstance(found, Mapping) else {}


def present(value: Any) -> bool:
    """Tell whether a field holds something; a commitment is something, what has been erased is not."""
    return value not in (None, "", [], {}) and not (isinstance(value, Mapping) and "erased" in value)


def compact(fact: Fact) -> Fact:
    """Return the fact without unknown fields: absent is unknown, and absent is shorter."""
    return {name: value for name, value in fact.items() if value is not None}


@dataclass(slots=True)
class World:
    """One question: the records that bear on it, the instant it is asked for, the act and the intent.

    `gathered` are the collections that areas may build on: uses, sessions, trainings and the rest of the common ones.
    """

    library: Library
    act: str
    at: str
    intent: Mapping[str, Any]
    production: str | None = None
    memo: dict[tuple[str, Any], Any] = field(default_factory=dict)
    gathered: dict[str, list[Fact]] = field(default_factory=dict)

    def once(self, name: str, key: Any, make: Callable[[], Made]) -> Made:
        """Return what `make` gives, made once for a question: many uses share their people, papers and titles."""
        try:
            found: Made = self.memo[name, key]
        except KeyError:
            found = self.memo[name, key] = make()
        return found

    @property
    def beside(self) -> World | None:
        """The uses outside the lineage that count all the same, looked at for the same question."""
        found = self.library.beside
        return None if found is None else self.once("beside", None, lambda: World(found, self.act, self.at, self.intent))

    @property
    def outward(self) -> bool:
        """Tell whether the act lets something out."""
        return self.act in OUTWARD

    def path(self, view: View) -> list[str] | None:
        """Return the way from the subject to a record of the lineage."""
        return self.library.paths.get(view.key)

    def production_of(self, view: View | None) -> str | None:
        """Return the title a record belongs to: the one it names, its asset's, else that of the question."""
        if view is None:
            return self.production
        named = bare(view.body.get("production")) or (view.productions[0] if len(view.productions) == 1 else None)
        if named or view.kind not in ("appearance", "generation"):
            return named or (self.production if self.production in view.productions or not view.productions else view.productions[0])
        if self.production and self.production in view.productions:
            return self.production
        asset = self.library.get(view.body.get("asset"))
        return self.production_of(asset) if asset else self.production

    def titles(self, production: str | None) -> set[str]:
        """Return a title with those it is part of (the episode's season and series)."""
        found: set[str] = set()
        while production and production not in found:
            found.add(production)
            view = self.library.get(production)
            production = bare(view.body.get("parent")) if view else None
        return found

    def same_title(self, first: str | None, second: str | None) -> times.Tri:
        """Tell whether two titles are one, or one is part of the other."""
        if first is None or second is None:
            return None
        return first in self.titles(second) or second in self.titles(first)

    def past(self, date: Any) -> times.Tri:
        """Tell whether a date has come at the instant asked for; a paper of that very day has."""
        found, now = moment(date), moment(self.at)
        return found[0] <= now[0] if found and now else None
