"""After somebody was erased every page still stands, says so where it has to, and names them nowhere; so do the files made from pages."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import erasure
from service.decisions import decide, question
from tests.web.world import NOW, World

PEOPLE = ("performer", "artist")
SAID = re.compile(r"Quill|Maria|Jonas|Brandt", re.IGNORECASE)


@pytest.fixture(scope="module")
def erased(world: World) -> World:
    with world.services.database.app(world.studio_id) as conn:
        for name in PEOPLE:
            done = erasure.erase(world.context(conn), world.ids[name], basis="law", document=None)
            assert done.values
    return world


def links(html: str) -> set[str]:
    """Where a page leads, without other orders and filters of the same list."""
    found = {unescape(link) for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)', html)}
    return {link for link in found if "?" not in link or "/forms/" in link}


def readable(answer: Any) -> str:
    content = answer.get_data()
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    return content.decode(errors="replace")


def test_every_page_stands_and_names_them_nowhere(client: FlaskClient, erased: World) -> None:
    todo, seen = {"/", *(f"/records/{name}" for name in erased.ids.values())}, {}
    while todo:
        path = todo.pop()
        if path.startswith(("/static", "/sign-out")):
            continue
        answer = client.get(path)
        seen[path] = readable(answer)
        assert answer.status_code < 400, f"{path}: {answer.status_code}"
        if answer.mimetype == "text/html":
            todo |= links(seen[path]) - seen.keys()
    assert len(seen) > 40
    assert [path for path in seen if "/forms/" in path], "drafts of papers are downloaded too"
    assert {path: found[0] for path, text in seen.items() if (found := SAID.search(text))} == {}
    for name in PEOPLE:
        assert ">erased<" in seen[f"/records/{erased.ids[name]}"]


def test_what_is_made_from_records_names_them_nowhere(client: FlaskClient, erased: World) -> None:
    made = {
        path: readable(client.get(path))
        for path in ("/v1/obligations/due.ics", "/v1/obligations/due.csv", "/v1/parties", "/v1/consents", "/v1/events")
    }
    for decision in [each["id"] for each in client.get("/v1/decisions").get_json()["items"]]:
        made[f"{decision}/forms"] = readable(client.get(f"/v1/decisions/{decision}/forms"))
        made[decision] = readable(client.get(f"/v1/decisions/{decision}"))
    assert made["/v1/parties"].count('{"erased":true}') >= len(PEOPLE)
    assert {path for path, text in made.items() if SAID.search(text)} == set()
    for query in ("Mara Quill", "Quill", "Jonas Brandt"):
        assert client.get("/v1/parties", query_string={"label": query}).get_json()["items"] == []


def test_a_new_decision_does_not_know_what_was_forgotten(erased: World) -> None:
    with erased.services.database.app(erased.studio_id) as conn:
        context = erased.context(conn)
        shots = [name for name in erased.ids.values() if name.startswith("ast_")]
        decided = decide.decide(context, question.Question((shots[0],), at=NOW, dry_run=True))
    assert not SAID.search(str(decided.facts))
