"""The witness as a program: HTTP over the standard library, one directory, until Ctrl-C.

`python -m service.ledger.witness_server DIRECTORY --name NAME --log KEY` is the same as `clearance ledger witness …` and needs
nothing installed but `cryptography`.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from service.ledger.cosignature import Cosigner
from service.ledger.submission import PATH
from service.ledger.witness import Answer, CannotStart, State, Witness, look

BODY_BYTES = 256 << 10
CONNECTIONS = 64
PATIENCE = 10.0
_PORT = 8421


class Server(ThreadingHTTPServer):
    """A bounded number of threads over one witness."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; hang up on whoever comes when all are busy."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in a line that a connection broke; whatever else it was, the others go on."""
        del request
        _say(f"{client_address[0]}: the connection ended in {sys.exc_info()[1]!r}")

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back afterwards."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def do_POST(self) -> None:
        """Answer add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if not self.path.endswith(PATH):  # a proxy may leave its own part before it
            self._refuse(HTTPStatus.NOT_FOUND, f"There is only POST {PATH} here.")
        elif not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Send a Content-Length.")
        elif int(length) > BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send up to {BODY_BYTES} bytes.")
        else:
            self._judge(self.rfile.read(int(length)))

    def do_GET(self) -> None:
        """Say who this is, for a person who looks whether it runs."""
        self._send(Answer(200, f"{self.server.witness.cosigner.text()}\n", ""))

    def _judge(self, body: bytes) -> None:
        try:
            answer = self.server.witness.add(body, int(time.time()))
        except OSError as fault:  # the disk is full or gone: nothing was cosigned
            answer = Answer(503, "The witness cannot write down what it sees.\n", f"503 the state cannot be written: {fault}")
        _say(answer.says)
        self._send(answer)

    def _refuse(self, status: HTTPStatus, says: str) -> None:
        """Refuse without reading the body, so the connection cannot go on."""
        self.close_connection = True
        self._send(Answer(int(status), says + "\n", ""))

    def _send(self, answer: Answer) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Leave out the library's line a request; `_say` writes a better one."""


def main(words: list[str] | None = None, program: str | None = None) -> int:
    """Run the witness that the words describe."""
    given = _parser(program).parse_args(words)
    try:
        if not given.show or given.name or given.log:
            witness = Witness(given.directory, given.name, given.log)
        else:
            return _show(*look(given.directory))
    except (CannotStart, OSError) as fault:
        _say(f"Error: {fault}")
        return 1
    try:
        _show(witness.state, witness.cosigner)
        return 0 if given.show else _serve(witness, *given.listen)
    finally:
        witness.close()


def _serve(witness: Witness, host: str, port: int) -> int:
    try:
        server = Server((host, port), witness)
    except OSError as fault:
        _say(f"Error: {host}:{port} cannot be listened on: {fault.strerror}.")
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        _say(f"The witness listens at http://{host}:{server.server_port} (Ctrl-C stops it).")
        server.serve_forever(poll_interval=0.1)
    _say("Stopped.")
    return 0


def _show(state: State, cosigner: Cosigner) -> int:
    """Print the line for a policy, and what is watched."""
    logs = [f"# watches {origin}: {log.size} entries cosigned\n" for origin, log in state.logs.items()]
    rest = logs or ["# watches no log yet; add each with --log KEY\n"]
    sys.stdout.write("".join([f"witness {state.name} {cosigner.text()}\n", *rest]))
    sys.stdout.flush()
    return 0


def _parser(program: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(program, description="Witness logs: cosign what only grew, refuse what forked.")
    parser.add_argument("directory", type=Path, help="where key and state are kept; made on first use")
    parser.add_argument("--name", help="the name it signs with, like legal.example/witness (first start only)")
    parser.add_argument("--log", action="append", default=[], metavar="KEY", help="a log's key (GET /v1/ledger/key); it is remembered")
    parser.add_argument("--listen", type=_address, default=("127.0.0.1", _PORT), metavar="HOST:PORT", help=f"default 127.0.0.1:{_PORT}")
    parser.add_argument("--show", action="store_true", help="print the line for a policy and what is watched, and end")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError("write it as HOST:PORT")
    return host.strip("[]"), int(port)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
