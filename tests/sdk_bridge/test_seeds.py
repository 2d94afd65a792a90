"""The examples of other SDKs' pages, with the import line and the names changed, as programs."""

from __future__ import annotations

from pathlib import Path

from tests.sdk_bridge.recorded import runs, script, the_run


def test_one_global_client_and_the_decorators(folder: Path) -> None:
    done = script(
        folder,
        """
        import rollscope

        rollscope.init(api_key="...", agent_name="support_agent", environment="production")

        @rollscope.tool("get_weather")
        def get_weather(city: str) -> dict:
            return {"city": city, "temp": 21}

        @rollscope.trace("support_agent")
        def handle_request(text: str) -> str:
            rollscope.current_trace().message(role="user", content=text)
            weather = get_weather("Paris")  # recorded as a tool span
            return f"It's {weather['temp']}°C."

        print(handle_request("How warm is Paris?"))
        """,
    )

    assert done.stdout == "It's 21°C.\n"
    assert done.stderr == ""
    run = the_run(folder)
    assert run.name == "support_agent"
    assert run.start["agent"] == "support_agent"
    assert run.start["environment"] == "production"
    assert [e["content"] for e in run.of("message")] == ["How warm is Paris?"]
    step = run.step("get_weather")
    assert (step.kind, step.input, step.output) == (
        "tool", {"city": "Paris"}, {"city": "Paris", "temp": 21},
    )  # fmt: skip
    assert "..." not in str(run.start)


def test_context_managers(folder: Path) -> None:
    script(
        folder,
        """
        import rollscope

        with rollscope.trace("support_agent") as trace:
            with rollscope.span("retrieval") as span:
                span.record_input({"query": "orders"})
        """,
    )

    run = the_run(folder)
    assert run.tree() == "retrieval"
    assert run.step("retrieval").sets[0]["input"] == {"query": "orders"}


def test_reaching_the_active_trace(folder: Path) -> None:
    done = script(
        folder,
        """
        import rollscope

        def record_outcome(ok: bool) -> None:
            trace = rollscope.current_trace()
            if trace is not None:
                trace.signal("resolved", ok)

        @rollscope.agent
        def work():
            record_outcome(True)

        record_outcome(False)
        work()
        """,
    )

    assert done.stderr == ""
    assert [e["value"] for e in the_run(folder).of("signal")] == [True]


def test_quick_start(folder: Path) -> None:
    script(
        folder,
        """
        import rollscope

        rollscope.configure(api_key="rt_...")  # get a key in the dashboard

        @rollscope.tool
        def call_planner(prompt): return ["look", prompt]

        @rollscope.tool
        def call_tools(plan): return len(plan)

        @rollscope.tool
        def summarize(results): return f"{results} things"

        @rollscope.record(name="research-agent", resumable=True)
        def run_agent(prompt: str):
            plan = call_planner(prompt)  # captured automatically
            results = call_tools(plan)  # captured automatically
            return summarize(results)  # captured automatically

        run_agent("What changed in vector databases this year?")
        """,
    )

    run = the_run(folder)
    assert run.name == "research-agent"
    assert run.start["entry"]["resumable"] is True
    assert run.start["entry"]["qualname"] == "run_agent"
    assert run.start["input"] == {"prompt": "What changed in vector databases this year?"}
    assert run.tree() == "call_planner, call_tools, summarize"
    assert run.end["output"] == "2 things"


def test_configure(folder: Path) -> None:
    done = script(
        folder,
        """
        import rollscope

        rollscope.configure(
            api_key="rt_...",  # or ROLLSCOPE_API_KEY
            endpoint="https://localhost:1",
            project="...",  # or ROLLSCOPE_PROJECT
            enabled=False,
        )

        @rollscope.record
        def run_agent(prompt: str):
            rollscope.current_trace().message("user", prompt)
            return "answer"

        print(run_agent("question"))
        """,
    )

    assert done.stdout == "answer\n"
    assert done.stderr == ""
    assert not folder.exists()


def test_switched_off_by_the_environment(folder: Path, own_places: Path) -> None:
    done = script(
        folder,
        """
        import rollscope

        @rollscope.tool("get_weather")
        def get_weather(city: str) -> dict:
            return {"city": city, "temp": 21}

        @rollscope.trace("support_agent")
        def handle_request(text: str) -> str:
            rollscope.current_trace().message(role="user", content=text)
            weather = get_weather("Paris")
            return f"It's {weather['temp']}°C."

        print(handle_request("x"), rollscope.current_trace(), rollscope.current_span())
        """,
        env={"ROLLSCOPE_ENABLED": "false"},
    )

    assert done.stdout == "It's 21°C. None None\n"
    assert done.stderr == ""
    assert not folder.exists()
    assert list(own_places.iterdir()) == []


def test_enforcement(folder: Path) -> None:
    done = script(
        folder,
        """
        import rollscope
        from rollscope import EnforcementError

        rollscope.configure(
            api_key="rt_...",
            max_steps_per_run=50,
            max_usd_per_run=2.0,
        )

        @rollscope.tool
        def think(n):
            rollscope.current_span().usage(model="gpt-x", cost_usd=0.5)

        @rollscope.agent
        def run_agent(prompt):
            for n in range(100):
                think(n)

        try:
            run_agent("...")
        except EnforcementError as e:
            print(e.verdict, e.reason)
        try:
            run_agent("...")
        except rollscope.EnforcementError as e:
            print(isinstance(e, rollscope.RollscopeError))
        """,
    )

    verdict, _, reason = done.stdout.splitlines()[0].partition(" ")
    assert verdict == "block"
    assert "USD" in reason
    assert "ceiling" in reason.lower()
    assert done.stdout.splitlines()[1] == "True"
    for run in runs(folder):
        assert len(run.named("think")) == 4
        assert run.end["error"]["type"] == "EnforcementError"


def test_ceilings_from_the_environment(folder: Path) -> None:
    done = script(
        folder,
        """
        import rollscope
        rollscope.configure(max_tokens_per_run=5)

        @rollscope.tool
        def think(): pass

        with rollscope.trace("t"):
            try:
                for n in range(10):
                    think()
            except rollscope.EnforcementError as e:
                print(n)
        """,
        env={"ROLLSCOPE_MAX_STEPS_PER_RUN": "3", "ROLLSCOPE_MAX_TOKENS_PER_RUN": "1000"},
    )

    assert done.stdout == "3\n"


def test_several_agents(folder: Path) -> None:
    script(
        folder,
        """
        import rollscope

        @rollscope.tool
        def call_planner(prompt): return "plan"

        @rollscope.tool
        def call_executor(plan): return "result"

        @rollscope.record(name="my-agent", resumable=True)
        def run_agent(prompt: str):
            with rollscope.agent("planner", role="planner"):
                plan = call_planner(prompt)
            with rollscope.agent("executor", role="executor"):
                result = call_executor(plan)
            return result

        run_agent("go")
        """,
    )

    run = the_run(folder)
    assert run.tree() == "planner(call_planner), executor(call_executor)"
    assert run.step("call_planner").agent == {"id": "planner", "role": "planner"}
    assert run.step("call_executor").agent == {"id": "executor", "role": "executor"}


def test_sampling(folder: Path) -> None:
    script(
        folder,
        """
        import rollscope
        rollscope.configure(api_key="rt_...", sample_rate=0.1)  # record 10% of traces

        @rollscope.record
        def run_agent(n): return n

        assert [run_agent(n) for n in range(500)] == list(range(500))
        """,
    )

    assert 20 < len(runs(folder)) < 90


def test_sessions(folder: Path) -> None:
    script(
        folder,
        """
        import rollscope

        @rollscope.record(name="chat", session_id="conversation-1")
        def turn(text): return text

        turn("a")
        turn("b")
        """,
    )

    assert {run.start["session"] for run in runs(folder)} == {"conversation-1"}


def test_typed_errors(folder: Path) -> None:
    script(
        folder,
        """
        from rollscope import (
            AuthError,
            ConfigError,
            EnforcementError,
            RateLimitError,
            RollscopeError,
            TransportError,
        )

        for kind in (AuthError, ConfigError, EnforcementError, RateLimitError, TransportError):
            assert issubclass(kind, RollscopeError)
        """,
    )
