"""Scenarios as data: steps of records in the wire format, and questions with the answer that each rule must give.

A file is `{scenario, title, packs, production, intent, steps: [{title, records: [{kind, key, body}…], ask: [{name, subject:
$key | [$key…] | planned: {…}, act, at, intent, expect: {outcome, rules: {rule id: result | {$key: result}}}}]}]}`. Records of one step
are one atomic batch; `$key` refers to any record of this step or an earlier one. The same records can go to POST /v1/batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from service.context import Context
from service.facts import Facts, gather
from service.records import read, write
from service.records.model import Change, Draft
from service.rules import evaluate, load
from service.rules.findings import Evaluation
from service.rules.names import worst

HERE = Path(__file__).parent / "scenarios"
PARTS = Path(__file__).parent / "parts"
STORY = Path(load.__file__).parents[1] / "demo" / "story.yaml"


def read_scenario(path: Path) -> dict[str, Any]:
    """Return a scenario file as plain values; the parts that it uses are its first step."""
    told = dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    parts = [
        record for name in told.get("use") or () for record in YAML(typ="safe").load((PARTS / f"{name}.yaml").read_text(encoding="utf-8"))
    ]
    return {**told, "steps": [{"records": parts}, *told.get("steps", ())]} if parts else told


def scenario_files() -> list[Path]:
    """Return every scenario, the demo's story among them."""
    return [*sorted(HERE.glob("*.yaml")), *([STORY] if STORY.exists() else [])]


def plain(value: Any) -> Any:
    """Return YAML values as JSON values: dates as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass
class Studio:
    """One studio's log and the keys of the scenario that is played in it."""

    context: Context
    keys: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, tuple[str, int]] = field(default_factory=dict)

    def named(self, value: Any) -> Any:
        """Replace the keys of earlier steps by ids, wherever they stand alone."""
        if isinstance(value, Mapping):
            return {
                self.keys.get(str(name), name) if str(name).startswith("$") else name: self.named(inner) for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.named(inner) for inner in value]
        return self.keys.get(value, value) if isinstance(value, str) else value

    def enter(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Write records as one batch; one with a `version_of` is the next version of what it names."""
        listed = [plain(record) for record in records]
        drafts = [self._draft(record) for record in listed]
        written = write.append(self.context, drafts)
        for record, one in zip(listed, written, strict=True):
            if "key" in record:
                self.keys[f"${record['key']}"] = one.id
                self.recorded[record["key"]] = (one.id, one.version)

    def _draft(self, record: Mapping[str, Any]) -> Draft:
        body = self.named(record["body"])
        if "version_of" not in record:
            return Draft(record["kind"], body, client_key=record.get("key"))
        name = self.keys[f"${record['version_of']}"]
        current = read.get(self.context, record["kind"], name)
        change = record.get("change", {"type": "correction"})
        return Draft(record["kind"], body, name, current.version + 1, Change(change["type"], change.get("effective_at")))

    def size(self) -> int:
        """Return the size of the log."""
        head = self.context.ledger.head(self.context.conn, self.context.studio_id)
        return head.size if head else 0

    def facts(self, question: Mapping[str, Any], known_at: int | None = None) -> Facts:
        """Gather the facts for a question."""
        asked = self.named(plain(question))
        subject = asked.get("subject")
        return gather(
            self.context,
            subjects=[] if subject is None else [subject] if isinstance(subject, str) else subject,
            planned=asked.get("planned"),
            act=asked["act"],
            at=_instant(asked["at"]),
            known_at=self.size() if known_at is None else known_at,
            intent=asked.get("intent") or {},
            production=asked.get("production"),
            overlay=asked.get("overlay") or (),
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00Z").astimezone(UTC)


def judge(document: Mapping[str, Any], packs: Iterable[str], *, advisory: bool = False) -> Evaluation:
    """Evaluate packs as if they were adopted and signed, in blocking or in advisory mode."""
    known = load.load_packs()
    chosen = [known[name] for name in sorted({"x", "licences", *packs})]
    mode = {"adoptions": [{"digest": pack.digest, "mode": "advisory"} for pack in chosen]} if advisory else {}
    return evaluate.run(chosen, {**document, "ahead": True}, {"all_signed": True, **mode})


def answer(evaluation: Evaluation, rule: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return what a rule said about each subject, by the scenario's keys where it has one."""
    names = {name: key for key, name in keys.items()}
    return {"/".join(names.get(part, part) for part in subject.split("/")): result for subject, result in evaluation.results(rule).items()}


def worst_of(found: Mapping[str, str]) -> str:
    """Return the worst of a rule's answers; `not_applicable` where it gave none."""
    return worst(list(found.values()))
