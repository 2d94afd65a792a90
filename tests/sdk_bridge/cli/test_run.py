"""``rollscope run``: programs that know nothing of Rollscope, started for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rollscope.follow.program import name_of
from tests.sdk_bridge.follow.logs import events, of_type, spans
from tests.sdk_bridge.stub import StubModel

unix = pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")


class Programs:
    """Runs programs under ``rollscope run``, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        path = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        self.environ = {
            **os.environ,
            "ROLLSCOPE_LOG_DIR": str(self.logs),
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }

    def script(self, code: str, name: str = "agent.py") -> Path:
        """A program in a file."""
        path = self.folder / name
        path.write_text(code)
        return path

    def begin(self, *command: Any, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start it, with all of its streams caught."""
        words = ["-m", "tests.sdk_bridge.cli.rollscope", "run", *options, "--", *map(str, command)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *words],
            stdin=pipe, stdout=pipe, stderr=pipe, text=True,
            env=self.environ,
        )  # fmt: skip

    def run(self, *command: Any, said: str = "", **options: Any) -> tuple[int, str, str]:
        """Its exit status, what it printed, and what it printed as errors."""
        program = self.begin(*command, **options)
        out, err = program.communicate(said, timeout=60)
        return program.returncode, out, err

    def run_of(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The start and the end of the one run."""
        [start] = of_type(self.logs, "run.start")
        [end] = of_type(self.logs, "run.end")
        assert {event["run"] for event in events(self.logs)} == {start["run"]}
        return start, end


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Runs programs."""
    return Programs(tmp_path)


def test_a_script_and_its_streams(programs: Programs) -> None:
    script = programs.script(
        "import sys; print(input(), *sys.argv[1:]); print('err', file=sys.stderr)"
    )

    status, out, err = programs.run(sys.executable, script, "--name", "x", said="hello\n")

    assert (status, out, err) == (0, "hello --name x\n", "err\n")
    start, end = programs.run_of()
    assert start["name"] == "agent.py"
    assert start["meta"]["command"][1:] == [str(script), "--name", "x"]
    assert (end["status"], end["finish_reason"]) == ("ok", "exit status 0")
    [span] = spans(programs.logs).values()
    assert (span["name"], span["kind"], "parent" in span) == ("agent.py", "task", False)
    assert of_type(programs.logs, "span.end")[0]["status"] == "ok"


def test_name_and_session(programs: Programs) -> None:
    options = ("--name", "mine", "--session", "s1")
    programs.run(sys.executable, programs.script("pass"), options=options)

    start, _ = programs.run_of()
    assert (start["name"], start["session"]) == ("mine", "s1")


def test_modules_and_what_they_see_of_us(programs: Programs) -> None:
    programs.script(
        "import sys; print(__name__, [p for p in sys.path if 'startup' in p])", "mod.py"
    )
    programs.environ["PYTHONSAFEPATH"] = ""
    command = [sys.executable, "-c", f"import os, sys; os.chdir({str(programs.folder)!r});"
               "os.execv(sys.executable, [sys.executable, '-m', 'mod'])"]  # fmt: skip

    status, out, _ = programs.run(*command)

    assert (status, out) == (0, "__main__ []\n")
    assert "mod" in spans(programs.logs)


def test_the_sdk_inside_records_into_the_same_run(programs: Programs) -> None:
    script = programs.script(
        "import rollscope, sys, subprocess\n"
        "@rollscope.agent\n"
        "def answer(question): return 42\n"
        "answer('?')\n"
        "subprocess.run([sys.executable, '-c', 'pass'], check=True)\n"
    )

    assert programs.run(sys.executable, script)[0] == 0

    programs.run_of()
    found = spans(programs.logs)
    assert found["answer"]["kind"] == "agent"
    assert found["answer"]["parent"] == found["agent.py"]["span"]
    [child] = [span for name, span in found.items() if name.endswith("-c")]
    assert child["parent"] == found["agent.py"]["span"]


def test_model_calls_are_captured_and_their_branches_repeat(programs: Programs) -> None:
    script = programs.script(
        "import asyncio, os, random\n"
        "import openai\n"
        "client = openai.AsyncOpenAI(base_url=os.environ['MODEL'], api_key='sk-hush')\n"
        "async def ask(name):\n"
        "    await asyncio.sleep(random.random() / 50)\n"
        "    said = [{'role': 'user', 'content': name}]\n"
        "    await client.chat.completions.create(model='m', messages=said)\n"
        "async def worker(n):\n"
        "    for turn in 'ab':\n"
        "        await asyncio.gather(*(ask(f'{n}{turn}{k}') for k in range(2)))\n"
        "async def main():\n"
        "    await asyncio.gather(*(worker(n) for n in range(3)))\n"
        "asyncio.run(main())\n"
    )
    found = []
    with StubModel() as stub:
        programs.environ["MODEL"] = stub.url + "/v1"
        for _ in range(2):
            assert programs.run(sys.executable, script)[0] == 0
            text = {e["hash"]: e["data"] for e in of_type(programs.logs, "blob")}
            starts = of_type(programs.logs, "span.start")
            [program] = [span for span in starts if span["kind"] == "task"]
            calls = [span for span in starts if span["kind"] == "llm"]
            assert {span["parent"] for span in calls} == {program["span"]}
            branch = {}
            for span in calls:
                [message] = span["input"]["messages"]
                message = text.get(message.get("$blob"), message)
                branch[message["content"]] = span["branch"]
            found.append(branch)
            assert "sk-hush" not in "".join(p.read_text() for p in programs.logs.iterdir())
            for path in programs.logs.iterdir():
                path.unlink()

    assert found[0] == found[1]
    assert len(found[0]) == len(set(found[0].values())) == 12


def test_exceptions_that_nobody_caught(programs: Programs) -> None:
    script = programs.script(
        "import threading\n"
        "thread = threading.Thread(target=lambda: 1 / 0)\n"
        "thread.start(); thread.join()\n"
        "raise ValueError('boom')\n"
    )

    status, _, err = programs.run(sys.executable, script)

    assert status == 1
    assert err.count("Traceback") == 2
    assert "rollscope" not in err
    _, end = programs.run_of()
    assert (end["status"], end["finish_reason"]) == ("error", "exit status 1")
    [step] = of_type(programs.logs, "span.end")
    assert (step["status"], step["error"]["type"]) == ("error", "ValueError")
    assert "boom" in step["error"]["stack"]
    [note] = [e for e in of_type(programs.logs, "event") if e["name"] == "unhandled exception"]
    assert note["data"]["type"] == "ZeroDivisionError"


def test_hooks_of_the_program_are_called(programs: Programs) -> None:
    script = programs.script(
        "import sys\n"
        "sys.excepthook = lambda *args: print('mine', args[0].__name__)\n"
        "raise OSError\n"
    )

    assert programs.run(sys.executable, script)[1] == "mine OSError\n"

    assert of_type(programs.logs, "span.end")[0]["error"]["type"] == "OSError"


def test_exit_status(programs: Programs) -> None:
    assert programs.run(sys.executable, programs.script("raise SystemExit(7)"))[0] == 7
    assert programs.run_of()[1]["finish_reason"] == "exit status 7"


@unix
def test_a_shell_script_that_starts_python(programs: Programs) -> None:
    programs.script("import os; os.kill(os.getpid(), 9)", "dies.py")
    script = programs.script(f"{sys.executable} {programs.folder}/dies.py\necho $?\n", "job.sh")

    status, out, _ = programs.run("sh", script)

    assert (status, out.splitlines()[-1]) == (0, "137")
    start, _ = programs.run_of()
    assert start["name"] == "sh"
    assert set(spans(programs.logs)) == {"dies.py"}
    assert not of_type(programs.logs, "span.end")


@unix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_are_passed_on(programs: Programs, name: str) -> None:
    script = programs.script(
        "import signal, sys, time\n"
        f"signal.signal(signal.{name}, lambda n, _: sys.exit(n + 50))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    program = programs.begin(sys.executable, script)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    number = getattr(signal, name)
    program.send_signal(number)
    program.communicate(timeout=30)

    assert program.returncode == number + 50
    assert programs.run_of()[1]["finish_reason"] == f"exit status {number + 50}"


@unix
@pytest.mark.parametrize(("name", "status"), [("SIGTERM", "cancelled"), ("SIGKILL", "error")])
def test_a_program_that_a_signal_ends(programs: Programs, name: str, status: str) -> None:
    script = programs.script("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    program = programs.begin(sys.executable, script)
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    number = getattr(signal, name)
    if name == "SIGKILL":
        os.kill(pid, number)
    else:
        program.send_signal(number)
    program.communicate(timeout=30)

    assert program.returncode == 128 + number
    _, end = programs.run_of()
    assert (end["status"], end["finish_reason"]) == (status, name)
    assert len(of_type(programs.logs, "span.start")) == 1


@unix
def test_keys_of_a_terminal_reach_the_program_once(programs: Programs) -> None:
    script = programs.script(
        "import signal, threading\n"
        "seen, again = [], threading.Event()\n"
        "signal.signal(signal.SIGINT, lambda *_: again.set() if seen else seen.append(1))\n"
        "print('ready', flush=True)\n"
        "while not seen: again.wait(0.01)\n"
        "print('seen twice' if again.wait(0.3) else 'seen once', flush=True)\n"
    )
    words = ["-m", "tests.sdk_bridge.cli.rollscope", "run", "--", sys.executable, str(script)]
    driver = f"""
import os, pty, sys
pid, keys = pty.fork()
if pid == 0:
    os.execve({sys.executable!r}, {[sys.executable, *words]!r}, {programs.environ!r})
said = b""
while b"ready" not in said:
    said += os.read(keys, 1000)
os.write(keys, b"\\x03")
try:
    while more := os.read(keys, 1000):
        said += more
except OSError:
    pass
print(said.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", driver], capture_output=True, text=True, timeout=60, check=True
    )

    assert "seen once" in done.stdout
    assert done.stdout.split()[-1] == "0"


def test_a_run_that_was_started_in_another_says_from_where(programs: Programs) -> None:
    place = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    programs.environ["ROLLSCOPE_TRACEPARENT"] = f"00-{'-'.join(place)}-01"

    assert programs.run(sys.executable, programs.script("pass"))[0] == 0

    start, _ = programs.run_of()
    assert start["caller"] == {"run": place[0], "span": place[1]}
    assert "agent.py" in spans(programs.logs)


def test_programs_that_cannot_be_started(programs: Programs) -> None:
    status, _, err = programs.run("no-such-program")

    assert status == 127
    assert "There is no program 'no-such-program'." in err
    assert not programs.logs.exists()


def test_a_python_without_rollscope_is_told_about(programs: Programs) -> None:
    script = programs.script("print('as ever')")

    status, out, err = programs.run(sys.executable, "-I", script)  # it knows no PYTHONPATH

    assert (status, out) == (0, "as ever\n")
    assert "Nothing inside the program was recorded" in err


def test_a_sitecustomize_that_is_hidden_gets_its_turn(programs: Programs) -> None:
    folder = programs.folder / "own"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys; sys.mine = __file__")
    programs.environ["OWN"] = str(folder)
    code = (
        "import os, subprocess, sys\n"
        "path = os.environ['PYTHONPATH'] + os.pathsep + os.environ['OWN']\n"
        "subprocess.run([sys.executable, '-c', 'import sys, sitecustomize;"
        "print(sys.mine == sitecustomize.__file__)'], env={**os.environ, 'PYTHONPATH': path})\n"
    )

    _, out, _ = programs.run(sys.executable, programs.script(code))

    assert out == "True\n"
    assert len(spans(programs.logs)) == 2


def test_workers_of_multiprocessing_are_no_programs(programs: Programs) -> None:
    script = programs.script(
        "import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    with ProcessPoolExecutor(1, context) as pool: print(pool.submit(len, 'ab').result())\n"
    )

    assert programs.run(sys.executable, script) == (0, "2\n", "")
    assert set(spans(programs.logs)) == {"agent.py"}


def test_switched_off_it_only_starts_the_program(programs: Programs) -> None:
    programs.environ["ROLLSCOPE_ENABLED"] = "false"

    assert programs.run(sys.executable, programs.script("print(1)")) == (0, "1\n", "")
    assert not programs.logs.exists()


@unix
def test_a_signal_right_after_the_start_is_not_lost(programs: Programs) -> None:
    program = programs.begin(sys.executable, programs.script("import time; time.sleep(60)"))
    until = time.monotonic() + 30
    while not list(programs.logs.glob("*.jsonl")) and time.monotonic() < until:
        time.sleep(0.005)
    program.terminate()
    program.communicate(timeout=30)

    assert program.returncode == 128 + signal.SIGTERM
    assert programs.run_of()[1]["finish_reason"] == "SIGTERM"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("python agent.py x", "agent.py"),
        ("/usr/bin/python3.12 -u -W error -X dev dir/agent.py", "agent.py"),
        ("python -m pack.mod -x", "pack.mod"),
        ("python -Im pack", "pack"),
        ("python -c pass", "python -c"),
        ("python.exe -uc pass", "python.exe -c"),
        ("python", "python"),
        ("python -", "python"),
        ("agent --model x", "agent"),
        ("./bin/tool.sh", "tool.sh"),
    ],
)
def test_what_a_program_is_called(line: str, name: str) -> None:
    assert name_of(line.split()) == name
