"""Consents as facts, each seen from one use: was it live on the day, does its scope reach the use, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.facts import advertising, estates, limits, papers, suspensions, times
from service.facts.joined import together
from service.facts.library import View
from service.facts.people import dead_at
from service.facts.world import Fact, World, bare, bares, compact, part, present
from service.rules.verdicts import held

#: States in which a consent allows nothing, and did not merely come late.
GONE: Final = frozenset({"refused", "not_yet", "expired", "withdrawn", "suspended", "superseded", "ended_by_death"})
_CONSISTENT: Final = ("consistent_with_contract",)
_NOT_FOR_THE_LIVING: Final = frozenset({"union", "company", "employer", "estate", "heir"})
_SPOKEN: Final = frozenset({"verbal", "recorded_statement"})
_AGENTS: Final = frozenset({"authorised_representative", "estate", "heir", "agent", "attorney"})


@dataclass(frozen=True, slots=True)
class Use:
    """What is done with a person: everything that a consent's scope speaks of. None is unknown."""

    id: str
    person: str | None
    production: str | None
    at: str | None
    purposes: tuple[str, ...]
    role: str | None = None
    scenes: tuple[str, ...] | None = None
    modalities: tuple[str, ...] | None = None
    language: str | None = None
    dubbed: bool = False
    alterations: tuple[str, ...] | None = None
    real_time: bool | None = None
    content_flags: tuple[str, ...] | None = None
    replica: str | None = None
    advertising: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells one use from another."""
        return tuple(getattr(self, name) for name in Use.__slots__)


def of_person(world: World, person: str | None) -> list[View]:
    """Return the consents and refusals about a person."""
    return [] if person is None else world.once("consents", person, lambda: _of_person(world, person))


def _of_person(world: World, person: str) -> list[View]:
    named = world.library.about(person, "consent", roles=("person",))
    own = [view for view in world.library.about(person, "consent", roles=("grantor",)) if "person" not in view.body]
    found = {view.key: view for view in (*named, *own)}
    return [view for _, view in sorted(found.items())]


def seen_from(world: World, use: Use) -> list[Fact]:
    """Return each consent about the person as it stands towards one use; several areas ask about the same one."""
    return world.once("seen", use.key, lambda: together(world, use, [_seen(world, view, use) for view in of_person(world, use.person)]))


def _seen(world: World, view: View, use: Use) -> Fact:
    body, scope = view.body, part(view.body, "scope")
    granted = grants(world, view)
    state, why = state_at(world, view, use.at, use)
    now, why_now = state_at(world, view, world.at, use, use.at)
    mismatch, unstated = compare(world, view, use, state)
    covers = _covers(world, scope, use.production)
    judged = _attested(world, view, use)
    fact = {
        **own_facts(world, view),
        "granted": granted,
        "for_purpose": _purpose(purposes(body), use.purposes),
        "covers_production": covers,
        "names_production": covers if covers is not True else scope.get("productions") != ["*"],
        "covers_role": _listed(scope.get("roles"), use.role),
        "for_language": _within(scope.get("languages"), (use.language,)) if use.language else None,
        "state_at_use": state,
        "live_at_use": None if state is None else state == "live",
        "state_now": now,
        "live_now": None if now is None else now == "live",
        "mismatch": mismatch,
        "unstated": unstated,
        "description_attested": judged is True,
        "specific": _specific(body, scope, judged),
        "judged": judged is not None,
        "consistent": papers.confirmed(papers.attestations(world, (view.id, use.id), _CONSISTENT), *_CONSISTENT) is True,
        "authority_attested": estates.authorised(world, view, use.id or None),
        "signed_before_death": _before_death(world, use.person, signed_at(view)),
        "survives": _survives(world, view, use),
    }
    why_not = {
        "live_at_use": why,
        "live_now": why_now,
        "state_at_use": why,
        "covers_production": "scope.productions",
        "for_purpose": "scope.purposes",
        "survives": "limits_after_death",
    }
    return compact({**fact, "because": {name: reason for name, reason in why_not.items() if reason and fact.get(name) is None} or None})


def grants(world: World, view: View) -> bool:
    """Tell whether a consent is a yes by somebody who may say it: for the living neither a union, an employer nor heirs do."""
    person = bare(view.body.get("person") or view.body.get("grantor"))
    foreign = view.body.get("capacity") in _NOT_FOR_THE_LIVING and dead_at(world, person, world.at) is False
    return view.body.get("answer") == "granted" and not foreign


def own_facts(world: World, view: View) -> Fact:
    """Return what a consent says by itself, whatever it is used for."""
    return world.once("consent", view.key, lambda: _own_facts(world, view))


def _own_facts(world: World, view: View) -> Fact:
    body, scope = view.body, part(view.body, "scope")
    attested = papers.attestations(world, (view.id,))
    return {
        "id": view.id,
        "capacity": body.get("capacity"),
        "form": body.get("form"),
        "written": _written(body),
        "signed_at": signed_at(view),
        "purposes": purposes(body),
        "languages": scope.get("languages"),
        "described": _described(body, scope),
        "conspicuous_attested": papers.confirmed([*attested, *_named(world, body, "conspicuousness")], "conspicuousness") is True,
        **estates.speaking(world, view),
        "ends": ends(view),
        "grantor": body.get("grantor"),
        "generic": scope.get("unnamed_productions"),
        "may_replace_work": body.get("replaces_work") is not False,
        "says_it_replaces": body.get("replaces_work") is True,
    }


def signed_at(view: View) -> str | None:
    """Return the signing date, on the consent or under its signature."""
    return times.text(view.body.get("signed_at")) or times.text(part(view.body, "signature").get("signed_at"))


def ends(view: View) -> str | None:
    """Return when the consent stops by its own words; None where they are not recorded."""
    return times.end_of(view.body.get("window"))


def _described(body: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    return present(body.get("description")) or present(scope.get("scenes"))


def _named(world: World, body: Mapping[str, Any], name: str) -> list[Fact]:
    view = world.library.get(body.get(name))
    return [papers.attestation(world, view)] if view and view.type == "attestation" else []


def _attested(world: World, view: View, use: Use) -> times.Tri:
    """Tell whether somebody has confirmed that the description is adequate, for the consent as a whole or for this use."""
    found = papers.attestations(world, (view.id, use.id), ("description_adequate",))
    return papers.confirmed([*found, *_named(world, view.body, "description_specific")], "description_adequate")


def _specific(body: Mapping[str, Any], scope: Mapping[str, Any], judged: times.Tri) -> times.Tri:
    """Tell whether a consent describes its uses with reasonable detail: as people have judged, never without a description."""
    if not _described(body, scope):
        return False
    return judged


def state_at(world: World, view: View, when: str | None, use: Use | None = None, made: str | None = None) -> tuple[str | None, str | None]:
    """Return live, late, not_yet, expired, withdrawn, suspended, superseded, ended_by_death or refused, and the field that keeps it unknown.

    `made` is when the use was made, where `when` asks about a later day: some suspensions leave what was made before alone.
    """
    body = view.body
    if body.get("answer") != "granted":
        return "refused", None
    if when is None:
        return None, "generated_at"
    ended = _ended_by_event(world, view, when, use, made)
    if ended:
        return ended, None
    window = {"start": signed_at(view) or "*", **_open_ended(part(body, "window"))}
    signed = times.not_after(signed_at(view), when)
    if signed is False or (signed is None and signed_at(view)):  # what is not shown to be in time counts as late
        return ("late", None) if times.within(signed_at(view), window) is not False else ("expired", None)
    running = times.within(when, window)
    if running is False:
        return ("not_yet" if times.before(when, times.text(window.get("start"))) else "expired"), None
    if signed is None:
        return None, "signed_at"
    if running is None:
        return None, "window.end" if times.end_of(window) is None else "window"
    if use and dead_at(world, use.person, when) and _survives(world, view, use) is False:
        return "ended_by_death", None
    return "live", None


def _open_ended(window: Mapping[str, Any]) -> Mapping[str, Any]:
    """A window without an end runs on; that nobody has stated the end is for people to look at (x.consent.live)."""
    return window if times.end_of(window) else {**window, "perpetual": True}


def _ended_by_event(world: World, view: View, when: str, use: Use | None, made: str | None) -> str | None:
    """Return what the events made of a consent by `when`; in doubt they count (adverse facts)."""
    state = None
    events = [
        event
        for event in world.library.about(view.id, "event", roles=("target",))
        if times.begun(times.text(event.body.get("effective_at")), when)
    ]
    for event in sorted(events, key=lambda one: (str(times.text(one.body.get("effective_at"))), one.id)):
        if not reaches(world, event, use) or (use and suspensions.spent(world, event, use.person, use.production, when, made)):
            continue
        if event.type in ("withdrawn", "suspended", "superseded", "expired", "refused"):
            state = event.type
        elif event.type == "narrowed":
            state = "withdrawn"
        elif event.type in ("resumed", "confirmed"):
            state = None if state in ("suspended", None) or event.type == "confirmed" else state
    return state


def reaches(world: World, event: View, use: Use | None) -> bool:
    """Tell whether an event's scope takes in the use; an event without a scope takes in everything."""
    scope = part(event.body, "scope")
    if not scope or use is None:
        return True
    productions = scope.get("productions")
    if productions is not None and _covers(world, scope, use.production) is False:
        return False
    pairs = (
        (scope.get("purposes"), use.purposes),
        (scope.get("scenes"), use.scenes),
        (scope.get("modalities"), use.modalities),
        (scope.get("languages"), (use.language,) if use.language else None),
        (scope.get("alterations"), use.alterations),
    )
    return all(named is None or known is None or "*" in named or not set(named).isdisjoint(known) for named, known in pairs)


def _written(body: Mapping[str, Any]) -> times.Tri:
    """Whether it is a writing: by its form, by how it was signed, or because the paper itself is on record."""
    form, how = body.get("form"), part(body, "signature").get("method")
    if form in _SPOKEN or (form is None and how == "recorded_speech"):
        return False
    return True if form or how or body.get("documents") else None


def _covers(world: World, scope: Mapping[str, Any], production: str | None) -> times.Tri:
    named = bares(scope.get("productions"))
    if named is None:
        return None
    if "*" in named:
        return True
    return None if production is None else not world.titles(production).isdisjoint(named)


def later_commercial(world: World, scope: Mapping[str, Any], production: str | None) -> times.Tri:
    """Tell whether a title is a later commercial that an advance consent speaks for: of its advertiser and product line."""
    if scope.get("future_commercials") is not True or _covers(world, scope, production) is None:
        return _covers(world, scope, production)
    advertiser, line = advertising.sold(world, production)
    lines = None if scope.get("product_lines") is None else [advertising.word(one) for one in scope["product_lines"]]
    fits = (_listed(scope.get("advertisers"), advertiser), _listed(lines, line))
    return False if False in fits else None if None in fits else True


def purposes(body: Mapping[str, Any]) -> list[str] | None:
    """Return what a consent is for, as stated; by its name the digital replica rider is for making and using a replica where it does not say."""
    named = part(body, "scope").get("purposes")
    return ["creation", "use"] if named is None and body.get("form") == "digital_replica_rider" else named


def _purpose(named: list[str] | None, wanted: tuple[str, ...]) -> times.Tri:
    if named is None:
        return None
    return "*" in named or not set(wanted).isdisjoint(named)


def _listed(named: list[Any] | None, value: str | None) -> times.Tri:
    if named is None:
        return None
    if "*" in named:
        return True
    return None if value is None else value in [bare(one) for one in named]


def compare(world: World, view: View, use: Use, state: str | None) -> tuple[list[str], list[str]]:
    """Return the fields in which a consent does not reach a use, and those that leave it open."""
    scope = part(view.body, "scope")
    mismatch, unstated = [], []
    for name, fits in [
        ("purposes", _purpose(purposes(view.body), use.purposes)),
        *_checks(world, scope, use),
        *limits.exceeded(world, view, use.id, use.person),
    ]:
        if fits is False:
            mismatch.append(name)
        elif fits is None:
            unstated.append(name)
    if state in GONE:
        mismatch.append("window")
    elif state is None:
        unstated.append("window")
    return sorted(mismatch), sorted(unstated)


def _checks(world: World, scope: Mapping[str, Any], use: Use) -> list[tuple[str, times.Tri]]:
    """Each field with whether it fits; a limit that a consent does not state is none, but for purposes, titles and foreign languages."""
    checks: list[tuple[str, times.Tri]] = [
        ("productions", _covers(world, scope, use.production) or later_commercial(world, scope, use.production)),
        ("purposes", _purpose(scope.get("purposes"), use.purposes)),
    ]
    if scope.get("roles") is not None and use.role:
        checks.append(("roles", _listed(scope["roles"], use.role)))
    if scope.get("replicas") is not None and use.replica:
        checks.append(("replicas", _listed(scope["replicas"], use.replica)))
    for name, known in (("scenes", use.scenes), ("modalities", use.modalities), ("alterations", use.alterations)):
        if scope.get(name) is not None and (known is not None or name != "alterations"):
            checks.append((name, _within(scope[name], known)))
    if use.language and (scope.get("languages") is not None or use.dubbed):
        checks.append(("languages", _within(scope.get("languages"), (use.language,))))
    if use.real_time:
        checks.append(("real_time", scope.get("real_time") is True))
    if use.content_flags:
        checks.append(("sensitive_content", _within(scope.get("sensitive_content"), use.content_flags)))
    checks += _where(world, scope)
    return checks


def _where(world: World, scope: Mapping[str, Any]) -> list[tuple[str, times.Tri]]:
    """Places and media, where the consent is limited to some and the act lets something out."""
    if not world.outward:
        return []
    return [(name, _within(scope[name], world.intent.get(name))) for name in ("media", "territories") if scope.get(name) is not None]


def _within(granted: list[Any] | None, wanted: Any) -> times.Tri:
    if granted is None:
        return None
    if "*" in granted:
        return True
    if wanted is None:
        return None
    return all(held(granted, one) for one in wanted)


def _before_death(world: World, person: str | None, signed: str | None) -> times.Tri:
    """Tell whether a consent was signed in life; of somebody living it always was."""
    dead = dead_at(world, person, world.at)
    if dead is False:
        return True
    view = world.library.get(person)
    died = times.text(view.body.get("death_date")) if view else None
    return times.before(signed, died)


def _survives(world: World, view: View, use: Use) -> times.Tri:
    """Tell whether a consent goes on after death, for this title and purpose."""
    limits = view.body.get("limits_after_death")
    if not isinstance(limits, Mapping):
        return True if view.body.get("capacity") in _AGENTS or view.body.get("capacity") == "union" else None
    if limits.get("survives") is False:
        return False
    fits = [
        None if limits.get("productions") is None else _covers(world, limits, use.production),
        None if limits.get("purposes") is None else _purpose(limits["purposes"], use.purposes),
        None if limits.get("until") is None else times.not_after(use.at, times.text(limits["until"])),
    ]
    if False in fits:
        return False
    if limits.get("survives") is True or limits.get("stated") is False or True in fits:
        return True
    return None


def for_session(world: World, person: str | None, production: str | None, starts: str | None) -> list[Fact]:
    """Return the consents about a person as they stand towards a capture: form, date, purposes.

    One for other titles only, and one that had ended when the capture began, grants nothing here; one signed later is only late.
    """
    use = Use("", person, production, starts or world.at, ("creation",))
    return [
        compact(
            {
                **own_facts(world, view),
                "granted": grants(world, view) and for_title(world, view, production) and state_at(world, view, use.at, use)[0] not in GONE,
            }
        )
        for view in of_person(world, person)
    ]


def for_title(world: World, view: View, production: str | None) -> bool:
    """Tell whether a consent may be for a title: it names it, a part of it, what it is part of, or no title at all."""
    named = bares(part(view.body, "scope").get("productions"))
    return named is None or "*" in named or any(world.same_title(one, production) is not False for one in named)
