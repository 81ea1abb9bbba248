"""Plays the story of the design over HTTP with the public client: what was asked and what came back, step by step.

Everything is sent under idempotency keys made from the story's own digest, so that playing it again in the same studio
answers the same and writes nothing twice. The dates are the story's; the clock of the machine does not matter.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from service.client import Client, Refused, Unreachable
from service.demo import comfy_graph, media

STORY = Path(__file__).with_name("story.yaml")
PACKS = ("sagaftra-tvt-2023", "sagaftra-tvt-2026", "law-us")
PROFILE = "theatrical-us"
UPLOADS = {
    "shot_png": ("shot_png", "image/png"),
    "shot_mp4": ("provider_mp4", "video/mp4"),
    "shot_alt": ("plain_mp4", "video/mp4"),
    "frame_exr": ("frame_exr", "image/x-exr"),
    "layout": ("layout_png", "image/png"),
}
IMPORTED = ("gen_png", "gen_mp4")
GRAPH_LINKS = {
    comfy_graph.BASE: "$base_model",
    comfy_graph.LOOK: "$look_model",
    comfy_graph.REPLICA: "$replica_model",
    comfy_graph.VAE: "$vae_model",
    comfy_graph.LAYOUT: "$layout",
}
STATED = ("operator", "employer", "stage", "replicas", "prompt_entities", "prompts_complete", "productions")
RELEASED = ("shot_png", "shot_mp4", "frame_exr")
_WITH_REASONS = frozenset({"2", "6", "10"})  # step 5 tells its reasons one by one


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story: what was asked, what came back, and whether it is what the story tells."""

    step: str
    asked: str
    answered: str
    ok: bool

    def document(self) -> dict[str, Any]:
        """Return the line as story.json holds it."""
        return {"step": self.step, "asked": self.asked, "answered": self.answered, "ok": self.ok}


@dataclass(eq=False)
class Player:
    """Two people of one studio play; `out` takes the files that leave, `judge` reads a signed file with no code of ours.

    `take_away` brings the log into a directory and has it checked there by what lies in it alone, under a key known from before;
    without it the story ends one step earlier.
    """

    first: Client
    second: Client
    out: Path
    say: Callable[[Told], None]
    judge: Callable[[Path, Path | None, Path], str]
    take_away: Callable[[Client, Path, str], Mapping[str, Any]] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the story and make the media."""
        raw = STORY.read_bytes()
        self.run = hashlib.sha256(raw).hexdigest()[:16]
        self.steps: dict[str, dict[str, Any]] = {step["step"]: step for step in _plain(YAML(typ="safe").load(raw))["steps"]}
        self.media = media.write(self.out / "media")

    def play(self, until: str | None = None) -> list[Told]:
        """Play every step in order, or those `until` one, and return what was told; a refusal ends the story at its step."""
        steps: Sequence[tuple[str, Callable[[], None]]] = (
            ("1", self._people),
            ("2", self._paintings),
            ("3", self._models),
            ("4", self._shots),
            ("5", self._gate),
            ("6", self._rider_of_today),
            ("7", self._true_papers),
            ("8", self._sign),
            ("9", self._deliver),
            ("10", self._withdraw),
            ("11", self._take_away),
        )
        for name, step in steps:
            try:
                step()
            except Refused as refusal:
                self._tell(name, "(the step as a whole)", f"{refusal.status} {refusal.code}: {refusal}", ok=False)
                break
            except Unreachable as fault:
                said = f"The service went away ({fault}). What it had acknowledged is kept: play again, and the story goes on from here."
                self._tell(name, "(the step as a whole)", said, ok=False)
                break
            if name == until:
                break
        return self.told

    def _people(self) -> None:
        made = self._record("1", self.steps["1"]["records"])
        self._tell(
            "1", "the people, the production, its agreement, who plays whom", f"{len(made)} records, each with its proof", ok=bool(made)
        )
        production = self.keys["$production"]
        for pack in PACKS:
            for reader, role in ((self.first, "labour_relations"), (self.second, "production_counsel")):
                reader.post(f"/v1/rule-packs/{pack}/sign-off", {"role": role}, key=self._key("sign-off", pack, role))
            proposal = {"production": production, "pack": pack, "mode": "blocking"}
            adoption = self.first.post("/v1/adoptions", proposal, key=self._key("adopt", pack))
            self.second.post(f"/v1/adoptions/{adoption['id']}/confirm", None, key=self._key("confirm", pack))
        adopted = {record["body"]["pack"] for record in self.first.listed("/v1/adoptions", production=production, state="adopted")}
        self._tell(
            "1", f"two people sign off and adopt {', '.join(PACKS)}", f"adopted: {', '.join(sorted(adopted))}", ok=adopted >= set(PACKS)
        )

    def _paintings(self) -> None:
        first, fixed = self.steps["2"], self.steps["2b"]
        self._record("2", first["records"][:-1])
        found = self._item_list(self.media.paintings)
        dataset = first["records"][-1]
        odd = self.media.paintings[-1].name
        self._record("2", [{**dataset, "body": {**dataset["body"], "items": found}}])
        asked = first["ask"][0]
        answer = self._ask("2", asked)
        named = [value for cause in answer["causes"] for value in _strings(cause)]
        self._verdict("2", asked, answer, ok=any(odd in value or "061" in value for value in named))
        left = self._item_list(self.media.paintings[:-1])
        dataset = fixed["records"][0]
        self._record("2b", [{**dataset, "body": {**dataset["body"], "items": left}}])
        again = self._ask("2b", {**asked, "name": "train on the 60 that are licensed"})
        self._verdict("2", {**asked, "name": "train on the 60 that are licensed"}, again, ok=again["outcome"] != "blocked")

    def _models(self) -> None:
        made = self._record("3", self.steps["3"]["records"])
        self._tell(
            "3", "the vendor's base, what legal decided about it, and the look trained on the paintings", f"{len(made)} records", ok=True
        )

    def _shots(self) -> None:
        records = self.steps["4"]["records"]
        later = [record for record in records if record["key"] in IMPORTED or record["kind"] == "appearance"]
        self._record("4", [record for record in records if record not in later])
        for key, (name, media_type) in UPLOADS.items():
            self.first.upload(f"/v1/assets/{self.keys[f'${key}']}/content", getattr(self.media, name), media_type)
        for record in later:
            if record["key"] in IMPORTED:
                self._import(record)
        made = self._record("4b", [record for record in later if record["key"] not in IMPORTED])
        self._tell("4", "a person states who appears in what", f"{len(made)} appearances", ok=bool(made))

    def _import(self, record: Mapping[str, Any]) -> None:
        key = record["key"]
        asset = self.keys["$shot_png" if key == "gen_png" else "$shot_mp4"]
        stated = {name: value for name, value in self._named(record["body"]).items() if name in STATED}
        body: dict[str, Any] = {"asset": asset, "stated": stated, "links": self._links()}
        if key == "gen_mp4":
            body |= {
                "request": json.loads(self.media.provider_request.read_text()),
                "response": json.loads(self.media.provider_response.read_text()),
            }
        answer = self.first.post("/v1/generations/import", body, key=self._key("import", key))
        self.keys[f"${key}"] = answer["generation"]
        read = answer["record"]["body"]
        models = ", ".join(str(model.get("name", model.get("model"))) for model in read.get("models", ()))
        seeds = ", ".join(str(sampling.get("seed")) for sampling in read.get("sampling", ()))
        said = f"{read.get('adapter')}: models {models}; seed {seeds or 'not said'}; unresolved {len(answer.get('unresolved') or ())}"
        self._tell("4", f"import {'the ComfyUI picture' if key == 'gen_png' else 'the video provider answer'}", said, ok=bool(models))

    def _links(self) -> dict[str, str]:
        return {name: self.keys[key] for name, key in GRAPH_LINKS.items()} | {
            "veo-3.1-generate-001": self.keys["$video_model"],
            "publishers/google/models/veo-3.1-generate-001": self.keys["$video_model"],
            "gs://harbour-inputs/sc042/first_frame.png": self.keys["$layout"],
            "gs://harbour-inputs/replica/front.png": self.keys["$layout"],
        }

    def _gate(self) -> None:
        asked = self.steps["5"]["ask"][0]
        answer = self._ask("5", asked)
        self._verdict("5", asked, answer, ok=answer["outcome"] == "blocked")
        for cause in answer["causes"]:
            if cause["result"] in {"block", "review"}:
                clause = f" [{cause.get('clause', cause['rule'])}]"
                fix = f" Fix: {cause['fix']} ({cause.get('owner', 'nobody')})" if cause.get("fix") else ""
                self._tell(
                    "5", f"  {cause['result']} {cause['rule']}", f"{cause.get('sentence') or cause.get('says')}{clause}{fix}", ok=True
                )
        clearing = [self._paper(paper) for paper in answer["clearing"]]
        self._tell("5", "  the smallest set of records that would clear it", "; ".join(clearing), ok=bool(clearing))

    def _rider_of_today(self) -> None:
        self._told_by("6")

    def _true_papers(self) -> None:
        self._told_by("7")
        cleared = self.decisions["7"]
        owed = [cause for cause in cleared["causes"] if cause["result"] == "obligation"]
        said = "; ".join(str(cause.get("sentence") or cause.get("says")) for cause in owed)
        self._tell("7", "  what stays owed, and until when it stands", f"{said}; valid until {cleared.get('valid_until')}", ok=bool(owed))
        again = self.first.post(f"/v1/decisions/{cleared['id']}/replay", None)
        self._tell(
            "7",
            "  decide again from the stored facts",
            "identical to the byte" if again["identical"] else "different",
            ok=again["identical"],
        )

    def _sign(self) -> None:
        anchor = self.out / "ca.pem"
        self.first.download("/v1/credentials/ca.pem", anchor)
        for key in RELEASED:
            asset = self.keys[f"${key}"]
            signed = self.first.post(f"/v1/assets/{asset}/sign", {"decision": self.decisions["7"]["id"]}, key=self._key("sign", key))
            file, sidecar = self._fetch(key, asset, signed["body"]["details"]["form"])
            ours = self.first.get(f"/v1/assets/{asset}/manifest")["verdict"]
            theirs = self.judge(file, sidecar, anchor)
            said = f"{file.name}: {ours['state']}, lineage {ours['lineage'] or 'clean'}; with the library alone and ca.pem: {theirs}"
            self._tell(
                "8",
                f"sign {key} ({signed['body']['details']['form']})",
                said,
                ok=ours["state"] == theirs == "Trusted" and not ours["lineage"],
            )

    def _fetch(self, key: str, asset: str, form: str) -> tuple[Path, Path | None]:
        original = getattr(self.media, UPLOADS[key][0])
        file = self.first.download(f"/v1/assets/{asset}/content", self.out / original.name, variant="signed")
        if form != "sidecar":
            return file, None
        return file, self.first.download(f"/v1/assets/{asset}/content", self.out / f"{original.name}.c2pa", variant="sidecar")

    def _deliver(self) -> None:
        assets = [self.keys[f"${key}"] for key in RELEASED]
        order = {"name": "Reel 3", "production": self.keys["$production"], "assets": assets, "profile": PROFILE, "stage": "delivery"}
        delivery = self.first.post("/v1/deliveries", order, key=self._key("deliver"))
        gate = self.first.post(f"/v1/deliveries/{delivery['id']}/gate", {"at": "2026-09-21T12:30:00Z"}, key=self._key("gate"))
        self.decisions["9"] = gate.get("decision", gate)
        self._tell("9", "gate the delivery of three shots in one call", f"{gate['outcome']}", ok=gate["outcome"].startswith("cleared"))
        body = {"decision": self.decisions["9"]["id"], "delivery": delivery["id"]}
        release = self.first.post("/v1/releases", body, key=self._key("release"))
        self._tell("9", "release it under that decision", f"released as {release['id']}, entry {release['index']}", ok=True)
        package = self.first.download(f"/v1/deliveries/{delivery['id']}/package", self.out / "reel-3.zip", method="POST")
        with zipfile.ZipFile(package) as held:
            names = held.namelist()
        kinds = {"hash list": ".mhl", "sidecar": ".c2pa", "decision": "decision.json", "checkpoint": "checkpoint.txt"}
        found = [kind for kind, ending in kinds.items() if any(name.endswith(ending) for name in names)]
        self._tell(
            "9", "the package that leaves", f"{package.name}: {len(names)} files, with {', '.join(found)}", ok=len(found) == len(kinds)
        )

    def _withdraw(self) -> None:
        step = self.steps["10"]
        event = self._named(step["records"][0]["body"])
        target = event.pop("targets")[0]
        dry = self.first.post(f"/v1/consents/{target}/events", event, key=self._key("dry"), dry_run=True)
        reached = {item["kind"] for item in dry["impact"]["items"]}
        said = f"{dry['impact']['total']} reached: {', '.join(f'{n} {kind}' for kind, n in _counts(dry['impact']).items())}"
        self._tell("10", "what would a withdrawal reach? (dry run)", said, ok="release" in reached)
        self._record("10", step["records"])
        for number, asked in enumerate(step["ask"]):
            answer = self._ask(f"10.{number}", asked)
            self._verdict("10", asked, answer, ok=answer["outcome"] == asked["expect"]["outcome"])
        after = self.first.get(f"/v1/consents/{target}/impact")
        released = [item for item in after["items"] if item.get("released")]
        self._tell("10", "what is out already", f"{len(released)} released records are at risk", ok=bool(released))

    def _take_away(self) -> None:
        if self.take_away is None:
            return
        found = self.take_away(self.first, self.out / "bundle", self.first.get("/v1/ledger/key")["key"])
        numbers = found["numbers"]
        held = f"{len(found['holds'])} statements hold" + "".join(f"; DOES NOT HOLD: {fault}" for fault in found["faults"])
        said = f"{numbers['entries']} entries, {numbers['files']} files; {held}; {numbers['decided_again']} decisions decided again, identical to the byte"
        ok = found["good"] and numbers["decided_again"] == numbers["decisions"] and numbers["entries"] == numbers["size"]
        self._tell("11", "a lawyer takes the bundle to a machine without network: verify.py alone, and the log's key", said, ok=ok)
        doubts = "; ".join(doubt.partition(":")[0][:1].lower() + doubt.partition(":")[0][1:] for doubt in found["not_established"])
        self._tell("11", "  what it could not establish", doubts or "nothing", ok=bool(doubts))

    def _told_by(self, name: str) -> None:
        step = self.steps[name]
        self._record(name, step["records"])
        asked = step["ask"][0]
        answer = self._ask(name, asked)
        self._verdict(name, asked, answer, ok=answer["outcome"] == asked["expect"]["outcome"])

    def _record(self, name: str, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Write records as one atomic batch; one with `version_of` becomes the next version of what it names."""
        lines = [self._line(record) for record in records]
        digest = hashlib.sha256(json.dumps([line["body"] for line in lines], sort_keys=True).encode()).hexdigest()[:12]
        made = self.first.batch(lines, key=self._key("record", name, digest))
        for record, line in zip(records, made, strict=True):
            self.keys[f"${record['key']}"] = line["id"]
        return made

    def _line(self, record: Mapping[str, Any]) -> dict[str, Any]:
        line = {"kind": record["kind"], "key": record["key"], "body": self._named(record["body"])}
        if "version_of" not in record:
            return line
        del line["key"]
        return {**line, "id": self.keys[f"${record['version_of']}"], "expected_version": 1, "change": "correction"}

    def _ask(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        question = {key: asked[key] for key in ("act", "at", "production") if key in asked} | {"profile": PROFILE}
        question["subject"] = asked["planned"] if "planned" in asked else asked["subject"]
        answer: dict[str, Any] = self.first.post("/v1/decisions", self._named(question), key=self._key("ask", name))
        self.decisions[name] = answer
        return answer

    def _verdict(self, step: str, asked: Mapping[str, Any], answer: Mapping[str, Any], *, ok: bool) -> None:
        by_result: dict[str, int] = {}
        for cause in answer["causes"]:
            by_result[cause["result"]] = by_result.get(cause["result"], 0) + 1
        causes = ", ".join(f"{number} {result}" for result, number in by_result.items())
        said = f"{answer['outcome'].replace('_', ' ')}: {causes or 'no causes'}"
        self._tell(step, str(asked["name"]), " ".join([f"{said}.", *_sentences(answer)] if step in _WITH_REASONS else [said]), ok=ok)

    def _paper(self, paper: Mapping[str, Any]) -> str:
        """Say in words what would clear a cause: a paper for somebody, or fields of a record that is there."""
        names = {value: name.removeprefix("$") for name, value in self.keys.items()}
        if paper.get("action") == "amend":
            return f"{', '.join(paper['fields'])} of {names.get(paper['record'], paper['record'])}"
        kind = str(paper.get("type") or paper.get("kind") or paper.get("action")).replace("_", " ")
        return f"{kind} for {names.get(paper['for'], paper['for'])}" if "for" in paper else kind

    def _item_list(self, files: Sequence[Path]) -> dict[str, Any]:
        """Stage a list of files; those on the licence's schedule say so."""
        licensed = {"source": self.keys["$paintings"], "licence": self.keys["$paintings_licence"]}
        lines = [_item(file) | (licensed if number < media.LICENSED else {}) for number, file in enumerate(files)]
        content = b"\n".join(json.dumps(line).encode() for line in lines)
        return dict(self.first.upload("/v1/item-lists", content, "application/x-ndjson", method="POST"))

    def _named(self, value: Any) -> Any:
        """Replace the story's keys by the ids that they became; keys of the same batch stay."""
        if isinstance(value, Mapping):
            return {name: self._named(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._named(inner) for inner in value]
        return self.keys.get(value, value) if isinstance(value, str) else value

    def _key(self, *parts: str) -> str:
        return f"story/{self.run}/{'/'.join(parts)}"

    def _tell(self, step: str, asked: str, answered: str, *, ok: bool) -> None:
        line = Told(step, asked, answered, ok)
        self.told.append(line)
        self.say(line)


def _item(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    digests = [{"algorithm": "sha256", "value": hashlib.sha256(content).hexdigest()}]
    return {"name": file.name, "bytes": len(content), "digests": digests}


def _sentences(answer: Mapping[str, Any]) -> list[str]:
    """Return what stands in the way, the worst first."""
    held = [str(cause.get("sentence") or cause.get("says")) for cause in answer["causes"] if cause["result"] in {"block", "review"}]
    return list(dict.fromkeys(held))


def _counts(impact: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in impact["items"]:
        counts[item["kind"]] = counts.get(item["kind"], 0) + 1
    return counts


def _strings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    return [value] if isinstance(value, str) else []


def _plain(value: Any) -> Any:
    """Return YAML values as JSON values: dates as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
