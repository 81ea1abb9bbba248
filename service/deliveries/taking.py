"""Taking a delivery in: assets by id, or an ASC MHL whose files are matched by their digests.

A file is `matched` when a digest that proves identity leads to exactly one asset (SHA-1 counts with the size), `weak` when only MD5 or
xxHash suggest one, `failed` when the list itself notes a mismatch, `unknown` otherwise. A `.c2pa` file belongs to the asset of the file
beside it when it is the very manifest that was signed here for it. What is too long for one record is cut into parts, so that every file stays
an edge of the graph, whatever the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha512
from typing import IO, Any

import orjson

from service import errors, projections
from service.content.digests import Digests, c4_id
from service.context import Context, Idempotency
from service.credentials import record as credentials
from service.manifests import mhl
from service.records import read, write
from service.records.model import Draft, Recorded

PROVING = frozenset({"c4", "sha256"})
_PART_BYTES = 24 * 1024
_PART_ITEMS = 200
_MOST_ITEMS = 60_000
_SIDECAR = ".c2pa"


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a delivery, in the words of the record."""

    state: str
    asset: str | None = None
    path: str | None = None
    digests: tuple[tuple[str, str], ...] = ()
    size: int | None = None

    def body(self) -> dict[str, Any]:
        """The item as the record keeps it."""
        told: dict[str, Any] = {"state": self.state}
        told |= {"asset": self.asset} if self.asset else {}
        told |= {"path": self.path} if self.path else {}
        told |= {"digests": [{"algorithm": name, "value": value} for name, value in self.digests]} if self.digests else {}
        return told | ({"bytes": self.size} if self.size is not None else {})


def of_assets(context: Context, assets: Sequence[str]) -> list[Item]:
    """The items of a delivery that names its assets; `Invalid` at the first that is not there."""
    wanted = [name.partition("@")[0] for name in assets]
    there = read.current(context.conn, context.studio_id, wanted)
    for place, name in enumerate(wanted):
        found = there.get(name)
        if found is None or found.kind != "asset" or not read.visible(context.actor, found):
            raise errors.invalid(
                f"/assets/{place}", f"There is no asset {name[:40]!r} in this studio; register it first.", "unknown_reference"
            )
    return [Item("matched", name, there[name].body.get("file_name")) for name in dict.fromkeys(wanted)]


@dataclass(frozen=True, slots=True)
class Listed:
    """A hash list that was taken in: its items, what a person must know about it, and the blob it is kept as."""

    items: tuple[Item, ...]
    remarks: tuple[tuple[str, str], ...]
    blob: Mapping[str, Any]


def of_mhl(context: Context, content: IO[bytes], chain: IO[bytes] | None = None) -> Listed:
    """Read and keep an ASC MHL, match its files; `Invalid` for a broken one, or one that its chain does not know."""
    stored = context.blobs.put(content, limit=mhl.MOST_BYTES)
    with context.blobs.open(stored.sha256) as file:
        manifest = mhl.read(file)
    if chain is not None and stored.digests["c4"] not in {c4 for _, c4 in mhl.read_chain(chain)}:
        raise errors.invalid(
            "/chain", "The chain file does not list this hash list by its C4; send the chain that belongs to it.", "chain_mismatch"
        )
    if len(manifest.entries) > _MOST_ITEMS:
        raise errors.TooLarge(f"A delivery holds up to {_MOST_ITEMS} files; hand it over in several.", "delivery_too_large")
    projections.catch_up(context.conn, context.studio_id, "digest")
    items = match(context, manifest.entries)
    blob = {"sha256": stored.sha256, "bytes": stored.size, "count": len(items), "media_type": "application/xml"}
    return Listed(tuple(items), tuple(manifest.remarks()), blob)


def match(context: Context, entries: Sequence[mhl.Entry]) -> list[Item]:
    """One item for each entry, in order."""
    known = _known(context, {(each.algorithm, each.value) for entry in entries for each in entry.hashes})
    found = [_item(entry, known) for entry in entries]
    beside = {item.path: item.asset for item in found}
    return [_sidecar(context, item, beside) if item.path and item.path.endswith(_SIDECAR) else item for item in found]


def _known(context: Context, digests: set[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[str, int | None]]]:
    """Digest → the assets that have it, each with its registered size."""
    rows = context.conn.execute(
        "SELECT digest.algorithm, digest.value, digest.id, entry.bytes FROM unnest(%(names)s::text[], %(values)s::text[]) AS wanted (name, value)"
        " JOIN digest ON digest.studio_id = %(studio_id)s AND digest.algorithm = wanted.name AND digest.value = wanted.value"
        " JOIN head ON head.studio_id = digest.studio_id AND head.id = digest.id"
        " JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE digest.kind = 'asset' ORDER BY digest.index",
        {"studio_id": context.studio_id, "names": [name for name, _ in digests], "values": [value for _, value in digests]},
    )
    found: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
    for name, value, asset, raw in rows:
        body = orjson.loads(raw)["body"]
        if read.visible(context.actor, read.decode(0, raw)):
            found.setdefault((name, value), []).append((asset, body.get("bytes")))
    return found


def _item(entry: mhl.Entry, known: Mapping[tuple[str, str], list[tuple[str, int | None]]]) -> Item:
    kept = tuple((each.algorithm, each.value) for each in entry.hashes)
    proving = tuple(pair for pair in kept if pair[0] in PROVING)
    assets = _same(known, proving, None) or _same(known, [pair for pair in kept if pair[0] == "sha1"], entry.size)
    if entry.failed:
        return Item("failed", assets, entry.path, kept, entry.size)
    if assets:
        return Item("matched", assets, entry.path, proving[:1] or kept[:1], entry.size)
    weak = None if proving else _same(known, kept, None)
    if weak:
        return Item("weak", weak, entry.path, kept, entry.size)
    return Item("unknown", None, entry.path, kept, entry.size)


def _same(known: Mapping[tuple[str, str], list[tuple[str, int | None]]], pairs: Iterable[tuple[str, str]], size: int | None) -> str | None:
    """The one asset that the digests lead to; with `size`, only of that many bytes. Several different ones are none."""
    assets = {asset for pair in pairs for asset, bytes_ in known.get(pair, ()) if size is None or bytes_ == size}
    return assets.pop() if len(assets) == 1 else None


def _sidecar(context: Context, item: Item, beside: Mapping[str | None, str | None]) -> Item:
    """A manifest beside its file: matched when it is, byte for byte, the one that was signed here for that file's asset."""
    asset = beside.get((item.path or "").removesuffix(_SIDECAR))
    signed = credentials.latest(context, asset) if asset and item.state == "unknown" else None
    if signed is None:
        return item
    manifest = context.blobs.read(signed.body["details"]["manifest"]["sha256"])
    digests = Digests()
    digests.update(manifest)
    own = digests.values()
    same = any(own.get(name) == value for name, value in item.digests if name in PROVING)
    return Item("matched", asset, item.path, item.digests[:1], item.size) if same else item


def record(
    context: Context, body: Mapping[str, Any], items: Sequence[Item], listed: Listed | None = None, *, key: Idempotency | None = None
) -> Recorded:
    """Write the delivery and, where it is long, its parts; all or nothing."""
    if not items:
        raise errors.invalid("/assets", "A delivery has at least one file; name its assets or send its hash list.", "empty_delivery")
    chunks = list(_chunks(items))
    common = {name: body[name] for name in ("production", "productions", "confidentiality") if name in body}
    whole = {**body, "item_count": len(items), "manifest_format": "asc_mhl" if listed else "asset_ids", "state": "draft"}
    unmatched = [item.path or "" for item in items if item.asset is None]
    if listed:
        remarks = [{"code": code, "says": says[:2000]} for code, says in listed.remarks]
        whole |= {"manifest": dict(listed.blob), "remarks": remarks, "unmatched": _few(unmatched)}
    if len(chunks) == 1:
        return write.create(context, "delivery", {**whole, "items": [item.body() for item in items]}, key=key)
    parts = [
        Draft("delivery", {**common, "name": f"{body['name'][:280]}, part {n + 1}", "items": [i.body() for i in chunk]}, client_key=f"p{n}")
        for n, chunk in enumerate(chunks)
    ]
    draft = Draft("delivery", {**whole, "parts": [f"$p{n}" for n in range(len(chunks))]})
    return write.append(context, [*parts, draft], key=key)[-1]


def _few(paths: Sequence[str]) -> list[str]:
    """As many unmatched paths as a record may name; the items name them all."""
    return list(dict.fromkeys(path for path in paths if path))[:50]


def _chunks(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Runs of items that fit into a record each."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        length = len(orjson.dumps(item.body())) + 80
        if chunk and (size + length > _PART_BYTES or len(chunk) == _PART_ITEMS):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk


def items_of(context: Context, delivery: Recorded) -> list[Item]:
    """All items of a delivery, those of its parts included, in order."""
    parts = [part.partition("@")[0] for part in delivery.body.get("parts") or ()]
    found = read.current(context.conn, context.studio_id, parts)
    bodies = [delivery.body, *(found[part].body for part in parts if part in found)]
    return [_of_body(line) for body in bodies for line in body.get("items") or ()]


def _of_body(line: Mapping[str, Any]) -> Item:
    digests = tuple((each["algorithm"], each["value"]) for each in line.get("digests") or ())
    asset = line["asset"].partition("@")[0] if "asset" in line else None
    return Item(line.get("state", "matched"), asset, line.get("path"), digests, line.get("bytes"))


def c4_of(content: bytes) -> str:
    """The C4 id of small content."""
    return c4_id(sha512(content).digest())
