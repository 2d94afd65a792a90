"""A first look at a log that will be read later: enough of its start and end to list its run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollscope_desktop import formats
from rollscope_desktop.ingest.tail import Job, Result, read
from rollscope_desktop.model.assemble import Change, assemble

if TYPE_CHECKING:
    from rollscope_desktop.formats.base import Format

_START = 16 << 10
_END = 8 << 10


def peek(job: Job) -> Result:
    """What ``read`` would find, but only how runs start and end, and without a new position."""
    found = read(replace(job, stop=1))
    if found.outcome != "read" or not found.format:
        return found
    format = formats.by_name(found.format)
    # What the first lines tell of all others is found once: pieces may be read side by side.
    state = job.state if format.ordered else found.state
    changes: list[Change] = []
    if format.framing == "lines":
        changes += _outline(job, format, state, 0, _START)
        if not format.ordered and found.size > _START:
            changes += _outline(job, format, state, max(_START, found.size - _END), _END)
    return replace(found, changes=changes, problems=[], offset=job.offset, lines=0, state=state)


def _outline(job: Job, format: Format, state: bytes, start: int, length: int) -> list[Change]:
    try:
        with open(job.path, "rb") as file:
            file.seek(start)
            data = file.read(length)
    except OSError:
        return []  # gone since it was looked at
    if start:
        skip = data.find(b"\n") + 1
        start, data = start + skip, data[skip:]
    data = data[: data.rfind(b"\n") + 1]
    if not data:
        return []
    try:
        found = assemble(format.reader(job.place, state).feed(data, start, 0))
    except Exception:  # noqa: BLE001 - a fault of ours; reading the whole will tell of it
        return []
    return [Change(c.run, starts=c.starts, ends=c.ends, first=c.first, last=c.last) for c in found]
