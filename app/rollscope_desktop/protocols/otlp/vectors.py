"""Takes vectors out of what an embedding model answered: they are long, and nobody reads them."""

from __future__ import annotations

from typing import Any

MOST = 2000
"""Numbers of all vectors of an answer that are kept."""


def without_vectors(value: Any) -> tuple[Any, bool]:
    """The value with its vectors cut so that no more than MOST numbers are left, and whether any
    was. A cut vector says how long it was."""
    out = [value]
    todo: list[tuple[Any, Any]] = [(out, 0)]
    left, is_cut = MOST, False
    while todo:
        held, at = todo.pop()
        found = held[at]
        if type(found) is list and found and type(found[0]) in (float, int):
            left -= len(found)
            if left < 0:
                keep = max(0, min(8, left + len(found)))
                held[at] = [*found[:keep], f"… [cut: {len(found) - keep:,} items]"]
                is_cut = True
        elif type(found) is list:
            held[at] = found = list(found)
            todo.extend((found, index) for index in reversed(range(len(found))))
        elif type(found) is dict:
            held[at] = found = dict(found)
            todo.extend((found, key) for key in reversed(found))
    return out[0], is_cut
