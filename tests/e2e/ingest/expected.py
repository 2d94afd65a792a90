"""What has to be shown of each client: one conversation, with what each of them says beside it.

``facts`` puts what is shown into plain words, ``expected`` what ought to be; ``differences`` names
the fields in which they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.wanted import NESTED, WANTED, Wanted

if TYPE_CHECKING:
    from tests.e2e.ingest.shown import Shown, Step

Facts = dict[str, Any]

SYSTEM = {"role": "system", "content": talk.SYSTEM}
CALL = {"type": "tool_call", "id": talk.CALL, "name": talk.TOOL, "arguments": talk.ARGUMENTS}
CALLED = {"role": "assistant", "content": [CALL]}
RESULT = {"role": "tool", "content": talk.RESULT, "tool_call_id": talk.CALL}
OFFERED = [(talk.TOOL, talk.DESCRIPTION, "string")]
OF_ROOT = "that of its first step"


def user(text: str) -> Facts:
    """What somebody says."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Facts:
    """What the model says."""
    return {"role": "assistant", "content": text}


def facts(run: Shown) -> Facts:
    """What is shown of a run."""
    first = run.steps[0]
    return {
        "name": run.name,
        "agent": run.agent,
        "session": run.session,
        "project": run.project,
        "status": run.status,
        "tokens": run.tokens,
        "cost": run.cost,
        "counted": (run.calls, run.tools, run.errors),
        "input": OF_ROOT if run.input == first.input else run.input,
        "output": OF_ROOT if run.output == first.output else run.output,
        "talk": list(run.talk),
        "tree": run.tree,
        "calls": [_call(step) for step in run.of("llm")],
        "tools": [(step.name, step.status, step.input, step.output) for step in run.of("tool")],
        "first": (first.input, first.output) if first.kind != "llm" else None,
    }


def differences(found: Any, wanted: Any) -> str:
    """Where two values differ, a line for each field."""
    return "".join(_differing(found, wanted, ""))


def _differing(found: Any, wanted: Any, at: str) -> Iterator[str]:
    if found == wanted:
        return
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in {**found, **wanted}:
            yield from _differing(found.get(key), wanted.get(key), f"{at}.{key}")
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for number, pair in enumerate(zip(found, wanted, strict=True)):
            yield from _differing(*pair, f"{at}[{number}]")
    else:
        yield f"{at}:\n    {found!r}\n    not {wanted!r}\n"


def _call(step: Step) -> Facts:
    asked, answered = step.input or {}, step.output or {}
    return {
        "name": step.name,
        "model": step.model,
        "asked": asked.get("model"),
        "status": step.status,
        "tokens": step.tokens,
        "cost": step.cost,
        "first token": step.first_token,
        "messages": [_without_name(message) for message in asked.get("messages", ())],
        "offered": [_offered(tool) for tool in asked.get("tools", ())],
        "settings": asked.get("settings", {}),
        "answer": answered.get("message"),
        "finish": answered.get("finish_reason"),
        "error": step.error and (step.error.get("type"), step.error.get("message")),
    }


def _without_name(message: Facts) -> Facts:
    """Some say beside each message who wrote it."""
    assert message.get("name", talk.TOOL) in (talk.TOOL, "ask")
    return {key: value for key, value in message.items() if key != "name"}


def _offered(tool: Facts) -> tuple[Any, ...]:
    """The schema in short: each client writes it in its own way."""
    return tool["name"], tool["description"], tool["schema"]["properties"]["city"]["type"]


def expected(client: str) -> list[Facts]:
    """What ought to be shown of all runs of a client."""
    about = {**WANTED, **NESTED}[client]
    runs = [_question(about)]
    if about.others is not None:
        runs += [_stream(about, about.others[0]), _failure(about, about.others[1])]
    return runs


def _question(about: Wanted) -> Facts:
    messages = [SYSTEM, user(talk.QUESTION)]
    offered = OFFERED if about.offered else []
    both = {"offered": offered, "settings": about.settings}
    calls = [
        {
            **_answered(about, (50, 12, about.cached[0]), about.costs.calls[0], about.finish[0]),
            **both, "messages": messages, "answer": CALLED,
        },
        {
            **_answered(about, (80, 9, about.cached[1]), about.costs.calls[1], about.finish[1]),
            **both, "messages": [*messages, CALLED, RESULT], "answer": assistant(talk.ANSWER),
        },
    ]  # fmt: skip
    asked = f" {about.asked}" if about.asked else ""
    said = [
        f"system: {talk.SYSTEM}", f"user: {talk.QUESTION}", f"assistant! calls {talk.TOOL}",
        f"[{talk.TOOL}]{asked} → {talk.RESULT}", f"assistant! {talk.ANSWER}",
    ]  # fmt: skip
    if about.inner is not None:
        said = [f"--- {about.inner} begins", *said, f"--- {about.inner} is done"]
        said = [f"  {line}" for line in said]
    return {
        "name": about.name,
        "agent": about.agent,
        "session": about.session,
        "project": about.project,
        "status": "ok",
        "tokens": (130, 21),
        "cost": sum(cost or 0 for cost in about.costs.calls),
        "counted": (2, int(about.tool), 0),
        "input": OF_ROOT,
        "output": OF_ROOT,
        "talk": [f"--- {about.name}", *said, "--- The run ended"],
        "tree": list(about.tree),
        "calls": calls,
        "tools": [(talk.TOOL, "ok", about.asked, talk.RESULT)] if about.tool else [],
        "first": (about.input, about.output),
    }


def _answered(
    about: Wanted, tokens: tuple[int | None, ...], cost: int | None, finish: str | None
) -> Facts:
    return {
        "name": about.model, "model": about.model, "asked": about.model, "status": "ok",
        "tokens": tokens, "cost": cost, "first token": False, "offered": [],
        "settings": about.other_settings, "finish": finish, "error": None,
    }  # fmt: skip


def _stream(about: Wanted, name: str) -> Facts:
    call = {
        **_answered(about, (*about.streamed, about.cached[2]), about.costs.stream, about.finish[2]),
        "first token": about.first_token,
        "messages": [user(talk.COUNT)],
        "answer": assistant(talk.COUNTED),
    }
    said = [f"user: {talk.COUNT}", f"assistant! {talk.COUNTED}", "--- The run ended"]
    return {
        **_other(about, name, 0),
        "status": "ok",
        "tokens": tuple(count or 0 for count in about.streamed),
        "cost": about.costs.stream or 0,
        "counted": (1, 0, 0),
        "talk": [f"--- {name}", *said],
        "calls": [call],
    }


def _failure(about: Wanted, name: str) -> Facts:
    type, message = about.fault
    call = {
        **_answered(about, (None, None, None), None, None),
        "status": "error",
        "messages": [user(talk.WRONG)] if about.refused else [],
        "asked": about.model if about.refused else None,
        "answer": None,
        "error": (type, message),
    }
    asked = [f"user: {talk.WRONG}"] if about.refused else []
    why = ": ".join(part for part in (type, message) if part)
    return {
        **_other(about, name, 1),
        "status": "error",
        "tokens": (0, 0),
        "cost": 0,
        "counted": (1, 0, about.failed_steps),
        "talk": [
            f"--- {name}", *asked, f"assistant! {why}", f"--- The run failed · {message or type}",
        ],
        "calls": [call],
    }  # fmt: skip


def _other(about: Wanted, name: str, at: int) -> Facts:
    depth = len(about.around[at])
    return {
        "name": name,
        "agent": about.other_agents[at],
        "session": about.other_session,
        "project": about.project,
        "input": OF_ROOT,
        "output": OF_ROOT,
        "tree": [*about.around[at], f"{'  ' * depth}llm {about.model}", *about.inside[at]],
        "tools": [],
        "first": ANY if depth else None,
    }
