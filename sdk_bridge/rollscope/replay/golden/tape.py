"""Steers the one run of a test: out of a golden file, or live to make that file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollscope.errors import RollscopeError
from rollscope.pinning import pin
from rollscope.playing import Asked, Coming, Decision, Divergence, upcoming
from rollscope.replay.golden.check import OneRun, differences
from rollscope.replay.golden.files import read_golden, save
from rollscope.replay.golden.report import Report
from rollscope.replay.golden.tolerance import Tolerance
from rollscope.replay.golden.ways import Way, way_of

if TYPE_CHECKING:
    from rollscope.context import Here
    from rollscope.playing import Sent
    from rollscope.replay.golden.files import Golden
    from rollscope.spans import Span
    from rollscope.tracing import Trace

MODES = ("none", "once", "all")


class Live:
    """Lets every call be made as it is."""

    is_rerun = False
    asks = False

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run says nothing more."""
        return {}

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """A block runs."""
        return Decision()

    def call(self, place: Here, asked: Asked) -> Decision:
        """A function is called."""
        return Decision()

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """A function is called."""
        return Decision()

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """A model is called."""
        return Decision()

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """A model is called."""
        return Decision()

    def played(self, span: Span, decision: Decision) -> None:
        """Nothing is played."""

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """Nothing is compared."""

    def stop(self, why: str) -> Divergence:
        """There is nothing that the run could differ from."""
        return Divergence(why)


class Tape:
    """A golden file in a test. Which file it is may be said until the run begins.

    ``mode``: "none" never records, "once" records where there is no file, "all" always. ``logs`` is
    an empty folder; ``fail`` ends the test with a sentence.
    """

    def __init__(self, path: Path, mode: str, logs: Path, fail: Callable[[str], Any]) -> None:
        self.path = path
        self._mode = mode
        self._logs = logs
        self._fail = fail
        self._steered: OneRun | None = None
        self._way: Way | None = None
        self._golden: Golden | None = None
        self._done = False
        self._seed = ""

    def arm(self) -> None:
        """The next run of the code around is the one."""
        if self._steered is None:
            upcoming.set(Coming(self, self._logs))  # type: ignore[arg-type] # it becomes one

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run of the test begins."""
        if self._mode == "none" and not self.path.exists():
            self._fail(
                f"There is no cassette {self.path}. Run the test with --rollscope-record=once to"
                " record it."
            )
        inner: Any = Live()
        if self._mode != "all" and self.path.exists():
            try:
                self._golden = read_golden(self.path)
                self._way = way_of(self._golden, Path.cwd())
                inner = self._way.playing
            except RollscopeError as error:
                self._fail(str(error))
        if self._way is None and trace.client.settings.pin_random:
            self._seed = trace.id
        if seed := self._seed if self._way is None else self._way.seed:
            pin(trace.id, seed)
        self._steered = OneRun(inner)
        trace.replay = self._steered
        return self._steered.begun(trace)

    def finish(self, failed: bool) -> None:
        """The test has ended, and whether it has failed anyway. Writes the file, or compares."""
        if self._done or (self._steered is None and failed):
            return
        self._done = True
        upcoming.set(None)
        if self._steered is None or self._steered.run is None:
            self._fail(f"No run began, so the cassette {self.path} was not used.")
            return
        if failed:
            return
        run = self._steered.run
        try:
            if self._golden is None or self._way is None:
                logs = sorted(self._logs.glob(f"{run}.*.jsonl"))
                lines = b"\n".join(log.read_bytes() for log in logs)
                save(self.path, run, lines, pinned=bool(self._seed))
                return
            found = differences(self._way, self._logs, run, "")
            tolerance = Tolerance.read(self._golden.tolerance)
        except (RollscopeError, OSError) as error:
            self._fail(str(error))
            return
        report = Report(self._golden.name, self._way.steps, found, tolerance)
        if report.drift:
            self._fail(report.text)
