"""Records in the forms of other standards: bills of materials, lineage in PROV, datasets in Croissant, licences in ODRL and back."""

from __future__ import annotations

import base64
import hashlib
from contextlib import AbstractContextManager
from typing import Any, Final

import orjson

from schemas.exports import BillQuery, ExportQuery, LicenceExportQuery, PolicyAnswer, PolicyQuery, ProvQuery
from schemas.kinds import BY_COLLECTION
from service import errors
from service.api import imported
from service.api.lineage import GRAPHS
from service.api.operation import PUBLIC, Answer, Call, View, operation
from service.exports import croissant, dps, gather, ml_bom, odrl, odrl_profile, odrl_read, odrl_recording, prov
from service.exports.names import JSON_LD
from service.ingest import jsontext
from service.records import read
from service.records.model import Recorded
from service.records.standing import WHOLE

TAG: Final = "exports"
_BILL, _PROV, _EXPORT = BillQuery(), ProvQuery(), ExportQuery()
_USUAL: Final = 5_000
_LIMIT: Final = 1 << 20


def _answer(content: bytes, media_type: str, *, truncated: bool = False) -> Answer:
    """A document with its digest, so that whoever keeps it can say which one it was."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {"Content-Digest": f"sha-256=:{digest}:", "Cache-Control": "no-store"}
    return Answer(content, headers=headers | ({"Clearance-Truncated": "true"} if truncated else {}), media_type=media_type)


def _written(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _named(call: Call) -> bool:
    return bool(call.query.get("names") == "true")


def _record(call: Call, kind: str) -> Recorded:
    return read.get(call.context, kind, call.path["id"], version=call.query.get("version"))


def _room(call: Call, limit: int) -> AbstractContextManager[None]:
    """A place among the few that may ask for a very large document at the same time; others need none."""
    return call.services.lane("bulk" if limit > _USUAL else None)


def _bill_of(kind: str) -> View:
    def view(call: Call) -> Answer:
        """Answer a CycloneDX bill of materials: components with hashes, licences and model cards, the runs that made them, what rests on
        what, and how complete that is. A lineage beyond `limit` records is cut; the bill then says so (`compositions` incomplete, property
        `clearance:truncated`, header `Clearance-Truncated`).
        """
        read.get(call.context, kind, call.path["id"])
        spec = call.query.get("spec", ml_bom.VERSIONS[0])
        limit = call.query.get("limit", _USUAL)
        with _room(call, limit):
            found, truncated = gather.lineage_bill(call.context, call.path["id"], limit=limit, spec=spec, named=_named(call))
        return _answer(_written(found), f"application/vnd.cyclonedx+json; version={spec}", truncated=truncated)

    return view


def _prov_of(kind: str) -> View:
    def view(call: Call) -> Answer:
        """Answer the lineage as PROV-JSON: entities, activities, agents and how they are related. One beyond `limit` records is cut; the
        document then says so (`term:truncated` of the entity `clearance:export.…`, header `Clearance-Truncated`).
        """
        read.get(call.context, kind, call.path["id"])
        query = call.query
        direction, depth, limit = query.get("direction", "ancestors"), query.get("depth", 64), query.get("limit", _USUAL)
        with _room(call, limit):
            content, truncated = gather.lineage_prov(
                call.context, call.path["id"], direction=direction, depth=depth, limit=limit, named=_named(call)
            )
        return _answer(content, prov.MEDIA_TYPE, truncated=truncated)

    return view


@operation("GET", "/v1/datasets/{id}/croissant", permission="lineage.read", tag=TAG, summary="The dataset as a Croissant description",
           query=_EXPORT, produces=croissant.MEDIA_TYPE, name="get_dataset_croissant")  # fmt: skip
def get_croissant(call: Call) -> Answer:
    """Answer a Croissant 1.1 description: files by digest, provenance, the Responsible AI fields that the records fill, and the terms of each
    licence as an ODRL offer. Of a dataset with an item list the list is the file, and a record set says what its lines hold.
    """
    recorded = _record(call, "dataset")
    found, _, _ = gather.dataset(call.context, recorded, named=_named(call))
    return _answer(_written(croissant.description(found, _address(call))), croissant.MEDIA_TYPE)


@operation("GET", "/v1/datasets/{id}/dps", permission="lineage.read", tag=TAG, summary="The dataset as a record of the Data Provenance Standards",
           query=_EXPORT, name="get_dataset_dps")  # fmt: skip
def get_dps(call: Call) -> Answer:
    """Answer a record of the Data Provenance Standards 1.0.0 (Data & Trust Alliance): source, provenance and use. What the standard requires
    and the ledger does not know says `unknown`.
    """
    recorded = _record(call, "dataset")
    found, consents, domiciles = gather.dataset(call.context, recorded, named=_named(call))
    told = dps.record(found, _address(call), gather.previous(call.context, recorded), consents, domiciles)
    return _answer(_written(told), "application/json")


@operation("GET", "/v1/licences/{id}/odrl", permission="records.read", tag=TAG, summary="The licence as an ODRL policy",
           query=LicenceExportQuery(), produces=JSON_LD, name="get_licence_odrl")  # fmt: skip
def get_odrl(call: Call) -> Answer:
    """Answer an ODRL 2.2 policy: an Agreement between grantor and grantee, a Set where no grantee is recorded. What the licence does not state
    is a constraint `clearance:notStated`, never an open permission; one that was taken back grants nothing (`clearance:endedBy`); fees, notes and signatures stay inside, and `clearance:leftOut` names them.
    """
    recorded = gather.readable(call.context, _record(call, "licence"))
    names = gather.licence_names(call.context, recorded.body, named=_named(call))
    stands = gather.standing(call.context, [recorded.id]).get(recorded.id, WHOLE)
    return _answer(_written(odrl.policy(recorded.id, recorded.version, recorded.body, names, stands)), JSON_LD)


@operation("GET", "/v1/odrl-profile", permission=PUBLIC, tag=TAG, summary="The ODRL profile of our policies, with all its terms",
           produces=JSON_LD, name="get_odrl_profile")  # fmt: skip
def get_profile(_: Call) -> Answer:
    """Answer the profile `urn:clearance:odrl:1` as JSON-LD: each action, operand and property with what it means. It needs no key, for whoever
    is handed a policy has none.
    """
    return Answer(_written(odrl_profile.profile()), headers={"Cache-Control": "public, max-age=86400"}, media_type=JSON_LD)


@operation("POST", "/v1/licences/import", permission="rights.write", tag=TAG, summary="Import an ODRL policy as a licence", query=PolicyQuery(),
           stream=JSON_LD, answer=PolicyAnswer(), status=201, or_status=200, writes=True, replay=imported.again, name="import_licence_odrl")  # fmt: skip
def post_odrl(call: Call) -> Answer:
    """Read the ODRL 2.2 policy in the body into a licence, never wider than the policy: a rule with an action, limit or duty that is not known
    here is no grant, and `unread` says so with its place. An Agreement is agreed to; of a Set or an Offer only what it refuses is taken over,
    unless you state with `agreed` that it has been agreed to. The policy is kept whole. 200 for a dry run, and when it was imported before.
    """
    content = call.request.stream.read(_LIMIT + 1)
    if len(content) > _LIMIT:
        raise errors.TooLarge(f"A policy may have up to {_LIMIT} bytes.", "policy_too_large")
    reading = odrl_read.read(jsontext.parse(content, "/content", _LIMIT), agreed=call.query.get("agreed") == "true")
    told = {"agreed": reading.agreed, "draft": odrl_recording.draft(reading), "unread": [each.document() for each in reading.unread]}
    if call.query.get("dry_run") == "true":
        return Answer({"found": False, "made": [], **told}, 200)
    productions = [call.query["production"]] if "production" in call.query else None
    return imported.answer(call, odrl_recording.record(call.context, reading, content, productions=productions, key=call.key), told)


def _address(call: Call) -> str:
    """Where the record itself is read."""
    return f"{call.request.host_url}v1/datasets/{call.path['id']}"


for _collection in ("models", "assets"):
    _noun = BY_COLLECTION[_collection].name
    operation("GET", f"/v1/{_collection}/{{id}}/ml-bom", permission="lineage.read", tag=TAG, query=_BILL, produces="application/vnd.cyclonedx+json",
              summary=f"What this {_noun} was made of, as a CycloneDX bill of materials", name=f"get_{_noun}_ml_bom")(_bill_of(_noun))  # fmt: skip
for _collection in GRAPHS:
    _noun = BY_COLLECTION[_collection].name
    operation("GET", f"/v1/{_collection}/{{id}}/prov", permission="lineage.read", tag=TAG, query=_PROV,
              summary=f"The lineage of this {_noun} as W3C PROV", name=f"get_{_noun}_prov")(_prov_of(_noun))  # fmt: skip
