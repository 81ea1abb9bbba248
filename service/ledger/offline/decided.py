"""Decisions, decided again: from the facts and packs that the log names, by the evaluator that is part of this program."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from service.ledger.offline.content import Entry, Log
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some, some_of
from service.rules import evaluate
from service.rules.findings import EVALUATOR
from service.rules.moments import moment
from service.rules.pack import Pack

BROKEN = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
PLANNED = "planned_"
DERIVED = frozenset({"marketing"})
"""What the facts add to an intent."""
NAMED = 5
MISSING = "{} of {} is missing from the bundle, or was replaced: no file has the digest that the log names."


class Broken(Exception):
    """A decision does not follow; the sentence says why."""


@dataclass(frozen=True)
class Other:
    """A decision that another evaluator made: by its number, what was stored, and what this one makes of the same facts and packs."""

    name: str
    evaluator: Any
    stored: str
    found: str | None


def check_decisions(folder: Folder, log: Log, report: Report) -> None:
    """Decide every decision again and compare every byte of the findings."""
    faults, others, again, began = [], list[Other](), 0, time.perf_counter()
    packs: dict[str, Pack] = {}
    for entry in log.of("decision"):
        try:
            other = _decide_again(folder, entry, packs)
        except Broken as fault:
            faults.append(str(fault))
        else:
            again += other is None
            others += [other] if other else []
    report.numbers.update(decisions=len(log.of("decision")), decided_again=again, decided_seconds=round(time.perf_counter() - began, 3))
    told = f"{some(again, 'decision')} follow from their facts and packs: decided again by evaluator {EVALUATOR}, the findings are the same to the byte."
    report.settle(faults, told, of=again)
    report.open += [_of_another_evaluator(number, list(made)) for number, made in groupby(sorted(others, key=_number), key=_number)]
    if again:
        report.open.append(
            "Whether the facts of a decision are what its records mean: the service derives them. Which records it read is checked, and they are here."
        )


def _number(other: Other) -> str:
    return str(other.evaluator)


def _of_another_evaluator(number: str, made: list[Other]) -> str:
    """What is known of decisions that another evaluator made, and how its reader can learn the rest."""
    names = some_of([other.name for other in made])
    same = sum(other.found == other.stored for other in made)
    differ = [f"{other.name} says {other.stored}, now {other.found or 'not decidable'}" for other in made if other.found != other.stored]
    others = f": {'; '.join(differ[:NAMED])}{'; …' if len(differ) > NAMED else ''}" if differ else ""
    return (
        f"Of {some(len(made), 'decision')} made by evaluator {number} ({names}): whether the findings follow. Facts, packs and findings are"
        f" those that the log names, unchanged; evaluator {EVALUATOR}, which this program carries, comes to the stored outcome in {same} of"
        f" {len(made)}{others}. To establish it, run the verify.py of a bundle that was made while evaluator {number} decided, on this bundle;"
        " or ask for the same question to be decided anew."
    )


def _decide_again(folder: Folder, entry: Entry, known: dict[str, Pack]) -> Other | None:
    """Raise `Broken` where a decision does not follow; return one that another evaluator made, of which that cannot be said."""
    facts, stored = content(folder, entry, "facts"), content(folder, entry, "findings")
    packs = [_pack(folder, entry, used, known) for used in entry.body.get("packs") or ()]
    try:
        document, said = json.loads(facts), json.loads(stored)
        _compare(entry, document, {name: said[name] for name in ("evaluator", "outcome", "valid_until")} | _causes(said["causes"]))
        _compare_question(folder, entry, document)
        if said["evaluator"] != EVALUATOR:
            return Other(entry.name, said["evaluator"], str(said["outcome"]), _outcome(packs, document))
        result = evaluate.run(packs, document)
        found = result.bytes()
    except BROKEN as fault:
        told = f"its facts, findings or packs are not usable ({type(fault).__name__}: {fault})"
        raise Broken(f"{entry.name} cannot be decided again: {told}.") from fault
    if found != stored:
        told = f"decided again, the findings are others than those stored. Outcome now: {result.outcome}"
        raise Broken(f"{entry.name} does not follow: {told}.")
    return None


def _outcome(packs: list[Pack], facts: dict[str, Any]) -> str | None:
    """What this evaluator makes of facts that were gathered for another; None where it cannot read them."""
    try:
        return evaluate.run(packs, facts).outcome
    except BROKEN:
        return None


def _causes(causes: list[dict[str, Any]]) -> dict[str, Any]:
    """What an entry says of the causes of its findings."""
    names = list(dict.fromkeys(cause["id"][:300] for cause in causes))
    return {"causes": names[:100], "cause_count": len(names)}


def _compare(entry: Entry, facts: Mapping[str, Any], decided: Mapping[str, Any]) -> None:
    """The entry says what the findings say, and asks what the facts answer."""
    stated = {name: (entry.body.get(name), value) for name, value in decided.items()}
    stated |= {name: (entry.body.get(name), facts.get(name)) for name in ("act", *({"known_at"} & facts.keys()))}
    stated["at"] = (moment(entry.body.get("at")), moment(facts.get("at")))
    for name, (said, found) in stated.items():
        if said != found:
            raise Broken(
                f"{entry.name} states {name} {entry.body.get(name)!r}, but its facts and findings give {facts.get(name, found)!r}."
            )


def _compare_question(folder: Folder, entry: Entry, facts: Mapping[str, Any]) -> None:
    """The entry asks about what the facts are about: subjects, title, and where it is meant to go."""
    stated: dict[str, tuple[Any, Any]] = {
        "subjects": (set(subjects(folder, entry)), {name for name in facts["subjects"] if not name.startswith(PLANNED)})
    }
    if facts.get("production") and entry.body.get("production"):
        stated["production"] = (entry.body["production"], facts["production"]["$ref"])
    asked, found = intent(entry.body), facts["intent"]
    stated |= {f"intent, {name}": (asked.get(name), found.get(name)) for name in (asked.keys() | found.keys()) - DERIVED}
    for name, (said, known) in stated.items():
        if said != known:
            raise Broken(f"{entry.name} states {_in_words(said)} as {name}, but its facts are about {_in_words(known)}.")


def _in_words(value: Any) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, set) else json.dumps(value)


def subjects(folder: Folder, entry: Entry) -> list[str]:
    """The ids that a decision says it is about."""
    named = json.loads(content(folder, entry, "subject_list")) if "subject_list" in entry.body else entry.body.get("subjects") or ()
    return [str(name).partition("@")[0] for name in named]


def intent(body: Mapping[str, Any]) -> dict[str, Any]:
    """The intent of a decision as rules see it."""
    asked = dict(body.get("intent") or {})
    window = asked.pop("window", None)
    asked |= {"profile": body["profile"]} if body.get("profile") else {}
    if window is not None:
        bounds = {"from": window.get("start"), "to": "*" if window.get("perpetual") else window.get("end")}
        asked["window"] = {name: bound for name, bound in bounds.items() if bound is not None}
    return {name: value for name, value in asked.items() if value is not None}


def content(folder: Folder, entry: Entry, name: str) -> bytes:
    """The content that an entry names, under the digest that it states."""
    named = entry.body.get(name)
    digest = named.get("sha256") if isinstance(named, dict) else None
    path = f"blobs/{digest}"
    if not folder.has(path):
        raise Broken(MISSING.format(f"The content '{name}'", entry.name))
    found = folder.read(path)
    if sha256(found).hexdigest() != digest:
        raise Broken(f"The {name} of {entry.name} were changed: {path} does not have the digest that the log names.")
    return found


def _pack(folder: Folder, entry: Entry, used: Mapping[str, Any], known: dict[str, Pack]) -> Pack:
    """The pack that a decision names; one that was read before is not read again."""
    digest, path = str(used.get("digest")), f"packs/{used.get('digest')}.json"
    if digest not in known:
        if not folder.has(path):
            raise Broken(MISSING.format(f"The pack {used.get('id')}", entry.name))
        raw = folder.read(path)
        if sha256(raw).hexdigest() == digest and (pack := _parsed(raw)) is not None and pack.digest == digest:
            known[digest] = pack
    if digest not in known or known[digest].id != used.get("id"):
        raise Broken(f"The pack {used.get('id')} of {entry.name} was changed: {path} does not have the digest that the log names.")
    return known[digest]


def _parsed(raw: bytes) -> Pack | None:
    try:
        document = json.loads(raw)
    except BROKEN:
        return None
    return Pack(document) if isinstance(document, dict) and isinstance(document.get("pack"), str) else None
