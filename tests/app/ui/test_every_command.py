"""Every command of the table, given in a real window: each does what its title says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.ui.app import Viewer
from rollscope_desktop.ui.breakpoints.page import BreakpointsPage
from rollscope_desktop.ui.commands.table import COMMANDS
from rollscope_desktop.ui.pages.difference import DiffWindow
from rollscope_desktop.ui.pages.programs import ProgramsPage
from rollscope_desktop.ui.pages.rules import RulesPage
from rollscope_desktop.ui.try_call.dialog import TryDialog
from rollscope_desktop.viewmodels.playhead import SPEEDS
from tests.app.ui.demo_window import FAILED, demo_window, index_demo, open_run

Session = Any
OPENED = "/somewhere/chosen"


@pytest.fixture
def viewer(tmp_path: Path, qapp: QApplication, no_engine, monkeypatch, qtbot) -> Iterator[Viewer]:
    """A window on a run with errors."""
    for name, answer in (
        ("getExistingDirectory", OPENED),
        ("getOpenFileNames", ([OPENED], "")),
        ("getSaveFileName", (str(tmp_path / "picture.png"), "")),
    ):
        monkeypatch.setattr(QFileDialog, name, lambda *_, answer=answer, **__: answer)
    with demo_window(index_demo(tmp_path / "indexed"), tmp_path, qapp) as made:
        open_run(made, qtbot, FAILED)
        session: Session = made.session
        session.shot = tmp_path / "picture.png"
        monkeypatch.setattr(session, "open_paths", lambda paths: session.asked.append(paths))
        session.notices.said.connect(lambda notice: session.said.append(notice))
        yield made


def begin(viewer: Viewer, qtbot) -> None:
    """As if nothing had been done yet: a model call is selected, the focus is in the tree."""
    session: Session = viewer.session
    for dialog in QApplication.topLevelWidgets():
        if dialog is not viewer.window and dialog.isVisible():
            dialog.close()
    QApplication.processEvents()
    session.asked, session.said = [], []
    session.shot.unlink(missing_ok=True)
    viewer.window.show()
    if session.handlers.palette.isVisible():
        session.handlers.palette.leave()
    session.run.playhead.pause()
    session.run.playhead.set(None)
    session.run.scope.set_filter("")
    session.run.scope.leave_run()
    structure = session.run.watch.outline.structure
    for index in (1, 3, 2):
        session.selection.select_span(structure.id_of(index))
    session.selection.select_span(a_step(session, "llm"))
    session.tree.expand_to(2)
    session.views.open("tree").take_focus()
    viewer.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is viewer.window)
    qtbot.waitUntil(lambda: session.inspector.subject is not None)
    QGuiApplication.clipboard().setText("before")


def give(viewer: Viewer, id: str) -> None:
    """Give a command, as a menu does; it must be one that can be given."""
    action = viewer.window.menus.actions[id]
    assert action.isEnabled(), f"{id} cannot be given"
    action.trigger()
    QApplication.processEvents()


def focus_inside(name: str) -> Callable[[Session], bool]:
    def look(session: Session) -> bool:
        focus = QApplication.focusWidget()
        part = getattr(session, name)
        return focus is not None and (focus is part or part.isAncestorOf(focus))

    return look


def modal(session: Session) -> str:
    widget = QApplication.activeModalWidget()
    return "" if widget is None else widget.windowTitle()


def clipboard(session: Session) -> str:
    return QGuiApplication.clipboard().text()


def opened(session: Session) -> list[str]:
    return [path for paths in session.asked for path in paths]


LOOKS: dict[str, Callable[[Session], object]] = {
    "open": opened,
    "programs": lambda s: any(isinstance(w, ProgramsPage) for w in QApplication.topLevelWidgets()),
    "picture": lambda s: s.shot.exists(),
    "rules": lambda s: any(isinstance(w, RulesPage) for w in QApplication.topLevelWidgets()),
    "app.settings": modal,
    "app.quit": lambda s: s.window.isVisible(),
    "filter": lambda s: s.run.scope.scope.filter,
    "find.here": focus_inside("filter_bar"),
    "view.filter": focus_inside("filter_bar"),
    "view.runs": focus_inside("run_panel"),
    "view.inspector": focus_inside("inspector_panel"),
    "view.problems": lambda s: s.problems_panel.isVisible(),
    "view.theme": lambda s: s.settings.theme,
    "view": lambda s: s.views.key,
    "reveal": lambda s: s.views.key,
    "span.copy": clipboard,
    "link.follow": lambda s: len(s.said),
    "copy": clipboard,
    "span.diff": lambda s: [w for w in QApplication.topLevelWidgets() if isinstance(w, DiffWindow)],
    "palette": lambda s: s.handlers.palette.isVisible(),
    "tree.error": lambda s: s.selection.span,
    "tree": lambda s: s.tree.model.rowCount(),
    "timeline.critical": lambda s: s.timeline.model.shows_path,
    "timeline.gaps": lambda s: s.timeline.model.folds,
    "timeline.clock": lambda s: s.timeline.canvas.wall,
    "timeline.tokens": lambda s: s.timeline.model.shows_tokens,
    "timeline.colour": lambda s: s.timeline.model.mode,
    "list": lambda s: s.list.model.everything,
    "span": lambda s: s.selection.span,
    "select": lambda s: (s.selection.run, s.selection.span),
    "zoom": lambda s: s.run.scope.scope.zoom,
    "scope": lambda s: s.run.scope.scope,
    "fork": lambda s: s.forking.dialog is not None and s.forking.dialog.isVisible(),
    "play.toggle": lambda s: s.run.playhead.playing,
    "play.speed": lambda s: s.run.playhead.speed,
    "play": lambda s: s.run.playhead.at,
    "run.pin": lambda s: s.run_panel.are_pinned(),
    "run.copy": clipboard,
    "run.trash": lambda s: len(s.said),
    "run.group": lambda s: s.runs.choice.group,
    "run.order": lambda s: s.runs.choice.order,
    "help": modal,
    "call": lambda s: any(isinstance(w, TryDialog) for w in QApplication.topLevelWidgets()),
    "breakpoints": lambda s: any(
        isinstance(w, BreakpointsPage) for w in QApplication.topLevelWidgets()
    ),
}
"""What is to be another after a command than before: by its id, or the longest beginning of it."""


def to_another_theme(s: Session, id: str) -> None:
    s.settings.set_theme("dark" if id.endswith(("light", "system")) else "light")


def open_timeline(s: Session, id: str) -> None:
    s.views.open("timeline")
    if id == "timeline.colour.kind":
        s.timeline.set_colour_by("status")


def go_back_first(s: Session, id: str) -> None:
    s.selection.back()


def narrow(s: Session, id: str) -> None:
    s.run.scope.set_filter("kind:llm")
    if id == "scope.forward":
        s.run.scope.back()


def leave_view(s: Session, id: str) -> None:
    s.views.open("list" if id.endswith("tree") else "tree")


def choose_other(s: Session, id: str) -> None:
    s.runs.set_group("none" if id != "run.group.none" else "day")
    s.runs.set_order("name" if id != "run.order.name" else "newest")


def middle(s: Session, id: str) -> None:
    s.run.playhead.set(s.run.watch.axis.length // 2)


def other_speed(s: Session, id: str) -> None:
    s.run.playhead.set_speed(len(SPEEDS) if not id.endswith(str(len(SPEEDS))) else 1)


def open_value(s: Session, id: str) -> None:
    from rollscope_desktop.viewmodels.inspector.model import Tab

    s.inspector_panel.tabs.setCurrentIndex(list(Tab).index(Tab.INPUT))


FIRST: dict[str, Callable[[Session, str], None]] = {
    "filter.agent": lambda s, id: s.selection.select_span(a_step(s, "agent")),
    "view.theme": to_another_theme,
    "view.tree": leave_view,
    "reveal.tree": leave_view,
    "timeline": open_timeline,
    "select.forward": go_back_first,
    "scope": narrow,
    "zoom.run": lambda s, id: s.run.scope.set_zoom((1, 1000)),
    "tree.collapse": lambda s, id: s.tree.expand_all(),
    "tree.expand": lambda s, id: s.tree.collapse_all(),
    "tree.level": lambda s, id: s.tree.expand_to(1 if not id.endswith("1") else 3),
    "play.speed": other_speed,
    "play.toggle": middle,
    "play.error.back": lambda s, id: s.run.playhead.set(s.run.watch.axis.length - 1),
    "play": middle,
    "run.group": choose_other,
    "run.order": choose_other,
    "copy.value": open_value,
    "copy.path": open_value,
}
"""What is to be done before, so that the command makes a difference."""

UNAVAILABLE = (
    "view.follow", "conversation.session", "view.held", "live.pause", "live.continue", "view.asked",
    *(c.id for c in COMMANDS if c.id.startswith(("compare.", "runs.compare"))),
)  # fmt: skip
"""They need a live run, a program that listens, a session of several runs, a held call, a
comparison; all have tests of their own."""


def longest(table: dict[str, Any], id: str) -> Any:
    """The entry for an id, or for the longest beginning of it."""
    parts = id.split(".")
    keys = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((table[key] for key in keys if key in table), None)


def test_each_command_does_what_it_says(viewer: Viewer, qtbot) -> None:
    session: Session = viewer.session
    failures = []
    for command in COMMANDS:
        if command.id in UNAVAILABLE or command.id == "open.recent":
            continue
        begin(viewer, qtbot)
        try:
            try_out(viewer, session, command.id, qtbot)
        except (AssertionError, qtbot.TimeoutError) as error:
            failures.append(f"{command.id}: {str(error).splitlines()[0]}")
    begin(viewer, qtbot)
    assert failures == []


def try_out(viewer: Viewer, session: Session, id: str, qtbot) -> None:
    """Give a command; something must be another than before."""
    first = longest(FIRST, id)
    if first is not None:
        first(session, id)
        QApplication.processEvents()
    if id in ("copy.value", "copy.path"):
        qtbot.waitUntil(lambda: session.inspector_panel.value_view() is not None)
        view = session.inspector_panel.value_view()
        view.setCurrentIndex(view.model().index(0, 0))
    session.handlers.enable()
    look = longest(LOOKS, id)
    before = look(session)
    give(viewer, id)
    qtbot.waitUntil(lambda: look(session) != before, timeout=3_000)


def a_step(session: Session, kind: str) -> int:
    """The id of the first step of a kind that says its agent, if any does, in the open run."""
    reader = open_reader(session.places.index)
    rows = [row for some in query_run_spans(reader, session.selection.run) for row in some]
    reader.close()
    fit = [row for row in rows if row.kind == kind]
    return next((row.id for row in fit if row.agent), fit[0].id)


def test_what_cannot_be_given_is_off(viewer: Viewer) -> None:
    menus = viewer.window.menus
    assert not menus.actions["view.follow"].isEnabled()
    session: Session = viewer.session
    session.run.show(None)
    session.handlers.enable()
    for id in ("span.next", "copy.json", "timeline.critical", "play.toggle"):
        assert not menus.actions[id].isEnabled(), id
    assert menus.actions["open.folder"].isEnabled()
