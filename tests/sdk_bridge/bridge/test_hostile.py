"""Logs that were made, or changed, to have a re-run do something that nobody allowed."""

from __future__ import annotations

import base64
import importlib.util
import py_compile
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope import signing, wire
from rollscope.capture import responses
from rollscope.replay import Record

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridges
    from tests.sdk_bridge.recorded import RunLog

RUN = "0af7651916cd43dd8448eb211c80319c"

WORK = """
import pathlib, rollscope, sys
pathlib.Path("loaded").touch()

@rollscope.tool
def look(n):
    return n

@rollscope.agent
def work(n):
    return [n, 1, sys.argv[1:]]
"""

LOOK = WORK.replace("[n, 1,", "[n, look(1),") + "\nif __name__ == '__main__':\n    work(1)\n"


def start_of(file: Path, **changed: Any) -> dict[str, Any]:
    """A run.start of the function in the file."""
    told = {"module": "__main__", "qualname": "work", "file": str(file), "resumable": True}
    return {
        "type": "run.start", "run": RUN, "proc": 0, "seq": 0, "time": 1, "v": 1, "name": "work",
        "entry": told, "input": {"n": 1}, **changed,
    }  # fmt: skip


def write(bridges: Bridges, *events: dict[str, Any]) -> None:
    (bridges.logs / f"{RUN}.0.jsonl").write_bytes(b"".join(map(wire.encode, events)))


def allowed(file: Path) -> dict[str, Any]:
    """The function as the engine has seen it."""
    source_hash = blake2b(file.read_bytes(), digest_size=16).hexdigest()
    told = {"module": "__main__", "qualname": "work", "file": str(file)}
    return {**told, "source_hash": source_hash}


@pytest.mark.parametrize("seq", [-1, 0, 7])
def test_a_second_start_behind_a_signed_one(bridges: Bridges, seq: int) -> None:
    path = bridges.write("agent.py", WORK)
    good = start_of(path)
    good["sig"] = signing.signature(good, b"k" * 32)
    evil = start_of(path, seq=seq, input={"n": "evil"}, process={"argv": ["python", "x", "--rm"]})
    write(bridges, good, evil)
    bridge = bridges.start(RUN, entry=allowed(path), start=signing.digest(good))

    if seq == 7:
        assert bridge.done().end["output"] == [1, 1, []]
    else:
        assert bridge.failed() == ("entry", "The log has changed since it was allowed.")
        assert not (bridges.folder / "loaded").exists()


def test_a_log_that_was_swapped_after_it_was_allowed(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    seen = signing.digest(start_of(path))
    write(bridges, start_of(path, input={"n": "evil"}))

    said = bridges.start(RUN, entry=allowed(path), start=seen, signed=False).failed()

    assert said == ("entry", "The log has changed since it was allowed.")


def test_a_source_that_was_swapped_after_it_was_allowed(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    write(bridges, start_of(path))
    seen = allowed(path)
    path.write_text(WORK + "\n# and more\n")

    said = bridges.start(RUN, entry=seen).failed()

    assert said == ("entry", "agent.py has changed since it was allowed.")
    assert not (bridges.folder / "loaded").exists()


@pytest.mark.parametrize(
    "given", [{"n": "evil"}, {"n": 1, "more": 2}, {}, {"n": {"$": "bytes", "v": "eA=="}}]
)
def test_what_is_shown_is_what_the_function_is_called_with(bridges: Bridges, given: Any) -> None:
    path = bridges.write("agent.py", WORK)
    start = start_of(path)
    start["entry"]["given"] = given
    write(bridges, start)

    said = bridges.start(RUN, signed=False).failed()

    assert said == (
        "arguments",
        "The log shows other arguments of work than it holds, and it was not written by your own "
        "Rollscope. Edit its input to say them.",
    )
    edited = bridges.start(RUN, signed=False, edit={"span": None, "input": {"n": 1}})
    assert edited.done().end["output"][0] == 1


def test_arguments_that_stand_elsewhere_in_the_log(bridges: Bridges) -> None:
    """Two contents may have one name, and the one that is shown be another than the one that is
    read."""
    path = bridges.write("agent.py", WORK)
    blobs = [
        {"type": "blob", "run": RUN, "proc": 0, "seq": n, "time": 1, "hash": "0" * 16, "data": data}
        for n, data in enumerate((1, "evil"))
    ]
    write(bridges, *blobs, start_of(path, seq=2, input={"n": {"$blob": "0" * 16}}))

    code, _ = bridges.start(RUN, signed=False).failed()

    assert code == "arguments"
    edited = bridges.start(RUN, signed=False, edit={"span": None, "input": {"n": 1}})
    assert edited.done().end["output"][0] == 1


def test_exact_arguments_of_a_stranger_that_are_those_shown(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    start = start_of(path, input={"n": [1, 2]})
    start["entry"]["given"] = {"n": {"$": "tuple", "v": [1, 2]}}
    write(bridges, start)

    assert bridges.start(RUN, signed=False).done().end["output"][0] == [1, 2]


def span(id: str, parent: str | None, seq: int, **more: Any) -> list[dict[str, Any]]:
    stamp = {"run": RUN, "proc": 0, "time": 2 + seq, "span": id}
    return [
        {"type": "span.start", "seq": seq, "kind": "tool", "name": "look", "parent": parent,
         **stamp, **more},
        {"type": "span.end", "seq": seq + 1, "status": "ok", "output": 5, **stamp},
    ]  # fmt: skip


def looked(bridges: Bridges) -> tuple[RunLog, dict[str, Any]]:
    """A run of the program, and the start of its one tool."""
    bridges.write("agent.py", LOOK)
    run = bridges.record("agent.py")
    return run, run.named("look")[0].start


@pytest.mark.parametrize("shape", ["itself", "round"])
def test_steps_that_hold_themselves(bridges: Bridges, shape: str) -> None:
    run, tool = looked(bridges)
    [path] = bridges.logs.glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    other = "b" * 16
    parent = tool["span"] if shape == "itself" else other
    lines = [
        line.replace(b'"name":"look"', b'"name":"look","parent":"%b"' % parent.encode())
        if b'"span.start"' in line else line
        for line in lines
    ]  # fmt: skip
    extra = span(other, tool["span"], 1000)
    path.write_bytes(b"".join(lines) + b"".join(wire.encode({**e, "run": run.id}) for e in extra))

    last = bridges.start(run.id).ended()

    assert (last["type"], last["status"]) in (("done", "ok"), ("done", "diverged")), last
    assert "RecursionError" not in last["sentence"]


def test_a_record_knows_no_circles() -> None:
    a, b = "a" * 16, "b" * 16
    record = Record(RUN, [*span(a, b, 1), *span(b, a, 3), *span("c" * 16, "c" * 16, 5)])

    assert record.spans[a].children == [record.spans[b]]
    assert record.spans[b].children == []
    assert record.spans["c" * 16].children == []


def test_headers_of_a_forged_answer_lead_nowhere() -> None:
    """Neither elsewhere, nor to a body that becomes gigabytes when it is read."""
    bomb = zlib.compress(bytes(1 << 20))
    reply = responses.from_log(
        {
            "status": 307,
            "headers": {
                "Location": "http://evil.example/", "content-encoding": "deflate",
                "set-cookie": "a=b", "retry-after": "86400", "Content-Type": "application/json",
                "x-request-id": "a\r\nlocation: http://evil.example/",
            },
            "packed": base64.b64encode(zlib.compress(bomb)).decode(),
        }
    )  # fmt: skip

    assert reply is not None
    assert reply.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize("status", [-1, 0, 99, 1000, 10**30, True, "200", None])
def test_a_forged_status(status: Any) -> None:
    reply = responses.from_log({"status": status, "headers": {}, "body": ""})
    assert reply is None or 0 <= reply.status < 1000


def test_what_was_compiled_beside_the_source_is_not_what_is_run(bridges: Bridges) -> None:
    """Its hash is the source's: bytecode that came with it may be another program."""
    path = bridges.write("flow.py", WORK)
    evil = bridges.write("evil.py", WORK.replace("[n, 1,", "['evil', 1,"))
    cached = Path(importlib.util.cache_from_source(str(path)))
    py_compile.compile(
        str(evil), str(cached), str(path),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip
    start = start_of(path)
    start["entry"]["module"] = "flow"
    write(bridges, start)

    assert bridges.start(RUN).done().end["output"] == [1, 1, []]


def test_a_folder_that_holds_modules_of_ours_and_of_pythons(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    for name in ("sitecustomize.py", "usercustomize.py", "rollscope/__init__.py",
                 "rollscope/bridge/__main__.py", "json.py", "hashlib.py", "orjson.py"):  # fmt: skip
        bridges.write(name, "open('was-run', 'w').close()\n")
    bridges.write("pyvenv.cfg", "home = .\n")
    bridges.write("evil.pth", "import os; open('was-run', 'w').close()\n")
    write(bridges, start_of(path, entry={**start_of(path)["entry"], "qualname": "nothing"}))

    code, _ = bridges.start(RUN, signed=False, entry=allowed(path)).failed()

    assert code == "entry"
    assert not (bridges.folder / "was-run").exists()
