"""The peers of row D1, each run alone: ``python -m tests.bench.fork_peers NAME JSON``.

Each gets the agent ``plain`` of ``fork_agents``, recorded and then done again up to step 30, the
way its own documentation uses it. LangGraph and Burr need it rewritten as a graph, whose nodes are
its steps. The client of the model is made before the clock runs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypedDict

from tests.bench.child import ROOT, end, environment
from tests.bench.fork_programs import FORKED_AT, model_server

Said = dict[str, Any]
Again = Callable[[], object]
STEPS = 40
_BEFORE = FORKED_AT // 3


def main() -> None:
    """Run the task that is named, in an empty home."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as home:
        os.environ |= {"ROLLSCOPE_HOME": home, "ROLLSCOPE_ENABLED": "false", "HOME": home}
        os.chdir(home)
        print(json.dumps(TASKS[name](Path(home), **arguments)), flush=True)


class Agent:
    """The agent and its client; ``asked`` are the times at which it asked the model."""

    def __init__(self, address: str) -> None:
        import openai

        from tests.bench import fork_agents

        self.asked: list[float] = []
        self.program = fork_agents
        self._client = openai.OpenAI(base_url=f"{address}/v1", api_key="k")

    def ask(self, said: list[Any]) -> str:
        """One call of the model."""
        self.asked.append(time.perf_counter())
        return self.program.gpt(self._client, said)

    def run(self) -> str:
        """All 40 steps."""
        self.asked.clear()
        return self.program.rounds(self.ask, "plain", self.program.ROUNDS)


@contextmanager
def agent() -> Iterator[Agent]:
    """The agent and a server for it; it has run once."""
    with model_server() as model:
        made = Agent(model.address)
        made.run()
        yield made


def said_of(bare: Again, recorded: Again, replayed: Callable[[], float], count: int) -> Said:
    """ms a step that recording adds, the two by turns, and that it takes to the fork point."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * count):
        which = (number + number // 2) % 2
        began = time.perf_counter()
        (bare, recorded)[which]()
        took[which].append((time.perf_counter() - began) / STEPS * 1e3)
    plain, whole = map(statistics.median, took)
    # Neighbours are compared: a machine may be slower for a while.
    added = statistics.median(b - a for a, b in zip(*took, strict=True))
    step = statistics.median(replayed() for _ in range(count)) / FORKED_AT * 1e3
    return {"bare": plain, "whole": whole, "added": added, "each": step}


# -- the agent as it is ---------------------------------------------------------------------------


def vcrpy(home: Path, count: int) -> Said:
    """What goes over the network comes from a cassette; tools are called again."""
    import vcr

    tape = home / "tape.yaml"

    def recorded() -> None:
        tape.unlink(missing_ok=True)
        with vcr.use_cassette(str(tape), record_mode="once"):
            made.run()

    def replayed() -> float:
        began = time.perf_counter()
        with vcr.use_cassette(str(tape), record_mode="none"):
            made.run()
        return made.asked[_BEFORE] - began

    with agent() as made:
        said = said_of(made.run, recorded, replayed, count)
        return {**said, "log": tape.stat().st_size}


def retrace(home: Path, count: int) -> Said:
    """Answers of models come from a cassette, as text; tools are called again. Its server, which
    would keep the cassette, acknowledges everything at once."""
    os.environ["RETRACE_TELEMETRY"] = "0"
    import retrace as sdk
    from retrace.replay import activate_cassette, deactivate_cassette

    tape = home / "cassette.json"
    pipe = subprocess.PIPE
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sdk_peer_server"], cwd=ROOT, env=environment(),
        stdin=pipe, stdout=pipe,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        sdk.configure(api_key="rt_bench", base_url=f"http://127.0.0.1:{port}")

        def recorded() -> None:
            with sdk.record(name="plain") as recorder:
                made.run()
            sdk.write_golden_cassette(str(tape), recorder)

        def replayed() -> float:
            began = time.perf_counter()
            activate_cassette(json.loads(tape.read_bytes())["steps"])
            made.run()
            deactivate_cassette()
            return made.asked[_BEFORE] - began

        with agent() as made:
            said = said_of(made.run, recorded, replayed, count)
            return {**said, "log": tape.stat().st_size}
    finally:
        end(server)


# -- the agent as a graph -------------------------------------------------------------------------


class State(TypedDict):
    """What the agent keeps in its variables."""

    said: list[Any]
    turn: int
    text: str
    found: dict[str, Any]


_EMPTY: State = {"said": [], "turn": 0, "text": "", "found": {}}


class Nodes:
    """The steps of the agent as functions of its state; ``began`` are their times."""

    def __init__(self, made: Agent) -> None:
        self._made = made
        self.began: list[float] = []

    def model(self, state: State) -> dict[str, Any]:
        """The model is asked."""
        self.began.append(time.perf_counter())
        said = state["said"]
        if state["turn"] < self._made.program.ROUNDS:
            said = [*said, {"role": "user", "content": f"plain, round {state['turn']}"}]
        return {"said": said, "text": self._made.ask(said)}

    def look(self, state: State) -> dict[str, Any]:
        """The tool that searches."""
        self.began.append(time.perf_counter())
        return {"found": self._made.program.search(state["text"])}

    def keep(self, state: State) -> dict[str, Any]:
        """The tools that note or send."""
        self.began.append(time.perf_counter())
        text, turn, program = state["text"], state["turn"], self._made.program
        kept = program.note(text) if turn % 3 else program.send(text)
        more = [{"role": "assistant", "content": text},
                {"role": "user", "content": f"{state['found']} {kept}"}]  # fmt: skip
        return {"said": [*state["said"], *more], "turn": turn + 1}


def langgraph(home: Path, count: int) -> Said:
    """A checkpoint a step in SQLite; its history is read, the state changed, the graph goes on."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph

    kept = home / "checkpoints.db"
    config = {"configurable": {"thread_id": "1"}, "recursion_limit": 100}

    def graph(saver: Any) -> Any:
        made = StateGraph(State)
        for name in ("model", "look", "keep"):
            made.add_node(name, getattr(nodes, name))
        made.add_edge(START, "model")
        made.add_edge("look", "keep")
        made.add_edge("keep", "model")
        rounds = nodes._made.program.ROUNDS
        made.add_conditional_edges(
            "model", lambda state: "look" if state["turn"] < rounds else END, ["look", END]
        )
        return made.compile(checkpointer=saver)

    def connect() -> Any:
        return closing(sqlite3.connect(kept, check_same_thread=False))

    def recorded() -> None:
        for old in home.glob("checkpoints.db*"):
            old.unlink()
        with connect() as connection:
            graph(SqliteSaver(connection)).invoke(dict(_EMPTY), config, durability="sync")

    def replayed() -> float:
        with connect() as connection:
            again = graph(SqliteSaver(connection))
            nodes.began.clear()
            began = time.perf_counter()
            history = list(again.get_state_history(config))
            at = next(each for each in history if each.metadata["step"] == FORKED_AT + 1)
            changed = again.update_state(at.config, {"text": "changed"}, as_node="model")
            again.invoke(None, {**changed, "recursion_limit": 100}, durability="sync")
            return nodes.began[0] - began

    with agent() as made:
        nodes = Nodes(made)

        def one() -> float:
            recorded()  # a fork adds to the history, which the next one would read
            return replayed()

        said = said_of(made.run, recorded, one, count)
        recorded()
        size = sum(file.stat().st_size for file in home.glob("checkpoints.db*"))
        return {**said, "log": size}


def burr(home: Path, count: int) -> Said:
    """The state after each step in SQLite; that of step 30 is loaded, and the graph goes on."""
    from burr.core import ApplicationBuilder, action, default, expr
    from burr.core.persistence import SQLitePersister

    kept = home / "burr.db"

    def builder(id: str, keeper: Any) -> Any:
        fields = list(_EMPTY)

        def wrapped(step: Callable[[State], dict[str, Any]]) -> Any:
            def act(state: Any) -> Any:
                return state.update(**step(state))

            act.__name__ = step.__name__
            return action(reads=fields, writes=fields)(act)

        made = (
            ApplicationBuilder()
            .with_actions(**{name: wrapped(getattr(nodes, name)) for name in steps}, last=wrapped(
                nodes.model
            ))
            .with_transitions(
                ("model", "look", default), ("look", "keep", default),
                ("keep", "last", expr(f"turn == {nodes._made.program.ROUNDS}")),
                ("keep", "model", default),
            )
            .with_identifiers(app_id=id)
        )  # fmt: skip
        return made.with_state_persister(keeper) if keeper is not None else made

    def run(id: str, keeper: Any) -> None:
        made = builder(id, keeper).with_state(**_EMPTY).with_entrypoint("model").build()
        made.run(halt_after=["last"])

    def keeper() -> Any:
        found = SQLitePersister.from_values(str(kept))
        found.initialize()
        return found

    def recorded() -> None:
        kept.unlink(missing_ok=True)
        one = keeper()
        run("one", one)
        one.connection.close()

    def replayed() -> float:
        one = keeper()
        nodes.began.clear()
        began = time.perf_counter()
        made = builder(f"fork {began}", one).initialize_from(
            one, resume_at_next_action=True, default_state=dict(_EMPTY),
            default_entrypoint="model", fork_from_app_id="one", fork_from_sequence_id=FORKED_AT,
        ).build()  # fmt: skip
        made.update_state(made.state.update(text="changed"))
        made.run(halt_after=["last"])
        one.connection.close()
        return nodes.began[0] - began

    steps = ("model", "look", "keep")
    with agent() as made:
        nodes = Nodes(made)
        said = said_of(made.run, recorded, replayed, count)
        recorded()
        return {**said, "log": kept.stat().st_size}


TASKS: dict[str, Callable[..., Said]] = {
    function.__name__: function for function in (vcrpy, retrace, langgraph, burr)
}

if __name__ == "__main__":
    main()
