import pytest

from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING
from resolver.daemon.doctor.replies import (
    judge_clock,
    judge_edns,
    judge_signatures,
    judge_size,
)
from resolver.daemon.doctor.sounding import TCP, UDP, Heard, sound
from resolver.wire.message import Message
from tests.daemon.doctor.pretend import (
    DAY,
    NOW,
    SERVERS,
    Network,
    unsigned,
    without_edns,
)


@pytest.fixture
def network() -> Network:
    return Network()


async def heard(network: Network) -> list[Heard]:
    return await sound(network.world(), SERVERS, ())


async def test_an_honest_network_takes_nothing_away(network: Network) -> None:
    found = await heard(network)
    assert judge_edns(found).verdict == OK
    assert judge_signatures(found, validate=True).verdict == OK
    assert judge_size(found).verdict == OK
    assert judge_clock(found, NOW).verdict == OK


async def test_edns_that_is_removed_is_missed(network: Network) -> None:
    network.rewrite = without_edns
    finding = judge_edns(await heard(network))
    assert finding.verdict == PROBLEM
    assert finding.evidence == ("0 of 6 replies had EDNS",)
    assert "EDNS" in finding.mend


async def test_edns_that_is_removed_on_some_ways_is_worth_a_warning(
    network: Network,
) -> None:
    good = await heard(network)
    network.rewrite = without_edns
    bad = await heard(network)
    assert judge_edns(good[:-6] + bad[-6:]).verdict == WARNING


async def test_signatures_that_are_removed_make_signed_names_fail(
    network: Network,
) -> None:
    network.rewrite = unsigned
    found = await heard(network)
    finding = judge_signatures(found, validate=True)
    assert finding.verdict == PROBLEM
    assert finding.evidence == ("0 of 12 answers came signed",)
    assert judge_signatures(found, validate=False).verdict == WARNING
    assert judge_edns(found).verdict == OK


async def test_large_datagrams_that_are_lost_are_missed(network: Network) -> None:
    network.lost_above = 1000
    finding = judge_size(await heard(network))
    assert finding.verdict == WARNING
    assert finding.evidence[0] == "UDP: the root's keys did not arrive"
    assert "MTU" in finding.mend
    network.silent = {(False, TCP), (True, TCP)}
    assert judge_size(await heard(network)).verdict == PROBLEM


async def test_keys_that_are_too_large_for_a_datagram_come_over_tcp(
    network: Network,
) -> None:
    network.key_bytes = 500
    finding = judge_size(await heard(network))
    assert finding.verdict == OK
    assert "6 of 6 cut short" in finding.evidence[0]
    network.silent = {(False, TCP), (True, TCP)}
    finding = judge_size(await heard(network))
    assert finding.verdict == PROBLEM
    assert "let TCP to port 53 out" in finding.mend


async def test_a_firewall_that_cuts_at_512_bytes_is_found(network: Network) -> None:
    network.cut_above = 512
    network.key_bytes = 200
    finding = judge_size(await heard(network))
    assert finding.verdict == WARNING
    assert "512" in finding.mend


@pytest.mark.parametrize("wall", [NOW - 2 * DAY, NOW + 2 * DAY])
async def test_a_clock_outside_of_the_signatures_is_wrong(
    network: Network, wall: int
) -> None:
    finding = judge_clock(await heard(network), wall)
    assert finding.verdict == PROBLEM
    assert "the root's signatures hold from" in finding.evidence[1]
    assert "timedatectl" in finding.mend


def test_a_clock_before_the_trust_anchors_is_wrong_without_any_reply() -> None:
    finding = judge_clock([], 0)
    assert finding.verdict == PROBLEM
    assert "1970-01-01" in finding.evidence[0]


async def test_where_nobody_answers_nothing_is_known(network: Network) -> None:
    network.rewrite = lambda message: None
    found = await heard(network)
    assert judge_edns(found).verdict == UNKNOWN
    assert judge_signatures(found, validate=True).verdict == UNKNOWN
    assert judge_size(found).verdict == UNKNOWN
    assert judge_clock(found, NOW).verdict == UNKNOWN


async def test_a_reply_without_the_soa_says_nothing_of_signatures(
    network: Network,
) -> None:
    def empty(message: Message) -> Message:
        message.answer = ()
        return message

    network.rewrite = empty
    found = await heard(network)
    assert judge_signatures(found, validate=True).verdict == UNKNOWN
    assert UDP in {it.transport for it in found}
