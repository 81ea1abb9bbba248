"""`clearance record`: a program's files before and after it become a run with its inputs and outputs, once."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from service.cli import record
from service.errors import StartError

Caller = Any
PROGRAM = "import sys,pathlib; pathlib.Path(sys.argv[2]).write_bytes(pathlib.Path(sys.argv[1]).read_bytes() * 2); sys.exit(3)"


@pytest.fixture
def run(tmp_path: Path) -> record.Run:
    read, write = tmp_path / "in", tmp_path / "out"
    read.mkdir()
    write.mkdir()
    (read / "plate.png").write_bytes(b"plate")
    (write / "old.txt").write_bytes(b"was there")
    return record.wrapped((sys.executable, "-c", PROGRAM, str(read / "plate.png"), str(write / "shot.png")), [read], [write])


def test_what_was_there_before_is_not_written(run: record.Run) -> None:
    assert (run.status, [path.name for path in run.read], [path.name for path in run.written]) == (3, ["plate.png"], ["shot.png"])


def test_a_run_is_registered_with_its_files_and_is_known_again(admin: Caller, run: record.Run) -> None:
    def find(collection: str, pair: str) -> str | None:
        word = "identifier" if collection == "generations" else "digest"
        items = admin.send("GET", f"/v1/{collection}?{word}={pair}").get_json()["items"]
        return items[0]["id"] if items else None

    digest = hashlib.sha256(b"plate").hexdigest()
    plate = admin.create("assets", {"type": "image", "digests": [{"algorithm": "sha256", "value": digest}]})["id"]
    lines = record.lines(run, find, {"name": "python"}, {"stage": "temp"})
    answer = admin.send("POST", "/v1/batch", data="\n".join(map(json.dumps, lines)), content_type="application/x-ndjson")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    made = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    body = admin.send("GET", f"/v1/generations/{made[-1]['id']}").get_json()["body"]
    assert (body["inputs"][0]["asset"], body["stage"], "tool_class" in body["tool"]) == (plate, "temp", False)
    shot = admin.send("GET", f"/v1/assets/{body['outputs'][0]['asset']}").get_json()["body"]
    assert (shot["file_name"], shot["parents"][0]["relation"], "origin" in shot) == ("shot.png", "generated_by", False)
    assert find("generations", f"generation.record:{run.mark}") == made[-1]["id"]


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no-such-program cannot be run"):
        record.wrapped(("no-such-program",), [], [tmp_path])
