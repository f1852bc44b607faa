"""Forged and malformed packets before the true reply."""

import pytest

from resolver.lab.attacks import forgeries
from resolver.lab.attacks.forgeries import SPOILT, question_end
from resolver.lab.attacks.stage import packet_of
from resolver.net.sieve import Query
from tests.lab.attacks.play import play


def test_none_of_a_million_forgeries_is_believed() -> None:
    verdict = play(forgeries.kaminsky)
    assert verdict.cost.questions == 1000
    assert verdict.outcome == "0 of 1,000,000 forgeries believed"
    assert verdict.held


def test_malformed_packets_do_not_end_the_wait_for_the_true_reply() -> None:
    verdict = play(forgeries.tudor)
    assert verdict.held
    # One question each, and three on the way to the zone: none was asked again.
    assert verdict.cost.packets <= verdict.cost.questions + 4


@pytest.mark.parametrize("spoil", SPOILT)
def test_what_is_malformed_is_refused(spoil: forgeries.Spoil) -> None:
    packet = packet_of("www.victim.net. A")
    query = Query(packet, packet[12 : question_end(packet) - 4])
    assert not query.accept(spoil(packet, question_end(packet)))


def test_a_forger_who_knows_the_id_is_believed() -> None:
    """The attack is one: its packets lack nothing but the id."""
    packet = packet_of("r1.victim.net. A")
    query = Query(packet, packet[12 : question_end(packet) - 4])
    forged = forgeries.forge(packet)
    assert not query.accept(b"\xff\xff" + forged)
    assert query.accept(packet[:2] + forged)
