"""`clearance register dataset`: a directory becomes a dataset; its files are hashed here and nothing but their digests leaves the machine."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from service.cli.command import OPTIONS, Cli, declare
from service.cli.tree import Progress, State, hash_tree, opened

if TYPE_CHECKING:
    from service.client import Client

MOST_ITEMS: Final = 1_000_000
_SHOWN: Final = 100
_PATIENCE: Final = 600.0
_BUFFER: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one source under one licence, and how many its schedule lists."""

    licence: str
    source: str
    schedule_count: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Which part a file belongs to: that of the first pattern that fits its path, else the one for all others, else none."""

    parts: tuple[Part, ...]
    patterns: tuple[tuple[str, int], ...]
    otherwise: int | None

    def part_of(self, name: str) -> int | None:
        """Return the number of a file's part."""
        return next((part for pattern, part in self.patterns if fnmatchcase(name, pattern)), self.otherwise)


@click.group(params=[*OPTIONS])
def command() -> None:
    """Register what lies in a directory; nothing is uploaded but digests, sizes and names."""


@declare(name="dataset")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", required=True, help="The name of the dataset.")
@click.option("--licence", metavar="ID", help="The licence of every file that no --item-licence names.")
@click.option("--item-licence", "item_licences", multiple=True, metavar="PATTERN=ID", help="The licence of files whose path fits, as in 'scans/*=lic_…' (repeatable, the first that fits).")  # fmt: skip
@click.option("--source", "sources", multiple=True, metavar="ID", help="The source, where a licence names several (repeatable).")
@click.option("--person", "people", multiple=True, metavar="ID", help="Somebody whose face or voice is in it (repeatable).")
@click.option("--nobody", is_flag=True, help="State that no face or voice of a real person is in it.")
@click.option("--consent", "consents", multiple=True, metavar="ID", help="A consent that is relied upon (repeatable).")
@click.option("--production", "productions", multiple=True, metavar="ID", help="A production that it belongs to (repeatable).")
@click.option("--purpose", help="What it is for: training, fine_tuning, evaluation …")
@click.option("--hold", is_flag=True, help="Set files without a licence aside instead of taking them in.")
@click.option("--dataset", metavar="ID", help="Record a new version of this dataset instead of a new one.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="How many files are read at once.")
def dataset(cli: Cli, directory: Path, **options: Any) -> None:
    """Register the files below DIRECTORY as one dataset, each under its SHA-256, with licence and source.

    Killed and called again it goes on where it stopped. Files that cannot be taken in are named, and the rest goes on.
    """
    from service.cli.local import service_url
    from service.client import Client

    if options["nobody"] and options["people"]:
        raise click.UsageError("--nobody and --person contradict one another; drop one of them.")
    root = directory.resolve()
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=_PATIENCE) as client:
        plan = _plan(client, options)
        with opened(
            cli.settings.data / "hashing" / f"{hashlib.sha256(str(root).encode(errors='surrogateescape')).hexdigest()[:32]}.sqlite"
        ) as state:
            progress = hash_tree(root, state, plan.part_of, _shown(), threads=options["threads"])
            _told_on("sending the list")
            found = _recorded(client, state, plan, options)
            told = found | {"hashed": progress.hashed, "known": progress.known, "bytes_read": progress.bytes}
            told |= _findings(state, plan) | {"elsewhere": client.get(f"/v1/datasets/{found['dataset']}/overlaps")}
    cli.answer(told, _text(told))


def _plan(client: Client, options: dict[str, Any]) -> Plan:
    """Read the licences that are named; each makes a part."""
    named = [word.rpartition("=")[::2] for word in options["item_licences"]]
    if any(not pattern or not licence for pattern, licence in named):
        raise click.UsageError("--item-licence is written PATTERN=ID, as in 'scans/*=lic_…'.")
    order = list(dict.fromkeys([licence for _, licence in named] + ([options["licence"]] if options["licence"] else [])))
    parts = tuple(_part(client.get(f"/v1/licences/{licence}"), options["sources"]) for licence in order)
    return Plan(parts, tuple((pattern, order.index(licence)) for pattern, licence in named), order.index(options["licence"]) if options["licence"] else None)  # fmt: skip


def _part(licence: dict[str, Any], chosen: Sequence[str]) -> Part:
    body, key = licence["body"], str(licence["id"])
    offered = [str(one) for one in body.get("sources") or () if one != "*"]
    fitting = [one for one in chosen if one in offered or not offered] or (offered if len(offered) == 1 else [])
    if len(fitting) != 1:
        named = f"names {len(offered)} sources" if offered else "names no source"
        raise click.ClickException(f"The licence {key} {named}; say with --source which one these files come from.")
    return Part(key, fitting[0], body.get("schedule_count", (body.get("items") or {}).get("count")))


def _shown() -> Callable[[Progress], None]:
    """Return what shows progress on standard error to a person, and nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda _: None
    begun, last = time.monotonic(), 0.0

    def show(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= 0.5:
            last, rate = now, progress.bytes / 1e6 / max(now - begun, 0.001)
            click.echo(
                f"\r{progress.files:,} files, {progress.known:,} known, {progress.bytes / 1e9:.2f} GB read, {rate:.0f} MB/s ",
                err=True,
                nl=False,
            )

    return show


def _told_on(what: str) -> None:
    """Close the line of the progress, and say to a person what goes on."""
    if sys.stderr.isatty():
        click.echo(f"\n{what} …", err=True)


def _recorded(client: Client, state: State, plan: Plan, options: dict[str, Any]) -> dict[str, Any]:
    """Send the item list and record the dataset; the same files and words again are the same record."""
    counts = state.counts()
    without, hold = counts.get(None, 0), options["hold"]
    taken = sum(counts.values()) - (without if hold else 0)
    if not taken:
        raise click.ClickException("There is no file to take in; name another directory, or a licence for what is there.")
    if taken > MOST_ITEMS:
        raise click.ClickException(f"{taken:,} files are more than a list of {MOST_ITEMS:,} takes; register its directories one by one.")
    body = _body(state, plan, options, counts) | {"items": _sent(client, state, plan, options, held=False), "item_count": taken}
    if hold and without:
        body["held_items"] = _sent(client, state, plan, options, held=True)
    if options["dataset"]:
        path = f"/v1/datasets/{options['dataset']}"
        answer = client.patch(path, dict.fromkeys(("members", "held_items")) | body, client.get(path)["version"])
    else:
        key = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
        answer = client.post("/v1/datasets", body, key=f"register-dataset-{key}")
    return {
        "dataset": answer["id"],
        "version": answer["version"],
        "items": body["items"],
        "held": without if hold else 0,
        "without_licence": 0 if hold else without,
        "people": "not stated" if "people" not in body else len(body["people"]),
    }


def _body(state: State, plan: Plan, options: dict[str, Any], counts: dict[int | None, int]) -> dict[str, Any]:
    people = [] if options["nobody"] else list(options["people"])
    stated = {"people": people} if people or options["nobody"] else {}
    shared = stated | ({"consents": list(options["consents"])} if options["consents"] else {})
    parts = [
        {"source": part.source, "licence": part.licence, "item_count": counts[number], **shared}
        for number, part in enumerate(plan.parts)
        if counts.get(number)
    ]
    body: dict[str, Any] = {"name": options["name"], "parts": parts, **stated}
    body |= {field: value for field in ("purpose",) if (value := options[field])}
    if options["productions"]:
        body["productions"] = list(options["productions"])
    if not options["hold"] and counts.get(None):  # the gate names these, so they stand in the record and not only in the list
        body["members"] = [_line(name, size, digest, None) for name, size, digest in state.in_no_part(_SHOWN)]
    return body


def _sent(client: Client, state: State, plan: Plan, options: dict[str, Any], *, held: bool) -> dict[str, Any]:
    chosen = ((name, size, digest, part) for name, size, digest, part in state.items() if not options["hold"] or (part is None) == held)
    lines = (orjson.dumps(_line(name, size, digest, None if part is None else plan.parts[part])) for name, size, digest, part in chosen)
    headers = {"Content-Type": "application/x-ndjson"}
    answer = client.request("POST", "/v1/item-lists", content=_gathered(lines), headers=headers, retry=False)
    return dict(answer.json())


def _line(name: str, size: int, digest: bytes, part: Part | None) -> dict[str, Any]:
    line = {"name": name, "bytes": size, "digests": [{"algorithm": "sha256", "value": digest.hex()}]}
    return line | ({"source": part.source, "licence": part.licence} if part else {})


def _gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Join lines to pieces worth sending."""
    piece = bytearray()
    for line in lines:
        piece += line + b"\n"
        if len(piece) > _BUFFER:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _findings(state: State, plan: Plan) -> dict[str, Any]:
    """What a person should look at: files left out, without licence, beyond a schedule, and the same content twice."""
    counts, groups = state.counts(), state.duplicates()
    shown = list(islice(groups, _SHOWN))
    beyond = [
        {"licence": part.licence, "items": counts[number], "schedule_count": part.schedule_count}
        for number, part in enumerate(plan.parts)
        if part.schedule_count is not None and counts.get(number, 0) > part.schedule_count
    ]
    return {
        "odd": state.odd(),
        "items_without_licence": [name for name, _, _ in state.in_no_part(_SHOWN)],
        "beyond_schedule": beyond,
        "duplicates": len(shown) + sum(1 for _ in groups),
        "duplicate_items": [{"names": names, "licences": [None if one is None else plan.parts[one].licence for one in parts]} for names, parts in shown],
    }  # fmt: skip


def _text(told: dict[str, Any]) -> str:
    lines = [
        f"{told['dataset']} version {told['version']}: {told['items']['count']:,} items, list {told['items']['sha256']}, root {told['items']['root']}."
    ]
    lines.append(f"{told['hashed']:,} files read ({told['bytes_read']:,} bytes), {told['known']:,} known from before.")
    lines += [f"Left out: {one['name']}: {one['why']}." for one in told["odd"]]
    if told["items_without_licence"]:
        number = told["held"] or told["without_licence"]
        named = ", ".join(told["items_without_licence"][:10]) + (", …" if number > 10 else "")
        lines.append(f"{'Held' if told['held'] else 'Without licence'} ({number:,}): {named}.")
    lines += [
        f"Licence {one['licence']} lists {one['schedule_count']:,} items; {one['items']:,} stand under it here."
        for one in told["beyond_schedule"]
    ]
    for one in told["duplicate_items"][:10]:
        across = f", under {' and '.join(licence or 'none' for licence in one['licences'])}" if len(one["licences"]) > 1 else ""
        lines.append(f"Same content{across}: {', '.join(one['names'][:5])}{', …' if len(one['names']) > 5 else ''}.")
    if told["duplicates"] > 10:
        lines.append(f"{told['duplicates']:,} contents stand there more than once.")
    lines += [
        _elsewhere(one) for one in told["elsewhere"]["overlaps"] if one["with"]["record"] != told["dataset"] and not one["same_licence"]
    ][:10]
    if told["people"] == "not stated":
        lines.append("Nobody has stated who can be seen or heard: say --nobody, or --person for each.")
    return "\n".join(lines)


def _elsewhere(one: dict[str, Any]) -> str:
    other = one["with"]
    where = f"in {other['record']} under {other.get('licence', 'no licence')}" if other["kind"] != "event" else "among those taken back"
    gone = f", withdrawn by {one['withdrawn_by']}" if "withdrawn_by" in one else ""
    return f"Also {where}{gone}: {one['items']:,} items, as {one.get('name', 'one without a name')}."


command.add_command(dataset)
