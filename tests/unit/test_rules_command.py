"""`clearance rules`: what scripts rely on, without any service."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from service.cli import group
from service.rules import coverage
from service.rules.load import load_packs


def run(*words):
    result = CliRunner().invoke(group, ["rules", *words])
    return result.exit_code, result.output


def test_the_list_has_one_shape():
    code, output = run("list", "--json")
    rows = json.loads(output)
    assert code == 0
    assert all(list(row) == ["id", "pack", "clause", "mode", "confidence"] for row in rows)
    assert {row["id"] for row in rows} == {rule["id"] for pack in load_packs().values() for rule in pack.rules} | set(coverage.TEXTS)
    assert {row["id"] for row in rows if row["pack"] == "engine"} == set(coverage.TEXTS)
    assert {row["pack"] for row in json.loads(run("list", "--pack", "law-us", "--json")[1])} == {"law-us"}


def test_a_rule_and_a_pack_are_shown():
    assert "clause:" in run("show", "sagaftra-tvt-2026.minor.intimate-ban")[1]
    assert json.loads(run("show", "law-us", "--json")[1])["digest"] == load_packs()["law-us"].digest
    assert "counsel record which edition governs" in run("show", "x.version.dual-evaluate")[1]
    code, output = run("show", "nothing")
    assert code == 1
    assert "rules list" in output


def test_two_editions_are_compared(tmp_path):
    found = json.loads(run("diff", "sagaftra-tvt-2023", "sagaftra-tvt-2026", "--json")[1])
    assert "sagaftra-tvt-2026.icdr.floor-residuals" in found["added"]
    assert "sagaftra-tvt-2023.ebdr.creation-consent" in found["carried"]
    assert found["overridden"]["sagaftra-tvt-2023.synthetic.notice-bargain"] == "sagaftra-tvt-2026.synthetic.notice-timeline"
    assert "They say the same." in run("diff", "law-us", "law-us")[1]
    older, newer = tmp_path / "older.yaml", tmp_path / "newer.yaml"
    older.write_text(HOUSE)
    newer.write_text(HOUSE.replace("otherwise: block", "otherwise: review").replace("kind: house", "kind: house\ntitle: Ours"))
    told = run("diff", str(older), str(newer))[1]
    assert "require.never.otherwise: block -> review" in told
    assert "title: (nothing) -> Ours" in told


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


SCENARIOS = """
scenarios:
  - title: Frames
    rule: house.no
    element: {ok: true}
    expect: pass
    cases:
      - {change: {ok: false}, expect: {result: block, requirement: never}}
      - {change: {ok: null}, expect: block}
"""


@pytest.mark.parametrize("beside", [False, True])
def test_a_lawyer_tries_a_rule_with_scenarios_alone(tmp_path, beside):
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE + ("" if beside else SCENARIOS))
    if beside:
        (tmp_path / "house.scenarios.yaml").write_text(SCENARIOS)
    status, output = run("test", str(file))
    assert (status, output.count("ok  ")) == (0, 3)
    assert "Frames: ok: not known" in output
    told = json.loads(run("test", "--json", str(tmp_path))[1])
    assert (told["tried"], told["failed"], [pack["untested"] for pack in told["packs"]]) == (3, 0, [[]])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expect: pass", "expect: block", "FAIL  Frames: expected block, found pass"),
        ("requirement: never", "requirement: other", "found {'result': 'block', 'requirement': 'never'}"),
        ("ok: null", "ok: true", "FAIL  Frames: ok: True"),
        ("expect: pass", "expect: passes", "scenarios/0: expect: 'passes' is no result"),
        ("rule: house.no", "rule: house.yes", "has no rule 'house.yes'; it has house.no"),
        ("element: {ok: true}", "elements: {ok: true}", "scenarios/0: elements: no such key"),
        ("{ok: false}", "{shot.ok: false}", "shot.ok leads nowhere"),
        ("  - title: Frames", "  - 1\n  - title: Frames", "scenarios/0: a mapping is expected"),
        ("scenarios:", "scenarios: 1\nothers:", "scenarios: a list of scenarios is expected"),
        ("cases:", "cases: 1\n    note:", "cases: a list is expected"),
        ("element: {ok: true}", "facts: {act: sing}", "act: 'sing' is not one of"),
        ("element: {ok: true}", "facts: 1", "facts and element are mappings"),
    ],
)
def test_a_scenario_that_fails_or_cannot_be_read_ends_in_a_status(tmp_path, old, new, told):
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE + SCENARIOS.replace(old, new, 1))
    status, output = run("test", str(file))
    assert (status, told in output) == (1, True), output


def test_a_scenario_may_ask_for_everything_that_a_pack_says(tmp_path):
    whole = """
scenarios:
  - title: A frame of nobody knows what
    facts: {act: publish, intent: {territories: [], media: [streaming]}, assets: [{id: frame}]}
    expect: {outcome: blocked, rules: {house.no: block}}
    cases:
      - {change: {/assets.0.ok: true}, expect: {rules: {house.no: pass}}}
      - {change: {/assets.0.ok: true}, expect: blocked}
"""
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE + whole)
    status, output = run("test", str(file))
    assert (status, output.count("ok  "), output.count("FAIL")) == (1, 2, 1)
    file.write_text(HOUSE + whole.replace("outcome: blocked", "result: block"))
    assert "without a rule, an outcome" in run("test", str(file))[1]


def test_every_pack_that_comes_with_the_service_passes_its_scenarios():
    status, output = run("test", "--json")
    told = json.loads(output)
    assert (status, told["failed"]) == (0, 0)
    assert {pack["id"] for pack in told["packs"]} == set(load_packs())
    assert next(pack for pack in told["packs"] if pack["id"] == "licences")["tried"] > 3


def test_a_pack_of_ones_own_carries_the_rules_of_a_shipped_one(tmp_path):
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE.replace("kind: house", "kind: house\ncarries: platform-netflix"))
    carried = json.loads(run("show", str(file), "--json")[1])["carried_rules"]
    assert [rule["id"] for rule in carried] == [rule["id"] for rule in load_packs()["platform-netflix"].rules]
    assert run("test", "nothing.yaml")[0] == 1


def test_of_all_packs_only_what_fails_is_listed_and_of_a_named_one_everything() -> None:
    status, output = run("test")
    assert status == 0
    assert "ok  " not in output
    assert output.splitlines()[-1].endswith("questions; none failed.")
    assert "ok  " in run("test", "licences")[1]
