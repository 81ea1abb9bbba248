"""Croissant (1.0 and 1.1): a dataset described in JSON-LD, with its files by digest and what it was derived from.

A usage policy in ODRL stays in the card: this page says that there is one, a person says what it allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import dates
from service.ingest import jsontext
from service.ingest.bodies import told
from service.ingest.cards.card import MOST, Card, Given, Named, identity, nameless, others, remark, texts
from service.ingest.draft import Contradiction, Limits
from service.ingest.provider import listed, text, whole

NAME = "croissant"
_POLICY: Final = ("odrl:hasPolicy", "hasPolicy", "usageInfo", "sc:usageInfo")
_FROM: Final = ("prov:wasDerivedFrom", "wasDerivedFrom", "isBasedOn", "sc:isBasedOn")
_WORK: Final = "urn:clearance:src_"
"""Works are sources, not datasets; a part of the dataset names them."""
_NO_LICENCE: Final = "urn:clearance:terms:notStated"
_COUNT: Final = "clearance:itemCount"
_PURPOSES: Final = frozenset({"training", "fine_tuning", "evaluation", "retrieval", "reference", "replica"})
_LENGTHS: Final = {"sha256": 64, "md5": 32}
_KNOWN: Final = {
    "@context",
    "@type",
    "@id",
    "name",
    "version",
    "license",
    "sc:license",
    "url",
    "distribution",
    "conformsTo",
    "dct:conformsTo",
    "dateCreated",
    *_FROM,
    *_POLICY,
}


def detect(given: Given) -> bool:
    """Tell whether this is JSON-LD that names Croissant, or a dataset with files of it."""
    head = given.content[:65_536]
    return head.lstrip()[:1] == b"{" and b'"@context"' in head and (b"mlcommons.org/croissant" in head or b"cr:FileObject" in head)


def read(given: Given) -> Card:
    """Return what the description says."""
    found = jsontext.parse(given.content, "/content", Limits().text)
    value: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    name = text(value, "name") or given.name
    if not name:
        raise nameless("The description does not name the dataset; give its name.")
    licence = [word for word in _words(value.get("license") or value.get("sc:license")) if word != _NO_LICENCE]
    version = text(value, "version")
    distributed = [entry for entry in listed(value.get("distribution")) if "FileObject" in str(text(entry, "@type"))]
    lists = [entry for entry in distributed if isinstance(entry, Mapping) and whole(entry, _COUNT) is not None]
    files = [entry for entry in distributed if entry not in lists]
    purpose = (text(value, "rai:dataUseCases") or "").replace(" ", "_")
    body = told(
        label=version[:100] if version else None,
        purpose=purpose if purpose in _PURPOSES else None,
        created_at=_day(value.get("dateCreated")),
        item_count=whole(lists[0], _COUNT) if len(lists) == 1 and not files else None,
        members=[_member(entry) for entry in files[:MOST]] if 0 < len(files) <= MOST else None,
        notes=f"The description names the licence {', '.join(licence)[:1000]}." if licence else None,
    )
    address = text(value, "url", "@id") or name
    return Card(
        NAME,
        "dataset",
        identity(name, text(value, "@id")) or Named(name[:300], "croissant", f"{address[:380]}@{version[:100] if version else '-'}"),
        body,
        datasets=tuple(
            identity(word, word) or Named(word[:300], "uri" if "://" in word else "croissant", word[:500])
            for key in _FROM
            for word in _words(value.get(key))
            if not word.startswith(_WORK)
        ),
        contradictions=tuple(_remarks(value, licence, len(files), lists)),
        unread=others(value, _KNOWN),
    )


def _words(value: Any) -> list[str]:
    """Texts, or the names or addresses of objects."""
    entries = value if isinstance(value, list) else [value]
    return texts([text(entry, "url", "@id", "name") if isinstance(entry, Mapping) else entry for entry in entries])


def _member(entry: Any) -> dict[str, Any]:
    size = re.fullmatch(r"([0-9]{1,15})(?: B)?", text(entry, "contentSize") or "")
    digests = [
        {"algorithm": algorithm, "value": value.lower()}
        for algorithm, length in _LENGTHS.items()
        if (value := text(entry, algorithm)) and re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value)
    ]
    name = text(entry, "name", "contentUrl", "@id")
    return told(name=name[:1000] if name else None, bytes=int(size[1]) if size else None, digests=digests or None)


def _day(value: Any) -> str | None:
    try:
        return dates.partial(value)
    except ValueError:
        return None


def _remarks(value: Mapping[str, Any], licence: list[str], files: int, lists: list[Any]) -> Iterator[Contradiction]:
    if not licence:
        yield from remark("licence_unknown", "The description names no licence; nothing says on what terms this may be used.")
    if any(value.get(key) for key in _POLICY):
        yield from remark(
            "usage_policy",
            "The description carries a usage policy; a person has to read what it allows. An ODRL policy becomes a licence by POST /v1/licences/import.",
        )
    for entry in lists:
        says = f"The files stand in an item list with the SHA-256 {text(entry, 'sha256')}; stage that list and name it in items."
        yield from remark("item_list", says)
    if files > MOST:
        yield from remark("many_files", f"The description lists {files} files; register them as an item list.")
