"""The content store: whole and durable or not there at all."""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, FileIO
from pathlib import Path

import pytest
import xxhash

from service import durable, errors
from service.content.digests import Digests, c4_id, content_digest, parse_content_digest
from service.content.encrypted import PIECE, Documents
from service.content.store import CHUNK, Store, sweep
from service.content.vault import Unreadable, Vault

STUDIO = "std_a"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "blobs")


def files(store: Store) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


class Drip:
    """A source that gives `size` zero bytes in small reads and then does what `end` says."""

    def __init__(self, size: int, end: Exception | None = None) -> None:
        self.left, self.end, self.largest = size, end, 0

    def read(self, size: int, /) -> bytes:
        self.largest = max(self.largest, size)
        if not self.left and self.end:
            raise self.end
        given = min(size, self.left, 70_000)
        self.left -= given
        return bytes(given)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])
def test_put_gives_every_digest(store: Store, size: int) -> None:
    content = os.urandom(size)
    stored = store.put(BytesIO(content), length=size)
    assert (stored.size, stored.new) == (size, True)
    assert stored.digests == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "c4": c4_id(hashlib.sha512(content).digest()),
        "sha1": hashlib.sha1(content).hexdigest(),
        "md5": hashlib.md5(content).hexdigest(),
        "xxh128": xxhash.xxh3_128_hexdigest(content),
    }
    with store.open(stored.sha256) as file:
        assert file.read() == content
    assert store.stat(stored.sha256) == size
    assert files(store) == [store.path(stored.sha256)]


def test_c4_as_published() -> None:
    """The id of "alfa" as the reference implementation of C4 prints it, and the smallest id."""
    assert c4_id(hashlib.sha512(b"alfa").digest()) == (
        "c43zYcLni5LF9rR4Lg4B8h3Jp8SBwjcnyyeh4bc6gTPHndKuKdjUWx1kJPYhZxYt3zV6tQXpDs2shPsPYjgG81wZM1"
    )
    assert c4_id(bytes(64)) == "c4" + "1" * 88
    assert len(c4_id(b"\xff" * 64)) == 90


def test_the_same_content_twice_is_one_file(store: Store) -> None:
    assert store.put(b"same").new
    assert not store.put(b"same").new
    assert len(files(store)) == 1


def test_a_document_is_kept_once(store: Store) -> None:
    digest = store.keep(b"findings")
    before = store.path(digest).stat()
    assert digest == hashlib.sha256(b"findings").hexdigest() == store.keep(b"findings") == store.put(b"findings").sha256
    assert store.read(digest) == b"findings"
    assert store.path(digest).stat().st_ino == before.st_ino


def test_many_threads_put_the_same(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: store.put(b"x" * 100_000), range(32)))
    assert sum(one.new for one in stored) >= 1
    assert len(files(store)) == 1


def test_a_put_is_never_whole_in_memory(store: Store) -> None:
    source = Drip(5 * CHUNK)
    store.put(source)
    assert source.largest <= CHUNK


@pytest.mark.parametrize(("announced", "sent"), [(10, 9), (9, 10), (1, 0)])
def test_a_body_that_is_not_as_announced(store: Store, announced: int, sent: int) -> None:
    with pytest.raises(errors.BadRequest, match=f"{announced} bytes were announced and {sent} arrived"):
        store.put(Drip(sent), length=announced)
    assert files(store) == []


def test_a_client_that_vanishes_leaves_nothing(store: Store) -> None:
    with pytest.raises(ConnectionResetError):
        store.put(Drip(2 * CHUNK, ConnectionResetError()), length=3 * CHUNK)
    assert files(store) == []


def test_ten_gigabytes_are_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    store, source = Store(tmp_path, limit=1000), Drip(5)
    with pytest.raises(errors.TooLarge, match="At most 1000 bytes"):
        store.put(source, length=10 * 2**30)
    assert source.largest == 0


def test_a_body_without_length_is_stopped_at_the_limit(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=3 * CHUNK)
    with pytest.raises(errors.TooLarge):
        store.put(Drip(2**40))
    assert files(store) == []


def test_more_than_the_disk_has_is_refused_early(store: Store) -> None:
    with pytest.raises(errors.Unavailable, match="disk is full"):
        store.put(Drip(5), length=2**60)


def test_a_disk_that_fills_up_leaves_no_trace(store: Store) -> None:
    with pytest.raises(errors.Unavailable) as caught:
        store.put(Drip(2 * CHUNK, OSError(errno.ENOSPC, "No space left on device")))
    assert caught.value.code == "storage_full"
    assert files(store) == []


def test_a_full_file_system_leaves_no_trace(tmp_path: Path) -> None:
    """The real thing: writing to a device that is always full."""
    store = Store(tmp_path)
    with pytest.raises(errors.Unavailable), store.stage(), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert files(store) == []


def test_check_decides_before_anything_is_stored(store: Store) -> None:
    def refuse(digests: Digests, file: FileIO) -> None:
        raise errors.BadRequest(f"{digests.size} {os.pread(file.fileno(), 9, 0)!r}")

    with pytest.raises(errors.BadRequest, match="4 b'four'"):
        store.put(b"four", check=refuse)
    assert files(store) == []


@pytest.mark.parametrize("name", ["", "..", "ab", "A" * 64, "../" + "a" * 61, "a" * 63 + "\n"])
def test_names_that_are_no_digest(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path(name)


def test_what_is_not_there(store: Store) -> None:
    assert store.stat("0" * 64) is None
    with pytest.raises(errors.NotFound):
        store.open("0" * 64)


def test_damage_is_found_on_reading(store: Store) -> None:
    stored = store.put(b"precious")
    path = store.path(stored.sha256)
    path.chmod(0o600)
    path.write_bytes(b"previous")
    with pytest.raises(errors.Unavailable, match="damaged"):
        store.read(stored.sha256)


def test_sweeping_removes_what_nobody_holds(store: Store) -> None:
    for name in ("dead", "young", "held"):
        (store.incoming / name).write_bytes(b"rest")
    for name in ("dead", "held"):
        os.utime(store.incoming / name, (time.time() - 3600,) * 2)
    with (store.incoming / "held").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert sweep(store.incoming) == 1
    assert {path.name for path in files(store)} == {"young", "held"}


def test_studios_share_nothing(store: Store) -> None:
    mine, theirs = store.of("std_a"), store.of("std_b")
    stored = mine.put(b"mine")
    assert mine.stat(stored.sha256) == 4
    assert theirs.stat(stored.sha256) is None
    assert store.of("std_a") is mine
    with pytest.raises(ValueError, match="not the id"):
        store.of("../std_a")


def test_to_know_a_digest_is_not_to_have_the_content(store: Store) -> None:
    stored = store.put(b"mine")
    assert not store.granted("ast_1", stored.sha256)
    store.grant("ast_1", stored.sha256)
    store.grant("ast_1", stored.sha256)
    assert store.granted("ast_1", stored.sha256)
    assert not store.granted("ast_2", stored.sha256)
    store.grant("ast_2", "0" * 64)
    assert not store.granted("ast_2", "0" * 64)
    with pytest.raises(ValueError, match="not the id"):
        store.grant("../../x", stored.sha256)


def digests_of(content: bytes) -> Digests:
    digests = Digests()
    digests.update(content)
    return digests


def header(algorithm: str, name: str, content: bytes) -> str:
    return f"{algorithm}=:{base64.b64encode(hashlib.new(name, content).digest()).decode()}:"


def test_content_digest_that_holds() -> None:
    both = f"{header('sha-256', 'sha256', b'abc')}, {header('sha-512', 'sha512', b'abc')}, md5=:AAAA:"
    digests_of(b"abc").check(both)
    assert content_digest(hashlib.sha256(b"abc").hexdigest()) == header("sha-256", "sha256", b"abc")
    assert set(parse_content_digest(both)) == {"sha-256", "sha-512"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (header("sha-256", "sha256", b"abd"), "content_digest_mismatch"),
        (f"{header('sha-256', 'sha256', b'abc')}, {header('sha-512', 'sha512', b'abd')}", "content_digest_mismatch"),
        ("", "malformed_content_digest"),
        ("sha-256=abc", "malformed_content_digest"),
        ("sha-256=:YWJj:", "malformed_content_digest"),
        ("sha-256=:=:", "malformed_content_digest"),
        (header("md5", "md5", b"abc"), "malformed_content_digest"),
    ],
)
def test_content_digest_that_does_not(value: str, code: str) -> None:
    with pytest.raises(errors.BadRequest) as caught:
        digests_of(b"abc").check(value)
    assert caught.value.code == code


@pytest.fixture
def documents(store: Store, tmp_path: Path) -> Documents:
    return Documents(store, Vault(tmp_path / "keys"))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_document_comes_back(documents: Documents, size: int) -> None:
    content = os.urandom(size)
    sealed = documents.put(STUDIO, BytesIO(content), length=size, limit=4 * PIECE)
    assert sealed.content.digests["sha256"] == hashlib.sha256(content).hexdigest()
    assert sealed.content.size == size
    assert b"".join(documents.read(STUDIO, sealed.blob)) == content


def test_a_document_is_not_on_disk_in_the_clear(documents: Documents) -> None:
    sealed = documents.put(STUDIO, BytesIO(b"the fee is 250,000 dollars"), limit=PIECE)
    assert b"250,000" not in documents.store.path(sealed.blob).read_bytes()


@pytest.mark.parametrize("announced", [5, 3])
def test_a_document_cut_off_on_the_way_leaves_nothing(documents: Documents, announced: int) -> None:
    with pytest.raises(errors.BadRequest, match="announced"):
        documents.put(STUDIO, BytesIO(b"four"), length=announced, limit=PIECE)
    assert files(documents.store) == []


def test_a_document_over_the_limit(documents: Documents) -> None:
    with pytest.raises(errors.TooLarge):
        documents.put(STUDIO, Drip(2**40), limit=2 * PIECE)
    with pytest.raises(errors.TooLarge):
        documents.put(STUDIO, BytesIO(b"x"), length=2**40, limit=2 * PIECE)
    assert files(documents.store) == []


def _swap(raw: bytearray) -> bytes:
    size, start = PIECE + 16, len(raw) - (PIECE + 16) * 3
    one, two, three = (raw[start + size * n : start + size * (n + 1)] for n in range(3))
    return bytes(raw[:start] + two + one + three)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:3],
        lambda raw: b"XXXX" + raw[4:],
        lambda raw: raw[:-1],
        lambda raw: raw[: -(PIECE + 16)],
        lambda raw: raw + bytes(16),
        _swap,
    ],
)
def test_a_changed_document_is_unreadable(documents: Documents, damage: object) -> None:
    sealed = documents.put(STUDIO, Drip(3 * PIECE), limit=4 * PIECE)
    raw = bytearray(documents.store.path(sealed.blob).read_bytes())
    changed = documents.store.put(bytes(damage(raw)))  # type: ignore[operator]
    with pytest.raises(Unreadable):
        b"".join(documents.read(STUDIO, changed.sha256))


def test_a_name_that_somebody_else_has_just_made_is_synced_before_it_is_relied_upon(tmp_path, monkeypatch):
    """Between another's link and its sync lies a moment; a power cut in it would take what was told to be here."""
    digest, old = Store(tmp_path / "store").keep(b"x"), time.time() + 3_600
    synced = []
    monkeypatch.setattr("service.durable.sync_directory", synced.append)
    store = Store(tmp_path / "store")
    synced.clear()
    assert store.keep(b"x") == digest
    assert durable.place_new(store.path(digest), b"") is False
    assert synced == [store.path(digest).parent] * 2
    monkeypatch.setattr("service.durable.time.time", lambda: old)
    store.keep(b"x")
    assert len(synced) == 2, "what is older is so already"
