"""Whether a viewer runs already, as far as that can be told without Qt's network module."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QDir

from rollscope_desktop.platform import WINDOWS


def name_for(folder: Path) -> str:
    """The name of the viewer's socket: one for each user and data folder."""
    mark = blake2b(str(folder).encode(), digest_size=8).hexdigest()
    return f"rollscope-viewer-{mark}"


def may_listen(name: str) -> bool:
    """False when nobody can be listening: most starts are the first, and ask no further."""
    return WINDOWS or Path(QDir.tempPath(), name).exists()
