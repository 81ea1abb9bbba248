"""What would clear a decision, found by trying: records are drafted and laid over the log, and the same question is decided again.

Rules say which record they miss; one that is made may lead to the next question (a rider, then somebody who has read it). So it goes in
rounds until the answer clears or nothing more can be drafted. What turns out not to be needed is taken out again, so that no part of the
set clears by itself. Nothing is written, and a draft is no claim that there is such a paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from schemas.kinds import KINDS
from schemas.prefixes import KIND_OF
from service import errors
from service.context import Context
from service.decisions import drafts, governance, planning, stating
from service.decisions.left import explained
from service.decisions.replay import content
from service.decisions.trying import Case, Item, Step, Tried, laid_of
from service.records import read
from service.rules.names import RANK
from service.rules.pack import Pack, canonical
from service.rules.standing import UNDECIDABLE

ROUNDS: Final = 8
MOST: Final = 60
"""So many steps are tried; a decision that needs more is answered with what its rules ask for."""

_PLACE: Final = re.compile(r"/overlay/(\d+)")
_LAID: Final = re.compile(r"[a-z]{3}_0{20}\d{6}")


@dataclass(slots=True)
class Search:
    """The search under way: the items so far, and what is left that nothing was found for."""

    case: Case
    items: list[Item] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    count: int = 0

    def run(self) -> Tried:
        """Go on until the answer clears or nothing more can be drafted; the last answer."""
        last = self.case.tried(())
        for _ in range(ROUNDS):
            if not last.held or len(self.items) >= MOST or not self._next(last):
                break
            last = self._answered()
        return self._plainest(self._smallest(last))

    def _answered(self) -> Tried:
        """The answer with all items; one that cannot be laid is taken out."""
        while True:
            try:
                return self.case.tried(self.items)
            except errors.Invalid as fault:
                places = {int(found[1]) for one in fault.errors if (found := _PLACE.match(one.pointer))}
                laid = [of for spec, of in laid_of(self.items) if not planning.of_plan(spec)]
                wrong = [item for place in places for item in laid[place]] or [
                    one for one in self.items if one.spec and planning.of_plan(one.spec)
                ]
                if not wrong:
                    raise
                self.refused |= {_identity(item.step) for item in wrong}
                self.items = [item for item in self.items if item not in wrong]

    def _next(self, last: Tried) -> bool:
        """Draft what the answer asks for beyond what is there; whether there was anything."""
        found = False
        for step, one in self._asked(last):
            told = {"action": "record", **one["instead"]} if "instead" in one and self._in_vain(one) else one
            known = next((item for item in self.items if _identity(item.step) == _identity(told)), None)
            wider = known and _wider(known.step, told)
            if _identity(told) in self.refused or (known and wider is None):
                continue
            item = self._item(wider or told, frozenset(step["clears"]) | (known.clears if known else frozenset()), last)
            if item is None:
                if self._completed(told, last):
                    found = True
                    continue
                self.refused.add(_identity(told))
                found = found or "instead" in told
                continue
            new = [*([item.first] if item.first else []), item]
            self.items = [item if one is known else one for one in self.items] if known else [*self.items, *new]
            self.items += _companions(item)
            found = True
        return found

    def _in_vain(self, step: Step) -> bool:
        """Whether the step could not be drafted, or was and is asked for again all the same."""
        done = (item.step for item in self.items if _identity(item.step) == _identity(step))
        return _identity(step) in self.refused or any(_wider(one, step) is None for one in done)

    def _asked(self, last: Tried) -> Iterator[tuple[Step, Step]]:
        """The steps that the answer asks for, each for one record, as the rules say them and by the names of the overlay."""
        matter = self._matter(last)
        for step in last.evaluation.clearing:
            bare = {name: value for name, value in step.items() if name != "clears"}
            for one in stating.parted(bare, matter):
                yield {**one, "clears": step["clears"]}, last.named(one)

    def _matter(self, last: Tried) -> drafts.Matter:
        return drafts.Matter(last.facts.library, self.case.asked.production, self.case.asked.instant)

    def _item(self, step: Step, clears: frozenset[str], last: Tried) -> Item | None:
        matter = self._matter(last)
        self.count += 1
        key = f"record.{self.count}"
        if step["action"] == "record":
            person, owner = _about(step, last)
            spec, found = stating.founded(drafts.record(step, person, owner, matter), f"{key}.first", matter)
            first = Item(f"{key}.first", {"action": "record", "kind": found["kind"]}, clears, spec=found) if found else None
            return Item(key, step, clears, spec=spec, first=first)
        if step["action"] == "amend":
            real = {name: record for record, name in last.keys.items()}
            return self._amended(key, {**step, "record": real.get(step["record"], step["record"])}, clears, matter, last)
        if step["action"] == "state":
            stated = self._best([last.named(spec) for spec in stating.papers(step, matter)])
            return Item(key, step, clears, spec=stated) if stated else None
        ruling = _ruling(step, key, last) if step["action"] == "decide" else _of_pack(step, key, self.case.packs)
        return Item(key, step, clears, ruling=ruling) if ruling else None

    def _amended(self, key: str, step: Step, clears: frozenset[str], matter: drafts.Matter, last: Tried) -> Item | None:
        """The statement of missing fields that leaves least in the way."""
        view = matter.view(step["record"])
        patch: dict[str, Any] = {}
        if view is not None and view.kind == "generation" and step["fields"] == ["models"] and not any(matter.library.of("model")):
            first = Item(f"{key}.model", stating.MODEL, clears, spec=drafts.record(stating.MODEL, None, None, matter))
            return Item(
                key,
                {**step, "kind": view.kind},
                clears,
                spec={"id": view.id, "patch": {"models": [{"model": f"${key}.model"}]}},
                first=first,
            )
        for name in step["fields"]:
            found, told = stating.amendments(view, name, matter)
            if found is None or _LAID.fullmatch(found.id) or found.id.startswith("planned_record."):
                continue
            best = self._best([{"id": found.id, "patch": drafts.together(patch, last.named(one))} for one in told])
            if best:
                view, patch = found, dict(best["patch"])
        return Item(key, {**step, "kind": view.kind}, clears, spec={"id": view.id, "patch": patch}) if patch and view else None

    def _completed(self, step: Step, last: Tried) -> bool:
        """Whether a paper that was drafted before could say more, so that it now says it."""
        place = next((number for number, one in enumerate(self.items) if one.spec and f"${one.key}" == step.get("record")), None)
        real = {name: record for record, name in last.keys.items()}
        view = self._matter(last).view(real.get(str(step.get("record"))))
        if place is None or view is None:
            return False
        spec = dict(self.items[place].spec or {})
        for name in step.get("fields") or ():
            found, told = stating.amendments(view, name, self._matter(last))
            if found is view and "body" in spec:
                wider = [{**spec, "body": drafts.together(spec["body"], last.named(one))} for one in told]
                spec = dict(self._best(wider, place) or spec)
        changed = spec != self.items[place].spec
        self.items[place] = replace(self.items[place], spec=spec)
        return changed

    def _best(self, specs: Iterable[Mapping[str, Any]], instead: int | None = None) -> Mapping[str, Any] | None:
        """Of several things that could be said the one that leaves least in the way, the first of those alike."""
        weighed = [(weight, place, spec) for place, spec in enumerate(specs) if (weight := self._weight(spec, instead)) is not None]
        return min(weighed, key=lambda one: one[:2])[2] if weighed else None

    def _weight(self, spec: Mapping[str, Any], instead: int | None = None) -> int | None:
        try:
            one = replace(self.items[instead], spec=spec) if instead is not None else Item("try", {}, frozenset(), spec=spec)
            tried = self.case.tried([*self.items, one] if instead is None else [*self.items[:instead], one, *self.items[instead + 1 :]])
        except errors.Invalid:
            return None
        return sum(100 if one.weighs == "block" else 1 for one in tried.evaluation.findings if RANK[one.weighs] <= RANK["review"])

    def _smallest(self, last: Tried) -> Tried:
        """Take out what is not needed, the last first: papers about papers go before these."""
        for item in reversed(list(self.items)):
            fewer = [one for one in self.items if one is not item]
            try:
                again = self.case.tried(fewer)
                if again.held <= last.held:
                    self.items, last = fewer, again
            except errors.Invalid:  # another item speaks of it
                continue
        return last

    def _plainest(self, last: Tried) -> Tried:
        """Leave out of each new paper what it need not say."""
        for place, item in enumerate(self.items):
            if item.spec is None or item.step.get("type") is None or "body" not in item.spec or drafts.templates().get(item.step["type"]):
                continue
            for name in list(item.spec["body"]["details"]):
                body = item.spec["body"]
                details = {word: value for word, value in body["details"].items() if word != name}
                shorter = replace(item, spec={**item.spec, "body": {**body, "details": details}})
                try:
                    again = self.case.tried([*self.items[:place], shorter, *self.items[place + 1 :]])
                except errors.Invalid:
                    continue
                if again.held <= last.held:
                    item, last = shorter, again  # noqa: PLW2901  # the paper as far as it has been shortened
                    self.items[place] = item
        return last


def _companions(item: Item) -> list[Item]:
    """What goes with a record: a replica of whose session nothing was recorded names the session."""
    made, _, part = str(item.step.get("for")).partition("/")
    if part != "session" or item.step.get("type") != "capture_session":
        return []
    spec = {"id": made, "patch": {"sessions": [f"${item.key}"]}}
    return [Item(f"{item.key}.named", {"action": "amend", "record": made, "kind": "replica"}, item.clears, spec=spec)]


def _about(step: Step, last: Tried) -> tuple[str | None, str | None]:
    """The person and the owner of what asks for a record."""
    for finding in last.evaluation.findings:
        needs = finding.needs or {}
        if needs and (needs["kind"], needs.get("type"), last.named(needs.get("for"))) == (step["kind"], step.get("type"), step.get("for")):
            texts = last.evaluation.tallies[finding.rule].statics["texts"]
            person = (finding.about or {}).get("person")
            return last.named(person), texts.get(finding.text or finding.requirement or "", {}).get("owner")
    return None, None


def _ruling(step: Step, key: str, last: Tried) -> tuple[str, Mapping[str, Any]] | None:
    """What people would have decided; None where they may not: a debt that holds, or papers of the packs themselves."""
    rule, requirement, code = governance.parts_of(step["cause"])
    found = [one for one in last.evaluation.findings if one.cause == step["cause"]]
    if rule in UNDECIDABLE or any(one.holds for one in found):
        return None
    entry = {"id": key, "rule": rule, "requirement": requirement, "code": code, "verdict": "approved", "subjects": ["*"]}
    return "reviews", entry


def _of_pack(step: Step, key: str, packs: Sequence[Pack]) -> tuple[str, Mapping[str, Any]] | None:
    """That a pack which took part is adopted, or signed off."""
    pack = next((one for one in packs if one.id == step.get("pack")), None)
    if pack is None or step["action"] not in ("adopt", "sign_off"):
        return None
    return "adoptions" if step["action"] == "adopt" else "signoffs", {"id": key, "pack": pack.id, "digest": pack.digest}


def _identity(step: Step) -> str:
    fields = step.get("fields")
    words = {name: value for name, value in fields.items() if isinstance(value, str)} if isinstance(fields, Mapping) else {}
    return repr(
        sorted(
            (name, value)
            for name, value in {**step, "fields": words}.items()
            if name != "instead" and (name != "kind" or step["action"] in ("record", "state"))
        )
    )


def _wider(known: Step, told: Step) -> Step | None:
    """The step that asks for both, or None where the known one asks for as much."""
    old, new = known.get("fields"), told.get("fields")
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        both = {**old, **{name: _both(old.get(name), value) for name, value in new.items()}}
        return {**known, "fields": both} if both != old else None
    if isinstance(old, list) and isinstance(new, list):
        return {**known, "fields": sorted({*old, *new})} if not set(new) <= set(old) else None
    return None


def _both(old: Any, new: Any) -> Any:
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(one for one in new if one not in old)]
    return new


def clearing(context: Context, decision_id: str) -> dict[str, Any]:
    """Return what would clear a stored decision. Raises `NotFound`, and `Conflict` `hypothetical` where its records were an overlay."""
    decision = read.get(context, "decision", decision_id)
    case = Case.of(context, decision)
    _still_asked(case)
    search = Search(case)
    last = search.run()
    left = [last.named(step) for step in explained(last.evaluation)]
    return {
        "decision": decision.id,
        "outcome": decision.body["outcome"],
        "would_be": last.evaluation.outcome,
        "complete": not last.held,
        "steps": [*_records(search.items), *_decided(search.items)],
        "left": left,
    }


def _still_asked(case: Case) -> None:
    """Refuse an answer whose facts were hypothetical: its records are not there to go by."""
    if not case.decision.body.get("hypothetical"):
        return
    stored = content(case.context, case.decision, "facts")
    again = case.tried(()).facts.document
    if any(
        canonical(again.get(name) or None) != canonical(stored.get(name) or None) for name in {*again, *stored} - {"ahead", "governance"}
    ):
        raise errors.Conflict(
            "This was decided under an overlay, which is not kept; ask without one, or ask /v1/simulations.", "hypothetical"
        )


def _records(items: Sequence[Item]) -> list[dict[str, Any]]:
    """The records to make or to amend, in the order in which they can be written."""
    told = []
    for spec, of in laid_of(items):
        clears = sorted({cause for item in of for cause in item.clears})
        if planning.of_plan(spec):
            told.append({"action": "plan", **planning.shown(spec), "clears": clears})
            continue
        if "id" in spec:
            kind = KIND_OF[spec["id"][:3]]
            told.append({"action": "amend", "kind": kind, "record": spec["id"], "patch": spec["patch"], "clears": clears})
        else:
            kind = spec["kind"]
            step = {name: of[0].step[name] for name in ("type", "for") if of[0].step.get(name)}
            told.append({"action": "record", "kind": kind, **step, "key": spec["key"], "body": spec["body"], "clears": clears})
        told[-1]["collection"] = KINDS[kind].collection
    return told


def _decided(items: Sequence[Item]) -> list[dict[str, Any]]:
    return [{**item.step, "clears": sorted(item.clears)} for item in items if item.ruling]
