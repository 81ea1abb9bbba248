"""A disclosure: one entry, the proof that the log holds it, and some of its secret values; the others stay commitments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.ledger import proof as proofs
from service.ledger.offline.content import ENTRIES, PROOFS, check_proofs, read_entries
from service.ledger.offline.disclosed import DISCLOSURES, check_disclosures
from service.ledger.offline.folder import ABOUT, Folder
from service.ledger.offline.report import Report
from service.ledger.offline.signed import CHECKPOINT, KEY, POLICY, SUCCESSIONS, Trusted, check_checkpoint, check_witnesses

DISCLOSURE_FORMAT = "clearance-disclosure/1"
LATER = "Whether the record has a later version, or an event took it back: one entry says nothing about what came behind it."


class NoDisclosure(ValueError):
    """The file is not a disclosure of this form."""


@dataclass(frozen=True)
class Unpacked(Folder):
    """The parts of a disclosure as the files that a bundle would have for them, so that the same checks read both."""

    contents: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """The bytes of a part."""
        if path not in self.contents:
            raise FileNotFoundError(path)
        return self.contents[path]


def verify_disclosure(content: bytes, trusted: Trusted) -> Report:
    """Check a disclosure; raises `NoDisclosure` for what is none."""
    folder, entry = _unpacked(content)
    report = Report("DISCLOSURE")
    signed = check_checkpoint(folder, trusted, report)
    if signed is None:
        return report
    check_witnesses(folder, signed, trusted, report)
    check_proofs(folder, signed, report)
    log = read_entries(folder, signed, report)
    check_disclosures(folder, log, report)
    if report.good:
        report.holds += [_shown(entry, json.loads(line)) for line in folder.read(DISCLOSURES).splitlines()]
    report.open.append(LATER)
    return report


def _unpacked(content: bytes) -> tuple[Unpacked, dict[str, Any]]:
    try:
        given = json.loads(content)
        whole = given["format"] == DISCLOSURE_FORMAT and bool(given["disclosed"])
        text = given["proof"].encode()
        proof = proofs.parse(text)
        entry = json.loads(proof.extra or b"")
        parts = _parts(given, text, proof) | ({POLICY: given["policy"].encode()} if "policy" in given else {})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise NoDisclosure(f"something is not of the form that it should have ({type(fault).__name__}: {fault})") from None
    if not whole or not isinstance(entry, dict):
        raise NoDisclosure(f"it is no disclosure of the form {DISCLOSURE_FORMAT}, or discloses nothing")
    return Unpacked(Path(), frozenset(parts), parts), entry


def _parts(given: Mapping[str, Any], text: bytes, proof: proofs.Proof) -> dict[str, bytes]:
    return {
        ABOUT: b'{"whole": false}',
        CHECKPOINT: proof.checkpoint,
        KEY: "".join(f"{key}\n" for key in given["keys"]).encode(),
        SUCCESSIONS: json.dumps(given.get("successions", [])).encode(),
        f"{PROOFS}{proof.index}.tlog-proof": text,
        f"{ENTRIES}{proof.index}.json": proof.extra or b"",
        DISCLOSURES: b"".join(json.dumps(each).encode() + b"\n" for each in given["disclosed"]),
    }


def _shown(entry: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    said = json.dumps(line["value"], ensure_ascii=False)
    return f"{line['record']}, version {entry['version']}, recorded {entry['recorded_at'][:10]}, says at {line['pointer']}: {said}"
