"""The lines of the tree with a filter and with notes, against a plain walk of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.query.marks import Mark, Ticks
from rollscope_desktop.viewmodels.tree import notes as note_rows
from rollscope_desktop.viewmodels.tree import visible
from rollscope_desktop.viewmodels.tree.lines import TreeLines
from rollscope_desktop.viewmodels.tree.visible import NOTE
from tests.app.outlines import tree

if TYPE_CHECKING:
    import pytest

    from rollscope_desktop.query.outline import Outline

Note = tuple[int, int]  # the index of the span, or -1, and the time


def ticks(notes: list[Note], kinds: list[int] | None = None) -> Ticks:
    """Notes as they were read: ordered by time, their ids in the order in which they came."""
    order = sorted(range(len(notes)), key=lambda n: (notes[n][1], n))
    return Ticks(
        np.array([notes[n][1] for n in order], np.int64),
        np.array([(kinds or [Mark.SIGNAL] * len(notes))[n] for n in order], np.int8),
        np.array([notes[n][0] for n in order], np.int64),
        np.array([1 << 31 | n for n in order], np.int64),
    )


def plain(made: Outline, closed: set[int], notes: list[Note], fits: set[int] | None) -> list[int]:
    """The lines, found span by span: a note stands before the first child that began later."""
    inner: dict[int, list[int]] = {}
    for index in made.order.tolist():
        inner.setdefault(int(made.parent[index]), []).append(index)
    out: list[int] = []

    def kept(index: int) -> bool:
        return fits is None or index in fits or any(kept(n) for n in inner.get(index, []))

    def walk(parent: int) -> None:
        noted = fits is None or parent in fits
        mine = sorted((time, n) for n, (of, time) in enumerate(notes) if of == parent and noted)
        for child in inner.get(parent, []):
            while mine and mine[0][0] < child:  # spans start at their index
                out.append(NOTE + mine.pop(0)[1])
            if kept(child):
                out.append(int(made.place[child]))
                if child not in closed:
                    walk(child)
        out.extend(NOTE + n for _, n in mine)

    walk(-1)
    return out


def parents_of(count: int) -> st.SearchStrategy[list[int]]:
    return st.tuples(*(st.integers(-1, n - 1) for n in range(count))).map(list)


trees = st.integers(1, 25).flatmap(parents_of)


@given(st.data(), trees)
def test_lines_are_those_of_a_plain_walk(data: st.DataObject, parents: list[int]) -> None:
    made = tree(parents)
    spans = st.integers(0, len(parents) - 1)
    notes = data.draw(st.lists(st.tuples(st.integers(-1, len(parents) - 1), st.integers(-1, 26))))
    closed = data.draw(st.sets(spans))
    fits = data.draw(st.none() | st.sets(spans))
    lines = TreeLines(made)
    if fits is not None:
        lines.sift(np.isin(np.arange(len(made)), list(fits)), "filter")
    lines.take_notes(ticks(notes), 0)
    lines.shown.set_all_open(True)
    for index in closed:
        lines.shown.set_open(int(made.place[index]), False)

    found = lines.lines()

    assert found.tolist() == plain(made, closed, notes, fits)
    spots = lines.spots(found)
    assert (np.diff(spots) >= 0).all()
    # Opening or closing one of them changes what is between it and its end, and nothing else.
    for row in np.flatnonzero((found >= 0) & (found < NOTE))[:6].tolist():
        place = int(found[row])
        end = lines.end_of(place, found, spots)
        open_before = lines.shown.is_open(place)
        lines.shown.set_open(place, not open_before)
        spliced = [*found[: row + 1].tolist(), *lines.inside(place).tolist(), *found[end:].tolist()]
        assert spliced == lines.lines().tolist()
        lines.shown.set_open(place, open_before)


@given(st.data(), trees)
def test_notes_stay_where_they_are_when_the_run_goes_on(data, parents: list[int]) -> None:
    cut = data.draw(st.integers(1, len(parents)))
    notes = data.draw(st.lists(st.tuples(st.integers(-1, cut - 1), st.integers(0, 26))))
    before, after = tree(parents[:cut]), tree(parents)
    lines = TreeLines(before)
    lines.take_notes(ticks(notes), 0)
    lines.shown.set_all_open(True)
    old = lines.lines()
    renamed = lines.renamed(old, lines.spots(old), after)
    lines.follow(after)
    lines.take_notes(ticks(notes), 0)
    lines.shown.set_all_open(True)

    new = lines.lines()

    assert set(renamed.tolist()) <= set(new.tolist())
    assert new.tolist() == plain(after, set(), notes, None)


def test_what_is_open_comes_back_when_the_filter_goes() -> None:
    lines = TreeLines(tree([-1, 0, 1, 2, 0, 4]))
    lines.shown.set_open(0, False)
    before = lines.lines().tolist()

    lines.sift(np.array([0, 0, 0, 1, 0, 0], bool), "a")

    assert lines.lines().tolist() == [0, 1, 2, 3]
    assert [lines.fits(place) for place in range(4)] == [False, False, False, True]
    assert not lines.can_show(4)
    lines.shown.set_open(1, False)
    lines.sift(np.array([0, 0, 0, 1, 0, 1], bool), "a")  # the run went on
    assert lines.lines().tolist() == [0, 1, 4, 5]
    lines.sift(np.array([0, 0, 0, 1, 0, 0], bool), "b")  # another filter: everything is open
    assert lines.lines().tolist() == [0, 1, 2, 3]
    lines.sift(None, "")
    assert lines.lines().tolist() == before


def test_a_mask_that_is_behind_or_ahead_of_the_run() -> None:
    lines = TreeLines(tree([-1, 0, 0]))
    lines.sift(np.array([1], bool), "a")
    assert lines.lines().tolist() == [0]
    lines.follow(tree([-1, 0, 0, 0, 0]))
    assert lines.lines().tolist() == [0]
    lines.sift(np.ones(9, bool), "a")
    assert lines.lines().tolist() == [0, 1, 2, 3, 4]
    lines.sift(np.zeros(5, bool), "a")
    assert lines.lines().tolist() == []


def test_errors_that_do_not_fit_are_passed_over() -> None:
    lines = TreeLines(tree([-1, 0, 0, 0], errors={1, 3}))
    assert lines.errors().tolist() == [1, 3]
    lines.sift(np.array([0, 0, 0, 1], bool), "a")
    assert lines.errors().tolist() == [3]


def test_a_span_opens_for_its_notes_alone() -> None:
    lines = TreeLines(tree([-1, 0, 1]))
    lines.take_notes(ticks([(2, 5), (2, 6)], [Mark.SIGNAL, Mark.MESSAGE]), 0)
    lines.shown.set_all_open(True)

    assert lines.lines().tolist() == [0, 1, 2, NOTE]
    assert lines.has_inside(2) == 1
    lines.shown.set_open(2, False)
    assert lines.lines().tolist() == [0, 1, 2]


def test_notes_of_folded_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visible, "FOLD_AT", 2)
    lines = TreeLines(tree([-1, 0, 0, 0, 0]))
    lines.take_notes(ticks([(0, 2), (4, 9), (0, 9)]), 0)

    assert lines.lines().tolist() == [0, 1, 2, NOTE, ~3, NOTE + 2]


def test_only_the_first_of_very_many_notes_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_rows, "MOST", 2)
    lines = TreeLines(tree([-1]))
    lines.take_notes(ticks([(0, 9), (0, 8), (0, 1)]), 0)

    assert lines.lines().tolist() == [0, NOTE + 1, NOTE]


def test_notes_of_a_run_without_steps_do_no_harm() -> None:
    lines = TreeLines(tree([]))
    lines.take_notes(ticks([(-1, 2), (-1, 1)]), 0)
    assert lines.lines().tolist() == [NOTE + 1, NOTE]


def test_levels() -> None:
    lines = TreeLines(tree([-1, 0, 1, 2, -1]))
    for levels, expected in ((1, [0, 4]), (2, [0, 1, 4]), (3, [0, 1, 2, 4]), (9, [0, 1, 2, 3, 4])):
        lines.shown.set_levels(levels)
        assert lines.lines().tolist() == expected
