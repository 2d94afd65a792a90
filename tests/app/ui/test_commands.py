"""The table of commands: what it promises, when each can be given, and which keys are whose."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop import resources
from rollscope_desktop.ui.commands.menus import Menus
from rollscope_desktop.ui.commands.now import ALWAYS, Now
from rollscope_desktop.ui.commands.page import page
from rollscope_desktop.ui.commands.table import CHOICE, COMMANDS, LOCAL_KEYS, by_id, why_not
from rollscope_desktop.viewmodels.runs.choice import GROUPS
from rollscope_desktop.viewmodels.runs.order import ORDERS
from tests.conftest import ROOT

EVERYTHING = Now(
    runs=True, run=True, steps=True, span=True, live=True, errors=True, view="timeline",
    earlier=True, later=True, back=True, forward=True, narrow=True, held=True,
    listening=True, asked=True, pair=True, original=True, forks=True, compared=True,
    call=True,
)  # fmt: skip
TAKEN_BY_MAC = {"Ctrl+H", "Ctrl+M", "Ctrl+W", "Ctrl+Tab", "Ctrl+Space", "Ctrl+`", "Ctrl+Shift+3",
                "Ctrl+Shift+4", "Ctrl+Shift+5", "Ctrl+Shift+Q", "Ctrl+Alt+Esc"}  # fmt: skip
WINS = {("Timeline", "D"), ("Timeline", "0"), ("Compare", "N"), ("Compare", "P")}
"""Local keys that are meant to win over a command of the window."""


def portable(said: str) -> list[str]:
    """The keys of a row of LOCAL_KEYS as Qt writes them."""
    for arrow, name in (("→", "Right"), ("←", "Left"), ("↑", "Up"), ("↓", "Down")):
        said = said.replace(arrow, name)
    return [QKeySequence(key).toString() for key in said.split()]


def test_ids_and_keys_are_unique() -> None:
    ids = [command.id for command in COMMANDS]
    keys = [QKeySequence(command.key).toString() for command in COMMANDS if command.key]

    assert len(set(ids)) == len(ids)
    assert len({command.title for command in COMMANDS}) == len(COMMANDS)
    assert len(set(keys)) == len(keys)
    assert all(keys)
    assert by_id("app.quit").key == "Ctrl+Q"


def test_single_keys_are_unshifted_and_some_are_kept() -> None:
    single = {command.key for command in COMMANDS if len(command.key) == 1}

    assert single.isdisjoint("GWAS")
    assert all(key == QKeySequence(key).toString() for key in single)  # as Shift+… it is longer
    assert not TAKEN_BY_MAC & {command.key for command in COMMANDS}


def test_local_keys_stand_beside_the_commands() -> None:
    ours = {QKeySequence(command.key).toString() for command in COMMANDS if command.key}
    seen = set()
    for where, said, what in LOCAL_KEYS:
        assert where
        assert what
        for key in portable(said):
            assert key, said
            assert (where, key) not in seen
            seen.add((where, key))
            assert key not in ours or (where, key) in WINS, (where, key)


def test_keys_of_views_are_those_that_were_agreed() -> None:
    agreed = {
        "view.tree": "E", "view.list": "L", "view.timeline": "T", "view.conversation": "C",
        "view.compare": "M", "compare.swap": "X", "fork.step": "F",
        "view.runs": "R", "view.inspector": "I", "view.held": "H", "view.filter": "/",
        "find.here": "Ctrl+F", "palette.show": "Ctrl+K", "help.keys": "?", "span.next": "J",
        "span.back": "K",
        "tree.error": "N", "tree.error.back": "P", "select.back": "Alt+Left",
        "select.forward": "Alt+Right", "zoom.selection": "Z", "zoom.run": "0",
        "scope.back": "Backspace", "span.diff": "D", "play.toggle": "Space", "play.step": ".",
        "play.step.back": ",", "play.error": "]", "play.error.back": "[", "view.follow": "Ctrl+L",
        "span.copy": "Ctrl+Shift+C", "picture.save": "Ctrl+Shift+S", "run.trash": "Delete",
        **{f"tree.level.{n}": f"Ctrl+{n}" for n in range(1, 5)},
        **{f"play.speed.{n}": str(n) for n in range(1, 7)},
    }  # fmt: skip
    assert {id: by_id(id).key for id in agreed} == agreed


def test_every_order_and_group_of_the_run_list_has_a_command() -> None:
    for start, names in (("run.order.", ORDERS), ("run.group.", GROUPS)):
        ids = [c.id.removeprefix(start) for c in COMMANDS if c.id.startswith(start)]
        assert ids == list(names)


def test_the_page_is_what_the_table_says() -> None:
    """If not: python -m rollscope_desktop.ui.commands.page > docs/commands.md"""
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == page()
    assert all(f"| {command.title} |" in page() for command in COMMANDS)


def test_icons_are_there() -> None:
    assert all(resources.path(f"icons/{c.icon}.svg") for c in COMMANDS if c.icon)


def test_a_command_says_what_it_lacks() -> None:
    assert why_not(by_id("open.folder"), Now()) == ""
    assert why_not(by_id("reveal.tree"), Now()) == "needs a selected step"
    assert why_not(by_id("tree.expand"), EVERYTHING) == "needs the tree"
    assert why_not(by_id("tree.expand"), replace(EVERYTHING, view="tree")) == ""
    assert why_not(by_id("tree.error"), replace(EVERYTHING, errors=False)) != ""
    nothing = [c.id for c in COMMANDS if not why_not(c, Now())]
    assert nothing == [c.id for c in COMMANDS if c.when is ALWAYS]


def test_everything_that_now_tells_matters_to_some_command() -> None:
    full = {c.id for c in COMMANDS if not why_not(c, EVERYTHING)}
    for field in fields(Now):
        less = replace(EVERYTHING, **{field.name: type(getattr(EVERYTHING, field.name))()})
        assert {c.id for c in COMMANDS if not why_not(c, less)} < full, field.name


@pytest.fixture
def window(qtbot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    middle = QWidget()
    QVBoxLayout(middle)
    made.setCentralWidget(middle)
    return made


@pytest.fixture
def given() -> list[str]:
    return []


@pytest.fixture
def menus(light, window: QMainWindow, given: list[str]) -> Menus:
    made = Menus(light, window, window.menuBar())
    made.connect_handlers({c.id: partial(given.append, c.id) for c in COMMANDS})
    made.enable(EVERYTHING)
    return made


def place(window: Any, *controls: QWidget) -> None:
    """Put controls into a window that is shown and active."""
    for control in controls:
        window.centralWidget().layout().addWidget(control)
    window.show()
    window.activateWindow()
    QApplication.processEvents()
    assert window.isActiveWindow()


def press(window: QMainWindow, *keys: Any, held=Qt.KeyboardModifier.NoModifier) -> None:
    """Press keys as a person does: the system hands them to the window."""
    for key in keys:
        QTest.keyClick(window.windowHandle(), key, held)
    QApplication.processEvents()


def test_menus_hold_every_command(window: QMainWindow, menus: Menus, given: list[str]) -> None:
    menus.enable(replace(EVERYTHING, view="tree"))
    for command in COMMANDS:
        if menus.actions[command.id].isEnabled() and command.id != "open.recent":
            menus.actions[command.id].trigger()
    menus.enable(EVERYTHING)
    for command in COMMANDS:
        if command.id not in given and command.id != "open.recent":
            menus.actions[command.id].trigger()

    assert sorted(given) == sorted(c.id for c in COMMANDS if c.id != "open.recent")

    def inside(actions: list[QAction]) -> list[QAction]:
        menus_: list[Any] = [(a, a.menu()) for a in actions if not a.isSeparator()]
        return [e for a, m in menus_ for e in (inside(m.actions()) if m else [a])]

    shown = inside(window.menuBar().actions())
    assert [a for c in COMMANDS if (a := menus.actions[c.id]) not in shown] == [
        menus.actions["open.recent"]
    ]


def test_what_has_no_handler_is_an_error(light, window: QMainWindow) -> None:
    menus = Menus(light, window, window.menuBar())
    with pytest.raises(KeyError):
        menus.connect_handlers({})


def test_of_choices_one_is_checked(menus: Menus) -> None:
    for command in COMMANDS:
        if command.check == CHOICE:
            menus.check(command.id)
    checked = [id for id, action in menus.actions.items() if action.isChecked()]
    assert checked == ["timeline.colour.status", "view.theme.dark", "play.speed.6",
                       "run.group.none", "run.order.name"]  # fmt: skip
    menus.check("timeline.gaps")
    menus.check("timeline.gaps", False)
    assert not menus.actions["timeline.gaps"].isChecked()


def test_keys_give_commands(window: QMainWindow, menus: Menus, given: list[str]) -> None:
    place(window)
    press(window, "j", "k", Qt.Key.Key_Space, ".", ",", "]", "[", "0", "6", "/", "?", "z", "d",
          Qt.Key.Key_Backspace)  # fmt: skip
    press(window, "k", held=Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_Left, held=Qt.KeyboardModifier.AltModifier)

    assert given == [
        "span.next", "span.back", "play.toggle", "play.step", "play.step.back", "play.error",
        "play.error.back", "zoom.run", "play.speed.6", "view.filter", "help.keys",
        "zoom.selection", "span.diff", "scope.back", "palette.show", "select.back",
    ]  # fmt: skip


def test_a_command_that_lacks_something_takes_no_key(
    window: QMainWindow, menus: Menus, given: list[str]
) -> None:
    place(window)
    menus.enable(Now(runs=True))
    press(window, "j", Qt.Key.Key_Space, "n")
    assert given == []


def test_delete_belongs_to_the_list_of_runs(
    window: QMainWindow, menus: Menus, given: list[str]
) -> None:
    runs, other = QPlainTextEdit(readOnly=True), QPlainTextEdit(readOnly=True)
    menus.confine("Runs", runs)
    place(window, runs, other)
    other.setFocus()
    press(window, Qt.Key.Key_Delete)
    assert given == []
    runs.setFocus()
    press(window, Qt.Key.Key_Delete)
    assert given == ["run.trash"]


@pytest.mark.parametrize("make", [QLineEdit, QPlainTextEdit])
def test_what_is_typed_into_a_field_is_text(
    window: QMainWindow, menus: Menus, given: list[str], make: type
) -> None:
    field = make()
    place(window, field)
    field.setFocus()
    press(window, "j", "K", Qt.Key.Key_Space, "?", "/", ".", "1", "]", "x", Qt.Key.Key_Backspace)
    text = field.text() if isinstance(field, QLineEdit) else field.toPlainText()
    assert text.lower() == "jk ?/.1]"
    assert given == []
    press(window, "k", held=Qt.KeyboardModifier.ControlModifier)
    assert given == ["palette.show"]


def test_brackets_of_keyboards_that_need_two_keys_for_them(
    window: QMainWindow, menus: Menus, given: list[str]
) -> None:
    field = QLineEdit()
    place(window, field)
    field.setFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    press(window, "[", held=both)
    assert given == []


def test_controls_keep_their_keys(
    window: QMainWindow, menus: Menus, given: list[str], qtbot
) -> None:
    button, box, choices = QPushButton("Go"), QCheckBox("On"), QComboBox()
    choices.addItems(["alpha", "beta", "january"])
    slider, number = QSlider(Qt.Orientation.Horizontal), QSpinBox()
    place(window, button, box, choices, slider, number)
    clicks: list[int] = []
    button.clicked.connect(lambda: clicks.append(1))

    button.setFocus()
    press(window, Qt.Key.Key_Space)
    assert clicks == [1]
    box.setFocus()
    press(window, Qt.Key.Key_Space)
    assert box.isChecked()
    choices.setFocus()
    press(window, Qt.Key.Key_Down, "j")
    assert choices.currentText() == "january"
    slider.setFocus()
    press(window, Qt.Key.Key_Right)
    assert slider.value() == 1
    number.setFocus()
    number.selectAll()
    press(window, "4", "2")
    assert number.value() == 42
    assert given == []
    button.setFocus()
    press(window, "j")
    assert given == ["span.next"]


def test_an_open_menu_keeps_its_keys(
    window: QMainWindow, menus: Menus, given: list[str], qtbot
) -> None:
    place(window)
    menu: Any = window.menuBar().actions()[0].menu()
    menu.popup(window.mapToGlobal(window.rect().center()))
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_J)
    QTest.keyClick(menu, Qt.Key.Key_Space)
    menu.close()
    assert given == []


def test_reading_a_text_is_not_typing(window: QMainWindow, menus: Menus, given: list[str]) -> None:
    field = QPlainTextEdit("read me", readOnly=True)
    place(window, field)
    field.setFocus()
    press(window, "j", Qt.Key.Key_Space)
    assert given == ["span.next", "play.toggle"]
