"""What a plan would have to say besides: of a subject that is not in the log there are no papers, so the question itself says more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.decisions import drafts
from service.facts import planned as inline

Spec = Mapping[str, Any]

_PLANNED: Final = re.compile(r"planned_(.+)")


def of_plan(spec: Spec) -> bool:
    """Whether a draft speaks of a planned record, so that it can only be part of the plan."""
    return _names(spec)


def _names(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_names(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_names(inner) for inner in value)
    return isinstance(value, str) and bool(_PLANNED.fullmatch(value))


def told(planned: Mapping[str, Any] | None, specs: Iterable[Spec]) -> Mapping[str, Any] | None:
    """The plan with what the drafts add to it: further fields of its records, and further records."""
    listed = list(specs)
    if planned is None or not listed:
        return planned
    records = inline.records(planned)
    for spec in listed:
        if "id" in spec:
            of = next((one for one in records if f"planned_{one['key']}" == spec["id"]), None)
            if of is not None:
                of["body"] = drafts.together(of["body"], _keyed(spec["patch"]))
        else:
            records.append({"kind": spec["kind"], "key": spec["key"], "body": _keyed(spec["body"])})
    return {"records": records}


def shown(spec: Spec) -> dict[str, Any]:
    """A draft as a step: what to add to which record of the plan, or which record to add to it."""
    if "id" in spec:
        return {"record": f"${spec['id'].removeprefix('planned_')}", "patch": _keyed(spec["patch"])}
    return {"kind": spec["kind"], "key": spec["key"], "body": _keyed(spec["body"])}


def _keyed(value: Any) -> Any:
    """Planned records by their keys, as the records of one plan call one another."""
    if isinstance(value, Mapping):
        return {name: _keyed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_keyed(inner) for inner in value]
    found = _PLANNED.fullmatch(value) if isinstance(value, str) else None
    return f"${found[1]}" if found else value
