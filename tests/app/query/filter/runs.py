"""Random small runs, as the events that formats produce, and random filters over them."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import strategies as st

from rollscope_desktop.model import events as e
from rollscope_desktop.model.assemble import assemble
from rollscope_desktop.model.events import Batch
from rollscope_desktop.store.writer import Writer

NAMES = ["a", "A b", "ab", "weather", "Wetter ü", "WETTER Ü", "50%", "a_b", "x*y", 'q"q', "é", ""]
_NAME = st.sampled_from(NAMES)
_MAYBE_NAME = st.none() | _NAME
_NUMBER = st.none() | st.integers(0, 3000)
_KINDS = st.sampled_from(["llm", "tool", "agent", "span", "LLM", "own", ""])
_FLAGS = st.sampled_from([0, 0, 1, 2, 128])
_VALUE = st.one_of(
    st.integers(-2, 2), st.sampled_from([0.5, -0.5, 1.0]), st.booleans(), st.sampled_from(NAMES)
)


def _usage(draw: st.DrawFn) -> e.Usage | None:
    if draw(st.booleans()):
        return None
    return e.Usage(
        draw(_MAYBE_NAME), draw(_NUMBER), draw(_NUMBER), draw(_NUMBER),
        draw(st.sampled_from([None, 0.0, 0.01, 2.0])), draw(st.sampled_from([None, 0.5])),
    )  # fmt: skip


@st.composite
def run_events(draw: st.DrawFn, number: int) -> list[Any]:
    """One run with up to five spans, some without a start or an end, and a few notes."""
    run = f"{number:032x}"
    second = 1_000_000_000
    made: list[Any] = []
    if draw(st.booleans()):
        made.append(
            e.RunStart(
                run=run,
                time=0,
                name=draw(_MAYBE_NAME),
                agent=draw(_MAYBE_NAME),
                session=draw(_MAYBE_NAME),
                group=e.Group(draw(_MAYBE_NAME)),
                fork=draw(st.sampled_from([None, e.Fork("0" * 32)])),
                attempt=draw(st.sampled_from([None, 1, 2])),
                ordered=draw(st.booleans()),
            )
        )
    spans = [f"{n:016x}" for n in range(draw(st.integers(0, 5)))]
    for span in spans:
        start = draw(st.integers(0, 5)) * second
        end = start + draw(st.integers(0, 4)) * second
        status = draw(st.sampled_from(["ok", "error", "cancelled", "odd"]))
        agent = draw(st.sampled_from([None, e.Agent("a"), e.Agent("ab")]))
        shape = draw(st.sampled_from(["whole", "open", "headless", "one"]))
        if shape == "one":
            made.append(
                e.Span(
                    run=run,
                    time=start,
                    span=span,
                    kind=draw(_KINDS),
                    name=draw(_NAME),
                    end=end,
                    status=status,
                    agent=agent,
                    usage=_usage(draw),
                    flags=draw(_FLAGS),
                    input=draw(st.sampled_from([None, "x"])),
                )
            )
        if shape in ("whole", "open"):
            how = draw(st.sampled_from([None, "played", "edited"]))
            made.append(
                e.SpanStart(
                    run=run,
                    time=start,
                    span=span,
                    kind=draw(_KINDS),
                    name=draw(_NAME),
                    agent=agent,
                    replay=None if how is None else e.Replay(how),
                    flags=draw(_FLAGS),
                )
            )
        if shape in ("whole", "headless"):
            first = draw(st.sampled_from([None, end]))
            made.append(
                e.SpanEnd(
                    run=run,
                    time=end,
                    span=span,
                    status=status,
                    first_token=first,
                    usage=_usage(draw),
                    flags=draw(_FLAGS),
                )
            )
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.sampled_from([None, *spans, "f" * 16]))
        kind = draw(st.sampled_from([e.Signal, e.Feedback, e.Occurrence, e.Message]))
        rest: dict[str, Any] = {}
        if kind in (e.Signal, e.Feedback):
            rest["value"] = draw(_VALUE)
        rest["role" if kind is e.Message else "name"] = draw(_NAME)
        made.append(kind(run=run, time=second, span=at, **rest))
    if draw(st.booleans()):
        error = draw(st.sampled_from([None, e.RunError("TypeError", "timed out")]))
        made.append(
            e.RunEnd(
                run=run,
                time=9 * second,
                status=draw(st.sampled_from(["ok", "error", "odd"])),
                error=error,
                reward=draw(st.sampled_from([None, 0.0, 1.0, -0.5])),
                finish_reason=draw(st.sampled_from([None, "stop", "length"])),
            )
        )
    return made or [e.RunStart(run=run, name="only a name")]


def write(writer: Writer, events: list[Any]) -> None:
    """Index events as the pipeline does."""
    batch = Batch(events, [7] * len(events), [5] * len(events), [])
    with writer.transaction():
        root = writer.files.add_root(b"/logs", "logs", 1)
        name = f"/logs/{events[0].run}"
        file = writer.files.add_file(root, os.fsencode(name), name)
        writer.runs.apply(file.id, "rollscope", assemble(batch), 1)


_WORD = st.sampled_from(
    ["a", "A*", "*b", "ab", "weather", "*", "Ü", "é", "50%", "_", "'", "; DROP TABLE spans;--",
     '"a b"', '"x*y"', '"q\\"q"', "own", "llm", "llm,tool", "a,*ü", "s*n"]
)  # fmt: skip
_TEXT_FIELDS = ["kind", "name", "model", "agent", "how", "tag", "run", "id", "session", "group",
                "fork", "error", "finish", "format"]  # fmt: skip
_STATUS = st.sampled_from(["ok", "error", "e*", "cancelled,open", "ended"])
_AMOUNTS = {
    "dur": ["1s", "2s", "500ms", "0"], "first_token": ["1s", "3s"], "run.dur": ["5s", "9s", "0"],
    "tokens": ["0", "1k", "300"], "tokens.in": ["10", "1.5k"], "tokens.out": ["0", "2k"],
    "tokens.cached": ["1", "100"], "cost": ["0", "0.01", "$2"], "saved": ["0.5"],
    "reward": ["0", "1", "-0.5"], "run.tokens": ["0", "1k"], "run.cost": ["0.01"],
    "run.steps": ["0", "1", "3"], "run.errors": ["0", "1"],
}  # fmt: skip
_SIGN = st.sampled_from([">", ">=", "<", "<="])
_HAS = ["error", "input", "output", "preview", "model", "tokens", "cost", "saved", "agent", "fold",
        "signal", "feedback", "event", "message", "note", "reward", "session", "group", "fork",
        "retry", "s*"]  # fmt: skip


@st.composite
def _compared(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(sorted(_AMOUNTS)))
    first, last = (draw(st.sampled_from(_AMOUNTS[field])) for _ in range(2))
    how = draw(st.integers(0, 3))
    if how == 0:
        return f"{field}:{first}..{last}"
    if how == 1:
        return f"{field}:..{first}"
    if how == 2 and "dur" not in field and field != "first_token":
        return f"{field}:{first},{last}"
    return f"{field}{draw(_SIGN)}{first}"


@st.composite
def _valued(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["a", "AB", '"a b"', '"x*y"', "weather", '"50%"']))
    said = draw(
        st.sampled_from([">0", "<=0.5", ":1", ":true", ":a*", "=ab", ":-1..1", ":x,0.5", '="A b"'])
    )
    return f"{draw(st.sampled_from(['signal', 'feedback']))}.{name}{said}"


_LEAF = st.one_of(
    _WORD.filter(lambda word: "," not in word),
    st.builds(lambda f, sign, w: f"{f}{sign}{w}", st.sampled_from(_TEXT_FIELDS),
              st.sampled_from([":", "="]), _WORD.filter(lambda w: " " not in w or w[0] == '"')),
    st.builds("{}:{}".format, st.sampled_from(["status", "run.status"]), _STATUS),
    st.builds("has:{}".format, st.sampled_from(_HAS)),
    _compared(),
    _valued(),
)  # fmt: skip

FILTERS = st.recursive(
    _LEAF,
    lambda inner: st.one_of(
        inner.map(lambda text: f"-({text})"),
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
    ),
    max_leaves=6,
)
"""Texts of filters, all of which can be understood."""
