"""Judges of exported documents: the official schemas of CycloneDX, and a reader of PROV that is not ours."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
from prov.model import ProvDocument

_SHIPPED = "cyclonedx.schema._res"


def _schema(name: str) -> Any:
    return json.loads((resources.files(_SHIPPED) / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))


@cache
def _validator(spec: str) -> Any:
    """The schema of one version, with the schemas that it refers to; formats are checked too."""
    others = {
        f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json": _schema(name) for name in ("spdx", "jsf-0.82", "cryptography-defs")
    }
    registry = jsonschema_rs.Registry(list(others.items()))
    return jsonschema_rs.Draft7Validator(_schema(f"bom-{spec}"), registry=registry, validate_formats=True)


def spdx_ids() -> set[str]:
    """The ids of the SPDX licence list, as CycloneDX takes them."""
    return set(_schema("spdx")["enum"])


def bill_faults(bill: dict[str, Any]) -> list[str]:
    """What the official schema says against a bill, and references in it that lead nowhere or are given twice."""
    faults = [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in _validator(bill["specVersion"]).iter_errors(bill)]
    refs = list(_references(bill))
    faults += [f"{ref} twice" for ref in set(refs) if refs.count(ref) > 1]
    named = [each["ref"] for each in bill["dependencies"]] + [ref for each in bill["dependencies"] for ref in each.get("dependsOn", ())]
    named += [ref for each in bill["compositions"] for ref in each["dependencies"]]
    return faults + [f"{ref} leads nowhere" for ref in named if ref not in refs]


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        yield from ([value["bom-ref"]] if "bom-ref" in value else [])
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def read_prov(content: bytes | str) -> ProvDocument:
    """The document as the `prov` library reads it; it raises on what is no PROV-JSON, and writing it out again must work."""
    document = ProvDocument.deserialize(content=content if isinstance(content, str) else content.decode(), format="json")
    document.get_provn()
    return document
