"""The fork dialog: each editor, the difference, tools and choices, permission, the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest

from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.ui.fork.dialog import ForkDialog
from rollscope_desktop.viewmodels.fork.model import Stage
from tests.app.ui.checks import complaints
from tests.app.viewmodels.fork.recorded import ALLOWED, CALL, REQUEST

if TYPE_CHECKING:
    from tests.app.ui.fork.conftest import Engine

UNSIGNED = {**ALLOWED, "needed": True, "signed": False, "known": False}


def settled(dialog: ForkDialog, qtbot) -> None:
    """Until what was typed last is compared."""
    model = dialog.model
    qtbot.waitUntil(
        lambda: not model._soon.isActive() and not model._jobs.is_busy(model, "difference")
    )


def edit_of(engine: Engine) -> dict[str, Any]:
    [sent] = engine.asked_for("fork")
    return {name: value for name, value in sent["edit"].items() if name != "span"}


def test_json_is_edited_beside_the_record(open_dialog, engine: Engine, qtbot) -> None:
    dialog = open_dialog("get_weather")
    assert dialog.title.whole() == "Fork of shop from step 2: get_weather"
    assert dialog.place.text() == "in a new process"
    assert json.loads(dialog.editor.before.toPlainText()) == {"city": "Paris"}
    assert dialog.unchanged.isVisible()
    assert dialog.editor.json.edit.hasFocus()
    QTest.keyClick(dialog.editor.json.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.editor.json.edit, '{"city": "Oslo"}')
    settled(dialog, qtbot)
    assert dialog.diff.isVisible()
    assert '+   city: "Oslo"' in dialog.diff.toPlainText()
    assert dialog.diff_title.text() == "What you change  −1 +1 lines"
    assert not dialog.unchanged.isVisible()
    dialog.fork.click()
    assert edit_of(engine) == {"input": {"city": "Oslo"}}
    assert not dialog.isVisible()


def test_a_mistake_is_shown_where_it_is(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("get_weather")
    edit = dialog.editor.json
    edit.edit.setPlainText('{\n  "city": Oslo\n}')
    assert edit.problem.isVisible()
    assert edit.problem.text() == "Line 2, column 11: a value is missing."
    line, spot = edit.edit.extraSelections()
    assert line.cursor.blockNumber() == 1
    assert spot.cursor.selectedText() == "O"
    assert not dialog.fork.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert engine.asked_for("fork") == []
    edit.edit.setPlainText('{"city": "Oslo"}')
    assert not edit.problem.isVisible()
    assert dialog.fork.isEnabled()


def test_the_schema_of_the_tool_is_told(open_dialog, qtbot) -> None:
    dialog = open_dialog("get_weather")
    dialog.editor.json.edit.setPlainText('{"days": 1.5, "city": "Oslo"}')
    settled(dialog, qtbot)
    assert dialog.warnings.text() == (
        "⚠ The schema of the tool says: days: 1.5 is not of type 'integer'."
    )
    assert dialog.fork.isEnabled()


def test_a_text_is_edited_as_one(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("get_weather")
    editor = dialog.editor
    editor.tabs.setCurrentIndex(1)
    assert editor.json.edit.toPlainText() == "21 °C"
    assert editor.before.toPlainText() == "21 °C"
    editor.json.edit.setPlainText('14 °C, "rain"')
    assert dialog.model.draft.value == '14 °C, "rain"'
    editor.as_json.click()
    assert editor.json.edit.toPlainText() == '"14 °C, \\"rain\\""'
    editor.json.edit.setPlainText('{"degrees": 14}')
    editor.as_json.click()  # it is no text any more
    assert editor.as_json.isChecked()
    dialog.fork.click()
    assert edit_of(engine) == {"output": {"degrees": 14}}


def test_messages_are_edited(open_dialog, engine: Engine, qtbot) -> None:
    dialog = open_dialog("answer")
    chat = dialog.editor.chat
    assert chat.isVisible()
    assert [edit.role.key for edit in chat.edits] == ["system", "user", "assistant", "tool"]
    assert "— user —\nweather?" in dialog.editor.before.toPlainText()
    chat.edits[1].text.setPlainText("weather in Oslo?")
    settled(dialog, qtbot)
    assert dialog.diff_title.text() == "What you change  −1 +1 lines"
    chat.edits[0].remove.click()
    chat.add.click()
    assert chat.edits[-1].text.hasFocus()
    chat.edits[-1].text.setPlainText("and tomorrow?")
    chat.edits[-1].up.click()
    dialog.editor.scope.setCurrentIndex(1)
    dialog.editor.scope.activated.emit(1)
    dialog.fork.click()
    assert edit_of(engine) == {"scope": "later", "input": {**REQUEST, "messages": [
        {"role": "user", "content": "weather in Oslo?"},
        REQUEST["messages"][2],
        {"role": "user", "content": "and tomorrow?"},
        REQUEST["messages"][3],
    ]}}  # fmt: skip


def test_tool_calls_and_settings_are_json(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("answer")
    chat = dialog.editor.chat
    call = chat.edits[2].others.edit
    call.setPlainText(call.toPlainText().replace("Paris", "Oslo"))
    chat.edits[1].fields.click()
    assert chat.edits[1].others.isVisible()
    chat.edits[1].others.edit.setPlainText("{oops")
    assert chat.edits[1].wrong.isVisible()
    assert dialog.problem.text() == (
        "Message 2: Line 1, column 2: a name in double quotes is missing."
    )
    assert not dialog.fork.isEnabled()
    chat.edits[1].others.edit.setPlainText("")
    chat.rest.edit.setPlainText('{"model": "gpt-y"}')
    dialog.fork.click()
    messages = list(REQUEST["messages"])
    text = {"type": "text", "text": "I look."}
    messages[2] = {
        "role": "assistant", "content": [text, {**CALL, "arguments": {"city": "Oslo"}}],
    }  # fmt: skip
    assert edit_of(engine) == {"input": {"model": "gpt-y", "messages": messages}}


def test_an_answer_is_one_message(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("answer")
    dialog.editor.tabs.setCurrentIndex(1)
    chat = dialog.editor.chat
    [edit] = chat.edits
    assert not edit.remove.isVisible()
    assert not chat.add.isVisible()
    assert not dialog.editor.scope.isVisible()
    edit.text.setPlainText("It is cold.")
    dialog.fork.click()
    assert edit_of(engine) == {"output": {
        "message": {"role": "assistant", "content": "It is cold."}, "finish_reason": "stop",
    }}  # fmt: skip


def test_what_is_not_touched_is_sent_as_it_was(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("answer")
    dialog.fork.click()
    assert edit_of(engine) == {"input": REQUEST}


def test_tools_and_choices(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("get_weather")
    boxes = dialog.policies.choices
    assert {name: box.key for name, box in boxes.items()} == {
        "get_weather": "recorded", "send_mail": "ask",
    }  # fmt: skip
    box = boxes["send_mail"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())
    assert dialog.sentence.text().endswith("“send_mail” is refused.")
    dialog.choices.times.setValue(5)
    dialog.choices.fresh.click()
    dialog.choices.divergence.setCurrentIndex(2)
    dialog.choices.divergence.activated.emit(2)
    assert dialog.fork.text() == "Fork 5 times from step 2"
    dialog.fork.click()
    [sent] = engine.asked_for("fork")
    assert (sent["times"], sent["fresh"], sent["divergence"]) == (5, True, "live")
    assert sent["policies"] == {"get_weather": "recorded", "send_mail": "deny"}
    assert open_dialog("answer").policies.choices["send_mail"].key == "deny"


def test_where_no_fork_is_possible(open_dialog, engine: Engine, qtbot) -> None:
    dialog = open_dialog("block")
    assert not dialog.fork.isVisible()
    assert dialog.state._title.text() == "No fork from here"
    assert "with block" in dialog.state._text.text()
    with qtbot.waitSignal(dialog.span_wanted):
        dialog.state.button.click()
    qtbot.waitUntil(lambda: dialog.model.stage is Stage.EDITING)
    assert dialog.title.whole() == "Fork of shop from step 2: get_weather"
    assert json.loads(dialog.editor.json.edit.toPlainText()) == {"city": "Paris"}


def test_permission_is_a_page_of_it(open_dialog, engine: Engine) -> None:
    engine.permission = {**UNSIGNED, "changed": True, "missing": ["KEY"]}
    dialog = open_dialog("get_weather")
    assert dialog.warnings.text().splitlines() == [
        "⚠ The source of the agent has changed since the recording.",
        "⚠ KEY is not set here, and had a value then.",
        "⚠ This log was not signed on this machine: every tool asks first.",
    ]
    dialog.fork.click()
    page = dialog.permission
    assert page.isVisible()
    facts = {name: box.toPlainText() for name, box in page._facts.items()}
    assert facts == {
        "Interpreter": "/usr/bin/python3", "Folder": "/home/ada", "File": "/home/ada/agent.py",
        "Function": "agent:main", "Called with": '{\n  "question": "weather?"\n}',
    }  # fmt: skip
    assert page.unsigned.isVisible()
    assert not page.always.isVisible()  # what is not signed is asked about every time
    assert page.cancel.hasFocus()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert dialog.editor.isVisible()
    dialog.fork.click()
    page.once.click()
    assert engine.asked_for("fork")[0]["allow"] == "once"


def test_the_input_of_a_signed_log_is_not_shown(open_dialog, engine: Engine) -> None:
    engine.permission = {**UNSIGNED, "signed": True}
    dialog = open_dialog("get_weather")
    dialog.fork.click()
    assert not dialog.permission.given.isVisible()
    assert not dialog.permission.unsigned.isVisible()
    dialog.permission.always.click()
    assert engine.asked_for("fork")[0]["allow"] == "always"


def test_where_it_will_run_is_told(open_dialog, engine: Engine) -> None:
    engine.way = {"way": "program", "possible": True, "sentence": "The program is still running."}
    dialog = open_dialog("get_weather")
    assert dialog.place.text() == "in its own process, which goes on"
    assert "The program is still running." in dialog.place.toolTip()
    assert engine.asked_for("fork_permission") == []


def test_what_the_engine_refuses_is_told_in_it(open_dialog, engine: Engine) -> None:
    engine.refusal = EngineRefused("possible", "The interpreter is gone.")
    dialog = open_dialog("get_weather")
    QTest.keyClick(dialog.editor.json.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.isVisible()
    assert dialog.problem.text() == "The interpreter is gone."
    assert dialog.editor.json.edit.hasFocus()


def test_escape_asks_once_for_what_was_edited(open_dialog) -> None:
    dialog = open_dialog("get_weather")
    dialog.editor.json.edit.setPlainText("{}")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert "Press Esc again" in dialog.problem.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    other = open_dialog("send_mail")
    QTest.keyClick(other, Qt.Key.Key_Escape)
    assert not other.isVisible()


def test_enter_in_a_field_makes_no_fork(open_dialog, engine: Engine) -> None:
    dialog = open_dialog("get_weather")
    for field in (dialog.choices.times, dialog.editor.json.edit, dialog.choices.fresh):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert engine.asked_for("fork") == []


def test_the_last_message_is_where_one_begins(open_dialog, qtbot) -> None:
    chat = open_dialog("answer").editor.chat
    last = chat.edits[-1].text
    assert last.hasFocus()
    qtbot.waitUntil(lambda: last.visibleRegion().boundingRect() == last.rect())


def test_only_the_last_of_many_messages_have_an_editor(open_dialog, engine: Engine) -> None:
    messages = [{"role": "user", "content": f"m{n}"} for n in range(30)]
    dialog = open_dialog("answer")
    chat = dialog.editor.chat
    assert chat.put({"messages": messages})
    assert (len(chat.edits), chat.earlier.text()) == (12, "Show 12 earlier messages of 18")
    chat.edits[0].text.setPlainText("other")
    assert chat.value["messages"] == [
        *messages[:18], {"role": "user", "content": "other"}, *messages[19:],
    ]  # fmt: skip
    chat.earlier.click()
    chat.earlier.click()
    assert len(chat.edits) == 30
    assert not chat.earlier.isVisible()
    assert chat.edits[18].text.toPlainText() == "other"


@pytest.mark.parametrize("name", ["get_weather", "answer", "block", None])
@pytest.mark.parametrize("size", [QSize(1120, 860), QSize(760, 600)])
def test_it_is_readable(open_dialog, look, tmp_path, name, size, qtbot) -> None:
    dialog = open_dialog(name)
    dialog.resize(size)
    if name == "get_weather":
        dialog.editor.json.edit.setPlainText('{"city": "Oslo", "days": "3"}')
        settled(dialog, qtbot)
    dialog.grab()
    assert complaints(dialog, look.theme, tmp_path) == []


def test_the_permission_is_readable(open_dialog, engine: Engine, look, tmp_path) -> None:
    engine.permission = {**UNSIGNED, "file": "/a/very/long/path" * 20}
    dialog = open_dialog(None)
    dialog.fork.click()
    dialog.resize(760, 600)
    dialog.grab()
    assert complaints(dialog, look.theme, tmp_path) == []
