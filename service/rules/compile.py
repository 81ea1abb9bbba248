"""One rule as closures: trigger, requirements, what to say and what is owed.

Everything that can be wrong with a rule is found here, when its pack is loaded, and named with rule and key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from service.rules.moments import Calendar, moment
from service.rules.names import ACTS, BASES, COLLECTIONS, DUTIES, OWNERS, RESULTS
from service.rules.operators import Compiler, Test
from service.rules.paths import PackError, Scope, compile_path
from service.rules.values import Literal, Term, compile_literal, compile_value, plain

Built = TypeVar("Built")

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_ID: Final = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*\Z")

RULE_KEYS: Final = frozenset(
    {
        "id", "clause", "summary", "source", "confidence", "date_basis", "in_force", "mode", "absolute", "overrides",
        "carried", "acts", "each", "with", "as", "when", "unless", "ahead", "about", "require", "note", "family", "grace_until", "verified",
    }
)  # fmt: skip
REQUIREMENT_KEYS: Final = frozenset(
    {
        "id", "test", "only", "otherwise", "ahead", "code", "says", "fix", "owner", "form", "needs", "until", "owes",
    }
)  # fmt: skip
#: What a failed requirement may give; `exempt` where the failed test asks for an exemption not to be needed, `pass` for a note.
FAILING: Final = frozenset(RESULTS[:6])
#: The calendar of what is paid on the ordinary payday of a title or an engagement.
PAYDAY: Final = "payday"
SOFTER: Final = frozenset({"review", "warn", "exempt"})


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with the paths it names: kept as template and values, rendered when it is read."""

    template: str
    terms: tuple[tuple[str, Term], ...]

    def values(self, scope: Scope) -> dict[str, Any]:
        """The values of its placeholders: an object as its id, a date or number as it is."""
        return {name: plain(term.get(scope)) for name, term in self.terms}


@dataclass(frozen=True, slots=True)
class Case:
    """One way to fail: when it holds, the result while the act is ahead and after, and what to say of it."""

    when: Test | None
    ahead: str
    past: str
    key: str
    code: str
    says: Text | None


@dataclass(frozen=True, slots=True)
class Needs:
    """The record that would clear a requirement."""

    kind: str
    type: str | None
    subject: Term | None
    fields: tuple[tuple[str, Term | tuple[Term, ...]], ...]
    paper: str
    """What it is called without whom or what it is about: kind, type and the words that tell it from others of its type."""

    def spec(self, scope: Scope) -> dict[str, Any]:
        """The record as far as the rule can say it."""
        spec: dict[str, Any] = {"kind": self.kind}
        if self.type:
            spec["type"] = self.type
        if self.subject:
            spec["for"] = plain(self.subject.get(scope))
        if self.fields:
            spec["fields"] = {name: _told(term, scope) for name, term in self.fields}
        return spec


def _told(term: Term | tuple[Term, ...], scope: Scope) -> Any:
    """A value, or a list without the members that are not known."""
    if not isinstance(term, tuple):
        return plain(term.get(scope))
    return [value for part in term if (value := plain(part.get(scope))) is not None]


@dataclass(frozen=True, slots=True)
class Owes:
    """What a requirement leaves owed."""

    kind: str
    due: str | Term | None
    terms: tuple[tuple[str, Term], ...]
    words: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A compiled requirement."""

    id: str
    test: Test
    only: Test | None
    ahead: Test | None
    cases: tuple[Case, ...]
    needs: Needs | None
    until: Term | None
    owes: Owes | None


@dataclass(frozen=True, slots=True)
class Relief:
    """A compiled `unless`: what an approved or pending exemption makes of a failing result."""

    when: Test
    then: str
    key: str
    code: str
    says: Text | None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be asked about each element of its collection."""

    id: str
    document: Mapping[str, Any]
    collection: str | None
    gathered: tuple[str, ...]
    """The collections that its elements stand in: its own, and those that may turn out to hold elements of it."""
    acts: frozenset[str]
    absolute: bool
    advisory: bool
    low_confidence: bool
    when: Test | None
    ahead: Test
    about: tuple[tuple[str, Term], ...]
    unless: tuple[Relief, ...]
    requirements: tuple[Requirement, ...]


def compile_rule(rule: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> CompiledRule:
    """Compile one rule; raises `PackError` naming rule and key."""
    name = rule.get("id")
    if not isinstance(name, str) or not _ID.match(name):
        raise PackError(f"a rule needs an id of lower-case words joined by dots or hyphens, not {name!r}")
    try:
        _check_keys(rule)
        return _compile(rule, calendars)
    except PackError as error:
        raise PackError(f"{name}: {error}") from None


def _check_keys(rule: Mapping[str, Any]) -> None:
    _known(rule, RULE_KEYS)
    for key in ("clause", "summary", "confidence", "require"):
        if not rule.get(key):
            raise PackError(f"{key} is missing")
    _among("mode", rule.get("mode", "blocking"), {"blocking", "advisory"})
    bases = rule.get("date_basis", "always")
    for basis in bases if isinstance(bases, list) else [bases]:
        _among("date_basis", basis, BASES)
    for act in _listed("acts", rule.get("acts")):
        _among("acts", act, ACTS)
    if rule.get("absolute") and rule.get("unless"):
        raise PackError("unless: an absolute bar knows no exemption")
    _dated(rule, bases)
    force = rule.get("in_force") or {}
    if not isinstance(force, Mapping):
        raise PackError(f"in_force: {{from, to}} is expected, not {force!r}")
    for key, value in force.items():
        if key not in ("from", "to") or moment(value) is None:
            raise PackError(f"in_force: {key}: {value!r} is no date")


def _dated(rule: Mapping[str, Any], bases: Any) -> None:
    """Days are days; what can be switched off on a day counts from dates."""
    for key in ("grace_until", "verified"):
        if key in rule and moment(rule[key]) is None:
            raise PackError(f"{key}: {rule[key]!r} is no date")
    if "family" in rule and (not isinstance(rule["family"], str) or bases == "always"):
        raise PackError("family: a word is expected, on a rule that counts from a date")


def _listed(key: str, value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise PackError(f"{key}: a list is expected, not {value!r}")
    return value or []


def _known(spec: Any, keys: frozenset[str]) -> None:
    if not isinstance(spec, Mapping):
        raise PackError(f"a mapping is expected, not {spec!r}")
    for key in spec:
        if key not in keys:
            raise PackError(f"{key}: no such key; known are {', '.join(sorted(keys))}")


def _among(key: str, value: Any, options: frozenset[str] | set[str]) -> str:
    if not isinstance(value, str) or value not in options:
        raise PackError(f"{key}: {value!r} is not one of {', '.join(sorted(options))}")
    return value


def _path(compiler: Compiler, key: str, path: Any) -> Term:
    return _at(key, lambda: compile_path(path, 0, compiler.alias))


def _value(compiler: Compiler, key: str, spec: Any) -> Term:
    return _at(key, lambda: compile_value(compiler, spec, 0))


def _alias(rule: Mapping[str, Any]) -> str | None:
    each = rule.get("each")
    if each is None:
        return None
    own = COLLECTIONS[_among("each", each, set(COLLECTIONS))]
    return str(rule.get("as") or own)


def _gathered(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Its collection, and with it those whose elements may be of that kind: they have its alias, and most of what it asks is unknown."""
    others = [_among("with", name, set(COLLECTIONS)) for name in _listed("with", rule.get("with"))]
    if others and not rule.get("each"):
        raise PackError("with: belongs to `each`")
    return (rule["each"], *others) if rule.get("each") else ()


def _compile(rule: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> CompiledRule:
    compiler = Compiler(_alias(rule), calendars)
    ahead = _test(compiler, rule, "ahead") or compiler.test({"is_true": "/ahead"})
    require = rule["require"]
    if not isinstance(require, list):
        raise PackError("require: a list of requirements is expected")
    names = [str(part.get("id")) for part in require if isinstance(part, Mapping)]
    if len(set(names)) != len(require):
        raise PackError("require: every requirement needs an id of its own")
    requirements = tuple(_requirement(compiler, part) for part in require)
    if rule.get("absolute") and any("exempt" in (case.ahead, case.past) for part in requirements for case in part.cases):
        raise PackError("otherwise: an absolute bar knows no exemption")
    confidence = str(rule["confidence"])
    return CompiledRule(
        id=rule["id"], document=rule, collection=rule.get("each"), gathered=_gathered(rule), acts=frozenset(rule.get("acts") or ()),
        absolute=bool(rule.get("absolute")), advisory=rule.get("mode") == "advisory",
        low_confidence=confidence.startswith("L") or confidence.endswith("/L"),
        when=_test(compiler, rule, "when"), ahead=ahead, about=_about(compiler, rule),
        unless=tuple(_relief(compiler, part, n) for n, part in enumerate(rule.get("unless") or ())),
        requirements=requirements,
    )  # fmt: skip


def _test(compiler: Compiler, spec: Mapping[str, Any], key: str) -> Test | None:
    if key not in spec:
        return None
    return _at(key, lambda: compiler.test(spec[key]))


def _at(key: str, build: Callable[[], Built]) -> Built:
    """Build a part; a `PackError` from it names the key."""
    try:
        return build()
    except PackError as error:
        raise PackError(f"{key}: {error}") from None


def _about(compiler: Compiler, rule: Mapping[str, Any]) -> tuple[tuple[str, Term], ...]:
    about = {"person": "person", "asset": "asset", **(rule.get("about") or {})} if rule.get("each") else {}
    if compiler.alias in ("asset", "person"):
        about.setdefault(compiler.alias, compiler.alias)
        if compiler.alias not in (rule.get("about") or {}):
            about[compiler.alias] = compiler.alias
    return tuple((name, _path(compiler, "about", path)) for name, path in about.items())


def _text(compiler: Compiler, template: Any) -> Text | None:
    if template is None:
        return None
    if not isinstance(template, str):
        raise PackError(f"says: a sentence is expected, not {template!r}")
    names = dict.fromkeys(_PLACEHOLDER.findall(template))
    return Text(template, tuple((name, _path(compiler, "says", name)) for name in names))


def _relief(compiler: Compiler, spec: Any, number: int) -> Relief:
    _known(spec, frozenset({"when", "then", "code", "says"}))
    when = _test(compiler, spec, "when")
    if when is None:
        raise PackError("unless: when is missing")
    then = _among("unless: then", spec.get("then", "exempt"), SOFTER)
    code = str(spec.get("code", "exemption_pending" if then == "review" else "exempt"))
    return Relief(when, then, f"unless/{number}", code, _text(compiler, spec.get("says")))


def _requirement(compiler: Compiler, spec: Mapping[str, Any]) -> Requirement:
    name = spec.get("id")
    if not isinstance(name, str) or not _ID.match(name):
        raise PackError(f"require: {name!r} is no requirement id")
    return _at(name, lambda: _requirement_parts(compiler, spec))


def _requirement_parts(compiler: Compiler, spec: Mapping[str, Any]) -> Requirement:
    _known(spec, REQUIREMENT_KEYS)
    test = _test(compiler, spec, "test")
    if test is None:
        raise PackError("test is missing")
    if "owner" in spec:
        _among("owner", spec["owner"], OWNERS)
    cases = _cases(compiler, spec)
    owes = _owes(compiler, spec["owes"]) if "owes" in spec else None
    if any("obligation" in (case.ahead, case.past) for case in cases) != (owes is not None):
        raise PackError("owes: belongs to `otherwise: obligation`, and the other way round")
    until = _value(compiler, "until", spec["until"]) if "until" in spec else None
    needs = _needs(compiler, spec["needs"]) if "needs" in spec else None
    return Requirement(spec["id"], test, _test(compiler, spec, "only"), _test(compiler, spec, "ahead"), cases, needs, until, owes)


def _cases(compiler: Compiler, spec: Mapping[str, Any]) -> tuple[Case, ...]:
    otherwise = spec.get("otherwise")
    listed = otherwise if isinstance(otherwise, list) else [{"then": otherwise}]
    if not listed or any(not isinstance(part, Mapping) for part in listed):
        raise PackError("otherwise: a result, {ahead, past} or a list of cases is expected")
    if "when" in listed[-1]:
        raise PackError("otherwise: the last case may have no `when`, so that no failure is without a result")
    try:
        return tuple(_case(compiler, spec, part, number) for number, part in enumerate(listed))
    except PackError as error:
        raise PackError(f"otherwise: {error}") from None


def _case(compiler: Compiler, spec: Mapping[str, Any], part: Mapping[str, Any], number: int) -> Case:
    _known(part, frozenset({"when", "then", "code", "says", "fix", "owner", "form"}))
    then = part.get("then")
    ahead, past = (then.get("ahead"), then.get("past")) if isinstance(then, Mapping) else (then, then)
    key = f"{spec['id']}/{number}" if isinstance(spec.get("otherwise"), list) else spec["id"]
    return Case(
        _test(compiler, part, "when"), _among("then", ahead, FAILING), _among("then", past, FAILING),
        key, str(part.get("code") or spec.get("code") or spec["id"]), _text(compiler, part.get("says", spec.get("says"))),
    )  # fmt: skip


def _needs(compiler: Compiler, spec: Any) -> Needs:
    _known(spec, frozenset({"kind", "type", "for", "fields"}))
    subject = compile_path(spec["for"], 0, compiler.alias) if "for" in spec else None
    named = spec.get("fields") or {}
    if not isinstance(named, Mapping) or not isinstance(spec.get("kind"), str):
        raise PackError("needs: {kind, type?, for?, fields?} is expected, with fields as a mapping")
    fields = [(name, _wanted(compiler, value)) for name, value in named.items()]
    words = [f"{name}={term.value}" for name, term in fields if isinstance(term, Literal) and isinstance(term.value, str)]
    paper = ".".join(str(word) for word in (spec["kind"], spec.get("type")) if word) + (f"[{','.join(sorted(words))}]" if words else "")
    return Needs(str(spec["kind"]), spec.get("type"), subject, tuple(fields), paper)


def _wanted(compiler: Compiler, value: Any) -> Term | tuple[Term, ...]:
    """What a field of the needed record would hold; what begins with the element's alias is a path and leads to its value."""
    if isinstance(value, list):
        return tuple(_wanted_one(compiler, part) for part in value)
    return _wanted_one(compiler, value)


def _wanted_one(compiler: Compiler, value: Any) -> Term:
    if isinstance(value, str) and value.startswith(f"{compiler.alias}."):
        return compile_path(value, 0, compiler.alias)
    return compile_literal(compiler, value, 0)


def _owes(compiler: Compiler, spec: Any) -> Owes:
    _known(spec, frozenset({"kind", "to", "under", "quantity", "amount", "unit", "basis", "due", "days", "calendar", "note", "debt"}))
    kind = _among("owes: kind", spec.get("kind"), DUTIES)
    due = spec.get("due")
    if due not in (None, "after_release", "before_release"):
        due = _value(compiler, "owes: due", due)
    if "days" in spec and (due != "after_release" or not isinstance(spec["days"], int) or spec["days"] < 1):
        raise PackError("owes: days: a number of days after the release, together with `due: after_release`")
    if spec.get("calendar") == PAYDAY:
        if due != "after_release" or "days" in spec:
            raise PackError("owes: calendar: payday says that it is due on the first ordinary payday; write `due: after_release`, no days")
    elif "calendar" in spec:
        compiler.calendar(spec["calendar"])
    terms = [(key, _value(compiler, f"owes: {key}", spec[key])) for key in ("to", "under", "quantity", "amount") if key in spec]
    words = [
        (key, spec[key] if key == "days" else str(spec[key]))
        for key in ("unit", "basis", "note", "days", "calendar", "debt")
        if key in spec
    ]
    return Owes(kind, due, tuple(terms), tuple(words))
