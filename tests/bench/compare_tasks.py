"""The measurements of comparing, each run alone: ``python -m tests.bench.compare_tasks NAME JSON``.

Every task prints one JSON object. As in a window, no garbage is collected meanwhile.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope.wire import Encoder
from rollscope_desktop.query.compare.read import query_comparison
from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.progress import Partial, Progress

Said = dict[str, Any]
SHAPES = {
    "siblings": "all calls of one tool, one more in the middle",
    "talk": "a model and a tool in turn, another answer in the middle",
    "other": "all calls of one tool, other arguments in each",
}
"""What the second of two runs is like."""
_WORDS = ("river", "rises", "near", "small", "town", "north", "flows", "east", "through", "lakes")


def main() -> None:
    """Run the task that is named."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(TASKS[name](**arguments)))


def write(shape: str, folder: str, steps: int) -> Said:
    """Two run logs of a shape."""
    Path(folder).mkdir(parents=True)
    made = _talk if shape == "talk" else _calls
    for number in range(2):
        lines = _run(number, made(shape, number, steps))
        Path(folder, f"{number}.jsonl").write_bytes(b"".join(lines))
    return {}


def compare(index: str) -> Said:
    """D2: from the question until the first divergence, and until the whole alignment is there."""
    gc.collect()
    gc.freeze()
    gc.disable()
    reader = open_reader(Path(index))
    runs = [run for (run,) in reader.all("SELECT id FROM runs ORDER BY name")]
    said: Said = {}
    began = time.perf_counter()

    def watched() -> Iterator[Progress | Partial]:
        found = yield from query_comparison(reader, *runs)
        assert found is not None
        assert found.alignment.first is not None
        said["seconds"] = time.perf_counter() - began
        said["steps"], said["step"] = len(found.alignment.a) - 1, found.alignment.first.step

    for step in watched():
        if isinstance(step, Partial):
            said["first"] = time.perf_counter() - began
        else:
            said["reading"] = time.perf_counter() - began
    reader.close()
    return said


def _run(number: int, steps: Iterator[Said]) -> Iterator[bytes]:
    """A run whose ids and times are its own."""
    run = Encoder(_id(number, 0) + _id(number, 1))
    now = 1_750_000_000_000_000_000 + number * 10**12
    agent = _id(number, 0)
    yield run.line("run.start", time=now, v=1, name=f"run {number}")
    yield run.line("span.start", time=now, span=agent, kind="agent", name="assistant")
    for at, step in enumerate(steps, 1):
        span = _id(number, at)
        for blob in step.get("blobs", ()):
            yield run.line("blob", time=now, hash=blob[0], data=blob[1])
        if at > 2 and step["kind"] == "llm":
            before = _id(number, at - 2)
            step["input"]["messages"].insert(0, {"$list": before})
        more = {"listed": True} if step["kind"] == "llm" else {}
        now += 1_000_000
        yield run.line("span.start", time=now, span=span, parent=agent, kind=step["kind"],
                       name=step["name"], input=step["input"], **more)  # fmt: skip
        now += 1_000_000
        yield run.line("span.end", time=now, span=span, status="ok", output=step["output"])
    yield run.line("span.end", time=now, span=agent, status="ok", output="done")
    yield run.line("run.end", time=now, status="ok")


def _id(*of: object) -> str:
    """16 hex digits that are the same each time."""
    return blake2b(repr(of).encode(), digest_size=8).hexdigest()


def _text(at: int) -> str:
    return " ".join(_WORDS[(at * step) % len(_WORDS)] for step in range(1, 13)) + f" {at}"


def _calls(shape: str, number: int, steps: int) -> Iterator[Said]:
    for at in range(steps):
        if number and shape == "siblings" and at == steps // 2:
            yield {"kind": "tool", "name": "search", "input": {"q": "new"}, "output": "new"}
        other = " again" if number and shape == "other" else ""
        yield {
            "kind": "tool", "name": "search", "input": {"query": _text(at) + other, "limit": 10},
            "output": {"id": f"call_{number}x{at:08}", "found": [_text(at + 1)]},
        }  # fmt: skip


def _message(number: int, at: int, role: str, content: str) -> Said:
    named = {"tool_call_id": f"call_{_id(number, at)}"} if role == "tool" else {}
    return {"role": role, **named, "content": content}


def _talk(shape: str, number: int, steps: int) -> Iterator[Said]:
    """Each model call begins with the messages of the one before it."""
    new = [("user", _text(0))]
    for at in range(steps // 2):
        blobs = [(_id(number, at, f"message {n}"), _message(number, at, role, content))
                 for n, (role, content) in enumerate(new)]  # fmt: skip
        other = " after all" if number and at >= steps // 4 else ""
        answer = _text(at) + other
        yield {
            "kind": "llm", "name": "chat", "blobs": blobs,
            "input": {"model": "m", "messages": [{"$blob": name} for name, _ in blobs]},
            "output": {"message": {"role": "assistant", "content": answer}},
        }  # fmt: skip
        yield {"kind": "tool", "name": "search", "input": {"q": answer}, "output": _text(at + 2)}
        new = [("assistant", answer), ("tool", _text(at + 2))]


TASKS: dict[str, Callable[..., Said]] = {"write": write, "compare": compare}

if __name__ == "__main__":
    main()
