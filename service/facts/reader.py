"""The queries that find and read what a decision looks at, each for any number of records at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

from psycopg import Connection

from schemas.prefixes import KIND_OF
from service.context import Context
from service.facts.library import LINEAGE, MADE_FROM
from service.records import read
from service.records.model import Recorded

#: More ancestors than this are not read; the lineage then counts as incomplete.
LIMIT: Final = 60_000

#: Prefixes of the kinds of papers that are asked for, with the roles, where others would be too many.
Asked = tuple[tuple[str, ...], tuple[str, ...] | None]

#: Runs are looked for behind what they put out, which are assets: a model is named by every run that used it.
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
        WHERE left(walk.id, 3) = 'ast' AND reference.studio_id = %(studio)s AND reference.target = walk.id
          AND reference.source_kind = 'gen' AND reference.role = 'output'
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

_VERSIONS: Final = """
SELECT index, bytes FROM entry WHERE studio_id = %(studio)s AND id = ANY(%(ids)s) AND index < %(known_at)s ORDER BY id, version
"""

_PINNED: Final = """
SELECT entry.index, entry.bytes FROM unnest(%(ids)s::text[], %(versions)s::integer[]) AS wanted(id, version)
JOIN entry ON entry.studio_id = %(studio)s AND entry.id = wanted.id AND entry.version = wanted.version
WHERE entry.index < %(known_at)s
"""


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
