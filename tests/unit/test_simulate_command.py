"""`clearance simulate`: pages become one answer, and files that are no YAML are refused with a sentence."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from service.cli import group
from service.cli.simulate import together


def page(change, count, *items):
    cause = {
        "change": change,
        "id": "a#b",
        "result": "block",
        "rule": "a",
        "code": "b",
        "count": count,
        "items": [{"id": one} for one in items],
    }
    outcome = {"before": "cleared", "after": "blocked", "count": count}
    return {"known_at": 7, "packs": [], "looked_at": 10, "changed": count, "outcomes": [outcome], "causes": [cause], "next": None}


def test_pages_are_added_up():
    found = together(iter([page("appears", 2, "x", "y"), page("appears", 1, "z"), page("goes", 1, "x")]))
    assert (found["looked_at"], found["changed"], found["outcomes"]) == (30, 4, [{"before": "cleared", "after": "blocked", "count": 4}])
    assert [(cause["change"], cause["count"], len(cause["items"])) for cause in found["causes"]] == [("appears", 3, 3), ("goes", 1, 1)]
    many = together(page("appears", 80, *map(str, range(80))) for _ in range(3))
    assert (many["causes"][0]["count"], len(many["causes"][0]["items"])) == (240, 100)


@pytest.mark.parametrize("words", [["--pack"], ["--overlay"]])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, words):
    file = tmp_path / "broken.yaml"
    file.write_text("a: 0.5")
    result = CliRunner().invoke(group, ["simulate", "--production", "prd_1", *words, str(file)])
    assert result.exit_code == 1
    assert "broken.yaml: line 1: 0.5: write decimals in quotes" in result.output
