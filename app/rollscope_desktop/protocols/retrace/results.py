"""Results of tool calls, which the SDK tells as steps: they belong to the calls."""

from __future__ import annotations

from itertools import islice

from rollscope_desktop.protocols.lines import Lines
from rollscope_desktop.protocols.retrace.fields import tool_call_of, when
from rollscope_desktop.protocols.retrace.ids import source_of, span_of
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.said import Data
from rollscope_desktop.protocols.run import Run

_LATEST = 10_000
"""How many steps are looked through for a call."""
_TEXT = 4000
"""Characters of a result that the SDK keeps."""


def find_call(run: Run, data: Data) -> str | None:
    """The call of a tool result: the first of its id that has no output, else the last."""
    id = tool_call_of(data)
    if id is None or data.get("span_type") != "tool_result":
        return None
    latest = islice(reversed(run.steps.items()), _LATEST)
    own = span_of(data["id"])
    calls = [(span, step) for span, step in latest if step.tool_call == id and span != own]
    waiting = [span for span, step in calls if not step.output]
    return waiting[-1] if waiting else calls[0][0] if calls else None


def is_told(run: Run, data: Data) -> bool:
    """Whether this is about a result that was told."""
    return run.has(_source(data))


def tell_result(run: Run, memory: Memory, call: str, data: Data, now: int) -> None:
    """Tell the result of a call. One whose end is not known yet has ended, now that it is known."""
    memory.span(span_of(data["id"]), run.id).call = call
    said = data.get("output")
    if said is None or is_told(run, data):
        return
    of, step, time = memory.span(call, run.id), run.step(call), when(data, now)
    about = {"source_id": data["id"], "error": data.get("error")}
    about = {name: value for name, value in about.items() if value is not None}
    attrs = {"tool_result": run.plain(about)}
    lossy = ["output"] if isinstance(said, str) and len(said) >= _TEXT else None
    with Lines(run, _source(data)) as lines:
        if step.output:
            lines.add(
                "event", time, span=call, name="tool_result",
                data=run.plain({**about, "output": said}),
            )  # fmt: skip
        elif step.ended:
            lines.add("span.set", time, span=call, output=run.plain(said), attrs=attrs, lossy=lossy)
        else:
            ended = time if of.asked is None else of.asked
            lines.add(
                "span.end", ended, span=call, status="ok", output=run.plain(said), attrs=attrs,
                lossy=lossy,
            )  # fmt: skip
        of.asked = None


def _source(data: Data) -> str:
    """The name of a result, whichever message tells it."""
    return source_of("tool_result", data["id"])
