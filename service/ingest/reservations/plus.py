"""The PLUS data mining property of IPTC metadata, and TDMRep in XMP: what a picture, a film or a PDF says of itself.

The value is an address that ends in the permission; one that nobody here knows cannot be read, and one that refers to constraints elsewhere
is a prohibition but for terms that somebody has to look up.
"""

from __future__ import annotations

import re
from typing import Final

from service.ingest import xmp
from service.ingest.reservations import crosswalk, tdmrep
from service.ingest.reservations.observation import Answer, Observation, Use, address, stated, words

NAME = "iptc_plus"
_PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/"
_TDM: Final = ("http://www.w3.org/ns/tdmrep/", "http://www.w3.org/ns/tdmrep#", "http://www.w3.org/ns/tdmrep")
_SEE: Final = re.compile(r"DMI-PROHIBITED-SEE[A-Z-]*")
_OPENS: Final = b"<x:xmpmeta"
_CLOSES: Final = b"</x:xmpmeta>"


def read(packet: str | None, place: str) -> list[Observation]:
    """What the packet says, or that there is none."""
    base = Observation(NAME, place, "none_found", carrier="xmp", version=crosswalk.version(NAME))
    if not packet:
        return [base]
    found = xmp.properties(packet)
    if found is None:
        return [Observation(NAME, place, "unreadable", carrier="xmp", version=base.version)]
    reserved = [value for space in _TDM for value in found.get((space, "reservation"), ())]
    policies = [value for space in _TDM for value in found.get((space, "policy"), ())]
    mining = found.get((_PLUS, "DataMining"), ())
    constraints = found.get((_PLUS, "OtherConstraints"), ())
    plus = _plus(mining[0], constraints, base) if mining else [base]
    return [*plus, *(tdmrep.fields(reserved, policies, place, "xmp") if reserved else [])]


def kept(packet: str | None) -> dict[str, list[str]]:
    """What of the packet speaks of reservations, by the property's whole name; whom it shows and who made it is not kept."""
    found = (xmp.properties(packet) if packet else None) or {}
    wanted = [(_PLUS, name) for name in ("DataMining", "OtherConstraints")]
    wanted += [(space, name) for space in _TDM for name in ("reservation", "policy")]
    return {"".join(name): list(found[name]) for name in wanted if name in found}


def packet_in(content: bytes) -> str | None:
    """The packet of a file whose container nobody here opens (a PDF, a sidecar), where it stands in the clear."""
    start = content.find(_OPENS)
    end = content.find(_CLOSES, start) if start >= 0 else -1
    return content[start : end + len(_CLOSES)].decode("utf-8", "replace") if end >= 0 else None


def _plus(value: str, constraints: tuple[str, ...], base: Observation) -> list[Observation]:
    term = value.strip().rstrip("/").rpartition("/")[2].upper()
    told = Observation(NAME, base.place, "none_found", carrier="xmp", version=base.version, found=words([term[:100], *constraints]))
    if term == "DMI-UNSPECIFIED":
        return [told]
    word = "DMI-PROHIBITED-SEECONSTRAINT" if _SEE.fullmatch(term) else term
    uses = crosswalk.permissions(NAME, word)
    if not uses:
        return [Observation(NAME, base.place, "unreadable", carrier="xmp", version=base.version, found=told.found)]
    answer: Answer = "allowed" if word == "DMI-ALLOWED" else "constrained" if _SEE.fullmatch(word) else "reserved"
    terms = next((found for each in constraints if "://" in each and (found := address(base.place, each))), None)
    said = stated(told, dict.fromkeys(uses, Use(answer, terms)))
    search = [Observation(NAME, base.place, "allowed", ("search",), "xmp", base.version, told.found)]
    return [*said, *(search if word.endswith("INDEXING") else [])]
