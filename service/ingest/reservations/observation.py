"""What a reader of reservations takes and gives: plain values, the words as they stood, and for which uses they speak.

A reader never fetches and never guesses: what it cannot read is `unreadable`, and where it looked and found nothing is `none_found`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

Answer = Literal["reserved", "constrained", "allowed", "none_found", "unreadable"]
#: Strictest first: of two answers about one use the earlier counts.
STRICTNESS: Final[tuple[Answer, ...]] = ("reserved", "constrained", "unreadable", "allowed", "none_found")
#: Every use that a signal about the web may speak of; the two of replicas are about people and are never told by one.
USES: Final = ("mine", "train_other", "train_generative", "infer_input", "index_ai", "search")
MOST_BYTES: Final = 1 << 20
_WORDS: Final = 400
_ADDRESS: Final = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """What was fetched: the bytes, from which address, and the address of the work that is asked about."""

    content: bytes
    place: str
    about: str
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer of one signal at one place; `permissions` are the uses that it is about, () all of them."""

    signal: str
    place: str
    answer: Answer
    permissions: tuple[str, ...] = ()
    carrier: str | None = None
    version: str | None = None
    found: str | None = None
    terms: str | None = None
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What is said of one use, and on which terms."""

    answer: Answer
    terms: str | None = None
    payment: str | None = None


def stated(base: Observation, uses: Mapping[str, Use]) -> list[Observation]:
    """One observation for each different answer, about all the uses that have it; `none_found` where nothing is said of any."""
    grouped: dict[Use, list[str]] = {}
    for permission in sorted(uses):
        grouped.setdefault(uses[permission], []).append(permission)
    made = [
        replace(base, answer=use.answer, permissions=tuple(named), terms=use.terms or base.terms, payment=use.payment)
        for use, named in grouped.items()
    ]
    return made or [replace(base, answer="none_found")]


def stricter(first: Use | None, second: Use) -> Use:
    """Of two statements about one use the stricter."""
    return second if first is None or STRICTNESS.index(second.answer) < STRICTNESS.index(first.answer) else first


def words(lines: Iterable[str]) -> str | None:
    """The words as they stood, cut to what a record holds."""
    text = "; ".join(" ".join(line.split()) for line in lines if line.strip())
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:_WORDS].strip() or None


def address(base: str, found: str | None) -> str | None:
    """An address that was found, made whole; None where it is none that a record may hold."""
    if not found or len(found) > _ADDRESS or any(letter.isspace() or ord(letter) < 32 for letter in found.strip()):
        return None
    try:
        whole = urljoin(base, found.strip())
        return whole if urlsplit(whole).scheme in {"http", "https"} and urlsplit(whole).netloc and len(whole) <= _ADDRESS else None
    except ValueError:
        return None


def host(place: str) -> str:
    """The host of an address, in small letters; "" for none."""
    try:
        return (urlsplit(place).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def text_of(content: bytes) -> str | None:
    """The content as text; None for what is no UTF-8, or too long to be read."""
    if len(content) > MOST_BYTES:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
