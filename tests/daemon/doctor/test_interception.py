import pytest

from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING, Finding
from resolver.daemon.doctor.interception import judge_interception
from resolver.daemon.doctor.sounding import NOBODY, RECURSIVE, SOA, sound
from resolver.wire import types
from resolver.wire.message import Message
from tests.daemon.doctor.pretend import SERVERS, Network


@pytest.fixture
def network() -> Network:
    return Network()


async def judged(network: Network) -> Finding:
    return judge_interception(await sound(network.world(), SERVERS))


async def test_servers_of_the_root_are_known_by_what_they_say(
    network: Network,
) -> None:
    assert (await judged(network)).verdict == OK


async def test_a_cache_in_the_place_of_all_servers_is_found_by_every_sign(
    network: Network,
) -> None:
    network.intercepted = True
    found = await judged(network)
    assert found.verdict == PROBLEM
    told = "\n".join(found.evidence)
    assert "192.0.2.53 answered, an address where no server can be" in told
    assert "offers recursion" in told
    assert "198.51.100.1 is not authoritative for the root, over udp" in told
    assert "198.51.100.1 is not authoritative for the root, over tcp" in told
    assert '[[forward]] zone = "."' in found.mend


@pytest.mark.parametrize("kind", [NOBODY, RECURSIVE, SOA])
async def test_each_sign_is_enough(network: Network, kind: str) -> None:
    good = await sound(network.world(), SERVERS)
    network.intercepted = True
    bad = await sound(network.world(), SERVERS)
    mixed = [b if b.kind == kind else g for g, b in zip(good, bad, strict=True)]
    assert judge_interception(mixed).verdict == PROBLEM


async def test_an_answer_from_below_is_no_answer_of_the_root(network: Network) -> None:
    def without_ra(message: Message) -> Message:
        message.flags = message.flags & ~types.RA | types.AA
        return message

    good = await sound(network.world(), SERVERS)
    network.intercepted = True
    network.rewrite = without_ra
    bad = await sound(network.world(), SERVERS)
    mixed = [b if b.kind == RECURSIVE else g for g, b in zip(good, bad, strict=True)]
    found = judge_interception(mixed)
    assert found.verdict == PROBLEM
    assert "knew a name below com" in found.evidence[0]


async def test_who_refuses_the_question_every_root_server_answers_is_none(
    network: Network,
) -> None:
    def refuse(message: Message) -> Message:
        if message.question and message.question.rdtype == types.SOA:
            message.rcode, message.answer = types.REFUSED, ()
        return message

    network.rewrite = refuse
    found = await judged(network)
    assert found.verdict == PROBLEM
    assert "said REFUSED when asked over udp" in found.evidence[0]


async def test_servers_that_call_themselves_the_same_are_suspected(
    network: Network,
) -> None:
    network.identity = "router"
    found = await judged(network)
    assert found.verdict == WARNING
    assert found.evidence == (
        "a.root. and b.root. and c.root. all call themselves 'router'",
    )


async def test_one_server_at_two_addresses_may_call_itself_the_same(
    network: Network,
) -> None:
    heard = await sound(network.world(), SERVERS[:2])
    assert judge_interception(heard).verdict == OK


async def test_silence_proves_nothing(network: Network) -> None:
    network.rewrite = lambda message: None
    assert (await judged(network)).verdict == UNKNOWN
