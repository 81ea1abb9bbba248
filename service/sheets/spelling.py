"""How people write what the records have one word for: headers, kinds of sheets, words of closed lists, countries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

_HERE: Final = Path(__file__).parent
_APART: Final = re.compile(r"[^\w\s*?✓✔✗✘]|_")
_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")


def folded(text: str) -> str:
    """A name as it is compared: compatible letters, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def spelled(text: str) -> str:
    """A word or header as it is compared: folded, and without punctuation."""
    return " ".join(_APART.sub(" ", folded(text)).split())


def header(text: str) -> str:
    """A column's header as it is compared: what stands in brackets says how, not what."""
    return spelled(_BRACKETS.sub(" ", text)) or spelled(text)


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """What `columns.yaml` says of each kind that sheets may hold."""
    return dict(_load("columns.yaml"))


@cache
def headers(kind: str) -> Mapping[str, str]:
    """Header → field of a kind; the field that stands first has the header."""
    found: dict[str, str] = {}
    for field, spellings in kinds()[kind]["columns"].items():
        for each in (*spellings, field):
            found.setdefault(header(str(each)), field)
    return found


@cache
def words() -> Mapping[str, Any]:
    """What `words.yaml` says, with every key as it is compared."""
    told = _load("words.yaml")
    lists = {
        name: frozenset(spelled(str(word)) or str(word) for word in told[name])
        for name in ("yes", "no", "blank", "any", "none", "organisations", "perpetual", "totals", "regions")
    }
    fields = {field: {spelled(key): str(word) for key, word in known.items()} for field, known in told["fields"].items()}
    currencies = {spelled(name): str(code) for name, code in told["currencies"].items()}
    return {
        **lists,
        "fields": fields,
        "currencies": currencies,
        "choices": {spelled(str(key)): str(word) for key, word in told["choices"].items()},
    }


@cache
def territories() -> Mapping[str, str]:
    """Name or code of a country, as compared → ISO 3166-1 alpha-2."""
    found: dict[str, str] = {}
    for code, names in _load("territories.yaml").items():
        found.update({spelled(str(name)): str(code) for name in (*names, code)})
    return found


@cache
def groups() -> Mapping[str, tuple[str, ...]]:
    """Name of a group of countries, as compared → their codes."""
    return {spelled(name): tuple(codes) for name, codes in _load("words.yaml")["groups"].items()}


@cache
def belongings() -> Mapping[str, tuple[str, ...]]:
    """Country → the parts of it that have codes of their own."""
    return {str(code): tuple(codes) for code, codes in _load("words.yaml")["belongings"].items()}


def is_organisation(name: str) -> bool:
    """Tell whether a name says of itself that it is a company or an institution."""
    return bool(words()["organisations"] & set(spelled(name).split()))


def _load(name: str) -> dict[str, Any]:
    yaml = YAML(typ="safe")
    loaded: dict[str, Any] = yaml.load((_HERE / name).read_text(encoding="utf-8"))
    return loaded
