"""The column: rows stay where they are read, whatever becomes of those above."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from rollscope_desktop.query.conversation.items import Page, Said, Words
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.conversation.block import Setting
from rollscope_desktop.ui.conversation.card import Desk
from rollscope_desktop.ui.conversation.column import GUESS, HIDDEN, MARGIN, WIDEST, Column
from rollscope_desktop.ui.conversation.pictures import Thumbnails
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import Brushes


class Rows:
    """Rows that a test says; None is one that is being read."""

    def __init__(self, count: int, lines: int = 1) -> None:
        self.what: list[Setting | int | None] = [setting(n, lines) for n in range(count)]

    def __call__(self, row: int) -> Setting | int | None:
        return self.what[row]


def setting(row: int, lines: int = 1) -> Setting:
    said = "\n".join(f"row {row} line {n}" for n in range(lines))
    return Setting((row,), Page((Said("assistant", texts=(Words(said, len(said)),)),)))


@pytest.fixture
def desk(light: Look, tmp_path) -> Desk:
    jobs = Jobs(tmp_path / "none.db", Notices())
    return Desk(light, Brushes(light), Thumbnails(jobs, jobs))


@pytest.fixture
def made(qtbot, light: Look, desk: Desk) -> Callable[[Rows], Column]:
    def make(rows: Rows) -> Column:
        column = Column(light, desk, rows)
        qtbot.addWidget(column)
        column.resize(1000, 600)
        column.show()
        column.replace(len(rows.what), None)
        column.lay_out()
        return column

    return make


def top_of(column: Column, row: int) -> int:
    block = column.block(row)
    assert block is not None
    return block.y()


def test_only_what_is_near_the_screen_has_widgets(made) -> None:
    column = made(Rows(5_000))

    assert (column.first, column.room) == (0, WIDEST)
    assert top_of(column, 0) == MARGIN
    assert 6 < column.last < 40
    assert len(column._blocks) < 50
    for value in (column.verticalScrollBar().maximum(), 90_000, 10):
        column.verticalScrollBar().setValue(value)
        assert len(column._blocks) <= 60
    column.to_end()
    assert column.at_end()
    assert column.last == 4_999


def test_rows_lie_below_each_other_without_holes(made) -> None:
    rows = Rows(200)
    for row in range(0, 200, 7):
        rows.what[row] = setting(row, row % 20)
    column = made(rows)
    column.verticalScrollBar().setValue(4_000)

    y = top_of(column, column.first)
    assert y <= 0
    for row in range(column.first, column.last + 1):
        assert top_of(column, row) == y
        y += column.block(row).height()


def test_what_is_read_stays_when_rows_above_come_in(made) -> None:
    rows = Rows(100, 3)
    rows.what[:50] = [None] * 50
    column = made(rows)
    column.show_row(52)
    column.scroll_by(-200)
    before = top_of(column, 52)
    assert column.first < 50

    for row in range(50):
        rows.what[row] = setting(row, 11)
    column.lay_out()
    column.scroll_by(-30)  # rows that are as high as eleven lines come into view above
    assert top_of(column, 52) == before + 30


def test_scrolling_up_and_down_again_comes_back(made) -> None:
    rows = Rows(300)
    for row in range(300):
        rows.what[row] = setting(row, 1 + row % 13)
    column = made(rows)
    column.show_row(150)
    start = top_of(column, 150)
    for step in (-130, -250, 90, 290):
        column.scroll_by(step)
    assert top_of(column, 150) == start


def test_rows_that_are_not_there_yet_are_wanted(made, qtbot) -> None:
    rows = Rows(100)
    rows.what[:] = [None] * 100
    column = made(rows)
    with qtbot.waitSignal(column.wanted) as news:
        column.lay_out()
    first = news.args[0][0]
    assert first == 0
    assert column.last == (600 + 300 - MARGIN) // GUESS

    rows.what[3] = 12
    column.lay_out()
    assert column._heights.get(3) == HIDDEN
    column.grab()


def test_rows_are_others_and_the_same_is_still_read(made) -> None:
    rows = Rows(60, 2)
    column = made(rows)
    column.show_row(30)
    column.set_current(31, 0)
    before = top_of(column, 31)

    kept = [n for n in range(60) if n % 3 == 1]
    rows.what = [rows.what[n] for n in kept]
    column.replace(len(kept), np.array(kept, np.int32))
    column.lay_out()
    assert column.current() == (kept.index(31), 0)
    assert abs(top_of(column, kept.index(31)) - before) < 200
    assert column.block(kept.index(31)).setting.key == (31,)

    column.replace(0, None)
    column.lay_out()
    assert (len(column), column.current()) == (0, None)


def test_a_fold_opens_under_the_pointer(made) -> None:
    rows = Rows(40)
    rows.what[5] = setting(5, 60)
    column = made(rows)
    block, before = column.block(5), top_of(column, 5)
    text = block.cards[0]._texts[0].box
    assert text.toPlainText().count("\n") == 11  # twelve lines
    low = block.height()

    block.cards[0].toggle_main()
    assert top_of(column, 5) == before
    opened = column.block(5)
    assert opened.height() > 3 * low
    assert opened.cards[0]._texts[0].box.toPlainText().count("\n") == 59
    opened.cards[0].toggle_main()
    assert column.block(5).height() == low


@pytest.mark.parametrize("width", [240, 500, 1000])
def test_texts_are_as_high_as_they_need(made, width: int) -> None:
    rows = Rows(3)
    said = "word " * 200
    rows.what[1] = Setting((1,), Page((Said("user", texts=(Words(said, len(said)),)),)))
    column = made(rows)
    column.resize(width, 600)
    QApplication.processEvents()

    box = column.block(1).cards[0]._texts[0].box
    assert box.height() >= box.document().size().height()
    assert box.width() <= column.room


def test_an_emoji_does_not_shift_the_colours(made) -> None:
    rows = Rows(1)
    said = "🦊 `one` 🦊 `two`"
    rows.what[0] = Setting((0,), Page((Said("user", texts=(Words(said, len(said)),)),)))
    column = made(rows)
    box = column.block(0).cards[0]._texts[0].box
    mono = [family.lower() for family in box._look.fonts.mono.families()]
    cursor = box.document().find("two")
    cursor.setPosition(cursor.selectionStart() + 1)
    families = cursor.charFormat().fontFamilies()
    assert [str(family).lower() for family in families] == mono
    assert box.textInteractionFlags() == Qt.TextInteractionFlag.TextSelectableByMouse
