"""The examples of docs/golden.md run as they are printed, and say what is printed below them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from rollscope.replay.golden.tolerance import Tolerance
from tests.conftest import ROOT
from tests.sdk_bridge.stub import Reply, StubModel

pytestmark = pytest.mark.soak

PAGE = (ROOT / "docs" / "golden.md").read_text()
AGENT, TESTS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^\$ (.*)\n((?:(?!```|\$ ).*\n)*)", PAGE, re.M)


@pytest.mark.skipif(sys.platform == "win32", reason="the page uses sed")
def test_the_page(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    (tmp_path / "test_agent.py").write_text(TESTS)
    scripts = str(Path(sys.executable).parent)
    with StubModel() as stub:
        stub.script(*[Reply("It is 21 degrees.")] * 3)
        env = {
            **os.environ,
            "OPENAI_BASE_URL": f"{stub.url}/v1",
            "OPENAI_API_KEY": "k",
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

        def run(*command: str) -> str:
            done = subprocess.run(
                command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60,
                check=False,
            )  # fmt: skip
            assert done.returncode in (0, 1), done.stderr
            return done.stdout

        test = (sys.executable, "-m", "pytest", "-q", "-p", "rollscope.pytest_plugin")
        assert run(sys.executable, "agent.py") == "It is 21 degrees.\n"
        assert "2 passed" in run(*test, "--rollscope-record=once")
        for command, expected in COMMANDS:
            assert run("sh", "-c", command) == expected
        assert "2 errors" in run(*test)
        assert len(stub.requests) == 3


def test_every_tolerance_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, re.M)
    assert {name: float(value) for name, value in rows} == {
        field.name: field.default for field in fields(Tolerance)
    }
