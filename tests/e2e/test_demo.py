"""The story of the design as a newcomer plays it: one command, in a fresh data directory, judged from outside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import processes
from tests.playing import Played, entries, play

# Reads a signed file with the C2PA library and one anchor, in a process that cannot import anything of ours.
_STRANGER = """
import json, sys
from c2pa import Context, Reader
media_type, file, anchor, *sidecar = sys.argv[1:]
anchors = [{"trust_kind": "manifest", "trust_uri": "urn:test", "trust_anchors": open(anchor).read()}]
settings = {"trust": {"anchors": anchors}, "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
manifest = open(sidecar[0], "rb").read() if sidecar else None
with open(file, "rb") as stream, Reader(media_type, stream, manifest, context=Context.from_dict(settings)) as reader:
    print(json.loads(reader.json())["validation_state"])
"""
SIGNED = {
    "sc041_0010_comp_00001_.png": "image/png",
    "sc042_0010.mp4": "video/mp4",
    "sc041_0010.1001.exr": "application/octet-stream",
}


def test_every_step_comes_out_as_told(played: Played) -> None:
    assert played.status == 0, played.said + played.complained
    story = played.story()
    assert all(set(line) == {"step", "asked", "answered", "ok"} for line in story)
    assert [line for line in story if line["ok"] is not True] == []
    assert list(dict.fromkeys(line["step"] for line in story)) == [str(step) for step in range(1, 12)]
    assert "✗" not in played.said


def test_what_each_step_says(played: Played) -> None:
    told = {step: played.answers(str(step)) for step in range(1, 12)}
    [adopted] = [said for said in told[1].values() if said.startswith("adopted")]
    assert "sagaftra-tvt-2023, sagaftra-tvt-2026" in adopted

    assert told[2]["train on 61 files for 60 licensed"].startswith("blocked")
    assert "061_found_in_the_folder.png" in told[2]["train on 61 files for 60 licensed"]
    assert told[2]["train on the 60 that are licensed"].startswith("cleared")

    assert "harbour_look_v1.safetensors" in told[4]["import the ComfyUI picture"]
    assert "veo-3.1-generate-001" in told[4]["import the video provider answer"]

    assert told[5]["release before any paper"].startswith("blocked")
    creation = told[5]["block sagaftra-tvt-2023.ebdr.creation-consent"]
    assert "Mara Quill has no separately signed consent" in creation
    assert "XX.A.2.a" in creation
    assert "Fix: " in creation
    assert "block sagaftra-tvt-2023.ebdr.use-same-consent" in told[5]
    missing = {"notice-48h": "review", "pay-use-days": "block"}
    assert all(f"{result} sagaftra-tvt-2023.ebdr.{rule}" in told[5] for rule, result in missing.items())
    assert "review sagaftra-tvt-2026.scan.business-reason" in told[5]
    assert "block sagaftra-tvt-2026.security.access" in told[5]
    clearing = told[5]["the smallest set of records that would clear it"]
    assert all(paper in clearing for paper in ("consent for performer", "notice", "access policy", "attestation"))

    late = told[6]["release under a rider signed today"]
    assert late.startswith("review")
    assert "is not dated before the capture" in late

    assert told[7]["release under the true papers"].startswith("cleared with obligations")
    owed = told[7]["what stays owed, and until when it stands"]
    assert "1.5 days" in owed
    assert "residuals" in owed
    assert "valid until 2030" in owed
    assert told[7]["decide again from the stored facts"] == "identical to the byte"

    assert len(told[8]) == 3
    for said in told[8].values():
        assert "Trusted, lineage clean; with the library alone and ca.pem: Trusted" in said

    assert told[9]["gate the delivery of three shots in one call"].startswith("cleared")
    assert told[9]["release it under that decision"].startswith("released as rel_")

    assert "1 release" in told[10]["what would a withdrawal reach? (dry run)"]
    assert told[10]["generate another shot with the replica"].startswith("blocked")
    made_in_time = told[10]["release the shot that was made while the consent lived"]
    assert made_in_time.startswith("review")
    assert "since then it has ended or been withdrawn" in made_in_time
    assert told[10]["what is out already"].endswith("at risk")

    taken = told[11]["a lawyer takes the bundle to a machine without network: verify.py alone, and the log's key"]
    assert "8 decisions decided again, identical to the byte" in taken
    assert "DOES NOT HOLD" not in taken
    assert "whether anybody outside saw this log" in told[11]["what it could not establish"]


@pytest.mark.parametrize("name", SIGNED)
def test_a_stranger_with_our_anchor_alone_trusts_the_signed_files(played: Played, name: str, tmp_path: Path) -> None:
    file, anchor = played.out / name, played.out / "ca.pem"
    sidecar = [played.out / f"{name}.c2pa"] if name.endswith("exr") else []
    words = [sys.executable, "-I", "-c", _STRANGER, SIGNED[name], file, anchor, *sidecar]
    assert subprocess.check_output(words, cwd=tmp_path, text=True) == "Trusted\n"
    spoilt = tmp_path / name
    content = bytearray(file.read_bytes())
    content[-100] ^= 1  # in the picture itself, behind the manifest and its padding
    spoilt.write_bytes(content)
    words[words.index(file)] = spoilt
    done = subprocess.run(words, cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.stdout != "Trusted\n", "one bit of the content was turned"


def test_nothing_runs_afterwards(played: Played) -> None:
    assert played.left == []
    assert not (played.data / "service.json").exists()


def test_played_again_it_tells_the_same_and_writes_nothing(played: Played, entries_of_the_story: int, tmp_path: Path) -> None:
    again = play(played.data, tmp_path / "out", processes.free_port())
    assert again.status == 0, again.said + again.complained
    assert again.left == []
    assert entries(played.data) == entries_of_the_story
    assert again.story() == played.story()
    for name in SIGNED:
        assert (again.out / name).read_bytes() == (played.out / name).read_bytes()
