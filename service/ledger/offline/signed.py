"""Whose log it is: the checkpoint under a key that the reader trusts, the witnesses that a policy asks for, and what was seen before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from service.ledger import note, policy
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some

CHECKPOINT = "checkpoint"
KEY = "log.vkey"
POLICY = "policy"


@dataclass(frozen=True)
class Trusted:
    """What the reader brings along: keys of the log, a policy, a checkpoint that was seen before; empty where nothing was given."""

    keys: tuple[note.Verifier, ...] = ()
    policy: bytes | None = None
    seen: bytes | None = None
    authorities: bytes | None = None


@dataclass(frozen=True)
class Signed:
    """The checkpoint: the whole note, its text, and the tree that it states."""

    content: bytes
    text: bytes
    tree: note.Checkpoint


def parse_keys(given: str) -> tuple[note.Verifier, ...]:
    """Read keys of a log, given as the key itself or as a file with one a line; raises `Malformed` or `OSError`."""
    text = given if "+" in given and not Path(given).exists() else Path(given).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise note.Malformed("there is no key in it")
    return tuple(note.parse_verifier(line) for line in lines)


def fingerprint(key: note.Verifier) -> str:
    """Return the SHA-256 of a key, to be compared by people."""
    digest = hashlib.sha256(key.key).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def check_checkpoint(folder: Folder, trusted: Trusted, report: Report) -> Signed | None:
    """Read the checkpoint and hold its signature against the key; None if it cannot be read at all."""
    try:
        content = folder.read(CHECKPOINT)
        signed = note.parse(content)
        tree = note.parse_checkpoint(signed.text)
    except (OSError, ValueError) as fault:
        report.faults.append(f"There is no readable checkpoint ({fault}), so nothing says which entries the log has.")
        return None
    keys = trusted.keys or _own_keys(folder, report)
    good = [key for key in keys if key.name == tree.origin and key.checks(signed)]
    if good:
        report.holds.append(f"The checkpoint of {tree.origin}, {some(tree.size, 'entry')}, is signed by the key {fingerprint(good[0])}.")
    else:
        whose = "the key that you gave" if trusted.keys else "the key in the bundle"
        report.faults.append(f"The checkpoint is not signed by {whose}: a foreign key signed it, it is of another log, or it was changed.")
    if not trusted.keys and good:
        report.open.append(
            f"Whose log this is: the key came with the bundle. Compare {fingerprint(good[0])} with what you have from elsewhere, or use --key."
        )
    report.numbers["size"] = tree.size
    return Signed(content, signed.text, tree)


def _own_keys(folder: Folder, report: Report) -> tuple[note.Verifier, ...]:
    try:
        lines = folder.read(KEY).decode().splitlines()
        return tuple(note.parse_verifier(line) for line in lines if line.strip())
    except (OSError, ValueError) as fault:
        report.faults.append(f"No key was given with --key, and {KEY} holds none ({fault}).")
        return ()


def check_witnesses(folder: Folder, signed: Signed, trusted: Trusted, report: Report) -> None:
    """Count the witnesses that a policy names; the one that the reader gave, or else the bundle's."""
    content = trusted.policy if trusted.policy is not None else folder.read(POLICY) if folder.has(POLICY) else None
    if content is None:
        report.open.append("Whether anybody outside saw this log: no policy names witnesses (--policy).")
        return
    try:
        rules = policy.parse(content)
        judged = policy.judge(rules, signed.content, trusted.keys or _known(folder))
    except (policy.Unusable, note.Malformed, InvalidSignature) as fault:
        report.faults.append(f"The policy is not met: {fault}.")
        return
    if rules.quorum == policy.NONE:
        report.open.append("Whether anybody outside saw this log: the policy asks for no witness.")
        return
    if not judged.holds:
        report.faults.append(judged.says)
        return
    times = ", ".join(f"{name} at {datetime.fromtimestamp(seen, UTC):%Y-%m-%d %H:%M:%S}Z" for name, seen in judged.seen.items())
    report.holds.append(f"{judged.says.removesuffix('.')} ({times}).")
    if trusted.policy is None:
        report.open.append("Whether these are witnesses that you trust: the policy came with the bundle. Use your own with --policy.")


def _known(folder: Folder) -> Sequence[note.Verifier]:
    return _own_keys(folder, Report())
