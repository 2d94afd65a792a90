"""The program that a run was part of: read off its command line, and given back to its code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TAKES_A_VALUE = ("-W", "-X", "--check-hash-based-pycs")


@dataclass(frozen=True, slots=True)
class Program:
    """What Python was told to run: a script, or with ``-m`` a module; neither for ``-c`` and the
    like. ``is_safe``: its own folder was left out of ``sys.path``."""

    script: str = ""
    module: str = ""
    args: tuple[str, ...] = ()
    is_safe: bool = False

    @classmethod
    def of(cls, argv: Sequence[str]) -> Program:
        """The program of a command line of Python."""
        is_safe = False
        rest = list(argv[1:])
        while rest:
            word = rest.pop(0)
            if word in _TAKES_A_VALUE:
                del rest[:1]
            elif word == "-" or not word.startswith("-"):
                return cls("" if word == "-" else word, "", tuple(rest), is_safe)
            elif word.startswith(("--", "-W", "-X")):
                continue
            else:
                letters, found, value = _split(word[1:])
                is_safe = is_safe or "P" in letters or "I" in letters
                if found:
                    named = value or (rest.pop(0) if rest else "")
                    return cls("", named if found == "m" else "", tuple(rest), is_safe)
        return cls(is_safe=is_safe)

    def folder(self) -> str | None:
        """What Python put first on ``sys.path``; relative paths are from the working folder."""
        if self.is_safe:
            return None
        return str(Path(self.script).resolve().parent) if self.script else os.getcwd()


def _split(word: str) -> tuple[str, str, str]:
    """Switches that stand together, the one of them that names what to run, and what follows it."""
    for at, letter in enumerate(word):
        if letter in "mc":
            return word[:at], letter, word[at + 1 :]
    return word, "", ""


def give_path(folder: str | None) -> None:
    """Let modules of this folder be found, before all others."""
    if folder is not None and folder not in sys.path:
        sys.path.insert(0, folder)


def give_arguments(argv: Sequence[str], own: str, args: Sequence[str]) -> None:
    """Let the code see the command line that it saw when it was recorded; the log of the new run
    tells of that one, too."""
    sys.orig_argv[:] = [sys.executable, *argv[1:]]
    sys.argv[:] = [own, *args]
