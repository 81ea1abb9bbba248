"""A stored decision put again with records laid over the log, which are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.kinds import KINDS
from service.context import Context
from service.decisions import drafts, governance, planning
from service.decisions.question import Asked, Question, intent_fact
from service.decisions.releases import subjects_of
from service.decisions.replay import content, planned_of
from service.facts.gather import Facts, gather
from service.records.model import Recorded
from service.rules import evaluate
from service.rules.causes import part_id
from service.rules.findings import Evaluation
from service.rules.names import RANK
from service.rules.pack import Pack

SUBJECTS: Final = 200
"""So many subjects are decided again; of a longer list some are looked at."""

Held = frozenset[tuple[str, str]]
Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: a record to lay (`spec`), or what people would conclude (`ruling`), and the causes that asked for it."""

    key: str
    step: Step
    clears: frozenset[str]
    spec: Mapping[str, Any] | None = None
    ruling: tuple[str, Mapping[str, Any]] | None = None
    first: Item | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One answer: facts, evaluation, and the names that the overlay's records have in both."""

    facts: Facts
    evaluation: Evaluation
    keys: Mapping[str, str]

    @property
    def held(self) -> Held:
        """What stands in the way: what a rule asks, and of which subject."""
        return frozenset(
            (part_id(one), self._called(one.subject)) for one in self.evaluation.findings if RANK[one.weighs] <= RANK["review"]
        )

    def _called(self, subject: str) -> str:
        name, slash, part = subject.partition("/")
        return self.keys.get(name, name) + slash + part

    def named(self, value: Any) -> Any:
        """A value of the rules with the overlay's records by their keys."""
        if isinstance(value, Mapping):
            return {name: self.named(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.named(inner) for inner in value]
        return self._called(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Case:
    """A stored decision as a question that can be put again with records laid over the log."""

    context: Context
    decision: Recorded
    asked: Asked
    packs: tuple[Pack, ...]
    ruling: Mapping[str, Any]

    @classmethod
    def of(cls, context: Context, decision: Recorded) -> Case:
        """Take up what was decided: its subjects, packs and standing."""
        body = decision.body
        subjects = subjects_of(context, decision)[:SUBJECTS]
        planned = planned_of(context, decision)
        at = datetime.fromisoformat(body["at"])
        question = Question(subjects, body["act"], planned, at, body["log_size"], ahead=body.get("ahead", True))
        asked = Asked(
            question, tuple(subjects), body.get("production"), body.get("intent") or {}, body.get("profile"), at, body["log_size"]
        )
        packs = tuple(governance.pack_by_digest(context, used["digest"]) for used in body["packs"])
        return cls(context, decision, asked, packs, content(context, decision, "facts")["governance"])

    def tried(self, items: Sequence[Item]) -> Tried:
        """Decide again with the items; raises `Invalid` for one that cannot be laid."""
        asked, question = self.asked, self.asked.question
        laid = [spec for spec, _ in laid_of(items) if not planning.of_plan(spec)]
        planned = planning.told(question.planned, [spec for spec, _ in laid_of(items) if planning.of_plan(spec)])
        facts = gather(
            self.context, subjects=asked.subjects, planned=planned, act=question.act, at=asked.instant,
            known_at=asked.known_at, intent=intent_fact(asked), production=asked.production, overlay=laid,
            wanted=frozenset().union(*(pack.collections for pack in self.packs)),
        )  # fmt: skip
        keys = {f"{KINDS[spec['kind']].prefix}_{place:026}": f"${spec['key']}" for place, spec in enumerate(laid) if "kind" in spec}
        keys |= {f"planned_{item.key}": f"${item.key}" for item in items if item.spec and planning.of_plan(item.spec)}
        ruling = {name: list(entries) for name, entries in self.ruling.items()}
        for item in items:
            if item.ruling:
                ruling.setdefault(item.ruling[0], []).append(item.ruling[1])
        document = {**facts.document, "ahead": question.ahead, "governance": ruling}
        return Tried(facts, evaluate.run(self.packs, document), keys)


def laid_of(items: Sequence[Item]) -> list[tuple[dict[str, Any], list[Item]]]:
    """The overlay of the items, each part with the items that it comes from: what is said of one record is one version of it."""
    laid: list[tuple[dict[str, Any], list[Item]]] = []
    for item in items:
        if item.spec is None:
            continue
        same = next((one for one in laid if "id" in one[0] and one[0]["id"] == item.spec.get("id")), None)
        if same:
            same[0]["patch"] = drafts.together(same[0]["patch"], item.spec["patch"])
            same[1].append(item)
        else:
            laid.append(({**item.spec, **({"key": item.key} if "kind" in item.spec else {})}, [item]))
    return laid
