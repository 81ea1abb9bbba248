"""Games, the basics: which title is one, whose replica is seen or heard, live or made before, a generator or mere processing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas import vocabulary
from service.facts import appearances, classify, exemptions, papers, suspensions, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part

#: Lines of agreements for games.
LINES: Final = suspensions.LINES

VOCAL: Final = frozenset({"voice", "singing_voice"})
VISUAL: Final = frozenset({"face", "body", "motion", "likeness", "hands", "hair", "gesture"})

#: Features by which somebody is told as a whole, by eye or by ear.
_TELLING: Final = frozenset({"whole", "face", "voice", "body", "movement"})
_PLAIN: Final = frozenset({"traditional", "processing"})
_GENERATING: Final = frozenset({"generative", "live"})
_REMADE: Final = frozenset({*vocabulary.SUBSTANTIVE, *vocabulary.DUBBING})
_COUNSEL: Final = frozenset({"legal", "production_counsel", "labour_counsel"})


def is_game(world: World, production: str | None) -> times.Tri:
    """Tell whether a title is a game: by its format, that of what it is part of, or because the agreement for games binds it."""
    view = world.library.get(production)
    if view is None:
        return None
    formats = {found.body.get("format") for title in world.titles(production) if (found := world.library.get(title))}
    return "game" in formats or suspensions.bound(world, production)


def performers_papers(world: World, production: str | None) -> list[str]:
    """Return the lines of the agreements that bind performers on a title and run."""
    bound = [entry for title in world.titles(production) for entry in titles.bindings(world, title)]
    return sorted(
        {
            str(entry["agreement"])
            for entry in bound
            if entry["craft"] in ("performer", "*") and entry["determination"] == "bound" and entry.get("agreement") and entry["in_window"]
        }
    )


def replica_of(world: World, view: View, person: str | None) -> View | None:
    """Return the replica of a person that an appearance shows: as it says, else the one that its run was given."""
    named = world.library.get(view.body.get("replica"))
    run = appearances.generation_of(world, view)
    inputs = [*(run.body.get("replicas") or ()), *(one.get("replica") for one in run.body.get("inputs") or ())] if run else []
    shown = [named, *(world.library.get(one) for one in inputs)]
    return next((one for one in shown if one and bare(one.body.get("person")) == person), None)


# --- whose it is ------------------------------------------------------------------------------------------------


def identifiable(world: World, view: View, person: str) -> times.Tri:
    """Tell whether the result is identifiable as a person: as people have signed, else as recorded.

    A replica is taken for the person whom the records tie it to, until casting and legal together have said otherwise.
    """
    if view.body.get("recognisability_disputed") is True:
        return None
    signed = papers.attestations(world, (view.id,), ("identifiability", "recognisability"))
    confirmed = any(one["accepted"] is True for one in signed)
    rejecting = [one for one in signed if one["rejected"] and world.past(one.get("signed_at"))]
    if confirmed or rejecting:
        return _settled(rejecting, confirmed=confirmed)
    stated = _voted(view, person)
    tied = person == appearances.person_of(world, view) or replica_of(world, view, person) is not None
    if tied:
        return True if stated is True or not _judged(view, person) else None
    return stated


def _settled(rejecting: Iterable[Fact], *, confirmed: bool) -> times.Tri:
    """What people signed: disputed when they differ, and nobody is identifiable only once casting and legal both say so."""
    roles = {role for one in rejecting for role in (one.get("role"), *one["countersigned_by"])}
    if confirmed:
        return None if roles else True
    return False if "casting" in roles and roles & _COUNSEL else None


def _votes(view: View, person: str) -> list[bool]:
    cast = view.body.get("votes") or ()
    return [vote["recognisable"] for vote in cast if bare(vote.get("person")) == person and vote["feature"] in _TELLING]


def _judged(view: View, person: str) -> bool:
    return bool(_votes(view, person)) or view.body.get("recognisable_people") is not None


def _voted(view: View, person: str) -> times.Tri:
    votes = _votes(view, person)
    if votes:
        return votes[0] if len(set(votes)) == 1 else None
    return classify.whole(view, person)


# --- what it is -------------------------------------------------------------------------------------------------


def live(world: World, view: View) -> times.Tri:
    """Tell whether it is generated while somebody plays: as stated, else by when the asset's content is generated.

    Sound or pictures that a recorded run has put out exist already.
    """
    stated = view.body.get("real_time")
    if isinstance(stated, bool):
        return stated
    asset, run = world.library.get(view.body.get("asset")), appearances.generation_of(world, view)
    when = asset.body.get("generation_time") if asset else None
    if when is not None:
        return bool(when == "runtime")
    return False if asset and run and asset.type not in ("game_build", "other", "package") else None


def modalities(world: World, view: View, replica: View | None) -> Fact:
    """Return whether a voice, and whether a likeness, was replicated; what nothing says stays open."""
    stated = view.body.get("modalities") or (replica.body.get("modalities") if replica else None)
    if stated:
        wide = "*" in stated
        return {"vocal": wide or not VOCAL.isdisjoint(stated), "visual": wide or not VISUAL.isdisjoint(stated)}
    kind = replica.body.get("kind") if replica else None
    asset = world.library.get(view.body.get("asset"))
    if kind in ("vocal", "sound_recording_voice") or (asset and asset.type in ("audio", "music")):
        return {"vocal": True, "visual": False}
    if kind == "visual":
        return {"vocal": view.body.get("voice_source") == "replica", "visual": True}
    spoken = view.body.get("voice_source") == "replica" or not view.body.keys().isdisjoint({"lines", "words"})
    shown = "estimated_days" in view.body or (asset is not None and asset.type in ("image", "image_sequence"))
    return compact({"vocal": True if spoken else None, "visual": True if shown else None})


@dataclass(frozen=True, slots=True)
class Processing:
    """What is claimed to be mere processing, and whether it is of the kinds that the agreement leaves out."""

    classes: frozenset[str]
    listed: times.Tri


def processing(world: World, view: View) -> Processing | None:
    """Return what is recorded of processing in an appearance; None where nobody says that it is any.

    A performance that a generator voices or animates anew is no processing, and people look at it where it is recorded as an alteration.
    """
    run = appearances.generation_of(world, view)
    named = {view.body.get("tool_class"), part(run.body, "tool").get("tool_class") if run else None}
    classes = frozenset(str(one) for one in named if one)
    kinds = set(view.body.get("alteration_kinds") or ())
    claimed = any(claim.details.get("type") == "processing" for claim in exemptions.claims(world, view))
    remade = bool(kinds & _REMADE) or view.body.get("new_words") is True or view.body.get("new_conduct") is True
    anew = view.body["type"] == "alteration" and remade and bool(classes & _GENERATING)
    if not (claimed or anew or classes & _PLAIN or (kinds and kinds <= classify.CLOSED)):
        return None
    remade = remade or bool(view.body.get("replica")) or view.body.get("voice_source") in ("replica", "synthetic", "text_to_speech")
    if remade or classes & _GENERATING:
        return Processing(classes, listed=False)
    return Processing(classes, listed=True if classes and classes <= _PLAIN else None)


def processed(world: World, view: View) -> times.Tri:
    """Tell whether an appearance is processing that the agreement leaves out: by its tools, or because that claim was approved."""
    found = processing(world, view)
    if found is None or found.listed:
        return found is not None
    claims = exemptions.of_appearance(world, view)
    return any(one["type"] == "processing" and one["state"] == "approved" and one.get("covers_intent") is True for one in claims)
