"""The OPT record and the options that mean something to us."""

import dns.edns
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.wire.edns import (
    COOKIE,
    EXTENDED_ERROR,
    KEEPALIVE,
    MAX_ERROR_TEXT,
    MAX_OPTIONS,
    NSID,
    before_cookie,
    cookie,
    decode,
    encode,
    extended_error,
    extended_errors,
    is_keepalive_broken,
    with_keepalive,
)
from resolver.wire.message import Edns
from resolver.wire.rdata import Malformed
from tests.wire.packets import opt
from tests.wire.strategies import edns


def test_opt_is_built_byte_for_byte_as_rfc_6891_says() -> None:
    assert encode(Edns(1232)) == opt(size=1232)
    assert encode(Edns(4096, do=True, version=1)) == opt(size=4096, ttl=0x00018000)
    assert encode(Edns(512, options=((10, b"cookie"), (3, b"")))) == opt(
        b"\0\x0a\0\6cookie\0\3\0\0", 512
    )


def test_the_upper_bits_of_the_response_code_are_in_the_ttl() -> None:
    assert encode(Edns(1232), 0xABC) == opt(ttl=0xAB000000)


@settings(deadline=None)
@given(edns())
def test_what_was_built_is_read_back(value: Edns) -> None:
    wire = encode(value)
    ttl = int.from_bytes(wire[5:9], "big")
    assert decode(wire[11:], value.size, ttl) == value


def test_flags_that_nobody_defined_are_passed_over() -> None:
    assert decode(b"", 1232, 0x00007FFF) == Edns(1232)


@pytest.mark.parametrize("data", [b"\0", b"\0\3\0", b"\0\3\0\1", b"\0\3\0\0\0"])
def test_options_that_leave_their_record_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="EDNS option"):
        decode(data, 1232, 0)


def test_options_beyond_the_limit_are_not_even_looked_at() -> None:
    data = b"\0\3\0\0" * MAX_OPTIONS
    assert len(decode(data, 1232, 0).options) == MAX_OPTIONS
    assert len(decode(data + b"\0\3\xff\xff", 1232, 0).options) == MAX_OPTIONS


@pytest.mark.parametrize("options", [(), ((NSID, b""),)])
@pytest.mark.parametrize("baked", [b"", b"12345678", b"s" * 40])
def test_a_cookie_is_put_behind_what_was_built_before(
    options: tuple[tuple[int, bytes], ...], baked: bytes
) -> None:
    plain = Edns(1232, do=True, options=options)
    whole = plain._replace(options=(*options, (COOKIE, baked)))
    assert before_cookie(plain, len(baked)) + baked == encode(whole)


def test_the_first_cookie_counts_among_the_options() -> None:
    options = ((NSID, b"n"), (COOKIE, b"first"), (COOKIE, b"second"))
    assert cookie(Edns(options=options)) == b"first"
    assert cookie(Edns(options=options[:1])) == b""


def test_an_extended_error_is_a_code_and_text() -> None:
    assert extended_error(22, "no server") == (EXTENDED_ERROR, b"\0\x16no server")


def test_a_long_text_is_cut_between_characters() -> None:
    for first in ("", "x", "xx"):
        code, data = extended_error(0, first + "\N{EURO SIGN}" * 100)
        assert code == EXTENDED_ERROR
        assert len(data) <= 2 + MAX_ERROR_TEXT
        whole = (MAX_ERROR_TEXT - len(first)) // 3
        assert data[2:].decode() == first + "\N{EURO SIGN}" * whole


@settings(deadline=None)
@given(st.integers(0, 65535), st.text())
def test_any_text_makes_a_valid_option(number: int, text: str) -> None:
    code, data = extended_error(number, text)
    option = dns.edns.option_from_wire(
        dns.edns.OptionType.make(code), data, 0, len(data)
    )
    assert isinstance(option, dns.edns.EDEOption)
    assert option.code == number


def test_extended_errors_are_read_and_broken_ones_left_out() -> None:
    value = Edns(
        options=(
            extended_error(22, "no server"),
            (EXTENDED_ERROR, b"\0"),
            (10, b"cookie"),
            (EXTENDED_ERROR, b"\0\6ends in zero\0"),
            (EXTENDED_ERROR, b"\0\7\xff"),
        )
    )
    assert extended_errors(value) == [
        (22, "no server"),
        (6, "ends in zero"),
        (7, "\N{REPLACEMENT CHARACTER}"),
    ]


@pytest.mark.parametrize(
    ("seconds", "units"), [(10.0, 100), (0.5, 5), (7.69, 76), (0.0, 0), (1e6, 65535)]
)
def test_how_long_a_connection_may_be_idle_is_told_in_tenths_of_a_second(
    seconds: float, units: int
) -> None:
    assert with_keepalive(encode(Edns()), Edns(), seconds) == opt(
        b"\0\x0b\0\2" + units.to_bytes(2, "big")
    )


@settings(deadline=None)
@given(edns(), st.binary(max_size=40))
def test_it_stands_behind_all_that_was_in_the_message(
    record: Edns, before: bytes
) -> None:
    options = (*record.options, (KEEPALIVE, b"\0\x64"))
    whole = before + encode(record._replace(options=options))
    assert with_keepalive(before + encode(record), record, 10.0) == whole


def test_only_servers_have_a_time_to_tell() -> None:
    for options, broken in (
        ((), False),
        (((KEEPALIVE, b""), (NSID, b"x")), False),
        (((NSID, b""), (KEEPALIVE, b"\0\xff")), True),
    ):
        assert is_keepalive_broken(Edns(options=options)) == broken
