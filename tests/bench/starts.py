"""Row A9: how long it takes from the start of a process to a window on a screen.

The real ``rollscope open`` is started beside a program that shows an empty QMainWindow, in turn, on
a screen of Xvfb. Either says when its first paint was done, by a clock that all processes share,
and ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from tests.bench.child import ROOT, Failed, end, environment

_VIEWER = """
import time
from rollscope.cli import main
import rollscope_desktop.ui.app as app

def painted(viewer, *_):
    print(time.monotonic_ns(), flush=True)
    viewer.app.quit()

assert callable(app.go_on)  # what follows the first paint
app.go_on = painted
main(["open"])
"""

_EMPTY = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, painted)

def painted():
    print(time.monotonic_ns(), flush=True)
    application.quit()

application = QApplication([])
window = Window()
window.resize(1400, 900)
window.show()
application.exec()
"""


def starts(count: int) -> dict[str, Any]:
    """Medians of so many starts of either, in seconds. Raises Failed."""
    with screen() as display, tempfile.TemporaryDirectory(prefix="rollscope-bench-") as home:
        more = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "ROLLSCOPE_HOME": home}
        for code in (_VIEWER, _EMPTY):
            _start(code, more)  # whatever is slow only once
        pairs = [(_start(_VIEWER, more), _start(_EMPTY, more)) for _ in range(count)]
    viewer, empty = zip(*pairs, strict=True)
    return {
        "seconds": statistics.median(viewer), "empty": statistics.median(empty),
        "best": min(viewer), "best_empty": min(empty),
    }  # fmt: skip


def _start(code: str, more: dict[str, str]) -> float:
    began = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(**more), capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    words = done.stdout.split()
    if done.returncode or not words:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Failed(said[-1] if said else f"it ended with {done.returncode}")
    return (int(words[0]) - began) / 1e9


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """A screen of Xvfb's: what DISPLAY is to be. Raises Failed where there is none."""
    program = shutil.which("Xvfb")
    if program is None:
        raise Failed("there is no Xvfb")
    said, tell = os.pipe()
    with os.fdopen(said, "rb") as numbers:
        process = subprocess.Popen(
            [program, "-displayfd", str(tell), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
            pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(tell)
        try:
            ready, _, _ = select.select([numbers], [], [], 10)
            number = numbers.readline().decode().strip() if ready else ""
            if not number:
                raise Failed("Xvfb did not start")
            yield f":{number}"
        finally:
            end(process)
