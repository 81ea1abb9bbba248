"""The credentials we gave an asset: one signing, with the digests of what came of it."""

from __future__ import annotations

from typing import Final

from schemas.credentials import MANIFEST_LABEL
from schemas.fields import Body, Choice, Nested, Several, Text, Timestamp, Whole
from schemas.parts import Blob, digests
from schemas.records.reading import Reading
from schemas.references import Reference


class Credential(Body):
    """A manifest signed for an asset, and how it read afterwards. The digests are those of the bytes to hand out: of the
    signed copy when the manifest is embedded, of the untouched original when it is a sidecar.
    """

    asset = Reference("asset", role="signed_asset", required=True)
    label = Text(60, pattern=MANIFEST_LABEL, form="Write urn:c2pa: and a UUID of version 4.", required=True)
    form = Choice("embedded", "sidecar", required=True)
    state = Choice("trusted", "valid", "invalid", required=True, about="as it read directly after the signing")
    digests = digests()
    bytes = Whole(about="size of the bytes to hand out")
    media_type = Text(100)
    source_sha256 = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 as 64 hexadecimal digits.", about="what was signed")
    manifest = Nested(Blob, about="the manifest store, which is also the sidecar file")
    lineage = Several(Text(200), most=200, about="codes of what is wrong with ingredients; [] is clean")
    signer = Text(500)
    serial = Text(100, about="of the certificate")
    trust_list = Text(200)
    signed_at = Timestamp()
    reading = Nested(Reading, about="what a fresh reading found in the manifest, for the conformance rubric")
    decision = Reference("decision", role="signed_under")


TYPES: Final[dict[str, type[Body]]] = {"credential": Credential}
