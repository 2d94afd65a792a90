"""The forks of an engine: begun when they are allowed, two at a time, followed to their end."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rollscope import signing
from rollscope.bridge.environment import clean_environment, command
from rollscope_desktop.engine.forks.bridge_process import BridgeProcess, End, Message, Patience
from rollscope_desktop.engine.forks.header import Header, read_header
from rollscope_desktop.engine.forks.making import Making
from rollscope_desktop.engine.forks.orders import Fork, Order, word
from rollscope_desktop.engine.forks.permission import Permission, permission
from rollscope_desktop.engine.forks.trust import Trust, Trusted
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.query.connection import IndexProblem, open_reader

if TYPE_CHECKING:
    from rollscope_desktop.engine.forks.connected import Connected
    from rollscope_desktop.platform import Places
    from rollscope_desktop.query.connection import Reader

AT_ONCE = 2
"""Forks that run at a time; one that asks does not count."""
KEPT = 100
"""Forks that are over and still told of."""
PATIENCE = Patience()
_CLOSING = 4.0  # seconds for a bridge to end by itself when the engine does
_LAST = 5.0

Launch = Callable[[str], tuple[Sequence[str], Mapping[str, str]]]
"""The command line and the environment of a bridge, for an interpreter."""


def launch(interpreter: str) -> tuple[Sequence[str], Mapping[str, str]]:
    """How a bridge is started: nothing but the interpreter is from a log."""
    return command(interpreter), clean_environment(os.environ, getattr(sys, "frozen", False))


class Forks:
    """Methods may be called on any thread; those that read the index or a log take a while.

    ``notify`` sends a note to every viewer, ``hear`` is told of a log that grows.
    """

    def __init__(
        self,
        places: Places,
        notify: Callable[[Message], None],
        hear: Callable[[bytes], None],
        *,
        connected: Connected | None = None,
        launch: Launch = launch,
    ) -> None:
        self._places = places
        self._notify = notify
        self._hear_log = hear
        self._connected = connected
        self._launch = launch
        self._trust = Trust(places.trust)
        self._lock = threading.RLock()
        self._going: dict[str, Making] = {}
        self._closing = False
        self._work: ThreadPoolExecutor | None = None

    # -- what is asked -------------------------------------------------------------------------

    def post(self, work: Callable[[], None]) -> None:
        """Have something done behind the others that were posted, apart from the ingest."""
        with self._lock:
            if self._closing:
                return
            if self._work is None:
                self._work = ThreadPoolExecutor(1, "forks")
            self._work.submit(work)

    def way(self, run: str) -> Message:
        """How a run would be made again: see ``Connected.way``. Raises Refused."""
        return {} if self._connected is None else self._connected.way(run)

    def permission(self, run: str) -> Permission:
        """What a fork of this run would start, and whether it is allowed. Raises Refused."""
        return self._look(run, None)[1]

    def begin(self, order: Order) -> tuple[str, list[Fork]]:
        """Begin forks: the id of their batch, and what is known of them. Raises Refused."""
        batch = secrets.token_hex(16)
        made = (
            None if self._connected is None else self._connected.makings(order, batch, _check_edit)
        )
        if made is None:
            made = self._made_here(order, batch)
        with self._lock:
            if self._closing:
                raise Refused("ending", "The engine is about to end.")
            self._going |= {each.fork.id: each for each in made}
            self._forget_old()
            self._start_next()
            self._tell()
        return batch, [each.fork for each in made]

    def _made_here(self, order: Order, batch: str) -> list[Making]:
        """Forks by processes of their own, where that is allowed. Raises Refused."""
        header, asked = self._look(order.run, order.edit)
        subject = asked.subject
        if asked.needed and not order.allow:
            raise Refused(
                "permission",
                f"Running {subject.qualname} of {subject.file} again with {subject.interpreter} "
                "was not allowed yet.",
            )
        if order.allow == "always" and header.signed:
            try:
                self._trust.allow(subject)
            except OSError as error:
                why = error.strerror or error
                raise Refused("disk", f"The permission cannot be kept: {why}.") from None
        return [self._made(order, header, asked, batch, k) for k in range(order.times)]

    def answer(self, fork: str, question: Any, verdict: Any, value: Any) -> None:
        """The user's word on a question. Raises Refused."""
        with self._lock:
            self._named(fork).answer(question, verdict, value)
            self._start_next()
            self._tell()

    def cancel(self, fork: str) -> None:
        """Stop a fork; what it has recorded stays. Raises Refused."""
        with self._lock:
            self._named(fork).cancel()
            self._start_next()
            self._tell()

    def trusted(self) -> list[Trusted]:
        """What was allowed for good."""
        return self._trust.known()

    def distrust(self, key: str) -> int:
        """Take back what was allowed: by its key, or "all". Raises Refused."""
        try:
            return self._trust.revoke(key)
        except OSError as error:
            why = error.strerror or error
            raise Refused("disk", f"The permission cannot be taken back: {why}.") from None

    # -- what is told --------------------------------------------------------------------------

    @property
    def running(self) -> int:
        """How many are not over."""
        with self._lock:
            return sum(not each.fork.is_over for each in self._going.values())

    @property
    def at_work(self) -> int:
        """How many of these go on without anybody's word."""
        with self._lock:
            forks = [each.fork for each in self._going.values()]
            return sum(fork.state in ("starting", "running") for fork in forks)

    def told(self) -> list[Message]:
        """All of them as they are sent, in the order in which they were begun."""
        with self._lock:
            return [each.fork.told() for each in self._going.values()]

    def close(self) -> None:
        """Stop all of them, and wait for that a few seconds."""
        with self._lock:
            self._closing = True
            for each in self._going.values():
                if not each.fork.is_over:
                    each.cancel(_CLOSING)
            threads = [each.thread for each in self._going.values() if each.thread is not None]
        if self._work is not None:
            self._work.shutdown(wait=True, cancel_futures=True)
        until = time.monotonic() + _LAST
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    # -- within --------------------------------------------------------------------------------

    def _look(self, run: str, edit: Mapping[str, Any] | None) -> tuple[Header, Permission]:
        """What a run says, and whether it may be run again with this edit. Raises Refused."""
        try:
            reader = open_reader(self._places.index)
        except IndexProblem as error:
            raise Refused("index", str(error)) from None
        try:
            header = read_header(reader, run, signing.own_key(self._places.key))
            trusted = [each.subject for each in self._trust.known()]
            asked = permission(header, trusted, self._launch(header.interpreter)[1])
            if edit is not None:
                _check_edit(reader, header.run, edit)
        finally:
            reader.close()
        return header, asked

    def _made(
        self, order: Order, header: Header, asked: Permission, batch: str, number: int
    ) -> Making:
        fork = Fork(secrets.token_hex(16), batch, number, order.run, order.span)
        subject = asked.subject
        job = {
            "type": "job", "run": order.run, "logs": [str(path) for path in header.logs],
            "folder": str(self._places.runs), "edit": order.edit, "policies": order.policies,
            "others": "" if header.signed else "ask", "divergence": order.divergence,
            "fresh": order.fresh, "signed": header.signed, "timeout": None,
            "group": {"id": batch, "chain": number} if order.times > 1 else None,
            # The log may be another by the time that the bridge reads it.
            "start": header.start,
            "entry": {
                "module": subject.module, "qualname": subject.qualname, "file": subject.file,
                "source_hash": subject.source_hash,
            },
        }  # fmt: skip
        return Making(fork, subject.interpreter, subject.folder, job)

    def _named(self, fork: str) -> Making:
        going = self._going.get(fork)
        if going is None or going.fork.is_over:
            raise Refused("unknown", "This fork is over.")
        return going

    def _forget_old(self) -> None:
        over = [id for id, each in self._going.items() if each.fork.is_over]
        for id in over[: max(0, len(over) - KEPT)]:
            del self._going[id]

    def _start_next(self) -> None:
        """Start those that wait, as far as there is room."""
        for each in self._going.values():
            busy = sum(other.is_busy for other in self._going.values())
            if each.waits and not self._closing and busy < AT_ONCE:
                each.thread = threading.Thread(
                    target=self._follow, args=(each,), name="fork", daemon=True
                )
                each.thread.start()

    def _tell(self) -> None:
        self._notify({"note": "forks", "forks": self.told()})

    # -- on the thread of a fork ---------------------------------------------------------------

    def _follow(self, going: Making) -> None:
        end = End("start", "", "")
        try:
            process = going.process
            if process is None:
                command, environment = self._launch(going.interpreter)
                process = BridgeProcess(command, going.folder, environment, PATIENCE)
            with self._lock:
                going.process = process
                is_cancelled = going.is_cancelled
            if not is_cancelled:
                end = process.run(going.job, lambda message: self._hear(going, message))
        except Exception as error:
            end = End("failed", f"The fork failed within Rollscope: {error!r:.200}.", "")
            raise
        finally:
            with self._lock:
                going.end(end)
                self._start_next()
                self._tell()

    def _hear(self, going: Making, message: Message) -> None:
        """Take in what a bridge says."""
        with self._lock:
            going.hear(message)
            if not going.is_worth_telling(message, time.monotonic()):
                return
            if going.fork.run is not None:  # also later: it may have begun before its log
                log = self._places.runs / f"{going.fork.run}.0.jsonl"
                self._hear_log(os.fsencode(log))
            if message.get("type") == "warning":
                sentence = word(message.get("sentence"))
                self._notify({
                    "note": "notice", "severity": "warning", "sentence": sentence,
                    "topic": f"fork: {sentence}",  # each of several says it
                })  # fmt: skip
            self._start_next()
            self._tell()


def _check_edit(reader: Reader, run: int, edit: Mapping[str, Any]) -> None:
    """Refuse an edit of a step that cannot be edited like this."""
    from rollscope_desktop.model.columns import span_key
    from rollscope_desktop.query.forks.plan import fork_plan
    from rollscope_desktop.query.spans import query_span_by_key

    at = edit.get("span")
    step = None if at is None else query_span_by_key(reader, run, span_key(at))
    plan = None if at is not None and step is None else fork_plan(
        reader, run, None if step is None else step.id
    )  # fmt: skip
    if plan is None:
        raise Refused("unknown", "The run has no such step.")
    if not plan.possible:
        raise Refused("possible", plan.why)
    part = "input" if "input" in edit else "output"
    if part not in plan.parts:
        raise Refused("possible", f"The {part} of this step cannot be changed.")
