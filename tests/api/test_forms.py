"""Papers that a decision asks for: offered, filled from records, marked as drafts, and only for who may see them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import pytest

from service.forms import document, papers
from service.rules import load
from tests.api.conftest import Caller
from tests.rules import scenario as play

SCENARIOS = Path(play.__file__).parent / "scenarios"
PACKS = ("sagaftra-tvt-2023", "sagaftra-tvt-2026")


def entered(caller: Caller, name: str) -> dict[str, str]:
    """Send a scenario's records and return the ids by key."""
    told = play.read_scenario(SCENARIOS / f"{name}.yaml")
    ids: dict[str, str] = {}
    records = [record for step in told["steps"] for record in step.get("records", ()) if "version_of" not in record]
    lines = [{"kind": one["kind"], "key": one["key"], "body": play.plain(one["body"])} for one in records]
    answer = caller.send(
        "POST", "/v1/batch", data="\n".join(json.dumps(line) for line in lines).encode(), content_type="application/x-ndjson"
    )
    assert answer.status_code < 300, answer.get_data(as_text=True)
    for line in answer.get_data(as_text=True).splitlines():
        made = json.loads(line)
        ids[made["key"]] = made["id"]
    return ids


def decided(caller: Caller, subject: str, act: str = "release", at: str = "2026-11-20T12:00:00Z") -> dict[str, Any]:
    """Ask with the agreement's packs laid into the question."""
    question = {
        "subject": subject,
        "act": act,
        "at": at,
        "intent": {"territories": ["US"], "media": ["theatrical"]},
        "packs": [dict(load.load_packs()[name].document) for name in PACKS],
    }
    answer = caller.send("POST", "/v1/decisions", json=question)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json())


def text(content: bytes) -> str:
    """All the text of a document, its tables and its header."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    marks = [one.text for section in document.sections for one in (*section.header.paragraphs, *section.footer.paragraphs)]
    return "\n".join([*marks, *(one.text for one in document.paragraphs), *cells])


@pytest.mark.parametrize(
    ("name", "subject", "act", "form", "says"),
    [
        ("s22_superseded", "synth", "release", "synthetic-notice", ["SAG-AFTRA", "Two Terms", "Studio tool", "Larkfield Pictures"]),
        ("s22_superseded", "licence", "license_out", "training-licence-notice", ["Openfield AI", "Two Terms", "2026-11-01"]),
        ("s07_notice", "s1", "capture", "replica-notice", ["Notice of a replica session"]),
        ("s04_other_project", "insert", "release", "replica-rider", ["Series B"]),
    ],
)
def test_a_paper_is_filled_from_records(admin: Caller, name: str, subject: str, act: str, form: str, says: list[str]) -> None:
    ids = entered(admin, name)
    decision = decided(admin, ids[subject], act, at="2026-09-02T12:00:00Z" if act == "capture" else "2026-11-20T12:00:00Z")
    offered = [one for one in admin.send("GET", f"/v1/decisions/{decision['id']}/forms").get_json()["items"] if one["form"] == form]
    assert len(offered) == 1, offered
    assert offered[0]["causes"]
    draft = admin.send("GET", offered[0]["draft"])
    assert draft.status_code == 200, draft.get_data(as_text=True)
    found = text(draft.data)
    for words in (papers.DRAFT, *says):
        assert words in found, (words, found)
    assert "Not on record, to be completed" in found


def test_names_of_people_stand_only_where_they_may_be_read(admin: Caller, caller: Callable[..., Caller]) -> None:
    ids = entered(admin, "s04_other_project")
    decision = decided(admin, ids["insert"])
    offered = admin.send("GET", f"/v1/decisions/{decision['id']}/forms").get_json()["items"]
    rider = next(one for one in offered if one["form"] == "replica-rider")
    name = admin.send("GET", f"/v1/parties/{rider['person']}").get_json()["body"]["professional_name"]
    auditor = caller("production", studio_id=admin.studio_id)
    seen = auditor.send("GET", f"/v1/parties/{rider['person']}").get_json()["body"]["professional_name"]
    assert name in text(admin.send("GET", rider["draft"]).data)
    assert isinstance(seen, dict) == (name not in text(auditor.send("GET", rider["draft"]).data))


def test_the_ladder(admin: Caller, stranger: Caller) -> None:
    ids = entered(admin, "s04_other_project")
    decision = decided(admin, ids["insert"])
    listed = f"/v1/decisions/{decision['id']}/forms"
    assert stranger.send("GET", listed).status_code == 404
    assert stranger.send("GET", f"{listed}/replica-rider").status_code == 404
    assert admin.client.get(listed).status_code == 401
    assert admin.send("GET", "/v1/decisions/nonsense/forms").status_code == 404
    unknown = admin.send("GET", f"{listed}/no-such-paper")
    assert unknown.status_code == 404
    assert "replica-rider" in unknown.get_json()["detail"]
    assert admin.send("GET", f"{listed}/replica-rider?nobody=1").status_code == 422


def test_the_same_paper_says_the_same(admin: Caller) -> None:
    ids = entered(admin, "s22_superseded")
    decision = decided(admin, ids["synth"])
    address = f"/v1/decisions/{decision['id']}/forms/synthetic-notice"
    first, again = (text(admin.send("GET", address).data) for _ in range(2))
    assert first == again


def test_every_paper_that_a_rule_names_is_there() -> None:
    named = {
        (rule["id"], text["form"])
        for pack in load.load_packs().values()
        for rule in pack.rules
        for part in rule["require"]
        for text in (part, *(part["otherwise"] if isinstance(part["otherwise"], list) else ()))
        if "form" in text
    }
    assert len(named) > 30
    assert sorted(one for one in named if one[1] not in papers.known()) == []


@pytest.mark.parametrize("form", sorted(papers.known()))
def test_every_paper_can_be_written(form: str) -> None:
    """With nothing on record all of it is blank, and says so."""
    paper = papers.fill(form, {}, {}, ["dec_1"])
    written = text(document.docx(paper, datetime(2026, 9, 1, tzinfo=UTC)))
    assert paper.title in written
    assert papers.DRAFT in written
    assert all(label in written for label in paper.blanks)
