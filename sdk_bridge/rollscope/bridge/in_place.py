"""Makes runs of this program again in its own process, because the application asks for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any

from rollscope import wire
from rollscope.bridge.arguments import arguments_for
from rollscope.bridge.entry import find_loaded
from rollscope.bridge.job import Job
from rollscope.bridge.pace import Pace
from rollscope.bridge.refusal import Refusal
from rollscope.bridge.unchanged import check_unchanged
from rollscope.bridge.warnings import warnings
from rollscope.context import enter
from rollscope.guard import guarded
from rollscope.replay import Playback, Record, ReplayError
from rollscope.replay.plan import Answer, Progress, Question

Message = dict[str, Any]
Say = Callable[[Message], None]

_VERDICTS = ("allow", "edit", "give", "stop", "serve", "live")
_WIDEST = 24 << 10
"""Bytes of a value in a question; a longer one is shown by its beginning."""
_STOPPED = "It was stopped."
_LEFT = "It was stopped, because the application has ended."


class Resuming:
    """Used by the thread that hears. ``say`` tells the application."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._making: dict[str, _Making] = {}

    def hear(self, message: Message) -> None:
        """``resume`` begins a fork, ``forked`` is for one that is on its way."""
        fork, kind = message.get("fork"), message.get("type")
        if not isinstance(fork, str):
            return
        if kind == "resume" and fork not in self._making:
            making = self._making[fork] = _Making(
                lambda said: self._say({"type": "fork", "fork": fork, "message": said})
            )
            job = message.get("job")

            def work() -> None:
                enter(None)
                making.make(job)
                self._making.pop(fork, None)

            threading.Thread(target=work, name="rollscope fork", daemon=True).start()
        elif kind == "forked" and (known := self._making.get(fork)) is not None:
            known.hear(message.get("message"))

    def lost(self) -> None:
        """The connection has ended, and with it who could answer."""
        for making in list(self._making.values()):
            making.cancel(_LEFT)


class _Making:
    """One fork. It is told of as a bridge tells; its end once."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._numbers = count(1)
        self._asked: dict[int, SimpleQueue[Answer]] = {}
        self._lock = threading.Lock()
        self._why = ""
        self._run: str | None = None
        self._playback: Playback | None = None
        self._calls = 0
        self._pace = Pace(self._progress)

    def make(self, job: Any) -> None:
        """Do the job, on a thread of its own. Raises nothing."""
        try:
            ending = self._made(Job.from_json(job))
        except (Refusal, ReplayError) as error:
            ending = {"type": "failed", "code": error.code, "sentence": str(error)}
        except BaseException as error:  # noqa: BLE001 - whatever the program does, it goes on
            sentence = f"The fork failed: {type(error).__name__}: {error}"[:500]
            ending = {"type": "failed", "code": "failed", "sentence": sentence}
        self._pace.stop()
        self._say(ending)

    def hear(self, said: Any) -> None:
        """An answer to a question, or that it is to end."""
        match said:
            case {"type": "answer", "id": int(number), "verdict": verdict}:
                if (answers := self._asked.get(number)) is not None and verdict in _VERDICTS:
                    answers.put(Answer(verdict, said.get("value")))
            case {"type": "cancel"}:
                self.cancel(_STOPPED)

    def cancel(self, why: str) -> None:
        """End the run before its next call: nothing can be cut off within a program."""
        with self._lock:
            self._why = self._why or why
            if self._playback is not None:
                self._playback.stop(why)
            for answers in list(self._asked.values()):
                answers.put(Answer("stop"))

    def _made(self, job: Job) -> Message:
        record = Record.read(job.logs, job.run)
        self._calls = sum(span.kind in ("llm", "tool") for span in record.spans.values())
        check_unchanged(job, record)
        found = find_loaded(record.start)
        args, kwargs = arguments_for(
            found.function, found.name, record.start, job.plan.edit, signed=job.signed
        )
        for sentence in warnings(record.start, found, os.environ):
            self._say({"type": "warning", "sentence": sentence})
        playback = Playback(record, job.plan, ask=self._ask, told=self._told, signed=job.signed)
        with self._lock:
            self._playback = playback
            if self._why:
                playback.stop(self._why)
        done = playback.run(found.function, args, kwargs, group=job.group)
        self._begun(done.run)
        is_stopped = bool(self._why) and done.status == "diverged"
        return {
            "type": "done",
            "run": done.run,
            "status": "cancelled" if is_stopped else done.status,
            "sentence": self._why if is_stopped else done.sentence,
            "played": done.played,
            "reused": done.reused,
            "live": done.live,
            "reached": done.reached,
        }

    def _told(self, now: Progress) -> None:
        self._begun(None if self._playback is None else self._playback.new_run)
        self._pace(now)

    def _begun(self, run: str | None) -> None:
        """Tell once which run it is."""
        with self._lock:
            is_news, self._run = run is not None and self._run is None, run
        if is_news:
            self._say({"type": "started", "run": run})

    def _progress(self, now: Progress) -> None:
        counts = {"played": now.played, "reused": now.reused, "live": now.live}
        self._say({"type": "progress", **counts, "calls": self._calls})

    def _ask(self, question: Question) -> Answer:
        answers: SimpleQueue[Answer] = SimpleQueue()
        with self._lock:
            if self._why:
                return Answer("stop")
            number = next(self._numbers)
            self._asked[number] = answers
        told: Message = {
            name: getattr(question, name) for name in ("kind", "name", "span", "reason")
        }
        with guarded("ask a question"):
            told |= {"input": _short(question.input), "expected": _short(question.expected)}
        try:
            self._say({"type": "ask", "id": number, "question": told})
            return answers.get()
        finally:
            self._asked.pop(number, None)


def _short(value: Any) -> Any:
    data = wire.dump(value)
    return wire.load(data) if len(data) <= _WIDEST else f"{data[:1000].decode('utf-8', 'replace')}…"
