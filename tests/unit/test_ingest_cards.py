"""Cards of models and datasets: a real-shaped, a stripped and a hostile sample for each format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.ingest.cards import register
from service.ingest.cards.card import Card, Given


def read(content: str | bytes | dict[str, Any], name: str | None = None) -> Card:
    raw = json.dumps(content).encode() if isinstance(content, dict) else content.encode() if isinstance(content, str) else content
    return register.read(Given(raw, name))


def codes(card: Card) -> list[str]:
    return [remark.code for remark in card.contradictions]


README = """---
license: other
license_name: harbour-community
license_link: https://example.org/LICENCE
base_model:
  - studio/base-xl
base_model_relation: adapter
datasets: [studio/paintings, studio/sketches]
tags: [lora, text-to-image]
---
# Harbour look
license: not this one
"""


def test_a_model_card_names_base_data_and_terms() -> None:
    card = read(README, "studio/harbour-look")
    assert (card.adapter, card.kind, card.about.scope, card.about.value) == (
        "huggingface",
        "model",
        "huggingface.model",
        "studio/harbour-look",
    )
    assert card.body == {"type": "lora", "terms": {"contract": "harbour-community", "url": "https://example.org/LICENCE"}}
    assert [base.value for base in card.bases] == ["studio/base-xl"]
    assert [(data.scope, data.value) for data in card.datasets] == [
        ("huggingface.dataset", "studio/paintings"),
        ("huggingface.dataset", "studio/sketches"),
    ]
    assert (card.unread, codes(card)) == (("tags",), [])


def test_a_dataset_card_names_its_sources() -> None:
    card = read("---\nlicense: cc-by-4.0\nsource_datasets: [original, studio/older]\npretty_name: Paintings\n---\n")
    assert (card.kind, card.about.name, [data.value for data in card.datasets]) == ("dataset", "Paintings", ["studio/older"])
    assert card.body == {"notes": "The card names the licence cc-by-4.0."}
    assert codes(read("---\nlicense: unknown\n---", "x/y")) == ["licence_unknown"]
    assert codes(read("---\nlicense: mit\nbase_model_relation: merge\n---", "x/y")) == ["base_unknown"]


def header(meta: dict[str, str] | None, more: bytes = b"\0" * 8) -> bytes:
    tensors: dict[str, Any] = {"w": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}
    text = json.dumps(tensors if meta is None else {"__metadata__": meta, **tensors}).encode()
    return len(text).to_bytes(8, "little") + text + more


META = {
    "ss_output_name": "harbour_look", "ss_sd_model_name": "C:\\models\\base-xl.safetensors", "ss_new_sd_model_hash": "AB" * 32,
    "ss_dataset_dirs": json.dumps({"10_harbour": {"n_repeats": 10, "img_count": 60}}), "ss_network_module": "networks.lora",
    "ss_training_started_at": "1789380000.5", "ss_session_id": "77", "sshs_model_hash": "cd" * 32, "ss_tag_frequency": "{}",
}  # fmt: skip


def test_a_safetensors_header_names_base_folders_and_run() -> None:
    card = read(header(META), "look.safetensors")
    assert (card.kind, card.about.name, card.about.scope, card.about.value) == ("model", "harbour_look", "model.sshs", "cd" * 32)
    assert card.body == {
        "file_name": "look.safetensors",
        "type": "lora",
        "training": {"run": "77", "started_at": "2026-09-14T10:00:00+00:00"},
    }
    assert [(base.name, base.digests[0].algorithm, base.digests[0].value) for base in card.bases] == [
        ("base-xl.safetensors", "sha256", "ab" * 32)
    ]
    assert [(data.name, data.value) for data in card.datasets] == [("10_harbour", "77/10_harbour")]
    assert card.unread == ("ss_tag_frequency",)
    stripped = read(header(None), "look.safetensors")
    assert (stripped.bases, stripped.datasets, codes(stripped)) == ((), (), ["metadata_stripped"])


def test_an_mlflow_run_names_training_data_only() -> None:
    run = {"run": {
        "info": {"run_id": "r1", "status": "FINISHED", "start_time": 1789380000000, "end_time": 1789383600000},
        "data": {"tags": [{"key": "mlflow.runName", "value": "look-3"}]},
        "inputs": {"dataset_inputs": [
            {"tags": [{"key": "mlflow.data.context", "value": "training"}], "dataset": {"name": "paintings", "digest": "9f8e7d6c"}},
            {"tags": [{"key": "mlflow.data.context", "value": "eval"}], "dataset": {"name": "held-out", "digest": "11"}},
        ]},
    }}  # fmt: skip
    card = read(run)
    assert (card.about.name, card.about.value, card.body["training"]["run"]) == ("look-3", "r1", "r1")
    assert card.body["training"]["finished_at"] == "2026-09-14T11:00:00+00:00"
    assert [(data.value, data.digests) for data in card.datasets] == [("paintings@9f8e7d6c", ())]
    assert (card.unread, codes(card)) == (("inputs.held-out (eval)",), [])
    assert codes(read({"info": {"run_id": "r2", "status": "RUNNING"}})) == ["not_finished"]


def test_a_wandb_run_names_artifacts() -> None:
    run = {
        "id": "ab12", "entity": "studio", "project": "looks", "state": "finished",
        "used_artifacts": [{"name": "studio/looks/paintings:v3", "type": "dataset"}, {"name": "base", "version": "v0", "type": "model"},
                           {"name": "code:v1", "type": "job"}],
        "logged_artifacts": [{"name": "look:v1", "type": "model"}],
    }  # fmt: skip
    card = read(run)
    assert (card.about.scope, card.about.value, card.body["training"]["run"]) == ("wandb.artifact", "look:v1", "studio/looks/ab12")
    assert ([base.value for base in card.bases], [data.value for data in card.datasets]) == (["base:v0"], ["studio/looks/paintings:v3"])
    assert (card.unread, codes(card)) == (("job code:v1",), [])
    run["logged_artifacts"] = [{"name": "a:v1", "type": "model"}, {"name": "b:v1", "type": "model"}]
    assert codes(read(run)) == ["several_models"]


CROISSANT = {
    "@context": {"cr": "http://mlcommons.org/croissant/"}, "@type": "sc:Dataset", "name": "paintings", "version": "1.2.0",
    "conformsTo": "http://mlcommons.org/croissant/1.1", "license": "https://creativecommons.org/licenses/by/4.0/", "url": "https://example.org/paintings",
    "prov:wasDerivedFrom": {"@id": "https://example.org/older"}, "usageInfo": {"@type": "odrl:Offer"}, "rai:dataCollection": "scans",
    "distribution": [
        {"@type": "cr:FileObject", "name": "a.zip", "sha256": "AB" * 32, "contentSize": "1200 B"},
        {"@type": "cr:FileSet", "name": "all"}, {"@type": "cr:FileObject", "contentUrl": "b.zip", "sha256": "short"},
    ],
}  # fmt: skip


def test_croissant_names_files_origin_and_policy() -> None:
    card = read(CROISSANT)
    assert (card.kind, card.about.value, card.body["label"]) == ("dataset", "https://example.org/paintings@1.2.0", "1.2.0")
    assert card.body["members"] == [
        {"name": "a.zip", "bytes": 1200, "digests": [{"algorithm": "sha256", "value": "ab" * 32}]},
        {"name": "b.zip"},
    ]
    assert [data.value for data in card.datasets] == ["https://example.org/older"]
    assert (codes(card), card.unread) == (["usage_policy"], ("rai:dataCollection",))
    assert codes(read({"@context": "http://mlcommons.org/croissant/1.1", "name": "x"})) == ["licence_unknown"]


DPS = {
    "source": {"version": "1.0.0", "title": "Faces", "id": "urn:uuid:7", "issuer": [{"name": "Vendor"}], "description": "Portraits"},
    "provenance": {
        "source": "https://vendor.example/older, urn:clearance:dst_01k5yrs2s0e7h8t4n9z3c6q1ab:2", "date": "2026-05-01",
        "origin-geography": [{"country": "US"}], "generation-method": [{"code": "Synthetic"}],
    },
    "use": {
        "intended-purpose": [{"code": "fine-tuning", "description": "x"}], "license": ["https://vendor.example/terms"],
        "classification": [{"regulation": {"code": "biometric"}, "evaluated": True}], "storage-allowed": [{"country": "DE"}],
    },
}  # fmt: skip


def test_a_data_provenance_record_names_origin_purpose_and_what_to_look_at() -> None:
    card = read(DPS)
    assert (card.adapter, card.about.name, card.about.scope, card.about.value) == ("dps", "Faces", "dps", "urn:uuid:7")
    assert (card.body["created_at"], card.body["purpose"], card.body["contains_generated"]) == ("2026-05-01", "fine_tuning", True)
    assert "https://vendor.example/terms" in card.body["notes"]
    assert [(data.scope, data.value) for data in card.datasets] == [
        ("uri", "https://vendor.example/older"), ("urn", "urn:clearance:dst_01k5yrs2s0e7h8t4n9z3c6q1ab"),
    ]  # fmt: skip
    assert (codes(card), card.unread) == (["consents_unknown", "places_limited"], ("source.issuer", "provenance.origin-geography"))
    stripped = read({"source": {"title": "x"}, "provenance": [], "use": {"intended-purpose": 7}})
    assert (stripped.body, codes(stripped)) == ({}, ["licence_unknown"])


LOCK = """schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {path: data/paintings, md5: 0123456789abcdef0123456789abcdef.dir, nfiles: 60}
    - {path: base.safetensors, md5: 1123456789abcdef0123456789abcdef}
    - {path: train.py, md5: 2123456789abcdef0123456789abcdef}
    outs:
    - {path: look.safetensors, md5: 3123456789abcdef0123456789abcdef, size: 9}
    - {path: log.json, md5: 4123456789abcdef0123456789abcdef}
"""


def test_a_lock_file_names_the_stage_that_made_the_model() -> None:
    card = read(LOCK)
    assert (card.kind, card.about.name, card.body["weights"][0]["algorithm"]) == ("model", "look.safetensors", "md5")
    assert ([base.name for base in card.bases], [data.name for data in card.datasets]) == (["base.safetensors"], ["data/paintings"])
    assert (card.unread, codes(card)) == (("train.py",), [])
    assert codes(read("schema: '2.0'\nstages:\n  a:\n    outs:\n    - path: m.pt\n")) == ["nothing_read"]
    with pytest.raises(errors.Invalid, match="Name the output that is meant"):
        read("schema: '2.0'\nstages:\n  a:\n    outs: [{path: m.pt}, {path: n.pt}]\n")


BOMB = "a: &a [x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"---\nlicense: [\n---", f"---\nlicense: mit\n{BOMB}---".encode(), b"---\nlicense: !!python/object:os.system x\n---",
     b"schema: x\nstages: " + b"[" * 5000, (1 << 40).to_bytes(8, "little") + b"{", (100).to_bytes(8, "little") + b"{}", b"---\nlicense: mit\n---",
     header(None), b'{"run_id": 1, "info": {', b'{"info": {"run_id": 5}}', b'{"used_artifacts": []}', b'{"@context": "mlcommons.org/croissant"}'],
)  # fmt: skip
def test_stripped_and_hostile_cards_are_refused_with_a_remedy(content: bytes) -> None:
    with pytest.raises(errors.Problem):
        read(content)


WORDS = ["run_id", "info", "data", "tags", "inputs", "dataset_inputs", "dataset", "name", "id", "used_artifacts", "logged_artifacts", "type", "artifact",
         "@context", "@type", "distribution", "license", "version", "prov:wasDerivedFrom", "stages", "outs", "path", "key", "value"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=14,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(['"run_id"', '"used_artifacts"', '"@context":"mlcommons.org/croissant","@"']), VALUES, VALUES)
def test_any_card_is_read_or_refused(marker: str, first: Any, second: Any) -> None:
    text = "{" + f'{marker}: {json.dumps(first)}, "info": {json.dumps(second)}' + "}"
    try:
        read(text, "name")
    except errors.Problem:
        return
