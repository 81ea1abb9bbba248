"""Facts for the writers' guilds: who wrote what, how it is credited, and the reviews of a company's use of generative tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.facts import meetings, papers, people, times
from service.facts.areas import training_rights, writers_deals, writers_given, writers_tools, written
from service.facts.areas.written import Material
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, compact, part, ref
from service.rules.moments import DAY, moment


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return what the writers' rules look at."""
    return {
        "writings": [*(_writing(world, one) for one in written.materials(world)), *_credits(world)],
        "furnishings": writers_given.furnishings(world),
        "writer_papers": writers_deals.writer_papers(world),
        "rights_determinations": writers_deals.determinations(world),
        "writer_runs": writers_tools.runs(world),
        "writer_mandates": writers_tools.mandates(world),
        "guild_reviews": _reviews(world),
        "guild_licences": training_rights.guild_licences(world),
        "script_trainings": training_rights.script_trainings(world),
    }


def _writing(world: World, material: Material) -> Fact:
    view = material.paper or material.asset
    kind = written.author_kind(world, material)
    return compact(
        {
            "id": material.id,
            "record": material.id,
            "sort": "material",
            "author_kind": kind,
            "ai_involved": written.generated(world, material),
            "wholly_generated": written.wholly(world, material),
            "literary": written.literary(material),
            "asset": ref(material.asset),
            "production": ref(world.production_of(view)),
            "path": world.path(material.asset) if material.asset else None,
            "because": {"ai_involved": "author_kind", "wholly_generated": "author_kind", "literary": "literary_material"},
        }
    )


def _credits(world: World) -> list[Fact]:
    """Every writing credit in question, with whether a system stands in it."""
    credits_, notices = (
        [view for view in world.library.of("evidence", type_) if written.in_question(world, view)] for type_ in ("credit", "credit_notice")
    )
    alone = [_credit(world, view, view.id, view.details) for view in credits_ if written.writing_credit(view.details)]
    named = [(view, number, one) for view in notices for number, one in enumerate(_named(view))]
    return alone + [_credit(world, view, f"{view.id}/{number}", one) for view, number, one in named]


def _named(notice: View) -> list[Mapping[str, Any]]:
    """The credits of a notice with who is named; of those that are only worded, the ones whose words name a system."""
    listed = notice.details.get("names")
    worded = [str(one) for one in notice.details.get("credits") or ()]
    return list(listed or ()) if listed is not None else [{"system": one} for one in worded if written.speaks_of_generated(one)]


def _credit(world: World, view: View, name: str, credit: Mapping[str, Any]) -> Fact:
    system = True if credit.get("system") else (False if people.human(world, bare(credit.get("person"))) else None)
    return compact(
        {
            "id": name,
            "record": view.id,
            "sort": "credit",
            "ai_involved": system,
            "wholly_generated": False,
            "system_credited": system,
            "person": ref(bare(credit.get("person"))),
            "production": ref(world.production_of(view)),
            "because": {"system_credited": "details.person"},
        }
    )


def _reviews(world: World) -> list[Fact]:
    """Reviews of the company's use of generative tools: those the guild has asked for, and the use that the next is to cover."""
    held = [view for view in _review_meetings(world) if world.past(times.text(view.details.get("held_at")))]
    last = times.latest([times.text(view.details.get("held_at")) for view in held])
    asked = [one for one in meetings.meetings(world) if one.get("union") == "wga"]
    requests = [
        compact(
            {
                "id": f"{one['id']}/review",
                "record": one.get("record"),
                "sort": "request",
                "company": one.get("company"),
                "request_open": one.get("request_open"),
                "days_since_last": _days(last, world.at) if last else 9_999,
                "production": ref(world.production),
                "dates": {"request": world.at},
            }
        )
        for one in asked
    ]
    return requests + _use(world, last)


def _review_meetings(world: World) -> list[View]:
    return [
        view
        for view in world.library.of("evidence", "meeting")
        if papers.union_name(world, bare(view.details.get("union"))) == "wga"
        and "use_and_intended_use" in (view.details.get("agenda") or ())
    ]


def _use(world: World, last: str | None) -> list[Fact]:
    """The use in question, of the title as a whole; reviewed once a meeting after its latest day has dealt with it."""
    runs = [one for one in lineage_of(world, "generation") if part(one.body, "tool").get("tool_class") not in written.NOT_GENERATIVE]
    runs += [run for one in written.materials(world) for run in written.runs_of(world, one)]
    terms = [one for one in lineage_of(world, "evidence") if one.type == "assignment_terms" and writers_tools.compels(one) is True]
    generated = [one for one in written.materials(world) if written.generated(world, one)]
    if not runs and not terms and not generated:
        return []
    dates = [times.text(one.body.get("generated_at")) for one in runs] + [times.text(one.details.get("at")) for one in terms]
    latest = times.latest(dates)
    name = world.production or (runs[0].id if runs else terms[0].id if terms else generated[0].id)
    return [
        compact(
            {
                "id": f"{name}/use-of-generative-tools",
                "sort": "use",
                "reviewed": written.by(latest, last) if last and latest else (False if last is None else None),
                "production": ref(world.production),
                "dates": {"request": world.at},
            }
        )
    ]


def _days(first: str, last: str) -> int | None:
    start, end = moment(first), moment(last)
    return (end[0] - start[0]) // DAY if start and end else None
