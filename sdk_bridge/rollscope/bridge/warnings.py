"""What may make a new run differ from the recorded one: one sentence each."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

from rollscope.bridge.entry import Found
from rollscope.bridge.environment import missing

_MOST = 5


def warnings(start: Mapping[str, Any], found: Found, environ: Mapping[str, str]) -> Iterator[str]:
    """About the source, the Python and the environment. ``start`` is the run.start event."""
    if found.is_changed:
        yield f"{found.file.name} has changed since the run was recorded."
    said = start.get("process")
    process = said if isinstance(said, Mapping) else {}
    here, then = platform.python_version(), process.get("version")
    if isinstance(then, str) and _minor(then) != _minor(here):
        yield f"The run was recorded with Python {then[:20]}, and this is Python {here}."
    names = process.get("env")
    if isinstance(names, list) and (gone := missing(names, environ)):
        more = f" and {len(gone) - _MOST} more" if len(gone) > _MOST else ""
        yield (
            "These environment variables were set when the run was recorded, and are not now:"
            f" {', '.join(name[:80] for name in gone[:_MOST])}{more}."
        )
    if process.get("argv") and "***" in process["argv"]:
        yield "A secret on the program's command line was not recorded; it is *** there now."


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
