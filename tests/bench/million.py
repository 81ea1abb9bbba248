"""A show whose training data are a million licensed items: entered over HTTP, three licences revoked, and the worklist beside brute force.

The show is generated from numbers alone. `Show.reached` works out what the end of a licence reaches by going through the items and
the records one by one until nothing is added; it shares no code with the service. `play` enters the show, revokes, asks and compares.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.client import NDJSON, Client, Refused

WINDOW = {"start": "2026-01-01", "perpetual": True}
REVOKED = "2026-09-01T00:00:00Z"
OWNER = {"dataset": "rights", "model": "rights", "generation": "vfx", "asset": "post", "delivery": "post", "release": "legal"}


@dataclass(frozen=True)
class Item:
    """One item of a dataset, by numbers: its licence, its source, the person in it or None."""

    number: int
    licence: int
    source: int
    person: int | None

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"scans/{self.source:04}/{self.number:07}.exr"


@dataclass
class Show:
    """What is generated, by numbers: `size` items in the first dataset, some in each other, and what was made with them."""

    size: int
    licences: int = 200
    people: int = 40
    others: int = 24
    models: int = 40
    runs: int = 160
    ids: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw what rests on what."""
        self.random = random.Random(7)
        draw = self.random
        self.sources = self.licences + self.licences // 2
        self.common = self.licences * 3 // 4  # the licences of the first dataset; the others may hold any
        self.small = [[draw.randrange(self.licences) for _ in range(6)] for _ in range(self.others)]
        self.derived = {self.others - 1: 3, self.others - 2: 0}  # small dataset → the dataset it is derived from (0 is the first)
        self.trained = [draw.sample(range(1, self.others - 1), draw.choice((0, 1, 1, 2))) for _ in range(self.models)]
        self.trained[5], self.trained[6], self.trained[7] = [0], [0, 4], [self.others, self.others - 1]
        self.bases = [[draw.randrange(number)] if number and draw.random() < 0.4 else [] for number in range(self.models)]
        self.used = [draw.sample(range(self.models), draw.choice((1, 1, 2))) for _ in range(self.runs)]
        self.inputs = [[draw.randrange(number)] if number and draw.random() < 0.3 else [] for number in range(self.runs)]
        self.cuts = [draw.sample(range(self.runs), 4) for _ in range(self.runs // 8)]
        self.delivered = [draw.sample(range(self.runs), 3) for _ in range(10)]

    def items(self, dataset: int) -> Iterator[Item]:
        """The items of a dataset; 0 is the large one."""
        for number in range(self.size if dataset == 0 else 60):
            licence = (number * 2_654_435_761 >> 7) % self.common if dataset == 0 else self.small[dataset - 1][number % 6]
            source = licence + (self.licences if licence < self.licences // 2 and number % 2 else 0)
            yield Item(number, licence, source, number // 50 % self.people if number % 50 == 0 else None)

    def revoked(self) -> list[int]:
        """Three licences: one of the large dataset, one of small ones alone, and one of either."""
        held = {licence for one in self.small for licence in one}
        alone = next(one for one in range(self.common) if one not in held)
        either = next(one for one in range(self.common) if one in held)
        return [alone, next(one for one in sorted(held) if one >= self.common), either]

    def covered(self, licence: int) -> dict[int, set[str]]:
        """Dataset → the names of the items that stand under a licence; datasets without any are left out."""
        found = {number: {one.name for one in self.items(number) if one.licence == licence} for number in range(self.others + 1)}
        return {number: names for number, names in found.items() if names}

    def reached(self, licence: int) -> set[tuple[str, int]]:
        """What rests on a licence, as (kind, number), found by trying every record until nothing is added."""
        datasets = set(self.covered(licence))
        found: set[tuple[str, int]] = {("dataset", number) for number in datasets}
        edges = list(self._edges())
        grown = True
        while grown:
            more = {younger for younger, older in edges if older in found and younger not in found}
            found |= more
            grown = bool(more)
        return found

    def _edges(self) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
        """Every (younger, older) but those of items."""
        for younger, older in self.derived.items():
            yield ("dataset", younger), ("dataset", older)
        for number in range(self.models):
            yield from ((("model", number), ("dataset", one)) for one in self.trained[number])
            yield from ((("model", number), ("model", one)) for one in self.bases[number])
        for number in range(self.runs):
            yield from ((("generation", number), ("model", one)) for one in self.used[number])
            yield from ((("generation", number), ("asset", one)) for one in self.inputs[number])
            yield ("asset", number), ("generation", number)
        for number, parents in enumerate(self.cuts):
            yield from ((("asset", self.runs + number), ("asset", one)) for one in parents)
        for number, assets in enumerate(self.delivered):
            yield from ((("delivery", number), ("asset", one)) for one in assets)
        for number, asset in enumerate(self.let_go()):
            yield ("release", number), ("asset", asset)

    def let_go(self) -> list[int]:
        """The assets that are released."""
        return [self.runs // 8, self.runs // 2, self.runs - 2]

    def lines(self, dataset: int, *, like: int = 0) -> Iterator[bytes]:
        """The item list of a dataset, as a studio would send it; with `like`, one whose every so-manieth file is that of the large dataset."""
        people, consents = self.ids["party"], self.ids["consent"]
        for one in self.items(dataset):
            line: dict[str, Any] = {
                "name": one.name,
                "bytes": one.number + 1,
                "digests": [
                    {
                        "algorithm": "sha256",
                        "value": hashlib.sha256(
                            f"{self.size}/{'like' if like and one.number % like else dataset}/{one.number}".encode()
                        ).hexdigest(),
                    }
                ],
                "source": self.ids["source"][one.source],
                "licence": self.ids["licence"][one.licence],
                "people": [] if one.person is None else [people[one.person]],
            }
            if one.person is not None:
                line["consents"] = [consents[one.person]]
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def enter(client: Client, second: Client, show: Show) -> dict[str, float]:
    """Enter the show; returns the seconds that staging the large list took, and recording its dataset."""
    title = client.post("/v1/productions", {"title": "Harbour", "format": "feature", "countries": ["US"]})["id"]
    show.ids["production"] = [title]
    for who in (client, second):
        with suppress(Refused):  # a second show of the same studio finds it signed
            who.post("/v1/rule-packs/law-us/sign-off", {"role": "legal"})
    proposed = client.post("/v1/adoptions", {"production": title, "pack": "law-us"})
    second.post(f"/v1/adoptions/{proposed['id']}/confirm", None)
    _batch(client, show, "party", ({"type": "person", "professional_name": f"Person {number}"} for number in range(show.people)))
    _batch(client, show, "consent", (_consent(one) for one in show.ids["party"]))
    _batch(client, show, "source", ({"title": f"Collection {number}", "type": "collection"} for number in range(show.sources)))
    _batch(client, show, "licence", (_licence(show, number) for number in range(show.licences)))
    times = _datasets(client, show)
    _batch(client, show, "model", (_model(show, number) for number in range(show.models)))
    made = {
        "type": "image",
        "productions": [title],
        "origin": "generated",
        "ai": "generative",
        "people": {"people": [], "complete": True, "method": "person"},
    }
    _batch(client, show, "asset", ({**made, "name": f"sh{number:04}"} for number in range(show.runs)))
    _batch(client, show, "generation", (_run(show, number) for number in range(show.runs)))
    cuts = ([{"record": show.ids["asset"][one], "relation": "composited_from"} for one in parents] for parents in show.cuts)
    _batch(client, show, "asset", [{**made, "type": "image", "parents": parents} for parents in cuts])
    show.ids["delivery"] = [
        client.post(
            "/v1/deliveries", {"name": f"Reel {number}", "production": title, "assets": [show.ids["asset"][one] for one in assets]}
        )["id"]
        for number, assets in enumerate(show.delivered)
    ]
    show.ids["release"] = [_released(client, show.ids["asset"][one]) for one in show.let_go()]
    return times


def overlapping(client: Client, show: Show, every: int) -> tuple[float, float, float]:
    """Meet the large dataset with others, and a second one that shares each `every`th file with it: the seconds of either, and of asking again."""
    begun = time.perf_counter()
    assert client.get(f"/v1/datasets/{show.ids['dataset'][0]}/overlaps")["other_licence"] == 0
    read = time.perf_counter()
    staged = client.request(
        "POST", "/v1/item-lists", content=_pieces(show.lines(0, like=every)), headers={"Content-Type": NDJSON}, retry=False
    )
    second = client.post("/v1/datasets", {"name": "Again", "items": staged.json()})["id"]
    asked = time.perf_counter()
    told = client.get(f"/v1/datasets/{second}/overlaps")
    first = time.perf_counter()
    assert (told["other_licence"], told["same_licence"]) == (0, len(range(0, show.size, every))), "the items in common"
    client.get(f"/v1/datasets/{second}/overlaps")
    return read - begun, first - asked, time.perf_counter() - first


def _batch(client: Client, show: Show, kind: str, bodies: Iterable[dict[str, Any]]) -> None:
    made = client.batch([{"kind": kind, "key": f"{kind}{number}", "body": body} for number, body in enumerate(bodies)])
    show.ids.setdefault(kind, []).extend(one["id"] for one in made)


def _consent(person: str) -> dict[str, Any]:
    scope = {"productions": ["*"], "purposes": ["training"], "training": True}
    stated = {"capacity": "self", "answer": "granted", "form": "separate_writing", "signed_at": "2026-01-02", "window": WINDOW}
    return {"grantor": person, "person": person, "scope": scope, **stated}


def _licence(show: Show, number: int) -> dict[str, Any]:
    sources = [number, *([number + show.licences] if number < show.licences // 2 else [])]
    every = {"productions": ["*"], "window": WINDOW, "territories": ["*"]}
    return {
        "grantor": show.ids["party"][0], "type": "collection", "signed_at": "2026-01-01", "window": WINDOW, "sources": [show.ids["source"][one] for one in sources],
        "training": {"granted": True, "kinds": ["*"], **every}, "output": {"granted": True, "media": ["*"], **every},
    }  # fmt: skip


def _datasets(client: Client, show: Show) -> dict[str, float]:
    times = {}
    for number in range(show.others + 1):
        begun = time.perf_counter()
        answer = client.request(
            "POST", "/v1/item-lists", content=_pieces(show.lines(number)), headers={"Content-Type": NDJSON}, retry=False
        )
        staged = time.perf_counter()
        body = {"name": f"Look {number}", "items": answer.json()}
        if number in show.derived:
            body["derived_from"] = [show.ids["dataset"][show.derived[number]]]
        show.ids.setdefault("dataset", []).append(client.post("/v1/datasets", body)["id"])
        if number == 0:
            times = {"staged": staged - begun, "recorded": time.perf_counter() - staged}
    return times


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) > 1 << 16:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _model(show: Show, number: int) -> dict[str, Any]:
    body = {
        "name": f"look {number}",
        "type": "fine_tune",
        "training_disclosure": "disclosed",
        "hosting": "self_hosted",
        "trains_on_inputs": False,
    }
    body |= {"datasets": [show.ids["dataset"][one] for one in show.trained[number]], "people": []}
    body |= {"training": {"kind": "fine_tune", "finished_at": "2026-02-01"}}
    return body | {"base_models": [f"$model{one}" for one in show.bases[number]]}


def _run(show: Show, number: int) -> dict[str, Any]:
    assets = show.ids["asset"]
    return {
        "tool": {"name": "Painter"}, "productions": show.ids["production"], "generated_at": "2026-03-01T10:00:00Z",
        "models": [{"model": show.ids["model"][one]} for one in show.used[number]], "replicas": [],
        "inputs": [{"asset": assets[one], "role": "reference"} for one in show.inputs[number]], "outputs": [{"asset": assets[number]}],
    }  # fmt: skip


def _released(client: Client, asset: str) -> str:
    window = {"start": "2027", "end": "2030"}
    intent = {"territories": ["US"], "media": ["streaming"], "purpose": "final", "languages": ["en"], "window": window}
    decided = client.post("/v1/decisions", {"subject": asset, "act": "release", "at": "2026-08-01T00:00:00Z", "intent": intent})
    if decided["outcome"].startswith("cleared"):
        return str(client.post("/v1/releases", {"decision": decided["id"]})["id"])
    raise AssertionError(
        f"{asset} is not cleared: {[(part['id'], part['sentence']) for cause in decided['causes'] for part in cause['parts']]}"
    )


def revoke(client: Client, show: Show, licence: int) -> tuple[dict[str, Any], float]:
    """Ask what the end of a licence would reach, end it, and ask again: the same, in how many seconds."""
    key = show.ids["licence"][licence]
    event = {"type": "revoked", "effective_at": REVOKED, "basis": "breach"}
    rehearsed = client.post(f"/v1/licences/{key}/events", event, dry_run="true")["impact"]
    client.post(f"/v1/licences/{key}/events", event)
    begun = time.perf_counter()
    told = client.get(f"/v1/licences/{key}/impact", limit=5_000)
    seconds = time.perf_counter() - begun
    shown = {name: value for name, value in told.items() if name not in {"items", "dataset_items", "truncated", "by_territory"}}
    assert shown.items() <= rehearsed.items(), "a rehearsal and the event differ"
    return told, seconds


def compare(client: Client, show: Show, licence: int, told: dict[str, Any]) -> dict[str, int]:
    """Hold a worklist against brute force, exactly: records, owners, and the items of every dataset; returns how many of each kind."""
    numbers = {key: (kind, number) for kind, keys in show.ids.items() for number, key in enumerate(keys)}
    expected = show.reached(licence)
    assert not told["truncated"]
    assert {numbers[item["id"]] for item in told["items"]} == expected, "the records that are reached"
    gone = {("release", number): ("asset", asset) for number, asset in enumerate(show.let_go()) if ("release", number) in expected}
    out = {*gone, *gone.values()}
    for item in told["items"]:
        kind, number = numbers[item["id"]]
        owner = "legal" if (kind, number) in out else OWNER[kind]
        assert (item["owner"], item["released"]) == (owner, (kind, number) in out), item
    assert told["owners"] == dict(Counter("legal" if one in out else OWNER[one[0]] for one in expected)), "the owners"
    pages = list(client.listed(f"/v1/licences/{show.ids['licence'][licence]}/impact", limit=7))
    assert pages == told["items"], "the worklist by pages"
    covered = show.covered(licence)
    counts = {show.ids["dataset"][number]: len(names) for number, names in covered.items()}
    assert {one["dataset"]: one["items"] for one in told["dataset_items"]} == counts, "the numbers of items"
    for number, names in covered.items():
        listed = client.listed(f"/v1/datasets/{show.ids['dataset'][number]}/items", licence=show.ids["licence"][licence], limit=10_000)
        assert [one["name"] for one in listed] == sorted(names, key=_number), "the items"
    return dict(Counter(kind for kind, _ in expected)) | {"item": sum(counts.values())}


def _number(name: str) -> int:
    return int(name.rpartition("/")[2].partition(".")[0])
