"""The one way to declare a page: its address, its permission, and the view that fills it.

As with operations, a page without a permission cannot be declared, and the app does not start for one that no role
carries. A view takes a `Visit` and returns what to show; authentication, headers and errors are the business of `pages`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.context import Context
from service.services import Services
from service.web import present

HERE = Path(__file__).parent
STATIC = HERE / "static"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page; `context.conn` is `None` on public pages."""

    context: Context
    services: Services
    path: Mapping[str, str]
    query: Mapping[str, str]
    request: Request


@dataclass(frozen=True, slots=True)
class Shown:
    """A template and what it shows; `names` are the records that ids on the page lead to."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """Go there instead (303); `cookie` sets the session, an empty one ends it."""

    location: str
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes of a picture, with their media type; the address changes with the content, so it may be kept."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep, under a name; made for whoever asked, so it is not cached."""

    content: bytes
    media_type: str
    name: str


View = Callable[[Visit], Shown | Moved | Picture | Download]


@dataclass(frozen=True, slots=True)
class Page:
    """One declared page."""

    method: str
    rule: str
    permission: str
    view: View
    name: str
    limit: int | None = None


PAGES: list[Page] = []


def page(rule: str, *, permission: str, method: str = "GET", limit: int | None = None) -> Callable[[View], View]:
    """Declare the decorated view as the page at `rule` (in Flask's form); `limit` is how many bytes its form may have, where it takes a file."""

    def declare(view: View) -> View:
        name = f"page_{view.__module__.rpartition('.')[2]}_{view.__name__}"
        PAGES.append(Page(method, rule, permission, view, name, limit))
        return view

    return declare


@cache
def templates() -> Environment:
    """Return the templates: everything is escaped, and a name that a view forgot is an error."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(present.FILTERS)
    environment.globals.update(static=static, state=present.state, is_id=present.is_id, results=present.RESULTS)
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template."""
    return templates().get_template(template).render(values)


@cache
def static(name: str) -> str:
    """Return the address of a file of ours, with its content in the address so that browsers may keep it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
