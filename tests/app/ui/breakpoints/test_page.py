"""The page of breakpoints: set, listed, removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rollscope_desktop.model.breakpoints import Breakpoint
from rollscope_desktop.services.breakpoints import Breakpoints
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.breakpoints.page import BreakpointsPage
from tests.app.services.held import FakeClient
from tests.app.ui.checks import complaints


@pytest.fixture
def model(qapp, tmp_path: Path) -> Breakpoints:
    settings = Settings(tmp_path / "settings.json", Notices())
    return Breakpoints(cast("Any", FakeClient()), settings)


@pytest.fixture
def page(qtbot, look, model: Breakpoints) -> BreakpointsPage:
    made = BreakpointsPage(look, model)
    qtbot.addWidget(made)
    made.show()
    return made


def cells(page: BreakpointsPage) -> list[tuple[str, ...]]:
    table: Any = page.table
    return [
        tuple(table.item(row, column).text() for column in range(2))
        for row in range(table.rowCount())
    ]


def test_each_kind_is_set(page: BreakpointsPage, model: Breakpoints) -> None:
    assert page.none.isVisible()
    QTest.keyClicks(page.what, "pay")
    QTest.keyClick(page.what, Qt.Key.Key_Return)
    page.kind.setCurrentIndex(2)
    assert not page.what.isVisible()
    page.project.setCurrentText("shop")
    page.add.click()
    page.kind.setCurrentIndex(3)
    page.what.setText("much")
    page.add.click()
    assert page.trouble.text() == "“much” is not an amount, like 0.50."
    page.what.setText("0.5")
    page.add.click()
    assert page.trouble.isHidden()
    assert model.rows == (
        ("", Breakpoint("tool", "pay")), ("shop", Breakpoint("error")),
        ("shop", Breakpoint("cost", usd=0.5)),
    )  # fmt: skip
    assert cells(page)[0] == ("Before the tool pay", "All projects")
    assert cells(page)[2] == ("When the run has cost $0.50", "shop")
    assert page.none.isHidden()


def test_they_are_removed(page: BreakpointsPage, model: Breakpoints, qtbot) -> None:
    model.add("", Breakpoint("error"))
    model.add("", Breakpoint("tool"))
    assert not page.remove.isEnabled()
    page.table.selectRow(0)
    page.remove.click()
    assert model.rows == (("", Breakpoint("tool")),)
    page.activateWindow()
    page.table.setFocus()
    qtbot.waitUntil(page.table.hasFocus)
    page.table.selectRow(0)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert not page.table.rowCount()


def test_projects_are_offered(page: BreakpointsPage) -> None:
    page.project.setCurrentText("typed")
    page.offer_projects(["shop", "Alpha"])
    said = [page.project.itemText(n) for n in range(page.project.count())]
    assert said == ["All projects", "Alpha", "shop"]
    assert page.project.currentText() == "typed"


def test_it_can_be_read_and_reached(
    page: BreakpointsPage, model: Breakpoints, look, tmp_path: Path
) -> None:
    model.add("", Breakpoint("tool", "pay"))
    assert complaints(page, look.theme, tmp_path) == []
