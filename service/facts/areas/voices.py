"""Voice platforms with agreements of their own: what comes from them, approvals of single advertisements, leaving, old papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import advertising, consents, papers, times
from service.facts.appearances import ahead, common, generated_at, generation_of, person_of, use_of
from service.facts.areas.commercials import in_commercial
from service.facts.custody import replicas_of
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, ref

#: Platforms by what the letters of their names begin with.
PLATFORMS: Final = {"narrativ": "narrativ", "replicastudios": "replica_studios", "ethovox": "ethovox"}
_LEFT: Final = frozenset({"withdrawn", "terminated", "opted_out", "revoked"})
_SPOKEN: Final = frozenset({"voice", "audio", "singing_voice", "multimodal", "music"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `platform_voices`: uses of voices of a platform, and the replicas, models, sources and licences that come from one."""
    held = [_replica(world, view) for view in replicas_of(world)]
    found = [*_uses(world, shown), *held, *_models(world), *_works(world)]
    return {"platform_voices": [one for one in found if one.get("platform") != "none"]}


# --- where a voice comes from -----------------------------------------------------------------------------------


def _platform(world: World, parties: Iterable[Any], names: Iterable[Any] = (), products: Iterable[Any] = ()) -> str | None:
    """Return the platform among some parties and names: one that is known, `none` where all are others, None where nobody is named.

    What tools and models are called may give a platform away, and never says that there is none.
    """
    told = [_called(world, one) for one in parties if one] + [name for name in names if name]
    letters = _letters(told)
    known = [short for word in (*letters, *_letters(products)) for beginning, short in PLATFORMS.items() if word.startswith(beginning)]
    if known:
        return known[0]
    return "none" if letters and len(letters) == len(told) else None


def _letters(names: Iterable[Any]) -> list[str]:
    return ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in names if isinstance(name, str)]


def _called(world: World, party: Any) -> str | None:
    """Return the name of a company; a person is none, whatever the name."""
    view = world.library.get(party)
    if view is None or view.kind != "party":
        return None
    return "person" if view.type == "person" else view.body.get("name")


def _of_replica(world: World, replica: View) -> str | None:
    """Return the platform that made, keeps, licenses or lists a replica."""
    return world.once("platform_of", replica.key, lambda: _behind(world, replica))


def _behind(world: World, replica: View) -> str | None:
    body = replica.body
    licence = world.library.get(body.get("licence"))
    kept = [one.get("party") for one in body.get("custody") or ()]
    found = _platform(world, [body.get("made_by"), *kept, licence.body.get("grantor") if licence else None])
    if found in (None, "none"):
        named = [paper.details.get("platform") for paper in _listings(world, replica.id, None)]
        named += [paper.body.get("platform") for paper in consents.of_person(world, bare(body.get("person"))) if _speaks_of(paper, replica)]
        listed = _platform(world, named)
        found = listed if listed not in (None, "none") else found
    return found


def _speaks_of(paper: View, replica: View) -> bool:
    """Tell whether a consent that a platform holds is about this replica; one that names none is, while nobody says who made it."""
    named = bares(part(paper.body, "scope").get("replicas"))
    if named is None:
        return replica.body.get("made_by") is None and not replica.body.get("custody")
    return "*" in named or replica.id in named


def _of_run(world: World, view: View) -> str | None:
    run = generation_of(world, view)
    tool = part(run.body, "tool") if run else {}
    relied = [*(view.body.get("consents") or ()), *((run.body.get("consents") or ()) if run else ())]
    held = [paper.body.get("platform") for one in relied if (paper := world.library.get(one))]
    named = list(run.body.get("models") or ()) if run else []
    models = [found for one in named if (found := world.library.get(one.get("model")))]
    parties = [tool.get("vendor"), *(one.body.get("vendor") for one in models), *held]
    names = [tool.get("vendor_name"), part(run.body, "provider").get("name") if run else None]
    products = [tool.get("name"), *(one.get("name") for one in named), *(one.body.get("name") for one in models)]
    return _platform(world, parties, names, products)


# --- uses -------------------------------------------------------------------------------------------------------


def _uses(world: World, shown: Sequence[View]) -> list[Fact]:
    return [
        _use(world, view, replica) for view in shown if (replica := world.library.get(view.body.get("replica"))) or _spoken_by(world, view)
    ]


def _spoken_by(world: World, view: View) -> bool:
    """Tell whether a voice without a replica on record came from a platform all the same."""
    return _of_run(world, view) not in (None, "none")


def _use(world: World, view: View, replica: View | None) -> Fact:
    person, production, made = person_of(world, view), world.production_of(view), generated_at(world, view)
    from_run = _of_run(world, view)
    from_replica = _of_replica(world, replica) if replica else from_run
    platform = next((one for one in (from_replica, from_run) if one not in (None, "none")), from_replica)
    base = {
        "id": view.id,
        "record": view.id,
        "kind": "use",
        "platform": platform,
        "spoken": _spoken(view.body.get("modalities") or (replica.body.get("modalities") if replica else None)),
        "person": ref(person),
        "replica": ref(replica),
        "production": ref(production),
        "use_ahead": ahead(world, view),
        "dates": compact({"use": made, "generation": made}),
        "path": common(world, view)["path"],
        "because": {"platform": "replica.made_by", "advertisement": "production.format", "excluded": "commercial.categories"},
    }
    return compact(base if platform in (None, "none") else {**base, **_asked(world, view, replica, platform)})


def _asked(world: World, view: View, replica: View | None, platform: str) -> Fact:
    """What the papers of the platforms ask of a use."""
    person, production, made = person_of(world, view), world.production_of(view), generated_at(world, view)
    signed = consents.seen_from(world, use_of(world, view, person, production))
    opted = _opted_out(world, replica, person, made or world.at)
    return compact(
        {
            "consents": signed,
            "projects": [{**one, "before_opting_out": _older(one, opted)} for one in signed if _of_project(one)],
            "advertisement": in_commercial(world, view),
            "approvals": _approvals(world, view, person, production, made, signed),
            "refused": _refused(world, view, person, production),
            "excluded": _excluded(world, view, person, replica, production),
            "payments": _payments(world, view, person, production),
            **_leaving(world, replica, person, platform),
            "opted_out": opted is not None,
        }
    )


def _spoken(modalities: Any) -> bool:
    """Tell whether a voice may be in it; what comes from a voice platform has one unless it is stated to have none."""
    return modalities is None or "*" in modalities or not _SPOKEN.isdisjoint(modalities)


def _of_project(seen: Fact) -> bool:
    """Tell whether a consent is one of use for this project by name."""
    return seen.get("granted") is True and seen.get("names_production") is True and seen.get("for_purpose") is True


def _answers(world: World, view: View, person: str | None, production: str | None) -> list[View]:
    """The performer's answers about this advertisement: about its file, or about its title."""
    found = world.library.about(person, "evidence", "advertisement_approval") if person else []
    ads = {bare(view.body.get("asset")), production}
    return [paper for paper in found if bare(paper.details.get("advertisement")) in ads and bare(paper.details.get("person")) == person]


def _approvals(
    world: World, view: View, person: str | None, production: str | None, made: str | None, signed: Iterable[Fact]
) -> list[Fact]:
    """Approvals of this one advertisement: the platform's papers, and consents that name this title and no other."""
    given = [paper for paper in _answers(world, view, person, production) if paper.details.get("outcome") == "approved"]
    found = [compact({"id": paper.id, "approved_at": times.text(paper.details.get("approved_at"))}) for paper in given]
    for one in signed:
        paper = world.library.get(one["id"])
        only = bares(part(paper.body, "scope").get("productions")) == [production] if paper else False
        if only and _of_project(one) and one.get("state_at_use") in ("live", "late"):
            found.append(compact({"id": one["id"], "approved_at": one.get("signed_at")}))
    return [
        compact({**one, "given": world.past(one.get("approved_at")), "before_use": times.not_after(one.get("approved_at"), made)})
        for one in found
    ]


def _refused(world: World, view: View, person: str | None, production: str | None) -> bool:
    """Tell whether the performer's latest answer about this advertisement is no."""
    answers = [
        (times.text(paper.details.get("approved_at")) or "", paper.details["outcome"])
        for paper in _answers(world, view, person, production)
        if paper.details.get("outcome") in ("approved", "refused")
    ]
    return bool(answers) and max(answers)[1] == "refused"


def _excluded(world: World, view: View, person: str | None, replica: View | None, production: str | None) -> times.Tri:
    """Tell whether the advertisement is of a kind that the performer declines."""
    subject = world.library.get(person)
    stated = [subject.body.get("excluded_categories") if subject else None]
    stated += [paper.details.get("excluded_categories") for paper in _listings(world, replica.id if replica else None, person)]
    known = [one for one in stated if one is not None]
    if not known:
        return None
    declined = {advertising.word(one) for some in known for one in some}
    told = [paper.details.get("categories") for paper in advertising.papers(world, production)]
    told += [paper.details.get("categories") for paper in world.library.about(str(bare(view.body.get("asset"))), "evidence", "commercial")]
    told += [paper.details.get("categories") for paper in _answers(world, view, person, production)]
    kinds = [one for one in told if one is not None]
    shown = {
        advertising.word(one)
        for some in (*kinds, view.body.get("content_flags") or ())
        for one in ([some] if isinstance(some, str) else some)
    }
    if not declined or "*" in declined or not declined.isdisjoint(shown):
        return bool(declined)
    return False if kinds else None


def _payments(world: World, view: View, person: str | None, production: str | None) -> list[Fact]:
    about = (view.id, bare(view.body.get("asset")))
    found = papers.payments(world, person, production, about)
    return [{**one, "reaches_minimum": _reaches(world, one)} for one in found]


def _reaches(world: World, one: Fact) -> times.Tri:
    """Tell whether a fee reaches the audio commercials minimum: the amounts where both are known, else as stated."""
    view = world.library.get(one["id"])
    details: Mapping[str, Any] = view.details if view else {}
    return papers.meets_floor(
        world, {"rate_key": "audio_commercial", **details}, details.get("rate") or details.get("amount"), one.get("paid_at")
    )


# --- leaving ----------------------------------------------------------------------------------------------------


def _listings(world: World, replica: str | None, person: str | None) -> list[View]:
    """The listings of a replica on market places, and those of the person that name no replica."""
    found = {view.key: view for view in world.library.about(replica, "evidence", "marketplace_listing")} if replica else {}
    for view in world.library.about(person, "evidence", "marketplace_listing", ("person",)) if person else ():
        if not view.details.get("replicas") or replica in (bares(view.details["replicas"]) or ()):
            found[view.key] = view
    return [view for _, view in sorted(found.items())]


def _leaving(world: World, replica: View | None, person: str | None, platform: str | None) -> Fact:
    """Whether the performer has left, and what of the voice has been deleted with proof; adverse, so in doubt the performer has left."""
    listings = _listings(world, replica.id if replica else None, person)
    dated = any((day := times.text(one.details.get("left_at"))) and times.begun(day, world.at) for one in listings)
    concerned = [one.id for one in listings] + ([replica.id] if replica else [])
    concerned += [one.id for one in consents.of_person(world, person) if platform not in (None, "none") and _held_by(world, one, platform)]
    ended = any(
        event.type in _LEFT and times.begun(times.text(event.body.get("effective_at")), world.at)
        for name in concerned
        for event in world.library.about(name, "event", roles=("target",))
    )
    proved = {
        kind
        for one in listings
        for deleted in one.details.get("deletions") or ()
        if deleted.get("proof") and world.past(times.text(deleted["at"]))
        for kind in (("replica", "recordings") if deleted["what"] == "both" else (deleted["what"],))
    }
    gone = part(replica.body, "deletion") if replica and replica.body.get("state") == "deleted" else {}
    done = bool(gone.get("proof")) and bool(world.past(times.text(gone.get("at"))))
    kept = [str(bare(name)) for one in listings for name in one.details.get("recordings") or ()]
    return {
        "left": dated or ended,
        "replica_deleted": done or "replica" in proved or bool(replica and _certified(world, replica.id)),
        "recordings_deleted": "recordings" in proved or (bool(kept) and all(_certified(world, name) for name in kept)),
    }


def _certified(world: World, name: str) -> bool:
    """Tell whether the deletion of a record is on record with its certificate."""
    found = world.library.about(name, "event", "deleted", ("target",))
    return any(one.body.get("document") and world.past(times.text(one.body.get("effective_at"))) for one in found)


def _held_by(world: World, paper: View, platform: str | None) -> bool:
    return _platform(world, [paper.body.get("platform")]) == platform


def _opted_out(world: World, replica: View | None, person: str | None, when: str) -> str | None:
    """Return when the performer opted out of new works, if that was by the day of a use; a paper without a date counts from the beginning."""
    names = [one for one in (replica.id if replica else None, person) if one]
    names += [one.id for one in consents.of_person(world, person) if one.body.get("platform")]
    found = [
        times.text(event.body.get("effective_at")) or "0001"
        for name in names
        for event in world.library.about(name, "event", "opted_out", ("target",))
        if times.begun(times.text(event.body.get("effective_at")), when)
    ]
    return times.earliest(found)


def _older(seen: Fact, opted: str | None) -> bool:
    """Tell whether a consent was signed before the performer opted out of new works."""
    return opted is None or times.before(seen.get("signed_at"), opted) is True


# --- what comes from a platform ---------------------------------------------------------------------------------


def _replica(world: World, view: View) -> Fact:
    person = bare(view.body.get("person"))
    platform = _of_replica(world, view)
    developed = [
        one
        for one in consents.of_person(world, person)
        if one.body.get("answer") == "granted" and "creation" in (part(one.body, "scope").get("purposes") or ())
    ]
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "kind": "replica",
            "platform": platform,
            "spoken": _spoken(view.body.get("modalities")),
            "person": ref(person),
            "production": ref(world.production),
            "development_consents": sorted(one.id for one in developed),
            "custodians": sorted(str(bare(one["party"])) for one in view.body.get("custody") or () if _now(world, one)),
            **_leaving(world, view, person, platform),
            "dates": compact({"creation": times.text(view.body.get("created_at")), "use": world.at}),
            "path": world.path(view),
            "because": {"platform": "made_by"},
        }
    )


def _now(world: World, custody: Mapping[str, Any]) -> bool:
    return times.within(world.at, {"perpetual": True, **part(custody, "window")}) is not False


def _models(world: World) -> list[Fact]:
    """Models by their vendors; one that cannot speak is nobody's voice."""
    found = []
    for view in lineage_of(world, "model"):
        spoken, stated = _spoken(view.body.get("modalities")), view.body.get("modalities") is not None
        if spoken and (stated or view.body.get("type") in (None, "voice", "hosted", "base", "fine_tune")):
            found.append(
                _thing(world, view, "model", _platform(world, [view.body.get("vendor")], products=[view.body.get("name")]), "vendor")
            )
    return found


def _works(world: World) -> list[Fact]:
    """Sources and licences that come from a platform: what its voices were licensed by."""
    sources = [
        _thing(world, view, "source", _platform(world, [view.body.get("owner"), view.body.get("acquired_from")]), "owner")
        for view in lineage_of(world, "source")
        if view.body.get("type") in ("audio", "voice_recording", "dataset", "mixed", None)
    ]
    licences = [
        _thing(world, view, "licence", _platform(world, [view.body.get("grantor"), view.body.get("grantee")]), "grantor")
        for view in lineage_of(world, "licence")
    ]
    papers_ = [
        _thing(world, view, "licence", _platform(world, [view.details.get("licensor"), view.details.get("licensee")]), "licensor")
        for view in lineage_of(world, "evidence")
        if view.type == "training_licence"
    ]
    return [*sources, *licences, *papers_]


def _thing(world: World, view: View, kind: str, platform: str | None, field: str) -> Fact:
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "kind": kind,
            "platform": platform,
            "spoken": True,
            "production": ref(world.production),
            "dates": {"use": world.at},
            "path": world.path(view),
            "because": {"platform": field},
        }
    )
