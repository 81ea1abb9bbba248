"""`clearance record -- COMMAND`: run any program, hash what lay before it and what it wrote, and register the run."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from schemas.vocabulary import STAGES, TOOL_CLASSES
from service.cli.command import Cli, declare
from service.errors import StartError
from service.ingest.bodies import kind_of_file, told

_MOST: Final = 400
_SCOPE: Final = "generation.record"
Find = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run: the command, when, with which status, and the files before and after it by their SHA-256."""

    command: tuple[str, ...]
    started_at: str
    ended_at: str
    status: int
    read: Mapping[Path, str]
    written: Mapping[Path, str]

    @property
    def mark(self) -> str:
        """The outside id of the run: the same command over the same files with the same result is the same run."""
        parts = ["\0".join(self.command), *sorted(self.read.values()), "-", *sorted(self.written.values())]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@declare(name="record")
@click.option("--read", "reads", multiple=True, type=click.Path(exists=True, path_type=Path), help="A file or directory it reads; repeat.")
@click.option("--write", "writes", multiple=True, required=True, type=click.Path(path_type=Path), help="A directory it writes to; repeat.")
@click.option("--tool", help="What the tool is called (else the program's name).")
@click.option("--tool-class", type=click.Choice(TOOL_CLASSES), help="What kind of tool it is; left open where not given.")
@click.option("--stage", type=click.Choice(STAGES), help="The stage of the work.")
@click.option("--production", help="The id of the title it is for (prd_…).")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND…")
def command(
    cli: Cli,
    reads: tuple[Path, ...],
    writes: tuple[Path, ...],
    words: tuple[str, ...],
    tool: str | None,
    tool_class: str | None,
    stage: str | None,
    production: str | None,
) -> int:
    """Run COMMAND and register what it read and wrote; nothing is uploaded.

    Ends with the program's own status when it failed. Every file under --read counts as read, since nobody watches which ones are opened;
    every file under --write that is new or has changed counts as written.
    """
    from service.cli.local import service_url
    from service.client import Client

    run = wrapped(words, reads, writes)
    if not run.written:
        cli.answer({"status": run.status, "generation": None}, "It wrote nothing; nothing was registered.")
        return run.status
    stated = told(stage=stage, productions=[production] if production else None)
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=600) as client:

        def find(collection: str, pair: str) -> str | None:
            query = {"identifier" if collection == "generations" else "digest": pair}
            found = next(client.listed(f"/v1/{collection}", **query), None)
            return str(found["id"]) if found else None

        generation = find("generations", f"{_SCOPE}:{run.mark}")
        if generation is None:
            answers = client.batch(lines(run, find, told(name=tool or Path(words[0]).name, tool_class=tool_class), stated))
            generation = str(answers[-1]["id"])
    answer = {"status": run.status, "generation": generation, "read": len(run.read), "written": len(run.written)}
    cli.answer(answer, f"{generation}: {len(run.read)} files read, {len(run.written)} written.")
    return run.status


def wrapped(words: tuple[str, ...], reads: Iterable[Path], writes: Iterable[Path]) -> Run:
    """Run the program with the terminal as it is, and tell its files before from those after."""
    places = tuple(writes)
    read, before = hashed(reads), hashed(place for place in places if place.exists())
    started = datetime.now(UTC)
    try:
        status = subprocess.run(words, check=False).returncode
    except OSError as fault:
        raise StartError(f"{words[0]} cannot be run: {fault.strerror}.") from None
    after = hashed(place for place in places if place.exists())
    written = {path: digest for path, digest in after.items() if before.get(path) != digest}
    return Run(words, started.isoformat(), datetime.now(UTC).isoformat(), status, read, written)


def hashed(places: Iterable[Path]) -> dict[Path, str]:
    """The SHA-256 of every regular file at these places; links are not followed."""
    found: dict[Path, str] = {}
    for path in _files(places):
        if len(found) >= _MOST and path not in found:
            raise StartError(f"There are more than {_MOST} files; name smaller directories, or register a sequence as one item list.")
        with path.open("rb") as content:
            found[path] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


def lines(run: Run, find: Find, tool: Mapping[str, Any], stated: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of the run as lines of a batch, the generation last; files that are known are named by their records."""
    batch: list[dict[str, Any]] = []
    known: dict[str, str] = {}

    def asset(path: Path, digest: str, more: Mapping[str, Any]) -> str:
        if digest not in known:
            there = find("assets", f"sha256:{digest}")
            known[digest] = there or f"$f{len(batch)}"
            if there is None:
                batch.append({"kind": "asset", "key": known[digest][1:], "body": {**_file(path, digest), **more}})
        return known[digest]

    parents = {"parents": [{"record": "$run", "relation": "generated_by", "grade": "imported"}]}
    read = {digest: path for path, digest in run.read.items()}
    inputs = [
        {"asset": asset(path, digest, {}), "role": "unspecified", "name": path.name[:1000], "grade": "imported"}
        for digest, path in read.items()
    ]
    made = {digest: path for path, digest in run.written.items() if digest not in read}
    outputs = [{"asset": asset(path, digest, parents), "name": path.name[:1000], "grade": "imported"} for digest, path in made.items()]
    words = shlex.join(run.command)[:3000]
    body = told(
        tool=dict(tool),
        started_at=run.started_at,
        generated_at=run.ended_at,
        inputs=inputs or None,
        outputs=outputs or None,
        adapter="record",
        grade="imported",
        notes=f"Wrapped by clearance record: {words} (status {run.status}). All files given as read are listed, opened or not.",
        identifiers=[{"scope": _SCOPE, "value": run.mark}],
    )
    batch.append({"kind": "generation", "key": "run", "body": body | dict(stated)})
    return batch


def _file(path: Path, digest: str) -> dict[str, Any]:
    return {
        "type": kind_of_file(path.name, None),
        "name": path.name[:500],
        "file_name": path.name[:500],
        "bytes": path.stat().st_size,
        "digests": [{"algorithm": "sha256", "value": digest}],
        "grade": "imported",
    }
