"""The pages for people, on the app: who may see them, what they send along, and how a problem looks to a person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, g, redirect, request, send_from_directory
from werkzeug.exceptions import HTTPException

from service import auth, docket, errors, roles
from service.api.operation import PUBLIC
from service.context import Context
from service.services import Services
from service.web import asset, assets, decisions, docs, forms, home, imports, ledger, obligations, records, reviews, rules, sign_in, waivers
from service.web.page import PAGES, STATIC, Download, Moved, Page, Picture, Shown, Visit, render

VIEWS = (home, sign_in, assets, asset, decisions, obligations, reviews, waivers, rules, records, imports, ledger, docs)

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
"""Nothing inline, nothing from elsewhere: hostile text that slipped through the escaping would still be only text."""

_NOBODY: dict[str, Any] = {"actor": None, "studio": "", "names": {}, "here": ""}
FORM_LIMIT = 400_000
"""More bytes than any form of ours can hold: what an upload may have is not for a form, which is read at once."""

_YEAR = 365 * 24 * 3600
_TITLES = {
    401: "Please sign in",
    403: "Your role does not reach this",
    404: "There is no such page",
    413: "That is too much at once",
    429: "Too many attempts",
    503: "Not just now",
}
_SPECIFIC = {404: "Nothing with this address exists in your studio. It may belong to another one, or the link may be cut off."}


def register(app: Flask, services: Services) -> None:
    """Put every declared page on the app; raises `RuntimeError` for a permission that no role carries."""
    for declared in PAGES:
        if declared.permission != PUBLIC and declared.permission not in roles.PERMISSIONS:
            raise RuntimeError(f"{declared.rule} declares {declared.permission!r}, which no role carries; see service/roles.py")
        app.add_url_rule(
            declared.rule, declared.name, _view(services, declared), methods=[declared.method], provide_automatic_options=False
        )
    app.add_url_rule("/static/<path:name>", "page_static", _file, methods=["GET"], provide_automatic_options=False)
    for kind in (errors.Problem, HTTPException, Exception):
        _translate(app, kind)


def _view(services: Services, declared: Page) -> Callable[..., Response]:
    """Return the Flask view of a page: who is it, may they, what is there, how does it look."""

    def view(**path: str) -> Response:
        with ExitStack() as stack:
            request.max_content_length = request.max_form_memory_size = declared.limit or FORM_LIMIT
            auth.same_origin(request)
            actor = auth.NOBODY
            if declared.permission != PUBLIC:
                actor = auth.authenticate(services.database, None, request.cookies.get(auth.COOKIE), g.now)
                auth.require(actor, declared.permission)
            context = _context(services, actor, stack)
            answer = declared.view(Visit(context, services, path, request.args.to_dict(), request))
            return _answer(context, answer)

    return view


def _context(services: Services, actor: Any, stack: ExitStack) -> Context:
    conn = stack.enter_context(services.database.app(actor.studio_id)) if actor.studio_id else None
    blobs = services.blobs.of(actor.studio_id) if actor.studio_id else services.blobs
    return Context(actor, g.now, conn, services.ledger, blobs, services.vault)  # type: ignore[arg-type]


def _answer(context: Context, answer: Shown | Moved | Picture | Download) -> Response:
    if isinstance(answer, Moved):
        return _moved(answer)
    if isinstance(answer, Download):
        named = {"Content-Disposition": f'attachment; filename="{answer.name}"', "Cache-Control": "no-store"}
        return _sealed(Response(answer.content, content_type=answer.media_type, headers=named))
    if isinstance(answer, Picture):
        kept = {"Cache-Control": "private, max-age=86400", "Vary": "Cookie"}
        return _sealed(Response(answer.content, content_type=answer.media_type, headers=kept))
    signed_in = bool(context.studio_id)
    common = _NOBODY | ({"actor": context.actor, "studio": docket.studio_name(context)} if signed_in else {})
    html = render(answer.template, common | dict(answer.values))
    return _sealed(Response(html, status=answer.status, content_type="text/html; charset=utf-8", headers=dict(answer.headers)))


def _moved(answer: Moved) -> Response:
    response: Any = redirect(answer.location, 303)
    if answer.cookie is not None:
        life = int(auth.SESSION_LIFE.total_seconds()) if answer.cookie else 0
        response.set_cookie(auth.COOKIE, answer.cookie, max_age=life, httponly=True, samesite="Lax", secure=request.is_secure, path="/")
    return _sealed(response)


def _sealed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _file(name: str) -> Response:
    """Send one of our own files; its address names its content, so it may be kept for good."""
    response = send_from_directory(STATIC, name, max_age=_YEAR)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return _sealed(response)


def _translate(app: Flask, kind: type[Exception]) -> None:
    """Put a page for people in front of the problem document of `kind` where a person asked; everybody else gets the document."""
    plain: Callable[[Exception], Response] = app.error_handler_spec[None][None][kind]  # type: ignore[assignment]

    def handler(fault: Exception) -> Response:
        response = plain(fault)
        return _for_people(response) if _asked_by_a_person() else response

    app.register_error_handler(kind, handler)


def _asked_by_a_person() -> bool:
    if request.endpoint is not None:
        return request.endpoint.startswith("page_")
    return not request.path.startswith("/v1/") and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _for_people(response: Response) -> Response:
    """Turn a problem document into a page; who is not signed in is taken to the sign-in and back again."""
    if response.status_code == 401 and request.endpoint != "page_sign_in_enter":
        return _sent_late() if _typed() else _to_sign_in()
    problem = orjson.loads(response.get_data())
    status = response.status_code
    values = {
        "title": _TITLES.get(status, problem["title"]),
        "detail": _SPECIFIC.get(status, problem["detail"]),
        "remedies": [f"{each['pointer']}: {each['message']}" for each in problem.get("errors", ())],
        "status": status,
        "request_id": problem["request_id"],
    }
    page = _sealed(Response(render("error.html", _NOBODY | values), status, content_type="text/html; charset=utf-8"))
    page.headers.extend((name, value) for name, value in response.headers if name in ("Retry-After", "Allow"))
    return page


def _typed() -> bool:
    """Tell whether somebody has typed something that would be lost."""
    return request.method == "POST" and 0 < (request.content_length or 0) <= FORM_LIMIT and bool(request.form)


def _sent_late() -> Response:
    """Keep what somebody typed into a form whose session has ended meanwhile; the request came from a page of ours."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name != forms.TOKEN]
    values = {"title": "Your session has ended", "address": request.path, "typed": typed}
    return _sealed(Response(render("sent_late.html", _NOBODY | values), 401, content_type="text/html; charset=utf-8"))


def _to_sign_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = f"/sign-in?next={quote(wanted, safe='/')}"
    if request.headers.get("HX-Request"):
        return _sealed(Response(status=204, headers={"HX-Redirect": "/sign-in"}))
    return _moved(Moved(target))
