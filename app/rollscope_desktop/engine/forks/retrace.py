"""Forks by the vendor's ``retrace-sdk`` as it is: what can be done, what it costs, the command.

The SDK can only call the recorded function again from its start, with other arguments. It answers
nothing: the new run comes as a whole trace when it has ended.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.engine.forks.bridge_process import End
from rollscope_desktop.engine.forks.in_place import LEFT, Programs
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.runs import query_run_payloads

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client, Clients
    from rollscope_desktop.query.connection import Reader

Message = dict[str, Any]

FIRST = 20.0
"""Seconds until the SDK has to say that it has begun."""
_SILENT = "The program has not begun: is its function marked with resumable=True?"
_COROUTINE = "<coroutine object"
_ALLOW = "RETRACE_ALLOW_REMOTE_REPLAY=true"


@dataclass(frozen=True, slots=True)
class Resumable:
    """A run of retrace-sdk that its program can make again. ``arguments`` are as it was called;
    ``sentence`` says what the program will do."""

    client: Client
    trace: str
    name: str
    arguments: dict[str, Any]
    sentence: str


def is_of_retrace(reader: Reader, run: str) -> bool:
    """Whether a run was recorded by retrace-sdk."""
    event = _start(reader, run)[1]
    return "source_id" in _table(event.get("meta")) and "process" not in event


def resumable(reader: Reader, run: str, clients: Clients) -> Resumable:
    """What it takes to have the run made again. Raises Refused with the reason why it cannot be."""
    number, event = _start(reader, run)
    name = _name(event)
    given = _given(event.get("input"))
    if given is None:
        raise _impossible(
            "The arguments of this run are not recorded: it was made by a with block, or with an "
            "input of its own."
        )
    _check_not_async(reader, name)
    client = _client(clients, run)
    row = reader.one("SELECT llm, tools FROM runs WHERE id = ?", (number,)) or (0, 0)
    trace = str(_table(event.get("meta"))["source_id"])
    return Resumable(client, trace, name, given, sentence(int(row[0]), int(row[1])))


def sentence(models: int, tools: int) -> str:
    """What the vendor's SDK will do, for people."""
    calls = f"about {models:,} model call{'s' * (models != 1)}"
    paid = f"{calls} {'is' if models == 1 else 'are'} paid again"
    run = f"{tools:,} tool{'s' * (tools != 1)} run{'s' * (tools == 1)} again"
    return f"retrace-sdk runs the function again from its start: {paid} and {run}."


def command(found: Resumable, fork: str, edit: Mapping[str, Any] | None) -> Message:
    """The command to the SDK. Raises Refused where it cannot follow the edit.

    The edited arguments stand in the place of the recorded ones. ``modifiedInput`` is a list: the
    SDK keeps it as the input of the new trace, and leaves the arguments alone.
    """
    arguments = found.arguments
    if edit is not None:
        if edit.get("span") is not None or "input" not in edit:
            raise _impossible(
                "retrace-sdk can only run the function again from its start: change the arguments "
                "of the run, not a step of it."
            )
        given = _given(edit["input"])
        if given is None:
            raise Refused(
                "argument",
                'The arguments are an object with "args", a list, and "kwargs", an object.',
            )
        arguments = given
    data = {
        "forkId": fork, "traceId": found.trace, "traceName": found.name, "forkPointSpanId": "",
        "modifiedInput": [arguments], "originalArgs": arguments["args"],
        "originalKwargs": arguments["kwargs"], "executionId": fork,
    }  # fmt: skip
    return {"type": "resume", "data": data}


class RetraceResume:
    """A fork by a program with retrace-sdk: one command, then the wait for what comes of it."""

    def __init__(self, programs: Programs, client: Client, fork: str, command: Message) -> None:
        self._programs = programs
        self._client = client
        self._fork = fork
        self._command = command
        self._is_cancelled = False

    def say(self, message: Message) -> None:
        """The SDK hears nothing more."""

    def cancel(self, patience: float | None = None) -> None:
        """Wait no longer: the SDK cannot be stopped."""
        self._is_cancelled = True

    def run(self, job: Message, heard: Callable[[Message], None]) -> End:
        """Send the command, to the one connection of the program, and wait for the new run."""
        began, spoke = time.monotonic(), False
        with self._programs.following(self._fork, self._client) as said:
            if self._client.send is not None:
                self._client.send(self._command)
            while not self._is_cancelled:
                try:
                    message = said.get(timeout=0.1)
                except queue.Empty:
                    if spoke or time.monotonic() - began < FIRST:
                        continue
                    return End("program", _SILENT, "")
                if message is LEFT:
                    return End("program", "The program has ended, or lost its connection.", "")
                spoke = True
                if message.get("type") == "done":
                    heard({"type": "started", "run": message.get("run")})
                    heard(_judged(message))
                    return End("", "", "")
        return End("", "", "")


def arrived(body: Mapping[str, Any], run: str) -> tuple[str, Message] | None:
    """What a trace says of the fork that it is: the fork, and how it ended. None: it is none."""
    fork = _table(body.get("metadata")).get("_fork_id")
    if not isinstance(fork, str) or not fork:
        return None
    status = {"completed": "ok"}.get(str(body.get("status")), "error")
    said = {"type": "done", "run": run, "status": status, "sentence": str(body.get("error") or "")}
    return fork, {**said, "output": body.get("output")}


def _judged(message: Message) -> Message:
    """How it ended; an async function was not run at all, whatever the SDK says."""
    if str(message.get("output")).startswith(_COROUTINE):
        said = "retrace-sdk does not wait for async functions: nothing was run."
        return {**message, "status": "error", "sentence": said}
    return message


def _client(clients: Clients, run: str) -> Client:
    client = clients.of_run(run)
    if client is None:
        others = [c for c in clients.known() if c.protocol == "retrace" and run in c.runs]
        if others:
            raise _impossible(
                "This program sends by HTTP and takes no commands: without RETRACE_TRANSPORT=http "
                "it can be told to run again."
            )
        raise _impossible(
            "The program that made this run is not connected any more, and retrace-sdk cannot "
            "start it again."
        )
    if "resume" not in client.listens:
        raise _impossible(
            f"This program does not allow to be told to run again: start it with {_ALLOW}."
        )
    return client


def _check_not_async(reader: Reader, name: str) -> None:
    """Refuse functions of which a fork has given a coroutine: the SDK never awaits it."""
    for (id,) in reader.all(
        "SELECT id FROM runs WHERE name = ? ORDER BY id DESC LIMIT 20", (f"Fork: {name}",)
    ):
        place = query_run_payloads(reader, id).output
        try:
            with Payloads(reader, id) as payloads:
                output = None if place is None else payloads.value(place).value
        except PayloadGone:
            continue
        if isinstance(output, str) and output.startswith(_COROUTINE):
            raise _impossible(
                f"{name} is an async function: retrace-sdk does not await it when it is run again."
            )


def _start(reader: Reader, run: str) -> tuple[int, dict[str, Any]]:
    """The index's number of a run, and how its log begins. Raises Refused."""
    row = reader.one("SELECT id FROM runs WHERE key = ?", (run,))
    place = None if row is None else query_run_payloads(reader, int(row[0])).input
    if row is None or place is None:
        raise Refused("unknown", "This run is not in the index.")
    try:
        with Payloads(reader, int(row[0]), limits=None) as payloads:
            return int(row[0]), _table(payloads.record(place, even_big=True).value)
    except PayloadGone as error:
        raise _impossible(f"The log of this run is gone: {error}") from None


def _name(event: Mapping[str, Any]) -> str:
    """The name under which the function is known to the SDK."""
    name = str(event.get("name"))
    return name.removeprefix("Fork: ") if "fork" in event else name


def _given(value: Any) -> dict[str, Any] | None:
    """The arguments of a call as the SDK records them; None where it is something else."""
    if not isinstance(value, dict) or set(value) != {"args", "kwargs"}:
        return None
    fits = isinstance(value["args"], list) and isinstance(value["kwargs"], dict)
    return value if fits else None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _impossible(sentence: str) -> Refused:
    return Refused("possible", sentence)
