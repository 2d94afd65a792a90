"""The viewport: there and back within a pixel, never backwards, and zoom holds its moment."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollscope_desktop.model.viewport import BREAK, MARGIN, Viewport

LENGTHS = st.one_of(st.integers(1, 500), st.integers(1, 10**8), st.integers(1, 1 << 55))


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    length = draw(LENGTHS)
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=12)))
    gaps = tuple((a, b) for a, b in pairwise(cuts) if draw(st.booleans()))
    gaps = tuple(gap for n, gap in enumerate(gaps) if n == 0 or gaps[n - 1][1] < gap[0])
    if sum(b - a for a, b in gaps) >= length:
        gaps = ()
    width = draw(st.integers(60, 4000))
    least = draw(st.sampled_from([1, 4, 1000]))
    whole = Viewport.whole(length, width, gaps, least)
    return whole.showing(draw(st.integers(-5, length)), draw(st.integers(0, length + 5)))


@settings(max_examples=40)
@given(viewports(), st.data())
def test_there_and_back_within_a_pixel(view: Viewport, data: st.DataObject) -> None:
    moment = data.draw(st.integers(view.start, view.end))
    x = view.x(moment)

    assert MARGIN <= x <= view.width - MARGIN + 1
    assert abs(view.x(view.moment(x)) - x) <= 1
    assert view.moment(x) <= moment + 1


@settings(max_examples=40)
@given(viewports(), st.data())
def test_later_is_never_further_left(view: Viewport, data: st.DataObject) -> None:
    far = st.integers(-view.length, 2 * view.length)
    first, second = sorted((data.draw(far), data.draw(far)))
    assert view.x(first) <= view.x(second)

    pixels = st.integers(-50, view.width + 50)
    left, right = sorted((data.draw(pixels), data.draw(pixels)))
    assert view.moment(left) <= view.moment(right)


@settings(max_examples=40)
@given(viewports())
def test_the_ends_of_the_part_are_the_ends_of_the_view(view: Viewport) -> None:
    assert 0 <= view.start < view.end <= view.length
    assert view.x(view.start) == MARGIN
    assert abs(view.x(view.end) - (MARGIN + view.room)) <= 1


@settings(max_examples=40)
@given(viewports())
def test_knots_say_the_same_as_x(view: Viewport) -> None:
    moments, pixels = view.knots()
    assert moments == sorted(set(moments))
    assert pixels == sorted(pixels)
    assert all(abs(view.x(at) - x) <= 1 for at, x in zip(moments, pixels, strict=True))
    assert pixels[0] <= 0
    assert pixels[-1] >= view.width


@settings(max_examples=40)
@given(viewports(), st.data())
def test_zoom_holds_what_is_under_the_pointer(view: Viewport, data: st.DataObject) -> None:
    x = data.draw(st.integers(MARGIN, MARGIN + view.room))
    factor = data.draw(st.sampled_from([0.25, 0.8, 1.25, 4.0]))
    held = view.moment(x)
    closer = view.zoomed(x, factor)

    assert 0 <= closer.start < closer.end <= closer.length
    if view.end - view.start > 1000:  # the ends are integers: few of them are far apart
        assert (
            (closer.scale >= view.scale * 0.99) if factor > 1 else closer.scale <= view.scale * 1.01
        )
    assume(closer.start > 0 and closer.end < closer.length)
    # A moment is an integer: where it is wider than a pixel, it cannot be held closer than that.
    assert abs(closer.x(held) - x) <= 2 + 2 * closer.scale


@settings(max_examples=40)
@given(viewports(), st.integers(-5000, 5000))
def test_pan_moves_and_keeps_the_scale(view: Viewport, pixels: int) -> None:
    moved = view.panned(pixels)

    assert 0 <= moved.start < moved.end <= moved.length
    if pixels >= 0:
        assert moved.start >= view.start - 1
    else:
        assert moved.start <= view.start + 1
    if moved.end - moved.start > 1000 * view.least:
        assert moved.scale / view.scale < 1.01


@settings(max_examples=40)
@given(viewports(), st.integers(60, 3000))
def test_another_width_shows_the_same_part(view: Viewport, width: int) -> None:
    other = view.resized(width)
    assert (other.start, other.end, other.width) == (view.start, view.end, width)


def test_a_gap_takes_few_pixels_whatever_it_lasted() -> None:
    second = 10**9
    view = Viewport.whole(1000 * second, 1016, gaps=((10 * second, 990 * second),))

    [(left, right, gap)] = view.gaps_in_view()

    assert right - left == BREAK
    assert gap == (10 * second, 990 * second)
    assert abs((left - MARGIN) - (1000 - BREAK) / 2) <= 1


def test_very_many_gaps_leave_room_for_what_happened() -> None:
    gaps = tuple((n * 10, n * 10 + 5) for n in range(10_000))
    view = Viewport.whole(100_000, 800, gaps)
    assert len(gaps) * view.fold < 400
    assert view.scale > 0


def test_zoom_ends_where_nothing_more_can_be_told() -> None:
    view = Viewport.whole(10**12, 1000)
    for _ in range(200):
        view = view.zoomed(500, 2.0)
    assert 1000 <= view.end - view.start <= 1100
    for _ in range(200):
        view = view.zoomed(500, 0.5)
    assert view.is_whole
