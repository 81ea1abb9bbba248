"""How the service and a sandboxed child talk: one message is a JSON header, some byte strings and some open files.

JSON and not pickle: what the child says may have been written by whoever made a hostile file.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_SIZE = struct.Struct(">I")
HEADER_LIMIT = 16 << 20
PARTS_LIMIT = 256 << 20
FILES_LIMIT = 8


class Garbled(Exception):
    """The other side sent something that is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; whoever receives it owns the open file descriptors in `files`."""

    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()
    files: tuple[int, ...] = ()


def send(channel: socket.socket, message: Message) -> None:
    """Send a message; the files are duplicated for the receiver, the sender keeps and closes its own."""
    sizes = [len(part) for part in message.parts]
    header = orjson.dumps({**message.header, "parts": sizes})
    start = _SIZE.pack(len(header))
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", message.files))] if message.files else []
    channel.sendmsg([start], ancillary)
    channel.sendall(header)
    for part in message.parts:
        channel.sendall(part)


def receive(channel: socket.socket) -> Message:
    """Wait for a message; raises EOFError when the other side is gone, Garbled when it talks rubbish."""
    start, files = _start(channel)
    try:
        header, parts = _body(channel, start)
    except BaseException:
        for file in files:
            os.close(file)
        raise
    return Message(header, parts, files)


def _body(channel: socket.socket, start: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    (size,) = _SIZE.unpack(start)
    if size > HEADER_LIMIT:
        raise Garbled("header too large")
    header = _parse(_exactly(channel, size))
    sizes = header.pop("parts", None)
    if not _plausible(sizes):
        raise Garbled("parts too large")
    return header, tuple(_exactly(channel, size) for size in sizes)


def _start(channel: socket.socket) -> tuple[bytes, tuple[int, ...]]:
    data, files, _, _ = socket.recv_fds(channel, _SIZE.size, FILES_LIMIT, socket.MSG_CMSG_CLOEXEC)
    if not data:
        raise EOFError
    if len(data) < _SIZE.size:
        data += _exactly(channel, _SIZE.size - len(data))
    return data, tuple(files)


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        header = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        raise Garbled(str(fault)) from None
    if not isinstance(header, dict):
        raise Garbled("not an object")
    return header


def _plausible(sizes: object) -> bool:
    return (
        isinstance(sizes, Sequence)
        and len(sizes) <= FILES_LIMIT
        and all(isinstance(size, int) and size >= 0 for size in sizes)
        and sum(sizes) <= PARTS_LIMIT
    )


def _exactly(channel: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        got = channel.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return bytes(buffer)
