"""Where Rollscope keeps things on this system: the same places for the SDK and the application."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Where Rollscope keeps things: ``data`` is the user's, ``cache`` can be deleted any time."""

    data: Path
    cache: Path
    config: Path

    @property
    def index(self) -> Path:
        """The index of everything that was opened."""
        return self.cache / "index.db"

    @property
    def runs(self) -> Path:
        """Run logs of programs that record on this machine; always watched."""
        return self.data / "runs"

    @property
    def received(self) -> Path:
        """Run logs of what programs sent to the engine's socket."""
        return self.runs / "received"

    @property
    def spool(self) -> Path:
        """What was recorded for another machine and has not arrived there yet."""
        return self.data / "spool"

    @property
    def lock(self) -> Path:
        """Held by the one engine of this user."""
        return self.data / "engine.lock"

    @property
    def engine(self) -> Path:
        """How to reach the engine that runs."""
        return self.data / "engine.json"

    @property
    def engine_log(self) -> Path:
        """What the engine said when it ended badly."""
        return self.data / "engine.log"

    @property
    def token(self) -> Path:
        """The token that the engine's socket wants to see."""
        return self.config / "token"

    @property
    def ingest(self) -> Path:
        """What the user has allowed programs that send."""
        return self.config / "ingest.json"

    @property
    def rules(self) -> Path:
        """Which calls of programs are refused or held."""
        return self.config / "rules.json"

    @property
    def key(self) -> Path:
        """The key that signs the start of a run."""
        return self.config / "key"

    @property
    def trust(self) -> Path:
        """Which functions may be called again without being asked about."""
        return self.config / "trust.json"


def make_private(folder: Path) -> None:
    """Make the folder if it is not there, and what is missing above it, for the user alone: what is
    in it holds prompts. One that is there is left as it is. Raises OSError."""
    if folder.is_dir():
        return
    missing = [folder]
    while not (above := missing[-1].parent).exists() and above != missing[-1]:
        missing.append(above)
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def places() -> Places:
    """The user's places; ROLLSCOPE_HOME puts all of them into one folder."""
    if home := os.environ.get("ROLLSCOPE_HOME"):
        base = Path(os.path.expanduser(home)).absolute()  # unlike Path's, it takes ~nobody as it is
        return Places(base / "data", base / "cache", base / "config")
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        base = local / "rollscope"
        return Places(base, base / "Cache", base)
    if sys.platform == "darwin":
        library = Path.home() / "Library"
        support = library / "Application Support"
        return _xdg(support, library / "Caches", support)
    home_folder = Path.home()
    return _xdg(home_folder / ".local" / "share", home_folder / ".cache", home_folder / ".config")


def _xdg(data: Path, cache: Path, config: Path) -> Places:
    """Places below these folders, unless the user's XDG variables say others."""

    def below(variable: str, usual: Path) -> Path:
        said = os.environ.get(variable, "").strip()
        return (Path(said).expanduser() if said else usual) / "rollscope"

    return Places(
        below("XDG_DATA_HOME", data),
        below("XDG_CACHE_HOME", cache),
        below("XDG_CONFIG_HOME", config),
    )
