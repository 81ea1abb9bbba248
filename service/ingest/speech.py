"""What the adapters of voice services share: the voice as a model of its own, what it spoke, and the recording that drove it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.ingest import provider
from service.ingest.draft import Input, Limits, Model, Role
from service.ingest.provider import at, listed, text


def voice(given: Any, scope: str, limits: Limits, *keys: str) -> Iterator[Model]:
    """The first of the voices that these keys name, with its name where one is told beside the id."""
    for key in keys:
        value = at(given, key)
        found = text(value, "id", "voice_id") if isinstance(value, dict) else _word(value)
        if found:
            named = text(value, "name") if isinstance(value, dict) else text(given, "voice_name", "voiceName")
            yield Model(found[: limits.name], "voice", f"{scope}.{key}", version=named)
            return


def recordings(given: Any, where: str, limits: Limits, *keys: tuple[str, Role]) -> Iterator[Input]:
    """Recordings by address, by bytes or by the service's own id."""
    for key, role in keys:
        value = at(given, key)
        for entry in [value] if isinstance(value, str) else listed(value)[: limits.found]:
            found = list(provider.media(entry, role, f"{where}.{key}", limits))
            own = text(entry, "id")
            if not found and own:
                found = [
                    Input(
                        own[: limits.name],
                        role,
                        f"{where}.{key}",
                        identifiers=((where.partition(".")[0] + ".recording", own[: limits.name]),),
                    )
                ]
            yield from found


def _word(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else None
