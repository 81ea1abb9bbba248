"""How much of what a consent allows has been used up: counted over all uses of the person that the consent is for.

A limit is counted in the order in which the uses were made, so that the use that goes beyond it is the one that is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from service.facts import times
from service.facts.library import View
from service.facts.world import World, bare, bares, part

#: In games a line is about ten words.
WORDS_A_LINE: Final = 10

_COUNTED: Final = {"seconds": "seconds", "lines": "lines", "words": "words", "days": "estimated_days"}
_SPOKEN: Final = frozenset({"lines", "words"})
_VOICES: Final = frozenset({"*", "voice", "singing_voice"})
_NOT_USED: Final = frozenset({"performance", "score", "text", "synthetic", "scan"})


def exceeded(world: World, consent: View, use: str, person: str | None) -> list[tuple[str, times.Tri]]:
    """Return each limit of a consent with whether a use keeps within it, all uses up to this one counted."""
    limits = part(part(consent.body, "scope"), "limits")
    if not limits:
        return []
    mine = world.library.get(use)
    if mine is None or mine.kind != "appearance":
        return [(f"limits.{name}", None) for name in limits]
    counted = _counted_uses(world, consent, mine, person)
    return [(f"limits.{name}", _within(world, name, limits[name], mine, counted, person)) for name in sorted(limits)]


def _within(world: World, name: str, limit: Any, mine: View, counted: list[View], person: str | None) -> times.Tri:
    most = Decimal(str(limit))
    own = _quantity(world, mine, name)
    if own is None:
        return None
    if name in ("titles", "items"):
        return len({_unit(world, one, name) for one in (*counted, mine)}) <= most
    before = [_quantity(world, one, name) for one in counted]
    known = sum((one for one in before if one is not None), Decimal(0))
    if max(known, _reported(world, mine, name, person)) + own > most:
        return False
    return None if None in before or _truncated(world) else True


def _truncated(world: World) -> bool:
    return world.beside is not None and world.beside.library.truncated


def _unit(world: World, view: View, name: str) -> str | None:
    return _title(world, view) if name == "titles" else bare(view.body.get("asset"))


def _quantity(world: World, view: View, name: str) -> Decimal | None:
    """How much of something a use takes; None where nobody has counted it."""
    if name in ("uses", "titles", "items"):
        return Decimal(1)
    body = view.body
    if _COUNTED[name] in body:
        return Decimal(str(body[_COUNTED[name]]))
    if name == "lines" and "words" in body:
        return (Decimal(body["words"]) / WORDS_A_LINE).to_integral_value(ROUND_CEILING)
    replica = world.library.get(body.get("replica"))
    heard = body.get("modalities") or (replica.body.get("modalities") if replica else None)
    return Decimal(0) if name in _SPOKEN and heard and _VOICES.isdisjoint(heard) else None


# --- which uses count -------------------------------------------------------------------------------------------


def _counted_uses(world: World, consent: View, mine: View, person: str | None) -> list[View]:
    """The other uses of the person that the consent is for, and that were made before this one."""
    signed = times.text(consent.body.get("signed_at")) or times.text(part(consent.body, "signature").get("signed_at"))
    named = bares(part(consent.body, "scope").get("productions"))
    turn, near = _turn(world, mine), _made_of(world, mine)
    found = []
    for view in _uses(world, person):
        made = _made(world, view)
        titles = world.titles(_title(world, view))
        elsewhere = named is not None and "*" not in named and bool(titles) and titles.isdisjoint(named)
        if view.id != mine.id and not elsewhere and _turn(world, view) < turn and times.before(made, signed) is not True:
            found.append(view)
    shown = {bare(view.body.get("asset")) for view in found}
    return [view for view in found if bare(view.body.get("asset")) not in near and shown.isdisjoint(_made_of(world, view))]


def _made_of(world: World, view: View) -> set[str | None]:
    """What the asset of a use was copied, revised or cut from: the same seconds shown again are not counted twice."""
    library = world.library if view.key in world.library.views or world.beside is None else world.beside.library
    asset = library.get(view.body.get("asset"))
    body = asset.body if asset else {}
    return {bare(one.get("record")) for one in body.get("parents") or ()} | {bare(one.get("asset")) for one in body.get("ranges") or ()}


def _uses(world: World, person: str | None) -> list[View]:
    """Every use of a person that is on record, in the lineage or beside it, each once."""
    return world.once("uses_of", person, lambda: _every_use(world, person))


def _every_use(world: World, person: str | None) -> list[View]:
    libraries = [world.library, *([world.beside.library] if world.beside else [])]
    found = {view.id: view for library in reversed(libraries) for view in library.of("appearance") if _counts(world, view, person)}
    return [found[name] for name in sorted(found)]


def _counts(world: World, view: View, person: str | None) -> bool:
    replica = world.library.get(view.body.get("replica"))
    shown = bare(view.body.get("person")) or (bare(replica.body.get("person")) if replica else None)
    digital = bool(view.body.get("replica")) or view.body.get("type") not in _NOT_USED
    return person is not None and shown == person and digital and view.body.get("in_final_cut") is not False


def _turn(world: World, view: View) -> tuple[str, str]:
    """When it is a use's turn to be counted: as it was made; one that is planned, or that nobody has dated, comes last."""
    planned = view.id.startswith("planned")
    return ("9999" if planned else _made(world, view) or "9998", view.id)


def _made(world: World, view: View) -> str | None:
    stated = times.text(view.body.get("generated_at"))
    for one in (world, world.beside):
        if stated or one is None:
            break
        asset = bare(view.body.get("asset"))
        runs = [one.library.get(view.body.get("generation"))] if view.body.get("generation") else []
        runs += one.library.about(asset, "generation", roles=("output",)) if asset else []
        stated = times.earliest([times.text(run.body.get("generated_at")) for run in runs if run])
    return stated or times.text(view.body.get("first_use_at"))


def _title(world: World, view: View) -> str | None:
    """The title of a use, in the lineage or beside it."""
    near = world if view.key in world.library.views else world.beside or world
    asset = near.library.get(view.body.get("asset"))
    named = bare(view.body.get("production")) or next(iter(view.productions), None)
    return named or (next(iter(asset.productions), None) if asset else None) or (world.production if near is world else None)


# --- what was reported ------------------------------------------------------------------------------------------


def _reported(world: World, mine: View, name: str, person: str | None) -> Decimal:
    """What usage reports count of the person's replica up to a use, where more is reported than recorded."""
    made = _made(world, mine) or world.at
    return sum((_in_report(view.details, name) for view in _reports(world, mine, person) if _before(view, made)), Decimal(0))


def _reports(world: World, mine: View, person: str | None) -> list[View]:
    replica, titles = bare(mine.body.get("replica")), world.titles(_title(world, mine))
    found = []
    for view in world.library.of("evidence", "usage_report"):
        about = {bare(view.details.get("person")), bare(view.details.get("replica")), *(bares(view.body.get("subjects")) or ())}
        named = {*(bares(view.details.get("titles")) or ()), *view.productions}
        if about & {person, replica} - {None} and (not named or not titles.isdisjoint(named)):
            found.append(view)
    return found


def _before(report: View, made: str) -> bool:
    day = times.text(report.details.get("shipped_at")) or times.text(part(report.details, "period").get("end"))
    return day is None or times.not_after(day, made) is True


def _in_report(details: Mapping[str, Any], name: str) -> Decimal:
    if name in details:
        return Decimal(str(details[name]))
    return (
        (Decimal(details["words"]) / WORDS_A_LINE).to_integral_value(ROUND_CEILING)
        if name == "lines" and "words" in details
        else Decimal(0)
    )
