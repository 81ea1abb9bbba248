"""What a child that reads hostile media gives up before it reads the first byte: network, programs, other processes, files.

Three fences of the kernel, none of which needs root: resource limits, a seccomp filter, and Landlock for the file system.
The last two are taken where the kernel offers them; `confine` says which it got. Limits and a killing parent are always there.
Constants: linux/seccomp.h, linux/filter.h, linux/landlock.h and the system call tables of x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 38, 22, 4
_SECCOMP_MODE_FILTER = 2
_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_CLONE_THREAD = 0x10000

_CALLS = {
    "x86_64": {
        "audit": 0xC000003E,
        "clone": 56,
        "clone3": 435,
        "tgkill": 234,
        "refused": {
            "socket": 41,
            "connect": 42,
            "bind": 49,
            "fork": 57,
            "vfork": 58,
            "execve": 59,
            "kill": 62,
            "ptrace": 101,
            "mount": 165,
            "tkill": 200,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "bpf": 321,
            "execveat": 322,
            "userfaultfd": 323,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "pidfd_open": 434,
            "pidfd_getfd": 438,
        },
    },
    "aarch64": {
        "audit": 0xC00000B7,
        "clone": 220,
        "clone3": 435,
        "tgkill": 131,
        "refused": {
            "mount": 40,
            "unshare": 97,
            "ptrace": 117,
            "kill": 129,
            "tkill": 130,
            "socket": 198,
            "bind": 200,
            "connect": 203,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "execve": 221,
            "perf_event_open": 241,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "bpf": 280,
            "execveat": 281,
            "userfaultfd": 282,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "pidfd_open": 434,
            "pidfd_getfd": 438,
        },
    },
}

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute (mapping a shared library is none), read a file, read a directory
_EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1}  # by version of the interface; from 3 on also truncate
_EVERYTHING_NEWER = (1 << 15) - 1


def limit(memory: int, file_size: int) -> None:
    """Bound address space and file size (bytes); no core dumps, which would hold the media."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu(seconds: int) -> None:
    """Bound the processor time from now on; the kernel kills a child that uses more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Give up what a media child never needs, for good; returns the fences that hold ("files", "calls")."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return []
    fences = []
    if _fence_files(libc, readable, writable):
        fences.append("files")
    if _fence_calls(libc):
        fences.append("calls")
    return fences


def _fence_calls(libc: ctypes.CDLL) -> bool:
    program = _program(platform.machine(), os.getpid())
    if program is None:
        return False
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0) == 0)


def _program(machine: str, process: int) -> bytes | None:
    """The filter as classic BPF: refuse the listed calls, new processes (threads are fine) and signals to anybody else."""
    calls = _CALLS.get(machine)
    if calls is None:
        return None
    code = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, calls["audit"]), (_RETURN, 0, 0, _KILL)]
    code += [
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, 0x40000000),
        (_RETURN, 0, 0, _KILL),
    ]  # the 32-bit calls of x86-64
    for number in calls["refused"].values():  # type: ignore[attr-defined]
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    code += [
        (_EQUAL, 0, 1, calls["clone3"]),
        (_RETURN, 0, 0, _ABSENT),
    ]  # its flags lie in memory; the C library falls back to clone
    code += [(_EQUAL, 0, 4, calls["clone"]), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 0, 1, _CLONE_THREAD)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code += [(_EQUAL, 0, 4, calls["tgkill"]), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_EQUAL, 0, 1, process)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in code)


def _fence_files(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    version = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    handled = _EVERYTHING.get(version, _EVERYTHING_NEWER)
    rules = libc.syscall(_LANDLOCK_CREATE, ctypes.c_char_p(struct.pack("Q", handled)), 8, 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(libc, rules, path, _READ & handled)
        for path in writable:
            _allow(libc, rules, path, handled)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, access: int) -> None:
    if not path.is_dir():
        return
    directory = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        libc.syscall(_LANDLOCK_ADD, rules, 1, ctypes.c_char_p(struct.pack("=Qi", access, directory)), 0)
    finally:
        os.close(directory)
