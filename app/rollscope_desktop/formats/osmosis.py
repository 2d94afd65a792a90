"""The debug logs of osmosis rollouts: one file a rollout, lines in order, without any times."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any
from unicodedata import normalize

import msgspec

from rollscope import wire
from rollscope_desktop.formats.base import Place, Reader, derived_id, empty, problem, records
from rollscope_desktop.formats.values import number as number_of
from rollscope_desktop.formats.values import whole
from rollscope_desktop.model.events import (
    Any_Event,
    Batch,
    Flag,
    Occurrence,
    RunEnd,
    RunError,
    RunStart,
    Signal,
    Span,
    SpanEnd,
    SpanStart,
    Usage,
)

# Every event is logged by the user's own code; these names are the conventions seen in the wild.
_ASKS = "pre_llm"
_ANSWERS = "llm_response"
_TOOLS = frozenset({"tool_results", "tools_executed"})
_ENDS = frozenset({"rollout_complete", "agent_complete"})
_BEGINS = frozenset({"agent_start", "rollout_start", "start"})

_RESULTS = ("tool_results_summary", "results_summary", "tool_results", "results")
_COUNTS = ("num_tool_results", "num_results", "num_tools")
_ANSWER = ("result_message", "content_preview", "content", "message", "response")
_TOKENS_IN = ("prompt_tokens", "input_tokens")
_TOKENS_OUT = ("completion_tokens", "output_tokens")
_MOST_TOOLS = 1000

_FIRST = re.compile(
    rb'\s*\{\s*"event"\s*:\s*(?:null|"(?:[^"\\]|\\.){0,1000}")\s*,\s*"rollout_id"\s*:'
)
_SESSION = re.compile(r"[0-9]{9,11}")


class _State(msgspec.Struct, omit_defaults=True):
    """What is known of a file's current attempt; all that goes on to the next piece of the file."""

    attempt: int = 0
    count: int = 0  # events of the attempt so far: the number of the next one
    first: str = ""  # a hash of the first event's name
    first_turn: int | None = None
    turn: int = -1
    turn_at: int = -1  # number of the event that began the current turn, -1 if there is none
    asked_at: int = -1  # number of the event that asked the model and was not answered yet
    asked: bool = False  # the model was asked in the current turn
    offset: int = 0  # where the event before lies
    length: int = 0
    over: bool = False
    other_id: bool = False  # the file's problem about rollout ids has been listed


class OsmosisReader:
    """Reads one rollout's file; a line's sense depends on those before it."""

    def __init__(self, place: Place, state: bytes) -> None:
        self._parts = place.parts
        self._id = place.name.removesuffix(".jsonl")
        folder = place.parts[-2] if len(place.parts) > 1 else ""
        self._session = folder if _SESSION.fullmatch(folder) else None
        self._state = msgspec.json.decode(state, type=_State) if state else _State()
        self._run = self._run_id()
        self._batch = empty()

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of whole lines."""
        self._batch = batch = empty()
        for number, raw in enumerate(data.split(b"\n"), line):
            if raw and not raw.isspace():
                self._line(raw, number, offset)
            offset += len(raw) + 1
        return batch

    def _line(self, raw: bytes, line: int, offset: int) -> None:
        try:
            said = wire.decode(raw)
        except wire.WireError as error:
            self._batch.problems.append(problem(str(error), line, offset))
            return
        if "event" not in said:
            self._batch.problems.append(problem("The line names no event.", line, offset))
            return
        self._compare(said.get("rollout_id", self._id), line, offset)
        self._take(said, line, offset, len(raw))

    def state(self) -> bytes:
        """Where the current attempt stands."""
        return msgspec.json.encode(self._state)

    def _run_id(self) -> str:
        return derived_id(16, "osmosis", *self._parts, self._state.attempt)

    def _span(self, *what: object) -> str:
        return derived_id(8, self._run, *what)

    def _say(self, event: Any_Event, offset: int, length: int) -> None:
        self._batch.events.append(event)
        self._batch.offsets.append(offset)
        self._batch.lengths.append(length)

    def _compare(self, other: object, line: int, offset: int) -> None:
        """List it once if the log calls the rollout by another name than the file does."""
        if self._state.other_id:
            return
        if isinstance(other, str) and normalize("NFC", other) == normalize("NFC", self._id):
            return
        self._state.other_id = True
        reason = (
            f"The file is named after the rollout {self._id!r:.100}, "
            f"but a line in it says {other!r:.100}; the name of the file is used."
        )
        self._batch.problems.append(problem(reason, line, offset, "note"))

    def _take(self, said: dict[str, Any], line: int, offset: int, length: int) -> None:
        name = said["event"] if isinstance(said["event"], str) else _odd(said["event"])
        turn = whole(said.get("turn"))
        if self._begins_anew(name, turn):
            self._begin(name, turn, offset, length)
        state, number = self._state, self._state.count
        state.count += 1
        if name in _ENDS:
            self._end(said, number, offset, length)
        else:
            self._enter_turn(name, turn, number, offset, length)
            if name == _ASKS:
                self._ask(said, number, offset, length)
            elif name == _ANSWERS:
                self._answer(said, number, offset, length)
            elif name in _TOOLS:
                self._tools(said, number, line, offset, length)
            else:
                note = Occurrence(
                    run=self._run, time=number, span=self._turn(), name=name or "(no name)", path=""
                )
                self._say(note, offset, length)
        state.offset, state.length = offset, length

    def _begins_anew(self, name: str, turn: int | None) -> bool:
        """Whether an event is the first of another attempt at the rollout."""
        state = self._state
        if state.attempt == 0 or state.over:
            return True
        if turn is not None and turn < state.turn:
            return True
        again = derived_id(8, name) == state.first and turn == state.first_turn
        return again and (turn == 0 or (turn is None and name in _BEGINS))

    def _begin(self, name: str, turn: int | None, offset: int, length: int) -> None:
        known = self._state
        self._state = _State(
            attempt=known.attempt + 1,
            first=derived_id(8, name),
            first_turn=turn,
            other_id=known.other_id,
        )
        self._run = self._run_id()
        start = RunStart(
            run=self._run,
            time=0,
            name=self._id,
            session=self._session,
            source_id=self._id,
            rollout=derived_id(16, "osmosis", *self._parts),
            attempt=self._state.attempt,
            ordered=True,
            path="",
        )
        self._say(start, offset, length)

    def _turn(self) -> str | None:
        """The span of the current turn."""
        state = self._state
        return None if state.turn_at < 0 else self._span("turn", state.turn_at)

    def _enter_turn(
        self, name: str, turn: int | None, number: int, offset: int, length: int
    ) -> None:
        """Go on to another turn if the event says so, or if it cannot be of the current one."""
        state = self._state
        if turn is None:
            asks = name == _ASKS or (name == _ANSWERS and state.asked_at < 0)
            acts = asks or name in _TOOLS
            if not (acts and state.turn_at < 0) and not (asks and state.asked):
                return
            turn = state.turn + 1
        elif turn == state.turn:
            return
        self._leave_turn(number - 1)
        state.turn, state.turn_at, state.asked = turn, number, False
        start = SpanStart(
            run=self._run, time=number, span=self._span("turn", number), kind="task",
            name=f"turn {turn}", path="", flags=Flag.NO_INPUT,
        )  # fmt: skip
        self._say(start, offset, length)

    def _leave_turn(self, last: int) -> None:
        """The current turn ended with the event before this one, which is all the log says."""
        state = self._state
        turn = self._turn()
        if turn is None:
            return
        self._close_ask(last, state.offset, state.length)
        end = SpanEnd(run=self._run, time=last, span=turn, status="", path="", flags=Flag.NO_OUTPUT)
        self._say(end, state.offset, state.length)
        state.turn_at = -1

    def _close_ask(self, number: int, offset: int, length: int) -> None:
        """The model's answer is not in the log, but something came after it."""
        state = self._state
        if state.asked_at < 0:
            return
        span = self._span("llm", state.asked_at)
        end = SpanEnd(
            run=self._run, time=number, span=span, status="", path="", flags=Flag.NO_OUTPUT
        )
        self._say(end, offset, length)
        state.asked_at = -1

    def _ask(self, said: dict[str, Any], number: int, offset: int, length: int) -> None:
        self._close_ask(number, offset, length)
        path, flags = "", Flag.NO_INPUT
        for key in ("messages_summary", "messages"):
            if isinstance(messages := said.get(key), list):
                previews = any(isinstance(m, dict) and "content_preview" in m for m in messages)
                path, flags = key, Flag.INPUT_PREVIEW if previews else 0
                break
        start = SpanStart(
            run=self._run, time=number, span=self._span("llm", number), parent=self._turn(),
            kind="llm", name="model call", path=path, flags=flags,
        )  # fmt: skip
        self._say(start, offset, length)
        self._state.asked_at, self._state.asked = number, True

    def _answer(self, said: dict[str, Any], number: int, offset: int, length: int) -> None:
        state = self._state
        path, flags = "", Flag.NO_OUTPUT
        for key in _ANSWER:
            answer = said.get(key)
            if answer is not None:
                previews = key == "content_preview" or (
                    isinstance(answer, dict) and "content_preview" in answer
                )
                path, flags = key, Flag.OUTPUT_PREVIEW if previews else 0
                break
        asked = state.asked_at
        if asked < 0:
            asked = number
            start = SpanStart(
                run=self._run, time=number, span=self._span("llm", number), parent=self._turn(),
                kind="llm", name="model call", path="", flags=Flag.NO_INPUT,
            )  # fmt: skip
            self._say(start, offset, length)
        span = self._span("llm", asked)
        end = SpanEnd(
            run=self._run, time=number, span=span, status="ok", usage=_usage(said),
            path=path, flags=flags,
        )  # fmt: skip
        self._say(end, offset, length)
        if (total := whole(said.get("tokens"))) is not None:
            # In and out together: to count them as either would be a guess.
            signal = Signal(
                run=self._run, time=number, span=span, name="tokens", value=total, path="tokens"
            )
            self._say(signal, offset, length)
        state.asked_at, state.asked = -1, True

    def _tools(
        self, said: dict[str, Any], number: int, line: int, offset: int, length: int
    ) -> None:
        self._close_ask(number, offset, length)
        key, results = next(
            ((key, said[key]) for key in _RESULTS if isinstance(said.get(key), list)), ("", [])
        )
        counts = [whole(said.get(name)) or 0 for name in _COUNTS]
        count = max(len(results), *counts)
        if count > _MOST_TOOLS:
            reason = f"The event tells of {count} tool calls; only {_MOST_TOOLS:,} are shown."
            self._batch.problems.append(problem(reason, line, offset, "note"))
        for n in range(min(count, _MOST_TOOLS)):
            result = results[n] if n < len(results) else None
            span = self._tool(number, n, f"{key}/{n}", result)
            self._say(span, offset, length)

    def _tool(self, number: int, n: int, path: str, result: object) -> Span:
        name, status, flags = f"tool {n + 1}", "", Flag.NO_NAME | Flag.NO_INPUT
        if result is None:
            flags |= Flag.NO_OUTPUT
            path = ""
        text = result
        if isinstance(result, dict):
            if "content_preview" in result:
                flags |= Flag.OUTPUT_PREVIEW
            text = result.get("content_preview", result.get("content"))
            called = result.get("name") or result.get("tool_name")
            if isinstance(called, str):
                name, flags = called, flags & ~Flag.NO_NAME
            elif isinstance(call := result.get("tool_call_id"), str) and call:
                name = call
        if isinstance(text, str) and text.startswith("Error: "):
            status = "error"
        return Span(
            run=self._run, time=number, span=self._span("tool", number, n), parent=self._turn(),
            kind="tool", name=name, status=status, end=number, output=path, flags=flags,
        )  # fmt: skip

    def _end(self, said: dict[str, Any], number: int, offset: int, length: int) -> None:
        self._leave_turn(number - 1)
        finish = said.get("finish_reason")
        failed = finish == "error"
        error = said.get("error_message", said.get("error")) if failed else None
        end = RunEnd(
            run=self._run,
            time=number,
            status="error" if failed else "",
            error=RunError(message=error) if isinstance(error, str) else None,
            reward=number_of(said.get("reward")),
            finish_reason=finish if isinstance(finish, str) or finish is None else _odd(finish),
            path="last_assistant_content" if "last_assistant_content" in said else "",
        )
        self._say(end, offset, length)
        self._state.over = True


def _usage(said: dict[str, Any]) -> Usage | None:
    """What the model call used, where the log tells tokens in and out apart."""
    usage = said.get("usage")
    if not isinstance(usage, dict):
        return None
    tokens = [
        next((n for key in keys if (n := whole(usage.get(key))) is not None), None)
        for keys in (_TOKENS_IN, _TOKENS_OUT)
    ]
    model = usage.get("model", said.get("model"))
    return Usage(
        model=model if isinstance(model, str) else None,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
    )


def _odd(value: object) -> str:
    """What to call an event whose name is no text: null, most likely."""
    return f"({wire.dump(value).decode()[:100]})"


class Osmosis:
    """The format of osmosis debug logs, with and without a folder for each start of the server."""

    name = "osmosis"
    title = "osmosis rollout log"
    framing = "lines"
    ordered = True
    named_by_path = True

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether one of the first lines is an event of a rollout."""
        if _FIRST.match(head):
            return True  # also when the first line is longer than what is shown of it
        for _, raw in islice(records(head, 0), 8):
            try:
                said = wire.load(raw)
            except wire.WireError:
                continue
            if isinstance(said, dict) and "event" in said and "rollout_id" in said:
                return True
        return False

    def opening(self, head: bytes) -> bytes:
        """Nothing is known before the first line."""
        return b""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader that goes on in the attempt where ``state`` was made."""
        return OsmosisReader(place, state)
