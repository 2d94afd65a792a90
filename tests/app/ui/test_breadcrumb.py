"""The way to the selected step: what it tells, how it gives way, and that it can be walked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rollscope_desktop.ui.breadcrumb import Breadcrumb
from tests.app.support import Log, run_key
from tests.app.ui.opened import open_run


def deep(levels: int) -> bytes:
    log = Log(run_key(1))

    def level(left: int):
        def inside(parent: str) -> bytes:
            if not left:
                return log.whole("tool", "leaf", parent)
            return log.whole("task", f"level {left}", parent, inside=level(left - 1))

        return inside

    begun = log.line("run.start", v=1, name="<b>deep</b>")
    return begun + log.whole("agent", "top", None, inside=level(levels))


@pytest.fixture
def crumbs(look, run, index, qtbot):
    def made(levels: int, width: int) -> Breadcrumb:
        id = open_run(run, index, deep(levels), qtbot)
        bar = Breadcrumb(look, run)
        qtbot.addWidget(bar)
        bar.resize(width, 32)
        bar.show()
        run.selection.select_span(id << 31 | levels + 1)
        qtbot.waitUntil(lambda: all(crumb.name != "…" for crumb in bar.crumbs()))
        return bar

    return made


def shown(bar: Breadcrumb) -> list[str]:
    return [b.text() for b in bar._buttons if b.isVisible()]


def fits(bar: Breadcrumb) -> bool:
    last = max(b.geometry().right() for b in bar._buttons if b.isVisible())
    return last <= bar.width()


def test_the_whole_way_where_there_is_room(crumbs) -> None:
    bar = crumbs(2, 900)

    assert shown(bar) == ["<b>deep</b>", "top", "level 2", "level 1", "leaf"]
    assert not bar._cut.isVisible()
    assert "&lt;b&gt;" in bar._buttons[0].toolTip()
    assert len({b.accessibleName() for b in bar._buttons}) == 5
    assert fits(bar)


def test_long_names_take_the_room_that_is_left(light, run, index, qtbot) -> None:
    name = "A run whose name says what it is about at great length, as people do"
    log = Log(run_key(1))
    open_run(run, index, log.line("run.start", v=1, name=name) + log.whole("agent", "top"), qtbot)
    bar = Breadcrumb(light, run)
    qtbot.addWidget(bar)
    bar.show()
    bar.resize(900, 32)
    assert shown(bar) == [name]
    bar.resize(300, 32)
    assert shown(bar) != [name]
    assert fits(bar)


@pytest.mark.parametrize("width", [360, 240, 120, 60])
def test_the_middle_gives_way_and_both_ends_stay(crumbs, width: int) -> None:
    bar = crumbs(12, width)
    names = shown(bar)

    assert bar._cut.isVisible()
    assert (bar.crumbs()[0].name, bar.crumbs()[-1].name) == ("<b>deep</b>", "leaf")
    assert bar._buttons[0].isVisible()
    assert bar._buttons[len(bar.crumbs()) - 1].isVisible()
    assert len(names) < 9
    if width > 60:
        assert fits(bar)
    bar._fill_menu()
    between = [action.text() for action in bar._menu.actions()]
    assert "level 7" in between
    assert len(between) + len(names) == 15
    assert not bar.grab().isNull()


def test_a_crumb_selects_its_step(crumbs, run) -> None:
    bar = crumbs(2, 900)
    leaf = run.selection.span

    bar._buttons[2].setFocus()
    QTest.keyClick(bar._buttons[2], Qt.Key.Key_Space)
    assert run.selection.span == leaf - 2
    assert shown(bar) == ["<b>deep</b>", "top", "level 2"]
    QTest.mouseClick(bar._buttons[0], Qt.MouseButton.LeftButton)
    assert run.selection.span is None
    assert shown(bar) == ["<b>deep</b>"]


def test_nothing_is_open(light, run, qtbot) -> None:
    bar = Breadcrumb(light, run)
    qtbot.addWidget(bar)
    bar.show()

    assert bar.crumbs() == []
    assert shown(bar) == []
