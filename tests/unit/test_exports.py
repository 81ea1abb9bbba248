"""The forms of other standards from made-up records: what is hidden, unknown or too long, and licences that others know by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from prov.model import ProvActivity, ProvEntity, ProvInfluence, ProvUsage

from schemas.prefixes import NAMES
from service.api import load_operations
from service.cli import export
from service.exports import croissant, dps, ml_bom, prov, spdx
from service.exports.names import people
from service.ingest.cards import register
from service.ingest.cards.card import Given
from service.lineage.graph import Edge, Graph, Node
from service.web import records
from tests.standards import bill_faults, read_prov, spdx_ids


def node(key: str, kind: str, **more: Any) -> Node:
    return Node(key, kind, 2, 0, 0, **more)


def bill(nodes: list[Node], edges: list[Edge], bodies: dict[str, Any], **more: Any) -> dict[str, Any]:
    graph = Graph(nodes[0].id, "ancestors", tuple(nodes), tuple(edges), more.pop("truncated", False))
    told = ml_bom.bill(ml_bom.Lineage(graph, bodies, more.pop("names", {}), **more), at="2026-09-20T12:00:00Z")
    assert bill_faults(told) == []
    return told


def test_every_licence_id_is_on_the_official_list() -> None:
    assert set(spdx.KNOWN.values()) <= spdx_ids()


def test_what_lies_outside_the_readers_productions_is_in_the_bill_without_a_name() -> None:
    shown, hidden = node("mdl_a", "model", label="Look"), node("mdl_b", "model", hidden=True)
    told = bill([shown, hidden], [Edge("mdl_a", "mdl_b", "base_model")], {"mdl_a": {"name": "Look", "training_disclosure": "undisclosed"}})
    [part] = told["components"]
    assert (part["name"], part["properties"][0]["name"]) == ("model", "clearance:hidden")
    assert told["compositions"] == [{"aggregate": "unknown", "dependencies": ["urn:clearance:mdl_a", "urn:clearance:mdl_b"]}]


def test_a_licence_in_a_bill_says_from_whom_to_whom_and_until_when() -> None:
    nodes = [node("dst_a", "dataset", label="Set"), node("lic_a", "licence"), node("lic_b", "licence")]
    edges = [Edge("dst_a", "lic_a", "licence"), Edge("dst_a", "lic_b", "licence")]
    bodies = {
        "dst_a": {"name": "Set", "items": {"sha256": "ab" * 32, "bytes": 9, "count": 3}, "people": ["pty_x"], "members": []},
        "lic_a": {"grantor": "pty_a", "grantee": "pty_b", "window": {"perpetual": True}, "training": {"granted": True}},
        "lic_b": {
            "grantor": "pty_c",
            "type": "open",
            "open_licence": {"spdx": "cc-by-4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
    }
    told = bill(nodes, edges, bodies, names={"pty_a": "Ada", "pty_b": "Northlight"}, people=frozenset({"pty_a"}))
    first, second = (each["license"] for each in told["metadata"]["component"]["licenses"])
    assert first["licensing"] == {
        "altIds": ["urn:clearance:lic_a"], "licensor": {"individual": {"name": "Ada"}},
        "licensee": {"organization": {"name": "Northlight"}}, "licenseTypes": ["perpetual"],
    }  # fmt: skip
    assert second["id"] == "CC-BY-4.0"
    [data] = told["metadata"]["component"]["data"]
    assert data["sensitiveData"] == ["the faces or voices of 1 person"]
    assert {"name": "clearance:items.count", "value": "3"} in data["contents"]["properties"]


def test_who_is_in_it_is_none_only_where_somebody_says_so_of_all_of_it() -> None:
    assert people({}) is None
    assert people({"people": []}) == "none"
    assert people({"parts": [{"people": []}, {}]}) is None
    assert people({"parts": [{"people": []}, {"people": []}]}) == "none"
    assert people({"people": [], "list_reading": {"people_not_stated": {"items": 3}}}) is None
    assert people({"people": ["pty_a"], "members": [{"people": ["pty_b@1"]}]}) == "the faces or voices of 2 people"


def test_a_delivery_and_what_is_hidden_in_prov() -> None:
    nodes = [node("dlv_a", "delivery"), node("ast_a", "asset", hidden=True), node("app_a", "appearance"), node("pty_a", "party")]
    edges = [Edge("dlv_a", "ast_a", "delivered"), Edge("ast_a", "app_a", "asset"), Edge("app_a", "pty_a", "person", grade="asserted")]
    kinds = {each.id: each.kind for each in nodes}
    document = prov.Document()
    document.add(prov.cover("dlv_a", "ancestors", 4, truncated=False, at="2026-09-20T12:00:00Z"))
    for each in nodes:
        document.add(prov.of_node(each, {"name": "secret"} if not each.hidden else None))
    for edge in edges:
        document.add(prov.of_edge(edge, kinds))
    document.add(prov.of_node(nodes[0], {}))
    content = document.close({"pty_a": "person"}, {})
    told = read_prov(content)
    assert [str(each.identifier) for each in told.get_records(ProvActivity)] == ["clearance:dlv_a"]
    assert len(list(told.get_records(ProvEntity))) == 3
    assert len(list(told.get_records(ProvUsage))) == 1
    assert len(list(told.get_records(ProvInfluence))) == 2
    assert json.loads(content)["entity"]["clearance:ast_a"] == {"prov:type": {"$": "term:asset", "type": "xsd:QName"}, "term:hidden": True}


SOURCE = {"title": "Web pages", "type": "web", "acquired_how": "public_web", "personal_data": True}
DATASET = croissant.Dataset(
    "dst_01k5yrs2s0e7h8t4n9z3c6q1ab", 4, "2026-09-01T00:00:00.000000Z",
    {"name": "Pages", "items": {"sha256": "ab" * 32, "bytes": 90, "count": 1_000_000, "root": "cd" * 32}, "parts": [{"source": "src_a"}],
     "derived_from": ["dst_01k5yrs2s0e7h8t4n9z3c6q1ac@2"], "contains_generated": True},
    {"src_01k5yrs2s0e7h8t4n9z3c6q1ad": SOURCE}, studio="Northlight", unlicensed=True,
)  # fmt: skip


def test_a_million_files_are_one_list_in_croissant() -> None:
    told = croissant.description(DATASET, "https://clearance.example/v1/datasets/x")
    assert {"@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "datePublished"} <= told.keys()
    [file] = told["distribution"]
    assert (file["sha256"], file["contentSize"], told["license"]) == ("ab" * 32, "90 B", ["urn:clearance:terms:notStated"])
    assert {each["source"]["fileObject"]["@id"] for each in told["recordSet"][0]["field"]} == {file["@id"]}
    assert told["rai:dataLimitations"] == "It holds generated content."
    assert "rai:personalSensitiveInformation" not in told
    card = register.read(Given(json.dumps(told).encode()))
    assert (card.about.value, card.body["item_count"], "members" in card.body) == (f"urn:clearance:{DATASET.id}", 1_000_000, False)
    assert [each.value for each in card.datasets] == ["urn:clearance:dst_01k5yrs2s0e7h8t4n9z3c6q1ac"]
    assert {each.code for each in card.contradictions} == {"item_list", "licence_unknown"}


def test_what_the_data_provenance_standards_require_and_nobody_knows_says_unknown() -> None:
    told = dps.record(DATASET, "https://clearance.example", None, [], [])
    assert {"version", "title", "id", "issuer", "description"} <= told["source"].keys()
    assert (told["provenance"]["origin-geography"], told["provenance"]["date"]) == ([{"country": "unknown"}], DATASET.recorded_at)
    assert [each["code"] for each in told["provenance"]["generation-method"]] == ["public_web", "generated"]
    assert told["use"]["intended-purpose"][0]["code"] == "unknown"
    assert [(each["regulation"]["code"], each["evaluated"]) for each in told["use"]["classification"]] == [("personal-data", True)]
    assert "processing-included" not in told["use"]
    bare = dps.record(
        replace(DATASET, sources={}, body={"name": "x"}), "https://clearance.example", "2026-08-01T00:00:00Z", ["con_a"], ["US-CA"]
    )
    assert bare["provenance"]["generation-method"][0]["code"] == "unknown"
    assert (bare["provenance"]["previous-date"], bare["use"]["consents"]) == ("2026-08-01T00:00:00Z", ["urn:clearance:con_a"])
    assert bare["provenance"]["origin-geography"] == [{"country": "US", "state": "CA"}]


def test_the_command_and_the_page_offer_what_the_service_has() -> None:
    served = {each.path for each in load_operations() if each.tag == "exports" and each.method == "GET" and "{id}" in each.path}
    assert served == {f"/v1/{NAMES[kind][1]}/{{id}}/{form}" for form, kinds in export.FORMS.items() for kind in kinds}
    assert records.DOCUMENTS.keys() == export.FORMS.keys()
