"""Reading packs: YAML 1.2, every mistake named with file, rule and key, one digest."""

from __future__ import annotations

import pytest

from service.rules import yaml12
from service.rules.load import PACKS, check, load_packs, pack_from, read, stored
from service.rules.paths import PackError
from service.rules.yaml12 import parse

GOOD = """
pack: house
kind: house
title: House rules
term: {from: 2026-07-01, to: 2030-06-30}
rules:
  - id: house.no
    clause: "1"
    summary: Not there.
    confidence: H
    each: assets
    when: {contains: [asset.territories, NO]}
    require:
      - id: never
        test: {is_true: asset.ok}
        otherwise: block
        says: "{asset} may not go to Norway."
"""


def written(tmp_path, name="house", text=GOOD):
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_packs(tmp_path)


def test_norway_stays_norway_and_dates_become_text(tmp_path):
    document = written(tmp_path)["house"].document
    assert document["rules"][0]["when"] == {"contains": ["asset.territories", "NO"]}
    assert document["term"] == {"from": "2026-07-01", "to": "2030-06-30"}


def test_the_digest_is_of_the_content_and_a_stored_copy_has_the_same(tmp_path):
    pack = written(tmp_path)["house"]
    assert stored(pack.bytes).digest == pack.digest
    assert pack_from(dict(pack.document)).digest == pack.digest
    again = written(tmp_path, text=GOOD.replace("title: House rules", "title:   House rules  # said once more"))["house"]
    assert again.digest == pack.digest
    assert written(tmp_path, text=GOOD.replace("Not there", "Nowhere"))["house"].digest != pack.digest


def test_a_new_edition_holds_the_rules_it_carries(tmp_path):
    written(tmp_path)
    newer = GOOD.replace("pack: house", "pack: house-2\ncarries: house").replace("house.no", "house-2.no")
    assert [rule["id"] for rule in written(tmp_path, "house-2", newer)["house-2"].carried] == ["house.no"]
    without = newer.replace("    clause:", "    overrides: [house.no]\n    clause:")
    assert list(written(tmp_path, "house-2", without)["house-2"].carried) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("each: assets", "each: asets", "house.yaml: house.no: each: 'asets' is not one of"),
        ("{is_true: asset.ok}", "{is_tru: asset.ok}", "house.yaml: house.no: never: test: 'is_tru' is no operator"),
        ("otherwise: block", "otherwise: stop", "house.yaml: house.no: never: otherwise: then: 'stop' is not one of"),
        ("otherwise: block", "otherwize: block", "house.yaml: house.no: never: otherwize: no such key"),
        ("confidence: H", "confidence: ", "house.yaml: house.no: confidence is missing"),
        ("title: House rules", "titel: House rules", "house.yaml: titel: no such key"),
        ("kind: house", "kind: hous", "house.yaml: pack and kind"),
        ("pack: house", "pack: home", "the id must be the file name"),
        ("2026-07-01", "2026-17-01", "house.yaml: term: from: '2026-17-01' is no date"),
        ("{asset} may", "{/nowhere} may", "house.yaml: house.no: never: otherwise: says: '/nowhere'"),
        ("otherwise: block", "otherwise: obligation", "owes: belongs to"),
        ("otherwise: block", "otherwise: {ahead: block}", "then: None is not one of"),
        ("    clause:", "    mode: loud\n    clause:", "house.yaml: house.no: mode: 'loud'"),
        ("    clause:", "    date_basis: [creation, birth]\n    clause:", "date_basis: 'birth'"),
        ("kind: house", "kind: house\ncarries: nothing", "carries: there is no pack 'nothing'"),
        ("title: House rules", "title: House rules\ntitle: Twice", "house.yaml: line 5: the key 'title' stands here twice"),
        ("confidence: H", "confidence: 0.5", "write decimals in quotes"),
        ("rules:", "rules: &x [*x]\nnote:", "nothing before this is called &x"),
        ("title: House rules", "title: !!python/name:os.system", "the tag"),
        ("title: House rules", "title: " + "[" * 60 + "]" * 60, "nested deeper"),
        ("title: House rules", "title: House rules\n---\na: 1", "house.yaml"),
        ("title: House rules", "[a, b]: c", "a key is a word"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_rule_and_key(tmp_path, old, new, told):
    with pytest.raises(PackError) as caught:
        written(tmp_path, text=GOOD.replace(old, new, 1))
    assert told in str(caught.value)


def test_a_rule_id_belongs_to_one_pack(tmp_path):
    written(tmp_path)
    with pytest.raises(PackError, match=r"house.yaml: house.no: is already in house-3.yaml"):
        written(tmp_path, "house-3", GOOD.replace("pack: house", "pack: house-3"))


def test_an_alias_repeats_and_cannot_unfold_into_a_bomb():
    told = parse("a: &x [1, NO, '2', true, 2026-07-01]\nb: *x")
    assert told["a"] == told["b"] == [1, "NO", "2", True, "2026-07-01"]
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(PackError, match="aliases unfolded"):
        parse(bomb)


def test_no_object_is_ever_built_from_a_tag():
    with pytest.raises(PackError):
        read("!!python/object/apply:os.system ['true']", "evil.yaml")
    with pytest.raises(PackError):
        check([], "list.yaml")


def test_the_packs_that_come_with_the_service_load():
    packs = load_packs()
    assert all(pack.document["signoff"] == [] for pack in packs.values() if "signoff" in pack.document)


def test_a_machine_without_the_parser_in_c_reads_the_same(monkeypatch):
    quick = {name: pack.digest for name, pack in load_packs().items()}
    monkeypatch.setattr(yaml12, "CParser", None)
    slow = yaml12.parse((PACKS / "law-us.yaml").read_text())
    assert pack_from(slow).digest == quick["law-us"]


@pytest.mark.parametrize("in_c", [True, False])
def test_what_is_no_yaml_is_named_with_its_place(in_c, monkeypatch):
    if not in_c:
        monkeypatch.setattr(yaml12, "CParser", None)
    with pytest.raises(PackError, match=r"^this is not YAML at line 2, column 1: "):
        parse("pack: [\n")
