"""One session of a bridge: a job is read, the program is loaded, and its run is made again."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.bridge.arguments import arguments_for
from rollscope.bridge.channel import Channel
from rollscope.bridge.control import GRACE, Control, leave
from rollscope.bridge.entry import find_entry
from rollscope.bridge.job import Job
from rollscope.bridge.pace import Pace
from rollscope.bridge.refusal import Refusal
from rollscope.bridge.unchanged import check_unchanged
from rollscope.bridge.warnings import warnings
from rollscope.replay import Playback, Record, ReplayError
from rollscope.replay.plan import Progress

if TYPE_CHECKING:
    from rollscope.tracing import Trace

Message = dict[str, Any]

_STOPPED = "It was stopped."


def main() -> int:
    """The whole life of a bridge; its exit status, 0 if it has told how it went."""
    channel = Channel.take()
    lines = channel.lines()
    line = next(lines, None)
    if line is None:
        return 1
    Session(channel).make(line, lines)
    # Threads that the program left behind do not keep the process.
    last = Timer(GRACE, leave)
    last.daemon = True
    last.start()
    return 0


class _Announced(Playback):
    """Says the new run's id when it begins."""

    announce: Callable[[str], None]

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run begins."""
        fields = super().begun(trace)
        self.announce(trace.id)
        return fields


class Session:
    """Makes one run again, and tells the engine how it goes. The end of it is told once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._playback: _Announced | None = None
        self._calls = 0
        self._pace = Pace(self._tell_progress)
        self._lock = Lock()
        self._is_over = False

    def make(self, line: bytes, lines: Iterator[bytes]) -> None:
        """Do the job that the line is. Raises nothing."""
        control: Control | None = None
        try:
            job = Job.from_json(_load(line))
            control = Control(self._channel, lambda: self._end(self._stopped(control)), job.timeout)
            control.start(lines)
            ending = self._made(job, control)
            control.finish()
        except KeyboardInterrupt:
            ending = self._stopped(control)
        except Refusal as error:
            ending = _failed(error.code, str(error))
        except ReplayError as error:
            ending = _failed(error.code, str(error))
        except BaseException as error:  # noqa: BLE001 - the engine is told, whatever it is
            traceback.print_exception(error)
            ending = _failed("failed", f"The bridge failed: {type(error).__name__}: {error}"[:500])
        if control is not None:
            control.finish()
            if control.why and ending["type"] == "failed":  # whatever came of being stopped
                ending = self._stopped(control)
        self._end(ending)

    def _made(self, job: Job, control: Control) -> Message:
        record = Record.read(job.logs, job.run)
        check_unchanged(job, record)
        self._calls = sum(span.kind in ("llm", "tool") for span in record.spans.values())
        found = find_entry(record.start, signed=job.signed)
        args, kwargs = arguments_for(
            found.function, found.name, record.start, job.plan.edit, signed=job.signed
        )
        for sentence in warnings(record.start, found, os.environ):
            self._channel.send({"type": "warning", "sentence": sentence})
        self._playback = playback = _Announced(
            record, job.plan, ask=control.ask, told=self._pace, signed=job.signed
        )
        playback.announce = self._began
        try:
            done = playback.run(found.function, args, kwargs, folder=job.folder, group=job.group)
            status, sentence = done.status, done.sentence
        except KeyboardInterrupt:
            _drop_empty(job, playback.new_run)
            raise
        except SystemExit as error:
            status, sentence = "error", f"The agent ended the program: SystemExit({error.code!r})."
        except BaseException as error:  # noqa: BLE001 - a group of them, say, out of its tasks
            status, sentence = "error", f"{type(error).__name__}: {error}"[:2000]
            if playback.stopped:
                status, sentence = "diverged", playback.stopped
        if control.why:
            return self._stopped(control)
        if playback.new_run is None:
            return _failed("run", sentence)
        return self._ended(status, sentence)

    def _began(self, run: str) -> None:
        self._channel.send({"type": "started", "run": run})

    def _tell_progress(self, now: Progress) -> None:
        self._channel.send(
            {
                "type": "progress",
                "played": now.played,
                "reused": now.reused,
                "live": now.live,
                "calls": self._calls,
            }
        )

    def _stopped(self, control: Control | None) -> Message:
        why = (control.why if control is not None else "") or _STOPPED
        if self._playback is None or self._playback.new_run is None:
            return _failed("cancelled", why)
        return self._ended("cancelled", why)

    def _ended(self, status: str, sentence: str) -> Message:
        assert self._playback is not None
        now = self._playback.progress
        return {
            "type": "done",
            "run": self._playback.new_run,
            "status": status,
            "sentence": sentence,
            "played": now.played,
            "reused": now.reused,
            "live": now.live,
            "reached": self._playback.reached,
        }

    def _end(self, message: Message) -> None:
        self._pace.stop()
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._channel.send(message)


def _load(line: bytes) -> Any:
    try:
        return wire.load(line)
    except wire.WireError:
        raise Refusal("job", "The first message to a bridge is one line of JSON.") from None


def _drop_empty(job: Job, run: str | None) -> None:
    """A run that was stopped before the first line of its log was written is none."""
    path = job.folder / f"{run}.0.jsonl"
    with suppress(OSError):
        if run is not None and path.stat().st_size == 0:
            path.unlink()


def _failed(code: str, sentence: str) -> Message:
    return {"type": "failed", "code": code, "sentence": sentence}
