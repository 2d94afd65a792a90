"""Branches: numbers of tasks and threads that repeat from run to run."""

from __future__ import annotations

from rollscope.context import Agent, Branch


def test_numbers_depend_on_who_creates_and_how_many() -> None:
    def grown() -> list[int]:
        root = Branch()
        first, second = root.fork(), root.fork()
        return [b.number for b in (root, first, second, first.fork(), second.fork(), first.fork())]

    numbers = grown()
    assert numbers == grown()
    assert numbers[:3] == [0, 1, 2]
    assert len(set(numbers)) == 6
    assert all(number < 1 << 62 for number in numbers)


def test_numbers_do_not_meet() -> None:
    seen, edge = {0}, [Branch()]
    for _ in range(4):
        edge = [branch.fork() for branch in edge for _ in range(10)]
        seen |= {branch.number for branch in edge}

    assert len(seen) == 1 + 10 + 100 + 1000 + 10_000


def test_an_agent_tells_what_is_known() -> None:
    assert Agent("a").fields == {"id": "a"}
    assert Agent("a", "r", "p").fields == {"id": "a", "role": "r", "parent": "p"}
