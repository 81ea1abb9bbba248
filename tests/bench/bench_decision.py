"""A large decision: every pack adopted, 20 people with their papers, 200 ancestors, asked by 8 clients over HTTP.

Run by hand: `python -m tests.bench.bench_decision [seconds]`; with `profile` instead of seconds it asks in this process and prints
where the time goes. Warm, the aim is p99 ≤ 150 ms. A question about now is worked out anew each second.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.app import create_app
from service.client import Client
from service.config import Settings
from service.embedded import lease
from service.services import Services
from tests.bench.bench_http import _people, _print, load, served

PEOPLE, PLATES = 20, 7
INTENT = {"territories": ["US"], "media": ["theatrical", "streaming"], "window": {"start": "2027", "end": "2030"}, "purpose": "final"}


def records() -> Iterator[dict[str, Any]]:
    """A feature whose cut holds a shot of each of the people: scanned, consented, generated from plates."""
    yield _one("party", "studio", type="organisation", name="Larkfield Pictures")
    yield _one("party", "union", type="organisation", name="SAG-AFTRA", occupations=["union"])
    yield _one("agreement", "tvt26", name="SAG-AFTRA TV/Theatrical", edition="2026", pack="sagaftra-tvt-2026", union="$union",
               term={"start": "2026-07-01", "end": "2030-06-30"}, covers_digital_replicas=True)  # fmt: skip
    yield _one("production", "film", title="Large", format="feature", photography_start="2026-08-17", signatories=["$studio"], distributors=["$studio"],
               cast_list_complete_as_of="2026-10-10", countries=["US"], business_calendar="us-federal")  # fmt: skip
    yield _one("binding", "bound", production="$film", agreement="$tvt26", basis="signatory", signatory="$studio", crafts=["performer"],
               bound={"start": "2026-07-01"})  # fmt: skip
    yield _one("model", "model", name="Portrait 3", training_disclosure="disclosed", datasets=[], base_models=[], trains_on_inputs=False)
    for number in range(PEOPLE):
        yield from _person(number)
    parents = [{"record": f"$shot{number}", "relation": "composited_from"} for number in range(PEOPLE)]
    yield _one("asset", "cut", type="video", productions=["$film"], origin="mixed", parents=parents)


def _one(kind: str, key: str, /, **body: Any) -> dict[str, Any]:
    return {"kind": kind, "key": key, "body": body}


def _person(number: int) -> Iterator[dict[str, Any]]:
    def at(name: str) -> str:
        return f"${name}{number}"

    def attest(key: str, subject: str, kind: str, **more: Any) -> dict[str, Any]:
        details = {"kind": kind, "outcome": "confirmed", "role": "business_affairs", "signed_at": "2026-08-04", **more}
        return _one("evidence", f"{key}{number}", type="attestation", subjects=[subject], details=details)

    yield _one("party", f"person{number}", type="person", professional_name=f"Performer {number}", birth_date="1980-01-01")
    yield _one("engagement", f"job{number}", person=at("person"), production="$film", agreement="$tvt26", employer="$studio", category="principal",
               engaged_at="2026-07-20T09:00:00Z", contract_date="2026-07-20")  # fmt: skip
    yield _one("evidence", f"session{number}", type="capture_session", productions=["$film"], details={
        "person": at("person"), "production": "$film", "kind": "face_scan", "starts_at": "2026-08-10T16:00:00Z", "requested_at": "2026-07-28", "engagement": at("job"),
        "business_reason": {"text": "The fall of scene 9", "recorded_at": "2026-07-17", "scenes": ["9"], "generic": False}, "state": "held"})  # fmt: skip
    yield _one("evidence", f"notice{number}", type="notice", details={"kind": "replica_creation", "recipients": [at("person")], "recipient_kind": "performer",
               "written": True, "session": at("session"), "delivered_at": "2026-08-05T15:00:00Z"})  # fmt: skip
    yield _one("consent", f"rider{number}", grantor=at("person"), person=at("person"), capacity="self", answer="granted", form="separate_writing",
               signed_at="2026-08-03", description="Face and body in scene 9.",
               scope={"productions": ["$film"], "purposes": ["creation", "use"], "languages": ["en"], "territories": ["*"], "media": ["*"]},
               window={"start": "2026-08-03", "perpetual": True})  # fmt: skip
    yield attest("adequate", at("rider"), "description_adequate")
    yield attest("conspicuous", at("rider"), "conspicuousness")
    yield _one("replica", f"replica{number}", person=at("person"), kind="employment_based", performer_participated=True, sessions=[at("session")],
               origin_production="$film", created_at="2026-08-10")  # fmt: skip
    yield _one("asset", f"shot{number}", type="video", productions=["$film"], origin="generated")
    for plate in range(PLATES):
        yield _one(
            "asset", f"plate{number}_{plate}", type="image", productions=["$film"], origin="camera", people={"people": [], "complete": True}
        )
    inputs = [{"replica": at("replica")}, *({"asset": f"$plate{number}_{plate}"} for plate in range(PLATES))]
    yield _one("generation", f"run{number}", productions=["$film"], tool={"name": "Studio tool", "tool_class": "generative"}, models=[{"model": "$model"}],
               generated_at="2026-09-14T10:00:00Z", prompts=[{"text": "a fall"}], prompt_entities=[], inputs=inputs, outputs=[{"asset": at("shot")}])  # fmt: skip
    yield _one("appearance", f"use{number}", asset=at("shot"), production="$film", type="new_performance", person=at("person"), replica=at("replica"),
               generation=at("run"), in_human_role=True, content_flags=[], language="en")  # fmt: skip
    yield attest("kind", at("use"), "classification", classified_as="employment_based")
    yield attest("days", at("use"), "good_faith_day_estimate", days="1.5")


def prepare(url: str, data: Path) -> str:
    """Record the scene, adopt every pack by two people, and return the question."""
    first, second = _people(data)
    with Client(url, first) as one, Client(url, second) as two:
        lines = "\n".join(json.dumps(record) for record in records())
        made = _batch(url, first, lines)
        keys = {entry["key"]: entry["id"] for entry in made}
        for pack in one.get("/v1/rule-packs")["items"]:
            if pack["kind"] != "gate":
                _adopt(one, two, pack["id"], keys["film"])
    return json.dumps(
        {"subject": keys["cut"], "act": "release", "at": "2026-11-20T12:00:00Z", "production": keys["film"], "intent": INTENT}
    )


def _batch(url: str, key: str, lines: str) -> list[dict[str, Any]]:
    import httpx

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    answer = httpx.post(f"{url}/v1/batch", content=lines, headers=headers, timeout=60)
    assert answer.status_code < 300, answer.text[:3000]
    return [json.loads(line) for line in answer.text.splitlines()]


def _adopt(one: Client, two: Client, pack: str, production: str) -> None:
    for reader, role in ((one, "labour_relations"), (two, "production_counsel")):
        reader.post(f"/v1/rule-packs/{pack}/sign-off", {"role": role})
    proposed = one.post("/v1/adoptions", {"production": production, "pack": pack, "mode": "blocking"})
    two.post(f"/v1/adoptions/{proposed['id']}/confirm", None)


def main(seconds: float) -> None:
    """Measure over HTTP and print."""
    with tempfile.TemporaryDirectory() as directory, served(Path(directory) / "data") as (url, key):
        question = prepare(url, Path(directory) / "data")
        load(key, "/v1/decisions", question, "application/json", 1)
        party = json.dumps({"type": "organisation", "name": "Northlight"})
        single, latencies = load(key, "/v1/parties", party, "application/json", seconds)
        _print("append (yardstick)", single, latencies, single, None)
        rate, latencies = load(key, "/v1/decisions", question, "application/json", seconds)
        _print("large decision, recorded", rate, latencies, single, None)
        dry, latencies = load(key, "/v1/decisions", json.dumps({**json.loads(question), "dry_run": True}), "application/json", seconds)
        _print("large decision, dry run", dry, latencies, single, None)
        now = {key: value for key, value in json.loads(question).items() if key != "at"}
        rate, latencies = load(key, "/v1/decisions", json.dumps(now), "application/json", seconds)
        _print("recorded, asked about now", rate, latencies, single, None)


def profile(rounds: int = 40) -> None:
    """Ask in this process and print where the time goes, and how many statements a decision sends."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        with served(data) as (url, key):
            question = json.loads(prepare(url, data))
        with lease.hold(data, None) as held:
            services = Services.from_settings(Settings(data=data, database_url=held.url))
            client = create_app(services=services).test_client()
            headers = {"Authorization": f"Bearer {key}"}

            def ask() -> Any:
                answer = client.post("/v1/decisions", json=question, headers=headers)
                assert answer.status_code == 201, answer.get_data(as_text=True)
                return answer.get_json()

            found = ask()
            print(found["outcome"], [(c["rule"], c["code"], c["count"]) for c in found["causes"]][:12], len(json.dumps(found)))
            begun = time.perf_counter()
            for _ in range(rounds):
                ask()
            print(f"{(time.perf_counter() - begun) / rounds * 1000:.1f} ms a decision")
            watched = cProfile.Profile()
            watched.enable()
            for _ in range(rounds):
                ask()
            watched.disable()
            pstats.Stats(watched).sort_stats("cumulative").print_stats(70)
            services.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["profile"]:
        profile()
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 6.0)
