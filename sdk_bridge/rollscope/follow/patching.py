"""Puts a function of ours around one of the standard library's, once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_MARK = "_rollscope_follows"


def around(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace ``owner.name`` with ``make(it)``, under the same name and signature.

    Nothing happens where there is no such function, or where it is ours already.
    """
    inner = getattr(owner, name, None)
    if inner is None or getattr(inner, _MARK, False):
        return
    outer = functools.wraps(inner)(make(inner))
    setattr(outer, _MARK, True)
    setattr(owner, name, outer)
