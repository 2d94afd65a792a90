"""The tree of a run as arrays: against the plain tree, in odd shapes, and while a run grows."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.model.rows import SpanRow
from rollscope_desktop.model.tree import preorder
from rollscope_desktop.query import outline as module
from rollscope_desktop.query.outline import Opening, outline, query_following, query_outline
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.structure import NONE, Structure, query_structure
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

Span = tuple[int, int | None, int | None, int | None, int, int]
"""Key, parent, start, end, status, label."""


def structure_of(spans: list[Span]) -> Structure:
    keys = np.array([s[0] for s in spans], np.int64)
    return Structure(
        1,
        np.arange(len(spans), dtype=np.int32),
        keys,
        np.array([s[0] if s[1] is None else s[1] for s in spans], np.int64),
        np.array([s[5] for s in spans], np.int64),
        np.array([s[4] for s in spans], np.int8),
        np.array([NONE if s[2] is None else s[2] for s in spans], np.int64),
        np.array([NONE if s[3] is None else s[3] for s in spans], np.int64),
    )


def rows_of(spans: list[Span]) -> list[SpanRow]:
    rest: Any = [None] * 10
    return [
        SpanRow(*[n, key, parent, "tool", "x", status, start, end, *rest, 0, None, None])
        for n, (key, parent, start, end, status, _) in enumerate(spans)
    ]


@st.composite
def forests(draw: st.DrawFn) -> list[Span]:
    count = draw(st.integers(0, 30))
    keys = draw(st.permutations(range(count)))
    times = st.none() | st.integers(0, 8)
    return [
        (
            key,
            draw(st.none() | st.integers(-2, count)),
            draw(times),
            draw(times),
            draw(st.integers(0, 4)),
            draw(st.integers(0, 3)),
        )
        for key in keys
    ]


@given(forests(), st.booleans())
def test_the_order_is_that_of_the_plain_tree(spans: list[Span], deep: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LEVEL_COSTS", 1000 if deep else 0)
        made = outline(structure_of(spans))
    plain = preorder(rows_of(spans))
    assert list(zip(made.order.tolist(), made.depth.tolist(), strict=True)) == plain
    assert made.order[made.place].tolist() == list(range(len(spans)))
    for place, (index, depth) in enumerate(plain):
        below = 0
        while place + below + 1 < len(plain) and plain[place + below + 1][1] > depth:
            below += 1
        assert made.size[place] == below + 1
        inner = [p for p in made.parent.tolist() if p == index]
        assert made.children[index] == len(inner)
        inside = [spans[i][4] for i, _ in plain[place : place + below + 1]]
        if ERROR in inside:
            assert made.worst(place) == ERROR
        elif OPEN in inside and 3 not in inside:
            assert made.worst(place) == OPEN
    assert made.tops == sum(depth == 0 for _, depth in plain)


def test_failed_siblings_of_one_name_are_retries() -> None:
    spans: list[Span] = [
        (0, None, 0, 9, 1, 1),
        (1, 0, 1, 1, ERROR, 7),
        (2, 0, 2, 2, ERROR, 7),
        (3, 0, 3, 3, 1, 7),
        (4, 0, 4, 4, 1, 7),
        (5, 0, 5, 5, ERROR, 8),
        (6, 0, 6, 6, 1, 9),
    ]
    retries = outline(structure_of(spans)).retries
    assert (retries.first.tolist(), retries.last.tolist(), retries.count.tolist()) == (
        [1], [3], [3],
    )  # fmt: skip


@pytest.mark.parametrize("count", [10_000, 30_000])
def test_very_deep_trees(count: int) -> None:
    spans: list[Span] = [(n, n - 1 if n else None, n, None, 0, 1) for n in range(count)]
    made = outline(structure_of(spans))
    assert made.depth.tolist() == list(range(count))
    assert made.size[0] == count


def test_very_many_siblings() -> None:
    spans: list[Span] = [
        (0, None, 0, None, 0, 1),
        *((n, 0, -n, n, 1, 1) for n in range(1, 100_001)),
    ]
    made = outline(structure_of(spans))
    assert made.order[1] == 100_000
    assert made.children[0] == 100_000


def finish(job: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    seen = []
    while True:
        try:
            seen.append(next(job))
        except StopIteration as end:
            return seen, end.value


def test_an_outline_comes_with_its_first_rows(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    seen, opening = finish(query_outline(reader, run))
    assert not any(isinstance(step, Partial) for step in seen)
    assert opening.whole
    assert [row.name for row in opening.rows] == ["assistant", "chat", "get_weather"]


def test_a_long_run_shows_its_beginning_at_once(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, spans=2_500))
    seen, opening = finish(query_outline(reader, run))
    [first] = [step.value for step in seen if isinstance(step, Partial)]
    assert isinstance(first, Opening)
    assert (len(first.outline), first.whole) == (2_000, False)
    assert (len(opening.outline), opening.whole) == (2_500, True)
    assert opening.outline.structure.index_of(run << 31 | 2_499) == 2_499
    assert opening.outline.structure.index_of(run << 31 | 2_500) is None
    assert opening.outline.structure.index_of(1) is None


def test_a_run_that_grows_is_followed_by_its_difference(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    agent, tool = log.span_id(), log.span_id()
    [run] = index.grow("a.jsonl", log.line("span.start", span=agent, kind="agent", name="a"))
    _, known = finish(query_structure(reader, run))
    _, nothing = finish(query_following(reader, known))
    assert nothing is None
    late = log.line("span.end", span=tool, status="error")
    index.grow("a.jsonl", late)
    _, following = finish(query_following(reader, known))
    assert following.growth.added_from == 1
    assert following.growth.changed.tolist() == []
    assert following.growth.structure.label.tolist()[1] == 0
    start = log.line("span.start", span=tool, parent=agent, kind="tool", name="t")
    index.grow("a.jsonl", start + log.line("span.end", span=agent, status="ok"))
    _, following = finish(query_following(reader, following.growth.structure))
    assert following.growth.changed.tolist() == [0, 1]
    assert following.outline.parent.tolist() == [-1, 0]
    assert {row.name for row in following.rows} == {"a", "t"}
    assert len(known) == 1
    assert known.status.tolist() == [OPEN]


def test_many_open_spans_are_checked_with_one_look(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollscope_desktop.query.structure._FEW", 3)
    log = Log(run_key(1))
    ids = [log.span_id() for _ in range(10)]
    lines = [log.line("span.start", span=span, kind="tool", name="t") for span in ids]
    [run] = index.grow("a.jsonl", b"".join(lines))
    _, known = finish(query_structure(reader, run))
    index.grow("a.jsonl", log.line("span.end", span=ids[4], status="ok"))
    _, following = finish(query_following(reader, known))
    assert following.growth.changed.tolist() == [4]
