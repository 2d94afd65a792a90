"""A view of a run as a picture, without a window on the screen: the real one, drawn into a file."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.platform import Places
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui import picture_file
from rollscope_desktop.ui.garbage import Garbage
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.session import VIEWS as OF_RUN
from rollscope_desktop.ui.session import Session
from rollscope_desktop.ui.window import Window
from rollscope_desktop.viewmodels.run_watch import State
from rollscope_desktop.viewmodels.runs.model import ListState

_OF_ONE = tuple(choice.key for choice in OF_RUN if choice.key != "compare")
VIEWS = (*_OF_ONE, "runs", "inspector", "window")
_CALM, _PATIENCE = 0.25, 20.0
"""Seconds without news after which a view is complete; seconds after which it is taken as it is."""


class NotDrawn(Exception):
    """The view could not be read or written; the text is a sentence."""


def picture(
    places: Places,
    run: int,
    view: str,
    path: Path,
    size: tuple[int, int],
    theme: str = "light",
    scale: float = 1,
) -> None:
    """Write a view (one of ``VIEWS``) of a run to a PNG or SVG file. Raises NotDrawn."""
    app = QApplication.instance()
    if app is None:
        # Icons and text are made for this scale from the start, so that nothing is blown up.
        os.environ["QT_SCALE_FACTOR"] = str(scale)
        app = QApplication(["rollscope"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    garbage = Garbage()
    with tempfile.TemporaryDirectory(prefix="rollscope-picture-") as folder:
        notices = Notices()
        look = Look(theme)
        # Nothing that the person has chosen for the window, and nothing of this is remembered.
        settings = Settings(Path(folder, "settings.json"), notices)
        window = Window(look, settings, notices)
        session = Session(window, look, settings, notices, replace(places, config=Path(folder)))
        widget = _arranged(session, view, QSize(*size))
        try:
            _wait(session, run)
            picture_file.write(widget, look.theme, path, scale)
        except picture_file.NotWritten as error:
            raise NotDrawn(str(error)) from error
        finally:
            session.close()
            for gone in (widget, window):
                gone.close()
                gone.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            garbage.stop()


def _arranged(session: Session, view: str, size: QSize) -> QWidget:
    """The widget that shows a view, as large as it is wanted, never on the screen."""
    window = session.window
    window.menuBar().hide()
    window.status.hide()
    window.show_empty(False)
    if view not in ("runs", "inspector", "window"):
        session.views.open(view)
    widget = {"runs": session.run_panel, "inspector": session.inspector_panel,
              "window": window}.get(view, session.views)  # fmt: skip
    widget.setParent(None)
    # Views do their work while they are visible, and this one is, as far as they can tell.
    widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    widget.setMinimumSize(0, 0)
    widget.resize(size)
    widget.show()
    return widget


def _wait(session: Session, run: int) -> None:
    """Until everything is there, and nothing has come for a moment. Raises NotDrawn."""
    watch, runs, views = session.run.watch, session.runs, session.views
    news = [monotonic()]

    def hear(*what: object) -> None:
        news[0] = monotonic()

    for signal in (
        watch.opened, session.run.details.arrived, session.run.marks.changed, runs.dataChanged,
        runs.state_changed, session.inspector.part_changed,
    ):  # fmt: skip
        signal.connect(hear)
    if views.view is not None:
        views.view.busy.connect(hear)
    session.jobs.warm_up()
    runs.reload()
    session.selection.select_run(run)

    def ready() -> bool:
        view = views.view
        shown = not views.isVisible() or view is None or not watch.outline or view.is_ready()
        listed = runs.state is not ListState.LOADING and session.run_panel.select_run(run)
        told = session.inspector.subject is not None or bool(session.inspector.failure)
        return watch.whole and shown and listed and told

    loop = QEventLoop()
    look = QTimer(interval=20)
    began = news[0] = monotonic()

    def check() -> None:
        now = monotonic()
        failed = watch.state is State.FAILED or runs.state is ListState.FAILED
        if failed or now - began > _PATIENCE or (now - news[0] > _CALM and ready()):
            loop.quit()

    look.timeout.connect(check)
    look.start()
    loop.exec()
    look.stop()
    if failure := watch.failure or runs.failure:
        raise NotDrawn(failure)
