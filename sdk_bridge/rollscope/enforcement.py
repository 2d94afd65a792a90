"""Asks the application whether a call may be made; without an answer, it may."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rollscope.errors import (
    AuthError,
    EnforcementError,
    RateLimitError,
    RollscopeError,
    TransportError,
)
from rollscope.guard import failed, tell
from rollscope.places import places

if TYPE_CHECKING:
    from rollscope.address import Address
    from rollscope.config import OnError

_T = TypeVar("_T")

_CHECK = "/v1/enforcement/check"
_HOLDS = "/v1/enforcement/holds/"
_POLL = 0.25
"""Seconds between two questions how it stands with a call that is held; then a little more each
time."""
_SLOWEST_POLL = 2.0
_QUIET = 5.0
"""Seconds for which nobody is asked when a question found no answer: each costs a time-out."""
_LONGEST = 1 << 16
_VERDICTS = ("allow", "block", "deny", "hold")
_KINDS: dict[int | None, type[RollscopeError]] = {
    401: AuthError, 403: AuthError, 429: RateLimitError,
}  # fmt: skip


class _Held(NamedTuple):
    """A call that waits for somebody's word."""

    id: str
    reason: str


class _NoAnswer(Exception):
    """The application is not there, or said something odd. ``status`` is that of HTTP."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class Enforcement:
    """The rules of the application: ceilings, tools that are denied, calls that are held.

    ``endpoint`` is that of the sink; without it, the application on this machine is asked, at the
    port that its ``engine.json`` names. Times are in seconds.
    """

    def __init__(
        self, endpoint: str | None, token: str | None, *, hold_wait: float = 0.0,
        timeout: float = 2.0, on_error: OnError | None = None,
    ) -> None:  # fmt: skip
        """``hold_wait``: how long a held call waits for somebody's word; ``timeout``: how long an
        answer may take. ``on_error`` is told when there is none, once each time that this
        begins."""
        self._endpoint = endpoint
        self._token = token or ""
        self._hold_wait = hold_wait
        self._timeout = timeout
        self._on_error = on_error
        self._quiet_until = 0.0
        self._told = False

    def check(
        self,
        run: str,
        *,
        project: str | None = None,
        kind: str,
        name: str,
        arguments_hash: str | None = None,
        tokens: int | None = None,
        usd: float | None = None,
        arguments: str | None = None,
    ) -> None:
        """Ask about a call that is about to be made. ``tokens`` and ``usd`` are what it may cost.

        Raises EnforcementError with the verdict "block", "deny" or "hold".
        """
        held = self._ask(run, project, kind, name, arguments_hash, tokens, usd, arguments)
        waiting = _Waiting(self._hold_wait)
        while held is not None:
            pause = waiting.pause(held)
            time.sleep(pause)
            held = self._ask_again(held)

    async def check_async(
        self,
        run: str,
        *,
        project: str | None = None,
        kind: str,
        name: str,
        arguments_hash: str | None = None,
        tokens: int | None = None,
        usd: float | None = None,
        arguments: str | None = None,
    ) -> None:
        """The same, while other tasks go on."""
        question = (run, project, kind, name, arguments_hash, tokens, usd, arguments)
        held = await _aside(lambda: self._ask(*question))
        waiting = _Waiting(self._hold_wait)
        while held is not None:
            pause, asked = waiting.pause(held), held
            await _aside(lambda pause=pause: time.sleep(pause))  # type: ignore[misc]
            held = await _aside(lambda asked=asked: self._ask_again(asked))  # type: ignore[misc]

    def _ask(
        self, run: str, project: str | None, kind: str, name: str, arguments_hash: str | None,
        tokens: int | None, usd: float | None, arguments: str | None,
    ) -> _Held | None:  # fmt: skip
        """None: the call may be made."""
        question = {
            "run": run, "project": project, "kind": kind, "name": name,
            "arguments_hash": arguments_hash, "tokens": tokens, "usd": usd,
            "arguments": arguments,
        }  # fmt: skip
        if time.monotonic() < self._quiet_until:
            return None
        try:
            answer = self._request(
                "POST", _CHECK, {k: v for k, v in question.items() if v is not None}
            )
            verdict, reason = answer.get("verdict"), _reason(answer)
            self._told = self._told and verdict not in _VERDICTS
            if verdict == "allow":
                return None
            if verdict == "hold" and isinstance(hold := answer.get("hold"), str) and hold:
                return _Held(hold, reason or f"Somebody has to allow {name}.")
            if verdict not in ("block", "deny"):
                raise _NoAnswer(f"its verdict is {str(verdict)[:40]!r}")
        except _NoAnswer as error:
            self._without(error)
            return None
        raise EnforcementError(verdict, reason or f"The application does not allow {name}.")

    def _ask_again(self, held: _Held) -> _Held | None:
        from urllib.parse import quote

        try:
            answer = self._request("GET", _HOLDS + quote(held.id, safe=""), None)
            status = answer.get("status")
            if status == "approved":
                return None
            if status == "pending":
                return held
            if status not in ("denied", "expired"):
                raise _NoAnswer(f"the state of a held call is {str(status)[:40]!r}")
        except _NoAnswer as error:
            # Somebody had a say in this call and has not given it.
            raise EnforcementError("hold", f"{held.reason} No word came: {error}.") from None
        verdict = "deny" if status == "denied" else "hold"
        raise EnforcementError(verdict, _reason(answer) or held.reason)

    def _without(self, error: _NoAnswer) -> None:
        """No answer: what the program has been told itself still holds."""
        self._quiet_until = time.monotonic() + _QUIET
        failed.say(
            "enforcement",
            f"The application was not asked whether calls may be made: {error}."
            " Ceilings set in this program still apply.",
        )
        if not self._told:
            self._told = True
            tell(self._on_error, _KINDS.get(error.status, TransportError)(str(error)))

    def _request(self, method: str, path: str, question: Any) -> dict[str, Any]:
        import http.client

        import orjson

        address = self._address()
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        connection = kind(address.host, address.port, timeout=self._timeout)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = None if question is None else orjson.dumps(question)
        try:
            connection.request(method, address.prefix + path, body, headers)
            response = connection.getresponse()
            said = response.read(_LONGEST)
            if response.status not in (200, 202):
                raise _NoAnswer(f"{address} answered {response.status}", response.status)
            answer = orjson.loads(said)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _NoAnswer(f"{address}: {error!r}") from None
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise _NoAnswer(f"{address} answered no object")
        return answer

    def _address(self) -> Address:
        from rollscope.address import parse_address

        try:
            return parse_address(self._endpoint or _local(places().engine))
        except ValueError as error:
            raise _NoAnswer(str(error)) from None


class _Waiting:
    """How long a held call still waits."""

    def __init__(self, most: float) -> None:
        self._until = time.monotonic() + most
        self._next = _POLL

    def pause(self, held: _Held) -> float:
        """Seconds until it is asked again. Raises EnforcementError when time is up."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise EnforcementError("hold", held.reason)
        pause, self._next = min(left, self._next), min(_SLOWEST_POLL, self._next * 1.5)
        return pause


async def _aside(work: Callable[[], _T]) -> _T:
    """What the work returns, done on a thread while other tasks go on.

    It is a thread of no pool and of no library: those are the program's, and are recorded. Where
    the running loop is not one of asyncio, the work is done at once.
    """
    import _thread
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return work()
    answer: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if answer.done():
            return  # the task was cancelled
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, failure)

    _thread.start_new_thread(run, ())
    return await answer


def _local(path: Path) -> str:
    """The address of the application on this machine. Raises ValueError when it is not there."""
    import orjson

    try:
        about = orjson.loads(path.read_bytes())
        return f"http://127.0.0.1:{int(about['ingest'])}"
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError("no application runs on this machine that could be asked") from None


def _reason(answer: dict[str, Any]) -> str:
    return str(answer.get("reason") or "")[:500]
