"""Answers the calls of a run out of the bare steps of a golden file, as far as they say.

For files of another maker: they hold texts and values, and neither the bytes of answers nor places
in the run. A call takes the first step of its kind that is not used yet and was asked the same,
else the next one, and the difference is noted. Nothing is ever sent.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from rollscope import wire
from rollscope.capture.dialects.base import Answer, Choice, Request, Usage
from rollscope.capture.dialects.called_text import calls_in
from rollscope.playing import Asked, Decision, Divergence, Given, Reply
from rollscope.replay.golden.report import Difference
from rollscope.replay.golden.steps import Step, asked_of, text_of
from rollscope.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollscope.context import Here
    from rollscope.playing import Sent
    from rollscope.spans import Span
    from rollscope.tracing import Trace

_LONG = 1000
"""Characters of a message that such files keep."""

_STATUS = re.compile(r"Error code: (\d{3})(?: - (.*))?", re.S)
_REASONS = {
    "openai.chat": ("stop", "tool_calls"), "anthropic": ("end_turn", "tool_use"),
    "gemini": ("STOP", "STOP"), "ollama": ("stop", "stop"),
}  # fmt: skip
"""By dialect, the words for why an answer ended: with text, and with calls of tools."""


class StepPlaying:
    """Steers one run. ``differences`` are what it did otherwise, in the order in which it did."""

    is_rerun = True
    asks = False

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._left = {index for index, step in enumerate(steps) if step.is_played}
        self._lock = Lock()
        self._run = ""
        self.differences: list[Difference] = []

    @property
    def missing(self) -> list[Difference]:
        """The steps that no call has asked for."""
        return [
            Difference("missing", self._steps[index].name, index, self._steps[index].input)
            for index in sorted(self._left)
        ]

    def begun(self, trace: Trace) -> dict[str, Any]:
        """The log says no more of where it comes from: the record is no run of ours."""
        return {}

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """Steps that are no calls run."""
        return Decision()

    def call(self, place: Here, asked: Asked) -> Decision:
        """A tool gives what the file says, other functions run."""
        if not asked.is_call:
            return Decision()
        came = wire.load(to_json(asked.arguments).data)
        index = self._next("tool_call", asked.name, came, _is_same_call(came))
        step = self._steps[index]
        if step.error is not None and step.output is None:
            return Decision(how="played", live=False, given=Given(error=RuntimeError(step.error)))
        output = step.output if step.output is not None else self._result_of(index)
        return Decision(how="played", live=False, given=Given(output))

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """The same."""
        return self.call(place, asked)

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """A model answers what the file says, in the words of its provider."""
        request = sent.match.request()
        came = asked_of(request.to_log())
        index = self._next("llm_call", name, came, _is_same_request(request))
        return Decision(how="played", live=False, replies=_replies(self._steps[index], sent))

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """The same."""
        return self.model(place, sent, name, fingerprint)

    def played(self, span: Span, decision: Decision) -> None:
        """There is nothing inside of a step."""

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """Results of functions that run are not in such files."""

    def stop(self, why: str) -> Divergence:
        """The run gets no further."""
        return Divergence(why)

    def _next(self, type: str, name: str, came: Any, is_same: Callable[[Step], bool]) -> int:
        """The step for a call, which is used up. Raises Divergence where there is none left."""
        with self._lock:
            fits = [
                index
                for index in sorted(self._left)
                if self._steps[index].type == type
                and (type != "tool_call" or self._steps[index].name == name)
            ]
            if not fits:
                kind = "model calls" if type == "llm_call" else f"calls of the tool {name}"
                reason = f"The golden file has no more {kind}."
                self.differences.append(Difference("new", name, None, None, came, reason))
                raise Divergence(reason)
            same = next((index for index in fits if is_same(self._steps[index])), None)
            index = fits[0] if same is None else same
            if same is None:
                step = self._steps[index]
                self.differences.append(Difference("changed", step.name, index, step.input, came))
            self._left.discard(index)
            return index

    def _result_of(self, index: int) -> Any:
        """What a later message told the model that the tool gave, where the step does not say."""
        name = self._steps[index].name
        results = [one for one in self._steps if (one.type, one.name) == ("tool_result", name)]
        before = [one for one in self._steps[:index] if (one.type, one.name) == ("tool_call", name)]
        return results[len(before)].output if len(before) < len(results) else None


def _is_same_call(came: Any) -> Callable[[Step], bool]:
    def is_same(step: Step) -> bool:
        # Some recorders note the one argument of a function, and not its name.
        return bool(step.input == came or (len(came) == 1 and [step.input] == [*came.values()]))

    return is_same


def _is_same_request(request: Request) -> Callable[[Step], bool]:
    def is_same(step: Step) -> bool:
        told = step.input.get("messages") if isinstance(step.input, dict) else None
        if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
            return True
        # Long histories are kept from their end, with what the system says in front.
        told = [one for one in told if one.get("role") != "system"]
        came = [one for one in request.messages if one.get("role") != "system"]
        if len(told) > len(came):
            return False
        pairs = zip(reversed(told), reversed(came), strict=False)
        return all(_is_same_text(*pair) for pair in pairs)

    return is_same


def _is_same_text(told: dict[str, Any], came: dict[str, Any]) -> bool:
    expected, text = told.get("content"), text_of(came.get("content"))
    if not isinstance(expected, str) or not expected or not text:
        return True  # calls of tools, pictures: the file does not say
    return text[:_LONG] == expected[:_LONG] or text == expected


def _replies(step: Step, sent: Sent) -> tuple[Reply, ...]:
    dialect = sent.match.dialect
    headers = {"content-type": "application/json", "x-should-retry": "false"}
    if step.output is None and step.error is not None:
        found = _STATUS.match(step.error)
        status = int(found[1]) if found else 500
        said = (found[2] if found else None) or step.error
        body = {"type": "error", "error": {"type": "error", "message": said}}
        return (Reply(status, headers, orjson.dumps(body)),)
    text = step.output if isinstance(step.output, str) else orjson.dumps(step.output).decode()
    calls = calls_in(text)
    content: Any = text
    if calls:
        content = [
            {"type": "tool_call", "id": f"call_{n}", "name": name, "arguments": arguments}
            for n, (name, arguments) in enumerate(calls, 1)
        ]
    reason = _REASONS.get(dialect.name, (None, None))[bool(calls)]
    answer = Answer(
        (Choice({"role": "assistant", "content": content}, reason),),
        Usage(model=step.model, input_tokens=0, output_tokens=0),
    )
    if sent.match.stream:
        kind = "application/x-ndjson" if dialect.name == "ollama" else "text/event-stream"
        body_of_stream = b"".join(dialect.encode_stream(answer, sent.url))
        return (Reply(200, {**headers, "content-type": kind}, body_of_stream),)
    return (Reply(200, headers, orjson.dumps(dialect.encode_answer(answer))),)
