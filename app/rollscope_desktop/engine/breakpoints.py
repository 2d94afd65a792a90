"""Where programs are to wait, and the calls that wait there: told to programs that listen, and
answered by whoever looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.model.breakpoints import Breakpoint, BreakpointError, read_breakpoints

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client, Clients

VERDICTS = ("continue", "edit", "give", "stop")
HEARS = ("paused", "released", "fork")
"""What programs may say beside their logs."""
_MOST = 1_000
"""Calls of one program that wait at a time."""
_LONGEST = 500

_Message = dict[str, Any]


class Breakpoints:
    """Used by any thread. ``changed`` is called when other calls wait than before."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._set: dict[str, tuple[Breakpoint, ...]] = {}
        self._patience: float | None = None
        self._waiting: dict[str, tuple[Client, _Message]] = {}
        self._has_paused = False

    def serve(self, request: _Message, clients: Clients) -> _Message | None:
        """Answer a request about breakpoints; None if it is about something else. Raises
        Refused."""
        match request.get("do"):
            case "breakpoints":
                if "breakpoints" in request:
                    self._take(request, clients)
                return {"breakpoints": self._told()}
            case "paused_answer":
                self._answer(request)
                return {}
            case "program":
                found = clients.of_run(request.get("run"))
                return {"program": None if found is None else found.told()}
            case _:
                return None

    def brief(self, client: Client) -> None:
        """Tell a program that has come where it is to wait."""
        if "breakpoints" in client.listens and client.send is not None and self._set:
            client.send(self._message(client))

    def commanded(self, kind: Any) -> None:
        """A program was told something: those that pause go on when nobody looks any more."""
        self._has_paused = self._has_paused or kind == "pause"

    def heard(self, client: Client, message: _Message) -> None:
        """A program says that a call waits, or waits no more."""
        call = message.get("call")
        if not isinstance(call, str) or len(call) > _LONGEST:
            return
        id = f"{client.id}.{call}"
        with self._lock:
            if message.get("type") == "released":
                is_news = self._waiting.pop(id, None) is not None
            else:
                own = sum(each is client for each, _ in self._waiting.values())
                is_news = own < _MOST
                if is_news:
                    self._waiting[id] = (client, message)
        if is_news:
            self._changed()

    def left(self, client: Client) -> None:
        """A program has gone: its calls are not waiting here any more."""
        with self._lock:
            gone = [id for id, (owner, _) in self._waiting.items() if owner is client]
            for id in gone:
                del self._waiting[id]
        if gone:
            self._changed()

    def waiting(self) -> list[_Message]:
        """The calls that wait, as the engine tells of held calls."""
        with self._lock:
            return [_told(id, client, said) for id, (client, said) in self._waiting.items()]

    def nobody_looks(self, clients: Iterable[Client]) -> None:
        """There is nobody who could say a word: everything goes on."""
        if not (self._set or self._has_paused or self._waiting):
            return
        self._set, self._has_paused = {}, False
        for client in clients:
            if client.send is not None and "breakpoints" in client.listens:
                client.send({"type": "breakpoints", "breakpoints": []})
            if client.send is not None and "continue" in client.listens:
                client.send({"type": "continue"})

    def _take(self, request: _Message, clients: Clients) -> None:
        try:
            said = read_breakpoints(request["breakpoints"])
        except BreakpointError as error:
            raise Refused("argument", str(error)) from None
        patience = request.get("patience")
        self._set = said
        self._patience = patience if isinstance(patience, int | float) else None
        for client in clients.known():
            if client.send is not None and "breakpoints" in client.listens:
                client.send(self._message(client))

    def _message(self, client: Client) -> _Message:
        known = self._set
        own = known.get(client.project, ()) if client.project else ()
        told = [each.as_json() for each in (*known.get("", ()), *own)]
        message: _Message = {"type": "breakpoints", "breakpoints": told}
        return message if self._patience is None else {**message, "patience": self._patience}

    def _told(self) -> dict[str, list[_Message]]:
        return {name: [one.as_json() for one in each] for name, each in self._set.items()}

    def _answer(self, request: _Message) -> None:
        id, verdict = request.get("call"), request.get("verdict")
        with self._lock:
            found = self._waiting.get(id) if isinstance(id, str) else None
        send = None if found is None else found[0].send
        if found is None or send is None:
            raise Refused("unknown", "This call does not wait any more.")
        said = found[1]
        if verdict not in _choices(said):
            raise Refused("argument", f"This call cannot be answered with {verdict!r:.40}.")
        if verdict == "edit" and not isinstance(request.get("value"), dict):
            raise Refused("argument", "Arguments are an object: a value for each name.")
        word = {"type": "decide", "call": said["call"], "verdict": verdict}
        send({**word, "value": request["value"]} if "value" in request else word)


def _choices(said: _Message) -> list[str]:
    given = said.get("choices")
    return [each for each in VERDICTS if isinstance(given, list) and each in given]


def _told(id: str, client: Client, said: _Message) -> _Message:
    def word(name: str, most: int = _LONGEST) -> str:
        value = said.get(name)
        return value[:most] if isinstance(value, str) else ""

    def seconds(name: str) -> float:
        value = said.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    arguments = word("text", 4_000)
    if "arguments" in said:
        arguments = wire.dump(said["arguments"]).decode()
    return {
        "id": id, "run": word("run"), "project": client.project, "kind": word("kind"),
        "name": word("name"), "made": False, "span": None, "arguments": arguments or None,
        "reason": word("reason"), "since": seconds("since"), "expires": seconds("until"),
        "waiting": True, "choices": _choices(said),
    }  # fmt: skip
