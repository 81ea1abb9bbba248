"""What laws on generated content look at: what goes out, whether it could be taken for real, how the public is told, who it shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from service.facts import appearances, classify, papers, times
from service.facts.areas import law_models, law_papers
from service.facts.areas.law_papers import all_of, any_of, said
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref
from service.rules.moments import moment

_CUTS: Final = frozenset({"cut", "timeline", "mix", "package"})
_REAL: Final = frozenset({"camera", "hand_made", "licensed_stock", "recorded"})
_ORDINARY: Final = frozenset({"traditional", "processing", "analysis"})
#: Relations to a parent that leave nothing of it in the result.
_APART: Final = frozenset({"reference_for", "trained_on"})
_SOUND: Final = frozenset({"audio", "music"})
_UNSHOWN: Final = frozenset({"score", "text", "alteration", "dub"})
_INTIMATE: Final = frozenset({"nudity", "simulated_sex"})
_ASSESSMENT: Final = "authenticity_assessment"
_ADVERTISED: Final = frozenset({"commercial", "campaign"})


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return what goes out, models that are let out, sources from the web, and registrations."""
    exposures = [exposure(world, world.library.views[key], holders) for key, holders in sorted(dict(_exposed(world)).items())]
    return {
        "exposures": exposures,
        "offered_models": law_models.offered(world),
        "web_sources": law_models.web_sources(world),
        "registrations": _registrations(world, exposures),
    }


def _exposed(world: World) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the assets that meet the public, each with what holds it: a cut stands for its parts where they are recorded."""
    for view in world.library.of("asset"):
        if view.key in world.library.lineage and len(world.path(view) or ()) == 1:
            yield from _parts(world, view, ())
    for delivery in world.library.of("delivery"):
        if delivery.key in world.library.lineage:
            for role, target in delivery.links:
                if role == "delivered" and (asset := world.library.get(target)) and asset.kind == "asset":
                    yield from _parts(world, asset, (delivery.id,))


def _parts(world: World, view: View, holders: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    inner = [one for one in _assets_in(world, view) if one.id not in holders] if view.type in _CUTS else []
    if not inner:
        yield view.key, holders
        return
    for asset in inner:
        yield from _parts(world, asset, (*holders, view.id))


def _assets_in(world: World, view: View) -> list[View]:
    return [asset for one in _inside(view) if (asset := world.library.get(one)) and asset.kind == "asset"]


def _inside(view: View) -> list[str]:
    parents = [one.get("record") for one in view.body.get("parents") or () if one.get("relation") not in _APART]
    return sorted({str(one) for one in (*parents, *(part.get("asset") for part in view.body.get("ranges") or ())) if one})


def exposure(world: World, view: View, holders: Sequence[str]) -> Fact:
    """Return one asset that meets the public: made how, taken for what, told how, marked how."""
    production, whole = world.production_of(view), _made_from(world, view)
    runs = [run for one in whole for run in world.library.about(one.id, "generation", roles=("output",))]
    made = times.latest([times.text(run.body.get("generated_at")) for run in runs]) or times.text(view.body.get("created_at"))
    element: Fact = {
        "id": view.id,
        "record": view.id,
        "asset": ref(view),
        "production": ref(production),
        "path": world.path(view),
        "type": view.body.get("type"),
        "synthetic": _synthetic(world, whole),
        "generated_at": made,
        "dates": compact({"release": world.at, "generation": made, "use": made}),
        "incoming_marks": [],
        "because": _BECAUSE,
    }
    if element["synthetic"] is not False:
        about = (view.id, *holders)
        element |= _taken_for(world, view, holders, whole)
        element |= {"standard_editing": element.get("standard_editing") is True, **_told(world, about, production)}
        element |= {"credentials": law_papers.credentials(world, view), "marks": law_papers.marks(world, (view.id,))}
        element |= {"incoming_marks": _incoming(world, whole), **_systems(world, runs, production)}
        element |= _advertisement(world, view, about, production)
    return compact(element)


#: Which field of which record settles what is not known.
_BECAUSE: Final = {
    "synthetic": "origin",
    "depicts_existing": "authenticity_assessment.depicts_existing",
    "could_pass": "authenticity_assessment.could_pass_as_authentic",
    "informs_public": "authenticity_assessment.informs_public",
    "digital_human": "authenticity_assessment.digital_human",
    "provider": "system_role.roles",
    "operator": "system_role.roles",
    "placed_on_market_at": "system_role.placed_on_market_at",
    "synthetic_performer": "appearance.recognisable_people",
    "advertisement": "intent.purpose",
}


def _taken_for(world: World, view: View, holders: Sequence[str], whole: Sequence[View]) -> Fact:
    """What it could be taken for, as assessed; in the second place as stated on the asset itself."""
    body, assessed = view.body, _Assessed(world, view, holders, whole)
    return {
        "moving": body.get("type") in ("video", "cut", "timeline", "image_sequence", "game_build"),
        "sound": body.get("type") in _SOUND,
        "standard_editing": assessed.said("standard_editing_only") is True,
        "depicts_existing": _depicts_existing(assessed, appearances.of_asset(world, view.id)),
        "could_pass": _first(assessed.said("could_pass_as_authentic"), body.get("real_event_risk")),
        "artistic": _first(assessed.said("evidently_artistic"), body.get("evidently_fictional")) is True,
        "artistic_settled": assessed.settled(),
        "informs_public": assessed.said("informs_public"),
        "digital_human": assessed.said("digital_human"),
    }


def _told(world: World, about: Sequence[str], production: str | None) -> Fact:
    """How the public is told, and what people have attested about it."""
    return {
        "disclosures": law_papers.overlays(world, (*about, *(one.id for asset in about for one in appearances.of_asset(world, asset)))),
        "plans": law_papers.plans(world, about, production),
        "attestations": papers.attestations(world, about),
        "bases": _bases(world, about, production),
        "episode": _format(world, production) in ("episode", "series", "season"),
    }


def _first(*values: Any) -> times.Tri:
    return next((one for one in values if isinstance(one, bool)), None)


def made_by_ai(world: World, view: View) -> bool:
    """Tell whether AI is known to have generated or altered an asset itself."""
    return _own(world, view, listed=False) is True


def _synthetic(world: World, whole: Sequence[View]) -> times.Tri:
    """Tell whether AI generated or altered an asset, or something that is in it; ordinary tools do not count."""
    return any_of([_own(world, one, listed=bool(_assets_in(world, one))) for one in whole])


def _own(world: World, view: View, *, listed: bool) -> times.Tri:
    """What is recorded of the asset itself: its runs, its origin, what was said of AI; a mere composite adds nothing of its own."""
    runs = world.library.about(view.id, "generation", roles=("output",))
    classes = [(run.body.get("tool") or {}).get("tool_class") for run in runs]
    if any(one not in _ORDINARY for one in classes) or view.body.get("ai") == "generative":
        return True
    origin, told = view.body.get("origin"), view.body.get("ai")
    if classes or told == "none" or (origin in _REAL and told is None):
        return False
    if origin in ("generated", "mixed") and not (origin == "mixed" and listed):
        return True
    return False if listed else None


def _made_from(world: World, view: View) -> list[View]:
    """The asset and the assets in it, however deep, each once."""
    found, queue = {view.key: view}, deque([view])
    while queue:
        for one in _assets_in(world, queue.popleft()):
            if one.key not in found:
                found[one.key] = one
                queue.append(one)
    return list(found.values())


class _Assessed:
    """What assessments say of an asset: the nearest counts, of the asset, of what holds it, of what is in it, of the title."""

    def __init__(self, world: World, view: View, holders: Sequence[str], whole: Sequence[View]) -> None:
        self.near = [law_papers.stated(world, _ASSESSMENT, one) for one in (view.id, *reversed(holders))]
        self.inside = [law_papers.stated(world, _ASSESSMENT, one.id) for one in whole[1:]]
        self.world, self.production = world, world.production_of(view)

    def said(self, name: str) -> times.Tri:
        """Return what the nearest statements say of a field."""
        for level in self.near:
            if (found := law_papers.assessed(level, name)) is not None:
                return found
        found = any_of([law_papers.assessed(level, name) for level in self.inside]) if self.inside else None
        return self._titled(name) if found is None else found

    def _titled(self, name: str) -> times.Tri:
        """What is said of the whole title together."""
        titled = law_papers.titled(self.world, _ASSESSMENT, self.production)
        return self.world.once(f"law/assessed/{name}", self.production, lambda: law_papers.assessed(titled, name))

    def settled(self) -> bool:
        """Tell whether a named reviewer has given reasons why it is evidently artistic."""
        if any(_reasoned(level) for level in (*self.near, *self.inside)):
            return True
        titled = law_papers.titled(self.world, _ASSESSMENT, self.production)
        return self.world.once("law/reasoned", self.production, lambda: _reasoned(titled))


def _reasoned(level: Sequence[View]) -> bool:
    return any(
        law_papers.assessed((one,), "evidently_artistic") is True and bool(one.details.get("by") and one.details.get("reasons"))
        for one in level
    )


def _depicts_existing(assessed: _Assessed, shown: Sequence[View]) -> times.Tri:
    """As assessed; who shows a real person, or somebody recognisable, shows something that exists."""
    if any(view.body.get("person") or view.body.get("replica") or view.body.get("recognisable_people") for view in shown):
        return True
    return assessed.said("depicts_existing")


def _incoming(world: World, whole: Sequence[View]) -> list[Fact]:
    """Marks that material bore as it came in: as found then, or as somebody looked for them."""
    found = []
    for asset in whole:
        carried = asset.body.get("credentials") or {}
        if carried.get("state") in ("trusted", "valid"):
            found.append({"id": asset.id, "latent": bool(carried.get("generator") and carried.get("instance_id"))})
        looked = [one for one in law_papers.marks(world, (asset.id,)) if one["incoming"] and one.get("found")]
        found += [{"id": one["id"], "latent": one["latent"]} for one in looked]
    return found


def _systems(world: World, runs: Sequence[View], production: str | None) -> Fact:
    """In what role we stand towards what generated it; somebody else's hosted system makes that vendor the provider."""
    models = [model for run in runs for one in run.body.get("models") or () if (model := world.library.get(one.get("model")))]
    tools = [str((run.body.get("tool") or {}).get("name")) for run in runs]
    stated = law_papers.roles(world, sorted({one.id for one in models}), tools, production)
    hosted = bool(models) and all(one.body.get("hosting") == "vendor_hosted" for one in models)
    provider = law_papers.role_of(world, stated, frozenset({"provider"}))
    placed = times.earliest([times.text(one.details.get("placed_on_market_at")) for one in stated])
    return {
        "provider": False if provider is None and hosted else provider,
        "bought": provider is False or (provider is None and hosted),
        "operator": law_papers.role_of(world, stated, frozenset({"operator", "provider"})),
        "placed_on_market_at": placed,
        "user_notice": said(stated, "user_notice_given"),
    }


def _advertisement(world: World, view: View, about: Sequence[str], production: str | None) -> Fact:
    """Whether it advertises, whether a synthetic performer is in it, and what exceptions were granted."""
    granted = law_papers.counting(world, law_papers.about(world, "advertising_exception", about, production))
    shown = [one for asset in about for one in appearances.of_asset(world, asset)]
    return {
        "advertisement": _advertises(world, view, shown, production),
        "synthetic_performer": _performer(world, view, shown),
        "ad_exceptions": [{"id": one.id, "ground": one.details.get("ground"), "ends": law_papers.end_of(one)} for one in granted],
    }


def _advertises(world: World, view: View, shown: Sequence[View], production: str | None) -> times.Tri:
    said_so = view.body.get("advertiser") or _format(world, production) in _ADVERTISED
    if said_so or any(one.body.get("advertising") or one.body["type"] == "advertisement" for one in shown):
        return True
    marketing = world.intent.get("marketing")
    return marketing if isinstance(marketing, bool) else None


def _format(world: World, production: str | None) -> str | None:
    title = world.library.get(production)
    return str(title.body.get("format")) if title else None


def _performer(world: World, view: View, shown: Sequence[View]) -> times.Tri:
    """Tell whether a generated performer who is nobody in particular is in it."""
    if not shown:
        people = view.body.get("people")
        nobody = isinstance(people, Mapping) and people.get("people") == [] and people.get("complete") is not False
        return False if nobody else None
    return any_of([_nobody(world, one) for one in shown])


def _nobody(world: World, one: View) -> times.Tri:
    body = one.body
    if appearances.person_of(world, one) or body["type"] in _UNSHOWN:
        return False
    looks = [body.get(name) for name in ("in_human_role", "looks_human", "meant_to_look_human")]
    human = True if True in looks else (False if False in looks else (True if body["type"] == "synthetic" else None))
    known = body.get("recognisable_people")
    run = appearances.generation_of(world, one)
    tool = body.get("tool_class") or ((run.body.get("tool") or {}).get("tool_class") if run else None)
    made = False if tool in _ORDINARY else classify.digital(world, one)
    return all_of([human, None if known is None else not known, made])


def _bases(world: World, about: Sequence[str], production: str | None) -> list[Fact]:
    found = law_papers.counting(world, law_papers.about(world, "clearance_basis", about, production))
    return [
        compact(
            {
                "id": one.id,
                "territories": one.details.get("territories"),
                "relies": one.details.get("relies_on_computer_generated_copyright"),
                "ends": law_papers.end_of(one),
            }
        )
        for one in found
    ]


def _registrations(world: World, exposures: Sequence[Fact]) -> list[Fact]:
    """Return the registrations of what goes out or of its title, with what they say of generated material."""
    targets = [str(one["id"]) for one in exposures]
    found = law_papers.counting(world, law_papers.about(world, "registration", targets, world.production))
    contains = any_of([one.get("synthetic") for one in exposures]) if exposures else None
    return [_registration(world, view, contains) for view in found]


def _registration(world: World, view: View, contains: times.Tri) -> Fact:
    details = view.details
    parts = details.get("components")
    more = [one for one in parts or () if one.get("more_than_de_minimis") is not False]
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(world.production),
            "office": details.get("office"),
            "open": details.get("state") in ("planned", "filed", "registered"),
            "filed": details.get("state") in ("filed", "registered"),
            "contains_generated": True if parts else contains,
            "disclosed": details.get("generated_material_disclosed"),
            "excluded": bool(details.get("excluded")),
            "parts_stated": parts is not None,
            "claimed_generated": [str(bare(one.get("asset")) or one.get("name")) for one in more if one.get("decision") == "claim"],
            "undecided": [
                str(bare(one.get("asset")) or one.get("name"))
                for one in parts or ()
                if one.get("more_than_de_minimis") is None or not one.get("decision") or not one.get("human_contribution")
            ],
            "material": bool(more),
            "dates": {"release": world.at},
        }
    )


def use_facts(world: World, view: View, person: str, _held: Sequence[View]) -> Fact:
    """Return what laws on likeness add to a use: how long somebody is dead, where they lived, whether it is intimate."""
    party = world.library.get(person)
    died = times.text(party.body.get("death_date")) if party else None
    home = party.body.get("domicile") if party else None
    flags = view.body.get("content_flags")
    asset = bare(view.body.get("asset"))
    told = said(law_papers.stated(world, _ASSESSMENT, asset), "intimate") if asset else None
    shown = None if flags is None else not _INTIMATE.isdisjoint(flags)
    return compact(
        {
            "dead_within_70": _within_years(world, died, 70),
            "dead_within_50": _within_years(world, died, 50),
            "dead_within_40": _within_years(world, died, 40),
            "dead_within_20": _within_years(world, died, 20),
            "died_under_ny_law": None if died is None else times.before(died, "2021-05-29") is not True,
            "lived_in_new_york": home == "US-NY",
            "may_be_new_yorker": home in (None, "US", "US-NY"),
            "may_be_montanan": home in (None, "US", "US-MT"),
            "intimate": told if told is not None else shown,
            "intimate_stated": told is True or shown is True,
            "legal_reviewed": papers.confirmed(papers.attestations(world, (view.id, asset, person), ("legal_review",)), "legal_review"),
        }
    )


def _within_years(world: World, died: str | None, years: int) -> times.Tri:
    """Tell whether no more than some years have gone by since a death."""
    if died is None or moment(died) is None:
        return None
    rest = died[4:] if died[5:10] != "02-29" else "-03-01"
    return times.before(f"{int(died[:4]) + years}{rest}", world.at) is not True
