"""The offline bundle over HTTP: for whom, of what, and that the verifier in it agrees."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.services import LANES, Services
from tests.api.conftest import Caller
from tests.unit.schemas.examples import MINIMAL


def unpacked(answer: Any, to: Path) -> Path:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert archive.testzip() is None
        archive.extractall(to)
    return to / "bundle"


def checked(bundle: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-I", str(bundle / "verify.py"), str(bundle), "--json", *words], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["good"] else 1)
    return report


@pytest.fixture
def story(admin: Caller) -> dict[str, str]:
    """Two titles, a person with a secret, assets of both titles, a decision about one."""
    made = {}
    for title in ("one", "two"):
        made[title] = admin.create("productions", {**MINIMAL["production"], "title": title})["id"]
        body = {"name": title, "type": "image", "origin": "camera", "productions": [made[title]]}
        made[f"shot_{title}"] = admin.create("assets", body)["id"]
    made["person"] = admin.create("parties", {"type": "person", "professional_name": "M. Quill", "legal_name": "Zanzibar Quillfeather"})[
        "id"
    ]
    made["use"] = admin.create("appearances", {**MINIMAL["appearance"], "asset": made["shot_one"], "person": made["person"]})["id"]
    made["decision"] = admin.create("decisions", {"act": "release", "subject": made["shot_one"]})["id"]
    return made


def key_of(admin: Caller) -> str:
    return admin.send("GET", "/v1/ledger/key").get_json()["key"]


def test_the_whole_log(admin: Caller, story: dict[str, str], tmp_path: Path) -> None:
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    report = checked(bundle, "--key", key_of(admin))
    assert report["faults"] == []
    assert report["numbers"]["entries"] == report["numbers"]["size"] > 6
    assert report["numbers"]["decided_again"] == 1
    assert report["numbers"]["disclosed"] >= 1
    assert "Zanzibar Quillfeather" in (bundle / "disclosures.jsonl").read_text()


def test_an_asset_brings_what_it_rests_on_and_nothing_of_another(admin: Caller, story: dict[str, str], tmp_path: Path) -> None:
    bundle = unpacked(admin.send("GET", f"/v1/ledger/bundle?asset={story['shot_one']}"), tmp_path)
    report = checked(bundle, "--key", key_of(admin))
    assert report["faults"] == []
    held = {json.loads(path.read_bytes())["id"] for path in (bundle / "entries").iterdir()}
    assert held >= {story[name] for name in ("one", "shot_one", "person", "use", "decision")}
    assert not held & {story["two"], story["shot_two"]}
    [left] = [sentence for sentence in report["not_established"] if "only the whole log" in sentence]
    assert left.startswith("That nothing about ast_")
    assert left.endswith("Ask for the whole log.")


def test_an_older_version_that_counted_is_no_fault(admin: Caller, tmp_path: Path) -> None:
    """A run builds on a version of a model that is described anew since, and a title was changed with effect from later."""
    title = admin.create("productions", MINIMAL["production"])["id"]
    model = admin.create("models", {"name": "one"})["id"]
    made = admin.create("generations", {"models": [{"model": model}], "productions": [title]})["id"]
    asset = admin.create("assets", {"type": "image", "origin": "generated", "parents": [{"record": made}], "productions": [title]})["id"]
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    for place, patch in (
        (f"models/{model}", {"name": "two"}),
        (f"productions/{title}?change=amendment&effective_at=2100-01-01T00:00:00Z", {"title": "Later"}),
    ):
        answer = admin.send("PATCH", f"/v1/{place}", json=patch, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    read = [
        dict(admin.send("GET", f"/v1/decisions/{made['id']}").get_json()["body"]["read"])
        for made in (
            admin.create("decisions", {"act": "release", "subject": asset, "at": at})
            for at in ("2026-09-20T12:00:00Z", "2126-09-20T12:00:00Z")
        )
    ]
    assert read
    bundle = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path)
    listed = [dict(json.loads((bundle / "blobs" / each["sha256"]).read_bytes())) for each in read]
    assert [(each[model], each[title]) for each in listed] == [(1, 1), (1, 2)], "what is to be explained"
    report = checked(bundle, "--key", key_of(admin))
    assert (report["faults"], report["numbers"]["decided_again"]) == ([], 2)


def test_many_ids_go_by_post_and_tar_is_a_tar(admin: Caller, story: dict[str, str], tmp_path: Path) -> None:
    answer = admin.send("POST", "/v1/ledger/bundle", json={"records": [story["person"]], "format": "tar", "disclose": []})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    with tarfile.open(fileobj=io.BytesIO(answer.get_data())) as archive:
        archive.extractall(tmp_path, filter="data")
    report = checked(tmp_path / "bundle", "--key", key_of(admin))
    assert (report["faults"], report["numbers"]["entries"]) == ([], 1)
    assert not (tmp_path / "bundle/disclosures.jsonl").exists()
    assert any("secret value" in sentence for sentence in report["not_established"])


def test_secret_values_only_for_who_may_read_them(
    admin: Caller, story: dict[str, str], caller: Callable[..., Caller], tmp_path: Path
) -> None:
    production = caller("production", studio_id=admin.studio_id)
    bundle = unpacked(production.send("GET", "/v1/ledger/bundle"), tmp_path)
    assert not any(b"Quillfeather" in path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    assert checked(bundle)["numbers"]["withheld"] >= 1
    assert production.send("GET", "/v1/ledger/bundle?disclose=personal").status_code == 403


def test_a_key_of_one_title_gets_that_title(
    admin: Caller, story: dict[str, str], caller: Callable[..., Caller], stranger: Caller, tmp_path: Path
) -> None:
    limited = caller("auditor", studio_id=admin.studio_id, productions=(story["one"],))
    assert limited.send("GET", "/v1/ledger/bundle").get_json()["code"] == "outside_productions"
    assert limited.send("GET", f"/v1/ledger/bundle?production={story['two']}").status_code == 404
    bundle = unpacked(limited.send("GET", f"/v1/ledger/bundle?production={story['one']}"), tmp_path)
    assert checked(bundle, "--key", key_of(admin))["faults"] == []
    assert not any(story["shot_two"].encode() in path.read_bytes() for path in (bundle / "entries").iterdir())
    assert caller("vendor", studio_id=admin.studio_id).send("GET", "/v1/ledger/bundle").status_code == 403
    assert stranger.send("GET", f"/v1/ledger/bundle?asset={story['shot_one']}").status_code == 404


@pytest.mark.parametrize("query", ["asset=nonsense", "asset=", "format=rar", "disclose=everything", "asset=ast_1,,ast_2"])
def test_what_cannot_be_asked(admin: Caller, story: dict[str, str], query: str) -> None:
    answer = admin.send("GET", f"/v1/ledger/bundle?{query}")
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, f"/{query.partition('=')[0]}")


def test_after_an_erasure_the_same_root_verifies_and_the_value_is_gone(
    admin: Caller, story: dict[str, str], services: Services, tmp_path: Path
) -> None:
    before = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path / "before")
    assert any(b"Quillfeather" in path.read_bytes() for path in before.rglob("*") if path.is_file())
    services.vault.destroy(admin.studio_id, story["person"])
    with services.database.app(admin.studio_id) as conn:
        conn.execute("SELECT erase_subject(%s)", [story["person"]])
    after = unpacked(admin.send("GET", "/v1/ledger/bundle"), tmp_path / "after")
    assert not any(b"Quillfeather" in path.read_bytes() for path in after.rglob("*") if path.is_file())
    assert (after / "checkpoint").read_bytes() == (before / "checkpoint").read_bytes()
    reports = [checked(bundle, "--key", key_of(admin)) for bundle in (before, after)]
    assert [report["faults"] for report in reports] == [[], []]
    assert [report["numbers"]["decided_again"] for report in reports] == [1, 1]
    assert reports[1]["numbers"]["withheld"] > reports[0]["numbers"]["withheld"]


def test_counsels_reasons_only_by_name(admin: Caller, story: dict[str, str], tmp_path: Path) -> None:
    asked = {
        "rules": ["licences.training.grant"],
        "reason": "Privileged and confidential",
        "expires_at": "2027-01-01",
        "scope_productions": [story["one"]],
    }
    admin.create("waivers", asked)
    for at, (query, shown) in enumerate((("", False), ("?disclose=privileged", True), ("?disclose=none", False))):
        bundle = unpacked(admin.send("GET", f"/v1/ledger/bundle{query}"), tmp_path / str(at))
        said = any(b"Privileged and confidential" in path.read_bytes() for path in bundle.rglob("*") if path.is_file())
        assert said is shown
        assert checked(bundle)["faults"] == []


def test_who_gives_up_half_way_holds_nothing(admin: Caller, story: dict[str, str], services: Services) -> None:
    for _ in range(3 * max(LANES.values())):
        answer = admin.send("GET", "/v1/ledger/bundle?format=tar")
        assert len(next(answer.iter_encoded())) > 0
        answer.close()
    assert all(services._lanes["bulk"].acquire(timeout=1) for _ in range(LANES["bulk"]))
    for _ in range(LANES["bulk"]):
        services._lanes["bulk"].release()


def test_a_key_for_the_log_alone_gets_no_facts(
    admin: Caller, story: dict[str, str], caller: Callable[..., Caller], services: Services
) -> None:
    narrow = caller("auditor", studio_id=admin.studio_id)
    with services.database.app(admin.studio_id) as conn:
        conn.execute("UPDATE api_key SET scopes = '{ledger.read}' WHERE account_id = %s", [narrow.account_id])
    assert narrow.send("GET", "/v1/ledger/checkpoint").status_code == 200
    assert narrow.send("GET", "/v1/ledger/bundle").status_code == 403
