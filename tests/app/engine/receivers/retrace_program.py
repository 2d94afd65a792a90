"""Programs that record with retrace-sdk, whichever version is first on the path:
``python -m tests.app.engine.receivers.retrace_program <function> <url of the model>``.

Where they send to is in RETRACE_BASE_URL and RETRACE_API_KEY.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from typing import Any

import openai
import retrace
from retrace import SpanType, TraceRecorder

TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
}


class Model:
    """The stub, asked as a provider is."""

    def __init__(self, url: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)

    def say(self, messages: list[Any] | str, **more: Any) -> Any:
        """What the model answers."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        done = self._client.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)
        return done.choices[0].message


def talk(model: Model) -> None:
    """A model that wants a tool, the tool, and the model again."""
    retrace.configure(project_id="p", environment="sandbox")
    asked: list[Any] = [{"role": "user", "content": "How warm is Paris?"}]
    with TraceRecorder(name="weather", input={"q": 1}, session_id="s-1") as recorder:
        with retrace.agent("planner", role="Planner"):
            first = model.say(asked, tools=[TOOL], temperature=0.25)
        call = first.tool_calls[0]
        tool = recorder.start_span(
            "get_weather", SpanType.TOOL_CALL, json.loads(call.function.arguments)
        )
        time.sleep(0.05)
        recorder.end_span(tool.id, output={"celsius": 21})
        result = {"role": "tool", "tool_call_id": call.id, "content": "21 C"}
        recorder.output = model.say([*asked, first.model_dump(exclude_none=True), result]).content


def forms(model: Model) -> None:
    """Functions that return, fail, call each other, and a trace told by hand."""

    @retrace.record(name="outer", metadata={"k": [1]})
    def outer(n: int) -> int:
        return inner(n) + 1

    @retrace.record
    def inner(n: int) -> int:
        return n * 2

    @retrace.record(name="failing")
    def failing() -> None:
        raise ValueError("boom")

    outer(2)
    with contextlib.suppress(ValueError):
        failing()
    with TraceRecorder(name="manual") as recorder:
        step = recorder.start_span("step", SpanType.REASONING, {"prompt": "x"})
        recorder.end_span(step.id, output="thought")
        recorder.add_span(
            retrace.Span(
                span_type=SpanType.LLM_CALL, name="mine", model="m", input="in", output="out",
                input_tokens=3, output_tokens=4, cost=0.5,
            )
        )  # fmt: skip


def killed(model: Model) -> None:
    """A process that dies in the middle."""
    recorder = TraceRecorder(name="killed")
    recorder.start_trace()
    model.say("before the end")
    _until_sent()
    os.kill(os.getpid(), signal.SIGKILL)


def waits(model: Model) -> None:
    """A process that can be told to run again."""
    retrace.configure(allow_remote_replay=True)

    @retrace.record(name="resumable", resumable=True)
    def agent(text: str) -> str:
        return str(model.say(text).content)

    agent("first")
    sys.stdin.readline()


def steps(model: Model) -> None:
    """A run of a step a line that is read."""
    with TraceRecorder(name="long") as recorder:
        for line in sys.stdin:
            step = recorder.start_span(line.strip(), SpanType.ACTION)
            recorder.end_span(step.id, output=line.strip())
            _until_sent()
            print("ok", flush=True)  # noqa: T201 - this is how the test knows


def checked(model: Model) -> None:
    """A run that asks after each step whether it may go on."""
    retrace.configure(
        server_enforcement=True, enforcement_hold_wait_seconds=20, project_id="checked"
    )
    with TraceRecorder(name="checked"):
        for number in range(3):
            model.say(f"step {number}")


def golden(model: Model) -> None:
    """A trace that is marked."""
    with TraceRecorder(name="golden") as recorder:
        model.say("hello")
    retrace.mark_golden(recorder.trace.id)
    retrace.mark_golden(recorder.trace.id, golden=False)


def _until_sent() -> None:
    """Wait until what is queued was written to the socket, in whichever version."""
    from retrace import recorder

    transport = recorder._get_shared_transport()
    while not transport._send_queue.empty() or getattr(transport, "_inflight", None):
        time.sleep(0.01)
    time.sleep(0.1)


if __name__ == "__main__":
    globals()[sys.argv[1]](Model(sys.argv[2]))
