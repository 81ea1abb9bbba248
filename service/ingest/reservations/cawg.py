"""CAWG training and data mining, and its C2PA forerunner: what the active manifest of a file says, as the judge has read it.

`constrained` without its terms counts as not allowed. A permission in a manifest that does not hold is nobody's word; a prohibition in it is
taken all the same, since whoever broke the file was not the one to lift it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from service.ingest.provider import at, listed, text
from service.ingest.reservations import crosswalk
from service.ingest.reservations.observation import Answer, Observation, Use, address, stated, stricter, words

LABELS: Final[Mapping[str, str]] = {"cawg.training-mining": "cawg", "c2pa.training-mining": "c2pa"}
_ANSWERS: Final[Mapping[str, Answer]] = {"allowed": "allowed", "notallowed": "reserved", "constrained": "constrained"}


def read(report: Mapping[str, Any], place: str) -> list[Observation]:
    """What the manifests of a judged file say; `report` is the verdict with the reader's own report under `store`."""
    store = report.get("store") if isinstance(report.get("store"), Mapping) else {}
    base = Observation("cawg", place, "none_found", carrier="c2pa_manifest", version=crosswalk.version("cawg"))
    if report.get("state") == "Unreadable":
        return [replace(base, answer="unreadable", found=words([str(report.get("reason") or "")]))]
    active = _active(store)
    holds = report.get("state") in {"Trusted", "Valid"} and report.get("tampered") is False
    found = [one for assertion in _assertions(active) for one in _assertion(assertion, base, holds=holds)]
    return found or [base]


def kept(report: Mapping[str, Any]) -> list[Any]:
    """The assertions that speak of mining and training, as they stand; what else a manifest says, of people too, is not kept."""
    return [assertion for _, assertion in _assertions(_active(report.get("store")))]


def _active(store: Any) -> Any:
    return at(store, "manifests", str(at(store, "active_manifest")))


def _assertions(manifest: Any) -> Iterator[tuple[str, Any]]:
    for assertion in listed(at(manifest, "assertions")):
        label = (text(assertion, "label") or "").partition("__")[0]
        if label in LABELS:
            yield LABELS[label], assertion


def _assertion(assertion: tuple[str, Any], base: Observation, *, holds: bool) -> list[Observation]:
    system, whole = assertion
    told = replace(base, signal=system, version=crosswalk.version(system))
    entries = at(whole, "data", "entries")
    if not isinstance(entries, Mapping):
        return [replace(told, answer="unreadable")]
    uses: dict[str, Use] = {}
    lines: list[str] = []
    for name, entry in list(entries.items())[:100]:
        said = (entry if isinstance(entry, str) else text(entry, "use")) or ""
        info = text(entry, "constraint_info", "constraints_info")
        lines.append(f"{str(name)[:80]}: {said[:40]}" + (f" ({info[:120]})" if info else ""))
        answer = _ANSWERS.get(said.lower(), "unreadable")
        for use in crosswalk.permissions(system, str(name)):
            kept: Answer = "unreadable" if answer == "allowed" and not holds else answer
            uses[use] = stricter(uses.get(use), Use(kept, address(base.place, info) if info and "://" in info else None))
    told = replace(told, found=words(lines))
    return stated(told, uses) if uses else [replace(told, answer="unreadable")]
