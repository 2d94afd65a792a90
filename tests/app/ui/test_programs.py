"""Connecting programs: the page, what it copies, who is on it, and the question at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from rollscope_desktop.services.ingest import Ingest, Program, Programs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.leaving import Leaving
from rollscope_desktop.ui.pages.programs import ProgramsPage
from rollscope_desktop.viewmodels.programs import COLUMNS, ProgramsModel
from tests.app.services.test_ingest import TOLD, FakeClient

TOKEN = f"rt_local_{'5e' * 20}"
ONE = Program(
    1, "stream", "agent \x1b[31m<b>one</b>", 42, 1_763_700_000.0, 1_763_700_060.0, 1200, 2
)
TWO = Program(2, "otlp", "", None, 1_763_700_001.0, 1_763_700_061.0, 1, 1)


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def programs(client: FakeClient) -> Programs:
    made = Programs(client, Notices(), client)  # type: ignore[arg-type]
    made.take(TOLD)
    return made


@pytest.fixture
def page(qtbot, look, programs: Programs) -> Any:
    made = ProgramsPage(look, programs, lambda: TOKEN)
    qtbot.addWidget(made)
    made.show()
    QApplication.processEvents()
    return made


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def shown(page: Any) -> str:
    return "\n".join(block.code.toPlainText() for block in page._blocks if block.isVisible())


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


# The page


def test_the_token_is_copied_but_not_shown(page) -> None:
    assert "http://127.0.0.1:4318" in shown(page)
    assert TOKEN not in shown(page)
    copies = [b for b in page.findChildren(QToolButton) if b.accessibleName().startswith("Copy")]
    assert len(copies) == len(page._blocks)
    found = []
    for button in copies:
        button.click()
        found.append(clipboard())
    assert sum(TOKEN in said for said in found) == 3
    assert len(set(found)) == len(found)

    page.plain.setFocus()
    QTest.keyClick(page.plain, Qt.Key.Key_Space)
    assert shown(page).count(TOKEN) == 3
    page.plain.click()
    assert TOKEN not in shown(page)
    page.copied.click()
    assert clipboard() == TOKEN


def test_the_lines_are_whole_at_any_width(page) -> None:
    page.plain.setChecked(True)
    for width in (480, 900, 600):
        page.resize(width, 700)
        QApplication.processEvents()
        for block in page._blocks:
            box = block.code
            size = box.document().size()
            assert 0 <= box.viewport().height() - size.height() < 2
            assert size.width() <= box.viewport().width()
            assert box.verticalScrollBar().maximum() == 0


def test_it_follows_the_address_and_what_is_wrong(page, programs: Programs) -> None:
    programs.take({**TOLD, "port": 14318, "addresses": ["127.0.0.1:14318"]})
    assert "http://127.0.0.1:14318" in shown(page)
    assert "4318, does not arrive" in words(page)
    programs.take({**TOLD, "port": None, "addresses": [], "trouble": "It cannot be had."})
    assert shown(page) == ""
    assert "It cannot be had." in words(page)
    assert not page.accepts.isEnabled()
    programs.take(TOLD)
    assert "http://127.0.0.1:4318" in shown(page)
    assert "arrive" not in words(page)


def test_without_a_token_nothing_is_made_up(qtbot, light, programs: Programs) -> None:
    page = ProgramsPage(light, programs, str)
    qtbot.addWidget(page)
    page.show()
    page.plain.setChecked(True)
    assert "rt_local_…" in shown(page)
    assert not page.copied.isEnabled()
    page.close()


def test_who_sends_is_listed_and_followed(page, programs: Programs, client: FakeClient) -> None:
    assert [do for do, _ in client.asked] == ["clients"]
    client.answer({"clients": []})
    assert "Nobody sends now" in words(page)
    assert page.table.isHidden()

    programs.take({**TOLD, "clients": 3})
    assert [do for do, _ in client.asked] == ["clients"] * 2
    client.answer({"clients": [{"id": 1, "name": "agent", "protocol": "retrace", "events": 1200}]})
    assert "Nobody sends now" not in words(page)
    assert page.table.isVisible()
    model = page.model
    cells = [model.index(0, column).data() for column in range(len(COLUMNS))]
    assert (cells[0], cells[1], cells[4]) == ("agent", "retrace-sdk", "1.2 k")
    assert not page.grab().isNull()
    assert page._timer.isActive()
    page.hide()
    assert not page._timer.isActive()


def test_the_switch_asks_and_shows_what_holds(page, client: FakeClient, programs) -> None:
    page.accepts.setFocus()
    QTest.keyClick(page.accepts, Qt.Key.Key_Space)
    client.waiting.pop(0)
    assert client.asked[-1] == ("allow", {"what": "otlp", "allowed": True})
    client.refuse("It is not allowed.")
    assert not page.accepts.isChecked()
    page.accepts.click()
    programs.take({**TOLD, "otlp_open": True})
    assert page.accepts.isChecked()


def test_the_list_of_programs(qtmodeltester, qtbot) -> None:
    model = ProgramsModel()
    qtmodeltester.check(model)
    model.show_programs((ONE, TWO))
    qtmodeltester.check(model)
    assert model.index(0, 0).data() == "agent ␛[31m<b>one</b>"
    assert model.index(1, 0).data() == "A program"
    assert model.index(1, 1).data() == "OpenTelemetry"
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "process 42" in tip
    assert "1,200 events of 2 runs" in tip
    spoken = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("A program, OpenTelemetry, since ")
    with qtbot.waitSignal(model.dataChanged), qtbot.assertNotEmitted(model.modelReset):
        model.show_programs((replace(ONE, events=1300), TWO))
    assert model.index(0, 4).data() == "1.3 k"
    with qtbot.waitSignal(model.modelReset):
        model.show_programs((TWO,))
    model.show_programs(())
    qtmodeltester.check(model)


# The question at the end


class Asked:
    """A window that asks before it closes."""

    def __init__(self, window: QWidget, client: FakeClient, programs: Programs) -> None:
        self.closed = 0
        self.leaving = Leaving(window, client, programs, self.close)  # type: ignore[arg-type]

    def close(self) -> None:
        assert self.leaving.may_close()
        self.closed += 1

    def press(self, title: str) -> None:
        assert self.leaving.question is not None
        buttons = self.leaving.question.findChildren(QPushButton)
        next(button for button in buttons if button.text().startswith(title)).click()
        QApplication.processEvents()


@pytest.fixture
def asked(qtbot, client: FakeClient, programs: Programs) -> Asked:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return Asked(window, client, programs)


def test_nothing_is_asked_where_nobody_sends(asked: Asked, programs: Programs) -> None:
    programs.take({**TOLD, "clients": 0})
    assert asked.leaving.may_close()


def test_nothing_is_asked_where_recording_goes_on_anyway(asked: Asked, client: FakeClient) -> None:
    client.hello = {"lasting": True}  # `rollscope collect`
    assert asked.leaving.may_close()


def test_recording_goes_on_by_itself(asked: Asked, client: FakeClient) -> None:
    assert not asked.leaving.may_close()
    question = asked.leaving.question
    assert question is not None
    assert question.text() == "2 programs are recording here."
    assert question.defaultButton().text() == "Keep Recording in the Background"
    assert not asked.leaving.may_close()
    assert asked.leaving.question is question, "it is asked once"
    asked.press("Keep")
    assert asked.closed == 1
    assert client.ended == []


def test_recording_is_stopped_before_the_window_goes(asked: Asked, client: FakeClient) -> None:
    assert not asked.leaving.may_close()
    asked.press("Stop")
    assert asked.closed == 0
    [done] = client.ended
    done()
    assert asked.closed == 1


def test_one_can_stay(asked: Asked, client: FakeClient, programs: Programs) -> None:
    assert not asked.leaving.may_close()
    assert asked.leaving.question is not None
    QTest.keyClick(asked.leaving.question, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert asked.leaving.question is None
    assert (asked.closed, client.ended) == (0, [])
    programs.take({**TOLD, "clients": 1})
    assert not asked.leaving.may_close()
    assert asked.leaving.question.text() == "1 program is recording here."
    asked.press("Cancel")


# In the window


def test_a_window_with_programs_stays_until_it_is_answered(viewer: Viewer) -> None:
    session: Any = viewer.session
    session.connecting.programs.take(TOLD)
    bar, empty = viewer.window.status, viewer.window.empty
    assert bar._address.text() == "127.0.0.1:4318 · 2 programs"
    assert "127.0.0.1:4318" in empty.programs.accessibleName()
    viewer.window.close()
    assert viewer.window.isVisible()
    question = session.connecting.leaving.question
    next(b for b in question.buttons() if b.text().startswith("Keep")).click()
    QApplication.processEvents()
    assert not viewer.window.isVisible()


def test_a_signal_closes_it_without_a_question(viewer: Viewer) -> None:
    session: Any = viewer.session
    session.connecting.programs.take(TOLD)
    viewer.window.leave()
    assert not viewer.window.isVisible()
    assert session.connecting.leaving.question is None


def test_the_page_is_opened_from_everywhere_and_once(viewer: Viewer) -> None:
    def pages() -> list[QWidget]:
        QApplication.processEvents()
        return [w for w in QApplication.topLevelWidgets()
                if isinstance(w, ProgramsPage) and w.isVisible()]  # fmt: skip

    session: Any = viewer.session
    session.places.config.mkdir(exist_ok=True)
    session.places.token.write_text(f"{TOKEN}\n")
    viewer.window.status.address_pressed.emit()
    viewer.window.empty.programs_wanted.emit()
    viewer.window.menus.actions["programs.show"].trigger()
    [page] = pages()
    assert isinstance(page, ProgramsPage)
    session.connecting.programs.take(TOLD)
    page.copied.click()
    assert clipboard() == TOKEN
    page.close()
    assert pages() == []
    session.connecting.show_page()
    assert len(pages()) == 1
    assert session.connecting.programs.state == Ingest(4318, ("127.0.0.1:4318", "[::1]:4318"), 2)
    session.connecting.programs.take({**TOLD, "clients": 0})
