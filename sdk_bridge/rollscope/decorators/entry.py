"""The function that a run is a call of: what it takes to find it again."""

from __future__ import annotations

import inspect
from hashlib import blake2b
from pathlib import Path
from typing import Any


class Entry:
    """A decorated function, as the start of a run tells of it."""

    def __init__(self, function: Any, resumable: bool) -> None:
        inner = inspect.unwrap(getattr(function, "func", function))
        code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
        self.module = str(getattr(inner, "__module__", "") or "")
        self.qualname = str(getattr(inner, "__qualname__", "") or type(inner).__qualname__)
        self.file = str(getattr(code, "co_filename", ""))
        self.line = int(getattr(code, "co_firstlineno", 0))
        self.resumable = resumable
        self._fields: dict[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """``entry`` of ``run.start``. The hash is of the whole source file, as the process found it
        when the function was first called."""
        if self._fields is None:
            fields = {
                "module": self.module,
                "qualname": self.qualname,
                "file": self.file,
                "source_hash": _hash(self.file),
                "resumable": self.resumable,
            }
            self._fields = {name: value for name, value in fields.items() if value is not None}
        return self._fields


def _hash(file: str) -> str | None:
    """32 hex digits; None where there is no such file: a notebook, a prompt."""
    try:
        return blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    except (OSError, ValueError):
        return None
