"""`clearance register dataset` against a real server: odd files, licences by pattern, schedules, duplicates, and a second run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _library(admin: Any) -> dict[str, str]:
    owner = admin.create("parties", {"type": "organisation", "name": "Studio of a painter"})["id"]
    found = {}
    for name, count in (("paintings", 2), ("scans", 50)):
        source = admin.create("sources", {"title": name, "type": "collection"})["id"]
        found[name] = admin.create("licences", {"grantor": owner, "sources": [source], "schedule_count": count})["id"]
    return found


def test_a_directory_becomes_a_dataset(run: Callable[..., tuple[int, str]], admin: Any, tmp_path: Path) -> None:
    licences = _library(admin)
    root = tmp_path / "files"
    for name in ("paintings/1.png", "paintings/2.png", "paintings/3.png", "scans/1.png", "loose.png", "empty.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"" if name == "empty.png" else name[-5:].encode())
    (root / "out.png").symlink_to("/etc/hostname")
    os.mkfifo(root / "pipe")
    words = ["register", "dataset", str(root), "--name", "Look", "--nobody", "--json"]
    words += [word for name, licence in licences.items() for word in ("--item-licence", f"{name}/*={licence}")]
    status, text = run(*words)
    told = json.loads(text)
    assert (status, told["items"]["count"], told["hashed"], told["known"]) == (0, 5, 5, 0)
    assert [one["name"] for one in told["odd"]] == ["empty.png", "out.png", "pipe"]
    assert told["items_without_licence"] == ["loose.png"]
    assert told["beyond_schedule"] == [{"licence": licences["paintings"], "items": 3, "schedule_count": 2}]
    assert told["duplicate_items"] == [{"names": ["paintings/1.png", "scans/1.png"], "licences": [*licences.values()]}]
    body = admin.send("GET", f"/v1/datasets/{told['dataset']}").get_json()["body"]
    assert [(part["licence"], part["item_count"]) for part in body["parts"]] == [(licences["paintings"], 3), (licences["scans"], 1)]
    assert ([one["name"] for one in body["members"]], body["people"]) == (["loose.png"], [])
    again = json.loads(run(*words)[1])
    assert (again["known"], again["bytes_read"], again["dataset"]) == (5, 0, told["dataset"])
    assert again["elsewhere"]["other_licence"] == 1  # the file that stands twice, under two licences
    held = json.loads(run(*words, "--hold", "--dataset", told["dataset"])[1])
    assert (held["version"], held["items"]["count"], held["held"], held["without_licence"]) == (2, 4, 1, 0)
    assert "members" not in admin.send("GET", f"/v1/datasets/{told['dataset']}").get_json()["body"]
