"""A delivery as one package: the files, their sidecars, the decision with its proofs, and an ASC MHL over all of it.

Only what was released leaves. Of an asset that was signed here the signed copy goes out, else its original; an asset whose bytes are not
here is named as missing. The package is a ZIP without compression, made in a temporary file: media do not shrink, and whoever unpacks it
can verify the MHL with any tool.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

import orjson

from service import assets, errors
from service.content.digests import Digests
from service.content.sniff import KINDS, UNKNOWN
from service.context import Context
from service.credentials import record as credentials
from service.deliveries import taking
from service.manifests import mhl
from service.records import read
from service.records.model import Recorded, instant

TOOL = "Clearance"
_PIECE = 1 << 20
_FOLDER = "clearance"


@dataclass(slots=True)
class _Packing:
    """The archive being written, and what the hash list will say about it."""

    archive: zipfile.ZipFile
    stamp: tuple[int, int, int, int, int, int]
    files: list[mhl.File] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, path: str, source: BinaryIO) -> None:
        """Copy a file in, hashing on the way; a second one of the same path gets a number."""
        digests = Digests()
        path = self._free(mhl.safe_path(path))
        with self.archive.open(zipfile.ZipInfo(path, self.stamp), "w", force_zip64=True) as out:
            while piece := source.read(_PIECE):
                digests.update(piece)
                out.write(piece)
        values = digests.values()
        self.files.append(mhl.File(path, digests.size, values["c4"], {name: values[name] for name in ("md5", "sha1")}))

    def _free(self, path: str) -> str:
        taken = {file.path for file in self.files}
        stem, dot, end = path.rpartition(".")
        number = 1
        found = path
        while found in taken:
            number += 1
            found = f"{stem}_{number}{dot}{end}" if dot else f"{path}_{number}"
        return found


def build(context: Context, delivery_id: str, version: str) -> IO[bytes]:
    """Return the package as a temporary file at its start; `Conflict` while the delivery is not released. The caller closes it."""
    delivery = read.get(context, "delivery", delivery_id)
    release = released(context, delivery)
    if release is None:
        raise errors.Conflict("The delivery is not released yet; gate it, release it under the decision, then package it.", "not_released")
    out: IO[bytes] = TemporaryFile()  # noqa: SIM115  handed to the caller, who closes it
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            packing = _Packing(archive, context.now.timetuple()[:6])
            _media(context, packing, delivery)
            _papers(context, packing, delivery, release)
            _hash_list(context, packing, version)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def released(context: Context, delivery: Recorded) -> Recorded | None:
    """The newest release of the delivery."""
    row = context.conn.execute(
        "SELECT entry.index, entry.bytes FROM reference JOIN head ON head.studio_id = reference.studio_id"
        " AND head.id = reference.source AND head.index = reference.index"
        " JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = %(id)s AND reference.role = 'released_delivery'"
        " ORDER BY entry.index DESC LIMIT 1",
        {"studio_id": context.studio_id, "id": delivery.id},
    ).fetchone()
    return read.decode(*row) if row else None


def _media(context: Context, packing: _Packing, delivery: Recorded) -> None:
    """Every asset once, under the path of its item; a sidecar beside it."""
    items = [item for item in taking.items_of(context, delivery) if item.asset and not (item.path or "").endswith(".c2pa")]
    records = read.current(context.conn, context.studio_id, {item.asset for item in items if item.asset})
    done: set[str] = set()
    for item in items:
        if item.asset and item.asset not in done:
            done.add(item.asset)
            _asset(context, packing, records[item.asset], item.path)
    if not packing.files:
        raise errors.Conflict("None of the delivery's bytes are here; upload the assets' content first.", "no_content")


def _asset(context: Context, packing: _Packing, asset: Recorded, path: str | None) -> None:
    signed = credentials.latest(context, asset.id)
    details: Mapping[str, Any] = signed.body["details"] if signed else {}
    sha256 = assets.digest_of(details, "sha256") or assets.digest_of(asset.body, "sha256")
    if sha256 is None or not context.blobs.granted(asset.id, sha256):
        packing.missing.append(asset.id)
        return
    media_type = str(details.get("media_type") or asset.body.get("media_type") or UNKNOWN)
    name = path or f"{asset.id}.{KINDS.get(media_type, KINDS[UNKNOWN]).extension}"
    with context.blobs.open(sha256) as file:
        packing.add(name, file)
    if details.get("form") == "sidecar":
        with context.blobs.open(details["manifest"]["sha256"]) as file:
            packing.add(f"{packing.files[-1].path}.c2pa", file)


def _papers(context: Context, packing: _Packing, delivery: Recorded, release: Recorded) -> None:
    """The records that let it go, each with its proof of inclusion, and the decision's facts and findings."""
    decision = read.get(context, "decision", release.body["decision"].partition("@")[0])
    head = context.ledger.head(context.conn, context.studio_id)
    size = head.size if head else 0
    papers = {f"{record.kind}.json": _proved(context, record, size) for record in (delivery, decision, release)}
    papers |= {f"{name}.json": context.blobs.read(decision.body[name]["sha256"]) for name in ("facts", "findings") if name in decision.body}
    papers["checkpoint.txt"] = context.ledger.checkpoint(context.conn, context.studio_id, size) or b""
    told = {"made_at": instant(context.now), "delivery": delivery.id, "files": len(packing.files), "missing": packing.missing}
    papers["package.json"] = orjson.dumps(told, option=orjson.OPT_INDENT_2)
    for name, content in papers.items():
        packing.add(f"{_FOLDER}/{name}", BytesIO(content))


def _proved(context: Context, record: Recorded, size: int) -> bytes:
    """The record's entry as it stands in the log, with its inclusion in the tree of `size`."""
    path = context.ledger.inclusion(context.conn, context.studio_id, record.index, size)
    row = context.conn.execute(
        "SELECT bytes FROM entry WHERE studio_id = %(studio_id)s AND index = %(index)s",
        {"studio_id": context.studio_id, "index": record.index},
    ).fetchone()
    entry = bytes(row[0]).decode() if row else ""
    return orjson.dumps(
        {"index": record.index, "size": size, "entry": entry, "path": [node.hex() for node in path]}, option=orjson.OPT_INDENT_2
    )


def _hash_list(context: Context, packing: _Packing, version: str) -> None:
    name = mhl.file_name("delivery", context.now)
    listed = mhl.write(packing.files, created=context.now, tool=TOOL, version=version)
    for path, content in ((name, listed), ("ascmhl_chain.xml", mhl.chain([(name, taking.c4_of(listed))]))):
        packing.archive.writestr(zipfile.ZipInfo(f"ascmhl/{path}", packing.stamp), content)


def pieces(package: IO[bytes]) -> Iterator[bytes]:
    """The package in pieces; it is closed, and gone, after the last."""
    with package:
        while piece := package.read(_PIECE):
            yield piece
