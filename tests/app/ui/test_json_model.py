"""The tree of a JSON value: right in the eyes of Qt, and with a row for everything inside."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt

from rollscope_desktop.ui.inspector.json_model import CHUNK, JsonModel

VALUES = [
    None,
    {},
    [],
    "text",
    {"a": {"b": [1, 2, {"c": None}]}, "": [], "d": True},
    [[[[1.5]]]],
    [{"n": n} for n in range(CHUNK * 2 + 7)],
]


def unfold(model: JsonModel, parent: QModelIndex | None = None) -> int:
    """Fetch everything below an index; how many rows there are."""
    parent = parent or QModelIndex()
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    rows = model.rowCount(parent)
    return rows + sum(unfold(model, model.index(row, 0, parent)) for row in range(rows))


def size(value: Any) -> int:
    """How many values are inside a value."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + size(each) for each in inside)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("before", [None, VALUES[4], VALUES[6]], ids=["new", "small", "long"])
def test_every_value_has_its_row(qtmodeltester, before: Any, value: Any) -> None:
    model = JsonModel()
    if before is not None:
        model.show(before)
        unfold(model)
    model.show(value)
    # Only now: the tester itself fetches rows, which it forbids itself while a reset is announced.
    qtmodeltester.check(model)
    whole = value if isinstance(value, dict | list) else [value]
    assert unfold(model) == size(whole)


def test_nothing_is_shown_before_there_is_a_value(qtmodeltester) -> None:
    model = JsonModel()
    qtmodeltester.check(model)
    assert model.rowCount() == 0


def test_a_long_list_comes_by_thousands() -> None:
    model = JsonModel()
    model.show(list(range(CHUNK * 3)))
    assert model.rowCount() == CHUNK
    model.fetchMore(QModelIndex())
    assert model.rowCount() == 2 * CHUNK


def test_a_path_leads_to_its_value() -> None:
    model = JsonModel()
    model.show(VALUES[4])
    unfold(model)
    index = model.index(0, 0)
    for row in (0, 2, 0):
        index = model.index(row, 0, index)
    assert model.path(index) == ["a", "b", 2, "c"]
    assert model.value(index) is None
    assert model.index(0, 0).data(Qt.ItemDataRole.DisplayRole) == "a"
