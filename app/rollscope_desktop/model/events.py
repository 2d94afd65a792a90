"""What a log says, in the words every floor shares: the events that formats produce.

The tags are those of ``rollscope.wire``, so the run log decodes straight into these records; other
formats build them by hand. They are msgspec structs, not dataclasses, because a million of them
are made while a folder is opened (0.15 µs each instead of 1.5). What is not indexed (inputs,
outputs, attributes) is not in them: it stays in the log, and ``path`` says where in the record.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Int = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]
"""An integer that an index column and 64-bit arithmetic can hold; logs may say 2**80."""


Said = msgspec.Raw | msgspec.UnsetType
"""A value that stays in the log: only whether it is there is asked."""


class Flag:
    """What a reader must be told about a span's content; one bit each."""

    INPUT_PREVIEW = 1
    OUTPUT_PREVIEW = 2
    NO_INPUT = 4
    NO_OUTPUT = 8
    NO_NAME = 16
    NO_RESULT = 32  # a tool call without a result in the log
    NO_CALL = 64  # a tool result without a call in the log
    FOLDED = 128  # the context was folded here


class Fact:
    """What a ``span.set`` or ``run.set`` tells; one bit each."""

    INPUT = 1
    OUTPUT = 2
    ATTRS = 4
    ERROR = 8
    USAGE = 16


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """Anything that happened in a run. ``time`` is in ns, or an event number if logs have none."""

    run: str
    proc: Int = 0
    seq: Int = -1
    time: Int | None = None


class Group(msgspec.Struct, frozen=True, gc=False):
    """Where a run stands among the samples of one prompt."""

    id: str | None = None
    index: Int | None = None
    chain: Int | None = None


class Process(msgspec.Struct, frozen=True, gc=False):
    """Which process wrote a run."""

    pid: Int | None = None
    host: str | None = None


class Fork(msgspec.Struct, frozen=True, gc=False):
    """Which run and span a run was forked from."""

    of: str | None = None
    at: str | None = None


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Which step of another run started this one."""

    run: str | None = None
    span: str | None = None


class RunStart(Event, frozen=True, tag="run.start"):
    """A run began, or more became known about how it did.

    ``rollout`` names what several attempts share, ``attempt`` counts them from 1. ``ordered`` is
    set by formats whose logs carry no times: their ``time`` is then the number of the event.
    """

    name: str | None = None
    agent: str | None = None
    session: str | None = None
    group: Group | None = None
    process: Process | None = None
    fork: Fork | None = None
    source_id: str | None = None
    rollout: str | None = None
    attempt: int | None = None
    ordered: bool = False
    caller: Caller | None = None
    environment: str | None = None
    project: str | None = None
    path: str = "input"


class Agent(msgspec.Struct, frozen=True, gc=False):
    """The agent at work in a span."""

    id: str | None = None


class Replay(msgspec.Struct, frozen=True, gc=False):
    """Where a fork took a span's result from."""

    how: str | None = None


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What one model call caused."""

    model: str | None = None
    input_tokens: Int | None = None
    output_tokens: Int | None = None
    cache_read_tokens: Int | None = None
    cost_usd: float | None = None
    saved_usd: float | None = None


class SpanStart(Event, frozen=True, tag="span.start"):
    """A step began. Later ones may refer to the messages of its input where it is ``listed``."""

    span: str
    parent: str | None = None
    kind: str = "span"
    name: str = ""
    branch: Int | None = None
    agent: Agent | None = None
    replay: Replay | None = None
    path: str = "input"
    flags: int = 0
    listed: bool = False


class SpanEnd(Event, frozen=True, tag="span.end"):
    """A step ended."""

    span: str
    status: str = "ok"
    first_token: Int | None = None
    usage: Usage | None = None
    path: str = "output"
    flags: int = 0


class Span(Event, frozen=True, tag="span"):
    """A whole step in one event, from logs that tell of it once; never a line of the run log.

    ``end`` is None when the log does not say that it ended.
    """

    span: str
    parent: str | None = None
    kind: str = "span"
    name: str = ""
    status: str = "ok"
    end: Int | None = None
    branch: Int | None = None
    agent: Agent | None = None
    usage: Usage | None = None
    input: str | None = None
    output: str | None = None
    flags: int = 0


class SpanSet(Event, frozen=True, tag="span.set"):
    """More became known of a step before its end."""

    span: str
    input: Said = msgspec.UNSET
    output: Said = msgspec.UNSET
    attrs: Said = msgspec.UNSET
    error: Said = msgspec.UNSET
    usage: Usage | None = None


class RunSet(Event, frozen=True, tag="run.set"):
    """More became known of a run before its end."""

    input: Said = msgspec.UNSET
    output: Said = msgspec.UNSET
    meta: Said = msgspec.UNSET


class Message(Event, frozen=True, tag="message"):
    """Something was said on a run or a span."""

    span: str | None = None
    role: str = ""
    path: str = "content"


class Occurrence(Event, frozen=True, tag="event"):
    """Something was noted on a run or a span."""

    span: str | None = None
    name: str = ""
    data: Said = msgspec.UNSET
    path: str = "data"


class Signal(Event, frozen=True, tag="signal"):
    """A named value was set on a run or a span."""

    span: str | None = None
    name: str = ""
    value: Any = None
    path: str = "value"


class Feedback(Event, frozen=True, tag="feedback"):
    """A run or a span was judged."""

    span: str | None = None
    name: str = ""
    value: Any = None
    path: str = "value"


class Blob(Event, frozen=True, tag="blob"):
    """Content that other events refer to by its hash."""

    hash: str
    path: str = "data"


class RunError(msgspec.Struct, frozen=True, gc=False):
    """The error that ended a run."""

    type: str | None = None
    message: str | None = None


class RunEnd(Event, frozen=True, tag="run.end"):
    """A run ended, as far as the log says; ``status`` "" when it does not say how."""

    status: str = "ok"
    error: RunError | None = None
    reward: float | None = None
    finish_reason: str | None = None
    path: str = "output"


Any_Event = (
    RunStart
    | SpanStart
    | SpanSet
    | SpanEnd
    | Span
    | Message
    | Occurrence
    | Signal
    | Feedback
    | Blob
    | RunSet
    | RunEnd
)


class Problem(msgspec.Struct, frozen=True, gc=False):
    """Something in a file that could not be read, in a sentence.

    ``line`` counts from 1 within the batch until the pipeline adds the file's own count; None where
    a problem is the whole file's. ``severity`` is "note", "warning" or "error".
    """

    reason: str
    line: int | None = None
    offset: int | None = None
    severity: str = "warning"
    code: str = ""


class Batch(msgspec.Struct):
    """What one piece of a file said: events and, beside each, where its record lies in the file."""

    events: list[Any_Event]
    offsets: list[int]
    lengths: list[int]
    problems: list[Problem]
