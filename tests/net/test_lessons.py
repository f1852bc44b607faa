"""What a question shows of a server; whole stories are in `test_exchange_doubts`."""

import pytest

from resolver.cache.manners import (
    DENIES_COOKIES,
    FORGETS_COOKIES,
    LOSES_CASE,
    PLAIN,
    Manners,
)
from resolver.net.lessons import learn
from resolver.net.sieve import Query
from resolver.net.ways import (
    ASSURED,
    CERTAIN,
    COOKIE,
    EDNS,
    MIXED,
    NO_COOKIE,
    OTHER_CASE,
    STREAM,
)
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.writer import query as write_query

NAME = b"\x03www\x00"
ALL = EDNS | COOKIE | MIXED


def ended(
    way: int,
    *,
    rcode: int = types.NOERROR,
    edns: bool = True,
    echoed: bool = True,
    returned: bytes = b"",
) -> Query:
    question = Question(NAME, types.A)
    query = Query(write_query(1, question), NAME, way)
    query.message = Message(1, types.QR, question, rcode, edns=Edns() if edns else None)
    query.echoed, query.returned = echoed, returned
    return query


@pytest.mark.parametrize(
    ("query", "doubt", "proven", "suspected"),
    [
        (ended(ALL), CERTAIN, 0, 0),
        (ended(MIXED, edns=False), CERTAIN, 0, PLAIN),
        (ended(STREAM | ASSURED, edns=False), CERTAIN, PLAIN, 0),
        (ended(STREAM, edns=False), CERTAIN, 0, PLAIN),
        (ended(EDNS | MIXED), CERTAIN, 0, DENIES_COOKIES),
        (ended(EDNS | STREAM | ASSURED), CERTAIN, DENIES_COOKIES, 0),
        (ended(ALL | STREAM, echoed=False), OTHER_CASE, LOSES_CASE, 0),
        (ended(ALL | STREAM), OTHER_CASE, 0, 0),
        (ended(EDNS | COOKIE), OTHER_CASE, 0, LOSES_CASE),
        (ended(ALL | STREAM), NO_COOKIE, FORGETS_COOKIES, 0),
        (ended(ALL | STREAM, returned=bytes(16)), NO_COOKIE, 0, 0),
        (ended(EDNS | COOKIE), NO_COOKIE, 0, FORGETS_COOKIES),
        (ended(MIXED, edns=False, rcode=types.SERVFAIL), CERTAIN, 0, 0),
        (ended(MIXED, edns=False, rcode=types.NXDOMAIN), CERTAIN, 0, PLAIN),
    ],
)
def test_tcp_proves_and_udp_hints(
    query: Query, doubt: int, proven: int, suspected: int
) -> None:
    manners = Manners()
    learn(manners, ALL, query, doubt, 0.0)
    assert (manners.faults(0.0), manners.suspected) == (proven, suspected)


@pytest.mark.parametrize(
    ("query", "cleared"),
    [
        (ended(ALL, echoed=False), PLAIN),
        (ended(ALL, edns=False), LOSES_CASE),
        (ended(EDNS | COOKIE, edns=False), 0),
        (
            ended(EDNS | COOKIE, edns=False, returned=bytes(16)),
            DENIES_COOKIES | FORGETS_COOKIES,
        ),
    ],
)
def test_a_good_reply_speaks_against_what_was_suspected(
    query: Query, cleared: int
) -> None:
    everything = PLAIN | LOSES_CASE | DENIES_COOKIES | FORGETS_COOKIES
    manners = Manners()
    for fault in (PLAIN, LOSES_CASE, DENIES_COOKIES, FORGETS_COOKIES):
        manners.suspect(fault, 0.0)
    learn(manners, query.way, query, CERTAIN, 0.0)
    assert manners.suspected == everything & ~cleared
