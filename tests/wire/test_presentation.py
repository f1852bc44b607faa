"""Records and messages as people read and write them."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.wire import types
from resolver.wire.edns import extended_error
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.presentation import (
    MAX_TTL,
    class_text,
    message_text,
    name_from_text,
    rdata_text,
    rrset_text,
    rrsets_from_text,
    type_from_text,
    type_text,
)
from tests.wire.packets import WWW, name, rrsig
from tests.wire.strategies import RDATA, messages

A1 = b"\xc0\0\2\1"
A2 = b"\xc0\0\2\2"
EXAMPLE = name("example.com")


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (".", b"\0"),
        ("WWW.example.com.", WWW),
        ("www.example.com", WWW),
        ("xn--nxasmq6b.", b"\x0cxn--nxasmq6b\0"),
        ("a\\.b.\\000", b"\3a.b\1\0\0"),
        ("*._tcp", b"\1*\4_tcp\0"),
    ],
)
def test_a_name_is_read_into_its_canonical_form(text: str, wire: bytes) -> None:
    assert name_from_text(text) == wire


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the root is '.'"),
        ("@", "the root is '.'"),
        ("a..b", "empty"),
        (".a", "empty"),
        ("x" * 64, "63"),
        ("a." * 128, "255"),
        ("a\\", "escape"),
        ("a\\999", "escape"),
        ("b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", "xn--"),
    ],
)
def test_what_is_no_name_is_told_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        name_from_text(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("A", 1), ("https", 65), ("TYPE65280", 65280), ("type1", 1), ("NSAP-PTR", 23)],
)
def test_a_type_is_read(text: str, number: int) -> None:
    assert type_from_text(text) == number


@pytest.mark.parametrize("text", ["", "B", "TYPE", "TYPE65536", "TYPE-1", "A A"])
def test_what_is_no_type_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match="is not a record type"):
        type_from_text(text)


def test_types_and_classes_are_written() -> None:
    assert [type_text(257), type_text(65280)] == ["CAA", "TYPE65280"]
    assert [class_text(types.IN), class_text(42)] == ["IN", "CLASS42"]


@pytest.mark.parametrize(
    ("rdtype", "rdata", "text"),
    [
        (types.A, A1, "192.0.2.1"),
        (types.MX, b"\0\5" + WWW, "5 www.example.com."),
        (types.TXT, b"\3a\x1b\xff\0", '"a\\027\\255" ""'),
        (65280, b"\1\2", "\\# 2 0102"),
        (65280, b"", "\\# 0"),
        (types.A, b"\1\2", "\\# 2 0102"),
        (types.NS, b"\3\x1b[A\0", "\\027[A."),
        (types.NS, b"\xc0\0", "\\# 2 c000"),
        (types.HTTPS, b"\0\1\0\0\1\0\0", "\\# 7 00010000010000"),
    ],
)
def test_data_is_written_in_its_form_or_the_generic_one(
    rdtype: int, rdata: bytes, text: str
) -> None:
    assert rdata_text(rdtype, rdata) == text


def test_one_record_of_class_any_does_not_make_addresses_opaque() -> None:
    # In a program of its own: what dnspython has loaded stays loaded.
    code = (
        "from resolver.wire.presentation import rdata_text as text\n"
        "print(text(1, bytes(4), 255), text(1, bytes(4)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "\\# 4 00000000 0.0.0.0\n"


def test_text_that_a_terminal_could_act_on_is_never_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # dnspython escapes it all today; the promise is ours.
    for text in ("\x1b[2J", "\N{CYRILLIC SMALL LETTER A}.", "\n"):
        monkeypatch.setattr("dns.rdata.GenericRdata.to_text", lambda self, t=text: t)
        assert rdata_text(65280, b"\1") == "\\# 1 01"


@settings(deadline=None)
@given(st.sampled_from([*range(1, 70), 99, 256, 257, 65280]), st.binary(max_size=60))
def test_any_data_of_any_type_is_harmless_text(rdtype: int, rdata: bytes) -> None:
    text = rdata_text(rdtype, rdata)
    assert text.isascii()
    assert text.isprintable()


def test_a_set_is_one_line_for_each_record() -> None:
    rrset = RRset(WWW, types.A, 300, (A1, A2), (rrsig(types.A),))
    assert rrset_text(rrset) == (
        "www.example.com. 300 IN A 192.0.2.1\n"
        "www.example.com. 300 IN A 192.0.2.2\n"
        "www.example.com. 300 IN RRSIG A 13 2 300 20330518033320 19700101000001 "
        "4711 example.com. cw=="
    )


def test_records_are_read_into_sets() -> None:
    text = """
        ; a comment
        www.example.com. 300 IN A 192.0.2.1 ; another
        WWW.Example.com. 200    A 192.0.2.2
        www.example.com.  IN 600 TXT ( "one"
                                       "two" )
        """.replace("\n        ", "\n")
    assert rrsets_from_text(text) == [
        RRset(WWW, types.A, 200, (A1, A2)),
        RRset(WWW, types.TXT, 600, (b"\3one\3two",)),
    ]


def test_names_without_a_last_dot_are_below_the_origin() -> None:
    assert rrsets_from_text("www 1 CNAME @", EXAMPLE) == [
        RRset(WWW, types.CNAME, 1, (EXAMPLE,))
    ]
    assert rrsets_from_text("www 1 CNAME a") == [
        RRset(name("www"), types.CNAME, 1, (name("a"),))
    ]


def test_the_origin_can_be_changed_in_the_text() -> None:
    assert rrsets_from_text("$ORIGIN example.com.\nwww 1 A 192.0.2.1") == [
        RRset(WWW, types.A, 1, (A1,))
    ]


def test_an_indented_record_has_the_owner_of_the_one_before() -> None:
    assert rrsets_from_text("www.example.com. 1 A 192.0.2.1\n \n  A 192.0.2.2") == [
        RRset(WWW, types.A, 1, (A1, A2))
    ]


def test_a_ttl_not_stated_is_that_of_the_directive_or_the_last_or_the_default() -> None:
    def ttls(text: str) -> list[int]:
        return [rrset.ttl for rrset in rrsets_from_text(text)]

    assert ttls("a. A 192.0.2.1\nb. 5 A 192.0.2.1\nc. A 192.0.2.1") == [3600, 5, 5]
    assert ttls("$TTL 1h\na. A 192.0.2.1\nb. 5 A 192.0.2.1\nc. A 192.0.2.1") == [
        3600,
        5,
        3600,
    ]
    assert rrsets_from_text("a. A 192.0.2.1", default_ttl=7)[0].ttl == 7
    assert ttls(f"a. {MAX_TTL} A 192.0.2.1") == [MAX_TTL]


def test_signatures_join_their_sets() -> None:
    rrset = RRset(WWW, types.A, 300, (A1,), (rrsig(types.A),))
    assert rrsets_from_text(rrset_text(rrset)) == [rrset]


def test_many_soa_and_odd_companions_of_cname_are_only_records_here() -> None:
    text = "a. 1 SOA a. b. 1 2 3 4 5\nb. 1 SOA a. b. 1 2 3 4 5\na. 1 CNAME b."
    assert [rrset.rdtype for rrset in rrsets_from_text(text)] == [6, 6, 5]


def test_other_classes_are_kept() -> None:
    assert rrsets_from_text("version.bind. 0 CH TXT x") == [
        RRset(name("version.bind"), types.TXT, 0, (b"\1x",), (), types.CH)
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(line_end: str) -> None:
    good = line_end.join(["a. 1 A 192.0.2.1", "b. 1 A 192.0.2.2", ""])
    assert len(rrsets_from_text(good)) == 2
    with pytest.raises(ValueError, match=r"line 3: .*'c'"):
        rrsets_from_text(good + "c")


def test_no_text_is_no_records() -> None:
    assert rrsets_from_text("") == rrsets_from_text(" \n; only words\n\n") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a. 1 A 192.0.2\n", "line 1: .*'a. 1 A 192.0.2'"),
        ("a. 1 A 192.0.2.1\n\nb. 1 B x\n", "line 3: 'B' is not a record type"),
        ("$INCLUDE /etc/passwd", "line 1: .INCLUDE is not allowed"),
        ("$ORIGIN", "line 1"),
        ("  A 192.0.2.1", "line 1: a record without a name"),
        ("a.", "line 1"),
        ("a. 1 A", "line 1"),
        ("a. 1 A 192.0.2.1 192.0.2.2", "line 1"),
        ("a. 1 TXT (\nx", "line 1"),
        ('a. 1 TXT "x', "line 1"),
        ("a. IN OPT", "line 1: not a record"),
        (f"a. {MAX_TTL + 1} A 192.0.2.1", "line 1: a TTL of 2147483648"),
        ("b\N{LATIN SMALL LETTER U WITH DIAERESIS}. 1 A 192.0.2.1", "xn--"),
        ("a. 1 NS b\N{LATIN SMALL LETTER U WITH DIAERESIS}.", "xn--"),
        ("a. 1 TYPE65280 \\# 3 00", "line 1"),
    ],
)
def test_what_is_no_record_is_told_where_and_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rrsets_from_text(text)


@settings(max_examples=500, deadline=None)
@given(st.text() | st.text('ab. 1\\"();@$\r\n\tANSTX#'))
def test_any_text_is_records_or_a_value_error(text: str) -> None:
    try:
        rrsets_from_text(text)
    except ValueError as problem:
        assert str(problem).startswith("line ")  # noqa: PT017 - or no error at all


@settings(deadline=None)
@given(messages())
def test_what_is_written_as_text_is_read_back(message: Message) -> None:
    for rrset in message.answer:
        # Hashes of no bytes at all have no text form in dnspython.
        if rrset.rdtype in RDATA and rrset.rdtype != types.NSEC3:
            assert rrsets_from_text(rrset_text(rrset)) == [rrset]


def test_a_message_is_written_as_dig_does() -> None:
    message = Message(
        4711,
        types.QR | types.RD | types.RA,
        Question(WWW, types.A),
        types.NXDOMAIN,
        (RRset(WWW, types.A, 300, (A1, A2), (rrsig(types.A),)),),
        (RRset(EXAMPLE, types.NS, 60, (WWW,)),),
        edns=Edns(
            1232,
            do=True,
            options=(
                (10, b"cookie"),
                extended_error(22, "no\x1b server"),
                extended_error(6, ""),
                extended_error(4444, ""),
                (65001, b"x"),
            ),
        ),
    )
    assert message_text(message) == (
        ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 4711\n"
        ";; flags: qr rd ra; QUERY: 1, ANSWER: 3, AUTHORITY: 1, ADDITIONAL: 1\n"
        "\n"
        ";; OPT PSEUDOSECTION:\n"
        "; EDNS: version: 0, flags: do; udp: 1232\n"
        "; EDE: 22 (No Reachable Authority): (no\\x1b server)\n"
        "; EDE: 6 (DNSSEC Bogus): ()\n"
        "; EDE: 4444 (unknown): ()\n"
        "; COOKIE: 636f6f6b6965\n"
        "; OPT=65001: 78\n"
        "\n"
        ";; QUESTION SECTION:\n"
        ";www.example.com. IN A\n"
        "\n"
        ";; ANSWER SECTION:\n"
        "www.example.com. 300 IN A 192.0.2.1\n"
        "www.example.com. 300 IN A 192.0.2.2\n"
        "www.example.com. 300 IN RRSIG A 13 2 300 20330518033320 19700101000001 "
        "4711 example.com. cw==\n"
        "\n"
        ";; AUTHORITY SECTION:\n"
        "example.com. 60 IN NS www.example.com.\n"
    )


def test_a_message_may_be_nearly_empty() -> None:
    assert message_text(Message(0, 15 << 11, None)) == (
        ";; ->>HEADER<<- opcode: 15, status: NOERROR, id: 0\n"
        ";; flags:; QUERY: 0, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 0\n"
    )


@settings(deadline=None)
@given(messages())
def test_any_message_is_harmless_text(message: Message) -> None:
    text = message_text(message)
    assert text.isascii()
    assert all(line.isprintable() for line in text.split("\n"))
