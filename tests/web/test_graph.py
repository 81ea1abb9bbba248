"""The layout: layers from left to right, nothing on top of anything else, circles and crowds survived."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from service.web import graph
from service.web.graph import Edge, Node


def nodes(*names: str, kind: str = "asset") -> list[Node]:
    return [Node(name, kind, name) for name in names]


def place(drawing: graph.Drawing) -> dict[str, tuple[int, int]]:
    return {box.node.id: (box.x, box.y) for box in drawing.boxes}


def test_what_goes_in_stands_left() -> None:
    drawing = graph.draw(nodes("a", "b", "c"), [Edge("a", "b", "parent"), Edge("b", "c", "parent"), Edge("a", "c", "parent")], "c")
    at = place(drawing)
    assert at["a"][0] < at["b"][0] < at["c"][0]
    assert [box.focus for box in drawing.boxes] == [False, False, True]
    assert len(drawing.lines) == 3


def test_marked_edges_are_drawn_last() -> None:
    drawing = graph.draw(nodes("a", "b", "c"), [Edge("a", "c", "x", marked=True), Edge("b", "c", "x")], "c")
    assert [line.edge.marked for line in drawing.lines] == [False, True]


def test_circles_loops_strangers_and_duplicates_are_survived() -> None:
    edges = [Edge("a", "b", "x"), Edge("b", "a", "x"), Edge("a", "a", "x"), Edge("a", "b", "x"), Edge("a", "nobody", "x")]
    drawing = graph.draw(nodes("a", "b"), edges, "b")
    assert len(drawing.boxes) == 2
    assert len(drawing.lines) == 1


def test_a_thousand_steps_do_not_recurse() -> None:
    names = [f"n{number}" for number in range(2_000)]
    edges = [Edge(one, other, "x") for one, other in pairwise(names)]
    assert graph.draw(nodes(*names), edges, names[-1]).total == 2_000


def test_a_crowd_of_the_same_is_one_stack() -> None:
    crowd = [Node(f"p{number}", "source", "painting") for number in range(60)]
    drawing = graph.draw([*crowd, Node("d", "dataset", "set")], [Edge(each.id, "d", "item") for each in crowd], "d")
    assert sorted(box.node.count for box in drawing.boxes) == [1, 60]
    assert (drawing.total, drawing.hidden) == (61, 60)


def test_a_marked_one_stays_out_of_the_stack() -> None:
    crowd = [Node(f"p{number}", "source", "painting", marked=number == 7) for number in range(60)]
    drawing = graph.draw([*crowd, Node("d", "dataset", "set")], [Edge(each.id, "d", "item") for each in crowd], "d")
    assert {box.node.id for box in drawing.boxes if box.node.marked} == {"p7"}
    assert drawing.hidden == 59


def test_the_view_is_capped_and_says_what_it_hides() -> None:
    names = [f"n{number}" for number in range(1_000)]
    edges = [Edge(name, names[max(0, number // 2 - 1)], "x") for number, name in enumerate(names) if number]
    drawing = graph.draw(nodes(*names), edges, "n0")
    assert len(drawing.boxes) <= graph.CAP
    assert drawing.total == 1_000
    assert drawing.hidden + sum(box.node.count == 1 for box in drawing.boxes) == 1_000


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_spread_keeps_order_and_distance(wanted: list[float]) -> None:
    found = graph.spread(wanted, [10.0] * len(wanted))
    assert all(other - one >= 10 - 1e-6 for one, other in pairwise(found))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.data())
def test_no_box_covers_another(count: int, data: st.DataObject) -> None:
    names = [f"n{number}" for number in range(count)]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    edges = [Edge(one, other, "x") for one, other in data.draw(st.lists(pairs, max_size=80))]
    boxes = graph.draw(nodes(*names), edges, "n0").boxes
    for one in boxes:
        assert one.x >= 0
        assert one.y >= 0
        for other in boxes:
            assert one is other or abs(one.x - other.x) >= graph.WIDTH or abs(one.y - other.y) >= graph.HEIGHT
