"""The checks themselves find what they are meant to find."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tests.app.ui.checks import complaints, contrast, texts


@pytest.fixture
def page(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    return made


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)


def test_texts_are_found_where_they_are_drawn(page, light, tmp_path) -> None:
    label = QLabel("here", page)
    label.setGeometry(100, 50, 80, 20)
    label.show()
    [drawn] = texts(page, light.theme, tmp_path)
    assert drawn.text == "here"
    assert label.geometry().contains(drawn.box.center())
    assert drawn.colour == light.theme.text


def test_a_good_page_has_no_complaints(page, look, tmp_path) -> None:
    rows = QVBoxLayout(page)
    rows.addWidget(QLabel("A label"))
    rows.addWidget(QPushButton("Press"))
    assert complaints(page, look.theme, tmp_path) == []


def test_each_fault_is_told(page, look, tmp_path) -> None:
    faint = QLabel("faint", page)
    faint.setStyleSheet(f"color: {look.theme.border.name()}")
    faint.setGeometry(0, 0, 100, 20)
    long = QLabel("a text that is much longer than its label", page)
    long.setGeometry(0, 30, 60, 20)
    far = QPushButton("far", page)
    far.setGeometry(280, 60, 60, 30)
    nameless = QLineEdit(page)
    nameless.setGeometry(0, 100, 60, 24)
    skipped = QPushButton("skipped", page)
    skipped.setGeometry(0, 140, 90, 30)
    skipped.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for part in (faint, long, far, nameless, skipped):
        part.show()
    told = complaints(page, look.theme, tmp_path)
    starts = [said.split(":")[0] for said in told]
    assert starts == ["unreadable", "cut", "outside", "unreachable", "unreachable"]
    for word, said in zip(("faint", "much longer", "QPushButton", "QLineEdit", "QPushButton"), told,
                          strict=True):  # fmt: skip
        assert word in said

    long.setToolTip(long.text())
    assert not any(said.startswith("cut") for said in complaints(page, look.theme, tmp_path))
