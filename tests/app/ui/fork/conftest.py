"""Dialogs for forks on an index, and an engine that answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt

from rollscope_desktop.services.forks import Forks
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.ui.fork import question
from rollscope_desktop.ui.fork.dialog import ForkDialog
from rollscope_desktop.viewmodels.fork.model import ForkModel, Stage
from rollscope_desktop.viewmodels.fork.policies import PolicyMemory
from tests.app.services.held import FakeClient
from tests.app.viewmodels.fork.recorded import ALLOWED, put, told


class Engine(FakeClient):
    """Allows what it is told to, and makes every fork."""

    def __init__(self) -> None:
        super().__init__()
        self.permission: dict[str, Any] = ALLOWED
        self.way = {"way": "process", "possible": True, "sentence": ""}
        self.refusal: Exception | None = None

    def request(self, do: str, done: Any, failed: Any, **what: Any) -> None:
        super().request(do, done, failed, **what)
        if do == "fork_way":
            self.answer(**self.way)
        elif do == "fork_permission":
            self.answer(**self.permission)
        elif do == "fork" and self.refusal is not None:
            self.refuse(self.refusal)
        elif do == "fork":
            forks = [told(str(n), number=n) for n in range(what["times"])]
            self.answer(batch="b1", forks=forks)

    def asked_for(self, do: str) -> list[dict[str, Any]]:
        """The requests of a kind."""
        return [each for each in self.asked if each["do"] == do]


@pytest.fixture
def engine(qapp) -> Engine:
    return Engine()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json", Notices())


@pytest.fixture
def open_dialog(look, engine: Engine, jobs: Jobs, settings: Settings, index, qtbot) -> Any:
    """Opens the dialog for a step by its name, or for the run."""
    made: list[ForkDialog] = []

    def dialog(name: str | None, **start: Any) -> ForkDialog:
        run, steps = put(index, **start)
        model = ForkModel(Forks(cast("Any", engine), Notices()), jobs, PolicyMemory(settings))
        new = ForkDialog(look, model)
        new.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test closes it as well
        qtbot.addWidget(new)
        made.append(new)
        model.open(run, None if name is None else steps[name])
        new.show()
        qtbot.waitUntil(lambda: model.stage is not Stage.READING)
        if model.stage is Stage.EDITING:
            qtbot.waitUntil(lambda: model.checked is not None)
        return new

    yield dialog
    for each in made:
        each.model.close()


@pytest.fixture
def at_once(monkeypatch) -> None:
    """Questions can be answered as soon as they are there."""
    monkeypatch.setattr(question, "SEEN", 0.0)
