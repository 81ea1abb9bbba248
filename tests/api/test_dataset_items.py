"""A list of items says by itself which licence each stands under and who is in it: recorded, asked about, and reached when a licence ends."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

AT = "2026-09-14T10:00:00Z"
WINDOW = {"start": "2026-01-01", "end": "2031-12-31"}


def line(name: str, **papers: Any) -> dict[str, Any]:
    """One item of a list."""
    digest = {"algorithm": "sha256", "value": (name.encode().hex() + "0" * 64)[:64]}
    return {"name": name, "bytes": 10, "digests": [digest], **papers}


def staged(admin: Any, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Stage a list."""
    content = "\n".join(json.dumps(one) for one in lines)
    answer = admin.send("POST", "/v1/item-lists", data=content, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json())


@pytest.fixture
def library(admin: Any) -> dict[str, str]:
    """Two sources under a licence each, that of the first with its own list, a title, and two people, one of whom has consented."""
    owner = admin.create("parties", {"type": "organisation", "name": "A library"})["id"]
    found = {"title": admin.create("productions", {"title": "Harbour", "format": "feature"})["id"]}
    for name, person in (("ann", "Ann Example"), ("bob", "Bob Example")):
        found[name] = admin.create("parties", {"type": "person", "professional_name": person})["id"]
    schedule = staged(admin, [line("a1"), line("a2"), line("a3")])
    for name, more in (("a", {"schedule_count": 3, "items": schedule}), ("b", {"schedule_count": 2})):
        found[f"source_{name}"] = admin.create("sources", {"title": name, "type": "collection"})["id"]
        grant = {"training": {"granted": True, "kinds": ["*"], "productions": ["*"], "window": WINDOW}, "signed_at": "2026-01-01"}
        body = {"grantor": owner, "sources": [found[f"source_{name}"]], "window": WINDOW, **grant, **more}
        found[f"licence_{name}"] = admin.create("licences", body)["id"]
    scope = {"productions": ["*"], "purposes": ["training"], "training": True}
    consent = {"grantor": found["ann"], "person": found["ann"], "capacity": "self", "answer": "granted", "form": "separate_writing",
               "signed_at": "2026-01-02", "scope": scope, "window": WINDOW}  # fmt: skip
    return found | {"consent": admin.create("consents", consent)["id"]}


def papers(library: dict[str, str], of: str, **more: Any) -> dict[str, Any]:
    """Source and licence of a line."""
    return {"source": library[f"source_{of}"], "licence": library[f"licence_{of}"], **more}


def asked(admin: Any, library: dict[str, str], subject: dict[str, Any]) -> dict[str, Any]:
    """Whether something may be trained on: the answer, with the codes of its findings, and what is known of the dataset."""
    question = {"act": "train", "at": AT, "production": library["title"], "dry_run": True, **subject}
    answer = admin.send("POST", "/v1/decisions", json=question)
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return dict(answer.get_json())


def codes(answer: dict[str, Any]) -> set[str]:
    """What licences and people of a dataset are blocked or held for."""
    return {one["code"] for one in answer["findings"] if one.get("rule", "").startswith("licences.dataset")}


def test_lines_alone_make_parts_and_hold_what_has_no_papers(admin: Any, library: dict[str, str]) -> None:
    lines = [line(f"a{number}", people=[], **papers(library, "a")) for number in (1, 2)]
    lines += [line("odd", people=[], **papers(library, "a")), line("loose", people=[])]
    lines += [line(f"b{number}", people=[library["bob"]], **papers(library, "b")) for number in (1, 2, 3)]
    body = {"name": "Look", "items": staged(admin, lines)}
    made = admin.create("datasets", body)
    parts = [(one.get("licence"), one["item_count"]) for one in made["body"]["parts"]]
    assert (parts, made["body"]["people"]) == ([(library["licence_a"], 3), (library["licence_b"], 3)], [library["bob"]])
    reading = made["body"]["list_reading"]
    assert reading["without_licence"] == [{"items": 1, "names": ["loose"]}]
    assert reading["not_on_schedule"] == [{"licence": library["licence_a"], "items": 1, "names": ["odd"]}]
    answers = [asked(admin, library, subject) for subject in ({"subject": made["id"]}, {"subject": {"kind": "dataset", "body": body}})]
    for answer in answers:
        assert answer["outcome"] == "blocked"
        assert {"items-without-licence", "more-items-than-licensed", "no-training-consent"} <= codes(answer)
        assert "loose, odd (not on the list of" in json.dumps(answer["findings"])
        assert [one["sentence"].split(": ")[1] for one in answer["findings"] if one["code"] == "no-training-consent"] == ["Bob Example."]


def test_a_planned_training_on_a_list_in_order_is_not_held_for_it(admin: Any, library: dict[str, str]) -> None:
    lines = [line(f"a{number}", people=[library["ann"]], consents=[library["consent"]], **papers(library, "a")) for number in (1, 2, 3)]
    lines += [line(f"b{number}", people=[], **papers(library, "b")) for number in (1, 2)]
    body = {"name": "Look", "items": staged(admin, lines), "productions": [library["title"]]}
    details = {"datasets": ["$set"], "kind": "fine_tune", "planned_at": AT, "state": "asked"}
    job = {"kind": "evidence", "key": "job", "body": {"type": "training_job", "productions": [library["title"]], "details": details}}
    answer = asked(admin, library, {"subject": {"records": [{"kind": "dataset", "key": "set", "body": body}, job]}})
    assert codes(answer) == set()
    for day, (type_, held) in enumerate(
        (("suspended", True), ("resumed", False), ("expired", True), ("extended", False), ("revoked", True)), 1
    ):
        event = {"type": type_, "effective_at": f"2026-09-0{day}T00:00:00Z"}
        assert admin.send("POST", f"/v1/licences/{library['licence_b']}/events", json=event).status_code == 201
        answer = asked(admin, library, {"subject": {"records": [{"kind": "dataset", "key": "set", "body": body}, job]}})
        assert ("licence-not-live-at-training" in {one["code"] for one in answer["findings"]}) is held, type_
    unsaid = {**body, "items": staged(admin, [*lines[:4], line("b2", **papers(library, "b"))])}
    made = admin.create("datasets", unsaid)
    assert made["body"]["list_reading"]["people_not_stated"] == {"items": 1, "names": ["b2"]}
    assert codes(asked(admin, library, {"subject": made["id"]})) == {"people-not-stated"}


def test_parts_beside_a_list_have_to_agree_with_it(admin: Any, library: dict[str, str]) -> None:
    lines = [line("a1", people=[library["ann"]], **papers(library, "a")), line("a2", source=library["source_a"]), line("x")]
    items = staged(admin, lines)
    refused = [
        ({"parts": [papers(library, "a", item_count=4)]}, "/parts/0/item_count"),
        ({"parts": [papers(library, "a", item_count=3, people=[])]}, "/parts/0/people"),
        ({"people": []}, "/people"),
        ({"items": {**items, "count": 2}}, "/items/count"),
        ({"items": {**items, "bytes": 2}}, "/items/bytes"),
    ]
    for more, pointer in refused:
        answer = admin.send("POST", "/v1/datasets", json={"name": "Look", "items": items, **more})
        assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)
    made = admin.create("datasets", {"name": "Look", "items": items, "parts": [papers(library, "a", item_count=2, people=["*"])]})
    assert [(one["item_count"], one["people"]) for one in made["body"]["parts"]] == [(2, ["*"])]
    assert made["body"]["list_reading"]["without_licence"] == [{"items": 1, "names": ["x"]}]
    etag = {"If-Match": '"1"'}
    renamed = admin.send("PATCH", f"/v1/datasets/{made['id']}", json={"name": "Harbour", "list_reading": None}, headers=etag).get_json()
    assert renamed["body"]["list_reading"] == made["body"]["list_reading"]
    other = {"items": staged(admin, [line("b1", people=[], **papers(library, "b"))])}
    renewed = admin.send("PATCH", f"/v1/datasets/{made['id']}", json=other, headers={"If-Match": '"2"'}).get_json()
    assert (renewed["body"]["parts"], renewed["body"]["people"]) == ([papers(library, "b", item_count=1)], [])


def test_what_the_end_of_a_licence_covers_is_counted_named_and_listed(admin: Any, library: dict[str, str]) -> None:
    lines = [line(f"{of}{number:03}", people=[], **papers(library, of)) for number in range(100) for of in ("a", "b")]
    lines += [line("held", people=[library["ann"]], consents=[library["consent"]], **papers(library, "b")), line("loose")]
    body = {"name": "Look", "items": staged(admin, lines), "held_items": staged(admin, [line("aside")])}
    made = admin.create("datasets", body)["id"]

    def names(collection: str = f"datasets/{made}/items", **query: Any) -> list[str]:
        found, cursor = [], {}
        while True:
            page = admin.send("GET", f"/v1/{collection}", query_string={"limit": 30, **query, **cursor}).get_json()
            found += [one["name"] for one in page["items"]]
            if "next" not in page:
                return found
            cursor = {"cursor": page["next"]}

    under_b = sorted([f"b{number:03}" for number in range(100)] + ["held"])
    assert sorted(names(licence=library["licence_b"])) == under_b
    assert names(licence=library["licence_a"], source=library["source_b"]) == []
    assert names(person=library["ann"]) == names(consent=library["consent"]) == ["held"]
    assert (names(without_licence="true"), names(held="true"), len(names())) == (["loose"], ["aside"], 202)
    relied = admin.send("GET", f"/v1/consents/{library['consent']}/impact").get_json()
    assert relied["dataset_items"] == [{"dataset": made, "version": 1, "names": ["held"]}]
    event = {"type": "revoked", "effective_at": "2026-09-01T00:00:00Z"}
    rehearsed = admin.send("POST", f"/v1/licences/{library['licence_b']}/events", query_string={"dry_run": "true"}, json=event).get_json()
    assert rehearsed["impact"] == admin.send("GET", f"/v1/licences/{library['licence_b']}/impact").get_json()
    assert rehearsed["impact"]["dataset_items"] == [{"dataset": made, "version": 1, "items": 101, "names": [f"b{n:03}" for n in range(5)]}]
    assert admin.send("GET", f"/v1/datasets/{made}/items?cursor=x").status_code == 422


def test_the_same_content_elsewhere_is_found(admin: Any, library: dict[str, str]) -> None:
    lines = [line(f"{of}{number}", people=[], **papers(library, of)) for number in (1, 2) for of in ("a", "b")]
    first = admin.create("datasets", {"name": "First", "items": staged(admin, lines)})["id"]
    again = [
        line("a1", people=[], **papers(library, "b")),
        line("b1", people=[], **papers(library, "b")),
        {**line("b1"), "name": "copy"},
        line("new"),
    ]
    second = admin.create("datasets", {"name": "Second", "items": staged(admin, again)})["id"]

    def found() -> dict[str, Any]:
        return dict(admin.send("GET", f"/v1/datasets/{second}/overlaps").get_json())

    told = found()
    seen = {(one["name"], one["with"]["record"], one["same_licence"]) for one in told["overlaps"]}
    assert seen == {
        ("a1", first, False), ("a1", library["licence_a"], False), ("b1", first, True), ("copy", first, False), ("copy", second, False),
    }  # fmt: skip
    assert (told["other_licence"], told["same_licence"], told["withdrawn"], told["truncated"]) == (4, 1, 0, False)
    gone = {
        "type": "items_withdrawn",
        "targets": [library["licence_b"]],
        "effective_at": "2026-09-01",
        "items": staged(admin, [line("b1")]),
    }
    event = admin.create("events", gone)["id"]
    revoked = {"type": "revoked", "targets": [library["licence_a"]], "effective_at": "2026-09-01"}
    other = admin.create("events", revoked)["id"]
    assert {(one["name"], one["withdrawn_by"]) for one in found()["overlaps"] if "withdrawn_by" in one} == {
        ("b1", event),
        ("copy", event),
        ("a1", other),
    }
    assert admin.send("GET", f"/v1/datasets/{first}/overlaps").get_json()["other_licence"] == 3
    admin.create("events", {"type": "reinstated", "targets": [library["licence_a"]], "effective_at": "2026-09-02"})
    assert {one["name"] for one in found()["overlaps"] if "withdrawn_by" in one} == {"b1", "copy"}


def test_what_is_named_as_a_list_and_is_none_stops_nobody(admin: Any, library: dict[str, str]) -> None:
    """Content of another kind has a digest too, and a record may name it."""
    for content in (b"\x89PNG no list", b'["no item"]\n', b'{"digests": [7]}\n', b""):
        asset = admin.create("assets", {"type": "image"})["id"]
        answer = admin.send("PUT", f"/v1/assets/{asset}/content", data=content)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        blob = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        admin.create("licences", {"grantor": library["ann"], "items": blob})
        parts = [{"source": library["source_a"], "items": blob}]
        made = admin.create("datasets", {"name": "Odd", "parts": parts})["id"]
        assert admin.send("GET", f"/v1/datasets/{made}/overlaps").get_json()["overlaps"] == []
        told = admin.send("GET", f"/v1/datasets/{made}/items")
        assert (told.status_code, told.get_json().get("code")) in {(404, "no_item_list"), (200, None)}
        assert admin.send("GET", f"/v1/sources/{library['source_a']}/impact").status_code == 200
