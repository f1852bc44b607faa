"""The right answers, one kind after the other, and NSD's opinion on all of them."""

import contextlib
import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rdatatype
import pytest
from dns.message import Message
from dns.rcode import Rcode

from resolver.lab.answer import MAX_UDP, encode, respond
from resolver.lab.sign import NSEC, NSEC3, OPT_OUT, PLAIN, Signing, make_key, sign
from resolver.lab.zones import Zone, ZoneSet, parse_zone

PARENT = """$TTL 3600
@ SOA ns1.example.com. hostmaster.example.com. 1 7200 1800 1209600 300
@ NS ns1
@ NS ns.elsewhere.net.
@ MX 10 mail
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
mail A 192.0.2.2
www A 192.0.2.3
alias CNAME www
chain CNAME alias
out CNAME www.elsewhere.net.
dangling CNAME missing
into CNAME www.sub
self CNAME self
a.b.c A 192.0.2.4
*.wild A 192.0.2.5
*.wild MX 10 mail
real.wild TXT "x"
*.walias CNAME www
d DNAME elsewhere.net.
here DNAME wild.example.com.
grow DNAME zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.elsewhere.net.
sub NS ns.sub
sub NS ns1
ns.sub A 192.0.2.6
mail.sub A 192.0.2.7
signed NS ns.elsewhere.net.
signed DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
_sip._tcp SRV 1 1 5060 mail
"""
ORIGIN = "example.com."
CHILD = """$TTL 3600
@ SOA ns1 hostmaster 1 7200 1800 1209600 300
@ NS ns1.example.com.
www A 192.0.2.8
"""


def zone_set(*, signed: bool = False) -> ZoneSet:
    return ZoneSet([make(ORIGIN, PARENT, signed=signed)])


def make(origin: str, text: str, *, signed: bool, signing: Signing = PLAIN) -> Zone:
    if not signed:
        return parse_zone(origin, text)
    content = dns.zone.from_text(text, origin=origin, relativize=False)
    sign(content, make_key(), 1_800_000_000, signing)
    return Zone(content)


def ask(
    name: str, rdtype: str = "A", zones: ZoneSet | None = None, *, do: bool = False
) -> Message:
    query = dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=do)
    reply = respond(zone_set() if zones is None else zones, query)
    # Through the wire and back, so that what is compared is what a client sees.
    return dns.message.from_wire(encode(reply, query, tcp=True))


def summary(section: list[dns.rrset.RRset]) -> list[str]:
    """Name the sets of a section, in their order: `www.example.com. A`."""
    return [
        f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)}"
        + (f" {dns.rdatatype.to_text(rrset.covers)}" if rrset.covers else "")
        for rrset in section
    ]


def is_authoritative(reply: Message) -> bool:
    return bool(reply.flags & dns.flags.AA)


def test_an_answer_names_the_servers_and_their_addresses() -> None:
    reply = ask("www.example.com.")
    assert is_authoritative(reply)
    assert summary(reply.answer) == ["www.example.com. A"]
    assert summary(reply.authority) == ["example.com. NS"]
    assert summary(reply.additional) == ["ns1.example.com. A", "ns1.example.com. AAAA"]


def test_the_question_comes_back_in_its_own_case() -> None:
    query = dns.message.make_query("wWw.eXample.COM.", "A")
    packet = encode(respond(zone_set(), query), query, tcp=False)
    assert b"\x03wWw\x07eXample\x03COM\x00" in packet


def test_servers_are_not_named_twice() -> None:
    reply = ask("example.com.", "NS")
    assert summary(reply.answer) == ["example.com. NS"]
    assert reply.authority == []


def test_mail_hosts_come_with_their_addresses() -> None:
    reply = ask("example.com.", "MX")
    assert "mail.example.com. A" in summary(reply.additional)


def test_service_hosts_come_with_their_addresses() -> None:
    reply = ask("_sip._tcp.example.com.", "SRV")
    assert "mail.example.com. A" in summary(reply.additional)


def test_no_data_has_the_soa_with_the_negative_ttl() -> None:
    reply = ask("www.example.com.", "MX")
    assert (reply.rcode(), is_authoritative(reply)) == (Rcode.NOERROR, True)
    assert summary(reply.authority) == ["example.com. SOA"]
    assert reply.authority[0].ttl == 300
    assert reply.answer == []


@pytest.mark.parametrize("name", ["b.c.example.com.", "c.example.com."])
def test_an_empty_non_terminal_exists(name: str) -> None:
    reply = ask(name)
    assert reply.rcode() == Rcode.NOERROR
    assert summary(reply.authority) == ["example.com. SOA"]


def test_a_missing_name_is_denied_with_the_soa() -> None:
    reply = ask("x.c.example.com.")
    assert (reply.rcode(), is_authoritative(reply)) == (Rcode.NXDOMAIN, True)
    assert summary(reply.authority) == ["example.com. SOA"]


@pytest.mark.parametrize("name", ["sub.example.com.", "www.sub.example.com."])
def test_below_a_cut_there_is_a_referral_with_glue_and_without_aa(name: str) -> None:
    reply = ask(name)
    assert not is_authoritative(reply)
    assert reply.answer == []
    assert summary(reply.authority) == ["sub.example.com. NS"]
    assert "ns.sub.example.com. A" in summary(reply.additional)


def test_glue_is_not_an_answer() -> None:
    assert ask("ns.sub.example.com.").answer == []


def test_the_ds_of_a_cut_is_the_parents() -> None:
    present = ask("signed.example.com.", "DS")
    assert is_authoritative(present)
    assert summary(present.answer) == ["signed.example.com. DS"]
    absent = ask("sub.example.com.", "DS")
    assert is_authoritative(absent)
    assert summary(absent.authority) == ["example.com. SOA"]


def test_with_both_sides_of_a_cut_the_child_answers_all_but_ds() -> None:
    child = parse_zone("sub.example.com.", CHILD)
    zones = ZoneSet([parse_zone(ORIGIN, PARENT), child])
    assert summary(ask("www.sub.example.com.", "A", zones).answer) == [
        "www.sub.example.com. A"
    ]
    assert summary(ask("sub.example.com.", "DS", zones).authority) == [
        "example.com. SOA"
    ]
    alone = ask("sub.example.com.", "DS", ZoneSet([child]))
    assert summary(alone.authority) == ["sub.example.com. SOA"]


def test_aliases_are_followed_inside_the_zone() -> None:
    assert summary(ask("chain.example.com.").answer) == [
        "chain.example.com. CNAME",
        "alias.example.com. CNAME",
        "www.example.com. A",
    ]


def test_an_alias_itself_can_be_asked_for() -> None:
    reply = ask("chain.example.com.", "CNAME")
    assert summary(reply.answer) == ["chain.example.com. CNAME"]


def test_an_alias_that_leads_away_is_the_whole_answer() -> None:
    reply = ask("out.example.com.")
    assert (reply.rcode(), is_authoritative(reply)) == (Rcode.NOERROR, True)
    assert summary(reply.answer) == ["out.example.com. CNAME"]


def test_an_alias_of_nothing_is_no_such_name() -> None:
    """RFC 6604 section 2.1: the response code is about the end of the chain."""
    reply = ask("dangling.example.com.")
    assert reply.rcode() == Rcode.NXDOMAIN
    assert summary(reply.answer) == ["dangling.example.com. CNAME"]
    assert summary(reply.authority) == ["example.com. SOA"]


def test_an_alias_below_a_cut_comes_with_the_referral() -> None:
    reply = ask("into.example.com.")
    assert is_authoritative(reply)
    assert summary(reply.answer) == ["into.example.com. CNAME"]
    assert summary(reply.authority) == ["sub.example.com. NS"]


def test_an_alias_of_itself_is_told_once() -> None:
    assert summary(ask("self.example.com.").answer) == ["self.example.com. CNAME"]


def test_a_wildcard_answers_in_the_name_that_was_asked_for() -> None:
    reply = ask("any.thing.wild.example.com.")
    assert summary(reply.answer) == ["any.thing.wild.example.com. A"]


def test_a_wildcard_alias_is_followed() -> None:
    assert summary(ask("x.walias.example.com.").answer) == [
        "x.walias.example.com. CNAME",
        "www.example.com. A",
    ]


def test_a_wildcard_has_no_data_of_other_types() -> None:
    reply = ask("x.wild.example.com.", "TXT")
    assert reply.rcode() == Rcode.NOERROR
    assert summary(reply.authority) == ["example.com. SOA"]


def test_an_existing_name_is_no_matter_of_wildcards() -> None:
    assert ask("real.wild.example.com.").answer == []
    assert ask("below.real.wild.example.com.").rcode() == Rcode.NXDOMAIN


def test_a_dname_redirects_what_is_below_it_and_not_itself() -> None:
    reply = ask("www.d.example.com.")
    assert summary(reply.answer) == [
        "d.example.com. DNAME",
        "www.d.example.com. CNAME",
    ]
    assert reply.answer[1][0].to_text() == "www.elsewhere.net."
    assert ask("d.example.com.").answer == []


def test_a_dname_is_followed_inside_the_zone() -> None:
    assert summary(ask("x.here.example.com.").answer) == [
        "here.example.com. DNAME",
        "x.here.example.com. CNAME",
        "x.wild.example.com. A",
    ]


def test_the_alias_made_from_a_dname_can_be_asked_for() -> None:
    reply = ask("x.here.example.com.", "CNAME")
    assert summary(reply.answer) == [
        "here.example.com. DNAME",
        "x.here.example.com. CNAME",
    ]


def test_a_dname_that_makes_a_name_too_long_says_so() -> None:
    long = ".".join(["x" * 60] * 3)
    reply = ask(f"{long}.grow.example.com.")
    assert reply.rcode() == Rcode.YXDOMAIN
    assert summary(reply.answer) == ["grow.example.com. DNAME"]
    assert ask(f"{long[30:]}.grow.example.com.").rcode() == Rcode.NOERROR


def test_any_is_everything_at_the_name() -> None:
    assert {each.rdtype for each in ask("example.com.", "ANY").answer} == {
        dns.rdatatype.SOA,
        dns.rdatatype.NS,
        dns.rdatatype.MX,
    }


def test_other_peoples_names_are_refused() -> None:
    reply = ask("www.elsewhere.net.")
    assert (reply.rcode(), is_authoritative(reply)) == (Rcode.REFUSED, False)


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR", "TSIG", "TKEY"])
def test_meta_types_are_refused(rdtype: str) -> None:
    query = dns.message.make_query("example.com.", "A", use_edns=0)
    query.question[0].rdtype = dns.rdatatype.from_text(rdtype)
    assert respond(zone_set(), query).rcode() == Rcode.REFUSED


def test_other_classes_opcodes_and_versions_are_turned_down() -> None:
    chaos = dns.message.make_query("example.com.", "TXT", "CH")
    assert respond(zone_set(), chaos).rcode() == Rcode.REFUSED
    notify = dns.message.make_query("example.com.", "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert respond(zone_set(), notify).rcode() == Rcode.NOTIMP
    future = dns.message.make_query("example.com.", "SOA", use_edns=1)
    reply = respond(zone_set(), future)
    assert (reply.rcode(), reply.edns) == (Rcode.BADVERS, 0)
    nothing = dns.message.make_query("example.com.", "SOA")
    nothing.question.clear()
    assert respond(zone_set(), nothing).rcode() == Rcode.FORMERR


def test_edns_comes_back_only_to_those_who_speak_it() -> None:
    with_opt = ask("www.example.com.", do=True)
    assert (with_opt.edns, with_opt.ednsflags & dns.flags.DO) == (0, dns.flags.DO)
    assert with_opt.payload == MAX_UDP
    query = dns.message.make_query("www.example.com.", "A")
    assert respond(zone_set(), query).edns == -1


def big_zone() -> ZoneSet:
    text = "\n".join(f'big TXT "{number:03d}{"x" * 97}"' for number in range(8))
    return ZoneSet([parse_zone(ORIGIN, f"{PARENT}\n{text}\n")])


def test_what_is_too_long_for_udp_is_empty_and_truncated() -> None:
    query = dns.message.make_query("big.example.com.", "TXT")
    packet = encode(respond(big_zone(), query), query, tcp=False)
    reply = dns.message.from_wire(packet)
    assert reply.flags & dns.flags.TC
    assert summary(reply.sections[1]) == summary(reply.sections[2]) == []


def test_what_the_client_can_take_is_not_truncated() -> None:
    query = dns.message.make_query("big.example.com.", "TXT", use_edns=0, payload=1232)
    packet = encode(respond(big_zone(), query), query, tcp=False)
    reply = dns.message.from_wire(packet)
    assert not reply.flags & dns.flags.TC
    assert len(reply.answer[0]) == 8
    plain = dns.message.make_query("big.example.com.", "TXT")
    assert not encode(respond(big_zone(), plain), plain, tcp=True)[2] & 2


def test_addresses_beside_an_answer_are_left_out_before_it_is_truncated() -> None:
    text = "\n".join(f'fits TXT "{number:03d}{"x" * 85}"' for number in range(4))
    zones = ZoneSet([parse_zone(ORIGIN, f"{PARENT}\n{text}\n")])
    query = dns.message.make_query("fits.example.com.", "TXT")
    packet = encode(respond(zones, query), query, tcp=False)
    reply = dns.message.from_wire(packet)
    assert 450 < len(packet) <= 512
    assert not reply.flags & dns.flags.TC
    assert summary(reply.answer) == ["fits.example.com. TXT"]
    assert reply.additional == []


def test_a_referral_whose_glue_does_not_fit_is_truncated() -> None:
    """RFC 9471 section 3.1: in-domain glue has to be there, or TC set."""
    lines = [f"many NS ns{n}.many\nns{n}.many AAAA 2001:db8::{n}" for n in range(1, 20)]
    text = "\n".join([PARENT, *lines, ""])
    query = dns.message.make_query("www.many.example.com.", "A")
    reply = respond(ZoneSet([parse_zone(ORIGIN, text)]), query)
    assert encode(reply, query, tcp=False)[2] & 2


def test_signatures_come_when_they_are_wanted() -> None:
    zones = zone_set(signed=True)
    assert summary(ask("www.example.com.", "A", zones, do=True).answer) == [
        "www.example.com. A",
        "www.example.com. RRSIG A",
    ]
    assert summary(ask("www.example.com.", "A", zones).answer) == ["www.example.com. A"]


def test_a_missing_name_is_proven_missing() -> None:
    reply = ask("nope.example.com.", "A", zone_set(signed=True), do=True)
    assert summary(reply.authority) == [
        "example.com. SOA",
        "example.com. RRSIG SOA",
        "mail.example.com. NSEC",
        "mail.example.com. RRSIG NSEC",
        "example.com. NSEC",
        "example.com. RRSIG NSEC",
    ]


def test_one_proof_may_serve_twice_and_is_sent_once() -> None:
    reply = ask("!.example.com.", "A", zone_set(signed=True), do=True)
    assert summary(reply.authority).count("example.com. NSEC") == 1


def test_an_insecure_referral_is_proven_insecure() -> None:
    zones = zone_set(signed=True)
    insecure = ask("www.sub.example.com.", "A", zones, do=True)
    assert summary(insecure.authority) == [
        "sub.example.com. NS",
        "sub.example.com. NSEC",
        "sub.example.com. RRSIG NSEC",
    ]
    secure = ask("www.signed.example.com.", "A", zones, do=True)
    assert summary(secure.authority) == [
        "signed.example.com. NS",
        "signed.example.com. DS",
        "signed.example.com. RRSIG DS",
    ]


def test_a_wildcard_answer_is_proven_to_be_one() -> None:
    reply = ask("x.wild.example.com.", "A", zone_set(signed=True), do=True)
    assert summary(reply.answer) == [
        "x.wild.example.com. A",
        "x.wild.example.com. RRSIG A",
    ]
    assert "real.wild.example.com. NSEC" in summary(reply.authority)


def test_signatures_can_be_asked_for() -> None:
    reply = ask("www.example.com.", "RRSIG", zone_set(signed=True))
    assert set(summary(reply.answer)) == {
        "www.example.com. RRSIG A",
        "www.example.com. RRSIG NSEC",
    }


# NSD as the judge.

NAMES = [
    *("", "www.", "WwW.", "alias.", "chain.", "out.", "dangling.", "into.", "self."),
    *("a.b.c.", "b.c.", "c.", "x.c.", "nope.", "a.nope.", "wild.", "*.wild."),
    *("x.wild.", "x.y.wild.", "real.wild.", "x.real.wild.", "x.walias.", "walias."),
    *("d.", "www.d.", "here.", "x.here.", "sub.", "www.sub.", "ns.sub.", "signed."),
    *("www.signed.", "_sip._tcp.", "_tcp.", "!.", "zzz.", "ns1.", "mail."),
]
# NSD 4.6 proves something else here: not that x.wild. is missing, which RFC 4035 section
# 3.1.3.3 asks for after the DNAME has led there.
MISTAKEN = "x.here."
# Of the wildcard's own name NSD also proves, with hashes, what is above it: all that is
# needed is the record at the name.
MORE_THAN_NEEDED = "*.wild."
TYPES = ["A", "MX", "NS", "SOA", "CNAME", "DS", "DNAME", "SRV", "TXT", "AAAA", "NSEC"]


@contextlib.contextmanager
def nsd(folder: Path, zones: dict[str, str]) -> Iterator[int]:
    """Serve zones with NSD; give its port."""
    program = shutil.which("nsd") or "/usr/sbin/nsd"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    lines = [
        "server:",
        f"  ip-address: 127.0.0.1@{port}",
        f'  zonesdir: "{folder}"\n  pidfile: "{folder}/pid"\n  database: ""',
        f'  xfrdfile: "{folder}/xfrd"\n  xfrdir: "{folder}"',
        f'  zonelistfile: "{folder}/zones"\n  logfile: "{folder}/log"',
        '  username: ""\n  chroot: ""\n  server-count: 1\n  verbosity: 1',
        "remote-control:\n  control-enable: no",
    ]
    for number, (origin, text) in enumerate(zones.items()):
        (folder / f"zone{number}").write_text(text)
        lines.append(f'zone:\n  name: "{origin}"\n  zonefile: "zone{number}"')
    (folder / "nsd.conf").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen([program, "-d", "-c", str(folder / "nsd.conf")])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    query = dns.message.make_query("example.com.", "SOA")
    for _ in range(100):
        with contextlib.suppress(OSError):
            exchange(port, query.to_wire(), seconds=0.1)
            return
        time.sleep(0.05)
    raise TimeoutError("NSD did not start")


def exchange(port: int, packet: bytes, *, seconds: float = 5.0) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(seconds)
        link.connect(("127.0.0.1", port))
        link.send(packet)
        return link.recv(65535)


def facts(reply: Message) -> dict[str, object]:
    """Say what two servers should agree on: all but ids and the order of sets."""
    flags = dns.flags.AA | dns.flags.TC | dns.flags.QR | dns.flags.RD
    names = ("answer", "authority", "additional")
    sections = {
        name: sorted(line.lower() for s in section for line in s.to_text().split("\n"))
        for name, section in zip(names, reply.sections[1:], strict=True)
    }
    return {
        "rcode": reply.rcode(),
        "flags": reply.flags & flags,
        "edns": (reply.edns, reply.ednsflags),
        **sections,
    }


@pytest.mark.live
@pytest.mark.parametrize("denial", ["", NSEC, NSEC3, OPT_OUT])
def test_nsd_gives_the_same_answers(tmp_path: Path, denial: str) -> None:
    signed = bool(denial)
    zone = make(ORIGIN, PARENT, signed=signed, signing=Signing(denial=denial))
    zones = ZoneSet([zone])
    differences = []
    with nsd(tmp_path, {ORIGIN: zone.to_text()}) as port:
        for name, rdtype in itertools.product(NAMES, TYPES):
            query = dns.message.make_query(
                f"{name}{ORIGIN}", rdtype, use_edns=0, payload=1232, want_dnssec=signed
            )
            theirs = dns.message.from_wire(exchange(port, query.to_wire()))
            packet = encode(respond(zones, query), query, tcp=False)
            ours = dns.message.from_wire(packet)
            tolerated = {MISTAKEN} if denial == NSEC else {MISTAKEN, MORE_THAN_NEEDED}
            if facts(ours) != facts(theirs) and not (signed and name in tolerated):
                differences.append((name, rdtype, facts(ours), facts(theirs)))
    assert differences == []
