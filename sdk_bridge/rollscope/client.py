"""A client: settings, a sink, and the runs that are recorded with them; one of them is global."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock
from time import time_ns
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from rollscope import ending, wire
from rollscope.active import NOTHING
from rollscope.config import Options, Settings, read_prices, settle
from rollscope.context import Agent, Branch, Here, enter, here
from rollscope.decorators import Decorators
from rollscope.decorators.opened import Unrecorded
from rollscope.errors import ConfigError
from rollscope.fingerprints import Fingerprints
from rollscope.guard import failed, guarded
from rollscope.limits import Ceilings, Meter
from rollscope.packing import NotPackable, pack
from rollscope.pinning import pin
from rollscope.places import places
from rollscope.playing import expected
from rollscope.recorder import Recorder, process
from rollscope.sampling import is_sampled
from rollscope.signing import own_key
from rollscope.sinks import NullSink
from rollscope.sinks.file import FileSink
from rollscope.spans import Span
from rollscope.tracing import Trace
from rollscope.values import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope.control.gate import Gate
    from rollscope.decorators.entry import Entry
    from rollscope.enforcement import Enforcement
    from rollscope.sinks import Sink


class Ids(Protocol):
    """Names runs and spans."""

    def run(self) -> str:
        """32 hex digits, new each time."""

    def span(self) -> str:
        """16 hex digits, new each time."""


class Rollscope(Decorators):
    """Records runs. Arguments are the fields of ``rollscope.config.Settings``; what is not given
    comes from the environment (``ROLLSCOPE_…``), else from the defaults.

    ``sink``, ``ids`` and ``clock`` replace where lines go, how runs and spans are named, and what
    time it is (``rollscope.testing`` has some); ``environ`` stands for the environment. Raises
    ConfigError.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        sink: Sink | None = None,
        ids: Ids | None = None,
        clock: Callable[[], int] = time_ns,
        environ: Mapping[str, str] | None = None,
        **settings: Unpack[Options],
    ) -> None:
        self.settings: Settings = settle({"api_key": api_key, **settings}, environ)
        if self.settings.prices is not None:
            read_prices(self.settings.prices)  # what is wrong with it is to be said here
        self.clock = clock
        self.run_id, self.span_id = (ids.run, ids.span) if ids else (wire.run_id, wire.span_id)
        self.live: set[Trace] = set()
        self.enforcement: Enforcement | None = None
        self.gate: Gate | None = None
        """Where calls wait for a word; None while nobody has set anything that they wait for."""
        self._sink = sink
        self._lock = RLock()
        self._limits = Limits(bytes=self.settings.max_value_bytes)
        self._ceilings = Ceilings.of(self.settings)
        self.fingerprints = Fingerprints(self.settings.masks)
        self.enabled = self.settings.enabled
        self.quiet = Trace(self, "0" * 32, "", None)
        self.unrecorded = Unrecorded(self.quiet)
        if self.settings.server_enforcement:
            self._ask_server()

    def _client(self) -> Rollscope:
        return self

    @property
    def sink(self) -> Sink:
        """Where lines go; made when the first run begins."""
        if self._sink is None:
            with self._lock:
                if self._sink is None:
                    self._sink = self._made_sink()
        return self._sink

    def _made_sink(self) -> Sink:
        settings = self.settings
        if settings.endpoint is None:
            return FileSink(settings.folder)
        from rollscope.control.orders import Orders
        from rollscope.sinks.socket import SocketSink  # late: it brings the network

        return SocketSink(
            settings.endpoint,
            token=self.token,
            spool=places().spool,
            max_bytes=settings.spool_max_bytes,
            on_error=settings.on_error,
            ear=Orders(self),
        )

    @property
    def token(self) -> str | None:
        """The token for the application's socket: as given, or as the application keeps it."""
        if self.settings.api_key is not None:
            return self.settings.api_key
        try:
            return places().token.read_text().strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def _ask_server(self) -> None:
        from rollscope.enforcement import Enforcement

        settings = self.settings
        self.enforcement = Enforcement(
            settings.endpoint, self.token, hold_wait=settings.hold_wait, on_error=settings.on_error
        )

    def begin(
        self,
        name: str,
        *,
        input: Any = NOTHING,
        session: str | None = None,
        metadata: dict[str, Any] | None = None,
        agent: Agent | None = None,
        entry: Entry | None = None,
        arguments: dict[str, Any] | None = None,
        caller: Here | None = None,
    ) -> Here:
        """Where code stands that runs in a new run; its start is written. Raises nothing.

        ``caller`` is the place in another run from where it was called.
        """
        coming = expected()
        try:
            settings = self.settings
            session = session or settings.session
            run = self.run_id()
            sampled = coming is not None or is_sampled(settings, session or run)
            enabled = coming is not None or settings.enabled
            if not enabled or not (sampled or self._ceilings or self.enforcement):
                return self.quiet_run(agent)
            ending.watch(self)
            recorder = self.recorder(run, 0, sampled, None if coming is None else coming.folder)
            trace = Trace(self, run, name, recorder, metadata=metadata, sampled=sampled)
            more: dict[str, Any] = {}
            seed = run if settings.pin_random else ""
            if coming is None:
                trace.replay = self.gate
                if caller is not None and (above := caller.trace.replay) and above.is_rerun:
                    trace.replay = above  # a part of a re-run as well
                    trace.place().branch.after = caller.branch.after
            else:
                trace.replay = coming.playing
                more = coming.playing.begun(trace)
                seed = coming.seed
            if seed:
                pin(run, seed)
            recorder.start(
                own_key(places().key),
                name=name,
                input=None if input is NOTHING else recorder.value(input),
                agent=(agent.id if agent else None) or settings.agent_name,
                session=session,
                environment=settings.environment,
                project=settings.project,
                meta=recorder.value(metadata) if metadata else None,
                process=process(settings.capture),
                entry=_entry(recorder, entry, arguments, input, seed=seed),
                caller=None if caller is None or caller.trace.silent else _point(caller),
                **more,
            )
            self.live.add(trace)
            if trace.replay is None:
                trace.replay = self.gate  # it may have been armed just before
            return trace.place(agent)
        except Exception as error:
            if coming is not None:
                raise  # what is not steered would call models
            failed("begin a run", error)
            return self.quiet_run(agent)

    def join(self, run: str, span: str | None, sampled: bool = True) -> Here:
        """Where code stands that runs in a step of a run that another process began.

        ``run`` is 32 and ``span`` 16 hex digits. What is recorded goes into a log of this process.
        """
        if not sampled or not self.settings.enabled:
            return self.quiet_run()
        ending.watch(self)
        trace = Trace(self, run, "", self.recorder(run, None), owned=False)
        self.live.add(trace)
        trace.replay = self.gate
        return trace.place()._replace(span=None if span is None else remote(trace, span))

    def quiet_run(self, agent: Agent | None = None) -> Here:
        """A run of which nothing is recorded."""
        return Trace(self, "0" * 32, "", None).place(agent)

    def meter(self) -> Meter | None:
        """Counts what a run uses; None where there are no ceilings."""
        return None if self._ceilings is None else Meter(self._ceilings)

    def recorder(
        self, run: str, proc: int | None, sampled: bool = True, folder: Path | None = None
    ) -> Recorder:
        """A recorder; a run that is left out but has ceilings is watched, and not kept. ``folder``
        is for one whose log goes elsewhere."""
        settings = self.settings
        own = NullSink() if not sampled else None if folder is None else FileSink(folder)
        return Recorder(
            run,
            proc,
            self.sink if own is None else own,
            clock=self.clock,
            limits=self._limits,
            capture=settings.capture,
            redact=settings.redact,
            on_error=settings.on_error,
        )

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was recorded has arrived; whether it has. Files need no waiting."""
        timeout = self.settings.flush_timeout if timeout is None else timeout
        return True if self._sink is None else self._sink.flush(timeout)

    def shutdown(self, why: str = "shutdown") -> None:
        """End the runs that are under way, and flush."""
        with guarded("end what is under way"):
            for trace in list(self.live):
                trace.cut(why)
            self.flush()

    def after_fork(self) -> None:
        """In a child that was forked: it writes files of its own."""
        self._lock = RLock()
        if self._sink is not None:
            self._sink.after_fork()
        for trace in list(self.live):
            trace.after_fork()


def _entry(
    recorder: Recorder,
    entry: Entry | None,
    beside: dict[str, Any] | None,
    input: Any,
    *,
    seed: str,
) -> dict[str, Any] | None:
    """The function that the run is a call of. ``beside`` are its arguments, where the input says
    something else."""
    if entry is None:
        return None
    fields = entry.fields()
    if seed:
        fields = {**fields, "pinned": True}
        if seed != recorder.run:
            fields = {**fields, "seed": seed}
    if beside:
        fields = {**fields, "arguments": recorder.value(beside)}
    called_with = beside or input
    if entry.resumable and isinstance(called_with, dict) and recorder.may_show:
        try:
            packed = pack(called_with)
        except NotPackable:
            packed = None  # the log says that the arguments are not all there
        if packed is not None:
            fields = {**fields, "given": recorder.fact(packed)}
    return fields


def _point(place: Here) -> dict[str, Any]:
    point = {"run": place.trace.id}
    if place.span is not None:
        point["span"] = place.span.id
    return point


def remote(trace: Trace, span: str) -> Span:
    """The step of another process that this one's steps are parts of; that process ends it."""
    made = Span(trace, span, "span", "", Branch())
    made._inherited = True
    return made


class _Default:
    """Holds the global client: made by ``init``, or from the environment when first used."""

    def __init__(self) -> None:
        self._client: Rollscope | None = None
        self._lock = RLock()

    def __call__(self) -> Rollscope:
        """The global client."""
        client = self._client
        if client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._from_environment()
                client = self._client
        return client

    def put(self, client: Rollscope | None) -> Rollscope | None:
        """Make this the global client; the one that was. Its runs go on with it."""
        with self._lock:
            before, self._client = self._client, client
        return before

    def after_fork(self) -> None:
        """In a child that was forked: another thread of the parent may have held the lock."""
        self._lock = RLock()

    @staticmethod
    def _from_environment() -> Rollscope:
        try:
            return Rollscope()
        except ConfigError as error:  # nobody asked for it here: it must not end the program
            failed.say("config", f"{error} Nothing is recorded.")
            return Rollscope(enabled=False, environ={})


default = _Default()
"""The global client, which module-level functions use."""


def current_trace() -> Trace | None:
    """The run that the running code is part of; None outside every run."""
    place = here()
    if place is None:
        return None
    client = place.trace.client
    if place.trace is client.quiet:
        place = client.quiet_run(place.agent)  # one of its own, now that it is asked for
        enter(place)
    return place.trace


def current_span() -> Span | None:
    """The step that the running code is part of; None outside every step."""
    place = here()
    return None if place is None else place.span
