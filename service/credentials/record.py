"""From the ledger into a manifest and back: gather what a manifest says, sign, and record the signing as evidence."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.credentials import MINING
from service import errors
from service.content.digests import Digests
from service.content.sniff import kind_of_path
from service.content.store import CHUNK
from service.context import Context, Idempotency
from service.credentials.definition import Input, SigningFacts, build, needs_parent
from service.credentials.sign import Credentials, Signed
from service.records import read, write
from service.records.model import Recorded, instant

SCOPE = "c2pa.manifest"
_DEPTH = 8
_MOST = 100  # of each kind in one manifest; the record it points at has them all


@dataclass(frozen=True, slots=True)
class Order:
    """How to sign: `form` None for whatever the format allows; `oversight` and `decision` as the caller states them."""

    form: str | None = None
    oversight: str | None = None
    decision: str | None = None


def sign(context: Context, credentials: Credentials, asset: Recorded, source: str, order: Order, key: Idempotency | None) -> Recorded:
    """Sign the asset's bytes (`source` is their SHA-256 in the store) and record it; the same key gives the same signing again.

    Raises Invalid (`cannot_sign`, `form_impossible`, `manifest_refused`, an unfit decision), Unavailable when the media
    processes are busy. Then nothing is recorded.
    """
    before = write.replayed(context, key)
    if before:
        return before[0]
    _check_decision(context, asset, order.decision)
    path = context.blobs.path(source)
    kind = kind_of_path(path)
    facts = gather(context, asset, order)
    has_parent = (kind.embeds and _carries_manifest(context, credentials, source)) or needs_parent(facts)
    definition = build(facts, _label(context, asset.id, key), has_parent=has_parent)
    form = order.form or ("embedded" if kind.embeds else "sidecar")
    signed = credentials.sign(context.blobs, path, definition, context.now, form=form, has_parent=has_parent, digest=source)
    context.blobs.grant(asset.id, signed.sha256)
    context.blobs.grant(asset.id, signed.manifest)
    body = _evidence(context, asset, signed, source, kind.media_type, order.decision)
    return write.create(context, "evidence", body, key=key)


def latest(context: Context, asset_id: str) -> Recorded | None:
    """The newest signing of an asset whose results we hold, None when it was never signed here.

    Anybody with the permission may record evidence; only what we signed has its content granted to the asset.
    """
    rows = context.conn.execute(
        "SELECT head.index, entry.bytes FROM reference"
        " JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source AND head.index = reference.index"
        " JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = %(asset)s AND reference.role = 'signed_asset'"
        " ORDER BY head.index DESC LIMIT 100",
        {"studio_id": context.studio_id, "asset": asset_id},
    )
    for index, raw in rows:
        found = read.decode(index, raw)
        details = found.body["details"]
        kept = [digest["value"] for digest in details.get("digests") or () if digest["algorithm"] == "sha256"]
        manifest = details.get("manifest", {}).get("sha256")
        if kept and manifest and all(context.blobs.granted(asset_id, one) for one in (*kept, manifest)):
            return found
    return None


def known(context: Context, digests: Mapping[str, str], labels: list[str]) -> list[str]:
    """The records of this studio that have these bytes or one of these manifests, as far as the actor may see them."""
    rows = context.conn.execute(
        "SELECT id FROM digest WHERE studio_id = %(studio_id)s AND algorithm = 'sha256' AND value = %(sha256)s"
        " UNION SELECT id FROM digest WHERE studio_id = %(studio_id)s AND algorithm = 'c4' AND value = %(c4)s"
        " UNION SELECT id FROM identifier WHERE studio_id = %(studio_id)s AND scope = %(scope)s AND value = ANY(%(labels)s)"
        " AND dropped_at IS NULL",
        {"studio_id": context.studio_id, "sha256": digests["sha256"], "c4": digests["c4"], "scope": SCOPE, "labels": labels},
    )
    found = read.current(context.conn, context.studio_id, [record_id for (record_id,) in rows])
    return sorted(one.id for one in found.values() if read.visible(context.actor, one))


def gather(context: Context, asset: Recorded, order: Order) -> SigningFacts:
    """What the ledger knows that a manifest may say."""
    run = _generation(context, asset)
    body = run.body if run else {}
    models = [_pinned(one["model"]) for one in body.get("models") or () if one.get("model")]
    lineage = list(_models(context, models, 0))
    datasets = [_pinned(one["dataset"]) for one in body.get("inputs") or () if one.get("dataset")]
    datasets += [_pinned(one) for model in lineage for one in model.body.get("datasets") or ()]
    licences = [*(asset.body.get("licences") or ()), *(one for model in lineage for one in model.body.get("licences") or ())]
    tool = body.get("tool") or {}
    names = {(model.id, model.version): _public_name(model) for model in lineage}
    return SigningFacts(
        asset=asset.id,
        origin=asset.body.get("origin"),
        source_type=asset.body.get("digital_source_type"),
        agent=(tool["name"], tool.get("version")) if tool else None,
        generation=run.id if run else None,
        models=tuple(Input(one.id, one.version, names.get((one.id, one.version or 0))) for one in list(dict.fromkeys(models))[:_MOST]),
        datasets=tuple(dict.fromkeys(datasets))[:_MOST],
        licences=tuple(dict.fromkeys(licences))[:_MOST],
        decision=order.decision,
        prompts=tuple(_prompts(body)),
        oversight=order.oversight,
        mining=_mining(context, licences),
        log=context.ledger.origin(context.studio_id),
    )


def _generation(context: Context, asset: Recorded) -> Recorded | None:
    """The run that made the asset: named by the asset as its parent, or naming the asset as its output."""
    named = [one["record"].partition("@")[0] for one in asset.body.get("parents") or ()]
    rows = context.conn.execute(
        "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = %s AND role = 'output'", (context.studio_id, asset.id)
    )
    wanted = [one for one in (*named, *(source for (source,) in rows)) if one.startswith("gen_")]
    found = [one for one in read.current(context.conn, context.studio_id, wanted).values() if read.visible(context.actor, one)]
    return max(found, key=lambda one: one.index, default=None)


def _models(context: Context, models: list[Input], depth: int) -> Iterator[Recorded]:
    """The records of these models and of what they were built from, in the versions that were used."""
    if depth > _DEPTH:
        return
    for one in dict.fromkeys(models):
        try:
            model = read.get(context, "model", one.id, version=one.version)
        except errors.NotFound:  # outside the actor's productions: pointed at, not described
            continue
        yield model
        yield from _models(context, [_pinned(base) for base in model.body.get("base_models") or ()], depth + 1)


def _pinned(reference: str) -> Input:
    record_id, _, version = reference.partition("@")
    return Input(record_id, int(version) if version else None)


def _public_name(model: Recorded) -> str | None:
    """The name of a model the world can use; a studio's own may be named after a person or a title."""
    if model.body.get("commercially_available") is not True and model.body.get("hosting") != "vendor_hosted":
        return None
    return " ".join(str(model.body[name]) for name in ("name", "label") if name in model.body)


def _prompts(body: Mapping[str, Any]) -> Iterator[str]:
    for prompt in body.get("prompts") or ():
        text = prompt.get("text")
        if isinstance(text, Mapping) and "commitment" in text:
            yield text["commitment"]


def _mining(context: Context, licences: list[str]) -> dict[str, str]:
    """What to tell those who mine: nothing is allowed; where every licence lets outputs be trained on, they may ask."""
    found = read.current(context.conn, context.studio_id, licences).values()
    grants = [(one.body.get("training") or {}).get("train_on_outputs") for one in found]
    open_to_training = bool(grants) and all(grant is True for grant in grants)
    told = dict.fromkeys(MINING, "notAllowed")
    return told | (dict.fromkeys(("cawg.ai_training", "cawg.ai_generative_training"), "constrained") if open_to_training else {})


def _check_decision(context: Context, asset: Recorded, decision_id: str | None) -> None:
    """A manifest may only point at a decision that was about this asset."""
    if decision_id is None:
        return
    decision = read.get(context, "decision", decision_id)
    if asset.id not in {reference["id"] for reference in decision.refs}:
        raise errors.invalid("/decision", f"{decision_id} is not about {asset.id}; name a decision that is, or none.", "other_subject")


def _carries_manifest(context: Context, credentials: Credentials, source: str) -> bool:
    """Whether the file brings a manifest along; raises Invalid when that cannot be read, since signing would drop it unseen."""
    with context.blobs.open(source) as file:
        verdict = credentials.judge(file, context.now)
    if verdict["state"] == "Unreadable":
        raise errors.Invalid(f"The file cannot be signed: {verdict['reason']}", "cannot_sign")
    return bool(verdict["state"] != "NoManifest")


def _label(context: Context, asset_id: str, key: Idempotency | None) -> str:
    """The manifest's id, fixed before signing; under an idempotency key always the same, so that a retry cannot make two."""
    if key is None:
        return f"urn:c2pa:{uuid.uuid4()}"
    chance = context.vault.mac(context.studio_id, "manifest-label", asset_id.encode() + key.key_hash)
    return f"urn:c2pa:{uuid.UUID(bytes=chance[:16], version=4)}"


def _evidence(context: Context, asset: Recorded, signed: Signed, source: str, media_type: str, decision: str | None) -> dict[str, Any]:
    signer = signed.verdict["signer"] or {}
    details = {
        "asset": asset.id,
        "label": signed.label,
        "form": signed.form,
        "state": str(signed.verdict["state"]).lower(),
        "digests": _digests(context, signed.sha256),
        "bytes": signed.size,
        "media_type": media_type,
        "source_sha256": source,
        "manifest": {"sha256": signed.manifest, "bytes": context.blobs.stat(signed.manifest), "media_type": "application/c2pa"},
        "lineage": signed.verdict["lineage"],
        "signer": f"{signer.get('common_name')}, {signer.get('issuer')}",
        "serial": signer.get("serial"),
        "trust_list": signed.verdict["trust_list"],
        "signed_at": instant(context.now),
        "reading": signed.verdict["reading"],
        **({"decision": decision} if decision else {}),
    }
    shared = {name: asset.body[name] for name in ("productions", "confidentiality") if name in asset.body}
    identifiers = [{"scope": SCOPE, "value": signed.label}]
    return {"type": "credential", "subjects": [asset.id], "details": details, "identifiers": identifiers, "grade": "verified", **shared}


def _digests(context: Context, sha256: str) -> list[dict[str, str]]:
    """Every digest of the bytes that go out, since a delivery may name them by any."""
    digests = Digests()
    with context.blobs.open(sha256) as file:
        while chunk := file.read(CHUNK):
            digests.update(chunk)
    return [{"algorithm": name, "value": value} for name, value in digests.values().items()]
