"""The scrubber: what its strip draws, and what pressing, turning and typing on it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import time_ns

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from rollscope_desktop.model.assemble import ERROR, OK
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.density import density
from rollscope_desktop.ui.scrubber.bar import Scrubber
from rollscope_desktop.ui.scrubber.plan import MARGIN, Scale, plan
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.scrubber_text import hint
from tests.app.structures import structure
from tests.app.support import SECOND, Index, Log, run_key, simple_run
from tests.app.ui.opened import open_run, rich_run

KEY = Qt.Key


@pytest.fixture
def scrubber(qtbot, light, run: OpenRun) -> Iterator[Scrubber]:
    made = Scrubber(light, run)
    qtbot.addWidget(made)
    made.resize(1000, made.height())
    made.show()
    yield made
    run.playhead.pause()
    run.show(None)


def opened(scrubber: Scrubber, run: OpenRun, index: Index, data: bytes, qtbot) -> None:
    open_run(run, index, data, qtbot)
    qtbot.waitUntil(lambda: scrubber.density.density is not None)
    QApplication.processEvents()


# Where things lie


@given(st.integers(1, 10**18), st.integers(40, 4_000), st.integers(0, 4_000))
def test_a_pixel_and_its_moment_are_the_same_place(length: int, width: int, x: int) -> None:
    scale = Scale(length, width)
    moment = scale.moment(x)
    assert 0 <= moment <= length
    inside = min(max(x, MARGIN), MARGIN + scale.room - 1)
    if length > scale.room:  # else several pixels share a moment
        assert abs(scale.x(moment) - inside) <= 1
    assert scale.moment(x + 1) >= moment
    assert (scale.moment(-5), scale.moment(width)) == (0, length)


@given(
    st.lists(st.integers(0, 10**12), max_size=30),
    st.integers(1, 10**12),
    st.integers(40, 4_000),
)  # fmt: skip
def test_everything_is_drawn_inside(starts: list[int], length: int, width: int) -> None:
    made = density(structure([(start, start, ERROR) for start in starts]), 0, length)
    messages = np.array(sorted(starts), np.int64)
    scale = Scale(length, width)
    drawn = plan(made, messages, scale, 20)
    assert bool(drawn.columns) == bool(drawn.errors) == bool(starts)
    for x in (*drawn.errors, *drawn.messages, *(column.x for column in drawn.columns)):
        assert MARGIN <= x < MARGIN + scale.room
    assert all(2 <= column.height <= 20 for column in drawn.columns)


def test_columns_grow_with_what_happened_and_say_the_worst() -> None:
    made = density(structure([(0, 0, OK), (50, 50, OK), *[(99, 99, ERROR)] * 60]), 0, 100)
    drawn = plan(made, None, Scale(100, 316), 20)
    assert [column.status for column in drawn.columns] == [OK, OK, ERROR]
    low, same, high = (column.height for column in drawn.columns)
    assert 2 < low == same < high == 20
    assert len(drawn.errors) == 1
    assert drawn.errors[0] in range(300, 308)


# The widget


def test_without_a_run_it_is_there_but_can_do_nothing(scrubber: Scrubber, look) -> None:
    assert not scrubber.strip.isEnabled()
    assert not scrubber.play.isEnabled()
    scrubber.grab()
    look.choose("dark")
    scrubber.grab()


def test_it_shows_the_run_and_the_moment(
    scrubber: Scrubber, run: OpenRun, index: Index, qtbot
) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    scrubber.grab()
    drawn = scrubber.strip.planned()
    assert drawn.errors
    assert len(drawn.columns) > 10
    whole = run.playhead.end
    place, number = scrubber._place, scrubber._number
    assert (place.text(), number.text()) == ("58.0 ms / 58.0 ms", "step 25 of 25")
    wide = place.minimumWidth()
    run.playhead.set(whole // 10)
    assert place.text() == "\u20075.8 ms / 58.0 ms"
    assert place.minimumWidth() == wide
    assert number.text() == "step \u20073 of 25"
    scrubber.resize(720, scrubber.height())
    assert number.isHidden()
    assert "step 3 of 25" in place.toolTip()


def test_a_run_without_times_counts_events(
    scrubber: Scrubber, run: OpenRun, index: Index, qtbot
) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    run.watch.axis = replace(run.watch.axis, clock=ORDER, length=140)
    run.playhead.set(31)
    assert scrubber._place.text() == "event \u200731 of 140"
    assert hint(run, scrubber.density.density, 31).startswith("event 31 · step ")


def test_what_is_pointed_at_is_told(scrubber: Scrubber, run: OpenRun, index: Index, qtbot) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    made = scrubber.density.density
    assert made is not None
    failed = int(np.flatnonzero(made.failed)[0]) * made.width
    assert hint(run, made, failed).splitlines()[1].endswith("1 error around here")
    assert hint(run, None, 0) == "0.0 ms · step 0 of 25"
    QTest.mouseMove(scrubber.strip, QPoint(300, 20))
    assert QToolTip.isVisible()
    assert QToolTip.text() == hint(run, made, scrubber.strip.scale.moment(300))
    QToolTip.hideText()


def test_pressing_and_dragging_move_the_playhead(
    scrubber: Scrubber, run: OpenRun, index: Index, qtbot
) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    strip, head = scrubber.strip, run.playhead
    middle = QPoint(strip.width() // 2, 20)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=middle)
    assert abs(head.moment - head.end // 2) < head.end // 100
    QTest.mouseMove(strip, QPoint(MARGIN, 20))
    assert head.at == 0
    QTest.mouseMove(strip, QPoint(strip.width() + 50, 20))
    assert head.at is None
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(strip, QPoint(60, 20))
    assert head.at is None


def test_keys_and_the_wheel_step(scrubber: Scrubber, run: OpenRun, index: Index, qtbot) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    strip, head = scrubber.strip, run.playhead
    end = head.end

    def after(key: Qt.Key) -> int:
        QTest.keyClick(strip, key)
        return head.moment

    assert after(KEY.Key_Home) == 0
    first = after(KEY.Key_Right)
    assert first > 0
    assert after(KEY.Key_Right) > first
    assert after(KEY.Key_Left) == first
    assert after(KEY.Key_PageDown) == first + end // 10
    assert after(KEY.Key_PageUp) == first
    assert after(KEY.Key_End) == end
    assert head.at is None
    after(KEY.Key_Space)
    assert head.playing
    after(KEY.Key_Space)
    assert not head.playing
    head.set(first)
    for turned, expected in ((60, first), (60, 0), (-120, first)):
        wheel = QWheelEvent(
            QPointF(9, 9), QPointF(9, 9), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(strip, wheel)
        assert head.at == expected


def test_the_buttons_do_what_they_say(
    scrubber: Scrubber, run: OpenRun, index: Index, qtbot
) -> None:
    opened(scrubber, run, index, rich_run(), qtbot)
    head = run.playhead
    assert not scrubber.forward.isEnabled()
    scrubber.back.click()
    before = head.at
    scrubber.back.click()
    scrubber.forward.click()
    assert head.at == before
    scrubber.play.click()
    assert head.playing
    assert scrubber.play.accessibleName() == "Pause (Space)"
    scrubber.now.click()
    assert (head.playing, head.at) == (False, None)
    scrubber.speed.menu().actions()[5].trigger()
    assert head.speed == 16
    assert scrubber.speed.text() == "16×"


def test_a_live_run_is_followed(scrubber: Scrubber, run: OpenRun, index: Index, qtbot) -> None:
    log = Log(run_key(5), time_ns() - SECOND)
    out = log.line("run.start", v=1, name="live") + log.whole() + log.whole()
    [id] = index.grow("live.jsonl", out, time_ns())
    run.show(id)
    qtbot.waitUntil(lambda: run.watch.whole)
    assert scrubber.now.text() == "Live"
    assert "following" in scrubber.now.accessibleName()
    assert scrubber.play.accessibleName() == "Pause (Space)"
    scrubber.play.click()
    assert run.playhead.at == run.playhead.end
    assert scrubber.play.accessibleName() == "Play (Space)"
    scrubber.now.click()
    assert run.playhead.following


def test_those_who_hear_it_are_told_of_a_slider(
    scrubber: Scrubber, run: OpenRun, index: Index, qtbot
) -> None:
    opened(scrubber, run, index, simple_run(1, 3), qtbot)
    heard = QAccessible.queryAccessibleInterface(scrubber.strip)
    assert heard.role() == QAccessible.Role.Slider
    assert heard.text(QAccessible.Text.Name) == "Playhead"
    value = heard.valueInterface()
    assert value.currentValue() == value.maximumValue()
    value.setCurrentValue(0)
    assert run.playhead.at == 0
    assert heard.text(QAccessible.Text.Description).startswith("0 µs / 7000 µs")
    assert heard.text(QAccessible.Text.Description).endswith("step 0 of 3")
