"""The same scenarios through the public API: records by POST /v1/batch, packs signed and adopted by two people, questions by POST /v1/decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import auth
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
def caller(worker_app: Flask, services: Services) -> Caller:
    """Two people of a new studio."""
    studio = auth.create_studio(services.database, "Larkfield", NOW)
    with services.database.app(studio) as conn:
        keys = []
        for name, role in (("First", "studio_admin"), ("Second", "legal_reviewer")):
            account = auth.create_account(conn, studio, name, (role,), NOW)
            keys.append(auth.create_key(conn, studio, account, "test", (role,), NOW)[1])
    return Caller(worker_app.test_client(), *keys)


def _variants(path: Path) -> int:
    """Count the variants of a scenario; most have one only, and need not be read for that."""
    return len(play.read_scenario(path)["variants"]) if "\nvariants:" in path.read_text(encoding="utf-8") else 1


PLAYED = [(path, number) for path in FILES for number in range(_variants(path))]


@pytest.mark.parametrize(("path", "number"), PLAYED, ids=[f"{path.stem}-{number}" if number else path.stem for path, number in PLAYED])
def test_scenario_through_the_api(path: Path, number: int, caller: Caller) -> None:
    """Outcome and results come out as in the evaluator alone, whatever variant the story takes."""
    told = play.read_scenario(path)
    variant = (told.get("variants") or [{}])[number]
    defaults = {name: told[name] for name in ("production", "intent", "at", "act") if name in told}
    adopted: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for position, step in enumerate([*told["steps"], *variant.get("steps", ())]):
        if step.get("records"):
            caller.enter(step["records"])
        if number and position < len(told["steps"]):
            continue  # what all variants have in common is asked in the first of them
        for question in step.get("ask") or ():
            _govern(caller, {*told["packs"], *question.get("packs", ())}, adopted)
            wrong += _compare(caller, {**defaults, **question})
    assert not wrong, "\n".join([f"{told['scenario']} {variant.get('name', '')}", *wrong])


def _govern(caller: Caller, packs: set[str], adopted: set[tuple[str, str]]) -> None:
    """Adopt packs for every title there is, once each: two people sign and confirm."""
    titles = {name for name in caller.keys.values() if name.startswith("prd_")}
    for pack, title in sorted(set(product(packs - {"x", "licences"}, titles)) - adopted):
        caller.adopt(pack, title)
        adopted.add((pack, title))


def _compare(caller: Caller, question: Mapping[str, Any]) -> list[str]:
    answer = caller.ask(question)
    expect, name = question["expect"], f"[{question.get('name')}]"
    found = _found(caller, answer)
    wrong = (
        []
        if answer["outcome"] == expect.get("outcome", answer["outcome"])
        else [f"{name} outcome {answer['outcome']}, expected {expect['outcome']}"]
    )
    for rule, wanted in (expect.get("rules") or {}).items():
        given = found.get(rule, {})
        told = {"": worst(list(given.values()))} if isinstance(wanted, str) else given
        expected = {"": wanted} if isinstance(wanted, str) else wanted
        wrong += [
            f"{name} {rule} {key}: {told.get(key, 'not_applicable')}, expected {result}"
            for key, result in expected.items()
            if told.get(key, "not_applicable") != result
        ]
    codes = {finding["code"] for finding in answer["findings"]}
    return wrong + [f"{name} no finding with code {code}" for code in expect.get("codes") or () if code not in codes]


def _found(caller: Caller, answer: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What each rule said about each subject, by the scenario's keys; the worst where it said several things."""
    names = {name: key for key, name in caller.keys.items()}
    said = [(one["rule"], one["subject"], one["result"]) for one in answer["findings"]]
    said += [(one["rule"], subject, "pass") for one in answer["passed"] for subject in one["subjects"]]
    found: dict[str, dict[str, str]] = {}
    for rule, subject, result in said:
        key = "/".join(names.get(part, part) for part in subject.split("/"))
        before = found.setdefault(rule, {}).get(key, result)
        found[rule][key] = worst([before, result])
    return found
