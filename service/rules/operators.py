"""The closed vocabulary of tests, compiled once to closures with three values.

Every test answers True, False or None: None is "unknown because a fact is missing", and it travels through
all, any, not, some and every after Kleene, so that it can never turn into a pass. Each compiled test also
tells which fields keep it unknown (`gaps`) and how long what makes it true will last (`rests`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.rules import verdicts
from service.rules.moments import NEVER, Calendar, Moment, before, moment, not_after
from service.rules.paths import Gap, PackError, Scope
from service.rules.values import (
    Amount,
    Literal,
    Term,
    amount,
    arguments,
    compile_literal,
    compile_term,
    compile_value,
)
from service.rules.verdicts import Verdict

Check = Callable[[Scope], Verdict]


def _no_gaps(_: Scope) -> list[Gap]:
    return []


def _never_ends(_: Scope) -> int:
    return NEVER


@dataclass(frozen=True, slots=True)
class Test:
    """A compiled test. `rests` is asked only where the test is true."""

    __test__ = False  # no test case, whatever a test runner thinks of the name

    check: Check
    gaps: Callable[[Scope], list[Gap]] = _no_gaps
    rests: Callable[[Scope], int] = _never_ends


@dataclass(frozen=True, slots=True)
class Selection:
    """The members of a list that a `where` holds for: what some, every, none, count and sum share."""

    of: Term
    where: Test | None

    def members(self, scope: Scope) -> list[tuple[Any, Verdict]] | None:
        """Each member with its verdict; None when the list itself is unknown."""
        found = self.of.get(scope)
        if found.__class__ is not list:
            return None
        where = self.where
        if where is None:
            return [(member, None if member is None else True) for member in found]
        check = where.check
        return [(member, None if member is None else check((member, scope))) for member in found]

    def gaps(self, scope: Scope) -> list[Gap]:
        """What keeps the list, or the verdict on a member, unknown."""
        found = self.of.get(scope)
        if found.__class__ is not list:
            return self.of.gaps(scope)
        gaps = self.of.gaps(scope) if None in found else []
        if self.where is not None:
            for member in found:
                if member is not None and self.where.check((member, scope)) is None:
                    gaps += self.where.gaps((member, scope))
        return gaps


@dataclass(slots=True)
class Compiler:
    """Compiles the tests of one rule: knows its alias and the calendars of the packs at hand."""

    alias: str | None
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def calendar(self, name: Any) -> Calendar:
        """The calendar of that name; raises `PackError` when no pack brings it."""
        if name not in self.calendars:
            raise PackError(f"no calendar is called {name!r}; known are {', '.join(sorted(self.calendars)) or 'none'}")
        return self.calendars[name]

    def selection(self, spec: Any, depth: int, keys: tuple[str, ...] = ()) -> Selection:
        """Compile `{of, where?}` and refuse other keys than those and `keys`."""
        if not isinstance(spec, Mapping) or "of" not in spec:
            raise PackError(f"{{of: path, where: test}} is expected, not {spec!r}")
        unknown = set(spec) - {"of", "where", *keys}
        if unknown or not set(keys) <= set(spec):
            raise PackError(f"keys {sorted(spec)} do not fit; expected are of, where{''.join(f', {k}' for k in keys)}")
        where = self.test(spec["where"], depth + 1) if "where" in spec else None
        return Selection(compile_term(self, spec["of"], depth), where)

    def test(self, spec: Any, depth: int = 0) -> Test:
        """Compile one test, `{operator: arguments}`, as read `depth` scopes below rule level."""
        if not isinstance(spec, Mapping) or len(spec) != 1:
            raise PackError(f"a test is one {{operator: arguments}}, not {spec!r}")
        ((name, argument),) = spec.items()
        if name not in OPERATORS:
            raise PackError(f"{name!r} is no operator; known are {', '.join(sorted(OPERATORS))}")
        try:
            return OPERATORS[name](self, argument, depth)
        except PackError as error:
            raise PackError(f"{name}: {error}") from None


Build = Callable[[Compiler, Any, int], Test]


# --- one or two values ------------------------------------------------------------------------------------------


def _unary(judge: Callable[[Any], Verdict]) -> Build:
    """An operator over one path."""

    def build(compiler: Compiler, spec: Any, depth: int) -> Test:
        term = compile_term(compiler, spec, depth)
        get = term.get

        def check(scope: Scope) -> Verdict:
            return judge(get(scope))

        return Test(check, _when_unknown(check, term))

    return build


def _binary(judge: Callable[[Any, Any], Verdict], right: Callable[[Compiler, Any, int], Term], *,
            left: Callable[[Compiler, Any, int], Term] = compile_term) -> Build:  # fmt: skip
    """An operator over two terms, the right one read as `right` says."""

    def build(compiler: Compiler, spec: Any, depth: int) -> Test:
        one, other = arguments(spec, count=2)
        first, second = left(compiler, one, depth), right(compiler, other, depth)
        check = _against(judge, first, second.value) if isinstance(second, Literal) else _pair(judge, first, second)
        return Test(check, _when_unknown(check, first, second))

    return build


def _pair(judge: Callable[[Any, Any], Verdict], first: Term, second: Term) -> Check:
    get_first, get_second = first.get, second.get

    def check(scope: Scope) -> Verdict:
        return judge(get_first(scope), get_second(scope))

    return check


def _against(judge: Callable[[Any, Any], Verdict], term: Term, value: Any) -> Check:
    """A value against a literal; equality of text, the commonest test of all, without a further call."""
    get = term.get
    plain_text = judge is verdicts.same and isinstance(value, str)

    def check(scope: Scope) -> Verdict:
        return judge(get(scope), value)

    def check_text(scope: Scope) -> Verdict:
        found = get(scope)
        return found == value if found.__class__ is str else judge(found, value)

    return check_text if plain_text else check


def _when_unknown(check: Check, *terms: Term) -> Callable[[Scope], list[Gap]]:
    def gaps(scope: Scope) -> list[Gap]:
        if check(scope) is not None:
            return []
        return [gap for term in terms for gap in term.gaps(scope)]

    return gaps


# --- dates and numbers ------------------------------------------------------------------------------------------


def _dates(compare: Callable[[Moment | None, Moment | None], Verdict], *, swap: bool) -> Build:
    def judge(left: Any, right: Any) -> Verdict:
        one, other = moment(left), moment(right)
        return compare(other, one) if swap else compare(one, other)

    return _binary(judge, compile_value, left=compile_value)


def _window(compiler: Compiler, spec: Any, depth: int) -> Term:
    if isinstance(spec, Mapping) and set(spec) <= {"from", "to"}:
        bounds = {key: compile_value(compiler, value, depth) for key, value in spec.items()}
        get = {key: term.get for key, term in bounds.items()}
        return _Window(lambda scope: {key: bound(scope) for key, bound in get.items()}, tuple(bounds.values()))
    return compile_term(compiler, spec, depth)


@dataclass(frozen=True, slots=True)
class _Window:
    """A window written in the rule, its bounds dates or paths."""

    get: Callable[[Scope], Any]
    bounds: tuple[Term, ...]

    def gaps(self, scope: Scope) -> list[Gap]:
        return [gap for bound in self.bounds for gap in bound.gaps(scope)]


def _numbers(judge: Callable[[Amount, Amount], Verdict]) -> Build:
    def compare(left: Any, right: Any) -> Verdict:
        one, other = amount(left), amount(right)
        if one is None or other is None or one.unit != other.unit:
            return None
        return judge(one, other)

    return _binary(compare, compile_value, left=compile_value)


# --- lists ------------------------------------------------------------------------------------------------------


def _some(compiler: Compiler, spec: Any, depth: int) -> Test:
    selection = compiler.selection(spec, depth)
    get, where = selection.of.get, selection.where
    holds = where.check if where else _is_there

    def check(scope: Scope) -> Verdict:
        found = get(scope)
        if found.__class__ is not list:
            return None
        unknown = False
        for member in found:
            verdict = None if member is None else holds((member, scope))
            if verdict:
                return True
            if verdict is None:
                unknown = True
        return None if unknown else False

    return Test(check, selection.gaps, lambda scope: _longest(selection, scope))


def _is_there(_: Scope) -> Verdict:
    return True


def _longest(selection: Selection, scope: Scope) -> int:
    """One member is enough, so the support lasts as long as the longest."""
    found = selection.members(scope) or []
    return max((_lasts(member, selection.where, scope) for member, verdict in found if verdict), default=NEVER)


def _lasts(member: Any, where: Test | None, scope: Scope) -> int:
    end = moment(member.get("ends")) if member.__class__ is dict else None
    own = NEVER if end is None else end[1]
    return own if where is None else min(own, where.rests((member, scope)))


def _every(compiler: Compiler, spec: Any, depth: int) -> Test:
    selection = compiler.selection(spec, depth)
    if selection.where is None:
        raise PackError("every needs a where")

    def check(scope: Scope) -> Verdict:
        found = selection.members(scope)
        return None if found is None else _all_of([verdict for _, verdict in found])

    def rests(scope: Scope) -> int:
        found = selection.members(scope) or []
        return min((_lasts(member, selection.where, scope) for member, _ in found), default=NEVER)

    return Test(check, selection.gaps, rests)


def _all_of(verdicts: list[Verdict]) -> Verdict:
    return False if False in verdicts else None if None in verdicts else True


def _none(compiler: Compiler, spec: Any, depth: int) -> Test:
    return _negated(_some(compiler, spec, depth))


# --- logic ------------------------------------------------------------------------------------------------------


def _tests(compiler: Compiler, spec: Any, depth: int) -> tuple[Test, ...]:
    if not isinstance(spec, list) or not spec:
        raise PackError(f"a list of tests is expected, not {spec!r}")
    return tuple(compiler.test(part, depth) for part in spec)


def _all(compiler: Compiler, spec: Any, depth: int) -> Test:
    tests = _tests(compiler, spec, depth)
    checks = tuple(test.check for test in tests)

    def check(scope: Scope) -> Verdict:
        verdict: Verdict = True
        for part in checks:
            result = part(scope)
            if result is False:
                return False
            if result is None:
                verdict = None
        return verdict

    return Test(check, _open_parts(tests), lambda scope: min(test.rests(scope) for test in tests))


def _any(compiler: Compiler, spec: Any, depth: int) -> Test:
    tests = _tests(compiler, spec, depth)
    checks = tuple(test.check for test in tests)

    def check(scope: Scope) -> Verdict:
        verdict: Verdict = False
        for part in checks:
            result = part(scope)
            if result:
                return True
            if result is None:
                verdict = None
        return verdict

    def rests(scope: Scope) -> int:
        return max((test.rests(scope) for test in tests if test.check(scope)), default=NEVER)

    return Test(check, _open_parts(tests), rests)


def _open_parts(tests: tuple[Test, ...]) -> Callable[[Scope], list[Gap]]:
    def gaps(scope: Scope) -> list[Gap]:
        return [gap for test in tests if test.check(scope) is None for gap in test.gaps(scope)]

    return gaps


def _negated(test: Test) -> Test:
    check = test.check

    def negation(scope: Scope) -> Verdict:
        verdict = check(scope)
        return None if verdict is None else not verdict

    return Test(negation, test.gaps)


def _not(compiler: Compiler, spec: Any, depth: int) -> Test:
    return _negated(compiler.test(spec, depth))


def _always(_compiler: Compiler, spec: Any, _depth: int) -> Test:
    if not isinstance(spec, bool):
        raise PackError("always is true or false")
    return Test(lambda _: spec)


def _list_or_path(compiler: Compiler, spec: Any, depth: int) -> Term:
    """A list written in the pack, or the path to one."""
    return (compile_literal if isinstance(spec, list) else compile_term)(compiler, spec, depth)


OPERATORS: dict[str, Build] = {
    "after": _dates(before, swap=True),
    "all": _all,
    "always": _always,
    "any": _any,
    "at_least": _numbers(verdicts.at_least),
    "at_most": _numbers(lambda one, other: verdicts.at_least(other, one)),
    "before": _dates(before, swap=False),
    "contains": _binary(verdicts.contains, compile_literal),
    "covers": _binary(verdicts.covers, _list_or_path),
    "empty": _unary(verdicts.empty),
    "equals": _binary(verdicts.same, compile_literal),
    "every": _every,
    "is_false": _unary(verdicts.is_false),
    "is_true": _unary(verdicts.is_true),
    "less_than": _numbers(lambda one, other: verdicts.more_than(other, one)),
    "more_than": _numbers(verdicts.more_than),
    "none": _none,
    "not": _not,
    "not_after": _dates(not_after, swap=False),
    "not_before": _dates(not_after, swap=True),
    "one_of": _binary(verdicts.one_of, compile_literal),
    "overlaps": _binary(verdicts.overlaps, _list_or_path),
    "present": _unary(verdicts.present),
    "same": _binary(verdicts.same, compile_term),
    "some": _some,
    "subset": _binary(verdicts.subset, _list_or_path),
    "within": _binary(verdicts.within, _window),
}
