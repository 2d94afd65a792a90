"""How a viewer or a command reaches the one engine of this user, and starts it if there is none.

The protocol is JSON lines over a local socket (docs/engine-protocol.md). This module only carries
lines; it knows no request.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from rollscope import __version__, wire
from rollscope_desktop import platform
from rollscope_desktop.platform import Places, local

if TYPE_CHECKING:
    import subprocess

PROTOCOL = 1
"""Version of the engine protocol; another number means another engine."""

_PATIENCE = 15.0  # seconds until an engine that was started has to answer
_GREETING = 5.0  # seconds until an engine that listens has to answer the first line


class EngineUnavailable(Exception):
    """There is no engine to talk to; the text is a sentence for the user."""


class Connection:
    """An open line to the engine. One thread may read while others send."""

    def __init__(self, line: socket.socket) -> None:
        self.hello: dict[str, Any] = {}
        self._socket = line
        self._sending = threading.Lock()
        self._numbers = count(1)
        self._whole: list[bytes] = []  # lines that have arrived, the next one last
        self._rest = b""

    def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises EngineUnavailable when the engine is gone."""
        try:
            with self._sending:
                self._socket.sendall(wire.encode(message))
        except OSError as error:
            raise EngineUnavailable("The engine has stopped.") from error

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every message that arrives, until the line is closed from either side.

        Raises EngineUnavailable when what arrives is no message, or nothing does within the time
        that ``ask`` was given.
        """
        while (line := self._next()) is not None:
            try:
                yield wire.decode(line)
            except wire.WireError as error:
                raise EngineUnavailable("What answers is not an engine.") from error

    def ask(self, do: str, timeout: float = 30.0, **what: Any) -> dict[str, Any]:
        """Send one request and wait for its answer, passing over notes.

        For commands; a viewer reads ``lines`` instead. Raises EngineUnavailable with the engine's
        own sentence when it refuses.
        """
        number = next(self._numbers)
        self._socket.settimeout(timeout)
        try:
            self.send({"id": number, "do": do, **what})
            for message in self.lines():
                if message.get("id") == number:
                    if "error" in message:
                        raise EngineUnavailable(_sentence(message["error"]))
                    answer: dict[str, Any] = message["ok"]
                    return answer
        finally:
            with contextlib.suppress(OSError):
                self._socket.settimeout(None)
        raise EngineUnavailable("The engine stopped before it answered.")

    def close(self) -> None:
        """Hang up; a thread that reads ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _next(self) -> bytes | None:
        """The next line, or None when the line is closed."""
        while not self._whole:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                raise EngineUnavailable("The engine does not answer.") from None
            except OSError:
                return None
            if not data:
                return None
            *whole, self._rest = (self._rest + data).split(b"\n")
            self._whole = [piece for piece in reversed(whole) if piece]
        return self._whole.pop()


def connect(
    places: Places | None = None, *, start: bool = True, client: str = "viewer"
) -> Connection:
    """A connection to the user's engine; with ``start``, an engine is started if none runs.

    Raises EngineUnavailable with a sentence: none runs, it is of another version, or it does not
    answer.
    """
    places = places or platform.places()
    deadline = time.monotonic() + _PATIENCE
    started: subprocess.Popen[bytes] | None = None
    while True:
        connection = _try(places, client)
        if connection is not None:
            return connection
        if not start:
            raise EngineUnavailable("No engine is running.")
        if (started is None or started.poll() is not None) and _lock_is_free(places):
            if started is not None and started.returncode > 0:
                raise EngineUnavailable(
                    f"The engine could not be started: {_last_words(places, started)}"
                )
            started = local.start_apart(engine_command("--until-left"), places.engine_log)
        if time.monotonic() > deadline:
            raise EngineUnavailable(
                f"The engine does not answer. Its last words are in {places.engine_log}."
            )
        time.sleep(0.02)


def engine_command(*arguments: str) -> list[str]:
    """The command line that starts an engine with this interpreter.

    ``-P``: the folder in which it is started may be one that somebody sent; no module of that
    folder may take the place of one of ours.
    """
    return [sys.executable, "-P", "-m", "rollscope_desktop.engine", *arguments]


def running(places: Places) -> dict[str, Any] | None:
    """What the running engine wrote about itself, or None; it may have died since."""
    try:
        said = json.loads(places.engine.read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and "address" in said and "secret" in said else None


def _try(places: Places, client: str) -> Connection | None:
    """A connection to the engine that engine.json tells of; None if it is gone, or going."""
    said = running(places)
    if said is None:
        return None
    try:
        line = local.connect(str(said["address"]), timeout=_GREETING)
    except OSError:
        return None
    connection = Connection(line)
    about = {"client": client, "version": __version__, "protocol": PROTOCOL}
    try:
        connection.send({"hello": {"secret": said["secret"], **about}})
        answer = next(connection.lines(), {})
        if isinstance(hello := answer.get("hello"), dict):
            connection.hello = hello
            line.settimeout(None)
            return connection
    except EngineUnavailable:
        answer = {}
    except BaseException:
        connection.close()
        raise
    connection.close()
    refused = answer.get("error")
    if isinstance(refused, dict) and refused.get("code") not in ("secret", "ending"):
        raise EngineUnavailable(_sentence(refused))
    return None  # that engine has ended, or is about to; the next one writes the file anew


def _sentence(error: Any) -> str:
    said = error.get("sentence") if isinstance(error, dict) else None
    return str(said or "The engine refused.")


def _lock_is_free(places: Places) -> bool:
    try:
        lock = platform.Lock.take(places.lock)
    except OSError as error:
        raise EngineUnavailable(
            f"No engine can be started: {places.lock} cannot be written ({error.strerror})."
        ) from error
    if lock is None:
        return False
    lock.release()
    return True


def _last_words(places: Places, ended: subprocess.Popen[bytes]) -> str:
    try:
        words = places.engine_log.read_bytes()[-4000:].decode("utf-8", "replace").strip()
    except OSError:
        words = ""
    return words.splitlines()[-1] if words else f"it ended with {ended.returncode}."
