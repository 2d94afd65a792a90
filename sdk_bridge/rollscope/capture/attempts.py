"""One request of a model call: what the clients' wrappers open, tell, and are told by."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rollscope.capture.calls import Call
from rollscope.capture.dialects import Dialect, NotThisDialect, Request, StreamReader
from rollscope.capture.retries import NotPermitted, is_retryable, logical, taken_up
from rollscope.capture.streams import Answer, Arrived
from rollscope.context import Here, aside
from rollscope.errors import EnforcementError
from rollscope.guard import failed, guarded
from rollscope.permit import permit, permit_async
from rollscope.playing import Divergence, Reply, Sent

if TYPE_CHECKING:
    from types import TracebackType

    from rollscope.playing import Decision


class Attempt:
    """One request of a call. While it is entered, clients below the one that sends are not looked
    at: some send through another library's."""

    __slots__ = ("_aside", "began", "call", "noted", "number", "sending")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.number = call.next_attempt()
        self.began = perf_counter()
        self.noted = False
        self.sending = False
        self._aside = aside()

    def __enter__(self) -> None:
        self._aside.__enter__()
        self.sending = True
        _sending.set(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sending = False
        _sending.set(None)
        self._aside.__exit__()

    @property
    def is_steered(self) -> bool:
        """Whether something else is sent, or nothing at all."""
        decision = self.call.decision
        return decision is not None and (decision.sent is not None or decision.replies is not None)

    @property
    def sent(self) -> Sent | None:
        """What is to be sent in the place of the request; None: as it is."""
        return None if self.call.decision is None else self.call.decision.sent

    def reply(self) -> Reply | None:
        """The answer of a record to this request; None: it is really sent. Raises Divergence."""
        decision = self.call.decision
        if decision is None or decision.replies is None:
            return None
        if self.number > len(decision.replies):
            raise Divergence(
                f"The call of {self.call.span.name} is tried again, and in the record it was not."
            )
        return decision.replies[self.number - 1]

    def failed(self, error: BaseException) -> None:
        """The client raised."""
        with guarded("record a failed model call"):
            self.call.lost(self, error)

    def answer(
        self, status: int, headers: Mapping[str, str], *, whole: bool = False, packed: bool = True
    ) -> Answer:
        """Takes the answer, which has begun to come. ``whole``: all of it is there already;
        ``packed``: its Content-Encoding is not undone."""
        call = self.call
        watch = None
        if status >= 400:
            if not whole and is_retryable(status):
                call.refused(self, status, headers, None)
        elif call.is_stream and not whole:
            watch = _FirstToken(call.dialect)
        return Answer(
            status, headers, self._arrived, watch=watch, clock=call.recorder.time, packed=packed
        )

    def abandon(self) -> None:
        """What comes of it cannot be seen: its step ends with what is known."""
        self.call.span.finish()

    def _arrived(self, arrived: Arrived) -> None:
        try:
            self.call.ended(self, arrived)
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            self.abandon()
            failed("record an answer", error)


_sending: ContextVar[Attempt | None] = ContextVar("rollscope_sending", default=None)


class _FirstToken:
    """Whether a stream has come to the first thing that the model says."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._reader = StreamReader()

    def __call__(self, chunk: bytes) -> bool:
        return any(map(self._dialect.is_first_token, self._reader.feed(chunk)))


def begin(place: Here, sent: Sent) -> Attempt | None:
    """The attempt that this request is; None if it is not looked at.

    Raises EnforcementError, or NotPermitted where that would be taken for a failed attempt.
    """
    found = _wanted(place, sent)
    if isinstance(found, Request):
        name, prints = _name(sent, found), _fingerprint(place, sent)
        replay, decision = place.trace.replay, None
        try:
            if replay is not None:
                decision = replay.model(place, sent, name, prints)
            if decision is None or decision.live:
                permit(place, sent.match.dialect.kind, name, sent.match.body)
        except EnforcementError as error:
            raise _stop(error) from None
        return _opened(place, sent, found, prints, decision)
    return found


async def begin_async(place: Here, sent: Sent) -> Attempt | None:
    """The same; asking whether the call may be made keeps no other task waiting."""
    found = _wanted(place, sent)
    if isinstance(found, Request):
        name, prints = _name(sent, found), _fingerprint(place, sent)
        replay, decision = place.trace.replay, None
        try:
            if replay is not None:
                decision = await replay.model_async(place, sent, name, prints)
            if decision is None or decision.live:
                await permit_async(place, sent.match.dialect.kind, name, sent.match.body)
        except EnforcementError as error:
            raise _stop(error) from None
        return _opened(place, sent, found, prints, decision)
    return found


def _fingerprint(place: Here, sent: Sent) -> str:
    """Names what is asked: the path, where some name the model, and the body."""
    path = urlsplit(sent.url).path
    prints = place.trace.client.fingerprints
    return prints.of_request(f"{sent.match.dialect.name} {path}", sent.match.body)


def _wanted(place: Here, sent: Sent) -> Attempt | Request | None:
    """The next attempt of a call that failed, or the request that a new one is made of."""
    try:
        above = _sending.get()
        if above is not None and above.sending:
            return None
        replay = place.trace.replay
        is_rerun = replay is not None and replay.is_rerun
        if not place.trace.client.settings.capture_models and not is_rerun:
            return None  # in a re-run nothing may be paid that nobody sees
        call = taken_up(place, sent.url, sent.data)
        if call is not None:
            return Attempt(call)
        try:
            asked: Request = sent.match.request()
            return asked
        except NotThisDialect:
            return Request(extra=sent.match.body)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("look at a model call", error)
        return None


def _opened(
    place: Here, sent: Sent, request: Request, fingerprint: str, decision: Decision | None
) -> Attempt | None:
    asked = sent
    try:
        if decision is not None and decision.sent is not None:
            sent = decision.sent
            request = sent.match.request()
        return Attempt(Call(place, sent, request, fingerprint, decision, asked))
    except Exception as error:
        if decision is not None and (decision.replies is not None or decision.sent is not None):
            raise  # it would be sent as it is
        failed("begin a model call", error)
        return None


def _name(sent: Sent, request: Request) -> str:
    return request.model or sent.match.dialect.name


def _stop(error: EnforcementError) -> BaseException:
    return error if logical() is None else NotPermitted(error)
