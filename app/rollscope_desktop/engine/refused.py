"""How the engine says no: one exception, with a code for programs and a sentence for people."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request that cannot be met: a code for programs and a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code

    def message(self) -> dict[str, Any]:
        """As it is sent."""
        return {"code": self.code, "sentence": str(self)}
