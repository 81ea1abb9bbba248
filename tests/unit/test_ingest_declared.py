"""The declared-tool sheet: each tool in its class, a sheet with nothing in it, and sheets that nobody meant well."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.ingest import bodies, register
from service.ingest.draft import Draft, Source

DIGEST = "ab" * 32


def sheet(text: str | list[dict[str, Any]], name: str | None = None, provider: str | None = "declared", sha256: str | None = None) -> Draft:
    content = text if isinstance(text, str) else json.dumps(text)
    (draft,) = register.read(Source(name=name, sha256=sha256, response=content.encode(), provider=provider))
    return draft


@pytest.mark.parametrize(
    ("tool", "tool_class", "asset", "stage", "actions"),
    [
        ("Filmustage", "analysis", "document", None, ["analyse"]),
        ("Largo.ai", "analysis", "document", None, ["analyse"]),
        ("Boords", None, "storyboard", "previs", None),
        ("Colourlab.AI", "processing", None, None, ["grade"]),
        ("StageCraft", None, "video", None, None),
        ("Ziva Dynamics", None, "model_3d", None, None),
        ("Amper Music", "generative", "music", None, ["generate"]),
        ("LTX Studio", "generative", None, None, ["generate"]),
        ("Marey", "generative", None, None, ["generate"]),
    ],
)
def test_each_tool_has_its_class(
    tool: str, tool_class: str | None, asset: str | None, stage: str | None, actions: list[str] | None
) -> None:
    draft = sheet([{"tool": tool, "output": "x.bin", "job_id": "7"}])
    assert (draft.tool_class, draft.asset.get("type"), draft.fields.get("stage")) == (tool_class, asset, stage)
    assert draft.fields.get("actions") == actions
    assert (draft.grade, draft.origin, draft.contradictions) == ("asserted", None, ())
    assert ("tool_class" in bodies.generation(draft, {})["tool"]) is (tool_class is not None)


SHEET = f"""Tool;Class;AI;Job;Date;Operator;Output;Output SHA256;Wall content;Scans;LUT;Plan;Trains on inputs;Mood
StageCraft;;no;v12;2026-09-14T10:00:00Z;M. Hale;take_7.mxf;;forest_v3.exr {DIGEST};;;;;
Ziva;;;rig-9;;;mara_rig.usd;{"cd" * 32};;ast_0123456789abcdef; ;;;
Colourlab AI;grade;;;;;graded.mov;;;;look.cube {"ef" * 32};Studio;no;calm
"""


def test_wall_content_is_an_ingredient_of_the_take() -> None:
    draft = sheet(SHEET, "take_7.mxf")
    assert (draft.tool, draft.tool_class, draft.job_id, draft.fields["operator_name"]) == ("StageCraft", "traditional", "v12", "M. Hale")
    assert [(i.role, i.name, i.relation, i.grade, i.digests[0].value) for i in draft.inputs] == [
        ("plate", "forest_v3.exr", "wall_content", "asserted", DIGEST)
    ]


def test_a_rig_comes_from_scans_and_is_found_by_its_digest() -> None:
    draft = sheet(SHEET, "another name", sha256="cd" * 32)
    assert [(i.role, i.record, i.relation) for i in draft.inputs] == [("scan", "ast_0123456789abcdef", "scanned_from")]


def test_a_grade_is_no_generation() -> None:
    draft = sheet(SHEET, "graded.mov")
    assert (draft.tool_class, draft.unread, draft.fields["terms"]) == (
        "processing",
        ("mood",),
        {"plan_tier": "Studio", "trains_on_inputs": False},
    )
    assert [(i.role, i.digests[0].value) for i in draft.inputs] == [("lut", "ef" * 32)]
    assert draft.raw[0].content.decode() == SHEET


def test_what_is_declared_against_what_is_known_is_said() -> None:
    draft = sheet([{"tool": "Filmustage", "class": "grade", "prompt": "a pier"}])
    assert [remark.code for remark in draft.contradictions] == ["class_differs", "generation_denied"]
    unknown = sheet([{"tool": "Some Tool", "ai": "yes", "inputs": [{"role": "mask", "name": "m.png", "sha256": DIGEST}]}])
    assert (unknown.tool_class, [remark.code for remark in unknown.contradictions]) == ("generative", ["class_unknown"])
    assert [(i.role, i.relation) for i in unknown.inputs] == [("mask", None)]


def test_a_sheet_is_known_by_its_columns_and_a_tool_by_the_provider() -> None:
    assert sheet(SHEET, "graded.mov", provider=None).adapter == "declared"
    assert sheet('{"rows": [{"tool": "Boords"}]}', provider=None).tool == "Boords"
    assert sheet("output,ai\nboard_1.png,yes", provider="boords").tool == "Boords"


def test_stripped_sheets_say_nothing() -> None:
    for text in ("", "{}", "[]", "tool,output\n", "tool,output\n,\n"):
        draft = sheet(text)
        assert (draft.tool, draft.tool_class, draft.models, draft.inputs, draft.fields) == (None, None, (), (), {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tool,class\nX,magic", "Row 2, column class"),
        ("tool,ai\nX,perhaps", "column ai"),
        ("tool,output_sha256\nX,abc", "column output_sha256"),
        ("tool,consents\nX,rider", "column consents"),
        ("tool,seed\nX,-1", "column seed"),
        ("tool,input_spell\nX,a.png", "no role of an input"),
        ("tool,employer\nX,Harbour", "column employer"),
        ("tool,tool\nX,Y", "Two columns"),
        ("tool,output\nX,a\nX,a", "2 rows name"),
        ("tool,output\nX,b\nX,c", "No row of 2"),
        ("output\na", "name the tool"),
        ("tool,output\nX,a,b,c", "4 cells under 2 columns"),
        ('tool,output\n"X', "cannot be read"),
        ("[1]", "no object"),
        ('[{"tool": "X", "inputs": [1]}]', "column inputs"),
        ('{"a": ' * 5000, "too deeply|not JSON"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_row_and_column(text: str, says: str) -> None:
    with pytest.raises(errors.Invalid, match=says):
        sheet(text, "a")


def test_another_file_is_not_meant_by_the_only_row() -> None:
    with pytest.raises(errors.Invalid, match="No row"):
        sheet(f"tool,output_sha256\nX,{DIGEST}", "a", sha256="cd" * 32)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_give_a_draft_or_a_problem(content: bytes) -> None:
    try:
        register.read(Source(response=b"tool,output,class\n" + content, provider="declared"))
    except errors.Problem:
        return
