"""What a function that runs in the sandbox is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import FileIO
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: JSON `arguments`, open `files`, byte strings, and a way to ask the service for a signature."""

    arguments: Mapping[str, Any]
    files: tuple[FileIO, ...]
    parts: tuple[bytes, ...]
    ask: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: JSON `values` and byte strings."""

    values: Mapping[str, Any]
    parts: tuple[bytes, ...] = ()


class Refusal(Exception):
    """The job cannot be done on this input: a stable `code` and a sentence for people."""

    def __init__(self, code: str, detail: str) -> None:
        """Both travel to the service as text."""
        super().__init__(code, detail)
        self.code, self.detail = code, detail
