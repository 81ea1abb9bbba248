"""A draft into the ledger: finds or makes the records it names, keeps the raw sources, and writes everything as one append.

Found before made: a model by its digest, by the file name or service name it was imported under, or by a registered record's file name
when exactly one has it; an input by its digest or an outside id. An input known by a bare file name is no record: two files of the same
name are not the same file. The same output of the same job is imported once; again, it answers with what is there.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from service import errors
from service.content.digests import disagree
from service.content.encrypted import Documents
from service.content.vault import Erased
from service.context import Context, Idempotency
from service.ingest import bodies, find
from service.ingest.draft import Contradiction, Draft, Input, Model, Raw
from service.records import read, write
from service.records.model import Change, Recorded
from service.records.model import Draft as Version

STATED = frozenset({
    "tool", "operator", "operator_name", "operator_union", "operator_engagement", "employer", "craft", "stage", "purpose", "prompt_entities",
    "prompts_complete", "replicas", "consents", "terms", "moderation", "modalities", "actions", "started_at", "productions",
    "confidentiality", "on_word_of", "notes",
})  # fmt: skip
"""Fields of the generation that a person may state with the import; everything else comes from the source."""

_TWINS = 4
"""So often an import looks again when another one, of the same job or of the same new model, was quicker."""
_OVERTAKEN = {"identifier_taken", "stale_version"}
_OUTPUT = "output"
_GENERATION = "generation"


@dataclass(frozen=True, slots=True)
class Output:
    """The file that the run made: an asset that is there, or what is known of a new one."""

    asset: str | None = None
    name: str | None = None
    sha256: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The run, and every record that was written with it, by id; `found` when all of it was there before."""

    generation: Recorded
    asset: str | None
    made: tuple[Recorded, ...]
    found: bool


@dataclass(slots=True)
class Batch:
    """Records to be written together; keys are how they refer to one another before they have ids, those of one run marked by its `run`."""

    versions: list[Version] = field(default_factory=list)
    known: dict[tuple[str, ...], str] = field(default_factory=dict)
    run: str = ""

    def add(self, kind: str, body: Mapping[str, Any], key: str) -> str:
        """A new record, and how the others refer to it."""
        self.versions.append(Version(kind, body, client_key=key))
        return f"${key}"

    def take(self, body: Mapping[str, Any], there: Recorded | None) -> str:
        """The output: what stands for it already and holds no file, now known better; else a new asset, as a job may have several."""
        if there is None:
            return self.add("asset", body, _OUTPUT + self.run)
        if there.body.get("digests") or there.body.get("parents"):
            return self.add("asset", {name: value for name, value in body.items() if name != "identifiers"}, _OUTPUT + self.run)
        whole, why = {**there.body, **body}, Change("correction")
        self.versions.append(Version("asset", whole, id=there.id, version=there.version + 1, change=why, client_key=_OUTPUT + self.run))
        return f"${_OUTPUT}{self.run}"


def record(
    context: Context,
    draft: Draft,
    output: Output,
    *,
    stated: Mapping[str, Any] | None = None,
    links: Mapping[str, str] | None = None,
    key: Idempotency | None = None,
) -> Imported:
    """Write the draft; `links` names the record that a model or input name of the source stands for (`name` → id)."""
    words = dict(stated or {})
    strange = sorted(words.keys() - STATED)
    if strange:
        raise errors.invalid(
            f"/stated/{strange[0]}", "This comes from the source itself; only its circumstances can be stated.", "not_stated"
        )
    raw = None
    for left in reversed(range(_TWINS)):
        earlier = find.by_identifier(context, "generation", *job(draft, output))
        if earlier is not None:
            there = read.get(context, "generation", earlier)
            return Imported(there, _asset_of(there), (), found=True)
        raw = raw or keep(context, draft.raw)
        batch = Batch()
        lay(context, batch, draft, output, words, links or {}, raw=raw)
        try:
            return _written(context, batch, key)
        except (errors.Conflict, errors.StaleVersion) as problem:
            if not left or problem.code not in _OVERTAKEN:
                raise
    raise AssertionError("unreachable")


def _written(context: Context, batch: Batch, key: Idempotency | None) -> Imported:
    """The batch as one append, with leave to read its raw sources."""
    if len(batch.versions) > write.ATOMIC_LIMIT:
        says = f"The source names {len(batch.versions) - 2} models and inputs that are not registered; register them first, up to {write.ATOMIC_LIMIT} at a time."
        raise errors.TooLarge(says, "too_many_named")
    made = write.append(context, batch.versions, key=key)
    for piece in made[-1].body.get("raw") or ():
        context.blobs.grant(made[-1].id, piece["content"]["sha256"])
    return of_records(made)


def lay(
    context: Context, batch: Batch, draft: Draft, output: Output, stated: Mapping[str, Any], links: Mapping[str, str], *, raw: Any
) -> None:
    """Add the run to the batch, behind whatever it names that is new; `raw` are its untouched sources as they are kept."""
    body = _generation(context, batch, draft, output, stated, links) | bodies.told(raw=raw or None)
    batch.add("generation", body, _GENERATION + batch.run)


def says_nothing(draft: Draft) -> bool:
    """Tell whether the source knows nothing of any run: no job, no time, nothing that took part and nothing that came out."""
    parts = (draft.models, draft.inputs, draft.prompts, draft.outputs, draft.fields, draft.asset, draft.origin, draft.job_id, draft.at)
    return not any(parts) and not any(each.seed is not None or each.settings for each in draft.sampling)


def of_records(made: Sequence[Recorded]) -> Imported:
    """What one import wrote, the generation last."""
    return Imported(made[-1], _asset_of(made[-1]), tuple(made), found=False)


def job(draft: Draft, output: Output) -> tuple[str, str]:
    """The outside id of a run: who made it, and which job with which output."""
    maker = draft.provider or draft.adapter
    made = output.sha256 or output.asset or next((each["value"] for each in draft.asset.get("digests", ())), None)
    job = draft.job_id or ("-" if made else _print(draft))
    return bodies.clean(f"generation:{maker}", 100) or "generation", bodies.clean(f"{job[-400:]}:{made or '-'}", 500) or "-"


def _print(draft: Draft) -> str:
    """What stands for a job without id and without output: the bytes that told of it, so that two of them are two runs."""
    return "source " + hashlib.sha256(b"\0".join(piece.content for piece in draft.raw)).hexdigest()


def _asset_of(generation: Recorded) -> str | None:
    return next((line["asset"] for line in generation.body.get("outputs") or () if "asset" in line), None)


def _generation(
    context: Context, batch: Batch, draft: Draft, output: Output, stated: Mapping[str, Any], links: Mapping[str, str]
) -> dict[str, Any]:
    productions = stated.get("productions")
    remarks = list(draft.contradictions)
    models = [bodies.used_model(each, _model(context, batch, each, links, productions, remarks)) for each in draft.models]
    lines = [(each, _input(context, batch, each, links, productions)) for each in draft.inputs]
    parts = [(each, target) for each, target in lines if each.role in {"parent", "component"}]
    inputs = [
        bodies.used_input(each, target) for each, target in lines if each.role not in {"parent", "component"} and not _session(target)
    ]
    unproved = sorted({each.name for each in draft.models if not each.digests and each.type != "hosted"})
    if unproved:
        says = f"Models are named by file name only ({', '.join(unproved[:10])}); which bytes were loaded is not proved."
        remarks.append(Contradiction("model_hash_unknown", says, tuple(unproved)))
    if any(len(each.text) > bodies.LARGEST_PROMPT for each in draft.prompts):
        says = f"A prompt is longer than {bodies.LARGEST_PROMPT} characters; what follows stands only in the raw source."
        remarks.append(Contradiction("prompt_cut", says))
    parts += [(each, target) for each, target in lines if each.relation and each.role not in {"parent", "component"}]
    asset = output.asset or _output(context, batch, draft, output, parts, productions)
    scope, value = job(draft, output)
    return bodies.generation(draft, stated) | bodies.told(
        models=bodies.unique(models),
        inputs=bodies.unique(inputs),
        outputs=[bodies.told(asset=asset, name=bodies.clean(output.name, 1000), grade=draft.grade)],
        unresolved=bodies.unique(
            {"kind": "input", "name": name} for each, target in lines if target is None and (name := bodies.clean(each.name, 500))
        ),
        contradictions=bodies.unique(bodies.contradiction(each) for each in remarks[:100]),
        identifiers=[{"scope": scope, "value": value}],
    )


def _output(
    context: Context, batch: Batch, draft: Draft, output: Output, parts: Sequence[tuple[Input, str | None]], productions: list[str] | None
) -> str:
    """The asset of the output, made from the run and from the parts that its credentials name.

    Where a later job of the provider was imported first and named this one's output as its input, that asset is the output.
    """
    relations = {"parent": "derived_from", "component": "placed"}
    parents = bodies.unique(
        {"record": target, "relation": each.relation or relations[each.role], "grade": each.grade} for each, target in parts if target
    )
    digests = [{"algorithm": algorithm, "value": value} for algorithm, value in output.digests.items()]
    if output.sha256 and "sha256" not in output.digests:
        digests.append({"algorithm": "sha256", "value": output.sha256})
    body = dict(draft.asset) | bodies.told(
        type=draft.asset.get("type") or bodies.kind_of_file(output.name or draft.asset.get("name", ""), output.media_type),
        name=bodies.clean(output.name, 500),
        file_name=bodies.clean(output.name, 500),
        media_type=output.media_type,
        bytes=output.size,
        digests=digests or None,
        identifiers=bodies.identifiers((each["scope"], each["value"]) for each in draft.asset.get("identifiers") or ()),
        origin=draft.origin or ("generated" if draft.tool_class == "generative" and (draft.models or draft.sampling) else None),
        digital_source_type=draft.digital_source_type,
        parents=[{"record": f"${_GENERATION}{batch.run}", "relation": "generated_by", "grade": draft.grade}, *(parents or ())],
        grade=draft.grade,
        productions=productions,
    )
    return batch.take(body, _named(context, draft))


def _named(context: Context, draft: Draft) -> Recorded | None:
    """The asset that has the provider's own id of this output already."""
    names = [(each["scope"], each["value"]) for each in draft.asset.get("identifiers") or ()]
    found = next((there for scope, value in names if (there := find.by_identifier(context, "asset", scope, value))), None)
    return read.get(context, "asset", found) if found else None


def _model(
    context: Context, batch: Batch, found: Model, links: Mapping[str, str], productions: list[str] | None, remarks: list[Contradiction]
) -> str | None:
    """The record of a model: named by the caller, found by digest or name, or made; None where several could be meant."""
    known = ("model", found.type, found.name)
    if known not in batch.known:
        target = links.get(found.name) or find.by_digests(context, "model", found.digests)
        if target is None:
            scope = "model.service" if found.type == "hosted" else "model.file"
            target = find.by_identifier(context, "model", scope, found.name[:500])
        if target is None:
            named = find.models_named(context, found.name)
            if len(named) > 1:
                says = f"{len(named)} registered models go by the name {found.name[:100]}; say which one in links."
                remarks.append(Contradiction("model_ambiguous", says))
                return None
            target = (
                named[0]
                if named
                else batch.add("model", bodies.model_record(found, _short(found.name), productions), f"m{len(batch.known)}")
            )
        batch.known[known] = target
        remarks += _other_weights(context, found, target)
    return batch.known[known]


def _other_weights(context: Context, found: Model, target: str) -> list[Contradiction]:
    """Whether the run loaded other weights than those registered for the model that its name led to."""
    loaded = bodies.digests(found.digests)
    if target.startswith("$") or not loaded:
        return []
    name = target.partition("@")[0]
    model = read.current(context.conn, context.studio_id, [name]).get(name)
    registered = (model.body.get("weights") or ()) if model else ()
    if not disagree(loaded, registered):
        return []
    sides = tuple(f"{side}: {one['value'][:12]}" for side, listed in (("run", loaded), (target, registered)) for one in listed[:3])
    says = f"{found.name[:200]} was loaded with other weights than those that are registered for {target}."
    return [Contradiction("model_hash_differs", says, sides)]


def _session(target: str | None) -> bool:
    """Whether this is evidence, such as a scan session: a parent of what came out, and nothing that a run reads."""
    return (target or "").startswith("evd_")


def _short(name: str) -> str:
    """The name without folders, for people; the whole stands in `file_name`."""
    return name.replace("\\", "/").rpartition("/")[2] or name


def _input(context: Context, batch: Batch, found: Input, links: Mapping[str, str], productions: list[str] | None) -> str | None:
    """The asset of an input, its own parents first; None when nothing but a file name is known."""
    if found.record or found.name in links:
        return found.record or links[found.name]
    outside = found.identifiers or ((("uri", found.name),) if "://" in found.name else ())
    if not found.digests and not outside:
        return None
    known = ("asset", *(each.value for each in found.digests), *(f"{scope}={value}" for scope, value in outside))
    if known in batch.known:
        return batch.known[known]
    target = find.by_digests(context, "asset", found.digests)
    for scope, value in outside:
        target = target or find.by_identifier(context, "asset", scope[:100], value[:500])
    if target is None:
        below = [(each, _input(context, batch, each, links, productions)) for each in found.parents]
        relations = {"parent": "derived_from", "component": "placed"}
        parents = [bodies.told(record=at, relation=relations.get(each.role), grade=each.grade) for each, at in below if at]
        body = bodies.input_record(found, parents, productions) | bodies.told(identifiers=bodies.identifiers(outside))
        target = batch.add("asset", body, f"a{len(batch.known)}")
    batch.known[known] = target
    return target


def keep(context: Context, pieces: Sequence[Raw]) -> list[dict[str, Any]] | None:
    """The untouched sources, encrypted, because they hold the prompts; what is logged is the digest of the sealed bytes.

    They lie under a key of their own: who the run shows is often said later, and must be able to take them away.
    """
    documents = Documents(context.blobs, context.vault)
    kept, subject = [], f"raw_{secrets.token_hex(16)}"
    for piece in pieces[:50]:
        sealed = documents.put(context.studio_id, BytesIO(piece.content), subject=subject, limit=len(piece.content))
        size = context.blobs.stat(sealed.blob) or 0
        kept.append({"name": piece.name, "content": {"sha256": sealed.blob, "bytes": size, "media_type": "application/x-sealed+json"}})
    return kept or None


def raw(context: Context, generation: Recorded, name: str) -> bytes:
    """The untouched source `name` of a generation in the clear; `NotFound` where there is none of that name."""
    for piece in generation.body.get("raw") or ():
        blob = piece["content"]["sha256"]
        if piece["name"] == name and context.blobs.granted(generation.id, blob):
            try:
                return b"".join(Documents(context.blobs, context.vault).read(context.studio_id, blob))
            except Erased:
                raise errors.NotFound(f"The source {name[:100]!r} went with a person whom this generation was about.", "erased") from None
    raise errors.NotFound(f"This generation keeps no source called {name[:100]!r}.", "no_such_source")
