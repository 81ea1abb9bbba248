"""Packs from YAML: read safely as YAML 1.2, checked to the last key, compiled once to find every mistake.

What comes out is JSON values only (dates as text), so that a pack has one canonical form and one digest. A pack names the
calendars it counts on, and holds a copy of them; what it carries over from an older edition it holds as well. Its scenarios
are read with it and stay outside: they test what it says and are no part of it.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from service.rules.compile import compile_rule
from service.rules.moments import Calendar, moment
from service.rules.pack import Pack
from service.rules.paths import PackError
from service.rules.yaml12 import DEPTH, VALUES, parse

#: The packs that come with the service, and the calendars that any pack may name.
PACKS: Final = Path(__file__).parent / "packs"
CALENDARS: Final = Path(__file__).parent / "calendars"

#: What the name of a file ends in that only holds scenarios of the pack beside it.
SCENARIOS: Final = ".scenarios.yaml"

KINDS: Final = frozenset({"agreement", "gate", "house", "law", "platform"})
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS: Final = frozenset(
    {
        "pack", "title", "kind", "line", "craft", "territories", "term", "status", "carries", "sources", "verified",
        "calendars", "signoff", "rules", "note", "summary", "ai_from", "governs", "switched_off",
    }
)  # fmt: skip


def load_packs(directory: Path = PACKS) -> dict[str, Pack]:
    """All packs of a directory by id, each with the rules it carries over from an older edition.

    The result is kept until a file changes. Raises `PackError` naming file, rule and key.
    """
    return dict(_load(tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in pack_files(directory))))


def pack_files(directory: Path) -> list[Path]:
    """The packs of a directory, in the order of their names."""
    return [path for path in sorted(directory.glob("*.yaml")) if not path.name.endswith(SCENARIOS)]


@lru_cache(maxsize=4)
def _load(files: tuple[tuple[str, int, int], ...]) -> Mapping[str, Pack]:
    with _collector_at_rest():
        return _read_all([Path(name) for name, _, _ in files])


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Let the garbage collector be while a great many values are made that all stay: it would look through them again and again."""
    there = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if there:
            gc.enable()


def _read_all(files: Iterable[Path]) -> Mapping[str, Pack]:
    documents: dict[str, dict[str, Any]] = {}
    for path in files:
        document = read(path.read_text(encoding="utf-8"), path.name)
        if document["pack"] != path.stem:
            raise PackError(f"{path.name}: pack: the id must be the file name, {path.stem!r}")
        documents[path.stem] = document
    _unique_rules(documents.values())
    return {name: Pack(_with_carried(document, documents)) for name, document in documents.items()}


@cache
def calendars() -> Mapping[str, Mapping[str, Any]]:
    """The calendars that a pack may name, each as the document that the pack then holds."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(CALENDARS.glob("*.yaml")):
        found[path.stem] = _calendar(parse(path.read_text(encoding="utf-8")), path.name, path.stem)
    return found


def _calendar(document: Any, name: str, stem: str) -> Mapping[str, Any]:
    if not isinstance(document, dict) or document.get("calendar") != stem or not isinstance(document.get("version"), int):
        raise PackError(f"{name}: a calendar is a mapping with calendar (the file name), version and holidays")
    try:
        Calendar(document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(f"{name}: {error}") from None
    return document


def read(text: str, name: str) -> dict[str, Any]:
    """One pack from YAML text, checked, without its scenarios; `name` is what errors call it."""
    return read_with_scenarios(text, name)[0]


def read_with_scenarios(text: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    """One pack from YAML text, checked, and the scenarios that stand in the same file."""
    try:
        document = parse(text)
    except PackError as error:
        raise PackError(f"{name}: {error}") from None
    bare, scenarios = parted(document, name)
    return check(bare, name), scenarios


def parted(document: Any, name: str) -> tuple[Any, list[Any]]:
    """A document without its scenarios, and these."""
    if not isinstance(document, Mapping) or "scenarios" not in document:
        return document, []
    if not isinstance(document["scenarios"], list):
        raise PackError(f"{name}: scenarios: a list of scenarios is expected")
    return {key: value for key, value in document.items() if key != "scenarios"}, document["scenarios"]


def pack_from(document: Mapping[str, Any], name: str = "pack", older: Mapping[str, Pack] | None = None) -> Pack:
    """A pack from its JSON document (a caller's own, or a stored copy), checked.

    What it `carries` is taken from `older`, unless the document holds the carried rules already.
    """
    if not isinstance(document, Mapping):
        raise PackError(f"{name}: a pack is a mapping with pack, kind and rules")
    _only_plain(document, name)
    carried = document.get("carried_rules") or []
    if not isinstance(carried, list):
        raise PackError(f"{name}: carried_rules: a list of rules is expected")
    checked = check({key: value for key, value in document.items() if key != "carried_rules"}, name)
    _compile(carried, checked, name)
    if carried or older is None:
        return Pack({**checked, "carried_rules": carried} if carried else checked)
    return Pack(_with_carried(checked, {known: pack.document for known, pack in older.items()}))


def stored(content: bytes) -> Pack:
    """A pack from the canonical bytes that a decision refers to; they were checked when it was made."""
    return Pack(json.loads(content))


def check(document: Any, name: str) -> dict[str, Any]:
    """Refuse a pack that is not as agreed; raises `PackError` naming file, rule and key."""
    if not isinstance(document, dict):
        raise PackError(f"{name}: a pack is a mapping with pack, kind and rules")
    for key in document:
        if key not in _KEYS:
            raise PackError(f"{name}: {key}: no such key; known are {', '.join(sorted(_KEYS))}")
    if not isinstance(document.get("pack"), str) or not isinstance(document.get("kind"), str) or document["kind"] not in KINDS:
        raise PackError(f"{name}: pack and kind ({', '.join(sorted(KINDS))}) are needed")
    if not _ID.fullmatch(document["pack"]):
        raise PackError(f"{name}: pack: write the id as lower-case words joined by hyphens, as in northlight-house")
    _texts(document, name)
    term = document.get("term") or {}
    if not isinstance(term, dict):
        raise PackError(f"{name}: term: {{from, to}} is expected, not {term!r}")
    for key, value in term.items():
        if key not in ("from", "to") or moment(value) is None:
            raise PackError(f"{name}: term: {key}: {value!r} is no date")
    if document.get("status", "in_force") not in ("in_force", "proposed"):
        raise PackError(f"{name}: status: in_force or proposed, not {document['status']!r}")
    _switched_off(document, name)
    if "governs" in document and (document["governs"] != "bound" or not document.get("craft")):
        raise PackError(f"{name}: governs: `bound`, with the craft that it binds; leave it out for a pack whose rules find their own reach")
    if document["kind"] == "law" and not _words(document.get("territories")):
        raise PackError(f"{name}: territories: a law says where it applies")
    if not isinstance(document.get("rules"), list):
        raise PackError(f"{name}: rules: a list of rules is expected")
    whole = _with_calendars(document, name)
    _compile(whole["rules"], whole, name)
    return whole


def _switched_off(document: Mapping[str, Any], name: str) -> None:
    """A family of rules that an act of a higher order displaces, each from a day on."""
    ends = document.get("switched_off", {})
    if not isinstance(ends, dict):
        raise PackError(f"{name}: switched_off: families and the last day of each are expected, not {ends!r}")
    rules = document.get("rules")
    known = [rule.get("family") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    for family, day in ends.items():
        if family not in known or moment(day) is None:
            raise PackError(f"{name}: switched_off: {family}: {day!r}: a family of its rules and a date are expected")


def _texts(document: Mapping[str, Any], name: str) -> None:
    """Refuse anything but text where a pack speaks of itself."""
    for key in ("title", "line", "craft", "carries", "summary", "note"):
        if key in document and (not isinstance(document[key], str) or not document[key]):
            raise PackError(f"{name}: {key}: text is expected, not {document[key]!r}")
    for key in ("sources", "territories"):
        if key in document and not _words(document[key]):
            raise PackError(f"{name}: {key}: a list of words is expected")


def _words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _only_plain(document: Any, name: str) -> None:
    """Refuse what YAML packs cannot hold either: fractions, and more, or deeper, than anybody reads."""
    level, count = [document], 0
    for _ in range(DEPTH):
        count += len(level)
        if count > VALUES:
            raise PackError(f"{name}: more than {VALUES} values")
        if any(isinstance(value, float) for value in level):
            raise PackError(f"{name}: write decimals in quotes; numbers are whole")
        inner = [value.values() if isinstance(value, Mapping) else value for value in level if isinstance(value, Mapping | list)]
        level = [value for values in inner for value in values]
        if not level:
            return
    raise PackError(f"{name}: nested deeper than {DEPTH} levels")


def _with_calendars(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document with a copy of each calendar that it names, so that its digest covers the days it counts."""
    named = document.get("calendars")
    if not isinstance(named, list):
        return document
    for one in named:
        if not isinstance(one, str) or one not in calendars():
            raise PackError(f"{name}: calendars: there is no calendar {one!r}; there are {', '.join(calendars())}")
    return {**document, "calendars": {one: calendars()[one] for one in named}}


def _compile(rules: Iterable[Mapping[str, Any]], document: Mapping[str, Any], name: str) -> None:
    """Compile every rule once, only to find what is wrong with it."""
    counted = _calendars(document, name)
    for rule in rules:
        if not isinstance(rule, dict):
            raise PackError(f"{name}: rules: a rule is a mapping, not {rule!r}")
        try:
            compile_rule(rule, counted)
        except PackError as error:
            raise PackError(f"{name}: {error}") from None


def _calendars(document: Mapping[str, Any], name: str) -> Mapping[str, Calendar]:
    try:
        return {key: Calendar(spec) for key, spec in (document.get("calendars") or {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(f"{name}: calendars: {error}") from None


def _unique_rules(documents: Iterable[Mapping[str, Any]]) -> None:
    seen: dict[str, str] = {}
    for document in documents:
        for rule in document["rules"]:
            if rule["id"] in seen:
                raise PackError(f"{document['pack']}.yaml: {rule['id']}: is already in {seen[rule['id']]}.yaml")
            seen[rule["id"]] = document["pack"]


def _with_carried(document: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    older = document.get("carries")
    if older is None or "carried_rules" in document:
        return document
    if older not in documents:
        raise PackError(f"{document['pack']}.yaml: carries: there is no pack {older!r}")
    before = _with_carried(documents[older], documents)
    gone = {name for rule in document["rules"] for name in rule.get("overrides") or ()}
    rules = [rule for rule in (*before["rules"], *before.get("carried_rules", ())) if rule["id"] not in gone]
    _known_overrides(document, gone, before)
    counted = {**(before.get("calendars") or {}), **(document.get("calendars") or {})}
    extra = {"calendars": counted} if counted else {}
    return {**document, **extra, "carried_rules": [rule for rule in rules if rule.get("carried", True)]}


def _known_overrides(document: Mapping[str, Any], gone: set[str], before: Mapping[str, Any]) -> None:
    known = {rule["id"] for rule in (*before["rules"], *before.get("carried_rules", ()))}
    for name in sorted(gone - known):
        raise PackError(f"{document['pack']}.yaml: overrides: {before['pack']} has no rule {name!r}")
