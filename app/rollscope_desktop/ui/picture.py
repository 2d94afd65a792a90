"""A view of a run as a picture, without a window: the same widgets, drawn into an image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QEventLoop, QSize, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.garbage import Garbage
from rollscope_desktop.ui.inspector import InspectorPanel
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.run_panel import RunPanel
from rollscope_desktop.ui.span_panel import SpanPanel
from rollscope_desktop.viewmodels.inspector import Inspector
from rollscope_desktop.viewmodels.runs import ListState, RunListModel
from rollscope_desktop.viewmodels.spans import SpanTreeModel, State

VIEWS = ("tree", "runs", "inspector", "window")
_CALM, _PATIENCE = 0.25, 20.0
"""Seconds without news after which a view is complete; seconds after which it is taken as it is."""


class NotDrawn(Exception):
    """The view could not be read; the text is a sentence."""


def picture(
    index: Path, run: int, view: str, size: tuple[int, int], theme: str = "light", scale: float = 1
) -> QImage:
    """The view ("tree", "runs", "inspector", "window") of a run. Raises NotDrawn."""
    app = QApplication.instance()
    if app is None:
        # Icons and text are made for this scale from the start, so that nothing is blown up.
        os.environ["QT_SCALE_FACTOR"] = str(scale)
        app = QApplication(["rollscope"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    garbage = Garbage()
    notices = Notices()
    jobs = Jobs(index, notices)
    look = Look(theme)
    try:
        drawn = _Views(look, jobs, run)
        return drawn.draw(view, QSize(*size), scale)
    finally:
        jobs.close()
        garbage.stop()


class _Views:
    """The panels of one run, each made when it is asked for."""

    def __init__(self, look: Look, jobs: Jobs, run: int) -> None:
        self._look, self._jobs, self._run = look, jobs, run
        self._news = monotonic()
        self._ready: list[Callable[[], bool]] = []
        self._failures: list[Callable[[], str]] = []
        self._keep: list[object] = []

    def draw(self, view: str, size: QSize, scale: float) -> QImage:
        """The picture of a view."""
        make = {"tree": self._tree, "runs": self._runs, "inspector": self._inspector,
                "window": self._window}[view]  # fmt: skip
        widget = make()
        widget.resize(size)
        image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(scale)
        # Never shown. Drawing it once lays it out, and so asks for the rows that are to be seen.
        for _ in range(2):
            image.fill(self._look.theme.panel)
            widget.render(image)
            self._wait()
        image.fill(self._look.theme.panel)
        widget.render(image)
        return image

    def _tree(self) -> QWidget:
        model = SpanTreeModel(self._jobs)
        panel = SpanPanel(self._look, model)
        self._listen(model)
        self._ready.append(lambda: model.state in (State.FULL, State.FAILED))
        self._failures.append(lambda: model.failure)
        model.show_run(self._run)
        return panel

    def _runs(self) -> QWidget:
        model = RunListModel(self._jobs)
        panel = RunPanel(self._look, model)
        self._listen(model)
        self._ready.append(
            lambda: model.state is not ListState.LOADING and panel.select_run(self._run)
        )
        self._failures.append(lambda: model.failure)
        model.reload()
        return panel

    def _inspector(self) -> QWidget:
        model = Inspector(self._jobs)
        panel = InspectorPanel(self._look, model)
        self._keep.append(model)
        model.part_changed.connect(lambda tab: self._hear())
        self._ready.append(lambda: model.subject is not None or bool(model.failure))
        self._failures.append(lambda: model.failure)
        model.show_subject(self._run)
        return panel

    def _window(self) -> QWidget:
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setHandleWidth(1)
        for make, stretch in ((self._runs, 0), (self._tree, 1), (self._inspector, 0)):
            panel = make()
            panel.setMinimumWidth(200)
            columns.addWidget(panel)
            columns.setStretchFactor(columns.count() - 1, stretch)
        columns.setSizes([230, 460, 310])
        return columns

    def _listen(self, model: RunListModel | SpanTreeModel) -> None:
        self._keep.append(model)
        model.dataChanged.connect(lambda *what: self._hear())
        model.state_changed.connect(self._hear)

    def _hear(self) -> None:
        self._news = monotonic()

    def _wait(self) -> None:
        """Until everything is there, and nothing has come for a moment."""
        loop = QEventLoop()
        look = QTimer()
        look.setInterval(20)
        began = self._news = monotonic()

        def check() -> None:
            now = monotonic()
            calm = now - self._news > _CALM and all(ready() for ready in self._ready)
            if calm or now - began > _PATIENCE:
                loop.quit()

        look.timeout.connect(check)
        look.start()
        loop.exec()
        look.stop()
        failure = next((said for ask in self._failures if (said := ask())), "")
        if failure:
            raise NotDrawn(failure)
