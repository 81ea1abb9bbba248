"""The data of every earlier edition comes along: restored, brought up to date, intact to the byte, and its decisions told truly."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.backup import folder, load
from service.cli import local
from service.client import Client, Refused
from service.config import Settings
from service.embedded import lease
from service.ledger import note
from service.migrate import files
from service.rules.findings import EVALUATOR
from tests.processes import clearance

EDITIONS = sorted((Path(__file__).parents[1] / "vectors" / "editions").glob("*.tar.xz"))


@pytest.fixture(scope="module", params=EDITIONS, ids=lambda path: path.name.partition(".")[0])
def restored(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, folder.Manifest, load.Report]]:
    where = tmp_path_factory.mktemp("edition")
    with tarfile.open(request.param) as packed:
        packed.extractall(where / "backup", filter="data")
    settings = Settings(data=where / "data")
    wanted = load.verified(where / "backup")
    with lease.hold(settings.data, durable=False) as held:
        yield settings, wanted, load.load(where / "backup", wanted, held.url, settings)


def run(settings: Settings, *words: str) -> tuple[int, str]:
    process = clearance(*words, "--data", str(settings.data))
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def test_there_is_an_earlier_edition() -> None:
    assert EDITIONS


def test_it_comes_back_and_is_brought_up_to_date(restored: tuple[Settings, folder.Manifest, load.Report]) -> None:
    _, wanted, report = restored
    assert [*(name for name, _ in wanted.migrations), *report.migrated] == [each.name for each in files()]
    assert report.migrated, "an edition of now is no earlier one"
    assert [(each.same_tree, each.signed, each.faults, each.differences) for each in report.logs] == [(True, True, [], [])]
    assert report.logs[0].entries > 80
    assert report.holds


def test_the_log_goes_on_once_an_operator_says_so(restored: tuple[Settings, folder.Manifest, load.Report]) -> None:
    """The marks of the machine that made it are gone: nothing is signed in silence, and then the very same tree is."""
    settings, wanted, report = restored
    [log] = wanted.logs
    assert "never signed that log" in report.logs[0].signer
    with local.service_url(settings) as reached, Client(reached.url, reached.api_key) as client, pytest.raises(Refused) as refused:
        client.get("/readyz")
    assert (refused.value.code, str(refused.value)) == ("log_unknown", report.logs[0].signer)
    status, said = run(settings, "ledger", "trust", log.studio_id)
    assert status == 0, said
    for words in (("ledger", "fsck"), ("ledger", "rebuild", "--check"), ("ledger", "verify"), ("doctor",)):
        status, said = run(settings, *words)
        assert status == 0, said
    with local.service_url(settings) as reached, Client(reached.url, reached.api_key) as client:
        signed = client.request("GET", "/v1/ledger/checkpoint").content
        found = note.verify(signed, [note.parse_verifier(str(log.key))])
        assert (found.size, found.root.hex()) == (log.size, log.root)
        party = client.get("/v1/parties", limit=1)["items"][0]
        assert client.post("/v1/parties", party["body"])["index"] == log.size


def test_its_decisions_are_replayed_or_told_apart(restored: tuple[Settings, folder.Manifest, load.Report]) -> None:
    settings, _, _ = restored
    with local.service_url(settings) as reached, Client(reached.url, reached.api_key) as client:
        decisions = client.get("/v1/decisions", limit=200)["items"]
        answers = [(each["body"], client.post(f"/v1/decisions/{each['id']}/replay", {})) for each in decisions]
    assert len(answers) >= 8
    for body, answer in answers:
        assert answer["evaluator"] == {"stored": body["evaluator"], "replayed": EVALUATOR}
        assert answer["identical"] or body["evaluator"] != EVALUATOR, "another answer has another evaluator's number"
        assert answer["identical"] == (answer["findings"]["stored"] == answer["findings"]["replayed"])
        assert answer["outcome"] == body["outcome"]


def test_its_secrets_are_read_with_its_keys(restored: tuple[Settings, folder.Manifest, load.Report]) -> None:
    settings, _, _ = restored
    with local.service_url(settings) as reached, Client(reached.url, reached.api_key) as client:
        names = [each["body"].get("professional_name") for each in client.get("/v1/parties", limit=200)["items"]]
    assert "Mara Quill" in names


def test_a_person_of_it_is_erased_as_far_as_can_be(restored: tuple[Settings, folder.Manifest, load.Report]) -> None:
    """What it kept under the studio's key goes; what it put into the log in the clear is named, and its decisions stay."""
    settings, wanted, _ = restored
    run(settings, "ledger", "trust", wanted.logs[0].studio_id)  # once more does no harm
    with local.service_url(settings) as reached, Client(reached.url, reached.api_key) as client:
        parties = client.get("/v1/parties", limit=200)["items"]
        person = next(each["id"] for each in parties if each["body"].get("professional_name") == "Mara Quill")
        before = {
            each["id"]: client.post(f"/v1/decisions/{each['id']}/replay", {}) for each in client.get("/v1/decisions", limit=200)["items"]
        }
        told = client.post(f"/v1/parties/{person}/erase", {})
        named = {each["code"]: each["records"] for each in told["not_erased"]}
        assert named["in_clear"]
        assert named["earlier_key"]
        engaged = [each["body"] for each in client.get("/v1/engagements", limit=200)["items"] if each["body"]["person"] == person]
        assert engaged
        assert {str(each.get("rate", {"erased": True})) for each in engaged} == {str({"erased": True})}
        assert {name: client.post(f"/v1/decisions/{name}/replay", {}) for name in before} == before
    status, said = run(settings, "ledger", "fsck")
    assert status == 0, said
