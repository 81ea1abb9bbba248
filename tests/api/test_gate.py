"""`clearance gate` against a live service: exit statuses that pipelines rely on, at every stage."""

from __future__ import annotations

import hashlib
import json
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from service import client
from service.cli import group
from service.cli.gate import Found, status
from tests.api.test_decisions import adopt

PROFILE = {
    "name": "us",
    "default": True,
    "territories": ["US"],
    "media": ["streaming"],
    "window": {"start": "2027", "end": "2030"},
    "purpose": "final",
}


@pytest.fixture
def second(caller, admin):
    return caller("legal_reviewer", studio_id=admin.studio_id)


@pytest.fixture
def shot(tmp_path):
    file = tmp_path / "sh010.png"
    file.write_bytes(b"a picture")
    return file


def register(admin, file, production, **more):
    digest = {"algorithm": "sha256", "value": hashlib.sha256(file.read_bytes()).hexdigest()}
    body = {"productions": [production], "name": file.name, "type": "image", "origin": "camera", "digests": [digest], **more}
    return admin.create("assets", body)["id"]


@pytest.fixture
def gate(live, admin, monkeypatch, tmp_path):
    monkeypatch.setenv("CLEARANCE_URL", live)
    monkeypatch.setenv("CLEARANCE_API_KEY", admin.key)
    monkeypatch.setenv("CLEARANCE_DATA", str(tmp_path / "cli"))

    def run(*words):
        result = CliRunner().invoke(group, ["gate", *map(str, words)], standalone_mode=False)
        code = result.return_value if result.exception is None else getattr(result.exception, "exit_code", result.exception)
        return code, result.output

    return run


def test_cleared_is_0_and_json_is_the_decision(admin, second, gate, shot):
    production = admin.create("productions", {"title": "Tidewater", "format": "feature", "intent_profiles": [PROFILE]})["id"]
    adopt(admin, second, production, "law-us")
    asset = register(admin, shot, production)
    code, output = gate(shot, "--json")
    decision = json.loads(output)
    assert (code, decision["outcome"], decision["body"]["subjects"]) == (0, "cleared", [f"{asset}@1"])


def test_a_delivery_is_asked_about_as_a_whole(admin, second, gate, shot):
    production = admin.create("productions", {"title": "Tidewater", "format": "feature", "intent_profiles": [PROFILE]})["id"]
    adopt(admin, second, production, "law-us")
    asset = register(admin, shot, production)
    delivery = admin.create("deliveries", {"name": "Reel 1", "production": production, "assets": [asset]})["id"]
    code, output = gate("--delivery", delivery, "--json")
    decision = json.loads(output)
    assert (code, decision["outcome"], decision["delivery"], decision["files"]) == (0, "cleared", delivery, 1)


def test_review_is_3_and_at_publish_a_warning(admin, gate, shot):
    production = admin.create("productions", {"title": "Tidewater", "format": "feature", "intent_profiles": [PROFILE]})["id"]
    register(admin, shot, production)
    code, output = gate(shot)
    assert code == 3
    assert "REVIEW" in output
    assert "nothing_adopted" in output or "adopted no rules" in output
    assert gate(shot, "--stage", "publish")[0] == 0
    suite = ET.fromstring(gate(shot, "--junit")[1])
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    sarif = json.loads(gate(shot, "--sarif")[1])
    assert sarif["runs"][0]["results"][0]["level"] in {"error", "warning"}


def test_without_a_default_profile_it_refuses_to_guess(admin, gate, shot):
    production = admin.create("productions", {"title": "Tidewater", "format": "feature"})["id"]
    register(admin, shot, production)
    code, _ = gate(shot)
    assert code == 1
    assert gate(shot, "--intent", "nowhere")[0] == 1


def test_what_nobody_registered_stops_a_delivery_and_warns_a_publish(gate, shot):
    assert gate(shot)[0] == 2
    assert gate(shot, "--stage", "conform")[0] == 3
    assert gate(shot, "--stage", "publish")[0] == 0


def test_asked_wrongly_is_1(gate, shot):
    assert gate()[0] in {1, 2}
    assert gate(shot, "--delivery", "dlv_x")[0] in {1, 2}


def test_no_service_is_4_and_never_stops_a_publish(gate, shot, monkeypatch):
    monkeypatch.setenv("CLEARANCE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(client, "RETRIES", 2)  # each pause is twice the one before
    assert gate(shot)[0] == 4
    assert gate(shot, "--stage", "farm")[0] == 0


def test_a_key_that_is_refused_is_4(gate, shot, monkeypatch):
    monkeypatch.setenv("CLEARANCE_API_KEY", "clr_wrong")
    assert gate(shot)[0] == 4


@pytest.mark.parametrize(
    ("outcome", "stage", "strict", "expected"),
    [
        ("cleared", "delivery", False, 0), ("cleared_with_obligations", "delivery", False, 0), ("cleared_with_obligations", "delivery", True, 3),
        ("review", "delivery", False, 3), ("blocked", "delivery", False, 2), ("blocked", "publish", False, 0), ("review", "farm", True, 0),
        ("blocked", "conform", False, 0),
    ],
)  # fmt: skip
def test_exit_statuses(outcome, stage, strict, expected):
    assert status({"outcome": outcome, "causes": []}, Found({"ast": ["a"]}), stage=stage, strict=strict) == expected


def test_an_absolute_bar_stops_everywhere():
    decision = {"outcome": "blocked", "causes": [{"absolute": True, "result": "block"}]}
    for stage in ("publish", "farm", "conform", "delivery"):
        assert status(decision, Found({"ast": ["a"]}), stage=stage, strict=False) == 2
