"""What cannot both be true: as importers found it in files, answers and cards, and as records tell of one another; and signals nobody could read.

Both collections are adverse: they are there only where there is something in them. An element names both sides in words that hold no person's
name; what a source left unproved, without anything against it, is a gap and no contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from service.content.digests import disagree
from service.facts import reservations, times
from service.facts.areas import disclosed
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, compact, part, ref

#: What an importer could not prove or did not find, without any statement against it.
GAPS: Final = frozenset(
    {
        "base_unknown", "class_unknown", "driver_named", "driver_unknown", "editor_only", "filtered", "input_not_named", "licence_unknown", "many_files",
        "metadata_stripped", "mining_prohibited", "model_hash_unknown", "model_unnamed", "no_request", "no_save_node", "no_source_type", "not_finished",
        "nothing_read", "odd_operation_name", "prompt_cut", "several_models", "several_outputs", "usage_policy",
    }
)  # fmt: skip
_TOLD_BY: Final = ("generation", "model", "dataset")
_NOT_AI: Final = frozenset({"camera", "hand_made", "recorded"})
_MADE: Final = frozenset({"generated", "mixed"})
#: Terms of the IPTC list that rule out that a model made the content.
_CAPTURED: Final = frozenset(
    {"digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "digitalCreation", "humanEdits", "digitalArt", "screenCapture"}
)  # fmt: skip
_SLACK: Final = timedelta(days=1)
_LIST: Final = 8


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `contradictions` and `unread_signals`, each only where there are any."""
    views = [view for kind in _TOLD_BY for view in lineage_of(world, kind)]
    recorded = [one for view in views for one in _recorded(world, view)]
    derived = [one for view in lineage_of(world, "asset") for one in _of_asset(world, view)]
    derived += [one for view in lineage_of(world, "generation") for one in _of_models(world, view)]
    unread = [one for view in lineage_of(world, "source") for one in _unread(world, view)]
    found = {"contradictions": [*recorded, *derived], "unread_signals": unread}
    return {name: elements for name, elements in found.items() if elements}


def _element(world: World, view: View, name: str, code: str, sides: Iterable[str], *, settled: bool | None = False) -> Fact:
    return compact(
        {
            "id": f"{view.id}/{name}",
            "record": view.id,
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "code": code,
            "sides": list(sides)[:_LIST],
            "gap": code in GAPS,
            "settled": settled,
        }
    )


def _recorded(world: World, view: View) -> Iterator[Fact]:
    """What a run, a model or a dataset holds as an importer or a person recorded it."""
    counts: dict[str, int] = {}
    for one in view.body.get("contradictions") or ():
        code = str(one["code"])
        number = counts[code] = counts.get(code, 0) + 1
        settled = part(one, "settled")
        at = times.text(settled.get("at"))
        done = False if not settled else world.past(at) if settled.get("by") and at else None
        sides = one.get("between") or [code.replace("_", " ")]
        yield _element(world, view, code if number == 1 else f"{code}/{number}", code, map(str, sides), settled=done)


def _of_asset(world: World, view: View) -> Iterator[Fact]:
    """How it was made, as its record, its runs and its credentials say; and when."""
    runs = world.library.about(view.id, "generation", roles=("output",))
    sides = _origins(view, runs)
    if sides:
        yield _element(world, view, "origin_differs", "origin_differs", sides)
    created = times.text(view.body.get("created_at"))
    early = [run for run in runs if _before(created, _begun(run))]
    if early:
        told = [f"{view.id}: created {str(created)[:10]}", *(f"{run.id}: run {str(_begun(run))[:10]}" for run in early)]
        yield _element(world, view, "time_differs", "time_differs", told)


def _origins(view: View, runs: Sequence[View]) -> list[str]:
    """The statements that a model made it and those that none did, where there are both."""
    origin, ai = view.body.get("origin"), view.body.get("ai")
    terms = sorted(set(_terms(part(view.body, "credentials"))))
    own = [str(view.body["digital_source_type"])] if view.body.get("digital_source_type") else []
    made = [f"{run.id}: generated" for run in runs if part(run.body, "tool").get("tool_class") == "generative"]
    made += [f"credentials: {_last(term)}" for term in terms if disclosed.ai_term(term)]
    made += [f"source type: {_last(term)}" for term in own if disclosed.ai_term(term)]
    made += [f"origin: {origin}"] if origin in _MADE else []
    made += ["ai: generative"] if ai == "generative" else []
    captured = [f"credentials: {_last(term)}" for term in terms] if terms and all(_last(term) in _CAPTURED for term in terms) else []
    captured += [f"source type: {_last(term)}" for term in own if _last(term) in _CAPTURED]
    captured += [f"origin: {origin}"] if origin in _NOT_AI else []
    captured += ["ai: none"] if ai == "none" else []
    return [*made, *captured] if made and captured else []


def _terms(carried: Mapping[str, Any]) -> list[str]:
    return [str(term) for term in (*(carried.get("digital_source_types") or ()), *disclosed.source_types(part(carried, "reading"))) if term]


def _last(term: str) -> str:
    return term.rstrip("/").rpartition("/")[2][:60]


def _begun(run: View) -> str | None:
    return times.text(run.body.get("started_at")) or times.text(run.body.get("generated_at"))


def _before(created: str | None, begun: str | None) -> bool:
    """Whether a file is older than the run that made it, by more than clocks and places of the world may differ."""
    first, second = _day(created), _day(begun)
    return first is not None and second is not None and first + _SLACK < second


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value and len(value) >= 10 else None


def _of_models(world: World, run: View) -> Iterator[Fact]:
    """Models whose weights, as the run names them, are not those that are registered; where the importer saw it, it is there already."""
    recorded = any(one["code"] == "model_hash_differs" for one in run.body.get("contradictions") or ())
    for number, line in enumerate(run.body.get("models") or ()):
        model = world.library.get(line.get("model"))
        loaded, registered = line.get("digests") or (), (model.body.get("weights") or ()) if model else ()
        if model and not recorded and disagree(loaded, registered):
            sides = [*_named(run.id, loaded), *_named(model.id, registered)]
            yield _element(world, run, f"model_hash_differs/{number}", "model_hash_differs", sides)


def _named(record: str, digests: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{record}: {one['algorithm']} {str(one['value'])[:12]}" for one in digests][:3]


def _unread(world: World, view: View) -> list[Fact]:
    """A source that is learnt from, with signals that nobody could read and no licence that answers them."""
    looked = [one for one in view.body.get("opt_outs") or () if world.past(times.text(one.get("observed_at")))]
    left = reservations.unread(looked)
    if not left:
        return []
    learnt = world.library.about(view.id, "dataset", roles=("source",))
    trained = world.act == "train" or any(world.library.about(one.id, "model", roles=("dataset",)) for one in learnt)
    licensed = any(
        part(one.body, "training").get("granted") is True
        and view.id in [str(name).partition("@")[0] for name in one.body.get("sources") or ()]
        for one in world.library.of("licence")
    )
    element = {"id": view.id, "record": view.id, "production": ref(world.production), "path": world.path(view), "signals": left[:_LIST]}
    return [] if licensed or not trained else [compact(element)]
