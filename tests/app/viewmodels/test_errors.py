"""The failed step beside another, also when only some steps are to be found."""

from __future__ import annotations

import numpy as np

from rollscope_desktop.viewmodels.errors import error_beside
from tests.app.outlines import tree


def test_it_goes_round_and_leaves_out_what_does_not_fit() -> None:
    made = tree([-1, 0, 0, 1, 1], errors={2, 3, 4})  # in the order of the tree: 0 1 3 4 2
    ids = [made.structure.id_of(index) for index in range(5)]

    assert error_beside(made, None, 1) == ids[3]
    assert error_beside(made, None, -1) == ids[2]
    assert error_beside(made, ids[3], 1) == ids[4]
    assert error_beside(made, ids[2], 1) == ids[3]

    fits = np.array([True, True, True, False, True])
    assert error_beside(made, None, 1, fits) == ids[4]
    assert error_beside(made, ids[3], 1, fits) == ids[4]
    assert error_beside(made, ids[4], -1, fits) == ids[2]
    assert error_beside(made, ids[0], 1, np.zeros(5, bool)) is None
