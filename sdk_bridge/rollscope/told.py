"""What a program tells, in the fields of the log: errors, usage, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST_STACK = 16_000
_MOST_FRAMES = 60


def described(error: BaseException | dict[str, Any] | str, contents: bool = True) -> dict[str, Any]:
    """An error as the log holds it, but for its stack; without ``contents``, only its type."""
    if isinstance(error, dict):
        return error if contents else {"type": error.get("type")}
    if not contents:
        return {"type": "" if isinstance(error, str) else type(error).__name__}
    if isinstance(error, str):
        return {"message": error}
    kind = type(error).__name__
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the class is the user's
        message = ""
    return {"type": kind, "message": message[:_LONGEST_STACK]}


def in_full(error: BaseException | str, contents: bool = True) -> dict[str, Any]:
    """The same with the stack, where there is one."""
    told = described(error, contents)
    if contents and isinstance(error, BaseException):
        told["stack"] = stack_of(error)
    return told


def stack_of(error: BaseException) -> str:
    """The traceback as text; of a deep one the innermost frames, which say where it broke."""
    import traceback  # late: errors are rare

    try:
        text = "".join(traceback.format_exception(error, limit=-_MOST_FRAMES))
    except Exception:  # noqa: BLE001 - the classes of the errors are the user's
        return ""
    if len(text) > _LONGEST_STACK:
        text = f"{text[: _LONGEST_STACK // 4]}\n…\n{text[-_LONGEST_STACK * 3 // 4 :]}"
    return text


def metrics(said: Any) -> dict[str, float | int] | None:
    """Named numbers; what is none is left out."""
    if not isinstance(said, Mapping):
        return None
    try:
        found = {word(name): as_number(value) for name, value in said.items()}
    except Exception:  # noqa: BLE001 - the class is the user's
        return None
    return {name: value for name, value in found.items() if value is not None}


_COUNTS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip


def counted(said: dict[str, Any]) -> dict[str, Any]:
    """Usage in the fields of the log: what is no number is left out."""
    out: dict[str, Any] = {}
    if said.get("model") is not None:
        out["model"] = word(said["model"])
    for name in _COUNTS:
        if (n := as_number(said.get(name))) is not None:
            out[name] = int(n)
    for name in ("cost_usd", "saved_usd"):
        if (n := as_number(said.get(name))) is not None:
            out[name] = float(n)
    return out


def added(before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any]:
    """What was used in all."""
    if not before:
        return dict(now)
    out = {**before, **now}
    for name in before.keys() & now.keys():
        if name != "model":
            out[name] = before[name] + now[name]
    return out


def as_number(value: Any) -> float | int | None:
    """A number that the log can hold, if it is one."""
    if type(value) is int or type(value) is float:
        return value if abs(value) < 1 << 62 else None
    if value is None:
        return None
    try:
        made = float(value)
    except Exception:  # noqa: BLE001 - the class is the user's
        return None
    return made if abs(made) < 1 << 62 else None


def word(value: Any) -> str:
    """A name that a program gives, as text."""
    if type(value) is str:
        return value
    try:
        return str.__str__(str(value))
    except Exception:  # noqa: BLE001 - the class is the user's
        return f"<{type(value).__name__}>"


def without(value: Any, secrets: Iterable[str]) -> Any:
    """The same text, or dictionary of texts, with stars in the place of secrets."""
    if isinstance(value, dict):
        return {name: without(inner, secrets) for name, inner in value.items()}
    if isinstance(value, str):
        for secret in secrets:
            if secret in value:
                value = value.replace(secret, "***")
    return value
