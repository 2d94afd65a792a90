"""The timeline as a person uses it: pointer, wheel, keys, selection, range, and what is painted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.timeline.canvas import Canvas
from rollscope_desktop.ui.timeline.view import Timeline
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import SECOND, Index, Log, make_index, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Outline

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    made = make_index(tmp_path)
    yield made
    made.writer.close()


@pytest.fixture
def run(index: Index, qapp) -> Iterator[OpenRun]:
    jobs = Jobs(index.path, Notices())
    made = OpenRun(jobs)
    yield made
    made.show(None)
    jobs.close()


def special() -> bytes:
    """A model that was waited for, tools at once of which one fails, and steps of a fork."""
    log = Log(run_key(1))

    def step(kind: str, name: str, after: float, **more: object) -> tuple[bytes, str]:
        span = log.span_id()
        return log.line("span.start", round(after * SECOND), span=span, parent=root, kind=kind,
                        name=name, **more), span  # fmt: skip

    def end(span: str, after: float, status: str = "ok", **more: object) -> bytes:
        return log.line("span.end", round(after * SECOND), span=span, status=status, **more)

    out = log.line("run.start", v=1, name="special")
    root = log.span_id()
    out += log.line("span.start", span=root, kind="agent", name="assistant")
    line, model = step("llm", "chat", 0.1)
    usage = {"model": "m", "input_tokens": 9, "output_tokens": 1}
    out += line + end(model, 2, first_token=log.now + SECOND, usage=usage)
    (a, first), (b, second) = step("tool", "search", 0.1), step("tool", "fetch", 0.2)
    out += a + b + end(first, 1, "error") + end(second, 1)
    line, played = step("tool", "played", 0.1, replay={"how": "played"})
    out += line + end(played, 1)
    line, edited = step("llm", "edited", 0.1, replay={"how": "edited"})
    out += line + end(edited, 1)
    line, stopped = step("tool", "stopped", 0.1)
    out += line + end(stopped, 1, "cancelled")
    line, _ = step("tool", "still at work", 0.1)
    return out + line + log.line("event", SECOND, name="seen")


def show(qtbot, look: Look, run: OpenRun, index: Index, data: bytes) -> Timeline:
    [number] = index.grow("a.jsonl", data)
    view = Timeline(look, run)
    qtbot.addWidget(view)
    view.resize(1000, 400)
    view.show()
    run.selection.select_run(number)
    run.show(number)
    qtbot.waitUntil(lambda: run.watch.whole and view.is_ready() and view.model.lanes is not None)
    settle(qtbot, view)
    return view


def settle(qtbot, view: Timeline) -> None:
    """Until the names of what is painted are there."""

    def there() -> bool:
        view.canvas.grab()
        return not run_wants(view.run)

    qtbot.waitUntil(there)


def outline_of(run: OpenRun) -> Outline:
    assert run.watch.outline is not None
    return run.watch.outline


def run_wants(run: OpenRun) -> bool:
    return bool(run.details._wanted) or run.jobs.is_busy(run.details, "rows")


@pytest.fixture
def timeline(qtbot, light: Look, run: OpenRun, index: Index) -> Timeline:
    return show(qtbot, light, run, index, simple_run(1, 9))


def point(view: Timeline, n: int) -> QPoint:
    """The middle of the bar of a span."""
    box = view.canvas._painter._box(view.canvas._scene(), n)
    assert box is not None
    return box.center()


def move(canvas: Canvas, at: QPoint, button=Qt.MouseButton.NoButton, held=NONE) -> None:
    spot = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, spot, canvas.mapToGlobal(spot), Qt.MouseButton.NoButton, button, held
    )
    QApplication.sendEvent(canvas, event)


def drag(canvas: Canvas, start: QPoint, end: QPoint, held=NONE) -> None:
    QTest.mousePress(canvas, LEFT, held, start)
    for share in (0.3, 1.0):
        move(canvas, start + (end - start) * share, LEFT, held)
    canvas.grab()
    QTest.mouseRelease(canvas, LEFT, held, end)


def wheel(canvas: Canvas, at: QPoint, by: int, held=NONE) -> None:
    spot = QPointF(at)
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, by), Qt.MouseButton.NoButton, held,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_it_paints_in_both_themes_whatever_there_is(qtbot, look: Look, run, index) -> None:
    view = show(qtbot, look, run, index, special())
    canvas, theme = view.canvas, look.theme
    view.show_span(outline_of(run).structure.id_of(1))
    for toggle in (view.toggle_path, view.toggle_tokens, view.toggle_clock):
        toggle()
    run.scope.set_range((SECOND, 3 * SECOND))
    run.playhead.set(4 * SECOND)
    move(canvas, point(view, 2))
    model = view.model
    qtbot.waitUntil(lambda: bool(view.grab() and model.path and model.tokens and model.sums))
    run.playhead.set(None)
    run.scope.set_range(None)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    settle(qtbot, view)
    image = canvas.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(60, 180)}
    for colour in (theme.kind("llm"), theme.kind("tool"), theme.kind("agent"), theme.error,
                   theme.warn, theme.accent):  # fmt: skip
        assert colour.name() in colours


def test_waiting_for_the_model_is_lighter(qtbot, light: Look, run, index) -> None:
    view = show(qtbot, light, run, index, special())
    [first_token] = [
        row.first_token for n in range(8)
        if (row := run.details.row(outline_of(run).structure.id_of(n))) and row.first_token
    ]  # fmt: skip
    image = view.canvas.grab().toImage()
    y = point(view, 1).y() - 8
    answer = view.canvas.view.x(first_token - run.watch.axis.start)
    solid, waiting = image.pixelColor(answer + 3, y), image.pixelColor(answer - 3, y)
    assert solid == light.theme.kind("llm")
    assert waiting.lightness() > solid.lightness()


def test_a_click_selects_and_beside_everything_nothing_is_selected(timeline: Timeline) -> None:
    canvas = timeline.canvas
    structure = outline_of(timeline.run).structure
    QTest.mouseClick(canvas, LEFT, NONE, point(timeline, 3))
    assert timeline.run.selection.span == structure.id_of(3)
    assert canvas.selected == 3
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(500, 390))
    assert timeline.run.selection.span is None
    assert canvas.selected is None


def test_the_wheel_zooms_at_the_pointer_and_with_shift_it_pans(timeline: Timeline) -> None:
    canvas, at = timeline.canvas, QPoint(300, 200)
    held = canvas.view.moment(300)
    wheel(canvas, at, 480)
    closer = canvas.view
    assert closer.scale > 1.5 * timeline.model.whole(canvas.width()).scale
    assert abs(closer.x(held) - 300) <= 1
    wheel(canvas, at, -120, SHIFT)
    assert canvas.view.start > closer.start
    wheel(canvas, at, -4800)
    assert canvas.view.is_whole
    assert timeline.run.scope.scope.zoom is None


def test_one_step_back_undoes_many_turns_of_the_wheel(timeline: Timeline) -> None:
    for _ in range(5):
        wheel(timeline.canvas, QPoint(300, 200), 120)
    timeline.run.scope.back()
    assert timeline.canvas.view.is_whole


def test_w_a_s_d(timeline: Timeline) -> None:
    canvas = timeline.canvas
    for key, check in (
        (Qt.Key.Key_W, lambda a, b: b.scale > a.scale),
        (Qt.Key.Key_W, lambda a, b: b.scale > a.scale),
        (Qt.Key.Key_D, lambda a, b: b.start > a.start),
        (Qt.Key.Key_A, lambda a, b: b.start < a.start),
        (Qt.Key.Key_S, lambda a, b: b.scale < a.scale),
    ):
        before = canvas.view
        override = QKeyEvent(QEvent.Type.ShortcutOverride, key, NONE)
        override.ignore()
        QApplication.sendEvent(canvas, override)
        assert override.isAccepted(), "a shortcut of the window would take it"
        QTest.keyClick(canvas, key)
        assert check(before, canvas.view)
    other = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_E, NONE)
    other.ignore()
    QApplication.sendEvent(canvas, other)
    assert not other.isAccepted()


def test_arrows_walk_the_spans(timeline: Timeline) -> None:
    canvas = timeline.canvas
    seen = []
    for key in ("Down", "Down", "Right", "Right", "Left", "Home", "End", "Up", "Up"):
        QTest.keyClick(canvas, getattr(Qt.Key, f"Key_{key}"))
        seen.append(canvas.selected)
    assert seen == [0, 1, 2, 3, 2, 1, 8, 0, 0]
    assert timeline.run.selection.span == outline_of(timeline.run).structure.id_of(0)
    assert "assistant" in canvas.accessibleDescription()
    timeline.walk(1)
    assert canvas.selected == 1


def test_a_span_fills_the_view(timeline: Timeline) -> None:
    canvas = timeline.canvas
    QTest.mouseDClick(canvas, LEFT, NONE, point(timeline, 3))
    start, end = timeline.model.extent_of(3) or (0, 0)
    view = canvas.view
    assert view.start <= start < end <= view.end
    assert (end - start) / (view.end - view.start) > 0.7
    timeline.zoom_to_run()
    assert canvas.view.is_whole
    timeline._choose(5)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert canvas.view.start <= (timeline.model.extent_of(5) or (-1,))[0] < canvas.view.end
    timeline.fit.click()
    assert canvas.view.is_whole
    timeline.fit.click()
    assert not canvas.view.is_whole


def test_a_drag_on_the_ruler_selects_a_range_and_escape_clears_it(
    timeline: Timeline, qtbot
) -> None:
    canvas, scope = timeline.canvas, timeline.run.scope
    drag(canvas, QPoint(200, 45), QPoint(600, 48))
    view = canvas.view
    assert scope.scope.range == (view.moment(200), view.moment(600))
    qtbot.waitUntil(lambda: bool(canvas.grab() and timeline.model.sums))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert scope.scope.range is None
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(400, 45))
    assert scope.scope.range is None, "a click is no range"
    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, NONE)
    canvas.keyPressEvent(key)
    assert not key.isAccepted(), "with nothing to clear here, it is for the window"


def test_shift_and_a_drag_measure(timeline: Timeline) -> None:
    canvas = timeline.canvas
    drag(canvas, QPoint(200, 200), QPoint(500, 300), SHIFT)
    assert canvas._measured == (canvas.view.moment(200), canvas.view.moment(500))
    assert timeline.run.scope.scope.range is None
    timeline.run.scope.set_range((0, 100))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas._measured is None
    assert timeline.run.scope.scope.range == (0, 100), "one thing at a time"


def test_a_drag_moves_what_is_in_view(timeline: Timeline) -> None:
    canvas = timeline.canvas
    canvas.zoom(4.0, 500)
    before = canvas.view
    drag(canvas, QPoint(500, 300), QPoint(300, 300))
    assert abs(before.x(canvas.view.start) - 208) <= 2
    assert timeline.run.selection.span is None
    assert not timeline.following


def test_the_window_of_the_minimap(timeline: Timeline) -> None:
    canvas = timeline.canvas
    canvas.zoom(4.0, 100)
    whole, before = timeline.model.whole(canvas.width()), canvas.view
    middle = (whole.x(before.start) + whole.x(before.end)) // 2
    drag(canvas, QPoint(middle, 15), QPoint(middle + 200, 15))
    assert abs(whole.x(canvas.view.start) - whole.x(before.start) - 200) <= 2
    at = canvas.view
    drag(canvas, QPoint(whole.x(at.end), 15), QPoint(whole.x(at.end) + 100, 15))
    assert canvas.view.start == at.start
    assert canvas.view.end > at.end
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(100, 15))
    assert canvas.view.start < at.start
    QTest.mouseDClick(canvas, LEFT, NONE, QPoint(100, 15))
    assert canvas.view.is_whole


def test_tooltips_tell_of_the_span_and_of_the_moment(timeline: Timeline, qtbot) -> None:
    canvas = timeline.canvas
    at = point(timeline, 2)
    help_ = QHelpEvent(QEvent.Type.ToolTip, at, canvas.mapToGlobal(at))
    QApplication.sendEvent(canvas, help_)
    assert "get_weather" in QToolTip.text()
    ruler = QPoint(400, 45)
    QApplication.sendEvent(
        canvas, QHelpEvent(QEvent.Type.ToolTip, ruler, canvas.mapToGlobal(ruler))
    )
    assert QToolTip.text().endswith("ms")
    QToolTip.hideText()


def test_many_lanes_scroll_and_a_selection_is_brought_into_view(
    qtbot, light: Look, run: OpenRun, index: Index
) -> None:
    log = Log(run_key(1))
    spans = [log.span_id() for _ in range(60)]
    data = log.line("run.start", v=1)
    data += b"".join(log.line("span.start", span=s, kind="tool", name="t") for s in spans)
    data += b"".join(log.line("span.end", span=s, status="ok") for s in spans)
    view = show(qtbot, light, run, index, data)
    assert view.bar.maximum() > 0
    structure = outline_of(run).structure
    run.selection.select_span(structure.id_of(59))
    view.show_span(structure.id_of(59))
    box = view.canvas._painter._box(view.canvas._scene(), 59)
    assert box is not None
    assert view.canvas.parts.rows.contains(box.center())
    before = view.bar.value()
    QTest.keyClick(view.canvas, Qt.Key.Key_PageUp)
    assert view.bar.value() < before
    wheel(view.canvas, QPoint(300, 200), 240, Qt.KeyboardModifier.ControlModifier)
    assert view.bar.value() < before


def test_a_selection_made_before_the_lanes_were_there(qtbot, light: Look, run, index) -> None:
    [number] = index.grow("a.jsonl", simple_run(1, 30))
    view = Timeline(light, run)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    run.selection.select_run(number)
    run.show(number)
    qtbot.waitUntil(lambda: run.watch.whole)
    span = outline_of(run).structure.id_of(20)
    run.selection.select_span(span)
    view.show_span(span)
    qtbot.waitUntil(lambda: view.canvas.selected == 20)


def test_a_live_run_keeps_now_in_view_until_one_looks_elsewhere(
    qtbot, light: Look, run: OpenRun, index: Index
) -> None:
    import time

    log = Log(run_key(1), start=time.time_ns())
    data = log.line("run.start", v=1) + b"".join(log.whole("tool", "t") for _ in range(20))
    [number] = index.grow("a.jsonl", data, touched=time.time_ns())
    view = Timeline(light, run)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    run.selection.select_run(number)
    run.show(number)
    qtbot.waitUntil(lambda: run.watch.whole and view.is_ready() and run.watch.axis.live)
    length = run.watch.axis.length
    run.scope.set_zoom((length // 2, length))

    def grow(n: int) -> None:
        before = run.watch.axis.length
        index.grow("a.jsonl", log.whole("tool", f"more {n}"), touched=time.time_ns())
        run.follow()
        qtbot.waitUntil(lambda: run.watch.axis.length > before)

    grow(1)
    assert run.scope.scope.zoom is not None
    assert run.scope.scope.zoom[1] == run.watch.axis.length
    view.canvas.pan(-300)
    zoom = run.scope.scope.zoom
    grow(2)
    assert run.scope.scope.zoom == zoom
    view.follow_now()
    assert run.scope.scope.zoom[1] == run.watch.axis.length


def test_arrows_lead_to_the_tools_of_a_call(qtbot, light: Look, run, index) -> None:
    view = show(qtbot, light, run, index, special())
    painter, scene = view.canvas._painter, view.canvas._scene
    low, high = view.canvas.parts.seen(9)
    assert view.model.calls(view.canvas.width(), low, high, [], 10)[:2] == [(1, 2), (1, 3)]
    drawn = painter._arrows(scene())
    boxes = [painter._box(scene(), n) for n in (1, 3)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert [(a.start.x(), a.end.x()) for a in drawn if a.end.y() == boxes[1].center().y()] == [
        (boxes[0].right() + 1, boxes[1].x())
    ]
    assert view.model.calls(view.canvas.width(), low, high, [], 0) == []
    view.canvas.selected = 1
    assert view.model.calls(view.canvas.width(), low, high, [1], 0)[:2] == [(1, 2), (1, 3)]


def test_menus_choose_colours_and_what_is_shown(timeline: Timeline, qtbot) -> None:
    menu = timeline.colour.menu()
    assert [a.text() for a in menu.actions()] == ["Kind", "Model", "Agent", "Tool", "Status"]
    menu.actions()[4].trigger()

    def tinted() -> str:
        return "" if timeline.model.tints is None else timeline.model.tints.mode

    assert timeline.model.mode == "status"
    qtbot.waitUntil(lambda: bool(timeline.canvas.grab() and tinted() == "status"))
    settle(qtbot, timeline)
    image = timeline.canvas.grab().toImage()
    spot = point(timeline, 0)
    assert image.pixelColor(spot) == QColor(timeline.look.theme.ok)
    timeline.set_colour_by("model")
    qtbot.waitUntil(lambda: bool(timeline.canvas.grab() and tinted() == "model"))
    legend = timeline.canvas.parts.legend
    image = timeline.canvas.grab().toImage()
    dots = {image.pixelColor(x, legend.center().y()).name() for x in range(8, 16)}
    assert timeline.look.theme.kind("llm").name() in dots
    assert menu.actions()[1].isChecked()
    timeline.options.menu().aboutToShow.emit()
    assert not timeline.gaps_action.isChecked()
    timeline.toggle_gaps()
    assert timeline.model.folds
    assert all(button.accessibleName() for button in timeline.tools())


def test_a_span_can_be_zoomed_to_from_another_view(
    qtbot, light: Look, run: OpenRun, index: Index
) -> None:
    [number] = index.grow("a.jsonl", simple_run(1, 9))
    view = Timeline(light, run)
    qtbot.addWidget(view)
    view.resize(900, 300)
    run.selection.select_run(number)
    run.show(number)
    qtbot.waitUntil(lambda: run.watch.whole)
    structure = outline_of(run).structure
    run.selection.select_span(structure.id_of(4))
    view.zoom_to_selection()
    zoom, start = run.scope.scope.zoom, int(structure.start[4]) - run.watch.axis.start
    assert zoom is not None
    assert zoom[0] <= start < zoom[1]
    assert view.model.lanes is None


def test_hidden_it_reads_nothing(qtbot, light: Look, run: OpenRun, index: Index) -> None:
    [number] = index.grow("a.jsonl", simple_run(1, 9))
    view = Timeline(light, run)
    qtbot.addWidget(view)
    run.show(number)
    qtbot.waitUntil(lambda: run.watch.whole)
    QApplication.processEvents()
    assert view.model.lanes is None
    view.resize(500, 300)
    view.grab()
    qtbot.waitUntil(view.is_ready)
