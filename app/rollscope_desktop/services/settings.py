"""What the user has set and what the window remembers: a small file that may be lost."""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from rollscope_desktop import platform

if TYPE_CHECKING:
    from rollscope_desktop.services.notices import Notices

THEMES = ("light", "dark", "system")
RECENT = 12
USED = 20


@dataclass(frozen=True, slots=True)
class Values:
    """All settings, with their defaults. ``layout`` holds what Qt's saveState and the like gave.

    ``still``: nothing moves by itself, whatever the system says. ``pinned`` are keys of runs.
    ``used`` are the commands that were last given in the palette, the newest first.
    """

    theme: str = "system"
    compact: bool = False
    still: bool = False
    order: str = "newest"
    group: str = "day"
    run_columns: tuple[str, ...] = ("started", "duration", "tokens", "cost", "reward")
    pinned: tuple[str, ...] = ()
    fold_gaps: bool = True
    notify: bool = False
    recent: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    breakpoints: tuple[str, ...] = ()
    layout: tuple[tuple[str, bytes], ...] = ()


REMEMBERED = ("pinned", "recent", "used", "filters", "breakpoints", "layout")
"""Values that nobody has chosen: going back to the defaults leaves them as they are."""
_MOST = {"recent": RECENT, "used": USED, "filters": USED}


class Settings(QObject):
    """The settings of one user, saved at once when they change."""

    changed = Signal(str)
    """The name of the value that has changed."""

    def __init__(self, path: Path, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._notices = notices
        self._values = self._read()

    @property
    def values(self) -> Values:
        """Everything as it is now."""
        return self._values

    @property
    def theme(self) -> str:
        """light, dark or system; the environment wins over the file."""
        wanted = os.environ.get("ROLLSCOPE_THEME", "").lower()
        return wanted if wanted in THEMES else self._values.theme

    def set_theme(self, theme: str) -> None:
        """Choose a theme."""
        if theme in THEMES:
            self._set("theme", theme)

    def set_compact(self, compact: bool) -> None:
        """Choose row heights."""
        self._set("compact", compact)

    def set_still(self, still: bool) -> None:
        """Choose whether everything keeps still, or moves where the system allows it."""
        self._set("still", still)

    def set_order(self, order: str) -> None:
        """Choose how the run list is ordered."""
        self._set("order", order)

    def set_group(self, group: str) -> None:
        """Choose what the run list is grouped by."""
        self._set("group", group)

    def set_run_columns(self, columns: tuple[str, ...]) -> None:
        """Choose the figures that the run list shows, in this order."""
        self._set("run_columns", columns)

    def set_pinned(self, keys: tuple[str, ...]) -> None:
        """Keep the runs with these keys on top of the list."""
        self._set("pinned", keys)

    def set_fold_gaps(self, fold: bool) -> None:
        """Choose whether the timeline of a run is opened with its idle gaps folded."""
        self._set("fold_gaps", fold)

    def set_notify(self, notify: bool) -> None:
        """Choose whether the system tells of a live run that has ended."""
        self._set("notify", notify)

    def reset(self) -> None:
        """Go back to the defaults of everything that can be chosen."""
        for each in fields(Values):
            if each.name not in REMEMBERED:
                self._set(each.name, each.default)

    def add_recent(self, folder: str) -> None:
        """Put a folder at the head of the recent ones."""
        rest = [known for known in self._values.recent if known != folder]
        self._set("recent", tuple([folder, *rest][:RECENT]))

    def forget_recent(self, folder: str | None = None) -> None:
        """Take a folder off the list of recent ones, or all."""
        rest = tuple(known for known in self._values.recent if folder not in (None, known))
        self._set("recent", rest)

    def add_used(self, command: str) -> None:
        """Put a command at the head of those that were given last."""
        rest = [known for known in self._values.used if known != command]
        self._set("used", tuple([command, *rest][:USED]))

    def add_filter(self, filter: str) -> None:
        """Put a filter at the head of those that were used last."""
        rest = [known for known in self._values.filters if known != filter]
        self._set("filters", tuple([filter, *rest][:USED]))

    def set_breakpoints(self, breakpoints: tuple[str, ...]) -> None:
        """Keep where programs are to wait, each as JSON."""
        self._set("breakpoints", breakpoints)

    def layout(self, name: str) -> bytes:
        """What was remembered under this name, or nothing."""
        return dict(self._values.layout).get(name, b"")

    def set_layout(self, name: str, data: bytes) -> None:
        """Remember the layout of a part of the window."""
        self._set("layout", tuple({**dict(self._values.layout), name: bytes(data)}.items()))

    def _set(self, name: str, value: object) -> None:
        if getattr(self._values, name) == value:
            return
        self._values = replace(self._values, **{name: value})  # type: ignore[arg-type]
        self._write()
        self.changed.emit(name)

    def _read(self) -> Values:
        try:
            said = json.loads(self._path.read_bytes())
            return _values(said)
        except FileNotFoundError:
            return Values()
        except (OSError, ValueError) as error:
            self._notices.say(
                "The settings could not be read, so they are as at the first start.",
                "warning",
                topic="settings",
                details=f"{self._path}: {error}",
            )
            return Values()

    def _write(self) -> None:
        said = asdict(self._values)
        said["layout"] = {
            name: base64.b64encode(data).decode() for name, data in self._values.layout
        }
        try:
            platform.write_private(self._path, json.dumps(said, indent=1).encode())
        except OSError as error:
            self._notices.say(
                "The settings could not be saved.", "warning", topic="settings", details=str(error)
            )


def _values(said: Any) -> Values:
    """The values a file holds; one that is not of its kind is left at its default."""
    if not isinstance(said, dict):
        raise ValueError("it holds no object")
    known: dict[str, Any] = {}
    for each in fields(Values):
        if each.name not in said:
            continue
        value, usual = said[each.name], each.default
        if each.name == "layout":
            if isinstance(value, dict):
                known["layout"] = _layout(value)
        elif isinstance(usual, tuple):
            if isinstance(value, list):
                texts = (v for v in value if isinstance(v, str))
                known[each.name] = tuple(texts)[: _MOST.get(each.name)]
        elif type(value) is type(usual):
            known[each.name] = value
    if known.get("theme") not in (None, *THEMES):
        del known["theme"]
    return Values(**known)


def _layout(said: dict[Any, Any]) -> tuple[tuple[str, bytes], ...]:
    out = []
    for name, text in said.items():
        try:
            out.append((str(name), base64.b64decode(text, validate=True)))
        except (binascii.Error, TypeError, ValueError):
            continue
    return tuple(out)
