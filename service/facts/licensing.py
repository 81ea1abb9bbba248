"""What the lineage was made from, as rights: trainings, datasets, licences, sources, models; training apart from output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.facts import consents, reservations, times
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref
from service.records import standing
from service.rules import verdicts

#: How a source came to be the studio's own, or nobody's.
OWN: Final = frozenset({"own_production", "public_domain"})


def lineage_of(world: World, kind: str) -> list[View]:
    """Return the records of a kind in the lineage."""
    return [view for view in world.library.of(kind) if view.key in world.library.lineage]


def title_allowed(world: World, granted: Any, production: str | None) -> times.Tri:
    """Tell whether a grant that names titles names this one, or what it is part of."""
    named = bares(granted)
    if named is None or "*" in named:
        return None if named is None else True
    return None if production is None else not world.titles(production).isdisjoint(named)


def live_at(world: World, licence: View, when: str | None, window: Mapping[str, Any] | None = None) -> times.Tri:
    """Tell whether a licence ran at `when`: in effect, neither ended nor revoked; `window` is that of the grant in question."""
    if when is None:
        return None
    if revoked(world, licence, when):
        return False
    started = times.text(licence.body.get("effective_at")) or times.text(licence.body.get("signed_at"))
    return times.within(when, {"start": started or "*", **(window or whole_window(licence))})


def whole_window(licence: View) -> Mapping[str, Any]:
    """Return the window of the licence as a whole: as stated, else as long as the longer of its grants runs."""
    stated = part(licence.body, "window")
    if stated:
        return stated
    windows = [found for name in ("training", "output") if (found := part(part(licence.body, name), "window"))]
    if any(window.get("perpetual") for window in windows):
        return {"perpetual": True}
    last = times.latest([times.text(window.get("end")) for window in windows])
    return {"end": last} if last else {}


def revoked(world: World, licence: View, when: str) -> bool:
    """Tell whether an event had ended or suspended the licence by `when`; adverse, so in doubt, and for a part of it, it had."""
    events = [
        event
        for event in world.library.about(licence.id, "event", roles=("target",))
        if standing.happened(event.type, event.body["effective_at"], when)
    ]
    ends: tuple[tuple[str, str], ...] = ()
    for event in sorted(events, key=lambda one: (standing.effective(one.body["effective_at"]), one.id)):
        ends = standing.after(ends, event.type, event.id)
    return bool(ends)


def in_dataset(world: World, dataset: View | None, production: str | None, when: str | None) -> list[Fact] | None:
    """The people in a dataset, each with whether they have consented to training; None where nobody has looked."""
    if dataset is None:
        return None
    parts = [world.library.get(one.get("source")) for one in dataset.body.get("parts") or ()]
    stated = [
        dataset.body.get("people"),
        *(one.get("people") for one in dataset.body.get("parts") or ()),
        *(view.body.get("people") for view in parts if view),
    ]
    whole = dataset.body.get("people") is not None
    listed = [one for one in stated if one is not None]
    if any("*" in one for one in listed):
        return None  # somebody, and nobody knows who
    each = dataset.body.get("parts") and all(
        one.get("people") is not None or ((view := world.library.get(one.get("source"))) and view.body.get("people") is not None)
        for one in dataset.body["parts"]
    )
    if not whole and not each:
        return None
    read = part(dataset.body, "list_reading").get("people") or ()
    names = sorted({str(bare(one)) for some in (*listed, [one["person"] for one in read]) for one in some})
    return [{"id": name, "training_consented": consented(world, name, production, when)} for name in names]


def consented(world: World, person: str, production: str | None, when: str | None) -> bool:
    """Tell whether a person has consented to training, before it and for the title."""
    used = Use(person, person, production, when or world.at, ("training",))
    return any(
        one.get("granted")
        and one.get("for_purpose") is True
        and one.get("live_at_use") is True
        and one.get("covers_production") is not False
        for one in consents.seen_from(world, used)
    )


def dataset(world: World, view: View) -> Fact:
    """Return a dataset version: items without a licence, items beyond a schedule, items taken back, people."""
    parts, reading = view.body.get("parts"), part(view.body, "list_reading")
    counts = {one: _count(one_part) for one, one_part in enumerate(parts or ())}
    total = view.body.get("item_count", part(view.body, "items").get("count"))
    licensed = [counts[number] for number, one in enumerate(parts or ()) if _covered(world, one)]
    bare_parts = [(number, one) for number, one in enumerate(parts or ()) if not _covered(world, one)]
    unlicensed = _unlicensed(parts, total, licensed, [counts[number] for number, _ in bare_parts])
    odd = [str(one.get("name") or bare(one.get("asset")) or "unnamed") for one in view.body.get("members") or () if not one.get("licence")]
    unlicensed = max(unlicensed, len(odd)) if unlicensed is not None else (len(odd) or None)
    if reading:
        unlicensed, odd = _read_from_list(world, reading, odd)
    by_licence = _by_licence(world, parts or (), counts)
    people = in_dataset(world, view, world.production, world.at)
    return compact(
        {
            "id": view.id,
            "version": view.version,
            "items": total,
            "unlicensed": unlicensed,
            "unlicensed_items": [*odd, *(f"part {number + 1}: {bare(one['source'])}" for number, one in bare_parts)],
            "licences": by_licence,
            "items_by_licence": ", ".join(f"{one['id']}: {one.get('items', '?')}" for one in by_licence),
            "schedule_by_licence": ", ".join(f"{one['id']}: {one.get('schedule_count', '?')}" for one in by_licence),
            "revoked_items": _revoked_items(world, by_licence),
            "people_stated": people is not None,
            "people": _counted(people or [], reading),
            "people_without_consent": [one["id"] for one in people or () if not one["training_consented"]] or None,
            "people_not_stated": reading.get("people_not_stated") if people is None else None,
            "production": ref(world.production),
            "path": world.path(view),
            **({"because": {"unlicensed": "parts"}} if unlicensed is None else {}),
        }
    )


def _read_from_list(world: World, reading: Mapping[str, Any], odd: list[str]) -> tuple[int, list[str]]:
    """How many items of a list that has been read no licence covers, and which: those under none, and those on no schedule."""
    bare_ = [one for one in reading.get("without_licence") or () if not _covered(world, one)]
    beyond = reading.get("not_on_schedule") or ()
    names = [*odd, *(name for one in bare_ for name in one.get("names") or ())]
    names += [f"{name} (not on the list of {bare(one.get('licence'))})" for one in beyond for name in one.get("names") or ()]
    return sum(one["items"] for one in (*bare_, *beyond)), list(dict.fromkeys(names))


def _counted(people: list[Fact], reading: Mapping[str, Any]) -> list[Fact]:
    """The people with the items that the list of the dataset names them in."""
    seen = {bare(one.get("person")): one for one in reading.get("people") or ()}
    return [{**one, **{name: value for name, value in seen.get(one["id"], {}).items() if name != "person"}} for one in people]


def _covered(world: World, one: Mapping[str, Any]) -> bool:
    """Whether a part stands under a licence or needs none, because its source is the studio's own work or nobody's."""
    source = world.library.get(one.get("source"))
    return bool(one.get("licence") or (source and source.body.get("acquired_how") in OWN))


def _count(one: Mapping[str, Any]) -> int | None:
    found = one.get("item_count", part(one, "items").get("count"))
    return int(found) if found is not None else None


def _unlicensed(parts: Any, total: Any, licensed: list[int | None], without: list[int | None]) -> int | None:
    """Items that no licence covers: those of parts without one, and those that stand in no part."""
    if parts is None:
        return None
    if without:
        return max(1, sum(one for one in without if one is not None))
    if total is None or None in licensed:
        return 0 if total is None else None
    return max(0, int(total) - sum(one for one in licensed if one is not None))


def _by_licence(world: World, parts: Iterable[Mapping[str, Any]], counts: Mapping[int, int | None]) -> list[Fact]:
    items: dict[str, int | None] = {}
    for number, one in enumerate(parts):
        name = bare(one.get("licence"))
        if name:
            held, count = items.get(name, 0), counts[number]
            items[name] = None if held is None or count is None else held + count
    found = []
    for name in sorted(items):
        licence = world.library.get(name)
        listed = licence.body.get("schedule_count", part(licence.body, "items").get("count")) if licence else None
        whole = bool(licence and licence.body.get("type") in ("collection", "catalogue", "open") and listed is None)
        found.append(compact({"id": name, "items": items[name], "schedule_count": listed, "unlimited": whole}))
    return found


def _revoked_items(world: World, by_licence: Iterable[Fact]) -> list[str]:
    found = []
    for one in by_licence:
        for event in world.library.about(one["id"], "event", "items_withdrawn", ("target",)):
            if times.begun(times.text(event.body.get("effective_at")), world.at):
                found += [f"{name['scope']}:{name['value']}" for name in event.body.get("item_identifiers") or ()] or [event.id]
    return sorted(found)


def licences(world: World) -> list[Fact]:
    """Return the licences that the result rests on: those of the lineage, and of every source used by itself the one that stands best."""
    named = lineage_of(world, "licence")
    spoken = {name for one in named for name in bares(one.body.get("sources")) or ()}
    found = {one.key: licence(world, one) for one in named}
    for view in (one for one in lineage_of(world, "source") if one.id not in spoken and _used_itself(world, one)):
        offered = {one.key: licence(world, one) for one in world.library.about(view.id, "licence", roles=("source",))}
        if offered:
            best = min(offered, key=lambda key: (*_standing(offered[key]), key))
            found[best] = {**offered[best], "path": offered[best].get("path") or [*(world.path(view) or [view.id]), offered[best]["id"]]}
    return list(found.values())


def _used_itself(world: World, view: View) -> bool:
    """Whether a source went into a run or a work by itself, not only into a dataset."""
    into = world.library.about(view.id, "generation", roles=("input_source",))
    return bool(into or world.library.about(view.id, "asset", roles=("parent",)))


def _standing(one: Fact) -> tuple[bool, int, bool, int]:
    """How far a licence is from letting the result out; the least stands best."""
    return one.get("output_granted") is not True, len(one["output_mismatch"]), one.get("live_now") is not True, len(one["output_unstated"])


def licence(world: World, view: View) -> Fact:
    """Return a licence as it stands towards letting the result out: granted, where it differs, whether it runs."""
    grant = part(view.body, "output")
    checks = _output_checks(world, view, grant)
    window = part(grant, "window") or part(view.body, "window")
    live = live_at(world, view, world.at, part(grant, "window"))
    return compact(
        {
            "id": view.id,
            "output_granted": grant.get("granted"),
            "output_mismatch": sorted(name for name, fits in checks if fits is False),
            "output_unstated": sorted(name for name, fits in checks if fits is None),
            "live_now": live,
            "state": "in force"
            if live
            else ("revoked" if revoked(world, view, world.at) else "ended or not begun" if live is False else "not known"),
            "on_end_here": _on_end(world, view),
            "ends": times.end_of(window),
            "dates": compact({"licence": times.text(view.body.get("signed_at")), "release": world.at if world.outward else None}),
            "production": ref(world.production),
            "path": world.path(view),
        }
    )


def _output_checks(world: World, view: View, grant: Mapping[str, Any]) -> list[tuple[str, times.Tri]]:
    """The grant's own fields narrow those of the licence as a whole; what neither states is unknown."""
    body, intent = view.body, world.intent
    window = part(grant, "window") or part(body, "window")
    wanted = part(intent, "window")
    checks = [
        ("territories", _covers(grant.get("territories", body.get("territories")), intent.get("territories"))),
        ("media", _covers(grant.get("media", body.get("media")), intent.get("media"))),
        ("window", _window_covers(window, wanted)),
        ("productions", title_allowed(world, grant.get("productions", body.get("productions_allowed")), world.production)),
    ]
    if grant.get("purposes") is not None:
        checks.append(("purposes", _covers(grant["purposes"], [intent["purpose"]] if intent.get("purpose") else None)))
    if grant.get("languages") is not None and intent.get("languages"):
        checks.append(("languages", _covers(grant["languages"], intent["languages"])))
    if intent.get("marketing"):
        checks.append(("advertising", grant.get("advertising")))
    return checks


def _covers(granted: Any, wanted: Any) -> times.Tri:
    if granted is None:
        return None
    if "*" in granted:
        return True
    if wanted is None:
        return None
    return all(verdicts.held(granted, one) for one in wanted)


def _window_covers(window: Mapping[str, Any], wanted: Mapping[str, Any]) -> times.Tri:
    """A window covers another when both of its ends lie inside."""
    if not window:
        return None
    if window.get("perpetual") and not window.get("start"):
        return True
    first, last = times.text(wanted.get("from")), times.text(wanted.get("to"))
    inside = [
        times.within(first, window) if first else None,
        window.get("perpetual") or None if last in (None, "*") else times.within(last, window),
    ]
    if last == "*" and not window.get("perpetual") and window.get("end"):
        return False
    return False if False in inside else None if None in inside else True


def _on_end(world: World, view: View) -> str | None:
    """What the licence says of its end for this act: of the weights, of what is unreleased, of what is out already."""
    names = {"generate": "weights", "train": "weights", "exhibit": "released"}
    found = part(view.body, "on_end").get(names.get(world.act, "unreleased"))
    return None if found is None else str(found)


def model(world: World, view: View) -> Fact:
    """Return a model version: what its vendor says of its training, whether legal has decided about that, its terms."""
    tier = view.body.get("plan_tier") or part(view.body, "terms").get("plan_tier")
    trains = view.body.get("trains_on_inputs", part(view.body, "terms").get("trains_on_inputs"))
    determined = [_determination(world, one, tier, view) for one in world.library.about(view.id, "evidence", "vendor_determination")]
    runs = [one for one in world.library.about(view.id, "generation", roles=("model",)) if one.key in world.library.lineage]
    own = view.body.get("hosting") == "self_hosted"
    return compact(
        {
            "id": view.id,
            "version": view.version,
            "training_disclosure": view.body.get("training_disclosure") or _disclosed(view),
            "plan_tier": tier,
            "trains_on_inputs": False if trains is None and own else trains,
            "determinations": determined,
            "ran": bool(runs),
            "production": ref(world.production),
            "path": world.path(view),
        }
    )


def _disclosed(view: View) -> str | None:
    """A model whose datasets and bases are on record is disclosed by that."""
    known = view.body.get("datasets") is not None and view.body.get("base_models") is not None
    return "disclosed" if known else None


def _determination(world: World, paper: View, tier: Any, view: View) -> Fact:
    details = paper.details
    expires = times.text(details.get("expires_at"))
    version = str(details.get("model", "")).partition("@")[2]
    titles = bares(details.get("productions"))
    return compact(
        {
            "id": paper.id,
            "accepted": details.get("outcome") in ("accepted", "accepted_with_conditions")
            and world.past(times.text(details.get("decided_at"))) is True,
            "live": times.before(expires, world.at) is False if expires else None,
            "ends": expires,
            "same_plan": (details.get("plan_tier") in (None, tier))
            and version in ("", str(view.version))
            and (titles is None or "*" in titles or world.production in titles),
        }
    )


def source(world: World, view: View) -> Fact:
    """Return a source: whether something was trained on it, and the reservations that no licence answers."""
    trained = any(_trains(world, one) for one in world.library.about(view.id, "dataset", roles=("source",)))
    reserved = [
        one
        for one in view.body.get("opt_outs") or ()
        if reservations.reserves_training(one) and times.begun(times.text(one.get("observed_at")), world.at)
    ]
    declared = world.library.about(view.id, "event", "opted_out", ("target",))
    licensed = any(
        part(one.body, "training").get("granted") is True
        for one in world.library.of("licence")
        if view.id in (bares(one.body.get("sources")) or ())
    )
    found = [] if licensed else [*(reservations.named(one) for one in reserved), *(one.id for one in declared)]
    return compact(
        {
            "id": view.id,
            "trained_on": trained or world.act == "train",
            "open_opt_outs": sorted(found),
            "production": ref(world.production),
            "path": world.path(view),
        }
    )


def _trains(world: World, view: View) -> bool:
    return view.key in world.library.lineage and bool(world.library.about(view.id, "model", roles=("dataset",)))
