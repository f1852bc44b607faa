"""Settings that change what goes over the wire, over a real one."""

from collections.abc import Callable

import pytest

from tests.live.dig import Reply, dig
from tests.live.namespace import Namespace
from tests.live.servers import OTHER, UNBOUND, Nsd, Resolver, Unbound, wait_until

pytestmark = pytest.mark.live

Start = Callable[..., Resolver]
HERE = f"{OTHER}:53"


@pytest.fixture
def ask(namespace: Namespace) -> Callable[..., Reply]:
    return lambda *words: dig(namespace, OTHER, *words)


Ask = Callable[..., Reply]


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_strangers_are_refused_even_what_is_cached(
    fresh: Start, ask: Ask, transport: str
) -> None:
    fresh(HERE, access__allow=["127.0.0.1/32"])
    for _ in range(2):  # from the walk, and from the hot room
        assert len(ask("-b", "127.0.0.1", transport, "www.shop.com", "A").answer) == 3
        reply = ask("-b", "127.0.0.9", transport, "www.shop.com", "A")
        assert (reply.status, reply.answer) == ("REFUSED", [])
        assert "EDE: 18 (Prohibited)" in reply.edns


def test_everything_can_be_forwarded(
    fresh: Start, ask: Ask, unbound: Unbound, internet: dict[str, Nsd]
) -> None:
    """To Unbound, with our own way to the servers cut off."""
    zone = f'[{{zone = ".", servers = ["{UNBOUND}"]}}]'
    fresh(HERE, forward=zone, recursion__never_ask=["127.54.1.0/24", "fd54::/16"])
    assert len(ask("there.shop.com", "A").answer) == 2
    assert ask("www.moved.dname.org", "A").data[-1:] == ["www.shop.com."]
    assert ask("missing.shop.com", "A").status == "NXDOMAIN"
    assert len(ask("a100.big.com", "A").answer) == 100


def test_a_zone_can_be_asked_of_servers_that_nobody_refers_to(
    fresh: Start, ask: Ask
) -> None:
    """A stub zone; the rest goes its usual way."""
    fresh(HERE, stub='[{zone = "corp.internal", servers = ["127.54.2.2"]}]')
    assert ask("www.corp.internal", "A").data == ["198.54.9.1"]
    assert ask("missing.corp.internal", "A").status == "NXDOMAIN"
    assert ask("www.other.internal", "A").status == "NXDOMAIN"
    assert len(ask("www.shop.com", "A").answer) == 3


def test_a_zone_that_nobody_refers_to_does_not_exist(fresh: Start, ask: Ask) -> None:
    fresh(HERE)
    assert ask("www.corp.internal", "A").status == "NXDOMAIN"


def test_local_records_are_answered_here(fresh: Start, ask: Ask) -> None:
    records = ["nas.home. 300 A 192.168.1.9", "www.shop.com. A 192.168.1.10"]
    fresh(HERE, local__records=records)
    nas = ask("nas.home", "A")
    assert nas.data == ["192.168.1.9"]
    assert "aa" in nas.flags
    assert ask("www.shop.com", "A").data == ["192.168.1.10"]
    alias = ask("one.alias.net", "A")
    assert [record.rdtype.name for record in alias.answer] == ["CNAME", "A"]
    assert "192.168.1.10" in str(alias.answer[1].rdata), "ours at the end, too"


def test_whole_names_can_be_told_to_every_server(fresh: Start, ask: Ask) -> None:
    fresh(HERE, recursion__minimise_qname=False)
    for name in ("www.deep.cut.com", "www.far.org", "there.shop.com"):
        assert ask(name, "A").status == "NOERROR"


@pytest.mark.parametrize(
    ("setting", "out_of_reach"), [("ipv4", "www.glueless.org"), ("ipv6", "www.six.org")]
)
def test_an_address_family_can_be_switched_off(
    fresh: Start, ask: Ask, setting: str, out_of_reach: str
) -> None:
    fresh(HERE, **{f"recursion__{setting}": False})
    assert len(ask("www.shop.com", "A").answer) == 3
    assert ask(out_of_reach, "A").status == "SERVFAIL"


def test_questions_can_be_logged(fresh: Start, ask: Ask) -> None:
    server = fresh(HERE, log__queries=True)
    ask("www.shop.com", "AAAA")
    ask("missing.shop.com", "A", "+tcp")

    def told() -> list[tuple[str, ...]]:
        keys = ("client", "transport", "question", "rcode")
        events = [e for e in server.events() if e["event"] == "query"]
        return [tuple(event[key] for key in keys) for event in events]

    wait_until(lambda: len(told()) == 2, "two questions are logged")
    assert told() == [
        ("127.0.0.1", "udp", "www.shop.com. AAAA", "NOERROR"),
        ("127.0.0.1", "tcp", "missing.shop.com. A", "NXDOMAIN"),
    ]


def test_ttls_can_be_cut_short_and_stretched(fresh: Start, ask: Ask) -> None:
    fresh(HERE, cache__max_ttl=100, cache__min_ttl=50, cache__max_negative_ttl=70)
    ttls = {
        name: next(iter(ask(name, "A").ttls.values()))
        for name in ("www.shop.com", "never.shop.com", "two-ttls.shop.com")
    }
    assert ttls["www.shop.com"] in range(95, 101)
    assert ttls["never.shop.com"] in range(45, 51)
    assert ttls["two-ttls.shop.com"] in range(55, 61)
    ((_, ttl),) = ask("missing.shop.com", "A").sections["AUTHORITY"]
    assert ttl in range(65, 71)
