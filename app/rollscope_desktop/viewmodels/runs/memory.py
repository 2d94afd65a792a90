"""Remembers how the person wants the run list, from one start of the program to the next."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from rollscope_desktop.services.settings import Settings
    from rollscope_desktop.viewmodels.runs.model import RunListModel

_FOLDS = "run folds"
_MOST = 200


class RunMemory(QObject):
    """Keeps settings and list in step, whichever of the two changes."""

    def __init__(
        self, settings: Settings, model: RunListModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._model = settings, model
        for name in ("order", "group", "run_columns", "pinned"):
            self._take(name)
        model.restore_folds(_folds(settings.layout(_FOLDS)))
        settings.changed.connect(self._take)
        model.choice_changed.connect(self._keep)
        model.folded.connect(self._keep_folds)

    def _take(self, name: str) -> None:
        values, model = self._settings.values, self._model
        if name == "order":
            model.set_order(values.order)
        elif name == "group":
            model.set_group(values.group)
        elif name == "run_columns":
            model.set_columns(values.run_columns)
        elif name == "pinned":
            model.set_pinned_keys(values.pinned)

    def _keep(self) -> None:
        settings, choice = self._settings, self._model.choice
        settings.set_order(choice.order)
        settings.set_group(choice.group)
        settings.set_run_columns(choice.columns)
        settings.set_pinned(choice.pinned)

    def _keep_folds(self) -> None:
        last = list(self._model.folds().items())[-_MOST:]
        self._settings.set_layout(_FOLDS, json.dumps(dict(last)).encode())


def _folds(data: bytes) -> dict[str, bool]:
    with suppress(ValueError):
        said = json.loads(data)
        if isinstance(said, dict):
            return {key: open for key, open in said.items() if isinstance(open, bool)}
    return {}
