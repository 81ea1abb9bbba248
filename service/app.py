"""The WSGI application: declared operations become routes, problems become documents, everything carries a request id."""

from __future__ import annotations

import gc
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import orjson
import psycopg
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service import auth, errors, roles
from service.api import load_operations
from service.api.operation import PUBLIC, Answer, Call, Operation, idempotency, parse, render
from service.api.records import answered
from service.config import Settings
from service.content import disk
from service.context import Context
from service.records import write
from service.services import Services

log = logging.getLogger("clearance.http")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,80}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


#: Objects that come and go before the collector looks for cycles: a decision over many shots makes millions of facts and no cycle, and with
#: the interpreter's own 700 a third of its time went into looking.
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 100


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Return the application; pools and child processes are made at the first use, so that it may be forked before."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    services = (services or Services.from_settings(settings or Settings.from_environment())).assemble()
    app = Flask("service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = services.settings.upload_limit
    app.extensions["clearance"] = services
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(errors.Problem, _problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(psycopg.OperationalError, _database_lost)
    app.register_error_handler(OSError, _refused_by_system)
    app.register_error_handler(Exception, _last_resort)
    for declared in load_operations():
        _add(app, services, declared)
    _add_pages(app, services)
    return app


def _add(app: Flask, services: Services, declared: Operation) -> None:
    if declared.permission != PUBLIC and declared.permission not in roles.PERMISSIONS:
        raise RuntimeError(
            f"{declared.method} {declared.path} declares {declared.permission!r}, which no role carries; see service/roles.py"
        )
    app.add_url_rule(declared.rule, declared.name, _view(services, declared), methods=[declared.method], provide_automatic_options=False)


def _view(services: Services, declared: Operation) -> Callable[..., Response]:
    """Return the Flask view of an operation: authenticate, authorise, parse, run, answer."""

    def view(**path: str) -> Response:
        with ExitStack() as stack:
            context = _context(services, declared, stack)
            query, body, raw = parse(declared)
            key = idempotency(declared, context.studio_id, services.vault, raw) if declared.permission != PUBLIC else None
            call = Call(context, services, declared, path, query, body, key, request)
            answer = _replayed(call)
            if answer is None:
                stack.enter_context(services.lane(declared.lane))
                answer = declared.view(call)
            return render(declared, answer)

    return view


def _replayed(call: Call) -> Answer | None:
    """Return the answer of an earlier request with the same idempotency key, before anything is judged anew."""
    if call.key is None or call.operation.stream:
        return None
    earlier = write.replayed(call.context, call.key)
    if not earlier:
        return None
    return call.operation.replay(call, earlier) if call.operation.replay else answered(call.context, earlier[0], call.operation.status)


def _context(services: Services, declared: Operation, stack: ExitStack) -> Context:
    now = g.now
    if declared.permission == PUBLIC:
        actor = auth.NOBODY
    else:
        actor = auth.authenticate(services.database, request.headers.get("Authorization"), request.cookies.get(auth.COOKIE), now)
        auth.same_origin(request)
        auth.require(actor, declared.permission)
    conn = stack.enter_context(services.database.app(actor.studio_id)) if actor.studio_id else None
    blobs = services.blobs.of(actor.studio_id) if actor.studio_id else services.blobs
    return Context(actor, now, conn, services.ledger, blobs, services.vault)  # type: ignore[arg-type]


def _begin() -> None:
    offered = request.headers.get("X-Request-Id", "")
    g.request_id = offered if _REQUEST_ID.fullmatch(offered) else "req_" + secrets.token_hex(12)
    g.now = datetime.now(UTC)
    g.started = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers.setdefault("X-Request-Id", g.request_id)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    route = request.url_rule.rule if request.url_rule else "-"
    milliseconds = (time.perf_counter() - g.started) * 1000
    log.info(
        "request",
        extra={
            "request_id": g.request_id,
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(milliseconds, 1),
        },
    )
    return response


def _problem(problem: errors.Problem) -> Response:
    body = orjson.dumps(problem.document(g.request_id))
    response = Response(body, status=int(problem.status), content_type="application/problem+json")
    response.headers.extend(problem.headers)
    return response


def _http_problem(fault: HTTPException) -> Response:
    """Render the framework's own refusals (404, 405, 413 …) as problem documents too."""
    kinds: dict[int, type[errors.Problem]] = {
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        413: errors.TooLarge,
        415: errors.UnsupportedMedia,
        416: errors.RangeNotSatisfiable,
    }
    kind = kinds.get(fault.code or 500, errors.BadRequest)
    problem = kind(_sentence(fault), (fault.name or "error").lower().replace(" ", "_"))
    if isinstance(fault, MethodNotAllowed):
        problem.headers["Allow"] = ", ".join(sorted(fault.valid_methods or ()))
    return _problem(problem)


def _sentence(fault: HTTPException) -> str:
    if fault.code == 404:
        return "There is no such path; /openapi.json lists all of them."
    if isinstance(fault, MethodNotAllowed):
        return f"This path does not take {request.method}; it takes {', '.join(sorted(fault.valid_methods or ()))}."
    return fault.description or str(fault)


def _database_lost(fault: psycopg.OperationalError) -> Response:
    """Answer for a database that went away amid the request, as it does when it is restarted."""
    log.warning("the database was lost: %s", fault, extra={"request_id": g.get("request_id")})
    says = "The database went away amid this request. Ask again; with the same Idempotency-Key nothing is written twice."
    return _problem(errors.Unavailable(says, "database_unavailable", headers={"Retry-After": "2"}))


def _refused_by_system(fault: OSError) -> Response:
    """Answer for a full disk, a failing one, or too many open files, wherever it showed."""
    known = disk.problem(fault)
    if known is None:
        return _last_resort(fault)
    log.error("the system refused: %s", fault, extra={"request_id": g.get("request_id")})
    return _problem(known)


def _last_resort(fault: Exception) -> Response:
    """Answer 500 for what nobody foresaw, without telling the caller anything of the inside."""
    log.error("unhandled", exc_info=fault, extra={"request_id": g.get("request_id")})
    return _problem(errors.Problem("Something failed on our side; the request id finds it in the log.", "internal"))


def _add_pages(app: Flask, services: Services) -> None:
    """Register the pages for people, each with its own declared permission."""
    from service.web import pages

    pages.register(app, services)
