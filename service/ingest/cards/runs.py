"""Training runs of MLflow and Weights & Biases: the model that came out, and the data and models that went in.

Their digests of data are short or of their own making, so they tell versions apart and prove no content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.ingest import jsontext, provider
from service.ingest.bodies import instant, told
from service.ingest.cards.card import Card, Given, Named, nameless, remark
from service.ingest.draft import Limits
from service.ingest.provider import at, listed, text

_LARGEST: Final = Limits().text
_UNFINISHED = "The run had not finished when it was exported; what it made is not settled."


def detect_mlflow(given: Given) -> bool:
    """Tell whether this is a run as MLflow exports it."""
    head = given.content[:65_536]
    return head.lstrip()[:1] == b"{" and b'"run_id"' in head and (b'"info"' in head or b'"dataset_inputs"' in head)


def read_mlflow(given: Given) -> Card:
    """Return what the run says; data that only evaluated it are no training data."""
    value = jsontext.parse(given.content, "/content", _LARGEST)
    run = at(value, "run") or value
    info, tags = at(run, "info"), _pairs(at(run, "data", "tags"))
    identity = text(info, "run_id", "run_uuid")
    if not identity:
        raise nameless("The export names no run_id; export the run as MLflow's REST API answers it.")
    used = [
        (_pairs(at(entry, "tags")).get("mlflow.data.context"), at(entry, "dataset"))
        for entry in listed(at(run, "inputs", "dataset_inputs"))[:100]
    ]
    training = told(run=identity[:300], started_at=provider.unix(at(info, "start_time")), finished_at=provider.unix(at(info, "end_time")))
    status = text(info, "status")
    name = given.name or text(info, "run_name") or tags.get("mlflow.runName") or identity
    return Card(
        "mlflow",
        "model",
        Named(name[:300], "mlflow.run", identity[:500]),
        {"training": training},
        datasets=tuple(_mlflow_data([data for context, data in used if context in {None, "training", "train"}])),
        contradictions=remark("not_finished", _UNFINISHED) if status and status != "FINISHED" else (),
        unread=tuple(
            f"inputs.{text(data, 'name') or '-'} ({context})"[:200] for context, data in used if context not in {None, "training", "train"}
        ),
    )


def _mlflow_data(found: list[Any]) -> Iterator[Named]:
    for data in found:
        name = text(data, "name")
        if name:
            yield Named(name[:300], "mlflow.dataset", f"{name[:300]}@{text(data, 'digest') or '-'}"[:500])


def _pairs(value: Any) -> dict[str, str]:
    """Key and value pairs, as a list of objects or as one object."""
    if isinstance(value, Mapping):
        return {key: entry for key, entry in value.items() if isinstance(entry, str)}
    return {key: word for entry in listed(value) if (key := text(entry, "key")) and (word := text(entry, "value"))}


def detect_wandb(given: Given) -> bool:
    """Tell whether this is a run with its artifacts, as Weights & Biases tells of one."""
    head = given.content[:65_536]
    return head.lstrip()[:1] == b"{" and any(
        word in head for word in (b'"used_artifacts"', b'"inputArtifacts"', b'"logged_artifacts"', b'"outputArtifacts"')
    )


def read_wandb(given: Given) -> Card:
    """Return what the run says: artifacts it used, and the model it logged."""
    run = jsontext.parse(given.content, "/content", _LARGEST)
    place = "/".join(part for part in (text(run, "entity"), text(run, "project"), text(run, "id", "run_id")) if part)
    made = [each for each in _artifacts(run, "logged_artifacts", "outputArtifacts") if text(each, "type") == "model"]
    if not place:
        raise nameless("The export names no run; send id, project and entity with it.")
    used = _artifacts(run, "used_artifacts", "inputArtifacts")
    name = given.name or (_name(made[0]) if made else None) or text(run, "name", "displayName") or place
    identity = _name(made[0]) if len(made) == 1 else None
    several = (
        remark("several_models", f"The run logged {len(made)} models; import each under its own name.")
        if len(made) > 1 and not given.name
        else ()
    )
    state = text(run, "state")
    unfinished = remark("not_finished", _UNFINISHED) if state and state != "finished" else ()
    training = told(
        run=place[:300],
        started_at=instant(text(run, "created_at", "createdAt")),
        finished_at=instant(text(run, "finished_at", "heartbeatAt")),
    )
    return Card(
        "wandb",
        "model",
        Named(name[:300], "wandb.artifact" if identity else "wandb.run", (identity or place)[:500]),
        {"training": training},
        bases=tuple(_wandb(used, "model")),
        datasets=tuple(_wandb(used, "dataset")),
        contradictions=(*several, *unfinished),
        unread=tuple(
            f"{text(each, 'type') or '-'} {_name(each) or '-'}"[:200] for each in used if text(each, "type") not in {"model", "dataset"}
        ),
    )


def _artifacts(run: Any, *keys: str) -> list[Any]:
    return [at(each, "artifact") or at(each, "node") or each for key in keys for each in listed(at(run, key))[:100]]


def _name(artifact: Any) -> str | None:
    """The qualified name with its version, as far as it is told."""
    name, version = text(artifact, "qualified_name", "name"), text(artifact, "version")
    return f"{name}:{version}" if name and version and ":" not in name else name


def _wandb(used: list[Any], kind: str) -> Iterator[Named]:
    for each in used:
        name = _name(each)
        if name and text(each, "type") == kind:
            yield Named(name[:300], "wandb.artifact", name[:500])
