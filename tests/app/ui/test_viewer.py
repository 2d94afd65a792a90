"""The whole window on a real index: first choice, walking, opening, closing, coming back."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys

import PySide6
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.services.engine_client import Changed, EngineProgress
from rollscope_desktop.services.notices import Notice
from rollscope_desktop.ui import app, picture
from rollscope_desktop.ui.crash import CrashDialog, Crashes
from rollscope_desktop.ui.instance import name_for
from rollscope_desktop.ui.pages.about import AboutPage
from rollscope_desktop.ui.pages.keys import KeysPage
from rollscope_desktop.ui.pages.settings import SettingsPage
from rollscope_desktop.ui.signals import Signals
from rollscope_desktop.ui.single import Single, hand_over
from rollscope_desktop.viewmodels.inspector.model import Tab
from rollscope_desktop.viewmodels.run_watch import State
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.app.ui.conftest import close_viewer, open_viewer


def session_of(viewer):
    return viewer.session


def title_of(session) -> str:
    """The name of the run that the middle of the window shows."""
    crumbs = session.views.crumbs.crumbs()
    return crumbs[0].name if crumbs else ""


def wait_for_tree(qtbot, session) -> None:
    qtbot.waitUntil(
        lambda: session.run.watch.state is State.FULL and session.tree.model.rowCount() > 0
    )
    qtbot.waitUntil(lambda: session.tree.model.line(0) is not None)


def test_the_first_run_is_shown_at_once(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)

    assert session.window.stack.currentWidget() is session.window.desk
    assert session.run_panel.selected() is not None
    assert title_of(session) == "run 1"
    qtbot.waitUntil(lambda: session.inspector.title is not None)
    assert session.inspector_panel.title.whole() == "run  run 1"
    assert not viewer.window.grab().isNull()


def test_walking_from_the_list_into_a_step(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)
    runs = session.run_panel.view
    QTest.keyClick(runs, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: title_of(session) == "run 2")
    QTest.keyClick(runs, Qt.Key.Key_Return)
    wait_for_tree(qtbot, session)
    tree = session.tree.view
    for _ in range(3):
        QTest.keyClick(tree, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: session.inspector.title and session.inspector.title.kind != "run")

    session.inspector_panel.tabs.setCurrentIndex(list(Tab).index(Tab.INPUT))
    page = session.inspector_panel.pages[Tab.INPUT]
    qtbot.waitUntil(lambda: page.tree.isVisible())
    page.tree.setCurrentIndex(page.tree.model().index(0, 0))
    page.tree.copy_python()
    assert QGuiApplication.clipboard().text()


def test_a_run_that_is_chosen_elsewhere_is_marked_in_the_list(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)
    first = session.selection.run
    other = next(
        run
        for row in range(session.runs.rowCount())
        if (run := session.runs.run_id(row)) not in (None, first)
    )
    session.selection.select_run(other)
    assert session.run_panel.selected() == other
    assert session.runs.run_id(session.run_panel.view.currentIndex().row()) == other
    session.selection.back()
    assert session.run_panel.selected() == first
    assert session.selection.can_go_forward()


def test_closing_and_opening_comes_back(places, qapp, qtbot, no_engine) -> None:
    first = open_viewer(places, qapp)
    session = session_of(first)
    wait_for_tree(qtbot, session)
    session.run_panel.view.setCurrentIndex(session.runs.index(session.runs.rowCount() - 1, 0))
    qtbot.waitUntil(lambda: title_of(session) == "run 2")
    wait_for_tree(qtbot, session)
    session.tree.view.setCurrentIndex(session.tree.model.index(2, 0))
    span = session.selection.span
    first.window.resize(790, 600)
    close_viewer(first)

    second = open_viewer(places, qapp)
    session = session_of(second)
    wait_for_tree(qtbot, session)
    qtbot.waitUntil(lambda: session.tree.selected() == span)
    assert title_of(session) == "run 2"
    assert second.window.size().toTuple() == (790, 600)
    close_viewer(second)


def test_the_empty_window_offers_what_one_can_do(viewer, qtbot) -> None:
    window = viewer.window
    window.show_empty(True)
    session = session_of(viewer)
    asked: list[list[str]] = []
    session.open_paths = asked.append
    window.empty.show_recent(["/logs/one", "/logs/<b>two</b> & more"])

    assert window.empty.isVisible()
    window.empty.demo.click()
    window.empty._before.itemAt(1).widget().click()

    assert [path[0].rsplit("/", 1)[-1] for path in asked] == ["demo", "one"]
    assert not window.grab().isNull()


def test_keys_go_to_the_runs_when_the_first_has_come(viewer, qtbot) -> None:
    """And not into the filter, which would take the next letter for a question."""
    window, session = viewer.window, session_of(viewer)
    wait_for_tree(qtbot, session)
    window.show_empty(True)
    window.activateWindow()
    window.empty.folder.setFocus()
    window.show_empty(False)
    assert QApplication.focusWidget() is session.run_panel.view


def test_what_is_dropped_is_opened(viewer, tmp_path, qtbot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    how = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(viewer.window, QDragEnterEvent(QPoint(5, 5), copy, *how))

    with qtbot.waitSignal(viewer.window.drops.dropped) as dropped:
        QApplication.sendEvent(viewer.window, QDropEvent(QPointF(5, 5), copy, *how))

    assert dropped.args == [[str(tmp_path)]]
    assert viewer.settings.values.recent == (str(tmp_path),)


def test_notices_are_shown_once_and_can_be_closed(viewer) -> None:
    bar = viewer.window.notices
    viewer.notices.say("The engine stopped.", "error", topic="engine", details="more")
    viewer.notices.say("It is back.", "note", topic="engine")
    assert [notice.sentence for notice in bar.shown()][:1] == ["It is back."]
    for n in range(5):
        bar.show_notice(Notice(f"number {n}"))
    assert len(bar.shown()) == 3
    bar._lines[0].button.click()
    assert len(bar.shown()) == 2


def test_progress_counts_and_problems_stand_in_the_status_bar(viewer, qtbot) -> None:
    bar = viewer.window.status
    session = session_of(viewer)
    session._show_progress(EngineProgress(1, 1 << 40, 1 << 41, 5, 10, "", "reading"))
    assert bar._task.text() == "Reading  5 of 10 files"
    assert bar._bar.value() == 500
    session._show_progress(EngineProgress(1, 0, 0, 0, 0, "", "ready"))
    assert bar._bar.isHidden()
    bar.show_counts(1024, 1_000_000)
    bar.show_flow(1234, 12_000_000)
    assert (bar._counts.text(), bar._flow.text().strip()) == ("1,024 runs · 1.0 M spans",
                                                      "1.2 k/s · lag 12.0 ms")  # fmt: skip
    bar.show_problems(2)
    assert bar._problems.text() == "2 problems"
    bar._problems.click()
    assert session.problems_panel.isVisible()  # with no run to show as well
    bar._stale.stop()


@pytest.mark.parametrize(("problems", "told"), [(0, "There is no log in"), (2, "Nothing of")])
def test_a_folder_without_a_log_leads_back(viewer, problems: int, told: str) -> None:
    session = session_of(viewer)
    said: list[str] = []
    viewer.notices.said.connect(lambda notice: said.append(notice.sentence))
    session._opening, session._asked = True, ["/logs/empty"]
    session.runs.state = ListState.EMPTY
    session._choose_stack()
    assert viewer.window.stack.currentWidget() is viewer.window.desk

    counts = {"runs": 0, "spans": 0, "problems": problems}
    session._see_idle({**counts, "idle": False, "state": "ready"})
    session._see_idle({**counts, "idle": True, "state": "listing"})
    assert not said
    session._see_idle({**counts, "idle": True, "state": "ready"})
    session._see_idle({**counts, "idle": True, "state": "ready"})

    assert viewer.window.stack.currentWidget() is viewer.window.empty
    [sentence] = said
    assert sentence.startswith(f"{told} empty")


def test_a_log_that_was_read_anew_is_shown_anew(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)

    session._change(Changed((), True, 0))

    assert session.run.watch.state is State.LOADING
    wait_for_tree(qtbot, session)
    assert title_of(session) == "run 1"


def test_dialogs(viewer, qtbot) -> None:
    for dialog in (
        SettingsPage(viewer.look, viewer.settings, viewer.places, viewer.window),
        KeysPage(viewer.look, viewer.window),
        AboutPage(viewer.look, viewer.window),
    ):
        dialog.show()
        assert not dialog.grab().isNull()
        dialog.close()
    viewer.settings.set_theme("dark")
    viewer.settings.set_compact(True)
    assert viewer.look.theme.dark
    assert viewer.look.compact


def test_titles_of_views_give_way_to_tools(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)
    views = session.views
    holder = QWidget()
    qtbot.addWidget(holder)
    views.setParent(holder)
    holder.show()
    views.show()
    beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon

    def titled(width: int) -> list[str]:
        views.resize(width, 600)
        QApplication.processEvents()
        for widget in [*views._buttons.values(), *views.view.tools()]:
            if not widget.isHidden():
                assert widget.width() >= widget.sizeHint().width()
        return [key for key, one in views._buttons.items() if one.toolButtonStyle() == beside]

    assert titled(900) == ["tree", "timeline", "list", "conversation", "compare"]
    assert titled(400) == ["tree"]
    assert titled(900) == ["tree", "timeline", "list", "conversation", "compare"]


def test_small_windows_keep_every_column(viewer, qtbot) -> None:
    wait_for_tree(qtbot, session_of(viewer))
    viewer.window.resize(1000, 700)
    QApplication.processEvents()
    left, middle, right = viewer.window.columns.sizes()
    assert left >= 200
    assert middle >= 400
    assert right >= 260
    viewer.window.resize(1400, 900)
    QApplication.processEvents()
    assert viewer.window.columns.sizes()[::2] == [320, 400]


def test_a_second_start_hands_its_paths_over(qapp, qtbot, tmp_path) -> None:
    name = name_for(tmp_path)
    assert not hand_over(name, ["/nobody/listens"])
    single = Single(name)
    heard: list[tuple[str, ...]] = []
    single.asked.connect(heard.append)
    asked = subprocess.Popen(
        [sys.executable, "-c", "import sys; from rollscope_desktop.ui.single import hand_over;"
         f"sys.exit(0 if hand_over({name!r}, ['/a folder', '/b']) else 1)"],
    )  # fmt: skip
    qtbot.waitUntil(lambda: asked.poll() is not None, timeout=10_000)
    single.close()

    assert asked.returncode == 0
    assert heard == [("/a folder", "/b")]


def test_what_nobody_expected_is_shown_and_the_viewer_goes_on(qapp, qtbot, expected_log) -> None:
    expected_log("unexpected: ")
    before = sys.excepthook
    crashes = Crashes()
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    [dialog] = [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog)]
    dialog.copy()
    dialog.close()
    crashes.restore()

    assert "ZeroDivisionError: by zero" in QGuiApplication.clipboard().text()
    assert sys.excepthook is before


def test_signals_close_the_viewer(qapp, qtbot) -> None:
    heard: list[int] = []
    before = signal.getsignal(signal.SIGTERM)
    signals = Signals(lambda: heard.append(1))
    signal.raise_signal(signal.SIGTERM)
    qtbot.waitUntil(lambda: heard == [1])
    signals.restore()

    assert signal.getsignal(signal.SIGTERM) is before


def test_the_bad_pair_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(PySide6, "__version_info__", (6, 12, 0, "", ""))
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    with pytest.raises(SystemExit, match=r"PySide6-Essentials<6\.12"):
        app._refuse_bad_pair()


@pytest.mark.parametrize("view", picture.VIEWS)
def test_pictures(places, qapp, tmp_path, view: str) -> None:
    file = tmp_path / "picture.png"
    picture.picture(places, 2, view, file, (900, 400), "dark", 2)
    gc.disable()

    image = QImage(str(file))
    assert (image.width(), image.height()) == (1800, 800)
    colours = {image.pixel(x, y) for x in range(0, 1800, 3) for y in range(0, 800, 3)}
    assert len(colours) > 20


def test_a_picture_as_a_drawing(places, qapp, tmp_path) -> None:
    file = tmp_path / "picture.svg"
    picture.picture(places, 2, "timeline", file, (900, 400))
    gc.disable()
    said = file.read_text()
    assert 'viewBox="0 0 900 400"' in said
    assert ">assistant<" in said


def test_a_picture_of_nothing_says_so(places, qapp, tmp_path) -> None:
    with pytest.raises(picture.NotDrawn, match="no longer in the index"):
        picture.picture(places, 99, "tree", tmp_path / "x.png", (400, 300))
    with pytest.raises(picture.NotDrawn, match="A picture is a"):
        picture.picture(places, 2, "tree", tmp_path / "x.gif", (400, 300))
    gc.disable()


def test_an_index_that_is_not_there_yet(viewer) -> None:
    session = session_of(viewer)
    session.runs.state = ListState.LOADING
    session._choose_stack()
    assert viewer.window.stack.currentWidget() is viewer.window.desk  # it is being read
    session.places.index.unlink()
    session._choose_stack()
    assert viewer.window.stack.currentWidget() is viewer.window.empty


class _Layouts(QObject):
    """Counts how often a widget is asked to lay itself out."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_a_window_at_rest_does_nothing(viewer, qtbot) -> None:
    session = session_of(viewer)
    wait_for_tree(qtbot, session)
    for width in (1400, 800):
        viewer.window.resize(width, 600)
        viewer.window.grab()
        for _ in range(20):
            QApplication.processEvents()
        layouts = [_Layouts(part) for part in viewer.window.findChildren(QWidget)]
        for _ in range(50):
            QApplication.processEvents()
        assert [each.parent() for each in layouts if each.count > 1] == []
