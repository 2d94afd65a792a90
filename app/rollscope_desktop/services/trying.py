"""Model calls that are tried alone: asked of the engine, which has the network and the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from rollscope import wire
from rollscope_desktop.services.engine_client import EngineRefused

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient

Failed = Callable[[Exception], None]
LONGEST = (64 << 20) - 4_096
"""Bytes of a request to the engine, which reads no longer lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call would go. ``place`` is the server by its name, ``provider`` whose own it is, ""
    where that is not known; only then a key goes there unasked. ``key`` says where one was found:
    the name of a variable, ``keychain``, or "". ``no_keychain`` says why none can be kept."""

    url: str = ""
    place: str = ""
    provider: str = ""
    here: bool = False
    key: str = ""
    variables: tuple[str, ...] = ()
    no_keychain: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; ``answer`` is in the normal form, ``usd`` None where no price is known."""

    answer: Any
    model: str
    tokens_in: int | None
    tokens_out: int | None
    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Sending:
    """A call to be sent. ``confirmed`` is the place that the person allowed a key to go to."""

    name: str
    dialect: str
    url: str
    request: dict[str, Any]
    key: str = ""
    confirmed: str = ""


class Trying(QObject):
    """For the GUI thread."""

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client

    def look(
        self, dialect: str, url: str, model: str, done: Callable[[Place], None], failed: Failed
    ) -> None:
        """Ask where a call would go; without a ``url``, the usual one of its dialect."""
        self._client.request(
            "try_place", lambda said: done(_place(said)), failed,
            dialect=dialect, url=url, model=model,
        )  # fmt: skip

    def send(self, call: Sending, done: Callable[[Answered], None], failed: Failed) -> None:
        """Send a call."""
        what = {
            "try": call.name, "dialect": call.dialect, "url": call.url, "request": call.request,
            "key": call.key, "confirmed": call.confirmed,
        }  # fmt: skip
        if len(wire.dump(what)) > LONGEST:
            failed(EngineRefused("long", "The request is longer than 64 MB: it cannot be tried."))
            return
        self._client.request("try_call", lambda said: done(_answered(said)), failed, **what)

    def cancel(self, name: str) -> None:
        """Stop a call by its name."""
        self._client.request("try_cancel", None, lambda _: None, **{"try": name})

    def keep_key(self, url: str, key: str, done: Callable[[], None], failed: Failed) -> None:
        """Keep a key for a place in the keychain."""
        self._client.request("try_key", lambda _: done(), failed, url=url, key=key)


def _place(said: dict[str, Any]) -> Place:
    names = said.get("key_names")
    return Place(
        _word(said, "url"),
        _word(said, "place"),
        _word(said, "provider"),
        here=said.get("here") is True,
        key=_word(said, "key"),
        variables=tuple(filter(_is_word, names)) if isinstance(names, list) else (),
        no_keychain=_word(said, "keychain"),
    )


def _answered(said: dict[str, Any]) -> Answered:
    usage = said.get("usage")
    used = usage if isinstance(usage, dict) else {}
    usd = said.get("cost_usd")
    return Answered(
        said.get("answer"), _word(used, "model"), _count(used, "input_tokens"),
        _count(used, "output_tokens"), float(usd) if isinstance(usd, int | float) else None,
        float(said.get("seconds") or 0),
    )  # fmt: skip


def _word(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


def _count(said: dict[str, Any], name: str) -> int | None:
    value = said.get(name)
    return value if type(value) is int else None
