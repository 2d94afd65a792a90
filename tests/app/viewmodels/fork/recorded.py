"""A run that can be forked, in an index, and an engine's client that a test answers for."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.query.connection import open_reader
from rollscope_desktop.query.spans import query_run_spans
from tests.app.support import Index, Log, run_key

RUN = run_key(1)
PRINT = "0123456789abcdef" * 2
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
CALL = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}
REQUEST: dict[str, Any] = {
    "model": "gpt-x",
    "messages": [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, CALL]},
        {"role": "tool", "content": "21 °C", "tool_call_id": "c1"},
    ],
    "settings": {"temperature": 0.5},
}
ANSWER = {"message": {"role": "assistant", "content": "It is warm."}, "finish_reason": "stop"}
DIALECT = {"dialect": "openai.chat"}
ALLOWED: dict[str, Any] = {
    "needed": False, "interpreter": "/usr/bin/python3", "folder": "/home/ada",
    "file": "/home/ada/agent.py",
    "function": "agent:main", "signed": True, "changed": False, "known": True, "missing": [],
}  # fmt: skip


def recorded(number: int = 1, **start: Any) -> bytes:
    """plan (llm), get_weather (tool), block[ answer (llm) ], send_mail (tool)."""
    log = Log(run_key(number))
    entry = {"module": "agent", "qualname": "main", "resumable": True}
    said = {
        "name": "shop", "project": "shop", "input": {"question": "weather?"}, "entry": entry,
        "process": {"python": "/usr/bin/python3", "cwd": "/home/ada", "argv": ["python"]}, **start,
    }  # fmt: skip
    out = log.line("run.start", v=1, **said)

    def step(kind: str, name: str, end: dict[str, Any], **fields: Any) -> bytes:
        span = log.span_id()
        begin = log.line("span.start", span=span, kind=kind, name=name, **fields)
        return begin + log.line("span.end", span=span, status="ok", **end)

    usage = {"model": "gpt-x", "input_tokens": 9, "output_tokens": 5, "cost_usd": 0.01}
    asked = {"input": REQUEST, "attrs": DIALECT, "fingerprint": PRINT}
    out += step("llm", "plan", {"output": ANSWER, "usage": usage}, **asked)
    out += step(
        "tool", "get_weather", {"output": "21 °C"}, input={"city": "Paris"}, fingerprint=PRINT,
        effects="none", attrs={"schema": SCHEMA},
    )  # fmt: skip
    out += step("span", "block", {})
    out += step("llm", "answer", {"output": ANSWER, "usage": usage}, **asked)
    out += step(
        "tool", "send_mail", {"output": {"sent": True}}, input={"to": "ann"}, fingerprint=PRINT,
        effects="write",
    )  # fmt: skip
    return out + log.line("run.end", status="ok", output="done", reward=0.5)


def put(index: Index, number: int = 1, **start: Any) -> tuple[int, dict[str, int]]:
    """Put such a run into an index: its id, and those of its steps by name."""
    [run] = index.grow(f"{number}.jsonl", recorded(number, **start))
    reader = open_reader(index.path)
    try:
        [rows] = query_run_spans(reader, run)
    finally:
        reader.close()
    return run, {row.name or "": row.id for row in rows}


def told(id: str = "f1", **more: Any) -> dict[str, Any]:
    """A fork as the engine tells of it."""
    return {
        "id": id, "batch": "b1", "number": 0, "of": RUN, "at": "0123456789abcdef", "run": None,
        "state": "starting", "status": "", "sentence": "", "details": "", "played": 0,
        "reused": 0, "live": 0, "question": None, **more,
    }  # fmt: skip


def asked(kind: str = "tool", **more: Any) -> dict[str, Any]:
    """What a fork asks, as the engine tells of it."""
    return {
        "id": 7, "kind": kind, "name": "send_mail", "span": None, "input": {"to": "ann"},
        "expected": {"to": "bob"}, "reason": "It is declared to write.", **more,
    }  # fmt: skip
