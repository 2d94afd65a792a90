"""The page of rules: every field of every project, with effect at once, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.services.call_rules import CallRules
from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.ui.pages.rules import RulesPage
from rollscope_desktop.viewmodels.rules import OTHERS, RulesModel
from tests.app.services.held import FakeClient
from tests.app.ui.checks import complaints

SAID: dict[str, Any] = {
    "": {"max_steps": 50, "denied_tools": ["rm", "shell_*"]},
    "shop": {"max_steps": 200, "held_tools": ["pay"], "reason": "Ask Anna."},
}

Make = Callable[..., RulesPage]


class Engine(FakeClient):
    """Answers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.rules: dict[str, Any] = SAID
        self.trouble = ""
        self.refusal = ""

    def request(self, do: str, done: Any, failed: Any, **what: Any) -> None:
        super().request(do, done, failed, **what)
        if do == "set_rules" and self.refusal:
            self.refuse(EngineRefused("argument", self.refusal))
            return
        self.rules = what.get("rules", self.rules)
        self.answer(rules=self.rules, trouble=self.trouble)


@pytest.fixture
def engine(qapp) -> Engine:
    return Engine()


@pytest.fixture
def make(qtbot, look, engine: Engine, jobs: Jobs) -> Make:
    """Opens pages."""

    def page(project: str = OTHERS, parent: QWidget | None = None) -> RulesPage:
        model = RulesModel(CallRules(cast("Any", engine)), jobs)
        new = RulesPage(look, model, project, parent)
        model.setParent(new)
        new.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test closes it as well
        if parent is None:
            qtbot.addWidget(new)
        new.show()
        new.activateWindow()
        QApplication.processEvents()
        return new

    return page


def type_into(page: RulesPage, name: str, typed: str) -> None:
    edit = page._lines[name].edit
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, typed)


def projects(page: RulesPage) -> list[str]:
    return [page.projects.item(row).text() for row in range(page.projects.count())]


def test_all_other_projects_come_first(make: Make) -> None:
    page = make()
    assert projects(page) == ["All other projects  (2)", "shop  (3)"]
    assert page.title.text() == "All other projects"
    assert page._lines["max_steps"].edit.text() == "50"
    assert page._lines["denied_tools"].edit.text() == "rm, shell_*"
    assert not page._lines["max_steps"].own.isVisible()
    assert page._lines["max_tokens"].edit.placeholderText() == "No limit"


def test_a_field_has_effect_when_it_is_left(make: Make, engine: Engine) -> None:
    page = make()
    type_into(page, "max_tokens", "1000")
    assert engine.rules is SAID
    QTest.keyClick(page._lines["max_tokens"].edit, Qt.Key.Key_Tab)
    assert engine.rules[""] == {**SAID[""], "max_tokens": 1000}
    assert page._lines["max_tokens"].edit.text() == "1,000"
    type_into(page, "max_steps", "7")
    QTest.keyClick(page._lines["max_steps"].edit, Qt.Key.Key_Return)
    assert engine.rules[""]["max_steps"] == 7
    assert page.isVisible()


def test_what_was_typed_last_counts_when_the_page_is_closed(make: Make, engine: Engine) -> None:
    page = make()
    type_into(page, "held_models", "gpt-5*")
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert engine.rules[""]["held_models"] == ["gpt-5*"]


def test_what_is_no_rule_is_told_beside_its_field(make: Make, engine: Engine) -> None:
    page = make()
    line = page._lines["max_steps"]
    type_into(page, "max_steps", "many")
    QTest.keyClick(line.edit, Qt.Key.Key_Return)
    assert line.wrong.isVisible()
    assert line.wrong.text() == "“many” is not a whole number, like 1,000."
    assert engine.rules is SAID
    page.projects.setCurrentRow(1)
    assert not line.wrong.isVisible()
    assert line.edit.text() == "200"
    page.projects.setCurrentRow(0)
    assert line.edit.text() == "50"


def test_a_project_has_what_is_ticked(make: Make, engine: Engine) -> None:
    page = make("shop")
    lines = page._lines
    assert page.title.text() == "shop"
    assert [name for name, line in lines.items() if line.own.isChecked()] == [
        "max_steps", "held_tools", "reason",
    ]  # fmt: skip
    assert lines["denied_tools"].edit.text() == "rm, shell_*"
    assert not lines["denied_tools"].edit.isEnabled()

    lines["denied_tools"].own.setFocus()
    QTest.keyClick(lines["denied_tools"].own, Qt.Key.Key_Space)

    assert engine.rules["shop"]["denied_tools"] == ["rm", "shell_*"]
    assert QApplication.focusWidget() is lines["denied_tools"].edit
    QTest.keyClick(lines["denied_tools"].edit, Qt.Key.Key_Backspace)
    QTest.keyClick(lines["denied_tools"].edit, Qt.Key.Key_Tab)
    assert engine.rules["shop"]["denied_tools"] == []
    lines["denied_tools"].own.click()
    assert engine.rules["shop"] == SAID["shop"]
    assert lines["denied_tools"].edit.text() == "rm, shell_*"


def test_a_project_is_added_and_its_rules_are_removed(make: Make, engine: Engine) -> None:
    page = make()
    QTest.keyClicks(page.new, " billing ")
    QTest.keyClick(page.new, Qt.Key.Key_Return)
    assert page.title.text() == "billing"
    assert page.new.text() == ""
    assert page.isVisible()
    assert projects(page) == ["All other projects  (2)", "billing", "shop  (3)"]
    assert not page.remove.isEnabled()
    page._lines["max_steps"].own.click()
    type_into(page, "max_steps", "5")
    page.projects.setCurrentRow(2)
    assert engine.rules["billing"] == {"max_steps": 5}
    page.projects.setCurrentRow(1)
    page.remove.click()
    assert engine.rules == SAID
    assert projects(page)[1] == "billing"


def test_what_the_engine_refuses_is_told(make: Make, engine: Engine) -> None:
    page = make()
    engine.refusal = "The rules could not be saved: No space left on device."
    type_into(page, "max_steps", "7")
    QTest.keyClick(page._lines["max_steps"].edit, Qt.Key.Key_Return)
    assert page._lines["max_steps"].edit.text() == "50"
    assert engine.rules is SAID


def test_trouble_with_the_file_stands_above(make: Make, engine: Engine) -> None:
    assert not make().trouble.isVisible()
    engine.trouble = "The rules in rules.json cannot be read: no JSON. Every call is allowed."
    page = make()
    assert page.trouble.isVisible()
    assert page.trouble.text() == engine.trouble


def test_without_an_engine_nothing_can_be_set(qtbot, light, jobs: Jobs, qapp) -> None:
    client = FakeClient()
    page = RulesPage(light, RulesModel(CallRules(cast("Any", client)), jobs))
    qtbot.addWidget(page)
    page.show()
    assert not page._lines["max_steps"].isEnabled()
    client.refuse(EngineRefused("lost", "The engine is not running."))
    assert page.trouble.text() == "The engine is not running."
    assert page.trouble.isVisible()


def test_names_are_shown_and_not_obeyed(make: Make, engine: Engine) -> None:
    engine.rules = {"<b>x</b>\n\x1b[2J": {"max_steps": 1}}
    page = make("<b>x</b>\n\x1b[2J")
    assert page.title.text() == "<b>x</b> ␛[2J"
    assert page.title.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("project", [OTHERS, "shop"])
def test_it_is_readable_and_reachable(
    make: Make, engine: Engine, project: str, tmp_path, look, qtbot
) -> None:
    engine.trouble = "The rules in /some/where/rules.json cannot be read. Every call is allowed."
    page = make(project)
    page._lines["max_steps"].say_wrong("“many” is not a whole number, like 1,000.")
    QApplication.processEvents()
    assert complaints(page, look.theme, tmp_path) == []
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(720, 480)
    window.show()
    small = make(project, window)
    assert small.width() <= 720
    assert small.height() <= 480
