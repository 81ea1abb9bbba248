"""The records that one decision looks at, indexed both ways: what refers to what, and how the lineage runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from service.records.model import Recorded

#: Edges from a thing to what it was made from; `output` is walked against its direction.
MADE_FROM: Final = (
    "parent",
    "cut_item",
    "cue",
    "cue_run",
    "cue_file",
    "delivered",
    "licence",
    "input",
    "input_source",
    "input_dataset",
    "input_replica",
    "replica",
    "model",
    "base_model",
    "dataset",
    "source",
    "derived_from",
    "source_media",
    "capture_session",
    "transferred",
    "training_dataset",
    "training_licence",
    "trained_model",
    "training_work",
    "covered_work",
    "material",
    "written_by_run",
    "furnished_material",
    "assigned_material",
    "source_material",
    "factor_material",
    "prompt_reference",
    "generated_in",
    "asset",
    "released",
)

#: Kinds that a lineage consists of; the walk does not leave them.
LINEAGE: Final = frozenset(
    {"asset", "generation", "model", "dataset", "source", "licence", "replica", "evidence", "delivery", "release", "appearance"}
)


@dataclass(frozen=True, slots=True)
class View:
    """A record as one decision sees it; `key` is its id, or `id@version` where a reference pins an older version."""

    key: str
    id: str
    kind: str
    version: int
    body: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]

    @property
    def type(self) -> str:
        """The `type` of its body: of an evidence record, an event, an asset."""
        return str(self.body.get("type", ""))

    @property
    def details(self) -> Mapping[str, Any]:
        """The fields of an evidence record that belong to its type."""
        found = self.body.get("details")
        return found if found.__class__ is dict or isinstance(found, Mapping) else {}

    @property
    def productions(self) -> list[str]:
        """The titles the record belongs to; empty where it says none or nothing."""
        return [str(found) for found in self.body.get("productions") or ()]


def view_of(recorded: Recorded, key: str | None = None) -> View:
    """Return a stored record as a view."""
    links = tuple((str(ref["role"]), f"{ref['id']}@{ref['version']}" if ref.get("version") else str(ref["id"])) for ref in recorded.refs)
    return View(key or recorded.id, recorded.id, recorded.kind, recorded.version, recorded.body, links)


@dataclass(slots=True)
class Library:
    """Views by key, who refers to them, and how the lineage runs; `beside` are uses outside it that count all the same."""

    views: dict[str, View] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    lineage: set[str] = field(default_factory=set)
    paths: dict[str, list[str]] = field(default_factory=dict)
    truncated: bool = False
    beside: Library | None = None
    unreached: dict[str, bool] = field(default_factory=dict)
    _sources: dict[tuple[str, str], list[tuple[str, View]]] = field(default_factory=dict)
    _kinds: dict[tuple[str, str | None], list[View]] = field(default_factory=dict)
    _about: dict[tuple[Any, ...], list[View]] = field(default_factory=dict)
    _pinned: dict[str, str] = field(default_factory=dict)

    def ids(self) -> frozenset[str]:
        """Return every record that was looked at, also beside the lineage."""
        return frozenset(view.id for view in self.views.values()) | (self.beside.ids() if self.beside else frozenset())

    def copy(self) -> Library:
        """Return a library of the same views that may be changed without changing this one."""
        return replace(
            self, views=dict(self.views), read=dict(self.read), lineage=set(self.lineage), paths=dict(self.paths),
            _sources=dict(self._sources), _kinds={}, _about={}, _pinned=dict(self._pinned),
        )  # fmt: skip

    def add(self, view: View) -> None:
        """Take a view in, unless it is there."""
        if view.key not in self.views:
            self.views[view.key] = view
            if view.key != view.id:
                self._pinned[view.id] = view.key
            self._forget()
            for role, target in view.links:
                self._sources.setdefault((target.partition("@")[0], view.kind), []).append((role, view))

    def replace(self, view: View) -> None:
        """Put a view in the place of one with the same links (its secret fields opened)."""
        self.views[view.key] = view
        self._forget()
        for name in {(target.partition("@")[0], view.kind) for _, target in view.links}:
            self._sources[name] = [(role, view if old.key == view.key else old) for role, old in self._sources.get(name, [])]

    def _forget(self) -> None:
        """Drop the answers that a new view may change; they are only kept once reading is over."""
        if self._about:
            self._about.clear()
        if self._kinds:
            self._kinds.clear()

    def get(self, reference: Any) -> View | None:
        """Return what a reference (`id` or `id@version`) leads to, a pinned version where only that is read; None where nothing is."""
        if not isinstance(reference, str):
            return None
        found = self.views.get(reference) or self.views.get(reference.partition("@")[0])
        return found or self.views.get(self._pinned.get(reference, ""))

    def of(self, kind: str, type_: str | None = None) -> list[View]:
        """Return all views of a kind (and type), in the order of their keys; not to be changed."""
        found = self._kinds.get((kind, type_))
        if found is None:
            chosen = (view for view in self.views.values() if view.kind == kind) if type_ is None else self.of(kind)
            found = sorted((view for view in chosen if type_ is None or view.type == type_), key=lambda view: view.key)
            self._kinds[kind, type_] = found
        return found

    def about(self, target: str, kind: str, type_: str | None = None, roles: Iterable[str] | None = None) -> list[View]:
        """Return the records of a kind that refer to `target`, in the order of their keys, each once; not to be changed."""
        listed = self._sources.get((target.partition("@")[0], kind))
        if listed is None:
            return []
        wanted = tuple(roles) if roles is not None else None
        question = (target, kind, type_, wanted)
        known = self._about.get(question)
        if known is None:
            found = {
                view.key: view for role, view in listed if (type_ is None or view.type == type_) and (wanted is None or role in wanted)
            }
            known = self._about[question] = [found[key] for key in sorted(found)]
        return known

    def trace(self, roots: Sequence[str]) -> None:
        """Find the shortest way from the subjects to everything in the lineage."""
        queue = deque(sorted(key for key in roots if key in self.views))
        self.paths = {key: [self.views[key].id] for key in queue}
        while queue:
            key = queue.popleft()
            for following in self._next(key):
                if following not in self.paths:
                    self.paths[following] = [*self.paths[key], self.views[following].id]
                    queue.append(following)

    def used_by(self) -> dict[str, set[str]]:
        """Return the traced lineage turned round: for each record the ids of what was made from it."""
        found: dict[str, set[str]] = {}
        for key in self.paths:
            for following in self._next(key):
                found.setdefault(self.views[following].id, set()).add(self.views[key].id)
        return found

    def _next(self, key: str) -> list[str]:
        view = self.views[key]
        ahead = [found.key for role, target in view.links if role in MADE_FROM and (found := self.get(target)) and found.kind in LINEAGE]
        made_by = [found.key for role, found in self._sources.get((view.id, "generation"), ()) if role == "output"]
        return sorted({*ahead, *made_by})
