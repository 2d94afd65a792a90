"""A call of a decorated function that somebody may steer, and what a re-run needs of a tool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, NamedTuple

from rollscope import wire
from rollscope.active import NOTHING
from rollscope.context import Here
from rollscope.decorators.opened import SpanCall, ending_of
from rollscope.guard import guarded
from rollscope.packing import NotPackable, pack, pack_error, packed, pickled
from rollscope.places import places
from rollscope.playing import Decision, Divergence, Given
from rollscope.signing import own_key
from rollscope.spans import Span
from rollscope.values import Limits

if TYPE_CHECKING:
    from rollscope.recorder import Recorder


class StepCall(SpanCall):
    """A step that is a call of a decorated function.

    ``remade`` says that a re-run may have to give what it gave: it is a tool.
    """

    __slots__ = ("_awaited", "_branch", "_decision", "_made", "_pieces", "remade", "steered")

    def __init__(
        self,
        before: Here,
        place: Here,
        span: Span,
        keeps: bool,
        limits: Limits | None,
        *,
        remade: bool,
        decision: Decision | None = None,
        steered: Steered | None = None,
    ) -> None:
        super().__init__(before, place, span, keeps, limits)
        self.steered = steered
        self._awaited = False
        self._decision = decision
        self.remade = remade
        self._branch = place.branch
        self._made = place.branch.made
        self._pieces: dict[str, Any] | None = None
        if steered is not None and decision is not None:
            steered.begin(self, span, decision)

    def done(self, output: Any = NOTHING) -> None:
        """It went well."""
        self.leave()
        span = self.active
        assert isinstance(span, Span)
        if self._decision is not None and span.trace.replay is not None:
            try:
                span.trace.replay.returned(span, self._decision, output)
            except Divergence as stop:
                self.end("error", output, stop)
                raise
        self.end("ok", output, None)

    def broke(self, error: BaseException, output: Any = NOTHING) -> None:
        """It raised."""
        self.leave(error)
        status, told = ending_of(error)
        self.end(status, output, told)

    def end(self, status: str, output: Any, error: BaseException | None) -> None:
        """Write its end, with what a re-run needs."""
        assert isinstance(self.active, Span)
        more = self._more(output, error)
        self.active.finish(status, output=self._kept(output), error=error, more=more)

    def known(self, *, awaited: bool = False, pieces: dict[str, Any] | None = None) -> None:
        """It turned out to be async; or it is a generator, and what it gave one by one."""
        self._awaited = self._awaited or awaited
        self._pieces = pieces or self._pieces

    def _more(self, output: Any, error: BaseException | None) -> dict[str, Any]:
        """What a re-run needs beside the output, as fields of the end."""
        more: dict[str, Any] = {}
        if (made := self._branch.made - self._made) > 0:
            more["branches"] = made
        to = self.active.recorder
        if self.remade and to is not None:
            with guarded("keep a result for a re-run"):
                result = self._result(to, output, error)
                if result is not None:
                    more["result"] = result
        return more

    def _result(self, to: Recorder, output: Any, error: BaseException | None) -> Any:
        if not self.keeps or not to.capture:
            return {"not": "Its output is not recorded."}
        if self._decision is not None and self._decision.given is not None:
            return self._again(to, self._decision.given)
        try:
            found = self._exact(to, output, error)
        except NotPackable as why:
            return {"not": str(why)}
        if self._awaited:
            found = {**(found or {}), "awaited": True}
        return None if found is None else to.fact(found)

    def _again(self, to: Recorder, given: Given) -> Any:
        """It is of the record, and so is what that says beside the output."""
        if given.result is None:
            return None
        return to.fact(given.result) if to.may_show else {"not": "A hook redacts this run."}

    def _exact(self, to: Recorder, output: Any, error: BaseException | None) -> Any:
        if error is not None:
            if not to.may_show:
                return {"not": "What it raised may not be shown: a hook redacts this run."}
            raised = wire.dump(pack_error(error))
            for secret in to.secrets:
                raised = raised.replace(secret.encode(), b"***")
            return {"raised": wire.load(raised), **(self._pieces or {})}
        if self._pieces is not None:
            return self._pieces if to.may_show else {"not": "A hook redacts this run."}
        if output is NOTHING:
            return None
        assert isinstance(self.active, Span)
        if self.active.is_failed and to.may_show:
            return {"packed": packed(output)}  # it returned although it told of an error
        try:
            made = pack(output)
        except NotPackable:
            if not self.active.trace.client.settings.pickle_results or not to.may_show:
                raise
            key = own_key(places().key)
            if key is None:
                raise
            return pickled(output, key)
        if made is None:
            return None
        if not to.may_show:
            return {"not": "JSON does not hold its result, and a hook redacts this run."}
        return {"packed": made}


class Steered:
    """What a function is called with; or what it gives although it is not called.

    ``begin`` tells the call that it is for: the methods below stand in the place of calling the
    function, one for each kind of function.
    """

    __slots__ = ("_call", "_decision", "_span", "args", "given", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], given: Given | None) -> None:
        self.args = args
        self.kwargs = kwargs
        self.given = given

    def begin(self, call: StepCall, span: Span, decision: Decision) -> None:
        """The call begins."""
        self._call, self._span, self._decision = call, span, decision

    def give(self) -> Any:
        """The result, or the error."""
        assert self.given is not None
        if self.given.awaited:
            return self.give_async()
        self._end(self.given)
        return self.given.value

    async def give_async(self) -> Any:
        """The same for an async function, which may also never have returned."""
        given = self.given
        assert given is not None
        if given.hangs:
            import asyncio  # late: it brings the network, and this is rare

            try:
                await asyncio.get_running_loop().create_future()
            except BaseException as error:
                self._call.broke(error)
                raise
        self._end(given)
        return given.value

    def items(self) -> Generator[Any, Any, Any]:
        """The same for a generator."""
        assert self.given is not None
        self._call.leave()
        items, returned = _items(self.given.value)
        yield from items
        self._end(self.given)
        return returned

    async def items_async(self) -> AsyncIterator[Any]:
        """The same for an async generator."""
        assert self.given is not None
        self._call.leave()
        for item in _items(self.given.value)[0]:
            yield item
        self._end(self.given)

    def _end(self, given: Given) -> None:
        """The step is over. Raises the error that is given."""
        span = self._span
        if given.hangs:
            stop = Divergence("In the record the call was cancelled while it went on.")
            if span.trace.replay is not None:
                stop = span.trace.replay.stop(str(stop))
            self._call.broke(stop)
            raise stop
        self._call.leave(given.error)
        if span.trace.replay is not None:
            span.trace.replay.played(span, self._decision)
        output = given.value
        if isinstance(output, Pieces):
            output = output.output
        if given.error is None:
            self._call.end("ok", output, None)
            return
        status, told = ending_of(given.error)
        self._call.end(status, NOTHING if output is None else output, told)
        raise given.error


class Pieces(NamedTuple):
    """What a generator gave: its items one by one, and its output as the log holds it."""

    items: list[Any]
    output: Any
    returned: Any = None


def _items(value: Any) -> tuple[list[Any], Any]:
    if isinstance(value, Pieces):
        return value.items, value.returned
    if isinstance(value, dict) and value.keys() == {"yielded", "returned"}:
        return _items(value["yielded"])[0], value["returned"]
    if isinstance(value, list):
        return value, None
    return ([] if value is None else [value]), None
