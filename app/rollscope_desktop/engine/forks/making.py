"""One fork on its way: what is to be made, what the bridge has said of it, what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.engine.forks.bridge_process import End, Message
from rollscope_desktop.engine.forks.orders import Fork, is_run, read_answer, read_question, word
from rollscope_desktop.engine.refused import Refused

if TYPE_CHECKING:
    import threading

    from rollscope_desktop.engine.forks.in_place import Process

_PACE = 0.05  # seconds; a bridge of ours tells of its progress at most every 0.1 s
_MOST_WARNINGS = 100


@dataclass(slots=True, eq=False)
class Making:
    """A fork, and what makes it. Not for several threads at a time.

    ``questions`` are those that wait, the one that is asked first. ``last`` is what the bridge said
    when it was done.
    """

    fork: Fork
    interpreter: str
    folder: str
    job: Message
    process: Process | None = None
    thread: threading.Thread | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    last: Message | None = None
    is_cancelled: bool = False
    told_at: float = 0.0
    warnings: int = 0

    @property
    def waits(self) -> bool:
        """Whether it is still to be started."""
        return self.thread is None and not self.fork.is_over

    @property
    def is_busy(self) -> bool:
        """Whether a process works on it, and not only waits for a word."""
        return self.thread is not None and self.fork.state in ("starting", "running")

    def hear(self, message: Message) -> None:
        """Take in what the bridge says."""
        fork = self.fork
        match message.get("type"):
            case "started" if fork.run is None and self._is_new(message.get("run")):
                fork = replace(fork, run=message["run"], state="running")
            case "progress":
                fork = _counted(fork, message)
            case "ask" if (asked := read_question(message)) is not None:
                self.questions.append(asked)
            case "done" | "failed":
                fork, self.last = _counted(fork, message), message
                self.questions.clear()
        self.fork = fork
        self._ask_next()

    def answer(self, question: Any, verdict: Any, value: Any) -> None:
        """Hand on the user's word. Raises Refused."""
        asked = self.questions[0] if self.questions else None
        if asked is None or asked["id"] != question or self.process is None:
            raise Refused("unknown", "This question is not asked any more.")
        self.process.say(read_answer(asked, verdict, value))
        del self.questions[0]
        self._ask_next()

    def cancel(self, patience: float | None = None) -> None:
        """Have it end soon; its process is killed after so many seconds."""
        self.is_cancelled = True
        if self.thread is None:
            self.fork = replace(self.fork, state="cancelled", sentence="It was not started.")
        elif self.process is not None:
            self.process.cancel(patience)

    def end(self, end: End) -> None:
        """Take in how the process ended."""
        self.questions.clear()
        self.fork = self._over(replace(self.fork, question=None), end)

    def is_worth_telling(self, message: Message, now: float) -> bool:
        """Whether anybody has to hear of a message at once; a bridge may say a great deal."""
        kind = message.get("type")
        if kind == "progress" and now - self.told_at < _PACE:
            return False
        if kind == "warning":
            self.warnings += 1
            return self.warnings <= _MOST_WARNINGS
        self.told_at = now
        return True

    def _is_new(self, run: Any) -> bool:
        """Whether it may be the run that is made here."""
        return is_run(run) and run != self.fork.of

    def _ask_next(self) -> None:
        asked = self.questions[0] if self.questions else None
        if asked is not None:
            self.fork = replace(self.fork, question=asked, state="asking")
        elif self.fork.question is not None:
            self.fork = replace(self.fork, question=None, state="running")

    def _over(self, fork: Fork, end: End) -> Fork:
        last = self.last or {}
        status, sentence = word(last.get("status")), word(last.get("sentence"))
        if last.get("type") == "done" and not (self.is_cancelled and status == "cancelled"):
            run = last["run"] if fork.run is None and self._is_new(last.get("run")) else fork.run
            details = "" if status == "ok" else end.words
            fork = replace(fork, run=run, state="done", status=status)
            return replace(fork, sentence=sentence, details=details)
        if self.is_cancelled:
            return replace(fork, state="cancelled", status="cancelled", sentence="It was stopped.")
        if last.get("type") != "failed":
            sentence = end.sentence or "The Python of the agent ended without a word."
        fork = replace(fork, state="failed", status="error")
        return replace(fork, sentence=sentence, details=end.words)


def _counted(fork: Fork, message: Message) -> Fork:
    """The fork with what a message counts."""

    def count(name: str, known: int) -> int:
        value = message.get(name)
        return value if type(value) is int else known

    return replace(
        fork,
        played=count("played", fork.played),
        reused=count("reused", fork.reused),
        live=count("live", fork.live),
    )
