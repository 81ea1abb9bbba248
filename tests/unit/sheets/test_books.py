"""Files as they come: encodings, separators, headers that stand lower down, and what is hostile or broken is refused in clear words."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from service import errors
from service.sheets import corrected
from service.sheets.book import open_book
from service.sheets.cells import Unusable, column_name
from service.sheets.mapping import Options, currency, map_sheet, plan
from service.sheets.rows import read_row
from service.sheets.values import Manner

ROWS = [["Licensor", "Licensee", "Note"], ["Zoë — Bild", "Lantern", "a, b"]]


def workbook(*rows, change=None):
    book = Workbook()
    sheet = book.active
    sheet.title = "Licences"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def opened(content, name="licences.xlsx"):
    return open_book(io.BytesIO(content), name)


def cells(content, name="licences.xlsx"):
    return [list(row.cells) for row in opened(content, name).sheets[0].rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_in_every_encoding(encoding, mark):
    text = "\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in ROWS)
    book = opened(text.encode(encoding), "licences.csv")
    assert [list(row.cells) for row in book.sheets[0].rows()] == ROWS
    assert book.delimiter == mark


def test_a_header_below_a_title_and_columns_nobody_knows():
    content = workbook(["Northlight, all rights"], [], *ROWS)
    plain = plan(map_sheet(opened(content).sheets[0], Options()))
    assert (plain["kind"], plain["header_row"]) == ("licence", 3)
    assert [(each["column"], each["field"]) for each in plain["columns"]] == [("A", "grantor"), ("B", "grantee")]
    assert plain["unread"] == [{"column": "C", "header": "Note"}]
    told = plan(map_sheet(opened(content).sheets[0], Options(columns={"Licences!Note": "identifiers.note", "licensee": "-"})))
    assert [(each["column"], each["field"]) for each in told["columns"]] == [("A", "grantor"), ("C", "identifiers.note")]


def test_maps_that_lead_nowhere_or_twice():
    sheet = opened(workbook(*ROWS)).sheets[0]
    with pytest.raises(errors.Invalid) as fault:
        map_sheet(sheet, Options(columns={"Note": "granter"}))
    assert "Did you mean grantor" in fault.value.errors[0].message
    with pytest.raises(errors.Invalid, match=r"columns A .* and C .* both read as grantor"):
        map_sheet(sheet, Options(columns={"Note": "grantor"}))


def test_formulas_errors_and_merged_cells_are_not_guessed():
    content = workbook(["Licensor", "Licensee", "Fee"], ["Ada", "=A2", 1], [None, "B", 2], change=lambda sheet: sheet.merge_cells("A2:A3"))
    rows = cells(content)
    assert isinstance(rows[1][0], Unusable)
    assert "A2:A3 is merged" in rows[2][0].remedy
    assert "formula" in rows[1][1].remedy


def rezipped(content, name, replaced):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, replaced(old.read(part)) if part == name else old.read(part))
    return stream.getvalue()


def test_a_million_empty_rows_are_no_rows():
    sheet = "xl/worksheets/sheet1.xml"
    far = rezipped(workbook(*ROWS), sheet, lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"></row></sheetData>'))
    assert cells(far) == ROWS
    wide = rezipped(workbook(*ROWS), sheet, lambda xml: xml.replace(b"A1:C2", b"A1:XFD1048576"))
    assert cells(wide) == ROWS


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.xlsx", "password"),
        (b"a,b\n1,2\n", "a.xlsx", "no workbook by its content"),
        (b"PK\x03\x04nothing", "a.xlsx", "damaged"),
        (b"\x00\x01\x02\x00\x00\x07" * 99 + b"\x89PNG", "a.csv", "no text|cannot be told"),
        (b"a,b\n\x81\x8d\x8f\xff,2\n", "a.csv", "encoding that cannot be told"),
    ],
)
def test_what_is_no_sheet(content, name, says):
    with pytest.raises(errors.Invalid, match=says):
        opened(content, name)


def test_hostile_archives():
    good = workbook(*ROWS)
    with pytest.raises(errors.Invalid, match="not what its name says"):
        opened(good, "licences.csv")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(errors.Invalid, match="no workbook"):
        opened(other.getvalue())
    bomb = rezipped(good, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", b" " * (20 << 20) + b"</sheetData>"))
    assert len(bomb) < 1 << 16
    with pytest.raises(errors.TooLarge, match="would unpack to"):
        opened(bomb)
    laughs = rezipped(good, "xl/worksheets/sheet1.xml", lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml)
    with pytest.raises(errors.Invalid, match="document type"):
        opened(laughs)


def test_the_corrected_file_holds_no_formula(tmp_path):
    rows = [["Licensor", "Licensee"], ["'@cmd", "+1 200"], ["Ada", "Lantern"]]
    faults = [{"sheet": "Licences", "row": 2, "cell": "Licences!A2", "message": "=wrong"}]
    book = opened(workbook(*rows))
    to = tmp_path / "mend.xlsx"
    assert corrected.write(book, [{"sheet": "Licences", "header_row": 1}], faults, to) == 1
    sheet = load_workbook(to)["Licences"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["Licensor", "Licensee", "What to mend"],
        ["'@cmd", "'+1 200", "Licences!A2: =wrong"],
    ]
    assert cells(to.read_bytes())[1][:2] == ["@cmd", "+1 200"]
    text = opened(b'Licensor;Licensee\n-2;"\'=x"\n', "licences.csv")
    assert (
        corrected.write(text, [{"sheet": "licences", "header_row": 1}], [{**faults[0], "sheet": "licences"}], to.with_suffix(".csv")) == 1
    )
    assert to.with_suffix(".csv").read_text("utf-8-sig") == "Licensor;Licensee;What to mend\n'-2;'=x;Licences!A2: =wrong\n"


def test_columns_have_letters():
    assert [column_name(each) for each in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_currencies_stand_in_the_cell_or_in_the_header():
    def said(header, amount):
        content = workbook(["Licensor", "Licensee", header], ["Ada", "Lantern", amount])
        mapped = map_sheet(opened(content).sheets[0], Options())
        manners = {each.position: Manner(currency=currency(each)) for each in mapped.columns}
        return read_row(replace(mapped, manners=manners), next(iter(mapped.rows())))

    assert said("Fee (USD)", 5).of("fee") == {"amount": "5", "currency": "USD"}
    assert said("Fee (USD)", "EUR 5").of("fee") == {"amount": "5", "currency": "EUR"}
    assert "--set fee.currency=USD" in said("Fee", 5).faults[0].message
