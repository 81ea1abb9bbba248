"""A declared-tool sheet through the API: the wall's content becomes an ingredient of the take, and the row is imported once."""

from __future__ import annotations

from typing import Any

Caller = Any
WALL, TAKE = "ab" * 32, "cd" * 32


def imported(caller: Caller, status: int, **body: Any) -> Any:
    answer = caller.send("POST", "/v1/generations/import", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_row_becomes_a_run_with_its_ingredients_once(admin: Caller) -> None:
    wall = admin.create("assets", {"type": "video", "name": "forest", "digests": [{"algorithm": "sha256", "value": WALL}]})["id"]
    row = {"tool": "StageCraft", "ai": "no", "job_id": "v12", "output": "take_7.mxf", "output_sha256": TAKE, "operator": "M. Hale",
           "wall_content": f"forest_v3.exr {WALL}", "trains_on_inputs": "no"}  # fmt: skip
    sheet = {"rows": [row, {**row, "output": "take_8.mxf", "output_sha256": "ef" * 32, "tool": "Filmustage", "wall_content": ""}]}
    told = imported(admin, 201, provider="declared", response=sheet, file_name="take_7.mxf")
    body = told["record"]["body"]
    assert (body["tool"]["tool_class"], body["provider"]["job_id"], body["grade"]) == ("traditional", "v12", "asserted")
    assert (body["inputs"][0]["asset"], body["inputs"][0]["grade"], body["operator_name"]) == (wall, "asserted", "M. Hale")
    take = admin.send("GET", f"/v1/assets/{told['asset']}").get_json()["body"]
    assert [(each["relation"], each["grade"]) for each in take["parents"]] == [("generated_by", "asserted"), ("wall_content", "asserted")]
    assert (take["digests"], "origin" in take) == ([{"algorithm": "sha256", "value": TAKE}], False)
    again = imported(admin, 200, provider="declared", response=sheet, file_name="take_7.mxf")
    assert (again["found"], again["generation"]) == (True, told["generation"])
    other = imported(admin, 201, provider="declared", response=sheet, file_name="take_8.mxf")
    analysed = admin.send("GET", f"/v1/assets/{other['asset']}").get_json()["body"]
    assert (analysed["type"], other["record"]["body"]["actions"]) == ("document", ["analyse"])
    refused = admin.send("POST", "/v1/generations/import", json={"provider": "declared", "response": sheet})
    assert (refused.status_code, "No row of 2" in refused.get_data(as_text=True)) == (422, True)
