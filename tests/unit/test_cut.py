"""The fewest edges between what ends and what was made from it, beside trying every set of edges."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from service.lineage.cut import MOST_USES, Cut, Edge, smallest

NAMES = "abcd"


def reaches(edges: set[Edge], root: str) -> bool:
    """Whether a use, which is an edge to nowhere, can be reached."""
    found, waiting = {root}, [root]
    while waiting:
        at = waiting.pop()
        for older, younger in edges:
            if older == at and younger not in found:
                found.add(younger)
                waiting.append(younger)
    return "" in found


def brute_force(root: str, edges: Mapping[Edge, bool], uses: Mapping[str, int]) -> int:
    """The least weight of any set of edges that may be cut and parts the root from all uses."""
    every = {*edges, *((name, "") for name in uses)}
    weight = {edge: uses[edge[0]] if not edge[1] else 1 for edge in every}
    free = [edge for edge in every if not edges.get(edge, False)]
    sets = (chosen for size in range(len(free) + 1) for chosen in combinations(free, size))
    return min(sum(weight[edge] for edge in chosen) for chosen in sets if not reaches(every - set(chosen), root))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda edge: edge[0] != edge[1]), st.booleans(), max_size=6
    ),
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 4), max_size=3),
)
def test_no_set_of_edges_weighs_less_and_it_parts_root_and_uses(edges: dict[Edge, bool], uses: dict[str, int]) -> None:
    cut = smallest("a", edges, uses)
    left = {*edges, *((name, "") for name in uses)} - {edge for edge, _ in cut}
    assert not reaches(left, "a")
    assert not any(edges.get(edge, False) for edge, _ in cut)
    assert sum(weight for _, weight in cut) == brute_force("a", edges, uses)


def test_a_model_between_two_sets_and_many_shots_is_trained_again() -> None:
    edges = {("lic", "one"): False, ("lic", "two"): False, ("one", "model"): False, ("two", "model"): False, ("model", "tuned"): False}
    assert smallest("lic", edges, {"tuned": 900}) == [(("model", "tuned"), 1)]
    assert smallest("lic", edges, {"tuned": 1, "one": 1}) == [(("lic", "one"), 1), (("lic", "two"), 1)]


def test_what_is_told() -> None:
    told = Cut(((("mdl_1", ""), MOST_USES + 1),)).document()
    assert told["edges"] == [{"older": "mdl_1", "uses": MOST_USES + 1, "more": True}]
    assert Cut(reason="Too many.").document() == {"complete": False, "reason": "Too many."}
