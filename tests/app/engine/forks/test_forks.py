"""Forks from their order to their end, by bridges that do as they are told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

from rollscope import signing, wire
from rollscope_desktop.engine.forks import forks as module
from rollscope_desktop.engine.forks.bridge_process import Patience
from rollscope_desktop.engine.forks.orders import Order, read_order
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.platform import Places
from tests.app.engine.forks.programs import (
    NEW,
    RUN,
    WELL,
    Recorded,
    Told,
    children,
    make_python,
    telling,
    wait_until,
)

ONCE = Order(RUN, allow="once")


def refused(order: Order, told: Told) -> tuple[str, str]:
    """How an order is refused: code and sentence."""
    with pytest.raises(Refused) as found:
        told.forks.begin(order)
    return found.value.code, str(found.value)


def test_nothing_is_started_before_it_is_allowed(recorded: Recorded, told: Told) -> None:
    recorded.index()
    code, sentence = refused(Order(RUN), told)

    assert code == "permission"
    assert sentence == (
        f"Running answer of {recorded.file} again with {recorded.python} was not allowed yet."
    )
    assert told.forks.told() == []


def test_a_fork_is_told_of_from_its_start_to_its_end(recorded: Recorded, told: Told) -> None:
    recorded.index()
    batch, [fork] = told.forks.begin(ONCE)
    over = told.over(fork)

    assert (over["batch"], over["number"], over["of"], over["at"]) == (batch, 0, RUN, None)
    assert (over["state"], over["status"], over["run"]) == ("done", "ok", NEW)
    assert (over["played"], over["reused"], over["live"]) == (4, 1, 2)
    assert over["sentence"] == "It went as recorded."
    states = [note["forks"][0]["state"] for note in told.notes if note["note"] == "forks"]
    assert list(dict.fromkeys(states)) == ["starting", "running", "done"]
    assert set(told.logs) == {told.forks._places.runs / f"{NEW}.0.jsonl"}


def test_the_bridge_gets_the_order_its_folder_and_nothing_of_the_log(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.json"
    look = "json.dump([sys.orig_argv, os.getcwd(), dict(os.environ), job], open(PATH, 'w'))\n"
    recorded.python = make_python(tmp_path / "other", look.replace("PATH", repr(str(seen))) + WELL)
    log = recorded.index(
        process__argv=[recorded.python, "-c", "evil"], process__env=["LD_PRELOAD", "EVIL"]
    )
    edit = {"span": None, "input": {"city": "Oslo"}}
    order = Order(RUN, edit, 2, {"search": "deny"}, "ask", fresh=True, allow="once")
    _, made = told.forks.begin(order)
    for fork in made:
        assert told.over(fork)["state"] == "done"
    argv, cwd, environment, job = json.loads(seen.read_text())

    assert argv == [recorded.python, "-P", "-m", "rollscope.bridge"]
    assert cwd == str(recorded.folder)
    assert environment.keys() - os.environ.keys() <= {"LC_CTYPE"}
    assert job.pop("group")["id"] == made[0].batch
    assert job.pop("entry")["qualname"] == "answer"
    assert len(job.pop("start")) == 32
    assert job == {
        "type": "job", "run": RUN, "logs": [str(log)], "folder": str(told.forks._places.runs),
        "edit": edit, "policies": {"search": "deny"}, "others": "", "divergence": "ask",
        "fresh": True, "signed": True, "timeout": None,
    }  # fmt: skip


def test_without_a_signature_tools_ask_and_nothing_is_kept(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.json"
    recorded.python = make_python(
        tmp_path / "other", f"json.dump(job, open({str(seen)!r}, 'w'))\n" + WELL
    )
    recorded.index(signed=False)
    told.over(told.forks.begin(Order(RUN, allow="always"))[1][0])
    job = json.loads(seen.read_text())

    assert (job["signed"], job["others"]) == (False, "ask")
    assert told.forks.trusted() == []
    assert refused(Order(RUN), told)[0] == "permission"


def test_what_was_allowed_for_good_needs_no_word_again(
    recorded: Recorded, told: Told, places: Places
) -> None:
    recorded.index()
    assert told.forks.permission(RUN).needed
    told.over(told.forks.begin(Order(RUN, allow="always"))[1][0])
    asked = told.forks.permission(RUN)

    assert not asked.needed
    assert asked.known
    assert told.over(told.forks.begin(Order(RUN))[1][0])["state"] == "done"
    if sys.platform != "win32":
        assert stat.S_IMODE(places.trust.stat().st_mode) == 0o600
    [trusted] = told.forks.trusted()
    assert trusted.told()["entry"] == f"{recorded.file}:agent:answer"

    assert told.forks.distrust(trusted.subject.key) == 1
    assert refused(Order(RUN), told)[0] == "permission"


def test_a_word_for_once_is_good_for_one_order(recorded: Recorded, told: Told) -> None:
    recorded.index()
    told.over(told.forks.begin(ONCE)[1][0])

    assert refused(Order(RUN), told)[0] == "permission"
    assert told.forks.trusted() == []


def test_another_source_needs_another_word(recorded: Recorded, told: Told) -> None:
    recorded.index()
    told.over(told.forks.begin(Order(RUN, allow="always"))[1][0])
    recorded.file.write_text("def answer(city): ...  # otherwise\n")
    asked = told.forks.permission(RUN)

    assert asked.needed
    assert asked.changed
    assert not asked.known


def test_missing_variables_are_named(recorded: Recorded, told: Told) -> None:
    recorded.index()
    assert told.forks.permission(RUN).told()["missing"] == ["A_KEY_OF_MINE"]


WAITS = f"""
say(type="started", run="{NEW}")
hear()
say(type="done", run="{NEW}", status="cancelled", sentence="", played=0, reused=0, live=0)
"""


def test_two_run_at_a_time_and_the_rest_wait(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    recorded.python = make_python(tmp_path / "other", WAITS)
    recorded.index()
    _, made = told.forks.begin(Order(RUN, times=4, allow="once"))
    for fork in made[:2]:
        told.until(fork, "running")
    assert [fork["state"] for fork in told.forks.told()] == ["running"] * 2 + ["starting"] * 2
    assert (told.forks.running, told.forks.at_work, len(children())) == (4, 4, 2)

    told.forks.cancel(made[3].id)
    assert told.fork(made[3].id)["sentence"] == "It was not started."
    told.forks.cancel(made[0].id)
    assert told.over(made[0])["state"] == "cancelled"
    assert told.until(made[2], "running")["number"] == 2
    told.forks.close()
    assert [fork["state"] for fork in told.forks.told()] == ["cancelled"] * 4
    assert children() == set()


ASKS = f"""
say(type="started", run="{NEW}")
say(type="ask", id=1, question=dict(
    kind="tool", name="search", span=None, input=dict(q=1), expected=None, reason="It writes."))
say(type="ask", id=2, question=dict(
    kind="divergence", name="plan", span="{"1" * 16}", input=1, expected=2, reason="Other."))
first, second = hear(), hear()
say(type="done", run="{NEW}", status="ok", sentence=json.dumps([first, second]), played=0,
    reused=0, live=0)
"""


def test_questions_are_asked_one_after_the_other(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    recorded.python = make_python(tmp_path / "other", ASKS)
    recorded.index()
    _, [fork] = told.forks.begin(ONCE)
    question = told.until(fork, "asking")["question"]
    wait_until(lambda: len(told.forks._going[fork.id].questions) == 2)

    assert question == {
        "id": 1, "kind": "tool", "name": "search", "span": None, "input": {"q": 1},
        "expected": None, "reason": "It writes.",
    }  # fmt: skip
    assert (told.forks.running, told.forks.at_work) == (1, 0)
    with pytest.raises(Refused, match="allow, edit, give, stop"):
        told.forks.answer(fork.id, 1, "live", None)
    with pytest.raises(Refused, match="a JSON object"):
        told.forks.answer(fork.id, 1, "edit", 5)
    with pytest.raises(Refused, match="not asked any more"):
        told.forks.answer(fork.id, 2, "live", None)
    told.forks.answer(fork.id, 1, "give", [21])
    assert told.fork(fork.id)["question"]["id"] == 2
    told.forks.answer(fork.id, 2, "serve", None)
    over = told.over(fork)
    assert [(said["id"], said["verdict"], said["value"]) for said in json.loads(over["sentence"])] \
        == [(1, "give", [21]), (2, "serve", None)]  # fmt: skip
    assert over["question"] is None


STUBBORN = f"""
import signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
say(type="started", run="{NEW}")
say(type="warning", sentence=str(child.pid))
time.sleep(600)
"""


def test_what_does_not_obey_is_killed_with_all_that_it_started(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    recorded.python = make_python(tmp_path / "other", STUBBORN)
    recorded.index()
    _, [fork] = told.forks.begin(ONCE)
    wait_until(lambda: any(note["note"] == "notice" for note in told.notes))
    [notice] = [note for note in told.notes if note["note"] == "notice"]
    going = told.forks._going[fork.id]
    assert going.process is not None
    going.process.cancel(0.1)
    told.forks.cancel(fork.id)

    assert told.over(fork)["state"] == "cancelled"
    assert not is_alive(int(notice["sentence"]))


def is_alive(pid: int) -> bool:
    """Whether a process runs that is none of ours to reap."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("bridge", "sentence"),
    [
        (None, "rollscope is not installed for PYTHON, so the run cannot be made again there. "
               "Install it with: PYTHON -m pip install rollscope"),
        ("os.kill(os.getpid(), 11)", "The Python of the agent was ended by SIGSEGV."),
        ("raise ValueError('no')", "The Python of the agent ended with status 1: ValueError: no"),
        ("", "The Python of the agent ended without a word."),
        ("sys.stderr.write('Unknown option: -P\\n'); sys.exit(2)",
         "PYTHON is older than Python 3.11, which is needed."),
        ("say(type='failed', code='import', sentence='agent.py imports nothing.')",
         "agent.py imports nothing."),
        ("sys.__stdout__.write('x' * (9 << 20)); sys.__stdout__.flush(); time.sleep(600)",
         "The Python of the agent said more than 8 MB at once and was stopped."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence(
    recorded: Recorded, told: Told, tmp_path: Path, bridge: str | None, sentence: str
) -> None:
    recorded.python = make_python(tmp_path / "other", bridge)
    recorded.index()
    over = told.over(told.forks.begin(ONCE)[1][0])

    assert (over["state"], over["status"]) == ("failed", "error")
    assert over["sentence"] == sentence.replace("PYTHON", recorded.python)


def test_an_older_rollscope_is_named(recorded: Recorded, told: Told, tmp_path: Path) -> None:
    recorded.python = make_python(tmp_path / "other", "")
    shutil.rmtree(next((tmp_path / "other").glob("lib/*/site-packages/rollscope/bridge")))
    recorded.index()

    assert told.over(told.forks.begin(ONCE)[1][0])["sentence"] == (
        f"The rollscope of {recorded.python} is too old to make a run again. "
        f"Update it with: {recorded.python} -m pip install -U rollscope"
    )


def test_the_last_lines_of_standard_error_are_told(
    recorded: Recorded, told: Told, tmp_path: Path
) -> None:
    noise = "for n in range(100): print(n, 'x' * 1000 + chr(27), file=sys.stderr)\nsys.exit(3)"
    recorded.python = make_python(tmp_path / "other", noise)
    recorded.index()
    lines = told.over(told.forks.begin(ONCE)[1][0])["details"].splitlines()

    assert [line.split()[0] for line in lines] == [str(n) for n in range(60, 100)]
    assert max(map(len, lines)) == 400


def test_one_that_says_nothing_is_not_waited_for_for_ever(
    recorded: Recorded, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.python = make_python(tmp_path / "other", "time.sleep(600)")
    recorded.index()
    patience = Patience(first=0.2)
    monkeypatch.setattr(module, "PATIENCE", patience)
    over = told.over(told.forks.begin(ONCE)[1][0])

    assert over["sentence"] == "The Python of the agent said nothing for 0.2 s and was stopped."


def test_a_bridge_that_does_not_end_by_itself_is_ended(
    recorded: Recorded, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.python = make_python(tmp_path / "other", WELL + "time.sleep(600)")
    recorded.index()
    monkeypatch.setattr(module, "PATIENCE", Patience(last=0.1))

    assert told.over(told.forks.begin(ONCE)[1][0])["state"] == "done"
    assert children() == set()


def test_closing_stops_everything_in_time(
    recorded: Recorded, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.python = make_python(tmp_path / "other", STUBBORN)
    recorded.index()
    monkeypatch.setattr(module, "_CLOSING", 0.1)
    with telling(places) as told:
        _, [fork] = told.forks.begin(ONCE)
        told.until(fork, "running")
    assert told.fork(fork.id)["state"] == "cancelled"
    assert children() == set()
    assert refused(ONCE, told)[0] == "ending"


def test_a_bridge_that_is_killed_has_failed(recorded: Recorded, told: Told, tmp_path: Path) -> None:
    recorded.python = make_python(tmp_path / "other", WAITS)
    recorded.index()
    _, [fork] = told.forks.begin(ONCE)
    told.until(fork, "running")
    [pid] = children()
    os.kill(pid, signal.SIGKILL)

    assert told.over(fork)["sentence"] == "The Python of the agent was ended by SIGKILL."


def test_edits_of_steps_that_cannot_be_edited_are_refused(recorded: Recorded, told: Told) -> None:
    recorded.index()
    edit = {"span": "1" * 16, "input": {}}
    assert refused(Order(RUN, edit, allow="once"), told) == (
        "unknown", "The run has no such step.",
    )  # fmt: skip
    step = recorded.log().split(b'"span":"')[1][:16].decode()
    code, sentence = refused(Order(RUN, {"span": step, "output": 1}, allow="once"), told)
    assert code == "possible"
    assert "with block" in sentence


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"run": "x"}, "run must be 32 hex digits."),
        ({"run": RUN, "times": 0}, "times must be a whole number from 1 to 100."),
        ({"run": RUN, "times": True}, "times must be a whole number from 1 to 100."),
        ({"run": RUN, "edit": 5}, "An edit is a JSON object."),
        ({"run": RUN, "edit": {"span": "../x", "input": 1}},
         "The span of an edit is 16 hex digits, or null for the entry."),
        ({"run": RUN, "policies": {"a": "run"}},
         "policies must give each tool one of live, recorded, ask, deny."),
        ({"run": RUN, "policies": {"a": []}},
         "policies must give each tool one of live, recorded, ask, deny."),
        ({"run": RUN, "divergence": []}, "divergence must be one of stop, ask, live."),
        ({"run": RUN, "allow": "yes"}, "allow must be one of once, always."),
    ],
)  # fmt: skip
def test_odd_orders_are_refused(request_: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as found:
        read_order(request_)
    assert (found.value.code, str(found.value)) == ("argument", sentence)


def test_a_bridge_that_says_too_much_keeps_nobody_busy(recorded: Recorded, told: Told) -> None:
    flood = f"""
say(type="started", run="{NEW}")
for n in range(20_000):
    say(type="progress", played=n, reused=0, live=0, calls=4)
    say(type="warning", sentence=f"Warning {{n}}.")
say(type="done", run="{NEW}", status="ok", sentence="", played=7, reused=0, live=0, reached=True)
"""
    recorded.python = make_python(recorded.folder.parent / "flood", flood)
    recorded.index()
    _, [fork] = told.forks.begin(ONCE)
    over = told.over(fork)

    assert (over["state"], over["played"]) == ("done", 7)
    assert len(told.notes) < 2_000


def test_a_bridge_cannot_show_another_run_as_its_own(recorded: Recorded, told: Told) -> None:
    other = "e" * 32
    lies = f"""
say(type="started", run="{RUN}")
say(type="started", run="{NEW}")
say(type="started", run="{other}")
say(type="done", run="{other}", status="ok", sentence="", played=0, reused=0, live=0, reached=True)
"""
    recorded.python = make_python(recorded.folder.parent / "lies", lies)
    recorded.index()
    _, [fork] = told.forks.begin(ONCE)

    assert told.over(fork)["run"] == NEW
    assert {path.name for path in told.logs} == {f"{NEW}.0.jsonl"}


def test_the_bridge_is_told_what_was_looked_at(recorded: Recorded, told: Told) -> None:
    """The log may be another by the time that it is read."""
    saying = """
say(type="failed", code="x", sentence=job["start"] + " " + job["entry"]["source_hash"])
"""
    recorded.python = make_python(recorded.folder.parent / "saying", saying)
    log = recorded.index()
    start = next(
        event for event in map(wire.decode, log.read_bytes().splitlines())
        if event["type"] == "run.start"
    )  # fmt: skip
    _, [fork] = told.forks.begin(ONCE)

    assert told.over(fork)["sentence"] == f"{signing.digest(start)} {start['entry']['source_hash']}"
