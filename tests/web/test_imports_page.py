"""The page that takes a spreadsheet: a plan with its faults by cell, the import, the rows that go back."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.web import imports
from service.web.imports import said
from tests.web.sent import forms

SHEET = (
    "Licensor,Licensor type,Licensed Work,Territory,Term Start,Term End,Colour\n"
    "Ada Quill,person,Reel 7,US,2026-08-01,2030-12-31,red\n"
    "Ada Quill,person,Reel 8,Untied States,yesterday,2030-12-31,blue\n"
)


def post(client: FlaskClient, page: str, content: str | bytes | None, name: str = "licences.csv", **fields: Any) -> Any:
    """Send the form of a page that was shown, with a file where one is chosen."""
    data: dict[str, Any] = {**forms(page)[0].values, **fields}
    data.pop("file", None)
    if content is not None:
        data["file"] = (BytesIO(content.encode() if isinstance(content, str) else content), name)
    return client.post("/imports", data=data, content_type="multipart/form-data")


def start(client: FlaskClient) -> str:
    return client.get("/imports").get_data(as_text=True)


def test_a_sheet_is_shown_then_imported_and_its_bad_rows_go_back(client: FlaskClient) -> None:
    plan = post(client, start(client), SHEET, do="look").get_data(as_text=True)
    assert "1 row can go in, 1 row is to be mended" in plan
    assert "licences!D3" in plan
    assert "licences!E3" in plan
    assert 'value="grantor"' in plan
    assert re.search(r'value="licences!Colour"><input name="field" value=""', plan)
    assert "--" not in re.sub(r"<[^>]*>", "", plan)

    again = post(client, plan, None, do="look").get_data(as_text=True)
    assert 'value="licences!Colour"' in again
    done = post(client, plan, None, do="import").get_data(as_text=True)
    assert "1 row went in, 1 row is to be mended" in done
    assert "/records/lic_" in done
    twice = post(client, plan, None, do="import").get_data(as_text=True)
    assert "0 rows went in" in twice
    mended = post(client, done, None, do="mend")
    assert mended.headers["Content-Disposition"] == 'attachment; filename="licences.corrected.csv"'
    text = mended.get_data().decode("utf-8-sig")
    assert text.splitlines()[0].endswith("What to mend")
    assert "Reel 8" in text
    assert "Reel 7" not in text


def test_what_cannot_be_read_comes_back_with_the_file_kept(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = post(client, start(client), "apples,pears\n1,2\n", name="fruit.csv", do="look")
    page = unescape(unknown.get_data(as_text=True))
    assert unknown.status_code == 422
    assert "What the rows are" in page
    assert "fruit.csv is still here" in page
    assert "--kind" not in page
    assert "Choose the spreadsheet" in post(client, start(client), None, do="look").get_data(as_text=True)
    monkeypatch.setattr(imports, "FILE_LIMIT", 100)
    assert "split the file, or import it with" in post(client, start(client), SHEET, do="look").get_data(as_text=True)
    stale = client.post("/imports", data={"do": "import", "kept": "YQ=="}, content_type="multipart/form-data")
    assert stale.status_code == 403


def test_a_sheet_of_work_in_tools_comes_in_here_too(client: FlaskClient) -> None:
    sheet = "Tool,Class,Job ID,Output,Mood\nBoords,previs,w1,a.png,calm\nBoords,nonsense,w2,b.png,calm\n"
    plan = post(client, start(client), sheet, "tools.csv", do="look").get_data(as_text=True)
    assert "1 row can go in, 1 row is to be mended" in plan
    assert re.search(r'value="tools!Output"><input name="field" value="output"', plan)
    moved = plan.replace('value="output"', 'value="notes"')
    assert 'value="tools!Output"><input name="field" value="notes"' in post(client, moved, None, do="look").get_data(as_text=True)
    done = post(client, plan, None, do="import").get_data(as_text=True)
    assert "1 row went in" in done
    assert "/records/gen_" in done
    mended = post(client, done, None, do="mend").get_data().decode("utf-8-sig")
    assert ("w2" in mended, "w1" in mended) == (True, False)
    again = post(client, start(client), mended.replace("nonsense", "previs"), "tools.csv", do="import").get_data(as_text=True)
    assert "1 row went in" in again


def test_who_may_not_write_is_told(colleague: Any) -> None:
    auditor = colleague("auditor")
    assert "Your role may not record" in start(auditor)
    assert "/imports" not in auditor.get("/records").get_data(as_text=True)


def test_the_importer_speaks_in_the_words_of_the_page() -> None:
    assert said('map it with --map "Fee=field", or =- to leave it out.') == "map it in the table of columns."
    assert said("add a column Production, or --set production=….") == "add a column Production, or “production=…” under “For every row”."
    assert (
        said("give --dates dmy or --dates mdy, or write 2026-08-10.") == "choose the order under “Dates in numbers”, or write 2026-08-10."
    )
