"""Every way the service says no: one class a kind of answer, rendered as a problem document (RFC 9457).

A blocked release is a value and never one of these; a problem means that the question was not answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input: a JSON pointer (RFC 6901) and a sentence that names the remedy."""

    pointer: str
    message: str


@dataclass(eq=False)
class Problem(Exception):
    """The base of every refusal; `code` is stable and meant for programs, `detail` for people."""

    detail: str
    code: str = "problem"
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __str__(self) -> str:
        """Return the sentence, with each field error behind it, as logs and the command line show it."""
        return "; ".join([self.detail, *(f"{error.pointer}: {error.message}" for error in self.errors)])

    def document(self, request_id: str) -> dict[str, object]:
        """Return the problem document; `errors` only where the input was at fault."""
        body: dict[str, object] = {
            "type": f"urn:clearance:problem:{self.code}",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "message": error.message} for error in self.errors]
        return body


class BadRequest(Problem):
    """The request could not be read at all (broken JSON, a bad cursor)."""

    status = HTTPStatus.BAD_REQUEST


class Unauthenticated(Problem):
    """No key or session, or one that is unknown, expired or revoked."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Problem):
    """Known caller, missing permission; `detail` names the permission."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """No such thing in this studio; also the answer for another studio's ids."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(Problem):
    """The path exists, the method does not; `Allow` lists those that do."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class Conflict(Problem):
    """The state of the ledger refuses it: an identifier taken, a decision overtaken."""

    status = HTTPStatus.CONFLICT


class StaleVersion(Problem):
    """`If-Match` names a version that is no longer the current one."""

    status = HTTPStatus.PRECONDITION_FAILED


class PreconditionRequired(Problem):
    """A change without `If-Match`."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class TooLarge(Problem):
    """A body, a file or a list over its limit; `detail` says the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMedia(Problem):
    """A content type the operation does not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class RangeNotSatisfiable(Problem):
    """A `Range` that lies beyond the end of the content."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


class Invalid(Problem):
    """Well-formed input that breaks the schema or a rule of the record; `errors` point at each place."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequests(Problem):
    """Over the rate; `Retry-After` says when."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(Problem):
    """The service cannot answer now and nothing was written; trying again is right."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def invalid(pointer: str, message: str, code: str = "invalid") -> Invalid:
    """Return the problem for a single bad field."""
    return Invalid(detail="The input is not valid.", code=code, errors=(FieldError(pointer, message),))


class StartError(Exception):
    """A command cannot start here (a bad setting, no database server …); says why and what to do, in a sentence."""
