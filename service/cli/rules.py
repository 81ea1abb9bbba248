"""`clearance rules`: every rule that can decide about a release, readable and tried without a service; and the life of packs with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.command import OPTIONS, Cli, declare
from service.errors import StartError

if TYPE_CHECKING:
    from service.client import Client
    from service.rules.pack import Pack

SHAPE = ("id", "pack", "clause", "mode", "confidence")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIGEST = click.option("--digest", metavar="SHA256", help="Which edition, where the pack has several.")


@click.group(params=[*OPTIONS])
def command() -> None:
    """List, show, compare and test rule packs; draft, sign and publish packs of your own."""


@declare(name="list")
@click.option("--pack", "wanted", metavar="ID", help="Only the rules that are written in this pack.")
def listed(cli: Cli, wanted: str | None) -> None:
    """List every rule: id, pack, clause, mode, confidence. Those of the pack `engine` belong to every decision."""
    packs = _packs()
    if wanted not in (None, "engine", *packs):
        raise click.ClickException(f"There is no pack {wanted!r}; there are {', '.join((*packs, 'engine'))}.")
    rows = [_row(rule, pack.id) for pack in packs.values() if wanted in (None, pack.id) for rule in pack.rules]
    rows += [_row(rule, "engine") for rule in _engine().values() if wanted in (None, "engine")]
    text = "\n".join(f"{row['id']:<62} {row['confidence']:<5} {row['mode']:<9} {row['clause']}" for row in rows)
    cli.answer(rows, text or "There are no rules.")


@declare(name="show")
@click.argument("name", metavar="RULE|PACK|FILE")
def show(cli: Cli, name: str) -> None:
    """Show one rule, or one pack with its digest, as it is evaluated."""
    packs, engine = _packs(), _engine()
    if name in packs or Path(name).is_file():
        pack = packs.get(name) or _pack(name)
        found: Any = {"digest": pack.digest, **pack.document}
    elif name in engine:
        found = {"pack": "engine", **engine[name]}
    else:
        rules = {rule["id"]: (rule, pack) for pack in packs.values() for rule in pack.rules}
        if name not in rules:
            raise click.ClickException(f"There is no rule or pack {name!r}; `clearance rules list` names them all.")
        rule, pack = rules[name]
        found = {"pack": pack.id, **rule}
    cli.answer(found, _yaml(found))


@declare(name="diff")
@click.argument("older")
@click.argument("newer")
def diff(cli: Cli, older: str, newer: str) -> None:
    """Say what differs between two packs, each an id or a YAML file: rules added, removed, carried on, overridden, and every key that changed."""
    from service.rules.compare import differences

    found = differences(_pack(older), _pack(newer))
    cli.answer(found, "\n".join(_differences(found)) or "They say the same.")


@declare(name="test")
@click.argument("names", metavar="[PACK|FILE|DIR]...", nargs=-1)
def test(cli: Cli, names: tuple[str, ...]) -> None:
    """Check packs to the last key, and try the scenarios that they bring; without a name, those that come with the service.

    A pack brings scenarios under its key `scenarios`, or in a file NAME.scenarios.yaml beside it. The questions of packs that are named are
    listed one by one, else only those that fail. Exits 1 if one does not come out as it says.
    """
    reports = [_report(pack, scenarios) for pack, scenarios in _trials(names)]
    failed = sum(report["failed"] for report in reports)
    told = {"packs": reports, "tried": sum(report["tried"] for report in reports), "failed": failed}
    total = f"{len(reports)} packs, {sum(one['rules'] for one in reports):,} rules, {told['tried']:,} questions; {failed or 'none'} failed."
    lines = [line for report in reports for line in _lines(report, every=bool(names))]
    cli.answer(told, "\n".join(lines if names else [*lines, total]))
    if failed:
        click.get_current_context().exit(1)


@declare(name="draft")
@click.argument("file", type=_FILE)
@click.option("--statement", help="Why, or what changed.")
def draft(cli: Cli, file: Path, statement: str | None) -> None:
    """Hand a pack of your own to the service as a draft; prints its digest."""
    beside = _beside(file)
    body = {"yaml": file.read_text(encoding="utf-8") + (f"\n{beside.read_text(encoding='utf-8')}" if beside else "")}
    with _client(cli) as client:
        made = client.post("/v1/rule-packs", body | ({"statement": statement} if statement else {}))
    cli.answer(made, f"{made['id']} is a draft: {made['digest']}")


@declare(name="sign-off")
@click.argument("pack")
@_DIGEST
@click.option("--role", default="legal", show_default=True, help="As what you read it.")
@click.option("--statement", help="What you compared it with.")
def sign_off(cli: Cli, pack: str, **said: str | None) -> None:
    """Sign that an edition of a pack says what its sources say; it takes two people."""
    with _client(cli) as client:
        made = client.post(f"/v1/rule-packs/{pack}/sign-off", {name: value for name, value in said.items() if value})
    readers = len(made["body"]["details"]["readers"])
    cli.answer(made, f"{pack} is signed by {readers} of two." if readers < 2 else f"{pack} is signed off.")


@declare(name="publish")
@click.argument("pack")
@click.option("--digest", metavar="SHA256", required=True, help="Which edition.")
@click.option("--from", "start", metavar="DATE", required=True, help="From when on it is the edition to adopt.")
def publish(cli: Cli, pack: str, digest: str, start: str) -> None:
    """Publish an edition that two people have signed off."""
    with _client(cli) as client:
        made = client.post(f"/v1/rule-packs/{pack}/publish", {"digest": digest, "effective": {"start": start}})
    cli.answer(made, f"{pack} {digest[:12]}… is published from {start} on.")


@declare(name="editions")
@click.argument("pack", required=False)
def editions(cli: Cli, pack: str | None) -> None:
    """List the editions of packs that the service has, with their state."""
    with _client(cli) as client:
        found = [client.get(f"/v1/rule-packs/{pack}")] if pack else client.get("/v1/rule-packs")["items"]
    rows = [{"pack": one["id"], **edition} for one in found for edition in one["editions"]]
    text = "\n".join(f"{row['pack']:<32} {row['digest'][:12]}  {row['state']:<10} {row['origin']}" for row in rows)
    cli.answer(rows, text)


for each in (listed, show, diff, test, draft, sign_off, publish, editions):
    command.add_command(each)


@contextmanager
def _client(cli: Cli) -> Iterator[Client]:
    from service.cli.local import service_url
    from service.client import Client

    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        yield client


def _packs() -> dict[str, Pack]:
    from service.rules.load import load_packs
    from service.rules.paths import PackError

    try:
        return load_packs()
    except PackError as fault:
        raise StartError(f"A rule pack cannot be used: {fault}") from None


def _engine() -> dict[str, dict[str, Any]]:
    """The rules that the engine itself applies, in the form of a pack's."""
    from service.rules import coverage

    return {name: {"id": name, **coverage.statics(name)} for name in coverage.TEXTS}


def _pack(name: str) -> Pack:
    known = _packs()
    return known[name] if name in known else _read(Path(name), known)[0]


def _read(path: Path, known: Mapping[str, Pack]) -> tuple[Pack, list[Any]]:
    """A pack of one's own from a file, with the scenarios in it and beside it."""
    from service.rules.load import pack_from, parted
    from service.rules.paths import PackError
    from service.rules.yaml12 import parse

    if not path.is_file():
        raise click.ClickException(f"There is no pack and no file {str(path)!r}; there are the packs {', '.join(known)}.")
    try:
        document, scenarios = parted(parse(path.read_text(encoding="utf-8")), path.name)
        return pack_from(document, path.name, known), [*scenarios, *_scenarios(path)]
    except PackError as fault:
        named = str(fault) if str(fault).startswith(path.name) else f"{path.name}: {fault}"
        raise click.ClickException(named) from None


def _beside(path: Path) -> Path | None:
    """The file of scenarios beside a pack's."""
    from service.rules.load import SCENARIOS

    file = path.with_name(path.stem + SCENARIOS)
    return file if file.is_file() else None


def _scenarios(path: Path) -> list[Any]:
    """What the file beside a pack's brings: a mapping with the key `scenarios`."""
    from service.rules.load import parted
    from service.rules.yaml12 import parse

    beside = _beside(path)
    return parted(parse(beside.read_text(encoding="utf-8")), beside.name)[1] if beside else []


def _trials(names: Sequence[str]) -> Iterator[tuple[Pack, list[Any]]]:
    """The packs to test, each with its scenarios."""
    from service.rules.load import PACKS, pack_files

    known = _packs()
    for name in names or [str(PACKS)]:
        path = PACKS / f"{name}.yaml" if name in known else Path(name)
        files = pack_files(path) if path.is_dir() else [path]
        own: dict[str, Pack] = dict(known)
        for file in sorted(files, key=lambda one: "carries:" in one.read_text(encoding="utf-8") if one.is_file() else False):
            shipped = known.get(file.stem) if file.parent == PACKS else None
            pack, scenarios = (shipped, _scenarios(file)) if shipped else _read(file, own)
            own[pack.id] = pack
            yield pack, scenarios


def _report(pack: Pack, scenarios: list[Any]) -> dict[str, Any]:
    from service.rules import trial
    from service.rules.paths import PackError

    try:
        trials = trial.run(pack, scenarios)
    except PackError as fault:
        raise click.ClickException(f"{pack.id}: {fault}") from None
    return {
        "id": pack.id, "digest": pack.digest, "rules": len(list(pack.rules)), "tried": len(trials), "failed": sum(not one.ok for one in trials),
        "untested": trial.untested(pack, trials), "trials": [one.document() for one in trials],
    }  # fmt: skip


def _lines(report: Mapping[str, Any], *, every: bool) -> list[str]:
    """A report in words: every question of a scenario or only those that failed, and why."""
    lines = []
    for one in report["trials"] if every else [one for one in report["trials"] if not one["ok"]]:
        lines.append(
            f"{'ok  ' if one['ok'] else 'FAIL'}  {one['title']}"
            + ("" if one["ok"] else f": expected {one['expected']}, found {one['found']}")
        )
        lines += [f"        {line}" for line in one.get("because", ())]
    fine = (
        f"{report['id']} is fine: {report['digest']}"
        if not report["failed"]
        else f"{report['id']}: {report['failed']} of {report['tried']} failed"
    )
    told = f"{report['rules']} rules, {report['tried']} questions"
    lines.append(f"{fine} ({told})")
    if report["untested"] and report["tried"]:
        lines.append(f"        without a pass and a failure: {', '.join(report['untested'])}")
    return lines


def _differences(found: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two packs, in lines."""
    for change in found["pack"]:
        yield f"  {change['key']}: {_short(change['before'])} -> {_short(change['after'])}"
    replaced = {old: new for old, new in found["overridden"].items() if old in found["removed"]}
    yield from (f"+ {name}" for name in found["added"])
    yield from (f"- {name}" + (f"  (overridden by {replaced[name]})" if name in replaced else "") for name in found["removed"])
    for name, changes in found["changed"].items():
        yield f"~ {name}"
        for change in changes:
            yield f"    {change['key']}: {_short(change['before'])} -> {_short(change['after'])}"
    if found["carried"] and (found["added"] or found["removed"] or found["changed"]):
        yield f"= {len(found['carried'])} rules are carried on"


def _short(value: Any) -> str:
    import json

    text = "(nothing)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "…"


def _row(rule: Any, pack: str) -> dict[str, str]:
    values = (rule["id"], pack, rule["clause"], rule.get("mode", "blocking"), str(rule["confidence"]))
    return dict(zip(SHAPE, values, strict=True))


def _yaml(value: Any) -> str:
    from io import StringIO

    from ruamel.yaml import YAML

    written = StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 120
    yaml.representer.ignore_aliases = lambda *_: True  # written out: nobody should have to look up what stands elsewhere
    yaml.dump(value, written)
    return written.getvalue().rstrip()
