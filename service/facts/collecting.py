"""Finding the records that one decision looks at, by a bounded number of queries.

First the lineage (one recursive query: what the subjects were made from, and the runs that made it), then, in a fixed
number of rounds, the papers that refer to what was found: appearances, people, consents, evidence, bindings, events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from schemas.prefixes import KIND_OF
from service.context import Context
from service.facts.library import LINEAGE, Library, View, view_of
from service.facts.reader import LIMIT, OF_PEOPLE, OF_TITLE, Asked, Reader
from service.records import read
from service.records.model import Recorded

#: What is asked about a person: consents, engagements, pay, deals, notices; never everything that names a party.
_OF_PERSON: Final = (
    "person",
    "grantor",
    "paid_person",
    "bargained_with",
    "notice_to",
    "subject",
    "given_to",
    "target",
    "complainant",
    "consulted",
    "affected",
)

#: Which kinds of papers are asked for about which kinds of records, round by round.
ROUNDS: Final[tuple[Mapping[str, Asked], ...]] = (
    {
        "asset": (("app", "evd", "evt"), None),
        "generation": (("app", "evd", "evt"), None),
        "replica": (("evd", "evt"), None),
        "dataset": (("evd", "evt"), None),
        "model": (("evt",), ("target",)),
        "source": (("evd", "evt", "lic"), None),
        "licence": (("evd", "evt"), None),
        "evidence": (("evd", "evt"), None),
        "appearance": (("evd", "evt"), None),
    },
    {
        "appearance": (("evd", "evt"), None),
        "replica": (("evd", "evt"), None),
        "evidence": (("evd", "evt"), None),
        "licence": (("evd", "evt"), None),
        "party": (("con", "eng", "evd", "evt"), _OF_PERSON),
    },
    {
        "consent": (("evd", "evt"), None),
        "agreement": (("evd", "evt", "agr"), None),
        "engagement": (("evd", "evt"), None),
        "evidence": (("evd", "evt"), None),
        "binding": (("evd", "evt"), None),
        "party": (("con", "eng", "evd", "evt"), _OF_PERSON),
        "role": (("evd",), ("role", "subject")),
    },
    {"event": (("evt",), None), "evidence": (("evd",), None), "consent": (("evd", "evt"), None)},
)

#: Kinds that are read because a paper names them.
NAMED: Final = frozenset({"party", "production", "agreement", "role", "engagement", "replica", "consent", "evidence", "event"})

#: Edges that only limit something: what they name is compared by its id and not read.
LIMITS: Final = frozenset(
    {
        "consented_production",
        "posthumous_production",
        "licensed_production",
        "scope_production",
        "exempt_production",
        "signatory",
        "approved_production",
        "determined_production",
        "obtained_by",
        "producer",
        "captured",
        "document",
        "reviewer",
        "replica_file",
    }
)

#: Material that papers of a title cite: read with them, whatever it is.
_CITED: Final = frozenset({"material", "written_by_run", "furnished_material", "assigned_material", "source_material", "factor_material"})
_CITING: Final = ("writer_deal", "credit_notice", "separated_rights", "furnishing", "writing_material")


def collect(reader: Reader, roots: Sequence[str], extra: Sequence[View], also: Sequence[str] = ()) -> Library:
    """Read the lineage of `roots` and every paper about it; `extra` are planned and hypothetical records laid over the log.

    `also` are further records to start from that belong to no lineage (the production).
    """
    library = Library()
    for view in extra:
        library.add(view)
    named = [target for view in extra for _, target in view.links]
    starts = sorted({*(root for root in roots if root not in library.views), *(name for name in named if _kind(name) in LINEAGE)})
    found = reader.walk([start.partition("@")[0] for start in starts]) if starts else []
    library.truncated = len(found) > LIMIT
    _read(reader, library, [f"{name}@{version}" if version else name for name, version in found[:LIMIT]])
    library.lineage = set(library.views)
    _read(reader, library, [*also, *named])
    _read(reader, library, _items(library))
    _name(reader, library)
    _crafts(reader, library)
    asked: set[tuple[Asked, str]] = set()
    for wanted in ROUNDS:
        _round(reader, library, wanted, asked)
        _cited(reader, library)
        if wanted is ROUNDS[1]:
            _read(reader, library, reader.papers(OF_PEOPLE, (view.id for view in library.of("party", "person"))))
            named_by_many = [view.id for kind in ("production", "model", "role") for view in library.of(kind)]
            _read(reader, library, reader.typed(sorted({*named_by_many, *_advance(library)})))
            _name(reader, library)
    return library


def _kind(reference: str) -> str | None:
    return KIND_OF.get(reference[:3])


def _read(reader: Reader, library: Library, references: Iterable[str]) -> None:
    """Read references that are not there yet."""
    wanted = {found for found in references if library.views.get(found) is None and _kind(found)}
    follow = {found for found in wanted if "@" not in found}
    pins = {(name, int(version)) for name, _, version in (found.partition("@") for found in wanted - follow)}
    for recorded in reader.current(follow):
        library.add(view_of(recorded))
        library.read[recorded.id] = recorded.version
    for recorded in reader.pinned(pins):
        library.add(view_of(recorded, f"{recorded.id}@{recorded.version}"))
        library.read.setdefault(recorded.id, recorded.version)


def _name(reader: Reader, library: Library) -> None:
    """Read what the views name: people, titles, agreements, papers."""
    named = {
        target
        for view in library.views.values()
        if view.kind != "party"
        for role, target in view.links
        if role not in LIMITS and _kind(target) in NAMED
    }
    _read(reader, library, named - library.views.keys())


def _items(library: Library) -> set[str]:
    """The files that datasets list one by one: what is learnt from them is told by whose they are, though nothing is made of them here."""
    return {target for view in library.of("dataset") for role, target in view.links if role == "item"}


def _advance(library: Library) -> list[str]:
    """The commercials that consents to later ones were signed for: their period of use limits those."""
    scopes = [scope for view in library.of("consent") if isinstance(scope := view.body.get("scope"), Mapping)]
    return [str(one).partition("@")[0] for scope in scopes if scope.get("future_commercials") for one in scope.get("productions") or ()]


def _crafts(reader: Reader, library: Library) -> None:
    """Read the papers about the work of whole crafts on the titles, with the material that they cite."""
    productions = [view.id for view in library.of("production")]
    _read(reader, library, [*reader.papers(OF_TITLE, productions), *reader.studio_wide(), *reader.title_wide(productions)])
    _cited(reader, library)
    _name(reader, library)


def _cited(reader: Reader, library: Library) -> None:
    """Read the written material, and the runs it came out of, that papers about writing cite."""
    papers = [view for type_ in _CITING for view in library.of("evidence", type_)]
    _read(reader, library, {target for view in papers for role, target in view.links if role in _CITED})


def _round(reader: Reader, library: Library, wanted: Mapping[str, Asked], asked: set[tuple[Asked, str]]) -> None:
    """Find and read the papers about everything that is there and not asked about yet, in one query for each set of kinds."""
    targets: dict[Asked, set[str]] = {}
    for view in library.views.values():
        if view.kind in wanted and _kind(view.id) and not (view.kind == "party" and view.type != "person"):
            question = (wanted[view.kind], view.id)
            if question not in asked:
                asked.add(question)
                targets.setdefault(question[0], set()).add(view.id)
    found = set(reader.sources(targets)) if targets else set()
    _read(reader, library, found - library.views.keys())
    _name(reader, library)


def debts(reader: Reader, library: Library) -> None:
    """Read what is owed about the lineage and about who appears in it; what is owed is no premise of a decision, so it does not count as read."""
    targets = [view.id for view in library.views.values() if view.key in library.lineage or view.kind in ("appearance", "replica")]
    found = reader.sources({(("obl",), ("subject",)): targets}) if targets else []
    for recorded in reader.current(found):
        library.add(view_of(recorded))


def opened(context: Context, library: Library) -> None:
    """Open the secret fields that facts are derived from: dates and ages of people, amounts of deals and pay. None of them leaves."""
    games = {view.key for view in library.of("production") if view.body.get("format") == "game"}
    kinds, types = {"party", "replica", "engagement"}, {"compensation", "bargaining", "writer_deal"}
    secret = [view for view in library.views.values() if view.key in games or view.kind in kinds or view.type in types]
    stored = [view for view in secret if _kind(view.id)]
    shells = [Recorded(view.id, view.kind, view.version, 0, "", "", {}, view.body, ()) for view in stored]
    for view, recorded in zip(stored, read.open_all(context, shells), strict=True):
        library.replace(replace(view, body=recorded.body))
