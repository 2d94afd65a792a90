"""The measurements of rows B1 to B5, each run alone: ``python -m tests.bench.sdk_tasks NAME JSON``.

What is compared is timed by turns in one process, batch by batch; a figure is the median over the
batches. A child works in a home of its own, so nothing of the user's is read or written.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.child import environment
from tests.bench.sdk_calls import BATCHES, PER_RUN, QUESTION, by_turns, medians, search
from tests.bench.sdk_peers import otel_file, otel_null, retrace_sdk
from tests.bench.sdk_stub import CHUNKS, MODEL, stub

Said = dict[str, Any]
AT_A_TIME = 20


def main() -> None:
    """Run the task that is named, in an empty home."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as home:
        os.environ |= {"ROLLSCOPE_HOME": home, "ROLLSCOPE_INTERNAL_RAISE": "1"}
        print(json.dumps(TASKS[name](Path(home), **arguments)), flush=True)


# -- B1: a tool span ------------------------------------------------------------------------------


def tool_span(home: Path) -> Said:
    """Beside the least that can be done: two lines encoded and written."""
    import orjson

    import rollscope

    logs = home / "logs"
    rollscope.init(log_dir=logs)
    tool = rollscope.tool(search)
    reference = os.open(home / "reference.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    start = {"type": "span.start", "run": "0" * 32, "proc": 0, "seq": 1, "time": 0,
             "span": "0" * 16, "parent": "0" * 16, "kind": "tool", "name": "search",
             "input": {"query": QUESTION, "limit": 3}}  # fmt: skip
    end = {"type": "span.end", "run": "0" * 32, "proc": 0, "seq": 1, "time": 0, "span": "0" * 16,
           "status": "ok", "output": search(QUESTION)}  # fmt: skip

    def two_lines() -> None:
        search(QUESTION)
        os.write(reference, orjson.dumps(start, option=orjson.OPT_APPEND_NEWLINE))
        os.write(reference, orjson.dumps(end, option=orjson.OPT_APPEND_NEWLINE))

    @rollscope.agent
    def batch() -> list[float]:
        [took] = by_turns(
            lambda: search(QUESTION), two_lines, lambda: tool(QUESTION), batches=1, size=PER_RUN
        )
        missing = PER_RUN - _ends(newest(logs))
        assert not missing, f"{missing} calls had returned and were not in the file"
        return took

    batch()  # what is done only once
    said = medians(("bare", "reference", "added"), [batch() for _ in range(BATCHES)])
    os.close(reference)
    return said


def newest(logs: Path) -> Path:
    """The log that was written last."""
    return max(logs.rglob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def _ends(log: Path) -> int:
    return log.read_bytes().count(b'"type":"span.end"')


# -- B2: nothing is recorded ----------------------------------------------------------------------


def disabled(home: Path) -> Said:
    """``ROLLSCOPE_ENABLED=false``: a tool in an agent, and the bare call."""
    os.environ["ROLLSCOPE_ENABLED"] = "false"
    import rollscope

    tool = rollscope.tool(search)

    @rollscope.agent
    def run() -> Said:
        return _idle(tool)

    return run()


def outside(home: Path) -> Said:
    """A tool that is called outside a run, and the bare call."""
    import logging

    import rollscope

    logging.getLogger("rollscope").setLevel(logging.ERROR)  # it says so once
    rollscope.init(log_dir=home / "logs")
    return _idle(rollscope.tool(search))


def _idle(tool: Callable[[str], object]) -> Said:
    turns = by_turns(lambda: search(QUESTION), lambda: tool(QUESTION), batches=BATCHES, size=5_000)
    return medians(("bare", "added"), list(turns))


# -- B3, B5: model calls --------------------------------------------------------------------------


def model_calls(home: Path, calls: int, streams: int) -> Said:
    """Calls of httpx to a server in another process, with and without what was patched."""
    import httpx

    import rollscope

    watched = (httpx.Client, httpx.HTTPTransport, httpx.Response)
    before = [dict(vars(owner)) for owner in watched]
    logs = home / "logs"
    rollscope.init(log_dir=logs)
    body = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}
    with stub() as address, httpx.Client() as client:
        url = f"{address}/v1/chat/completions"

        def call() -> None:
            assert client.post(url, json=body).status_code == 200

        def stream() -> None:
            with client.stream("POST", url, json={**body, "stream": True}) as response:
                lines = sum(1 for line in response.iter_lines() if line)
            assert lines == CHUNKS

        @rollscope.agent
        def run() -> Said:
            for once in (call, stream):  # what is done only once
                once()
            patches = [
                (owner, name, was.get(name), now)
                for owner, was in zip(watched, before, strict=True)
                for name, now in vars(owner).items()
                if now is not was.get(name) and name in was
            ]
            assert patches, "nothing of httpx was patched"

            # Several at a time: after a patch the interpreter has to learn the class anew.
            def several() -> None:
                for _ in range(AT_A_TIME):
                    call()

            def bare(which: Callable[[], None]) -> Callable[[], None]:
                def unpatched() -> None:
                    for owner, name, was, _ in patches:
                        setattr(owner, name, was)
                    try:
                        which()
                    finally:
                        for owner, name, _, now in patches:
                            setattr(owner, name, now)

                return unpatched

            batches = by_turns(bare(several), several, batches=calls // AT_A_TIME, size=1)
            one = [[seconds / AT_A_TIME for seconds in took] for took in batches]
            many = list(by_turns(bare(stream), stream, batches=streams, size=1))
            said = medians(("bare", "added"), one)
            streamed = medians(("bare", "added"), many)
            chunk = (streamed["added"] - said["added"]) / CHUNKS
            return {**said, "stream": streamed["bare"], "stream_added": streamed["added"],
                    "chunk_added": chunk}  # fmt: skip

        said = run()
    log = newest(logs).read_bytes()
    recorded = len(re.findall(rb'"kind":"llm"', log))
    assert recorded == calls + streams + 2, f"{recorded} model calls are in the log"
    return said


def conversation(home: Path, turns: int) -> Said:
    """B5: what a conversation weighs in the log, beside its messages said once, and as sent."""
    import httpx

    import rollscope

    logs = home / "logs"
    rollscope.init(log_dir=logs)
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You are brief. " * 40}]
    sent = 0

    @rollscope.agent
    def talk(client: httpx.Client, url: str) -> None:
        nonlocal sent
        for turn in range(turns):
            text = f"Question {turn}: " + "and what else is there to be said about it? " * 20
            messages.append({"role": "user", "content": text})
            body = json.dumps({"model": MODEL, "messages": messages})
            sent += len(body)
            answer = client.post(url, content=body, headers={"content-type": "application/json"})
            messages.append(answer.json()["choices"][0]["message"])

    with stub() as address, httpx.Client() as client:
        talk(client, f"{address}/v1/chat/completions")
    distinct = sum(len(json.dumps(message)) for message in messages)
    size = newest(logs).stat().st_size
    return {"log": size, "distinct": distinct, "sent": sent, "ratio": size / distinct}


# -- B4: the import -------------------------------------------------------------------------------

_IMPORT = """
import time
began = time.perf_counter()
import rollscope
bare = time.perf_counter()
rollscope.agent, rollscope.tool, rollscope.init
used = time.perf_counter()
print(bare - began, used - began)
"""
_FIRST_RUN = """
import sys, time
began = time.perf_counter()
import rollscope
rollscope.init(log_dir=sys.argv[1])
@rollscope.agent
def agent():
    return 1
agent()
print(time.perf_counter() - began)
"""


def imports(home: Path, count: int) -> Said:
    """Fresh processes; ``used`` is with the first names that a program takes from the package."""
    env = environment(ROLLSCOPE_HOME=str(home))

    def ask(code: str, *more: str) -> list[float]:
        done = subprocess.run(
            [sys.executable, "-c", code, *more], env=env, capture_output=True, text=True, check=True
        )
        return [float(word) for word in done.stdout.split()]

    ask(_IMPORT)  # compiles
    times = [ask(_IMPORT) for _ in range(count)]
    bare, used = zip(*times, strict=True)
    first = [ask(_FIRST_RUN, str(home / "logs"))[0] for _ in range(count)]
    return {
        "bare": statistics.median(bare), "used": statistics.median(used), "least": min(used),
        "first_run": statistics.median(first), "dearest": _dearest(env),
    }  # fmt: skip


def _dearest(env: dict[str, str]) -> str:
    """The modules that take longest by themselves, as ``-X importtime`` says; words."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import rollscope; rollscope.agent"], env=env,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", done.stderr)
    ours = rows[next((i for i, row in enumerate(rows) if row[1] == "site"), 0) + 1 :]
    longest = sorted(ours, key=lambda row: -int(row[0]))[:5]
    return ", ".join(f"{name} {int(micro) / 1000:.1f} ms" for micro, name in longest)


TASKS: dict[str, Callable[..., Said]] = {
    function.__name__: function
    for function in (
        tool_span, otel_null, otel_file, retrace_sdk, disabled, outside, model_calls, conversation,
        imports,
    )
}  # fmt: skip

if __name__ == "__main__":
    main()
