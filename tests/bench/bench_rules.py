"""Triggered rule evaluations a second of processor time on one core, beside plain Python closures doing the same checks.

Run by hand: `python -m tests.bench.bench_rules`. Counted are only evaluations that pass their trigger and end in a
finding; half of them fail and carry their whole explanation.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time

from service.rules.evaluate import plan, run
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
    sys.stdout.write(f"triggered evaluations        {alone:>12,.0f} /s a core  (promise 100,000)\n")
    sys.stdout.write(f"plain Python closures        {hand:>12,.0f} /s a core  ratio {alone / hand:.2f}\n")
    sys.stdout.write(
        f"with {OTHER_PACKS + 2} packs, per rule      {among:>12,.0f} /s a core  time per rule {alone / among:.2f} x of one pack (promise 1.3)"
    )
    sys.stdout.write(f"findings as stored bytes     {stored:>12,.0f} /s a core  ({len(canonical(evaluated.document())) // 1024} KiB)\n")
    return 0 if alone >= 100_000 and alone / among <= 1.3 else 1


if __name__ == "__main__":
    sys.exit(main())
