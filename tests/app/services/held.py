"""An engine's client in the hands of a test, and calls that are held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.services.engine_client import EngineState
from rollscope_desktop.services.held_calls import Held

RUN = "0af7651916cd43dd8448eb211c80319c"


class FakeClient(QObject):
    """Keeps what is asked until the test answers it."""

    noted = Signal(object)
    greeted = Signal(object)
    state_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = EngineState.CONNECTED
        self.asked: list[dict[str, Any]] = []
        self._waiting: list[tuple[Callable[..., None], Callable[..., None]]] = []

    def request(self, do: str, done: Any, failed: Any, **what: Any) -> None:
        self.asked.append({"do": do, **what})
        self._waiting.append((done, failed))

    def answer(self, **said: Any) -> None:
        """Answer what was asked first."""
        self._waiting.pop(0)[0](said)

    def refuse(self, error: Exception) -> None:
        """Refuse what was asked first."""
        self._waiting.pop(0)[1](error)

    def go(self, state: EngineState) -> None:
        """The engine comes, or goes."""
        self.state = state
        self.state_changed.emit()


def told(id: str = "a", **more: Any) -> dict[str, Any]:
    """A held call as the engine tells of it."""
    return {
        "id": id, "run": RUN, "project": "shop", "kind": "tool", "name": "pay",
        "made": False, "span": None, "arguments": None, "reason": "Ask Anna.",
        "since": 1_795_222_741.0, "expires": 1_795_223_341.0, "waiting": True, **more,
    }  # fmt: skip


def held(id: str = "a", **more: Any) -> Held:
    """A held call as the window has it."""
    usual: dict[str, Any] = {
        name: "" if said is None else said for name, said in told(id).items() if name != "span"
    }
    return Held(**{**usual, **more})
