"""What the operations on a log take and answer."""

from __future__ import annotations

from schemas.collections import Number
from schemas.fields import Body, Nested, Several, Text, Whole

SIZE = 1 << 53


class EntriesQuery(Body):
    """A run of entries."""

    start = Number(0, SIZE)
    limit = Number(1, 1_000)


class EntryAnswer(Body):
    """One entry: the bytes that were hashed (base64) and their leaf hash (hexadecimal)."""

    index = Whole(required=True)
    bytes = Text(100_000, required=True)
    leaf = Text(64, required=True)


class EntriesAnswer(Body):
    """A run of entries; `next` is where the following one starts."""

    items = Several(Nested(EntryAnswer), required=True)
    next = Whole()


class ProofQuery(Body):
    """Which entry in which tree."""

    index = Number(0, SIZE, required=True)
    size = Number(1, SIZE)


class ConsistencyQuery(Body):
    """Which two trees."""

    first = Number(1, SIZE, required=True)
    second = Number(1, SIZE)


class ConsistencyAnswer(Body):
    """The path of RFC 6962 section 2.1.2, hashes in hexadecimal."""

    first = Whole(required=True)
    second = Whole(required=True)
    path = Several(Text(64), most=128)


class KeyAnswer(Body):
    """A C2SP verifier key: the log's name, the key's id, and the Ed25519 key, joined by plus signs."""

    key = Text(500, required=True)
