"""The requests about calls that are tried: each on a thread of its own, where it can be stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson

from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.keychain import Keychain, KeychainError, Keys

Message = dict[str, Any]

TIMEOUT = 120.0
_AT_ONCE = 8
_ENDING = 5.0

_log = logging.getLogger(__name__)


class Line(Protocol):
    """Whoever asks."""

    def send(self, message: Message) -> None:
        """Queue a message; never blocks."""


class _Try:
    """A request that is being done; ``stop`` ends what it waits for."""

    def __init__(self, line: Line, name: str) -> None:
        self.line, self.name = line, name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False
        self.thread: threading.Thread | None = None

    def run(self, work: Any) -> Any:
        """What a coroutine returns. Raises Refused when it is stopped meanwhile."""

        async def main() -> Any:
            with self._lock:
                self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
                if self._stopped:
                    work.close()
                    raise Refused("cancelled", "The call was stopped.")
            try:
                return await work
            except asyncio.CancelledError:
                raise Refused("cancelled", "The call was stopped.") from None
            finally:
                with self._lock:
                    self._loop = self._task = None

        return asyncio.run(main())

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)


class Trying:
    """Serves ``try_call``, ``try_cancel``, ``try_place`` and ``try_key``. On any thread.

    What it is told and what it is answered is kept nowhere: neither keys nor messages are logged.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        keychain: Keys | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._environment = environment
        self._keychain = keychain or Keychain()
        self._timeout = timeout
        self._tries: set[_Try] = set()
        self._lock = threading.Lock()

    def serve(self, line: Line, request: Message) -> bool:
        """Have a request done and answered later; False when it is about something else."""
        match request.get("do"):
            case "try_call":
                self._begin(line, request, self._call)
            case "try_place":
                self._begin(line, request, self._place)
            case "try_key":
                self._begin(line, request, self._keep)
            case "try_cancel":
                self._stop(lambda one: one.line is line and one.name == request.get("try"))
                line.send({"id": request.get("id"), "ok": {}})
            case _:
                return False
        return True

    def leave(self, line: Line) -> None:
        """Whoever asked has gone: nobody waits for these."""
        self._stop(lambda one: one.line is line)

    def close(self) -> None:
        """Stop everything."""
        for one in self._stop(lambda one: True):
            if one.thread is not None and one.thread is not threading.current_thread():
                one.thread.join(_ENDING)

    def _stop(self, which: Callable[[_Try], bool]) -> list[_Try]:
        with self._lock:
            found = [one for one in self._tries if which(one)]
        for one in found:
            one.stop()
        return found

    def _begin(
        self, line: Line, request: Message, work: Callable[[_Try, Message], Message]
    ) -> None:
        number = request.get("id")
        name = request.get("try")
        one = _Try(line, name if isinstance(name, str) else "")

        def answer() -> None:
            try:
                line.send({"id": number, "ok": work(one, request)})
            except Refused as refused:
                line.send({"id": number, "error": refused.message()})
            except Exception as error:  # noqa: BLE001 - one request must not end the engine
                # Only where, not with what: a key is among it.
                _log.error("A call could not be tried: %s", type(error).__name__)
                failed = Refused("failed", f"The call failed: {type(error).__name__}.")
                line.send({"id": number, "error": failed.message()})
            finally:
                with self._lock:
                    self._tries.discard(one)

        with self._lock:
            busy = len(self._tries) >= _AT_ONCE
            if not busy:
                self._tries.add(one)
        if busy:
            refused = Refused("busy", f"{_AT_ONCE} calls are under way; wait for one of them.")
            line.send({"id": number, "error": refused.message()})
            return
        one.thread = threading.Thread(target=answer, name="try", daemon=True)
        one.thread.start()

    # -- on its thread -------------------------------------------------------------------------

    def _call(self, one: _Try, request: Message) -> Message:
        # Late, all of it: an engine in which nothing is tried loads no HTTP client.
        from rollscope_desktop.engine.trying.call import prepare, read_answer
        from rollscope_desktop.engine.trying.keys import find_key, headers_of
        from rollscope_desktop.engine.trying.send import send
        from rollscope_desktop.engine.trying.target import target_of

        dialect = _word(request, "dialect")
        call = prepare(dialect, _word(request, "url"), request.get("request"))
        target = target_of(call.url)
        key = find_key(
            target, dialect, self._environment, self._keychain,
            confirmed=_word(request, "confirmed"), variable=_word(request, "key_name"),
            typed=_word(request, "key"),
        )  # fmt: skip
        if key is None and target.owner is not None:
            raise Refused(
                "key",
                f"{target.owner.name} wants a key: set {target.owner.variables[0]} where Rollscope "
                "is started, or type one.",
            )
        if key is not None and not call.dialect.claims(target.url.raw_path.rstrip("/")):
            # The address is a log's, and a provider does more for a key than to answer calls.
            raise Refused(
                "argument",
                f"{target.url.raw_path[:200]} on {target.place} is no address of model calls in "
                "this dialect, so no key is sent there.",
            )
        reply = one.run(
            send(target.url, headers_of(dialect, target, key), call.body, self._timeout)
        )
        if reply.status >= 400:
            try:
                body = orjson.loads(reply.data)
            except orjson.JSONDecodeError:
                body = reply.data
            said = call.dialect.decode_error(reply.status, body).message.strip()[:2_000]
            if key is not None:
                said = said.replace(key.value, "…")
            code = "key" if reply.status in (401, 403) else "provider"
            raise Refused(code, f"{target.place} refused the call ({reply.status}): {said}")
        found = read_answer(call, reply.data)
        return {
            **found,
            "seconds": round(reply.seconds, 3),
            "key": "" if key is None else key.origin,
        }

    def _place(self, one: _Try, request: Message) -> Message:
        """Where a call would go, and with which key."""
        from rollscope_desktop.engine.trying.keys import KEYCHAIN, variables_for
        from rollscope_desktop.engine.trying.providers import usual_address
        from rollscope_desktop.engine.trying.target import target_of

        dialect = _word(request, "dialect")
        address = _word(request, "url") or usual_address(dialect, _word(request, "model"))
        target = target_of(address)
        names = variables_for(target, dialect)
        set_ = next((name for name in names if self._environment.get(name, "").strip()), "")
        return {
            "url": address,
            "place": target.place,
            "provider": "" if target.owner is None else target.owner.name,
            "known": target.owner is not None,
            "here": target.here,
            "key": KEYCHAIN if self._keychain.get(target.place) else set_,
            "key_names": list(names),
            "keychain": self._keychain.trouble(),
        }

    def _keep(self, one: _Try, request: Message) -> Message:
        """Keep a key in the keychain, for one place alone; "" to forget it."""
        from rollscope_desktop.engine.trying.target import target_of

        target, key = target_of(_word(request, "url")), _word(request, "key").strip()
        try:
            self._keychain.put(target.place, key)
        except KeychainError as error:
            raise Refused("keychain", str(error)) from None
        return {"place": target.place}


def _word(request: Message, name: str) -> str:
    value = request.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused("argument", f"{name} must be a text.")
    return value
