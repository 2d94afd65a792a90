"""Which spans are lines: opening, closing, folds and retries, against a plain walk of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.viewmodels.tree import visible
from rollscope_desktop.viewmodels.tree.visible import Folding, change
from tests.app.outlines import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollscope_desktop.query.outline import Outline


def plain(made: Outline, closed: set[int], limit: int, retries: set[int]) -> Iterator[int]:
    """The lines, found span by span; ``retries`` holds the first of each that is shown open."""
    inner: dict[int, list[int]] = {}
    for index in made.order.tolist():
        inner.setdefault(int(made.parent[index]), []).append(index)
    label, status = made.structure.label, made.structure.status

    def walk(parent: int) -> Iterator[int]:
        mine = inner.get(parent, [])
        shown = mine[:limit]
        n = 0
        while n < len(shown):
            last = n
            while (
                last + 1 < len(mine)
                and status[mine[last]] == ERROR
                and label[mine[last]] == label[mine[last + 1]]
            ):
                last += 1
            across = last >= len(shown) and len(mine) > limit
            if last > n and mine[n] not in retries and not across:
                n = last
                yield from one(mine[n])
                n += 1
                continue
            for at in range(n, min(last + 1, len(shown))):
                yield from one(mine[at])
            n = last + 1
        if len(mine) > limit:
            yield ~int(made.place[mine[limit]])

    def one(index: int) -> Iterator[int]:
        yield int(made.place[index])
        if index not in closed:
            yield from walk(index)

    return walk(-1)


@st.composite
def trees(draw: st.DrawFn) -> Outline:
    count = draw(st.integers(1, 40))
    parents = [draw(st.integers(-1, n - 1)) for n in range(count)]
    labels = [draw(st.integers(1, 2)) for _ in range(count)]
    return tree(parents, labels, draw(st.sets(st.integers(0, count - 1))))


@given(trees(), st.data())
def test_lines_are_those_of_a_plain_walk(made: Outline, data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, 6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visible, "FOLD_AT", limit)
        folding = Folding(made)
        closed = data.draw(st.sets(st.integers(0, len(made) - 1)))
        for index in range(len(made)):
            folding.set_open(int(made.place[index]), index not in closed)
        retries = set()
        for first, last in zip(made.retries.first, made.retries.last, strict=True):
            if data.draw(st.booleans()) and folding.set_repeats(int(last), True):
                retries.add(int(made.order[first]))
        lines = folding.lines().tolist()
        assert lines == list(plain(made, closed, limit, retries))
        # A part of the tree seen by itself is what it is in the whole.
        for row, line in enumerate(lines):
            if line >= 0:
                end = line + int(made.size[line])
                inside = [at for at in lines[row + 1 :] if line < (at if at >= 0 else ~at) < end]
                found = folding.lines(line + 1, end).tolist()
                assert (inside if folding.is_open(line) else found) == found


@given(trees(), st.data())
def test_revealing_makes_any_span_a_line(made: Outline, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visible, "FOLD_AT", data.draw(st.integers(1, 4)))
        folding = Folding(made)
        folding.set_all_open(False)
        place = data.draw(st.integers(0, len(made) - 1))
        folding.reveal(place)
        assert place in folding.lines().tolist()


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_a_change_leads_from_one_list_to_the_other(old: list[int], new: list[int]) -> None:
    before, after = np.array(old, np.int32), np.array(new, np.int32)
    how = change(before, after)
    common = [n for n in old if n in new]
    if common != [n for n in new if n in old]:
        assert how is None
        return
    assert how is not None
    for row, count in how.removed:
        del old[row : row + count]
    for row, count in how.inserted:
        old[row:row] = new[row : row + count]
    assert old == new


def test_too_many_changes_are_none() -> None:
    old = np.arange(0, 400, 2, dtype=np.int32)
    assert change(old, np.arange(400, dtype=np.int32)) is None


def test_spans_below_depth_two_are_closed_at_first_but_for_errors() -> None:
    made = tree([-1, 0, 1, 2, 3, 1, 5], errors={4})
    folding = Folding(made)
    assert folding.lines().tolist() == [0, 1, 2, 5]
    folding.open_errors()
    assert folding.lines().tolist() == [0, 1, 2, 3, 4, 5]


def test_a_thousand_children_then_the_next() -> None:
    made = tree([-1, *[0] * 2_500])
    folding = Folding(made)
    lines = folding.lines()
    assert (len(lines), int(lines[-1])) == (1_002, ~1_001)
    assert folding.hidden_by(~1_001) == 1_500
    folding.show_more(~1_001)
    assert folding.hidden_by(~2_001) == 500
    folding.show_more(~2_001)
    assert len(folding.lines()) == 2_501


def test_a_run_that_is_one_flat_list_folds_too() -> None:
    folding = Folding(tree([-1] * 1_200))
    assert folding.hidden_by(int(folding.lines()[-1])) == 200


def test_growth_keeps_what_is_open() -> None:
    parents = [-1, 0, 1, 2, 0, 4, 5]
    folding = Folding(tree(parents))
    folding.set_open(2, True)
    folding.set_open(0, True)
    grown = tree([*parents, 2, 1])
    folding.follow(grown)
    assert folding.is_open(int(grown.place[2]))
    assert not folding.is_open(int(grown.place[5]))


def test_retries_stand_as_one_line_until_opened() -> None:
    made = tree([-1, 0, 0, 0, 0], labels=[1, 5, 5, 5, 6], errors={1, 2})
    folding = Folding(made)
    assert folding.lines().tolist() == [0, 3, 4]
    assert [folding.repeats(n) for n in (0, 3, 4)] == [1, 3, 1]
    assert folding.set_repeats(3, True) == (1, 3)
    assert folding.lines().tolist() == [0, 1, 2, 3, 4]
    assert folding.repeats(3) == 1
    assert folding.set_repeats(3, True) is None
    assert folding.set_repeats(4, True) is None
    assert folding.set_repeats(3, False) == (1, 3)
    assert folding.lines().tolist() == [0, 3, 4]
