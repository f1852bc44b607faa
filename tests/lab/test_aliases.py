import itertools

import dns.message
import pytest
from dns.message import Message
from dns.rcode import Rcode

from resolver.lab.aliases import CHAIN_LENGTH
from resolver.lab.box import Box

BOX = Box.standard(now=1_800_000_000.0)
SIDES = {"chain-a.com.": "127.53.3.1", "chain-b.net.": "127.53.3.2"}


def ask(address: str, name: str) -> Message:
    query = dns.message.make_query(name, "A").to_wire()
    packet = BOX.respond_to(address, query, tcp=True)
    assert packet is not None
    return dns.message.from_wire(packet)


@pytest.mark.parametrize("length", [1, 11, CHAIN_LENGTH])
def test_a_chain_is_as_long_as_it_says_and_changes_sides_with_every_link(
    length: int,
) -> None:
    name, links = f"c{length}.chain-a.com.", 0
    while True:
        origin = name.partition(".")[2]
        reply = ask(SIDES[origin], name)
        assert len(reply.answer) == 1, "a server can tell one link and no more"
        target = reply.answer[0][0].to_text()
        if target == "192.0.2.30":
            break
        assert target.partition(".")[2] != origin
        name, links = target, links + 1
    assert links == length


def test_a_chain_is_longer_than_any_resolver_follows() -> None:
    assert CHAIN_LENGTH > 16


def test_a_dname_leads_to_a_zone_elsewhere() -> None:
    reply = ask("127.53.3.3", "www.d.dname-a.org.")
    assert [each[0].to_text() for each in reply.answer] == [
        "d.dname-b.net.",
        "www.d.dname-b.net.",
    ]


def test_a_zone_can_be_redirected_as_a_whole() -> None:
    reply = ask("127.53.3.3", "www.moved.com.")
    assert reply.answer[-1][0].to_text() == "www.example.com."


def test_a_dname_can_make_a_name_too_long() -> None:
    reply = ask("127.53.3.3", f"{'w' * 60}.long.dname-a.org.")
    assert reply.rcode() == Rcode.YXDOMAIN
    assert ask("127.53.3.3", "w.long.dname-a.org.").rcode() == Rcode.NOERROR


@pytest.mark.parametrize(
    ("start", "length"),
    [("self.loop-a.com.", 1), ("x.loop-a.com.", 2), ("far.loop-a.com.", 2)],
)
def test_a_loop_comes_back_to_where_it_began(start: str, length: int) -> None:
    servers = {"loop-a.com.": "127.53.3.6", "loop-b.net.": "127.53.3.7"}
    name = start
    for _ in range(length):
        name = ask(servers[name.partition(".")[2]], name).answer[0][0].to_text()
    assert name == start


def test_a_dname_can_grow_for_ever() -> None:
    reply = ask("127.53.3.6", "www.grow.loop-a.com.")
    names = [each.name.to_text() for each in reply.answer if each.rdtype == 5]
    assert len(names) > 10
    assert all(
        len(after) == len(before) + 2 for before, after in itertools.pairwise(names)
    )
