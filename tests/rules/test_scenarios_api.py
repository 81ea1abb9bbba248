"""The same scenarios through the public API: records by POST /v1/batch, packs signed and adopted by two people, questions by POST /v1/decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import auth
from service.app import create_app
from service.rules.names import worst
from service.services import Services
from tests.rules import scenario as play

NOW = datetime.now(UTC)
FILES = play.scenario_files()


@dataclass
class Caller:
    """Two people of one studio at the API, and the keys of the scenario."""

    client: FlaskClient
    first: str
    second: str
    keys: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def send(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """POST and return the JSON of an answer that must be good."""
        answer = self.client.post(path, json=body, headers={"Authorization": f"Bearer {key or self.first}"})
        assert answer.status_code < 300, (path, answer.get_data(as_text=True)[:2000])
        return answer.get_json()

    def enter(self, records: list[Mapping[str, Any]]) -> None:
        """Send records as the lines of one atomic batch."""
        lines = [self._line(play.plain(record)) for record in records]
        answer = self.client.post(
            "/v1/batch",
            data="\n".join(json.dumps(line) for line in lines).encode(),
            headers={"Authorization": f"Bearer {self.first}", "Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code < 300, answer.get_data(as_text=True)[:2000]
        for record, made in zip(records, _lines(answer.get_data(as_text=True)), strict=True):
            if "key" in record:
                self.keys[f"${record['key']}"] = made["id"]
            self.versions[made["id"]] = made["version"]

    def _line(self, record: dict[str, Any]) -> dict[str, Any]:
        line: dict[str, Any] = {"kind": record["kind"], "body": self.named(record["body"])}
        if "version_of" in record:
            name = self.keys[f"${record['version_of']}"]
            change = record.get("change", {"type": "correction"})
            line |= {"id": name, "expected_version": self.versions[name], "change": change["type"]}
            return line | ({"effective_at": change["effective_at"]} if "effective_at" in change else {})
        return line | ({"key": record["key"]} if "key" in record else {})

    def named(self, value: Any) -> Any:
        """Replace the keys of earlier batches by ids."""
        if isinstance(value, Mapping):
            return {name: self.named(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.named(inner) for inner in value]
        return self.keys.get(value, value) if isinstance(value, str) else value

    def adopt(self, pack: str, production: str) -> None:
        """Sign a pack off and adopt it, by two people."""
        for key, role in ((self.first, "legal"), (self.second, "labour_counsel")):
            self.client.post(f"/v1/rule-packs/{pack}/sign-off", json={"role": role}, headers={"Authorization": f"Bearer {key}"})
        proposed = self.send("/v1/adoptions", {"production": production, "pack": pack})
        self.send(f"/v1/adoptions/{proposed['id']}/confirm", {}, key=self.second)

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a decision that leaves no trace."""
        asked = self.named(play.plain(question))
        subject = asked.get("subject", asked.get("planned"))
        body = {"subject": subject, "act": asked["act"], "at": _instant(asked["at"]), "dry_run": True}
        if "intent" in asked:
            body["intent"] = _intent(asked["intent"])
        if asked.get("overlay"):
            body["overlay"] = asked["overlay"]
        if asked.get("production"):
            body["production"] = asked["production"]
        return dict(self.send("/v1/decisions", body))


def _lines(text: str) -> list[dict[str, Any]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line]
    return list(whole if isinstance(whole, list) else whole.get("items") or whole.get("lines") or [whole])


def _instant(text: str) -> str:
    return text if "T" in text else f"{text}T12:00:00Z"


def _intent(intent: Mapping[str, Any]) -> dict[str, Any]:
    window = intent.get("window")
    named = {"from": "start", "to": "end"}
    return {**intent, **({"window": {named.get(name, name): value for name, value in window.items()}} if window else {})}


@pytest.fixture
def caller(services: Services) -> Caller:
    """Two people of a new studio."""
    studio = auth.create_studio(services.database, "Larkfield", NOW)
    with services.database.app(studio) as conn:
        keys = []
        for name, role in (("First", "studio_admin"), ("Second", "legal_reviewer")):
            account = auth.create_account(conn, studio, name, (role,), NOW)
            keys.append(auth.create_key(conn, studio, account, "test", (role,), NOW)[1])
    return Caller(create_app(services=services).test_client(), *keys)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_scenario_through_the_api(path: Path, caller: Caller) -> None:
    """Outcome and results come out as in the evaluator alone."""
    told = play.read_scenario(path)
    variant = (told.get("variants") or [{}])[0]
    wrong: list[str] = []
    adopted: set[str] = set()
    for step in [*told["steps"], *variant.get("steps", ())]:
        if step.get("records"):
            caller.enter(step["records"])
        for record in step.get("records") or ():
            if record["kind"] == "production" and record["key"] not in adopted:
                adopted.add(record["key"])
                for pack in sorted({*told["packs"]} - {"x", "licences"}):
                    caller.adopt(pack, caller.keys[f"${record['key']}"])
        defaults = {name: told[name] for name in ("production", "intent", "at", "act") if name in told}
        for question in step.get("ask") or ():
            wrong += _compare(caller, {**defaults, **question})
    assert not wrong, "\n".join([str(told["scenario"]), *wrong])


def _compare(caller: Caller, question: Mapping[str, Any]) -> list[str]:
    answer = caller.ask(question)
    expect, name = question["expect"], f"[{question.get('name')}]"
    found: dict[str, list[str]] = {}
    for finding in answer["findings"]:
        found.setdefault(finding["rule"], []).append(finding["result"])
    for passed in answer["passed"]:
        found.setdefault(passed["rule"], []).append("pass")
    wrong = (
        []
        if answer["outcome"] == expect.get("outcome", answer["outcome"])
        else [f"{name} outcome {answer['outcome']}, expected {expect['outcome']}"]
    )
    for rule, wanted in (expect.get("rules") or {}).items():
        result = wanted if isinstance(wanted, str) else worst(list(wanted.values()))
        given = worst(found.get(rule, []))
        if given != result:
            wrong.append(f"{name} {rule}: {given}, expected {result}")
    return wrong
