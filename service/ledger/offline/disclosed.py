"""Secret values: the log holds salted commitments, the bundle the values that its reader may see; and contents under their digests."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256

from service.ledger.offline.content import Log
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some
from service.rules.pack import canonical

DISCLOSURES = "disclosures.jsonl"
SALT_BYTES = 32


def check_disclosures(folder: Folder, log: Log, report: Report) -> None:
    """Open every commitment that a value is given for."""
    lines = folder.read(DISCLOSURES).splitlines() if folder.has(DISCLOSURES) else []
    opened: set[str] = set()
    faults = list(_wrong(lines, log, opened))
    if lines:
        report.settle(faults, f"{some(len(lines), 'secret value')} disclosed: each is the one that the log committed to.")
    gone = set(log.commitments) & _erased(folder, log)
    closed = len(set(log.commitments) - opened - gone)
    if closed:
        report.open.append(
            f"What {some(closed, 'secret value')} say: the log holds only commitments to them; they were withheld from this bundle, or erased."
        )
    if gone - opened:
        by = ", ".join(map(str, sorted(log.erasures)[:20]))
        report.open.append(f"What {some(len(gone - opened), 'secret value')} said: erased, as the log itself says (entry {by}).")
    report.numbers.update(disclosed=len(lines), withheld=closed, erased=len(gone - opened))


def _erased(folder: Folder, log: Log) -> set[str]:
    """The commitments that the log says were emptied, from the lists that its erasures name."""
    held = [folder.read(f"blobs/{digest}") for digest in log.erasures.values() if folder.has(f"blobs/{digest}")]
    return {line.decode(errors="replace") for content in held for line in content.split()}


def _wrong(lines: list[bytes], log: Log, opened: set[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            given = json.loads(line)
            commitment, salt, place = str(given["commitment"]), bytes.fromhex(given["salt"]), f"{given['record']}{given['pointer']}"
            found = hmac.digest(salt, canonical(given["value"]), "sha256").hex() if len(salt) == SALT_BYTES else ""
        except (ValueError, LookupError, TypeError, RecursionError):
            yield f"Line {number} of {DISCLOSURES} is no disclosure."
            continue
        if commitment not in log.commitments:
            yield f"Line {number} of {DISCLOSURES} discloses a value that no entry of the bundle has committed to."
        elif place not in log.commitments[commitment]:
            yield f"Line {number} of {DISCLOSURES} says that its value is {place}, but the log has that commitment in another place."
        elif found != commitment:
            yield f"The value disclosed for {place} is not the one that the log committed to: it was changed."
        opened.add(commitment)


def check_contents(folder: Folder, log: Log, report: Report) -> None:
    """Every content and every pack lies under its own digest, and an entry names it."""
    paths = [*folder.under("blobs/"), *folder.under("packs/")]
    report.settle(
        _misplaced(folder, log, paths),
        f"{some(len(paths), 'content')} (facts, findings, packs): each is one that an entry names by its digest.",
        of=len(paths),
    )


def _misplaced(folder: Folder, log: Log, paths: list[str]) -> Iterator[str]:
    for path in paths:
        digest = path.rpartition("/")[2].removesuffix(".json")
        if digest not in log.named:
            yield f"{path} is not named by any entry: nothing vouches for it."
        elif sha256(folder.read(path)).hexdigest() != digest:
            yield f"{path} does not have the digest in its name: it was changed."
