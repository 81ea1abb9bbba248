"""F44: a person is erased, and every place where something of them may be left is searched, in every form it may have there.

Two things are looked for: the words themselves, and the keys that opened them. A word may lie in a file as it is, in hexadecimal (as
backups write bytes), in base64, or packed; what is sealed is tried with every key that is left, by means of our own.
"""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.backup import folder
from service.embedded import lease
from tests.faults.running import Service, writing
from tests.faults.stage import Stage
from tests.faults.table import Row
from tests.processes import clearance

WORDS = ("name", "legal", "contact", "note", "consent", "paper", "refused", "asked")


@dataclass
class Person:
    """Somebody about whom much is recorded, each time with a word that stands nowhere else."""

    service: Service
    words: dict[str, str] = field(default_factory=lambda: {each: f"canary{each}{uuid.uuid4().hex}" for each in WORDS})
    id: str = ""
    paths: list[str] = field(default_factory=list)

    def record(self, count: int) -> None:
        """A person, consents that name them, a paper with content; a request that is refused, and a question by name."""
        words = self.words
        body = {
            "type": "person",
            "professional_name": words["name"],
            "legal_name": words["legal"],
            "contact": words["contact"],
            "notes": words["note"],
        }
        self.id = self._made("parties", body)
        consent = {"grantor": self.id, "capacity": "self", "answer": "granted", "description": words["consent"]}
        lines = "".join(json.dumps({"kind": "consent", "body": consent}) + "\n" for _ in range(count - 1))
        sent = self.service.send(
            "POST", "/v1/batch?mode=atomic", content=lines, headers={"Content-Type": "application/x-ndjson"}, timeout=120
        )
        sent.raise_for_status()
        self._made("consents", consent)
        paper = self._made("documents", {"title": "Rider", "received_from": self.id, "media_type": "application/pdf"})
        place = f"/v1/documents/{paper}/content"
        content = words["paper"].encode() * 3_000
        self.service.send("PUT", place, content=content, headers={"Content-Type": "application/pdf"}).raise_for_status()
        self.paths.append(place)
        self.service.send("POST", "/v1/parties", json={**body, "legal_name": words["refused"], "nonsense": words["refused"]})
        self.service.send("GET", f"/v1/parties?label={words['asked']}")

    def _made(self, collection: str, body: dict[str, str]) -> str:
        answer = self.service.send("POST", f"/v1/{collection}", json=body).raise_for_status().json()
        self.paths.append(f"/v1/{collection}/{answer['id']}")
        return str(answer["id"])

    def answered(self) -> set[str]:
        """Which of the words the service still tells."""
        text = "".join(self.service.send("GET", path).text for path in self.paths)
        return {name for name, word in self.words.items() if word in text}


def erasure(stage: Stage) -> Row:
    """F44: a person with references and a paper is erased: no word and no key is left in rows, log, WAL, contents, logs and backups."""
    row, service = Row("F44", "a person with references and a paper erased; every file and backup searched"), stage.service()
    where, count = stage.directory(), 1_000 if stage.long else 40
    with writing(service, row, 1):
        person = Person(service)
        person.record(count)
        told = {"name", "legal", "contact", "note", "consent", "paper"}
        row.expect(person.answered() == told, f"told before: {sorted(person.answered())}")
        keys = _keys(service.data)
        for name, more in (("before", []), ("copied", ["--with-keys"])):
            _do(row, "backup", "--out", where / name, "--data", service.data, *more)
        _do(row, "erase", person.id, "--yes", "--data", service.data)
        row.expect(not person.answered(), f"still told: {sorted(person.answered())}")
        _do(row, "backup", "--out", where / "after", "--data", service.data)
        _flush(service.data)
        row.times += count
    gone = keys - _keys(service.data)
    row.expect(gone, "no key was destroyed")
    _search(row, person, gone, [service.data, service.log, where / "before", where / "after"], where / "copied")
    _unseal(row, person, gone, _keys(service.data), where / "before")
    return row


def _do(row: Row, *words: object) -> None:
    process = clearance(*map(str, words))
    said, complained = process.communicate(timeout=240)
    row.expect(process.returncode == 0, f"{words[0]}: {(said + complained)[-300:]}")


def _keys(data: Path) -> set[bytes]:
    return {content for path in (data / "keys").rglob("*.key") if len(content := path.read_bytes()) == 32}


def _flush(data: Path) -> None:
    """Have on disk what the database holds in memory."""
    with lease.hold(data) as held, closing(psycopg.connect(held.url, autocommit=True)) as conn:
        conn.execute("CHECKPOINT")


def _search(row: Row, person: Person, gone: set[bytes], places: Iterable[Path], copied: Path) -> None:
    """Look for words and destroyed keys everywhere; that one can look at all shows in the backup that was taken with the keys."""
    wanted = {**{name: word.encode() for name, word in person.words.items()}, **{f"key {number}": key for number, key in enumerate(gone)}}
    found = {f"{name} in {path}" for place in places for path, content in _files(place) for name in _found(content, wanted)}
    row.expect(not found, f"{len(found)} residual canaries: {sorted(found)[:4]}")
    control = {name for _, content in _files(copied) for name in _found(content, wanted)}
    row.expect(control == {name for name in wanted if name.startswith("key ")}, f"found in the backup with the keys: {sorted(control)}")
    seen = any(person.id.encode().hex().encode() in content for _, content in _files(copied))
    row.expect(seen, "the id of the person, which stays, is not found in the bytes of a backup's entries: they are not really searched")
    row.notes.append(f"residual canaries {len(found)} of {len(person.words)} words and {len(gone)} keys")


def _files(place: Path) -> Iterator[tuple[Path, bytes]]:
    for path in [place] if place.is_file() else [each for each in place.rglob("*") if each.is_file()]:
        content = path.read_bytes()
        yield path, gzip.decompress(content) if path.suffix == ".gz" else content


def _found(content: bytes, wanted: dict[str, bytes]) -> Iterator[str]:
    yield from (name for name, word in wanted.items() if any(form in content for form in _forms(word)))


def _forms(word: bytes) -> Iterator[bytes]:
    """A word as it may stand in a file; base64 has three, by where it begins."""
    yield from (word, word.hex().encode(), word.decode("latin-1").encode("utf-16-le"))
    for shift in range(3):
        yield base64.b64encode(bytes(shift) + word)[4:-4]


def _unseal(row: Row, person: Person, gone: set[bytes], left: set[bytes], backup: Path) -> None:
    """What was sealed for the person lies in the older backup: no key that is left opens it, and each that was destroyed had a lock."""
    sealed = list(_sealed(backup, person.id))
    row.expect(len(sealed) >= 5, f"only {len(sealed)} values are in the backup that was taken before")
    opened = [value for each in sealed if (value := _opened(each, left)) is not None]
    row.expect(not opened, f"{len(opened)} values of the older backup open with a key that is left")
    before = b"".join(_opened(each, gone) or b"" for each in sealed)
    missing = [name for name in ("name", "legal", "contact") if person.words[name].encode() not in before]
    row.expect(not missing, f"the destroyed keys do not open {missing}: something else was tried than what was sealed")


def _sealed(backup: Path, subject: str) -> Iterator[tuple[bytes, bytes]]:
    """The secret values of one person in a backup: what each is bound to, and its bytes."""
    columns = folder.manifest(backup).tables["disclosure"]["columns"]
    for line in gzip.decompress((backup / "database" / "disclosure.copy.gz").read_bytes()).splitlines():
        value = dict(zip(columns, line.decode().split("\t"), strict=True))
        if value["subject"] == subject:
            yield f"{value['studio_id']}/{subject}".encode(), bytes.fromhex(value["ciphertext"].lstrip("\\x"))


def _opened(sealed: tuple[bytes, bytes], keys: Iterable[bytes]) -> bytes | None:
    owner, content = sealed
    attempts: list[Callable[[], bytes]] = [lambda key=key: AESGCM(key).decrypt(content[1:13], content[13:], owner) for key in keys]
    for attempt in attempts:
        try:
            return attempt()
        except InvalidTag:
            continue
    return None
