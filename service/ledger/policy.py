"""Whom a verifier trusts, in a text file (C2SP tlog-policy): keys of logs, keys of witnesses, and how many must have cosigned.

Pure, with the standard library, `cryptography`, `note` and `cosignature` alone, so that an offline verifier can carry it along.

    log example.org/std_1+…
    witness legal legal.example/witness+…
    witness insurer insurer.example/witness+…
    group both all legal insurer
    quorum both

`group NAME K MEMBER…` asks for K of its members, `any` for one, `all` for each; members are witnesses or earlier groups.
`quorum none` asks for no witness. Several `log` lines accept any of their keys: while a key is being replaced, both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature

from service.ledger import cosignature, note
from service.ledger.cosignature import Cosigner
from service.ledger.note import Checkpoint, Malformed, Note, Verifier

NONE = "none"
_ALLOWED = frozenset({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})


class Unusable(ValueError):
    """The file is not a policy; the sentence names the line."""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which `least` must have seen a checkpoint."""

    least: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """What a policy file says. `witnesses` and `groups` go by the names of the file, which mean nothing outside it."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Cosigner] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    quorum: str | None = None

    def satisfied(self, seen: Mapping[str, int], name: str | None = None) -> bool:
        """Tell whether these witnesses are enough for the quorum, or for one name of the file."""
        name = self.quorum if name is None else name
        if name is None or name == NONE:
            return name == NONE
        if name in self.witnesses:
            return name in seen
        group = self.groups[name]
        return sum(self.satisfied(seen, member) for member in group.members) >= group.least

    def least(self, name: str | None = None) -> int:
        """Return how many witnesses it takes to satisfy the quorum, or one name of the file, at the very least."""
        name = self.quorum if name is None else name
        if name is None or name == NONE or name in self.witnesses:
            return int(name in self.witnesses)
        group = self.groups[name]
        return sum(sorted(self.least(member) for member in group.members)[: group.least])


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a checkpoint is worth under a policy: which key of the log signed it, and which witnesses when (seconds since 1970)."""

    checkpoint: Checkpoint
    log: Verifier
    seen: Mapping[str, int]
    holds: bool
    says: str


def judge(policy: Policy, content: bytes, known: Sequence[Verifier] = ()) -> Judgement:
    """Judge a checkpoint given as a signed note. `known` are keys of the log that are trusted beside those of the file.

    Raises `Malformed` for what is no checkpoint or carries a false cosignature of a witness that the policy names, and
    `InvalidSignature` where no trusted key of the log has signed.
    """
    signed = note.parse(content)
    checkpoint = note.parse_checkpoint(signed.text)
    verifier = next((each for each in (*policy.logs, *known) if each.name == checkpoint.origin and each.checks(signed)), None)
    if verifier is None:
        raise InvalidSignature(f"no key that is trusted for {checkpoint.origin} has signed this checkpoint")
    seen = dict(_seen(policy, signed))
    return Judgement(checkpoint, verifier, seen, policy.satisfied(seen), _sentence(policy, seen))


def _seen(policy: Policy, signed: Note) -> Iterator[tuple[str, int]]:
    for name, witness in policy.witnesses.items():
        times = [witness.time(signed.text, line) for line in witness.lines(signed)]
        good = [time for time in times if time is not None]
        if len(good) != len(times):
            raise Malformed(f"a cosignature in the name of the witness {name} is false")
        if good:
            yield name, min(good)


def _sentence(policy: Policy, seen: Mapping[str, int]) -> str:
    if policy.quorum == NONE:
        return "The policy asks for no witness, so only the log's own signature speaks for this checkpoint."
    found = ", ".join(seen) or "none"
    if policy.satisfied(seen):
        return f"Enough witnesses have cosigned it: {found}."
    missing = ", ".join(name for name in policy.witnesses if name not in seen) or "none is named"
    return f"Not enough witnesses have cosigned it for the quorum {policy.quorum}: {found} of those named; missing: {missing}."


def draft(logs: Sequence[Verifier], witnesses: Mapping[str, Cosigner], least: int) -> str:
    """Return a policy that asks for `least` of these witnesses, for somebody to check and keep; raises `Unusable`."""
    if least > len(witnesses):
        raise Unusable(f"There are {len(witnesses)} witnesses, so {least} of them can never agree.")
    lines = [f"log {each.text()}" for each in logs]
    lines += [f"witness {name} {each.text()}" for name, each in witnesses.items()]
    if not least:
        return "\n".join([*lines, f"quorum {NONE}", ""])
    group = next(
        name for name in ("witnesses", *(f"witnesses-{number}" for number in range(2, len(witnesses) + 3))) if name not in witnesses
    )
    return "\n".join([*lines, f"group {group} {least} {' '.join(witnesses)}", f"quorum {group}", ""])


def parse(content: bytes) -> Policy:
    """Read a policy file; raises `Unusable`."""
    wrong = next((byte for byte in content if byte not in _ALLOWED), None)
    if wrong is not None:
        raise Unusable(f"The file holds the byte 0x{wrong:02x}; only text, tabs and newlines may stand in a policy.")
    policy = Policy()
    for number, line in enumerate(content.decode(errors="surrogateescape").split("\n"), 1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if words and not words[0].startswith("#"):
            try:
                _take(policy, words)
            except ValueError as fault:  # Malformed is one
                raise Unusable(f"Line {number}: {fault}.") from fault
    if policy.quorum is None:
        raise Unusable("The file has no quorum line; `quorum none` asks for no witness.")
    return policy


def _take(policy: Policy, words: list[str]) -> None:
    takers: dict[str, Callable[[Policy, list[str]], None]] = {"log": _log, "witness": _witness, "group": _group, "quorum": _quorum}
    if words[0] not in takers:
        raise Malformed(f"{words[0]!r} is none of log, witness, group, quorum")
    takers[words[0]](policy, words[1:])


def _log(policy: Policy, words: list[str]) -> None:
    if len(words) not in {1, 2}:
        raise Malformed("write it as: log KEY [URL]")
    verifier = note.parse_verifier(words[0])
    # Stricter readers refuse one key under two names; our logs of several studios share a key, so only the pair counts here.
    if any(each.key == verifier.key and each.name == verifier.name for each in policy.logs):
        raise Malformed("this log key is there already")
    policy.logs.append(verifier)
    if len(words) == 2:
        policy.addresses[verifier.text()] = words[1]


def _witness(policy: Policy, words: list[str]) -> None:
    if len(words) not in {2, 3}:
        raise Malformed("write it as: witness NAME KEY [URL]")
    _new(policy, words[0])
    witness = cosignature.parse_cosigner(words[1])
    if any(each.key == witness.key for each in policy.witnesses.values()):
        raise Malformed("another witness has this key already, and nobody counts twice")
    policy.witnesses[words[0]] = witness
    if len(words) == 3:
        policy.addresses[words[0]] = words[2]


def _group(policy: Policy, words: list[str]) -> None:
    if len(words) < 3:
        raise Malformed("write it as: group NAME (all | any | NUMBER) MEMBER…")
    name, asked, *members = words
    _new(policy, name)
    taken = [member for group in policy.groups.values() for member in group.members]
    for member in members:
        if member not in policy.witnesses and member not in policy.groups:
            raise Malformed(f"{member} is no witness or group of an earlier line")
        if member in taken:
            raise Malformed(f"{member} is a member more than once, and nobody counts twice")
        taken.append(member)
    policy.groups[name] = Group(_least(asked, len(members)), tuple(members))


def _least(asked: str, count: int) -> int:
    if asked in {"all", "any"}:
        return count if asked == "all" else 1
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= count):
        raise Malformed(f"{asked} is not all, any or a number from 1 to {count}")
    return int(asked)


def _quorum(policy: Policy, words: list[str]) -> None:
    if len(words) != 1:
        raise Malformed("write it as: quorum NAME")
    if policy.quorum is not None:
        raise Malformed("there is a quorum line already")
    if words[0] != NONE and words[0] not in policy.witnesses and words[0] not in policy.groups:
        raise Malformed(f"{words[0]} is no witness or group of an earlier line")
    policy.quorum = words[0]


def _new(policy: Policy, name: str) -> None:
    if name == NONE or name in policy.witnesses or name in policy.groups:
        raise Malformed(f"the name {name} is taken")
