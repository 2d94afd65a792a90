"""The engine as a process: takes the lock, opens the index, listens, and ends when it should.

The order matters. The lock comes first, so that there is never a second writer. The address is
written last, so that whoever finds it finds an engine that answers.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from rollscope import __version__
from rollscope_desktop import platform
from rollscope_desktop.attach import PROTOCOL
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

_STOP, _LEFT = "stop", "left"
News = queue.SimpleQueue[str]
"""What the main thread waits for. A signal may arrive within ``put`` and put as well."""


class EngineRuns(Exception):
    """Another engine of this user holds the lock."""


class EngineFailed(Exception):
    """The thread that follows logs has ended by a fault; what it said is in the log."""


def run(
    places: Places,
    paths: Sequence[Path] = (),
    *,
    until_left: bool = False,
    stdio: bool = False,
    unix: bool = UNIX_SOCKETS,
    opened: Callable[[Live], None] = lambda _: None,
) -> None:
    """Be the engine until told to stop (SIGINT, SIGTERM, the request ``stop``).

    With ``until_left``, also until the last attached client has gone; with ``stdio``, until the
    standard input ends. ``opened`` is called once the paths are being followed.
    Raises EngineRuns, IndexProblem or EngineFailed.
    """
    lock = _take(places, _ASKING if until_left else _ENDING)
    news: News = queue.SimpleQueue()
    _stop_on_signals(news)
    try:
        secret = secrets.token_hex(16)
        live = Live(lambda: Writer(places.index), lambda note: server.note(note), own=places.runs)
        server = Server(
            live, secret, str(places.index), lambda: news.put(_STOP), lambda: news.put(_LEFT)
        )
        live.start()
        try:
            platform.private_folder(places.runs)
            listener, address = local.listen(places.data, unix=unix)
            server.listen(listener, address)
            about = {
                "pid": os.getpid(),
                "version": __version__,
                "protocol": PROTOCOL,
                "address": address,
                "secret": secret,
            }
            platform.write_private(places.engine, orjson.dumps(about))
            wanted = [os.fsencode(os.path.abspath(path)) for path in (places.runs, *paths)]

            def begin() -> None:
                live.open(wanted)
                opened(live)

            live.post(begin)
            live.post(live.follow_known)
            if stdio:
                _serve_stdio(server, news)
            _wait(server, live, news, until_left and not stdio)
        finally:
            server.close()
            live.stop()
    finally:
        _forget(places)
        lock.release()


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


def _wait(server: Server, live: Live, news: News, until_left: bool) -> None:
    deadline = time.monotonic() + _FIRST_CLIENT
    while True:
        try:
            said = news.get(timeout=0.2)
        except queue.Empty:
            said = ""
        if said == _STOP:
            return
        if not live.running:
            raise EngineFailed("The engine has failed; what happened is above.")
        if server.attached or said == _LEFT:
            deadline = time.monotonic() + _LINGER
        elif until_left and time.monotonic() > deadline and server.end_if_alone():
            return


def _serve_stdio(server: Server, news: News) -> None:
    # Streams of its own: what else is printed must not fall between the lines, and at the end the
    # interpreter would wait for the thread that reads the standard input.
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr

    def write(data: bytes) -> None:
        sink.write(data)
        sink.flush()

    def talk() -> None:
        server.attach(Client(source, write, lambda: news.put(_STOP)), trusted=True)
        news.put(_STOP)

    threading.Thread(target=talk, name="stdio", daemon=True).start()


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
