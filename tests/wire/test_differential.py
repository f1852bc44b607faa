"""Our codec and dnspython's, on the same packets.

The reasons for which the two may differ are in `oracle`, each with a comment.
"""

import dns.exception
import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.wire import types
from resolver.wire.edns import MAX_OPTIONS
from resolver.wire.message import Message
from resolver.wire.presentation import rrset_text
from resolver.wire.reader import read
from resolver.wire.writer import write
from tests.wire.oracle import Disagreement, judge
from tests.wire.packets import (
    QUESTION,
    TO_WWW,
    name,
    opt,
    packet,
    parts,
    pointer,
    record,
)
from tests.wire.strategies import Dice, dices, messages, some_message

A1 = b"\xc0\0\2\1"


def damage(dice: Dice, wire: bytearray) -> None:
    """Do to a packet what bad memory, bad code or bad people would."""
    at = dice.randrange(2, len(wire))
    match dice.randrange(8):
        case 0:
            del wire[at:]
        case 1:
            # Splice: a piece of the packet over another.
            source, size = dice.randrange(len(wire)), dice.randint(1, 30)
            wire[at : at + size] = wire[source : source + size]
        case 2:
            wire[at : at + 1] = dice.choice(
                [b"", b"\xc0\x0c", dice.randbytes(3), pointer(dice.randrange(300))]
            )
        case 3:
            wire[at] = dice.choice([0, 1, 2, 12, 63, 64, 0xC0, 255])
        case _:
            wire[at] ^= 1 << dice.randrange(8)


@settings(max_examples=300, deadline=None)
@given(messages())
def test_what_we_write_dnspython_reads_as_we_do(message: Message) -> None:
    verdict = judge(write(message, 1 << 24))
    # The one kind of data that `strategies` makes and dnspython finds fault with.
    assert verdict in {
        "both accept",
        "the content of a NSEC3 record",
        "a long chain of pointers",
    }


@settings(max_examples=300, deadline=None)
@given(messages())
def test_what_dnspython_writes_we_read_as_it_was(message: Message) -> None:
    try:
        theirs = dns.message.from_wire(
            write(message, 1 << 24), one_rr_per_rrset=True, keyring=False
        ).to_wire(max_size=65535)
    except dns.exception.DNSException:
        return
    verdict = judge(theirs)
    assert verdict == "both accept"


@settings(max_examples=1500, deadline=None)
@given(dices)
def test_damaged_packets_are_read_alike(dice: Dice) -> None:
    wire = bytearray(write(some_message(dice)))
    for _ in range(dice.choice([1, 1, 2, 4])):
        if len(wire) > 2:
            damage(dice, wire)
    judge(bytes(wire))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_packets_are_read_alike(data: bytes) -> None:
    judge(data)


@pytest.mark.parametrize(
    "text",
    [
        "a.test. 5 IN A 192.0.2.1",
        "a.test. 5 IN AAAA 2001:db8::1",
        "a.test. 5 IN MX 10 mx.a.test.",
        "_s._tcp.a.test. 5 IN SRV 0 5 5060 sip.a.test.",
        'a.test. 5 IN NAPTR 100 50 "s" "z3950+I2L" "!^x$!y!" _z3950._tcp.a.test.',
        "a.test. 5 IN SOA ns.a.test. admin.a.test. 1 7200 3600 1209600 300",
        'a.test. 5 IN TXT "one" "two\\000\\255"',
        'a.test. 5 IN CAA 0 issue "ca.test; policy=ev"',
        "a.test. 5 IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ech=AAQAAAAA",
        "a.test. 5 IN SVCB 0 b.a.test.",
        "a.test. 5 IN RRSIG A 13 2 5 20300101000000 20200101000000 1 a.test. AAAA",
        "a.test. 5 IN NSEC b.a.test. A MX RRSIG NSEC TYPE65280",
        "a.test. 5 IN NSEC3 1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A",
        "a.test. 5 IN NSEC3PARAM 1 0 12 AABBCCDD",
        "a.test. 5 IN DNSKEY 257 3 13 AAAA",
        "a.test. 5 IN DS 1 13 2 " + "00" * 32,
        "a.test. 5 IN DNAME b.test.",
        "a.test. 5 IN TLSA 3 1 1 " + "00" * 32,
        "a.test. 5 IN SSHFP 4 2 " + "00" * 32,
        "a.test. 5 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
        "a.test. 5 IN RP a.test. b.a.test.",
        "a.test. 5 IN AFSDB 1 b.a.test.",
        "a.test. 5 IN RT 1 b.a.test.",
        "a.test. 5 IN KX 1 b.a.test.",
        "a.test. 5 IN PX 1 b.a.test. c.a.test.",
        "a.test. 5 IN LP 1 b.a.test.",
        "a.test. 5 IN NID 1 0000:0000:0000:0001",
        "a.test. 5 IN L32 1 192.0.2.1",
        "a.test. 5 IN L64 1 0000:0000:0000:0001",
        "a.test. 5 IN EUI48 00-00-00-00-00-01",
        "a.test. 5 IN EUI64 00-00-00-00-00-00-00-01",
        "a.test. 5 IN CERT PKIX 1 13 AAAA",
        "a.test. 5 IN APL 1:192.0.2.0/24",
        "a.test. 5 IN CSYNC 1 3 A NS AAAA",
        "a.test. 5 IN CDS 1 13 2 " + "00" * 32,
        "a.test. 5 IN CDNSKEY 257 3 13 AAAA",
        "a.test. 5 IN ZONEMD 1 1 1 " + "00" * 48,
        'a.test. 5 IN URI 10 1 "https://a.test"',
        "a.test. 5 IN GPOS 1.0 2.0 3.0",
        'a.test. 5 IN HINFO "CPU" "OS"',
        "a.test. 5 IN X25 1",
        "a.test. 5 IN ISDN 1",
        "a.test. 5 IN HIP 2 00 AAAA rvs.a.test.",
        "a.test. 5 IN IPSECKEY 10 3 2 gw.a.test. AAAA",
        "a.test. 5 IN AMTRELAY 0 0 3 relay.a.test.",
        "a.test. 5 IN OPENPGPKEY AAAA",
        "a.test. 5 IN SMIMEA 3 1 1 " + "00" * 32,
        "a.test. 5 IN DHCID AAAA",
        "a.test. 5 IN DSYNC CDS NOTIFY 53 b.a.test.",
        "a.test. 5 IN RESINFO qnamemin",
        "a.test. 5 IN NSAP 0x47",
        "a.test. 5 IN WKS 192.0.2.1 6 25",
        "a.test. 5 IN SPF x",
        "a.test. 5 IN TYPE65280 \\# 2 0001",
        "version.test. 5 CH TXT x",
    ],
)
def test_every_type_with_a_text_form_is_read_and_written(text: str) -> None:
    owner, ttl, rdclass, rdtype, data = text.split(" ", 4)
    rrset = dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, data)
    reply = dns.message.make_response(dns.message.make_query("a.test.", "A"))
    reply.answer.append(rrset)
    wire = reply.to_wire()
    assert judge(wire) == "both accept"
    message = read(wire)
    (found,) = message.answer
    assert rrset_text(found) == rrset.to_text()
    assert parts(read(write(message))) == parts(message)


def _long_chain() -> bytes:
    records = [record(name("a"), types.A, A1)]
    at = 33
    for _ in range(20):
        records.append(record(b"\1a" + pointer(at), types.A, A1))
        at += len(records[-2])
    return packet(answer=tuple(records))


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (packet(word=5 << 11, answer=(record(TO_WWW, 1, b"", 0, 255),)),
         "another opcode"),
        (packet(question=QUESTION * 2)[:5] + b"\2"
         + packet(question=QUESTION * 2)[6:], "more than one question"),
        (packet(answer=(record(b"\1a" + pointer(8), types.A, A1),)),
         "a pointer into the header"),
        (packet(answer=(record(TO_WWW, 3, b"\0\0"),)),
         "a type that dnspython knows nothing of"),
        (_long_chain(), "a long chain of pointers"),
        (packet(answer=(record(b"\1\0" + pointer(32), types.A, A1),)),
         "a pointer to bytes of the name itself"),
        (packet(additional=(record(b"\0", types.TSIG, b""),)), "TSIG out of place"),
        (packet(additional=(opt(b"\0\x08\0\1x"),)), "the content of an option"),
        (packet(additional=(opt(b"\0\3\0\0" * MAX_OPTIONS + b"\0"),)),
         "more options than we read"),
        (packet(answer=(record(TO_WWW, types.HTTPS, b"\0\1\0\0\1\0\0"),)),
         "the content of a HTTPS record"),
        (packet(answer=(record(TO_WWW, types.DS, b"\0\1\x0d\2x"),)),
         "the content of a DS record"),
        (packet(answer=(record(TO_WWW, types.NSEC, b"\0\0\2\x40\0"),)),
         "the content of a NSEC record"),
        (packet(answer=(record(TO_WWW, types.A, b"x", 0, types.CH),)),
         "the content of a A record"),
    ],
)  # fmt: skip
def test_each_reason_to_differ_exists(wire: bytes, reason: str) -> None:
    assert judge(wire) == reason


def test_the_judge_notices_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    right = packet(answer=(record(TO_WWW, types.A, A1),))
    wrong = read(packet(answer=(record(TO_WWW, types.A, A1, 301),)))
    monkeypatch.setattr("tests.wire.oracle.read", lambda wire: wrong)
    with pytest.raises(Disagreement, match="answer"):
        judge(right)
