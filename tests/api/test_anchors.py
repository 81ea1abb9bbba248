"""Witnesses and time-stamps over HTTP, judged as a stranger would: by a policy, and by `openssl ts`."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.app import create_app
from service.config import Settings
from service.db import Database
from service.ledger import anchors, cosignature, note, policy, stamping, witnessing
from service.ledger.anchors import Anchor, State
from service.ledger.signer_server import Server
from service.ledger.submission import Submission
from service.ledger.witness import Witness
from service.services import Services
from tests.api.conftest import Caller
from tests.authority import Authority
from tests.unit.schemas.examples import MINIMAL

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def configure(services: Services, anchor: Anchor) -> None:
    with services.database.ledger() as conn:
        anchors.add(conn, anchor, NOW)


@pytest.fixture
def witness(admin: Caller, services: Services, tmp_path: Path) -> Witness:
    """A witness that watches the admin's log, known to the service under `legal`."""
    key = admin.send("GET", "/v1/ledger/key").get_json()["key"]
    with closing(Witness(tmp_path / "witness", "legal.example/w", [key])) as made:
        configure(services, Anchor("legal", "witness", admin.studio_id, made.cosigner.text(), "http://legal.invalid"))
        yield made


def cosign(services: Services, admin: Caller, witness: Witness) -> None:
    """Have the witness cosign what the service serves, without a network between them."""
    content = admin.send("GET", "/v1/ledger/checkpoint").data
    stated = note.parse_checkpoint(content)
    with services.database.ledger() as conn:
        seen = anchors.last_cosigned(conn, admin.studio_id, "legal")
        proof = services.ledger.consistency(conn, admin.studio_id, seen, stated.size)
        plain = note.Note(note.parse(content).text, note.parse(content).signatures[:1]).content()
        answer = witness.add(Submission(seen, proof, plain).body(), 1_790_000_000)
        assert answer.status == 200, answer.says
        at = datetime.fromtimestamp(1_790_000_000, UTC)
        anchors.keep_cosignature(conn, admin.studio_id, anchors.Cosigned(stated.size, "legal", stated.root, answer.body, at))
        anchors.note_state(conn, admin.studio_id, State("legal", "ok", "", stated.size, NOW))


def test_a_witnessed_checkpoint_is_served(admin: Caller, services: Services, witness: Witness) -> None:
    admin.create("assets", MINIMAL["asset"])
    assert admin.send("GET", "/v1/ledger/checkpoint?witnessed=true").get_json()["code"] == "not_witnessed"
    cosign(services, admin, witness)
    rules = policy.parse(admin.send("GET", "/v1/ledger/policy").data)
    served = admin.send("GET", "/v1/ledger/checkpoint?witnessed=true").data
    judged = policy.judge(rules, served)
    assert (judged.holds, judged.seen) == (True, {"legal": 1_790_000_000})
    admin.create("assets", MINIMAL["asset"])
    assert admin.send("GET", "/v1/ledger/checkpoint?witnesses=1").data == served
    assert not policy.judge(rules, admin.send("GET", "/v1/ledger/checkpoint").data).holds
    assert admin.send("GET", "/v1/ledger/checkpoint?witnesses=2").status_code == 404
    assert admin.send("GET", "/v1/ledger/checkpoint?witnesses=none").status_code == 422
    assert admin.send("GET", "/v1/ledger/checkpoint?witnessed=false").data != served
    cosign(services, admin, witness)
    assert policy.judge(rules, admin.send("GET", "/v1/ledger/checkpoint").data).checkpoint.size > judged.checkpoint.size


def test_how_witnesses_stand_is_said(admin: Caller, stranger: Caller, services: Services, witness: Witness) -> None:
    assert stranger.send("GET", "/v1/ledger/witnesses").get_json() == {"items": []}
    [waiting] = admin.send("GET", "/v1/ledger/witnesses").get_json()["items"]
    assert (waiting["outcome"], waiting["size"]) == ("waiting", 0)
    admin.create("assets", MINIMAL["asset"])
    cosign(services, admin, witness)
    [found] = admin.send("GET", "/v1/ledger/witnesses").get_json()["items"]
    assert found == {
        "name": "legal", "key": witness.cosigner.text(), "size": found["size"], "cosigned_at": "2026-09-21T14:13:20Z",
        "outcome": "ok", "says": "", "tried_at": "2026-11-21T12:00:00Z",
    }  # fmt: skip
    with services.database.ledger() as conn:
        anchors.note_state(conn, admin.studio_id, State("legal", "forked", "FORK: stop.", 9, NOW))
    assert admin.send("GET", "/v1/ledger/witnesses").get_json()["items"][0]["says"] == "FORK: stop."
    page = admin.send("GET", "/ledger")
    assert page.status_code in {200, 303}


def test_a_policy_to_begin_with(admin: Caller, witness: Witness) -> None:
    text = admin.send("GET", "/v1/ledger/policy?quorum=0").get_data(as_text=True)
    assert policy.parse(text.encode()).quorum == "none"
    assert cosignature.parse_cosigner(witness.cosigner.text()) in policy.parse(text.encode()).witnesses.values()
    refused = admin.send("GET", "/v1/ledger/policy?quorum=2").get_json()
    assert refused["errors"] == [{"pointer": "/query/quorum", "message": "There are 1 witnesses, so 2 of them can never agree."}]


def test_time_stamps_are_served_with_what_they_stamp(admin: Caller, services: Services, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    admin.create("assets", MINIMAL["asset"])
    with authority.serving() as url:
        configure(services, Anchor("tsa", "time_stamp", None, authority.root, url))
        stamping.submit(services.database, services.ledger, admin.studio_id, NOW)
    served = admin.send("GET", "/v1/ledger/time-stamps").get_json()
    [item], [described] = served["items"], served["authorities"]
    assert (described["certificates"], described["outcome"]) == (authority.root, "ok")
    assert item["text"] == "\n".join(admin.send("GET", "/v1/ledger/checkpoint").get_data(as_text=True).split("\n")[:3]) + "\n"
    assert authority.accepts(item["text"].encode(), base64.b64decode(item["response"]))
    assert admin.send("GET", f"/v1/ledger/time-stamps?size={item['size']}&limit=1").get_json()["items"] == [item]
    assert admin.send("GET", f"/v1/ledger/time-stamps?size={item['size'] + 1}").get_json()["items"] == []


def test_a_key_that_is_replaced_is_shown_with_its_successor(admin: Caller, services: Services) -> None:
    admin.create("assets", MINIMAL["asset"])
    before = admin.send("GET", "/v1/ledger/key").get_json()
    assert (before["keys"], before["successions"]) == ([before["key"]], [])
    services.ledger.replace_key()
    during = admin.send("GET", "/v1/ledger/key").get_json()
    assert during["keys"][1] == before["key"]
    assert len(during["successions"]) == 1
    content = admin.send("GET", "/v1/ledger/checkpoint").data
    for key in during["keys"]:
        assert note.verify(content, [note.parse_verifier(key)])
    made = admin.create("assets", MINIMAL["asset"])
    assert len(note.parse(made["proof"]["checkpoint"].encode()).signatures) == 2
    services.ledger.replace_key(finish=True)
    assert admin.send("GET", "/v1/ledger/key").get_json()["keys"] == [during["key"]]


def test_witnessing_says_what_is_wrong_in_one_place(admin: Caller, services: Services, witness: Witness) -> None:
    with services.database.ledger() as conn:
        anchors.note_state(conn, admin.studio_id, State("legal", "away", "The witness legal does not answer.", 0, NOW))
    with services.database.app(admin.studio_id) as conn:
        assert witnessing.sentences(conn, admin.studio_id) == ["The witness legal does not answer."]
    assert json.loads((witness.directory / "state.json").read_text())["name"] == "legal.example/w"


def test_it_is_not_ready_without_its_signer(database: Database, tmp_path: Path) -> None:
    services = Services.from_settings(Settings(data=tmp_path, database_url=database.url, signer=tmp_path / "nobody"))
    with closing(services):
        answer = create_app(services=services).test_client().get("/readyz")
        assert (answer.status_code, answer.get_json()["code"]) == (503, "signer_unavailable")
        assert "clearance ledger signer" in answer.get_json()["detail"]
        with Server(tmp_path / "nobody", tmp_path / "keys") as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            assert create_app(services=services).test_client().get("/readyz").status_code == 200
            server.shutdown()
            thread.join()
