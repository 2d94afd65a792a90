"""One model call as a span: opened before the request is sent, ended when the answer is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from rollscope.capture import dialects, secrets
from rollscope.capture.answers import heard, parsed
from rollscope.capture.composed import ready
from rollscope.capture.dialects import Dialect, Match, Request
from rollscope.capture.retries import Retrying, is_retryable, logical, may_pass
from rollscope.capture.streams import Arrived
from rollscope.context import Here
from rollscope.spans import give_up
from rollscope.told import in_full, without
from rollscope.tracing import begin

if TYPE_CHECKING:
    from rollscope.capture.attempts import Attempt


class Sent(NamedTuple):
    """A request for a model, as a client is about to send it; names of headers in lower case."""

    url: str
    headers: list[tuple[str, str]]
    data: bytes
    match: Match


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


class Call:
    """A model call: its span, and what is known of its attempts so far."""

    def __init__(self, place: Here, sent: Sent, request: Request) -> None:
        self.place = place
        self.url = sent.url
        self.data = sent.data
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
        if not isinstance(error, Exception):
            self.span.finish("cancelled", attrs=self._attrs(None, {}))
            return
        what = self._clean(in_full(error))
        status = getattr(error, "status", None)  # an aiohttp client may be told to raise
        attrs = self._attrs(status if isinstance(status, int) else None, {})
        self._fail(attempt, what, attrs, may_pass(error), told=False)

    def refused(self, attempt: Attempt, status: int, headers: Mapping[str, str], body: Any) -> None:
        """The answer is an error. ``body`` is None as long as it is not read."""
        if body is None:
            kind = message = f"HTTP {status}"
        else:
            kind, message = self.dialect.decode_error(status, body)
        error = self._clean({"type": kind, "message": message})
        attrs = self._attrs(status, headers)
        if attempt.noted:  # now it is known why
            if self._failed is not None and self.attempts == attempt.number:
                self._failed = self._failed._replace(error=error, told=True)
            return
        wait = _retry_after(headers)
        self._fail(attempt, error, attrs, is_retryable(status), told=body is not None, wait=wait)

    def _fail(
        self,
        attempt: Attempt,
        error: dict[str, Any],
        attrs: dict[str, Any],
        passing: bool,
        *,
        told: bool,
        wait: float | None = None,
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
        self._failed = _Failed(error, attrs, now, told)
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
        if error is None:
            self.span.finish("error", error=last.error, attrs=last.attrs, time=last.time)
        elif not isinstance(error, Exception):
            self.span.finish("cancelled", attrs=last.attrs)
        else:
            what = in_full(error)
            if last.told:
                what["message"] = last.error["message"]
            self.span.finish("error", error=self._clean(what), attrs=last.attrs)

    def ended(self, attempt: Attempt, arrived: Arrived) -> None:
        """The answer is over."""
        if arrived.status >= 400:
            body = parsed(arrived.body) if arrived.body or not arrived.closed else None
            self.refused(attempt, arrived.status, arrived.headers, body)
            return
        said = heard(self, arrived)
        error = said.error
        if isinstance(arrived.error, Exception):
            error = in_full(arrived.error)
        self.span.finish(
            said.status,
            output=said.output,
            error=None if error is None else self._clean(error),
            usage=said.usage,
            first_token=arrived.first_token,
            attrs=self._attrs(arrived.status, arrived.headers),
        )

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
