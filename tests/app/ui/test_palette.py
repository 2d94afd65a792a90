"""The palette with real keys on a real index: commands, steps, runs and folders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QPlainTextEdit

from rollscope_desktop.platform import Places
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.commands.menus import Menus
from rollscope_desktop.ui.commands.now import Now
from rollscope_desktop.ui.commands.palette import Palette
from rollscope_desktop.ui.commands.palette_list import pieces
from rollscope_desktop.ui.commands.table import COMMANDS
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.palette import Section

Key = Qt.Key


class Window(QMainWindow):
    """A window with a text, menus and a palette."""

    def __init__(self, look, places: Places, settings: Path) -> None:
        super().__init__()
        self.given: list[str] = []
        self.jobs = Jobs(places.index, Notices())
        self.run = OpenRun(self.jobs, self)
        self.run.selection.run_changed.connect(self.run.show)
        self.menus = Menus(look, self, self.menuBar())
        self.settings = Settings(settings, Notices())
        self.palette_ = Palette(look, self, self.menus, self.run, self.settings)
        handlers: dict[str, Any] = {c.id: partial(self.given.append, c.id) for c in COMMANDS}
        handlers["palette.show"] = self.palette_.toggle
        self.menus.connect_handlers(handlers)
        self.menus.enable(Now(runs=True, run=True, steps=True, view="tree"))
        self.text = QPlainTextEdit("what was there", readOnly=True)
        self.setCentralWidget(self.text)
        self.resize(1000, 700)
        self.show()
        self.activateWindow()
        self.text.setFocus()
        QApplication.processEvents()

    def press(self, *keys: Any, held=Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            QTest.keyClick(self.windowHandle(), key, held)
        QApplication.processEvents()

    def ask(self, typed: str) -> None:
        """Open the palette and type."""
        self.press("k", held=Qt.KeyboardModifier.ControlModifier)
        assert self.palette_.isVisible()
        self.press(*typed)

    def offers(self, section: Section) -> list[str]:
        """The titles that are offered of one sort."""
        lines = (self.palette_.lines.offer(row) for row in range(self.palette_.lines.rowCount()))
        return [offer.title for offer in lines if offer is not None and offer.section is section]


@pytest.fixture
def window(qtbot, light, places: Places, tmp_path: Path) -> Iterator[Window]:
    made = Window(light, places, tmp_path / "settings.json")
    qtbot.addWidget(made)
    yield made
    made.jobs.close()


def test_a_command_is_found_given_and_remembered(window: Window) -> None:
    window.ask("nxst")
    assert window.palette_.field.text() == "nxst"
    window.press(Key.Key_Return)

    assert window.given == ["span.next"]
    assert window.palette_.isHidden()
    assert window.focusWidget() is window.text
    assert window.settings.values.used == ("span.next",)
    window.ask("")
    assert window.offers(Section.COMMANDS)[0] == "Next Step"


def test_arrows_walk_and_escape_leaves(window: Window) -> None:
    window.ask("")
    view, lines = window.palette_.view, window.palette_.lines
    assert view.currentIndex().row() == 0
    window.press(Key.Key_Up)
    assert view.currentIndex().row() == 0
    window.press(Key.Key_Down, Key.Key_Down)
    assert view.currentIndex().row() == 2
    window.press(Key.Key_PageDown)
    assert view.currentIndex().row() == 12
    for _ in range(20):
        window.press(Key.Key_PageDown)
    assert view.currentIndex().row() == lines.rowCount() - 1
    window.press(Key.Key_Escape)
    assert window.palette_.isHidden()
    assert window.focusWidget() is window.text
    assert window.given == []


def test_the_key_that_opens_it_closes_it(window: Window) -> None:
    window.ask("abc")
    window.press("k", held=Qt.KeyboardModifier.ControlModifier)
    assert window.palette_.isHidden()
    window.ask("")
    assert window.palette_.field.text() == ""


def test_what_cannot_be_done_now_says_why_and_does_nothing(window: Window) -> None:
    window.ask("show step in timeline")
    offer = window.palette_.lines.offer(window.palette_.view.currentIndex().row())
    assert offer is not None
    assert (offer.id, offer.lacking) == ("reveal.timeline", "needs a selected step")
    window.press(Key.Key_Return)
    assert window.given == []
    assert window.palette_.isVisible()


def test_letters_are_text_while_it_is_open(window: Window) -> None:
    window.ask("j k 1?")
    assert window.palette_.field.text() == "j k 1?"
    assert window.given == []


def test_steps_of_the_open_run_by_name(window: Window, qtbot) -> None:
    window.run.selection.select_run(2)
    qtbot.waitUntil(lambda: window.run.watch.whole)
    window.ask("get")
    qtbot.waitUntil(lambda: window.offers(Section.STEPS) == ["get_weather"])
    row = window.palette_.lines.near(0, window.palette_.lines.rowCount())
    while getattr(window.palette_.lines.offer(row), "section", None) is not Section.STEPS:
        row = window.palette_.lines.near(row, -1)
    wanted: list[Any] = []
    window.palette_.span_wanted.connect(wanted.append)
    window.palette_.view.go(row)
    window.press(Key.Key_Return)

    [span] = wanted
    assert span >> 31 == 2
    assert window.palette_.isHidden()


def test_runs_of_the_index_by_name(window: Window, qtbot) -> None:
    wanted: list[Any] = []
    window.palette_.run_wanted.connect(wanted.append)
    window.ask("run 2")
    qtbot.waitUntil(lambda: window.offers(Section.RUNS) == ["run 2"])
    lines = window.palette_.lines
    row = lines.row_of(Section.RUNS, 2)
    index = lines.index(row, 0)
    place = window.palette_.view.visualRect(index).center()
    QTest.mouseClick(window.palette_.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wanted == [2]


def test_what_comes_later_does_not_move_what_is_chosen(window: Window, qtbot) -> None:
    window.ask("run")
    window.press(Key.Key_Down, Key.Key_Down)
    palette = window.palette_
    chosen = palette.lines.offer(palette.view.currentIndex().row())
    assert chosen is not None
    qtbot.waitUntil(lambda: len(window.offers(Section.RUNS)) == 2)
    assert palette.lines.offer(palette.view.currentIndex().row()) == chosen


def test_folders_opened_before(window: Window) -> None:
    window.settings.add_recent("/logs/night shift")
    wanted: list[Any] = []
    window.palette_.folder_wanted.connect(wanted.append)
    window.ask("night shi")
    assert window.offers(Section.FOLDERS) == ["/logs/night shift"]
    window.press(Key.Key_Return)
    assert wanted == ["/logs/night shift"]


def test_a_link_can_be_pasted(window: Window) -> None:
    link = "rollscope://run/0123456789abcdef/span/0000000000000001"
    wanted: list[Any] = []
    window.palette_.link_wanted.connect(wanted.append)
    window.ask("")
    window.palette_.field.setText(f" {link} ")
    assert window.offers(Section.LINK) == ["Go to Where the Link Leads"]
    window.press(Key.Key_Return)
    assert wanted == [link]


def test_a_click_beside_it_closes_it(window: Window) -> None:
    window.ask("")
    QTest.mouseClick(window.palette_, Qt.MouseButton.LeftButton, pos=window.rect().bottomLeft())
    assert window.palette_.isHidden()


def test_nothing_fits(window: Window) -> None:
    window.ask("zzzzqq")
    assert window.palette_.panel.nothing.isVisible()
    window.press(Key.Key_Down, Key.Key_Return)
    assert window.given == []


def test_it_stays_inside_a_small_window_and_is_drawn(window: Window, look) -> None:
    window.resize(420, 300)
    window.ask("e")
    panel = window.palette_.panel
    assert window.rect().contains(panel.geometry())
    window.resize(1200, 800)
    QApplication.processEvents()
    assert panel.width() == 560
    image = panel.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, 500, 3) for y in range(0, 300, 3)}) > 20


def test_lines_can_be_heard(window: Window) -> None:
    window.ask("run")
    lines = window.palette_.lines
    role = Qt.ItemDataRole.AccessibleTextRole
    heard = [lines.data(lines.index(row, 0), role) for row in range(lines.rowCount())]
    assert all(heard)
    assert any("Whole Run, Go, 0" in said for said in heard)


def test_the_model_holds(window: Window, qtmodeltester) -> None:
    qtmodeltester.check(window.palette_.lines)
    window.ask("run")
    qtmodeltester.check(window.palette_.lines)


def test_pieces_of_a_title() -> None:
    assert pieces("Next Error", (0, 5, 6)) == [
        ("N", True), ("ext ", False), ("Er", True), ("ror", False),
    ]  # fmt: skip
    assert pieces("", ()) == []
