"""The OpenAPI 3.1 document, generated from the declared operations and their schemas; nothing in it is written twice."""

from __future__ import annotations

import inspect
import io
import re
from functools import cache
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields
from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

from schemas.collections import Number, Pair
from schemas.fields import PartialDate, Sealed, Variant
from schemas.problem import ProblemDocument
from schemas.references import Reference
from service.api import load_operations
from service.api.operation import PUBLIC, Operation

_PARAMETER = re.compile(r"\{(\w+)\}")

#: Words that YAML 1.1, which most readers still speak, takes for true or false.
_TRUTHS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})


@cache
def document() -> dict[str, Any]:
    """Return the document as plain data."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        title="Clearance",
        version="1.0.0",
        openapi_version="3.1.0",
        info={
            "description": "A rights-and-provenance ledger for AI-generated assets.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        plugins=[plugin],
        security=[{"key": []}],
    )
    if plugin.converter is not None:  # it is, once the plugin is part of a document
        plugin.converter.add_attribute_function(_shape)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer", "description": "An API key, clr_…"})
    for declared in load_operations():
        spec.path(declared.path, operations={declared.method.lower(): _operation(declared)})
    told: dict[str, Any] = spec.to_dict()
    return told


@cache
def document_bytes() -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2)


class _Representer(RoundTripRepresenter):
    """YAML in which words that readers of older YAML would take for a truth value stand in quotes."""

    def represent_str(self, data: str) -> Any:
        """Return a word as a node, `'yes'` and `'no'` in quotes."""
        style = "'" if data.lower() in _TRUTHS else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)


def document_yaml() -> str:
    """Return the document as YAML, as committed in openapi.yaml."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(orjson.loads(document_bytes()), stream)
    return stream.getvalue()


def _operation(declared: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": declared.name,
        "summary": declared.summary,
        "tags": [declared.tag],
        "x-permission": declared.permission,
        "parameters": _parameters(declared),
        "responses": _responses(declared),
    }
    if about := inspect.getdoc(declared.view):
        told["description"] = about
    if declared.permission == PUBLIC:
        told["security"] = []
    if declared.body is not None:
        told["requestBody"] = {"required": True, "content": {_body_type(declared): {"schema": declared.body}}}
    elif declared.stream:
        told["requestBody"] = {"required": True, "content": _streamed(declared.stream, declared)}
    return told


def _streamed(media_type: str, declared: Operation) -> dict[str, Any]:
    """What an operation reads by itself: bytes, a form of several parts, and the same as JSON where it takes that."""
    parts = {name: _bytes(part) if isinstance(part, str) else part for name, part in declared.parts.items()}
    read: Any = {"type": "object", "properties": parts} if parts else declared.line or {}
    content: dict[str, Any] = {media_type: {"schema": read}}
    return content | ({"application/json": {"schema": declared.instead}} if declared.instead is not None else {})


def _bytes(about: str) -> dict[str, str]:
    return {"type": "string", "format": "binary", "description": about}


def _body_type(declared: Operation) -> str:
    return "application/merge-patch+json" if declared.method == "PATCH" else "application/json"


def _parameters(declared: Operation) -> list[dict[str, Any]]:
    path = [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in _PARAMETER.findall(declared.path)]
    query: list[Any] = [{"in": "query", "schema": declared.query}] if declared.query else []
    headers = [("Idempotency-Key", "Repeats of the same key and body answer with what the first one wrote.")] if declared.writes else []
    if declared.method in {"PUT", "PATCH"} and "/by/" not in declared.path and declared.body is not None:
        headers.append(("If-Match", "The ETag of the version you read; 428 without it, 412 when it is stale."))
    return [
        *path,
        *query,
        *({"in": "header", "name": name, "description": about, "schema": {"type": "string"}} for name, about in headers),
    ]


def _responses(declared: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": declared.summary}
    if declared.produces == "application/json":
        answer["content"] = {"application/json": {"schema": declared.answer or {"type": "object"}}}
    else:
        answer["content"] = {declared.produces.partition(";")[0]: {"schema": {"type": "string"}}}
    problem = {"application/problem+json": {"schema": ProblemDocument}}
    return {
        str(declared.status): answer,
        **({str(declared.or_status): answer} if declared.or_status else {}),
        "default": {"description": "A problem (RFC 9457); the question was not answered", "content": problem},
    }


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__)


def _shape(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Say what our own fields look like where the library cannot know."""
    if isinstance(field, Sealed):
        inner: dict[str, Any] = self.field2property(field.inner)
        return inner
    if isinstance(field, Variant):
        return {"oneOf": [self.resolve_nested_schema(schema) for schema in _distinct(field)]}
    if isinstance(field, Reference):
        return {"oneOf": [{"type": "string"}, {"type": "object"}]}
    if isinstance(field, PartialDate):
        return {"oneOf": [{"type": "string"}, {"type": "object"}]}
    if isinstance(field, Pair):
        return {"pattern": "^[^:]+:.+$"}
    return {"type": "integer"} if isinstance(field, Number) else {}


def _distinct(field: Variant) -> list[Schema]:
    return list({type(schema): schema for schema in field.options.values()}.values())
