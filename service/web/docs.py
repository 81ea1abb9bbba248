"""The API for people: every operation with its permission, what it takes and answers, out of the same register that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from service.api import spec
from service.web.page import Shown, Visit, page

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    where: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as the page lists it; `takes` and `gives` name schemas of the document."""

    method: str
    path: str
    tag: str
    summary: str
    permission: str
    parameters: tuple[Parameter, ...]
    takes: str
    gives: str


@page("/docs", permission="public")
def show(_visit: Visit) -> Shown:
    """Show every operation by tag, and every schema that they name."""
    document = spec.document()
    entries = [
        _entry(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items() if method in _METHODS
    ]
    tags = [(tag, list(some)) for tag, some in groupby(sorted(entries, key=lambda one: one.tag), key=lambda one: one.tag)]
    schemas = [(name, _fields(schema)) for name, schema in sorted(document["components"]["schemas"].items())]
    return Shown("docs.html", {"title": "API", "here": "", "tags": tags, "schemas": schemas, "version": document["info"]["version"]})


def _entry(path: str, method: str, told: dict[str, Any]) -> Entry:
    parameters = tuple(
        Parameter(one["name"], one["in"], bool(one.get("required")), str(one.get("description", ""))) for one in told.get("parameters", ())
    )
    success: dict[str, Any] = next((answer for status, answer in sorted(told["responses"].items()) if status.startswith("2")), {})
    return Entry(
        method.upper(), path, told["tags"][0], told["summary"], told["x-permission"], parameters,
        _named(told.get("requestBody", {})), _named(success),
    )  # fmt: skip


def _named(part: dict[str, Any]) -> str:
    for media_type, content in part.get("content", {}).items():
        reference = str(content.get("schema", {}).get("$ref", ""))
        return reference.rpartition("/")[2] or str(media_type)
    return ""


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, bool, str]]:
    required = set(schema.get("required", ()))
    return [(name, _shape(told), name in required, str(told.get("description", ""))) for name, told in schema.get("properties", {}).items()]


def _shape(told: dict[str, Any]) -> str:
    """Say the type of a field in a few words."""
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if "x-reference" in told:
        return "id of " + " or ".join(told["x-reference"][:4])
    if "enum" in told:
        return " | ".join(map(str, told["enum"]))
    if told.get("type") == "array":
        return f"list of {_shape(told.get('items', {}))}"
    if "allOf" in told:
        return _shape(told["allOf"][0])
    return str(told.get("format") or told.get("type") or "value")
