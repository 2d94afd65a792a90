"""Breakpoints as this user keeps them, and as the engine has them: told whenever it is met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model.breakpoints import Breakpoint, kept_breakpoints

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.settings import Settings

Row = tuple[str, Breakpoint]
"""A project, "" for all, and what is set there."""


class Breakpoints(QObject):
    """For the GUI thread. They hold while a window is open: the engine forgets them after it."""

    changed = Signal()
    failed = Signal(str)
    """Why the engine does not take them, as a sentence."""

    def __init__(
        self, client: EngineClient, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._settings = settings
        self.rows = _read(settings.values.breakpoints)
        client.greeted.connect(self._tell)

    def add(self, project: str, each: Breakpoint) -> None:
        """Set one more; the same again is none."""
        if (project, each) not in self.rows:
            self._set((*self.rows, (project, each)))

    def remove(self, row: Row) -> None:
        """Take one away."""
        self._set(tuple(each for each in self.rows if each != row))

    def _set(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self._settings.set_breakpoints(tuple(_text(row) for row in rows))
        self._tell()
        self.changed.emit()

    def _tell(self, hello: object = None) -> None:
        said: dict[str, list[dict[str, Any]]] = {}
        for project, each in self.rows:
            said.setdefault(project, []).append(each.as_json())
        if said or hello is None:
            self._client.request("breakpoints", _taken, self._refused, breakpoints=said)

    def _refused(self, error: Exception) -> None:
        self.failed.emit(str(error))


def _taken(said: object) -> None:
    """The engine has them."""


def _text(row: Row) -> str:
    return orjson.dumps({"project": row[0], **row[1].as_json()}).decode()


def _read(texts: tuple[str, ...]) -> tuple[Row, ...]:
    """The breakpoints of settings; what makes no sense there is left out."""
    rows: list[Row] = []
    for text in texts:
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        project = said.get("project", "") if isinstance(said, dict) else None
        if isinstance(project, str):
            rows += [(project, each) for each in kept_breakpoints({"": [said]}).get("", ())]
    return tuple(rows)
