"""What is not stated, and by whom it could be: the record that a missing field belongs to, and what it could say there.

A field of the record itself is amended. One of another record is stated on that, where there is one, else on a new paper about the first.
Pure: who asks decides which of the things that could be said leaves least in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

from schemas.kinds import KINDS
from schemas.naming import field_at, place
from schemas.records.evidence.record import TYPES
from service.decisions import drafts
from service.decisions.drafts import Matter
from service.facts.library import View

Step = Mapping[str, Any]
MODEL: Final[Step] = {"action": "record", "kind": "model"}
PARTY: Final[Step] = {"action": "record", "kind": "party"}
COMBINED: Final = 24
"""So many ways of stating several fields of one paper are tried."""


def parted(step: Step, matter: Matter) -> list[Step]:
    """A step that amends, one for each record that its fields belong to; any other as it is."""
    view = matter.view(step.get("record")) if step["action"] == "amend" else None
    if view is None:
        return [step]
    own: list[str] = []
    others: dict[tuple[str, str | None], list[str]] = {}
    for name in step["fields"]:
        found = place(view.kind, view.type if view.kind == "evidence" else None, name)
        if found is None or found.kind is None:
            own.append(name)
        else:
            others.setdefault((found.kind, found.type), []).append(".".join(found.path))
    instead = {"instead": step["instead"]} if "instead" in step else {}
    if _unknown_model(matter):
        others = {
            key: names for key, names in others.items() if "model" not in str((drafts.templates().get(str(key[1])) or {}).get("model"))
        }
    stated = [_on(view, kind, type_, names, matter) | instead for (kind, type_), names in others.items()]
    return [*([{**step, "fields": own}] if own else []), *stated]


def _unknown_model(matter: Matter) -> bool:
    """Whether no model is on record, so that a paper about one has to wait for it."""
    return not any(True for _ in matter.library.of("model"))


def founded(spec: dict[str, Any], key: str, matter: Matter) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A draft that names what is not on record under the key, and the draft of that: the model of a run, whoever signs for an estate."""
    body = spec.get("body") or {}
    if spec.get("kind") == "consent" and "grantor" not in body and body.get("capacity") != "self":
        return {**spec, "body": {**body, "grantor": f"${key}"}}, drafts.record(PARTY, None, None, matter)
    if spec.get("kind") != "generation" or body.get("models"):
        return spec, None
    return {**spec, "body": {**body, "models": [{"model": f"${key}"}]}}, drafts.record(MODEL, None, None, matter)


def _on(view: View, kind: str, type_: str | None, names: list[str], matter: Matter) -> dict[str, Any]:
    """To amend the record of that kind that has to do with this one, else to record a paper about it."""
    if (view.kind, view.type if type_ else None) == (kind, type_):
        return {"action": "amend", "record": view.id, "fields": names}
    for near in matter.library.of(kind, type_) if type_ else matter.library.of(kind):
        if _speaks(near, view) or _speaks(view, near):
            return {"action": "amend", "record": near.id, "fields": names}
    return {"action": "state", "kind": kind, **({"type": type_} if type_ else {}), "for": view.id, "fields": names}


def _speaks(one: View, other: View) -> bool:
    return any(target.partition("@")[0] == other.id for _, target in one.links)


def papers(step: Step, matter: Matter) -> Iterator[dict[str, Any]]:
    """New papers that would state the fields of a step, one for each thing that they could say."""
    about, type_ = matter.view(step["for"]), step.get("type")
    if step["kind"] != "evidence" or type_ is None:
        return
    schema = TYPES[type_]()
    base = {**drafts.plain(schema, about, matter, flags=False), **drafts.filled(step, matter)}
    said = [[(name, value) for value in drafts.sayable(field_at(schema, name.split(".")), name, matter)] for name in step["fields"]]
    for values in islice(product(*(one for one in said if one)), COMBINED) if any(said) else ():
        details = dict(base)
        for name, value in values:
            details = drafts.together(details, drafts.nested(name.split("."), value))
        body = {"type": type_, "subjects": [step["for"]], "details": details}
        yield {"kind": "evidence", "body": body | ({"productions": [matter.production]} if matter.production else {})}


def amendments(view: View | None, name: str, matter: Matter) -> tuple[View | None, list[dict[str, Any]]]:
    """The record that a missing field belongs to, over references if need be, and the patches that would state it."""
    path = [part for part in name.split(".") if part and part != "details"]
    while view is not None and len(path) > 1:
        over = field_at(_schema(view), path[:1])
        if not hasattr(over, "kinds"):
            break
        view, path = matter.view({**view.body, **view.details}.get(path[0])), path[1:]
    if view is None or not path:
        return None, []
    schema = _schema(view)
    own = view.kind == "evidence" and field_at(schema, path) is not None
    last = field_at(schema if own or view.kind != "evidence" else KINDS[view.kind].schema, path)
    whole = ["details", *path] if own else path
    return view, [drafts.nested(whole, value) for value in drafts.sayable(last, path[-1], matter, view)]


def _schema(view: View) -> Any:
    return TYPES[view.type]() if view.kind == "evidence" else KINDS[view.kind].schema
