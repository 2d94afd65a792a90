"""Makes small indexes the way the engine makes them: log bytes, format, assembler, writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope.wire import Encoder
from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.runlog import RunLog
from rollscope_desktop.model.assemble import assemble
from rollscope_desktop.store.files import FileRow
from rollscope_desktop.store.writer import Writer

SECOND = 1_000_000_000
EPOCH = 1_750_000_000 * SECOND


@dataclass
class Index:
    """An index that grows: ``grow`` appends to a log and indexes what was appended."""

    folder: Path
    path: Path
    writer: Writer
    files: dict[str, FileRow] = field(default_factory=dict)

    def grow(self, name: str, data: bytes, touched: int = EPOCH) -> list[int]:
        """Append to a log, and have the index say the same; the ids of the runs it touched."""
        log = self.folder / name
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            out.write(data)
        with self.writer.transaction():
            if name not in self.files:
                root = self.writer.files.add_root(os.fsencode(self.folder), str(self.folder), 1)
                self.files[name] = self.writer.files.add_file(root, os.fsencode(log), str(log))
            file = self.files[name]
            reader = RunLog().reader(Place((name,)), b"")
            batch = reader.feed(data, file.offset, file.lines + 1)
            touching = self.writer.runs.apply(file.id, "rollscope", assemble(batch), touched)
            self.writer.problems.add(file.id, batch.problems)
            status = log.stat()
            head = log.read_bytes()[:256]
            saved = FileRow(
                file.id, file.root, file.path, file.shown,
                identity=f"{status.st_dev}:{status.st_ino}", size=status.st_size,
                mtime=status.st_mtime_ns, offset=status.st_size,
                lines=file.lines + data.count(b"\n"), generation=file.generation,
                head=blake2b(head, digest_size=16).digest(), head_length=len(head), mark=data[-16:],
                format="rollscope",
            )  # fmt: skip
            self.files[name] = saved
            self.writer.files.save_file(saved)
        return touching


def make_index(folder: Path, logs: Mapping[str, bytes] | None = None) -> Index:
    """An index in ``folder``, with logs beside it; close its writer at the end."""
    index = Index(folder / "logs", folder / "index.db", Writer(folder / "index.db"))
    index.folder.mkdir(parents=True, exist_ok=True)
    for name, data in (logs or {}).items():
        index.grow(name, data)
    return index


class Log:
    """Writes a run log with a clock that is told."""

    def __init__(self, run: str, start: int = EPOCH, proc: int = 0) -> None:
        self.now = start
        self.encoder = Encoder(run, proc, clock=lambda: self.now)
        self._spans = 0

    def line(self, type: str, after: int = 1_000_000, **fields: Any) -> bytes:
        """One event, ``after`` ns later than the one before."""
        self.now += after
        return self.encoder.line(type, **fields)

    def span_id(self) -> str:
        """The next of ids that are the same in every test."""
        self._spans += 1
        return blake2b(f"{self.encoder.run}{self._spans}".encode(), digest_size=8).hexdigest()

    def whole(
        self,
        kind: str = "tool",
        name: str = "search",
        parent: str | None = None,
        status: str = "ok",
        inside: Callable[[str], bytes] | None = None,
        **end: object,
    ) -> bytes:
        """A span with its start and end, and between them what ``inside`` writes for its id."""
        span = self.span_id()
        given = end.pop("input", None)
        start = self.line("span.start", span=span, parent=parent, kind=kind, name=name, input=given)
        middle = inside(span) if inside else b""
        fields: dict[str, Any] = {"span": span, "status": status, **end}
        return start + middle + self.line("span.end", **fields)


def run_key(number: int) -> str:
    """A run id that is the same in every test."""
    return blake2b(str(number).encode(), digest_size=16).hexdigest()


def simple_run(number: int = 1, spans: int = 3, start: int = EPOCH, ended: bool = True) -> bytes:
    """A run of one agent that calls a model and a tool in turn."""
    log = Log(run_key(number), start)
    out = log.line("run.start", v=1, name=f"run {number}", input={"question": "weather?"})

    def inside(agent: str) -> bytes:
        parts = []
        for n in range(spans - 1):
            if n % 2:
                parts.append(
                    log.whole("tool", "get_weather", agent, input={"city": "Paris"}, output="21 °C")
                )
            else:
                usage = {"model": "gpt-x", "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.01}
                messages = [{"role": "user", "content": "weather?"}]
                answer = {"role": "assistant", "content": "It is warm."}
                parts.append(
                    log.whole("llm", "chat", agent, input=messages, output=answer, usage=usage)
                )
        return b"".join(parts)

    out += log.whole("agent", "assistant", None, inside=inside, output="done")
    if ended:
        out += log.line("run.end", status="ok", output="done", reward=number / 10)
    return out
