"""From a cell to the value of a field: dates, countries, words, truth values, numbers, money. Nothing is guessed; what can be read
in two ways is refused with the way to say which.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal as Number
from decimal import InvalidOperation
from functools import lru_cache
from typing import Any, Final

from marshmallow import ValidationError

from schemas.fields import Choice, Decimal, Flag, Language, PartialDate, Territory, Text, Whole
from schemas.references import Reference
from service.sheets import regions
from service.sheets.cells import Cell, Unusable
from service.sheets.fields import Target
from service.sheets.spelling import spelled, territories, words

MONTHS: Final = {name[:3]: number for number, name in enumerate(
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"), 1)}  # fmt: skip
_NAMED_DAY: Final = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[\s.-]+)?([a-z]{3,9})\.?[\s-]+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4}|\d{2})", re.IGNORECASE
)
_NUMBERED_DAY: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00(:00(\.0+)?)?")
_SERIALS: Final = range(20_000, 80_000)  # 1954 to 2119
_CURRENCIES: Final = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "₩": "KRW",
    "₹": "INR",
}
_MONEY: Final = re.compile(r"(?P<before>[^\d\s.,'-]{0,4})\s*(?P<amount>\d[\d.,'\u00a0\u202f ]*?)\s*(?P<after>[^\d\s.,'-]{0,4})")
_MARKS: Final = (re.compile(r"\s*,\s*(?:and\s+)?", re.IGNORECASE), re.compile(r"\s*[/+&]\s*"), re.compile(r"\s+and\s+", re.IGNORECASE))
_BOTH_WAYS: Final = "may be day or month first, and nothing in this column tells; give --dates dmy or --dates mdy, or write 2026-08-10."


class Unread(ValueError):
    """A cell that cannot be taken; the message says what is wrong and what to write."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a cell names: by id, by `scope:value`, or by name."""

    kinds: tuple[str, ...]
    text: str
    pins: bool


@dataclass(frozen=True, slots=True)
class Manner:
    """How a column writes its dates (`dmy`, `mdy`, or not known), from when the sheet's serial dates count, and the currency in its header."""

    dates: str | None = None
    epoch_1904: bool = False
    currency: str | None = None


def order_of(cells: Iterable[Cell]) -> str | None:
    """Whether a column's dates have the day or the month first: `dmy`, `mdy`, `both`, or `None` where none tells."""
    days = {
        "dmy" if int(match[1]) > 12 else "mdy"
        for cell in cells
        if (match := numbered_day(cell)) and (int(match[1]) > 12) != (int(match[3]) > 12)
    }
    return "both" if len(days) == 2 else next(iter(days), None)


def numbered_day(cell: Cell) -> re.Match[str] | None:
    """The match of a date that is written in numbers with the year last."""
    return _NUMBERED_DAY.fullmatch(cell.strip()) if isinstance(cell, str) else None


def written_out(cell: Cell, dates: str) -> Cell:
    """A date in numbers as `2026-08-10`; anything else as it is."""
    match = numbered_day(cell)
    try:
        return _ordered_day(str(cell), match, Manner(dates)) if match else cell
    except Unread:
        return cell


def value(kind: str, target: Target, cell: Cell, manner: Manner) -> Any:
    """The value that a cell states for a field, `None` where it states nothing; raises `Unread`."""
    return _remembered(kind, target, cell.__class__.__name__, cell, manner)


@lru_cache(8192)
def _remembered(kind: str, target: Target, _: str, cell: Cell, manner: Manner) -> Any:
    """The same few cells stand in a column over and over; the type tells 1 from yes. Nobody changes what is returned."""
    if isinstance(cell, Unusable):
        raise Unread(cell.remedy)
    if cell is None:
        return None
    if target.several:
        return _several(kind, target, cell, manner)
    if isinstance(cell, str) and (target.money or not (type(target.field) is Text or isinstance(target.field, Reference))) and _blank(cell):
        return None
    if target.money:
        return ({"currency": manner.currency} if manner.currency else {}) | _money(cell)
    return _one(kind, target, cell, manner)


def _blank(cell: str) -> bool:
    """Whether a cell says that its value is not known or does not apply."""
    return (spelled(cell) or cell.strip()) in words()["blank"]


def _several(kind: str, target: Target, cell: Cell, manner: Manner) -> list[Any] | None:
    text = cell if isinstance(cell, str) else str(_number_text(cell))
    said = spelled(text) or text.strip()
    if said in words()["none"]:
        return []
    if target.open and said in words()["any"]:
        return ["*"]
    closed = isinstance(target.field, Choice | Territory | Language)
    if closed and said in words()["blank"]:
        return None
    if isinstance(target.field, Territory) and (told := regions.apart(text)):
        return _but(kind, target, text, told, manner)
    found: list[Any] = []
    for part in _parts(kind, target, text, manner):
        if part is not None and part not in found:
            found.append(part)
    return found


def _but(kind: str, target: Target, text: str, told: tuple[str, str], manner: Manner) -> list[str]:
    granted, left_out = (_several(kind, target, each, manner) for each in told)
    found = regions.without(granted or (), left_out or ())
    if found is None:
        raise Unread(
            f"{_quoted(text)} leaves out what is not in it as a whole country; write the countries that are left, apart by semicolons."
        )
    return found


def _parts(kind: str, target: Target, text: str, manner: Manner) -> list[Any]:
    """The members of a list: apart by semicolons and lines, and by commas, strokes, plus and "and" where no word of the field has one."""
    closed = isinstance(target.field, Choice | Territory | Language)
    found = []
    for part in filter(None, (each.strip() for each in re.split(r"[;\n]", text))):
        found += _members(kind, target, part, manner, _MARKS if closed else ())
    return found


def _members(kind: str, target: Target, part: str, manner: Manner, marks: Sequence[re.Pattern[str]]) -> list[Any]:
    """One member, or several where a part can only be read when it is cut at the next mark."""
    countries = regions.group(part) if isinstance(target.field, Territory) else None
    if countries is not None:
        return countries
    if not marks or not marks[0].search(part) or _reads(kind, target, part):
        return _members(kind, target, part, manner, marks[1:]) if marks else [_one(kind, target, part, manner)]
    return [one for each in marks[0].split(part) if each.strip() for one in _members(kind, target, each.strip(), manner, marks[1:])]


def _reads(kind: str, target: Target, part: str) -> bool:
    try:
        _one(kind, target, part, Manner())
    except Unread:
        return False
    return True


def _one(kind: str, target: Target, cell: Cell, manner: Manner) -> Any:
    field: Any = target.field
    if isinstance(field, Flag):
        return _flag(cell)
    if isinstance(field, PartialDate):
        return _date(cell, manner)
    if isinstance(field, Whole | Decimal):
        return _number(cell, field)
    text = str(_number_text(cell)).strip()
    if isinstance(field, Reference):
        return Named(field.kinds, text, field.pins)
    if isinstance(field, Territory):
        return _territory(text)
    if target.name.endswith(".currency"):
        text = words()["currencies"].get(spelled(text), text)
    if isinstance(field, Choice):
        return _word(f"{kind}.{target.name}", field, text)
    return _checked(field, text)


def _checked(field: Any, given: Any) -> Any:
    if field is None:
        return given
    try:
        return field.deserialize(given)
    except ValidationError as fault:
        raise Unread(" ".join(map(str, fault.messages if isinstance(fault.messages, list) else [fault.messages]))) from None


def _number_text(cell: Cell) -> Cell:
    """A number as somebody would have typed it: a code that a sheet holds as 12.0 is 12."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _flag(cell: Cell) -> bool | None:
    said = spelled(str(_number_text(cell))) or str(cell).strip()
    known = words()
    if said in known["blank"]:
        return None
    if said in known["yes"] or said in known["no"]:
        return said in known["yes"]
    raise Unread(f"{_quoted(cell)} is neither yes nor no; write yes or no, or leave the cell empty where it is not known.")


def _word(where: str, field: Choice, text: str) -> str:
    said, known = spelled(text), words()
    own = known["fields"].get(where, {}).get(said)
    plain = said.replace(" ", "_")
    for word in (own, plain, known["choices"].get(said), plain.removesuffix("s")):
        if word in field.allowed:
            return str(word)
    near = difflib.get_close_matches(plain, field.allowed, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"write one of {field.words}."
    raise Unread(f"{_quoted(text)} is not a word for this; {hint}")


def _territory(text: str) -> str:
    known = territories()
    found = known.get(spelled(text))
    if found is not None:
        return found
    if re.fullmatch(r"[A-Za-z]{2}-[A-Za-z0-9]{1,3}", text) and text[:2].upper() in known.values():
        return text.upper()
    if spelled(text) in words()["regions"]:
        raise Unread(f"{_quoted(text)} means other countries in other contracts; write those of this one, apart by semicolons.")
    near = difflib.get_close_matches(spelled(text), known, 1, 0.8)
    hint = (
        f"did you mean {near[0].title()} ({known[near[0]]})?"
        if near
        else "write each country as its ISO code or English name, apart by semicolons."
    )
    raise Unread(f"{_quoted(text)} is not a country; {hint}")


def _date(cell: Cell, manner: Manner) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(_number_text(cell)).strip()
    if text.isdigit() and len(text) == 5 and int(text) in _SERIALS:
        return ((date(1904, 1, 1) if manner.epoch_1904 else date(1899, 12, 30)) + timedelta(days=int(text))).isoformat()
    if match := _MIDNIGHT.fullmatch(text):
        return match[1]
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(text, match[1], match[2], match[3])
    if match := _NAMED_DAY.fullmatch(text):
        return _named_day(text, match)
    if match := numbered_day(text):
        return _ordered_day(text, match, manner)
    if not text[:4].isdigit():
        raise Unread(f"{_quoted(text)} is no date; write 2026-08-10, or perpetual where there is no end.")
    return str(_checked(PartialDate(), text))


def _named_day(text: str, match: re.Match[str]) -> str:
    month, day = MONTHS.get(match[2][:3].lower()), match[1] or match[3]
    if month is not None and len(match[4]) == 2:
        raise Unread(f"{_quoted(text)} has two digits for the year; write 2026-08-10.")
    if month is None or (match[1] and match[3]):
        raise Unread(f"{_quoted(text)} is no date; write 2026-08-10.")
    return _day(text, match[4], month, day) if day else f"{match[4]}-{month:02}"


def _ordered_day(text: str, match: re.Match[str], manner: Manner) -> str:
    first, second, year = int(match[1]), int(match[3]), match[4]
    if len(year) == 2:
        raise Unread(f"{_quoted(text)} has two digits for the year; write 2026-08-10.")
    if manner.dates not in ("dmy", "mdy"):
        if first <= 12 and second <= 12 and first != second:
            raise Unread(f"{_quoted(text)} {_BOTH_WAYS}")
        return _day(text, year, second, first) if first > 12 else _day(text, year, first, second)
    return _day(text, year, first, second) if manner.dates == "mdy" else _day(text, year, second, first)


def _day(text: str, year: Any, month: Any, day: Any) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise Unread(
            f"There is no day {_quoted(text)} as it is read here; write 2026-08-10, or give the other of --dates dmy and mdy."
        ) from None


def _number(cell: Cell, field: Any) -> Any:
    amount = Number(repr(cell)) if isinstance(cell, float) else _amount(str(_number_text(cell)).strip())
    if amount is None or not amount.is_finite():
        raise Unread(f"{_quoted(cell)} is no number; write digits alone.")
    if isinstance(field, Whole):
        return _checked(field, int(amount) if amount == amount.to_integral_value() else str(amount))
    return _checked(field, _decimal(amount))


def _amount(text: str) -> Number | None:
    """A number with its marks for thousands and decimals: the last mark is the decimal one, unless three digits follow a single kind of mark."""
    digits = re.sub(r"[\s'\u00a0\u202f]", "", text)
    marks: Sequence[str] = re.findall(r"[.,]", digits)
    if marks:
        last, tail = marks[-1], len(digits) - 1 - max(digits.rfind("."), digits.rfind(","))
        if marks == ["."] and tail == 3:
            raise Unread(f"{_quoted(text)} may be thousands or decimals; write it without the point, or with two decimals.")
        grouping = len(set(marks)) == 1 and (len(marks) > 1 or (tail == 3 and last == ","))
        other = "," if last == "." else "."
        digits = digits.replace(last, "") if grouping else digits.replace(other, "").replace(last, ".")
    try:
        found = Number(digits)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _decimal(amount: Number) -> str:
    return format(round(amount, 9).normalize(), "f")


def _money(cell: Cell) -> dict[str, str]:
    """An amount, with its currency where the cell says it; another column may say it too."""
    if isinstance(cell, float):
        return {"amount": _number(cell, Decimal())}
    text = str(_number_text(cell)).strip()
    match = _MONEY.fullmatch(text)
    amount = _amount(match["amount"]) if match else None
    if match is None or amount is None or (match["before"] and match["after"]):
        raise Unread(f"{_quoted(cell)} is no amount; write it as USD 12000.50.")
    sign = (match["before"] or match["after"]).upper()
    if sign in ("K", "M", "MM", "MIO", "MN"):
        raise Unread(f"{_quoted(cell)} is shortened; write the whole amount, as in USD 1200000.")
    if not sign:
        return {"amount": _decimal(amount)}
    currency = _CURRENCIES.get(sign, sign)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Unread(f"{_quoted(sign)} does not say which currency; write its three letters, as in USD 12000.50.")
    return {"amount": _decimal(amount), "currency": currency}


def _quoted(cell: Cell) -> str:
    text = str(cell)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
