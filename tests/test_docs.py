"""The examples of the documentation run as they are printed, and say what is printed below them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine_end import end_engine

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)


def examples(page: str) -> list[tuple[str, list[str]]]:
    """The commands of a page, each with the lines that are printed below it."""
    found: list[tuple[str, list[str]]] = []
    for block in _BLOCK.findall((DOCS / page).read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def as_pattern(line: str) -> str:
    """An expected line: … stands for anything."""
    return ".*".join(re.escape(part) for part in line.split("…"))


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with the demo runs, as the page says."""
    run("rollscope demo --no-window --no-live --folder logs", tmp_path)
    return tmp_path


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "rollscope"
    environment = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"}
    program = shutil.which("rollscope", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run(
        [program, *words[1:]],
        cwd=folder, capture_output=True, text=True, timeout=60, env=environment, check=False,
    )  # fmt: skip
    different = words[1] == "compare" and done.returncode == 1
    assert done.returncode == 0 or different, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.glob("*.md"), *(DOCS.parent / name for name in ("README.md", "CONTRIBUTING.md"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize(
    ("page", "least"), [("command-line.md", 5), ("filter.md", 2), ("compare.md", 3)]
)
def test_examples_run_as_they_are_printed(shell: Path, page: str, least: int) -> None:
    commands = examples(page)
    assert len(commands) >= least
    try:
        for command, expected in commands:
            said = run(command, shell).splitlines()
            at = 0
            for line in expected:
                pattern = re.compile(as_pattern(line))
                found = next((n for n in range(at, len(said)) if pattern.search(said[n])), None)
                assert found is not None, f"{command}: no line like {line!r} in {said}"
                at = found + 1
    finally:
        end_engine()
