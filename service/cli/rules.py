"""`clearance rules`: every rule that can decide about a release, readable, without a service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.command import OPTIONS, Cli, declare
from service.errors import StartError

if TYPE_CHECKING:
    from service.rules.pack import Pack

SHAPE = ("id", "pack", "clause", "mode", "confidence")


@click.group(params=[*OPTIONS])
def command() -> None:
    """List, show, compare and test rule packs."""


@declare(name="list")
@click.option("--pack", "wanted", metavar="ID", help="Only the rules that are written in this pack.")
def listed(cli: Cli, wanted: str | None) -> None:
    """List every rule: id, pack, clause, mode, confidence."""
    packs = _packs()
    if wanted is not None and wanted not in packs:
        raise click.ClickException(f"There is no pack {wanted!r}; there are {', '.join(packs)}.")
    rows = [_row(rule, pack) for pack in packs.values() if wanted in (None, pack.id) for rule in pack.rules]
    text = "\n".join(f"{row['id']:<62} {row['confidence']:<5} {row['mode']:<9} {row['clause']}" for row in rows)
    cli.answer(rows, text or "There are no rules.")


@declare(name="show")
@click.argument("name", metavar="RULE|PACK")
def show(cli: Cli, name: str) -> None:
    """Show one rule, or one pack with its digest, as it is evaluated."""
    packs = _packs()
    if name in packs:
        found: Any = {"digest": packs[name].digest, **packs[name].document}
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
    """Say what differs between two packs, each an id or a YAML file: rules added, removed, carried on and changed."""
    one, other = _pack(older), _pack(newer)
    before = {rule["id"]: rule for rule in (*one.rules, *one.carried)}
    after = {rule["id"]: rule for rule in (*other.rules, *other.carried)}
    changed = {name: sorted(_changed(before[name], after[name])) for name in before.keys() & after.keys() if before[name] != after[name]}
    found = {
        "added": sorted(after.keys() - before.keys()), "removed": sorted(before.keys() - after.keys()),
        "carried": sorted(rule["id"] for rule in other.carried), "changed": {name: changed[name] for name in sorted(changed)},
    }  # fmt: skip
    lines = [f"+ {name}" for name in found["added"]] + [f"- {name}" for name in found["removed"]]
    lines += [f"~ {name}: {', '.join(keys)}" for name, keys in sorted(changed.items())]
    cli.answer(found, "\n".join(lines) or "They say the same.")


@declare(name="test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def test(cli: Cli, file: Path) -> None:
    """Test a pack of your own: every mistake is named with its rule and key; prints the digest."""
    pack = _pack(str(file))
    cli.answer({"id": pack.id, "digest": pack.digest, "rules": len(list(pack.rules))}, f"{pack.id} is fine: {pack.digest}")


for each in (listed, show, diff, test):
    command.add_command(each)


def _packs() -> dict[str, Pack]:
    from service.rules.load import load_packs
    from service.rules.paths import PackError

    try:
        return load_packs()
    except PackError as fault:
        raise StartError(f"A rule pack cannot be used: {fault}") from None


def _pack(name: str) -> Pack:
    from service.rules.load import read
    from service.rules.pack import Pack
    from service.rules.paths import PackError

    known = _packs()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise click.ClickException(f"There is no pack and no file {name!r}; there are the packs {', '.join(known)}.")
    try:
        return Pack(read(path.read_text(encoding="utf-8"), path.name))
    except PackError as fault:
        raise click.ClickException(str(fault)) from None


def _row(rule: Any, pack: Pack) -> dict[str, str]:
    values = (rule["id"], pack.id, rule["clause"], rule.get("mode", "blocking"), str(rule["confidence"]))
    return dict(zip(SHAPE, values, strict=True))


def _changed(before: Any, after: Any) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


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
