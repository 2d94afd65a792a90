"""Plays a golden file back, offline, and says how the run differed from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from rollscope.playing import Coming, Divergence, Playing, upcoming
from rollscope.replay.golden.report import Difference, Report
from rollscope.replay.golden.ways import Way, way_of
from rollscope.replay.running import called

if TYPE_CHECKING:
    from rollscope.replay.golden.files import Golden
    from rollscope.replay.golden.tolerance import Tolerance
    from rollscope.tracing import Trace


def check(
    golden: Golden,
    function: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    folder: Path,
    tolerance: Tolerance,
) -> Report:
    """Call the function, of whatever kind, with nothing but the golden file to answer it.

    ``folder`` is where the program stands. Nothing is sent, and no tool is called unless it was
    declared to change this process only. Raises ReplayError where the file cannot be played.
    """
    began = monotonic()
    way = way_of(golden, folder)
    steered = OneRun(way.playing)
    with TemporaryDirectory(prefix="rollscope-golden-") as logs:
        coming = Coming(steered, Path(logs), way.seed)
        try:
            status, sentence = called(function, tuple(args), dict(kwargs or {}), coming)
        except SystemExit as error:  # as it did when it was recorded, or not: its log says
            status, sentence = "error", f"SystemExit: {error}"
        if steered.run is None:
            why = f"No run began: {sentence}" if sentence else "The function did not begin a run."
            found: tuple[Difference, ...] = (Difference("stopped", reason=why),)
        else:
            found = differences(
                way, Path(logs), steered.run, sentence if status == "diverged" else ""
            )
    return Report(golden.name, way.steps, found, tolerance, monotonic() - began)


def differences(way: Way, logs: Path, run: str, stopped: str) -> tuple[Difference, ...]:
    """How a run differed whose log is in the folder; ``stopped`` says why it was, if it was."""
    found = tuple(way.compared(logs, run))
    stopped = getattr(way.playing, "stopped", "") or stopped
    if stopped and not any(one.kind == "new" for one in found):
        return (*found, Difference("stopped", reason=stopped))
    return found


class OneRun:
    """Steers one run, and lets no second one begin: nothing would answer it."""

    def __init__(self, inner: Playing) -> None:
        self._inner = inner
        self.is_rerun = inner.is_rerun
        self.run: str | None = None

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The run begins; a second raises Divergence."""
        if self.run is not None:
            raise Divergence("A second run begins, and a golden file holds one.")
        self.run = trace.id
        upcoming.set(Coming(self))
        return self._inner.begun(trace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
