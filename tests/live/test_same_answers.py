"""Two resolvers with the same root find the same answers."""

from collections.abc import Callable

import pytest
from dns.rdtypes.ANY.CNAME import CNAME

from tests.live import matrix
from tests.live.dig import Record, Reply, dig, kdig
from tests.live.matrix import Case
from tests.live.namespace import Namespace
from tests.live.servers import OURS, UNBOUND, Resolver, Unbound

pytestmark = pytest.mark.live

Client = Callable[..., Reply]


def over_udp(namespace: Namespace, server: str, case: Case) -> Reply:
    """As dig asks: with EDNS, and over TCP when the reply is truncated."""
    return dig(namespace, server, "-q", case.name, "-t", case.rdtype)


def over_tcp(namespace: Namespace, server: str, case: Case) -> Reply:
    """As kdig asks when told to: without EDNS."""
    return kdig(namespace, server, "+tcp", "-q", case.name, "-t", case.rdtype)


CLIENTS = {"dig": over_udp, "kdig": over_tcp}


def chain_is_in_order(answer: list[Record]) -> bool:
    """Each alias stands before what it leads to (RFC 1034 section 3.6.2)."""
    owners = list(dict.fromkeys(record.name for record in answer))
    links = [
        (owners.index(record.name), record.rdata.target)
        for record in answer
        if isinstance(record.rdata, CNAME)
    ]
    return all(at < owners.index(to) for at, to in links if to in owners)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", matrix.ORDINARY, ids=str)
def test_the_answer_is_unbounds(
    ours: Resolver, unbound: Unbound, namespace: Namespace, case: Case, client: str
) -> None:
    ask = CLIENTS[client]
    reply = ask(namespace, OURS, case)
    assert (reply.status, len(reply.answer)) == (case.status, case.records)
    assert reply.flags == {"qr", "rd", "ra"}
    assert len(set(reply.answer)) == len(reply.answer)
    assert chain_is_in_order(reply.answer)
    if case.name in matrix.UNBOUND_MAY_BE_SILENT:
        return
    theirs = ask(namespace, UNBOUND, case)
    assert theirs.status == reply.status
    if reply.status in matrix.FAILED:
        return
    assert set(theirs.answer) == set(reply.answer)
    assert soas(theirs) == soas(reply)
    # Neither can have counted down for longer than it has been running.
    since = max(ours.age, unbound.age) + 1
    for record, ttl in reply.ttls.items():
        assert abs(ttl - theirs.ttls[record]) <= since, str(record)


def soas(reply: Reply) -> set[Record]:
    return {
        record
        for record, _ in reply.sections["AUTHORITY"]
        if record.rdtype.name == "SOA"
    }


@pytest.mark.parametrize("case", matrix.SPECIAL_USE, ids=str)
def test_special_names_are_answered_as_unbound_does(
    ours: Resolver, unbound: Unbound, namespace: Namespace, case: Case
) -> None:
    reply = over_udp(namespace, OURS, case)
    theirs = over_udp(namespace, UNBOUND, case)
    assert (reply.status, len(reply.answer)) == (case.status, case.records)
    assert reply.flags == {"qr", "aa", "rd", "ra"}
    assert (theirs.status, set(theirs.answer)) == (reply.status, set(reply.answer))
