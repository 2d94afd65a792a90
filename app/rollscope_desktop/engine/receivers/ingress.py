"""What every protocol's module needs: the journal, who may come in, who sends, what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop.engine.breakpoints import Breakpoints
from rollscope_desktop.engine.forks.in_place import Programs
from rollscope_desktop.engine.receivers.body import LONGEST, Room, read_body

if TYPE_CHECKING:
    from aiohttp import web

    from rollscope_desktop.engine.enforcement import Enforcement
    from rollscope_desktop.engine.receivers.clients import Clients
    from rollscope_desktop.engine.receivers.door import Door
    from rollscope_desktop.ingest.journal import Journal


@dataclass(slots=True)
class Ingress:
    """``otlp_open``: OpenTelemetry is taken without a token; ``asking``: a sender that was refused
    waits for that to be decided, and ``asks`` is called when the first one does. ``closing``: it is
    the server that ends connections now."""

    journal: Journal
    door: Door
    clients: Clients
    enforcement: Enforcement
    breakpoints: Breakpoints = field(default_factory=Breakpoints)
    programs: Programs = field(default_factory=Programs)
    otlp_open: bool = False
    asking: bool = False
    closing: bool = False
    asks: Callable[[], None] = lambda: None
    room: Room = field(default_factory=Room)

    def is_token(self, said: str | None) -> bool:
        """Whether somebody said the token."""
        return self.door.is_token(said)

    def is_bearer(self, request: web.Request) -> bool:
        """Whether a request brings the token as ``Authorization: Bearer``."""
        kind, _, said = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and self.is_token(said.strip())

    async def body_of(self, request: web.Request, most: int = LONGEST) -> bytes:
        """The body of a request, unpacked. Raises the web.HTTPException that says what is wrong."""
        return await read_body(request, self.room, most)
