"""Where the call goes, and with whose key: nothing is sent that is not said here."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.ui.fork.parts import Choices, label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.try_call.model import DIALECTS, TryCall


class PlaceForm(QWidget):
    """Writes into the model at once, and follows it."""

    def __init__(self, look: Look, model: TryCall) -> None:
        super().__init__()
        self._model = model
        self._shown = ""
        self.dialect = Choices("Dialect of the provider", DIALECTS)
        self.url = QLineEdit()
        self.url.setAccessibleName("Address that the call is sent to")
        self.where = label("", "muted", look.fonts.table)
        self.key = QLineEdit()
        self.key.setAccessibleName("Key")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.keep = QPushButton("Store Key in Keychain")
        self.keep.setAutoDefault(False)
        self.about_key = label("", "muted", look.fonts.table)
        self.allow = QCheckBox()
        self._lay_out()
        self.dialect.activated.connect(lambda _: model.set_dialect(self.dialect.key))
        self.url.textEdited.connect(model.set_url)
        self.key.textEdited.connect(model.set_key)
        self.keep.clicked.connect(model.keep_key)
        self.allow.clicked.connect(model.allow)
        model.placed.connect(self.follow)
        model.opened.connect(self.follow)

    def _lay_out(self) -> None:
        keys = QHBoxLayout()
        keys.setSpacing(8)
        keys.addWidget(self.key, 1)
        keys.addWidget(self.keep)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        self.dialect.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        for row, name, part in (
            (0, "Speaks", self.dialect), (1, "Address", self.url), (3, "Key", keys),
        ):  # fmt: skip
            title = QLabel(name)
            grid.addWidget(title, row, 0, top)
            if isinstance(part, QHBoxLayout):
                grid.addLayout(part, row, 1)
                title.setBuddy(self.key)
            else:
                grid.addWidget(part, row, 1)
                title.setBuddy(part)
        grid.addWidget(self.where, 2, 1)
        grid.addWidget(self.allow, 4, 1)
        grid.addWidget(self.about_key, 5, 1)

    def follow(self) -> None:
        """Show what the model knows."""
        model, place = self._model, self._model.place
        self.dialect.choose(model.dialect)
        if not self.url.hasFocus() or not model.url:
            shown = model.url or ("" if place is None else place.url)
            if shown != self.url.text() and not self.url.hasFocus():
                self.url.setText(shown)
                self.url.setCursorPosition(0)
        self._say_where()
        known = place is not None and bool(place.provider)
        asks = (
            place is not None and not known and bool(model.key or place.key not in ("", "keychain"))
        )
        self.allow.setVisible(asks)
        if place is not None:
            name = text.middle_cut(text.one_line(place.place), 60)
            self.allow.setText(f"Send my key to {name}".replace("&", "&&"))
            self.allow.setChecked(model.allowed)
        self.key.setPlaceholderText(self._placeholder())
        self.keep.setVisible(bool(model.key) and place is not None)
        self.keep.setEnabled(place is not None and not place.no_keychain)
        said = model.kept
        if not said and model.key and place is not None and place.no_keychain:
            said = place.no_keychain
        self.about_key.setText(text.visible(said))
        self.about_key.setVisible(bool(said))

    def _say_where(self) -> None:
        model, place = self._model, self._model.place
        role, said = "muted", ""
        if model.misplaced:
            role, said = "error", model.misplaced
        elif place is not None:
            name = text.middle_cut(text.one_line(place.place), 80)
            if place.provider:
                said = f"The messages go to {place.provider} ({name})."
            elif place.here:
                said = f"The messages go to a server on this machine ({name})."
            else:
                role = "warn"
                said = f"The messages go to {name}, which is not known to be a provider's."
        self.where.setText(said)
        if self.where.property("role") != role:
            self.where.setProperty("role", role)
            self.where.style().unpolish(self.where)
            self.where.style().polish(self.where)

    def _placeholder(self) -> str:
        place = self._model.place
        if place is None:
            return ""
        if place.key == "keychain":
            return "The one in the keychain is used"
        if place.key:
            used = "is used" if self._model.allowed else "is not sent there unless you allow it"
            return f"{place.key} {used}"
        if place.provider:
            return f"Type your key, or set {place.variables[0]}" if place.variables else "Type it"
        return "None is sent"
