"""Child processes that are ended with all that they started: a group of their own each."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from rollscope_desktop.platform import WINDOWS


def start_group(
    command: Sequence[str], folder: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process that leads a group, with pipes for all three streams. Raises OSError."""
    apart: dict[str, Any] = {"start_new_session": True}
    if WINDOWS:
        apart = {"creationflags": 0x00000200 | 0x08000000}  # NEW_PROCESS_GROUP, NO_WINDOW
    return subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        close_fds=True,
        **apart,
    )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended. It is not reaped, so that its number stays its own."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    try:
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, process.pid, flags) is not None
    except ChildProcessError:
        return process.poll() is not None


def end_group(process: subprocess.Popen[bytes]) -> int:
    """End the process and what is left of its group at once; its exit status."""
    if WINDOWS:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                subprocess.run(
                    ["taskkill", "/F", "/T", "/PID", str(process.pid)],
                    capture_output=True,
                    check=False,
                )
    elif process.returncode is None:  # not reaped: the number of the group is still its own
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
