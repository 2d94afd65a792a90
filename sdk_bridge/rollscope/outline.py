"""A run as indented lines that repeat exactly, for tests."""

from __future__ import annotations

import json
from typing import Any

_NOTHING = object()


class _Step:
    """A span, or the run itself, with what happened in it."""

    def __init__(self, title: str, branch: int) -> None:
        self.title = title
        self.branch = branch
        self.status = "open"
        self.input: Any = _NOTHING
        self.output: Any = _NOTHING
        self.error: Any = None
        self.parts: list[_Step | str] = []

    def learn(self, event: dict[str, Any]) -> None:
        """Take what an event says of the step."""
        self.input = event.get("input", self.input)
        self.output = event.get("output", self.output)
        self.error = event.get("error", self.error)
        self.status = event.get("status", self.status)


def outline(events: list[dict[str, Any]], width: int) -> str:
    """The lines of one run, of its events in the order in which they were written."""
    run = _Step("run", 0)
    steps: dict[str | None, _Step] = {None: run}
    for event in events:
        of = steps.get(event.get("span"), run)
        kind = event["type"]
        if kind == "run.start":
            run.title = f"run {event['name']}"
        if kind.startswith("run."):
            run.learn(event)
        elif kind == "span.start":
            parent = steps.get(event.get("parent"), run)
            title = f"{event.get('kind', 'span')} {event['name']}"
            step = steps[event["span"]] = _Step(title, event.get("branch", 0))
            step.learn(event)
            parent.parts.append(step)
        elif kind in ("span.set", "span.end"):
            of.learn(event)
        elif (line := _said(event, width)) is not None:
            of.parts.append(line)
    return "".join(f"{line}\n" for line in _lines(run, width))


def _said(event: dict[str, Any], width: int) -> str | None:
    match event["type"]:
        case "message":
            return f"message {event['role']} {_json(event['content'], width)}"
        case "event":
            data = f" {_json(event['data'], width)}" if "data" in event else ""
            return f"event {event['name']}{data}"
        case "signal":
            return f"signal {event['name']} {_json(event['value'], width)}"
        case "feedback":
            comment = f" {_json(event['comment'], width)}" if "comment" in event else ""
            return f"feedback {event['name']} {_json(event.get('value'), width)}{comment}"
    return None


def _lines(run: _Step, width: int) -> list[str]:
    out: list[str] = []
    todo: list[tuple[_Step | str, int]] = [(run, 0)]
    while todo:
        step, depth = todo.pop()
        if isinstance(step, str):
            out.append("  " * depth + step)
        else:
            out.append("  " * depth + _line(step, width))
            todo.extend((part, depth + 1) for part in reversed(_in_order(step)))
    return out


def _in_order(step: _Step) -> list[_Step | str]:
    """The parts of a step; those of tasks that ran side by side by the numbers of the tasks."""
    out: list[_Step | str] = []
    beside: list[_Step] = []
    for part in [*step.parts, None]:
        if isinstance(part, _Step) and part.branch != step.branch:
            beside.append(part)
            continue
        beside.sort(key=_branch)
        out += beside
        beside.clear()
        if part is not None:
            out.append(part)
    return out


def _branch(step: _Step) -> int:
    return step.branch


def _line(step: _Step, width: int) -> str:
    line = step.title
    if step.input is not _NOTHING:
        line += f" {_json(step.input, width)}"
    if step.output is not _NOTHING:
        line += f" -> {_json(step.output, width)}"
    if step.error is not None:
        kind, message = step.error.get("type", ""), step.error.get("message", "")
        line += f" ({step.status}: {kind}: {message})" if kind else f" ({step.status}: {message})"
    elif step.status != "ok" or step.output is _NOTHING:
        line += f" ({step.status})"
    return line


def _json(value: Any, width: int) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else f"{text[: width - 1]}…"
