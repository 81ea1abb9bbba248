"""Tools in writers' hands: what a company allowed, what a writer acknowledged and used, what anybody demanded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import people, times, titles
from service.facts.areas import written
from service.facts.areas.written import Material
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, ref

_ENDED: Final = frozenset({"withdrawn", "suspended", "superseded", "expired"})


def runs(world: World) -> list[Fact]:
    """The runs in question whose work is writing, or that a writer made."""
    ours = {run.id: (run, material) for material in written.materials(world) for run in written.runs_of(world, material)}
    others = {run.id: (run, None) for run in lineage_of(world, "generation") if run.id not in ours and written.by_writer_of(world, run)}
    return [_run(world, run, material) for run, material in (*ours.values(), *others.values())]


def _run(world: World, run: View, material: Material | None) -> Fact:
    writer, production = bare(run.body.get("operator")), world.production_of(run)
    at = times.text(run.body.get("started_at")) or times.text(run.body.get("generated_at")) or (world.at if _planned(run) else None)
    held = people.engagements(world, writer, production)
    tool = part(run.body, "tool")
    return compact(
        {
            "id": run.id,
            "record": run.id,
            "by_writer": written.by_writer_of(world, run, material),
            "generative": tool.get("tool_class") not in written.NOT_GENERATIVE,
            "at": at,
            "permissions": [
                *_permissions(world, writer, production, tool, at, held),
                *_consents(world, writer, production, tool, at, held),
            ],
            "acknowledgements": _acknowledgements(world, writer, at),
            **written.owner_facts(world, writer, production, titles.lines(world, held)),
            "dates": compact({"generation": at, "use": at}),
            "path": world.path(run),
            "because": {"by_writer": "operator", "at": "generated_at"},
        }
    )


def _planned(run: View) -> bool:
    return run.id.startswith("planned")


def _permissions(world: World, writer: str | None, production: str | None, tool: Mapping[str, Any], at: str | None,
                 held: Sequence[View]) -> list[Fact]:  # fmt: skip
    """Permissions to use tools that name the writer, as they stood when the tool was used."""
    found = []
    for view in world.library.of("evidence", "tool_permission"):
        details = view.details
        named = bares(details.get("to"))
        if (named is not None and not {"*", writer} & set(named)) or not written.of_title(world, view, production):
            continue
        withdrawn = times.text(details.get("withdrawn_at"))
        given = written.by(times.text(details.get("at")), at) if at else None
        found.append(
            {
                "id": view.id,
                "from_company": written.employs(world, bare(details.get("given_by")), production, held),
                "covers_tool": _covers_tool(details.get("tools"), tool) if named is not None else None,
                "written": details.get("written") is not False,
                "in_time": False if withdrawn and times.begun(withdrawn, at) else given,
            }
        )
    return [compact(one) for one in found]


def _covers_tool(tools: Any, tool: Mapping[str, Any]) -> times.Tri:
    if tools is None or "*" in tools:
        return None if tools is None else True
    name = str(tool.get("name", "")).casefold().strip()
    return any(str(one).casefold().strip() == name for one in tools) if name else None


def _consents(world: World, writer: str | None, production: str | None, tool: Mapping[str, Any], at: str | None,
              held: Sequence[View]) -> list[Fact]:  # fmt: skip
    """A company's consents to the use of a tool, given to the writer."""
    found = []
    for view in world.library.of("consent"):
        body, scope = view.body, part(view.body, "scope")
        to_writer = writer in (bare(body.get("given_to")), bare(body.get("person")))
        if writer is None or not to_writer or body.get("capacity") not in ("company", "employer") or body.get("answer") != "granted":
            continue
        if not set(scope.get("purposes", ["*"] if scope.get("tools") else [])) & {"tool_use", "*"}:
            continue
        if not {"*", production, *world.titles(production)} & set(bares(scope.get("productions")) or ["*"]):
            continue
        signed = times.text(body.get("signed_at")) or times.text(part(body, "signature").get("signed_at"))
        found.append(
            compact(
                {
                    "id": view.id,
                    "from_company": written.employs(world, bare(body.get("grantor")), production, held),
                    "covers_tool": _covers_tool(scope.get("tools"), tool),
                    "written": body.get("form") not in ("verbal", "recorded_statement"),
                    "in_time": False if _gone(world, view, at) else (written.by(signed, at) if at else None),
                }
            )
        )
    return found


def _gone(world: World, view: View, at: str | None) -> bool:
    """Tell whether a consent had ended by a date; adverse, so in doubt it had."""
    end = times.text(part(view.body, "window").get("end"))
    events = world.library.about(view.id, "event", roles=("target",))
    ended = [times.text(event.body.get("effective_at")) for event in events if event.type in _ENDED]
    return bool(end and times.before(end, at) is not False) or any(times.begun(one, at) for one in ended)


def _acknowledgements(world: World, writer: str | None, at: str | None) -> list[Fact]:
    """When the writer acknowledged the company's policy on such tools, and whether that was before the run."""
    found = []
    for view in world.library.of("evidence", "policy_delivery"):
        for number, one in enumerate(view.details.get("acknowledged") or ()):
            if bare(one.get("to")) == writer:
                date = times.text(one.get("at"))
                found.append(compact({"id": f"{view.id}/{number}", "at": date, "in_time": written.by(date, at) if at else None}))
    return found


def mandates(world: World) -> list[Fact]:
    """What makes a writer use a tool: demands that are asked about, and the work and the deals done under them."""
    terms = [_terms(world, view) for view in lineage_of(world, "evidence") if view.type == "assignment_terms"]
    works = [found for one in written.materials(world) if (found := _work(world, one))]
    deals = [_assignment(world, view) for view in world.library.of("evidence", "writer_deal") if written.asked_about(world, view)]
    return terms + works + deals


def _terms(world: World, view: View) -> Fact:
    struck = bool(view.details.get("withdrawn_at")) and world.past(times.text(view.details["withdrawn_at"])) is True
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "sort": "terms",
            "to_writers": addressed(world, view),
            "compels": False if struck else compels(view),
            "struck": struck,
            "complaints": _complaints(world, None, view.id),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "because": {"to_writers": "details.crafts", "compels": "details.requires_generative_tool"},
        }
    )


def compels(view: View) -> times.Tri:
    """Tell whether terms demand the use of a generator, or prompting."""
    stated = [view.details.get(name) for name in ("requires_generative_tool", "prompting_required")]
    return True if True in stated else (False if False in stated else None)


def addressed(world: World, view: View, writer: str | None = None) -> times.Tri:
    """Tell whether terms speak to a writer, or to writers at all; a demand that names nobody is for everybody."""
    crafts, named = view.details.get("crafts"), bares(view.details.get("people"))
    if crafts is not None and not {"writer", "*"} & set(crafts):
        return False
    if named is not None and "*" not in named:
        found = [True] if writer in named else [written.writer_on(world, one, world.production_of(view)) for one in named]
        return writer in named if writer else (True if True in found else (None if None in found else False))
    return True


def _work(world: World, material: Material) -> Fact | None:
    """Material that writers wrote, and whether anybody had made them use a tool by then."""
    view = material.asset or material.paper
    runs = [one for one in written.runs_of(world, material) if written.by_writer_of(world, one, material)]
    writers = sorted({*written.authors(material), *(str(bare(one.body["operator"])) for one in runs if one.body.get("operator"))})
    if view is None or not writers:
        return None
    made = times.latest([times.text(one.body.get("generated_at")) for one in runs])
    at = made or times.text(view.body.get("created_at"))
    return _under(world, view, material.id, "work", writers, at)


def _assignment(world: World, view: View) -> Fact:
    writer = bare(view.details.get("writer"))
    found = _under(world, view, view.id, "deal", [writer] if writer else [], times.text(view.details.get("signed_at")) or world.at)
    if view.details.get("requires_generative_tool") is True:
        return {**found, "compels": True, "struck": False}
    return found


def _under(world: World, view: View, name: str, sort: str, writers: Sequence[str], at: str | None) -> Fact:
    """Work or a deal, with the demands that were in force for its writers at its date."""
    demands = [
        (verdict, found)
        for found in world.library.of("evidence", "assignment_terms")
        for writer in writers
        if (verdict := _in_force(world, found, writer, view, at)) is not False
    ]
    conditions = _conditioned(world, writers, world.production_of(view))
    compelled = True if conditions or True in [one for one, _ in demands] else (None if demands else False)
    struck = [world.past(times.text(one.details.get("withdrawn_at"))) is True for verdict, one in demands if verdict]
    return compact(
        {
            "id": name,
            "record": view.id,
            "sort": sort,
            "to_writers": True,
            "compels": compelled,
            "struck": not conditions and bool(struck) and all(struck),
            "complaints": [one for writer in writers for one in _complaints(world, writer, view.id)],
            "person": ref(writers[0]) if len(writers) == 1 else None,
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "because": {"compels": "created_at"},
        }
    )


def _in_force(world: World, terms: View, writer: str, view: View, at: str | None) -> times.Tri:
    """Tell whether a demand for the use of a tool bound a writer on a date; what is of another title did not."""
    title = world.production_of(view)
    if compels(terms) is not True or (terms.productions and title and world.titles(title).isdisjoint(terms.productions)):
        return False
    spoken = addressed(world, terms, writer)
    begun, ended = times.text(terms.details.get("at")), times.text(terms.details.get("withdrawn_at"))
    if spoken is False or (begun and at and times.before(at, begun)) or (ended and at and times.before(ended, at)):
        return False
    sure = begun and at and times.not_after(begun, at) and spoken is True
    return True if sure else None


def _conditioned(world: World, writers: Iterable[str], production: str | None) -> list[str]:
    """Engagements of the writers that make prompting or the use of a tool a condition."""
    return [
        one.id
        for writer in writers
        for one in people.engagements(world, writer, production)
        if {"prompting", "tool_use"} & {condition.get("type") for condition in one.body.get("conditions") or ()}
    ]


def _complaints(world: World, writer: str | None, about: str) -> list[str]:
    """Open complaints of compulsion, of the writer or about the paper; adverse, so that none on record is none."""
    return sorted(
        view.id
        for view in world.library.of("evidence", "complaint")
        if view.details.get("topic") == "compulsion"
        and view.details.get("state") not in ("settled", "rejected", "withdrawn")
        and times.begun(times.text(view.details.get("at")), world.at)
        and (about in (view.body.get("subjects") or ()) or _of_writer(world, view, writer))
    )


def _of_writer(world: World, complaint: View, writer: str | None) -> bool:
    """Tell whether a complaint is a writer's, about this title or about none in particular."""
    mine = writer is not None and bare(complaint.details.get("by")) == writer
    return mine and written.of_title(world, complaint, world.production)
