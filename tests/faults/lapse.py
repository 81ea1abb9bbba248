"""F13: what a decision rests on ends between the check and the release, and while the release is out."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.cli.demo import _people
from service.config import Settings
from tests.faults.running import Service
from tests.faults.stage import Stage
from tests.faults.table import Row

SECONDS = 4.0
"""So long an answer of counsel stands."""
LATEST = 60.0
"""So long at most it may take until somebody is told of a release that rests on nothing."""
INTENT = {"territories": ["US", "NZ"], "media": ["streaming"], "window": {"start": "2027", "end": "2030"}, "purpose": "final"}
"""There is no pack for New Zealand, so that counsel has to answer, and the answer may have an end."""


@dataclass
class Office:
    """Two people of a studio, and a title of theirs."""

    service: Service
    keys: tuple[str, str]
    title: str = ""

    def post(self, path: str, body: dict[str, Any] | None = None, who: int = 0) -> tuple[int, dict[str, Any]]:
        answer = self.service.send("POST", path, json=body or {}, headers={"Authorization": f"Bearer {self.keys[who]}"})
        return answer.status_code, answer.json()

    def made(self, path: str, body: dict[str, Any] | None = None, who: int = 0) -> dict[str, Any]:
        status, answer = self.post(path, body, who)
        assert status < 300, answer
        return answer

    def open(self) -> None:
        """A title for which the law of the place is adopted."""
        self.title = self.made("/v1/productions", {"title": f"Ebb {uuid.uuid4()}", "format": "feature", "countries": ["US"]})["id"]
        for who in (0, 1):
            self.made("/v1/rule-packs/law-us/sign-off", {"role": "legal"}, who)
        self.made(f"/v1/adoptions/{self.made('/v1/adoptions', {'production': self.title, 'pack': 'law-us'})['id']}/confirm", who=1)

    def cleared(self) -> tuple[str, dict[str, Any]]:
        """A shot, and a decision to release it that stands for a few seconds."""
        body = {"productions": [self.title], "name": "sh", "type": "image", "origin": "camera"}
        shot = self.made("/v1/assets", body)["id"]
        end = datetime.now(UTC) + timedelta(seconds=SECONDS)
        for review in self.decided(shot)["reviews"]:
            answer = {
                "verdict": "confirmed",
                "role": "legal",
                "statement": "No objection.",
                "expires_at": end.isoformat().replace("+00:00", "Z"),
            }
            self.made(f"/v1/reviews/{review}/decide", answer, who=1)
        return shot, self.decided(shot)

    def decided(self, shot: str) -> dict[str, Any]:
        return self.made("/v1/decisions", {"subject": shot, "act": "release", "intent": INTENT})


def expiry(stage: Stage) -> Row:
    """F13: what a decision rests on ends between check and release: refused, asked anew not cleared; and what is out is told of in time."""
    row, service = Row("F13", "an answer that ends between check and release, and behind a release"), stage.service()
    office = Office(service, _people(Settings(data=service.data)))
    office.open()
    delays = [_once(row, office) for _ in range(5 if stage.long else 1)]
    row.notes.append(f"told of a release at risk after {', '.join(f'{each:.1f}' for each in delays)} s, at most {LATEST:.0f} are allowed")
    return row


def _once(row: Row, office: Office) -> float:
    (late, checked), (out, backed) = office.cleared(), office.cleared()
    for decision in (checked, backed):
        row.expect(decision["outcome"] == "cleared", f"not cleared to begin with: {[cause['id'] for cause in decision['causes']]}")
    status, release = office.post("/v1/releases", {"decision": backed["id"]})
    row.expect(status == 201, f"what is cleared could not be released: {release}")
    end = datetime.fromisoformat(backed["valid_until"]).timestamp()
    time.sleep(max(0.0, end + 0.05 - time.time()))
    status, refusal = office.post("/v1/releases", {"decision": checked["id"]})
    row.expect((status, refusal.get("code")) == (409, "decision_ended"), f"released on what has ended: {status} {refusal.get('code')}")
    for shot in (late, out):
        row.expect(office.decided(shot)["outcome"] == "review", "asked anew, it is not the question that it was")
    row.times += 2
    while not (told := _told(office.service, release["id"])) and time.time() < end + LATEST:
        time.sleep(0.1)
    row.expect(len(told) == 1, f"a release at risk was told of {len(told)} times within {LATEST:.0f} s")
    return time.time() - end


def _told(service: Service, release: str) -> list[dict[str, Any]]:
    lines = (service.data / "service.log").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if "release.at_risk" in line and release in line]
