"""Loads the code of a program without running it: what stands below ``if __name__ == "__main__":``
is left out, and a run that would begin ends the loading instead.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import platform
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

from rollscope.bridge.refusal import Refusal
from rollscope.playing import EntryCalled, loading

OTHER_NAME = "__mp_main__"
"""What a main module is called where it is loaded again; multiprocessing says so, too."""


def load_main(file: Path, spec: ModuleSpec | None) -> ModuleType:
    """A file as the main module, which it stays: its classes are those of ``__main__``, and
    processes that it starts load it. ``spec`` is of a module that was run by ``-m``."""
    module = ModuleType("__main__")
    module.__file__ = str(file)
    module.__spec__ = spec
    module.__package__ = spec.parent if spec is not None else None
    module.__loader__ = SourceFileLoader("__main__", str(file))
    with _explained(file):
        tree = ast.parse(file.read_bytes(), str(file))
        code = compile(_Unguarded().visit(tree), str(file), "exec", dont_inherit=True)
    sys.modules["__main__"] = module
    with _explained(file), _until_it_begins():
        exec(code, vars(module))
    return module


class _Unguarded(ast.NodeTransformer):
    """Gives ``__name__`` another value where the module, and not its functions, decides by it."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node.left, *node.comparators = map(_other_name, (node.left, *node.comparators))
        return self.generic_visit(node)

    def _leave(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave


def _other_name(side: ast.expr) -> ast.expr:
    if isinstance(side, ast.Name) and side.id == "__name__":
        return ast.copy_location(ast.Constant(OTHER_NAME), side)
    return side


def load_module(name: str, file: Path) -> ModuleType:
    """A module that can be imported, which must be this file. Raises Refusal."""
    _check_leads_to(name, file)
    above, _, last = name.rpartition(".")
    with _explained(file):
        package = importlib.import_module(above) if above else None
        if (found := sys.modules.get(name)) is not None:
            return found
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            raise Refusal("entry", f"The module {name} cannot be found.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        with _until_it_begins():
            if isinstance(spec.loader, SourceFileLoader):
                # Not what may have been compiled of it: its source is what the user was shown.
                code = spec.loader.source_to_code(file.read_bytes(), str(spec.origin))
                exec(code, vars(module))
            else:
                spec.loader.exec_module(module)
        if package is not None:
            setattr(package, last, module)
    return module


def main_spec(name: str, file: Path) -> ModuleSpec | None:
    """What ``python -m name`` ran, if that is this file; imports the packages above it, as Python
    does. Raises Refusal."""
    for full in (name, f"{name}.__main__"):
        if any(_same(place, file) for place in _places(full) or ()):
            with _explained(file):
                return importlib.util.find_spec(full)
    return None


def root_of(name: str, file: Path) -> Path | None:
    """The folder from which a module of this name would be this file."""
    path = file.parent if file.name == "__init__.py" else file.with_suffix("")
    for part in reversed(name.split(".")):
        if path.name != part:
            return None
        path = path.parent
    return path


def _check_leads_to(name: str, file: Path) -> None:
    places = _places(name)
    if places is None:
        raise Refusal("entry", f"The module {name} cannot be found from here.")
    if not any(_same(place, file) for place in places):
        raise Refusal(
            "entry", f"The module {name} is another one here than {file}, which was recorded."
        )


def _places(name: str) -> list[Path] | None:
    """Where the module may be; None where nothing of it is. Nothing is imported, so that no log can
    choose what is."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return None
    if not rest:
        return [Path(spec.origin)] if spec.origin else []
    found = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    return [path for place in found for path in (_source(place), place / "__init__.py")]


def _source(place: Path) -> Path:
    return place.with_name(f"{place.name}.py")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


@contextmanager
def _until_it_begins() -> Iterator[None]:
    """The code inside is loaded as far as it comes before it begins a run."""
    try:
        yield
    except EntryCalled:
        return


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Whatever the program's code raises becomes a Refusal; standard error has the whole of it."""
    try:
        with loading():
            yield
    except (Refusal, KeyboardInterrupt):
        raise
    except EntryCalled:
        raise Refusal(
            "import", f"A package of {file.name} begins a run while it is imported."
        ) from None
    except BaseException as error:  # noqa: BLE001 - it is the program's, and may end it
        traceback.print_exception(error)
        code, sentence = _told(error, file)
        raise Refusal(code, sentence) from None


def _told(error: BaseException, file: Path) -> tuple[str, str]:
    python = f"Python {platform.python_version()} ({sys.executable})"
    match error:
        case ModuleNotFoundError(name=str() as name):
            top = name.partition(".")[0]
            return "package", f"{file.name} imports {top}, which {python} does not have."
        case SyntaxError():
            where = f"{Path(error.filename or str(file)).name}, line {error.lineno}"
            return "import", f"{python} cannot read {where}: {error.msg}."
        case SystemExit():
            said = "" if error.code is None else f" with {str(error.code)[:200]!r}"
            return "import", f"{file.name} ends the program{said} while it is loaded."
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno for f in reversed(frames) if _same(Path(f.filename), file)), None)
    at = "" if line is None else f" in line {line}"
    said = f": {error}"[:400].rstrip(".: ")
    return "import", f"{file.name} cannot be loaded{at}: {type(error).__name__}{said}."
