"""Small packs and facts for the tests of the engine."""

from __future__ import annotations

import copy
from typing import Any

from service.rules.pack import Pack

SIGNED = {"all_signed": True}


def requirement(test: Any, **extra: Any) -> dict[str, Any]:
    return {"id": "paper", "test": test, "otherwise": "block", "says": "{person} lacks it.", "owner": "legal", **extra}


def rule(name: str, *requirements: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"id": name, "clause": "1", "summary": "s", "confidence": "H", "each": "replicas", "require": list(requirements), **extra}


def pack(name: str, *rules: dict[str, Any], **extra: Any) -> Pack:
    return Pack({"pack": name, "kind": "agreement", "title": name, "rules": list(rules), **extra})


LAW = Pack({"pack": "law", "kind": "law", "territories": ["*"], "rules": []})

CONSENT = {
    "some": {
        "of": "replica.person.consents",
        "where": {"all": [{"equals": ["purpose", "creation"]}, {"is_true": "live"}, {"before": ["signed_at", "^session.starts_at"]}]},
    }
}

_FACTS: dict[str, Any] = {
    "v": 1, "act": "release", "at": "2026-11-20T12:00:00Z", "ahead": True, "intent": {"territories": ["US"]},
    "production": {"$ref": "prd"}, "replicas": [{"$ref": "rep"}], "assets": [],
    "objects": {
        "prd": {"dates": {"photography": "2026-08-17"}},
        "pty": {"consents": [{"$ref": "con"}]},
        "con": {"purpose": "creation", "live": True, "signed_at": "2026-08-03T10:00:00Z", "ends": "2030-12-31"},
        "rep": {"kind": "employment_based", "person": {"$ref": "pty"}, "session": {"$ref": "ses"}, "dates": {"creation": "2026-08-10"}},
        "ses": {"starts_at": "2026-08-10T09:00:00Z"},
    },
}  # fmt: skip


def facts(**objects: dict[str, Any]) -> dict[str, Any]:
    """The story's replica; fields given are laid over its objects (None takes one away)."""
    document = copy.deepcopy(_FACTS)
    for name, fields in objects.items():
        document["objects"].setdefault(name, {}).update(fields)
    return document
