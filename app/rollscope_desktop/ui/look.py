"""How the program looks now: theme, fonts, icons and density, and the news that they changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QStyle

from rollscope_desktop.ui import theme as themes
from rollscope_desktop.ui.fonts import Fonts, make_fonts
from rollscope_desktop.ui.icons import Icons
from rollscope_desktop.ui.stylesheet import stylesheet


class Look(QObject):
    """What widgets read when they paint; they repaint when it says ``changed``.

    ``choice`` is "light", "dark" or "system".
    """

    changed = Signal()

    def __init__(self, choice: str = "system", compact: bool = False, still: bool = False) -> None:
        super().__init__()
        self._still = still
        self.fonts: Fonts = make_fonts()
        self.icons = Icons()
        self.compact = compact
        self.choice = choice
        self.theme = themes.LIGHT
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow_system)
        self.choose(choice)

    @property
    def row(self) -> int:
        """The height of a row with one line."""
        return 22 if self.compact else 26

    @property
    def tall_row(self) -> int:
        """The height of a row with two lines."""
        return 40 if self.compact else 46

    @property
    def still(self) -> bool:
        """Whether the person wants nothing to move: said in the settings, or to the system, which
        Qt tells as animations of no length."""
        style = QApplication.style()
        return self._still or style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0

    def icon(self, name: str, role: str = "muted") -> QIcon:
        """An icon in the colour of a role, for buttons and menus."""
        off = themes.blend(self.theme.muted, self.theme.panel, 0.45)
        return self.icons.icon(name, getattr(self.theme, role), off)

    def choose(self, choice: str) -> None:
        """Use a theme from now on."""
        scheme = Qt.ColorScheme
        self.choice = choice
        wanted = {"light": scheme.Light, "dark": scheme.Dark}.get(choice, scheme.Unknown)
        QGuiApplication.styleHints().setColorScheme(wanted)
        self._apply(self._theme_of(wanted))

    def set_compact(self, compact: bool) -> None:
        """Use low rows, or rows of the usual height."""
        if compact != self.compact:
            self.compact = compact
            self.changed.emit()

    def set_still(self, still: bool) -> None:
        """Let nothing move, or what the system lets move."""
        if still != self._still:
            self._still = still
            self.changed.emit()

    def _theme_of(self, wanted: Qt.ColorScheme) -> themes.Theme:
        scheme = Qt.ColorScheme
        if wanted == scheme.Unknown:
            wanted = QGuiApplication.styleHints().colorScheme()
        return themes.DARK if wanted == scheme.Dark else themes.LIGHT

    def _follow_system(self) -> None:
        if self.choice not in ("light", "dark"):
            self._apply(self._theme_of(Qt.ColorScheme.Unknown))

    def _apply(self, theme: themes.Theme) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme = theme
        app.setPalette(themes.palette(theme))
        for kind in ("QCheckBox", "QRadioButton", "QComboBox", "QSpinBox"):
            # Qt's stubs say bytes; only str is taken.
            app.setPalette(themes.outlined(theme), kind)  # type: ignore[arg-type]
        app.setFont(self.fonts.ui)
        app.setStyleSheet(stylesheet(theme, self.fonts))
        self.changed.emit()
