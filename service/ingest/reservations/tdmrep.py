"""TDM Reservation Protocol: `tdm-reservation` and `tdm-policy`, in tdmrep.json, HTTP headers, the head of a page, or XMP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from service import errors
from service.ingest import jsontext
from service.ingest.reservations import crosswalk, paths
from service.ingest.reservations.observation import MOST_BYTES, Answer, Given, Observation, Use, address, stated, words

NAME = "tdmrep"
_RULES = 5_000
_ANSWERS: Mapping[str, Answer] = {"1": "reserved", "0": "allowed"}
_SAYS = "tdm-reservation"


def read(given: Given) -> list[Observation]:
    """What tdmrep.json says of the work: the rule with the longest location counts, and what is reserved for a part counts for all."""
    base = Observation(NAME, given.place, "unreadable", carrier="well_known", version=crosswalk.version(NAME))
    try:
        listed = jsontext.parse(given.content, "/file", MOST_BYTES)
    except errors.Problem:
        return [base]
    if not isinstance(listed, list) or len(listed) > _RULES or not all(_sound(rule) for rule in listed):
        return [replace(base, found=words(["not a list of rules with location and tdm-reservation"]))]
    whole, parts = paths.chosen(((rule["location"], rule) for rule in listed), paths.path_of(given.about))
    found = [*whole, *(rule for rule in parts if rule[_SAYS] == 1)]
    if not found:
        return [replace(base, answer="none_found")]
    return _together(base, [(str(int(rule[_SAYS])), rule.get("tdm-policy"), f"{rule['location']}: {rule[_SAYS]}") for rule in found])


def fields(reservations: Iterable[str], policies: Iterable[str], place: str, carrier: str) -> list[Observation]:
    """What header fields, meta elements or XMP properties say; `none_found` without any."""
    values, policy = [value.strip() for value in reservations], next(iter(policies), None)
    base = Observation(NAME, place, "none_found", carrier=carrier, version=crosswalk.version(NAME))
    if not values:
        return [base]
    return _together(base, [(value, policy, f"{_SAYS}: {value}") for value in values])


def _sound(rule: Any) -> bool:
    return isinstance(rule, dict) and isinstance(rule.get("location"), str) and rule.get(_SAYS) in (0, 1)


def _together(base: Observation, said: list[tuple[str, Any, str]]) -> list[Observation]:
    """Several statements: one reservation reserves all; a value that is neither 0 nor 1 cannot be read."""
    told = replace(base, found=words(line for _, _, line in said))
    if any(value not in _ANSWERS for value, _, _ in said):
        return [replace(told, answer="unreadable")]
    reserved = next((policy for value, policy, _ in said if value == "1"), None)
    answer: Answer = "reserved" if any(value == "1" for value, _, _ in said) else "allowed"
    terms = address(base.place, reserved) if isinstance(reserved, str) else None
    return stated(told, dict.fromkeys(crosswalk.permissions(NAME, _SAYS), Use(answer, terms)))
