"""Signing beside its yardstick: the library alone doing the same work, in the same process it is called from.

Run by hand: `python -m tests.bench.bench_sign [rounds]`; `--gigabyte` also signs a film of 1 GB and prints the memory of the
child. The yardstick signs with the same settings, key and definition, reads the result afresh, and syncs it to disk; it has
no sandbox, takes no digest and puts nothing into a store. Small files print the median and what the service adds to it,
files of 10 MB and more the ratio of the rates.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import struct
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import c2pa
from PIL import Image

from service.content.sniff import kind_of_path
from service.content.store import Store
from service.credentials import trust
from service.credentials.definition import Input, SigningFacts, build
from service.credentials.keys import Authority
from service.credentials.sign import Credentials
from service.sandbox.pool import Pool
from service.services import MEDIA_JOBS
from tests.unit.media_files import film, picture, wav

PROMISED_RATIO, PROMISED_MILLISECONDS, PROMISED_MEBIBYTES = 0.9, 3.0, 64
LARGE = 10_000_000
FACTS = SigningFacts(
    asset="ast_" + "0" * 26, origin="generated", agent=("ComfyUI", "0.3"), generation="gen_" + "0" * 26,
    models=(Input("mdl_" + "0" * 26, 1, "GenModel"),), prompts=("ab" * 32,),
)  # fmt: skip


def definition() -> dict[str, object]:
    return build(FACTS, f"urn:c2pa:{uuid.uuid4()}", has_parent=False)


def bare(authority: Authority, directory: Path, source: Path, *, merkle: bool) -> None:
    """The yardstick."""
    now = datetime.now(UTC)
    signer, kind = authority.signer(now), kind_of_path(source)
    settings = trust.settings([trust.own(authority.anchor(now))], merkle=merkle)
    context = c2pa.Context(
        c2pa.Settings.from_dict(settings), c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, signer.chain)
    )
    target = directory / uuid.uuid4().hex
    with target.open("w+b") as out:
        if source.stat().st_size <= 64 << 20:
            signed = BytesIO()
            with c2pa.Builder(definition(), context) as builder:
                builder.sign(kind.media_type, BytesIO(source.read_bytes()), signed)
            out.write(signed.getbuffer())
        else:
            with c2pa.Builder(definition(), context) as builder, source.open("rb") as file:
                builder.sign(kind.media_type, file, out)
        out.flush()
        out.seek(0)
        again = BytesIO(out.read()) if source.stat().st_size <= 64 << 20 else out
        with c2pa.Reader(kind.media_type, again, None, c2pa.Context(c2pa.Settings.from_dict(settings))) as reader:
            assert reader.get_validation_state() == "Trusted"
        os.fsync(out.fileno())
    target.unlink()


def timed(rounds: int, *works: Callable[[], object]) -> list[list[float]]:
    """Milliseconds of each work, taken in turns so that a busy moment hits all alike."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append((time.perf_counter() - start) * 1000)
    return taken


def noise(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def files(directory: Path) -> Iterator[Path]:
    sound = os.urandom(11 << 20)
    riff = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16) + b"data" + struct.pack("<I", len(sound)) + sound
    for name, content in {
        "small.jpg": picture("JPEG", (640, 480)), "small.png": picture("PNG", (640, 480)), "small.wav": wav(2),
        "10MB.wav": b"RIFF" + struct.pack("<I", len(riff)) + riff, "10MB.mp4": film(data=os.urandom(11 << 20)),
        "12MB.png": noise(2048, 2048), "80MB.mp4": film(data=os.urandom(80 << 20)),
    }.items():  # fmt: skip
        path = directory / name
        path.write_bytes(content)
        yield path


@contextlib.contextmanager
def resident(pool: Pool) -> Iterator[list[int]]:
    """The children's resident memory in bytes while the block runs: at its start, and at most."""
    pids = [child.process.pid for child in pool._idle.queue if child is not None]
    page, seen, done = os.sysconf("SC_PAGE_SIZE"), [0, 0], threading.Event()

    def now() -> int:
        return max((int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for pid in pids), default=0)

    def watch() -> None:
        while not done.wait(0.02):
            with contextlib.suppress(FileNotFoundError):
                seen[1] = max(seen[1], now())

    seen[0] = now()
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def gigabyte(authority: Authority, store: Store, directory: Path) -> None:
    """A film of 1 GB, mostly holes on disk; every byte of it is hashed all the same. Each time in a fresh child."""
    path, head = directory / "1GB.mp4", film(data=b"")
    size = 1 << 30
    with path.open("wb") as file:
        file.write(head[:-8] + struct.pack(">I4s", size + 8, b"mdat"))
        file.truncate(len(head) + size)
    for form in ("embedded", "sidecar"):
        with Pool(1, MEDIA_JOBS, directory) as pool:
            pool.fences()
            start = time.perf_counter()
            with resident(pool) as seen:
                signed = Credentials(pool, authority).sign(store, path, definition(), datetime.now(UTC), form=form, has_parent=False)
        grown = (seen[1] - seen[0]) / 2**20
        promise = f" (promise {PROMISED_MEBIBYTES}: {'kept' if grown <= PROMISED_MEBIBYTES else 'MISSED'})" if form == "embedded" else ""
        print(f"1 GB film, {form}: {time.perf_counter() - start:.1f} s, child grew by {grown:.0f} MiB{promise}")
        store.path(signed.sha256).unlink(missing_ok=True)


def compare(credentials: Credentials, authority: Authority, store: Store, path: Path, rounds: int) -> str:
    """One line: ours, the yardstick, and the promise."""
    large = path.stat().st_size >= LARGE
    merkle = path.suffix == ".mp4" and path.stat().st_size > trust.MERKLE_FROM

    def ours() -> None:
        credentials.sign(store, path, definition(), datetime.now(UTC), form="embedded", has_parent=False)

    own, yard = timed(max(5, rounds // 4) if large else rounds, ours, lambda: bare(authority, path.parent, path, merkle=merkle))
    mine, theirs = statistics.median(own), statistics.median(yard)
    line = f"{path.name:10} ours {mine:8.1f} ms (best {min(own):.1f}), bare {theirs:8.1f} ms (best {min(yard):.1f})"
    if large:
        kept = theirs / mine >= PROMISED_RATIO
        return f"{line}, ratio {theirs / mine:.2f} (promise {PROMISED_RATIO}: {'kept' if kept else 'MISSED'})"
    kept = mine - theirs <= PROMISED_MILLISECONDS
    return f"{line}, adds {mine - theirs:4.1f} ms (promise {PROMISED_MILLISECONDS}: {'kept' if kept else 'MISSED'})"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("rounds", nargs="?", type=int, default=25)
    arguments.add_argument("--gigabyte", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        authority, store = Authority(home / "keys", "Bench"), Store(home / "content")
        with Pool(1, MEDIA_JOBS, home) as pool:
            for path in files(home):
                print(compare(Credentials(pool, authority), authority, store, path, given.rounds))
        if given.gigabyte:
            gigabyte(authority, store, home)


if __name__ == "__main__":
    main()
