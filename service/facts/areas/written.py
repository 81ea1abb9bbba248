"""Written material: who wrote it, in whose hands it is, and which papers of a title are in question with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.facts import people, times
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, part

#: Assets that are written; whatever a paper calls written material is so too.
WRITTEN: Final = frozenset({"script", "text"})
#: Tools that generate nothing.
NOT_GENERATIVE: Final = frozenset({"assistive", "traditional", "processing", "analysis"})
#: Acts that let a whole title go, for which its papers count even where no written material is in the lineage.
_WHOLE: Final = frozenset({"release", "exhibit"})
_GENERATED: Final = re.compile(
    r"(?<![a-z0-9])(g?ai|llm|(chat ?)?gpt(-?[0-9.]+o?)?|(machine|system|model)[ _-](written|made)|generated|generative|generator"
    r"|artificial[ _-]intelligence|language[ _-]model|chat[ _-]?bot)s?(?![a-z0-9])",
    re.IGNORECASE,
)
_WRITING_CREDIT: Final = re.compile(
    r"\b(writ|screenplay|teleplay|story|script|adapt)|^(series |show )?(created|developed)\b", re.IGNORECASE
)
_NOT_WRITING: Final = re.compile(r"\b(supervis|coordinat|editor|continuity|storyboard)", re.IGNORECASE)
_OF_ORIGIN: Final = {"hand_made": "human", "mixed": "mixed", "generated": "generated"}
_OF_AI: Final = {"none": "human", "assistive": "mixed", "generative": "mixed"}


@dataclass(frozen=True, slots=True)
class Material:
    """Written material: the paper that speaks of it, the asset, or both."""

    paper: View | None
    asset: View | None

    @property
    def id(self) -> str:
        """The id it goes by: that of the asset, which every paper about it names."""
        view = self.asset or self.paper
        return view.id if view else ""

    @property
    def keys(self) -> frozenset[str]:
        """Every id that a paper may name it by."""
        return frozenset(view.id for view in (self.paper, self.asset) if view)

    def stated(self, name: str) -> Any:
        """Return what the paper, else the asset, says in a field."""
        found = self.paper.details.get(name) if self.paper else None
        return found if found is not None or self.asset is None else self.asset.body.get(name)


def material_of(world: World, reference: Any) -> Material | None:
    """Return the material that a reference to an asset or a paper leads to; None where it is not on record."""
    view = world.library.get(reference)
    if view is None:
        return None
    if view.kind == "evidence":
        return Material(view, world.library.get(view.details.get("asset"))) if view.type == "writing_material" else None
    papers = world.library.about(view.id, "evidence", "writing_material", ("material",))
    return Material(papers[-1] if papers else None, view)


def materials(world: World) -> list[Material]:
    """Return the written material in question: that of the lineage and the papers about it; of a title asked about as a whole, all its papers."""
    return world.once("materials", None, lambda: _materials(world))


def _materials(world: World) -> list[Material]:
    assets = [view for view in lineage_of(world, "asset") if view.type in WRITTEN or _papers(world, view)]
    known = {view.id for view in assets}
    whole = world.production in world.library.lineage
    told = [view for view in world.library.of("evidence", "writing_material") if whole and _of_title(world, view)] + lineage_of(
        world, "evidence"
    )
    papers = {view.key: view for view in told if view.type == "writing_material" and bare(view.details.get("asset")) not in known}
    found = [material_of(world, view.key) for view in (*assets, *papers.values())]
    return [one for one in found if one is not None]


def _papers(world: World, view: View) -> list[View]:
    return world.library.about(view.id, "evidence", "writing_material", ("material",))


def runs_of(world: World, material: Material) -> list[View]:
    """Return the runs that the material came out of, in the order of their ids."""
    named = list(material.paper.details.get("generations") or ()) if material.paper else []
    parents = [one.get("record") for one in (material.asset.body.get("parents") or ())] if material.asset else []
    made = world.library.about(material.asset.id, "generation", roles=("output",)) if material.asset else []
    found = [view for one in (*named, *parents) if (view := world.library.get(one)) and view.kind == "generation"]
    return [view for _, view in sorted({view.key: view for view in (*found, *made)}.items())]


def author_kind(world: World, material: Material) -> str | None:
    """Tell who wrote the material: a person, a generator or both; None where nobody knows, and no supplier answers for it."""
    stated = material.stated("author_kind") or (part(material.asset.body, "authorship").get("kind") if material.asset else None)
    if stated in ("human", "generated", "mixed"):
        return str(stated)
    if material.stated("supplier_warranty"):
        return "human"
    if stated == "unknown" or material.asset is None:
        return None
    return _by_origin(world, material, material.asset)


def _by_origin(world: World, material: Material, asset: View) -> str | None:
    """What a writer has a tool write stays the writer's material; what nobody is said to have written is the tool's."""
    kind = _OF_ORIGIN.get(str(asset.body.get("origin"))) or _OF_AI.get(str(asset.body.get("ai")))
    runs = runs_of(world, material)
    by_writer = authors(material) or any(by_writer_of(world, run, material) for run in runs)
    if kind == "generated":
        return "mixed" if by_writer else "generated"
    return kind or ("mixed" if runs and by_writer else None)


def authors(material: Material) -> list[str]:
    """Return the people who are said to have written the material."""
    named = material.stated("authors") or (part(material.asset.body, "authorship").get("authors") if material.asset else None)
    return bares(named) or []


def generated(world: World, material: Material) -> times.Tri:
    """Tell whether the material was made by a generator, or holds what one made."""
    if runs_of(world, material) or (material.paper and material.paper.details.get("generations")):
        return True
    kind = author_kind(world, material)
    return None if kind is None else kind != "human"


def wholly(world: World, material: Material) -> times.Tri:
    """Tell whether no person wrote any of it."""
    kind = author_kind(world, material)
    return None if kind is None else kind == "generated"


def literary(material: Material) -> times.Tri:
    """Tell whether the material is marked as literary material."""
    found = material.stated("literary_material")
    return found if isinstance(found, bool) else None


def exploited(material: Material) -> times.Tri:
    """Tell whether the material was published or exploited before."""
    found = material.stated("previously_exploited")
    return found if isinstance(found, bool) else None


def speaks_of_generated(text: str) -> bool:
    """Tell whether a text written by people speaks of generated material."""
    return bool(_GENERATED.search(text))


def writing_credit(credit: Mapping[str, Any]) -> bool:
    """Tell whether a credit is one for writing: as its craft says, else by its wording."""
    craft, role = credit.get("craft"), str(credit.get("role", ""))
    return bool(craft == "writer") if craft else bool(_WRITING_CREDIT.search(role)) and not _NOT_WRITING.search(role)


# --- writers ----------------------------------------------------------------------------------------------------


def writer_on(world: World, person: str | None, production: str | None) -> times.Tri:
    """Tell whether a person writes for a title: by engagement, deal or occupation; engaged as something else says no."""
    if person is None:
        return None
    held = people.engagements(world, person, production)
    categories = {view.body.get("category") for view in held}
    if "writer" in categories or deals_of(world, person):
        return True
    if categories:
        return False
    view = world.library.get(person)
    return True if view and "writer" in (view.body.get("occupations") or ()) else None


def deals_of(world: World, person: str | None) -> list[View]:
    """Return the writer's deals with a person."""
    return [view for view in world.library.of("evidence", "writer_deal") if person and bare(view.details.get("writer")) == person]


def by_writer_of(world: World, run: View, material: Material | None = None) -> times.Tri:
    """Tell whether a writer made a run."""
    operator = bare(run.body.get("operator"))
    if run.body.get("craft"):
        return bool(run.body["craft"] == "writer")
    named = world.library.get(run.body.get("operator_engagement"))
    if named is not None:
        return bool(named.body.get("category") == "writer")
    if operator and material and operator in authors(material):
        return True
    return writer_on(world, operator, world.production_of(run))


# --- what is in question -----------------------------------------------------------------------------------------


def by(first: Any, second: Any) -> times.Tri:
    """Tell whether `first` was there by `second`; two dates written alike are."""
    if first is not None and first == second:
        return True
    return times.not_after(first, second)


def in_question(world: World, view: View) -> bool:
    """Tell whether a paper bears on the question: asked about, about something in the lineage, or of a title that goes out whole."""
    return asked_about(world, view) or goes_out_whole(world, view)


def of_title(world: World, view: View, production: str | None) -> bool:
    """Tell whether a paper is of a title, or of none in particular."""
    return not view.productions or production is None or not world.titles(production).isdisjoint(view.productions)


def goes_out_whole(world: World, view: View) -> bool:
    """Tell whether a paper is of a title that is let go as a whole."""
    return world.act in _WHOLE and _of_title(world, view)


def asked_about(world: World, view: View) -> bool:
    """Tell whether a paper is in the lineage, or about something in it."""
    ids = _lineage(world)
    return view.id in ids or any(bare(target) in ids for _, target in view.links)


def holds(world: World, material: Material | None) -> bool:
    """Tell whether a material is in the lineage, under any of its names."""
    return material is not None and not _lineage(world).isdisjoint(material.keys)


def _lineage(world: World) -> frozenset[str]:
    return world.once("lineage ids", None, lambda: frozenset(world.library.views[key].id for key in world.library.lineage))


def _of_title(world: World, view: View) -> bool:
    """A paper of the title asked about, of what that is part of, or of no title in particular."""
    named = set(view.productions) | set(bares(view.details.get("works")) or ()) | set(bares(view.body.get("subjects")) or ())
    titles = {one for one in named if one.startswith("prd_")}
    return not titles or world.production is None or not titles.isdisjoint(world.titles(world.production))


def employs(world: World, party: str | None, production: str | None, held: Iterable[View]) -> times.Tri:
    """Tell whether a party is the company somebody works for: the employer, a signatory or producer, or one of their people."""
    view = world.library.get(party)
    if party is None or view is None or view.type == "person":
        return None if party is None else True
    title = world.library.get(production)
    body: Mapping[str, Any] = title.body if title else {}
    named = [*(body.get("signatories") or ()), *(body.get("producers") or ()), *(one.body.get("employer") for one in held)]
    companies = {str(bare(one)) for one in (*named, *(one.body.get("signatory") for one in people.bindings(world, production))) if one}
    related = {str(one) for one in (party, bare(view.body.get("parent")), *(bares(view.body.get("affiliates")) or ())) if one}
    return not companies.isdisjoint(related) if companies else True


def owner_facts(world: World, person: str | None, production: str | None, lines: list[str] | None) -> Fact:
    """Return whom and which title an element is about; `lines` are the agreements that the person's engagements name."""
    found: Fact = {"person": {"$ref": person} if person else None, "production": {"$ref": production} if production else None}
    return found | ({"lines": lines} if lines else {})
