"""A whole sheet of declared work in one call: rows that are wrong are named by cell, and the same sheet again changes nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from openpyxl import Workbook

from service.ingest import declared_sheet

Caller = Any
HEADER = "Tool,Class,Job ID,Output,Output SHA256,Date,Operator,Seed,Prompt,Mood"
SHA = ["ab" * 32, "cd" * 32, "ef" * 32]
ROWS = [
    f"Boords,previs,j1,a.png,{SHA[0]},2026-09-14T10:00:00Z,Lee Ward,,,calm",
    f"LTX Studio,,j2,b.mp4,{SHA[1]},,Lee Ward,12,a harbour,",
    "Largo.ai,,,report.pdf,,,,,,",
]


def imported(caller: Caller, content: bytes, name: str = "tools.csv", status: int = 200, **options: Any) -> Any:
    data = {"file": (io.BytesIO(content), name), "options": json.dumps(options)}
    answer = caller.send("POST", "/v1/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def counts(told: Any) -> tuple[int, int, int]:
    return told["created"], told["unchanged"], told["refused"]


def test_a_sheet_becomes_runs_once_and_says_what_is_wrong(admin: Caller) -> None:
    there = admin.create("assets", {"type": "image", "name": "a", "digests": [{"algorithm": "sha256", "value": SHA[0]}]})["id"]
    sheet = "\n".join([HEADER, *ROWS]).encode()
    assert counts(imported(admin, sheet, dry_run=True)) == (3, 0, 0)
    told = imported(admin, sheet)
    assert (counts(told), told["form"][:3], told["sheets"][0]["kind"]) == ((3, 0, 0), "CSV", "generation")
    assert [one["header"] for one in told["sheets"][0]["unread"]] == ["Mood"]
    runs = [admin.send("GET", f"/v1/generations/{row['id']}").get_json()["body"] for row in told["rows"]]
    assert (runs[0]["outputs"][0]["asset"], runs[0]["stage"], runs[0]["operator_name"]) == (there, "previs", "Lee Ward")
    assert (runs[1]["sampling"][0]["seed"], runs[1]["provider"]["job_id"], runs[1].get("unread", [])) == (
        "12",
        "j2",
        [],
    )
    assert [new["kind"] for new in told["rows"][1]["new"]] == ["asset"]
    raw = admin.send("GET", f"/v1/generations/{told['rows'][2]['id']}/source?name=sheet")
    assert raw.get_data() == sheet
    assert counts(imported(admin, sheet)) == (0, 3, 0)
    worse = [
        ROWS[0],
        "Boords,nonsense,j5,c.png,,,,,,",
        "Boords,previs,j6,d.png,,,pty_01m804kqbvemd9zk6jpvesq7ky,,,",
        f"LTX Studio,,j7,e.mp4,{SHA[2]},,,seven,,",
        f"LTX Studio,,j8,f.mp4,{SHA[2]},,,7,,",
        f"LTX Studio,,j8,f.mp4,{SHA[2]},,,8,,",
    ]
    told = imported(admin, "\n".join([HEADER, *worse]).encode())
    assert counts(told) == (1, 1, 4)
    assert [fault["cell"] for fault in told["faults"]] == ["tools!B3", "tools!H5", "tools!C7", "tools!G4"]
    assert "register it first" in told["faults"][3]["message"]


def test_workbooks_and_json_rows(admin: Caller) -> None:
    book = Workbook()
    book.active.title = "Tools"
    for row in [
        ["Work in tools"],
        [],
        ["Software", "AI", "Job", "Output", "Version", "SHA256"],
        ["Marey", "yes", 7, "g.mov", 1.5, "=A1"],
        ["Marey", "yes", 8, "h.mov", 2.0, None],
    ]:
        book.active.append(row)
    parties = book.create_sheet("Parties")
    for row in [["Name", "Type"], ["Lee Ward", "person"]]:
        parties.append(row)
    file = io.BytesIO()
    book.save(file)
    told = imported(admin, file.getvalue(), "work.xlsx")
    assert (counts(told), {one["kind"] for one in told["sheets"]}) == ((2, 0, 1), {"generation", "party"})
    assert (told["faults"][0]["cell"], "formula" in told["faults"][0]["message"]) == ("Tools!F4", True)
    rows = [{"tool": "Amper", "job_id": "k1", "output": "s.wav", "seed": 2**70}, {"tool": "Amper", "class": "odd"}]
    told = imported(admin, json.dumps({"rows": rows}).encode(), "rows.json")
    assert (counts(told), told["form"], told["faults"][0]["cell"]) == ((1, 0, 1), "JSON", "rows[2].class")
    assert imported(admin, b"Name,Type\nA,person\n", status=422, kind="generation")["code"] == "unreadable_sheet"
    told = imported(admin, b"What,Which\nx.mov,9\n", kind="generation", map={"What": "output", "Which": "job"}, set={"tool": "Marey"})
    assert counts(told) == (1, 0, 0)


def test_a_sheet_that_is_too_long_is_refused_before_a_row_is_written(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared_sheet, "MOST_ROWS", 2)
    sheet = "Tool,Job\n" + "".join(f"Boords,z{number % 2}\n" for number in range(3))
    assert imported(admin, sheet.encode(), status=413, kind="generation")["code"] == "sheet_too_large"
    assert admin.send("GET", "/v1/generations").get_json()["items"] == []
