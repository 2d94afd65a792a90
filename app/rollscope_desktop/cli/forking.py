"""Makes forks with an engine for the terminal: tells how far they are, and passes questions on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import orjson

from rollscope_desktop import attach
from rollscope_desktop.model import text

Message = dict[str, Any]
Answer = tuple[str, Any]
"""The verdict on a question, and the value that goes with it."""

_OVER = ("done", "failed", "cancelled")
_VERDICTS = {
    "tool": ("allow", "edit", "give", "stop"),
    "divergence": ("serve", "live", "stop"),
}


class CannotFork(click.ClickException):
    """No fork can be made like this: an error of usage."""

    exit_code = 2


class Forking:
    """A line to an engine on which forks are made. ``tell`` gets lines for a person to read."""

    def __init__(self, engine: attach.Connection, tell: Callable[[str], None]) -> None:
        self._engine = engine
        self._tell = tell
        self._number = 0
        self._said: dict[str, str] = {}
        self._latest: dict[str, Message] = {}
        self.forks: dict[str, Message] = {}
        """Those of the order, by their ids, as the engine told of them last."""
        self.unanswered: list[str] = []
        """What could not be asked, as sentences with what to do."""

    def permission(self, run: str) -> Message:
        """What would be started for a run. Raises CannotFork."""
        return self._ask("fork_permission", run=run)

    def way(self, run: str) -> Message:
        """Who would make a fork of a run: ``way`` is process, program or retrace, and ``sentence``
        what that means. Raises CannotFork."""
        found = self._ask("fork_way", run=run)
        if found.get("possible") is False:
            raise CannotFork(text.visible(str(found["sentence"])))
        return found

    def make(self, order: Message, answer: Callable[[Message], Answer | None]) -> None:
        """Make forks and return when all of them are over. Raises CannotFork.

        ``answer`` is asked what a fork asks; None stops that fork.
        """
        made = self._ask("fork", **order)
        # What a note has told of them meanwhile is newer than the answer.
        self.forks = {fork["id"]: self._latest.get(fork["id"], fork) for fork in made["forks"]}
        try:
            self._follow(answer)
        except (KeyboardInterrupt, click.Abort):
            self._tell("Stopping…")
            self._cancel()

    def _cancel(self) -> None:
        for fork in self.forks.values():
            if fork["state"] not in _OVER:
                self._send("fork_cancel", fork=fork["id"])
        self._follow(lambda _: None)

    def _follow(self, answer: Callable[[Message], Answer | None]) -> None:
        answered: set[tuple[str, Any]] = set()
        messages = self._heard()
        while True:
            for fork in self.forks.values():
                self._show(fork)
                question = fork["question"]
                if question is not None and (fork["id"], question["id"]) not in answered:
                    answered.add((fork["id"], question["id"]))
                    self._answer(fork, question, answer(question))
            if all(fork["state"] in _OVER for fork in self.forks.values()):
                return
            if next(messages, None) is None:
                raise attach.EngineUnavailable("The engine has stopped, and the forks with it.")

    def _answer(self, fork: Message, question: Message, said: Answer | None) -> None:
        if said is None:
            self.unanswered.append(_advice(question))
        verdict, value = said or ("stop", None)
        self._send(
            "fork_answer", fork=fork["id"], question=question["id"], verdict=verdict, value=value
        )

    def _show(self, fork: Message) -> None:
        """Tell how a fork stands, when that is something new."""
        said = _told(fork)
        if self._said.get(fork["id"]) != said:
            self._said[fork["id"]] = said
            which = f"Fork {fork['number'] + 1}: " if len(self.forks) > 1 else ""
            self._tell(f"{which}{said}")

    def _send(self, do: str, **what: Any) -> int:
        self._number += 1
        self._engine.send({"id": self._number, "do": do, **what})
        return self._number

    def _ask(self, do: str, **what: Any) -> Message:
        number = self._send(do, **what)
        for message in self._heard():
            if message.get("id") == number:
                if "error" in message:
                    raise CannotFork(text.visible(str(message["error"].get("sentence"))))
                answer: Message = message["ok"]
                return answer
        raise attach.EngineUnavailable("The engine stopped before it answered.")

    def _heard(self) -> Iterator[Message]:
        """What arrives, notes taken in."""
        for message in self._engine.lines():
            if message.get("note") == "forks":
                self._latest = {fork["id"]: fork for fork in message["forks"]}
                self.forks = {id: self._latest.get(id, fork) for id, fork in self.forks.items()}
            elif message.get("note") == "notice" and message.get("severity") != "note":
                self._tell(text.visible(str(message.get("sentence"))))
            yield message


def on_terminal(question: Message) -> Answer | None:
    """Ask a person; see ``Forking.make``."""
    name, reason = text.one_line(question["name"], 80), text.one_line(question["reason"], 400)
    click.echo(f"\n{name}" + (f": {reason}" if reason else ""), err=True)
    for title, value in (("with", question["input"]), ("recorded", question["expected"])):
        if value is not None:
            click.echo(f"  {title}: {text.one_line(_json(value), 2_000)}", err=True)
    verdicts = _VERDICTS[question["kind"]]
    verdict = click.prompt("What now?", type=click.Choice(verdicts), err=True)
    value = None
    while verdict in ("edit", "give"):
        what = "The arguments" if verdict == "edit" else "The result"
        typed = click.prompt(f"{what} as JSON", err=True)
        try:
            value = orjson.loads(typed)
        except ValueError as error:
            click.echo(f"This is no JSON: {error}.", err=True)
            continue
        if verdict == "give" or isinstance(value, dict):
            break
        click.echo('Arguments are an object, as in {"city": "Paris"}.', err=True)
    return verdict, value


def has_person() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _advice(question: Message) -> str:
    name = text.one_line(question["name"], 80)
    if question["kind"] == "tool":
        return (
            f"Nobody could be asked whether {name} may be called. Say it before: "
            f"--policy '{name}=live', or recorded, or deny."
        )
    return (
        f"Nobody could be asked what to do where {name} differs from the record. Say it before: "
        "--divergence live, or stop."
    )


def _told(fork: Message) -> str:
    """How a fork stands, in a few words."""
    state, run = fork["state"], fork["run"]
    new = f" {run[:8]}" if run else ""
    if state not in _OVER:
        return f"{state}{new}"
    said = text.one_line(fork["sentence"], 600)
    how = fork["status"] if state == "done" else state
    return f"{how}{new}{f': {said}' if said else ''}"


def _json(value: Any) -> str:
    from rollscope import wire

    return wire.dump(value).decode("utf-8", "replace")
