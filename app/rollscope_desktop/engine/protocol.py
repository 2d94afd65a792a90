"""The engine's protocol: one JSON object a line, requests answered by id, notes to whoever listens.

Described for other programs in docs/engine-protocol.md.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Callable
from typing import Any, Protocol

from rollscope import __version__, wire
from rollscope_desktop.attach import PROTOCOL
from rollscope_desktop.engine.forks.forks import Forks
from rollscope_desktop.engine.forks.requests import is_slow, serve_forks
from rollscope_desktop.engine.reception import Reception
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.ingest.live import Live
from rollscope_desktop.ingest.scan import shown
from rollscope_desktop.store.schema import IndexProblem

Message = dict[str, Any]

LONGEST = 1 << 20
"""Bytes of the first line of a client, who may be anybody."""
LONGEST_REQUEST = 64 << 20
"""Bytes of a line of somebody who has shown the secret: an edited request may hold pictures."""

_log = logging.getLogger(__name__)


class Line(Protocol):
    """Whoever is at the other end."""

    def send(self, message: Message) -> None:
        """Queue a message; never blocks."""


def greet(said: Message, secret: str | None, index: str, *, lasting: bool = False) -> Message:
    """The answer to the first line of a client. Raises Refused for strangers and other versions.

    Without ``secret``, whoever speaks is trusted: it holds the engine's own standard input. A
    ``lasting`` engine does not end when its clients have left.
    """
    hello = said.get("hello")
    if not isinstance(hello, dict):
        raise Refused("hello", "The first line must be a hello.")
    if secret is not None and not _is_secret(hello.get("secret"), secret):
        raise Refused("secret", "The engine does not know this client.")
    if hello.get("protocol", PROTOCOL) != PROTOCOL:
        raise Refused(
            "version",
            f"An engine of version {__version__} is running, which this Rollscope "
            f"({hello.get('version')!s:.40}) cannot talk to. Close the other one first.",
        )
    return {
        "hello": {
            "version": __version__,
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "index": index,
            "lasting": lasting,
        }
    }


def _is_secret(said: Any, secret: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(
        said.encode("utf-8", "replace"), secret.encode()
    )


def serve(
    line: Line,
    request: Message,
    live: Live,
    reception: Reception,
    forks: Forks,
    stop: Callable[[], None],
) -> None:
    """Have a request done on the ingest thread, or on the one of forks, and answer it there."""
    number = request.get("id")

    def work() -> None:
        try:
            line.send({"id": number, "ok": _do(request, live, reception, forks, stop)})
        except Refused as refused:
            line.send({"id": number, "error": refused.message()})
        except IndexProblem as error:
            line.send({"id": number, "error": Refused("index", str(error)).message()})
            raise
        except Exception as error:  # noqa: BLE001 - one request must not end the engine
            _log.exception("The request %r failed", request)
            failed = Refused("failed", f"The request failed: {error!r:.200}.")
            line.send({"id": number, "error": failed.message()})

    (forks if is_slow(request) else live).post(work)


def _do(
    request: Message, live: Live, reception: Reception, forks: Forks, stop: Callable[[], None]
) -> Message:
    match request.get("do"):
        case "open":
            live.open([_path(path) for path in _texts(request, "paths")])
            return _status(live, reception, forks)
        case "close":
            live.close(_number(request, "root"))
            return _status(live, reception, forks)
        case "status":
            return _status(live, reception, forks)
        case "cancel":
            live.cancel()
            return {}
        case "reindex":
            try:
                known = live.reindex(_text(request, "file"))
            except UnicodeEncodeError:  # no path is spelt like that
                known = False
            if not known:
                raise Refused("unknown", "This file is not in the index.")
            return {}
        case "stop":
            stop()
            return {}
        case do:
            answer = serve_forks(request, forks)
            if answer is None:
                answer = reception.serve(request)
            if answer is None:
                raise Refused("unknown", f"The engine does not know the request {do!r:.60}.")
            return answer


def _status(live: Live, reception: Reception, forks: Forks) -> Message:
    return {**live.status(), "ingest": reception.told(), "forks": forks.running}


def _texts(request: Message, name: str) -> list[str]:
    value = request.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refused("argument", f"{name} must be a list of texts.")
    return value


def _text(request: Message, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise Refused("argument", f"{name} must be a text.")
    return value


def _number(request: Message, name: str) -> int:
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise Refused("argument", f"{name} must be a whole number.")
    return value


def _path(text: str) -> bytes:
    """The path that a text names; bytes of it that are no text come as lone surrogates."""
    if not os.path.isabs(text):
        raise Refused("argument", f"{text!r:.200} is not an absolute path.")
    try:
        path = os.fsencode(os.path.normpath(text))
    except UnicodeEncodeError:
        raise Refused("argument", f"{text!r:.200} is not a path.") from None
    if not os.path.lexists(path):
        raise Refused("missing", f"There is nothing at {shown(path)}.")
    return path


def encode(message: Message) -> bytes:
    """One line."""
    return wire.encode(message)


def decode(line: bytes) -> Message:
    """The message of one line. Raises Refused when it is none."""
    try:
        return wire.decode(line)
    except wire.WireError as error:
        raise Refused("json", str(error)) from None
