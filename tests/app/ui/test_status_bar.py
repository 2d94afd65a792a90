"""The status bar's rate: it keeps its place, and shows the last minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollscope_desktop.ui.sparkline import SECONDS, Sparkline
from rollscope_desktop.ui.status_bar import ROOMY, StatusBar

MS = 1_000_000


@pytest.fixture
def bar(qtbot, look) -> Iterator[StatusBar]:
    made = StatusBar(look)
    qtbot.addWidget(made)
    made.resize(1200, made.height())
    made.show()
    yield made
    made._stale.stop()
    made.hide()


def test_the_numbers_keep_their_place(bar: StatusBar) -> None:
    found = set()
    for rate in (1, 999, 1_234, 12_345, 123_456, 1_234_567):
        bar.show_flow(rate, 4 * MS)
        found.add(bar._flow.text().index("·"))
        fits = bar._flow.fontMetrics().horizontalAdvance(bar._flow.text())
        assert fits <= bar._flow.width()
    assert len(found) == 1


def test_what_is_not_told_again_goes(bar: StatusBar, qtbot) -> None:
    bar.show_flow(100, None)
    assert bar._flow.text().strip() == "100/s"
    bar._stale.start(0)
    qtbot.waitUntil(bar._flow.isHidden)
    bar.show_flow(0.2, 3 * MS)
    assert bar._flow.isHidden()


def test_a_narrow_window_has_no_room_for_the_picture(bar: StatusBar) -> None:
    assert bar._pace.isVisible()
    bar.resize(ROOMY - 1, bar.height())
    assert bar._pace.isHidden()


def test_the_last_minute_passes(qtbot, look) -> None:
    line = Sparkline(look)
    qtbot.addWidget(line)
    line.show()
    line.show_value(50)
    line.show_value(0)
    assert line.values()[-1] == 50  # a short burst is seen
    assert line._beat.isActive()
    empty = line.grab().toImage()
    line.pass_second()
    assert line.values()[-2:] == [50, 0]
    assert line.grab().toImage() != empty
    for _ in range(SECONDS):
        line.pass_second()
    assert not any(line.values())
    assert not line._beat.isActive()


def test_where_programs_send_to(bar: StatusBar, qtbot) -> None:
    assert bar._address.isHidden()
    bar.show_address("127.0.0.1:4318", "", "None is connected.", "")
    assert bar._address.isVisible()
    assert bar._address.text() == "127.0.0.1:4318"
    calm = bar._address.grab().toImage()
    bar.show_address("127.0.0.1:4318", "2 programs", "2 are connected.", "")
    assert bar._address.text() == "127.0.0.1:4318 · 2 programs"
    assert bar._address.toolTip() == "2 are connected."
    with qtbot.waitSignal(bar.address_pressed):
        bar._address.click()

    bar.show_address("127.0.0.1:4318", "", "Disk full.", "Disk full.")
    assert bar._address.grab().toImage() != calm, "a warning sign"
    bar.show_address("", "", "It cannot.", "It cannot.")
    assert bar._address.text() == "no address"
    assert "It cannot." in bar._address.accessibleName()
    bar.show_address("", "", "", "")
    assert bar._address.isHidden()
