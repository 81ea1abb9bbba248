"""What a file's manifest is worth: the library's report, read the way a release gate must read it.

The library's own state speaks for the active manifest only. Here the whole lineage is walked, a signer nobody knows is told
from a broken hash, and manifests that hang in the store without belonging to anything are a fault.

States: `Trusted` (sound, signed under one of our trust lists), `Valid` (sound, signer unknown; not Trusted), `Invalid`,
`NoManifest`, `Unreadable`. Codes are the library's, which are those of the C2PA specification; ours begin with `clearance.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service.credentials.reading import reading

STATES = ("Trusted", "Valid", "Invalid", "NoManifest", "Unreadable")
_UNKNOWN_SIGNER = "signingCredential.untrusted"
_NO_TAMPERING = {_UNKNOWN_SIGNER, "signingCredential.expired", "signingCredential.ocsp.unknown"}
_TEXT = 500
_LABELS = 1000


def verdict(report: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict as plain data, from the library's report and its crJSON form.

    `state`; `tampered`: something in the file or its lineage does not match its hash or signature; `lineage`: what is wrong
    with ingredients, as codes; `failures`: what is wrong with the file itself; `signer`, `generator`, `label`, `labels` (of
    all manifests), `trust_list`, `rubric` (findings of the conformance rubric); `reason` for people, None when all is well.
    """
    manifests, active = report.get("manifests") or {}, report.get("active_manifest")
    results = report.get("validation_results") or {}
    failures = sorted({fault["code"] for fault in (results.get("activeManifest") or {}).get("failure") or []})
    lineage = sorted(_lineage(manifests, active, results))
    manifest = manifests.get(active) or {}
    state = report.get("validation_state")
    if state not in STATES or active not in manifests:
        return unread("The manifest names an active manifest that cannot be read.")
    claim = _claim(claims, active)
    return {
        "state": state,
        "tampered": bool({*failures, *lineage} - _NO_TAMPERING),
        "lineage": lineage,
        "failures": failures,
        "signer": _signer(manifest),
        "generator": _generator(manifest),
        "label": active,
        "labels": sorted(manifests)[:_LABELS],
        "trust_list": _trust_list(results),
        "rubric": sorted(set(rubric(claim))),
        "reading": reading(report, claim, failures=failures, lineage=lineage),
        "reason": _reason(state, failures, lineage),
    }


def unread(message: str) -> dict[str, Any]:
    """The verdict on a file whose manifest could not be read at all, or that has none, from what the library said."""
    kind, _, rest = message.partition(": ")
    state, reason = "Unreadable", f"The manifest cannot be read: {message[:_TEXT]}"
    if kind == "ManifestNotFound":
        state, reason = "NoManifest", "The file carries no manifest."
    elif kind == "Remote":
        state, reason = "NoManifest", f"The manifest is kept elsewhere and is not fetched: {rest[:_TEXT]}"
    elif kind == "NotSupported":
        state, reason = "NoManifest", "No manifest can be embedded in this kind of file; give its sidecar."
    nothing = dict.fromkeys(("signer", "generator", "label", "trust_list"))
    return {"state": state, "tampered": False, "lineage": [], "failures": [], "labels": [], "rubric": [], "reason": reason, **nothing}


def _lineage(manifests: Mapping[str, Any], active: Any, results: Mapping[str, Any]) -> Iterator[str]:
    """Every failure of an ingredient, however deep, and manifests that are missing or belong to nothing."""
    for delta in results.get("ingredientDeltas") or []:
        yield from (fault["code"] for fault in delta["validationDeltas"].get("failure") or [])
    seen: set[Any] = set()
    todo = [active]
    while todo:
        label = todo.pop()
        if label in seen:
            continue
        seen.add(label)
        if label not in manifests:
            yield "clearance.manifest.unreadable"
            continue
        for ingredient in manifests[label].get("ingredients") or []:
            yield from _ingredient(ingredient)
            if ingredient.get("active_manifest"):
                todo.append(ingredient["active_manifest"])
    if set(manifests) - seen:
        yield "clearance.manifest.unreferenced"


def _ingredient(ingredient: Mapping[str, Any]) -> Iterator[str]:
    results = (ingredient.get("validation_results") or {}).get("activeManifest") or {}
    yield from (fault["code"] for fault in results.get("failure") or [])
    old = ingredient.get("validation_status") or []  # ingredients of versions 1 and 2
    yield from (fault["code"] for fault in old if not fault["code"].startswith("timeStamp."))


def _signer(manifest: Mapping[str, Any]) -> dict[str, str] | None:
    info = manifest.get("signature_info")
    if not info:
        return None
    names = {"issuer": "issuer", "common_name": "common_name", "cert_serial_number": "serial", "alg": "algorithm", "time": "time"}
    return {ours: str(info[theirs])[:_TEXT] for theirs, ours in names.items() if info.get(theirs) is not None}


def _generator(manifest: Mapping[str, Any]) -> str | None:
    for info in manifest.get("claim_generator_info") or []:
        return " ".join(str(info[key]) for key in ("name", "version") if info.get(key))[:_TEXT]
    name = manifest.get("claim_generator")
    return str(name)[:_TEXT] if name else None


def _trust_list(results: Mapping[str, Any]) -> str | None:
    """Which list made the signer trusted; the library only says it in prose."""
    for success in (results.get("activeManifest") or {}).get("success") or []:
        if success["code"] == "signingCredential.trusted":
            match = re.search(r"\[([^\]]+)\]", success.get("explanation") or "")
            return match[1] if match else None
    return None


def _reason(state: str, failures: list[str], lineage: list[str]) -> str | None:
    if state == "Invalid":
        return "The file does not match its manifest, or the manifest its signature: " + ", ".join(failures)
    if state == "Valid":
        return "The manifest is sound, but nobody on our trust lists vouches for the signer."
    return "The lineage is not clean: " + ", ".join(lineage) if lineage else None


def _claim(claims: Mapping[str, Any], active: Any) -> Mapping[str, Any]:
    return next((claim for claim in claims.get("manifests") or [] if claim.get("label") == active), {})


# The conformance rubric (release 0.2 for specification 2.4), the rules that concern what a generator writes.

INCEPTIONS = ("c2pa.created", "c2pa.opened")
WITHOUT_SOURCE_TYPE = frozenset(
    f"c2pa.{name}"
    for name in (
        "converted",
        "edited.metadata",
        "enhanced",
        "opened",
        "placed",
        "published",
        "redacted",
        "repackaged",
        "resized.proportional",
        "transcoded",
        "watermarked",
        "watermarked.bound",
        "watermarked.unbound",
    )
)
_DEPRECATED = re.compile(r"stds\.|c2pa\.(asset-type|ingredient(\.v2)?|actions|hash\.bmff(\.v2)?)(__\d+)?$")


def rubric(claim: Mapping[str, Any]) -> Iterator[str]:
    """What the rubric would object to in one manifest (crJSON), as our own short codes."""
    assertions = claim.get("assertions") or {}
    if not str(claim.get("label", "")).startswith("urn:c2pa:"):
        yield "label.not-urn-c2pa"
    info = (claim.get("claim.v2") or {}).get("claim_generator_info") or {}
    if not str(info.get("specVersion", "")).startswith("2.4"):
        yield "generator.no-spec-version"
    yield from (f"assertion.deprecated.{label}" for label in assertions if _DEPRECATED.match(label))
    yield from (f"assertion.no-namespace.{label}" for label in assertions if "." not in label)
    yield from (f"hash.url.{label}" for label, body in assertions.items() if label.startswith("c2pa.hash.") and "url" in body)
    yield from _actions(claim, assertions)
    for label, body in assertions.items():
        if label.startswith("c2pa.ingredient") and ("activeManifest" in body) != ("validationResults" in body):
            yield "ingredient.results-without-manifest"


def _actions(claim: Mapping[str, Any], assertions: Mapping[str, Any]) -> Iterator[str]:
    created = [entry["url"].rpartition("/")[2] for entry in (claim.get("claim.v2") or {}).get("created_assertions") or []]
    labels = [label for label in created if label.startswith("c2pa.actions")]
    first = (assertions.get(labels[0]) or {}).get("actions") if labels else None
    if not first or first[0].get("action") not in INCEPTIONS:
        yield "actions.no-inception-first"
    for label, body in assertions.items():
        if not label.startswith("c2pa.actions"):
            continue
        if not isinstance(body.get("allActionsIncluded"), bool):
            yield "actions.all-included-not-said"
        for action in body.get("actions") or []:
            yield from _action(action)


def _action(action: Mapping[str, Any]) -> Iterator[str]:
    name, source_type = str(action.get("action", "")), action.get("digitalSourceType")
    if "." not in name:
        yield "action.no-namespace"
    if name == "c2pa.opened":
        if source_type:
            yield "action.opened-with-source-type"
        if len((action.get("parameters") or {}).get("ingredients") or []) != 1:
            yield "action.opened-without-one-ingredient"
    elif name.startswith("c2pa.") and name not in WITHOUT_SOURCE_TYPE and not source_type:
        yield f"action.no-source-type.{name}"
