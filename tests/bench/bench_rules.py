"""Triggered rule evaluations a second of processor time on one core, beside plain Python closures doing the same checks.

Run by hand: `python -m tests.bench.bench_rules`. Counted are only evaluations that pass their trigger and end in a
finding; half of them fail and carry their whole explanation.
"""

from __future__ import annotations

import copy
import json
import statistics
import sys
import time

from service.rules.evaluate import plan, run
from service.rules.load import _load, calendars, load_packs
from service.rules.moments import moment
from service.rules.pack import Pack, canonical
from tests.unit.rules.build import CONSENT, LAW, SIGNED, facts, requirement, rule

REPLICAS = 1_000
OTHER_PACKS = 14
FORMS = ["separate_writing", "signed_rider", "initialed_clause"]


def documents():
    document = facts(bare={"consents": []})
    shot = document["objects"]["rep"]
    document["replicas"] = []
    for number in range(REPLICAS):
        replica = copy.deepcopy(shot) | {"id": f"rep_{number:06}"}
        replica["person"] = {"$ref": "pty" if number % 2 else "bare"}
        document["replicas"].append(replica)
    return document


def packs():
    """Ten rules in one pack, and fourteen further packs of ten; all of them are triggered by every replica."""
    own = {"equals": ["replica.kind", "employment_based"]}
    ours = [rule(f"own.r{n}", requirement(CONSENT), when=own, date_basis="creation") for n in range(10)]
    rest = [
        Pack(
            {
                "pack": f"p{m}",
                "kind": "agreement",
                "rules": [rule(f"p{m}.r{n}", requirement(CONSENT), when=own, date_basis="creation") for n in range(10)],
            }
        )
        for m in range(OTHER_PACKS)
    ]
    return Pack({"pack": "own", "kind": "agreement", "rules": ours}), rest


def by_hand(document):
    """The same ten checks in plain Python, with a small finding each."""
    findings = []
    objects = document["objects"]
    for _ in range(10):
        for replica in document["replicas"]:
            if replica.get("kind") != "employment_based":
                continue
            person = objects[replica["person"]["$ref"]]
            session = objects[replica["session"]["$ref"]]
            start = moment(session.get("starts_at"))
            for reference in person["consents"]:
                consent = objects[reference["$ref"]]
                signed = moment(consent.get("signed_at"))
                if consent.get("purpose") == "creation" and consent.get("live") and signed and start and signed[1] < start[0]:
                    findings.append(("own.r", replica["id"], "pass"))
                    break
            else:
                findings.append(("own.r", replica["id"], "block"))
    return findings


def rate(work, count, repeat=5):
    times = []
    for _ in range(repeat):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return count / statistics.median(times)


def loading(repeat=5):
    """Seconds of processor time to read all packs from their YAML and check every rule, as a process does when it starts."""
    times = []
    for _ in range(repeat):
        _load.cache_clear(), calendars.cache_clear()
        started = time.process_time()
        load_packs()
        times.append(time.process_time() - started)
    return statistics.median(times)


def unchecked(found):
    """The yardstick: the same packs from their canonical JSON, without looking at any of them."""
    stored = [pack.bytes for pack in found]
    started = time.process_time()
    for content in stored:
        json.loads(content)
    return time.process_time() - started


def main():
    own, rest = packs()
    document = documents()
    plan([own, LAW]), plan([own, LAW, *rest])
    count = 10 * REPLICAS
    evaluated = run([own, LAW], document, SIGNED)
    assert sum(sum(tally.counts.values()) for tally in evaluated.tallies.values()) == count
    alone = rate(lambda: run([own, LAW], document, SIGNED), count)
    among = rate(lambda: run([own, LAW, *rest], document, SIGNED), count + count * OTHER_PACKS)
    hand = rate(lambda: by_hand(document), count)
    stored = rate(evaluated.bytes, count)
    loaded = loading()
    sys.stdout.write(f"triggered evaluations        {alone:>12,.0f} /s a core  (promise 100,000)\n")
    sys.stdout.write(f"plain Python closures        {hand:>12,.0f} /s a core  ratio {alone / hand:.2f}\n")
    sys.stdout.write(
        f"with {OTHER_PACKS + 2} packs, per rule      {among:>12,.0f} /s a core  time per rule {alone / among:.2f} x of one pack (promise 1.3)\n"
    )
    sys.stdout.write(f"findings as stored bytes     {stored:>12,.0f} /s a core  ({len(canonical(evaluated.document())) // 1024} KiB)\n")
    everything = load_packs()
    rules = sum(len(list(pack.rules)) for pack in everything.values())
    sys.stdout.write(
        f"all packs read and checked   {loaded * 1000:>12,.0f} ms  ({len(everything)} packs, {rules} rules; the same as JSON, unchecked,"
        f" {unchecked(everything.values()) * 1000:.0f} ms; promise 200 ms)\n"
    )
    return 0 if alone >= 100_000 and alone / among <= 1.3 and loaded <= 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())
