"""Held calls and rules in the window: the bar above everything, the page beside it, the keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from rollscope_desktop.model.link import Link
from rollscope_desktop.ui import held_bar
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.pages.rules import RulesPage
from tests.app.services.held import RUN, told
from tests.app.support import run_key
from tests.app.ui.checks import complaints
from tests.app.ui.demo_window import SIZES


@pytest.fixture
def session(viewer: Viewer, monkeypatch, qtbot) -> Any:
    monkeypatch.setattr(held_bar, "SEEN", 0.0)
    made: Any = viewer.session
    made.sent = []
    monkeypatch.setattr(made.client, "request", lambda do, *_, **what: made.sent.append((do, what)))
    qtbot.waitUntil(lambda: made.runs.total == 2)
    viewer.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is viewer.window)
    return made


def hold(session: Any, *ids: str, **more: Any) -> None:
    session.client.noted.emit({"note": "holds", "holds": [told(id, **more) for id in ids]})


def pages() -> list[RulesPage]:
    tops = QApplication.topLevelWidgets()
    return [page for page in tops if isinstance(page, RulesPage) and page.isVisible()]


def test_a_held_call_stands_above_everything(viewer: Viewer, session: Any) -> None:
    bar, go = viewer.window.held, viewer.window.menus.actions["view.held"]
    assert bar.isHidden()
    assert not go.isEnabled()
    hold(session, "a", "b")
    assert bar.isVisible()
    assert go.isEnabled()
    QApplication.processEvents()
    assert bar.geometry().bottom() < viewer.window.rows.geometry().top()
    hold(session)
    assert bar.isHidden()
    assert not go.isEnabled()


def test_it_is_decided_without_a_mouse(viewer: Viewer, session: Any) -> None:
    session.run_panel.view.setFocus()
    hold(session, "a", "b")
    assert QApplication.focusWidget() is session.run_panel.view
    viewer.window.menus.actions["view.held"].trigger()
    QTest.keyClick(viewer.window.windowHandle(), Qt.Key.Key_Return)
    assert session.sent == [("decide", {"hold": "a", "allow": True})]
    hold(session, "b")
    QTest.keyClick(viewer.window.windowHandle(), Qt.Key.Key_Space)
    assert session.sent[1:] == [("decide", {"hold": "b", "allow": True})]
    hold(session)
    assert QApplication.focusWidget() is session.run_panel.view


def test_it_leads_to_its_run(viewer: Viewer, session: Any, qtbot) -> None:
    hold(session, "a", run=run_key(2))
    viewer.window.held.run.click()
    watch, wanted = session.run.watch, Link(run_key(2)).run
    qtbot.waitUntil(lambda: watch.row is not None and watch.row.key == wanted)
    hold(session, "b", run=RUN)
    said: list[Any] = []
    session.notices.said.connect(said.append)
    viewer.window.held.run.click()
    qtbot.waitUntil(lambda: len(said) == 1)


def test_it_leads_to_the_rules_of_its_project(viewer: Viewer, session: Any) -> None:
    hold(session, "a")
    viewer.window.held.rules.click()
    [page] = pages()
    assert page.title.text() == "shop"
    assert not page.isModal()
    viewer.window.menus.actions["rules.show"].trigger()
    assert pages() == [page]
    assert page.title.text() == "All other projects"
    viewer.window.held.allow.click()
    assert session.sent[-1] == ("decide", {"hold": "a", "allow": True})
    page.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    viewer.window.menus.actions["rules.show"].trigger()
    assert len(pages()) == 1
    pages()[0].close()


def test_the_window_with_the_bar_is_readable(viewer: Viewer, session: Any, tmp_path) -> None:
    hold(session, "a", "b", arguments='{"to": "Example Ltd", "amount": 120.5}')
    for size in SIZES:
        viewer.window.resize(size)
        QApplication.processEvents()
        viewer.window.grab()
        bar = viewer.window.held
        assert complaints(bar, viewer.look.theme, tmp_path) == []
