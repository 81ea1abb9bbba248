"""The files of a bundle, and that each byte of them is listed: nothing changed, nothing missing, nothing added."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.ledger.offline.report import Report, some

FORMAT = "clearance-bundle/1"
LIST = "manifest.json"
ABOUT = "bundle.json"


@dataclass(frozen=True)
class Folder:
    """The regular files below a directory."""

    root: Path
    paths: frozenset[str]

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self.paths

    def read(self, path: str) -> bytes:
        """The bytes of a file; only what was found below the directory is opened."""
        if path not in self.paths:
            raise FileNotFoundError(path)
        return (self.root / path).read_bytes()

    def json(self, path: str) -> Any:
        """The value of a JSON file; None where there is none or it is not JSON."""
        try:
            return json.loads(self.read(path))
        except (OSError, ValueError, RecursionError):
            return None

    def under(self, prefix: str) -> list[str]:
        """The files below a directory, in order."""
        return sorted(path for path in self.paths if path.startswith(prefix))


def open_folder(root: Path, report: Report) -> Folder:
    """Look what is there; anything but a plain file is a fault."""
    paths, strange = set(), []
    for directory, names, files in os.walk(root):
        for name in [*names, *files]:
            path = Path(directory, name)
            if path.is_symlink() or (name in files and not path.is_file()):
                strange.append(f"{path.relative_to(root)} is a link or a device, not a file: it does not belong here.")
            elif name in files:
                paths.add(path.relative_to(root).as_posix())
    report.faults += strange
    return Folder(root, frozenset(paths))


def check_files(folder: Folder, report: Report) -> None:
    """Hold every file against the list."""
    listed = folder.json(LIST)
    if not isinstance(listed, dict) or listed.get("format") != FORMAT or not isinstance(listed.get("files"), list):
        report.faults.append(f"{LIST} is missing or is not the list of a bundle of the format {FORMAT}.")
        return
    total = sum(entry.get("bytes", 0) for entry in listed["files"] if isinstance(entry, dict))
    report.numbers["files"] = len(listed["files"])
    report.settle(
        _differences(folder, listed["files"]), f"{some(len(listed['files']), 'file')}, {total:,} bytes: each is as {LIST} lists it."
    )


def _differences(folder: Folder, entries: list[Any]) -> Iterator[str]:
    known = {LIST}
    for entry in entries:
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str) or path in known:
            yield f"{LIST} lists {path!r} twice, or lists something that is no file."
        elif not folder.has(path):
            yield f"{path} is listed and missing: it was taken out."
        elif _sha256(folder, path) != entry.get("sha256"):
            yield f"{path} is not the file that was listed: it was changed."
        known.add(str(path))
    for path in sorted(folder.paths - known):
        yield f"{path} is not listed: it was added."


def _sha256(folder: Folder, path: str) -> str:
    with (folder.root / path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
