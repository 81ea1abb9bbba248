"""A time-stamp authority of the test's own: a root, a key under it, and `openssl ts` behind HTTP."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamper]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = stamper
[stamper_settings]
[ts]
serial = {here}/serial
signer_cert = {here}/tsa.pem
signer_key = {here}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """Keys and certificates in a directory."""

    def __init__(self, here: Path, name: str = "Test") -> None:
        self.here = here
        here.mkdir()
        (here / "configuration").write_text(_CONFIGURATION.format(here=here, name=f"{name} stamper"))
        (here / "root.configuration").write_text(_CONFIGURATION.format(here=here, name=f"{name} root"))
        (here / "serial").write_text("01\n")
        new = ("-newkey", "rsa:2048", "-nodes")
        self.run(
            "req",
            "-x509",
            *new,
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            "-days",
            "30",
            "-config",
            "root.configuration",
            "-extensions",
            "root",
        )
        self.run("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-config", "configuration")
        signed = (
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            "configuration",
            "-extensions",
            "stamper",
        )
        self.run("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *signed)

    @property
    def root(self) -> str:
        return (self.here / "root.pem").read_text()

    @property
    def own(self) -> str:
        return (self.here / "tsa.pem").read_text()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(["openssl", *words], cwd=self.here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    def reply(self, query: bytes) -> bytes:
        (self.here / "query").write_bytes(query)
        self.run("ts", "-reply", "-queryfile", "query", "-out", "reply", "-config", "configuration", "-section", "ts")
        return (self.here / "reply").read_bytes()

    def accepts(self, text: bytes, response: bytes, *, untrusted: bool = False) -> bool:
        """Whether `openssl ts` accepts a response over a text."""
        (self.here / "text").write_bytes(text)
        (self.here / "response").write_bytes(response)
        words = [
            "openssl",
            "ts",
            "-verify",
            "-data",
            "text",
            "-in",
            "response",
            "-CAfile",
            "root.pem",
            *(["-untrusted", "tsa.pem"] if untrusted else []),
        ]
        return subprocess.run(words, cwd=self.here, capture_output=True, check=False).returncode == 0

    @contextlib.contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Answer over HTTP for the block."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = authority.reply(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
            thread.join()
