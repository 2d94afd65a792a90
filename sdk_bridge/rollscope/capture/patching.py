"""Wraps a method of a class of another library: once, whoever else wraps it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wrapt

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""Gets the bound method, its object, and the arguments; gives what the caller gets."""

_MARK = "_self_rollscope"


def wrap(owner: type | None, name: str, wrapper: Wrapper) -> None:
    """Wrap the method, unless the class lacks it or it is wrapped by us, under whatever layers."""
    method = None if owner is None else vars(owner).get(name)
    if method is None or _is_wrapped(method):
        return
    wrapped = wrapt.FunctionWrapper(method, wrapper)
    setattr(wrapped, _MARK, True)
    setattr(owner, name, wrapped)


def _is_wrapped(method: Any) -> bool:
    seen = set()
    while method is not None and id(method) not in seen:
        # Who wraps what the class gives, instead of what is in it, holds a bound copy of ours.
        if any(
            getattr(one, _MARK, False) for one in (method, getattr(method, "_self_parent", None))
        ):
            return True
        seen.add(id(method))
        method = getattr(method, "__wrapped__", None)
    return False
