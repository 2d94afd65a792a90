"""Keys on a command line stay out of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rollscope import wire
from rollscope.commandline import shown
from rollscope.wire import Json


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("agent.py --api-key abc --n 3", "agent.py --api-key *** --n 3"),
        ("agent.py --api-key=abc", "agent.py --api-key=***"),
        ("agent.py --openaiApiKey abc", "agent.py --openaiApiKey ***"),
        ("agent.py -token abc x", "agent.py -token *** x"),
        ("agent.py --password --verbose", "agent.py --password --verbose"),
        ("env OPENAI_API_KEY=abc python a.py", "env OPENAI_API_KEY=*** python a.py"),
        ("a.py sk-proj-0123456789", "a.py ***"),
        ("a.py Bearer rt_local_0123456789", "a.py Bearer ***"),
        ("a.py http://me:pw@host/x", "a.py http://***@host/x"),
    ],
)
def test_secrets(command: str, told: str) -> None:
    found = shown(command.split())
    if command == told:
        assert found == told.split()
        return
    assert isinstance(found, Json)
    assert found.lossy
    assert json.loads(found.data) == told.split()


@pytest.mark.parametrize(
    "command",
    [
        "python -m agent --max-tokens 100 --tokenizer gpt2 --keyword owl",
        "python -c print(1)",
        "agent --question how-do-I-ask-a-task-force a/b@c http://host/x@y",
        "python agent.py author=me KEYBOARD=de risk-averse-agent-name",
        "",
    ],
)
def test_everything_else(command: str) -> None:
    assert shown(command.split()) == command.split()


def test_a_program_that_is_called_with_a_key(tmp_path: Path) -> None:
    program = tmp_path / "agent.py"
    program.write_text(
        "import rollscope\nrollscope.init(log_dir='logs')\nwith rollscope.trace('t'): pass\n"
    )
    call = [sys.executable, str(program), "--api-key", "sk-0123456789"]
    subprocess.run(call, cwd=tmp_path, check=True, timeout=30)
    [log] = (tmp_path / "logs").iterdir()
    start = wire.decode(log.read_bytes().splitlines()[0])
    assert start["process"]["argv"][-2:] == ["--api-key", "***"]
    assert start["lossy"] == ["process"]
    assert len(start["sig"]) == 64
