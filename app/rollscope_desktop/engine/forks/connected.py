"""Which runs their own program makes again, because it is still there and allows it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from rollscope import signing
from rollscope_desktop.engine.forks import retrace
from rollscope_desktop.engine.forks.header import read_header
from rollscope_desktop.engine.forks.in_place import InPlace, Message, Process, Programs
from rollscope_desktop.engine.forks.making import Making
from rollscope_desktop.engine.forks.orders import Fork, Order
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.query.connection import IndexProblem, open_reader

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client, Clients
    from rollscope_desktop.platform import Places
    from rollscope_desktop.query.connection import Reader

Check = Callable[["Reader", int, Mapping[str, Any]], None]
"""Refuses an edit that a run does not take."""


class Connected:
    """Methods may be called on any thread, and take a while: they read the index and a log."""

    def __init__(self, places: Places, clients: Clients, programs: Programs) -> None:
        self._places = places
        self._clients = clients
        self._programs = programs

    def makings(self, order: Order, batch: str, check: Check) -> list[Making] | None:
        """The forks that a program makes of itself; None where a new process is to make them.

        Raises Refused where it is the vendor's SDK and that cannot.
        """
        with closing(self._reader()) as reader:
            if _is_of_retrace(reader, order.run):
                found = retrace.resumable(reader, order.run, self._clients)
                job: Message = {"run": order.run}

                def vendor(fork: str) -> Process:
                    told = retrace.command(found, fork, order.edit)
                    return retrace.RetraceResume(self._programs, found.client, fork, told)

                return [_making(order, batch, k, job, vendor) for k in range(order.times)]
            client = self._listener(order.run)
            if client is None:
                return None
            header = read_header(reader, order.run, signing.own_key(self._places.key))
            if order.edit is not None:
                check(reader, header.run, order.edit)
            job = {
                "type": "job", "run": order.run, "logs": [str(path) for path in header.logs],
                "folder": str(self._places.runs), "edit": order.edit,
                "policies": dict(order.policies), "others": "" if header.signed else "ask",
                "divergence": order.divergence, "fresh": order.fresh, "signed": header.signed,
                "timeout": None, "group": None, "start": header.start,
            }  # fmt: skip

            def own(fork: str) -> Process:
                return InPlace(self._programs, client, fork)

            return [_making(order, batch, k, job, own) for k in range(order.times)]

    def way(self, run: str) -> Message:
        """How a run would be made again, for people: ``way`` is "program" (in its own process),
        "retrace" (by the vendor's SDK) or "process" (a new one); ``sentence`` says what that does,
        or why it cannot be done, where ``possible`` is false."""
        with closing(self._reader()) as reader:
            if _is_of_retrace(reader, run):
                try:
                    found = retrace.resumable(reader, run, self._clients)
                except Refused as refused:
                    said = refused.message()["sentence"]
                    return {"way": "retrace", "possible": False, "sentence": said}
                given = {"arguments": found.arguments}
                return {"way": "retrace", "possible": True, "sentence": found.sentence, **given}
        if self._listener(run) is not None:
            said = "The program is still running, and runs it again in its own process."
            return {"way": "program", "possible": True, "sentence": said}
        return {"way": "process", "possible": True, "sentence": ""}

    def _listener(self, run: str) -> Client | None:
        client = self._clients.of_run(run)
        return client if client is not None and "resume" in client.listens else None

    def _reader(self) -> Reader:
        try:
            return open_reader(self._places.index)
        except IndexProblem as error:
            raise Refused("index", str(error)) from None


def _is_of_retrace(reader: Reader, run: str) -> bool:
    row = reader.one("SELECT format FROM runs WHERE key = ?", (run,))
    return row is not None and row[0] == "rollscope" and retrace.is_of_retrace(reader, run)


def _making(
    order: Order, batch: str, number: int, job: Message, process: Callable[[str], Process]
) -> Making:
    fork = Fork(secrets.token_hex(16), batch, number, order.run, order.span)
    group = {"id": batch, "chain": number} if order.times > 1 else None
    return Making(fork, "", "", {**job, "group": group}, process(fork.id))
