"""Which run a window opens on, while what there is is still being read."""

from __future__ import annotations


def test_a_newer_run_is_shown_until_the_person_chooses(viewer, qtbot) -> None:
    """What an engine reads first need not be what is newest."""
    session = viewer.session
    qtbot.waitUntil(lambda: session.selection.run is not None)
    newest = session.selection.run
    other = next(
        run
        for row in range(session.runs.rowCount())
        if (run := session.runs.run_id(row)) not in (None, newest)
    )
    choice = session.first_choice
    choice._given = other
    choice._until = None
    session.run_panel.select_run(other)
    session.runs.counted.emit()
    assert session.selection.run == newest

    session.run_panel.select_run(other)
    session.runs.counted.emit()
    assert session.selection.run == other, "the person chose it"

    choice._given = other
    choice.settle({"idle": True})
    choice._until -= 10
    session.runs.counted.emit()
    assert session.selection.run == other, "what comes now is news"
