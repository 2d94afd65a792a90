"""A small research agent that writes its run log while it works: an example of what a run log is.

Its model is scripted (``model.py``, ``tasks/``). Its tools are real (``tools.py``), and so is the
loop: ask the model, run the tools that it calls side by side, tell it the results, ask again. What
is logged is said here, where it happens; ``record.py`` only makes lines of it.

    python agent.py FOLDER [--task NAME]... [--runs N] [--speed X] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import record
import tasks
from model import Answer, Message, Model, tokens
from tools import NOTES, TOOLS, ToolError, TryAgain, Unavailable

from rollscope import wire

T = TypeVar("T")

_me: ContextVar[str | None] = ContextVar("me", default=None)  # id of the agent at work


class Agent:
    """Works on one task, and records what it does."""

    def __init__(
        self, task: tasks.Task, log: record.Log, random: Random, speed: float = 1.0,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:  # fmt: skip
        self.task, self.log = task, log
        self._random, self._speed, self._tell = random, speed, tell
        self._faults = {name: list(faults) for name, faults in task.get("faults", {}).items()}
        self._folding = self._model("fold", "") if "fold" in task["agents"] else None
        self._counts = {"turns": 0, "tool_calls": 0, "tokens": 0}
        self._agents = self._branches = 0
        self._finish = "answer"

    async def run(self, process: Mapping[str, Any]) -> None:
        """The whole run, from its first line to its last. Errors of the work end in the log."""
        task, log = self.task, self.log
        log.add(
            "run.start", v=wire.VERSION, name=task["name"], input={"question": task["question"]},
            agent=task["agent"], session=task.get("session"), group=task.get("group"),
            meta={"task": task["id"], "notes": len(list(NOTES.iterdir()))},
            process=process, entry=_entry(),
        )  # fmt: skip
        log.note("message", role="user", content=task["question"])
        end: dict[str, Any] = {"metrics": self._counts}
        try:
            answer = await self.work(task["agent"], task["question"], task.get("earlier", []))
            reward = self.grade(answer)
        except asyncio.CancelledError:
            log.add("run.end", status="cancelled", finish_reason="cancelled", **end)
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the log is to say it
            said = record.described(error)
            log.add("run.end", status="error", error=said, finish_reason="error", **end)
            return
        if answer is not None:
            log.note("message", role="assistant", content=answer)
        for name, value in task.get("signals", {}).items():
            log.note("signal", name=name, value=value)
        if "feedback" in task:
            log.note("feedback", **task["feedback"])
        end.update(output=answer, reward=reward, finish_reason=self._finish)
        log.add("run.end", status="ok", **end)

    async def work(self, role: str, question: str, earlier: list[Message]) -> str | None:
        """One agent at work, until it answers; None where a limit of the task comes first."""
        script, above = self.task["agents"][role], _me.get()
        tools = [described(name) for name in script["tools"]]
        system = {"role": "system", "content": script["prompt"]}
        messages = [system, *earlier, {"role": "user", "content": question}]
        model = self._model(role, question)
        self._agents += 1
        agent = {"id": f"{role}-{self._agents}", "role": role}
        if above is not None:
            agent["parent"] = above
        _me.set(agent["id"])
        with self.log.step("agent", role, input={"question": question}, agent=agent) as step:
            while True:
                answer = await self.ask(model, messages, tools)
                messages.append(answer.message)
                calls = answer.message.get("tool_calls")
                if not calls:
                    step.give(output=answer.message["content"])
                    return str(answer.message["content"])
                if above is None and self._is_over():
                    return None
                messages += await self.call_all(calls)
                messages = await self.fold(messages, script.get("fold_at"))

    async def ask(self, model: Model, messages: list[Message], tools: list[Any]) -> Answer:
        """One answer of the model, which may have to be asked again."""
        request = {"model": model.name, "temperature": 0.2}

        async def attempt() -> Answer:
            request["messages"] = self.log.messages(messages)
            if tools:
                request["tools"] = self.log.share(tools)
            with self.log.step("llm", "chat", input=request) as step:
                answer = await model.answer(messages, tools)
                step.give(
                    first_token=answer.first_token,
                    usage=answer.usage,
                    output={
                        "message": self.log.share(answer.message),
                        "finish_reason": answer.finish_reason,
                    },
                )
                return answer

        answer = await self.until_it_works(attempt)
        self._counts["turns"] += 1
        self._counts["tokens"] += answer.usage["input_tokens"] + answer.usage["output_tokens"]
        called = [call["function"]["name"] for call in answer.message.get("tool_calls", [])]
        self._tell(answer.message["content"] or ", ".join(called))
        return answer

    async def call_all(self, calls: list[Any]) -> list[Message]:
        """The results of all calls of a turn, which run side by side."""
        numbers: list[int | None] = [None]
        if len(calls) > 1:
            numbers = [self._branches + n for n in range(1, len(calls) + 1)]
            self._branches += len(calls)
        results = await asyncio.gather(
            *(self.call(call, number) for call, number in zip(calls, numbers, strict=True)),
            return_exceptions=True,  # the others are not left alone when one fails
        )
        messages = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            messages.append(result)
        return messages

    async def call(self, call: dict[str, Any], number: int | None) -> Message:
        """The result of one call, or what went wrong, as the model is to hear it."""
        if number is not None:
            record.branch.set(number)
        self._counts["tool_calls"] += 1
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
        result: Any
        try:
            if name == "delegate":
                result = await self.work(arguments["agent"], arguments["question"], [])
            else:
                result = await self.until_it_works(lambda: self.use(name, arguments))
        except (ToolError, TryAgain) as error:
            result = f"error: {error}"
        content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return {"role": "tool", "tool_call_id": call["id"], "content": content}

    async def use(self, name: str, arguments: dict[str, Any]) -> Any:
        """One attempt to use a tool."""
        tool = TOOLS[name]
        if tool.effects == "write":
            self.guard(arguments)
        with self.log.step(tool.kind, name, input=arguments, effects=tool.effects) as step:
            if faults := self._faults.get(name):
                fault = faults.pop(0)
                await self._pause(2.0)
                raise Unavailable(fault)
            await self._pause(tool.seconds * self._random.uniform(0.6, 1.6))
            result = tool.function(**arguments)
            step.give(output=result)
            return result

    async def until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The first of three attempts that works, with a pause between them."""
        for tried in (1, 2):
            try:
                return await attempt()
            except TryAgain as error:
                wait = error.wait * tried
                self.log.note("event", name="trying again", data={"in": wait, "why": str(error)})
                await self._pause(wait)
        return await attempt()

    def guard(self, arguments: dict[str, Any]) -> None:
        """Stop addresses of people from being written down."""
        with self.log.step("guardrail", "no addresses", input=arguments) as step:
            found = re.findall(r"[\w.+-]+@[\w.-]+\w", json.dumps(arguments))
            step.give(output={"passed": not found, "found": found})
        if found:
            raise ToolError(f"not written: the text holds the address {found[0]}")

    async def fold(self, messages: list[Message], limit: int | None) -> list[Message]:
        """The messages, or once they are too many tokens, a summary of them and the last turn."""
        before = tokens(messages)
        if limit is None or before <= limit or self._folding is None:
            return messages
        last = max(n for n, message in enumerate(messages) if message["role"] == "assistant")
        head, dropped, kept = messages[:2], messages[2:last], messages[last:]
        wish = {"role": "user", "content": "Sum up the work so far; keep names and figures."}
        with self.log.step("memory", "fold the context", input={"tokens": before}) as step:
            answer = await self.ask(self._folding, [*head, *dropped, wish], [])
            summary = answer.message["content"]
            step.give(output=summary)
        said = {"role": "user", "content": f"Summary of the work so far:\n{summary}"}
        folded = [*head, said, *kept]
        data = {
            "dropped_messages": len(dropped), "kept_messages": len(folded),
            "tokens_before": before, "tokens_after": tokens(folded), "summary": summary,
        }  # fmt: skip
        self.log.note("event", name="context folded", data=data)
        return folded

    def grade(self, answer: str | None) -> float:
        """The share of the facts wanted that the answer holds."""
        wanted = self.task["facts"]
        with self.log.step(
            "evaluator", "grade", input={"wanted": wanted, "answer": answer}
        ) as step:
            found = [fact for fact in wanted if fact.lower() in (answer or "").lower()]
            reward = round(len(found) / len(wanted), 2)
            step.give(output={"reward": reward, "found": found})
        return reward

    def _is_over(self) -> bool:
        """Whether a limit of the task is reached; the model then gets no further turn."""
        for what in ("turns", "tokens"):
            if self._counts[what] >= self.task.get(f"max_{what}", 10**9):
                self._finish = f"max_{what}"
                self.log.note("event", name="limit reached", data={what: self._counts[what]})
                return True
        return False

    def _model(self, role: str, question: str) -> Model:
        name = self.task["agents"][role].get("model", "nimbus-large")
        script = tasks.turns(self.task, role, question)
        return Model(name, script, self._random, self.log.clock, self._speed)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def described(name: str) -> dict[str, Any]:
    """A tool as a model is told of it."""
    if name != "delegate":
        return TOOLS[name].described()
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": "Have another agent answer a question",
            "parameters": {
                "type": "object",
                "properties": {"agent": {"type": "string"}, "question": {"type": "string"}},
            },
        },
    }


def _entry() -> dict[str, Any]:
    """The function that a run is a call of."""
    source = inspect.getsource(Agent).encode()
    return {
        "module": "agent",
        "qualname": Agent.run.__qualname__,
        "file": Path(__file__).name,
        "source_hash": blake2b(source, digest_size=16).hexdigest(),
        "resumable": False,
    }


async def work_on(options: argparse.Namespace) -> None:
    """Work on one task after the other, each with a log of its own."""
    this = asyncio.current_task()
    if this is not None:
        with contextlib.suppress(NotImplementedError):  # Windows ends a process without asking
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    todo = [tasks.load(name) for name in options.task or tasks.LIVE]
    todo = [todo[number % len(todo)] for number in range(options.runs or len(todo))]
    expected = sum(tasks.expected_turns(task) for task in todo)
    done = 0

    def tell(text: str) -> None:
        nonlocal done
        done += 1
        sys.stdout.write(f"[{done}/{expected}] {' '.join(text.split())[:70]}\n")
        sys.stdout.flush()

    process = {
        "python": sys.executable, "cwd": str(Path.cwd()), "argv": sys.argv, "pid": os.getpid(),
        "host": socket.gethostname(),
    }  # fmt: skip
    random = Random(options.seed)
    for task in todo:
        run = f"{random.getrandbits(128):032x}"
        path = options.folder / f"{run}.0.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "ab", buffering=0) as file:
            log = record.Log(run, file.write, random, time.time_ns)
            await Agent(task, log, random, options.speed, tell).run(process)


def main() -> int:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(description="A small agent that writes its run log live.")
    parser.add_argument("folder", type=Path, help="where the logs go, one for each run")
    parser.add_argument("--task", action="append", help="a name in tasks/; may be repeated")
    parser.add_argument("--runs", type=int, help="how many runs; by default one of each task")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast")
    parser.add_argument("--seed", type=int, help="makes ids and delays repeat")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(work_on(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
