"""Tests that spans make one tree, whatever their parents say, and that it reads well as text."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.rows import ORDER, Locator, NoteRow, SpanRow
from rollscope_desktop.model.tree import outline, preorder


def span(id: int, parent: int | None = None, start: int | None = None, **more: Any) -> SpanRow:
    said: dict[str, Any] = dict.fromkeys(SpanRow.__slots__)
    said |= {"id": id, "key": id, "parent": parent, "kind": "tool", "name": f"s{id}"}
    return SpanRow(**{**said, "status": OK, "start": start, "flags": 0, **more})


def order(spans: list[SpanRow]) -> list[tuple[int, int]]:
    return [(spans[place].id, depth) for place, depth in preorder(spans)]


def test_children_follow_their_parent_by_start_then_as_they_came() -> None:
    spans = [span(4, 1, 9), span(3, 1, 9), span(2, 1, 5), span(1), span(5, 2, 1), span(6, 1)]

    assert order(spans) == [(1, 0), (2, 1), (5, 2), (3, 1), (4, 1), (6, 1)]


def test_a_parent_that_is_not_there_leaves_a_step_at_the_top() -> None:
    assert order([span(2, 77, 1), span(1, None, 2)]) == [(2, 0), (1, 0)]


def test_members_of_a_circle_stand_at_the_top() -> None:
    spans = [span(1, 1), span(2, 3), span(3, 4), span(4, 2), span(5, 4), span(6, 5)]

    assert order(spans) == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (6, 2)]


@given(
    st.lists(st.tuples(st.none() | st.integers(0, 12), st.none() | st.integers(0, 3)), max_size=12)
)
def test_every_span_comes_once_below_what_came_before_it(said: list[tuple[Any, Any]]) -> None:
    spans = [span(id, parent, start) for id, (parent, start) in enumerate(said)]

    found = preorder(spans)

    assert sorted(place for place, _ in found) == list(range(len(spans)))
    above: list[int] = []
    for place, depth in found:
        assert depth <= len(above)
        del above[depth:]
        assert depth == 0 or spans[place].parent == spans[above[-1]].key
        above.append(place)
    turned = spans[::-1]
    assert order(turned) == order(spans)


def test_ten_thousand_levels_and_a_hundred_thousand_siblings() -> None:
    deep = [span(id, id - 1 if id else None, id) for id in range(10_000)]
    wide = [span(id, 0 if id else None, id) for id in range(100_000)]

    assert order(deep) == [(id, id) for id in range(10_000)]
    assert order(wide) == [(id, min(id, 1)) for id in range(100_000)]
    lines = list(outline(deep))
    assert len(lines) == 10_000
    assert max(map(len, lines)) < 200
    assert lines[9_999].strip().startswith("(9999) tool s9999")


def test_a_line_says_what_is_known() -> None:
    spans = [
        span(1, None, 0, kind="agent", name="a\n\x1b[31mb", end=1_500_000_000),
        span(2, 1, 5, kind="llm", model="m", tokens_in=1200, end=7, status=ERROR, how="played"),
        span(3, 1, 6, status=OPEN, name=None, flags=Flag.NO_RESULT | Flag.OUTPUT_PREVIEW),
    ]

    assert list(outline(spans)) == [
        "agent a ␛[31mb ✓ 1.5 s",
        "  llm s2 ✗ 2 ns m 1,200→? tokens (played)",
        "  tool (start not logged) … (output is a preview, call without result)",
    ]


def test_notes_stand_below_what_they_are_about() -> None:
    nowhere = Locator(1, 1, 0, 0, "")
    notes = [
        NoteRow(1, "signal", 1, "loss", 0.5, 3, nowhere),
        NoteRow(2, "event", None, "begun", None, 0, nowhere),
        NoteRow(3, "event", 99, "lost", None, None, nowhere),
    ]

    made = outline([span(1, None, 2, end=4, status=ENDED), span(2, None, 5, end=5)], ORDER, notes)

    assert list(made) == [
        "- event begun #0",
        "- event lost",
        "tool s1 · #2–4",
        "  - signal loss = 0.5 #3",
        "tool s2 ✓ #5",
    ]


def test_notes_and_steps_stand_in_the_order_of_time() -> None:
    nowhere = Locator(1, 1, 0, 0, "")
    notes = [
        NoteRow(1, "event", 1, "between", None, 15, nowhere),
        NoteRow(2, "event", None, "late", None, 40, nowhere),
        NoteRow(3, "event", 2, "inner", None, 12, nowhere),
        NoteRow(4, "event", 1, "last", None, 30, nowhere),
    ]
    spans = [span(1, None, 10, end=35), span(2, 1, 11, end=14), span(3, 1, 20, end=25)]

    assert [line.split(" #")[0] for line in outline(spans, ORDER, notes)] == [
        "tool s1 ✓",
        "  tool s2 ✓",
        "    - event inner",
        "  - event between",
        "  tool s3 ✓",
        "  - event last",
        "- event late",
    ]


def test_a_line_says_what_happened_and_what_was_cut_off() -> None:
    spans = [
        span(1, None, 0, kind="llm", name="gpt-x", model="gpt-x", end=7),
        span(2, None, 8, status=OPEN),
    ]
    said = {1: "Hello", 2: "(n=1)"}

    assert list(outline(spans, fragment=lambda span: said[span.id], cut_off=True)) == [
        "llm gpt-x ✓ 7 ns  Hello",
        "tool s2 ✗ interrupted  (n=1)",
    ]
