"""The failed step before or after another, in the order of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import bool_
    from numpy.typing import NDArray

    from rollscope_desktop.query.outline import Outline


def error_beside(
    outline: Outline, span: int | None, by: int, fits: NDArray[bool_] | None = None
) -> int | None:
    """The id of the next step that failed (``by`` 1) or the one before (-1), around the ends.

    None when no step failed. ``span`` None is the run itself, which stands before all steps.
    ``fits`` says of each index whether that step is to be found at all.
    """
    errors, structure = outline.errors, outline.structure
    if fits is not None and len(fits) == len(outline):
        errors = errors[fits[outline.order[errors]]]
    if not len(errors):
        return None
    index = None if span is None else structure.index_of(span)
    place = -1 if index is None else int(outline.place[index])
    if by > 0:
        at = int(errors.searchsorted(place + 1)) % len(errors)
    else:
        at = int(errors.searchsorted(place)) - 1 if place >= 0 else -1
    return structure.id_of(int(outline.order[errors[at]]))
