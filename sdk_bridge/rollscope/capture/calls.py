"""One model call as a span: opened before the request is sent, ended when the answer is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from rollscope.capture import dialects, responses, secrets
from rollscope.capture.answers import heard, parsed
from rollscope.capture.composed import ready
from rollscope.capture.dialects import Dialect, Request
from rollscope.capture.retries import Retrying, is_retryable, logical, may_pass
from rollscope.capture.streams import Arrived
from rollscope.context import Here
from rollscope.playing import Divergence, Sent
from rollscope.spans import give_up
from rollscope.told import in_full, without
from rollscope.tracing import begin

if TYPE_CHECKING:
    from rollscope.capture.attempts import Attempt
    from rollscope.playing import Decision


def may_be_model(path: str) -> bool:
    """Whether a POST to this path of a URL may be a call of a model: the cheap look."""
    return _is_claimed(path.rstrip("/"), dialects.dialects())


@lru_cache(maxsize=1024)
def _is_claimed(path: str, known: tuple[Dialect, ...]) -> bool:
    return any(dialect.claims(path) for dialect in known)


def sent(url: str, headers: Iterable[tuple[str, str]], data: bytes) -> Sent | None:
    """The POST, if it calls a model in a dialect that is known."""
    pairs = [(name.lower(), value) for name, value in headers]
    match = dialects.find("POST", url, dict(pairs), data)
    return None if match is None else Sent(url, pairs, data, match)


class _Failed(NamedTuple):
    """An attempt that failed, while there may be another."""

    error: dict[str, Any]
    attrs: dict[str, Any]
    time: int
    told: bool
    """Whether the provider said what is wrong."""
    response: dict[str, Any] | None = None


class Call:
    """A model call: its span, and what is known of its attempts so far."""

    def __init__(
        self,
        place: Here,
        sent: Sent,
        request: Request,
        fingerprint: str = "",
        decision: Decision | None = None,
        asked: Sent | None = None,
    ) -> None:
        """``asked`` is what the program sends, where something else is sent."""
        self.place = place
        self.decision = decision
        self.asked = asked or sent
        self.url = sent.url
        self.dialect = sent.match.dialect
        self.is_stream = sent.match.stream
        self.model = request.model
        self.address = secrets.public(sent.url)
        self.attempts = 0
        self._failed: _Failed | None = None
        self._logical = logical()
        recorder = place.trace.recorder
        assert recorder is not None
        self.recorder = recorder
        self._secrets = partial(secrets.found, sent.url, sent.headers)
        recorder.hide(self._secrets)  # the steps around it may be told of errors that repeat them
        attrs: dict[str, Any] = {"dialect": self.dialect.name, "url": self.address}
        if self.is_stream:
            attrs["stream"] = True
        self.span = begin(
            place,
            self.dialect.kind,
            request.model or self.dialect.name,
            ready=ready(recorder, request.to_log()),
            attrs=attrs,
            fingerprint=fingerprint,
            decision=decision,
        )
        if self._logical is not None:
            self._logical.call = self

    @property
    def has_failed(self) -> bool:
        """Whether its last attempt failed, and nothing more came of it yet."""
        return self._failed is not None

    def next_attempt(self) -> int:
        """The number of the attempt that begins now, from 1."""
        self.attempts += 1
        self._failed = None
        return self.attempts

    def lost(self, attempt: Attempt, error: BaseException) -> None:
        """The client raised; there is no answer."""
        if isinstance(error, Divergence):
            if (replay := self.place.trace.replay) is not None:
                replay.stop(str(error))
            self.span.finish("error", error=error)
            return
        if not isinstance(error, Exception):
            self.span.finish("cancelled", attrs=self._attrs(None, {}))
            return
        what = self._clean(in_full(error))
        status = getattr(error, "status", None)  # an aiohttp client may be told to raise
        attrs = self._attrs(status if isinstance(status, int) else None, {})
        # Of such an answer the program gets nothing but the status.
        response: dict[str, Any] | None = None
        if "status" in attrs:
            response = {"status": status, "headers": {}, "body": ""}
        self._fail(attempt, what, attrs, may_pass(error), told=False, response=response)

    def refused(
        self,
        attempt: Attempt,
        status: int,
        headers: Mapping[str, str],
        body: Any,
        arrived: Arrived | None = None,
    ) -> None:
        """The answer is an error. ``body`` is None as long as it is not read."""
        if body is None:
            kind = message = f"HTTP {status}"
        else:
            kind, message = self.dialect.decode_error(status, body)
        error = self._clean({"type": kind, "message": message})
        attrs = self._attrs(status, headers)
        if attempt.noted:  # now it is known why
            if self._failed is not None and self.attempts == attempt.number:
                response = self._response(arrived)
                self._failed = self._failed._replace(error=error, told=True, response=response)
            return
        wait = _retry_after(headers)
        passing = is_retryable(status)
        response = self._response(arrived)
        self._fail(
            attempt, error, attrs, passing, told=body is not None, wait=wait, response=response
        )

    def _fail(
        self,
        attempt: Attempt,
        error: dict[str, Any],
        attrs: dict[str, Any],
        passing: bool,
        *,
        told: bool,
        wait: float | None = None,
        response: dict[str, Any] | None = None,
    ) -> None:
        now = self.recorder.time()
        if passing:
            attempt.noted = True
            said: dict[str, Any] = {"number": attempt.number}
            if "status" in attrs:
                said["status"] = attrs["status"]
            if told or "status" not in attrs:
                said["error"] = f"{error['type']}: {error['message']}"
            said["seconds"] = round(perf_counter() - attempt.began, 6)
            if wait is not None:
                said["retry_after"] = wait
            self.span.note("attempt", said)
        self._failed = _Failed(error, attrs, now, told, response)
        if self._logical is not None and not self._logical.over:
            return
        if not passing or self._logical is not None:
            self.settle()
            return
        branch = self.place.branch
        give_up(branch)
        branch.retrying = Retrying(self)

    def settle(self, error: BaseException | None = None) -> None:
        """The last attempt is not followed by another; ``error`` is what the program gets."""
        last, self._failed = self._failed, None
        if last is None:
            return
        more = self._kept(last.response)
        if error is None:
            self.span.finish("error", error=last.error, attrs=last.attrs, time=last.time, more=more)
        elif not isinstance(error, Exception):
            self.span.finish("cancelled", attrs=last.attrs)
        else:
            what = in_full(error)
            if last.told:
                what["message"] = last.error["message"]
            self.span.finish("error", error=self._clean(what), attrs=last.attrs, more=more)

    def ended(self, attempt: Attempt, arrived: Arrived) -> None:
        """The answer is over."""
        if arrived.status >= 400:
            body = parsed(arrived.body) if arrived.body or not arrived.closed else None
            self.refused(attempt, arrived.status, arrived.headers, body, arrived)
            return
        said = heard(self, arrived)
        error = said.error
        if isinstance(arrived.error, Exception):
            error = in_full(arrived.error)
        self.span.finish(
            said.status,
            output=said.output,
            error=None if error is None else self._clean(error),
            usage=self._spent(said.usage),
            first_token=arrived.first_token,
            attrs=self._attrs(arrived.status, arrived.headers),
            more=self._kept(self._response(arrived)),
        )

    def _response(self, arrived: Arrived | None) -> dict[str, Any] | None:
        """The answer as it came, where a re-run can have it."""
        if arrived is None or not self.recorder.may_show:
            return None
        return responses.to_log(arrived)

    def _kept(self, response: dict[str, Any] | None) -> dict[str, Any] | None:
        """It as a field of the end, without the keys that an error may echo."""
        if response is None:
            return None
        if response["status"] >= 400:
            response = self._clean(response)
        return {"response": self.recorder.fact(response)}

    def _spent(self, usage: dict[str, Any] | None) -> dict[str, Any] | None:
        """What the call really used: one that is answered from a record saves what that cost."""
        if usage is None or self.decision is None or self.decision.replies is None:
            return usage
        saved = {"model": usage.get("model"), "saved_usd": usage.get("cost_usd")}
        return {name: value for name, value in saved.items() if value is not None} or None

    def _clean(self, error: dict[str, Any]) -> dict[str, Any]:
        """An error without the keys that it may echo."""
        cleaned: dict[str, Any] = without(error, self._secrets())
        return cleaned

    def _attrs(self, status: int | None, headers: Mapping[str, str]) -> dict[str, Any]:
        attrs: dict[str, Any] = {}
        if status is not None:
            attrs["status"] = status
        for name in _REQUEST_IDS:
            if found := headers.get(name):
                attrs["request_id"] = found
                break
        if self.attempts > 1:
            attrs["attempts"] = self.attempts
        return attrs


_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait, if it says so in seconds."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
    return None
