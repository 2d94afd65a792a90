"""Golden files: a run in one JSON file that is kept beside the tests, to be played back offline.

The form is that of retrace's golden cassettes: a list of steps in the order in which they began.
An own key ``rollscope`` adds the lines of the run's log, out of which it is made again exactly.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.client import current_trace
from rollscope.errors import ConfigError
from rollscope.replay.golden.steps import Step, read_steps, steps_of
from rollscope.replay.golden.tolerance import Tolerance
from rollscope.replay.record import Record, ReplayError

if TYPE_CHECKING:
    from rollscope.tracing import Trace

VERSION = 1
_LONGEST = 1 << 28  # bytes


@dataclass(frozen=True, slots=True)
class Golden:
    """What a golden file holds. ``lines`` are those of the run's log; a file of another maker has
    none, and ``steps`` alone tell what happened."""

    name: str
    run: str
    status: str
    steps: tuple[Step, ...]
    tolerance: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def record(self, folder: Path) -> Record:
        """The run, as if it had been recorded in ``folder``. Raises ReplayError."""
        record = _record(self.run, self.lines)
        entry = record.start.get("entry")
        if isinstance(entry, dict) and isinstance(entry.get("file"), str):
            record.start["entry"] = {**entry, "file": str(folder / entry["file"])}
        return record


def write_golden_cassette(
    path: str | PathLike[str],
    recorder: Trace | None = None,
    tolerance: Mapping[str, Any] | None = None,
) -> None:
    """Write what a run has done so far into a golden file; ``rollscope ci replay`` plays it back.

    ``recorder`` is the run, that of the running code unless given; one that has ended may be given
    too. ``tolerance`` is kept in the file (docs/golden.md). In a run that is itself played back
    nothing is written. Raises ConfigError where there is no run or its log is elsewhere, OSError.
    """
    trace = recorder if recorder is not None else current_trace()
    if trace is None or trace.recorder is None:
        raise ConfigError(
            "There is no run here that is recorded. Call write_golden_cassette inside of one, or"
            " give it the trace."
        )
    if tolerance is not None:
        Tolerance.read(tolerance)
    if trace.replay is None or not trace.replay.is_rerun:
        save(Path(path), trace.id, _lines_of(trace), tolerance)


def save(
    path: Path,
    run: str,
    lines: bytes,
    tolerance: Mapping[str, Any] | None = None,
    *,
    pinned: bool = False,
) -> None:
    """Write a golden file out of the lines of a run's logs. ``pinned``: what it drew at random came
    from its id, though its log does not say so. Raises ReplayError, OSError."""
    kept = tuple(_kept(lines, pinned))
    record = _record(run, kept)
    said = {
        "version": VERSION,
        "name": record.name,
        "trace_id": run,
        "recorded_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "status": _STATUSES.get(record.end.get("status", ""), "running"),
        "steps": [step.to_json(index) for index, step in enumerate(steps_of(record))],
        **({} if tolerance is None else {"tolerance": dict(tolerance)}),
        "rollscope": {"lines": kept},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(said, indent=2) + "\n", "utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


_STATUSES = {"ok": "completed", "error": "failed", "cancelled": "failed"}


def read_golden(path: Path) -> Golden:
    """The golden file. Raises ReplayError with a sentence."""
    try:
        if path.stat().st_size > _LONGEST:
            raise ReplayError(f"{path} is too large to be a golden file.", "golden")
        said = wire.load(path.read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
        raise ReplayError(f"{path} cannot be read: {why}.", "golden") from None
    except wire.WireError as error:
        raise ReplayError(f"{path} is no golden file. {error}", "golden") from None
    if not isinstance(said, dict) or not isinstance(said.get("steps"), list):
        raise ReplayError(f"{path} is no golden file: it has no list of steps.", "golden")
    if said.get("version") != VERSION:
        raise ReplayError(
            f"{path} is a golden file of version {str(said.get('version'))[:20]}, and only version"
            f" {VERSION} can be read.",
            "golden",
        )
    own = said.get("rollscope")
    lines = own.get("lines", []) if isinstance(own, dict) else []
    tolerance = said.get("tolerance")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ReplayError(f"The log in {path} is no list of lines.", "golden")
    return Golden(
        str(said.get("name") or ""),
        str(said.get("trace_id") or ""),
        str(said.get("status") or ""),
        read_steps(said["steps"]),
        tolerance if isinstance(tolerance, dict) else {},
        tuple(lines),
    )


def _record(run: str, lines: Sequence[str]) -> Record:
    with TemporaryDirectory(prefix="rollscope-golden-") as folder:
        log = Path(folder, "run.jsonl")
        log.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        return Record.read([log], run)


def _kept(lines: bytes, pinned: bool) -> Iterator[str]:
    """The lines as they are, but for what would tell of the machine they were written on."""
    for line in lines.splitlines():
        with suppress(wire.WireError):
            event = wire.decode(line)
            if event.get("type") == "event" and event.get("name") == "process":
                continue
            if event.get("type") == "run.start":
                start = _without_machine(event)
                if pinned:
                    start["entry"] = {**(start.get("entry") or {}), "pinned": True}
                yield json.dumps(start)
            else:
                yield line.decode("utf-8", "surrogatepass")


def _without_machine(start: dict[str, Any]) -> dict[str, Any]:
    """The start of a run, unsigned, with the file of its function named from its folder."""
    kept = {name: value for name, value in start.items() if name != "sig"}
    process, entry = start.get("process"), start.get("entry")
    if not isinstance(process, dict):
        return kept
    kept["process"] = {name: process[name] for name in ("version",) if name in process}
    if isinstance(entry, dict) and isinstance(entry.get("file"), str) and process.get("cwd"):
        with suppress(ValueError):
            file = Path(entry["file"]).relative_to(process["cwd"]).as_posix()
            kept["entry"] = {**entry, "file": file}
    return kept


def _lines_of(trace: Trace) -> bytes:
    """The lines of a run's logs, those of its other processes too."""
    assert trace.recorder is not None
    sink = trace.recorder._sink
    if callable(lines := getattr(sink, "lines", None)):
        return bytes(lines(trace.id))
    folder = getattr(sink, "folder", None)
    if not isinstance(folder, Path):
        raise ConfigError(
            "A golden file is made of the run's log, and this run has none here: set no endpoint,"
            " and leave the recording switched on."
        )
    paths = sorted(folder.glob(f"{trace.id}.*.jsonl"))
    return b"\n".join(path.read_bytes() for path in paths)
