"""What would change: the same question about many items, as things stand and as they would stand, and the difference by cause.

Packs that are brought are taken as adopted and signed off, because that is what is asked: what holds on the day they are in force.
An overlay is laid over the log for the second answer only. Nothing is written, and the items are taken in portions, so that the
memory it takes does not grow with the library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from service import errors
from service.context import Context
from service.decisions import answer, governance, packs
from service.decisions.question import Asked, Question, ask, intent_fact
from service.facts.gather import Facts, gather
from service.facts.library import Library
from service.facts.overlay import laid
from service.records import read, search
from service.records.model import Recorded
from service.rules import evaluate
from service.rules.causes import part_id
from service.rules.findings import OUTCOMES, Evaluation, Finding
from service.rules.names import RANK
from service.rules.pack import Pack
from service.rules.paths import PackError

PORTION: Final = 200
"""So many items are decided at once."""

USUAL: Final = 500
"""So many items are looked at in one request unless another number is asked for; the cursor goes on from there."""

LISTED: Final = 100
"""So many items are listed with a cause; its counts count them all."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is asked: the question, the packs and the overlay that would be, and which items it is asked about."""

    question: Question
    packs: Sequence[Mapping[str, Any] | str] = ()
    cursor: str | None = None
    limit: int = USUAL


@dataclass(slots=True)
class _Cause:
    """One cause that appears or goes away, with the items that it concerns."""

    told: dict[str, Any]
    values: dict[str, Any]
    change: str
    items: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    productions: dict[str, int] = field(default_factory=dict)

    def add(self, item: Mapping[str, Any]) -> None:
        """Count an item, and list it while there is room."""
        self.count += 1
        for production in item["productions"]:
            self.productions[production] = self.productions.get(production, 0) + 1
        if len(self.items) < LISTED:
            self.items.append({name: item[name] for name in ("id", "name", "productions", "before", "after") if item.get(name) is not None})


@dataclass(slots=True)
class Difference:
    """What would change, as far as it has been looked at."""

    causes: dict[tuple[str, str, str], _Cause] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    looked_at: int = 0
    changed: int = 0
    known_at: int = 0
    packs: dict[str, Pack] = field(default_factory=dict)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class _World:
    """One of the two answers: facts and what the rules say of them."""

    facts: Facts
    evaluation: Evaluation


def simulate(context: Context, asked: Simulation) -> Difference:
    """Answer the question for every item twice and return the difference; raises `Invalid` as a decision does."""
    if not asked.packs and not asked.question.overlay:
        raise errors.invalid("/overlay", "Say what would be different: packs, an overlay, or both.")
    own = packs.of_caller(context, asked.packs)
    items, cursor = _items(context, asked)
    head = context.ledger.head(context.conn, context.studio_id)
    size = head.size if head else 0
    found = Difference(next=cursor, packs={pack.id: pack for pack in own}, known_at=asked.question.known_at or size)
    with laid(context, asked.question.overlay, asked.question.known_at):
        pass  # what cannot be laid is refused, also where there is nothing to look at
    for production, portion in _portions(items, asked.question.production):
        _compare(context, replace(asked.question, subjects=[item.id for item in portion], production=production), portion, own, found)
    return found


def _items(context: Context, asked: Simulation) -> tuple[list[Recorded], str | None]:
    """The items of this request: the named ones, or the current assets of the production, and where to go on."""
    question = asked.question
    if question.subjects:
        there = read.current(context.conn, context.studio_id, question.subjects, question.known_at)
        for place, name in enumerate(question.subjects):
            if name not in there or not read.visible(context.actor, there[name]):
                raise errors.NotFound(f"There is no record {name[:40]!r} in this studio (/subjects/{place}).", "not_found")
        return [there[name] for name in dict.fromkeys(question.subjects)], None
    if question.production is None:
        raise errors.invalid("/production", "Name the production whose assets are meant, or the subjects.")
    read.get(context, "production", question.production)
    return _assets(context, asked)


def _assets(context: Context, asked: Simulation) -> tuple[list[Recorded], str | None]:
    wanted = search.Filter(production=asked.question.production, known_at=asked.question.known_at)
    gone = {spec.get("id") for spec in asked.question.overlay if spec.get("gone")}
    found: list[Recorded] = []
    cursor = asked.cursor
    while len(found) < asked.limit:
        page = search.find(context, "asset", wanted, cursor=cursor, limit=min(PORTION, asked.limit - len(found)))
        found += [asset for asset in page.records if asset.id not in gone]
        cursor = page.cursor
        if cursor is None:
            break
    return found, cursor


def _portions(items: Sequence[Recorded], production: str | None) -> Iterator[tuple[str | None, list[Recorded]]]:
    """The items by the title they are asked about, in portions."""
    by_title: dict[str | None, list[Recorded]] = {}
    for item in items:
        titles = [item.id] if item.kind == "production" else [str(one) for one in item.body.get("productions") or ()]
        by_title.setdefault(production or (titles[0] if titles else None), []).append(item)
    for title, mine in by_title.items():
        for start in range(0, len(mine), PORTION):
            yield title, mine[start : start + PORTION]


def _compare(context: Context, question: Question, items: Sequence[Recorded], own: Sequence[Pack], found: Difference) -> None:
    """Decide about a portion in both worlds and note what differs."""
    asked = ask(context, replace(question, overlay=()))
    facts = _facts(context, asked)
    before = _decided(facts, governance.gather(context, asked), asked)
    would = _facts(context, asked, question.overlay) if question.overlay else facts
    after = _decided(would, _in_force(governance.gather(context, asked, own), own), asked)
    sides = [_by_item(world, [item.id for item in items]) for world in (before, after)]
    texts = [_texts(world.evaluation) for world in (before, after)]
    for item in items:
        _note(found, item, [side[item.id] for side in sides], texts)


def _facts(context: Context, asked: Asked, overlay: Sequence[Mapping[str, Any]] = ()) -> Facts:
    question = asked.question
    return gather(
        context, subjects=asked.subjects, planned=None, act=question.act, at=asked.instant, known_at=asked.known_at,
        intent=intent_fact(asked), production=asked.production, overlay=overlay,
    )  # fmt: skip


def _decided(facts: Facts, ruling: governance.Governance, asked: Asked) -> _World:
    document = {**facts.document, "ahead": asked.question.ahead, "governance": ruling.document}
    try:
        return _World(facts, evaluate.run(ruling.packs, document))
    except PackError as error:
        raise errors.invalid("/packs", str(error)) from None


def _in_force(ruling: governance.Governance, own: Sequence[Pack]) -> governance.Governance:
    """The packs that are brought, as if two people had signed them and the production had adopted them."""
    document = dict(ruling.document)
    replaced = {pack.id for pack in own}
    document["adoptions"] = [one for one in document["adoptions"] if one["pack"] not in replaced] + [
        {"id": "simulated", "pack": pack.id, "digest": pack.digest, "mode": "blocking"} for pack in own
    ]
    document["signoffs"] = [*document["signoffs"], *({"id": "simulated", "pack": pack.id, "digest": pack.digest} for pack in own)]
    return replace(ruling, document=document)


def _by_item(world: _World, items: Sequence[str]) -> dict[str, dict[tuple[str, str], Finding]]:
    """For each item the causes that hold it or leave something owed, each with a finding of it."""
    reached = Reached(world.facts.library, items)
    held: dict[str, dict[tuple[str, str], Finding]] = {item: {} for item in items}
    for finding in world.evaluation.findings:
        if finding.weighs in OUTCOMES:
            key = (part_id(finding), finding.result)
            for item in reached.by(finding):
                held[item].setdefault(key, finding)
    return held


def _texts(evaluation: Evaluation) -> dict[tuple[str, str], dict[str, Any]]:
    """What each rule says by itself: under other packs a rule that asks what others asked before is a difference all the same."""
    return {(part["id"], cause["result"]): {**cause, **part} for cause in evaluation.causes for part in cause["parts"]}


class Reached:
    """Which of the items a finding is about: those whose lineage holds its subject."""

    def __init__(self, library: Library, items: Sequence[str]) -> None:
        """Turn the lineage round."""
        self.library, self.items = library, frozenset(items)
        self.above = library.used_by()
        self._known: dict[str, frozenset[str]] = {}

    def by(self, finding: Finding) -> frozenset[str]:
        """The items; all of them where the finding is about no record of a lineage."""
        about = finding.about or {}
        for name in (finding.subject.partition("/")[0], about.get("asset"), about.get("person")):
            found = self._items(name) if name else frozenset()
            if found:
                return found
        return self.items

    def _items(self, name: str) -> frozenset[str]:
        if name not in self._known:
            self._known[name] = self._climb(name) or self._concerned(name)
        return self._known[name]

    def _climb(self, name: str) -> frozenset[str]:
        """The items whose lineage holds the record."""
        seen, ahead = {name}, [name]
        while ahead:
            for user in self.above.get(ahead.pop(), ()):
                if user not in seen:
                    seen.add(user)
                    ahead.append(user)
        return self.items & seen

    def _concerned(self, name: str) -> frozenset[str]:
        """The items that a paper speaks of, or that a person appears in: what the record names, and what names the record."""
        view = self.library.get(name)
        if view is None or view.kind == "production":
            return frozenset()
        named = [target.partition("@")[0] for _, target in view.links if not target.startswith(("prd_", "pty_"))]
        naming = [one.id for kind in ("appearance", "generation") for one in self.library.about(name, kind)]
        return frozenset().union(*(self._climb(one) for one in (*named, *naming)))


def _note(found: Difference, item: Recorded, held: Sequence[Mapping[tuple[str, str], Finding]], texts: Sequence[Mapping[Any, Any]]) -> None:
    """Count an item, and put it under each cause that appears or goes away."""
    before, after = held
    outcomes = [outcome(side.values()) for side in held]
    found.looked_at += 1
    pair = (outcomes[0], outcomes[1])
    found.outcomes[pair] = found.outcomes.get(pair, 0) + 1
    if before.keys() == after.keys():
        return
    found.changed += 1
    told = {
        "id": item.id, "name": item.body.get("name"), "productions": [str(one) for one in item.body.get("productions") or ()],
        "before": outcomes[0], "after": outcomes[1],
    }  # fmt: skip
    for change, keys, side in (("appears", after.keys() - before.keys(), texts[1]), ("goes", before.keys() - after.keys(), texts[0])):
        for key in sorted(keys):
            _cause(found, change, key, side[key]).add(told)


def _cause(found: Difference, change: str, key: tuple[str, str], text: Mapping[str, Any]) -> _Cause:
    """The cause of the answer; a value that is not the same in every portion is not told of all of them."""
    named = (change, *key)
    values = dict(text.get("values") or {})
    if named not in found.causes:
        kept = (
            "id",
            "rule",
            "requirement",
            "code",
            "result",
            "would_be",
            "mode",
            "pack",
            "clause",
            "confidence",
            "says",
            "fix",
            "owner",
            "form",
        )
        found.causes[named] = _Cause({name: text[name] for name in kept if text.get(name) is not None}, values, change)
    known = found.causes[named]
    known.values = {name: value for name, value in known.values.items() if name in values and values[name] == value}
    return known


def outcome(findings: Any) -> str:
    """What findings come to for one item."""
    result = min((finding.weighs for finding in findings), key=RANK.__getitem__, default="pass")
    return OUTCOMES.get(result, "cleared")


def document(context: Context, found: Difference) -> dict[str, Any]:
    """The difference as the API answers it: causes worst first, with their sentences, items and owners."""
    order = sorted(
        found.causes.values(), key=lambda one: (one.change != "appears", RANK[one.told["result"]], one.told["rule"], one.told["id"])
    )
    names = answer.names_of(context, [one.values for one in order])
    return {
        "known_at": found.known_at,
        "packs": [{"id": pack.id, "digest": pack.digest} for pack in found.packs.values()],
        "looked_at": found.looked_at,
        "changed": found.changed,
        "outcomes": [{"before": before, "after": after, "count": count} for (before, after), count in sorted(found.outcomes.items())],
        "causes": [_told(cause, names) for cause in order],
        "next": found.next,
    }


def _told(cause: _Cause, names: Mapping[str, str]) -> dict[str, Any]:
    sentence = answer.render(cause.told.get("says"), cause.values, names, items=cause.count)
    productions = [{"id": production, "count": count} for production, count in sorted(cause.productions.items())]
    told = {**cause.told, "change": cause.change, "count": cause.count, "productions": productions, "items": cause.items}
    return told | ({"sentence": sentence} if sentence else {})
