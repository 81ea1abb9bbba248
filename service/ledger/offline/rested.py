"""What decisions rest on: that it was there, and was what counted then; and releases, that they stay within their decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from service.ledger.offline.content import Entry, Log
from service.ledger.offline.decided import BROKEN, Broken, content, subjects
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some, some_of
from service.rules import releasing
from service.rules.moments import moment


def check_read(folder: Folder, log: Log, report: Report) -> None:
    """What decisions read is here, was there before them, and counted then."""
    faults, absent = list[str](), dict[str, None]()
    for entry in log.of("decision"):
        faults += _read(folder, log, entry, absent)
    if log.of("decision"):
        told = (
            "What the decisions read was in the log before them, and was the newest that counted then, or the version that was built upon."
        )
        report.settle(faults, told)
    if absent:
        report.open.append(
            f"What {some(len(absent), 'record')} say that decisions read: only the names are here ({some_of(absent)}), the entries are not in this"
            " bundle. Ask for them."
        )


def _read(folder: Folder, log: Log, entry: Entry, absent: dict[str, None]) -> Iterator[str]:
    try:
        listed = [(str(record), int(version)) for record, version in json.loads(content(folder, entry, "read"))]
        size, at = int(entry.body["log_size"]), moment(entry.body.get("at"))
    except (Broken, *BROKEN) as fault:
        yield f"What {entry.name} read cannot be told: {fault}"
        return
    named = {record for record, _ in listed}
    for record, version in listed:
        place = log.places.get((record, version))
        if place is None and log.whole:
            yield f"{entry.name} says that it read {record} version {version}, which is not in the log."
        elif place is None:
            absent[record] = None
        elif place >= entry.index:
            yield f"{entry.name} says that it read {record} version {version}, which was recorded only afterwards."
        elif _replaced(log, record, version, size, at) and named.isdisjoint(log.pins.get((record, version), ())):
            yield f"{entry.name} read {record} version {version} although a newer one was there, and nothing that it read builds on the older."


def _replaced(log: Log, record: str, version: int, size: int, at: Any) -> bool:
    """Whether a newer version counted at an instant: an amendment counts from its date, a correction with what it corrects."""
    counts_from = None
    while log.places.get((record, version + 1), size) < size:
        version += 1
        counts_from = log.amended.get((record, version), counts_from)
        begins = moment(counts_from)
        if begins is None or at is None or begins[0] <= at[0]:
            return True
    return False


def check_releases(folder: Folder, log: Log, report: Report) -> None:
    """A release stands under a decision that lets it out, and nothing that it read had changed."""
    decisions = {(entry.name, entry.document["version"]): entry for entry in log.of("decision")}
    faults: list[str] = []
    for entry in log.of("release"):
        if entry.document["version"] != 1:
            continue
        name, _, version = str(entry.body.get("decision")).partition("@")
        decision = decisions.get((name, int(version) if version.isdecimal() else 1))
        if decision is None or decision.index > entry.index:
            where = "not here" if decision is None else "recorded only afterwards"
            faults.append(f"The release {entry.name} names a decision that is {where}: {name}.")
            continue
        try:
            faults += _beyond(folder, decision, entry)
            faults += _changed_between(folder, log, decision, entry) if log.whole else ()
        except (Broken, *BROKEN) as fault:
            faults.append(f"Whether the release {entry.name} stands under {name} cannot be told: {fault}")
    if log.of("release"):
        between = ", and nothing that it had read was changed or taken back in between" if log.whole else ""
        report.settle(faults, f"{some(len(log.of('release')), 'release')} made under a cleared decision about it{between}.")


def _beyond(folder: Folder, decision: Entry, release: Entry) -> Iterator[str]:
    """Say where a release goes beyond its decision."""
    body, asked, wanted = decision.body, decision.body.get("intent") or {}, release.body.get("intent") or {}
    if body.get("outcome") not in releasing.CLEARED or not releasing.is_about_a_release(body):
        act = f"{body.get('act')}{' as a hypothesis' if body.get('hypothetical') else ''}"
        yield f"The release {release.name} stands under {decision.name}, which was {body.get('outcome')} for the act {act}."
        return
    if others := sorted(set(_released(folder, release)) - set(subjects(folder, decision))):
        yield f"The release {release.name} lets out {', '.join(others[:5])}, of which its decision {decision.name} says nothing."
    if wanted != asked and (past := releasing.beyond(asked, wanted)):
        yield f"The release {release.name} goes beyond its decision {decision.name} in {', '.join(past)}."
    at = moment(release.document.get("recorded_at"))
    if at is None or releasing.ended(body, at[0]):
        yield f"The release {release.name} came after its decision {decision.name} had ended, on {body.get('valid_until')}."


def _released(folder: Folder, release: Entry) -> Iterator[str]:
    """The assets and the delivery that a release names; a list may name a delivery too."""
    body = release.body
    named = json.loads(content(folder, release, "asset_list")) if "asset_list" in body else body.get("assets") or ()
    yield from (str(name).partition("@")[0] for name in (*named, *([body["delivery"]] if body.get("delivery") else [])))


def _changed_between(folder: Folder, log: Log, decision: Entry, release: Entry) -> Iterator[str]:
    """Say what was recorded between a decision and its release about anything that the decision rests on."""
    listed = json.loads(content(folder, decision, "read"))
    span = range(int(decision.body["log_size"]), release.index)
    for record, version in listed:
        newer = log.places.get((record, version + 1), -1)
        if newer in span or any(index in span for index in log.affected.get(record, ())):
            yield f"The release {release.name} came after {record} had changed, which its decision rests on."
