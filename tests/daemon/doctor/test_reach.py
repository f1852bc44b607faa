import pytest

from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING, Finding
from resolver.daemon.doctor.reach import judge_reach
from resolver.daemon.doctor.sounding import TCP, UDP, sound
from tests.daemon.doctor.pretend import SERVERS, Network

BOTH = ("ipv4", "ipv6")


@pytest.fixture
def network() -> Network:
    return Network()


async def judged(network: Network) -> list[Finding]:
    return judge_reach(await sound(network.world(), SERVERS, ()), BOTH)


async def test_where_all_answer_all_is_well(network: Network) -> None:
    ipv4, ipv6 = await judged(network)
    assert (ipv4.check, ipv4.verdict) == ("ipv4", OK)
    assert (ipv6.check, ipv6.verdict) == ("ipv6", OK)
    assert ipv4.evidence == (
        "UDP: 3 of 3 answered, in 0 ms",
        "TCP: 3 of 3 answered, in 0 ms",
    )


async def test_closed_tcp_is_a_problem(network: Network) -> None:
    network.silent = {(False, TCP)}
    ipv4, ipv6 = await judged(network)
    assert (ipv4.verdict, ipv6.verdict) == (PROBLEM, OK)
    assert "let TCP to port 53" in ipv4.mend
    assert "TCP: 0 of 3 answered (timeout)" in ipv4.evidence


async def test_closed_udp_is_a_problem(network: Network) -> None:
    network.silent = {(False, UDP)}
    ipv4, _ = await judged(network)
    assert ipv4.verdict == PROBLEM
    assert "let UDP to port 53" in ipv4.mend


async def test_a_family_without_a_route_is_no_problem_if_the_other_has_one(
    network: Network,
) -> None:
    network.no_route = {True}
    ipv4, ipv6 = await judged(network)
    assert (ipv4.verdict, ipv6.verdict) == (OK, OK)
    assert "network unreachable" in ipv6.evidence[0]


async def test_a_host_without_a_network_is_told_so(network: Network) -> None:
    network.no_route = {True, False}
    ipv4, ipv6 = await judged(network)
    assert (ipv4.verdict, ipv6.verdict) == (PROBLEM, PROBLEM)
    assert "ip route" in ipv4.mend


async def test_a_family_that_swallows_packets_costs_time(network: Network) -> None:
    network.silent = {(True, UDP), (True, TCP)}
    ipv4, ipv6 = await judged(network)
    assert (ipv4.verdict, ipv6.verdict) == (OK, WARNING)
    assert "recursion.ipv6 = false" in ipv6.mend


async def test_a_network_that_swallows_everything_is_a_problem(
    network: Network,
) -> None:
    network.rewrite = lambda message: None
    assert [it.verdict for it in await judged(network)] == [PROBLEM, PROBLEM]


async def test_a_line_that_loses_most_is_worth_a_warning(network: Network) -> None:
    heard = await sound(network.world(), SERVERS, ())
    lossy = [
        it if it.server == SERVERS[0] or it.transport == TCP
        else it._replace(message=None, reason="timeout")
        for it in heard
    ]  # fmt: skip
    ipv4, _ = judge_reach(lossy, BOTH)
    assert ipv4.verdict == WARNING
    assert "UDP: 1 of 3 answered, in 0 ms (timeout)" in ipv4.evidence


async def test_a_family_that_is_off_is_not_judged(network: Network) -> None:
    heard = await sound(network.world(), [SERVERS[0]], ())
    ipv4, ipv6 = judge_reach(heard, ("ipv4",))
    assert (ipv4.verdict, ipv6.verdict) == (OK, OK)
    assert ipv6.evidence == ("not used: recursion.ipv6 = false",)
    _, ipv6 = judge_reach(heard, BOTH)
    assert ipv6.evidence == ("there is no server with such an address to ask",)
