from typing import Any

import pytest

from resolver.daemon.querylog import QueryLog, anonymised
from resolver.net.door import Door
from resolver.net.front import Front
from resolver.net.watch import Patience
from resolver.ports import Errand, Resolution
from resolver.service import Query
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.writer import query as write_query
from tests.walk.pretend import Clock, question

PACKET = write_query(7, question("www.example.com. A"), flags=types.RD)
REPLY = PACKET[:2] + b"\x81\x83" + PACKET[4:]


class Log:
    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []

    def info(self, event: str, **facts: object) -> None:
        self.told.append({"event": event, **facts})


class Answers:
    """A service that answers everything at once, or keeps silent."""

    def __init__(self, reply: bytes | None) -> None:
        self.reply = reply

    def receive(
        self, packet: bytes, host: str, *, stream: bool, now: float
    ) -> bytes | Query | None:
        return self.reply

    async def resolve(self, query: Query, errand: Errand) -> Resolution:
        raise AssertionError

    def late(self, query: Query, now: float) -> Resolution | None:
        raise AssertionError

    def compose(self, query: Query, resolution: Resolution, now: float) -> bytes:
        raise AssertionError


class Replies:
    def __init__(self, reply: bytes | None) -> None:
        self.reply = reply

    def answer(self, packet: bytes, now: float) -> bytes | None:
        return self.reply


def query_log(reply: bytes | None, *, hot: bool = False) -> tuple[QueryLog, Log]:
    log, clock = Log(), Clock()
    front: Front[Any] = Front(
        Answers(reply),
        Replies(reply if hot else None),
        clock,
        Door(lambda host: True),
        Patience(8.0),
        lambda what, error: None,
    )
    return QueryLog(front, log, clock), log


def test_a_question_answered_by_the_service_is_told() -> None:
    reception, log = query_log(REPLY)
    sent: list[bytes] = []
    reception.packet(PACKET, "192.0.2.1", stream=True, send=sent.append)
    assert sent == [REPLY]
    assert log.told == [
        {
            "event": "query",
            "client": "192.0.2.1",
            "transport": "tcp",
            "question": "www.example.com. A",
            "rcode": "NXDOMAIN",
            "milliseconds": 0.0,
        }
    ]


def test_a_question_answered_by_the_hot_room_is_told() -> None:
    reception, log = query_log(REPLY, hot=True)
    assert reception.known(PACKET, "192.0.2.1") == REPLY
    assert [told["transport"] for told in log.told] == ["udp"]


def test_what_the_hot_room_does_not_know_is_not_told_twice() -> None:
    reception, log = query_log(REPLY)
    assert reception.known(PACKET, "192.0.2.1") is None
    assert log.told == []


def test_silence_and_nonsense_are_told_as_such() -> None:
    reception, log = query_log(None)
    reception.packet(b"nonsense", "192.0.2.1", stream=False, send=lambda reply: None)
    assert log.told[0]["rcode"] == "silence"
    assert log.told[0]["question"] == "malformed"


def test_a_name_that_would_move_the_cursor_is_escaped() -> None:
    reception, log = query_log(REPLY)
    asked = write_query(7, Question(b"\x04\x1b[2J\x00", types.A), flags=types.RD)
    reception.packet(asked, "192.0.2.1", stream=False, send=lambda reply: None)
    assert log.told[0]["question"] == "\\027\\0912j. A"


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
    ],
)
def test_a_client_is_told_by_its_network_where_that_is_wanted(
    host: str, network: str
) -> None:
    assert anonymised(host) == network
    told, log = query_log(REPLY, hot=True)
    quiet = QueryLog(told._front, log, Clock(), anonymise=True)
    told.known(PACKET, host)
    quiet.known(PACKET, host)
    assert [it["client"] for it in log.told] == [host, network]
