"""Reads what was recorded into a folder, and runs programs that record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def events(folder: Path) -> list[dict[str, Any]]:
    """Every event of every log in the folder, a file after another."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]


def spans(folder: Path) -> dict[str, dict[str, Any]]:
    """The starts of all spans by their names, each of which occurs once."""
    found = [event for event in events(folder) if event["type"] == "span.start"]
    by_name = {event["name"]: event for event in found}
    assert len(by_name) == len(found), f"names occur twice: {[event['name'] for event in found]}"
    return by_name


def branches(folder: Path) -> dict[str, int]:
    """The branch of every span by its name."""
    return {name: event.get("branch", 0) for name, event in spans(folder).items()}


def of_type(folder: Path, type: str) -> list[dict[str, Any]]:
    """The events of one type."""
    return [event for event in events(folder) if event["type"] == type]


def run(code: str, folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program from a file, with its logs in ``folder``; it must end well."""
    script = folder.parent / f"{folder.name}_program.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script, *args],
        env={**os.environ, "ROLLSCOPE_LOG_DIR": str(folder), **environ},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done
