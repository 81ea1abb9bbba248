"""Papers that buyers and platforms ask for: terms of tools, written approvals, notifications, reviews by people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.facts import papers, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part

#: Environments that a company has secured for itself.
SECURED: Final = frozenset({"on_premises", "enterprise_tenant"})
_WITHDRAWN: Final = frozenset({"revoked", "terminated", "withdrawn", "terms_changed", "recalled", "superseded"})
#: Notices that may speak of everything of their kind in a title.
_OF_ALL: Final = frozenset({"synthetic", "replica_use", "replica_creation"})
_BUYERS: Final = frozenset({"distributor", "platform", "broadcaster"})


@dataclass(frozen=True, slots=True)
class Made:
    """What a paper is asked for: the records it may name, the title, when the thing was made and whether that is still to come.

    `shots` and `scenes` are the words by which people call it, since a paper may be older than its record.
    """

    names: frozenset[str]
    production: str | None
    at: str | None
    planned: bool
    shots: frozenset[str] = frozenset()
    scenes: frozenset[str] = frozenset()


def called(views: Iterable[View | None]) -> frozenset[str]:
    """Return the words by which people call some records: names, file names and outside ids."""
    bodies = [view.body for view in views if view is not None]
    told = [body.get(name) for body in bodies for name in ("name", "file_name")]
    told += [one.get("value") for body in bodies for one in body.get("identifiers") or ()]
    return frozenset(_word(one) for one in told if one)


def scenes_of(views: Iterable[View | None]) -> frozenset[str]:
    """Return the scenes that records say they belong to."""
    return frozenset(_word(one) for view in views if view is not None for one in view.body.get("scenes") or ())


def terms_of(world: World, run: View, named: Iterable[Any]) -> list[Fact]:
    """Return the terms on record for the tool of a run: named there, about the run or its model, or of a tool of that name."""
    wanted = {bare(one) for one in named} | {bare(part(run.body, "terms").get("evidence"))}
    models = {bare(one.get("model")) for one in run.body.get("models") or ()} - {None}
    found = [view for view in world.library.of("evidence", "tool_terms") if view.id in wanted or _of_run(view, run, models)]
    made = times.text(run.body.get("generated_at")) or times.text(run.body.get("started_at")) or _now(world, run)
    return [terms(world, view, made) for view in found]


def _now(world: World, run: View) -> str | None:
    return world.at if run.id.startswith("planned") else None


def _of_run(view: View, run: View, models: set[str | None]) -> bool:
    about = {str(bare(one)) for one in view.body.get("subjects") or ()}
    if about & {run.id, *(name for name in models if name)} or bare(view.details.get("model")) in models:
        return True
    tool, stated = part(run.body, "tool"), part(view.details, "terms")
    plan, read = tool.get("plan_tier"), stated.get("plan_tier")
    same = bool(tool.get("name")) and _word(tool["name"]) == _word(view.details.get("tool"))
    return same and (plan is None or read is None or plan == read)


def _word(name: Any) -> str:
    return " ".join(str(name).casefold().split())


def terms(world: World, view: View, made: str | None) -> Fact:
    """Return terms as they stood when something was made: read by whom, in force then, taken back since."""
    stated = part(view.details, "terms")
    read, window = times.text(stated.get("read_at")), part(stated, "window")
    gone = [
        event
        for event in world.library.about(view.id, "event", roles=("target",))
        if event.type in _WITHDRAWN and times.begun(times.text(event.body.get("effective_at")), world.at)
    ]
    return compact(
        {
            "id": view.id,
            "accepted": view.details.get("accepted"),
            "reviewed": bool(view.details.get("reviewed_by")) if read else (False if not view.details.get("reviewed_by") else None),
            "read_before": times.not_after(read, made) if read and made else None,
            "in_force": times.within(made, window) if made and window else None,
            "withdrawn": bool(gone),
            "trains": stated.get("trains_on_inputs"),
            "retention_days": stated.get("retention_days"),
            "secured": stated["environment"] in SECURED if "environment" in stated else None,
            "ends": times.end_of(window),
        }
    )


def buyers(world: World, production: str | None) -> frozenset[str]:
    """Return the parties that distribute a title, or that it is meant to go to."""
    return frozenset(titles.buyers(world, production) or ())


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to or from a buyer with what it is about: named records, or else the titles as a whole."""

    view: View
    narrow: frozenset[str]
    titles: frozenset[str]
    shots: frozenset[str]
    scenes: frozenset[str]

    def concerns(self, made: Made) -> bool:
        """Tell whether it speaks of something, by name or with its whole title."""
        if self.narrow or self.shots or self.scenes:
            return self.names(made)
        return self.view.id in made.names or made.production in self.titles

    def names(self, made: Made) -> bool:
        """Tell whether it names this very thing: its record, or its shot or all of its scenes in words."""
        if not self.narrow.isdisjoint(made.names) or self.view.id in made.names:
            return True
        called_so = not self.shots.isdisjoint(made.shots) or (bool(made.scenes) and made.scenes <= self.scenes)
        return called_so and made.production in self.titles


def _paper(view: View) -> Paper:
    subjects = frozenset(str(bare(one)) for one in view.body.get("subjects") or ())
    titled = {one for one in subjects if one.startswith("prd_")}
    named = titled | set(bares(view.details.get("productions")) or ())
    shots, scenes = (frozenset(_word(one) for one in view.details.get(name) or ()) for name in ("shots", "scenes"))
    return Paper(view, subjects - titled, frozenset(named or view.productions), shots, scenes)


def approvals(world: World, made: Made) -> list[Fact]:
    """Return the answers of buyers about something, or about the whole title, each with whether it names it and came before."""
    found = [(paper, _approval(world, paper, made)) for paper in _answers(world) if paper.concerns(made)]
    refused = [(paper.view.details, one) for paper, one in found if one["outcome"] == "refused" and one["of_buyer"]]
    return [{**one, "approved": False} if _taken_back(world, paper.view.details, one, refused) else one for paper, one in found]


def _taken_back(world: World, details: Mapping[str, Any], answer: Fact, refused: Sequence[tuple[Mapping[str, Any], Fact]]) -> bool:
    """Tell whether the buyer has said no to the same afterwards: adverse, so a no without a day comes last."""
    if answer.get("approved") is not True:
        return False
    given = times.text(details.get("written_at"))
    later = [no for no, one in refused if one["subject"] == answer["subject"] and world.past(times.text(no.get("written_at"))) is not False]
    return any(times.before(times.text(no.get("written_at")), given) is not True for no in later)


def _answers(world: World) -> list[Paper]:
    return world.once("buyer_answers", None, lambda: [_paper(view) for view in world.library.of("evidence", "approval")])


def _approval(world: World, paper: Paper, made: Made) -> Fact:
    view, details = paper.view, paper.view.details
    written, window = times.text(details.get("written_at")), part(details, "window")
    given = details.get("outcome") == "approved"
    return compact(
        {
            "id": view.id,
            "of_buyer": details["of"] in _BUYERS if "of" in details else bare(details.get("sender")) in buyers(world, made.production),
            "subject": details.get("subject", "general"),
            "outcome": details.get("outcome"),
            "approved": world.past(written) if given else False,
            "names_use": paper.names(made),
            "before_use": _before(world, written, made),
            "live": times.within(world.at, window) if window else True,
            "ends": times.end_of(window),
        }
    )


def _before(world: World, written: str | None, made: Made) -> times.Tri:
    """A paper for what is still to be made only has to be there; one of the same day as the use proves no order."""
    if made.planned:
        return world.past(written)
    return times.before(written, made.at) if written and made.at else None


def notified(world: World, made: Made) -> bool:
    """Tell whether the buyer's contact was told: a notice to it, or anything it wrote or was asked in writing, by now."""
    told = world.once("told_to_buyer", made.production, lambda: [one for one in _notices(world) if _to_buyer(world, one, made.production)])
    return any(one.concerns(made) for one in told) or any(_told(world, one.view, made) for one in _answers(world) if one.concerns(made))


def _notices(world: World) -> list[Paper]:
    return world.once("notice_papers", None, lambda: [_paper(view) for view in world.library.of("evidence", "notice")])


def _to_buyer(world: World, paper: Paper, production: str | None) -> bool:
    details = paper.view.details
    known = not buyers(world, production).isdisjoint(bares(details.get("recipients")) or ())
    when = times.text(details.get("delivered_at")) or times.text(details.get("sent_at"))
    return (known or details.get("recipient_kind") == "distributor") and world.past(when) is True


def union_told(world: World, made: Made) -> bool:
    """Tell whether a union was told of something by now: of it by name, or of all replicas or synthetic performers of its title."""
    told = world.once("told_to_union", None, lambda: [one for one in _notices(world) if _to_union(world, one)])
    return any(one.names(made) or (one.view.details["kind"] in _OF_ALL and one.concerns(made)) for one in told)


def _to_union(world: World, paper: Paper) -> bool:
    details = paper.view.details
    known = {papers.union_name(world, one) for one in bares(details.get("recipients")) or ()} & papers.SHORT_NAMES
    when = times.text(details.get("delivered_at"))
    return bool(known or details.get("recipient_kind") in ("union", "guild")) and world.past(when) is True


def _told(world: World, view: View, made: Made) -> bool:
    when = times.text(view.details.get("requested_at")) or times.text(view.details.get("written_at"))
    sender = bare(view.details.get("sender"))
    theirs = view.details.get("of", "distributor" if sender is None or sender in buyers(world, made.production) else None) in _BUYERS
    return theirs and world.past(when) is True


def reviewed(world: World, names: Iterable[str | None], kind: str) -> times.Tri:
    """Tell what people of the right office found: confirmed, rejected, or nothing yet."""
    return papers.confirmed(papers.attestations(world, names, (kind,)), kind)


def answers(world: World, stated: Iterable[Mapping[str, Any]], made: Made) -> Fact:
    """Return the five answers, each the least favourable that somebody gave, and whether they were given in time."""
    found = list(stated)
    told = {name: _least([str(one[name]) for one in found if name in one]) or "unanswered" for name in QUESTIONS}
    dates = [times.text(one.get("at")) for one in found]
    last = times.latest(dates)
    since = True if made.planned else (times.not_after(made.at, last) if last and made.at else None)
    by = any(one.get("by") for one in found)
    return compact({**told, "named": by if found else None, "fresh": since if found and (last is None or world.past(last)) else None})


QUESTIONS: Final = (
    "no_substantial_recreation",
    "tool_no_store_reuse_train",
    "enterprise_environment",
    "temporary_only",
    "no_talent_or_union_replacement",
)


def _least(given: list[str]) -> str | None:
    return next((one for one in ("no", "unsure", "yes") if one in given), None)


def confirmed_or(confirmed: times.Tri, stated: Iterable[Mapping[str, Any]], scripts: Iterable[View]) -> times.Tri:
    """Tell whether authors have stated that they wrote it: in an attestation, in an answer about the script, or on the script itself."""
    told = any(one.get("human_authorship") and one.get("authors") for one in stated)
    own = any(part(one.body, "authorship").get("statement") and part(one.body, "authorship").get("kind") == "human" for one in scripts)
    return True if told or own else confirmed
