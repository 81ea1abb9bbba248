"""`clearance simulate`: what would change in a title under another pack, or if something were otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.command import Cli, declare

if TYPE_CHECKING:
    from service.client import Client

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LISTED = 100
_ACTS = ("capture", "generate", "train", "hand_over", "license_out", "transfer", "publish", "release", "exhibit")


@declare(name="simulate")
@click.option("--production", required=True, metavar="ID", help="All assets of this title.")
@click.option("--act", type=click.Choice(_ACTS), default="release", show_default=True)
@click.option("--at", metavar="TIME", help="When it would be done (else now).")
@click.option("--intent", "profile", metavar="NAME", help="An intent profile of the production (else its default one).")
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="ID|FILE",
    help="A pack as if it were adopted: one that is there, or a YAML file (repeatable).",
)
@click.option(
    "--overlay", type=_FILE, help="Hypothetical records, as a YAML or JSON list: {kind, body}, {id, body}, {id, patch}, {id, gone: true}."
)
def command(cli: Cli, packs: tuple[str, ...], overlay: Path | None, **asked: str | None) -> None:
    """Say what would change, for which assets, and whose task it is. Nothing is recorded."""
    from service.cli.local import service_url
    from service.client import Client

    body: dict[str, Any] = {name: value for name, value in asked.items() if value}
    body |= {"packs": [_pack(name) for name in packs]} if packs else {}
    body |= {"overlay": _yaml(overlay)} if overlay else {}
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        found = together(_pages(client, body))
    cli.answer(found, "\n".join(_lines(found)))


def _pack(name: str) -> Any:
    """The id of a pack, or the document of one's own."""
    return _yaml(Path(name)) if Path(name).is_file() else name


def _yaml(path: Path) -> Any:
    from service.rules.paths import PackError
    from service.rules.yaml12 import parse

    try:
        return parse(path.read_text(encoding="utf-8"))
    except PackError as fault:
        raise click.ClickException(f"{path.name}: {fault}") from None


def _pages(client: Client, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = dict(client.post("/v1/simulations", {**body, **({"cursor": cursor} if cursor else {})}))
        yield page
        cursor = page["next"]
        if cursor is None:
            return


def together(pages: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """All pages as one answer: what is counted is added up, and the first items of each cause are kept."""
    found: dict[str, Any] = {"looked_at": 0, "changed": 0, "outcomes": [], "causes": []}
    outcomes: dict[tuple[str, str], int] = {}
    causes: dict[tuple[str, str, str], dict[str, Any]] = {}
    for page in pages:
        found |= {name: page[name] for name in ("known_at", "packs")}
        for name in ("looked_at", "changed"):
            found[name] += page[name]
        for one in page["outcomes"]:
            pair = (one["before"], one["after"])
            outcomes[pair] = outcomes.get(pair, 0) + one["count"]
        for cause in page["causes"]:
            known = causes.setdefault((cause["change"], cause["id"], cause["result"]), {**cause, "count": 0, "items": []})
            known["count"] += cause["count"]
            known["items"] = [*known["items"], *cause["items"]][:_LISTED]
    found["outcomes"] = [{"before": before, "after": after, "count": count} for (before, after), count in sorted(outcomes.items())]
    found["causes"] = list(causes.values())
    return found


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['changed']} of {found['looked_at']} would change"
    yield from (f"  {one['count']:>6}  {one['before']} -> {one['after']}" for one in found["outcomes"] if one["before"] != one["after"])
    for cause in found["causes"]:
        sign = "+" if cause["change"] == "appears" else "-"
        yield f"{sign} {cause['result']}  {cause['rule']}: {cause.get('sentence', cause['code'])} ({cause['count']})"
        if cause.get("fix") and sign == "+":
            yield f"    {cause.get('owner', 'legal')}: {cause['fix']}"
        names = [str(item.get("name") or item["id"]) for item in cause["items"][:5]]
        yield f"    {', '.join(names)}" + (" …" if cause["count"] > len(names) else "")
