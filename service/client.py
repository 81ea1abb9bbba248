"""The Python client: one class over the HTTP API, for pipelines, the command line and the demo. Imports nothing else of ours.

Every refusal is a `Refused` with the problem document; everything that may be tried again without harm (no answer, 429,
503) is tried again with the same idempotency key, so that a retry never writes twice.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

RETRIES = 4
AGAIN = frozenset({429, 503})
NDJSON = "application/x-ndjson"


class Refused(Exception):
    """The service said no: `status`, and `problem` as RFC 9457 documents have it."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        """Keep the problem; the message is its sentence and each pointer with its remedy."""
        self.status = status
        self.problem = problem
        pointed = (f"{error.get('pointer', '')}: {error.get('message', '')}" for error in problem.get("errors", ()))
        super().__init__(" ".join([str(problem.get("detail") or problem.get("title") or status), "; ".join(pointed)]).rstrip())

    @property
    def code(self) -> str:
        """The stable code of the problem."""
        return str(self.problem.get("code", ""))


class Unreachable(Exception):
    """No answer after every retry; whether a write was done is settled by repeating it with the same key."""


class Client:
    """A connection to one service; use it in a `with`."""

    def __init__(self, url: str, key: str, *, timeout: float = 60.0) -> None:
        """`url` is the root of the service, `key` an API key (`clr_…`)."""
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers."""
        return self._json(self.request("GET", path, params=_query(query)))

    def post(self, path: str, body: Any, *, key: str | None = None, **query: Any) -> Any:
        """POST a JSON body under an idempotency key (a fresh one unless told) and return the answer."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._json(self.request("POST", path, json=body, headers=headers, params=_query(query)))

    def replace(self, path: str, body: Any, version: int, **query: Any) -> Any:
        """PUT a new version over the one that was read."""
        return self._json(self.request("PUT", path, json=body, headers={"If-Match": f'"{version}"'}, params=_query(query)))

    def patch(self, path: str, body: Any, version: int, **query: Any) -> Any:
        """Change fields of the version that was read (merge patch)."""
        return self._json(self.request("PATCH", path, json=body, headers={"If-Match": f'"{version}"'}, params=_query(query)))

    def upsert(self, collection: str, scope: str, value: str, body: Any) -> Any:
        """Record or replace what carries an outside id."""
        return self._json(self.request("PUT", f"/v1/{collection}/by/{scope}/{value}", json=body))

    def listed(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield every item of a collection, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def batch(self, lines: Iterable[Mapping[str, Any]], *, key: str | None = None, mode: str = "atomic") -> list[dict[str, Any]]:
        """Write many records: `{kind, key?, body}` a line, which may refer to one another as `"$key"`."""
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        headers = {"Content-Type": NDJSON, "Idempotency-Key": key or str(uuid.uuid4())}
        answer = self.request("POST", "/v1/batch", content=content, headers=headers, params={"mode": mode})
        return [json.loads(line) for line in answer.text.splitlines()]

    def upload(self, path: str, file: Path | BinaryIO | bytes, media_type: str, *, method: str = "PUT", **query: Any) -> Any:
        """Send content, streamed from the file."""
        content = file.open("rb") if isinstance(file, Path) else file
        try:
            headers = {"Content-Type": media_type}
            return self._json(
                self.request(method, path, content=content, headers=headers, params=_query(query), retry=isinstance(file, bytes))
            )
        finally:
            if isinstance(file, Path) and not isinstance(content, bytes):
                content.close()

    def download(self, path: str, to: Path, *, method: str = "GET", body: Any = None, **query: Any) -> Path:
        """Stream an answer into a file; a broken transfer leaves nothing behind."""
        partial = to.with_name(to.name + ".part")
        try:
            with self._http.stream(method, path, params=_query(query), json=body) as answer, partial.open("wb") as file:
                if answer.is_error:
                    answer.read()
                    raise _refused(answer)
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            partial.replace(to)
        except httpx.TransportError as fault:
            raise Unreachable(f"{self.url} did not answer to the end: {fault}") from fault
        finally:
            partial.unlink(missing_ok=True)
        return to

    def request(self, method: str, path: str, *, retry: bool = True, **options: Any) -> httpx.Response:
        """Send one request, again where that is safe; raises Refused or Unreachable."""
        last: Exception | None = None
        for attempt in range(RETRIES if retry else 1):
            if attempt:
                time.sleep(0.2 * 2**attempt)
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError as fault:
                last = fault
                continue
            if answer.status_code not in AGAIN or not retry:
                if answer.is_error:
                    raise _refused(answer)
                return answer
            last = _refused(answer)
        if isinstance(last, Refused):
            raise last
        raise Unreachable(f"{self.url} did not answer ({last}); is it running, and is the address right?") from last

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        return answer.json() if answer.content else None


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items() if value is not None}


def _refused(answer: httpx.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        where = answer.url.copy_with(path="/", query=None)
        problem = {"detail": f"{where} answered {answer.status_code} {answer.reason_phrase}, not as Clearance does; is the address right?"}
    return Refused(answer.status_code, problem if isinstance(problem, dict) else {"detail": str(problem)[:200]})
