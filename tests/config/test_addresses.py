import pytest

from resolver.config.addresses import split_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:53", ("127.0.0.1", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("[2001:DB8:0:0::1]:65535", ("2001:db8::1", 65535)),
        ("[fe80::1%eth0]:53", ("fe80::1%eth0", 53)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
    ],
)
def test_an_address_with_a_port_is_taken_apart(
    text: str, expected: tuple[str, int]
) -> None:
    assert split_address(text) == expected
    assert split_address(text, port=None) == expected


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        # A whole IPv6 address, not ::1 with a port.
        ("::1:53", "::1:53"),
    ],
)
def test_a_missing_port_is_filled_in_where_that_is_allowed(
    text: str, host: str
) -> None:
    assert split_address(text) == (host, 53)
    assert split_address(text, port=5353) == (host, 5353)
    with pytest.raises(ValueError, match="port is missing"):
        split_address(text, port=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":53",
        "localhost:53",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:+53",
        "127.0.0.1: 53",
        "127.0.0.1:\N{ARABIC-INDIC DIGIT FIVE}",
        "127.0.0.256:53",
        "[127.0.0.1]:53",
        "[::1",
        "[::1]53",
        "[::1]:",
        "::1]:53",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        split_address(text)
