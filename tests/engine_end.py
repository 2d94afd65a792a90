"""Ends the engine that a test, or a command it ran, has started."""

from __future__ import annotations

from rollscope_desktop import attach


def end_engine() -> None:
    """Ask the engine to stop, and wait until it has."""
    try:
        engine = attach.connect(start=False)
    except attach.EngineUnavailable:
        return
    engine.send({"id": 1, "do": "stop"})
    for _ in engine.lines():
        pass
    engine.close()
