"""Effective rights of whatever a lineage ends in: the intersection over every licence along it. They only narrow.

Pure: plain values in, frozen dataclasses out. Each dimension (purposes, media, territories, productions, languages, models, training
kinds, the window, the yes-or-no grants) is three-valued. What a paper does not state is unknown: it never counts as any, and
meeting it makes the whole unknown there, while what others refuse stays refused. Every step says what it narrowed, so that the limiting
source has a name.

A training grant and an output grant are different things: `of_licence` gives both. A work that something was trained on limits the
result by both: training must have been granted, and the output grant says where the result may go.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from schemas import dates
from service.records.standing import WHOLE, Standing
from service.rules.verdicts import holds

Tri = bool | None
"""True, False, or None for unknown."""


@dataclass(frozen=True, slots=True)
class Scope:
    """At most `values` (None: no limit); `sure` when all of them are surely allowed, else each is unknown."""

    values: frozenset[str] | None = None
    sure: bool = True

    def allows(self, value: str) -> Tri:
        """Tell whether `value` is allowed; a part is allowed with its whole (`US-CA` with `US`)."""
        if self.values is not None and not any(_inside(value, whole) for whole in self.values):
            return False
        return True if self.sure else None


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, days in ISO form, both included; None is unlimited, and not `sure` means that it may end sooner."""

    start: str | None = None
    end: str | None = None
    sure: bool = True

    def allows(self, day: str) -> Tri:
        """Tell whether a day (`2027-01-31`) lies inside."""
        if (self.start is not None and day < self.start) or (self.end is not None and day > self.end):
            return False
        return True if self.sure else None


@dataclass(frozen=True, slots=True)
class Grant:
    """What is allowed, dimension by dimension. The default is everything: where no licence stands there is nothing to narrow."""

    granted: Tri = True
    purposes: Scope = Scope()
    media: Scope = Scope()
    territories: Scope = Scope()
    productions: Scope = Scope()
    languages: Scope = Scope()
    models: Scope = Scope()
    kinds: Scope = Scope()
    window: Window = Window()
    modification: Tri = True
    advertising: Tri = True
    sublicence: Tri = True
    style_imitation: Tri = True
    train_on_outputs: Tri = True


DIMENSIONS = tuple(field.name for field in fields(Grant))
_values: Callable[[Grant], tuple[Any, ...]] = attrgetter(*DIMENSIONS)
EVERYTHING = Grant()
_UNSTATED = Scope(None, sure=False)
UNKNOWN = Grant(
    None, _UNSTATED, _UNSTATED, _UNSTATED, _UNSTATED, _UNSTATED, _UNSTATED, _UNSTATED, Window(sure=False), None, None, None, None, None
)  # fmt: skip
NOTHING = replace(EVERYTHING, granted=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A record of the lineage whose licence limits the result: `why` in a few words, `licence` None where none is known."""

    record: str
    licence: str | None
    grant: Grant
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """One bearer met on the way, the dimensions that it narrowed, and what was left after it."""

    bearer: Bearer
    narrowed: tuple[str, ...]
    left: Grant


@dataclass(frozen=True, slots=True)
class Effective:
    """What is left at the end, how it came to be, and for each narrowed dimension the records that did it, last one last."""

    grant: Grant
    steps: tuple[Step, ...]
    limited_by: Mapping[str, tuple[str, ...]]


def effective(bearers: Iterable[Bearer]) -> Effective:
    """Intersect the grants of all bearers, in their order."""
    left, steps = EVERYTHING, []
    limits: dict[str, tuple[str, ...]] = {}
    for bearer in bearers:
        after = narrow(left, bearer.grant)
        pairs = zip(DIMENSIONS, _values(after), _values(left), strict=True)
        changed = () if after is left else tuple(name for name, now, before in pairs if now != before)
        for name in changed:
            limits[name] = (*limits.get(name, ()), bearer.licence or bearer.record)
        left = after
        steps.append(Step(bearer, changed, after))
    return Effective(left, tuple(steps), limits)


def narrow(first: Grant, second: Grant) -> Grant:
    """What both grants allow: `first` itself where the second takes nothing away. Commutative, associative, and never more than either."""
    values, others = _values(first), _values(second)
    left = tuple(map(_meet, values, others))
    return first if left == values else Grant(*left)


def _meet(first: Any, second: Any) -> Any:
    if first is second or first == second:
        return first
    if isinstance(first, Scope):
        return _common(first, second)
    if isinstance(first, Window):
        starts = [bound for bound in (first.start, second.start) if bound is not None]
        ends = [bound for bound in (first.end, second.end) if bound is not None]
        return Window(max(starts, default=None), min(ends, default=None), first.sure and second.sure)
    return both(first, second)


def both(first: Tri, second: Tri) -> Tri:
    """Three-valued and: a no wins, then the unknown."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _common(first: Scope, second: Scope) -> Scope:
    sure = first.sure and second.sure
    if first.values is None or second.values is None:
        return Scope(second.values if first.values is None else first.values, sure)
    parts = {value for value in first.values if any(_inside(value, whole) for whole in second.values)}
    parts |= {value for value in second.values if any(_inside(value, whole) for whole in first.values)}
    return Scope(frozenset(parts), sure)


def _inside(value: str, whole: str) -> bool:
    return holds(whole, value)


@dataclass(frozen=True, slots=True)
class Use:
    """A use to be answered for; an empty tuple asks nothing of that dimension. `days` are the first and last day."""

    purposes: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    productions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    days: tuple[str, ...] = ()


def permits(grant: Grant, use: Use) -> dict[str, Tri]:
    """Answer the use dimension by dimension; `granted` says whether anything is granted at all."""
    answers: dict[str, Tri] = {"granted": grant.granted}
    for name in ("purposes", "media", "territories", "productions", "languages"):
        for value in getattr(use, name):
            answers[name] = both(answers.get(name, True), getattr(grant, name).allows(value))
    for day in use.days:
        answers["window"] = both(answers.get("window", True), grant.window.allows(day))
    return answers


# What licences say, in the wire format of their schema.

Body = Mapping[str, Any]


def of_licence(body: Body) -> tuple[Grant, Grant]:
    """Return the training grant and the output grant of a licence; general limits of the paper hold for both."""
    training, output = body.get("training") or {}, body.get("output") or {}
    return _training(body, training), _output(body, output)


def _training(body: Body, given: Body) -> Grant:
    return Grant(
        granted=given.get("granted"),
        territories=_stated(body.get("territories"), given.get("territories")),
        productions=_stated(body.get("productions_allowed"), given.get("productions")),
        models=_stated(body.get("models_allowed"), given.get("models")),
        kinds=_stated(given.get("kinds")),
        window=_days(body.get("window"), given.get("window")),
        sublicence=given.get("sublicence"),
        style_imitation=given.get("style_imitation"),
        train_on_outputs=given.get("train_on_outputs"),
    )


def _output(body: Body, given: Body) -> Grant:
    return Grant(
        granted=given.get("granted"),
        purposes=_stated(given.get("purposes")),
        media=_stated(body.get("media"), given.get("media")),
        territories=_stated(body.get("territories"), given.get("territories")),
        productions=_stated(body.get("productions_allowed"), given.get("productions")),
        languages=_stated(given.get("languages")),
        window=_days(body.get("window"), given.get("window")),
        modification=given.get("modification"),
        advertising=given.get("advertising"),
        sublicence=given.get("sublicence"),
    )


def trained_on(body: Body) -> Grant:
    """What a licence leaves of the results of a model that learnt from its works: its output grant, if training was granted.

    The windows differ in meaning: the training window bounds the training, so it does not limit the output here.
    """
    training, output = of_licence(body)
    return replace(
        output,
        granted=both(training.granted, output.granted),
        productions=_common(training.productions, output.productions),
        models=training.models,
        style_imitation=training.style_imitation,
        train_on_outputs=training.train_on_outputs,
    )


def _stated(*lists: Any) -> Scope:
    """The intersection of the lists that are given; unknown where none is. Pinned versions do not matter to a scope."""
    given = [_scope(values) for values in lists if isinstance(values, list)]
    if not given:
        return _UNSTATED
    first, *rest = given
    for scope in rest:
        first = _common(first, scope)
    return first


def _scope(values: list[Any]) -> Scope:
    return _one_scope(*map(str, values))


@lru_cache(4_096)
def _one_scope(*values: str) -> Scope:
    """The same scope for the same words: thousands of licences say the same, and what is the same need not be compared."""
    if values == ("*",):
        return Scope()
    return Scope(frozenset(value.partition("@")[0] for value in values))


def _days(*windows: Any) -> Window:
    """The intersection of the windows that are given, as days; an end that is not stated is unknown unless `perpetual`."""
    given = [_window(window) for window in windows if isinstance(window, Mapping)]
    if not given:
        return Window(sure=False)
    first, *rest = given
    for window in rest:
        first = _meet(first, window)
    return first


def _window(window: Body) -> Window:
    return _one_window(_said(window.get("start")), _said(window.get("end")), perpetual=window.get("perpetual") is True)


def _said(date: Any) -> str | None:
    """A date as it is written, whether or not it says where it comes from."""
    return date if date is None or isinstance(date, str) else str(date["value"])


@lru_cache(4_096)
def _one_window(start: str | None, end: str | None, *, perpetual: bool) -> Window:
    return Window(
        start=dates.interval(start)[0].date().isoformat() if start is not None else None,
        end=(dates.interval(end)[1] - timedelta(microseconds=1)).date().isoformat() if end is not None else None,
        sure=end is not None or perpetual,
    )


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a lineage as `bearers` needs it: what it is, what it says, and which licences its edges lead to."""

    id: str
    kind: str
    body: Body
    licences: tuple[str, ...] = ()
    used_by: frozenset[str] = frozenset()
    """The kinds of the records that rest on it directly."""


def bearers(
    lineage: Sequence[Record], licences: Mapping[str, Body], stands: Mapping[str, Standing], settled: Collection[str] = ()
) -> list[Bearer]:
    """Every record of a lineage (nearest first) that limits the result, with the grant that does.

    `licences` are the bodies by id, `stands` how those stand that events have touched, and `settled` the models whose
    undisclosed training counsel has decided about. A record that needs a licence and has none is a bearer of the unknown.
    """
    sources = {record.id: record for record in lineage if record.kind == "source"}
    given = _Papers(licences, stands)
    found: list[Bearer] = []
    for record in lineage:
        if record.kind == "dataset":
            found.extend(_dataset(record, sources, given))
        elif record.kind == "model":
            found.extend(_model(record, given, settled))
        elif record.kind == "source" and record.used_by - {"dataset"}:
            found.append(given.widest(record.id, record.licences, _output_of, "work used directly"))
        elif record.kind in {"asset", "replica"} and (record.licences or record.body.get("origin") == "licensed_stock"):
            found.append(given.widest(record.id, record.licences, _output_of, "licensed content"))
    return found


@dataclass(frozen=True, slots=True)
class _Papers:
    """The licences at hand, and how those stand that events have touched."""

    bodies: Mapping[str, Body]
    stands: Mapping[str, Standing]

    def bearer(self, record: str, licence: str, read: Callable[[Body], Grant], why: str) -> Bearer:
        stands, body = self.stands.get(licence, WHOLE), self.bodies.get(licence)
        if stands.ended_by:
            return Bearer(
                record,
                licence,
                NOTHING,
                f"{why}; {'suspended' if stands.ends[-1][0] == 'suspended' else 'taken back'} by {stands.ended_by}",
            )
        grant = UNKNOWN if body is None else read(body)
        if stands.narrowed_by:
            return Bearer(record, licence, narrow(grant, UNKNOWN), f"{why}; changed by {stands.narrowed_by[-1]}")
        return Bearer(record, licence, grant, why)

    def widest(self, record: str, licences: Collection[str], read: Callable[[Body], Grant], why: str) -> Bearer:
        """Of several licences for the same thing any one suffices: the one that allows most, where one does; else what all allow."""
        if not licences:
            return Bearer(record, None, UNKNOWN, f"{why}, no licence known")
        each = [self.bearer(record, licence, read, why) for licence in sorted(licences)]
        if len(each) == 1:
            return each[0]
        for candidate in each:
            if all(narrow(candidate.grant, other.grant) == other.grant for other in each):
                return candidate
        left = effective(each).grant
        return Bearer(record, ", ".join(bearer.licence or "" for bearer in each), left, f"{why}, by what all its licences allow")


def _output_of(body: Body) -> Grant:
    return _output(body, body.get("output") or {})


def _dataset(record: Record, sources: Mapping[str, Record], given: _Papers) -> Iterator[Bearer]:
    """One bearer for each pair of source and licence among the parts and members."""
    parts = [part for name in ("parts", "members") for part in record.body.get(name) or ()]
    pairs = dict.fromkeys((_plain(part.get("source")), _plain(part.get("licence"))) for part in parts)
    if not pairs and record.body.get("parts") != []:
        yield Bearer(record.id, None, UNKNOWN, "dataset whose sources are not stated")
    if any("source" not in group for group in (record.body.get("list_reading") or {}).get("without_licence") or ()):
        yield Bearer(record.id, None, UNKNOWN, "items of the dataset that stand under no licence")
    for source, licence in pairs:
        known = sources.get(source or "")
        covering = (licence,) if licence else known.licences if known else ()
        yield given.widest(source or record.id, covering, trained_on, "trained on")


def _model(record: Record, given: _Papers, settled: Collection[str]) -> Iterator[Bearer]:
    """A model's own licences; and the unknown, where what it learnt from is neither stated, licensed as a whole, nor settled."""
    for licence in record.licences:
        yield given.bearer(record.id, licence, _output_of, "model licence")
    stated = record.body.get("datasets") is not None or record.body.get("base_models")
    if not stated and not record.licences and record.id not in settled:
        yield Bearer(record.id, None, UNKNOWN, "model whose training is not disclosed")


def _plain(reference: Any) -> str | None:
    return reference.partition("@")[0] if isinstance(reference, str) else None


def document(grant: Grant) -> dict[str, Any]:
    """The grant in the wire format's manner: `["*"]` is any, an unknown dimension says `"unknown": true` with what it may be at most."""
    return {name: _told(getattr(grant, name)) for name in DIMENSIONS}


def _told(value: Any) -> Any:
    if isinstance(value, Scope):
        values = ["*"] if value.values is None else sorted(value.values)
        return values if value.sure else {"unknown": True, "at_most": values}
    if isinstance(value, Window):
        days = {name: bound for name, bound in (("start", value.start), ("end", value.end)) if bound is not None}
        return days | ({} if value.sure else {"unknown": True})
    return "unknown" if value is None else value
