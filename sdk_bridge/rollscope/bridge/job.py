"""What the engine wants: the one message that a bridge begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollscope.bridge.refusal import Refusal
from rollscope.replay.plan import POLICIES, Edit, Plan

_RUN = re.compile("[0-9a-f]{32}")
_WAYS = ("stop", "ask", "live")


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be made again: ``logs`` are all files that tell of it, ``folder`` is for the new
    log. ``signed`` says whether this user's SDK wrote the record; ``timeout`` is in seconds.
    ``entry`` is the function that the user has allowed, and ``start`` the digest of the run.start
    that was looked at: the log may have changed since."""

    run: str
    logs: tuple[Path, ...]
    folder: Path
    plan: Plan
    group: dict[str, Any] | None = None
    signed: bool = False
    timeout: float | None = None
    entry: dict[str, Any] | None = None
    start: str = ""

    @classmethod
    def from_json(cls, said: Any) -> Job:
        """The job of a message. Raises Refusal."""
        if not isinstance(said, dict) or said.get("type") != "job":
            raise Refusal("job", "The first message to a bridge is a job.")
        try:
            edit = said.get("edit")
            plan = Plan(
                None if edit is None else Edit.from_json(edit),
                _policies(said.get("policies", {})),
                _one_of(said.get("others", ""), ("", *POLICIES), "others"),
                _one_of(said.get("divergence", "stop"), _WAYS, "divergence"),
                said.get("fresh") is True,
            )
            return cls(
                _run(said.get("run")),
                _logs(said.get("logs")),
                _path(said.get("folder"), "folder"),
                plan,
                _group(said.get("group")),
                said.get("signed") is True,
                _seconds(said.get("timeout")),
                said["entry"] if isinstance(said.get("entry"), dict) else None,
                str(said.get("start") or ""),
            )
        except ValueError as error:
            raise Refusal("job", str(error)) from None


def _run(value: Any) -> str:
    if not isinstance(value, str) or not _RUN.fullmatch(value):
        raise ValueError("The run of a job is 32 hex digits.")
    return value


def _path(value: Any, name: str) -> Path:
    if not isinstance(value, str) or "\0" in value or not Path(value).is_absolute():
        raise ValueError(f"{name} of a job holds absolute paths.")
    return Path(value)


def _logs(value: Any) -> tuple[Path, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("logs of a job is a list of paths.")
    return tuple(_path(each, "logs") for each in value)


def _one_of(value: Any, words: tuple[str, ...], name: str) -> Any:
    if value not in words:
        shown = ", ".join(word for word in words if word)
        raise ValueError(f"{name} of a job is one of {shown}, not {str(value)[:40]!r}.")
    return value


def _policies(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("policies of a job is an object: tool to policy.")
    return {tool: _one_of(policy, POLICIES, f"policies.{tool}") for tool, policy in value.items()}


def _group(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise ValueError("group of a job is an object with an id.")
    return value


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise ValueError("timeout of a job is a number of seconds above 0.")
    return float(value)
