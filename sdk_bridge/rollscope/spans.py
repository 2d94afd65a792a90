"""A step of a run while it is under way: the object that a program can reach and speak to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope.active import NOTHING, Active
from rollscope.context import Branch
from rollscope.guard import failed, guarded
from rollscope.told import added, counted, described, in_full, stack_of, without

if TYPE_CHECKING:
    from rollscope.recorder import Recorder
    from rollscope.tracing import Trace


class Span(Active):
    """A step of a run that is under way."""

    __slots__ = (
        "_error",
        "_inherited",
        "_output",
        "_usage",
        "branch",
        "ended",
        "key",
        "kind",
        "parent",
        "trace",
    )

    def __init__(
        self,
        trace: Trace,
        id: str,
        kind: str,
        name: str,
        branch: Branch,
        parent: Span | None = None,
    ) -> None:
        self.trace = trace
        self.parent = parent
        self.recorder = trace.recorder
        self.id = id
        self.kind = kind
        self.name = name
        self.branch = branch
        self._metadata = None
        self._output: Any = NOTHING
        self._error: dict[str, Any] | None = None
        self._usage: dict[str, Any] | None = None
        self.ended = False
        self.key = 0
        """Its place in a run that is steered."""
        self._inherited = False

    def _span(self) -> str | None:
        return self.id

    def _more_known(self, values: dict[str, Any]) -> None:
        if (to := self.recorder) is not None:
            to.write("span.set", span=self.id, attrs=to.value(values))

    def set(self, /, **attributes: Any) -> None:
        """Record attributes of the step."""
        self.metadata.update(attributes)

    def record_input(self, value: Any) -> None:
        """Record what went into the step."""
        if (to := self.recorder) is not None:
            to.write("span.set", span=self.id, input=to.value(value))

    def record_output(self, value: Any) -> None:
        """Record what came out of the step."""
        if (to := self.recorder) is not None:
            self._output = to.value(value)
            to.write("span.set", span=self.id, output=self._output)

    def record_error(self, error: BaseException | str) -> None:
        """Record that the step failed, although no exception leaves it."""
        if (to := self.recorder) is not None:
            self._error = without(in_full(error, to.capture), to.secrets)
            to.write("span.set", span=self.id, error=self._error)

    @property
    def is_failed(self) -> bool:
        """Whether it was said that the step failed."""
        return self._error is not None

    def usage(self, /, **counts: Any) -> None:
        """Record what the step used: ``model``, ``input_tokens``, ``output_tokens``,
        ``cache_read_tokens``, ``cache_write_tokens``, ``reasoning_tokens``, ``cost_usd``.

        Said again, numbers are added up.
        """
        if (to := self.recorder) is not None:
            try:
                spent = counted(counts)
                self._usage = added(self._usage, spent)
                to.write("span.set", span=self.id, usage=self._usage)
                self.trace.spend(spent)
            except Exception as error:  # noqa: BLE001 - a recorder never harms the program
                failed("record what a step used", error)

    def finish(
        self,
        status: str = "ok",
        *,
        output: Any = NOTHING,
        error: BaseException | dict[str, Any] | None = None,
        usage: dict[str, Any] | None = None,
        first_token: int | None = None,
        attrs: dict[str, Any] | None = None,
        time: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Write the end of the step, once; ``usage`` is what this call used, beside what was said
        before. ``first_token`` and ``time`` are in ns since the epoch. ``more`` are fields of the
        end that a re-run needs."""
        to = self.recorder
        if to is None or self.ended:
            return
        if self.branch.retrying is not None:
            give_up(self.branch)
        if self.ended:
            return  # it was this call that was given up
        self.ended = True
        if self._inherited:  # of the parent process, which writes it
            self.trace.left(self)
            return
        try:
            if usage:
                self._usage = added(self._usage, usage)
                self.trace.spend(usage)
            if error is not None:
                self._error = told_of(error, self.branch, to)
            if self._error is not None and status == "ok":
                status = "error"
            fields: dict[str, Any] = {"span": self.id, "status": status}
            given = self._output if output is NOTHING else to.value(output)
            if given is not NOTHING and given is not None:
                fields["output"] = given
            if first_token is not None:
                fields["first_token"] = first_token
            if self._error is not None:
                fields["error"] = self._error
                if self.trace.client.gate is not None:
                    self.trace.failed = f"{self.name}: {self._error.get('message')}"
            if self._usage is not None:
                fields["usage"] = self._usage
            if attrs:
                fields["attrs"] = to.fact(attrs)
            if time is not None:
                fields["time"] = time
            if more:
                fields |= more
            to.put("span.end", fields)
        except Exception as problem:  # noqa: BLE001 - a recorder never harms the program
            failed("end a span", problem)
        self.trace.left(self)


def told_of(error: BaseException | dict[str, Any], branch: Branch, to: Recorder) -> dict[str, Any]:
    """An error as the log holds it; its stack stands with the innermost step that it ended."""
    told = described(error, to.capture)
    if isinstance(error, BaseException):
        # Not the error itself: it would hold on to all that the program had in hand.
        is_known = branch.raised == (key := (id(error), told.get("message")))
        branch.raised = key
        if to.capture and not is_known:
            told["stack"] = stack_of(error)
    cleaned: dict[str, Any] = without(told, to.secrets)
    return cleaned


def give_up(branch: Branch) -> None:
    """A model call of the branch that failed is not tried again: something else comes now."""
    pending, branch.retrying = branch.retrying, None
    if pending is not None:
        with guarded("give up a call"):
            pending.give_up()
