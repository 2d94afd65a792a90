"""Makes the logs that are measured: a seed gives the same bytes on every machine.

Two corpora hold the same spans. ``1M`` is Rollscope's own run log, made by ``rollscope.wire``: a
``span.start`` and a ``span.end`` a span, chat messages as blobs. ``1M-flat`` has one line a span,
for programs that cannot pair lines. ``100k`` is a tenth of each.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

from rollscope.wire import Encoder

REVISION = 1
"""Grows when other bytes come out, so that a kept corpus of an older making is made again."""

_START = 1_767_225_600_000_000_000  # 2026-01-01, in ns since the epoch
_LARGE = 0.002  # share of lines of 20 to 200 kB
_TOOLS = (
    "search", "read_file", "write_file", "run_tests", "fetch_page", "list_folder", "query_table",
    "send_mail", "calculate", "translate", "summarise", "plan_route",
)  # fmt: skip
_MODELS = ("small-2", "large-4", "large-4-thinking")


@dataclass(frozen=True, slots=True)
class Size:
    """How much a corpus holds; one run is ``longest`` spans long, the others are about equal."""

    name: str
    files: int
    spans: int
    longest: int


SIZES = {
    "1M": Size("1M", 1000, 1_000_000, 10_000),
    "100k": Size("100k", 100, 100_000, 10_000),
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus on disk. ``lines`` counts those of all its files, ``bytes`` their sizes."""

    folder: Path
    files: int
    spans: int
    lines: int
    bytes: int

    @property
    def paths(self) -> list[Path]:
        """Its files, in order of their names."""
        return sorted(self.folder.glob("*.jsonl"))


def corpora(size: Size, seed: int, cache: Path) -> tuple[Corpus, Corpus]:
    """The run logs and the flat lines of a size, from the cache or made now."""
    place = cache / f"{size.name}-seed{seed}-r{REVISION}"
    counts = place / "counts.json"
    if not counts.exists():
        shutil.rmtree(place, ignore_errors=True)
        for kind in ("runlog", "flat"):
            (place / kind).mkdir(parents=True)
        tasks = [
            (seed, number, spans, str(place)) for number, spans in enumerate(run_sizes(size, seed))
        ]
        with multiprocessing.get_context("spawn").Pool(min(4, os.cpu_count() or 1)) as pool:
            made = pool.map(_make, tasks, chunksize=5)
        sums = [sum(column) for column in zip(*made, strict=True)]
        said = {
            "runlog": {"lines": sums[0], "bytes": sums[1]},
            "flat": {"lines": size.spans, "bytes": sums[2]},
            "size": asdict(size),
        }
        counts.write_text(json.dumps(said))
    said = json.loads(counts.read_text())
    runlog, flat = (
        Corpus(place / kind, size.files, size.spans, **said[kind]) for kind in ("runlog", "flat")
    )
    return runlog, flat


OTHERS = 10_020
"""Spans of the two smaller runs that stand beside the long one."""


def long_runs(seed: int, cache: Path, spans: int) -> Path:
    """A folder of three run logs: of ``spans`` spans, of 10,000 and of 20, the newest."""
    place = cache / f"long-{spans}-seed{seed}-r{REVISION}"
    if not place.exists():
        half = place.with_suffix(".part")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        text, lengths = _pool(seed)
        brief = text, [length // 4 + 8 for length in lengths]
        for number, count in enumerate((spans, 10_000, 20)):
            with (half / f"long-{count}.jsonl").open("wb", buffering=1 << 20) as file:
                story = _Story(Random(f"{seed} long {number}"), number, brief, file.write)
                story.tell(count)
            os.utime(file.name, ns=(_START, _START))
        half.rename(place)
    return place


def run_sizes(size: Size, seed: int) -> list[int]:
    """How many spans each run has: one long one, the rest within a tenth of each other."""
    random = Random(f"{seed} sizes")
    others = size.files - 1
    left = size.spans - size.longest
    sizes = [left // others + random.randint(-40, 40) for _ in range(others)]
    sizes = [max(4, count) for count in sizes]
    number = 0
    while (rest := left - sum(sizes)) != 0:
        sizes[number % others] += 1 if rest > 0 else -1 if sizes[number % others] > 4 else 0
        number += 1
    return [size.longest, *sizes]


def _make(task: tuple[int, int, int, str]) -> tuple[int, int, int]:
    """Write one run in both forms: lines and bytes of the run log, bytes of the flat file."""
    seed, number, spans, place = task
    runlog, flat = one_run(seed, number, spans)
    when = _START + number * 37_000_000_000
    for kind, data in (("runlog", runlog), ("flat", flat)):
        path = Path(place, kind, f"run-{number:04d}.jsonl")
        path.write_bytes(data)
        os.utime(path, ns=(when, when))
    return runlog.count(b"\n"), len(runlog), len(flat)


def one_run(seed: int, number: int, spans: int) -> tuple[bytes, bytes]:
    """The bytes of one run: as a run log, and as flat lines."""
    runlog: list[bytes] = []
    flat: list[bytes] = []
    random = Random(f"{seed} run {number}")
    _Story(random, number, _pool(seed), runlog.append, flat.append).tell(spans)
    return b"".join(runlog), b"".join(flat)


_pools: dict[int, tuple[str, list[int]]] = {}


def _pool(seed: int) -> tuple[str, list[int]]:
    """Text to cut payloads from, and lengths to cut: log-normal, most of them short."""
    if seed not in _pools:
        random = Random(f"{seed} pool")
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        words = [
            "".join(random.choices(letters, k=max(2, round(random.gauss(6, 2.5)))))
            for _ in range(8000)
        ]
        words[20:20] = ["café", "naïve", "Größe", "日本", '"quoted"', "a\\b", "—", "{x}"]
        out: list[str] = []
        size = 0
        while size < 1_000_000:
            word = words[min(int(random.paretovariate(0.6)), len(words)) - 1]
            out.append(word + ("\n" if random.random() < 0.06 else " "))
            size += len(out[-1])
        lengths = [min(8000, int(random.lognormvariate(4.72, 0.95))) + 8 for _ in range(4096)]
        _pools[seed] = "".join(out), lengths
    return _pools[seed]


class _Story:
    """One run while it is told: an agent that works through tasks, thinking and using tools."""

    def __init__(
        self,
        random: Random,
        number: int,
        pool: tuple[str, list[int]],
        runlog: Callable[[bytes], object],
        flat: Callable[[bytes], object] | None = None,
    ) -> None:
        self._random = random
        self._text, self._lengths = pool
        self._number = number
        self._run = f"{random.getrandbits(128):032x}"
        self._encoder = Encoder(self._run, clock=lambda: 0)
        self._now = _START + number * 37_000_000_000
        self._left = 0
        self._to_runlog, self._to_flat = runlog, flat

    def tell(self, spans: int) -> None:
        """Write ``spans`` spans."""
        self._left = spans - 1
        name = f"agent-{self._number % 20}"
        self._log(
            "run.start", v=1, name=name, input={"question": self._words()}, agent=name,
            group={"id": f"prompt-{self._number // 8}", "index": self._number // 8,
                   "chain": self._number % 8},
        )  # fmt: skip
        root = self._begin(None, "agent", name, {"question": self._words()})
        while self._left > 0:
            self._task(root)
        self._finish(root, "ok", {"answer": self._words()})
        self._log("run.end", status="ok", output=self._words(), reward=self._random.random())

    def _task(self, parent: dict[str, Any]) -> None:
        self._left -= 1
        task = self._begin(parent, "task", f"task-{self._random.randrange(40)}", self._words())
        history = [{"role": "system", "content": self._words(600)}]
        for _ in range(self._random.randint(4, 10)):
            if self._left <= 0:
                break
            history.append({"role": "user", "content": self._words()})
            history.append({"role": "assistant", "content": self._think(task, history)})
            tools = min(self._left, self._random.randrange(4))
            self._left -= tools
            self._use(task, tools)
        self._finish(task, "ok", self._words())

    def _think(self, task: dict[str, Any], history: list[Any]) -> str:
        self._left -= 1
        random = self._random
        model = _MODELS[random.randrange(3)]
        span = self._begin(
            task, "llm", "chat", {"messages": self._encoder.messages(history)},
            {"messages": history[-1:]},
        )  # fmt: skip
        answer = self._words()
        taken, given = sum(len(m["content"]) for m in history) // 4, len(answer) // 4
        first = self._now + random.randrange(1_000)
        usage = {
            "model": model, "input_tokens": taken, "output_tokens": given,
            "cost_usd": round(taken * 2e-6 + given * 8e-6, 7),
        }  # fmt: skip
        message = {"role": "assistant", "content": answer}
        self._finish(span, "ok", message, usage=usage, first_token=first)
        return answer

    def _use(self, task: dict[str, Any], count: int) -> None:
        """Some tools; every other time at once."""
        at_once = self._random.random() < 0.5
        waiting = []
        for _ in range(count):
            name = _TOOLS[self._random.randrange(len(_TOOLS))]
            waiting.append(self._begin(task, "tool", name, {"query": self._words(120)}))
            if not at_once:
                self._answer(waiting.pop())
        for span in waiting:
            self._answer(span)

    def _answer(self, span: dict[str, Any]) -> None:
        draw = self._random.random()
        if draw < 0.01:
            error = {"type": "ToolError", "message": self._words(80)}
            self._finish(span, "error", None, error=error)
            return
        # Tools are about half of all spans: twice the share makes it the share of all lines.
        large = draw > 1 - 2 * _LARGE
        size = self._random.randrange(20_000, 200_000) if large else None
        self._finish(span, "ok", self._words(size) if size is None else self._cut(size))

    # -- one span in both forms -------------------------------------------------------------------

    def _begin(
        self, parent: dict[str, Any] | None, kind: str, name: str, input: Any, flat: Any = None
    ) -> dict[str, Any]:
        self._now += self._random.randrange(1_000, 3_000_000)
        span: dict[str, Any] = {"run": self._run, "span": f"{self._random.getrandbits(64):016x}"}
        if parent is not None:
            span["parent"] = parent["span"]
        span |= {"kind": kind, "name": name, "start": self._now}
        self._log(
            "span.start", span=span["span"], parent=span.get("parent"), kind=kind, name=name,
            input=input,
        )  # fmt: skip
        span["input"] = input if flat is None else flat
        return span

    def _finish(self, span: dict[str, Any], status: str, output: Any, **more: Any) -> None:
        self._now += self._random.randrange(1_000, 40_000_000)
        self._log("span.end", span=span["span"], status=status, output=output, **more)
        if self._to_flat is not None:
            line = {**span, "end": self._now, "status": status, "output": output, **more}
            self._to_flat(orjson.dumps(line) + b"\n")

    def _log(self, type: str, **fields: Any) -> None:
        self._to_runlog(self._encoder.line(type, time=self._now, **fields))

    def _words(self, usual: int | None = None) -> str:
        length = self._lengths[self._random.randrange(4096)]
        return self._cut(length if usual is None else min(usual, length * 2))

    def _cut(self, length: int) -> str:
        start = self._random.randrange(len(self._text) - length)
        return self._text[start : start + length]
