"""The one style sheet: what Fusion's palette cannot say, written with the names of roles."""

from __future__ import annotations

import re

from rollscope_desktop.ui.fonts import Fonts
from rollscope_desktop.ui.theme import Theme

_SHEET = """
QToolTip { background: {raised}; color: {text}; border: 1px solid {border}; padding: 4px 8px; }
QMenuBar { background: {window}; border-bottom: 1px solid {border}; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected { background: {raised}; }
QMenu { background: {panel}; border: 1px solid {border}; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 8px; border-radius: 4px; }
QMenu::item:selected { background: {selection}; color: {text}; }
QMenu::item:disabled { color: {muted}; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: {border}; margin: 4px 8px; }
QSplitter::handle { background: {border}; }
QSplitter::handle:hover { background: {accent}; }
QAbstractItemView { background: {panel}; border: none; outline: none; }
QHeaderView { background: {panel}; border: none; }
QTableView[role="plain"] QHeaderView::section { background: {panel}; color: {muted};
    border: none; border-bottom: 1px solid {border}; padding: 4px; }
QTableCornerButton::section { background: {panel}; border: none; }
QTreeView::item { padding: 2px 4px; border: none; }
QTreeView::item:hover { background: {raised}; }
QTreeView::item:selected, QTreeView::branch:selected { background: {selection}; color: {text}; }
QListWidget[role="side"] { border: 1.5px solid transparent; border-radius: 6px; }
QListWidget[role="side"]:focus { border-color: {accent}; }
QListWidget[role="side"]::item { padding: 5px 10px; border: none; }
QListWidget[role="side"]::item:hover { background: {raised}; }
QListWidget[role="side"]::item:selected { background: {selection}; color: {text}; }
QPlainTextEdit { background: {panel}; border: none; selection-background-color: {accent};
    selection-color: {on_bar}; }
QPlainTextEdit[role="field"] { border: 1px solid {border}; border-radius: 6px; }
QPlainTextEdit[role="field"]:focus { border: 1.5px solid {accent}; }
QTextEdit[role="code"] { background: {panel}; border: none; border-radius: 6px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: {border}; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; margin: 2px 3px; }
QScrollBar::handle:horizontal { min-width: 32px; margin: 3px 2px; }
QScrollBar::handle:hover { background: {muted}; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }
QToolButton { background: transparent; border: 1.5px solid transparent; border-radius: 6px;
    padding: 2px 4px; color: {text}; }
QToolButton:hover { background: {raised}; }
QToolButton:pressed, QToolButton:checked { background: {selection}; }
QToolButton:focus { border-color: {accent}; }
QToolButton:disabled { color: {muted}; }
QToolButton[role="link"] { color: {accent}; padding: 0 4px; }
QToolButton::menu-indicator { image: none; }
QPushButton { background: {raised}; border: 1px solid {border}; border-radius: 6px;
    padding: 5px 12px; color: {text}; min-height: 16px; }
QPushButton:hover { border-color: {muted}; }
QPushButton:pressed { background: {selection}; }
QPushButton:focus { border: 1.5px solid {accent}; }
QPushButton:default { background: {accent}; border-color: {accent}; color: {on_bar}; }
QPushButton:default:focus { border: 1.5px solid {text}; }
QPushButton:disabled { color: {muted}; }
QLineEdit { background: {panel}; border: 1px solid {border}; border-radius: 6px;
    padding: 4px 8px; }
QLineEdit:focus { border: 1.5px solid {accent}; padding: 3.5px 7.5px; }
QLineEdit[role="bare"], QLineEdit[role="bare"]:focus { border: none; padding: 0;
    background: transparent; }
QCheckBox, QRadioButton { border: 1.5px solid transparent; border-radius: 6px; padding: 2px 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: {accent}; }
QTabBar { background: {panel}; border: none; }
QTabBar::tab { background: transparent; color: {muted}; border: none; padding: 6px;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: {text}; }
QTabBar::tab:selected { color: {text}; border-bottom-color: {accent}; }
QTabBar::tab:focus { color: {accent}; }
QProgressBar { background: {raised}; border: none; border-radius: 2px; max-height: 4px;
    min-height: 4px; }
QProgressBar::chunk { background: {accent}; border-radius: 2px; }
QFrame[role="line"] { background: {border}; border: none; }
QWidget[role="panel"] { background: {panel}; }
QWidget[role="header"] { background: {panel}; border-bottom: 1px solid {border}; }
QWidget[role="status"] { background: {window}; border-top: 1px solid {border}; }
QWidget[role="notice"] { background: {raised}; border-bottom: 1px solid {border}; }
QWidget[role="banner"] { background: {raised}; border-radius: 6px; }
QLabel[role="muted"] { color: {muted}; }
QLabel[role="error"] { color: {error}; }
QLabel[role="warn"] { color: {warn}; }
QPushButton[role="card"] { background: {panel}; border: 1px solid {border}; border-radius: 6px;
    padding: 0; min-height: 116px; min-width: 200px; text-align: left; }
QPushButton[role="card"]:hover { border-color: {accent}; }
QPushButton[role="card"]:focus { border: 1.5px solid {accent}; }
QPushButton[role="recent"] { background: transparent; border: 1.5px solid transparent;
    padding: 4px 8px; text-align: left; }
QPushButton[role="recent"]:hover { background: {raised}; }
QPushButton[role="recent"]:focus { border-color: {accent}; }
QPushButton[role="new"] { background: {accent}; color: {on_bar}; border-color: {accent};
    padding: 2px 12px; }
QPushButton[role="new"]:focus { border: 1.5px solid {text}; }
QPushButton[role="new"]:disabled { background: {raised}; color: {muted}; border-color: {border}; }
QPushButton[role="go"] { background: {accent}; color: {on_bar}; border-color: {accent}; }
QPushButton[role="go"]:focus { border: 1.5px solid {text}; }
QPushButton[role="go"]:disabled { background: {raised}; color: {muted}; border-color: {border}; }
QPushButton[role="answer"] { padding: 2px 12px; }
"""


def stylesheet(theme: Theme, fonts: Fonts) -> str:
    """The sheet of a theme. Fonts are set on widgets, so that only tooltips need one here."""
    tokens = theme.tokens()
    sheet = re.sub(r"\{(\w+)\}", lambda match: tokens[match[1]], _SHEET)
    tooltip = f'font-family: "{fonts.ui.family()}"; font-size: {fonts.table.pixelSize()}px'
    return f"{sheet}\nQToolTip {{ {tooltip}; }}"
