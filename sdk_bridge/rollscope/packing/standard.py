"""How values of the standard library's own classes are told in JSON and made from it again.

The modules are imported when a value needs them: one that is recorded has brought its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Standard:
    """One class. ``tell`` gives plain data, and raises ValueError with a sentence where it cannot;
    ``make`` is given the class and that data."""

    module: str
    name: str
    tell: Callable[[Any], Any]
    build: Callable[[Any, Any], Any]

    def kind(self) -> Any:
        """The class, if anybody has imported its module."""
        return getattr(sys.modules.get(self.module), self.name, None)

    def make(self, told: Any) -> Any:
        """The value again. Raises whatever the class says to data that it did not tell."""
        return self.build(getattr(import_module(self.module), self.name), told)


def _tell_zone(zone: Any) -> Any:
    if zone is None:
        return None
    kind = type(zone)
    if kind.__name__ == "timezone" and kind.__module__ == "datetime":
        offset, *name = zone.__getinitargs__()
        return [_tell_delta(offset), *name]
    if kind.__name__ == "ZoneInfo" and zone.key:
        return str(zone.key)
    raise ValueError("its time zone is not one of the standard library.")


def _make_zone(told: Any) -> Any:
    if told is None:
        return None
    if isinstance(told, str):
        from zoneinfo import ZoneInfo

        return ZoneInfo(told)
    from datetime import timedelta, timezone

    offset, *name = told
    return timezone(timedelta(*offset), *name)


def _tell_moment(value: Any) -> Any:
    return [value.replace(tzinfo=None).isoformat(), _tell_zone(value.tzinfo), value.fold]


def _make_moment(kind: Any, told: Any) -> Any:
    text, zone, fold = told
    return kind.fromisoformat(text).replace(tzinfo=_make_zone(zone), fold=fold)


def _tell_delta(value: Any) -> Any:
    return [value.days, value.seconds, value.microseconds]


def _entry(module: str, name: str, tell: Any, build: Any) -> tuple[str, Standard]:
    return f"{module}.{name}", Standard(module, name, tell, build)


STANDARD: dict[Any, Standard] = dict(
    [
        _entry("datetime", "datetime", _tell_moment, _make_moment),
        _entry("datetime", "time", _tell_moment, _make_moment),
        _entry("datetime", "date", lambda v: v.isoformat(), lambda k, t: k.fromisoformat(t)),
        _entry("datetime", "timedelta", _tell_delta, lambda k, t: k(*t)),
        _entry("decimal", "Decimal", str, lambda k, t: k(t)),
        _entry("uuid", "UUID", lambda v: v.hex, lambda k, t: k(t)),
        *(
            _entry("pathlib", name, str, lambda k, t: k(t))
            for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
        ),
    ]
)
"""By the tag in logs, which is the full name of the class."""

NAMES = {entry.name: tag for tag, entry in STANDARD.items()}
"""The tags by the bare names of the classes."""
