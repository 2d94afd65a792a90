"""Runs that have ended: told in the window where the system cannot, and only to those who asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.notify import Notifier
from rollscope_desktop.viewmodels.endings import Ending, Endings

WELL = Ending(1, "ok", "run 1 ended well", "2.0 s")
BADLY = Ending(2, "error", "run 2 failed", "1 error")


@pytest.fixture
def heard(light, jobs, tmp_path: Path):
    notices = Notices()
    settings = Settings(tmp_path / "settings.json", notices)
    endings = Endings(jobs)
    parent = QObject()
    notifier = Notifier(light, settings, notices, endings, parent)
    yield settings, endings, notices
    notifier.close()


def test_it_says_nothing_until_it_is_asked_to(heard) -> None:
    settings, endings, notices = heard
    endings.happened.emit((WELL,))
    assert notices.listen() == []
    settings.set_notify(True)
    endings.happened.emit(())
    assert notices.listen() == []


def test_it_speaks_in_the_window_where_the_system_cannot(heard) -> None:
    settings, endings, notices = heard
    settings.set_notify(True)
    endings.happened.emit((WELL, BADLY))
    said = [(notice.sentence, notice.severity) for notice in notices.listen()]
    assert said == [("run 1 ended well: 2.0 s.", "note"), ("run 2 failed: 1 error.", "warning")]


def test_many_at_once_are_counted(heard) -> None:
    settings, endings, notices = heard
    settings.set_notify(True)
    endings.happened.emit((WELL, BADLY) * 2)
    [notice] = notices.listen()
    assert (notice.sentence, notice.severity) == ("4 runs ended: 2 of them failed.", "warning")
