"""Which rows of a comparison are lines, and what of that is kept when the runs grow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.aligning.align import align
from rollscope_desktop.model.alignment import Alignment, Side, Sign
from rollscope_desktop.viewmodels.compare.folding import Folding


def side(*steps: tuple[int, str, int], base: int = 100) -> Side:
    """Steps in pre-order: the place of the parent, a name, a hash of what went in."""
    n = len(steps)
    return Side(
        [base + at for at in range(n)], [p for p, _, _ in steps], ["tool"] * n,
        [name for _, name, _ in steps], [""] * n, [None] * n, [1] * n, [h for _, _, h in steps],
        [0] * n, [7] * n, [1_000] * n, [None] * n, [None] * n,
    )  # fmt: skip


COMMON = [(-1, f"step {n}", n + 1) for n in range(6)]


def inserted() -> Alignment:
    """Six equal steps, with two inside one new step before the last of them."""
    new = [(-1, "new", 50), (5, "inner", 51), (5, "other", 52)]
    return align(side(*COMMON), side(*COMMON[:5], *new, COMMON[5], base=500))


def test_equal_rows_fold_and_open_again() -> None:
    folding = Folding(inserted())
    assert folding.lines().tolist() == [~0, 5, 6, 7, 8]
    assert folding.can_open(~0)
    assert not folding.is_open(~0)

    folding.set_open(~0, True)
    assert folding.lines().tolist() == [~0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert folding.parent(2) == ~0
    folding.set_open(~0, False)
    assert folding.lines().tolist() == [~0, 5, 6, 7, 8]


def test_a_step_closes_over_what_is_inside() -> None:
    folding = Folding(inserted())
    folding.set_open(5, False)
    assert folding.lines().tolist() == [~0, 5, 8]
    assert folding.parent(6) == 5
    assert folding.reveal(6)
    assert folding.lines().tolist() == [~0, 5, 6, 7, 8]
    assert not folding.reveal(6)
    assert not folding.can_open(8)


def test_a_step_that_is_new_counts_once_with_all_that_is_inside() -> None:
    folding = Folding(inserted())
    assert [folding.alignment.signs[row] for row in (5, 6, 7)] == [Sign.INSERTED] * 3
    assert folding.differences.tolist() == [5]
    assert folding.beside(-1, 1) == 5
    assert folding.beside(5, 1) is None
    assert folding.beside(8, -1) == 5
    assert folding.beside(5, -1) is None


def test_what_was_opened_stays_so_when_the_runs_grow() -> None:
    folding = Folding(inserted())
    folding.set_open(~0, True)
    folding.set_open(5, False)
    lines = folding.lines()
    longer = [*COMMON, (-1, "late", 90)]
    new = [(-1, "new", 50), (5, "inner", 51), (5, "other", 52)]
    grown = align(side(*longer), side(*COMMON[:5], *new, COMMON[5], base=500))
    renamed = folding.renamed(lines, grown)
    folding.follow(grown)

    assert folding.lines().tolist() == [~0, 0, 1, 2, 3, 4, 5, 8, 9]
    assert renamed.tolist() == [~0, 0, 1, 2, 3, 4, 5, 8]


def test_steps_that_come_to_lie_in_one_row_get_numbers_of_their_own() -> None:
    before = align(side((-1, "a", 1)), side((-1, "b", 2), base=500))
    folding = Folding(before)
    assert len(folding.lines()) == 2
    both = [(-1, "a", 1), (-1, "b", 2)]
    after = align(side(*both), side(*both, base=500))
    renamed = folding.renamed(folding.lines(), after)

    assert len(set(renamed.tolist())) == 2


def test_runs_that_are_equal_are_one_fold() -> None:
    folding = Folding(align(side(*COMMON), side(*COMMON, base=500)))
    assert folding.lines().tolist() == [~0]
    assert not len(folding.differences)
    assert folding.parent(~0) is None
    folding.set_all_open(True)
    assert len(folding.lines()) == 7


def test_nothing_beside_nothing() -> None:
    folding = Folding(align(side(), side(base=500)))
    assert folding.lines().tolist() == []
    assert folding.beside(-1, 1) is None


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[int, str, int]]:
    """A few steps in pre-order, of few names and contents, so that many are equal."""
    found: list[tuple[int, str, int]] = []
    line: list[int] = []
    for place in range(draw(st.integers(0, 14))):
        del line[draw(st.integers(0, len(line))) :]
        found.append(
            (line[-1] if line else -1, draw(st.sampled_from("ab")), draw(st.integers(1, 3)))
        )
        line.append(place)
    return found


@given(steps(), steps(), st.lists(st.integers(0, 40), max_size=8))
def test_whatever_is_closed_every_row_can_be_shown(one, other, closed) -> None:
    made = align(side(*one), side(*other, base=500))
    folding = Folding(made)
    for row in closed:
        if row < len(made):
            folding.set_open(row, False)
    for row in range(len(made)):
        folding.reveal(row)
        lines = folding.lines().tolist()
        assert row in lines
        assert len(set(lines)) == len(lines)
        spots = [line if line >= 0 else ~line for line in lines]
        assert spots == sorted(spots)
        parent = folding.parent(row)
        assert parent is None or parent in lines
    folding.set_all_open(True)
    assert [line for line in folding.lines().tolist() if line >= 0] == list(range(len(made)))
    renamed = folding.renamed(folding.lines(), made)
    assert renamed.tolist() == folding.lines().tolist()
