"""What holds for every pair of runs."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.aligning.align import align
from rollscope_desktop.model.alignment import Alignment, Counts, Sign
from rollscope_desktop.model.assemble import ERROR, OK
from tests.app.sides import Made, side

few = st.integers(1, 3)
steps = st.recursive(
    st.builds(
        Made, st.sampled_from(["tool", "llm"]), st.sampled_from("ab"), st.just([]), few, few,
        st.sampled_from([OK, OK, ERROR]),
    ),
    lambda inner: st.builds(
        Made, st.sampled_from(["agent", "task"]), st.sampled_from("ab"),
        st.lists(inner, max_size=5), few, few,
    ),
    max_leaves=25,
)  # fmt: skip
runs = st.lists(steps, max_size=5)
_OTHER_WAY = {Sign.INSERTED: Sign.REMOVED, Sign.REMOVED: Sign.INSERTED}


@given(runs)
def test_a_run_is_equal_to_itself(run: list[Made]) -> None:
    found = align(side(*run), side(*run))
    assert found.first is None
    assert found.counts == Counts(len(found), 0, 0, 0, 0)
    assert list(found.a_at) == list(found.b_at) == list(range(len(found)))


@given(runs, runs)
def test_every_step_is_in_exactly_one_row_in_its_place(a: list[Made], b: list[Made]) -> None:
    found = align(side(*a), side(*b))
    assert Counter(x for x in found.a_at if x >= 0) == Counter(range(len(found.a)))
    assert [x for x in found.b_at if x >= 0] == list(range(len(found.b)))
    for number in range(len(found)):
        row = found.row(number)
        assert row.a is None or found.row_of_a[row.a] == number
        assert row.b is None or found.row_of_b[row.b] == number
        assert (row.a is None) == (row.sign is Sign.INSERTED)
        assert (row.b is None) == (row.sign is Sign.REMOVED)
        assert row.size == 1 + sum(1 for _ in _below(found, number))
        assert row.below == sum(found.signs[n] is not Sign.EQUAL for n in _below(found, number))
    for fold in found.folds:
        assert set(found.signs[fold.first : fold.first + fold.count]) == {Sign.EQUAL}
    assert found.equal == (found.counts.equal == len(found))


@given(runs, runs)
def test_the_other_way_round_the_signs_are_mirrored(a: list[Made], b: list[Made]) -> None:
    there, back = align(side(*a), side(*b)), align(side(*b), side(*a))
    assert _pairs(there) == {
        (b, a): _OTHER_WAY.get(sign, sign) for (a, b), sign in _pairs(back).items()
    }


@given(runs, st.data())
def test_one_more_step_is_exactly_one_new_row(run: list[Made], data: st.DataObject) -> None:
    more = deepcopy(run)
    level = data.draw(st.sampled_from(_levels(more)))
    at = data.draw(st.integers(0, len(level)))
    level.insert(at, Made("tool", data.draw(st.sampled_from("abc")), [], data.draw(few), 1))
    found = align(side(*run), side(*more))
    assert found.counts == Counts(len(found) - 1, 0, 1, 0, 0)
    assert found.first is not None
    assert found.signs[found.first.row] is Sign.INSERTED


def _below(found: Alignment, number: int) -> Any:
    for other in range(number + 1, len(found)):
        if found.depth[other] <= found.depth[number]:
            return
        yield other


def _pairs(found: Alignment) -> dict[tuple[int, int], Sign]:
    return dict(zip(zip(found.a_at, found.b_at, strict=True), found.signs, strict=True))


def _levels(run: list[Made]) -> list[list[Made]]:
    """All lists of children that a step may be put into."""
    found = [run]
    for step in run:
        if step.kind in ("agent", "task"):
            found += _levels(step.inside)
    return found
