"""Records that would clear a step, drafted in the wire format: from `drafts.yaml`, from the rule's own words, and from what is on record.

Pure but for reading the templates. A draft is what a paper would have to say, never that there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, fields
from ruamel.yaml import YAML

from schemas.fields import Choice, Decimal, Flag, Nested, PartialDate, Sealed, Several, Text, Timestamp, Whole
from schemas.kinds import KINDS
from schemas.parts import Window
from schemas.records.evidence.record import TYPES
from schemas.references import Reference
from schemas.vocabulary import SIGNING_ROLES
from service.facts.library import Library, View

TEMPLATES: Final = Path(__file__).with_name("drafts.yaml")
_MARGIN: Final = timedelta(days=4)
_YEAR: Final = timedelta(days=365)
ADULT: Final = 30
MOST_WORDS: Final = 40
"""A field of more words than this is left to people: trying each would take too long."""
MOST_RECORDS: Final = 4
STATEMENTS: Final = frozenset(
    {"ai_use", "authenticity_assessment", "cue_sheet", "disclosure_plan", "system_role", "training_documentation"}
)
"""Types of which there is one about a thing, that says more and more."""
_STATED: Final = frozenset({"business_reason"})
_ENDS: Final = ("expires", "ends", "end", "withdrawn", "lifted", "due", "retention", "deletion", "until", "next")
_UNION: Final = frozenset({"union", "guild"})


@dataclass(frozen=True, slots=True)
class Matter:
    """What drafts are filled from: the records of the decision, its title, and the moment of the act."""

    library: Library
    production: str | None
    at: datetime

    def before(self) -> str:
        """A moment before everything in the lineage was captured or made, and before the act: a paper of then is in time."""
        dates = [_instant(date) for view in self.library.views.values() for date in _done(view)]
        return (min([self.at, *(date for date in dates if date)]) - _MARGIN).isoformat().replace("+00:00", "Z")

    def view(self, name: Any) -> View | None:
        """The record of that id."""
        return self.library.get(str(name).partition("/")[0]) if name else None


@cache
def templates() -> Mapping[str, Any]:
    """The bodies by kind, type, and type with its word."""
    return dict(YAML(typ="safe").load(TEMPLATES.read_text(encoding="utf-8")))


def record(step: Mapping[str, Any], person: str | None, owner: str | None, matter: Matter) -> dict[str, Any]:
    """The overlay of a record to make: a new one, or the next version of the one it is for."""
    told = dict(step.get("fields") or {})
    about = matter.view(step.get("for"))
    said = _filled(_words(step, told), _values(step, person, owner, told, matter))
    if step["kind"] == "evidence":
        return _evidence(step, told, said, about, matter)
    body = _placed(KINDS[step["kind"]].schema, said, told)
    if about is not None and about.kind == step["kind"]:
        return {"id": about.id, "patch": {name: body[name] for name in told if name in body}}
    return {"kind": step["kind"], "body": body}


def _evidence(step: Mapping[str, Any], told: Mapping[str, Any], said: dict[str, Any], about: View | None, matter: Matter) -> dict[str, Any]:
    schema = TYPES[step["type"]]()
    details = _placed(schema, said, told)
    about = _standing(step, about, matter)
    if about is not None and (about.kind, about.type) == ("evidence", step["type"]):
        details = together(details, _sayings(schema, told, details, matter))
        return {"id": about.id, "patch": {"details": {name: value for name, value in details.items() if name in told or name in _STATED}}}
    person = about.body.get("person") if about is not None and about.kind == "replica" else None
    if person and "person" in schema.fields:
        details.setdefault("person", person)
    if not templates().get(step["type"]):
        details = {**plain(schema, about, matter), **details}
    details = together(details, _sayings(schema, told, details, matter))
    named = about.id if about is not None else step.get("for")
    body = {"type": step["type"], "subjects": [named] if named else [], "details": details}
    return {"kind": "evidence", "body": body | ({"productions": [matter.production]} if matter.production else {})}


def _standing(step: Mapping[str, Any], about: View | None, matter: Matter) -> View | None:
    """The statement of that type about the record, where there is one: it is completed, not made twice."""
    if step["type"] not in STATEMENTS or about is None:
        return about
    near = (
        view for view in matter.library.of("evidence", step["type"]) if any(name.partition("@")[0] == about.id for _, name in view.links)
    )
    return next(near, about)


def _sayings(schema: Schema, told: Mapping[str, Any], details: Mapping[str, Any], matter: Matter) -> dict[str, Any]:
    """What the rule only says has to be stated, where no template says how: the first thing that the field could say."""
    open_ = {name: schema.fields[name] for name, value in told.items() if value is True and name in schema.fields and name not in details}
    told_ = {name: sayable(field, name, matter) or (["As it is."] if type(field) is Text else []) for name, field in open_.items()}
    return {name: said[-1 if isinstance(open_[name], Several) else 0] for name, said in told_.items() if said}


def plain(schema: Schema, about: View | None, matter: Matter, *, flags: bool = True) -> dict[str, Any]:
    """A paper of which nothing more is known: its dates in time, its questions answered with yes, and what it is about."""
    found: dict[str, Any] = {}
    for name, field in schema.fields.items():
        if isinstance(field, Flag):
            found |= {name: True} if flags else {}
        elif isinstance(field, PartialDate) and not name.startswith(_ENDS):
            found[name] = matter.before()
        elif isinstance(field, Reference):
            known = (
                matter.production
                if field.kinds == ("production",)
                else about.id
                if about is not None and about.kind in field.kinds
                else None
            )
            found |= {name: known} if known else {}
        elif field.required and isinstance(field, Choice):
            found[name] = "legal" if "legal" in field.allowed else min(field.allowed)
        elif field.required and isinstance(field, Text):
            found[name] = "As it was."
    return found


def _words(step: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The template of a step: the kind's or type's, with what the closer word lays over it."""
    name = step.get("type") or step["kind"]
    closer = [f"{name}/{told[word]}" for word in ("kind", "basis") if isinstance(told.get(word), str)]
    closer += [f"{name}/{told['recipient_kind']}"] if told.get("recipient_kind") not in (None, *_UNION) else []
    if told.get("recipient_kind") in _UNION or (name == "notice" and told.get("kind") in ("synthetic", "training_licence")):
        closer.append(f"{name}/union")
    found: dict[str, Any] = {}
    for key in (name, *closer):
        found |= deepcopy(templates().get(key) or {})
    return found


def filled(step: Mapping[str, Any], matter: Matter) -> dict[str, Any]:
    """What the template of a type says of every paper of it."""
    return dict(_filled(_words(step, {}), _values(step, None, None, {}, matter)))


def _values(step: Mapping[str, Any], person: str | None, owner: str | None, told: Mapping[str, Any], matter: Matter) -> dict[str, Any]:
    about, before = step.get("for"), matter.before()
    view, title = matter.view(about), matter.view(matter.production)
    whom = about if str(about).startswith("pty_") else person
    capacity = told.get("capacity", "self")
    return {
        "$for": about,
        "$person": whom,
        "$grantor": whom if capacity == "self" else _speaks(matter.view(whom), capacity),
        "$production": matter.production,
        "$producer": next(iter((title.body.get("signatories") or ()) if title else ()), None),
        "$unions": sorted({str(bound.body["union"]) for bound in matter.library.of("agreement") if bound.body.get("union")}) or None,
        "$distributors": list((title.body.get("distributors") or ()) if title else ()) or None,
        "$operator": (view.body.get("operator") if view is not None else None) or "*",
        "$worker": about if str(about).startswith("pty_") else (view.body.get("operator") if view is not None else None) or person,
        "$agreement": next((bound.id for bound in matter.library.of("agreement")), None),
        "$before": before,
        "$captured": (view.body.get("created_at") if view is not None and view.kind == "replica" else None) or before,
        "$model": next((one.id for one in matter.library.of("model")), None),
        "$at": matter.at.date().isoformat(),
        "$later": (matter.at + _YEAR).date().isoformat(),
        "$role": owner if owner in SIGNING_ROLES else "legal",
        "$session": about if view is not None and view.type == "capture_session" else None,
        "$replica_kind": next((one.body["kind"] for one in matter.library.of("replica") if one.body.get("kind")), "synthetic"),
    }


def _speaks(person: View | None, capacity: str) -> str | None:
    """Who signs for a person in a capacity."""
    found = [one for one in (person.body.get("representatives") or ()) if one.get("party")] if person else []
    fitting = [one for one in found if one.get("capacity") == capacity] or found
    guardians = (person.body.get("guardians") or ()) if person else ()
    if capacity == "guardian" and guardians:
        return str(guardians[0])
    return str(fitting[0]["party"]).partition("@")[0] if fitting else None


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with its values; what is not known is left out."""
    if isinstance(template, Mapping):
        return {name: found for name, inner in template.items() if (found := _filled(inner, values)) is not None}
    if isinstance(template, list):
        return [found for inner in template if (found := _filled(inner, values)) not in (None, {})]
    return values[template] if isinstance(template, str) and template in values else template


def _placed(schema: Schema, said: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's own words put where the schema has them: in the body, or in its scope; `true` means only that it is stated."""
    for name, value in told.items():
        field = schema.fields.get(name)
        if field is not None:
            _put(said, name, field, value)
        elif "scope" in schema.fields:
            scope = schema.fields["scope"]
            inner = scope.schema.fields.get(name) if isinstance(scope, fields.Nested) else None
            if inner is not None:
                _put(said.setdefault("scope", {}), name, inner, value)
    return {name: value for name, value in said.items() if name in schema.fields}


def _put(container: dict[str, Any], name: str, field: fields.Field[Any], value: Any) -> None:
    if value is True and not isinstance(field, Flag):
        return
    if isinstance(field, fields.List) and not isinstance(value, list):
        value = [value]
    container[name] = value


def sayable(field: Any, name: str, matter: Matter, view: View | None = None) -> list[Any]:
    """What a field could say: every word of a short list, a date in time, a record of its kind, as much as stands beside it."""
    field = field.inner if isinstance(field, Sealed) else field
    if name == "birth_date":
        return [(matter.at - timedelta(days=ADULT * 366)).date().isoformat()]
    if isinstance(field, Several):
        return _listed(field, matter)
    if isinstance(field, Flag):
        return [True, False]
    if isinstance(field, PartialDate | Timestamp):
        return _in_time(matter, view)
    if isinstance(field, Whole | Decimal):
        return [number if isinstance(field, Whole) else str(number) for number in (0, 1, 10)]
    if isinstance(field, Reference):
        return _records(field, matter)
    if isinstance(field, Nested):
        return _parts(field, matter, view)
    return sorted(field.allowed) if isinstance(field, Choice) and len(field.allowed) <= MOST_WORDS else []


def _in_time(matter: Matter, view: View | None) -> list[Any]:
    """A moment before everything, and where the record itself speaks of an earlier day, that day: what opens does so before it closes."""
    before = matter.before()
    own = [date for value in (view.details.values() if view is not None else ()) if isinstance(value, str) and (date := _instant(value))]
    first = min(own, default=None)
    earlier = first is not None and first < (_instant(before) or first)
    return [before, *([first.date().isoformat()] if first is not None and earlier else [])]


def _listed(field: Several, matter: Matter) -> list[Any]:
    """A list: none, or one of what it holds."""
    inner = field.inner
    if isinstance(inner, Choice):
        return [[], *([word] for word in sorted(inner.allowed))] if len(inner.allowed) <= MOST_WORDS else [[]]
    if isinstance(inner, Reference):
        return [[], *([name] for name in _records(inner, matter))]
    of = inner.schema.fields.get("model") if isinstance(inner, Nested) else None
    return [[], *([{"model": name}] for name in _records(of, matter))] if isinstance(of, Reference) else [[]]


def _records(field: Reference, matter: Matter) -> list[str]:
    """Records that a reference could name."""
    return [view.id for kind in field.kinds or () if kind in KINDS for view in matter.library.of(kind)][:MOST_RECORDS]


def _parts(field: Nested, matter: Matter, view: View | None) -> list[Any]:
    """A window that is open; an amount as it is stated beside."""
    if {"people", "complete"} <= set(field.schema.fields):
        return [{"people": [], "complete": True}]
    if field.schema.__class__ is Window:
        return [{"start": matter.before(), "perpetual": True}]
    answers = {name: "yes" for name, of in field.schema.fields.items() if isinstance(of, Choice) and "yes" in of.allowed}
    if answers:
        return [answers]
    beside = view.details.values() if view is not None else ()
    return [value for value in beside if isinstance(value, Mapping) and value and set(value) <= set(field.schema.fields)][:1]


def nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    """A patch that puts a value at a path."""
    for part in reversed(path):
        value = {part: value}
    return dict(value)


def together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two patches as one."""
    both = dict(one)
    for name, value in other.items():
        inner = both.get(name)
        both[name] = together(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return both


def _done(view: View) -> list[Any]:
    """The dates on which something was captured or made."""
    body: Mapping[str, Any] = {**view.body, **view.details}
    names = (
        ("generated_at", "starts_at", "requested_at", "recorded_at")
        if view.kind in ("generation", "appearance", "replica", "evidence", "asset")
        else ()
    )
    made = ("created_at",) if view.kind in ("replica", "asset", "model") else ()
    return [body[name] for name in (*names, *made) if name in body and view.type not in ("attestation", "notice")]


def _instant(value: Any) -> datetime | None:
    text = str(value.get("value") if isinstance(value, Mapping) else value)
    try:
        found = datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00+00:00")
    except ValueError:
        return None
    return found if found.tzinfo else None
