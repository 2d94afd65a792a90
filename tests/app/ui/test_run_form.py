"""Where the figures of a run stand, for any width and any choice of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.ui.runs.form import GAP, NAME, PAD, Form, form_of
from rollscope_desktop.viewmodels.runs.columns import COLUMNS, Column, columns_of


def wide(column: Column) -> int:
    return 7 * max(len(column.widest), len(column.title))


def keys(form: Form) -> list[str]:
    return [slot.column.key for slot in form.slots]


USUAL = columns_of(("started", "duration", "tokens", "cost", "reward"))


@pytest.mark.parametrize(
    ("width", "shown"),
    [(180, []), (200, ["duration"]), (280, ["duration", "tokens"]),
     (340, ["duration", "tokens", "cost"])],
)  # fmt: skip
def test_a_second_line_shows_what_there_is_room_for(width: int, shown: list[str]) -> None:
    form = form_of(USUAL, width, wide, table=False)
    assert keys(form) == shown
    assert form.first is not None
    assert form.first.key == "started"
    assert form.reward
    assert not form_of(USUAL[:4], width, wide, table=False).reward
    assert form_of((), width, wide, table=False).first is None
    assert not form_of((), width, wide, table=False).reward


def test_a_table_has_a_column_for_each() -> None:
    form = form_of(USUAL, 800, wide, table=True)
    assert keys(form) == ["started", "duration", "tokens", "cost", "reward"]
    assert form.slots[-1].right == 800 - PAD
    assert form.first is None


@given(
    st.lists(st.sampled_from(sorted(COLUMNS)), unique=True),
    st.integers(0, 2000),
    st.booleans(),
)
def test_figures_never_overlap_or_leave_their_row(
    chosen: list[str], width: int, table: bool
) -> None:
    columns = columns_of(tuple(chosen))
    form = form_of(columns, width, wide, table=table)
    left = PAD + NAME if table else 0
    for slot in form.slots:
        assert slot.left >= left
        assert slot.width >= wide(slot.column)
        left = slot.right + GAP
    assert not form.slots or form.slots[-1].right == width - PAD
    shown = ([form.first.key] if form.first else []) + keys(form)
    rest = [key for key in chosen if table or key != "reward"]
    assert shown == rest[: len(shown)]
