"""A bridge as a process: started, told what to do, heard, and ended with all that it started."""

from __future__ import annotations

import contextlib
import queue
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from rollscope import wire
from rollscope_desktop.model import text
from rollscope_desktop.platform import children

if TYPE_CHECKING:
    import subprocess

Message = dict[str, Any]

LONGEST = 8 << 20
"""Bytes of a line that a bridge may say."""
WORDS = 40
"""Lines of its standard error that are kept."""
_WIDEST = 400
_REST = 1.0  # seconds for what is left in a pipe

_ABSENT = re.compile(r"No module named '?rollscope(\.bridge)?\b")
_MUTE: Message = {"type": "", "end": True}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for the first word, for an end after a cancel, and for one after the last
    word; a module may take long to be imported."""

    first: float = 120.0
    cancel: float = 5.0
    last: float = 10.0


@dataclass(frozen=True, slots=True)
class End:
    """How a bridge ended. ``sentence`` says what went wrong, "" where it ended by itself, without
    an error. ``words`` are the last lines of its standard error."""

    code: str
    sentence: str
    words: str


class BridgeProcess:
    """One bridge. ``run`` is for a thread of its own; the other methods are for any."""

    def __init__(
        self,
        command: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
        patience: Patience,
    ) -> None:
        self._command = command
        self._folder = folder
        self._environment = environment
        self._patience = patience
        self._to_say: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._heard: queue.Queue[Message] = queue.Queue(64)
        self._words: deque[str] = deque(maxlen=WORDS)
        self._cancelled_at: float | None = None
        self._cancel_patience = patience.cancel
        self._trouble = ""

    def say(self, message: Message) -> None:
        """Queue a message for the bridge."""
        self._to_say.put(message)

    def cancel(self, patience: float | None = None) -> None:
        """Ask the bridge to end; what it started is killed after so many seconds."""
        if patience is not None:
            self._cancel_patience = patience
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._to_say.put({"type": "cancel"})
            self._to_say.put(None)

    def run(self, job: Message, heard: Callable[[Message], None]) -> End:
        """Start it, give it the job, hand over what it says; return when all of it has ended."""
        try:
            process = children.start_group(self._command, self._folder, self._environment)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            return End("start", f"{self._command[0]} cannot be started: {why}.", "")
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        threads = [
            threading.Thread(target=work, args=(stream,), name="bridge", daemon=True)
            for work, stream in (
                (self._write, process.stdin),
                (self._read, process.stdout),
                (self._note, process.stderr),
            )
        ]
        self._to_say.put(job)
        for thread in threads:
            thread.start()
        try:
            spoke = self._listen(process, heard)
        finally:
            self._to_say.put(None)
            status = children.end_group(process)
            self._drain(heard, threads[1])
            streams = (process.stdin, process.stdout, process.stderr)
            for thread, stream in zip(threads, streams, strict=True):
                thread.join(_REST)
                if not thread.is_alive():  # a process that left the group may still hold the pipe
                    with contextlib.suppress(OSError):
                        stream.close()
        return self._end(status, spoke)

    # -- the thread of run ---------------------------------------------------------------------

    def _listen(self, process: subprocess.Popen[bytes], heard: Callable[[Message], None]) -> bool:
        """Hand over what is said until it is over; whether anything was said."""
        began, last_word, spoke = time.monotonic(), 0.0, False
        while True:
            try:
                message: Message | None = self._heard.get(timeout=0.05)
            except queue.Empty:
                message = None
            now = time.monotonic()
            if message is _MUTE:
                if children.has_ended(process) or self._trouble:
                    return spoke
                last_word = last_word or now
            elif message is not None:
                spoke = True
                heard(message)
                if message.get("type") in ("done", "failed"):
                    last_word = now
                continue
            if children.has_ended(process):
                return spoke
            since = self._cancelled_at
            if since is not None and now - since > self._cancel_patience:
                return spoke
            if last_word and now - last_word > self._patience.last:
                return spoke
            if not spoke and now - began > self._patience.first:
                self._trouble = (
                    f"The Python of the agent said nothing for {self._patience.first:g} s and was "
                    "stopped."
                )
                return spoke

    def _drain(self, heard: Callable[[Message], None], reader: threading.Thread) -> None:
        """Hand over what was said before it ended."""
        until = time.monotonic() + _REST
        while time.monotonic() < until:
            was_alive = reader.is_alive()
            try:
                message = self._heard.get(timeout=0.02)
            except queue.Empty:
                if not was_alive:
                    return
                continue
            if message is not _MUTE:
                heard(message)

    def _end(self, status: int, spoke: bool) -> End:
        words = "\n".join(self._words)
        if self._trouble:
            return End("bridge", self._trouble, words)
        python = self._command[0]
        if not spoke and (absent := _ABSENT.search(words)):
            is_old = absent[1] is not None
            return End(
                "install",
                (f"The rollscope of {python} is too old to make a run again. Update"
                 if is_old
                 else f"rollscope is not installed for {python}, so the run cannot be made again "
                 "there. Install")
                + f" it with: {python} -m pip install {'-U ' if is_old else ''}rollscope",
                words,
            )  # fmt: skip
        if not spoke and "Unknown option: -P" in words:
            return End("python", f"{python} is older than Python 3.11, which is needed.", words)
        if status < 0:
            return End("crash", f"The Python of the agent was ended by {_signal(-status)}.", words)
        if status:
            last = f": {text.one_line(self._words[-1], 200)}" if self._words else ""
            return End("crash", f"The Python of the agent ended with status {status}{last}", words)
        return End("", "", words)

    # -- threads for the pipes -----------------------------------------------------------------

    def _write(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (message := self._to_say.get()) is not None:
                data = memoryview(wire.encode(message))
                while data:
                    data = data[stream.write(data) :]
        with contextlib.suppress(OSError):
            stream.close()

    def _read(self, stream: IO[bytes]) -> None:
        for line in _lines(stream, LONGEST):
            if line is None:
                self._trouble = (
                    f"The Python of the agent said more than {LONGEST >> 20} MB at once and was "
                    "stopped."
                )
                break
            try:
                message = wire.decode(line)
            except wire.WireError:
                self._add(line)
            else:
                self._heard.put(message)
        self._heard.put(_MUTE)

    def _note(self, stream: IO[bytes]) -> None:
        for line in _lines(stream, 1 << 16, cut=True):
            self._add(line or b"")

    def _add(self, line: bytes) -> None:
        said = line[: 4 * _WIDEST].decode("utf-8", "replace").rstrip("\r\n")
        self._words.append(text.visible(said[:_WIDEST]))


def _lines(stream: IO[bytes], longest: int, *, cut: bool = False) -> Any:
    """The lines of a pipe. At one that is longer, None and the end; with ``cut``, it in pieces."""
    rest = bytearray()
    while True:
        try:
            data = stream.read(1 << 16)
        except (OSError, ValueError):
            return
        if not data:
            if rest:
                yield bytes(rest)
            return
        rest += data
        *whole, last = rest.split(b"\n")
        # Of what is only kept for its end, the end is enough: a program may print without pause.
        yield from (bytes(line) for line in (whole[-WORDS:] if cut else whole))
        rest = bytearray(last)
        if len(rest) > longest:
            yield bytes(rest) if cut else None
            if not cut:
                return
            rest.clear()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
