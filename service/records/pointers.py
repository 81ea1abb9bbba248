"""Reading and replacing values of a JSON document by pointer (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def steps(pointer: str) -> list[str]:
    """Return the unescaped steps of a pointer; the empty pointer has none."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def get(document: Any, pointer: str) -> Any:
    """Return the value at the pointer; `KeyError`, `IndexError` where there is none."""
    for step in steps(pointer):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def put(document: Any, pointer: str, value: Any) -> None:
    """Replace the value at the pointer, in place; the parent must exist."""
    *parents, last = steps(pointer)
    for step in parents:
        document = document[int(step)] if isinstance(document, list) else document[step]
    if isinstance(document, list):
        document[int(last)] = value
    else:
        document[last] = value


def drop(document: Any, pointer: str) -> None:
    """Take the value at the pointer out, in place; it must be there."""
    parent, _, last = pointer.rpartition("/")
    around = get(document, parent)
    del around[int(last) if isinstance(around, list) else steps(f"/{last}")[0]]


def copy(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    if isinstance(value, Mapping):
        return {name: copy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [copy(inner) for inner in value]
    return value


def committed(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Walk a stored body and yield (pointer, commitment in hexadecimal) of every secret field in it."""
    if isinstance(value, Mapping):
        if set(value) == {"commitment"}:
            yield at, value["commitment"]
            return
        for name, inner in value.items():
            yield from committed(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from committed(inner, f"{at}/{position}")
