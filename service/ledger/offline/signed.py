"""Whose log it is: the checkpoint under a key that the reader trusts, the witnesses that a policy asks for, and what was seen before."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from service.ledger import merkle, note, policy, succession
from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report, some

CHECKPOINT = "checkpoint"
KEY = "log.vkey"
POLICY = "policy"
SUCCESSIONS = "successions.json"
WITNESS = "witness/"
CONSISTENCY = ".consistency"


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
    keys = known_keys(folder, trusted)
    good = next((key for key in keys if key.name == tree.origin and key.checks(signed)), None)
    if good is None:
        whose = "the key that you gave" if trusted.keys else f"a key in {KEY}"
        report.faults.append(f"The checkpoint is not signed by {whose}: a foreign key signed it, it is of another log, or it was changed.")
    else:
        replaced = ", which the key that you gave names as the one in its place" if trusted.keys and good not in trusted.keys else ""
        told = f"The checkpoint of {tree.origin}, {some(tree.size, 'entry')}, is signed by the key {fingerprint(good)}{replaced}."
        report.holds.append(told)
    if good is not None and trusted.keys and good.text() not in _beside(folder):
        report.faults.append(f"{KEY} does not name the key that signed the checkpoint: it was changed.")
    if good is not None and not trusted.keys:
        report.open.append(
            f"Whose log this is: the key came with the bundle. Compare {fingerprint(good)} with what you have from elsewhere, or use --key."
        )
    report.numbers["size"] = tree.size
    return Signed(content, signed.text, tree)


def _beside(folder: Folder) -> list[str]:
    return folder.read(KEY).decode(errors="replace").split() if folder.has(KEY) else []


def known_keys(folder: Folder, trusted: Trusted) -> list[note.Verifier]:
    """The keys that count: those given, and those that they name in their place; only without any, those of the bundle."""
    if not trusted.keys:
        try:
            return [note.parse_verifier(line) for line in folder.read(KEY).decode().splitlines() if line.strip()]
        except (OSError, ValueError):
            return []
    said = folder.json(SUCCESSIONS)
    statements = [each.encode() for each in said if isinstance(each, str)] if isinstance(said, list) else []
    followed = [succession.follow(key, statements[:count]) for key in trusted.keys for count in range(len(statements) + 1)]
    return list(dict.fromkeys([*trusted.keys, *followed]))


def check_witnesses(folder: Folder, signed: Signed, trusted: Trusted, report: Report) -> None:
    """Count the witnesses that a policy names; the one that the reader gave, or else the bundle's."""
    content = trusted.policy if trusted.policy is not None else folder.read(POLICY) if folder.has(POLICY) else None
    if content is None:
        report.open.append("Whether anybody outside saw this log: no policy names witnesses (--policy).")
        return
    try:
        rules = policy.parse(content)
        judged = [policy.judge(rules, each, known_keys(folder, trusted)) for each in _states(folder, signed)]
    except (policy.Unusable, note.Malformed, InvalidSignature) as fault:
        report.faults.append(f"The policy is not met: {fault}.")
        return
    if rules.quorum == policy.NONE:
        report.open.append("Whether anybody outside saw this log: the policy asks for no witness.")
        return
    best = max(judged, key=lambda one: (one.holds, one.checkpoint.size))
    _tell_witnesses(best, signed, trusted, report)


def _tell_witnesses(best: policy.Judgement, signed: Signed, trusted: Trusted, report: Report) -> None:
    if not best.holds:
        (report.faults if trusted.policy is not None else report.open).append(best.says)
        return
    times = ", ".join(f"{name} at {datetime.fromtimestamp(seen, UTC):%Y-%m-%d %H:%M:%S}Z" for name, seen in best.seen.items())
    tree = best.checkpoint
    report.holds.append(f"The log with {some(tree.size, 'entry')}: {best.says[0].lower()}{best.says[1:].removesuffix('.')} ({times}).")
    if tree.size < signed.tree.size:
        report.open.append(
            f"Whether anybody outside saw the newest {some(signed.tree.size - tree.size, 'entry')}: witnesses have seen those before."
        )
    if trusted.policy is None:
        report.open.append("Whether these are witnesses that you trust: the policy came with the bundle. Use your own with --policy.")


def _states(folder: Folder, signed: Signed) -> list[bytes]:
    """The checkpoint, and earlier ones that witnesses have signed and that it continues; raises `Malformed` for one that it does not."""
    states = [signed.content]
    for path in folder.under(WITNESS):
        if not path.endswith(CONSISTENCY):
            content = folder.read(path)
            if not continues(folder, signed, note.parse_checkpoint(note.parse(content).text), f"{path}{CONSISTENCY}"):
                raise note.Malformed(f"{path} is no earlier state of this log")
            states.append(content)
    return states


def continues(folder: Folder, signed: Signed, before: note.Checkpoint, path: str) -> bool:
    """Whether the bundle's tree continues an earlier one, by the consistency proof in a file."""
    try:
        proof = [base64.b64decode(line, validate=True) for line in folder.read(path).split()] if folder.has(path) else []
    except ValueError:
        return False
    tree = signed.tree
    return before.origin == tree.origin and merkle.verify_consistency(before.size, tree.size, before.root, tree.root, proof)
