"""Names in the data of every type that has some, through the whole reader."""

import pytest

from resolver.wire import types
from resolver.wire.rdata import INTERNET, NAME, PLAIN_NAME
from resolver.wire.reader import Malformed, read
from tests.wire.packets import TO_EXAMPLE, TO_WWW, name, packet, record

A1 = b"\xc0\0\2\1"
EXAMPLE = name("example.com")


def _with_name(rdtype: int, wire: bytes) -> bytes:
    """Data of a type in whose names the last one is `wire`."""
    data = b""
    layout = INTERNET[rdtype]
    last = max(i for i, field in enumerate(layout) if field in {NAME, PLAIN_NAME})
    for index, field in enumerate(layout):
        if field > 0:
            data += bytes(field)
        elif index == last:
            data += wire
        elif field in {NAME, PLAIN_NAME}:
            data += b"\0"
        elif index < last:
            data += b"\1x"
    return data


NAMED = sorted(
    rdtype for rdtype, layout in INTERNET.items() if {NAME, PLAIN_NAME} & set(layout)
)


@pytest.mark.parametrize("rdtype", NAMED)
def test_names_in_data_are_decompressed_or_must_be_plain(rdtype: int) -> None:
    plain = packet(answer=(record(TO_WWW, rdtype, _with_name(rdtype, EXAMPLE)),))
    expected = read(plain).answer[0].rdatas
    short = packet(answer=(record(TO_WWW, rdtype, _with_name(rdtype, TO_EXAMPLE)),))
    if NAME in INTERNET[rdtype]:
        assert read(short).answer[0].rdatas == expected
    else:
        with pytest.raises(Malformed, match="compressed name"):
            read(short)


@pytest.mark.parametrize("rdtype", NAMED)
def test_a_name_in_data_that_leaves_it_is_malformed(rdtype: int) -> None:
    data = _with_name(rdtype, EXAMPLE)[:-1]
    answer = (record(TO_WWW, rdtype, data), record(TO_WWW, types.A, A1))
    with pytest.raises(Malformed):
        read(packet(answer=answer))
