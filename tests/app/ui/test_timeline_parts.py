"""The pure parts of the timeline's drawing: where things are, ticks, colours, rectangles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter

from rollscope_desktop.model.viewport import Viewport
from rollscope_desktop.query.timeline.range_sums import Sums
from rollscope_desktop.query.timeline.tints import Tints
from rollscope_desktop.ui import theme
from rollscope_desktop.ui.timeline.colours import Colours
from rollscope_desktop.ui.timeline.geometry import BAR, ROW, Geometry
from rollscope_desktop.ui.timeline.over import arrow_between, sums_words
from rollscope_desktop.ui.timeline.rects import fill
from rollscope_desktop.ui.timeline.ruler import moment_words, ticks, token_ticks
from tests.app.support import EPOCH, SECOND


def test_parts_lie_below_each_other() -> None:
    for tokens in (False, True):
        parts = Geometry(800, 600, 0, tokens)
        legend = Geometry(800, 600, 0, tokens, has_legend=True)
        assert legend.rows.bottom() + 1 == legend.legend.y()
        assert legend.legend.bottom() == 599
        below = [parts.minimap, parts.ruler, parts.token_ruler, parts.marks, parts.rows]
        assert all(a.bottom() + 1 == b.y() for a, b in pairwise(below))
        assert parts.rows.bottom() == 599
    assert Geometry(800, 20).rows.height() == 0


@given(st.integers(0, 5000), st.integers(0, 100))
def test_rows_are_where_they_are_painted(scroll: int, row: int) -> None:
    parts = Geometry(800, 600, scroll)
    top = parts.top_of(row)
    assert parts.row_at(top) == parts.row_at(top + BAR - 1) == row
    low, high = parts.seen(100)
    assert (low <= row < high) is (row < 100 and top + BAR >= parts.rows.y() and top <= 600)
    moved = Geometry(800, 600, parts.scrolled_to(row))
    assert moved.rows.y() <= moved.top_of(row)
    assert moved.top_of(row) + BAR <= 600


@settings(max_examples=60)
@given(
    st.integers(1, 1 << 50), st.integers(120, 3000), st.data(), st.sampled_from([None, EPOCH]),
    st.booleans(),
)  # fmt: skip
def test_ticks_are_round_apart_and_in_view(length, width, data, wall, timeless) -> None:
    view = Viewport.whole(length, width).showing(
        data.draw(st.integers(0, length)), data.draw(st.integers(0, length))
    )
    found = ticks(view, timeless=timeless, wall=wall)
    assert len(found) <= width // 50
    assert all(b.x - a.x >= 50 for a, b in pairwise(found))
    assert all(0 <= tick.x <= width for tick in found)
    assert all(tick.label for tick in found)
    if not timeless:
        assert len({tick.label for tick in found}) == len(found)


def said(view: Viewport, **how: object) -> list[str]:
    return [tick.label for tick in ticks(view, **{"timeless": False, **how})]  # type: ignore[arg-type]


def test_labels() -> None:
    assert said(Viewport.whole(2 * SECOND, 420)) == ["0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s"]
    assert said(Viewport.whole(20, 400, least=4), timeless=True) == ["0", "5", "10", "15", "20"]
    deep = Viewport.whole(1000 * SECOND, 700).showing(500 * SECOND, 500 * SECOND + 40_000)
    assert said(deep) == ["500 s", *(f"+{n} µs" for n in range(5, 45, 5))]


def test_time_of_day() -> None:
    noon = 1_750_075_200 * SECOND  # 12:00:00 UTC
    found = said(Viewport.whole(2 * SECOND, 420), wall=noon + SECOND // 4)
    assert [label[-6:] for label in found] == ["00.500", "01.000", "01.500", "02.000"]
    assert all(label.count(":") == 2 for label in found)


def test_after_a_gap_the_moment_is_said() -> None:
    view = Viewport.whole(1000 * SECOND, 700, ((7 * SECOND, 992_100_000_000),))
    found = ticks(view, timeless=False)
    [(_, right, _)] = view.gaps_in_view()
    assert any(tick.x == right and tick.label == "992 s" for tick in found)


def test_ticks_of_tokens() -> None:
    moments = np.arange(1, 11) * SECOND + EPOCH
    sums = np.cumsum(np.full(10, 150))
    view = Viewport.whole(10 * SECOND, 800)
    found = token_ticks(view, EPOCH, moments, sums)
    assert [tick.label for tick in found][:3] == ["200", "400", "600"]
    assert found[0].x == view.x(2 * SECOND)  # the second call brought it to 300
    assert token_ticks(view, EPOCH, moments[:0], sums[:0]) == []


def test_moments_in_words() -> None:
    view = Viewport.whole(SECOND, 100)
    assert moment_words(view, 1500, timeless=True, wall=None) == "event 1,500"
    assert moment_words(view, SECOND, timeless=False, wall=None) == "1.0 s"
    assert moment_words(view, 0, timeless=False, wall=EPOCH).startswith("2025-06-15")


def test_what_the_pill_says() -> None:
    sums = Sums(steps=9, calls=3, errors=1, tokens=12_345, cost=4_200_000)
    assert sums_words(2 * SECOND, sums, timeless=False) == (
        "2.0 s  ·  3 calls  ·  12.3 k tokens  ·  $0.0042  ·  1 error"
    )
    assert sums_words(7, None, timeless=True) == "7 events"
    assert sums_words(SECOND, Sums(1, 1, 0, 0, 0), timeless=False) == "1.0 s  ·  1 call"


def test_colours_by_mode_and_strength() -> None:
    for look in (theme.LIGHT, theme.DARK):
        kinds = Colours(look, Tints("kind", np.zeros(0, np.uint8), ("", "llm", "odd")))
        assert kinds.bar(1, 0) == look.kind("llm")
        assert kinds.bar(2, 0) == look.kind("span")
        assert kinds.bar(1, 0, waiting=True) != kinds.bar(1, 0)
        status = Colours(look, Tints("status", np.zeros(0, np.uint8), ("0", "1", "2", "3", "4")))
        assert [status.plain(n) for n in (0, 1, 2, 3)] == [
            look.accent,
            look.ok,
            look.error,
            look.warn,
        ]
        words = Colours(look, Tints("model", np.zeros(0, np.uint8), ("", *"abcdefgh")))
        assert words.plain(0) == look.kind("span")
        assert len({words.plain(n).name() for n in range(1, 8)}) == 7
        assert words.plain(8) == words.plain(1)
        assert Colours(look, None).plain(3) == look.kind("span")
        assert words.is_of(look, words._tints)
        assert not words.is_of(look, None)


def test_very_many_rectangles_are_filled_at_once() -> None:
    image = QImage(100, 100, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    boxes = np.array([[10, 10, 12, 19], [50, 50, 50, 50]], np.int32)
    with QPainter(image) as painter:
        fill(painter, QColor("#ff0000"), boxes)
        fill(painter, QColor("#00ff00"), (boxes + 20)[:, ::-1][:, ::-1].T.copy().T)  # by a list
        fill(painter, QColor("#0000ff"), boxes[:0])
    red, green = QColor("#ff0000").rgba(), QColor("#00ff00").rgba()
    pixels = [(x, y) for x in range(100) for y in range(100) if image.pixel(x, y) == red]
    assert len(pixels) == 31
    assert {(10, 10), (12, 19), (50, 50)} <= set(pixels)
    assert image.pixel(70, 70) == green
    assert image.pixel(32, 39) == green


def test_arrows() -> None:
    first, same, below = QRect(0, 0, 50, BAR), QRect(80, 0, 9, BAR), QRect(40, ROW, 9, BAR)
    arrow = arrow_between(first, below)
    assert arrow is not None
    assert arrow.start == QPoint(50, first.center().y())
    assert arrow.end == QPoint(40, below.center().y())
    assert arrow_between(first, same) is not None
    assert arrow_between(first, QRect(51, 0, 9, BAR)) is None
