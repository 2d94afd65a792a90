"""Why a run cannot be made again: one sentence for the user, and a code for programs."""

from __future__ import annotations

from rollscope.errors import RollscopeError


class Refusal(RollscopeError):
    """Nothing was run. The codes are those of docs/bridge-protocol.md."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
