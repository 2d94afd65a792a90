"""How much a played back run may differ from its golden file before that counts as drift."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from math import isfinite
from typing import Any

from rollscope.errors import ConfigError

_LONG = 20_000  # characters; what follows is not compared word by word


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The names are those that the file and ``--tolerance`` use; docs/golden.md explains them."""

    max_divergent_steps: int = 0
    """Steps that may be asked otherwise, be missing or be new, together."""
    input_similarity: float = 1.0
    """A step whose input is at least so alike (0 to 1) does not count as divergent."""
    output_similarity: float = 1.0
    """How alike the result of the run must at least be."""

    @classmethod
    def read(cls, said: Mapping[str, Any], before: Tolerance | None = None) -> Tolerance:
        """What a file or an argument says, over ``before``. Raises ConfigError."""
        known = {field.name for field in fields(cls)}
        for name, value in said.items():
            if name not in known:
                raise ConfigError(
                    f"There is no tolerance {name!r}. There are: {', '.join(sorted(known))}."
                )
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not isfinite(value):
                raise ConfigError(f"The tolerance {name} is a number, not {str(value)[:40]!r}.")
            if name == "max_divergent_steps":
                if value < 0 or value != int(value):
                    raise ConfigError(f"The tolerance {name} is a whole number from 0.")
            elif not 0 <= value <= 1:
                raise ConfigError(f"The tolerance {name} is between 0 and 1, not {value}.")
        return replace(before or cls(), **said)


def similarity(one: Any, other: Any) -> float:
    """How alike two JSON values are, 0 to 1: the share of words that they have in common, in the
    same order."""
    if one == other:
        return 1.0
    return float(SequenceMatcher(None, _words(one), _words(other), autojunk=False).ratio())


def _words(value: Any) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text[:_LONG].split()
