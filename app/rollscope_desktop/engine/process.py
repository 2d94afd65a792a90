"""The engine as a process: takes the lock, opens the index, listens, and ends when it should.

The order matters. The lock comes first, so that there is never a second writer. The address is
written last, so that whoever finds it finds an engine that answers.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from rollscope import __version__
from rollscope_desktop import platform
from rollscope_desktop.attach import PROTOCOL
from rollscope_desktop.engine.forks.connected import Connected
from rollscope_desktop.engine.forks.forks import Forks
from rollscope_desktop.engine.receivers.listen import ANYWHERE, Listen
from rollscope_desktop.engine.reception import Reception
from rollscope_desktop.engine.server import Client, Server
from rollscope_desktop.ingest.live import Live
from rollscope_desktop.platform import Lock, Places, local
from rollscope_desktop.platform.local import UNIX_SOCKETS
from rollscope_desktop.store.schema import IndexProblem
from rollscope_desktop.store.writer import Writer

_FIRST_CLIENT = 20.0  # seconds to wait for one before an engine that serves clients gives up
_LINGER = 0.5  # seconds after the last client left: a viewer that restarts comes back
_ASKING = 0.1  # seconds to wait for a lock that somebody may only be asking for
_ENDING = 1.0  # or that an engine holds which is about to end

_STOP, _LEFT, _DEAF = "stop", "left", "deaf"
News = queue.SimpleQueue[str]
"""What the main thread waits for. A signal may arrive within ``put`` and put as well."""


class EngineRuns(Exception):
    """Another engine of this user holds the lock."""


class EngineFailed(Exception):
    """The engine cannot do what it is there for; the text says why."""


def run(
    places: Places,
    paths: Sequence[Path] = (),
    *,
    until_left: bool = False,
    stdio: bool = False,
    unix: bool = UNIX_SOCKETS,
    listen: Listen = ANYWHERE,
    opened: Callable[[], None] = lambda: None,
    listening: Callable[[list[str]], None] = lambda _: None,
) -> None:
    """Be the engine until told to stop (SIGINT, SIGTERM, the request ``stop``).

    With ``until_left``, also until the last attached client has gone, no program sends any more and
    no fork goes on; with ``stdio``, until the standard input ends. ``opened`` is called once the
    paths are being followed, ``listening`` with addresses once programs can send there.
    Raises EngineRuns, IndexProblem or EngineFailed.
    """
    lock = _take(places, _ASKING if until_left else _ENDING)
    # What arrives makes many objects and few circles: the collector looks at them a tenth as often.
    gc.set_threshold(50_000, 20, 100)
    try:
        engine = _Engine(places, listen, listening, lasting=not until_left)
        engine.start(paths, opened, unix=unix)
        try:
            if stdio:
                engine.serve_stdio()
            engine.wait(until_left and not stdio)
        finally:
            engine.close()
    finally:
        _forget(places)
        lock.release()


class _Engine:
    """The parts of an engine, and the news that the main thread waits for."""

    def __init__(
        self,
        places: Places,
        listen: Listen,
        listening: Callable[[list[str]], None],
        *,
        lasting: bool,
    ) -> None:
        self._places = places
        self._listen = listen
        self._listening = listening
        self._news: News = queue.SimpleQueue()
        self._about: dict[str, Any] = {
            "pid": os.getpid(),
            "version": __version__,
            "protocol": PROTOCOL,
            "secret": secrets.token_hex(16),
        }
        _stop_on_signals(self._news)
        self._live = Live(lambda: Writer(places.index), self._tell, own=places.runs)
        self._reception = Reception(places, self._live, self._tell, self._can_hear, listen)
        reception = self._reception
        connected = Connected(places, reception.clients, reception.programs)
        self._forks = Forks(places, self._tell, self._live.hear, connected=connected)
        self._server = Server(
            self._live, self._reception, self._forks, self._about["secret"], str(places.index),
            lambda: self._news.put(_STOP), lambda: self._news.put(_LEFT), lasting=lasting,
        )  # fmt: skip

    def start(self, paths: Sequence[Path], opened: Callable[[], None], *, unix: bool) -> None:
        """Open the index, let clients in, follow what is to be followed, and listen."""
        self._live.start()
        try:
            platform.private_folder(self._places.runs)
            listener, self._about["address"] = local.listen(self._places.data, unix=unix)
            self._server.listen(listener, self._about["address"])
            self._write_about()
            wanted = [os.fsencode(os.path.abspath(path)) for path in (self._places.runs, *paths)]

            def begin() -> None:
                self._live.open(wanted)
                opened()

            self._live.post(begin)
            self._live.post(self._live.follow_known)
            self._reception.start()
        except BaseException:
            self.close()
            raise

    def wait(self, until_left: bool) -> None:
        """Return when it is time to end. Raises EngineFailed."""
        deadline = time.monotonic() + _FIRST_CLIENT
        while True:
            try:
                said = self._news.get(timeout=0.2)
            except queue.Empty:
                said = ""
            if said == _STOP:
                return
            if said == _DEAF:
                raise EngineFailed(self._reception.trouble)
            if not self._live.running:
                raise EngineFailed("The engine has failed; what happened is above.")
            self._reception.look_again()
            if not self._server.attached:
                self._reception.nobody_looks()
            if (
                self._server.attached or said == _LEFT
                or self._reception.senders or self._forks.at_work
            ):  # fmt: skip
                deadline = time.monotonic() + _LINGER
            elif until_left and time.monotonic() > deadline and self._server.end_if_alone():
                return

    def close(self) -> None:
        """Take nothing further, stop what runs again, hang up, and finish the transaction in
        progress."""
        self._forks.close()
        self._reception.close()
        self._server.close()
        self._live.stop()

    def serve_stdio(self) -> None:
        """Talk to whoever holds the standard input, until it ends."""
        # Streams of its own: what else is printed must not fall between the lines, and at the end
        # the interpreter would wait for the thread that reads the standard input.
        source = os.fdopen(os.dup(0), "rb")
        sink = os.fdopen(os.dup(1), "wb")
        sys.stdout = sys.stderr

        def write(data: bytes) -> None:
            sink.write(data)
            sink.flush()

        def talk() -> None:
            self._server.attach(Client(source, write, lambda: self._news.put(_STOP)), trusted=True)
            self._news.put(_STOP)

        threading.Thread(target=talk, name="stdio", daemon=True).start()

    def _tell(self, note: dict[str, Any]) -> None:
        self._server.note(note)

    def _can_hear(self) -> None:
        """Programs can send, or it is known why they cannot."""
        if self._reception.port is not None:
            self._about["ingest"] = self._reception.port
            with contextlib.suppress(OSError):  # the disk is full; who is attached is told
                self._write_about()
            self._listening(self._reception.addresses)
        elif self._listen.port is not None:
            self._news.put(_DEAF)

    def _write_about(self) -> None:
        platform.write_private(self._places.engine, orjson.dumps(self._about))


def _take(places: Places, patience: float) -> Lock:
    deadline = time.monotonic() + patience
    while True:
        try:
            lock = Lock.take(places.lock)
        except OSError as error:
            raise IndexProblem(
                f"No engine can run: {places.lock} cannot be written ({error.strerror})."
            ) from error
        if lock is not None:
            return lock
        if time.monotonic() > deadline:
            raise EngineRuns("Another engine is running for this user.")
        time.sleep(0.02)  # somebody may only be asking whether it is free


def _stop_on_signals(news: News) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: news.put(_STOP))


def _forget(places: Places) -> None:
    with contextlib.suppress(OSError, ValueError):
        if orjson.loads(places.engine.read_bytes()).get("pid") == os.getpid():
            places.engine.unlink()


def main(arguments: Sequence[str]) -> int:
    """``python -m rollscope_desktop.engine [--until-left] [--stdio] [--tcp] [PATH...]``."""
    flags = {argument for argument in arguments if argument.startswith("--")}
    paths = [Path(argument).absolute() for argument in arguments if not argument.startswith("--")]
    places = platform.places()
    until_left = "--until-left" in flags
    if until_left:
        with contextlib.suppress(OSError):
            os.chdir(platform.private_folder(places.data))  # not where whoever started it stood
    try:
        run(
            places,
            paths,
            until_left=until_left,
            stdio="--stdio" in flags,
            unix=UNIX_SOCKETS and "--tcp" not in flags,
        )
    except EngineRuns as error:
        sys.stderr.write(f"{error}\n")
        return 0  # whoever started this one finds the other
    except (IndexProblem, EngineFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
