"""Answers programs that ask whether a call may be made: by the rules, and for a held call by a word
from the user. Keeps the rules in a file."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rollscope_desktop import platform
from rollscope_desktop.engine.holds import Holds
from rollscope_desktop.model.rules import (
    Question,
    Rules,
    RulesError,
    Totals,
    Verdict,
    judge,
    read_rules,
)

LOOK = 1.0
"""Seconds between two looks whether the file was edited."""
_LARGEST = 4 << 20
_RUNS = 10_000

_log = logging.getLogger(__name__)
_Mark = tuple[int, int, int]


class Enforcement:
    """The rules, and the calls that are held. Used by any thread.

    Without a file there are no rules, and everything is allowed. A file that cannot be read changes
    nothing: the rules before it go on, none at the first start, and ``trouble`` says so.
    """

    def __init__(
        self,
        path: Path,
        totals: Callable[[str], Totals | None],
        changed: Callable[[], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``totals`` tells what the index knows that a run has used. ``changed`` is called, on any
        thread, when other calls are held than before, or other rules hold."""
        self._path = path
        self._totals = totals
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._holds = Holds(clock)
        self._used: OrderedDict[str, _Used] = OrderedDict()
        self._rules = Rules()
        self.trouble = ""
        """Why the rules that hold are not those of the file, as a sentence; "" if they are."""
        self._mark: _Mark | None = None
        self._looked = clock()
        self._read_file()

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """The rules that hold, as JSON."""
        self._look()
        return self._rules.as_json()

    def set_rules(self, value: Any) -> None:
        """Have other rules hold from now on. Raises RulesError, and then the old ones go on."""
        rules = read_rules(value)
        data = orjson.dumps(rules.as_json(), option=orjson.OPT_INDENT_2) + b"\n"
        with self._lock:
            if self.trouble:  # somebody's work is in it
                with contextlib.suppress(OSError):
                    self._path.replace(self._path.with_suffix(".bad.json"))
            try:
                platform.write_private(self._path, data)
            except OSError as error:
                why = error.strerror or error
                raise RulesError(f"The rules could not be saved: {why}.") from None
            self._rules, self._mark, self.trouble = rules, _mark(self._path), ""
        self._changed()

    def check(self, question: Question) -> Verdict:
        """What the rules say to a call. One that is held is to be asked about with ``hold``."""
        self._look()
        limits = self._rules.of(question.project)
        indexed = self._totals(question.run) if limits.has_ceiling else None
        with self._lock:
            used = self._used_by(question.run)
            if question.made:
                used.add(question)
            verdict = judge(limits, question, used.and_indexed(indexed))
            if verdict.verdict == "hold":
                verdict = self._holds.ask(question, verdict.reason, limits.reason)
            if verdict.verdict == "allow" and not question.made:
                used.steps += 1
            news = self._holds.news()
        if news:
            self._changed()
        return verdict

    def hold(self, id: str) -> str:
        """How it stands with a held call: "pending", "approved", "denied", or "expired", also where
        it is not known."""
        with self._lock:
            status, going_on = self._holds.poll(id)
            if going_on is not None and not going_on.made:
                self._used_by(going_on.run).steps += 1
            news = self._holds.news()
        if news:
            self._changed()
        return status

    def reason(self, id: str) -> str:
        """Why a held call waits, or may not be made, as a sentence."""
        with self._lock:
            return self._holds.reason(id)

    def decide(self, id: str, allow: bool) -> None:
        """The user's word on a held call. Raises KeyError when it does not wait (any more)."""
        with self._lock:
            self._holds.decide(id, allow)
            self._holds.news()
        self._changed()

    def holds(self) -> list[dict[str, Any]]:
        """The calls that wait for a word, as the engine tells of them: see ``Holds``."""
        with self._lock:
            return self._holds.waiting()

    def _used_by(self, run: str) -> _Used:
        used = self._used.get(run)
        if used is None:
            used = self._used[run] = _Used()
            if len(self._used) > _RUNS:
                self._used.popitem(last=False)
        else:
            self._used.move_to_end(run)
        return used

    def _look(self) -> None:
        """Read the file again if somebody has edited it."""
        if 0 <= self._clock() - self._looked < LOOK:
            return
        with self._lock:
            self._looked = self._clock()
            is_other = self._read_file()
        if is_other:
            self._changed()

    def _read_file(self) -> bool:
        """Take the rules of the file, if it is another than before."""
        mark, before = _mark(self._path), self._mark
        if mark == before:
            return False
        self._mark = mark
        try:
            self._rules, self.trouble = _read(self._path), ""
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", None) or str(error)).rstrip(".")
            now = "Those before it hold" if self._rules.said else "Every call is allowed"
            self.trouble = f"The rules in {self._path} cannot be read: {why}. {now}."
            _log.warning("%s", self.trouble)
        return True


@dataclass(slots=True)
class _Used:
    """What a run has used as far as the questions tell, which are here before the index knows."""

    steps: int = 0
    tokens: int = 0
    usd: float = 0.0

    def add(self, question: Question) -> None:
        """Count a call that was made."""
        self.steps += 1
        self.tokens += question.tokens or 0
        self.usd += question.usd or 0.0

    def and_indexed(self, known: Totals | None) -> Totals:
        """The larger of what is counted here and what the index knows."""
        if known is None:
            return Totals(self.steps, self.tokens, self.usd)
        return Totals(
            max(self.steps, known.steps), max(self.tokens, known.tokens), max(self.usd, known.usd)
        )


def _read(path: Path) -> Rules:
    """The rules of a file; none if it is not there. Raises OSError or ValueError."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return Rules()
    if len(data) > _LARGEST:
        raise RulesError(f"It is larger than {_LARGEST >> 20} MB")
    return read_rules(orjson.loads(data))


def _mark(path: Path) -> _Mark | None:
    """What becomes another when a file is edited or replaced; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
