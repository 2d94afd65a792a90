"""The problems panel's model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.problems import COLUMNS, ProblemsModel

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


def test_problems_come_without_a_reset(jobs: Jobs, index: Index, qtbot, qtmodeltester) -> None:
    model = ProblemsModel(jobs)
    qtmodeltester.check(model)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.reload()
    qtbot.waitUntil(lambda: not jobs.is_busy(model, "problems"))
    assert model.rowCount() == 0
    index.grow("a.jsonl", b"nonsense\n")
    with qtbot.waitSignal(model.counted) as counted:
        model.reload()
    assert counted.args == [1]
    index.grow("b\x1b[31m.jsonl", b"[1]\n" * 3)
    model.reload()
    qtbot.waitUntil(lambda: model.rowCount() == 4)
    assert resets == []
    cells = [model.index(3, column).data() for column in range(len(COLUMNS))]
    assert cells[0] == "warning"
    assert cells[2:] == ["a.jsonl", "1"]
    row = model.problem(0)
    assert row is model.index(0, 0).data(Role.LINE)
    assert model.index(0, 2).data() == "b␛[31m.jsonl"
    assert "\x1b" not in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "line 1" in model.index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Problem"
    assert model.problem(9) is None
    with index.writer.transaction():
        index.writer._db.execute("DELETE FROM problems WHERE id IN (1, 3)")
    model.reload()
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    assert resets == []
