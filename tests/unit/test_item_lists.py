"""Item lists: the swift way takes a line exactly as the schema does, or leaves it to the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some
from marshmallow import ValidationError

from schemas.records.model import ItemLine
from service import errors, item_lists
from service.content.store import Store
from service.ledger.entry import encode
from service.records import listed

_LINE = ItemLine()
_GOOD: dict[str, Any] = {
    "name": "scans/1.exr",
    "bytes": 5,
    "digests": [{"algorithm": "sha256", "value": "ab" * 32}],
    "source": "src_01h0000000000000000000000a",
    "people": [],
}
_VALUES = some.sampled_from(
    [None, True, 0, -1, 2**53, 1.5, "", " ", "a", "é", "a\tb", "x" * 1001, "\u0000", [], ["*"], {}, "lic_01h0000000000000000000000a",
     ["pty_01h0000000000000000000000a"], [{"algorithm": "sha256", "value": "AB" * 32}], [{"algorithm": "md5", "value": "ab" * 16}],
     [{"algorithm": "sha256", "value": "ab" * 32, "more": 1}], [{"algorithm": "sha256", "value": "ab"}], "$key", {"scope": "a", "value": "b"}]
)  # fmt: skip


@given(some.dictionaries(some.sampled_from([*_GOOD, "licence", "consents", "asset", "colour"]), _VALUES, max_size=3), some.sets(some.sampled_from([*_GOOD]), max_size=1))  # fmt: skip
def test_the_swift_way_is_the_schemas(changed: dict[str, Any], dropped: set[str]) -> None:
    told = {key: value for key, value in (_GOOD | changed).items() if key not in dropped}
    swift = item_lists._swift(told)
    if swift is not None:
        try:
            assert swift == encode(_LINE.load(told)) + b"\n"
        except (ValidationError, errors.Problem) as fault:
            pytest.fail(f"the schema refuses what was taken: {fault}")


def test_a_usual_line_goes_the_swift_way_and_a_bad_one_is_named(tmp_path: Path) -> None:
    assert item_lists._swift(_GOOD) == encode(_GOOD) + b"\n"
    lines = [(number, orjson.dumps(_GOOD | {"bytes": number} | ({"licence": "lic_no"} if number == 6 else {}))) for number in range(9)]
    store = Store(tmp_path)
    with pytest.raises(errors.Invalid) as refused:
        item_lists.stage(lines, store)
    assert [one.pointer for one in refused.value.errors] == ["/lines/6/licence"]
    assert item_lists.stage([line for line in lines if line[0] != 6], store).count == 8


def test_a_list_of_more_sources_than_any_record_holds_is_read_no_further() -> None:
    read: list[int] = []

    def lines() -> Iterator[dict[str, Any]]:
        for number in range(100_000):
            read.append(number)
            yield {"name": str(number), "source": f"src_{number}", "licence": "lic_a", "people": []}

    with pytest.raises(errors.Invalid) as refused:
        listed.examined(lines(), lambda _: None)
    assert (refused.value.code, len(read) < 10_000) == ("too_many_parts", True)
