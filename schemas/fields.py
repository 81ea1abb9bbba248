"""The fields of which every kind is made. Loading checks a value and returns the same JSON in its one wire form.

A loaded body is plain JSON (dict, list, str, int, bool): what was loaded is what is logged and served, so dumping changes
nothing. No field has a default: absent means unknown, `[]` means none, `["*"]` means any. JSON floats are refused
everywhere, decimals are strings. Every message names the remedy.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from schemas import dates

NULL: Final = "Null says nothing here: leave the field out when it is unknown, send [] when there is none."
BIGGEST: Final = (1 << 53) - 1
MOST_SETTINGS: Final = 200
_BAD_LETTERS: Final = re.compile("[\0\ud800-\udfff]")
UNKNOWN: Final = "There is no such field here."
MARKERS: Final = ({"withheld"}, {"erased"})
MARKER_REFUSED: Final = (
    "This is the placeholder of a value that is not shown to you, not the value. "
    "Send the true value, or use PATCH and leave this field out to keep what is recorded."
)


class Body(Schema):
    """An object of the wire format; a field that it does not know is refused, and the nearest name is offered."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": UNKNOWN, "type": "This must be an object, written {…}."}  # noqa: RUF012  # as the library declares it

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read a field of a mapping as its item only: an absent `items` must not become the method of that name."""
        return obj.get(attr, default) if isinstance(obj, Mapping) else super().get_attribute(obj, attr, default)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> None:
        """Add the nearest field name to each refusal of an unknown one."""
        if not isinstance(error.messages, dict):
            return
        for name, found in error.messages.items():
            if found == [UNKNOWN]:
                near = difflib.get_close_matches(str(name), self.fields, 1)
                hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(self.fields))}."
                error.messages[name] = [f"{UNKNOWN} {hint}"]


class Plain(fields.Field[Any]):
    """What all our fields share: the words for null and missing, and that dumping changes nothing."""

    default_error_messages = {"null": NULL, "required": "This field is required; add it."}  # noqa: RUF012  # the library declares it so

    def __init__(self, *, about: str = "", required: bool = False, metadata: Mapping[str, Any] | None = None, **more: Any) -> None:
        told = {**({"description": about} if about else {}), **(metadata or {})}
        super().__init__(required=required, metadata=told, **more)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class Text(Plain, fields.String):
    """Text of at most `most` characters, not empty, without NUL and without half surrogate pairs."""

    def __init__(self, most: int = 500, *, pattern: str | None = None, form: str = "", **more: Any) -> None:
        self.most = most
        self.pattern = re.compile(pattern) if pattern else None
        self.form = form
        told = {"maxLength": most, "minLength": 1, **({"pattern": f"^(?:{pattern})$"} if pattern else {})}
        super().__init__(metadata={**told, **more.pop("metadata", {})}, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"This must be text in quotes. {self.form}".strip())
        if not value.strip():
            raise ValidationError("Empty text says nothing: leave the field out when it is unknown.")
        if len(value) > self.most:
            if self.pattern and not self.pattern.fullmatch(value[: 2 * self.most]):
                raise ValidationError(self.form)
            raise ValidationError(f"This is {len(value)} characters long; shorten it to {self.most} or store it as a document.")
        if _BAD_LETTERS.search(value):
            raise ValidationError("Text may not hold NUL or half a surrogate pair; send well-formed Unicode.")
        if self.pattern and not self.pattern.fullmatch(value):
            raise ValidationError(self.form)
        return value


class Choice(Plain, fields.String):
    """One word of a closed list; the message lists the words."""

    def __init__(self, *allowed: str, **more: Any) -> None:
        self.allowed = frozenset(allowed)
        self.words = ", ".join(allowed)
        super().__init__(validate=validate.OneOf(allowed, error=f"Choose one of: {self.words}."), **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"Choose one of: {self.words}.")
        return value


class Flag(Plain, fields.Boolean):
    """True or false and nothing else; absent is unknown."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Write true or false, without quotes; leave the field out when it is unknown.")
        return value


class Whole(Plain, fields.Integer):
    """A whole number from `least` to `most` (below 2^53, so that every JSON reader keeps it exact)."""

    def __init__(self, least: int = 0, most: int = BIGGEST, **more: Any) -> None:
        self.least, self.most = least, most
        super().__init__(metadata={"minimum": least, "maximum": most, **more.pop("metadata", {})}, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise ValidationError(f"Write a whole number from {self.least} to {self.most}, without quotes or decimals.")
        return value


class Decimal(Text):
    """A decimal number as a string, `"1.5"`; a JSON float is refused because it cannot be kept exactly."""

    def __init__(self, *, signed: bool = False, **more: Any) -> None:
        sign = "-?" if signed else ""
        form = 'Write a decimal number in quotes, as in "1.5", with at most 15 digits before and 9 after the point.'
        super().__init__(40, pattern=sign + r"(0|[1-9]\d{0,14})(\.\d{1,9})?", form=form, **more)

    def _deserialize(self, value: Any, attr: str | None = None, data: Any = None, **more: Any) -> str:
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= BIGGEST
        return super()._deserialize(str(value) if whole else value, attr, data, **more)


class Timestamp(Plain, fields.String):
    """An instant with a zone; kept as UTC with microseconds and `Z` (see `schemas.dates`)."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"format": "date-time", **more.pop("metadata", {})}, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        return _told(dates.instant, value)


class PartialDate(Plain):
    """A date known to the year, month, day or instant; text, or `{"value", "source"}` where its source is known."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, dict):
            return _told(dates.partial, value)
        if "value" not in value or value.keys() - {"value", "source", "precision"}:
            raise ValidationError('Write {"value": "2026-08-10", "source": "document"}, or the date alone.')
        text = _told(dates.partial, value["value"])
        if value.get("source", "system") not in dates.SOURCES:
            raise ValidationError({"source": [f"Choose one of: {', '.join(dates.SOURCES)}."]})
        if value.get("precision", dates.precision(text)) != dates.precision(text):
            raise ValidationError({"precision": [f"The value is written to the {dates.precision(text)}; shorten it or drop this."]})
        return {"value": text, "source": value["source"]} if "source" in value else text


class Territory(Text):
    """A country (ISO 3166-1 alpha-2) or a part of one (ISO 3166-2), `US`, `US-CA`; `NO` is Norway."""

    def __init__(self, **more: Any) -> None:
        form = "Write a country as two capitals (US, NO, GB) or a part of one as in US-CA."
        super().__init__(6, pattern=r"[A-Z]{2}(-[A-Z0-9]{1,3})?", form=form, **more)


class Language(Text):
    """A language tag in simple BCP 47: `en`, `fr-CA`, `zh-Hant-TW`."""

    def __init__(self, **more: Any) -> None:
        form = "Write a language tag such as en, fr-CA or zh-Hant-TW."
        super().__init__(35, pattern=r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?(-[a-z0-9]{5,8})*", form=form, **more)


class Web(Text):
    """An https or http address; it is evidence and is never opened by the service."""

    def __init__(self, **more: Any) -> None:
        super().__init__(2000, pattern=r"https?://[^\s]+", form="Write an address that starts with https://.", **more)


class Nested(Plain, fields.Nested):  # type: ignore[misc]  # the two name a parameter differently
    """An object of a given class."""

    def __init__(self, schema: type[Schema], *, about: str = "", **more: Any) -> None:
        told = {**({"description": about} if about else {}), **more.pop("metadata", {})}
        fields.Nested.__init__(self, schema, metadata=told, **more)


class Several(Plain, fields.List[Any]):
    """A list of at most `most` values, words and references each once. Absent is unknown, `[]` says that there is none.

    400 references fill an entry (65,535 bytes with their edges); what may be longer has a blob beside it.
    """

    def __init__(self, inner: fields.Field[Any], *, most: int = 400, about: str = "", **more: Any) -> None:
        self.most = most
        told = {**({"description": about} if about else {}), "maxItems": most}
        fields.List.__init__(self, inner, metadata={**told, **more.pop("metadata", {})}, **more)

    def _deserialize(self, value: Any, attr: str | None = None, data: Any = None, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("This must be a list, written […].")
        if len(value) > self.most:
            raise ValidationError(f"{len(value)} items are too many here; send at most {self.most}, or a longer list as a blob.")
        loaded = super()._deserialize(value, attr, data, **more)
        seen: set[str] = set()
        for place, item in enumerate(loaded):
            if isinstance(item, str) and item in seen:
                raise ValidationError({place: ["This stands in the list twice; remove one."]})
            if isinstance(item, str):
                seen.add(item)
        return loaded


class OpenList(Several):
    """As `Several`, and `["*"]` alone says that any value will do."""

    def _deserialize(self, value: Any, attr: str | None = None, data: Any = None, **more: Any) -> list[Any]:
        if isinstance(value, list) and "*" in value:
            if len(value) > 1:
                raise ValidationError('"*" means any and stands alone: send ["*"], or name each value.')
            return ["*"]
        return super()._deserialize(value, attr, data, **more)


class Variant(Plain):
    """An object whose class is chosen by a sibling field: `options[data[by]]`."""

    def __init__(self, by: str, options: Mapping[str, type[Schema]], **more: Any) -> None:
        self.by = by
        self.options = {name: option() for name, option in options.items()}
        super().__init__(**more)

    def _deserialize(self, value: Any, *rest: Any, **_: Any) -> Any:
        data = rest[1] if len(rest) > 1 else None  # the object around this field
        chosen = data.get(self.by) if isinstance(data, Mapping) else None
        schema = self.options.get(chosen) if isinstance(chosen, str) else None
        if schema is None:
            raise ValidationError(f"What belongs here depends on {self.by}; set {self.by} to a known word first.")
        return schema.load(value)


class Sealed(Plain):
    """A value that never stands in the log in the clear: the entry holds a salted commitment instead.

    `protection` says who may read it; `subject` names the reference beside it or around it (or `self`) whose erasure takes it
    away, or several, of which the first that is there counts. Where the field names none, it is the one person whom the record is
    about (`service.records.subjects`), with `everyone` all of them. Without anybody a value lies under the studio's own key.
    """

    protection = "encrypted"

    def __init__(self, inner: fields.Field[Any], *, subject: str | tuple[str, ...] = (), everyone: bool = False, **more: Any) -> None:
        self.inner = inner
        self.everyone = everyone
        self.subject = (subject,) if isinstance(subject, str) else subject
        told = {**inner.metadata, "x-protection": self.protection, **more.pop("metadata", {})}
        super().__init__(metadata=told, required=inner.required, **more)

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.inner = copy.deepcopy(self.inner)
        self.inner._bind_to_schema(field_name, self)  # noqa: SLF001  # as the library's own List binds its inner field

    def _deserialize(self, value: Any, attr: str | None = None, data: Any = None, **more: Any) -> Any:
        if isinstance(value, Carried):
            return value
        if isinstance(value, dict) and value.keys() in MARKERS:
            raise ValidationError(MARKER_REFUSED)
        return self.inner.deserialize(value, attr, data, **more)


class Personal(Sealed):
    """A value about a person, under that person's own key; erasing the person erases it."""

    protection = "personal"


class Erasable(Sealed):
    """Free words in a record about a person: for whoever may read the record, until the person is erased."""

    protection = "erasable"


class Encrypted(Sealed):
    """A trade secret of the studio (a prompt, a fee)."""


class Privileged(Sealed):
    """Counsel's reasons, shown only with a permission of their own."""

    protection = "privileged"


class Carried:
    """A commitment taken over unchanged from the version before; JSON cannot spell it, so only the service can send it."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Settings(Plain, fields.Dict):
    """Free settings of a tool: names to text, whole numbers and booleans; decimals are written as text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST_SETTINGS:
            raise ValidationError(f"This must be an object of at most {MOST_SETTINGS} settings.")
        wrong = {name: [_setting_fault(name, item)] for name, item in value.items() if _setting_fault(name, item)}
        if wrong:
            raise ValidationError(wrong)
        return dict(value)


def _setting_fault(name: str, item: object) -> str:
    text = Text(4000)
    try:
        text.deserialize(name)
        if isinstance(item, str) and item:
            text.deserialize(item)
    except ValidationError as error:
        return " ".join(map(str, error.messages))
    if isinstance(item, float):
        return 'Decimals are written as text, as in "7.5".'
    small = isinstance(item, str | bool) or (isinstance(item, int) and abs(item) <= BIGGEST)
    return "" if small else "Write text, a whole number below 2^53, true or false; keep larger things in a blob."


def _told(convert: Callable[[object], str], value: object) -> str:
    try:
        return convert(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def choices(words: Iterable[str], **more: Any) -> OpenList:
    """Return an open list of words out of a closed list."""
    return OpenList(Choice(*words), most=100, **more)
