"""The declared-tool sheet: what a person says of work done in tools that leave no metadata, a row for each output.

CSV or JSON as the `response` of an import, with `provider` set to `declared` or to a tool of the table. Which row is meant is told by the
output's SHA-256, else by its file name; a sheet of one row needs neither. All of it is hearsay and graded `asserted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas.records.asset import ORIGINS
from schemas.records.generation import INPUT_ROLES
from schemas.vocabulary import STAGES, TOOL_CLASSES
from service.ingest.bodies import told
from service.ingest.declared_rows import Row, columns, refused, rows
from service.ingest.declared_tools import CLASSES, TOOLS, Class, Tool, known
from service.ingest.draft import Contradiction, Digest, Draft, Input, Limits, Model, Output, Prompt, Raw, Role, Sampling, Source

NAME = "declared"
_SHA256: Final = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_RECORD: Final = re.compile(r"(ast|src|dst|rep|evd)_[0-9a-z]{10,60}")
_ENTRY: Final = re.compile(r"\s*([^;]*?)(?:\s+(?:sha256:)?([0-9a-fA-F]{64}))?\s*(?:;|\Z)")
_INPUTS: Final[dict[str, Role]] = {
    "wall_content": "plate", "scans": "scan", "scan_session": "scan", "source_video": "source_video", "lut": "lut", "cdl": "lut", "script": "script",
    "reference": "reference", "references": "reference", "boards": "reference", "driving_performance": "driving_performance",
    "source_audio": "source_audio", "voice_recording": "source_audio", "first_frame": "first_frame", "last_frame": "last_frame",
    "mask": "mask", "control": "control", "initial_image": "initial_image", "plate": "plate", "tracking_data": "control",
    "camera_report": "control",
}  # fmt: skip
_YES, _NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n"}
KNOWN: Final = {
    "tool", "tool_version", "vendor", "class", "tool_class", "ai", "job_id", "at", "operator", "employer", "stage", "plan_tier", "contract",
    "terms_url", "terms_read_at", "trains_on_inputs", "model", "model_version", "voice", "seed", "prompt", "negative_prompt", "purpose", "output",
    "output_sha256", "origin", "inputs", "consents", "replicas", "licences", "productions", "notes",
    *_INPUTS,
}  # fmt: skip


def detect(source: Source) -> bool:
    """Tell whether the caller says so, or the answer begins with the columns of such a sheet."""
    if source.provider is not None:
        return source.provider == NAME or source.provider in TOOLS
    content = source.response or b""
    found = columns(content)
    wanted = {"rows"} if content.lstrip()[:1] in {b"{", b"["} else {"class", "output", "output_sha256"}
    return "tool" in found and bool(found & wanted)


def read(source: Source, limits: Limits) -> Draft:
    """Return what the row about this output says."""
    sheet = rows(source.response or b"", limits)
    kept = tuple(
        Raw(name, "application/json" if content.lstrip()[:1] in {b"{", b"["} else "text/csv", content)
        for name, content in (("request", source.request), ("sheet", source.response))
        if content
    )
    if not sheet:
        return Draft(adapter=NAME, raw=kept, tool_class=None, grade="asserted")
    default = TOOLS.get(source.provider or "")
    return of_row(_chosen(sheet, source), default.name if default else None, kept, limits)


def _chosen(sheet: list[Row], source: Source) -> Row:
    """The row of the output; a row that names another file than the one sent is not meant."""
    digest = source.sha256
    hits = [row for row in sheet if digest and _digest(row, "output_sha256") == digest]
    hits = hits or [row for row in sheet if source.name and row.text("output") == source.name]
    if not hits and len(sheet) == 1:
        hits = [row for row in sheet if not (digest and row.text("output_sha256"))]
    if len(hits) == 1:
        return hits[0]
    many = f"{len(hits)} rows name" if hits else f"No row of {len(sheet)} names"
    raise refused(
        f"{many} this output; give each row its own output (the file name) or output_sha256, and send file_name; POST /v1/imports takes every row at once."
    )


def of_row(row: Row, tool: str | None, raw: tuple[Raw, ...], limits: Limits) -> Draft:
    """The draft of one row; `tool` where the row names none."""
    name = row.text("tool") or tool
    if name is None:
        raise row.refused("tool", "it is empty; name the tool, or set provider to the tool of the whole sheet.")
    about = known(name)
    works = _class(row, about)
    tool_class, origin = _tool_class(row, works), _origin(row)
    return Draft(
        adapter=NAME,
        tool=about.name if about else name[:200],
        tool_version=row.text("tool_version"),
        tool_class=tool_class,
        provider=(about.name if about else name)[:80].lower(),
        job_id=row.text("job_id"),
        at=row.text("at"),
        origin=origin,
        models=tuple(_models(row, limits)),
        inputs=tuple(_inputs(row, works, limits))[: limits.found],
        prompts=tuple(_prompts(row)),
        sampling=_sampling(row),
        outputs=tuple(Output(text[: limits.name], "output") for text in (row.text("output"),) if text),
        raw=raw,
        contradictions=tuple(_remarks(row, about, works, tool_class)),
        unread=tuple(sorted(name[:200] for name in row.cells.keys() - KNOWN if not name.startswith("input_"))),
        grade="asserted",
        fields=_fields(row, about, works),
        asset=told(
            **_output(row), type=works.asset if works else None, stage=_stage(row, works), licences=_records(row, "licences", "lic")
        ),
    )


def _class(row: Row, about: Tool | None) -> Class | None:
    stated = (row.text("class") or "").lower()
    if stated and stated not in CLASSES:
        raise row.refused("class", f"{stated[:60]!r} is no class; choose one of {', '.join(CLASSES)}.")
    return CLASSES[stated] if stated else CLASSES[about.works] if about else None


def _tool_class(row: Row, works: Class | None) -> str | None:
    """What the row says in so many words, else whether AI made it, else what the class of work implies."""
    stated = row.text("tool_class")
    if stated:
        return _choice(row, "tool_class", stated, TOOL_CLASSES)
    ai = (row.text("ai") or "").lower()
    if ai in _YES | {"generative"}:
        return "generative"
    if ai == "assistive":
        return "assistive"
    if ai and ai not in _NO | {"none", "unknown"}:
        raise row.refused("ai", f"{ai[:60]!r} is not understood; say yes, no, assistive, or leave it empty where nobody knows.")
    if ai in _NO | {"none"}:
        return works.tool_class if works and works.tool_class not in {None, "generative"} else "traditional"
    return works.tool_class if works else None


def _choice(row: Row, column: str, value: str, among: Any) -> str:
    if value.lower() not in among:
        raise row.refused(column, f"{value[:60]!r} is not one of {', '.join(among)}.")
    return value.lower()


def _origin(row: Row) -> str | None:
    stated = row.text("origin")
    return _choice(row, "origin", stated, ORIGINS) if stated else None


def _stage(row: Row, works: Class | None) -> str | None:
    stated = row.text("stage")
    return _choice(row, "stage", stated, STAGES) if stated else works.stage if works else None


def _flag(row: Row, column: str) -> bool | None:
    value = (row.text(column) or "").lower()
    if value and value not in _YES | _NO:
        raise row.refused(column, "say yes or no, or leave it empty where nobody knows.")
    return value in _YES if value else None


def _digest(row: Row, column: str) -> str | None:
    value = row.text(column)
    found = _SHA256.fullmatch(value) if value else None
    if value and not found:
        raise row.refused(column, "a SHA-256 has 64 hexadecimal digits; leave the cell empty where it is not known.")
    return found[1].lower() if found else None


def _output(row: Row) -> dict[str, Any]:
    """The file that came out, as far as the row knows it."""
    name, digest = row.text("output"), _digest(row, "output_sha256")
    short = name[:500] if name else None
    return told(name=short, file_name=short, digests=[{"algorithm": "sha256", "value": digest}] if digest else None)


def _records(row: Row, column: str, prefix: str) -> list[str] | None:
    """The ids of a cell, as a list or separated by semicolons."""
    value = row.cells.get(column)
    listed = value if isinstance(value, list) else re.split(r"[;\s]+", row.text(column) or "")
    ids = [str(each).strip() for each in listed if str(each).strip()]
    strange = [each for each in ids if not re.fullmatch(prefix + r"_[0-9a-z]{10,60}", each)]
    if strange:
        raise row.refused(column, f"{strange[0][:60]!r} is no id of this kind ({prefix}_…); register it first and give its id.")
    return ids or None


def _fields(row: Row, about: Tool | None, works: Class | None) -> dict[str, Any]:
    """What the row says of the run's circumstances, in the words of the generation."""
    terms = told(
        url=row.text("terms_url"), read_at=row.text("terms_read_at"), contract=row.text("contract"),
        plan_tier=row.text("plan_tier"), trains_on_inputs=_flag(row, "trains_on_inputs"),
    )  # fmt: skip
    operator, employer = row.text("operator"), row.text("employer")
    if employer and not employer.startswith("pty_"):
        raise row.refused("employer", "give the id of the party (pty_…).")
    named = bool(operator and operator.startswith("pty_"))
    return told(
        tool=told(vendor_name=row.text("vendor") or (about.vendor if about else None), plan_tier=row.text("plan_tier")) or None,
        operator=operator if named else None,
        operator_name=None if named else operator,
        employer=employer,
        stage=_stage(row, works),
        purpose=row.text("purpose"),
        terms=terms or None,
        actions=list(works.actions) or None if works else None,
        modalities=list(works.modalities) or None if works else None,
        consents=_records(row, "consents", "con"),
        replicas=_records(row, "replicas", "rep"),
        productions=_records(row, "productions", "prd"),
        notes=row.text("notes"),
    )


def _models(row: Row, limits: Limits) -> Iterator[Model]:
    for column, kind in (("model", "hosted"), ("voice", "voice")):
        name = row.text(column)
        if name:
            version = row.text("model_version") if column == "model" else None
            yield Model(name[: limits.name], "voice" if kind == "voice" else "hosted", column, version=version, grade="asserted")


def _prompts(row: Row) -> Iterator[Prompt]:
    if text := row.text("prompt"):
        yield Prompt(text, "positive", "prompt")
    if text := row.text("negative_prompt"):
        yield Prompt(text, "negative", "negative_prompt")


def _sampling(row: Row) -> tuple[Sampling, ...]:
    seed = row.text("seed")
    if seed is None:
        return ()
    if not seed.isdecimal() or len(seed) > 40:
        raise row.refused("seed", "a seed is a whole number; leave it empty where it is not known.")
    return (Sampling("seed", int(seed), {}),)


def _inputs(row: Row, works: Class | None, limits: Limits) -> Iterator[Input]:
    """Inputs by column (`scans`, `wall_content`, `input_mask` …), or as a list of objects with role, name, sha256 and record."""
    for column in row.cells:
        role = _INPUTS.get(column) or column.removeprefix("input_") if column in _INPUTS or column.startswith("input_") else None
        if role is not None:
            for name, digest in _entries(row, column):
                yield _input(row, column, role, name, digest, works, limits)
    listed = row.cells.get("inputs")
    if listed is not None and not isinstance(listed, list):
        raise row.refused("inputs", "use a column for each role, such as scans or input_mask; a list of objects is for JSON.")
    for entry in listed or []:
        if not isinstance(entry, dict):
            raise row.refused("inputs", "each is an object with role, name, sha256 or record.")
        name = str(entry.get("record") or entry.get("name") or entry.get("sha256") or "")
        yield _input(row, "inputs", str(entry.get("role") or "unspecified"), name, entry.get("sha256"), works, limits)


def _entries(row: Row, column: str) -> Iterator[tuple[str, str | None]]:
    value = row.cells[column]
    for each in value if isinstance(value, list) else [row.text(column) or ""]:
        for name, digest in _ENTRY.findall(str(each)):
            if name or digest:
                yield name or digest.lower(), digest or None


def _input(row: Row, column: str, role: str, name: str, digest: Any, works: Class | None, limits: Limits) -> Input:
    if role not in INPUT_ROLES:
        raise row.refused(column, f"{role[:60]!r} is no role of an input; choose one of {', '.join(INPUT_ROLES)}.")
    found = _SHA256.fullmatch(str(digest)) if digest else None
    if not name or (digest and not found):
        raise row.refused(column, "give a name or a record's id, and a SHA-256 of 64 hexadecimal digits where it is known.")
    return Input(
        name[: limits.name],
        role,  # type: ignore[arg-type]  # one of the schema's roles, as was just asked
        column,
        digests=(Digest("sha256", found[1].lower()),) if found else (),
        record=name if _RECORD.fullmatch(name) else None,
        relation=works.relations.get(role) if works else None,
        grade="asserted",
    )


def _remarks(row: Row, about: Tool | None, works: Class | None, tool_class: str | None) -> Iterator[Contradiction]:
    stated = (row.text("class") or "").lower()
    if about and stated and stated != about.works:
        says = f"{about.name} is known for {about.works}; the sheet says {stated}, and is taken at its word."
        yield Contradiction("class_differs", says, (f"{about.name}: {about.works}", f"sheet: {stated}"))
    if works is None:
        yield Contradiction("class_unknown", "The sheet does not say what kind of work the tool did; fill in the column class.")
    made = next((column for column in ("prompt", "seed", "model") if row.text(column)), None)
    if made and tool_class not in {None, "generative", "assistive", "live"}:
        says = f"The sheet says {tool_class}, but gives a {made}, which only generating tools have."
        yield Contradiction("generation_denied", says, (f"sheet: {tool_class}", f"column {made}"))
