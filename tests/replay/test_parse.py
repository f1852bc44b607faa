"""Reading scenario files."""

from pathlib import Path

import pytest

from tests.replay.packet import AA, QR, RD, TC, Opt, read, write
from tests.replay.parse import Unparsable, parse_text
from tests.replay.scenario import Entry, Scenario

HEAD = "server:\n verbosity: 1\nCONFIG_END\nSCENARIO_BEGIN A title\n"


def scenario(text: str, head: str = HEAD) -> Scenario:
    return parse_text(f"{head}{text}\nSCENARIO_END\n", Path("group_name.rpl"))


def entry(text: str) -> Entry:
    step = scenario(f"STEP 1 QUERY\nENTRY_BEGIN\n{text}\nENTRY_END").steps[0]
    assert step.entry is not None
    return step.entry


def test_a_file_has_a_name_a_group_and_a_title() -> None:
    found = scenario("")
    assert (found.name, found.group, found.title) == ("group_name", "group", "A title")


def test_options_may_stand_several_to_a_line_in_quotes_and_before_comments() -> None:
    head = (
        "; a comment\n"
        'forward-zone: name: "." forward-addr: 192.0.2.1 # another\n'
        "server:\n"
        "\tlocal-data: 'a. TXT \"x # y\"'\n"
        "\tdo-not-query-address: 2001:db8::\n"
        "\taccess-control: 127.0.0.1 allow_snoop\n"
        "CONFIG_END\nSCENARIO_BEGIN t\n"
    )
    _, forward, server = scenario("", head).clauses
    assert forward.kind == "forward-zone"
    assert forward.options == [("name", (".",)), ("forward-addr", ("192.0.2.1",))]
    assert server.options == [
        ("local-data", ('a. TXT "x # y"',)),
        ("do-not-query-address", ("2001:db8::",)),
        ("access-control", ("127.0.0.1", "allow_snoop")),
    ]


def test_files_in_the_configuration_are_kept_by_name() -> None:
    head = (
        "auth-zone:\n name: a.\n zonefile:\n"
        "TEMPFILE_NAME a.zone\nTEMPFILE_CONTENTS a.zone\n@ SOA a b 1 2 3 4 5\n"
        "TEMPFILE_END\nCONFIG_END\nSCENARIO_BEGIN t\n"
    )
    found = scenario("", head)
    assert found.files == {"a.zone": ["@ SOA a b 1 2 3 4 5"]}
    assert found.clauses[1].last("zonefile") == "a.zone"


def test_a_header_line_sets_flags_rcode_opcode_and_do() -> None:
    packet = entry("REPLY QR AA TC RD NOTIFY NXDOMAIN DO ; comment").packet
    assert packet.flags == QR | AA | TC | RD
    assert (packet.opcode, packet.rcode) == (4, 3)
    assert packet.edns == Opt(do=True)


def test_records_go_into_the_section_opened_last() -> None:
    packet = entry(
        "SECTION QUESTION\n\twww.Example.com. IN A\n"
        "SECTION ANSWER\nwww.example.com. IN A 192.0.2.7 ; comment\n"
        "SECTION AUTHORITY\nexample.com. 5 NS ns.example.com.\n"
        "SECTION ADDITIONAL\nns.example.com IN 7 AAAA 2001:db8::1"
    ).packet
    assert str(packet.asked) == "www.Example.com. IN A"
    assert [str(r) for _, records in packet.sections() for r in records] == [
        "www.example.com. 3600 IN A 192.0.2.7",
        "example.com. 5 IN NS ns.example.com.",
        "ns.example.com. 7 IN AAAA 2001:db8::1",
    ]


def test_match_and_adjust_lines_are_read_word_by_word() -> None:
    found = entry("MATCH opcode qname ttl TCP ede=3 serial=7\nADJUST copy_id sleep=2")
    assert set(found.match) == {"opcode", "qname", "ttl"}
    assert (found.transport, found.ede, found.serial) == ("TCP", 3, 7)
    assert set(found.adjust) == {"copy_id"}
    assert found.sleep == 2.0


def test_an_unknown_word_is_an_error_that_names_the_line() -> None:
    with pytest.raises(Unparsable, match=r"group_name.rpl line \d+: MATCH qnam"):
        entry("MATCH qnam")


def test_hexadecimal_blocks_become_bytes() -> None:
    packet = entry(
        "REPLY RD\nSECTION QUESTION\na. IN A\nSECTION ADDITIONAL\n"
        "HEX_EDNSDATA_BEGIN\n00 0a ; opcode\n00 01 ff\nHEX_EDNSDATA_END"
    ).packet
    assert packet.edns == Opt(data=b"\x00\x0a\x00\x01\xff")
    assert read(write(packet)) == packet
    raw = entry("HEX_ANSWER_BEGIN\n0001\n02\nHEX_ANSWER_END").packet
    assert write(raw) == b"\x00\x01\x02"


def test_an_extra_packet_begins_a_second_message() -> None:
    found = entry("REPLY QR\nEXTRA_PACKET\nREPLY QR AA")
    assert [packet.flags for packet in found.packets] == [QR, QR | AA]


def test_the_range_written_last_is_tried_first() -> None:
    found = scenario(
        "RANGE_BEGIN 0 10\n ADDRESS 192.0.2.1\nRANGE_END\n"
        "RANGE_BEGIN 5 20\n ADDRESS 2001:db8::1\nENTRY_BEGIN\nENTRY_END\nRANGE_END"
    )
    assert [(r.first, r.last, r.address) for r in found.ranges] == [
        (5, 20, "2001:db8::1"),
        (0, 10, "192.0.2.1"),
    ]
    assert [len(r.entries) for r in found.ranges] == [1, 0]


def test_steps_have_addresses_arguments_entries_and_files() -> None:
    query, passing, check = scenario(
        "STEP 1 QUERY ADDRESS 192.0.2.9\nENTRY_BEGIN\nENTRY_END\n"
        "STEP 2 TIME_PASSES EVAL ${1 + 2} ; comment\n"
        "STEP 3 CHECK_TEMPFILE name\nFILE_BEGIN\n one\ntwo\nFILE_END"
    ).steps
    assert (query.event, query.address) == ("QUERY", "192.0.2.9")
    assert query.entry is not None
    assert passing.argument == "EVAL ${1 + 2}"
    assert (check.argument, check.content) == ("name", [" one", "two"])


def test_a_file_that_ends_early_is_an_error() -> None:
    with pytest.raises(Unparsable, match="ends before ENTRY_END"):
        parse_text(f"{HEAD}STEP 1 QUERY\nENTRY_BEGIN\n", Path("x.rpl"))


def test_signatures_may_be_cut_short_or_missing() -> None:
    packet = entry(
        "SECTION ANSWER\n"
        "a. RRSIG A 8 1 60 20300101000000 20200101000000 1 a. AAEC A\n"
        "a. RRSIG A 8 1 60 20300101000000 20200101000000 1 a.\n"
    ).packet
    lengths = [len(record.rdata) for record in packet.answer]
    assert lengths == [21 + 3, 21]


def test_malformed_rdata_in_hexadecimal_stays_as_it_is() -> None:
    packet = entry("SECTION ANSWER\na. HTTPS \\# 3 00 01 02").packet
    assert packet.answer[0].rdata == b"\x00\x01\x02"
    assert read(write(packet)).answer == packet.answer
