"""Which columns are shown: what was chosen, and what there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.viewmodels.span_list.columns import COLUMNS, signal_column
from rollscope_desktop.viewmodels.span_list.layout import ROOM, Layout, unpack

KEYS = st.sampled_from([column.key for column in COLUMNS])


def shown(layout: Layout, room: int, everything: bool = False, by: str = "number") -> list[str]:
    found = layout.visible(COLUMNS, room, everything, by, lambda column: 60)
    return [column.key for column in COLUMNS if column.key in found]


def test_columns_come_as_there_is_room() -> None:
    assert shown(Layout(), 100, by="level") == ["step"]
    assert shown(Layout(), ROOM + 60, by="level") == ["step", "level"]
    assert shown(Layout(), ROOM + 130) == ["number", "step", "duration"]
    assert shown(Layout(), ROOM + 200, everything=True, by="started") == [
        "step", "run", "started", "duration",
    ]  # fmt: skip
    wide = shown(Layout(), 5_000)
    assert "run" not in wide
    assert "agent" not in wide
    assert "level" not in shown(Layout({"level": True}), 5_000, everything=True)


def test_what_was_chosen_stays_however_narrow_it_is() -> None:
    layout = Layout().choose("agent", True).choose("duration", False)
    assert shown(layout, 50) == ["step", "agent"]
    assert "duration" not in shown(layout, 5_000, by="duration")


@given(
    st.dictionaries(KEYS, st.booleans()),
    st.dictionaries(KEYS, st.integers(1, 2_000)),
    st.lists(KEYS, unique=True),
)
def test_a_layout_is_kept_as_it_is(chosen, widths, places) -> None:
    layout = Layout(chosen, widths, tuple(places))
    assert unpack(layout.pack()) == layout
    changed = layout.widen("cost", 70).move(["cost", "step"])
    assert unpack(changed.pack()).widths["cost"] == 70


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"chosen": 1, "widths": {}, "places": []}', b"\xff",
     b'{"chosen": {}, "widths": {"cost": "wide"}, "places": []}',
     b'{"chosen": {}, "widths": {"cost": 1e400}, "places": []}'],
)  # fmt: skip
def test_what_cannot_be_read_is_the_usual_layout(data: bytes) -> None:
    assert unpack(data) == Layout()


def test_the_name_of_a_signal_is_shown_and_not_obeyed() -> None:
    column = signal_column("a\nb\x1b[31m")
    assert column.title == "a b␛[31m"
    assert column.key == "signal.a\nb\x1b[31m"
