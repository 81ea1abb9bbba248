"""How generative tools were used in what goes out, and what buyers and platforms have to be told of it.

One element for each asset that is handed out, that a tool took part in, or whose making is not fully told: what was stated in
`ai_use` papers, what the records of asset and runs say by themselves, and where the two disagree. The machine's own findings
(what is in the final work, what the terms say, whose likeness is shown) stand beside the answers that people gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from service.facts import appearances, consents, people, times, titles
from service.facts.areas import disclosed, platform_papers
from service.facts.areas.platform_papers import Made
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

_RANK: Final = ("generative", "assistive", "none")
_BY_HAND: Final = frozenset({"camera", "hand_made", "recorded"})
_PROVING: Final = frozenset({"sha256", "sha512", "c4", "blake3"})
_PLAIN: Final = frozenset({"traditional", "processing", "analysis"})
_CONTAINERS: Final = frozenset({"cut", "timeline", "mix"})
#: Changes of a performance that a viewer would take for the performer's own doing.
_SIGNIFICANT: Final = frozenset(
    {
        "new_dialogue", "changed_dialogue", "changed_conduct", "changed_meaning", "age_change", "face_replacement", "body_replacement",
        "voice_replacement", "expression_change", "performance_transfer", "nudity",
    }
)  # fmt: skip


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `ai_uses`."""
    return {"ai_uses": [used(world, case) for case in cases(world, shown)]}


def of_use(world: World, view: View, _person: str, _held: Sequence[View]) -> Fact:
    """Return what a buyer asks about one use of a person: its answers, a look by lawyers, the word to the union."""
    asset = world.library.get(view.body.get("asset"))
    run = appearances.generation_of(world, view)
    named = (view.id, asset.id if asset else None, run.id if run else None, bare(view.body.get("replica")))
    names = frozenset(name for name in named if name)
    made = Made(
        names,
        world.production_of(view),
        appearances.generated_at(world, view),
        appearances.ahead(world, view) is True,
        platform_papers.called((view, asset, run)),
        platform_papers.scenes_of((view,)) or platform_papers.scenes_of((asset,)),
    )
    answers = platform_papers.approvals(world, made)
    given = {
        one["subject"] for one in answers if one["of_buyer"] and all(one.get(name) is True for name in ("approved", "live", "before_use"))
    }
    return {
        "buyer_approvals": answers,
        "distributor_approved": not given.isdisjoint({"talent_performance", "general"}),
        "reuse_approved": not given.isdisjoint({"model_reuse", "talent_performance"}),
        "legal_review": platform_papers.reviewed(world, sorted(names), "legal_review"),
        "union_notified": platform_papers.union_told(world, made),
        "significant": not _SIGNIFICANT.isdisjoint(view.body.get("alteration_kinds") or ()),
    }


@dataclass(frozen=True)
class Case:
    """An asset (or a run that has put nothing out yet) with its runs, and the papers and appearances about it."""

    world: World
    view: View
    item: bool
    runs: tuple[View, ...]
    stated: tuple[View, ...]
    shown: tuple[View, ...]

    @cached_property
    def details(self) -> list[Mapping[str, Any]]:
        """The statements' own fields."""
        return [one.details for one in self.stated]

    def said(self, name: str) -> list[Any]:
        """Return what the statements say under a name."""
        return [one[name] for one in self.details if name in one]

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The asset's body; empty for a run."""
        return self.view.body if self.view.kind == "asset" else {}

    @cached_property
    def made(self) -> Made:
        """When and for which title it was made, and what a paper about it may name."""
        dates = [times.text(run.body.get("generated_at")) or times.text(run.body.get("started_at")) for run in self.runs]
        first = times.earliest([*dates, *(times.text(one) for one in self.said("first_used_at"))])
        ahead = any(one.id.startswith("planned") for one in (self.view, *self.runs)) or times.before(self.world.at, first) is True
        names = {self.view.id, *(one.id for one in (*self.runs, *self.shown, *self.stated))}
        named = {str(bare(one)) for listed in self.said("approvals") for one in listed}
        things = (self.view, *self.runs, *self.shown)
        return Made(
            frozenset(names | named),
            self.world.production_of(self.view),
            first or (self.world.at if ahead else None),
            ahead,
            platform_papers.called(things),
            platform_papers.scenes_of((self.view,)) or platform_papers.scenes_of(self.shown),
        )


def cases(world: World, shown: Sequence[View]) -> list[Case]:
    """Return what the rules ask about: items, what tools took part in, and gaps of the lineage."""
    return world.once("ai_cases", None, lambda: _cases(world, shown))


def _cases(world: World, shown: Sequence[View]) -> list[Case]:
    items = items_of(world)
    by_asset: dict[str | None, list[View]] = {}
    for one in shown:
        by_asset.setdefault(bare(one.body.get("asset")), []).append(one)
    wide = [one for one in world.library.of("evidence", "ai_use") if one.details.get("assets") == ["*"]]
    found = []
    for view in _lineage(world, "asset"):
        runs = runs_of(world, view)
        stated = _stated(world, view, runs, wide)
        if view.key in items or runs or stated or view.body.get("ai") in ("assistive", "generative") or disclosed.gaps(view, runs):
            found.append(Case(world, view, view.key in items, runs, stated, tuple(by_asset.get(view.id, ()))))
    loose = [run for run in _lineage(world, "generation") if not any(one.get("asset") for one in run.body.get("outputs") or ())]
    return found + [Case(world, run, False, (run,), _stated(world, run, (run,), wide), ()) for run in loose if not _named(world, run)]


def _lineage(world: World, kind: str) -> list[View]:
    return [view for view in world.library.of(kind) if view.key in world.library.lineage]


def _named(world: World, run: View) -> bool:
    """Whether an asset says that this run made it."""
    return bool(world.library.about(run.id, "asset", roles=("parent",)))


def items_of(world: World) -> frozenset[str]:
    """Return the assets that are handed out as such: the subjects, what a delivery or release holds, what a cut shows."""
    return world.once("items", None, lambda: _items(world))


def _items(world: World) -> frozenset[str]:
    todo = [key for key, path in world.library.paths.items() if len(path) == 1]
    found: set[str] = set()
    while todo:
        view = world.library.get(todo.pop())
        if view is None or view.key in found:
            continue
        if view.kind == "asset":
            found.add(view.key)
        roles = {"asset": ("cut_item",), "delivery": ("delivered", "asset"), "release": ("released", "asset"), "appearance": ("asset",)}
        todo += [target for role, target in view.links if role in roles.get(view.kind, ())]
        if view.kind == "generation":
            todo += [target for role, target in view.links if role == "output"]
    return frozenset(key for key in found if not _container(world.library.views[key]))


def _container(view: View) -> bool:
    """A cut without a file of its own is handed out as what it shows."""
    return view.type in _CONTAINERS and bool(view.body.get("ranges")) and not view.body.get("digests")


def runs_of(world: World, view: View) -> tuple[View, ...]:
    """Return the runs that put an asset out, or that it names as what it was made by."""
    made = world.library.about(view.id, "generation", roles=("output",))
    named = [
        found for one in view.body.get("parents") or () if (found := world.library.get(one.get("record"))) and found.kind == "generation"
    ]
    return tuple(run for _, run in sorted({run.key: run for run in (*made, *named)}.items()))


def _stated(world: World, view: View, runs: Iterable[View], wide: Iterable[View]) -> tuple[View, ...]:
    about = [one for target in (view, *runs) for one in world.library.about(target.id, "evidence", "ai_use", ("subject", "ai_use_of"))]
    title = world.production_of(view)
    about += [
        one for one in wide if title in (*one.productions, bare(one.details.get("production")), *map(bare, one.body.get("subjects") or ()))
    ]
    return tuple(one for _, one in sorted({one.key: one for one in about}.items()))


def used(world: World, case: Case) -> Fact:
    """Return the element of one asset; what only matters where a tool took part is left out elsewhere, since shots are many."""
    made, kind = case.made, kind_of(case)
    element = {
        "id": case.view.id,
        "record": case.view.id,
        "asset": ref(case.view) if case.view.kind == "asset" else None,
        "production": ref(made.production),
        "path": world.path(case.view),
        "item": case.item,
        **kind,
        **disclosed.signals(world, case.view),
        "open": disclosed.gaps(case.view, case.runs),
        "proved": _proved(case.body) if case.item else None,
        "dates": compact({"use": made.at, "generation": made.at, "release": world.at if world.outward else None}),
        "because": {"generative": "ai", "kind": "ai", "talent": "people", "in_final": "ai_use.in_final"},
    }
    return compact({**element, **(_told(world, case) if kind["assisted"] or case.stated else {})})


def _told(world: World, case: Case) -> Fact:
    """What is asked of an asset in which a tool took part."""
    made, body = case.made, case.body
    return {
        "statements": [one.id for one in case.stated],
        "stage": next(iter(case.said("stage")), body.get("stage")),
        "element": next(iter(case.said("element")), body.get("element")),
        "story_relevant": _worst(case.said("story_relevant")),
        "use_ahead": made.planned,
        "in_final": _in_final(case),
        "talent": _talent(case),
        "talent_consented": _consented(case),
        **_inputs(case),
        **_tools(case),
        **platform_papers.answers(world, case.said("principles"), made),
        "similarity_report": bool(case.said("similarity_report")),
        "real_event_risk": _worst([*case.said("real_event_risk"), *_own(body, "real_event_risk")]),
        "replaces_covered_work": _worst(case.said("replaces_covered_work")),
        "recreates": True in case.said("substantial_recreation"),
        "approvals": platform_papers.approvals(world, made),
        "notified": platform_papers.notified(world, made),
        "editorial_review": platform_papers.reviewed(world, sorted(made.names), "editorial_review"),
        **_watched(world, case),
    }


def _watched(world: World, case: Case) -> Fact:
    """What broadcasters and stores of games ask."""
    return {
        "overseen": bool(case.said("overseer")),
        "referral": bool(case.said("referral")) or any(one.details.get("of") == "broadcaster" for one in _referrals(case)),
        "factual_research": _worst(case.said("factual_research")),
        "news": _news(world, world.library.get(case.made.production)),
        "player_facing": _worst(_own(case.body, "player_facing")),
        "generation_time": case.body.get("generation_time"),
        "guardrails": bool(case.body.get("guardrails")),
        "authored": authored(case),
    }


def kind_of(case: Case) -> Fact:
    """Return the kind that was declared, what the records tell by themselves, and whether they agree."""
    declared = [str(one) for one in case.said("kind")] + _own(case.body, "ai")
    settled = case.world.library.get(case.body.get("origin_evidence"))
    if settled and settled.details.get("ai_used") is False:
        declared.append("none")
    origin = case.body.get("origin") or (settled.details.get("origin") if settled else None)
    if origin == "generated" and not declared:
        declared.append("generative")
    ran = any(part(run.body, "tool").get("tool_class") == "generative" for run in case.runs)
    kind = next((one for one in _RANK if one in declared), None)
    contradicted = kind is not None and kind != "generative" and (ran or origin == "generated")
    generative: times.Tri = True if kind == "generative" or ran or origin == "generated" else (False if kind else None)
    if generative is None and not case.runs and (origin in _BY_HAND or case.view.type in _CONTAINERS):
        generative = False
    return {
        "kind": kind,
        "kinds": len(set(declared)),
        "contradicted": contradicted,
        "generative": generative,
        "assisted": True if generative or kind == "assistive" else (False if kind == "none" else None),
    }


def _own(body: Mapping[str, Any], name: str) -> list[Any]:
    return [body[name]] if name in body else []


def _worst(found: Iterable[Any]) -> times.Tri:
    """Of several statements about something adverse the one that says it holds."""
    listed = list(found)
    return True if True in listed else (False if False in listed else None)


def _proved(body: Mapping[str, Any]) -> bool:
    """Whether the asset stands under a digest that proves its content; SHA-1 does so together with the size."""
    known = {str(one.get("algorithm")) for one in body.get("digests") or ()}
    return bool(known & _PROVING) or ("sha1" in known and "bytes" in body) or bool(body.get("items"))


def _in_final(case: Case) -> times.Tri:
    """What goes out as final is final whatever was typed: everything in the lineage of an item went into it."""
    world = case.world
    if world.outward:
        purpose = world.intent.get("purpose")
        return None if purpose is None else purpose != "temp"
    stated = case.said("in_final")
    return _worst(stated) if stated else (False if case.body.get("version_state") == "temp" else None)


def _talent(case: Case) -> times.Tri:
    """Whether a real person's likeness or voice is made or changed in it."""
    digital = [one for one in case.shown if one.body.get("replica") or one.body["type"] in ("new_performance", "alteration", "dub")]
    listed = [one for one in case.said("likeness_subjects") if one]
    if digital or listed or any(run.body.get("replicas") for run in case.runs):
        return True
    nobody = part(case.body, "people").get("people") == [] or [] in case.said("likeness_subjects")
    return False if nobody or case.shown else None


def _consented(case: Case) -> times.Tri:
    """Whether everyone whose likeness is made or changed has a consent that ran on the day."""
    found = []
    for view in case.shown:
        person = appearances.person_of(case.world, view)
        if person and (view.body.get("replica") or view.body["type"] in ("new_performance", "alteration", "dub")):
            seen = consents.seen_from(case.world, appearances.use_of(case.world, view, person, case.made.production))
            found.append(any(one.get("granted") and one.get("live_at_use") is True and one.get("live_now") is True for one in seen))
    shown = {appearances.person_of(case.world, view) for view in case.shown}
    unshown = {str(bare(one)) for listed in case.said("likeness_subjects") for one in listed} - shown
    return False if False in found or unshown else (True if found else None)


def _inputs(case: Case) -> Fact:
    """What kinds of material went in, what they refer to, and on what a model was trained."""
    read = [found for run in case.runs for one in run.body.get("inputs") or () if (found := disclosed.tags(case.world, one)) is not None]
    stated = [one for listed in case.said("inputs") for one in listed]
    known = {tag for found in read for tag in found if tag} | {tag for listed in case.said("sensitivity") for tag in listed}
    if any(one.get("rights") == "unlicensed" for one in stated):
        known.add("third_party_unlicensed")
    if any(one.get("rights") == "buyer" for one in stated):
        known.add("buyer_proprietary")
    complete = bool(case.said("sensitivity")) or (
        bool(case.runs) and all(run.body.get("inputs") is not None for run in case.runs) and all(None not in found for found in read)
    )
    trained = disclosed.training(case.world, case.runs)
    return {
        "input_tags": sorted(known) if known or complete else None,
        "inputs_told": complete,
        "sensitive": bool(known - {"trade_secret"}) or (False if complete else None),
        "proprietary": True if known & {"buyer_proprietary", "unreleased"} else (False if complete else None),
        "unlicensed": True if "third_party_unlicensed" in known else (False if complete else None),
        "trained_on_others": _worst([*case.said("trained_on_third_party"), *trained.others]),
        "training_rights": trained.rights,
        **_references(case),
    }


def _references(case: Case) -> Fact:
    """Protected works, public figures and the dead that the result or its prompt refers to."""
    named = [one for run in case.runs for one in run.body.get("prompt_entities") or ()]
    found = {word for listed in case.said("references") for word in listed}
    for one in named:
        person = case.world.library.get(one.get("person"))
        if person is not None and person.body.get("public_figure"):
            found.add("public_figure")
        if person is not None and people.dead_at(case.world, person.id, case.world.at):
            found.add("deceased_person")
    known = bool(found) or bool(case.said("references"))
    return {"references": sorted(found) if known else None, "refers": bool(found) if known else None}


def _tools(case: Case) -> Fact:
    """The tools it was made with and the terms that held; the steps of a vendor's own workflow."""
    named = [one for listed in case.said("terms") for one in listed]
    runs = [run for run in case.runs if part(run.body, "tool").get("tool_class") not in _PLAIN]
    tools = [disclosed.tool(case.world, run, named) for run in runs]
    if not runs:
        tools = [disclosed.stated_tool(case.world, one, case.made.at) for one in case.stated if one.details.get("tool")]
    steps = [one for listed in case.said("workflow") for one in listed]
    told = [str(one) for one in case.said("environment")]
    secured = [one in platform_papers.SECURED for one in told] + [one["secured"] for one in tools if "secured" in one]
    places = [*told, *(part(run.body, "tool").get("environment") for run in runs)]
    return {
        "tools": tools,
        "secured": False if False in secured else (True if secured else None),
        "on_premises": bool(places) and all(one == "on_premises" for one in places),
        "single_sign_on": all(case.said("single_sign_on")) if case.said("single_sign_on") else None,
        "custom_workflow": _chained(case, runs, steps),
        "steps": [disclosed.step(case.world, one, case.made.at) for one in steps] if steps else None,
    }


def _chained(case: Case, runs: Sequence[View], steps: Sequence[Any]) -> times.Tri:
    """Whether a vendor chains several tools: as stated, by its steps, or because runs of the vendor's used more than one."""
    stated = _worst(case.said("custom_workflow"))
    names = {part(run.body, "tool").get("name") for run in runs}
    vendors = {part(run.body, "tool").get("owner") for run in runs} & {"vendor", "contractor"}
    if stated or len(steps) > 1 or (len(names) > 1 and vendors):
        return True
    return False if stated is False or (runs and len(names) == 1) else None


def _referrals(case: Case) -> list[View]:
    return [
        view
        for name in sorted(case.made.names)
        for view in case.world.library.about(name, "evidence", "approval", ("subject",))
        if view.details.get("outcome") == "approved" and case.world.past(times.text(view.details.get("written_at")))
    ]


def _news(world: World, production: View | None) -> times.Tri:
    """Whether the title is news or current affairs; unknown where neither genre nor format tells."""
    if production is None:
        return None
    if production.body.get("format") == "news":
        return True
    genres = titles.inherited(world, production, "genres")
    return None if genres is None else not {"news", "current_affairs"}.isdisjoint(genres)


def authored(case: Case) -> times.Tri:
    """Tell whether somebody has said what people contributed."""
    authorship = part(case.body, "authorship")
    if case.said("human_authorship") or authorship.get("statement") or (authorship.get("kind") and authorship.get("authors")):
        return True
    return True if platform_papers.reviewed(case.world, sorted(case.made.names), "human_authorship") else None
