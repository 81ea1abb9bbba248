"""Planned subjects, given inline: what somebody means to make, and asks about before it is in the log.

A planned subject is one record, `{"kind", "body"}`, several, `{"records": [{"kind", "key"?, "body"}…]}`, or short
`{"generation": {…}, "appearance": [{…}, …]}`: bodies in the wire format that may refer to one another by `$key` (in the short
form the kind is the key: `$generation`, `$appearance.1`). What they will belong to need not exist yet, so references that a
record must have may be missing. They get ids of their own, `planned_<key>`, that no record can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from schemas.kinds import KINDS
from schemas.references import Reference, commitments, link, references, visit
from service import errors
from service.context import Context
from service.facts.library import View
from service.records import listed
from service.records.pointers import copy, drop
from service.records.subjects import MOST, Target
from service.records.write import field_errors


def views(
    context: Context, planned: Mapping[str, Any] | None, laid: Mapping[str, str] = MappingProxyType({})
) -> tuple[list[View], list[str]]:
    """Return planned records as views, and their keys; `laid` are the ids of an overlay by their `$key`. `errors.Invalid` for a bad body.

    A planned dataset says what its item list says, as a recorded one does.
    """
    subjects = [(f"planned_{key}", kind, body, pointer) for key, kind, body, pointer in _listed(planned or {})]
    keys = {**laid, **{f"${name.partition('_')[2]}": name for name, *_ in subjects}}
    made = [_view(context, name, kind, body, keys, pointer) for name, kind, body, pointer in subjects]
    return made, [name for name, *_ in subjects]


def people_in(context: Context, planned: Mapping[str, Any]) -> str | None:
    """Return the name of the key that a plan lies under: of all the people on record whom it names, or whose papers; None for nobody."""
    named = set()
    for _, kind, body, _ in _listed(planned):
        schema = KINDS[kind].schema
        loaded = schema.load(copy(body), partial=tuple(schema.fields))
        named |= {one.id for one in references(schema, loaded) if one.id}
    rows = context.conn.execute(
        "SELECT id, kind, version, type, party FROM head WHERE studio_id = %s AND id = ANY(%s)", (context.studio_id, sorted(named))
    ).fetchall()
    people = {person for row in rows if (person := Target(*row).person())}
    return " ".join(sorted(people)) if 0 < len(people) <= MOST else None


def without_people(planned: Mapping[str, Any], *, everybody: bool = False) -> dict[str, Any]:
    """Return what was planned without the secret values about people who are on record, or without any; `planned` has passed `views`."""
    kept: dict[str, Any] = copy(planned)
    for _, kind, body, _ in _listed(kept):
        schema = KINDS[kind].schema
        loaded = copy(schema.load(copy(body), partial=tuple(schema.fields)))
        about = [one.pointer for one in commitments(schema, loaded) if everybody or str(one.subject).startswith("pty_")]
        for pointer in reversed(about):
            drop(body, pointer)
    return kept


def records(planned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Planned records in the long form, each with its kind, its key and its body."""
    return [{"kind": kind, "key": key, "body": body} for key, kind, body, _ in _listed(planned)]


def _word(value: Any) -> str:
    return re.sub(r"[^A-Za-z0-9.:/-]", "-", str(value).lstrip("$"))


def _listed(planned: Mapping[str, Any]) -> Iterable[tuple[str, str, Any, str]]:
    """Yield key, kind, body and pointer of every planned record."""
    if "kind" in planned:
        yield _word(planned.get("key") or planned["kind"]), _kind(planned["kind"], "kind"), planned.get("body"), "/planned/body"
        return
    if isinstance(planned.get("records"), list):
        for number, spec in enumerate(planned["records"]):
            yield (
                _word(spec.get("key") or f"{spec.get('kind')}.{number}"),
                _kind(spec.get("kind"), number),
                spec.get("body"),
                f"/planned/records/{number}/body",
            )
        return
    for name, body in planned.items():
        if name in ("production", "productions") and not isinstance(body, Mapping):
            continue  # says which title is asked about
        bodies = body if isinstance(body, list) else [body]
        for number, one in enumerate(bodies):
            key = name if number == 0 else f"{name}.{number}"
            yield key, _kind(name, name), one, f"/planned/{name}" + (f"/{number}" if isinstance(body, list) else "")


def _kind(name: Any, where: Any) -> str:
    if name not in KINDS:
        raise errors.Invalid(
            "A planned subject names no kind of record.",
            "invalid",
            (errors.FieldError(f"/planned/{where}", "Name a kind of record, as in generation or appearance."),),
        )
    return str(name)


def _view(context: Context, name: str, kind: str, body: Any, keys: Mapping[str, str], pointer: str) -> View:
    try:
        schema = KINDS[kind].schema
        later = tuple(field for field, described in schema.fields.items() if isinstance(described, Reference))
        loaded: dict[str, Any] = listed.completed(context, kind, copy(schema.load(copy(body), partial=later)), at=pointer)
    except ValidationError as fault:
        found = tuple(field_errors(fault, pointer))
        raise errors.Invalid(f"The planned {kind} is not valid; errors says where and what to do.", "invalid", found) from None
    links = []
    for spot in visit(KINDS[kind].schema, loaded):
        if not isinstance(spot.field, Reference):
            continue
        found_link = link(spot)
        target = keys.get(str(found_link.value)) if found_link.id is None else str(spot.value)
        if target is None:
            raise errors.Invalid(
                "A planned record leads nowhere.",
                "unknown_reference",
                (
                    errors.FieldError(
                        pointer + found_link.pointer,
                        f"Nothing here is called {found_link.value!r}; give the key of a planned record or an id.",
                    ),
                ),
            )
        spot.container[spot.key] = target
        links.append((found_link.role, target))
    return View(name, name, kind, 0, loaded, tuple(links))
