"""Names the place of a step in a run, so that the same step of another run has the same name."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from threading import Lock

from rollscope.context import Branch

MASKED = 16
"""Digits of a fingerprint that are of the masked content; the others are of the exact one."""


class Keys:
    """Hands out keys as steps begin. Any thread may ask.

    A key names the place of a step (the key of the step around it, its branch, kind and name), what
    it is asked, and how many steps at this place were asked the same before it. Steps that hold
    others are asked nothing. The code of a branch runs in order, so the count repeats.
    """

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        self._lock = Lock()

    def key(self, parent: int, branch: int, kind: str, name: str, fingerprint: str = "") -> int:
        """The key of the step that begins now."""
        said = f"{parent}.{branch}.{kind}.{fingerprint[:MASKED]}.{name}"
        place = blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        with self._lock:
            n = self._counts[place] = self._counts.get(place, 0) + 1
        return int.from_bytes(blake2b(place, digest_size=8, salt=b"%x" % n).digest(), "big")


_MOST = 256
"""Children of one branch that are looked through."""


def lineage(branch: int, known: Iterable[int]) -> dict[int, int]:
    """The branches above one, of those that are known, and the main one: by their numbers, which
    of their children the way down begins with, from 1. It ends at one whose creator is not known.
    """
    found: dict[int, int] = {}
    candidates = [0, *known]
    while branch:
        made = next(((one, n) for one in candidates if (n := _nth(one, branch))), None)
        if made is None or made[0] in found:
            break
        branch = made[0]
        found[branch] = made[1]
    return found


def _nth(above: int, branch: int) -> int:
    """Which child of the other a branch is; 0: none."""
    if above == 0:
        return branch if branch < 1 << 60 else 0
    creator = Branch(above)
    return next((n for n in range(1, _MOST) if creator.fork().number == branch), 0)
