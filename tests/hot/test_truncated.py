"""Come again over TCP."""

import dns.flags
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.hot.truncated import truncated
from tests.hot.packets import CD, DO, MIXED, NAME, query


@pytest.mark.parametrize("size", [None, 1232])
@pytest.mark.parametrize("name", [NAME, MIXED, b"\x00"])
def test_a_query_gets_header_and_question_with_tc(
    name: bytes, size: int | None
) -> None:
    packet = query(name, size=size, opt_flags=DO if size else 0)
    reply = dns.message.from_wire(truncated(packet))
    asked = dns.message.from_wire(packet)
    assert asked.is_response(reply)
    assert reply.flags == dns.flags.QR | dns.flags.TC | dns.flags.RD | dns.flags.RA
    assert truncated(packet)[12:] == packet[12 : len(truncated(packet))]


def test_what_a_reply_repeats_is_repeated() -> None:
    assert truncated(query(flags=CD))[2:4] == b"\x82\x90"
    assert truncated(query(flags=0x0100))[2:4] == b"\x83\x80"


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        bytes(12),
        query()[:-1],
        query(flags=0x8100),  # a response
        query(flags=0x2900),  # UPDATE
        query(flags=0x0300),  # TC
        query(b"\x03www\xc0\x0c"),
        query()[:4] + b"\x00\x02" + query()[6:],
    ],
)
def test_what_is_no_plain_query_gets_nothing(packet: bytes) -> None:
    assert truncated(packet) == b""


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda end: query() + end))
def test_it_is_never_longer_than_the_query(packet: bytes) -> None:
    reply = truncated(packet)
    assert len(reply) <= len(packet)
    assert not reply or reply[:2] == packet[:2]
