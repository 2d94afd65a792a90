"""The application's own engine as a server of docs/socket-protocol.md, for the same tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from rollscope.places import Places
from tests.sdk_bridge.receiver import Receiver

_COLLECT = "from rollscope.cli import main; main()"
_PATIENCE = 20.0


class EngineReceiver(Receiver):
    """``rollscope collect`` with a home of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._home = folder / "home"
        self.places = Places(*(self._home / name for name in ("data", "cache", "config")))
        self._running: subprocess.Popen[bytes] | None = None
        self.journal = self.places.received
        self.places.config.mkdir(parents=True)
        self.places.token.write_text(self.token)

    @property
    def pid(self) -> int:
        """The engine's process."""
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Serve; from the second time on, on the same port."""
        listen = f"127.0.0.1:{self.port}"
        self._running = subprocess.Popen(
            [sys.executable, "-P", "-c", _COLLECT, "collect", "--listen", listen],
            env={**os.environ, "ROLLSCOPE_HOME": str(self._home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        until = time.monotonic() + _PATIENCE
        while (about := self._about()) is None:
            if self._running.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the engine does not listen: {self._said()}")
            time.sleep(0.01)
        self.port = about["ingest"]

    def _about(self) -> dict[str, Any] | None:
        """What the engine that runs now says of itself, once it listens."""
        assert self._running is not None
        try:
            about = orjson.loads(self.places.engine.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return about if about["pid"] == self._running.pid and "ingest" in about else None

    def _end(self, *, kill: bool) -> None:
        running = self._running
        if running is not None:
            running.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            said = self._said()
            assert kill or running.returncode == 0, said
            self._running = None

    def _said(self) -> str:
        assert self._running is not None
        _, said = self._running.communicate(timeout=_PATIENCE)
        return said.decode("utf-8", "replace")

    def rule(self, calls: dict[str, Any], holds: dict[str, str] | None = None) -> None:
        """The engine's rules are no list of verdicts; they have tests of their own."""
        raise NotImplementedError
