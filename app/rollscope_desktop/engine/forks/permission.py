"""What a fork would start, and why it may not: a log does not choose what is run."""

from __future__ import annotations

import os
import platform as system
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope.bridge.environment import missing
from rollscope_desktop import resources
from rollscope_desktop.engine.forks.header import Header
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.model import text

_PYTHON = re.compile(r"(python|pypy|graalpy)w?(\d+(\.\d+)*)?[dmt]{0,2}(\.exe)?", re.I)
_LARGEST_SOURCE = 64 << 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What is allowed or not: this function of this source, in this folder, by this Python.

    ``source_hash`` is of the file as it is on the disk now.
    """

    interpreter: str
    folder: str
    file: str
    module: str
    qualname: str
    source_hash: str

    @property
    def entry(self) -> str:
        """The function, with the file it is in."""
        return f"{self.file}:{self.module}:{self.qualname}"

    @property
    def key(self) -> str:
        """16 hex digits by which the permission is named."""
        said = "\0".join((self.interpreter, self.folder, self.entry, self.source_hash))
        return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Permission:
    """What the user is asked. ``needed``: nothing is started without a word. ``known``: it was
    allowed before. ``changed``: the source is another than when the run was recorded. ``missing``:
    variables of the environment that the run had, and a fork would not have."""

    subject: Subject
    needed: bool
    known: bool
    signed: bool
    changed: bool
    missing: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """As it is sent."""
        subject = self.subject
        return {
            "needed": self.needed, "interpreter": subject.interpreter, "folder": subject.folder,
            "file": subject.file, "function": f"{subject.module}:{subject.qualname}",
            "signed": self.signed, "changed": self.changed, "known": self.known,
            "missing": list(self.missing),
        }  # fmt: skip


def permission(
    header: Header,
    known: Iterable[Subject],
    environment: Mapping[str, str],
    bundle: Sequence[Path] | None = None,
) -> Permission:
    """What a fork of this run would start. Raises Refused where it cannot be allowed at all.

    ``known`` is what was allowed for good; ``bundle`` are our own folders, in which no interpreter
    of the user's can be.
    """
    subject = _subject(header, bundle_folders() if bundle is None else bundle)
    is_known = header.signed and subject in known
    return Permission(
        subject,
        needed=not is_known,
        known=is_known,
        signed=header.signed,
        changed=bool(header.source_hash) and header.source_hash != subject.source_hash,
        missing=tuple(missing(header.variables, environment)),
    )


def bundle_folders() -> list[Path]:
    """The folders of this program itself: its resources, and all of it where it is frozen."""
    folders = [resources.path("")]
    if getattr(sys, "frozen", False):
        folders += [Path(sys.executable).parent, Path(getattr(sys, "_MEIPASS", sys.executable))]
    return [folder.resolve() for folder in folders]


def _subject(header: Header, bundle: Sequence[Path]) -> Subject:
    _check_run(header)
    _check_interpreter(header.interpreter, bundle)
    if not os.path.isabs(header.folder) or not os.path.isdir(header.folder):
        raise _impossible(f"The folder that the run was made in is gone: {_shown(header.folder)}.")
    source_hash = _check_source(header)
    return Subject(
        header.interpreter, header.folder, header.file, header.module, header.qualname, source_hash
    )


def _check_run(header: Header) -> None:
    if not header.is_own:
        raise _impossible(
            "This run was recorded by another SDK, which does not say how to run the program again."
        )
    if not header.has_entry:
        raise _impossible(
            "This run was made by a with block, or by rollscope run: there is no function to call "
            "again. Decorate one with @rollscope.agent."
        )
    if not header.resumable:
        raise _impossible(
            f"{header.qualname or 'The function'} is not marked as one that may be called again: "
            "@rollscope.agent is, and @rollscope.record(resumable=True)."
        )
    if header.host != system.node():
        where = f", {_shown(header.host)}" if header.host else ""
        raise _impossible(f"This run was recorded on another machine{where}: only there it can be "
                          "run again.")  # fmt: skip


def _check_interpreter(interpreter: str, bundle: Sequence[Path]) -> None:
    """Refuse what cannot be a Python of the user's."""
    name = _shown(interpreter)
    if not interpreter:
        raise _impossible("The log does not say which Python the run was made with.")
    if not os.path.isabs(interpreter):
        raise _impossible(f"The Python that the run was made with is no absolute path: {name}.")
    try:
        real = Path(interpreter).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise _impossible(f"The Python that the run was made with is gone: {name}.") from None
    if not real.is_file() or not os.access(real, os.X_OK):
        raise _impossible(f"The Python that the run was made with is no program: {name}.")
    if not all(_PYTHON.fullmatch(each) for each in (os.path.basename(interpreter), real.name)):
        raise _impossible(f"What the run was made with has not the name of a Python: {name}.")
    if any(real.is_relative_to(folder) for folder in bundle) or any(
        Path(os.path.normpath(interpreter)).is_relative_to(folder) for folder in bundle
    ):
        raise _impossible(f"{name} is a part of Rollscope itself, and runs no agents.")


def _check_source(header: Header) -> str:
    """The hash of the source file as it is now."""
    file, name = header.file, _shown(header.file)
    if not file or not os.path.isabs(file) or not file.endswith(".py"):
        raise _impossible(f"The function of this run is in no Python file of its own: {name}.")
    parts = header.qualname.split(".")
    if not all(part.isidentifier() for part in parts):
        raise _impossible(
            f"{_shown(header.qualname) or 'The function'} is defined inside another function or "
            "has no name, so it cannot be found again."
        )
    if not _is_in(header.module, file):
        raise _impossible(f"The module {_shown(header.module)} cannot be the file {name}.")
    try:
        real = Path(file).resolve(strict=True)
        if not real.is_file() or real.suffix != ".py":
            raise _impossible(f"The source of this run's function is no Python file: {name}.")
        if real.stat().st_size > _LARGEST_SOURCE:
            raise _impossible(f"The source of this run's function is too large: {name}.")
        data = real.read_bytes()
    except (OSError, RuntimeError, ValueError):
        raise _impossible(f"The source of this run's function is gone: {name}.") from None
    if not header.signed and not real.is_relative_to(Path(header.folder).resolve()):
        raise _impossible(
            f"The function of this run is in another folder than the run was made in ({name}), and "
            "nothing shows that its log was written on this machine."
        )
    return blake2b(data, digest_size=16).hexdigest()


def _is_in(module: str, file: str) -> bool:
    """Whether a module of this name may be this file."""
    if module == "__main__":
        return True
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    path = Path(file).with_suffix("").parts
    if path[-1] == "__init__":
        path = path[:-1]
    return path[-len(parts) :] == tuple(parts)


def _shown(value: str) -> str:
    return text.one_line(value, 200)


def _impossible(sentence: str) -> Refused:
    return Refused("possible", sentence)
