"""What the musicians' agreements ask for: who played on a score, which recordings a generator was prompted with, what that owes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from service.facts import crafts, papers, people, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, ref

_SCORE_ASSETS: Final = frozenset({"music"})
_SOUND: Final = frozenset({"music", "audio", "mix", "sound_recording"})
_WHOLE: Final = frozenset({"cut", "timeline", "mix", "package"})
_PAY: Final = ("prompt_hours", "session", "session_multiple")
#: Hours of a unit of pay: a session is three hours long.
_HOURS: Final = {"prompt_hours": 1, "session": 3, "session_multiple": 3}


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the collections of this area."""
    return {"scores": scores(world, shown), "prompt_recordings": prompt_recordings(world, shown)}


def _details(world: World, type_: str) -> list[View]:
    """The papers of a type that are of this title."""
    return [view for view in world.library.of("evidence", type_) if crafts.concerns(world, view)]


def is_music(view: View) -> bool:
    """Tell whether an asset is music by what is said of it."""
    body = view.body
    return body.get("type") in _SCORE_ASSETS or body.get("department") == "music" or body.get("element") == "score"


def music_of(world: World, shown: Sequence[View]) -> list[View]:
    """Return what shows that a question touches music: assets, appearances, cues, runs; a whole cut, by the title's cue sheets."""
    lineage = [view for view in world.library.views.values() if view.key in world.library.lineage]
    assets = [view for view in lineage if view.kind == "asset"]
    found = [view for view in assets if is_music(view)] + [view for view in shown if view.body["type"] == "score"]
    found += [view for view in lineage if view.type in ("cue", "cue_sheet")]
    found += [view for view in lineage if view.kind == "generation" and "music" in (view.body.get("modalities") or ())]
    ids = {view.id for view in assets}
    found += [view for view in _details(world, "cue") if bare(view.details.get("asset")) in ids]
    if any(view.body.get("type") in _WHOLE for view in assets) or any(view.kind in ("production", "delivery") for view in lineage):
        found += _details(world, "cue_sheet") + _details(world, "cue")
    return sorted(found, key=lambda view: view.key)


def scores(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return the scores of the title that the question touches: one for each cue sheet, else one for all its music."""
    music = music_of(world, shown)
    if not music or world.production is None:
        return []
    sheets, cues = _details(world, "cue_sheet"), _details(world, "cue")
    if not sheets:
        return [_score(world, f"{world.production}/score", music[0], {}, cues + _rosters(world, music))]
    return [_score(world, sheet.id, sheet, sheet.details, _listed(world, sheet, cues)) for sheet in sheets]


def _rosters(world: World, music: list[View]) -> list[View]:
    """The rosters of the music itself, not of what a generator was prompted with."""
    inputs = {str(bare(one.get("asset"))) for run in crafts.at_work(world) for one in run.body.get("inputs") or ()}
    assets = [view.id for view in music if view.kind == "asset" and view.id not in inputs]
    return [one for asset in assets for one in world.library.about(asset, "evidence", "roster", ("recording",))]


def _listed(world: World, sheet: View, cues: list[View]) -> list[View]:
    """The cues of a sheet; all of the title where it lists none."""
    named = sheet.details.get("cues")
    return cues if named is None else [found for one in named if (found := world.library.get(one))]


def _score(world: World, name: str, record: View, sheet: Mapping[str, Any], cues: list[View]) -> Fact:
    title = world.library.get(world.production)
    bound = [one for one in titles.bindings(world, title.id) if one["craft"] in ("musician", "*")] if title else []
    stated = [sheet.get("musicians"), *(cue.details.get("musicians") for cue in cues)]
    players = None if all(one is None for one in stated) else sorted({str(bare(one)) for some in stated for one in some or ()})
    covered = any(one.get("agreement") == "afm-mp" and one.get("in_window") is not False for one in bound)
    return compact(
        {
            "id": name,
            "record": record.id,
            "production": ref(world.production),
            "covered": sheet.get("covered", True if covered else None),
            "humans": None if players is None else sum(1 for one in players if _human(world, one)),
            "canadian": _canadian(world, title, players or ()),
            "agreement_read": read_by_counsel(world, title),
            "dates": compact({"release": world.at, "use": world.at}),
            "because": {"covered": "covered", "humans": "musicians", "canadian": "production.countries"},
        }
    )


def _human(world: World, party: str) -> bool:
    """A musician is a person: a company or a system that is credited plays nothing."""
    view = world.library.get(party)
    return view is not None and view.type == "person"


def _canadian(world: World, title: View | None, players: Iterable[str]) -> times.Tri:
    """Tell whether the music is made in Canada: by the title, by who is engaged there; unknown where neither says."""
    countries = title.body.get("countries") if title else None
    jobs = [one for player in players for one in people.engagements(world, player, world.production)]
    bound = [place for view in people.bindings(world, world.production) for place in view.body.get("countries") or ()]
    named = [*(countries or ()), *(str(one.body["country"]) for one in jobs if one.body.get("country")), *bound]
    lines = [one.get("agreement") for one in titles.bindings(world, title.id)] if title else []
    if "afm-canada" in lines or any(str(place).partition("-")[0] == "CA" for place in named):
        return True
    return None if countries is None else False


def read_by_counsel(world: World, title: View | None) -> bool:
    """Tell whether counsel has read the musicians' agreement that binds the title, and says so."""
    if title is None:
        return False
    bound = people.bindings(world, title.id)
    ours = [view for view in bound if "musician" in titles.crafts_of(view, titles.agreement_of(world, view))]
    return titles.agreement_read(world, ours, title.id)


def prompt_recordings(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return the recordings that generators of music were prompted with: each with its musicians one by one, or without a roster."""
    found: dict[str, list[View]] = {}
    elements = []
    for run in _music_runs(world, shown):
        named = _recordings(world, run)
        if named is None:
            elements.append(_untold(world, run))
        for name in named or ():
            found.setdefault(name, []).append(run)
    for name, runs in sorted(found.items()):
        elements += _of_recording(world, name, runs, shown)
    return elements


def _music_runs(world: World, shown: Sequence[View]) -> list[View]:
    """The runs of the lineage that made music."""
    runs = [view for view in world.library.of("generation") if view.key in world.library.lineage]
    named = {str(bare(one)) for cue in _details(world, "cue") for one in cue.details.get("generations") or ()}
    scored = {str(bare(view.body.get("asset"))) for view in shown if view.body["type"] == "score"}
    scored |= {str(bare(cue.details.get("asset"))) for cue in _details(world, "cue")}
    return [run for run in runs if "music" in (run.body.get("modalities") or ()) or run.id in named or _puts_out(world, run, scored)]


def _outputs(run: View) -> set[str]:
    return {str(bare(one["asset"])) for one in run.body.get("outputs") or () if one.get("asset")}


def _puts_out(world: World, run: View, scored: set[str]) -> bool:
    made = _outputs(run)
    return bool(made & scored) or any(is_music(view) for one in sorted(made) if (view := world.library.get(one)))


def _recordings(world: World, run: View) -> list[str] | None:
    """The recordings among the inputs of a run, by id or by place; None where nobody has stated the inputs."""
    inputs = run.body.get("inputs")
    media = [one for entity in run.body.get("prompt_entities") or () for one in entity.get("reference_media") or ()]
    if inputs is None and not media:
        return None
    found = [str(bare(one)) for one in media if _recorded(world, one)]
    for place, one in enumerate(inputs or ()):
        named = one.get("asset") or one.get("source")
        if named is not None and _recorded(world, named):
            found.append(str(bare(named)))
        elif named is None and not one.keys() & {"dataset", "replica"} and str(one.get("media_type", "")).startswith("audio/"):
            found.append(f"{run.id}/inputs.{place}")
    return sorted(set(found))


def _recorded(world: World, reference: Any) -> bool:
    """Tell whether an input is a recording of musicians: it has a roster, or is sound that no generator made."""
    view = world.library.get(reference)
    if view is None:
        return False
    if world.library.about(view.id, "evidence", "roster", ("recording",)):
        return True
    return view.body.get("type") in _SOUND and view.body.get("origin") != "generated"


def _untold(world: World, run: View) -> Fact:
    """A run of music whose inputs nobody has stated: what it was prompted with is not known."""
    return compact(
        {
            "id": f"{run.id}/inputs",
            "record": run.id,
            "production": ref(world.production_of(run)),
            "dates": _dated([run]),
            "path": world.path(run),
            "because": {"roster_known": "inputs", "solo": "inputs"},
        }
    )


def _dated(runs: Sequence[View]) -> Fact:
    day = times.earliest([times.text(run.body.get("generated_at")) for run in runs])
    return compact({"generation": day, "use": day})


def _of_recording(world: World, name: str, runs: list[View], shown: Sequence[View]) -> list[Fact]:
    """One element for each musician of the roster; one without a musician where there is no roster, or nobody on it."""
    rosters = world.library.about(name, "evidence", "roster", ("recording",))
    listed = [view.details["musicians"] for view in rosters if view.details.get("musicians") is not None]
    players = sorted({str(bare(one)) for some in listed for one in some})
    told = [view.details["solo"] for view in rosters if isinstance(view.details.get("solo"), bool)]
    solo = True in told if told else (len(players) == 1 if players else (False if listed else None))
    production = world.production_of(runs[0])
    base = {
        "record": rosters[0].id if rosters and not listed else name.partition("/")[0],
        "recording": name,
        "run": runs[0].id,
        "production": ref(production),
        "roster_known": bool(listed),
        "solo": solo,
        "ai_minutes": _minutes(world, runs, shown),
        "dates": _dated(runs),
        "path": world.path(runs[0]),
        "because": {"ai_minutes": "cue.ai_minutes", "solo": "roster.solo"},
    }
    if not players:
        return [compact({**base, "id": name, "owed": False})]
    about = (name, *(run.id for run in runs), *crafts.files_of(runs), *(view.id for view in (*rosters, *_cues(world, runs))))
    return [
        compact({**base, "id": f"{name}/{one}", "owed": True, "person": ref(one), **_paid(world, one, production, about)})
        for one in players
    ]


def _cues(world: World, runs: Sequence[View]) -> list[View]:
    """The cues that were made in some runs: they name the run, or a file that it put out."""
    ids = {run.id for run in runs}
    made = {one for run in runs for one in _outputs(run)}
    return [
        cue
        for cue in _details(world, "cue")
        if not ids.isdisjoint(bares(cue.details.get("generations")) or ()) or bare(cue.details.get("asset")) in made
    ]


def _minutes(world: World, runs: Sequence[View], shown: Sequence[View]) -> str | None:
    """The minutes of generated music in the show: by its cues, else by the appearances of the score; None while one is not told."""
    cues = _cues(world, runs)
    made = {one for run in runs for one in _outputs(run)}
    stated = [cue.details.get("ai_minutes") for cue in cues]
    stated = stated or [view.body.get("minutes") for view in shown if view.body["type"] == "score" and bare(view.body["asset"]) in made]
    if not stated or None in stated:
        return None
    return _plain(sum((Decimal(str(one)) for one in stated), Decimal(0)))


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _paid(world: World, person: str, production: str | None, about: Iterable[str]) -> Fact:
    """The hours a musician has been paid for the use as a prompt, and when the rest is due."""
    found = papers.payments(world, person, production, about, _PAY)
    paid = [one for one in found if one.get("paid") is True and not _underpaid(world, world.library.get(one["id"]))]
    hours = sum(
        (Decimal(one.get("hours") or "0") or Decimal(one.get("units") or "0") * _HOURS[str(one["basis"])] for one in paid), Decimal(0)
    )
    return {"hours_paid": _plain(hours), "pay_due": times.earliest([one.get("due_at") for one in found if one.get("paid") is not True])}


def _underpaid(world: World, view: View | None) -> bool:
    """Tell whether a payment lies under the musicians' rate, as far as both are on record or somebody says so."""
    details = view.details if view else {}
    paid = details.get("rate")
    rate = papers.rate_on(world, str(details.get("rate_key") or "multi_tracking"), times.text(details.get("paid_at")))
    if isinstance(paid, Mapping) and rate and paid.get("currency") == rate["currency"] and "amount" in paid:
        return Decimal(str(paid["amount"])) < Decimal(str(rate["amount"]))
    share = details.get("share_of_rate")
    return Decimal(share) < 1 if isinstance(share, str) else details.get("at_least_minimum") is False
