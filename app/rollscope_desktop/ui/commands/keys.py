"""Keys: how they are written, and which of them a focused control keeps from the commands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

_Key = Qt.Key
_PRESS = frozenset({_Key.Key_Space, _Key.Key_Return, _Key.Key_Enter, _Key.Key_Select})
_WALK = frozenset(
    {
        _Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down,
        _Key.Key_Home, _Key.Key_End, _Key.Key_PageUp, _Key.Key_PageDown,
    }
)  # fmt: skip
_EDIT = frozenset({_Key.Key_Backspace, _Key.Key_Delete, _Key.Key_Escape}) | _WALK
_SHIFT = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
_COMMAND = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


def native(keys: str) -> str:
    """Keys as this system writes them; signs that stand for themselves stay."""
    form = QKeySequence.SequenceFormat.NativeText
    return "  ".join(
        QKeySequence(key).toString(form) if key.isascii() and len(key) > 1 else key
        for key in keys.split()
    )


class ControlKeys(QObject):
    """Watches a window. Qt asks the focused widget, and then those around it, whether a key is
    theirs before it looks for a shortcut; buttons do not answer, so that the window does. Enter
    presses a focused button, which Qt does in dialogs only."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focused = QApplication.focusWidget()
            if focused is not None and is_own_key(focused, event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            focused = QApplication.focusWidget()
            enter = event.key() in (_Key.Key_Return, _Key.Key_Enter)
            if enter and isinstance(focused, QAbstractButton) and not event.isAutoRepeat():
                focused.click()
                return True
        return False


def is_own_key(control: QWidget, event: QKeyEvent) -> bool:
    """Whether a key does something in a control that a command must not take from it."""
    key = Qt.Key(event.key())
    bare = not event.modifiers() & ~_SHIFT
    if _takes_text(control):
        return _is_text(event) or (bare and key in _EDIT)
    if not bare:
        return False
    if isinstance(control, QComboBox):
        return key in _PRESS or key in _WALK or _is_text(event)
    if isinstance(control, QMenuBar):
        return True
    if isinstance(control, QAbstractButton):
        return key in _PRESS or key in _WALK
    return isinstance(control, QAbstractSlider | QTabBar) and key in _WALK


def _takes_text(control: QWidget) -> bool:
    if isinstance(control, QLineEdit | QTextEdit | QPlainTextEdit | QAbstractSpinBox):
        return control.isEnabled() and not control.isReadOnly()
    return False


def _is_text(event: QKeyEvent) -> bool:
    """Whether a key writes something. Some keyboards write ``[`` and ``@`` with Ctrl and Alt."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    held = event.modifiers() & _COMMAND
    return event.text().isprintable() and event.text() != "" and (not held or held == both)
