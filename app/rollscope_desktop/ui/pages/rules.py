"""The page of rules for calls: a project on the left, what holds for it on the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rules import LONGEST, RulesError
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.parts import foot, scrolled
from rollscope_desktop.ui.panel import line
from rollscope_desktop.viewmodels.rules import GROUPS, OTHERS, Field, RulesModel

SIZE = QSize(780, 660)
_LEFT = 208
_LABEL = 160
_PROJECT = Qt.ItemDataRole.UserRole
_WORDS = (
    "Programs that ask before their calls (server_enforcement, of rollscope and of retrace-sdk) "
    "are answered by these rules. Others are not stopped by them."
)
_OTHERS = "These rules hold for every project that does not say otherwise."
_OWN = "What is ticked is set for this project; the rest is as for all other projects."


class RulesPage(QDialog):
    """Everything has effect at once, and follows the engine while it is open."""

    def __init__(
        self, look: Look, model: RulesModel, project: str = OTHERS, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._model = look, model
        self._project = project
        self._lines: dict[str, _Line] = {}
        self.setWindowTitle("Rules for Calls")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.remove = QPushButton("Remove Rules of This Project")
        self.remove.clicked.connect(lambda: model.clear(self._project))
        columns = QHBoxLayout()
        columns.setSpacing(0)
        columns.addWidget(self._left())
        columns.addWidget(line(upright=True))
        columns.addWidget(self._right(), 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(columns, 1)
        rows.addWidget(line())
        rows.addLayout(foot(self, self.remove))
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(48, 48))
        self.resize(room.expandedTo(QSize(560, 320)))
        model.changed.connect(self._follow)
        model.failed.connect(self._say_trouble)
        self.projects.currentItemChanged.connect(self._choose)
        self.show_project(project)

    def show_project(self, project: str) -> None:
        """Go to a project, which may have no rules yet."""
        self._take_over()
        self._project = self._model.add(project)
        self._follow()

    def done(self, result: int) -> None:
        """Close; what was typed last counts."""
        self._take_over()
        super().done(result)

    # Parts

    def _left(self) -> QWidget:
        self.projects = QListWidget()
        self.projects.setAccessibleName("Projects")
        self.projects.setProperty("role", "side")
        self.projects.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.projects.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.projects.setUniformItemSizes(True)
        self.new = QLineEdit()
        self.new.setPlaceholderText("Add a project")
        self.new.setAccessibleName("Add a project by its name")
        self.new.setMaxLength(LONGEST)
        self.new.returnPressed.connect(self._add)
        left = QWidget()
        left.setFixedWidth(_LEFT)
        left.setProperty("role", "panel")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        below = QVBoxLayout()
        below.setContentsMargins(8, 8, 8, 8)
        below.addWidget(self.new)
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 8, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.projects, 1)
        rows.addLayout(below)
        return left

    def _right(self) -> QWidget:
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(24, 16, 24, 16)
        rows.setSpacing(8)
        self.trouble = _label("", "error")
        self.trouble.hide()
        self.title = _label("", "title")
        self.title.setFont(self._look.fonts.title)
        self.about = _label("", "muted")
        for label in (self.trouble, self.title, self.about):
            rows.addWidget(label)
        for heading, fields in GROUPS:
            rows.addSpacing(8)
            label = _label(heading, "heading")
            label.setFont(self._look.fonts.strong)
            rows.addWidget(label)
            for field in fields:
                made = self._lines[field.name] = _Line(self._look, field)
                made.edit.editingFinished.connect(lambda name=field.name: self._commit(name))
                made.own.clicked.connect(lambda on, name=field.name: self._set_own(name, on))
                rows.addWidget(made)
        rows.addSpacing(8)
        rows.addWidget(line())
        words = _label(_WORDS, "muted")
        words.setFont(self._look.fonts.table)
        rows.addWidget(words)
        rows.addStretch(1)
        return scrolled(page, "Rules of the project")

    # What is so now

    def _follow(self) -> None:
        """Show what the model has; a field that is being typed into is left alone."""
        model, project = self._model, self._project
        self._list_projects()
        if model.trouble or model.known:
            self._say_trouble(model.trouble)
        self.title.setText(_shown(project))
        self.about.setText(_OWN if project else _OTHERS)
        self.remove.setEnabled(model.known and model.count(project) > 0)
        self.remove.setText("Remove Rules of This Project" if project else "Remove These Rules")
        for name, made in self._lines.items():
            made.setEnabled(model.known)
            own = model.is_own(project, name)
            made.show_value(model.typed(project, name), own=own, everyone=not project)

    def _list_projects(self) -> None:
        wanted = self._model.projects()
        self.projects.blockSignals(True)
        there = [self.projects.item(n).data(_PROJECT) for n in range(self.projects.count())]
        if there != wanted:
            self.projects.clear()
            for name in wanted:
                item = QListWidgetItem()
                item.setData(_PROJECT, name)
                item.setToolTip(text.one_line(name, 1000))
                self.projects.addItem(item)
            self.new.setCompleter(QCompleter([name for name in wanted if name], self.new))
        for row, name in enumerate(wanted):
            item, count = self.projects.item(row), self._model.count(name)
            item.setText(f"{_shown(name)}  ({count:,})" if count else _shown(name))
            said = f"{_shown(name)}, {text.count(count, 'rule')}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
            if name == self._project:
                self.projects.setCurrentRow(row)
        self.projects.blockSignals(False)

    def _say_trouble(self, sentence: str) -> None:
        self.trouble.setText(text.visible(sentence))
        self.trouble.setVisible(bool(sentence))

    # What is done

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._take_over()
            self._project = item.data(_PROJECT)
            self._follow()

    def _take_over(self) -> None:
        """What was typed counts if it can, and is forgotten if not."""
        for name, made in self._lines.items():
            self._commit(name)
            made.forget()

    def _add(self) -> None:
        if not self.new.text().strip():
            return
        try:
            name = self._model.add(self.new.text())
        except RulesError as error:
            self._say_trouble(str(error))
            return
        self.new.clear()
        self.show_project(name)
        self.projects.setFocus(Qt.FocusReason.OtherFocusReason)

    def _commit(self, name: str) -> None:
        made = self._lines[name]
        if not made.edit.isModified():
            return
        try:
            self._model.set(self._project, name, made.edit.text())
        except RulesError as error:
            made.say_wrong(str(error))
        else:
            made.forget()
            self._follow()

    def _set_own(self, name: str, own: bool) -> None:
        made = self._lines[name]
        made.forget()
        self._model.set_own(self._project, name, own)
        if own:
            made.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            made.edit.selectAll()


class _Line(QWidget):
    """A field with its name, which can be ticked where a project may have its own."""

    def __init__(self, look: Look, field: Field) -> None:
        super().__init__()
        self._field = field
        self.own = QCheckBox(field.title)
        self.own.setAccessibleName(f"{field.title}: of its own for this project")
        title = QLabel(field.title)
        title.setContentsMargins(4, 0, 0, 0)
        names = QWidget()
        names.setFixedWidth(_LABEL)
        self._names = QStackedLayout(names)
        self._names.addWidget(title)
        self._names.addWidget(self.own)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(field.title)
        self.edit.setPlaceholderText(field.none)
        self.wrong = _label("", "error")
        self.wrong.setFont(look.fonts.table)
        self.wrong.hide()
        hint = _label(field.hint, "muted")
        hint.setFont(look.fonts.table)
        hint.setVisible(bool(field.hint))
        said = QVBoxLayout()
        said.setSpacing(4)
        for widget in (self.edit, self.wrong, hint):
            said.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(names, 0, Qt.AlignmentFlag.AlignTop)
        names.setFixedHeight(self.edit.sizeHint().height())
        row.addLayout(said, 1)

    def show_value(self, typed: str, *, own: bool, everyone: bool) -> None:
        """Show what holds; only what is of a project's own can be changed there."""
        self._names.setCurrentIndex(0 if everyone else 1)
        self.own.setChecked(own)
        self.edit.setEnabled(own or everyone)
        if not self.edit.isModified():
            self.edit.setText(typed)

    def say_wrong(self, sentence: str) -> None:
        """Say why what was typed does not count."""
        self.wrong.setText(text.visible(sentence))
        self.wrong.show()

    def forget(self) -> None:
        """What was typed is done with."""
        self.edit.setModified(False)
        self.wrong.hide()


def _shown(project: str) -> str:
    return text.one_line(project, 80) if project else "All other projects"


def _label(said: str, role: str) -> QLabel:
    label = QLabel(said)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
