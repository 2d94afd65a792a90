"""Reads the tasks of the demo: questions, and the scripts of its model (``tasks/*.toml``)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

Task = dict[str, Any]

FOLDER = Path(__file__).parent / "tasks"
LIVE = ("returns", "shipment", "figures", "boards")
"""What the agent works on when it is not told."""


def load(name: str) -> Task:
    """The task ``name``; ``kestrel-2`` is the second chain of ``kestrel``."""
    file, _, chain = name.partition("-")
    task: Task = {"id": name, **tomllib.loads((FOLDER / f"{file}.toml").read_text("utf-8"))}
    if chain:
        chosen = task.pop("chains")[int(chain) - 1]
        task["agents"][task["agent"]]["turns"] = chosen.pop("turns")
        task.update(chosen, group={"id": file, "index": 0, "chain": int(chain) - 1})
    return task


def turns(task: Task, role: str, question: str) -> list[dict[str, Any]]:
    """What the model of this agent will say, with the words of the subject it is asked about."""
    text = json.dumps(task["agents"][role]["turns"])
    for subject, words in task.get("fill", {}).items():
        if subject in question:
            for word, value in {**words, "subject": subject}.items():
                if not isinstance(value, str):
                    text = text.replace(f'"<{word}>"', json.dumps(value))
                text = text.replace(f"<{word}>", json.dumps(str(value))[1:-1])
    made: list[dict[str, Any]] = json.loads(text)
    return made


def expected_turns(task: Task) -> int:
    """How often the model will be asked, if all goes as the script has it."""

    def of(role: str, question: str) -> int:
        said = turns(task, role, question)
        calls = [call for turn in said for call in turn.get("calls", [])]
        helpers = [call for call in calls if call["tool"] == "delegate"]
        return len(said) + sum(of(call["agent"], call["question"]) for call in helpers)

    return of(task["agent"], task["question"]) + (
        len(turns(task, "fold", "")) if "fold" in task["agents"] else 0
    )
