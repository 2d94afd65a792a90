"""What the engine starts a bridge with: the command, and an environment like the user's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_LOADER = (
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LIBPATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH",
    "DYLD_INSERT_LIBRARIES",
)  # fmt: skip
"""Variables that a frozen application changes for itself; what was there before is in …_ORIG."""

_OF_THE_FREEZER = ("_PYI_", "_MEI")
_OF_THE_BUNDLE = ("QT_", "QML", "QTWEBENGINE", "PYTHON", "SSL_CERT_", "TCL_", "TK_", "PATH")

_OF_A_RUN = (
    "ROLLSCOPE_TRACEPARENT", "ROLLSCOPE_TRACESTATE", "TRACEPARENT", "TRACESTATE",
    "__PYVENV_LAUNCHER__",
)  # fmt: skip
"""They would make the new run a part of another, or this Python another one."""

_SESSION = frozenset({
    "COLORTERM", "COLUMNS", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "DISPLAY", "GPG_TTY",
    "HOSTNAME", "INVOCATION_ID", "JOURNAL_STREAM", "LESS", "LESSCLOSE", "LESSOPEN", "LINES",
    "LOGNAME", "LS_COLORS", "MAIL", "MOTD_SHOWN", "OLDPWD", "PAGER", "PROMPT", "PS1", "PWD",
    "ROLLSCOPE_LOG_DIR", "SHLVL", "TERM", "TMUX", "TMUX_PANE", "TTY", "VIRTUAL_ENV_PROMPT",
    "WAYLAND_DISPLAY", "WINDOWID", "WINDOWPATH", "XAUTHORITY", "_", "__CF_USER_TEXT_ENCODING",
})  # fmt: skip
_SESSION_BEGINS = (
    "ALACRITTY_", "GNOME_", "GTK_", "ITERM_", "KDE_", "KITTY_", "KONSOLE_", "PYCHARM_", "PYTEST_",
    "ROLLSCOPE_TRACE", "SESSION_", "SSH_", "SUDO_", "TERM_", "VSCODE_", "VTE_", "WEZTERM_", "WT_",
    "XDG_",
)  # fmt: skip
_TELLING = ("KEY", "TOKEN", "SECRET", "PASSWORD", "URL", "ENDPOINT", "HOST", "BASE")


def command(interpreter: str) -> list[str]:
    """The command line of a bridge, to be started in the run's own folder.

    ``-P`` keeps that folder from hiding ours. There is no ``-X utf8``: what the program's ``open``
    makes of a file must be what it was when it was recorded.
    """
    return [interpreter, "-P", "-m", "rollscope.bridge"]


def clean_environment(environ: Mapping[str, str], frozen: bool) -> dict[str, str]:
    """The environment for a bridge, made of the one that the engine has.

    ``frozen`` says that the engine is part of a frozen application, which has changed where
    libraries, Qt and Python look for things; that is undone.
    """
    out = {name: text for name, text in environ.items() if name not in _OF_A_RUN}
    if not frozen:
        return out
    bundle = [
        place
        for place in (environ.get("_PYI_APPLICATION_HOME_DIR"), environ.get("_MEIPASS2"),
                      getattr(sys, "_MEIPASS", None))
        if place
    ]  # fmt: skip
    for name in _LOADER:
        before = out.pop(f"{name}_ORIG", None)
        if before:
            out[name] = before
        elif name in out:
            _leave_out(out, name, bundle) if before is None else out.pop(name)
    for name in list(out):
        if name.startswith(_OF_THE_FREEZER):
            del out[name]
        elif name.startswith(_OF_THE_BUNDLE):
            _leave_out(out, name, bundle)
    return out


def _leave_out(out: dict[str, str], name: str, bundle: Iterable[str]) -> None:
    """Take folders of the bundle out of a list of folders; the variable with the last of them."""
    parts = out[name].split(os.pathsep)
    kept = [part for part in parts if not any(_is_in(part, place) for place in bundle)]
    if len(kept) == len(parts):
        return
    if kept:
        out[name] = os.pathsep.join(kept)
    else:
        del out[name]


def _is_in(part: str, place: str) -> bool:
    return bool(part) and Path(os.path.normpath(part)).is_relative_to(os.path.normpath(place))


def missing(names: Iterable[object], environ: Mapping[str, str]) -> list[str]:
    """Which variables a program had and has no longer: those that look like settings of services
    first, and none that only tell of a terminal or a desktop."""
    gone = {
        name
        for name in names
        if isinstance(name, str) and name.isprintable() and name not in environ
        if name not in _SESSION and not name.startswith(_SESSION_BEGINS)
    }
    return sorted(gone, key=lambda name: (not any(word in name for word in _TELLING), name))
