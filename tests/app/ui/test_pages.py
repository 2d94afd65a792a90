"""The pages for keys, settings and about: complete, with effect at once, within small windows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from rollscope_desktop.platform import Places
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings, Values
from rollscope_desktop.ui.commands.table import COMMANDS, LOCAL_KEYS
from rollscope_desktop.ui.pages.about import SHIPS, AboutPage, packages, versions
from rollscope_desktop.ui.pages.keys import KeysPage, groups, halves
from rollscope_desktop.ui.pages.settings import SettingsPage
from tests.conftest import ROOT


def shown(qtbot, widget: QWidget) -> Any:
    qtbot.addWidget(widget)
    widget.show()
    QApplication.processEvents()
    return widget


def inks(widget: QWidget) -> int:
    image = widget.grab().toImage()
    places = ((x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))
    return len({image.pixel(x, y) for x, y in places})


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel)]


# Keys


def test_every_key_has_a_line() -> None:
    lines = [what for group in groups() for what, _ in group.rows]
    assert sorted(lines) == sorted(
        [*(c.title.rstrip("…") for c in COMMANDS if c.key), *(what for _, _, what in LOCAL_KEYS)]
    )


def test_columns_are_about_equal_and_lose_nothing() -> None:
    left, right = halves(groups())
    assert left + right == groups()
    assert abs(sum(map(len, left)) - sum(map(len, right))) <= max(map(len, groups()))
    assert halves([]) == ([], [])


def test_the_page_of_keys_finds_while_one_types(qtbot, look) -> None:
    page = shown(qtbot, KeysPage(look))
    assert "Go to Now" not in page.shown()  # it has no key
    assert "Play or Pause" in page.shown()
    assert inks(page) > 20
    QTest.keyClicks(page.field, "previous go")
    assert "Previous Step" in page.shown()
    assert "Play or Pause" not in page.shown()
    assert page.nothing.isHidden()
    QTest.keyClicks(page.field, " nothing")
    assert page.shown() == []
    assert page.nothing.isVisible()
    page.field.setText("ctrl+k")
    assert page.shown() == ["Command Palette"]
    headings = [label for label in page.findChildren(QLabel) if label.font() == look.fonts.strong]
    assert [label.text() for label in headings if label.isVisible()] == ["View"]


def test_pages_stay_inside_a_small_window(qtbot, light, settings: Settings, places) -> None:
    window = QWidget()
    window.resize(720, 480)
    shown(qtbot, window)
    for page in (KeysPage(light, window), SettingsPage(light, settings, places, window),
                 AboutPage(light, window)):  # fmt: skip
        page.show()
        assert page.width() <= 720
        assert page.height() <= 480
        page.close()


# Settings


@pytest.fixture
def settings(tmp_path: Path, qapp) -> Settings:
    return Settings(tmp_path / "settings.json", Notices())


def test_each_choice_takes_effect_at_once(qtbot, look, settings: Settings, places: Places) -> None:
    page = shown(qtbot, SettingsPage(look, settings, places))
    page.themes["dark"].click()
    for box in (page.compact, page.still, page.notify, page.fold_gaps):
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
    page.order.setFocus()
    QTest.keyClick(page.order, Qt.Key.Key_Down)
    QTest.keyClick(page.group, Qt.Key.Key_End)

    assert settings.values == Values(
        theme="dark", compact=True, still=True, notify=True, fold_gaps=False, order="duration",
        group="none",
    )  # fmt: skip
    assert inks(page) > 20


def test_the_page_follows_what_is_set_elsewhere(qtbot, light, settings: Settings, places) -> None:
    settings.set_order("an order of another version")
    page = shown(qtbot, SettingsPage(light, settings, places))
    assert page.order.currentIndex() == 0
    settings.set_theme("light")
    settings.set_order("name")
    settings.set_compact(True)
    settings.add_recent("/logs/<b>night</b>")
    assert page.themes["light"].isChecked()
    assert page.order.currentText() == "By name"
    assert page.compact.isChecked()
    assert "/logs/<b>night</b>" in texts(page)
    page.defaults.click()
    assert settings.values == Values(recent=("/logs/<b>night</b>",))
    assert page.themes["system"].isChecked()
    assert not page.compact.isChecked()


def test_folders_can_be_forgotten(qtbot, light, settings: Settings, places) -> None:
    settings.add_recent("/a")
    settings.add_recent("/b")
    page = shown(qtbot, SettingsPage(light, settings, places))
    [button] = [b for b in page.findChildren(QToolButton) if b.accessibleName() == "Forget /a"]
    button.click()
    assert settings.values.recent == ("/b",)
    page.forget.click()
    assert not settings.values.recent
    assert page.forget.isHidden()


def test_the_theme_can_change_while_it_is_open_and_after(
    qtbot, light, settings: Settings, places
) -> None:
    settings.add_recent("/a")
    page = SettingsPage(light, settings, places)
    page.show()
    settings.changed.connect(lambda name: light.choose(settings.theme))
    page.themes["dark"].click()
    assert light.theme.dark
    assert page.grab().toImage().pixelColor(4, 4).lightness() < 60
    with qtbot.waitSignal(page.destroyed):
        page.close()
    settings.set_theme("light")
    assert not light.theme.dark


def test_places_can_be_copied_and_opened(
    qtbot, light, settings: Settings, places: Places, monkeypatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    page = shown(qtbot, SettingsPage(light, settings, places))
    buttons = {b.accessibleName(): b for b in page.findChildren(QToolButton)}
    buttons["Copy the path of cache"].click()
    assert QGuiApplication.clipboard().text() == str(places.cache)
    buttons["Open the folder of data"].click()
    assert [url.toLocalFile() for url in opened] == [str(places.data)]
    size = next(said for said in texts(page) if said.startswith("The index"))
    assert re.match(r"The index of [\d.]+ MB\. ", size)


def test_the_environment_is_named_when_it_decides(
    qtbot, light, settings: Settings, places, monkeypatch
) -> None:
    monkeypatch.setenv("ROLLSCOPE_THEME", "dark")
    page = shown(qtbot, SettingsPage(light, settings, places))
    assert page.themes["dark"].isChecked()
    assert any("ROLLSCOPE_THEME" in said for said in texts(page))


def test_every_control_can_be_reached_and_has_a_name(
    qtbot, light, settings: Settings, places
) -> None:
    settings.add_recent("/a")
    for page in (SettingsPage(light, settings, places), KeysPage(light), AboutPage(light)):
        shown(qtbot, page)
        reached = [
            w
            for w in page.findChildren(QWidget)
            if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        assert reached
        assert [w for w in reached if not (w.accessibleName() or getattr(w, "text", str)())] == []


# About


def test_what_ships_is_what_the_page_of_dependencies_names() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    ships = page[: page.index("## `bench`")]
    named = re.findall(r"^\| ([\w-]+) \| [^|]+ \| [\d.]+ MB", ships, re.MULTILINE)
    assert sorted(SHIPS) == sorted(named)


def test_each_package_has_a_version_and_a_licence_that_may_ship() -> None:
    found = packages()
    names = [package.name for package in found]
    assert set(SHIPS) <= set(names)
    assert "shiboken6" in names
    assert len(set(names)) == len(names)
    for package in found:
        assert re.match(r"\d", package.version)
        assert package.licence
        assert not re.search(r"(?<!L)GPL", package.licence), package


def test_about_says_what_it_runs_on_and_can_be_copied(qtbot, look) -> None:
    page = shown(qtbot, AboutPage(look))
    page.copied.click()
    copied = QGuiApplication.clipboard().text()
    assert [line.split()[0] for line in copied.splitlines()[:6]] == [
        "Rollscope", "Python", "Qt", "PySide6", "SQLite", "System",
    ]  # fmt: skip
    assert all(version for _, version in versions())
    assert "numpy" in copied
    assert any("Lesser General Public License" in said for said in texts(page))
    assert inks(page) > 20
