"""`clearance rules`: what scripts rely on, without any service."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from service.cli import group
from service.rules.load import load_packs


def run(*words):
    result = CliRunner().invoke(group, ["rules", *words])
    return result.exit_code, result.output


def test_the_list_has_one_shape():
    code, output = run("list", "--json")
    rows = json.loads(output)
    assert code == 0
    assert all(list(row) == ["id", "pack", "clause", "mode", "confidence"] for row in rows)
    assert {row["id"] for row in rows} == {rule["id"] for pack in load_packs().values() for rule in pack.rules}
    assert {row["pack"] for row in json.loads(run("list", "--pack", "law-us", "--json")[1])} == {"law-us"}


def test_a_rule_and_a_pack_are_shown():
    assert "clause:" in run("show", "sagaftra-tvt-2026.minor.intimate-ban")[1]
    assert json.loads(run("show", "law-us", "--json")[1])["digest"] == load_packs()["law-us"].digest
    code, output = run("show", "nothing")
    assert code == 1
    assert "rules list" in output


def test_two_editions_are_compared(tmp_path):
    found = json.loads(run("diff", "sagaftra-tvt-2023", "sagaftra-tvt-2026", "--json")[1])
    assert "sagaftra-tvt-2026.icdr.floor-residuals" in found["added"]
    assert "sagaftra-tvt-2023.ebdr.creation-consent" in found["carried"]
    assert "They say the same." in run("diff", "law-us", "law-us")[1]


HOUSE = """
pack: house
kind: house
rules:
  - {id: house.no, clause: "1", summary: No., confidence: H, each: assets,
     require: [{id: never, test: {is_true: asset.ok}, otherwise: block}]}
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "told"), [("", "", 0, r"house is fine: [0-9a-f]{64}"), ("is_true", "is_tru", 1, "no operator")]
)
def test_a_pack_of_ones_own_is_checked(tmp_path, old, new, code, told):
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE.replace(old, new, 1) if old else HOUSE)
    status, output = run("test", str(file))
    assert status == code
    assert re.search(told, output)
