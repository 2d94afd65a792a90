"""A part of a re-run that is in another process: it has no record there to answer from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope.playing import Asked, Decision, Divergence

if TYPE_CHECKING:
    from rollscope.context import Here
    from rollscope.playing import Sent
    from rollscope.spans import Span
    from rollscope.tracing import Trace


class Elsewhere:
    """Lets no call out before the edited step, so that nothing is paid or done a second time."""

    is_rerun = True

    def __init__(self, *, asks: bool = False) -> None:
        self.asks = asks

    def enter(self, place: Here, kind: str, name: str) -> Decision:
        """A block runs again."""
        return Decision(how="live")

    def call(self, place: Here, asked: Asked) -> Decision:
        """A function may be called that only holds others, or that comes after the edit. Nobody can
        be asked here."""
        if asked.is_call and not place.branch.after:
            raise _cannot(asked.name)
        if asked.is_call and (self.asks or asked.effects == "write"):
            raise Divergence(f"The agent calls {asked.name} in another process: {_NOBODY}")
        return Decision(how="live")

    async def call_async(self, place: Here, asked: Asked) -> Decision:
        """The same."""
        return self.call(place, asked)

    def model(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """A model may be called after the edit."""
        if not place.branch.after:
            raise _cannot(name)
        return Decision(how="live")

    async def model_async(self, place: Here, sent: Sent, name: str, fingerprint: str) -> Decision:
        """The same."""
        return self.model(place, sent, name, fingerprint)

    def played(self, span: Span, decision: Decision) -> None:
        """Nothing is played here."""

    def returned(self, span: Span, decision: Decision, output: Any) -> None:
        """There is nothing to compare it with."""

    def begun(self, trace: Trace) -> dict[str, Any]:
        """No run begins here."""
        return {}

    def stop(self, why: str) -> Divergence:
        """The code here gets no further."""
        return Divergence(why)


_NOBODY = "there nobody can be asked whether it may, and a policy does not reach."


def _cannot(name: str) -> Divergence:
    return Divergence(
        f"The agent calls {name} in another process, where a re-run cannot answer from the record."
    )
