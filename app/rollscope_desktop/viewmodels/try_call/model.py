"""A recorded call that is tried: read in a job, sent by the engine, its answers side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.services.trying import Place, Sending, Trying
from rollscope_desktop.viewmodels.try_call import attempts
from rollscope_desktop.viewmodels.try_call.attempts import MOST, RUNNING, Attempt
from rollscope_desktop.viewmodels.try_call.sampling import BadRequest, for_others, together

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.forks.recorded_call import RecordedCall

DIALECTS: Final = {
    "openai.chat": "OpenAI chat",
    "openai.responses": "OpenAI responses",
    "anthropic": "Anthropic",
    "gemini": "Gemini",
    "ollama": "Ollama",
}
"""In which a call can be tried, with their titles."""
_SETTLED: Final = 250
"""Milliseconds after the last key until an address that is being typed is looked up."""


class TryCall(QObject):
    """``call`` is None while it is read, or where there is none: ``failure`` says why.

    ``place`` is where a call would go now, None while that is not known; ``misplaced`` says why it
    cannot go there. Nothing is kept when this ends, and the run that the call is of stays as it is.
    """

    opened = Signal()
    """The call was read, or cannot be."""
    placed = Signal()
    """``place`` or ``misplaced``, ``key`` or ``allowed`` is another."""
    changed = Signal()
    """``attempts`` are others, or have changed."""

    def __init__(self, jobs: Jobs, trying: Trying, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._trying = jobs, trying
        self.call: RecordedCall | None = None
        self.failure = ""
        self.dialect = "openai.chat"
        self.url = ""
        self.place: Place | None = None
        self.misplaced = ""
        self.kept = ""
        self.key = ""
        self.confirmed = ""
        self.attempts: list[Attempt] = []
        self._names: dict[int, str] = {}
        self._number = 0
        self._looks = 0
        self._typed = False
        self._soon = QTimer(self, singleShot=True, interval=_SETTLED)
        self._soon.timeout.connect(self._look)

    def open(self, span: int) -> None:
        """Read the call that a step is, by its id."""
        self._jobs.start(
            self, "call", asking(_read, span), self._take, failed=self._fail, lane=Lane.PAYLOADS
        )

    # Where it goes

    def set_dialect(self, dialect: str) -> None:
        """Speak to another kind of provider: at its usual address, unless one was typed."""
        if dialect != self.dialect:
            self.dialect = dialect
            if not self._typed:
                recorded = self.call is not None and self.call.dialect == dialect
                self.url = self.call.url if self.call is not None and recorded else ""
            self.place, self.misplaced = None, ""  # of the other, until this one is known
            self._look()
            self.placed.emit()

    def set_url(self, url: str) -> None:
        """Have it go elsewhere; "" for the usual address."""
        if url.strip() != self.url:
            self.url, self._typed = url.strip(), bool(url.strip())
            self.place, self.misplaced = None, ""
            self._soon.start()
            self.placed.emit()

    def set_key(self, key: str) -> None:
        """Use a key that was typed, for as long as this is open."""
        self.key, self.kept = key.strip(), ""
        self.placed.emit()

    def allow(self, allowed: bool) -> None:
        """Say that a key may be sent to the place that is shown, or that it may not."""
        self.confirmed = self.place.place if allowed and self.place is not None else ""
        self.placed.emit()

    @property
    def allowed(self) -> bool:
        """Whether a key may be sent to where the call goes now."""
        place = self.place
        return place is not None and (bool(place.provider) or self.confirmed == place.place)

    @property
    def has_key(self) -> bool:
        """Whether a key would go with the call."""
        place = self.place
        if place is None:
            return False
        return place.key == "keychain" or (self.allowed and bool(self.key or place.key))

    def keep_key(self) -> None:
        """Keep the key that was typed in the keychain, for this place alone."""
        place = self.place
        if place is None or not self.key:
            return

        def done() -> None:
            self.kept = f"Kept in the keychain for {place.place}."
            self._look()

        self._trying.keep_key(place.url, self.key, done, self._not_kept)

    # The tries

    @property
    def running(self) -> bool:
        """Whether an answer is waited for."""
        return any(one.state == RUNNING for one in self.attempts)

    def why_not(self) -> str:
        """Why no call can be sent now, as a sentence; "" when one can be."""
        if self.call is None:
            return self.failure or "The call is being read."
        if self.misplaced:
            return self.misplaced
        if self.place is None:
            return "The address is being looked at."
        if len(self.attempts) > MOST and all(one.state == RUNNING for one in self.attempts[1:]):
            return f"{MOST} calls are under way."
        if self.key and not self.allowed:
            return f"Say that your key may be sent to {self.place.place}, or remove it."
        if self.place.provider and not self.has_key:
            return f"{self.place.provider} wants a key: type one."
        return ""

    def send(self, rest: dict[str, Any], model: str, temperature: str) -> str:
        """Try the call with these; why it was not sent, or ""."""
        if why := self.why_not():
            return why
        try:
            request = together(rest, model, temperature, self.dialect)
        except BadRequest as error:
            return str(error)
        assert self.place is not None
        assert self.call is not None
        if self.dialect != self.call.dialect:
            request = for_others(request)
        self._make_room()
        self._number += 1
        number = self._number
        name = self._names[number] = uuid4().hex
        self.attempts.append(Attempt(number, model=request["model"]))
        sending = Sending(
            name, self.dialect, self.place.url, request, self.key if self.allowed else "",
            self.confirmed,
        )  # fmt: skip
        self.changed.emit()
        self._trying.send(
            sending,
            lambda found: self._settle(attempts.answered(number, found)),
            lambda error: self._miss(number, error),
        )
        return ""

    def cancel(self, number: int) -> None:
        """Stop a try; its column says so."""
        if number in self._names:
            self._trying.cancel(self._names[number])

    def remove(self, number: int) -> None:
        """Take a try away."""
        self.cancel(number)
        self.attempts = [one for one in self.attempts if one.number != number]
        self.changed.emit()

    def close(self) -> None:
        """Stop what is under way: nobody looks any more."""
        self._soon.stop()
        for one in self.attempts:
            if one.state == RUNNING:
                self.cancel(one.number)

    def _make_room(self) -> None:
        """The oldest try that is over gives way."""
        while len(self.attempts) > MOST:
            old = next(one for one in self.attempts[1:] if one.state != RUNNING)
            self.attempts.remove(old)

    def _settle(self, found: Attempt) -> None:
        self._names.pop(found.number, None)
        if any(one.number == found.number for one in self.attempts):
            self.attempts = [found if one.number == found.number else one for one in self.attempts]
            self.changed.emit()

    def _miss(self, number: int, error: Exception) -> None:
        code = error.code if isinstance(error, EngineRefused) else ""
        old = next((one for one in self.attempts if one.number == number), Attempt(number))
        said = "Stopped." if code == "cancelled" else str(error)
        self._settle(replace(old, state=attempts.FAILED, said=said, code=code))

    def _take(self, call: RecordedCall) -> None:
        self.call = call
        self.dialect = call.dialect if call.dialect in DIALECTS else "openai.chat"
        self.url = call.url
        self.attempts = [attempts.recorded(call)]
        self.opened.emit()
        self._look()

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self.opened.emit()

    def _look(self) -> None:
        self._soon.stop()
        self._looks += 1
        look, model = self._looks, "" if self.call is None else str(self.call.request["model"])

        def done(place: Place) -> None:
            if look == self._looks:
                self.place, self.misplaced = place, ""
                if self.confirmed != place.place:
                    self.confirmed = ""  # it was said of another
                self.placed.emit()

        def failed(error: Exception) -> None:
            if look == self._looks:
                self.place, self.misplaced = None, str(error)
                self.placed.emit()

        self._trying.look(self.dialect, self.url, model, done, failed)

    def _not_kept(self, error: Exception) -> None:
        self.kept = str(error)
        self.placed.emit()


def _read(reader: Reader, span: int) -> RecordedCall:
    from rollscope_desktop.query.forks.recorded_call import read_recorded_call  # late: few ask

    return read_recorded_call(reader, span)
