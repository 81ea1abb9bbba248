"""The contents that the log names, out of the content-addressed store and back into one; streamed, each hashed on the way."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from psycopg import Connection

from service.backup.folder import Writer, listed
from service.content.store import CHUNK, Store
from service.errors import StartError

FOLDER = "content"
GIVEN = "given.ndjson"
_DIGEST = re.compile(rb"[0-9a-f]{64}")
_PAGE = 1_000


class _Damaged(Exception):
    """The bytes are not those of the name."""


def write(conn: Connection[Any], studio_id: str, store: Store, writer: Writer) -> tuple[int, list[str]]:
    """Copy a studio's contents into the folder; return how many, and those that are not what their name says.

    What is in the store and named by no entry of the snapshot (a staged list, an upload whose record was never written) stays here.
    """
    copied, damaged = 0, set[str]()
    given = list(_given(conn, studio_id, store))
    for digest in chain(_named(conn, studio_id), (each for _, each in given)):
        path = f"{FOLDER}/{studio_id}/{digest[:2]}/{digest}"
        if digest in damaged or writer.has(path) or store.stat(digest) is None:
            continue
        try:
            _copy(store, digest, writer, path)
            copied += 1
        except _Damaged:
            damaged.add(digest)
    with writer.file(f"{FOLDER}/{studio_id}/{GIVEN}") as sink:
        for line in given:
            sink.write(json.dumps(line).encode() + b"\n")
    return copied, sorted(damaged)


def _copy(store: Store, digest: str, writer: Writer, path: str) -> None:
    with writer.file(path) as sink, store.open(digest) as source:
        shutil.copyfileobj(source, sink, CHUNK)
        if sink.sha256 != digest:
            raise _Damaged


def _named(conn: Connection[Any], studio_id: str) -> Iterator[str]:
    """Yield everything in the log that may be the SHA-256 of a content."""
    with conn.cursor("backup_entries") as cursor:
        cursor.itersize = _PAGE
        for (content,) in cursor.execute("SELECT bytes FROM entry WHERE studio_id = %s", [studio_id]):
            for digest in _DIGEST.findall(content):
                yield digest.decode()


def _given(conn: Connection[Any], studio_id: str, store: Store) -> Iterator[tuple[str, str]]:
    """Yield the grants of records in the log: which content came in under which record."""
    folders = sorted(store.root.glob("given/*/*"))
    for begin in range(0, len(folders), _PAGE):
        part = {folder.name: folder for folder in folders[begin : begin + _PAGE]}
        for (record_id,) in conn.execute("SELECT id FROM head WHERE studio_id = %s AND id = ANY(%s) ORDER BY id", [studio_id, list(part)]):
            for path in sorted(part[record_id].iterdir()):
                yield record_id, path.name


def read(root: Path, blobs: Store) -> int:
    """Put every content of the folder into a store, which may hold it already; return how many there are."""
    count = 0
    for each in listed(root, f"{FOLDER}/"):
        _, studio_id, *rest = each.path.split("/")
        store = blobs.of(studio_id)
        if rest == [GIVEN]:
            for line in (root / each.path).read_bytes().splitlines():
                store.grant(*json.loads(line))
            continue
        _place(root / each.path, store, rest[-1])
        count += 1
    return count


def _place(path: Path, store: Store, digest: str) -> None:
    found = sha256()
    with path.open("rb") as source, store.stage() as file:
        while chunk := source.read(CHUNK):
            found.update(chunk)
            file.write(chunk)
        if found.hexdigest() != digest:
            raise StartError(f"{path} is not the content that its name says.")
        store.adopt(file, digest)
