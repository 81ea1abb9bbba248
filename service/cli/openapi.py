"""`clearance openapi`: the API as a document, the very one that is committed as openapi.yaml."""

from __future__ import annotations

import click

from service.cli.command import Cli, declare


@declare(name="openapi")
def command(cli: Cli) -> None:
    """Print the OpenAPI 3.1 document: YAML, or JSON with --json."""
    from service.api import spec

    click.echo(spec.document_bytes().decode() if cli.json else spec.document_yaml(), nl=cli.json)
