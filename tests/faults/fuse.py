"""A file system of our own under a database: it knows what was synced, and can lose the rest as a power cut does.

It speaks the kernel's FUSE protocol over /dev/fuse itself (no library), and passes everything through to a directory beside
it. For each file it keeps what writes since its last sync have overwritten. Commands come over a socket, one line each:

    cut drop SEED     every file and every directory as it was synced last, and no other
    cut torn SEED     of each unsynced 512-byte sector, and of each directory's unsynced names, chance decides
    fail N            the N-th sync from now answers EIO, and what it should have kept is gone, as Linux does it
    full / room       no byte more fits on the disk / it does again

It is as strict as the standard allows: to sync a file says nothing about its name, which is durable once its directory is synced.
After a cut the layer is to be mounted anew, since the kernel remembers what was there.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import random
import resource
import shutil
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.faults.table import Skipped

_HEADER, _OUT = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
_ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
SECTOR = 512
MAX_WRITE = 1 << 20
KEEP_CACHE = 1 << 1
REMEMBERED = 86_400
"""So many seconds the kernel need not ask again: nobody else changes what lies below, but for a power cut."""
_LIBC = ctypes.CDLL(None, use_errno=True)


class Memory:
    """What files held when they were last synced, as far as it differs from what they hold now."""

    def __init__(self) -> None:
        self._undo: dict[int, tuple[int, dict[int, bytes]]] = {}

    def before(self, inode: int, handle: int, start: int, end: int) -> None:
        """Remember the sectors of a range that is about to be written, and the size, unless they are remembered already."""
        size = os.fstat(handle).st_size
        known, sectors = self._undo.setdefault(inode, (size, {}))
        for sector in range(start // SECTOR, -(-min(end, known) // SECTOR)):
            if sector not in sectors:
                sectors[sector] = os.pread(handle, SECTOR, sector * SECTOR)

    def synced(self, inode: int) -> None:
        self._undo.pop(inode, None)

    def lose(self, inode: int, handle: int, dice: random.Random | None) -> None:
        """Give a file back what it held when it was synced; with dice, each sector by chance."""
        if inode not in self._undo:
            return
        size, sectors = self._undo.pop(inode)
        now = os.fstat(handle).st_size
        for sector, content in sectors.items():
            if dice is None or dice.random() < 0.5:
                os.pwrite(handle, content, sector * SECTOR)
        if dice is None or dice.random() < 0.5 or now < size:
            os.ftruncate(handle, size)
        elif now > size:
            for sector in range(-(-size // SECTOR), now // SECTOR):  # what was appended: some sectors came through, others are zeros
                if dice.random() < 0.5:
                    os.pwrite(handle, bytes(SECTOR), sector * SECTOR)

    def inodes(self) -> list[int]:
        return list(self._undo)


class Names:
    """Which names a directory had when it was synced last, as far as it differs from those it has now: the inode of each, or none."""

    def __init__(self, graveyard: Path) -> None:
        graveyard.mkdir(exist_ok=True)
        self.graveyard = graveyard
        self._undo: dict[int, dict[bytes, int | None]] = {}
        self._buried: dict[int, list[Path]] = {}

    def before(self, node: int, directory: int, name: bytes) -> None:
        """Remember what a name stands for that is about to be made, changed or removed, unless that is remembered already."""
        self._undo.setdefault(node, {}).setdefault(name, _inode(directory, name))

    def bury(self, directory: int, name: bytes) -> None:
        """Take a name away but keep what it stands for, which a power cut may bring back."""
        inode, place = _inode(directory, name), self.graveyard / str(time.monotonic_ns())
        if inode is not None:
            os.rename(name, place, src_dir_fd=directory)
            self._buried.setdefault(inode, []).append(place)

    def synced(self, node: int) -> None:
        """The names of a directory are durable; what only they could have brought back is gone for good."""
        left = {inode for other, names in self._undo.items() if other != node for inode in names.values()}
        for inode in set(self._undo.pop(node, {}).values()) - left:
            for place in self._buried.pop(inode or 0, []):
                _remove(place)

    def lose(self, nodes: dict[int, int], dice: random.Random | None) -> int:
        """Give every directory back the names it had when it was synced; with dice, chance decides for each. Returns how many names went."""
        lost = [(nodes[node], names) for node, names in self._undo.items() if dice is None or dice.random() < 0.5]
        for directory, names in lost:
            for name in names:
                self.bury(directory, name)
        for directory, name, inode in ((directory, name, inode) for directory, names in lost for name, inode in names.items() if inode):
            with contextlib.suppress(FileExistsError):
                self._bring_back(nodes[inode], inode, directory, name)
        for place in self.graveyard.iterdir():
            _remove(place)
        return sum(len(names) for _, names in lost)

    def _bring_back(self, handle: int, inode: int, directory: int, name: bytes) -> None:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            os.link(f"/proc/self/fd/{handle}", name, dst_dir_fd=directory, follow_symlinks=True)
        elif place := next(iter(self._buried.get(inode, [])), None):
            os.rename(place, name, dst_dir_fd=directory)


def _inode(directory: int, name: bytes) -> int | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_ino
    except FileNotFoundError:
        return None


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()


class Layer:
    """The file system: one thread that answers the kernel, one that takes commands."""

    def __init__(self, below: Path, device: int) -> None:
        self.device = device
        self.nodes = {1: os.open(below, os.O_PATH)}
        self.root = os.stat(below).st_ino
        self.memory, self.names, self.lock = Memory(), Names(below.with_name("graveyard")), threading.Lock()
        self.failing, self.full = 0, False
        self.counts = {"write": 0, "sync": 0, "failed": 0, "refused": 0}

    def serve(self) -> None:
        while True:
            try:
                request = os.read(self.device, MAX_WRITE + 4096)
            except OSError as fault:
                if fault.errno in {errno.EINTR, errno.ENOENT, errno.EAGAIN}:
                    continue
                return
            _, code, unique, node, uid, gid, *_ = _HEADER.unpack_from(request)
            if code in {2, 42, 36}:  # forget, batch forget, interrupt: nobody waits for an answer
                continue
            with self.lock:
                self._answer(unique, code, node, memoryview(request)[_HEADER.size :], (uid, gid))

    def _answer(self, unique: int, code: int, node: int, body: memoryview, who: tuple[int, int]) -> None:
        handler = _HANDLERS.get(code)
        try:
            content = handler(self, node, body, who) if handler else None
            error = 0 if handler else errno.ENOSYS
        except OSError as fault:
            content, error = b"", fault.errno or errno.EIO
        content = b"" if error else content or b""
        with contextlib.suppress(OSError):  # whoever asked is gone
            os.write(self.device, _OUT.pack(_OUT.size + len(content), -error, unique) + content)

    def path(self, node: int) -> str:
        return f"/proc/self/fd/{self.nodes[node]}"

    def entry(self, parent: int, name: bytes) -> bytes:
        """Look a name up; the inode below is the node here, so hard links are one file."""
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=self.nodes[parent])
        found = os.fstat(handle)
        node = 1 if found.st_ino == self.root else found.st_ino
        if node in self.nodes:
            os.close(handle)
        else:
            self.nodes[node] = handle
        return struct.pack("<QQQQII", node, 0, REMEMBERED, REMEMBERED, 0, 0) + _attributes(found)

    def changing(self, node: int, name: bytes) -> int:
        """Return the directory whose name is about to change, with what it is now remembered."""
        self.names.before(node, self.nodes[node], name)
        return self.nodes[node]

    def command(self, line: str) -> str:
        word, *rest = line.split()
        with self.lock:
            if word == "cut":
                return self._cut(None if rest[0] == "drop" else random.Random(int(rest[1])))
            if word == "fail":
                self.failing = int(rest[0])
            if word in {"full", "room"}:
                self.full = word == "full"
            return str(self.counts)

    def _cut(self, dice: random.Random | None) -> str:
        inodes = self.memory.inodes()
        for inode in inodes:
            handle = os.open(self.path(inode), os.O_RDWR)
            self.memory.lose(inode, handle, dice)
            os.close(handle)
        return f"{len(inodes)} {self.names.lose(self.nodes, dice)}"


def _attributes(found: os.stat_result) -> bytes:
    times = [divmod(each, 10**9) for each in (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)]
    return _ATTRIBUTES.pack(
        found.st_ino, found.st_size, found.st_blocks, *(each[0] for each in times), *(each[1] for each in times),
        found.st_mode, found.st_nlink, found.st_uid, found.st_gid, found.st_rdev, found.st_blksize, 0,
    )  # fmt: skip


def _names(body: memoryview) -> list[bytes]:
    return bytes(body).split(b"\0")[:-1]


def _init(layer: Layer, _node: int, body: memoryview, _who: object) -> bytes:
    _, minor, ahead, _ = struct.unpack_from("<IIII", body)
    flags = 1 << 5 | 1 << 22  # writes of more than a page, and as many pages as fit
    return struct.pack("<IIIIHHIIHHI28x", 7, min(minor, 31), ahead, flags, 64, 48, MAX_WRITE, 1, MAX_WRITE // 4096, 0, 0)


def _lookup(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    return layer.entry(node, _names(body)[0])


def _getattr(layer: Layer, node: int, _body: object, _who: object) -> bytes:
    return struct.pack("<QII", REMEMBERED, 0, 0) + _attributes(os.fstat(layer.nodes[node]))


def _setattr(layer: Layer, node: int, body: memoryview, who: object) -> bytes:
    valid, _, _, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode, _, uid, gid, _ = struct.unpack_from("<IIQQQQQQIIIIIIII", body)
    path = layer.path(node)
    if valid & 1:
        os.chmod(path, mode & 0o7777)
    if valid & 6:
        os.chown(path, uid if valid & 2 else -1, gid if valid & 4 else -1)
    if valid & 8:
        _truncate(layer, node, size)
    if valid & 48:
        now, found = time.time_ns(), os.stat(path)
        chosen = [
            now if valid & current else given if valid & wanted else kept
            for current, wanted, given, kept in (
                (128, 16, atime * 10**9 + atime_ns, found.st_atime_ns),
                (256, 32, mtime * 10**9 + mtime_ns, found.st_mtime_ns),
            )
        ]
        os.utime(path, ns=(chosen[0], chosen[1]))
    return _getattr(layer, node, body, who)


def _truncate(layer: Layer, node: int, size: int) -> None:
    handle = os.open(layer.path(node), os.O_RDWR)
    try:
        layer.memory.before(node, handle, size, os.fstat(handle).st_size)
        os.ftruncate(handle, size)
    finally:
        os.close(handle)


def _readlink(layer: Layer, node: int, _body: object, _who: object) -> bytes:
    return os.fsencode(os.readlink("", dir_fd=layer.nodes[node]))


def _mkdir(layer: Layer, node: int, body: memoryview, who: tuple[int, int]) -> bytes:
    mode, umask = struct.unpack_from("<II", body)
    [name] = _names(body[8:])
    directory = layer.changing(node, name)
    os.mkdir(name, mode & ~umask & 0o7777, dir_fd=directory)
    os.chown(name, *who, dir_fd=directory)
    return layer.entry(node, name)


def _symlink(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    name, target = _names(body)
    os.symlink(target, name, dir_fd=layer.changing(node, name))
    return layer.entry(node, name)


def _mknod(layer: Layer, node: int, body: memoryview, who: tuple[int, int]) -> bytes:
    mode, device, umask, _ = struct.unpack_from("<IIII", body)
    [name] = _names(body[16:])
    directory = layer.changing(node, name)
    os.mknod(name, stat.S_IFMT(mode) | mode & ~umask & 0o7777, device, dir_fd=directory)
    os.chown(name, *who, dir_fd=directory)
    return layer.entry(node, name)


def _unlink(layer: Layer, node: int, body: memoryview, _who: object) -> None:
    [name] = _names(body)
    layer.names.bury(layer.changing(node, name), name)


def _rmdir(layer: Layer, node: int, body: memoryview, _who: object) -> None:
    [name] = _names(body)
    _require_empty(layer.nodes[node], name)
    layer.names.bury(layer.changing(node, name), name)


def _require_empty(directory: int, name: bytes) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
    try:
        if os.listdir(handle):
            raise OSError(errno.ENOTEMPTY, "")
    finally:
        os.close(handle)


def _rename(layer: Layer, node: int, body: memoryview, _who: object, skip: int = 8) -> None:
    (target,) = struct.unpack_from("<Q", body)
    old, new = _names(body[skip:])
    source, place = layer.changing(node, old), layer.changing(target, new)
    if stat.S_ISDIR(os.stat(old, dir_fd=source, follow_symlinks=False).st_mode) and _inode(place, new) is not None:
        _require_empty(place, new)
    if _inode(source, old) != _inode(place, new):
        layer.names.bury(place, new)
    os.rename(old, new, src_dir_fd=source, dst_dir_fd=place)


def _rename2(layer: Layer, node: int, body: memoryview, who: object) -> None:
    if struct.unpack_from("<QI", body)[1]:
        raise OSError(errno.EINVAL, "")
    _rename(layer, node, body, who, 16)


def _link(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    (old,) = struct.unpack_from("<Q", body)
    [name] = _names(body[8:])
    os.link(layer.path(old), name, dst_dir_fd=layer.changing(node, name), follow_symlinks=True)
    return layer.entry(node, name)


def _open(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    (flags,) = struct.unpack_from("<I", body)
    if flags & os.O_TRUNC:
        _truncate(layer, node, 0)
    writing = flags & os.O_ACCMODE != os.O_RDONLY
    return struct.pack("<QII", os.open(layer.path(node), os.O_RDWR if writing else os.O_RDONLY), KEEP_CACHE, 0)


def _create(layer: Layer, node: int, body: memoryview, who: tuple[int, int]) -> bytes:
    flags, mode, umask, _ = struct.unpack_from("<IIII", body)
    [name] = _names(body[16:])
    wanted = os.O_RDWR | flags & (os.O_CREAT | os.O_EXCL)
    handle = os.open(name, wanted | os.O_CREAT, mode & ~umask & 0o7777, dir_fd=layer.changing(node, name))
    os.fchown(handle, *who)
    return layer.entry(node, name) + struct.pack("<QII", handle, KEEP_CACHE, 0)


def _read(_layer: Layer, _node: int, body: memoryview, _who: object) -> bytes:
    handle, offset, size = struct.unpack_from("<QQI", body)
    return os.pread(handle, size, offset)


def _write(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    handle, offset, size = struct.unpack_from("<QQI", body)
    if layer.full and offset + size > os.fstat(handle).st_size:
        layer.counts["refused"] += 1
        raise OSError(errno.ENOSPC, "")
    layer.memory.before(node, handle, offset, offset + size)
    layer.counts["write"] += 1
    return struct.pack("<II", os.pwrite(handle, body[40 : 40 + size], offset), 0)


def _allocate(layer: Layer, node: int, body: memoryview, _who: object) -> None:
    handle, offset, length, mode, _ = struct.unpack_from("<QQQII", body)
    if mode:
        raise OSError(errno.EOPNOTSUPP, "")
    if layer.full:
        raise OSError(errno.ENOSPC, "")
    layer.memory.before(node, handle, offset, offset + length)
    os.posix_fallocate(handle, offset, length)


def _sync(layer: Layer, node: int, body: memoryview, _who: object) -> None:
    del body
    layer.counts["sync"] += 1
    if layer.failing:
        layer.failing -= 1
        if not layer.failing:
            layer.counts["failed"] += 1
            writable = os.open(layer.path(node), os.O_RDWR)
            layer.memory.lose(node, writable, None)
            os.close(writable)
            raise OSError(errno.EIO, "")
    layer.memory.synced(node)


def _sync_directory(layer: Layer, node: int, _body: object, _who: object) -> None:
    layer.counts["sync"] += 1
    layer.names.synced(node)


def _release(_layer: Layer, _node: int, body: memoryview, _who: object) -> None:
    os.close(struct.unpack_from("<Q", body)[0])


def _opendir(_layer: Layer, _node: int, _body: object, _who: object) -> bytes:
    return struct.pack("<QII", 0, 0, 0)


def _readdir(layer: Layer, node: int, body: memoryview, _who: object) -> bytes:
    _, offset, size = struct.unpack_from("<QQI", body)
    out = b""
    for number, name in enumerate([".", "..", *sorted(os.listdir(layer.path(node)))]):
        encoded = os.fsencode(name)
        record = struct.pack("<QQII", 1, number + 1, len(encoded), 0) + encoded
        record += bytes(-len(record) % 8)
        if number >= offset:
            if len(out) + len(record) > size:
                break
            out += record
    return out


def _nothing(_layer: Layer, _node: int, _body: object, _who: object) -> None:
    return None


def _statfs(layer: Layer, node: int, _body: object, _who: object) -> bytes:
    found = os.statvfs(layer.path(node))
    free = 0 if layer.full else found.f_bavail
    return struct.pack("<QQQQQIIII24x", found.f_blocks, free, free, found.f_files, found.f_ffree, found.f_bsize, 255, found.f_frsize, 0)


_HANDLERS = {
    1: _lookup, 3: _getattr, 4: _setattr, 5: _readlink, 6: _symlink, 8: _mknod, 9: _mkdir, 10: _unlink, 11: _rmdir, 12: _rename,
    13: _link, 14: _open, 15: _read, 16: _write, 17: _statfs, 18: _release, 20: _sync, 25: _nothing, 26: _init, 27: _opendir,
    28: _readdir, 29: _nothing, 30: _sync_directory, 34: _nothing, 35: _create, 43: _allocate, 45: _rename2,
}  # fmt: skip


class Disk:
    """A mounted layer in a process of its own."""

    def __init__(self, where: Path) -> None:
        self.below, self.path, self.socket = where / "below", where / "disk", where / "control"
        for each in (self.below, self.path):
            each.mkdir(parents=True)
        self.mount()

    def mount(self) -> None:
        """Start the layer, and wait until it is there."""
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fuse", str(self.below), str(self.path), str(self.socket)],
            cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + 30
        while not self.socket.exists():
            if self.process.poll() is not None:
                raise Skipped(f"no file system of our own here: {self.process.communicate()[1].strip()}")
            if time.monotonic() > until:
                raise Skipped("the file system of our own did not come up")
            time.sleep(0.01)

    def tell(self, line: str) -> str:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.socket))
            asked.sendall(line.encode() + b"\n")
            return asked.makefile().readline().strip()

    def cut(self, how: str) -> tuple[int, int]:
        """Lose the power and get it back: so many files had unsynced content, so many names were unsynced. Nobody may be inside."""
        files, names = map(int, self.tell(f"cut {how}").split())
        self.close()
        self.mount()
        return files, names

    def close(self) -> None:
        """Unmount."""
        _LIBC.umount2(os.fsencode(self.path), 2)  # lazily: whoever is left inside is cut off
        self.process.kill()
        self.process.communicate()


def main(below: str, path: str, control: str) -> int:
    """Mount, and serve until killed."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a handle for every file that was ever looked at
    try:
        device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as fault:
        sys.stderr.write(f"/dev/fuse: {fault.strerror}\n")
        return 1
    options = f"fd={device},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()},allow_other,default_permissions"
    if _LIBC.mount(b"faults", os.fsencode(path), b"fuse", 6, options.encode()) != 0:
        sys.stderr.write(f"mount: {os.strerror(ctypes.get_errno())}\n")
        return 1
    layer = Layer(Path(below), device)
    threading.Thread(target=layer.serve, daemon=True).start()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(control + ".new")
        server.listen(8)
        os.rename(control + ".new", control)
        while True:
            asked, _ = server.accept()
            with asked, asked.makefile("rw") as file:
                file.write(layer.command(file.readline()) + "\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
