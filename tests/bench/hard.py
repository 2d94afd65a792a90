"""Makes the logs that are hard to show: a run 10,000 deep, and one with a message of 100 MB."""

from __future__ import annotations

import shutil
from pathlib import Path

from rollscope.wire import Encoder

DEEP = 10_000
HUGE = 100_000_000
_START = 1_767_225_600_000_000_000
_STEP = 1_000_000


class _Clock:
    """A time that goes on by a millisecond an event."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> int:
        self.now += _STEP
        return self.now


def hard_runs(cache: Path) -> Path:
    """A folder with the two logs, and a small run beside them."""
    place = cache / f"hard-{DEEP}-{HUGE}-r1"
    if not place.exists():
        half = place.with_suffix(".part")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        for name, data in (("deep", _deep()), ("huge", _huge()), ("small", _small())):
            (half / f"{name}.jsonl").write_bytes(data)
        half.rename(place)
    return place


def _deep() -> bytes:
    lines = Encoder("d" * 32, clock=_Clock())
    out = [lines.line("run.start", v=1, name="deep")]
    ids = [f"{n + 1:016x}" for n in range(DEEP)]
    for n, span in enumerate(ids):
        out.append(lines.line("span.start", span=span, parent=ids[n - 1] if n else None,
                              kind="task", name=f"level {n}", input={"level": n}))  # fmt: skip
    out += [lines.line("span.end", span=span, status="ok") for span in reversed(ids)]
    return b"".join([*out, lines.line("run.end", status="ok")])


def _huge() -> bytes:
    lines = Encoder("e" * 32, clock=_Clock())
    words = "The quick brown fox jumps over the lazy dog, again and again.\n"
    text = words * (HUGE // len(words))
    out = [lines.line("run.start", v=1, name="huge")]
    for number, content in enumerate(("Say it.", text, "And now?")):
        span = f"{number + 1:016x}"
        sent = [{"role": "user", "content": content}]
        answer = {"role": "assistant", "content": f"Answer {number}."}
        out.append(lines.line("span.start", span=span, kind="llm", name="chat", input=sent))
        out.append(lines.line("span.end", span=span, status="ok", output=answer))
    return b"".join([*out, lines.line("run.end", status="ok")])


def _small() -> bytes:
    lines = Encoder("f" * 32, clock=_Clock())
    out = [lines.line("run.start", v=1, name="small")]
    out.append(lines.line("span.start", span="1" * 16, kind="tool", name="search", input={"q": 1}))
    out.append(lines.line("span.end", span="1" * 16, status="ok", output="found"))
    return b"".join([*out, lines.line("run.end", status="ok")])
