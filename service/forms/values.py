"""What the records say about the matter of a paper, as text; what they do not say is absent and becomes a blank line.

Names and dates of people stand on the paper only where whoever asks may read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import docket
from service.context import Context
from service.forms.papers import Table
from service.records import read
from service.records.model import Recorded

#: Records that a record of the matter leads to, by the field that names them.
_LEADS = ("asset", "generation", "replica", "role", "engagement", "script_version")


@dataclass(frozen=True, slots=True)
class Matter:
    """One paper's records: the title, the person, what the findings are about, and what those lead to."""

    decision: Recorded
    production: Recorded | None
    person: Recorded | None
    subjects: Sequence[Recorded]
    others: Mapping[str, Recorded]
    names: Mapping[str, docket.Name]
    unions: Sequence[str] = ()

    @classmethod
    def of(cls, context: Context, decision: Recorded, person: str | None, subjects: Sequence[str]) -> Matter:
        """Read what a paper is about, opened as far as whoever asks may see it."""
        title = decision.body.get("production")
        about = _read(context, [*subjects, *([title] if title else []), *([person] if person else [])])
        others = _read(context, [name for one in about.values() for name in _led(one)] + _runs(context, about.values()))
        papers = _read(context, [name for one in others.values() for name in _sessions(one)])
        known = {**others, **papers}
        unions = _unions(context, title)
        parties = {name for one in [*about.values(), *known.values()] for name in _parties(one)}
        names = docket.names(context, {*about, *known, *parties, *unions})
        found = [about[name] for name in subjects if name in about]
        return cls(decision, about.get(str(title)), about.get(str(person)), found, known, names, unions)

    @property
    def read(self) -> list[str]:
        """The records that the paper is filled from, each with its version."""
        found = [one for one in (self.production, self.person, *self.subjects, *self.others.values()) if one is not None]
        return [f"{one.id} version {one.version}" for one in found]

    def called(self, reference: Any) -> str:
        """What a reader knows a record by."""
        name = str(reference).partition("@")[0]
        return self.names[name].label if name in self.names else name

    def of_kind(self, kind: str, type_: str | None = None) -> list[Recorded]:
        """The matter's records of a kind (and type)."""
        found = [*self.subjects, *self.others.values()]
        return [one for one in found if one.kind == kind and (type_ is None or one.body.get("type") == type_)]


def _unions(context: Context, production: str | None) -> list[str]:
    """The unions of the agreements that bind a title."""
    if production is None:
        return []
    bound = [one.source for one in docket.referrers(context, production) if one.kind == "binding" and one.current]
    agreements = [str(one.body["agreement"]) for one in _read(context, bound).values() if one.body.get("agreement")]
    return [str(one.body["union"]) for one in _read(context, agreements).values() if one.body.get("union")]


def _runs(context: Context, subjects: Iterable[Recorded]) -> list[str]:
    """The runs that put out what the subjects appear in."""
    assets = {str(one.body["asset"]) for one in subjects if isinstance(one.body.get("asset"), str)}
    return sorted({one.source for asset in assets for one in docket.referrers(context, asset) if one.role == "output" and one.current})


def _read(context: Context, ids: Iterable[str]) -> dict[str, Recorded]:
    wanted = {name.partition("@")[0] for name in ids}
    found = [one for one in read.current(context.conn, context.studio_id, wanted).values() if read.visible(context.actor, one)]
    return {one.id: one for one in read.disclose(context, sorted(found, key=lambda one: one.id))}


def _led(one: Recorded) -> list[str]:
    details = one.body.get("details") or {}
    named = [value for field in _LEADS if isinstance(value := one.body.get(field, details.get(field)), str)]
    return named + _sessions(one)


def _sessions(one: Recorded) -> list[str]:
    return [str(name) for name in one.body.get("sessions") or ()] if one.kind == "replica" else []


def _parties(one: Recorded) -> list[str]:
    """The parties that a record names, whose names stand on papers."""
    body: Mapping[str, Any] = {**one.body, **(one.body.get("details") or {})}
    single = [body.get(field) for field in ("person", "licensor", "licensee", "made_by", "employer")]
    kept = [entry.get("party") for entry in body.get("custody") or ()]
    many = [name for field in ("signatories", "distributors", "works") for name in body.get(field) or ()]
    spoken = [entry.get("party") for entry in body.get("representatives") or ()]
    return [str(name).partition("@")[0] for name in (*single, *many, *kept, *spoken) if name and name != "*"]


def values(matter: Matter) -> dict[str, str | None]:
    """Everything that a row of a paper can ask for."""
    return {**_parties_told(matter), **_made(matter), **_used(matter), **_licensed(matter)}


def _parties_told(matter: Matter) -> dict[str, str | None]:
    body = matter.production.body if matter.production else {}
    spoken = (matter.person.body.get("representatives") or ()) if matter.person else ()
    return {
        "person": matter.called(matter.person.id) if matter.person else None,
        "representatives": _listed(f"{matter.called(one['party'])} ({_words(one['capacity'])})" for one in spoken if one.get("party")),
        "producer": _listed(matter.called(one) for one in body.get("signatories") or ()),
        "production": _title(body),
        "unions": _listed(matter.called(one) for one in matter.unions),
        "productions": body.get("title"),
    }


def _title(body: Mapping[str, Any]) -> str | None:
    if not body.get("title"):
        return None
    begun = _day(body.get("photography_start"))
    return f"{body['title']} ({_words(body['format'])}{f', photography from {begun}' if begun else ''})"


def _made(matter: Matter) -> dict[str, str | None]:
    """The capture and the replica."""
    sessions = matter.of_kind("evidence", "capture_session")
    replicas = matter.of_kind("replica")
    reasons = [one.body["details"].get("business_reason") or {} for one in sessions]
    modes = [mode for one in (*replicas, *matter.of_kind("appearance")) for mode in one.body.get("modalities") or ()]
    return {
        "sessions": _listed(_session(one.body["details"]) for one in sessions),
        "places": _listed(str(one.body["details"].get("place") or "") for one in sessions),
        "business_reasons": _listed(str(reason.get("text") or "") for reason in reasons),
        "replica_kind": _listed(_words(one.body.get("kind") or "") for one in replicas),
        "modalities": _listed([*map(_words, modes), *(_words(one.body["details"].get("kind") or "") for one in sessions)]),
        "custody": _listed(matter.called(entry["party"]) for one in replicas for entry in one.body.get("custody") or ()),
    }  # fmt: skip


def _session(details: Mapping[str, Any]) -> str:
    when = _day(details.get("starts_at"))
    return f"{_words(details.get('kind') or 'session')}{f' on {when}' if when else ''}"


def _used(matter: Matter) -> dict[str, str | None]:
    """What the appearances say: roles, scenes, languages, tools."""
    bodies = [one.body for one in matter.of_kind("appearance")]
    runs = matter.of_kind("generation")
    return {
        "purposes": "use" if bodies else None,
        "scenes": _listed(scene for body in bodies for scene in body.get("scenes") or ()),
        "description": _listed(_use(body) for body in bodies),
        "languages": _listed(str(body.get("language") or "") for body in bodies),
        "content_flags": _listed(_words(flag) for body in bodies for flag in body.get("content_flags") or ()),
        "days": _listed(str(body.get("estimated_days") or "") for body in bodies),
        "roles": _listed(matter.called(one.id) for one in matter.of_kind("role")),
        "tools": _listed(str((run.body.get("tool") or {}).get("name") or "") for run in runs),
        "prompts": _listed(str(one["text"]) for run in runs for one in run.body.get("prompts") or () if isinstance(one.get("text"), str)),
        "generated": _listed(str(_day(run.body.get("generated_at")) or "") for run in runs),
    }


def _use(body: Mapping[str, Any]) -> str:
    purpose = body.get("alteration_purpose")
    kinds = ", ".join(_words(one) for one in body.get("alteration_kinds") or ())
    return f"{_words(body['type'])}{f' ({kinds})' if kinds else ''}{f': {purpose}' if purpose else ''}"


_YES: Mapping[Any, str | None] = {True: "yes", False: "no", None: None}


def _licensed(matter: Matter) -> dict[str, str | None]:
    """A training licence."""
    found = matter.of_kind("evidence", "training_licence")
    details: Mapping[str, Any] = found[0].body["details"] if found else {}
    return {
        "licensor": matter.called(details["licensor"]) if details.get("licensor") else None,
        "licensee": matter.called(details["licensee"]) if details.get("licensee") else None,
        "affiliated": _YES[details.get("licensee_affiliated")],
        "compensated": _YES[details.get("compensated")],
        "public_facing": _YES[details.get("system_public_facing")],
        "commercial": _YES[details.get("system_commercial")],
        "signed": _day(details.get("signed_at")),
        "works": _listed("any" if one == "*" else matter.called(one) for one in details.get("works") or ()),
    }


def tables(matter: Matter) -> dict[str, Table]:
    """The uses that the paper speaks of, a line each."""
    rows = [
        (
            matter.called(one.body.get("asset")),
            _words(one.body["type"]),
            ", ".join(one.body.get("scenes") or ()) or "not stated",
            str(_day(one.body.get("generated_at")) or _made_on(matter, one) or "not stated"),
        )
        for one in matter.of_kind("appearance")
    ]
    return {"uses": [("Asset", "Use", "Scenes", "Generated"), *rows]} if rows else {}


def _made_on(matter: Matter, one: Recorded) -> str | None:
    run = matter.others.get(str(one.body.get("generation")).partition("@")[0])
    return _day(run.body.get("generated_at")) if run else None


def _day(value: Any) -> str | None:
    """A date as it was given, whole days for instants."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return str(value)[:16].replace("T", " ") if value else None


def _words(value: Any) -> str:
    return str(value).replace("_", " ")


def _listed(found: Iterable[str]) -> str | None:
    """Each once, in the order given; None for none."""
    return "; ".join(dict.fromkeys(one for one in found if one)) or None
