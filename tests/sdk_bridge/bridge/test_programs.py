"""Programs of every shape are found again, and run again without their own beginning."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridges

AGENT = """
import rollscope

@rollscope.tool
def double(n):
    return 2 * n

@rollscope.agent
def work(n: int = 1):
    return double(n) + 1
"""


def test_a_script_with_a_guard(bridges: Bridges) -> None:
    bridges.write("agent.py", AGENT + "if __name__ == '__main__':\n    work(4)\n")
    run = bridges.record("agent.py")

    made = bridges.start(run).done()

    assert made.start["input"] == {"n": 4}
    assert made.end["output"] == 9
    entry, process = made.start["entry"], made.start["process"]
    assert {**entry} == run.start["entry"]
    assert process["argv"] == [sys.executable, "agent.py"]


def test_a_script_without_a_guard_is_not_run_while_it_is_loaded(bridges: Bridges) -> None:
    code = AGENT + "print('before', flush=True)\nwork(4)\nopen('after', 'w').close()\nwork(5)\n"
    path = bridges.write("agent.py", code.replace("work(5)", ""))
    run = bridges.record("agent.py")
    (path.parent / "after").unlink()

    bridge = bridges.start(run)
    made = bridge.done()

    assert made.end["output"] == 9
    assert "before" in bridge.errors()
    assert not (path.parent / "after").exists()


@pytest.mark.parametrize(
    "guard",
    ["__name__ == '__main__' and main()", "is_main = '__main__' == __name__\nif is_main: main()"],
)
def test_guards_of_other_forms(bridges: Bridges, guard: str) -> None:
    bridges.write("agent.py", f"{AGENT}\ndef main():\n    work(4)\n{guard}\nLAST = 1\n")
    run = bridges.record("agent.py")
    bridges.write("agent.py", f"{AGENT}\ndef main():\n    input()\n{guard}\nLAST = 1\n")

    assert bridges.start(run).done().end["output"] == 9


def test_async_functions_at_the_top_of_a_script(bridges: Bridges) -> None:
    bridges.write(
        "agent.py",
        """
        import asyncio, rollscope
        @rollscope.agent
        async def work(n):
            await asyncio.sleep(0)
            return n + 1
        print(asyncio.run(work(1)))
        """,
    )

    assert bridges.start(bridges.record("agent.py")).done().end["output"] == 2


def test_a_module_of_a_package_that_a_script_imports(bridges: Bridges) -> None:
    bridges.write("src/shop/__init__.py", "")
    bridges.write("src/shop/prices.py", "EURO = 3\n")
    bridges.write(
        "src/shop/agent.py",
        "import rollscope\nfrom .prices import EURO\n"
        "@rollscope.agent\ndef work(n):\n    return n * EURO\n",
    )
    bridges.write(
        "main.py", "import sys\nsys.path.insert(0, 'src')\nfrom shop.agent import work\nwork(2)\n"
    )

    assert bridges.start(bridges.record("main.py")).done().end["output"] == 6


def test_a_module_that_is_run_as_one(bridges: Bridges) -> None:
    bridges.write("shop/__init__.py", "")
    bridges.write("shop/prices.py", "EURO = 3\n")
    bridges.write(
        "shop/agent.py",
        "import rollscope, sys\nfrom .prices import EURO\n"
        "@rollscope.agent\ndef work(n):\n    return n * EURO, __name__, __package__, sys.argv[1:]\n"
        "if __name__ == '__main__':\n    work(2)\n",
    )
    run = bridges.record("-m", "shop.agent", "--fast")

    made = bridges.start(run).done()

    assert made.end["output"] == [6, "__main__", "shop", ["--fast"]] == run.end["output"]


def test_a_package_that_is_run_as_a_module(bridges: Bridges) -> None:
    bridges.write("shop/__init__.py", "")
    bridges.write("shop/__main__.py", AGENT + "work(2)\n")

    assert bridges.start(bridges.record("-m", "shop")).done().end["output"] == 5


def test_a_fork_can_be_made_again(bridges: Bridges) -> None:
    bridges.write("agent.py", AGENT + "if __name__ == '__main__':\n    work(4)\n")
    first = bridges.start(bridges.record("agent.py", "--fast")).done()
    [log] = bridges.new.glob("*.jsonl")
    log.rename(bridges.logs / log.name)

    second = bridges.start(first).done()

    assert second.end["output"] == 9
    assert second.start["entry"] == first.start["entry"]
    assert second.start["process"]["argv"] == [sys.executable, "agent.py", "--fast"]


@pytest.mark.parametrize(
    ("code", "call", "gives"),
    [
        (
            "class Agents:\n    @staticmethod\n    @rollscope.agent\n    def work(n): return n\n",
            "Agents.work(3)",
            3,
        ),
        (
            "class Agents:\n    BY = 2\n    @rollscope.agent\n    @classmethod\n"
            "    def work(cls, n): return n * cls.BY\n",
            "Agents.work(3)",
            6,
        ),
        ("def plain(n): return n\nrecorded = rollscope.agent(plain)\n", "recorded(3)", 3),
        (
            "import click\n@click.command()\n@click.option('--n', type=int)\n@rollscope.agent\n"
            "def work(n): return n\n",
            "work(['--n', '3'], standalone_mode=False)",
            3,
        ),
        (
            "import functools\ndef twice(f):\n    @functools.wraps(f)\n"
            "    def call(*a, **k): return [f(*a, **k)]\n    return call\n"
            "@twice\n@rollscope.agent\ndef work(n): return n\n",
            "work(3)",
            3,
        ),
        ("@rollscope.agent\ndef work(n):\n    yield n\n    yield n\n", "list(work(3))", [3, 3]),
        (
            "@rollscope.agent\ndef work(a, /, b, *more, c, **k): return [a, b, more, c, k]\n",
            "work(1, 2, 3, 4, c=5, d=6)",
            [1, 2, [3, 4], 5, {"d": 6}],
        ),
        (
            "@rollscope.record(resumable=True)\ndef work(n): return n\n",
            "work(3)",
            3,
        ),
    ],
    ids=["static", "class", "other name", "click", "wrapped", "generator", "arguments", "record"],
)
def test_functions_of_every_kind(bridges: Bridges, code: str, call: str, gives: object) -> None:
    guarded = f"if '__main__' == __name__:\n    {call}\nelse:\n    AGAIN = True\n"
    bridges.write("agent.py", f"import rollscope\n{code}{guarded}")
    run = bridges.record("agent.py")
    assert run.end["output"] == gives

    assert bridges.start(run).done().end["output"] == gives


def test_classes_of_a_script_are_those_of_main(bridges: Bridges) -> None:
    bridges.write(
        "agent.py",
        """
        import dataclasses, multiprocessing, pickle, rollscope
        @dataclasses.dataclass
        class Point:
            x: int
        def far(x):
            return Point(x)
        @rollscope.agent
        def work(point):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                [other] = pool.map(far, [point.x])
            return [type(point).__module__, pickle.loads(pickle.dumps(point)) == other]
        if __name__ == "__main__" and True:
            work(Point(3))
        """,
    )
    run = bridges.record("agent.py")

    assert bridges.start(run).done().end["output"] == run.end["output"] == ["__main__", True]
