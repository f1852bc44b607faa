import dns.message
import pytest
from dns.message import Message

from resolver.lab.box import Box
from resolver.lab.mazes import GLUELESS_DEPTH, LEVELS, NOWHERE_SERVERS

BOX = Box.standard(now=1_800_000_000.0)
TOPS = {"com": "127.53.1.1", "net": "127.53.1.1", "org": "127.53.1.3"}


def ask(address: str, name: str, rdtype: str = "A") -> Message:
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=4096)
    packet = BOX.respond_to(address, query.to_wire(), tcp=True)
    assert packet is not None
    return dns.message.from_wire(packet)


def referral(origin: str) -> tuple[list[str], dict[str, str]]:
    """Give what the top-level domain says about a zone: servers, and glue."""
    reply = ask(TOPS[origin.rstrip(".").rpartition(".")[2]], f"www.{origin}")
    assert [each.name.to_text() for each in reply.authority] == [origin]
    glue = {each.name.to_text(): each[0].to_text() for each in reply.additional}
    return [rdata.to_text() for rdata in reply.authority[0]], glue


def test_every_level_refers_to_the_next() -> None:
    name = ".".join([*(f"z{each}" for each in range(LEVELS, 0, -1)), "levels.org."])
    address, referrals = TOPS["org"], 0
    while not (reply := ask(address, f"www.{name}")).answer:
        address, referrals = reply.additional[0][0].to_text(), referrals + 1
    assert referrals == LEVELS + 1


@pytest.mark.parametrize("origin", ["glueless.com.", "cycle-a.com.", "cycle-b.net."])
def test_hosts_elsewhere_have_no_glue(origin: str) -> None:
    servers, glue = referral(origin)
    assert glue == {}
    assert not any(server.endswith(f".{origin}") for server in servers)


def test_missing_glue_is_missing() -> None:
    assert referral("bare.com.") == (["ns.bare.com."], {})
    assert referral("orphan.com.") == (["ns8.hoster.com."], {})


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("sibling.com.", "ns7.hoster.com."),
        ("sib-a.com.", "ns.sib-b.com."),
        ("sib-b.com.", "ns.sib-a.com."),
    ],
)
def test_siblings_have_glue(origin: str, host: str) -> None:
    servers, glue = referral(origin)
    assert servers == list(glue) == [host]


def test_cycles_lead_back_to_where_they_began() -> None:
    (first,), _ = referral("cycle-a.com.")
    (second,), _ = referral(first.partition(".")[2])
    assert second.partition(".")[2] == "cycle-a.com."


def test_glueless_delegations_are_as_deep_as_they_say() -> None:
    tops = ("com", "net", "org")
    depth, origin = 0, f"deep{GLUELESS_DEPTH}.{tops[GLUELESS_DEPTH % 3]}."
    while True:
        (host,), glue = referral(origin)
        if glue:
            break
        depth, origin = depth + 1, host.partition(".")[2]
    assert (depth, origin) == (GLUELESS_DEPTH, "deep0.com.")


def test_servers_that_do_not_exist_are_many() -> None:
    servers, glue = referral("nowhere.com.")
    assert (len(servers), glue) == (NOWHERE_SERVERS, {})
    assert ask("127.53.2.4", servers[0]).rcode() == dns.rcode.NXDOMAIN


def test_parent_and_child_disagree_about_the_servers() -> None:
    servers, glue = referral("differs.org.")
    reply = ask(glue[servers[0]], "www.differs.org.")
    own = [rdata.to_text() for rdata in reply.authority[0]]
    assert (servers, own) == (["ns1.differs.org."], ["ns2.differs.org."])
    address = ask(glue[servers[0]], own[0]).answer[0][0].to_text()
    assert BOX.refuses(address)
