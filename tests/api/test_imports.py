"""A Rightsline-like workbook through POST /v1/imports and `clearance import`: in, again, corrected, and refused where it is hostile."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.api.conftest import Caller

LICENCES = (
    ("Rightsline ID", "Licensor", "Licensor type", "Licensee", "Licensed Work", "Territory", "Media", "Term Start", "Term End", "Fee", "Currency", "AI Training", "Colour"),
    ("RL-1", "Ada Quill", "person", "Lantern Pictures Inc", "Harbour at Night; Tide", "United States; Germany, FR", "SVOD; Theatrical", date(2026, 8, 1), "31/12/2030", 12000.5, "USD", "Yes", "red"),
    ("RL-2", "ada  quill", "person", "Lantern Pictures Inc", "Dunes", "Worldwide", "All media", date(2026, 8, 1), "01/02/2031", "EUR 1,500.00", None, "no", None),
    ("RL-3", "Marrow Archive", None, "Lantern Pictures Inc", "Reel 4", "Untied States", "SVOD", "yesterday", "03/04/2031", None, None, "maybe", None),
    ("RL-4", "Marrow Archive", None, "Lantern Pictures Inc", "=SUM(A1)", "NO", "TV", "2026-09", None, None, None, None, None),
)  # fmt: skip
CAST = (
    ("Cast of Project Lantern",),
    ("Performer", "Character", "Production", "Category", "Start", "Daily Rate", "Union"),
    ("Mira Sol", "Captain Wren", "Project Lantern", "Lead", date(2026, 8, 17), "$1,200", "Y"),
    ("Tom Ash", "Guard", "Project Lantern", "Extra", date(2026, 8, 18), "USD 300", None),
)
SCREENED = (("Screening",), ("nothing that anybody knows",))


def workbook(**sheets: tuple[tuple[Any, ...], ...]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def imported(caller: Caller, content: bytes, name: str = "rights.xlsx", *, status: int = 200, **options: Any) -> dict[str, Any]:
    data = {"file": (io.BytesIO(content), name), "options": json.dumps(options)}
    answer = caller.send("POST", "/v1/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return dict(answer.get_json())


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(answer[name] for name in ("created", "changed", "unchanged", "refused"))


def listed(caller: Caller, collection: str) -> list[dict[str, Any]]:
    return [each["body"] for each in caller.send("GET", f"/v1/{collection}?limit=200").get_json()["items"]]


def test_a_workbook_goes_in_and_again_changes_nothing(admin: Caller) -> None:
    admin.create("productions", {"title": "Project Lantern", "format": "feature"})
    content = workbook(Licences=LICENCES, Cast=CAST, Screened=SCREENED)
    planned = imported(admin, content, dry_run=True)
    assert (counts(planned), listed(admin, "licences"), listed(admin, "parties")) == ((3, 0, 0, 3), [], [])
    done = imported(admin, content)
    assert counts(done) == (3, 0, 0, 3) == counts(planned)
    assert done["faults"] == planned["faults"]
    faults = {each["cell"]: each["message"] for each in done["faults"]}
    assert set(faults) == {"Licences!F4", "Licences!H4", "Licences!L4", "Licences!E5", "Cast!F3"}
    assert "did you mean United States (US)?" in faults["Licences!F4"]
    assert "paste its value" in faults["Licences!E5"]
    assert "three letters" in faults["Cast!F3"]
    assert any("Licences!M (Colour) is not read" in each for each in done["warnings"])
    assert any("Screened is not read" in each for each in done["warnings"])
    first = next(each for each in listed(admin, "licences") if each["identifiers"][0]["value"] == "RL-1")
    assert (first["territories"], first["media"], first["window"]) == (
        ["US", "DE", "FR"],
        ["streaming", "theatrical"],
        {"start": "2026-08-01", "end": "2030-12-31"},
    )
    assert (first["fee"], first["training"], len(first["sources"])) == ({"amount": "12000.5", "currency": "USD"}, {"granted": True}, 2)
    people = listed(admin, "parties")
    assert sorted(each.get("name") or each["professional_name"] for each in people) == ["Ada Quill", "Lantern Pictures Inc", "Tom Ash"]
    assert counts(imported(admin, content)) == (0, 0, 3, 3)
    changed = [list(row) for row in LICENCES]
    changed[1][5], changed[1][9] = "US", None
    assert counts(imported(admin, workbook(Licences=tuple(map(tuple, changed))))) == (0, 1, 1, 2)
    after = next(each for each in listed(admin, "licences") if each["identifiers"][0]["value"] == "RL-1")
    assert (after["territories"], after["fee"]["amount"]) == (["US"], "12000.5")


def test_names_that_are_two_people_or_nobody(admin: Caller) -> None:
    for born in ("1980", "1990"):
        admin.create("parties", {"type": "person", "professional_name": "Jo Reed", "birth_date": born})
    rows = "Consent ID,Performer,Capacity,Consent given,Purpose\nC1,Jo Reed,self,yes,use\nC2,Kim Vale,self,no,training\nC3,Kim Vale,self,perhaps,use\n"
    answer = imported(admin, rows.encode(), "consents.csv")
    assert (counts(answer), [each["cell"] for each in answer["faults"]]) == ((1, 0, 0, 2), ["consents!B2", "consents!D4"])
    assert answer["faults"][0]["message"].count("pty_") == 2
    stated = listed(admin, "consents")[0]
    assert (stated["answer"], stated["grantor"] == stated["person"]) == ("refused", True)
    unknown = "Licensor,Licensee\nZed Blue,Lantern Ltd\n"
    assert "grantor:type" in imported(admin, unknown.encode(), "licences.csv")["faults"][0]["message"]
    assert len(listed(admin, "parties")) == 3, "a refused row leaves nobody behind"
    assert counts(imported(admin, unknown.encode(), "licences.csv", set={"grantor:type": "person"})) == (1, 0, 0, 0)
    assert counts(imported(admin, unknown.encode(), "licences.csv", set={"grantor:type": "organisation"})) == (0, 0, 1, 0)


def test_who_may_not_write_a_kind(admin: Caller, caller: Callable[..., Caller]) -> None:
    reader = caller("auditor", studio_id=admin.studio_id)
    assert imported(reader, workbook(Licences=LICENCES), status=403)["code"] == "missing_permission"


def test_a_row_that_the_ledger_refuses_leaves_nothing_behind(admin: Caller, caller: Callable[..., Caller]) -> None:
    ours, other = (admin.create("productions", {"title": title, "format": "feature"})["id"] for title in ("Lantern", "Harbour"))
    limited = caller("studio_admin", studio_id=admin.studio_id, productions=[ours])
    rows = f"Ref,Licensor,Licensed Work,Shown to\n1,Quay Ltd,Dunes,{ours}\n2,Marrow Ltd,Tide,{other}\n3,Quay Ltd,Reel,{ours}\n"
    answer = imported(limited, rows.encode(), "licences.csv", map={"Ref": "identifiers.ref", "Shown to": "productions"})
    assert (counts(answer), "Your key is limited to" in answer["faults"][0]["message"]) == ((2, 0, 0, 1), True)
    assert [each["name"] for each in listed(admin, "parties")] == ["Quay Ltd"]
    assert sorted(each["title"] for each in listed(admin, "sources")) == ["Dunes", "Reel"]


def test_rows_about_the_same_party(admin: Caller) -> None:
    rows = "ID,Name,Type,Country\n1,Quay Ltd,company,GB\n2,Ivo Park,person,\n2,Ivo Parker,person,\n,Nobody,,\n"
    answer = imported(admin, rows.encode(), "parties.csv")
    assert counts(answer) == (2, 0, 0, 2)
    assert "parties!3 is about the same party and says otherwise" in answer["faults"][0]["message"]
    assert "add a column Type" in answer["faults"][1]["message"]


def test_the_command_and_the_corrected_file(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "rights.xlsx"
    file.write_bytes(workbook(Licences=LICENCES))
    status, text = run("import", str(file), "--dry-run")
    assert status == 2
    assert "B  Licensor -> grantor" in text
    assert "2 would be created" in text
    assert not list(tmp_path.glob("*corrected*"))
    status, text = run("import", str(file))
    assert (status, "Licences!F4:" in text, text.splitlines()[-2]) == (2, True, "2 created, 0 changed, 0 unchanged, 2 refused.")
    mend = load_workbook(tmp_path / "rights.corrected.xlsx")
    sheet = mend["Licences"]
    assert [cell.value for cell in sheet[1]] == [*LICENCES[0], "What to mend"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["RL-3", "RL-4"]
    assert sheet["I2"].value == "2031-04-03", "the rows that said which comes first stay behind"
    for cell, value in (("F2", "United States"), ("H2", "2026-09-01"), ("L2", "No"), ("E3", "Reel 5")):
        sheet[cell] = value
    mend.save(tmp_path / "rights.corrected.xlsx")
    status, text = run("import", str(tmp_path / "rights.corrected.xlsx"), "--map", "Colour=-")
    assert (status, text.splitlines()[-1]) == (0, "2 created, 0 changed, 0 unchanged, 0 refused.")
    (tmp_path / "empty.csv").write_text("")
    assert run("import", str(tmp_path / "empty.csv")) == (1, "Error: empty.csv is empty.\n")
