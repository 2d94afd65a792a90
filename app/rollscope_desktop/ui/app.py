"""Starts the viewer: reads as a table of contents, and everything it names is made here once.

The order matters: the second start of a viewer ends before it costs anything; the window is on the
screen before anything heavy is imported or asked; the engine is looked for only then.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from rollscope import __version__
from rollscope_desktop import platform
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.crash import Crashes
from rollscope_desktop.ui.garbage import Garbage
from rollscope_desktop.ui.instance import may_listen, name_for
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.window import Window


@dataclass(slots=True)
class Viewer:
    """Everything of a running viewer; what is made after the first paint joins then."""

    app: QApplication
    places: platform.Places
    garbage: Garbage
    crashes: Crashes
    notices: Notices
    settings: Settings
    look: Look
    window: Window
    session: object | None = None
    single: object | None = None
    signals: object | None = None


def main(paths: Sequence[str] = (), new_instance: bool = False) -> int:
    """Show the viewer, open the paths and stay until it is closed; the exit code."""
    _refuse_bad_pair()
    app = build_application()
    places = platform.places()
    if not new_instance and _handed_over(places, paths):
        return 0
    viewer = build(app, places)
    viewer.window.when_painted(lambda: go_on(viewer, paths, new_instance))
    viewer.window.show()
    try:
        return app.exec()
    finally:
        close(viewer)


def build_application() -> QApplication:
    """Qt's own part, in the one style that all colours are made for."""
    app = QApplication.instance()
    if app is None:
        QApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(["rollscope"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Rollscope")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("rollscope")
    app.setStyle("Fusion")
    return app


def build(app: QApplication, places: platform.Places) -> Viewer:
    """What the first paint needs, and no more: hooks, settings, theme, window."""
    garbage = Garbage(app)
    crashes = Crashes()
    notices = Notices()
    settings = Settings(places.config / "settings.json", notices)
    look = Look(settings.theme, settings.values.compact, settings.values.still)
    window = Window(look, settings, notices)
    crashes.parent = window
    app.setWindowIcon(look.icon("logo", "accent"))
    return Viewer(app, places, garbage, crashes, notices, settings, look, window)


def go_on(viewer: Viewer, paths: Sequence[str], new_instance: bool) -> None:
    """The window is on the screen: signals, panels, engine, later starts; then open the paths."""
    from rollscope_desktop.ui.session import Session
    from rollscope_desktop.ui.signals import Signals

    viewer.signals = Signals(viewer.window.leave, viewer.app)
    session = Session(viewer.window, viewer.look, viewer.settings, viewer.notices, viewer.places)
    viewer.session = session
    if not new_instance:
        from rollscope_desktop.ui.single import Single

        viewer.single = Single(name_for(viewer.places.data), viewer.app)
        viewer.single.asked.connect(session.take_over)
    session.start(paths)
    viewer.garbage.settle()


def close(viewer: Viewer) -> None:
    """Undo what reaches beyond the window, in the opposite order."""
    for part in (viewer.single, viewer.session):
        if part is not None:
            part.close()  # type: ignore[attr-defined]
    if viewer.signals is not None:
        viewer.signals.restore()  # type: ignore[attr-defined]
    viewer.crashes.restore()
    viewer.garbage.stop()


def _handed_over(places: platform.Places, paths: Sequence[str]) -> bool:
    name = name_for(places.data)
    if not may_listen(name):
        return False
    from rollscope_desktop.ui.single import hand_over  # late: the first start goes without it

    return hand_over(name, paths)


def _refuse_bad_pair() -> None:
    """PySide6 6.12.0 on CPython 3.11 aborts the process after some ten thousand paint calls."""
    # WORKAROUND PYSIDE-none_dealloc: pinned in pyproject.toml; an environment may still have it.
    if sys.version_info < (3, 12) and PySide6.__version_info__[:2] == (6, 12):
        raise SystemExit(
            f"PySide6 {PySide6.__version__} aborts on Python {sys.version.split()[0]}. "
            'Install another: pip install "PySide6-Essentials<6.12"'
        )
