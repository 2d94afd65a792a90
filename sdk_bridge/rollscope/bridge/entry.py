"""Finds the function that a recorded run was a call of, in the program as it is now.

A log does not choose what is run: the function must carry the SDK's mark, and its code must stand
in the file that the log names. Before that is sure, nothing but that file is loaded.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MethodType, ModuleType
from typing import Any

from rollscope.bridge.loading import OTHER_NAME, load_main, load_module, main_spec, root_of
from rollscope.bridge.program import Program, give_arguments, give_path
from rollscope.bridge.refusal import Refusal
from rollscope.decorators.entry import Entry

_CELL = re.compile(r"<.*>|.*[\\/]ipykernel_\d+[\\/][^\\/]*", re.S)
_MAIN = ("__main__", OTHER_NAME)


@dataclass(frozen=True, slots=True)
class Found:
    """The function. ``is_changed``: its file is another than when the run was recorded."""

    function: Callable[..., Any]
    name: str
    file: Path
    is_changed: bool


def find_entry(start: Mapping[str, Any], *, signed: bool) -> Found:
    """The function that a ``run.start`` tells of. Raises Refusal.

    Loads the program: from then on its folders are on the path and its arguments in ``sys.argv``.
    The command line of a record that is not ``signed`` is not given to it.
    """
    entry, module, qualname, path = _named(start)
    if entry.get("resumable") is not True:
        raise Refusal("mark", f"{qualname} was not marked as resumable when it was recorded.")
    if not path.is_file():
        raise Refusal("entry", f"The file {path} of {qualname} is not there any more.")
    process = start.get("process")
    argv = process.get("argv") if signed and isinstance(process, Mapping) else None
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    return _found(_load(module, path, words), entry, qualname, path)


def find_loaded(start: Mapping[str, Any]) -> Found:
    """The same in a program that runs: nothing is loaded. Raises Refusal."""
    entry, module, qualname, path = _named(start)
    if (loaded := sys.modules.get(module)) is None:
        raise Refusal("entry", f"{module}, where {qualname} is, is not loaded in this program.")
    return _found(loaded, entry, qualname, path)


def _named(start: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, str, Path]:
    """``entry`` of the start: module, name and file of it."""
    entry = start.get("entry")
    if not isinstance(entry, Mapping):
        raise Refusal("entry", "The record does not say which function the run was a call of.")
    module, qualname, file = (_text(entry, name) for name in ("module", "qualname", "file"))
    _check_can_be_found(qualname, file)
    return entry, module, qualname, Path(os.getcwd(), file)


def _found(module: ModuleType, entry: Mapping[str, Any], qualname: str, path: Path) -> Found:
    function = _pick(module, qualname, path)
    now = Entry(function, True).fields().get("source_hash")
    return Found(function, qualname, path, entry.get("source_hash") not in (None, now))


def _text(entry: Mapping[str, Any], name: str) -> str:
    found = entry.get(name)
    if not isinstance(found, str) or not found or "\0" in found:
        raise Refusal("entry", f"The record does not say the {name} of the function that was run.")
    return found


def _check_can_be_found(qualname: str, file: str) -> None:
    if _CELL.fullmatch(file):
        raise Refusal(
            "notebook",
            f"{qualname} was written in a notebook or at a prompt, and its code is in no file. Put"
            " it into a .py file and run it from there.",
        )
    if "<lambda>" in qualname:
        raise Refusal("entry", "The run was a call of a lambda. Give it a name with def.")
    if "<locals>" in qualname:
        outer, _, inner = qualname.rpartition(".<locals>.")
        raise Refusal(
            "entry",
            f"{inner} is made inside of {outer} each time that this is called, so it cannot be"
            " found. Define it at the top of its file.",
        )


def _load(name: str, file: Path, argv: list[str]) -> ModuleType:
    program = Program.of(argv)
    if name not in _MAIN:
        root = root_of(name, file)
        give_path(None if root is None else str(root))
        if argv:
            give_path(program.folder())
            give_arguments(argv, program.script or str(file), program.args)
        return load_module(name, file)
    spec = None
    if program.module:
        give_path(program.folder())
        spec = main_spec(program.module, file)
    if spec is None:
        give_path(str(file.parent))
    is_own = spec is not None or (program.script and Path(program.script).resolve() == file)
    give_arguments(argv or ["", str(file)], str(file), program.args if is_own else ())
    return load_main(file, spec)


def _pick(module: ModuleType, qualname: str, file: Path) -> Callable[..., Any]:
    named = _by_name(module, qualname)
    for candidate in (named, *_held(module)):
        if _is_marked(candidate) and _is(candidate, qualname, file):
            function: Callable[..., Any] = candidate
            return function
    if named is None:
        raise Refusal("entry", f"There is no {qualname} in {file} any more.")
    raise Refusal("mark", f"{qualname} in {file} is not marked as resumable by a decorator.")


def _by_name(module: ModuleType, qualname: str) -> Any:
    """What stands under the name. Nothing but classes is looked into."""
    *outer, last = qualname.split(".")
    holder: Any = module
    for part in outer:
        holder = vars(holder).get(part)
        if not isinstance(holder, type):
            return None
    if not isinstance(holder, type):
        return vars(holder).get(last)
    raw = inspect.getattr_static(holder, last, None)
    if isinstance(raw, staticmethod | classmethod):
        return raw.__get__(None, holder)
    if inspect.isfunction(raw):
        raise Refusal(
            "entry",
            f"{qualname} is a method, and the record does not hold the object that it was called"
            " on. Decorate a function that makes the object and calls the method.",
        )
    return raw


def _held(module: ModuleType) -> Iterator[Any]:
    """What the module has under other names, and what other decorators keep in objects."""
    for value in list(vars(module).values()):
        yield value
        if not issubclass(type(value), type | ModuleType):
            try:  # not by name: an object may stand for another one, and make it when asked
                inner = object.__getattribute__(value, "__dict__")
            except AttributeError:
                continue
            yield from list(inner.values())


def _is_marked(candidate: Any) -> bool:
    function = candidate.__func__ if type(candidate) is MethodType else candidate
    return inspect.getattr_static(function, "__rollscope_resumable__", False) is True


def _is(candidate: Any, qualname: str, file: Path) -> bool:
    told = Entry(getattr(candidate, "__wrapped__", candidate), True)
    try:
        return told.qualname == qualname and file.samefile(told.file)
    except OSError:
        return False
