"""What cannot be made again is refused in one sentence, and nothing of it is run."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sdk_bridge.bridge.bridges import Bridges

PYTHON = f"Python {platform.python_version()} ({sys.executable})"

WORK = """
import rollscope
@rollscope.agent
def work(n, by=2):
    return n * by
"""


def entry(file: Path | str, **fields: Any) -> dict[str, Any]:
    told = {"module": "__main__", "qualname": "work", "file": str(file), "resumable": True}
    return {**told, **fields}


def refused(bridges: Bridges, entry: Any, **start: Any) -> tuple[str, str]:
    return bridges.start(bridges.tell(entry, **{"input": {"n": 1}, **start})).failed()


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("import nowhere.at_all\n", "package", f"agent.py imports nowhere, which {PYTHON}"),
        ("def work(:\n", "import", f"{PYTHON} cannot read agent.py, line 1: invalid syntax."),
        ("raise SystemExit(2)", "import", "agent.py ends the program with '2' while it is loaded."),
        (
            "x = 1\ninput('name?')\n",
            "import",
            "agent.py cannot be loaded in line 2: EOFError: EOF when reading a line.",
        ),
        ("1 / 0", "import", "cannot be loaded in line 1: ZeroDivisionError: division by zero."),
        ("def other(): pass", "entry", "There is no work in "),
        ("def work(n): return n", "mark", "work in "),
        ("import rollscope\n@rollscope.trace\ndef work(n): pass", "mark", "is not marked as resum"),
    ],
)
def test_a_file_that_has_changed(bridges: Bridges, code: str, kind: str, sentence: str) -> None:
    path = bridges.write("agent.py", code)

    said = refused(bridges, entry(path))

    assert said[0] == kind
    assert sentence in said[1]


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"qualname": "run.<locals>.work"}, "entry", "work is made inside of run each time"),
        ({"qualname": "<lambda>"}, "entry", "a call of a lambda. Give it a name with def."),
        ({"file": "<ipython-input-3-abc>"}, "notebook", "was written in a notebook or at a prompt"),
        ({"file": "/tmp/ipykernel_12/34.py"}, "notebook", "was written in a notebook"),
        ({"file": "<stdin>"}, "notebook", "Put it into a .py file"),
        ({"file": "gone.py"}, "entry", "gone.py of work is not there any more."),
        ({"resumable": False}, "mark", "was not marked as resumable when it was recorded"),
        ({"qualname": None}, "entry", "does not say the qualname"),
        ({"qualname": "Agents.work"}, "entry", "Agents.work is a method, and the record"),
        ({"qualname": "rollscope.os.getcwd"}, "entry", "There is no rollscope.os.getcwd"),
        ({"module": "agent.deeper"}, "entry", "The module agent.deeper cannot be found"),
        ({"module": "nowhere"}, "entry", "The module nowhere cannot be found from here."),
    ],
)
def test_an_entry_that_cannot_be_found(
    bridges: Bridges, fields: dict[str, Any], kind: str, sentence: str
) -> None:
    path = bridges.write(
        "agent.py",
        WORK + "class Agents:\n    @rollscope.agent\n    def work(self, n): return n\n",
    )

    said = refused(bridges, {**entry(path), **fields})

    assert said[0] == kind
    assert sentence in said[1]


def test_a_log_does_not_choose_what_is_imported(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    for module, qualname in (("os", "system"), ("antigravity", "webbrowser"), ("this", "s")):
        code, sentence = refused(bridges, entry(path, module=module, qualname=qualname))
        assert code == "entry"
        assert f"The module {module} is another one here" in sentence


def test_a_package_is_not_imported_for_a_file_that_is_not_in_it(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    bridges.write("shop/__init__.py", "open('imported', 'w').close()")
    bridges.write("shop/agent.py", WORK)

    code, _ = refused(bridges, entry(path, module="shop.agent"))

    assert code == "entry"
    assert not (bridges.folder / "imported").exists()


def test_a_package_that_begins_a_run_while_it_is_imported(bridges: Bridges) -> None:
    bridges.write("shop/__init__.py", WORK + "open('before', 'w').close()\nwork(1)\n")
    path = bridges.write("shop/agent.py", WORK)
    process = {"argv": ["python", "-m", "shop.agent"]}
    for module in ("shop.agent", "__main__"):
        said = refused(bridges, entry(path, module=module), process=process)
        assert said == ("import", "A package of agent.py begins a run while it is imported.")


def test_a_function_of_another_file_than_the_one_that_is_named(bridges: Bridges) -> None:
    bridges.write("other.py", WORK)
    path = bridges.write("agent.py", "from other import work\n")

    code, sentence = refused(bridges, entry(path))

    assert (code, "is not marked" in sentence) == ("mark", True)


def test_a_script_that_begins_a_run_before_the_function_is_there(bridges: Bridges) -> None:
    path = bridges.write("agent.py", "import rollscope\nrollscope.trace('x').__enter__()\n" + WORK)

    assert "There is no work in" in refused(bridges, entry(path))[1]


@pytest.mark.parametrize(
    ("start", "edit", "kind", "sentence"),
    [
        ({"input": {"n": 1, "to": 2}}, None, "arguments", "work takes no argument 'to'. It takes"),
        ({"input": {"by": 2}}, None, "arguments", "needs a value for 'n', and the record has none"),
        ({"input": {"n": "..."}, "lossy": ["input"]}, None, "arguments", "not hold all that work"),
        ({"input": None}, None, "arguments", "does not hold what work was called with"),
        ({}, {"times": 3}, "edit", "work takes no argument 'times'. It takes n, by."),
        ({}, {"by": 3}, "edit", "work needs a value for 'n', and the edit has none."),
        ({}, [3], "edit", "The arguments of work are an object: name to value."),
    ],
)
def test_arguments_that_do_not_fit(
    bridges: Bridges, start: dict[str, Any], edit: Any, kind: str, sentence: str
) -> None:
    path = bridges.write("agent.py", WORK)
    run = bridges.tell(entry(path), **{"input": {"n": 1}, **start})
    change = None if edit is None else {"span": None, "input": edit}

    said = bridges.start(run, edit=change).failed()

    assert said[0] == kind
    assert sentence in said[1]


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        ({"run": "x"}, "32 hex digits"),
        ({"logs": []}, "logs of a job"),
        ({"folder": "here"}, "absolute"),
        ({"edit": {"span": None, "output": 1}}, "only the input"),
        ({"policies": {"search": "never"}}, "policies.search of a job is one of live, recorded"),
        ({"divergence": "shrug"}, "divergence of a job is one of stop, ask, live"),
        ({"timeout": 0}, "seconds above 0"),
        ({"group": {"chain": 1}}, "group of a job"),
        ({"type": "hello"}, "The first message to a bridge is a job."),
    ],
)
def test_a_job_that_makes_no_sense(bridges: Bridges, job: dict[str, Any], sentence: str) -> None:
    code, said = bridges.start(bridges.tell(None), **job).failed()

    assert (code, sentence in said) == ("job", True), said


def test_logs_that_are_gone_or_hold_nothing(bridges: Bridges) -> None:
    run = bridges.tell(None)
    gone = bridges.start(run, logs=[str(bridges.folder / "gone.jsonl")]).failed()
    other = bridges.start("0" * 32).failed()

    assert (gone[0], "cannot be read" in gone[1]) == ("record", True)
    assert other == ("record", "The log does not hold the start of this run.")
    assert bridges.start(run).failed()[0] == "entry"


def test_warnings_of_what_is_different_now(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    process = {
        "version": "3.4.0",
        "argv": ["python", "agent.py", "--key", "***"],
        "env": ["PATH", "TERM", *(f"WITH_{n}" for n in range(6)), "Z_API_KEY"],
    }
    run = bridges.tell(entry(path, source_hash="0" * 32), process=process, input={"n": 1})

    bridge = bridges.start(run)

    assert bridge.done().end["output"] == 2
    assert bridge.warnings() == [
        "agent.py has changed since the run was recorded.",
        f"The run was recorded with Python 3.4.0, and this is Python {platform.python_version()}.",
        "These environment variables were set when the run was recorded, and are not now:"
        " Z_API_KEY, WITH_0, WITH_1, WITH_2, WITH_3 and 2 more.",
        "A secret on the program's command line was not recorded; it is *** there now.",
    ]


def test_the_command_line_of_a_stranger_is_not_given_to_the_program(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK.replace("n * by", "__import__('sys').argv[1:]"))
    process = {"argv": ["python", "agent.py", "--delete"]}
    run = bridges.tell(entry(path), process=process, input={"n": 1})

    assert bridges.start(run, signed=False).done().end["output"] == []


def test_edited_arguments_take_the_place_of_the_recorded_ones(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    run = bridges.tell(entry(path), input={"n": 1}, lossy=["input"])

    made = bridges.start(run, edit={"span": None, "input": {"n": 5, "by": 3}}).done()

    assert made.end["output"] == 15


def test_a_log_that_names_another_function_than_the_one_that_was_allowed(bridges: Bridges) -> None:
    path = bridges.write("agent.py", WORK)
    run = bridges.tell(entry(path), input={"n": 1})
    allowed = {"module": "__main__", "qualname": "other", "file": str(path)}

    said = bridges.start(run, entry=allowed).failed()

    assert said == ("entry", "The log has changed since it was allowed: it names another function.")
