"""Decisions, decided again: from the facts and packs that the log names, by the evaluator that is part of this program."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from service.ledger.offline.content import Entry, Log
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some
from service.rules import evaluate
from service.rules.findings import EVALUATOR
from service.rules.moments import moment
from service.rules.pack import Pack

BROKEN = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
CLEARED = ("cleared", "cleared_with_obligations")
MISSING = "{} of {} is missing from the bundle, or was replaced: no file has the digest that the log names."


class Broken(Exception):
    """A decision does not follow; the sentence says why."""


class Unsure(Exception):
    """It cannot be said whether a decision follows; the sentence says why."""


def check_decisions(folder: Folder, log: Log, report: Report) -> None:
    """Decide every decision again and compare every byte of the findings."""
    faults, unsure, again, began = [], [], 0, time.perf_counter()
    packs: dict[str, Pack] = {}
    for entry in log.of("decision"):
        try:
            _decide_again(folder, entry, packs)
            again += 1
        except Broken as fault:
            faults.append(str(fault))
        except Unsure as doubt:
            unsure.append(str(doubt))
    report.numbers.update(decisions=len(log.of("decision")), decided_again=again, decided_seconds=round(time.perf_counter() - began, 3))
    told = f"{some(again, 'decision')} follow from their facts and packs: decided again by evaluator {EVALUATOR}, the findings are the same to the byte."
    report.settle(faults, told, of=again)
    report.open += unsure[:10] + ([f"… and {len(unsure) - 10} more decisions."] if len(unsure) > 10 else [])
    if again:
        report.open.append(
            "Whether the facts of a decision are what its records mean: the service derives them. Which records it read is checked, and they are here."
        )


def _decide_again(folder: Folder, entry: Entry, known: dict[str, Pack]) -> None:
    facts, stored = content(folder, entry, "facts"), content(folder, entry, "findings")
    packs = [_pack(folder, entry, used, known) for used in entry.body.get("packs") or ()]
    try:
        document, said = json.loads(facts), json.loads(stored)
        result = evaluate.run(packs, document)
        _compare(entry, document, {name: said[name] for name in ("evaluator", "outcome", "valid_until")} | _causes(said["causes"]))
        found = result.bytes()
    except BROKEN as fault:
        told = f"its facts, findings or packs are not usable ({type(fault).__name__}: {fault})"
        raise Broken(f"{entry.name} cannot be decided again: {told}.") from fault
    if said["evaluator"] != EVALUATOR:
        told = f"was made by evaluator {said['evaluator']}; this program carries {EVALUATOR}, whose outcome would be {result.outcome}"
        raise Unsure(f"Whether {entry.name} follows: it {told}. It says {said['outcome']}.")
    if found != stored:
        told = f"decided again, the findings are others than those stored. Outcome now: {result.outcome}"
        raise Broken(f"{entry.name} does not follow: {told}.")


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


def check_read(folder: Folder, log: Log, report: Report) -> None:
    """What decisions read is here, was there before them, and was the newest then."""
    faults, absent = [], 0
    for entry in log.of("decision"):
        for fault in _read(folder, log, entry):
            if fault is None:
                absent += 1
            else:
                faults.append(fault)
    if log.of("decision"):
        report.settle(faults, "What the decisions read was in the log before them, and was the newest that the log had then.")
    if absent:
        report.open.append(f"Of {some(absent, 'record')} that decisions read only the names are here: the entries are not in this bundle.")


def _read(folder: Folder, log: Log, entry: Entry) -> Iterator[str | None]:
    try:
        listed = json.loads(content(folder, entry, "read"))
        size = int(entry.body["log_size"])
    except (Broken, *BROKEN) as fault:
        yield f"What {entry.name} read cannot be told: {fault}"
        return
    for record, version in listed:
        place = log.places.get((record, version))
        newer = log.places.get((record, version + 1), log.size)
        if place is None:
            yield f"{entry.name} says that it read {record} version {version}, which is not in the log." if log.whole else None
        elif place >= entry.index:
            yield f"{entry.name} says that it read {record} version {version}, which was recorded only afterwards."
        elif newer < size:
            yield f"{entry.name} read {record} version {version} although a newer one was there."


def check_releases(folder: Folder, log: Log, report: Report) -> None:
    """A release stands under a cleared decision, and nothing that it read had changed."""
    decisions = {(entry.name, entry.document["version"]): entry for entry in log.of("decision")}
    faults: list[str] = []
    for entry in log.of("release"):
        if entry.document["version"] != 1:
            continue
        name, _, version = str(entry.body.get("decision")).partition("@")
        decision = decisions.get((name, int(version) if version.isdecimal() else 1))
        if decision is None or decision.index > entry.index:
            faults.append(f"The release {entry.name} names a decision that is not here: {name}.")
        elif decision.body.get("outcome") not in CLEARED or decision.body.get("hypothetical"):
            faults.append(f"The release {entry.name} stands under {name}, which was {decision.body.get('outcome')}.")
        elif log.whole:
            faults += _changed_between(folder, log, decision, entry)
    if log.of("release"):
        between = ", and nothing that it had read was changed or taken back in between" if log.whole else ""
        report.settle(faults, f"{some(len(log.of('release')), 'release')} made under a cleared decision{between}.")


def _changed_between(folder: Folder, log: Log, decision: Entry, release: Entry) -> Iterator[str]:
    """Say what was recorded between a decision and its release about anything that the decision rests on."""
    try:
        listed = json.loads(content(folder, decision, "read"))
        span = range(int(decision.body["log_size"]), release.index)
    except (Broken, *BROKEN):
        return
    for record, version in listed:
        newer = log.places.get((record, version + 1), -1)
        if newer in span or any(index in span for index in log.affected.get(record, ())):
            yield f"The release {release.name} came after {record} had changed, which its decision rests on."
