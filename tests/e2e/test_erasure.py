"""After an erasure nothing of what was secret lies anywhere: tables, write-ahead log, contents, service log, jobs.

Every canary is a word of its own, and is looked for in every file of the data directory, in every row of every table, and in what the
service has said. What was entered lives in one installation, erased with the command that people use.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from service.client import Client
from service.content.encrypted import Documents
from service.content.store import Store
from service.content.vault import Erased, Sealed, Vault
from service.demo import media
from service.embedded import lease
from tests import processes
from tests.playing import run
from tests.processes import clearance, wait_until


def canary(where: str) -> str:
    return f"zq{where}quetzal"


PLACES = (
    "name", "legal", "other", "contact", "member", "partynotes", "description", "afterdeath", "compensation", "consentnotes", "fee",
    "prompt", "operator", "account", "raw", "planned", "statement", "reason", "matter", "document", "overlay", "refused", "title",
    "papertitle", "attached", "condition", "replica", "material", "session", "purpose", "notice", "attested", "talks", "complaint", "waiver",
    "alteration",
)  # fmt: skip
STAY = {"title", "operator", "account", "raw"}
"""What an erasure of the person leaves for whoever may read it: a title, and what nobody has said to be about them."""
"""Where canaries are put; `fee` is a number of its own kind, and `title` no secret: it shows that the search finds what is there."""
FEE = "7351948.26"


class House:
    """A running installation, with a studio in which a person has left traces everywhere."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = clearance("up", "--data", str(data), "--port", str(processes.free_port()))
        wait_until(lambda: self.process.poll() is not None or (data / "service.json").exists(), 90)
        self.url = json.loads((data / "service.json").read_text())["url"]
        told = json.loads((data / "cli.json").read_text())
        self.studio_id, self.key = told["studio_id"], told["api_key"]
        self.client = Client(self.url, self.key)
        self.browser = httpx.Client(base_url=self.url, timeout=60)
        assert self.browser.post("/sign-in", data={"email": told["email"], "password": told["password"]}).status_code == 303
        self.ids: dict[str, str] = {}

    def make(self, name: str, collection: str, /, **body: Any) -> str:
        self.ids[name] = self.client.post(f"/v1/{collection}", body)["id"]
        return self.ids[name]

    def settle(self) -> None:
        """Let the people, papers and runs be recorded, asked about, shown and handed out."""
        title = self.make("title", "productions", title=canary("title"), format="feature")
        person = self.make(
            "person", "parties", type="person", professional_name=canary("name"), legal_name=canary("legal"), other_names=[canary("other")],
            contact=canary("contact"), birth_date="1991-07-13", memberships=[{"name": "SAG-AFTRA", "number": canary("member")}],
            notes=canary("partynotes"),
        )  # fmt: skip
        consent = self.make(
            "consent", "consents", grantor=person, capacity="self", answer="granted", description=canary("description"),
            compensation=canary("compensation"), notes=canary("consentnotes"), productions=[title],
            limits_after_death={"stated": True, "text": canary("afterdeath")},
        )  # fmt: skip
        self.make(
            "engagement", "engagements", person=person, production=title, category="principal", rate={"amount": FEE, "currency": "USD"},
            conditions=[{"type": "scan_consent", "text": canary("condition")}],
        )  # fmt: skip
        attached = self.make("attached", "documents", title=canary("papertitle"), media_type="application/pdf")
        self.client.upload(f"/v1/documents/{attached}/content", canary("attached").encode() * 2_000, "application/pdf")
        self.client.request("PATCH", f"/v1/consents/{consent}", json={"documents": [attached]}, headers={"If-Match": '"1"'})
        self.words(title, person, consent)
        asset = self.make("asset", "assets", type="image", name="sh010", origin="generated", productions=[title])
        self.make(
            "appearance", "appearances", asset=asset, person=person, type="new_performance", productions=[title],
            alteration_purpose=canary("alteration"),
        )  # fmt: skip
        self.make(
            "run", "generations", productions=[title], prompts=[{"text": canary("prompt"), "use": "positive"}], operator_name=canary("operator"),
            provider={"name": "somebody", "account": canary("account")}, prompt_entities=[{"person": person, "name_used": True}],
            outputs=[{"asset": asset}],
        )  # fmt: skip
        self.make(
            "event", "events", type="narrowed", targets=[consent], effective_at="2026-09-02", by=person, statement=canary("statement"),
            reason=canary("reason"),
        )  # fmt: skip
        self.make(
            "hold", "holds", type="inquiry", placed_at="2026-01-01", lifted_at="2026-02-01", targets=[person], matter=canary("matter")
        )
        paper = self.make("paper", "documents", title="Rider", received_from=person)
        self.client.upload(f"/v1/documents/{paper}/content", canary("document").encode() * 2_000, "application/pdf")
        request = media.provider_request()
        request["body"]["instances"][0]["prompt"] = canary("raw")
        clip = self.make("clip", "assets", type="video", productions=[title])
        told = self.client.post("/v1/generations/import", {"asset": clip, "request": request, "response": media.provider_response(b"x")})
        self.ids["imported"] = told["generation"]
        self.ask(title, asset)

    def words(self, title: str, person: str, consent: str) -> None:
        """Free words of many people about one, in papers of many kinds."""
        materials = [{"origin": "other", "description": canary("material")}]
        self.make("replica", "replicas", person=person, name=canary("replica"), materials=materials, productions=[title])
        papers: dict[str, dict[str, Any]] = {
            "capture_session": {"person": person, "place": canary("session"), "business_reason": {"text": canary("purpose")}},
            "notice": {"kind": "replica_use", "recipients": [person], "description": canary("notice")},
            "consultation": {"people": [person], "proposal": canary("talks")},
            "complaint": {"by": person, "text": canary("complaint")},
            "attestation": {
                "kind": "description_adequate", "outcome": "confirmed", "role": "legal", "signed_at": "2026-09-01", "statement": canary("attested"),
            },
        }  # fmt: skip
        for type_, details in papers.items():
            self.make(type_, "evidence", type=type_, details=details, subjects=[consent], productions=[title])
        self.make(
            "waiver", "waivers", rules=["sagaftra-tvt-2026.scan.business-reason"], subjects=[consent], reason=canary("waiver"),
            expires_at="2030-01-01",
        )  # fmt: skip

    def ask(self, title: str, asset: str) -> None:
        self.make("decision", "decisions", act="release", subject=asset, at="2026-09-20T12:00:00Z")
        named = [{"person": self.ids["person"], "name_used": True}]
        prompts = [{"text": canary("planned"), "use": "positive"}]
        planned = {"generation": {"prompts": prompts, "prompt_entities": named, "productions": [title]}}
        self.make("planned", "decisions", act="generate", subject=planned, at="2026-09-20T12:00:00Z")
        overlay = [{"kind": "party", "key": "p", "body": {"type": "person", "professional_name": canary("overlay")}}]
        self.client.request("POST", "/v1/simulations", json={"act": "release", "subjects": [asset], "overlay": overlay}, retry=False)
        refused = self.client._http.post(
            "/v1/parties", json={"type": "person", "legal_name": canary("refused"), "nonsense": canary("refused")}
        )
        assert refused.status_code == 422

    def pages(self) -> dict[str, str]:
        """Everything that shows a record, as the admin sees it."""
        paths = [f"/records/{name}" for name in self.ids.values()]
        paths += [
            "/",
            f"/assets/{self.ids['asset']}",
            f"/decisions/{self.ids['decision']}",
            "/obligations",
            "/records?kind=party",
            "/reviews",
            "/ledger",
        ]
        paths += ["/v1/obligations/due.ics", "/v1/obligations/due.csv", "/v1/parties", "/v1/consents", "/v1/generations", "/v1/events"]
        paths += [f"/v1/decisions/{self.ids['decision']}{more}" for more in ("", "/clearing", "/forms")]
        paths += [
            f"/v1/assets/{self.ids['asset']}/lineage",
            f"/v1/parties/{self.ids['person']}/versions",
            f"/v1/parties?label={canary('name')}",
        ]
        answers = {path: self.client.request("GET", path) if path.startswith("/v1") else self.browser.get(path) for path in paths}
        assert {path for path, answer in answers.items() if answer.status_code != 200} == set()
        return {path: answer.text for path, answer in answers.items()}

    def stop(self) -> str:
        self.client.__exit__(None, None, None)
        self.browser.close()
        self.process.terminate()
        said = "".join(self.process.communicate(timeout=90))
        wait_until(lambda: not processes.of_data(self.data))
        return said


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data")
    yield made
    if made.process.poll() is None:
        made.stop()


def found(content: bytes) -> set[str]:
    lower = content.lower()
    return {name for name in PLACES if canary(name).encode() in lower} | ({"fee"} if FEE.encode() in content else set())


def in_tables(conn: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """The tables that hold a canary, in text, in JSON, or in the bytes of a column, which the server may have compressed on disk."""
    names = conn.execute("SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'").fetchall()
    told = {}
    for schema, name in names:
        if schema in ("pg_catalog", "information_schema"):
            continue
        rows = conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, name)))
        content = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
        told[f"{schema}.{name}"] = found(content)
    assert {"public.entry", "public.disclosure", "public.write", "public.operation"} <= told.keys()
    return {name: canaries for name, canaries in told.items() if canaries}


def papers_of(house: House) -> list[str]:
    """The contents of the papers, and of the plan of a decision, as they lie in the store."""
    bodies = [house.client.get(f"/v1/documents/{house.ids[name]}")["body"]["content"] for name in ("paper", "attached")]
    return [each["sha256"] for each in (*bodies, house.client.get(f"/v1/decisions/{house.ids['planned']}")["body"]["planned"])]


def in_files(data: Path) -> dict[str, set[str]]:
    files = [path for path in data.rglob("*") if path.is_file()]
    assert [path for path in files if "pg_wal" in path.parts]
    return {str(path.relative_to(data)): canaries for path in files if (canaries := found(path.read_bytes()))}


def test_no_canary_is_left_anywhere(house: House) -> None:
    house.settle()
    shown = found("\n".join(house.pages().values()).encode())
    unread = {"document", "attached", "planned", "overlay", "refused"}  # contents, questions, what was never recorded
    assert shown == {*PLACES, "fee"} - unread, "who may read it has read it"
    vault = Vault(house.data / "keys" / "vault")
    with lease.hold(house.data, None) as held, psycopg.connect(held.url, autocommit=True) as conn:
        kept = conn.execute("SELECT subject, commitment, ciphertext FROM disclosure WHERE subject IS NOT NULL").fetchall()
        sealed = papers_of(house)
        told = json.loads(run("erase", house.ids["person"], "--basis", "law", "--json", "--data", str(house.data)))
        assert (told["erased"], told["values"]) == (True, len(kept))
        assert sorted(told["papers"]) == sorted((house.ids["paper"], house.ids["attached"]))
        assert {each["code"] for each in told["not_erased"]} == {"backups", "copies", "plain", "media", "studio_values"}
        pages = house.pages()
        left = found("\n".join(pages.values()).encode())
        assert left == STAY
        assert "erased" in pages[f"/records/{house.ids['person']}"]
        assert "1991" not in pages[f"/records/{house.ids['person']}"]
        conn.execute("CHECKPOINT")
        conn.execute("SELECT pg_switch_wal()")
        conn.execute("CHECKPOINT")
        assert in_tables(conn) == {"public.entry": {"title"}, "public.head": {"title"}}
        backup = house.data.parent / "backup"
        run("backup", "--out", str(backup), "--data", str(house.data))
        dumped = [path.read_bytes() for path in backup.rglob("*") if path.is_file()]
        assert found(b"".join(gzip.decompress(each) if each[:2] == b"\x1f\x8b" else each for each in dumped)) == {"title"}
    said = house.stop()
    files = in_files(house.data)
    assert set().union(*files.values()) == {"title"}
    assert [name for name in files if "pg_wal" in name], "the write-ahead log is really searched"
    assert found(said.encode()) == set()
    assert "Traceback" not in said
    assert len(kept) > 25
    for subject, commitment, ciphertext in kept:
        with pytest.raises(Erased):
            vault.open_value(house.studio_id, subject, Sealed(commitment, ciphertext))
    for blob in sealed:
        with pytest.raises(Erased):
            list(Documents(Store(house.data / "content").of(house.studio_id), vault).read(house.studio_id, blob))
    assert datetime.fromisoformat(told["erased_at"]) <= datetime.now(UTC)
    [report] = json.loads(run("ledger", "fsck", "--json", "--data", str(house.data)))
    assert report["faults"] == []


def test_the_command_says_what_it_would_do_and_what_stops_it(house: House) -> None:
    person = house.make("person", "parties", type="person", professional_name="Zoe")
    data = ("--data", str(house.data))
    paper = house.make("paper", "documents", title="Letter", received_from=person)
    other = house.make("other", "parties", type="person", professional_name="Yan", guardians=[{"party": person}])
    said = run("erase", person, "--dry-run", *data)
    assert "would be erased" in said
    assert f"  {person}: /professional_name\n  {paper}: the whole paper, with its content\n" in said
    assert "bundles that somebody has downloaded" in said
    assert "are about somebody else, or about several people: their secret values" in said
    assert other in said
    placed = house.make("hold", "holds", type="litigation", placed_at="2026-01-01", targets=[person])
    for words in (("--dry-run",), ()):
        process = clearance("erase", person, *words, *data)
        said = "".join(process.communicate(timeout=60))
        assert process.returncode == 1
        assert placed in said
    process = clearance("erase", "pty_nobody", *data)
    assert (process.communicate(timeout=60)[1].startswith("Error: There is no party"), process.returncode) == (True, 1)


KILL = "import os, signal; die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL); "
STEPS = {
    "before the fact": "from service import erasure; erasure.write.create = die; ",
    "behind the fact": "from service.content.vault import Vault; Vault.destroy = die; ",
    "behind the key": (
        "from service.content.vault import Vault; done = Vault.destroy; Vault.destroy = lambda *given: (done(*given), die()); "
    ),
}


def test_killed_half_way_it_is_finished_or_leaves_no_trace(house: House) -> None:
    people = {step: house.make("person", "parties", type="person", professional_name=canary("name")) for step in STEPS}
    house.stop()
    for step, person in people.items():
        words = (f"{KILL}{STEPS[step]}from service.cli import main; main()", "erase", person, "--data", str(house.data))
        killed = subprocess.run(
            [sys.executable, "-P", "-c", *words], env={"PYTHONPATH": str(processes.ROOT), "PATH": os.environ["PATH"]},
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        wait_until(lambda: not processes.of_data(house.data))
        told = json.loads(run("erase", person, "--json", "--data", str(house.data)))
        assert (told["erased"], told["repeated"], told["values"]) == (True, step != "before the fact", 1), step


def test_one_field_is_disclosed_and_checked_without_a_service(house: House, tmp_path: Path) -> None:
    person = house.make("person", "parties", type="person", professional_name="Zoe", legal_name=canary("legal"))
    file, data = tmp_path / "one.json", ("--data", str(house.data))
    told = json.loads(run("ledger", "disclose", person, "professional_name", "--out", str(file), "--json", *data))
    assert canary("legal") not in file.read_text()
    house.stop()
    key = ("--key", told["keys"][0])
    said = run("ledger", "verify", "--disclosure", str(file), *key)
    assert f"{person}, version 1" in said
    assert 'says at /professional_name: "Zoe"' in said
    file.write_text(file.read_text().replace('"Zoe"', '"Zoo"'))
    process = clearance("ledger", "verify", "--disclosure", str(file), *key)
    assert "THIS DISCLOSURE DOES NOT HOLD" in process.communicate(timeout=60)[0]
    assert process.returncode == 1
    file.write_text("{}")
    process = clearance("ledger", "verify", "--disclosure", str(file))
    assert "cannot be checked" in process.communicate(timeout=60)[1]
    assert process.returncode == 1
