"""What the events that the recorder itself writes mean, in a sentence.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from rollscope_desktop.model import text

DROPPED, ATTEMPT, PROCESS, ENFORCEMENT = "dropped", "attempt", "process", "enforcement"
DISCONNECTED = "disconnected"
"""Names of events that the recorder itself, or who receives what it sends, writes."""


def dropped(data: Any) -> str:
    """``12 events were dropped: the disk was full``, without a full stop."""
    said = data if isinstance(data, dict) else {}
    number, reason = said.get("events"), said.get("reason")
    what = "Events were"
    if type(number) is int and number > 0:
        what = f"{text.count(number, 'event')} {'was' if number == 1 else 'were'}"
    why = f": {text.one_line(reason)}".rstrip(".") if isinstance(reason, str) and reason else ""
    return f"{what} dropped by the recorder{why}"


def lost(reasons: Iterable[str]) -> str:
    """``5,071 events lost``: what several sentences of ``dropped`` come to; "" for none."""
    numbers = [reason.partition(" ")[0].replace(",", "") for reason in reasons]
    if not numbers:
        return ""
    known = sum(int(number) for number in numbers if number.isdecimal())
    return f"{text.count(known, 'event')} lost" if known else "Events lost"


def attempt(data: Any) -> str:
    """``attempt 1, status 429, rate_limit: slow down, after 500 ms, asked to wait 2.0 s``: what is
    known of an attempt that failed."""
    if not isinstance(data, dict):
        return ""
    number, status, error = data.get("number"), data.get("status"), data.get("error")
    if isinstance(error, dict):
        error = ": ".join(str(part) for key in ("type", "message") if (part := error.get(key)))
    found = [
        ATTEMPT if number is None else f"{ATTEMPT} {number}",
        "" if status is None else f"status {status}",
        text.one_line(str(error), 200) if error else "",
        _seconds("after", data.get("seconds")),
        _seconds("asked to wait", data.get("retry_after")),
    ]
    return ", ".join(part for part in found if part)


def process(data: Any) -> str:
    """``process 4711 joined: python agent.py``; "" for what a program itself calls so."""
    said = data if isinstance(data, dict) else {}
    pid, argv = said.get("pid"), said.get("argv")
    if type(pid) is not int or "python" not in said:
        return ""
    called = " ".join(map(str, argv)) if isinstance(argv, list) else ""
    return f"{PROCESS} {pid} joined{f': {text.one_line(called, 200)}' if called else ''}"


def enforcement(data: Any) -> str:
    """``search was not permitted: the run has made 50 steps``, without a full stop; "" for what a
    program itself calls so."""
    said = data if isinstance(data, dict) else {}
    call, reason = said.get("call"), said.get("reason")
    if "verdict" not in said or not isinstance(reason, str):
        return ""
    what = text.one_line(call) if isinstance(call, str) else "A call"
    return f"{what} was not permitted: {text.one_line(reason)}".rstrip(".")


def disconnected(data: Any) -> str:
    """``the connection was closed before the run had ended``, without a full stop."""
    return "the connection was closed before the run had ended"


def left(data: Any) -> dict[int, int]:
    """The process that a ``disconnected`` names, and the number of the last of its events that
    came; empty where it is only about the process that wrote it."""
    said = data if isinstance(data, dict) else {}
    proc, seq = said.get("proc"), said.get("seq")
    if type(proc) is not int or type(seq) is not int:
        return {}
    return {proc: seq} if min(proc, seq) >= 0 and max(proc, seq) < 1 << 62 else {}


def _seconds(words: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return ""
    return f"{words} {text.duration(round(value * 1e9))}"


REMARKS: Final[dict[str, Callable[[Any], str]]] = {
    DROPPED: dropped,
    ATTEMPT: attempt,
    PROCESS: process,
    ENFORCEMENT: enforcement,
    DISCONNECTED: disconnected,
}
"""How the data of these events is told, by their names."""
