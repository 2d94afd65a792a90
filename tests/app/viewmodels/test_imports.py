"""What a window needs to come up must not wait for what only an open run needs."""

from __future__ import annotations

import subprocess
import sys


def test_the_models_are_there_without_numpy_and_without_formats() -> None:
    code = """
import sys
import rollscope_desktop.services.engine_client, rollscope_desktop.services.settings
import rollscope_desktop.viewmodels.inspector.model, rollscope_desktop.viewmodels.problems
import rollscope_desktop.viewmodels.runs.model, rollscope_desktop.viewmodels.selection
import rollscope_desktop.viewmodels.tree.model
for name in ("numpy", "sqlite_utils", "rollscope_desktop.formats", "PySide6.QtGui"):
    assert name not in sys.modules, name
"""
    subprocess.run([sys.executable, "-c", code], check=True)
