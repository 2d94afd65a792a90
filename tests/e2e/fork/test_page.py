"""The example of docs/fork.md runs as it is printed: a program is recorded, forked and compared."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine_end import end_engine
from tests.sdk_bridge.stub import Reply, StubModel
from tests.test_docs import as_pattern, examples

PAGE = (Path(__file__).parents[3] / "docs" / "fork.md").read_text()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of its own, in which an agent was recorded."""
    code = re.search(r"```python\n(.*?)```", PAGE, re.S)
    assert code is not None
    (tmp_path / "agent.py").write_text(code[1])
    return tmp_path


def test_the_example(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_HOME", str(home / "home"))
    monkeypatch.delenv("ROLLSCOPE_LOG_DIR", raising=False)
    with StubModel() as stub:
        stub.script(Reply("I need the weather."), Reply("A shirt."), Reply("A coat."))
        monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        assert shell(home, "agent.py") == "asking the weather service about Paris\nA shirt.\n"
        try:
            ids = [path.name[:8] for path in (home / "home" / "data" / "runs").glob("*.jsonl")]
            [(fork, forked), (compare, compared)] = examples("fork.md")

            said = rollscope(home, fork)

            new = said.split()[0]
            assert said == forked[0].replace(forked[0].split()[0], new) + "\n"
            assert len(stub.requests) == 3
            assert "-4" in stub.requests[-1].body.decode()
            command = compare.replace(compare.split()[2], ids[0]).replace(
                compare.split()[3], new[:8]
            )
            shown = rollscope(home, command, code=1)
            for line in compared:
                assert re.search(as_pattern(line), shown)
        finally:
            end_engine()


def shell(folder: Path, *argv: str, program: str = sys.executable, code: int = 0) -> str:
    done = subprocess.run(
        [program, *argv],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def rollscope(folder: Path, command: str, code: int = 0) -> str:
    program = shutil.which("rollscope", path=str(Path(sys.executable).parent))
    assert program is not None
    return shell(folder, *shlex.split(command)[1:], program=program, code=code)
