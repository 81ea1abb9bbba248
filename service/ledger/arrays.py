"""Columns of many rows as PostgreSQL arrays in the server's own binary form.

The driver's list adapter looks at every element several times; an append sends some thirty columns of up to 2,048 elements
while everybody waits for it, and these functions need a fifth of the time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = struct.Struct(">iiIii").pack  # dimensions, may hold NULL, type of the elements, length, first subscript
_SIZE = struct.Struct(">i").pack
_NULL = _SIZE(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EMPTY = struct.Struct(">iiI").pack


class Array:
    """An array ready to be sent; one subclass for each type of element."""

    __slots__ = ("content",)
    element = 0
    array = 0

    def __init__(self, values: Sequence[Any]) -> None:
        self.content = _HEADER(1, 1, self.element, len(values), 1) + self.elements(values) if values else _EMPTY(0, 0, self.element)

    def elements(self, values: Sequence[Any]) -> bytes:
        """Return each value with its length before it."""
        raise NotImplementedError


def _sized(value: bytes | None) -> bytes:
    return _NULL if value is None else _SIZE(len(value)) + value


def _fixed(letter: str) -> Callable[[Sequence[Any]], bytes]:
    size = struct.calcsize(">" + letter)
    pack = struct.Struct(">i" + letter).pack

    def elements(values: Sequence[Any]) -> bytes:
        return b"".join([_NULL if value is None else pack(size, value) for value in values])

    return elements


class Text(Array):
    """`text[]` from str or None; raises `psycopg.DataError` for NUL, which the server cannot store."""

    __slots__ = ()
    element, array = 25, 1009

    def elements(self, values: Sequence[Any]) -> bytes:
        """As UTF-8. Most columns hold few values many times, so each is written once."""
        distinct = set(values)
        if any(value is not None and "\x00" in value for value in distinct):
            raise psycopg.DataError("text cannot contain NUL")
        written = {value: _sized(None if value is None else value.encode()) for value in distinct}
        return b"".join([written[value] for value in values])


class Bytes(Array):
    """`bytea[]` from bytes or None."""

    __slots__ = ()
    element, array = 17, 1001

    def elements(self, values: Sequence[Any]) -> bytes:
        """As they are."""
        return b"".join([_sized(value) for value in values])


class Big(Array):
    """`bigint[]` from int or None."""

    __slots__ = ()
    element, array = 20, 1016
    elements = staticmethod(_fixed("q"))  # type: ignore[assignment]


class Whole(Array):
    """`integer[]` from int or None."""

    __slots__ = ()
    element, array = 23, 1007
    elements = staticmethod(_fixed("i"))  # type: ignore[assignment]


class Small(Array):
    """`smallint[]` from int or None."""

    __slots__ = ()
    element, array = 21, 1005
    elements = staticmethod(_fixed("h"))  # type: ignore[assignment]


class Flag(Array):
    """`boolean[]` from bool or None."""

    __slots__ = ()
    element, array = 16, 1000
    elements = staticmethod(_fixed("?"))  # type: ignore[assignment]


class Moment(Array):
    """`timestamptz[]` from aware datetimes: microseconds since the year 2000."""

    __slots__ = ()
    element, array = 1184, 1185

    def elements(self, values: Sequence[Any]) -> bytes:
        """As the server counts time."""
        return _MICROSECONDS([_microseconds(value) for value in values])


_MICROSECONDS = _fixed("q")


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _register(kind: type[Array]) -> None:
    class ArrayDumper(Dumper):
        """Hands the bytes over."""

        format = Format.BINARY
        oid = kind.array

        def dump(self, obj: Any) -> bytes:
            content: bytes = obj.content
            return content

    psycopg.adapters.register_dumper(kind, ArrayDumper)


for _kind in (Text, Bytes, Big, Whole, Small, Flag, Moment):
    _register(_kind)
