"""Comparing messages with entries."""

from pathlib import Path

import pytest

from tests.replay.match import differences, is_minimal_any, is_refused_snooping
from tests.replay.packet import Packet
from tests.replay.parse import parse_text
from tests.replay.scenario import Entry

QUESTION = "SECTION QUESTION\nwww.example.com. IN A\n"
ANSWER = "SECTION ANSWER\nwww.example.com. 300 IN A 192.0.2.1\n"
WHOLE = f"REPLY QR RD RA NOERROR\n{QUESTION}{ANSWER}"


def entry(text: str) -> Entry:
    head = "CONFIG_END\nSCENARIO_BEGIN t\nSTEP 1 QUERY\nENTRY_BEGIN\n"
    scenario = parse_text(f"{head}{text}\nENTRY_END\nSCENARIO_END\n", Path("t.rpl"))
    found = scenario.steps[0].entry
    assert found is not None
    return found


def packet(text: str) -> Packet:
    return entry(text).packet


def test_a_message_matches_itself() -> None:
    assert differences(entry(f"MATCH all ttl\n{WHOLE}"), packet(WHOLE), "UDP") == []


def test_only_what_the_match_line_names_is_compared() -> None:
    other = packet("REPLY QR SERVFAIL\nSECTION QUESTION\nWWW.example.COM. IN A")
    assert differences(entry(f"MATCH qname qtype opcode\n{WHOLE}"), other, "UDP") == []
    assert differences(entry(f"MATCH rcode\n{WHOLE}"), other, "UDP") == [
        "rcode: expected NOERROR, got SERVFAIL"
    ]


@pytest.mark.parametrize(
    ("field", "change", "sentence"),
    [
        ("opcode", ("REPLY QR", "REPLY NOTIFY QR"), "opcode"),
        ("qtype", ("com. IN A", "com. IN MX"), "qtype"),
        ("qname", ("www.example.com. IN A", "ftp.example.com. IN A"), "qname"),
        ("question", ("com. IN A", "com. CH A"), "question"),
        ("answer", ("192.0.2.1", "192.0.2.2"), "ANSWER"),
        ("all", ("RA NOERROR", "RA AA NOERROR"), "flags"),
        ("all", ("RA NOERROR", "RA NXDOMAIN"), "rcode"),
        ("all", ("RA NOERROR", "RA DO NOERROR"), "EDNS"),
        ("all ttl", ("300", "299"), "ANSWER"),
        ("DO", ("", ""), "DO"),
    ],
)
def test_a_difference_in_a_compared_part_is_found(
    field: str, change: tuple[str, str], sentence: str
) -> None:
    changed = packet(WHOLE.replace(change[0], change[1], 1) if change[0] else WHOLE)
    found = differences(entry(f"MATCH {field}\n{WHOLE}"), changed, "UDP")
    assert found
    assert found[0].startswith(sentence)


def test_the_order_of_records_and_their_ttl_do_not_matter() -> None:
    one = f"{WHOLE}www.example.com. 300 IN A 192.0.2.2\n"
    swapped = f"REPLY QR RD RA\n{QUESTION}SECTION ANSWER\n" + (
        "www.example.com. 1 IN A 192.0.2.2\nWWW.example.com. 1 IN A 192.0.2.1\n"
    )
    assert differences(entry(f"MATCH all\n{one}"), packet(swapped), "UDP") == []


def test_a_record_too_many_or_missing_is_a_difference() -> None:
    more = packet(f"{WHOLE}www.example.com. 300 IN A 192.0.2.2\n")
    assert differences(entry(f"MATCH all\n{WHOLE}"), more, "UDP") == [
        "ANSWER: not expected www.example.com. 300 IN A 192.0.2.2"
    ]
    none = packet(f"REPLY QR RD RA\n{QUESTION}")
    assert differences(entry(f"MATCH all\n{WHOLE}"), none, "UDP") == [
        "ANSWER: missing www.example.com. 300 IN A 192.0.2.1"
    ]


def test_minimal_answers_may_lack_name_servers_and_their_addresses_but_no_soa() -> None:
    full = (
        f"{WHOLE}SECTION AUTHORITY\nexample.com. NS ns.example.com.\n"
        "SECTION ADDITIONAL\nns.example.com. A 192.0.2.3\n"
    )
    assert differences(entry(f"MATCH all\n{full}"), packet(WHOLE), "UDP") == []
    soa = f"{WHOLE}SECTION AUTHORITY\nexample.com. SOA a. b. 1 2 3 4 5\n"
    assert differences(entry(f"MATCH all\n{soa}"), packet(WHOLE), "UDP") != []
    # What is there has to be right.
    wrong = packet(full.replace("NS ns.example.com.", "NS evil."))
    assert differences(entry(f"MATCH all\n{full}"), wrong, "UDP") != []


def test_the_soa_of_a_special_use_name_is_that_of_rfc_6303() -> None:
    unbounds = "SECTION AUTHORITY\n10.in-addr.arpa. SOA localhost. nobody.invalid. "
    ours = "SECTION AUTHORITY\n10.in-addr.arpa. SOA 10.in-addr.arpa. nobody.invalid. "
    expected = entry(
        f"MATCH all\nREPLY QR\n{QUESTION}{unbounds}1 3600 1200 604800 10800"
    )
    assert (
        differences(
            expected,
            packet(f"REPLY QR\n{QUESTION}{ours}1 3600 1200 604800 10800"),
            "UDP",
        )
        == []
    )
    assert differences(
        expected, packet(f"REPLY QR\n{QUESTION}{ours}2 3600 1200 604800 10800"), "UDP"
    )


def test_subdomain_counts_the_name_itself_and_all_below_it() -> None:
    below = entry("MATCH subdomain\nSECTION QUESTION\nexample.com. IN NS")
    for name, matches in {
        "example.com.": True,
        "a.b.EXAMPLE.com.": True,
        "notexample.com.": False,
        "com.": False,
    }.items():
        asked = packet(f"SECTION QUESTION\n{name} IN A")
        assert (differences(below, asked, "UDP") == []) is matches


def test_the_transport_matters_where_the_entry_names_one() -> None:
    assert differences(entry("MATCH TCP"), Packet(), "UDP")
    assert not differences(entry("MATCH TCP"), Packet(), "TCP")
    assert not differences(entry("MATCH opcode"), Packet(), "TCP")


def test_an_extended_error_is_found_among_the_options() -> None:
    told = packet(
        "HEX_EDNSDATA_BEGIN\n000a 0008 0102030405060708\n000f 0003 0012 21\n"
        "HEX_EDNSDATA_END"
    )
    assert not differences(entry("MATCH ede=18"), told, "UDP")
    assert not differences(entry("MATCH ede=any client_cookie"), told, "UDP")
    assert differences(entry("MATCH ede=3"), told, "UDP")
    assert differences(entry("MATCH server_cookie"), told, "UDP")
    assert differences(entry("MATCH ede=any"), Packet(), "UDP")
    assert differences(entry("MATCH noedns"), told, "UDP")


def test_the_serial_of_an_incremental_transfer_is_looked_at() -> None:
    transfer = packet(
        "SECTION QUESTION\na. IN IXFR\nSECTION AUTHORITY\na. SOA m. r. 7 1 1 1 1"
    )
    assert not differences(entry("MATCH serial=7"), transfer, "TCP")
    assert differences(entry("MATCH serial=8"), transfer, "TCP")


def test_our_own_ways_are_recognised() -> None:
    refused = packet(f"REPLY QR REFUSED\n{QUESTION}")
    assert is_refused_snooping(packet(QUESTION), refused)
    assert not is_refused_snooping(packet(f"REPLY RD\n{QUESTION}"), refused)
    anything = packet("REPLY RD\nSECTION QUESTION\na. IN ANY")
    hinfo = packet('SECTION ANSWER\na. HINFO "RFC8482" ""')
    assert is_minimal_any(anything, hinfo)
    assert not is_minimal_any(packet(QUESTION), hinfo)
    assert not is_minimal_any(anything, packet(WHOLE))
