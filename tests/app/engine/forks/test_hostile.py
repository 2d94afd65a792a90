"""Logs that somebody sent, made to have something run: nothing is, and one sentence says why."""

from __future__ import annotations

import base64
import os
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.engine.forks import permission as permission_module
from rollscope_desktop.engine.forks.orders import Order
from rollscope_desktop.engine.refused import Refused
from tests.app.engine.forks.programs import NEW, RUN, Recorded, Told, children, make_python
from tests.app.support import Log


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that is there when something was run."""
    return tmp_path / "was-run"


@pytest.fixture(autouse=True)
def nothing_runs(recorded: Recorded, told: Told, marker: Path, tmp_path: Path) -> Iterator[None]:
    """Whatever the Python of the run does leaves the mark; a test of this file fails for it."""
    recorded.python = make_python(tmp_path / "marking", f"open({str(marker)!r}, 'w').close()")
    yield
    assert not marker.exists()
    assert children() == set()
    assert told.forks.told() == []


def refusal(told: Told, allow: str = "always") -> tuple[str, str]:
    """Why a run is not forked, although the user says yes."""
    with pytest.raises(Refused) as found:
        told.forks.begin(Order(RUN, allow=allow))
    sentence = str(found.value)
    assert "\n" not in sentence
    assert len(sentence) < 600
    assert sentence.isprintable()
    return found.value.code, sentence


def make_link(target: str) -> Callable[[Path], str]:
    """Makes a program ``python3`` that leads to another one."""

    def made(folder: Path) -> str:
        (folder / "python3").symlink_to(target)
        return str(folder / "python3")

    return made


def make_file(mode: int) -> Callable[[Path], str]:
    """Makes a file ``python3`` of this mode."""

    def made(folder: Path) -> str:
        (folder / "python3").write_text("#!/bin/sh\ntouch MARK\n")
        (folder / "python3").chmod(mode)
        return str(folder / "python3")

    return made


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("/bin/sh", r"What the run was made with has not the name of a Python: /bin/sh\."),
        ("/usr/bin/env", r".* has not the name of a Python: .*"),
        (make_link("/bin/sh"), r".* has not the name of a Python: .*/python3\."),
        (make_link("/nowhere/python3"), r"The Python that the run was made with is gone: .*\."),
        (make_link("python3"), r"The Python that the run was made with is gone: .*\."),
        (make_file(0o600), r"The Python that the run was made with is no program: .*\."),
        ("/", r"The Python that the run was made with is no program: /\."),
        ("/usr/bin/python3 -c 'x'", r"The Python that the run was made with is gone: .*\."),
        ("python3", r"The Python that the run was made with is no absolute path: python3\."),
        ("../../bin/python3", r"The Python that the run was made with is no absolute path: .*\."),
        ("/usr/bin/python3\n-c", r"The log does not say which Python the run was made with\."),
        ("/usr/bin/python3\0", r"The log does not say which Python the run was made with\."),
        ("/x" * 5000, r"The log does not say which Python the run was made with\."),
        (["/bin/sh", "-c"], r"The log does not say which Python the run was made with\."),
        (None, r"The log does not say which Python the run was made with\."),
    ],
)  # fmt: skip
def test_an_interpreter_that_is_none(
    recorded: Recorded, told: Told, tmp_path: Path, python: Any, sentence: str, signed: bool
) -> None:
    recorded.index(signed, process__python=python(tmp_path) if callable(python) else python)
    code, said = refusal(told)

    assert code == "possible"
    assert re.fullmatch(sentence, said)


@pytest.mark.parametrize("is_link", [True, False])
def test_an_interpreter_of_ours(
    recorded: Recorded, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_link: bool
) -> None:
    bundle = tmp_path / "bundle"
    inner = bundle / "_internal" / "python3"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(b"\x7fELF")
    inner.chmod(0o700)
    monkeypatch.setattr(permission_module, "bundle_folders", lambda: [bundle])
    (tmp_path / "python3").symlink_to(inner)
    recorded.index(process__python=str(tmp_path / "python3" if is_link else inner))

    assert refusal(told)[1].endswith("python3 is a part of Rollscope itself, and runs no agents.")


def test_a_frozen_program_names_its_own_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path / "parts"), raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "app" / "rollscope"))

    assert set(permission_module.bundle_folders()) >= {tmp_path / "parts", tmp_path / "app"}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"module": "os", "qualname": "system"}, r"The module os cannot be the file .*agent\.py\."),
        ({"module": "os", "qualname": "system", "file": os.__file__},
         r"The function of this run is in another folder than the run was made in .*"),
        ({"file": "/etc/passwd"}, r"The function of this run is in no Python file of its own: .*"),
        ({"file": "agent.py"}, r"The function of this run is in no Python file of its own: .*"),
        ({"file": "../agent.py"}, r"The function of this run is in no Python file of its own: .*"),
        ({"file": "<stdin>"}, r"The function of this run is in no Python file .*: <stdin>\."),
        ({"file": "/nowhere/agent.py"}, r"The source of this run's function is gone: .*"),
        ({"qualname": "answer;import os"}, r".* is defined inside another function or has no .*"),
        ({"qualname": "main.<locals>.answer"}, r".* is defined inside another function or has .*"),
        ({"qualname": "__import__('os').system"}, r".* is defined inside another function or .*"),
        ({"module": "../agent"}, r"The module \.\./agent cannot be the file .*"),
        ({"module": ""}, r"The module  cannot be the file .*"),
        ({"resumable": False}, r"answer is not marked as one that may be called again: .*"),
        ({"resumable": 1}, r"answer is not marked as one that may be called again: .*"),
        ({"qualname": ["answer"]}, r".* is defined inside another function or has no name, .*"),
    ],
)  # fmt: skip
def test_an_entry_that_is_none(
    recorded: Recorded, told: Told, entry: dict[str, Any], sentence: str
) -> None:
    recorded.index(signed=False, **{f"entry__{name}": value for name, value in entry.items()})
    code, said = refusal(told)

    assert code == "possible"
    assert re.fullmatch(sentence, said)


def test_an_entry_in_another_folder_behind_links(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "agent.py").write_text("def answer(city): ...\n")
    (recorded.folder / "linked").symlink_to(elsewhere)
    recorded.index(signed=False, entry__file=str(recorded.folder / "linked" / "agent.py"))
    assert "in another folder than the run was made in" in refusal(told)[1]

    recorded.index(signed=False, entry__file=f"{recorded.folder}/../elsewhere/agent.py")
    assert "in another folder than the run was made in" in refusal(told)[1]


def test_a_source_that_is_a_link_to_something_else(recorded: Recorded, told: Told) -> None:
    log = recorded.log()
    recorded.file.unlink()
    recorded.file.symlink_to("/etc/passwd")
    recorded.index_log(log)

    assert "The source of this run's function is no Python file" in refusal(told)[1]


def test_a_source_that_never_ends(recorded: Recorded, told: Told) -> None:
    log = recorded.log()
    recorded.file.unlink()
    os.mkfifo(recorded.file)
    recorded.index_log(log)

    assert "The source of this run's function is no Python file" in refusal(told)[1]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"process__host": "other"},
         "This run was recorded on another machine, other: only there it can be run again."),
        ({"process__host": None},
         "This run was recorded on another machine: only there it can be run again."),
        ({"process__cwd": "/nowhere"}, "The folder that the run was made in is gone: /nowhere."),
        ({"process__cwd": "."}, "The folder that the run was made in is gone: .."),
        ({"process": None}, "This run was recorded by another SDK, which does not say how to run "
                            "the program again."),
        ({"process": [1]}, "This run was recorded by another SDK, which does not say how to run "
                           "the program again."),
        ({"entry": None}, "This run was made by a with block, or by rollscope run: there is no "
                          "function to call again. Decorate one with @rollscope.agent."),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_made_again(
    recorded: Recorded, told: Told, changed: dict[str, Any], sentence: str
) -> None:
    recorded.index(**changed)
    assert refusal(told) == ("possible", sentence)


def forged(recorded: Recorded) -> bytes:
    """A log whose start was changed after it was signed."""
    return recorded.log().replace(b'"name":"weather"', b'"name":"feather"', 1)


def test_a_forged_signature_is_as_good_as_none(recorded: Recorded, told: Told) -> None:
    for log in (
        forged(recorded),
        recorded.log(signed=False),
        recorded.log(signed=False, sig="0" * 64),
        recorded.log(signed=False, sig=5),
        recorded.log(signed=False, sig="é"),
    ):
        recorded.index_log(log)
        asked = told.forks.permission(RUN)
        assert asked.needed
        assert not asked.signed
        assert refusal(told, allow="")[0] == "permission"


def test_a_log_without_a_signature_is_asked_about_each_time(
    recorded: Recorded, told: Told, places: Any
) -> None:
    recorded.index()
    told.forks._trust.allow(told.forks.permission(RUN).subject)
    assert not told.forks.permission(RUN).needed

    recorded.index_log(forged(recorded))
    asked = told.forks.permission(RUN)
    assert (asked.needed, asked.known) == (True, False)
    assert refusal(told, allow="")[0] == "permission"


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.marker), "w"))


def test_a_pickle_is_not_opened_here(recorded: Recorded, told: Told, marker: Path) -> None:
    bomb = base64.b64encode(pickle.dumps(Bomb(marker))).decode()
    log = Log(RUN)
    lines = log.line("run.start", **recorded.start(entry__given={"pickle": bomb}))
    lines += log.whole("tool", "search", result={"pickle": bomb, "sig": "0" * 64})
    recorded.index_log(lines + log.line("run.end", status="ok"))

    assert not told.forks.permission(RUN).signed
    assert refusal(told, allow="")[0] == "permission"


def test_the_text_of_a_log_does_not_reach_a_terminal(recorded: Recorded, told: Told) -> None:
    evil = "/nowhere/\x1b[2J\u202e\npython3"
    recorded.index(process__python=evil, process__host="\x1b]0;owned\x07")
    assert refusal(told)[0] == "possible"

    recorded.index(entry__qualname="\x1b[31m", entry__module="\u202e")
    assert refusal(told)[0] == "possible"


def test_a_start_of_many_megabytes(recorded: Recorded, told: Told) -> None:
    recorded.index(signed=False, input={"text": "x" * (10 << 20)})
    assert refusal(told, allow="")[0] == "permission"

    recorded.index(signed=False, input={"text": "x" * (17 << 20)})
    assert refusal(told) == (
        "possible",
        "The start of this run is longer than 16 MB, which is not read to run it again.",
    )


@pytest.mark.parametrize("depth", [500, 990, 5_000, 200_000])
def test_a_start_that_is_nested_deeply(recorded: Recorded, told: Told, depth: int) -> None:
    nested = b'"input":' + b"[" * depth + b"]" * depth
    log = recorded.log().replace(b'"input":{"city":"Paris"}', nested, 1)
    assert nested in log
    recorded.index_log(log)
    code, sentence = refusal(told, allow="")

    assert (code == "permission") == (depth == 500)
    assert code == "permission" or sentence in (
        "The start of this run cannot be read: it is nested too deeply.",
        "The log of this run has no beginning, which would say how to run it again.",
    )


def test_a_log_that_is_gone_or_another_now(recorded: Recorded, told: Told) -> None:
    log = recorded.index()
    data = log.read_bytes()
    log.write_bytes(data.replace(b"weather", b"WEATHER"))
    assert refusal(told) == (
        "possible", "The log has changed since it was indexed.",
    )  # fmt: skip
    log.unlink()
    assert refusal(told) == (
        "possible", f"The log {RUN}.0.jsonl is gone.",
    )  # fmt: skip


def test_files_elsewhere_that_say_they_are_of_the_run_are_left_out(
    recorded: Recorded, told: Told, places: Any
) -> None:
    from rollscope_desktop.engine.forks.header import read_header
    from rollscope_desktop.query.connection import open_reader
    from tests.app.support import make_index

    log = Log(RUN, proc=1)
    planted = log.whole("tool", "search", output="planted")
    index = make_index(places.cache, {"own/a.jsonl": recorded.log(), "own/b.jsonl": planted,
                                      "sent/c.jsonl": Log(RUN, proc=2).whole()})  # fmt: skip
    index.writer.close()
    reader = open_reader(places.index)
    try:
        logs = read_header(reader, RUN, None).logs
    finally:
        reader.close()
    assert [path.name for path in logs] == ["a.jsonl", "b.jsonl"]


def test_runs_that_nobody_knows(recorded: Recorded, told: Told) -> None:
    recorded.index()
    with pytest.raises(Refused, match="This run is not in the index"):
        told.forks.begin(Order(NEW, allow="always"))
