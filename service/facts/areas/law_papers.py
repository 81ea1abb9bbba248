"""Papers that laws ask for, as facts: what they are about, whether they count on the day, what they say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import papers, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, present
from service.rules.verdicts import covers

#: What makes a paper one about something in particular, and not about the whole title.
_NARROW: Final = ("ast_", "app_", "gen_", "mdl_")
#: What people do not perceive: what only machines read, or what stands elsewhere.
_UNSEEN: Final = frozenset({"metadata", "watermark", "store_page"})
#: Terms of the IPTC list that say a generator took part; `compositeSynthetic` alone also covers ordinary effects.
GENERATED: Final = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})


def about(world: World, type_: str, targets: Iterable[str | None], production: str | None = None) -> list[View]:
    """Return the papers of a type that are about any of the targets, or about a title as a whole."""
    if not _known(world, type_):
        return []
    found = {view.key: view for target in targets if target for view in world.library.about(target, "evidence", type_)}
    if production:
        found |= {view.key: view for view in _of_title(world, type_, production)}
    return [view for _, view in sorted(found.items())]


def _known(world: World, type_: str) -> bool:
    """Tell whether there is any paper of a type at all: most questions meet none, and look no further."""
    return world.once("law/known", type_, lambda: bool(world.library.of("evidence", type_)))


def _of_title(world: World, type_: str, production: str) -> list[View]:
    """Papers that name a title, or what it is part of, and no asset in particular."""
    return world.once(f"law/{type_}", production, lambda: _named_title(world, type_, production))


def _named_title(world: World, type_: str, production: str) -> list[View]:
    roles = ("whole_title", "registered_work", "subject")
    found = [view for title in sorted(world.titles(production)) for view in world.library.about(title, "evidence", type_, roles)]
    return [view for view in found if not any(target.startswith(_NARROW) for role, target in view.links if role != "claimed_component")]


def stated(world: World, type_: str, target: str) -> list[View]:
    """Return the papers of a type about one record that count on the day."""
    found = world.library.about(target, "evidence", type_) if _known(world, type_) else []
    return counting(world, found) if found else []


def titled(world: World, type_: str, production: str | None) -> list[View]:
    """Return the papers of a type about a whole title that count on the day."""
    return world.once(f"law/titled/{type_}", production, lambda: counting(world, about(world, type_, (), production)))


def counting(world: World, found: Iterable[View]) -> list[View]:
    """Return the papers that count at the instant asked for: stated by then, not expired since."""
    return [view for view in found if _counts(world, view)]


def _counts(world: World, view: View) -> bool:
    expires = times.text(view.details.get("expires_at"))
    over = expires is not None and times.before(expires, world.at) is not False
    return world.past(times.text(view.details.get("at"))) is True and not over


def said(found: Sequence[View], name: str) -> times.Tri:
    """Return what papers say of a field together: yes if one says yes, no if one says no and none yes."""
    values = [view.details[name] for view in found if isinstance(view.details.get(name), bool)]
    return any(values) if values else None


#: Lists and words that say the same as a flag that was left out.
_INSTEAD: Final = {"depicts_existing": "depicts", "evidently_artistic": "artistic_kind"}


def assessed(found: Sequence[View], name: str) -> times.Tri:
    """Return what assessments say of a field together, also where one only lists what is depicted or names the kind of art."""
    other = _INSTEAD.get(name)
    told = [view.details.get(name, bool(view.details[other]) if other is not None and other in view.details else None) for view in found]
    values = [one for one in told if isinstance(one, bool)]
    return any(values) if values else None


def any_of(values: Iterable[times.Tri]) -> times.Tri:
    """Return whether one of several holds; unknown where none holds for sure and one is unknown."""
    listed = list(values)
    return True if True in listed else (None if None in listed else False)


def all_of(values: Iterable[times.Tri]) -> times.Tri:
    """Return whether all of several hold; unknown where none fails for sure and one is unknown."""
    listed = list(values)
    return False if False in listed else (None if None in listed else True)


def end_of(view: View) -> str:
    """Return when a paper stops counting, `*` for never."""
    return times.text(view.details.get("expires_at")) or "*"


def overlays(world: World, targets: Sequence[str]) -> list[Fact]:
    """Return the disclosures shown with an asset or with what holds it."""
    return [_overlay(world, view, targets) for view in about(world, "disclosure_overlay", targets)]


def _overlay(world: World, view: View, targets: Sequence[str]) -> Fact:
    details = view.details
    shown = times.text(details.get("shown_from"))
    places = details.get("territories") or ["*"]
    attested = papers.attestations(world, (view.id, *targets), ("disclosure_conspicuous",))
    named = world.library.get(details.get("conspicuous"))
    if named is not None and named.type == "attestation":
        attested.append(papers.attestation(world, named))
    return compact(
        {
            "id": view.id,
            "text": present(details.get("text")),
            "kind": details.get("kind"),
            "perceived": details.get("kind") not in _UNSEEN,
            "shown": True if shown is None else world.past(shown),
            "territories": places,
            "uncovered": uncovered(world, places),
            "conspicuous": papers.confirmed(attested, "disclosure_conspicuous"),
            "starts_at_seconds": details.get("starts_at_seconds"),
            "seconds": details.get("seconds"),
            "height_percent": details.get("height_percent"),
            "ends": min((str(one["ends"]) for one in attested if one.get("ends") not in (None, "*")), default="*"),
        }
    )


def uncovered(world: World, places: Sequence[str]) -> list[str] | None:
    """Return the places of the intent that a paper does not speak of; None where the intent names none and the paper is for some only."""
    wanted = world.intent.get("territories")
    if not isinstance(wanted, list):
        return [] if "*" in places else None
    return [str(one) for one in wanted if covers(list(places), [one]) is not True]


def plans(world: World, targets: Sequence[str], production: str | None) -> list[Fact]:
    """Return the plans to tell the public that count on the day."""
    found = counting(world, about(world, "disclosure_plan", targets, production))
    return [
        compact(
            {
                "id": view.id,
                "placements": list(view.details.get("placements") or ()),
                "before_first_exposure": view.details.get("before_first_exposure"),
                "accessible": view.details.get("accessible"),
                "territories": view.details.get("territories") or ["*"],
                "uncovered": uncovered(world, view.details.get("territories") or ["*"]),
                "ends": end_of(view),
            }
        )
        for view in found
    ]


def marks(world: World, targets: Sequence[str]) -> list[Fact]:
    """Return the marks that somebody has looked for in an asset, found or not."""
    found = about(world, "content_marking", targets)
    return [_mark(view) for view in found if world.past(times.text(view.details.get("checked_at")) or world.at)]


def _mark(view: View) -> Fact:
    details = view.details
    names = ("layer", "scheme", "incoming", "found", "digital_source_type", "label", "removable")
    told = {name: details.get(name) for name in names}
    return compact(
        {
            **told,
            "id": view.id,
            "incoming": details.get("incoming") is True,
            "says_generated": _term(details.get("digital_source_type")) in GENERATED or details.get("label") == "1",
            "producer": present(details.get("content_producer")),
            "produced": present(details.get("produce_id")),
            "identified": present(details.get("unique_id")) or present(details.get("produce_id")),
            "latent": all(present(details.get(name)) for name in ("provider", "system", "made_at", "unique_id")),
        }
    )


def credentials(world: World, view: View) -> list[Fact]:
    """Return the manifests that an asset bears: those signed for it here, and the one that it came in with."""
    carried = view.body.get("credentials")
    arrived = [_arrived(view, carried)] if isinstance(carried, Mapping) and carried.get("state") not in (None, "none", "unreadable") else []
    return arrived + [
        compact(
            {
                "id": one.id,
                "readable": one.details.get("state") in ("trusted", "valid"),
                "lineage_clean": None if one.details.get("lineage") is None else not one.details["lineage"],
                "says_generated": _says_generated(one, view),
                "ai_disclosure": (one.details.get("reading") or {}).get("ai_disclosure"),
            }
        )
        for one in about(world, "credential", (view.id,))
        if bare(one.details.get("asset")) == view.id
    ]


def _arrived(view: View, carried: Mapping[str, Any]) -> Fact:
    """The manifest of a file that is still as it came in."""
    readable, reading = carried["state"] in ("trusted", "valid"), carried.get("reading") or {}
    acted = [one.get("digital_source_type") for one in reading.get("actions") or ()]
    told = {_term(one) for one in (*(carried.get("digital_source_types") or ()), *acted)}
    clean = readable and not reading.get("lineage")
    found = {"id": view.id, "readable": readable, "lineage_clean": clean, "says_generated": not told.isdisjoint(GENERATED)}
    return compact({**found, "ai_disclosure": reading.get("ai_disclosure")})


def _says_generated(credential: View, asset: View) -> bool:
    """Tell whether a manifest says so: as it was read, else as our signing writes it from what the asset states."""
    reading = credential.details.get("reading")
    if isinstance(reading, Mapping) and reading.get("actions") is not None:
        return any(_term(one.get("digital_source_type")) in GENERATED for one in reading["actions"])
    told = asset.body.get("digital_source_type")
    return _term(told) in GENERATED if told else asset.body.get("origin") == "generated"


def _term(address: Any) -> str:
    return str(address or "").rpartition("/")[2]


def roles(world: World, models: Sequence[str], tools: Sequence[str], production: str | None) -> list[View]:
    """Return the statements in what role the studio stands towards the systems used: of the model, the tool, else of the title."""
    stated = counting(world, about(world, "system_role", models))
    titled = counting(world, about(world, "system_role", (), production))
    narrow = [*stated, *(view for view in titled if view.details.get("tool") in tools)]
    return narrow or [view for view in titled if "tool" not in view.details]


def role_of(world: World, found: Sequence[View], wanted: frozenset[str]) -> times.Tri:
    """Return whether the studio stands in one of some roles, in the places of the intent; None where nobody has said."""
    here = [view for view in found if _here(world, view)]
    if not here:
        return None
    return any(not wanted.isdisjoint(view.details.get("roles") or ()) for view in here)


def _here(world: World, view: View) -> bool:
    places, wanted = view.details.get("territories") or ["*"], world.intent.get("territories")
    if not isinstance(wanted, list) or "*" in wanted:
        return True
    return any(covers(places, [one]) or any(covers([one], [place]) for place in places) for one in wanted)


def ids(values: Any) -> list[str]:
    """Return the ids of a list of references, `[]` where there is none."""
    return bares(values) or []
