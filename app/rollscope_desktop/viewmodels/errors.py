"""The failed step before or after another, in the order of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import bool_
    from numpy.typing import NDArray

    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32


def failed(outline: Outline, fits: NDArray[bool_] | None) -> Int32:
    """The places of the steps that failed; with ``fits``, of each index, only of those that fit."""
    errors = outline.errors
    if fits is None or len(fits) != len(outline):
        return errors
    return errors[fits[outline.order[errors]]]


def error_beside(
    outline: Outline, span: int | None, by: int, fits: NDArray[bool_] | None = None
) -> int | None:
    """The id of the next step that failed and fits (``by`` 1) or the one before (-1)."""
    return beside(outline, failed(outline, fits), span, by)


def beside(outline: Outline, errors: Int32, span: int | None, by: int) -> int | None:
    """The id of the step at the next of these places, or at the one before, around the ends.

    None when there are none. ``span`` None is the run itself, which stands before all steps.
    """
    if not len(errors):
        return None
    structure = outline.structure
    index = None if span is None else structure.index_of(span)
    place = -1 if index is None else int(outline.place[index])
    if by > 0:
        at = int(errors.searchsorted(place + 1)) % len(errors)
    else:
        at = int(errors.searchsorted(place)) - 1 if place >= 0 else -1
    return structure.id_of(int(outline.order[errors[at]]))
