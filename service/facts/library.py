"""The records that one decision looks at: found by a bounded number of queries, read once, indexed both ways.

First the lineage (one recursive query: what the subjects were made from, and the runs that made it), then, in a fixed
number of rounds, the papers that refer to what was found: appearances, people, consents, evidence, bindings, events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, LiteralString

from psycopg import Connection

from schemas.prefixes import KIND_OF
from service.context import Context
from service.records import read
from service.records.model import Recorded

#: More ancestors than this are not read; the lineage then counts as incomplete.
LIMIT: Final = 60_000

#: Edges from a thing to what it was made from; `output` is walked against its direction.
MADE_FROM: Final = (
    "parent",
    "cut_item",
    "cue",
    "cue_run",
    "cue_file",
    "delivered",
    "licence",
    "input",
    "input_source",
    "input_dataset",
    "input_replica",
    "replica",
    "model",
    "base_model",
    "dataset",
    "source",
    "derived_from",
    "source_media",
    "capture_session",
    "transferred",
    "training_dataset",
    "training_licence",
    "trained_model",
    "training_work",
    "covered_work",
    "material",
    "written_by_run",
    "furnished_material",
    "assigned_material",
    "source_material",
    "factor_material",
    "prompt_reference",
    "generated_in",
    "asset",
    "released",
)

#: Kinds that a lineage consists of; the walk does not leave them.
LINEAGE: Final = frozenset(
    {"asset", "generation", "model", "dataset", "source", "licence", "replica", "evidence", "delivery", "release", "appearance"}
)

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

#: Which kinds of papers are asked for about which kinds of records, round by round; with the roles, where others would be too many.
Asked = tuple[tuple[str, ...], tuple[str, ...] | None]
ROUNDS: Final[tuple[Mapping[str, Asked], ...]] = (
    {
        "asset": (("app", "evd", "evt"), None),
        "generation": (("app", "evd", "evt"), None),
        "replica": (("evd", "evt"), None),
        "dataset": (("evd", "evt"), None),
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

_WALK: Final = """
WITH RECURSIVE walk(id, version) AS (
    SELECT root, NULL::integer FROM unnest(%(roots)s::text[]) AS root
    UNION
    SELECT next.id, next.version FROM walk CROSS JOIN LATERAL (
        SELECT reference.target AS id, reference.target_version AS version
        FROM (
            SELECT index FROM entry
            WHERE entry.studio_id = %(studio)s AND entry.id = walk.id AND entry.index < %(known_at)s
              AND (walk.version IS NULL OR entry.version = walk.version)
            ORDER BY entry.version DESC LIMIT 1
        ) AS latest
        JOIN reference ON reference.studio_id = %(studio)s AND reference.index = latest.index
        WHERE reference.role = ANY(%(roles)s)
        UNION ALL
        SELECT reference.source, NULL::integer FROM reference
        WHERE reference.studio_id = %(studio)s AND reference.target = walk.id AND reference.role = 'output'
          AND reference.index < %(known_at)s
    ) AS next
    WHERE left(next.id, 3) = ANY(%(prefixes)s)
)
SELECT id, version FROM walk LIMIT %(limit)s
"""

#: Whoever has ever referred to some targets; one such part for each set of kinds that is asked for.
_SOURCES: Final = """
SELECT source FROM reference
WHERE studio_id = %(studio)s AND target = ANY(%(targets_{n})s) AND index < %(known_at)s AND source_kind = ANY(%(prefixes_{n})s)
  AND (%(roles_{n})s::text[] IS NULL OR role = ANY(%(roles_{n})s))
"""

#: Evidence that bears on a question whatever it names.
ANYWHERE: Final = ("rate_table", "meeting", "tool_terms")

#: What is found by its kind and type: titles and models are named by too many records to ask for all of them.
_TYPED: Final = """
WITH near AS MATERIALIZED (
    SELECT source, index, role FROM reference
    WHERE studio_id = %(studio)s AND target = ANY(%(targets)s) AND source_kind = ANY(ARRAY['bnd', 'con', 'eng', 'evd']) AND index < %(known_at)s
)
SELECT head.id FROM near JOIN head ON head.studio_id = %(studio)s AND head.id = near.source AND head.index = near.index
WHERE head.first_index < %(known_at)s AND (
    head.kind = 'binding'
    OR (head.kind = 'consent' AND (head.state = 'refused' OR head.type = 'union'))
    OR (head.kind = 'engagement' AND head.state = ANY(ARRAY['recast', 'terminated']))
    OR head.type = ANY(ARRAY['background_day', 'approval', 'commercial', 'vendor_determination', 'casting_log', 'access_policy'])
    OR (head.type = 'notice' AND head.label = 'notice: pre_production')
    OR (near.role = ANY(ARRAY['subject', 'ai_use_title']) AND head.type = ANY(ARRAY['ai_use', 'attestation', 'notice', 'override']))
    OR (near.role = ANY(ARRAY['subject', 'whole_title', 'system_model', 'documented_model', 'registered_work'])
        AND head.type = ANY(ARRAY['authenticity_assessment', 'disclosure_plan', 'system_role', 'training_documentation',
                                  'advertising_exception', 'registration', 'clearance_basis', 'inquiry_channel']))
)
UNION
SELECT id FROM head
WHERE studio_id = %(studio)s AND kind = 'evidence' AND type = ANY(%(anywhere)s) AND first_index < %(known_at)s
UNION
SELECT id FROM head
WHERE studio_id = %(studio)s AND kind = 'event' AND type = ANY(ARRAY['strike_called', 'strike_ended']) AND first_index < %(known_at)s
"""

#: Papers about the work of whole crafts on a title, or about people in it.
_PAPERS: Final = """
SELECT head.id FROM reference JOIN head ON head.studio_id = %(studio)s AND head.id = reference.source AND head.index = reference.index
WHERE reference.studio_id = %(studio)s AND reference.target = ANY(%(targets)s) AND reference.source_kind = 'evd' AND reference.index < %(known_at)s
  AND head.type = ANY(%(types)s) AND head.first_index < %(known_at)s
"""

#: Papers of the whole studio: those that name neither a title nor a person nor anything else in particular but a company.
_STUDIO_WIDE: Final = """
SELECT wide.id FROM (
    SELECT id, index FROM head
    WHERE studio_id = %(studio)s AND kind = 'evidence' AND type = ANY(%(types)s) AND first_index < %(known_at)s
    UNION ALL
    SELECT id, index FROM head
    WHERE studio_id = %(studio)s AND kind = 'evidence' AND label = ANY(%(labels)s) AND first_index < %(known_at)s
) AS wide
WHERE NOT EXISTS (
    SELECT FROM reference LEFT JOIN head AS firm ON firm.studio_id = %(studio)s AND firm.id = reference.target AND firm.type = 'organisation'
    WHERE reference.studio_id = %(studio)s AND reference.index = wide.index AND role = ANY(%(narrow)s) AND (role <> 'subject' OR firm.id IS NULL)
)
"""

#: Notices, bargaining, attestations and usage reports about a title as a whole: those that speak of nobody and nothing else.
_TITLE_WIDE: Final = """
SELECT head.id FROM reference JOIN head ON head.studio_id = %(studio)s AND head.id = reference.source AND head.index = reference.index
WHERE reference.studio_id = %(studio)s AND reference.target = ANY(%(targets)s) AND reference.source_kind = 'evd' AND reference.index < %(known_at)s
  AND head.type = ANY(ARRAY['notice', 'bargaining', 'attestation', 'usage_report']) AND head.first_index < %(known_at)s
  AND NOT EXISTS (
    SELECT FROM reference AS other
    WHERE other.studio_id = %(studio)s AND other.index = head.index
      AND (other.role = ANY(ARRAY['subject', 'person', 'replica', 'bargained_with', 'announced_session']) OR (other.role = 'notice_to' AND head.label <> 'notice: synthetic'))
      AND NOT other.target = ANY(%(targets)s)
  )
"""

#: Types of evidence that are found by the titles they name, and those of them that are also found by the people they name.
OF_TITLE: Final = (
    "assignment_terms", "complaint", "consultation", "credit", "credit_notice", "cue", "cue_sheet", "duty_assignment", "job_impact", "employment_programme", "furnishing",
    "policy_delivery", "separated_rights", "tool_permission", "writer_deal", "writing_material",
)  # fmt: skip
OF_PEOPLE: Final = ("assignment_terms", "policy_delivery", "tool_permission")
#: Types of evidence, and notices by their label, that may speak to the whole studio.
OF_STUDIO: Final = (*OF_PEOPLE, "access_policy", "consultation", "employment_programme", "job_impact")
NOTICES_OF_STUDIO: Final = ("notice: generative_tool", "notice: employees")
#: What makes such a paper one about somebody or some title in particular.
_NARROW: Final = (
    "production", "subject", "assigned", "permitted", "delivered_to", "person", "consulted", "affected", "notice_to", "announced_session",
    "protected",
)  # fmt: skip

#: Material that papers of a title cite: read with them, whatever it is.
_CITED: Final = frozenset({"material", "written_by_run", "furnished_material", "assigned_material", "source_material", "factor_material"})
_CITING: Final = ("writer_deal", "credit_notice", "separated_rights", "furnishing", "writing_material")

_VERSIONS: Final = """
SELECT index, bytes FROM entry WHERE studio_id = %(studio)s AND id = ANY(%(ids)s) AND index < %(known_at)s ORDER BY id, version
"""

_PINNED: Final = """
SELECT entry.index, entry.bytes FROM unnest(%(ids)s::text[], %(versions)s::integer[]) AS wanted(id, version)
JOIN entry ON entry.studio_id = %(studio)s AND entry.id = wanted.id AND entry.version = wanted.version
WHERE entry.index < %(known_at)s
"""


@dataclass(frozen=True, slots=True)
class View:
    """A record as one decision sees it; `key` is its id, or `id@version` where a reference pins an older version."""

    key: str
    id: str
    kind: str
    version: int
    body: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]

    @property
    def type(self) -> str:
        """The `type` of its body: of an evidence record, an event, an asset."""
        return str(self.body.get("type", ""))

    @property
    def details(self) -> Mapping[str, Any]:
        """The fields of an evidence record that belong to its type."""
        found = self.body.get("details")
        return found if found.__class__ is dict or isinstance(found, Mapping) else {}

    @property
    def productions(self) -> list[str]:
        """The titles the record belongs to; empty where it says none or nothing."""
        return [str(found) for found in self.body.get("productions") or ()]


def view_of(recorded: Recorded, key: str | None = None) -> View:
    """Return a stored record as a view."""
    links = tuple((str(ref["role"]), f"{ref['id']}@{ref['version']}" if ref.get("version") else str(ref["id"])) for ref in recorded.refs)
    return View(key or recorded.id, recorded.id, recorded.kind, recorded.version, recorded.body, links)


@dataclass(slots=True)
class Library:
    """Views by key, who refers to them, and how the lineage runs; `beside` are uses outside it that count all the same."""

    views: dict[str, View] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    lineage: set[str] = field(default_factory=set)
    paths: dict[str, list[str]] = field(default_factory=dict)
    truncated: bool = False
    beside: Library | None = None
    unreached: dict[str, bool] = field(default_factory=dict)
    _sources: dict[tuple[str, str], list[tuple[str, View]]] = field(default_factory=dict)
    _kinds: dict[tuple[str, str | None], list[View]] = field(default_factory=dict)
    _about: dict[tuple[Any, ...], list[View]] = field(default_factory=dict)
    _pinned: dict[str, str] = field(default_factory=dict)

    def ids(self) -> frozenset[str]:
        """Return every record that was looked at, also beside the lineage."""
        return frozenset(view.id for view in self.views.values()) | (self.beside.ids() if self.beside else frozenset())

    def copy(self) -> Library:
        """Return a library of the same views that may be changed without changing this one."""
        return replace(
            self, views=dict(self.views), read=dict(self.read), lineage=set(self.lineage), paths=dict(self.paths),
            _sources=dict(self._sources), _kinds={}, _about={}, _pinned=dict(self._pinned),
        )  # fmt: skip

    def add(self, view: View) -> None:
        """Take a view in, unless it is there."""
        if view.key not in self.views:
            self.views[view.key] = view
            if view.key != view.id:
                self._pinned[view.id] = view.key
            self._forget()
            for role, target in view.links:
                self._sources.setdefault((target.partition("@")[0], view.kind), []).append((role, view))

    def replace(self, view: View) -> None:
        """Put a view in the place of one with the same links (its secret fields opened)."""
        self.views[view.key] = view
        self._forget()
        for name in {(target.partition("@")[0], view.kind) for _, target in view.links}:
            self._sources[name] = [(role, view if old.key == view.key else old) for role, old in self._sources.get(name, [])]

    def _forget(self) -> None:
        """Drop the answers that a new view may change; they are only kept once reading is over."""
        if self._about:
            self._about.clear()
        if self._kinds:
            self._kinds.clear()

    def get(self, reference: Any) -> View | None:
        """Return what a reference (`id` or `id@version`) leads to, a pinned version where only that is read; None where nothing is."""
        if not isinstance(reference, str):
            return None
        found = self.views.get(reference) or self.views.get(reference.partition("@")[0])
        return found or self.views.get(self._pinned.get(reference, ""))

    def of(self, kind: str, type_: str | None = None) -> list[View]:
        """Return all views of a kind (and type), in the order of their keys; not to be changed."""
        found = self._kinds.get((kind, type_))
        if found is None:
            chosen = (view for view in self.views.values() if view.kind == kind) if type_ is None else self.of(kind)
            found = sorted((view for view in chosen if type_ is None or view.type == type_), key=lambda view: view.key)
            self._kinds[kind, type_] = found
        return found

    def about(self, target: str, kind: str, type_: str | None = None, roles: Iterable[str] | None = None) -> list[View]:
        """Return the records of a kind that refer to `target`, in the order of their keys, each once; not to be changed."""
        listed = self._sources.get((target.partition("@")[0], kind))
        if listed is None:
            return []
        wanted = tuple(roles) if roles is not None else None
        question = (target, kind, type_, wanted)
        known = self._about.get(question)
        if known is None:
            found = {
                view.key: view for role, view in listed if (type_ is None or view.type == type_) and (wanted is None or role in wanted)
            }
            known = self._about[question] = [found[key] for key in sorted(found)]
        return known

    def trace(self, roots: Sequence[str]) -> None:
        """Find the shortest way from the subjects to everything in the lineage."""
        queue = deque(sorted(key for key in roots if key in self.views))
        self.paths = {key: [self.views[key].id] for key in queue}
        while queue:
            key = queue.popleft()
            for following in self._next(key):
                if following not in self.paths:
                    self.paths[following] = [*self.paths[key], self.views[following].id]
                    queue.append(following)

    def used_by(self) -> dict[str, set[str]]:
        """Return the traced lineage turned round: for each record the ids of what was made from it."""
        found: dict[str, set[str]] = {}
        for key in self.paths:
            for following in self._next(key):
                found.setdefault(self.views[following].id, set()).add(self.views[key].id)
        return found

    def _next(self, key: str) -> list[str]:
        view = self.views[key]
        ahead = [found.key for role, target in view.links if role in MADE_FROM and (found := self.get(target)) and found.kind in LINEAGE]
        made_by = [found.key for role, found in self._sources.get((view.id, "generation"), ()) if role == "output"]
        return sorted({*ahead, *made_by})


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one studio's log as it was known at a size, and as it was true at an instant; `turns` are instants at which that changes."""

    context: Context
    known_at: int
    at: str
    turns: set[str] = field(default_factory=set)

    @property
    def conn(self) -> Connection[Any]:
        """The connection of the operation."""
        return self.context.conn

    def _values(self, **more: Any) -> dict[str, Any]:
        return {"studio": self.context.studio_id, "known_at": self.known_at, **more}

    def walk(self, roots: Sequence[str]) -> list[tuple[str, int | None]]:
        """Return the lineage of the roots: ids with the version where a reference pins one; at most `LIMIT` and one more."""
        prefixes = [prefix for prefix, kind in KIND_OF.items() if kind in LINEAGE]
        values = self._values(roots=list(roots), roles=list(MADE_FROM), prefixes=prefixes, limit=LIMIT + 1)
        return [(str(found), version) for found, version in self.conn.execute(_WALK, values).fetchall()]

    def sources(self, wanted: Mapping[Asked, Iterable[str]]) -> list[str]:
        """Return the records of some kinds that have ever referred to the targets (in some roles), in one query."""
        values = self._values()
        for number, (prefixes, roles) in enumerate(sorted(wanted, key=repr)):
            values[f"targets_{number}"] = sorted(wanted[prefixes, roles])
            values[f"prefixes_{number}"], values[f"roles_{number}"] = list(prefixes), list(roles) if roles else None
        statement = "UNION".join(_SOURCES.format(n=number) for number in range(len(wanted)))
        return [str(found) for (found,) in self.conn.execute(statement, values).fetchall()]

    def typed(self, targets: Sequence[str]) -> list[str]:
        """Return bindings of titles, strikes, and the evidence that is found by its type."""
        rows = self.conn.execute(_TYPED, self._values(targets=list(targets), anywhere=list(ANYWHERE))).fetchall()
        return [str(found) for (found,) in rows]

    def papers(self, types: Sequence[str], targets: Iterable[str]) -> list[str]:
        """Return the evidence of some types that names any of the targets."""
        values = self._values(types=list(types), targets=sorted(set(targets)))
        return [str(found) for (found,) in self.conn.execute(_PAPERS, values).fetchall()]

    def holding(self, targets: Sequence[str], query: LiteralString) -> list[str]:
        """Return those of the targets that a query finds something of."""
        return [str(found) for (found,) in self.conn.execute(query, self._values(targets=list(targets))).fetchall()]

    def studio_wide(self) -> list[str]:
        """Return the papers about people's work that speak to the whole studio."""
        values = self._values(types=list(OF_STUDIO), labels=list(NOTICES_OF_STUDIO), narrow=list(_NARROW))
        return [str(found) for (found,) in self.conn.execute(_STUDIO_WIDE, values).fetchall()]

    def title_wide(self, targets: Sequence[str]) -> list[str]:
        """Return notices, bargaining, attestations and usage reports that are about titles as a whole."""
        rows = self.conn.execute(_TITLE_WIDE, self._values(targets=list(targets))).fetchall()
        return [str(found) for (found,) in rows]

    def current(self, wanted: Iterable[str]) -> list[Recorded]:
        """Return the versions that were known and in effect; an amendment that is not in effect yet leaves its predecessor."""
        found = read.current(self.conn, self.context.studio_id, wanted, self.known_at)
        changed = [recorded.id for recorded in found.values() if recorded.version > 1]
        for recorded in self._in_effect(changed):
            found[recorded.id] = recorded
        return [found[key] for key in sorted(found)]

    def _in_effect(self, changed: Sequence[str]) -> list[Recorded]:
        if not changed:
            return []
        rows = self.conn.execute(_VERSIONS, self._values(ids=list(changed))).fetchall()
        histories: dict[str, list[Recorded]] = {}
        for index, raw in rows:
            recorded = read.decode(index, raw)
            histories.setdefault(recorded.id, []).append(recorded)
            self.turns.add(str(recorded.change.get("effective_at", recorded.recorded_at)))
        return [effective for history in histories.values() if (effective := read.in_effect(history, self.at))]

    def pinned(self, wanted: Iterable[tuple[str, int]]) -> list[Recorded]:
        """Return exact versions."""
        pairs = sorted(set(wanted))
        if not pairs:
            return []
        values = self._values(ids=[found for found, _ in pairs], versions=[version for _, version in pairs])
        return [read.decode(index, raw) for index, raw in self.conn.execute(_PINNED, values).fetchall()]


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
