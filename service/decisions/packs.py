"""The life of a pack: drafted, signed off by two people, published from a date on, and superseded by the next edition.

An edition is its digest. The packs that come with the service are editions too; a studio's own are records, whose content lies
under the digest, so that whatever was decided under one can be decided under it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from schemas import dates
from service import errors
from service.context import Context, Idempotency
from service.decisions import governance
from service.records import search, write
from service.records.model import Change, Recorded, instant
from service.rules import coverage, load, trial
from service.rules.pack import Pack, canonical
from service.rules.paths import PackError
from service.rules.yaml12 import parse

TYPE: Final = "rule_pack"
ENGINE: Final = "engine"
"""What the engine's own rules are filed under."""

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""Before every day: since when a pack counts that comes with the service."""

SCOPE: Final = "clearance.rule-pack"
"""The scope of the outside id by which an edition is found: its digest, which no second record can take."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a pack: its content, where it comes from, and how far it has come."""

    pack: Pack
    signed: bool
    record: Recorded | None = None

    @property
    def details(self) -> Mapping[str, Any]:
        """What its record says; nothing for a pack that comes with the service."""
        return self.record.body["details"] if self.record else {}

    @property
    def published(self) -> bool:
        """Whether a production may adopt it: it is published, or comes with the service."""
        return self.record is None or self.details["state"] == "published"

    @property
    def effective(self) -> Mapping[str, Any]:
        """From when on, and until when, it is the edition to adopt; empty where nobody has said so."""
        return self.details.get("effective") or {}

    @property
    def starts(self) -> tuple[datetime, int]:
        """The order of published editions: by the day they begin, then by their place in the log."""
        start = self.effective.get("start")
        return (dates.interval(start)[0] if start else ALWAYS, self.record.index if self.record else -1)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as it was recorded, and how its own scenarios came out."""

    recorded: Recorded
    pack: Pack
    trials: Sequence[trial.Trial]
    new: bool


def draft(
    context: Context, *, document: Mapping[str, Any] | None, text: str | None, statement: str | None, key: Idempotency | None = None
) -> Drafted:
    """Record an edition of a pack, given as a JSON document or as YAML text; what is known already is answered as it is.

    Raises `Invalid` naming rule and key for a pack that cannot be used, and naming the scenario that does not come out as it says.
    """
    at = "/yaml" if document is None else "/document"
    bare, scenarios = _parted(document, text, at)
    pack = _checked(context, bare, at)
    trials = _tried(pack, scenarios, at)
    known = _recorded(context, pack.digest)
    if known is not None:
        return Drafted(known, pack, trials, new=False)
    details: dict[str, Any] = {
        "pack": pack.id, "digest": pack.digest, "title": pack.title, "pack_kind": pack.kind, "line": pack.line,
        "rules": len(list(pack.rules)), "content": _blob(context, pack.bytes), "state": "draft", "drafted_by": context.actor.account_id,
    }  # fmt: skip
    if text is not None:
        details["source"] = _blob(context, text.encode(), "application/yaml")
    if scenarios:
        details["scenarios"] = _blob(context, canonical(scenarios))
    if statement:
        details["statement"] = statement
    body = {"type": TYPE, "subjects": [], "details": details, "identifiers": [{"scope": SCOPE, "value": pack.digest}]}
    return Drafted(write.create(context, "evidence", body, key=key), pack, trials, new=True)


def _parted(document: Mapping[str, Any] | None, text: str | None, at: str) -> tuple[Mapping[str, Any], list[Any]]:
    try:
        found, scenarios = load.parted(parse(text or "") if document is None else document, "pack")
    except PackError as error:
        raise errors.invalid(at, str(error)) from None
    if not isinstance(found, Mapping):
        raise errors.invalid(at, "A pack is a mapping with pack, kind and rules.")
    return found, scenarios


def _checked(context: Context, document: Mapping[str, Any], at: str) -> Pack:
    """The pack of a draft: it can be used, is no gate, and takes no other pack's rules."""
    known = editions(context)
    older = {name: current(found, context).pack for name, found in known.items()}
    try:
        pack = load.pack_from(document, str(document.get("pack") or "pack")[:100], older)
    except PackError as error:
        raise errors.invalid(at, str(error)) from None
    if pack.id == ENGINE or "gate" in (pack.kind, older[pack.id].kind if pack.id in older else None):
        raise errors.invalid(f"{at}/kind", "The gate is part of every decision and comes with the service; choose house.")
    taken = dict.fromkeys(coverage.TEXTS, ENGINE) | {
        rule["id"]: name for name, found in known.items() if name != pack.id for one in found for rule in one.pack.rules
    }
    for rule in pack.rules:
        if rule["id"] in taken:
            raise errors.invalid(at, f"{rule['id']}: is already in the pack {taken[rule['id']]}; a rule's id is never used twice.")
    return pack


def _tried(pack: Pack, scenarios: Sequence[Any], at: str) -> list[trial.Trial]:
    try:
        trials = trial.run(pack, scenarios)
    except PackError as error:
        raise errors.invalid(f"{at}/scenarios", str(error)) from None
    failed = [one for one in trials if not one.ok]
    if failed:
        told = tuple(
            errors.FieldError(f"{at}/scenarios", f"{one.title}: expected {one.expected}, found {one.found}.") for one in failed[:50]
        )
        raise errors.Invalid("The pack does not say what its own scenarios expect; mend the rule or the scenario.", "scenario_failed", told)
    return trials


def _blob(context: Context, content: bytes, media_type: str = "application/json") -> dict[str, Any]:
    return {"sha256": context.blobs.keep(content), "bytes": len(content), "media_type": media_type}


def editions(context: Context) -> dict[str, list[Edition]]:
    """Every edition of every pack by the pack's id: the one that comes with the service, then the studio's, oldest first."""
    signed = governance.signed_off(context)
    found = {name: [Edition(pack, pack.kind == "gate" or pack.digest in signed)] for name, pack in load.load_packs().items()}
    for record in reversed(list(governance.every(context, "evidence", search.Filter({"type": TYPE}, label=TYPE)))):
        digest = record.body["details"]["digest"]
        edition = Edition(governance.pack_by_digest(context, digest), digest in signed, record)
        found.setdefault(edition.pack.id, []).append(edition)
    return dict(sorted(found.items()))


def current(found: Sequence[Edition], context: Context) -> Edition:
    """The edition to adopt now: the published one that began last; before there is one, the newest draft."""
    begun = [one for one in found if one.published and _begun(one, context)]
    return max(begun, key=lambda one: one.starts) if begun else found[-1]


def _begun(edition: Edition, context: Context) -> bool:
    start = edition.effective.get("start")
    return start is None or dates.interval(start)[0] <= dates.interval(instant(context.now))[0]


def state(edition: Edition, found: Sequence[Edition], context: Context) -> str:
    """`draft`, `signed_off`, `published`, or `superseded` once a later edition has begun."""
    if not edition.published:
        return "signed_off" if edition.signed else "draft"
    later = (one for one in found if one.published and one.starts > edition.starts and _begun(one, context))
    return "superseded" if any(later) else "published"


def find(context: Context, name: str, digest: str | None = None) -> tuple[Edition, list[Edition]]:
    """An edition (the current one where no digest is given) beside all of its pack; raises `NotFound`."""
    found = editions(context).get(name)
    if not found:
        raise errors.NotFound(f"There is no rule pack {name[:100]!r}; GET /v1/rule-packs lists them.", "not_found")
    if digest is None:
        return current(found, context), found
    for one in found:
        if one.pack.digest == digest:
            return one, found
    known = ", ".join(one.pack.digest for one in found[-5:])
    raise errors.NotFound(f"The pack {name} has no edition {digest[:64]!r}; it has {known}.", "not_found")


def named(context: Context, name: str, digest: str | None) -> Edition:
    """The edition that somebody acts on; where there are several it has to be said which. Raises `NotFound`, `Invalid` at `/digest`."""
    edition, found = find(context, name)
    if digest is not None:
        edition = next((one for one in found if one.pack.digest == digest), edition)
        if edition.pack.digest != digest:
            raise errors.invalid("/digest", f"The pack reads {edition.pack.digest} now; read it again, or name an edition that is listed.")
    elif len(found) > 1:
        known = ", ".join(one.pack.digest for one in found[-5:])
        raise errors.invalid("/digest", f"{name} has several editions; say which of them you read: {known}.", "which_edition")
    return edition


def publish(context: Context, name: str, digest: str, effective: Mapping[str, Any], *, key: Idempotency | None = None) -> Recorded:
    """Make a signed edition the one to adopt, from a date on.

    Raises `Conflict`: `wrong_state` for what is published or comes with the service, `not_signed_off` before two people signed it.
    """
    edition = named(context, name, digest)
    if edition.record is None or edition.published:
        raise errors.Conflict("This edition is published already.", "wrong_state")
    if not edition.signed:
        raise errors.Conflict("Two people sign an edition off before it is published; POST …/sign-off does it.", "not_signed_off")
    if "start" not in effective:
        raise errors.invalid("/effective/start", "Say from when on it is the edition to adopt.")
    told = {
        "state": "published",
        "published_by": context.actor.account_id,
        "published_at": instant(context.now),
        "effective": dict(effective),
    }
    body = {**edition.record.body, "details": {**edition.details, **told}}
    change = Change("amendment", instant(context.now))
    return write.amend(context, "evidence", edition.record.id, body, edition.record.version, change=change, key=key)


def _recorded(context: Context, digest: str) -> Recorded | None:
    """The record of an edition of the studio's own."""
    known = search.by_identifier(context, "evidence", SCOPE, digest)
    return known if known is not None and known.body["type"] == TYPE else None


def of_caller(context: Context, given: Sequence[Mapping[str, Any] | str], at: str = "/packs") -> list[Pack]:
    """Packs that a caller brings, each whole, or as the id of a pack, or `{"pack", "digest"}` of one of its editions.

    Raises `Invalid` naming the rule and key that is wrong.
    """
    packs = []
    for place, one in enumerate(given):
        try:
            packs.append(_of_caller(context, one, f"{at.removeprefix('/')}/{place}"))
        except PackError as error:
            raise errors.invalid(f"{at}/{place}", str(error)) from None
        except errors.NotFound as missing:
            raise errors.invalid(f"{at}/{place}", missing.detail, "unknown_pack") from None
    return packs


def _of_caller(context: Context, given: Mapping[str, Any] | str, name: str) -> Pack:
    if isinstance(given, str):
        return find(context, given)[0].pack
    if set(given) <= {"pack", "digest"}:
        return find(context, str(given.get("pack")), given.get("digest"))[0].pack
    if "carries" not in given or "carried_rules" in given:
        return load.pack_from(load.parted(given, name)[0], name)
    older = {known: current(found, context).pack for known, found in editions(context).items()}
    return load.pack_from(load.parted(given, name)[0], name, older)


def rules(context: Context) -> Iterable[Mapping[str, Any]]:
    """Every rule of every edition: a rule that has been an absolute bar once is one."""
    return (rule for found in editions(context).values() for one in found for rule in (*one.pack.rules, *one.pack.carried))
