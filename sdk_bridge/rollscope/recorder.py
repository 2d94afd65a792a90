"""Writes what happens in one run, in one process: redacts, encodes, counts what is lost."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from threading import RLock
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from rollscope import signing, wire
from rollscope.commandline import shown
from rollscope.errors import TransportError
from rollscope.guard import failed, tell
from rollscope.values import Limits, to_json
from rollscope.wire import Json
from rollscope.wire.encode import said

if TYPE_CHECKING:
    from rollscope.config import OnError, Redact
    from rollscope.sinks import Log, Sink

_inside_hook: ContextVar[bool] = ContextVar("rollscope-redact", default=False)
"""Set while the user's hook runs: what it records itself does not go to it again."""

_PATIENCE = 1.0
"""Seconds between two attempts to make a log where none could be made."""

_MOST_SECRETS = 32
"""Calls whose secrets are remembered. A run calls few servers, with the same key each time."""

_STRUCTURE = frozenset(
    {"span", "parent", "kind", "status", "branch", "effects", "usage", "first_token", "v", "fork"}
)
"""Fields that stay when the user's hook fails: they hold nothing that anybody wrote."""

_STAMPS = frozenset({"type", "run", "proc", "seq", "self"})
"""What identifies an event is not the hook's to say."""

_REPEATED = ("messages", "tools", "message")
"""Parts of a model call's input and output that come again in the next."""


class Recorder:
    """The events of a run, from this process. Any thread may write; nothing is ever raised.

    ``proc`` is 0 in the process that began the run, and None in others until they write.
    """

    def __init__(
        self,
        run: str,
        proc: int | None,
        sink: Sink,
        *,
        clock: Callable[[], int] = time_ns,
        limits: Limits | None = None,
        capture: bool = True,
        redact: Redact | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self.run = run
        self.proc = proc
        self.time = clock
        self.capture = capture
        self._hidden: deque[Callable[[], Iterable[str]]] = deque(maxlen=_MOST_SECRETS)
        self._sink = sink
        self._limits = limits or Limits()
        self._redact = redact
        self._on_error = on_error
        # Entered again by a signal handler or a finaliser that interrupts a write of this thread.
        self._lock = RLock()
        self._log: Log | None = None
        self._encoder: wire.Encoder | None = None
        self._start: tuple[bytes | None, dict[str, Any]] | None = None
        self._lost = 0
        self._why = ""
        self._told = False
        """Whether ``on_error`` knows of the trouble that there is."""
        self._try_again_at = 0.0

    def value(self, value: Any) -> Json | None:
        """A user's value for a field of an event; None where contents are not recorded."""
        if not self.capture:
            return None
        return value if isinstance(value, Json) else to_json(value, self._limits)

    def fact(self, value: Any) -> Json:
        """A value that is no content of anything, and so is always recorded."""
        return value if isinstance(value, Json) else to_json(value, self._limits)

    @property
    def may_show(self) -> bool:
        """Whether contents may leave the program as they are: they are recorded, and no hook has a
        say in them."""
        return self.capture and self._redact is None

    def hide(self, secrets: Callable[[], Iterable[str]]) -> None:
        """Keep texts out of errors: an address with a key in it is repeated by many. ``secrets`` is
        asked for them when there is an error."""
        self._hidden.append(secrets)

    @property
    def secrets(self) -> list[str]:
        """What is to be kept out of errors, as far as it is remembered: the latest of it."""
        return [text for secrets in self._hidden.copy() for text in secrets()]

    def share(self, value: Any) -> Any:
        """A value that comes again, for a field of an event: written once, and referred to."""
        made = self.value(value)
        if made is None:
            return None
        if self._redact is not None:
            return made  # shared when the hook has seen it
        try:
            with self._lock:
                return self._encoder.share(made) if self._open() and self._encoder else made
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            failed("share a value", error)
            return made

    def messages(self, messages: Iterable[Any]) -> list[Any]:
        """A chat history for a field of an event: each message is written once a run."""
        return [self.share(message) for message in messages]

    def write(self, type: str, **fields: Any) -> None:
        """Write one event. When this returns it survives the death of the process, or is counted as
        lost. Fields that are None are left out."""
        self.put(type, said(type, fields))

    def put(self, type: str, fields: dict[str, Any]) -> None:
        """The same, with the fields as they are: none is left out, and they may be changed."""
        try:
            if self._redact is not None:
                kept = self._redacted(type, fields)
                if kept is None:
                    return
                type, fields = kept[0], said(*kept)
            with self._lock:
                busy = self._log is None or self._lost or self._start is not None
                if busy and not self._ready():
                    self._lost += 1
                elif not self._log.write(self._encoder.line_of(type, fields)):  # type: ignore[union-attr]
                    self._not_kept()
            if self._lost:
                self._complain()
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            failed(f"record an event ({type})", error)

    def start(self, key: bytes | None, **fields: Any) -> None:
        """Write the event that begins the run, signed; or before the first that can be written."""
        try:
            if self._redact is not None:
                fields = (self._redacted("run.start", fields) or ("", {"name": ""}))[1]
            fields.setdefault("v", wire.VERSION)
            with self._lock:
                self._start = key, fields
                kept = self._open() and self._begun()
            if not kept:
                self._complain()
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            failed("record the start of a run", error)

    def adopt(self, other: Recorder) -> None:
        """Go on with what another recorder is told: its limits and hooks. The log stays."""
        self.capture, self._limits = other.capture, other._limits
        self._redact, self._on_error = other._redact, other._on_error

    def close(self) -> None:
        """The run has ended in this process; what comes later, a judgement, is still written."""
        with self._lock:
            if self._log is not None:
                self._log.close()

    def after_fork(self) -> None:
        """In a child that was forked: what it records goes into a file of its own."""
        self._lock = RLock()  # another thread of the parent may have held the old one
        if self._log is not None:
            self._log.forget()
        self._log = self._encoder = self.proc = self._start = None
        self._lost = 0

    # The lock is held from here on.

    def _ready(self) -> bool:
        """Whether a line can be written, after those that have to come before it."""
        return self._open() and (self._start is None or self._begun()) and self._owned_up()

    def _begun(self) -> bool:
        """Write the start of the run; whether it is there."""
        assert self._encoder is not None
        assert self._start is not None
        key, fields = self._start
        lines = self._encoder.line("run.start", **fields)
        head, _, last = lines[:-1].rpartition(b"\n")
        if key is not None:
            sig = signing.signature(wire.decode(last), key)
            last = b'%b,"sig":"%b"}' % (last[:-1], sig.encode())
        if not self._keep((head + b"\n" if head else b"") + last + b"\n"):
            self._lost -= 1  # it is not lost, it comes later
            return False
        self._start = None
        self._told = False
        return True

    def _owned_up(self) -> bool:
        """Say in the log how many events are not in it; whether that is written."""
        if not self._lost:
            return True
        assert self._encoder is not None
        told = {"events": self._lost, "reason": self._why}
        if not self._keep(self._encoder.line("event", name="dropped", data=told)):
            self._lost -= 1  # what is said is not what is lost
            return False
        self._lost = 0
        self._told = False
        return True

    def _keep(self, lines: bytes) -> bool:
        assert self._log is not None
        if self._log.write(lines):
            return True
        self._not_kept()
        return False

    def _not_kept(self) -> None:
        self._lost += 1
        if self._encoder is not None:
            self._encoder.forget()  # what was to be written once is not there
        self._why = "What was recorded could not be written: is the disk full?"

    def _open(self) -> bool:
        if self._log is not None:
            return True
        if monotonic() < self._try_again_at:
            return False
        joined = self.proc is None
        try:
            self._log = self._sink.open(self.run, self.proc)
        except OSError as error:
            self._try_again_at = monotonic() + _PATIENCE
            self._why = f"No run log can be made: {error}."
            return False
        self.proc = self._log.proc
        self._encoder = wire.Encoder(self.run, self.proc, self.time)
        if joined:
            fields: dict[str, Any] = {"name": "process", "data": process(self.capture)}
            told = ("event", fields) if self._redact is None else self._redacted("event", fields)
            if told is not None:
                self._keep(self._encoder.line(told[0], **told[1]))
        return True

    # The lock is not held.

    def _complain(self) -> None:
        """Tell of the trouble, once each time that it begins."""
        if self._told:
            return
        self._told = True
        failed.say("disk", f"{self._why} Events are lost until that is mended; they are counted.")
        tell(self._on_error, TransportError(self._why))

    def _redacted(self, type: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """The event as the user's hook gives it back, or None. Where the hook fails, the event
        loses everything that somebody wrote: a secret must not slip through a mistake."""
        assert self._redact is not None
        lossy = {name for name, value in fields.items() if _is_lossy(value)}
        plain = {name: _plain(value) for name, value in fields.items() if value is not None}
        given = None
        if not _inside_hook.get():
            _inside_hook.set(True)
            try:
                given = self._redact(wire.load(wire.dump({"type": type, **plain})))
                if given is None:
                    return None
                given = dict(given)
            except Exception as error:  # noqa: BLE001 - the user's hook may raise anything
                given = None
                told = f"The hook redact failed, so contents are left out: {error}"
                failed.say("redact", told, error)
            finally:
                _inside_hook.set(False)
        if given is None:
            given = {name: value for name, value in plain.items() if name in _STRUCTURE}
            given |= {name: "" for name in ("name", "role") if name in plain}
        required = (f.name for f in wire.EVENTS[type] if f.required and f.name in fields)
        given = {**dict.fromkeys(required), **given}
        lossy.update(name for name in plain if given.get(name) != plain[name])
        out = {
            name: self._shared(value)
            for name, value in given.items()
            if isinstance(name, str) and name not in _STAMPS
        }
        if "time" in out and not isinstance(out["time"], int):
            del out["time"]
        if lossy and type in ("run.start", "run.end", "span.start", "span.end"):
            out["lossy"] = sorted(lossy)
        return type, out

    def _shared(self, value: Any) -> Any:
        """A field of a redacted event, with what comes again referred to."""
        if not isinstance(value, dict) or not any(name in value for name in _REPEATED):
            return to_json(value, self._limits) if isinstance(value, dict | list | str) else value
        with self._lock:
            if not self._open() or self._encoder is None:
                return to_json(value, self._limits)
            out: dict[str, Any] = {}
            for name, inner in value.items():
                if name in _REPEATED and isinstance(inner, list):
                    out[name] = self._encoder.messages(to_json(v, self._limits) for v in inner)
                elif name in _REPEATED and isinstance(inner, dict):
                    out[name] = self._encoder.share(to_json(inner, self._limits))
                else:
                    out[name] = to_json(inner, self._limits)
            return out


def process(contents: bool) -> dict[str, Any]:
    """The running process, as a log holds it; without ``contents``, not what it was called with."""
    import os
    import platform

    try:
        cwd = os.getcwd()
    except OSError:  # the folder is gone
        cwd = ""
    fields = {
        "python": sys.executable,
        "cwd": cwd,
        "argv": shown(sys.orig_argv) if contents else None,
        "pid": os.getpid(),
        "host": platform.node(),
        "version": platform.python_version(),
        "env": sorted(os.environ) if contents else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:
    """A field as plain data: what is encoded already is decoded again."""
    if isinstance(value, Json):
        return wire.load(value.data)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _is_lossy(value: Any) -> bool:
    if isinstance(value, Json):
        return value.lossy
    if isinstance(value, dict):
        return any(_is_lossy(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_lossy(inner) for inner in value)
