"""Into which family an appearance falls, and who can be recognised in it: what the records show, and what people signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas import vocabulary
from service.facts import papers, people, times
from service.facts.library import View
from service.facts.world import World, bare, bares

STATED: Final = {
    "employment_based": "ebdr",
    "independently_created": "icdr",
    "background": "badr",
    "crew": "crew",
    "synthetic": "synthetic",
    "alteration": "alteration",
    "non_human": "non_human",
    "no_person": "no_person",
}
MADE: Final = frozenset({"new_performance", "synthetic", "background_fill", "alteration", "dub"})
VOICELESS: Final = frozenset({"synthetic", "text_to_speech", "none"})

#: Ordinary finishing that needs nobody's judgement.
CLOSED: Final = frozenset(vocabulary.FINISHING) - {"dialogue_adjustment", "narration_adjustment", "comparable_finishing"}


@dataclass(frozen=True, slots=True)
class Family:
    """Where a use of a person belongs: `kind` is ebdr, icdr, badr or None; `conflict` when statements and records differ."""

    kind: str | None
    no_scan: times.Tri
    other_project: times.Tri
    conflict: bool
    never: frozenset[str]

    def is_(self, kind: str) -> times.Tri:
        """Tell whether it is of that family; False for sure also where the records rule it out."""
        if self.kind is not None:
            return self.kind == kind
        return False if kind in self.never else None


def digital(world: World, view: View) -> times.Tri:
    """Tell whether an appearance was made or changed digitally."""
    body = view.body
    if body.get("replica") or body["type"] in MADE or body.get("tool_class") == "generative" or body.get("generation"):
        return True
    if body["type"] in ("performance", "score", "text"):
        return False
    asset = world.library.get(body.get("asset"))
    origin = asset.body.get("origin") if asset else None
    return None if origin is None else origin in ("generated", "mixed")


def family(world: World, view: View, person: str | None, production: str | None) -> Family:
    """Return the family of a use of a person in an appearance."""
    replica = world.library.get(view.body.get("replica"))
    derived, never, no_scan = _derived(world, replica, person, production, people_date(world, view))
    stated = _stated(world, view, replica)
    conflict = bool(stated and derived and stated != derived and not (no_scan and stated in ("ebdr", "badr")))
    origin = bare(replica.body.get("origin_production")) if replica else None
    same = world.same_title(origin, production)
    return Family(stated or derived, no_scan, None if same is None else not same, conflict, never)


def people_date(world: World, view: View) -> str:
    """Return the day of a use: when it was generated, else when it is asked for."""
    return times.text(view.body.get("generated_at")) or world.at


def _stated(world: World, view: View, replica: View | None) -> str | None:
    """What people signed about the appearance, else what stands on the replica."""
    signed = papers.attestations(world, (view.id, replica.id if replica else None), ("classification",))
    signed += [
        papers.attestation(world, found)
        for one in view.body.get("classification") or ()
        if (found := world.library.get(one)) and found.type == "attestation"
    ]
    for one in signed:
        if one.get("accepted") is True and one.get("classified_as") in STATED:
            return STATED[one["classified_as"]]
    return STATED.get(str(replica.body.get("kind"))) if replica else None


def undecided(world: World, view: View, replica: View | None) -> bool:
    """Tell whether the last one who was asked to classify an appearance or its replica was unsure, or refused what was stated."""
    about = {view.id, replica.id if replica else view.id, *(bares(view.body.get("classification")) or ())}
    signed = {one.id: one for name in about for one in world.library.about(name, "evidence", "attestation", ("subject", "classification"))}
    signed |= {one.id: one for name in about if (one := world.library.get(name)) and one.type == "attestation"}
    asked = [
        one for one in signed.values() if one.details.get("kind") == "classification" and world.past(times.text(one.details["signed_at"]))
    ]
    last = max(asked, key=lambda one: (str(times.text(one.details["signed_at"])), one.id), default=None)
    return last is not None and last.details.get("outcome") != "confirmed"


def _derived(
    world: World, replica: View | None, person: str | None, production: str | None, when: str
) -> tuple[str | None, frozenset[str], times.Tri]:
    here = people.engaged(world, person, production, when)
    if here is True and people.off_camera(people.engagements(world, person, production)):
        here = False  # employed, and not as a performer
    if replica is None:
        return None, frozenset(), None
    part = participated(replica)
    if part is False:
        if here is True:
            return None, frozenset({"ebdr", "icdr", "badr"}), True
        return ("icdr", frozenset(), False) if here is False else (None, frozenset({"ebdr", "badr"}), None)
    origin = bare(replica.body.get("origin_production"))
    held = [found] if (found := world.library.get(replica.body.get("engagement"))) else people.engagements(world, person, origin)
    if part is True and people.off_camera(held):
        return "crew", frozenset(), False
    if part is True and held:
        crowd = people.background(held)
        return ({True: "badr", False: "ebdr"}.get(crowd) if crowd is not None else None), frozenset({"icdr"}), False
    return None, frozenset(), False if part is True else None


def participated(replica: View) -> times.Tri:
    """Tell whether the performer took part in making a replica: as stated, else by its sessions."""
    stated = replica.body.get("performer_participated")
    if isinstance(stated, bool):
        return stated
    sessions = replica.body.get("sessions")
    return None if sessions is None else bool(sessions)


def recognised(view: View, person: str, features: Iterable[str]) -> times.Tri:
    """Tell whether a feature of a person is recognisable: as stated, else by the majority of the panel."""
    wanted = set(features)
    if any(bare(one.get("person")) == person and one.get("feature") in wanted for one in view.body.get("recognisable_features") or ()):
        return True
    votes = [one["recognisable"] for one in view.body.get("votes") or () if bare(one["person"]) == person and one["feature"] in wanted]
    if votes:
        yes = sum(votes)
        return None if yes * 2 == len(votes) else yes * 2 > len(votes)
    stated = bares(view.body.get("recognisable_people"))
    if stated == [] or view.body.get("recognisable_features") == []:
        return False
    return None


def whole(view: View, person: str) -> times.Tri:
    """Tell whether the person as a whole is recognisable; a panel that is not of one mind leaves it open."""
    if view.body.get("recognisability_disputed") is True:
        return None
    votes = [
        one["recognisable"] for one in view.body.get("votes") or () if bare(one["person"]) == person and one["feature"] in ("whole", "face")
    ]
    if votes:
        return votes[0] if all(vote == votes[0] for vote in votes) else None
    stated = bares(view.body.get("recognisable_people"))
    if stated is None:
        return None
    return person in stated


def unrecognised(view: View, person: str) -> bool:
    """Tell whether two reviewers or more have voted, all of them, that the person as a whole cannot be recognised."""
    votes = [one for one in view.body.get("votes") or () if bare(one["person"]) == person and one["feature"] in ("whole", "face")]
    return len({bare(one["reviewer"]) for one in votes}) > 1 and whole(view, person) is False


def in_question(view: View, named: Iterable[str]) -> list[str]:
    """Return the people whom somebody has named, voted on, or claims to recognise in an appearance."""
    body = view.body
    found = {*named, *(bares(body.get("recognisable_people")) or ())}
    found |= {str(bare(one["person"])) for one in (*(body.get("votes") or ()), *(body.get("recognisable_features") or ()))}
    return sorted(found)


def settled(world: World, view: View, kind: str | None, named: Iterable[str]) -> times.Tri:
    """Tell whether it is settled who can be recognised: known for replicas made with the performer, else judged by people."""
    if view.body.get("recognisability_disputed") is True:
        return False
    signed = papers.attestations(world, (view.id,), ("recognisability", "identifiability"))
    if papers.confirmed(signed, "recognisability") or papers.confirmed(signed, "identifiability"):
        return True
    person = bare(view.body.get("person"))
    if kind in ("ebdr", "badr", "crew", "alteration", "dub", "non_human", "no_person") and person:
        return True
    asked = in_question(view, named)
    if kind == "icdr" and person:
        return True if whole(view, person) is not None else None
    if not asked:
        return True if view.body.get("recognisable_people") == [] or not view.body.get("in_human_role", True) else None
    verdicts = [whole(view, one) for one in asked]
    features = [recognised(view, one, vocabulary.FEATURES) for one in asked]
    return bool(None not in verdicts or all(found is False for found in features))


def finishing(body: Mapping[str, Any]) -> times.Tri:
    """Tell whether an alteration is ordinary finishing that puts in no new words or conduct."""
    kinds = body.get("alteration_kinds")
    if not kinds:
        return None
    if not set(kinds) <= CLOSED:
        return False
    fresh = [body.get("new_words"), body.get("new_conduct")]
    return False if True in fresh or body.get("changes_meaning") is True else None if None in fresh else True
