"""What a file brought along: the verdict on its manifest on the day it came in, in the words of the asset's record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from service.records.model import instant

_STATES: Final = {"Trusted": "trusted", "Valid": "valid", "Invalid": "invalid", "Unreadable": "unreadable"}
_TEXT: Final = 300
_TERMS: Final = 50
#: A reading larger than this stays out of the record, whose size is bounded; who needs it reads the file again.
_READING_BYTES: Final = 8 << 10


def embedded(verdict: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """Return the `credentials` of an asset from the verdict on its bytes; None where they carry none."""
    state = _STATES.get(str(verdict["state"]))
    if state is None:
        return None
    reading, signer = verdict.get("reading") or {}, verdict.get("signer") or {}
    terms = sorted({str(one["digital_source_type"]) for one in reading.get("actions") or () if one.get("digital_source_type")})
    told = {
        "instance_id": verdict.get("label"),
        "label": verdict.get("label"),
        "generator": verdict.get("generator"),
        "signer": ", ".join(str(signer[name]) for name in ("common_name", "issuer") if signer.get(name)),
    }
    return {
        "state": state,
        **{name: str(value)[:_TEXT] for name, value in told.items() if value},
        **({"digital_source_types": terms[:_TERMS]} if terms else {}),
        "checked_at": instant(now),
        **({"reading": reading} if reading and len(json.dumps(reading).encode()) <= _READING_BYTES else {}),
    }
