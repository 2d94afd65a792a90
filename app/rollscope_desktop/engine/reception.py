"""What the engine has to do with programs that send: the socket, its journal, what is allowed."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from rollscope_desktop import platform
from rollscope_desktop.engine.breakpoints import Breakpoints
from rollscope_desktop.engine.enforcement import Enforcement
from rollscope_desktop.engine.enforcement_requests import serve_enforcement
from rollscope_desktop.engine.forks.in_place import Programs
from rollscope_desktop.engine.receivers.clients import Clients
from rollscope_desktop.engine.receivers.door import Door, lasting_token, own_names
from rollscope_desktop.engine.receivers.listen import CannotListen, Listen
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.ingest.journal import Journal
from rollscope_desktop.model.rules import Totals
from rollscope_desktop.query.connection import IndexProblem, open_reader

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope_desktop.engine.receivers.ingress import Ingress
    from rollscope_desktop.engine.receivers.server import Server
    from rollscope_desktop.ingest.live import Live
    from rollscope_desktop.platform import Places

Message = dict[str, Any]

_log = logging.getLogger(__name__)


class Reception:
    """Started on a thread of its own, because the server takes a while to import.

    ``notify`` sends a note to every viewer; ``up`` is called when programs can send, or cannot:
    ``trouble`` says why. Methods may be called on any thread.
    """

    def __init__(
        self,
        places: Places,
        live: Live,
        notify: Callable[[Message], None],
        up: Callable[[], None],
        listen: Listen,
    ) -> None:
        self._places = places
        self._live = live
        self._notify = notify
        self._up = up
        self._listen = listen
        self._server: Server | None = None
        self._ingress: Ingress | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._start, name="socket start", daemon=True)
        self._told_senders = 0
        self.trouble = ""
        self.clients = Clients(self._tell)
        self.enforcement = Enforcement(
            places.rules, lambda run: _totals(places.index, run), self._enforces
        )
        self._spread = self.enforcement.rules
        self.breakpoints = Breakpoints(self._holds)
        self.programs = Programs()

    @property
    def port(self) -> int | None:
        """Where programs send to; None as long as they cannot."""
        return None if self._server is None else self._server.port

    @property
    def addresses(self) -> list[str]:
        """The same with their hosts, as they stand in a URL."""
        return [] if self._server is None else self._server.addresses

    @property
    def senders(self) -> int:
        """How many programs are connected, or were heard of lately."""
        return len(self.clients.known())

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Take nothing further; what was acknowledged is in the journal."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._server is not None:
            self._server.close()

    def look_again(self) -> None:
        """Tell viewers when a sender was not heard of for a while."""
        if self.senders != self._told_senders:
            self._tell()

    def told(self) -> Message:
        """What viewers are told of it."""
        ingress = self._ingress
        return {
            "port": self.port,
            "addresses": self.addresses,
            "clients": self.senders,
            "otlp_open": ingress is not None and ingress.otlp_open,
            "asking": ["otlp"] if ingress is not None and ingress.asking else [],
            "trouble": self.trouble or self.enforcement.trouble,
        }

    def holds(self) -> list[Message]:
        """The calls that wait for a word: at a breakpoint, or because of a rule."""
        return [*self.breakpoints.waiting(), *self.enforcement.holds()]

    def nobody_looks(self) -> None:
        """No viewer is attached: what waits at a breakpoint goes on."""
        self.breakpoints.nobody_looks(self.clients.known())

    def serve(self, request: Message) -> Message | None:
        """Answer a request about programs; None if it is about something else. Raises Refused."""
        match request.get("do"):
            case "clients":
                return {"clients": [client.told() for client in self.clients.known()]}
            case "allow":
                return self._allow(request.get("what"), request.get("allowed"))
            case "command":
                return self._command(request)
            case "holds":
                return {"holds": self.holds()}
            case _:
                served = serve_enforcement(request, self.enforcement)
                if served is None:
                    return self.breakpoints.serve(request, self.clients)
                return {**served, "holds": self.holds()} if "holds" in served else served

    # -- within --------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self._listen_now()
        except OSError as error:
            self.trouble = f"Programs cannot send to Rollscope: {error.strerror or error}."
        except CannotListen as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - the engine goes on without a socket
            _log.exception("The socket was not opened")
            self.trouble = f"Programs cannot send to Rollscope: {error!r:.200}."
        self._up()
        self._tell()

    def _listen_now(self) -> None:
        """Open the socket. Raises OSError or CannotListen."""
        from rollscope_desktop.engine.receivers.ingress import Ingress
        from rollscope_desktop.engine.receivers.server import Server

        listen, places = self._listen, self._places
        token = lasting_token(places.token)
        names = frozenset() if listen.is_local else own_names(listen.names)
        journal = Journal(
            places.received, sync=listen.sync, heard=self._heard, trouble=self._journal
        )
        ingress = Ingress(
            journal, Door(token, names), self.clients, self.enforcement, self.breakpoints,
            self.programs,
        )  # fmt: skip
        # Who can reach it from elsewhere needs the token, whatever was allowed on this machine.
        ingress.otlp_open = listen.is_local and _allowed(places.ingest)
        ingress.asks = self._tell
        server = Server(ingress, listen)
        if not self._closing.is_set():
            server.start()
            self._server, self._ingress = server, ingress

    def _heard(self, path: Path) -> None:
        # After the answer: who sent waits for it, and the indexer would take the processor first.
        asyncio.get_running_loop().call_soon(self._live.hear, os.fsencode(path))

    def _journal(self, sentence: str) -> None:
        self._live.post(lambda: self._live.trouble(sentence, "journal"))

    def _tell(self) -> None:
        self._told_senders = self.senders
        self._notify({"note": "ingest", **self.told()})

    def _enforces(self) -> None:
        """Rules or held calls have changed."""
        self._holds()
        self._tell()
        self._spread_rules()

    def _holds(self) -> None:
        self._notify({"note": "holds", "holds": self.holds()})

    def _allow(self, what: Any, allowed: Any) -> Message:
        if what != "otlp" or not isinstance(allowed, bool):
            raise Refused("argument", "Say what is allowed, and whether: otlp, true or false.")
        if allowed and not self._listen.is_local:
            raise Refused("argument", "Other machines can send here: they need the token.")
        kept = orjson.dumps({"otlp_without_token": allowed})
        try:
            platform.write_private(self._places.ingest, kept)
        except OSError as error:
            raise Refused("disk", f"This cannot be kept: {error.strerror or error}.") from None
        if self._ingress is not None:
            self._ingress.otlp_open, self._ingress.asking = allowed, False
        self._tell()
        return {"ingest": self.told()}

    def _command(self, request: Message) -> Message:
        number, message = request.get("client"), request.get("message")
        named = self.clients.by_id(number) if isinstance(number, int) else None
        clients = self.clients.all_of_run(request.get("run")) if named is None else [named]
        if not clients:
            raise Refused("unknown", "This program is not connected any more.")
        kind = message.get("type") if isinstance(message, dict) else None
        obeying = [client.send for client in clients if kind in client.listens and client.send]
        if message is None or not obeying:
            raise Refused("argument", f"This program does not listen to {kind!r:.40}.")
        self.breakpoints.commanded(kind)
        for send in obeying:
            send(message)
        return {}

    def _spread_rules(self) -> None:
        """Tell programs that listen to them of the rules, when they have changed."""
        if self.enforcement.rules == self._spread:
            return
        self._spread = self.enforcement.rules
        for client in self.clients.known():
            if client.send is not None and "rules" in client.listens:
                client.send({"type": "rules", "rules": self.enforcement.rules})


def _allowed(path: Path) -> bool:
    """Whether OpenTelemetry was allowed without a token."""
    try:
        said = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("otlp_without_token") is True


def _totals(index: Path, run: str) -> Totals | None:
    """What a run has used so far, as the index says; None if it does not know it."""
    try:
        reader = open_reader(index)
    except IndexProblem:
        return None
    try:
        found = reader.all(
            "SELECT llm + tools, tokens_in + tokens_out, cost FROM runs WHERE key = ?", (run,)
        )
    except IndexProblem:
        return None
    finally:
        reader.close()
    if not found:
        return None
    steps, tokens, cost = found[0]
    return Totals(steps=steps, tokens=tokens, usd=cost / 1e9)
