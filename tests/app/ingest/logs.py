"""Run logs for Hypothesis: any mixture of runs, processes, spans, notes, blobs and junk."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from hypothesis import strategies as st

from rollscope.wire import Encoder

JUNK = (
    b"",
    b"   ",
    b"not json",
    b"[1,2,3]",
    b"42",
    b'{"type":"run.begin","run":"x"}',
    b'{"no":"type"}',
    b'{"type":"span.start"}',
    b'{"type":"span.end","run":"r","proc":"x","seq":1e400,"span":5,"status":[]}',
    b'\xff\xfe\x00 {"type":"event"}',
    b'{"type":"event","run":"\\ud800","name":"x","seq":1,"time":-5}',
    b"{" * 2000,
)

_OPS = (
    "start", "span", "span", "span", "end", "end", "message", "signal", "shared", "finish",
    "odd", "again", "junk", "padded", "other run", "other process", "more", "more", "more of run",
    "recorder", "call", "call", "call", "lost", "disconnected", "disconnected",
)  # fmt: skip
ops = st.lists(st.tuples(st.sampled_from(_OPS), st.integers(0, 7)), max_size=40)


def name_of(*parts: object, size: int = 8) -> str:
    """An id that is the same in every run of a test."""
    return blake2b(repr(parts).encode(), digest_size=size).hexdigest()


@dataclass
class Writer:
    """Turns operations into the lines that programs would have written."""

    lines: list[bytes] = field(default_factory=list)
    now: int = 1_750_000_000_000_000_000
    run: int = 0
    proc: int = 0
    spans: int = 0
    open: list[tuple[int, str]] = field(default_factory=list)
    encoders: dict[tuple[int, int], Encoder] = field(default_factory=dict)
    said: list[Any] = field(default_factory=list)

    def line(self, type: str, run: int | None = None, **fields: Any) -> None:
        """One event of the run at hand, with the blobs that it needs."""
        run = self.run if run is None else run
        self.now += 1000
        encoder = self.encoder(run)
        self.lines += encoder.line(type, **fields).splitlines()

    def encoder(self, run: int) -> Encoder:
        """What writes the lines of one process of a run."""
        key = (run, self.proc)
        if key not in self.encoders:
            name = name_of("run", run, size=16)
            self.encoders[key] = Encoder(name, self.proc, clock=lambda: self.now)
        return self.encoders[key]

    def do(self, op: str, n: int) -> None:
        """Write what one operation stands for."""
        match op:
            case "start":
                process = {"pid": self.proc + 1, "host": "h"}
                place: dict[str, Any] = {"environment": f"e{n}", "project": "p"} if n % 2 else {}
                caller = {"run": name_of("run", 9, size=16), "span": name_of("span", n)}
                self.line("run.start", v=1, name=f"run {n}", process=process, meta={"n": n},
                          caller=caller if n % 3 else None, **place)  # fmt: skip
            case "span":
                self.spans += 1
                span = name_of("span", self.spans)
                parents = [known for run, known in self.open if run == self.run]
                kind = ("agent", "llm", "tool", "odd kind")[n % 4]
                parent = parents[n % len(parents)] if parents and n else None
                about = {"branch": n} if n % 2 else {}
                self.line("span.start", span=span, parent=parent, kind=kind, name=f"s{n}", **about)
                self.open.append((self.run, span))
            case "call":
                # A conversation that goes on, now and then from where it was before.
                self.said = [*self.said[: len(self.said) - n % 3], f"message {n}", "long " * 30]
                self.spans += 1
                span = name_of("span", self.spans)
                sent = {"messages": self.encoder(self.run).messages(self.said)}
                self.line("span.start", span=span, kind="llm", name=f"c{n}", input=sent)
                self.open.append((self.run, span))
            case "end" if self.open:
                run, span = self.open.pop(n % len(self.open))
                said = {"model": f"m{n}", "input_tokens": n, "cost_usd": n / 10} if n % 3 else None
                status = ("ok", "error", "cancelled", "strange")[n % 4]
                self.line("span.end", run, span=span, status=status, usage=said, output="x" * n)
            case "more" if self.open:
                run, span = self.open[n % len(self.open)]
                used: Any = ({"model": f"s{n}"}, {"input_tokens": n}, {"cost_usd": n / 4}, None)
                what: dict[str, Any] = {("input", "output", "attrs")[n % 3]: {"n": n}}
                lossy = ["output"] if n % 2 else None
                self.line("span.set", run, span=span, usage=used[n % 4], lossy=lossy, **what)
            case "lost":
                # A span of which the log has no start; of some it has no end either.
                self.spans += 1
                span = name_of("lost", self.spans)
                usage = {"model": f"l{n}", "input_tokens": n, "cost_usd": n / 8}
                self.line("span.set", span=span, output={"n": n}, usage=usage)
                if n % 2:
                    self.line("span.end", span=span, status="ok", usage={"output_tokens": n})
            case "more of run":
                more: dict[str, Any] = {("input", "output", "meta")[n % 3]: {"n": n}}
                self.line("run.set", **more)
            case "recorder":
                data = ({"events": n, "reason": "x"}, {"number": n, "status": 429}, None)[n % 3]
                self.line("event", name=("dropped", "attempt")[n % 2], data=data)
            case "disconnected":
                # Of itself, or of the other process: with its last event, or as many more or fewer.
                other = self.encoders.get((self.run, 1 - self.proc))
                seq = n - 4 + (other.seq if other else 0)
                self.line(
                    "event", name="disconnected",
                    data={"proc": 1 - self.proc, "seq": seq} if n % 3 else None,
                )  # fmt: skip
            case "message":
                self.line("message", role="user", content="hello " * n)
            case "signal":
                self.line("signal", name="score", value=(n, 2**80, "text", None)[n % 4])
            case "shared":
                shared = self.encoder(self.run).share({"text": "long " * (30 + n)})
                self.line("event", name="shared", data=shared)
            case "finish":
                error = {"type": "E", "message": "went wrong"} if n % 2 else None
                self.line("run.end", status=("ok", "error")[n % 2], error=error, reward=n / 2)
            case "odd":
                self.line("event", name="odd \ud800", data={"wide": 2**80, "n": float("nan")})
            case "again" if self.lines:
                self.lines.append(self.lines[n % len(self.lines)])
            case "junk":
                self.lines.append(JUNK[n % len(JUNK)])
            case "padded":
                self.line("event", name="padded")
                self.lines[-1] = b"  " + self.lines[-1] + b" \t\r"
            case "other run":
                self.run = n % 3
            case "other process":
                self.proc = n % 2


def written(todo: list[tuple[str, int]], without: tuple[str, ...] = ()) -> list[bytes]:
    """The lines that these operations write."""
    writer = Writer()
    for op, n in todo:
        if op not in without:
            writer.do(op, n)
    return writer.lines


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """``data`` in pieces, cut anywhere."""
    at = draw(st.lists(st.integers(0, len(data)), max_size=8))
    edges = sorted({0, *at, len(data)})
    return [data[low:high] for low, high in itertools.pairwise(edges)]
