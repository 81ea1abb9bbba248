"""The table of laws: each one that a gate can check is a rule with its day, its standing and a day of verification."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from service.rules import evaluate, load, terms
from service.rules.paths import PackError
from tests.rules.cases import document_of, good

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
#: Row of the table: rule, from when it holds, how it stands on 21 November 2026.
TABLE: Final = """
1 law-eu.ai-act-50-2.marking 2026-08-02 grace
1 law-eu.ai-act-50-2.bought-marking 2026-08-02 in_force
2 law-eu.ai-act-50-4.deepfake 2026-08-02 in_force
2 law-eu.ai-act-50-4.artistic 2026-08-02 in_force
3 law-eu.ai-act-50-2.mark-kept 2026-08-02 in_force
4 law-eu.ai-act-5.intimate-imagery 2026-12-02 enacted
5 law-eu.ai-act-53-1-d.training-summary 2025-08-02 in_force
6 law-eu.ai-act-53-1-c.copyright-policy 2025-08-02 in_force
6 law-eu.dsm-4.reservation-observed 2021-06-07 in_force
7 law-us.ca-ab2013.training-documentation 2026-01-01 in_force
8 law-us.ca-sb942.provider 2026-08-02 in_force
8 law-us.ca-sb942.licensees 2026-08-02 in_force
8 law-us.ca-sb942.latent-read 2026-08-02 in_force
8 law-us.ca-sb942.latent-kept 2026-08-02 in_force
8 law-us.ca-ab853.hosting 2027-01-01 enacted
9 law-ca927-ny5302.replica-clause 2025-01-01 in_force
10 law-us.ca-ab1836.deceased 2025-01-01 in_force
11 law-us-proposed.ca-ab412.inquiry - proposed
12 law-ny396b.synthetic-ad-disclosure 2026-06-09 in_force
13 law-ca927-ny5302.replica-clause 2025-01-01 in_force
14 law-us.ny-50f.deceased 2025-12-11 in_force
15 law-us.tn-elvis.voice-likeness 2024-07-01 in_force
15 law-us.tn-elvis.tool 2024-07-01 in_force
16 law-us.il-hb4762.replica-clause 2024-08-09 in_force
16 law-us.il-hb4875.replica 2025-01-01 in_force
17 law-us.ar-hb1071.likeness 2025-02-25 in_force
17 law-us.mt-hb513.depiction 2026-01-01 in_force
17 law-us.mt-hb513.tool 2026-01-01 in_force
18 law-us-proposed.no-fakes.licence - proposed
19 law-us.take-it-down.intimate-forgery 2025-05-19 in_force
21 law-us.copyright.registration-disclosure 2024-07-01 in_force
22 law-dk-proposed.imitation - proposed
23 law-gb-proposed.clearance-basis - proposed
24 law-cn.labelling.visible 2025-09-01 in_force
24 law-cn.labelling.metadata 2025-09-01 in_force
25 law-cn-proposed.persona - proposed
25 law-cn-proposed.cloning - proposed
25 law-cn-proposed.drama - proposed
26 law-in.synthetic.label 2026-02-20 in_force
27 law-kr.basic-act-31.label 2026-01-22 grace
"""


def laws() -> dict[str, tuple[Any, Any]]:
    """Every rule of a law, with its pack."""
    return {rule["id"]: (rule, pack) for pack in load.load_packs().values() if pack.kind == "law" for rule in pack.rules}


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_each_law_of_the_table_is_a_rule(row: str) -> None:
    _, name, since, status = row.split()
    told = terms.of_rule(*laws()[name], NOW)
    assert (told.get("effective_from", "-"), told["status"], told["last_verified"]) == (since, status, "2026-11-20")


def test_a_state_rule_belongs_to_the_family_that_a_federal_act_would_displace() -> None:
    state = {name for name, (rule, _) in laws().items() if rule.get("family") == "us-state"}
    assert state == {name for name in laws() if name.startswith(("law-us.ca-", "law-us.il-", "law-us.tn-", "law-us.ny-", "law-us.ar-", "law-us.mt-"))} | {
        "law-ca927-ny5302.replica-clause", "law-ny396b.synthetic-ad-disclosure",
    }  # fmt: skip


@pytest.mark.parametrize(("day", "result"), [("2026-10-19", "not_applicable"), ("2026-10-20", "block"), (None, "block")])
def test_a_family_is_switched_off_in_one_line(day: str | None, result: str) -> None:
    document = load.load_packs()["law-us"].document
    pack = load.pack_from({**document, **({"switched_off": {"us-state": day}} if day else {})})
    element = {**deepcopy(good()["uses"]), "consents": [], "dates": {"release": "2026-10-20"}}
    asked = document_of("uses", element)
    asked["intent"]["marketing"] = True
    found = evaluate.run([pack], asked, {"all_signed": True}).results("law-us.tn-elvis.voice-likeness")
    assert list(found.values()) == [result] if result == "block" else not found
    assert terms.of_rule(laws()["law-us.tn-elvis.tool"][0], pack, NOW)["status"] == ("superseded" if day else "in_force")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"switched_off": {"us-county": "2027-01-01"}}, "us-county"),
        ({"switched_off": {"us-state": "soon"}}, "'soon'"),
        ({"switched_off": ["us-state"]}, "switched_off"),
    ],
)
def test_a_wrong_switch_is_refused(edit: dict[str, Any], says: str) -> None:
    with pytest.raises(PackError, match=says):
        load.pack_from({**load.load_packs()["law-us"].document, **edit})
