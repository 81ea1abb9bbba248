"""The names of every kind: the word, the three letters of its ids, and the collection in its addresses.

This table stands apart from `schemas.kinds` because reference fields need the prefixes while the kinds need the fields.
"""

from __future__ import annotations

from typing import Final

NAMES: Final[dict[str, tuple[str, str]]] = {
    "party": ("pty", "parties"),
    "production": ("prd", "productions"),
    "agreement": ("agr", "agreements"),
    "binding": ("bnd", "bindings"),
    "engagement": ("eng", "engagements"),
    "role": ("rol", "roles"),
    "licence": ("lic", "licences"),
    "source": ("src", "sources"),
    "dataset": ("dst", "datasets"),
    "model": ("mdl", "models"),
    "replica": ("rep", "replicas"),
    "consent": ("con", "consents"),
    "event": ("evt", "events"),
    "generation": ("gen", "generations"),
    "asset": ("ast", "assets"),
    "appearance": ("app", "appearances"),
    "evidence": ("evd", "evidence"),
    "document": ("doc", "documents"),
    "decision": ("dec", "decisions"),
    "review": ("rev", "reviews"),
    "waiver": ("wvr", "waivers"),
    "release": ("rel", "releases"),
    "delivery": ("dlv", "deliveries"),
    "obligation": ("obl", "obligations"),
    "adoption": ("adp", "adoptions"),
    "exception": ("exc", "exceptions"),
    "hold": ("hld", "holds"),
}

PREFIXES: Final[dict[str, str]] = {kind: prefix for kind, (prefix, _) in NAMES.items()}
KIND_OF: Final[dict[str, str]] = {prefix: kind for kind, (prefix, _) in NAMES.items()}
