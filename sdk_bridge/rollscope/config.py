"""Settings of a client: what an argument says, else the environment, else the default."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from rollscope.address import parse_address
from rollscope.errors import ConfigError, RollscopeError
from rollscope.places import places

Event = dict[str, Any]
Redact = Callable[[Event], Event | None]
OnError = Callable[[RollscopeError], object]

PREFIX = "ROLLSCOPE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a client was told. Each field is an argument of ``init``, and, where text can say it, an
    environment variable: ``max_usd_per_run`` is ``ROLLSCOPE_MAX_USD_PER_RUN``."""

    api_key: str | None = None
    """The token of the application's socket; found by itself on the machine where it runs."""
    agent_name: str | None = None
    """Name of the agent, for runs that do not say one."""
    environment: str | None = None
    """Where the agent runs: production, staging, …"""
    project: str | None = None
    session: str | None = None
    """Runs of one conversation carry the same session."""
    endpoint: str | None = None
    """Address of an application elsewhere, ``http://host:port``; without it, files are written."""
    log_dir: Path | None = None
    """Folder of the run logs; the one that the application watches unless said."""
    enabled: bool = True
    sample_rate: float = 1.0
    """The share of runs that is recorded, 0 to 1."""
    sample_seed: str | None = None
    """With a seed, the same run (or session) is always decided the same way."""
    capture: bool = True
    """Whether contents are recorded: inputs, outputs, messages. Without, only steps and numbers."""
    capture_models: bool = True
    """Whether model calls are seen at the HTTP client."""
    redact: Redact | None = None
    """Gets every event as a dictionary before it is written; gives it back, changed, or None."""
    on_error: OnError | None = None
    """Told of trouble with the server and with the disk."""
    max_steps_per_run: int | None = None
    max_tokens_per_run: int | None = None
    max_usd_per_run: float | None = None
    max_repeats: int | None = None
    """How often in a row the same tool may be called with the same arguments."""
    server_enforcement: bool = False
    """Whether the application is asked before each call, too."""
    hold_wait: float = 0.0
    """Seconds to wait for somebody to allow a call that is held."""
    max_value_bytes: int = 4 << 20
    """Longer values are cut; the log says so."""
    prices: Path | None = None
    """Prices of models of your own: a JSON file."""
    flush_timeout: float = 2.0
    """Seconds that the end of the program may wait for what is still to be sent."""
    spool_max_bytes: int = 2 << 30
    """What may wait on the disk for the endpoint to be there."""
    listen: bool | None = None
    """Whether the application at the endpoint may pause the program before its calls; unless said,
    one on the same machine may."""
    allow_resume: bool = False
    """Whether it may run a recorded call of a resumable function again, in this process."""
    pickle_results: bool = False
    """Whether results that are no plain data are kept as signed pickles, for forks."""
    pin_random: bool = False
    """Whether runs draw ``random`` and random UUIDs from a seed of their own, so that they repeat
    in forks."""
    masks: tuple[str, ...] = ()
    """Regular expressions for what changes by itself, from run to run, in prompts and arguments."""

    @property
    def folder(self) -> Path:
        """Where run logs are written."""
        return self.log_dir or places().runs


class Options(TypedDict, total=False):
    """The settings as arguments, for editors and type checkers: what each of them may be given as.
    ``Settings`` says what they mean; None counts as not given."""

    agent_name: str | None
    environment: str | None
    project: str | None
    session: str | None
    endpoint: str | None
    log_dir: str | PathLike[str] | None
    enabled: bool | None
    sample_rate: float | None
    sample_seed: str | int | None
    capture: bool | None
    capture_models: bool | None
    redact: Redact | None
    on_error: OnError | None
    max_steps_per_run: int | None
    max_tokens_per_run: int | None
    max_usd_per_run: float | None
    max_repeats: int | None
    server_enforcement: bool | None
    hold_wait: float | None
    max_value_bytes: int | None
    prices: str | PathLike[str] | None
    flush_timeout: float | None
    spool_max_bytes: int | None
    listen: bool | None
    allow_resume: bool | None
    pickle_results: bool | None
    pin_random: bool | None
    masks: str | Iterable[str] | None


_NAMES = frozenset(field.name for field in fields(Settings))
_HOOKS = frozenset({"redact", "on_error"})
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def settle(arguments: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that hold. Arguments that are None count as not given. Raises ConfigError."""
    said: dict[str, Any] = {}
    for name, text in variables(environ).items():
        if arguments.get(name) is None:
            said[name] = _checked(name, text, f"{PREFIX}{name.upper()}")
    for name, value in arguments.items():
        if name not in _NAMES:
            raise ConfigError(
                f"There is no setting {name!r}. There are: {', '.join(sorted(_NAMES))}."
            )
        if value is not None:
            said[name] = _checked(name, value, name)
    return Settings(**said)


def variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the environment says, by name of the setting. An empty variable says nothing."""
    environ = os.environ if environ is None else environ
    names = _NAMES - _HOOKS
    return {name: text for name in names if (text := environ.get(f"{PREFIX}{name.upper()}", ""))}


def _checked(name: str, value: Any, source: str) -> Any:
    """The value in the type of its setting. Raises ConfigError, and does not repeat secrets."""
    try:
        made = _KINDS[name](value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last: ~nobody
        # A secret may stand in a key, and in an address.
        shown = "" if name in ("api_key", "endpoint") else f", not {str(value)[:80]!r}"
        raise ConfigError(f"{source} must be {_WORDS[_KINDS[name]]}{shown}.") from None
    low, high = _BOUNDS.get(name, (None, None))
    if (low is not None and made < low) or (high is not None and made > high):
        bounds = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ConfigError(f"{source} must be {bounds}, not {value}.")
    return made


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _seed(value: Any) -> str:
    if not isinstance(value, str | int):
        raise TypeError
    return str(value)


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or (made := float(value)) != made:
        raise TypeError
    return made


def _path(value: Any) -> Path:
    if "\0" in str(value):
        raise ValueError
    return Path(value).expanduser().absolute()


def _hook(value: Any) -> Any:
    if not callable(value):
        raise TypeError
    return value


def _url(value: Any) -> str:
    text = _text(value).strip().rstrip("/")
    parse_address(text)
    return text


def _masks(value: Any) -> tuple[str, ...]:
    """One a line where it is text: a comma may well stand in one."""
    import re

    masks = tuple(_text(one) for one in (value.splitlines() if isinstance(value, str) else value))
    for mask in masks:
        try:
            empty = re.compile(b"(?:%b)" % mask.encode()).match(b"")  # as they are put together
        except re.error:
            raise ValueError from None
        if empty:
            raise ValueError  # it would be found everywhere
    return masks


_KINDS: dict[str, Callable[[Any], Any]] = {
    "api_key": _text, "agent_name": _text, "environment": _text, "project": _text,
    "session": _text, "endpoint": _url, "log_dir": _path, "enabled": _switch,
    "sample_rate": _number, "sample_seed": _seed, "capture": _switch, "capture_models": _switch,
    "redact": _hook, "on_error": _hook, "max_steps_per_run": _whole, "max_tokens_per_run": _whole,
    "max_usd_per_run": _number, "max_repeats": _whole, "server_enforcement": _switch,
    "hold_wait": _number, "max_value_bytes": _whole, "prices": _path, "flush_timeout": _number,
    "spool_max_bytes": _whole, "listen": _switch, "allow_resume": _switch,
    "pickle_results": _switch, "pin_random": _switch, "masks": _masks,
}  # fmt: skip
_WORDS: dict[Callable[[Any], Any], str] = {
    _text: "text", _seed: "text or a whole number", _switch: "true or false",
    _whole: "a whole number", _number: "a number", _path: "a path", _hook: "a function",
    _url: "an address like http://host:4318", _masks: "regular expressions",
}  # fmt: skip
_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "sample_rate": (0, 1), "max_steps_per_run": (0, None), "max_tokens_per_run": (0, None),
    "max_usd_per_run": (0, None), "max_repeats": (1, None), "hold_wait": (0, None),
    "max_value_bytes": (256, None), "flush_timeout": (0, None), "spool_max_bytes": (1 << 20, None),
}  # fmt: skip

PRICES = ("input", "output", "cache_read", "cache_write")
"""What may have a price, in US dollars a million tokens."""


def read_prices(path: Path) -> dict[str, dict[str, float]]:
    """The file of the setting ``prices``: prices by model. Raises ConfigError with a sentence."""
    import orjson  # late: few have prices of their own

    try:
        said = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigError(f"The prices in {path} cannot be read: {error}") from None
    if not isinstance(said, dict) or not all(isinstance(row, dict) for row in said.values()):
        raise ConfigError(f"The prices in {path} must be an object: model to prices.")
    for model, row in said.items():
        if unknown := row.keys() - set(PRICES):
            words = f"{', '.join(sorted(unknown))}; there are {', '.join(PRICES)}"
            raise ConfigError(
                f"In {path}, the price of {model} has fields that mean nothing: {words}."
            )
        for name, value in row.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ConfigError(f"In {path}, {name} of {model} must be a number of US dollars.")
    return said
