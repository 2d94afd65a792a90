"""Reads from the log of a run how it was made: by which Python, where, as a call of what.

Nothing of this is believed yet: see ``permission``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollscope import signing, wire
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.run_logs import query_logs
from rollscope_desktop.query.runs import query_run_payloads

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

LARGEST = 16 << 20
"""Bytes of a start of a run that are read; what is longer cannot be run again."""
_LONGEST = 4096
_NAMES = 2_000


@dataclass(frozen=True, slots=True)
class Header:
    """What the start of a run says; a text that it does not say, or that is none, is "".

    ``run`` is the index's number of it, ``key`` its own. ``signed``: it was written with the user's
    key and not changed since. ``variables`` names the environment that it had. ``logs`` are the
    files that hold the run, those beside the one that it starts in. ``start`` is the digest of the
    event.
    """

    run: int
    key: str
    signed: bool
    interpreter: str
    folder: str
    host: str
    has_entry: bool
    module: str
    qualname: str
    file: str
    source_hash: str
    resumable: bool
    is_own: bool
    variables: tuple[str, ...]
    logs: tuple[Path, ...]
    start: str = ""


def read_header(reader: Reader, run: str, key: bytes | None) -> Header:
    """The header of a run by its key. Without ``key`` nothing counts as signed. Raises Refused."""
    row = reader.one("SELECT id, format FROM runs WHERE key = ?", (run,))
    if row is None:
        raise Refused("unknown", "This run is not in the index.")
    number, format = int(row[0]), str(row[1])
    if format != "rollscope":
        raise Refused(
            "possible",
            f"This run was read from a log of the format {format}, which does not say how to run "
            "its program again.",
        )
    place = query_run_payloads(reader, number).input
    if place is None:
        raise Refused("possible", "The log of this run has no beginning, which would say how to "
                      "run it again.")  # fmt: skip
    try:
        with Payloads(reader, number) as payloads:
            found = payloads.raw(place, LARGEST + 1)
    except PayloadGone as error:
        raise Refused("possible", str(error)) from None
    if found.size > LARGEST:
        raise Refused("possible", f"The start of this run is longer than {LARGEST >> 20} MB, which "
                      "is not read to run it again.")  # fmt: skip
    try:
        event = wire.decode(found.data)
        signed = key is not None and signing.is_signed(event, key)
        start = signing.digest(event)
    except (wire.WireError, RecursionError) as error:
        raise Refused("possible", f"The start of this run cannot be read: {_why(error)}") from None
    if event.get("type") != "run.start" or event.get("run") != run:
        raise Refused("possible", "The log of this run is gone: another stands in its place.")
    head = next((log.path for log in query_logs(reader, [number]) if log.file == place.file), b"")
    logs = _beside(head, [log.path for log in query_logs(reader, [number])])
    return replace(_header(number, event, signed, logs), start=start)


def _header(number: int, event: dict[str, Any], signed: bool, logs: tuple[Path, ...]) -> Header:
    process, entry = _table(event.get("process")), _table(event.get("entry"))
    names = process.get("env")
    return Header(
        number, str(event["run"]), signed,
        _text(process.get("python")), _text(process.get("cwd")), _text(process.get("host")),
        bool(entry), _text(entry.get("module")), _text(entry.get("qualname")),
        _text(entry.get("file")), _text(entry.get("source_hash")), entry.get("resumable") is True,
        bool(process),
        tuple(filter(None, map(_text, names[:_NAMES]))) if isinstance(names, list) else (),
        logs,
    )  # fmt: skip


def _beside(head: bytes, paths: list[bytes]) -> tuple[Path, ...]:
    """The logs in the folder of the one that a run starts in, that one first.

    A file elsewhere that says it is of the same run may be from anybody.
    """
    folder = os.path.dirname(head)
    found = sorted(path for path in paths if os.path.dirname(path) == folder and path != head)
    return tuple(Path(os.fsdecode(path)) for path in (head, *found))


def _why(error: Exception) -> str:
    return "it is nested too deeply." if isinstance(error, RecursionError) else str(error)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A text that can be a path or a name; "" for what is none."""
    is_plain = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    return value if is_plain else ""
