"""Records a Python program that was started by ``rollscope run``.

Python imports this by itself, as its folder stands first on the program's path. The folder leaves
the path at once, and a sitecustomize that it hides gets its turn before.
"""


def _step_aside() -> None:
    """Let Python find what it would have found without us."""
    import sys
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec
    from os.path import abspath, dirname

    own = dirname(abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if not entry or abspath(entry) != own]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        sys.modules["sitecustomize"] = hidden = module_from_spec(spec)
        spec.loader.exec_module(hidden)


def _record() -> None:
    try:
        from rollscope.follow import program
    except Exception:  # noqa: BLE001 - the program's Python has no Rollscope, or another's parts
        return
    program.begin()


try:
    _step_aside()
finally:
    _record()
