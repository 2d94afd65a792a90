"""Acts when a module has been imported, without importing it.

wrapt offers the same, but imports asyncio itself: more than the rest of the SDK takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from rollscope.guard import guarded

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

Hook = Callable[[ModuleType], None]

_waiting: dict[str, list[Hook]] = {}


def when_imported(name: str, hook: Hook) -> None:
    """Call ``hook`` with the module: now if it is there, else right after its import."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if module is not None and not getattr(spec, "_initializing", False):
        hook(module)
    elif module is not None and _act_after(spec, name):
        _waiting.setdefault(name, []).append(hook)
    else:
        _waiting.setdefault(name, []).append(hook)
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)


def _fire(module: ModuleType, name: str) -> None:
    for hook in _waiting.pop(name, ()):
        with guarded(f"follow what {name} does"):
            hook(module)


def _act_after(spec: ModuleSpec | None, name: str) -> bool:
    """Have the loader of this import call the hooks; whether it will."""
    loader = None if spec is None else spec.loader
    execute = getattr(loader, "exec_module", None)
    if loader is None or execute is None:
        return False

    def exec_module(module: ModuleType) -> None:
        execute(module)
        if module.__name__ == name:  # a loader of an archive loads others as well
            vars(loader).pop("exec_module", None)
            _fire(module, name)

    try:
        loader.exec_module = exec_module  # type: ignore[method-assign]
    except (AttributeError, TypeError):
        return False
    return True


class _Finder:
    """Finds nothing itself: it asks the others, and listens to the loader that they give."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _act_after(spec, name)
                return spec
        return None


_finder = _Finder()
