"""Says in headers or in the environment where in a run something is called, as W3C Trace Context.

``traceparent`` names the run and the step; our member of ``tracestate`` the branch. A step of the
run itself stands below an id that follows from the run's, as the format has no word for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.context import here
from rollscope.follow.travel import Ticket, ticket, visiting
from rollscope.guard import failed

if TYPE_CHECKING:
    from types import TracebackType

PARENT = "ROLLSCOPE_TRACEPARENT"
STATE = "ROLLSCOPE_TRACESTATE"

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_OURS = re.compile(r"(?:^|,)\s*rollscope=([0-9a-f]{1,16})(r?[plw]?)\s*(?:,|$)")
_NOWHERE = "0" * 32
_MOST_MEMBERS = 32  # of a tracestate


def inject(headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
    """Add to the headers of a request where in a run it is made; a new dictionary without any.

    The service that gets them goes on in the same step with ``extract``. Outside a run nothing is
    added. Raises nothing.
    """
    headers = {} if headers is None else headers
    place = here()
    if place is None:
        return headers
    try:
        made = ticket(place, place.branch.fork())
        for name in [name for name in headers if name.lower() == "traceparent"]:
            del headers[name]
        headers["traceparent"] = parent(made)
        others = [name for name in headers if name.lower() == "tracestate"]
        before = ",".join(headers.pop(name) for name in others)
        headers["tracestate"] = state(made, before)
    except Exception as error:  # noqa: BLE001 - a recorder never harms the program
        failed("say in headers where a request is made", error)
    return headers


class extract:
    """``with rollscope.extract(request.headers):`` what is recorded inside belongs to the step from
    which the request was made.

    ``headers`` is a mapping or a list of pairs, of text or bytes; the environment of a process will
    do as well. Where they say nothing, nothing changes.
    """

    def __init__(self, headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        self._visit: visiting | None = None
        try:
            found = read(headers)
            self._visit = None if found is None else visiting(found)
        except Exception as error:  # noqa: BLE001 - a recorder never harms the program
            failed("read from headers where a request was made", error)

    def __enter__(self) -> None:
        if self._visit is not None:
            self._visit.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._visit is not None:
            self._visit.__exit__(kind, error, trace)


def variables(made: Ticket) -> dict[str, str]:
    """The place as variables of the environment."""
    return {PARENT: parent(made), STATE: state(made)}


def read(headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Ticket | None:
    """The place that headers or variables name; None where they name none."""
    said: dict[str, str] = {}
    for name, value in getattr(headers, "items", lambda: headers)():
        key = _text(name).upper()
        if key in ("TRACEPARENT", "TRACESTATE", PARENT, STATE):
            said[key.removeprefix("ROLLSCOPE_")] = _text(value)
    match = _FORM.fullmatch(said.get("TRACEPARENT", "").strip())
    if match is None:
        return None
    version, run, span, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or run == _NOWHERE or span == "0" * 16:
        return None
    ours = _OURS.search(said.get("TRACESTATE", ""))
    return Ticket(
        run,
        None if span == _run_itself(run) else span,
        bool(int(flags, 16) & 1),
        int(ours[1], 16) if ours else 0,
        redacted=bool(ours and "r" in ours[2]),
        rerun=ours[2].lstrip("r") if ours else "",
    )


def parent(made: Ticket) -> str:
    """The ``traceparent``. A run that is not recorded has no name: it gets one for the journey."""
    run = wire.run_id() if made.run == _NOWHERE else made.run
    return f"00-{run}-{made.span or _run_itself(run)}-{'01' if made.sampled else '00'}"


def state(made: Ticket, others: str = "") -> str:
    """The ``tracestate``: our member first, then those that were there."""
    kept = [m for m in others.split(",") if m.strip() and not m.strip().startswith("rollscope=")]
    marks = f"{'r' if made.redacted else ''}{made.rerun}"
    ours = f"rollscope={made.branch:x}{marks}"
    return ",".join([ours, *kept][:_MOST_MEMBERS])


def _run_itself(run: str) -> str:
    return blake2b(run.encode(), digest_size=8).hexdigest()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
