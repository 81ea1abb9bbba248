"""What the operations on a log take and answer."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema
from marshmallow.fields import Raw

from schemas.collections import Number
from schemas.fields import Body, Choice, Nested, Several, Text, Whole

SIZE = 1 << 53


class EntriesQuery(Body):
    """A run of entries."""

    start = Number(0, SIZE)
    limit = Number(1, 1_000)


class EntryAnswer(Body):
    """One entry: the bytes that were hashed (base64) and their leaf hash (hexadecimal)."""

    index = Whole(required=True)
    bytes = Text(100_000, required=True)
    leaf = Text(64, required=True)


class EntriesAnswer(Body):
    """A run of entries; `next` is where the following one starts."""

    items = Several(Nested(EntryAnswer), required=True)
    next = Whole()


class ProofQuery(Body):
    """Which entry in which tree."""

    index = Number(0, SIZE, required=True)
    size = Number(1, SIZE)


class ConsistencyQuery(Body):
    """Which two trees."""

    first = Number(1, SIZE, required=True)
    second = Number(1, SIZE)


class ConsistencyAnswer(Body):
    """The path of RFC 6962 section 2.1.2, hashes in hexadecimal."""

    first = Whole(required=True)
    second = Whole(required=True)
    path = Several(Text(64), most=128)


class KeyAnswer(Body):
    """A C2SP verifier key: the log's name, the key's id, and the Ed25519 key, joined by plus signs."""

    key = Text(500, required=True)
    keys = Several(Text(500), required=True, about="every key that signs now: two while one is being replaced, the newer first")
    successions = Several(Text(2_000), required=True, about="signed notes by which replaced keys name their successors, oldest first")


PROTECTIONS = ("erasable", "personal", "encrypted", "privileged")
BUNDLE_FORMATS = ("zip", "tar")
_ID = r"[a-z]{3}_[0-9a-z]{26}"
_FORM = "Write the id of a record, such as ast_…"


class Listed(Text):
    """Values of a query, separated by commas; loads to a list."""

    def __init__(self, inner: str, form: str, *, about: str) -> None:
        super().__init__(8_000, pattern=f"(?:{inner})(?:,(?:{inner}))*", form=f"{form} Separate several by commas.", about=about)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return list(dict.fromkeys(super()._deserialize(value).split(",")))


class BundleQuery(Body):
    """What a bundle is about; nothing named is the whole log."""

    asset = Listed(_ID, _FORM, about="assets, with everything that is recorded about them and what that rests on")
    production = Listed(_ID, _FORM, about="productions, likewise")
    record = Listed(_ID, _FORM, about="records of any kind, with what they rest on")
    disclose = Listed(
        "none|erasable|personal|encrypted|privileged",
        "Choose from none, erasable, personal, encrypted, privileged.",
        about="whose secret values lie beside their commitments; personal and encrypted ones that you may read unless told",
    )
    format = Choice(*BUNDLE_FORMATS)


class BundleRequest(Body):
    """What a bundle is about; nothing named is the whole log."""

    assets = Several(
        Text(30, pattern=_ID, form=_FORM), most=10_000, about="with everything that is recorded about them and what that rests on"
    )
    productions = Several(Text(30, pattern=_ID, form=_FORM), most=1_000, about="likewise")
    records = Several(Text(30, pattern=_ID, form=_FORM), most=10_000, about="records of any kind, with what they rest on")
    disclose = Several(
        Choice(*PROTECTIONS),
        most=4,
        about="whose secret values lie beside their commitments; unless told all that you may read but counsel's reasons",
    )
    format = Choice(*BUNDLE_FORMATS)


class DisclosureRequest(Body):
    """Which secret fields of which version are shown, by JSON pointer; nothing else about the secret ones is."""

    record = Text(30, pattern=_ID, form=_FORM, required=True)
    version = Whole(1, about="the current one unless told")
    pointers = Several(
        Text(500, pattern=r"/.*", form="Write a JSON pointer, such as /description."), most=100, required=True, about="such as /description"
    )

    @validates_schema
    def some(self, data: dict[str, Any], **_: Any) -> None:
        """To disclose nothing is to ask for a proof."""
        if not data["pointers"]:
            raise ValidationError({"pointers": ["Name at least one field; GET /v1/ledger/proof proves an entry without any."]})


class DisclosedValue(Body):
    """A value with its salt: together they give the commitment that stands in the entry."""

    record = Text(30, required=True)
    pointer = Text(500, required=True)
    protection = Choice(*PROTECTIONS, required=True)
    commitment = Text(64, required=True)
    salt = Text(64, required=True)
    value = Raw(required=True)


class DisclosureAnswer(Body):
    """Everything that it takes to check the values offline: `clearance ledger verify --disclosure`, or the verifier of a bundle."""

    format = Text(60, required=True)
    log = Text(300, required=True)
    record = Text(30, required=True)
    version = Whole(required=True)
    proof = Text(200_000, required=True, about="entry, index, inclusion path and checkpoint (C2SP tlog-proof)")
    keys = Several(Text(500), required=True)
    successions = Several(Text(2_000), required=True)
    policy = Text(20_000, required=True)
    disclosed = Several(Nested(DisclosedValue), required=True)
