"""Who is counted as a program that sends, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field

from rollscope_desktop.engine.receivers import clients as module
from rollscope_desktop.engine.receivers.clients import LATELY, Clients


@dataclass
class Watched:
    """Clients with a clock that is told; ``news`` counts how often something changed."""

    now: float = 1000.0
    news: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clients = Clients(lambda: self.news.append(1), lambda: self.now)


def test_a_connection_counts_until_it_is_closed() -> None:
    watched = Watched()
    clients = watched.clients
    agent = clients.joined("retrace", "agent.py", pid=7, listens=("resume",))
    watched.now += 10 * LATELY
    clients.heard(agent, 3, "a" * 32)
    clients.heard(agent, 2, "a" * 32)
    assert [client.told() for client in clients.known()] == [
        {
            "id": agent.id, "protocol": "retrace", "name": "agent.py", "pid": 7, "since": 1000.0,
            "last": watched.now, "events": 5, "runs": 1, "listens": ["resume"], "project": "",
        }
    ]  # fmt: skip
    assert clients.by_id(agent.id) is agent
    clients.left(agent)
    clients.left(agent)
    assert clients.known() == []
    assert clients.by_id(agent.id) is None
    assert len(watched.news) == 2


def test_who_has_no_connection_counts_for_a_while() -> None:
    watched = Watched()
    clients = watched.clients
    clients.heard_of("otlp", "shop", 5, {"a"})
    clients.heard_of("otlp", "shop", 5, {"b"})
    assert len(watched.news) == 1
    [shop] = clients.known()
    assert (shop.events, len(shop.runs)) == (10, 2)
    watched.now += LATELY + 1
    assert clients.known() == []
    clients.heard_of("otlp", "shop", 1, {"b"})
    assert [client.events for client in clients.known()] == [11]
    assert len(watched.news) == 2


def test_senders_without_number_do_not_fill_the_memory() -> None:
    watched = Watched()
    for number in range(3 * module._MOST_SENDERS):
        watched.now += 0.001
        watched.clients.heard_of("otlp", f"service {number}", 1, {str(number)})
    known = watched.clients.known()
    assert len(known) == module._MOST_SENDERS
    assert known[-1].name == f"service {3 * module._MOST_SENDERS - 1}"
