"""A dataset in MLCommons Croissant 1.1: its files by digest, what it was derived from, and on what terms, in ODRL.

A list of a million files is not copied: the list itself is a file of the dataset, with its digest, and a record set says what its lines hold.
Our own reader of Croissant makes the same dataset of it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from service.exports import odrl
from service.exports.names import TERMS, day, people, plain, sha256, stated, urn
from service.exports.odrl_words import PREFIXES
from service.records.standing import WHOLE, Standing

Body = Mapping[str, Any]

PROFILE: Final = "http://mlcommons.org/croissant/1.1"
RAI: Final = "http://mlcommons.org/croissant/RAI/1.0"
MEDIA_TYPE: Final = f'application/ld+json; profile="{PROFILE}"'
_CR: Final = (
    "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "readLines",
    "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "sdVersion", "separator", "source", "subField", "transform",
    "unArchive", "value",
)  # fmt: skip
CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "clearance": TERMS,
    **{name: f"cr:{name}" for name in _CR},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
    **{name: PREFIXES[name] for name in ("dcterms", "vcard", "xsd")},
}
_LIST: Final = "items.ndjson"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as its description needs it: its own body, and those of its sources, licences and origins that the reader may see."""

    id: str
    version: int
    recorded_at: str
    body: Body
    sources: Mapping[str, Body] = field(default_factory=dict)
    licences: Mapping[str, Body] = field(default_factory=dict)
    origins: Mapping[str, Body] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    studio: str = ""
    unlicensed: bool = False
    standing: Mapping[str, Standing] = field(default_factory=dict)


def description(dataset: Dataset, url: str) -> dict[str, Any]:
    """Return the description; `url` is where the record of the dataset is read."""
    body = dataset.body
    made_by, version = _creators(dataset), body.get("label") or str(dataset.version)
    published = day(body.get("frozen_at")) or day(body.get("created_at")) or dataset.recorded_at[:10]
    policies = [_policy(dataset, key, each) for key, each in dataset.licences.items()]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": urn(dataset.id, dataset.version),
        "conformsTo": [PROFILE, RAI],
        "name": body["name"],
        "description": about(dataset),
        "url": url,
        "version": version,
        "datePublished": published,
        "creator": made_by,
        "citeAs": f"{', '.join(each['name'] for each in made_by)}: {body['name']}, version {version}, {published}, {urn(dataset.id)}.",
        "license": _licences(dataset),
        "distribution": list(_distribution(dataset)),
    } | stated(
        dateCreated=day(body.get("created_at")),
        recordSet=_record_sets(body),
        usageInfo=policies,
        **{"prov:wasDerivedFrom": list(_derived(dataset))},
        **_responsible(dataset),
    )  # fmt: skip


def about(dataset: Dataset) -> str:
    """What the dataset is, in a sentence out of its own fields."""
    body = dataset.body
    purpose = f" for {body['purpose'].replace('_', ' ')}" if "purpose" in body else ""
    items = count(body)
    titles = [each["title"] for each in dataset.sources.values()]
    held = f"{items} {'file' if items == 1 else 'files'}" if items is not None else "files of a number that is not stated"
    return f"Dataset {body['name']}{purpose}: {held}" + (f", from {', '.join(titles[:20])}." if titles else ".")


def count(body: Body) -> int | None:
    """How many items the dataset has, where that is stated."""
    found = body.get("item_count", (body.get("items") or {}).get("count"))
    return found if found is not None else len(body["members"]) if "members" in body else None


def _creators(dataset: Dataset) -> list[dict[str, Any]]:
    """Authors and owners of the sources whose names may be shown, else the studio."""
    parties = dict.fromkeys(party for source in dataset.sources.values() for party in creators(source))
    found = [
        {"@type": "sc:Person" if key in dataset.people else "sc:Organization", "name": dataset.names[key]}
        for key in parties
        if key in dataset.names
    ]
    return found or [{"@type": "sc:Organization", "name": dataset.studio}]


def creators(source: Body) -> list[str]:
    """Who made a work, or else owns it."""
    return [found for each in source.get("authors") or [source.get("owner")] if (found := plain(each))]


def _licences(dataset: Dataset) -> list[str]:
    """The address of an open licence, the name of any other; what stands under none that is known says so."""
    found = [(body.get("open_licence") or {}).get("url") or urn(key) for key, body in dataset.licences.items()]
    return [*dict.fromkeys(found), *([f"{TERMS}notStated"] if dataset.unlicensed or not found else [])]


def _policy(dataset: Dataset, licence: str, body: Body) -> dict[str, Any]:
    """The licence as a policy inside the description, every ODRL word with its prefix; an Offer, as Croissant asks for, grants nothing yet."""
    told = odrl.policy(licence, 0, body, dataset.names, dataset.standing.get(licence, WHOLE), "Offer")
    told.pop("@context")
    told["uid"] = urn(licence)
    return {
        "@type": ["CreativeWork", "odrl:Offer"],
        "name": f"Terms of {licence}",
        **_prefixed({k: v for k, v in told.items() if k != "@type"}),
    }


def _prefixed(value: Any) -> Any:
    if isinstance(value, list):
        return [_prefixed(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("@type") == "@json" or "@value" in value:
        return value
    words = {"action", "leftOperand", "operator", "conflict", "profile"}
    return {
        "@id" if name == "uid" else name if name[0] == "@" or ":" in name else f"odrl:{name}":
        {"@id": f"odrl:{each}" if ":" not in each else each} if name in words and isinstance(each, str) else
        f"odrl:{each}" if name == "@type" else _prefixed(each)
        for name, each in value.items()
    }  # fmt: skip


def _distribution(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """The files themselves where they are few, else the list of them."""
    for place, member in enumerate(dataset.body.get("members") or ()):
        digests = {each["algorithm"]: each["value"] for each in member.get("digests") or ()}
        name = member.get("name") or f"item-{place + 1}"
        yield {"@type": "cr:FileObject", "@id": f"file-{place + 1}", "name": name, "contentUrl": name, "encodingFormat": "application/octet-stream"} | stated(
            contentSize=f"{member['bytes']} B" if "bytes" in member else None,
            sha256=digests.get("sha256"),
            md5=digests.get("md5"),
            **{"prov:wasDerivedFrom": [{"@id": urn(member["source"])}] if "source" in member else None},
        )  # fmt: skip
    if items := dataset.body.get("items"):
        yield {
            "@type": "cr:FileObject",
            "@id": _LIST,
            "name": _LIST,
            "description": "One line for each file of the dataset: its name, size and digests.",
            "contentUrl": _LIST,
            "contentSize": f"{items['bytes']} B",
            "encodingFormat": "application/jsonlines",
            "sha256": items["sha256"],
        } | stated(**{"clearance:itemCount": items.get("count"), "clearance:merkleRoot": items.get("root")})  # fmt: skip


def _record_sets(body: Body) -> list[dict[str, Any]] | None:
    """What the lines of an item list hold, so that a loader can stream them."""
    if not body.get("items"):
        return None
    fields = (
        ("name", "sc:Text", "$.name"),
        ("bytes", "sc:Integer", "$.bytes"),
        ("algorithm", "sc:Text", "$.digests[0].algorithm"),
        ("digest", "sc:Text", "$.digests[0].value"),
    )
    return [{
        "@type": "cr:RecordSet", "@id": "items", "name": "items",
        "field": [
            {"@type": "cr:Field", "@id": f"items/{name}", "name": f"items/{name}", "dataType": kind,
             "source": {"fileObject": {"@id": _LIST}, "extract": {"jsonPath": path}}}
            for name, kind, path in fields
        ],
    }]  # fmt: skip


def _derived(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """What it was made of: other datasets, then the works."""
    for reference in dataset.body.get("derived_from") or ():
        origin = dataset.origins.get(plain(reference) or "") or {}
        yield {"@id": urn(reference), "@type": "sc:Dataset"} | stated(name=origin.get("name"))
    for key, body in dataset.sources.items():
        yield {"@id": urn(key), "@type": "prov:Entity"} | stated(name=body.get("title"), url=body.get("url"), sha256=sha256(body))


def _responsible(dataset: Dataset) -> dict[str, Any]:
    """The Responsible AI fields that the records can fill."""
    body = dataset.body
    how = sorted({str(each["acquired_how"]).replace("_", " ") for each in dataset.sources.values() if "acquired_how" in each})
    found = people(body)
    sensitive = "No face and no voice of anybody." if found == "none" else f"It holds {found}." if found else None
    generated = body.get("contains_generated")
    synthetic = None if generated is None else f"It holds {'' if generated else 'no '}generated content."
    return {
        "rai:dataCollection": f"Acquired: {', '.join(how)}." if how else None,
        "rai:personalSensitiveInformation": sensitive,
        "rai:dataUseCases": body["purpose"].replace("_", " ") if "purpose" in body else None,
        "rai:dataLimitations": synthetic,
    }
