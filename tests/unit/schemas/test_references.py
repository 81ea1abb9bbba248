"""References and sealed values: their forms, and finding each of them in a body."""

import pytest
from marshmallow import ValidationError

from schemas.fields import Carried
from schemas.kinds import KINDS, commitments, references, visit
from schemas.problem import faults
from schemas.references import Reference
from tests.unit.schemas.examples import EVIDENCE, FULL

ID = "0" + "1" * 25


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (f"mdl_{ID}", f"mdl_{ID}"),
        (f"mdl_{ID}@3", f"mdl_{ID}@3"),
        ("$base", "$base"),
        ({"$ref": "base"}, "$base"),
        ({"$ref": "$base"}, "$base"),
        ({"scope": "hugging_face", "value": "a/b"}, {"scope": "hugging_face", "value": "a/b"}),
        ({"$ref": {"scope": "hugging_face", "value": "a/b"}}, {"scope": "hugging_face", "value": "a/b"}),
    ],
)
def test_a_reference_takes_an_id_a_client_key_or_an_outside_id(given_value, kept):
    assert Reference("model", pins=True).deserialize(given_value) == kept


@pytest.mark.parametrize(
    "wrong",
    [f"con_{ID}", f"mdl_{ID}@0", f"mdl_{ID}@", f"MDL_{ID}", "mdl_1", f"mdl_{ID[:-1]}u", "$", "$a b", "", 5, None, [], {}, {"$ref": 5},
     {"$ref": "a b"}, {"scope": "x"}, {"scope": "x", "value": 5}, {"scope": "x", "value": "y", "z": 1}],
)  # fmt: skip
def test_anything_else_is_refused(wrong):
    with pytest.raises(ValidationError):
        Reference("model", pins=True).deserialize(wrong)


def test_the_refusal_names_the_kind_that_belongs_there():
    with pytest.raises(ValidationError, match=r"model \(mdl_…\)"):
        Reference("model", pins=True).deserialize(f"con_{ID}")


def test_a_reference_that_follows_takes_no_version():
    with pytest.raises(ValidationError, match=r"drop @3"):
        Reference("consent").deserialize(f"con_{ID}@3")


def test_references_are_found_at_every_depth():
    body = KINDS["consent"].schema.load(
        {
            "grantor": f"pty_{ID}", "capacity": "self", "answer": "granted",
            "clause": {"document": "$rider"},
            "scope": {"productions": [f"prd_{ID}", "$other"], "roles": ["*"], "script_version": f"evd_{ID}@2"},
        }
    )  # fmt: skip
    found = {(link.pointer, link.role, link.id, link.version) for link in references(KINDS["consent"].schema, body)}
    assert found == {
        ("/grantor", "grantor", f"pty_{ID}", None),
        ("/clause/document", "consent_document", None, None),
        ("/scope/productions/0", "consented_production", f"prd_{ID}", None),
        ("/scope/productions/1", "consented_production", None, None),
        ("/scope/script_version", "script_version", f"evd_{ID}", 2),
    }


def test_an_event_affects_its_targets():
    body = KINDS["event"].schema.load({"type": "withdrawn", "targets": [f"con_{ID}"], "effective_at": "2026-10-01", "by": f"pty_{ID}"})
    assert {link.role: link.affects for link in references(KINDS["event"].schema, body)} == {"target": True, "by": False}


def test_references_inside_evidence_depend_on_its_type():
    body = KINDS["evidence"].schema.load(EVIDENCE["capture_session"])
    pointers = {link.pointer for link in references(KINDS["evidence"].schema, body)}
    assert {"/subjects/0", "/details/person", "/details/business_reason/approved_by", "/details/consents/0"} <= pointers


def test_what_is_found_may_be_replaced_in_place():
    schema = KINDS["appearance"].schema
    body = schema.load(FULL["appearance"])
    for spot in visit(schema, body):
        if isinstance(spot.field, Reference):
            spot.container[spot.key] = f"evd_{ID}@1"
    assert {link.id for link in references(schema, body)} == {f"evd_{ID}"}


def test_sealed_values_are_listed_with_their_subject():
    schema = KINDS["consent"].schema
    body = schema.load(
        {
            "grantor": f"pty_{ID}", "person": "$performer", "capacity": "guardian", "answer": "granted",
            "description": "one fall from a roof", "compensation": "a fee",
            "limits_after_death": {"text": "not after my death"},
        }
    )  # fmt: skip
    found = {(secret.pointer, secret.protection, secret.subject) for secret in commitments(schema, body)}
    assert found == {
        ("/description", "personal", "$performer"),
        ("/limits_after_death/text", "personal", "$performer"),
        ("/compensation", "encrypted", None),
    }


def test_a_party_is_the_subject_of_its_own_names_and_a_carried_commitment_is_left_alone():
    schema = KINDS["party"].schema
    body = schema.load(
        {"type": "person", "professional_name": "Ada Example", "birth_date": Carried("…"), "memberships": [{"name": "X", "number": "7"}]}
    )
    assert {(secret.pointer, secret.subject) for secret in commitments(schema, body)} == {
        ("/professional_name", "self"),
        ("/memberships/0/number", "self"),
    }


@pytest.mark.parametrize(
    ("kind", "change", "pointer"),
    [
        ("party", {"type": "person", "name": "Ada"}, "/name"),
        ("party", {"type": "organisation", "name": "Harbour", "birth_date": "1990"}, "/birth_date"),
        ("party", {"type": "organisation"}, "/name"),
        ("production", {"title": "H", "format": "feature", "photography_start": "2026-08-17", "photography_end": "2026-08-16"}, "/photography_end"),
        ("production", {"title": "H", "format": "feature", "intent_profiles": [{"name": "a"}, {"name": "a"}]}, "/intent_profiles/1/name"),
        ("production", {"title": "H", "format": "feature", "intent_profiles": [{"name": "a", "default": True}, {"name": "b", "default": True}]},
         "/intent_profiles/1/default"),
        ("binding", {"production": "$p", "basis": "signatory"}, "/agreement"),
        ("engagement", {"person": "$p", "production": "$t", "category": "voice", "engaged_at": "2026-09-02", "services_start_at": "2026-09-01"},
         "/services_start_at"),
        ("licence", {"grantor": "$p", "effective_at": "2027", "window": {"end": "2026"}}, "/effective_at"),
        ("licence", {"grantor": "$p", "type": "open"}, "/open_licence"),
        ("consent", {"grantor": "$g", "capacity": "guardian", "answer": "granted"}, "/person"),
        ("consent", {"grantor": "$g", "person": "$p", "capacity": "self", "answer": "granted"}, "/capacity"),
        ("consent", {"grantor": "$g", "capacity": "self", "answer": "granted", "requested_at": "2026-08-04", "signed_at": "2026-08-03"}, "/signed_at"),
        ("event", {"type": "withdrawn", "effective_at": "2026"}, "/targets"),
        ("event", {"type": "strike_called", "effective_at": "2026"}, "/strike"),
        ("event", {"type": "superseded", "effective_at": "2026", "targets": ["$c"]}, "/superseded_by"),
        ("generation", {"inputs": [{"asset": "$a"}], "outputs": [{"asset": "$b"}, {"asset": "$a"}]}, "/outputs/1/asset"),
        ("asset", {"type": "image", "origin": "generated", "ai": "none"}, "/ai"),
        ("asset", {"type": "image", "digests": [{"algorithm": "md5", "value": "0" * 32}, {"algorithm": "md5", "value": "1" * 32}]}, "/digests/1"),
        ("asset", {"type": "image", "ranges": [{"asset": "$a"}]}, "/type"),
        ("appearance", {"asset": "$a", "type": "dub"}, "/language"),
        ("appearance", {"asset": "$a", "type": "synthetic", "replica": "$r"}, "/type"),
        ("dataset", {"name": "d", "items": {"sha256": "0" * 64, "bytes": 1, "count": 60}, "item_count": 61}, "/item_count"),
        ("replica", {"person": "$p", "state": "deleted"}, "/deletion"),
        ("waiver", {"rules": ["a"], "state": "approved", "requested_by": "x", "approved_by": "x", "expires_at": "2027"}, "/approved_by"),
        ("adoption", {"production": "$p", "pack": "a", "state": "adopted", "proposed_by": "x"}, "/adopted_by"),
        ("review", {"decision": "$d", "cause": "c", "state": "confirmed", "decided_at": "2026-11-20T10:00:00Z"}, "/decided_by"),
        ("obligation", {"type": "pay", "state": "done", "done_at": "2026"}, "/proof"),
        ("hold", {"type": "litigation", "placed_at": "2026-08", "lifted_at": "2026-07"}, "/lifted_at"),
        ("evidence", {"type": "gossip", "details": {}}, "/type"),
        ("evidence", {"type": "notice", "details": {"kind": "rumour"}}, "/details/kind"),
        ("evidence", {"type": "take", "details": {"kind": "synthetic"}}, "/details/kind"),
        ("evidence", {"type": "attestation", "details": {"kind": "good_faith_day_estimate", "outcome": "confirmed", "role": "producer",
                                                         "signed_at": "2026"}}, "/details/days"),
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_refused_where_the_fault_lies(kind, change, pointer):
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].schema.load(change)
    assert pointer in dict(faults(caught.value.messages))
