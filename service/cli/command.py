"""What all commands share: `--data` and `--json`, before or after the command's name, and what they lead to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from service.config import Settings


@dataclass(eq=False)
class Cli:
    """What the person asked for beside the command itself."""

    data: Path | None = None
    port: int | None = None
    json: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment with the options on top; raises `StartError`."""
        return Settings.from_environment().with_options(data=self.data, port=self.port)

    def answer(self, value: Any, text: str) -> None:
        """Print a result: `value` as JSON for programs, `text` for people."""
        click.echo(json.dumps(value, indent=2, ensure_ascii=False) if self.json else text)


def _store(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None and parameter.name is not None:
        setattr(ctx.ensure_object(Cli), parameter.name, value)


_SHARED: dict[str, Any] = {"expose_value": False, "callback": _store}
OPTIONS = (
    click.Option(["--data"], type=click.Path(path_type=Path), metavar="DIR", help="The data directory (else CLEARANCE_DATA).", **_SHARED),
    click.Option(["--json"], is_flag=True, flag_value=True, default=None, help="Answer for programs.", **_SHARED),
)
PORT = click.Option(["--port"], type=click.IntRange(1, 65535), metavar="N", help="The port to try first.", **_SHARED)


def declare(**attributes: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a command that gets a `Cli` as its first argument; with `port=True` it also takes `--port`."""
    own = [PORT] if attributes.pop("port", False) else []

    def make(function: Callable[..., Any]) -> click.Command:
        declared: click.Command = click.command(**attributes)(click.make_pass_decorator(Cli, ensure=True)(function))
        declared.params += [*own, *OPTIONS]
        return declared

    return make
