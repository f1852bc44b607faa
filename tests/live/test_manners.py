"""Whatever dig can send gets the reply that its RFC wants.

Many of these are the probes of RFC 8906 section 8, by which servers are found out
that drop what they do not understand.
"""

from typing import Final, NamedTuple

import pytest

from tests.live.dig import Reply, dig, kdig
from tests.live.namespace import Namespace
from tests.live.servers import OURS, Resolver

pytestmark = pytest.mark.live

OPT: Final = "; EDNS: version: 0, flags:; udp: 1232"
OPT_DO: Final = "; EDNS: version: 0, flags: do; udp: 1232"
# Over TCP it says how long the connection may be idle (RFC 7828).
PATIENT: Final = f"{OPT}\n; TCP KEEPALIVE: 10.0 secs"
KNOWN: Final = frozenset({"qr", "rd", "ra"})


class Probe(NamedTuple):
    """What dig is told, and what must come back.

    `edns` is how dig prints the OPT record, extended errors aside; "" for none.
    """

    words: str
    records: int = 0
    status: str = "NOERROR"
    flags: frozenset[str] = KNOWN
    edns: str = OPT

    def __str__(self) -> str:
        return self.words


WWW: Final = "www.shop.com A"
TRUNCATED: Final = KNOWN | {"tc"}

# Nothing that a question may carry without harm changes its answer.
HARMLESS: Final = (
    Probe(f"{WWW}", 3),
    Probe(f"{WWW} +tcp", 3, edns=PATIENT),
    Probe(f"{WWW} +tcp +keepalive", 3, edns=PATIENT),
    Probe(f"{WWW} +keepalive", 3),
    Probe(f"{WWW} +noedns", 3, edns=""),
    Probe(f"{WWW} +noedns +tcp", 3, edns=""),
    Probe(f"{WWW} +bufsize=512", 3),
    Probe(f"{WWW} +bufsize=65535", 3),
    Probe(f"{WWW} +dnssec", 3, edns=OPT_DO),
    Probe(f"{WWW} +cdflag", 3, flags=KNOWN | {"cd"}),
    # Nothing is validated here, so nothing is authentic; and bits that only replies
    # have are not copied into them.
    Probe(f"{WWW} +adflag", 3),
    Probe(f"{WWW} +dnssec +adflag +cdflag", 3, flags=KNOWN | {"cd"}, edns=OPT_DO),
    Probe(f"{WWW} +aaflag", 3),
    Probe(f"{WWW} +raflag", 3),
    Probe(f"{WWW} +tcflag", 3),
    Probe(f"{WWW} +zflag", 3),
    Probe(f"{WWW} +ednsflags=0x0080", 3),
    # Options that we do not have: ignored, and not sent back.
    Probe(f"{WWW} +ednsopt=65001:abcd", 3),
    Probe(f"{WWW} +ednsopt=65001", 3),
    Probe(f"{WWW} +nsid", 3),
    Probe(f"{WWW} +expire", 3),
    Probe(f"{WWW} +subnet=192.0.2.0/24", 3),
    Probe(f"{WWW} +padding=128", 3),
    Probe(f"{WWW} +nocookie", 3),
    Probe(f"{WWW} +cookie", 3),
    Probe(f"{WWW} +cookie=0102030405060708ffffffffffffffff", 3),
    # A name of one label, an ordinary type number, the class spelled out.
    Probe("shop.com TYPE15", 2),
    Probe("www.shop.com CLASS1 A", 3),
    Probe("shop.com TYPE1000"),
    Probe("shop.com NULL"),
)

# Replies that do not fit say so and are empty, OPT aside (RFC 2181 section 9).
SIZES: Final = (
    Probe("a40.big.com A +noedns +ignore", flags=TRUNCATED, edns=""),
    Probe("a40.big.com A +bufsize=512 +ignore", flags=TRUNCATED),
    Probe("a40.big.com A +bufsize=1232 +ignore", 40),
    Probe("a100.big.com A +bufsize=1232 +ignore", flags=TRUNCATED),
    # More than crosses every path is never sent, whatever the client takes.
    Probe("a100.big.com A +bufsize=4096 +ignore", flags=TRUNCATED),
    # RFC 6891 section 6.2.3: less than 512 means 512.
    Probe("www.shop.com A +bufsize=0 +ignore", 3),
    Probe("a40.big.com A +bufsize=100 +ignore", flags=TRUNCATED),
    # What dig makes of it by itself.
    Probe("a100.big.com A +noedns", 100, edns=""),
    Probe("a100.big.com A +bufsize=4096", 100, edns=PATIENT),
    Probe("txt250.big.com TXT", 250, edns=PATIENT),
)

NOT_ASKED: Final = frozenset({"qr", "rd"})
STRANGE: Final = (
    # RFC 6891 section 6.1.3.
    Probe(f"{WWW} +edns=1 +noednsneg", status="BADVERS"),
    Probe(f"{WWW} +edns=100 +noednsneg +ednsopt=65001:abcd", status="BADVERS"),
    Probe(f"{WWW} +edns=1 +noednsneg +tcp", status="BADVERS"),
    # RFC 8482.
    Probe("shop.com ANY +notcp", 1),
    Probe("shop.com ANY", 1, edns=PATIENT),
    Probe("shop.com TYPE0", status="FORMERR"),
    Probe("shop.com MAILB", status="NOTIMP"),
    # We tell nobody what runs here.
    Probe("version.bind CH TXT"),
    Probe("version.server CH TXT"),
    Probe("hostname.bind CH TXT"),
    Probe("id.server CH TXT"),
    Probe("version.bind TXT", status="NXDOMAIN"),
)

# Other opcodes get a header and no more: what follows it might be anything.
OPCODES: Final = tuple(
    Probe(f"{WWW} +opcode={opcode} {edns}", 0, "NOTIMP", NOT_ASKED, "")
    for opcode in ("IQUERY", "STATUS", "3", "NOTIFY", "UPDATE", "6", "15")
    for edns in ("+noedns", "+edns")
)

REFUSED: Final = (
    Probe(f"{WWW} +norecurse", flags=frozenset({"qr"})),
    Probe(f"{WWW} +norecurse +noedns", flags=frozenset({"qr"}), edns=""),
    Probe("never-asked.shop.com A +norecurse", flags=frozenset({"qr"})),
    Probe("www.shop.com HS A", flags=NOT_ASKED),
    Probe("www.shop.com CH A", flags=NOT_ASKED),
    Probe("www.shop.com CLASS254 A", flags=NOT_ASKED),
    Probe("www.shop.com CLASS65280 A", flags=NOT_ASKED),
)


def put(namespace: Namespace, probe: Probe) -> Reply:
    return dig(namespace, OURS, *probe.words.split())


def opt(reply: Reply) -> str:
    """The OPT record as dig prints it, extended errors aside."""
    lines = [line for line in reply.edns.splitlines() if "; EDE: " not in line]
    return "\n".join(lines)


@pytest.mark.parametrize("probe", [*HARMLESS, *SIZES, *STRANGE, *OPCODES], ids=str)
def test_a_question_gets_the_reply_that_it_deserves(
    ours: Resolver, namespace: Namespace, probe: Probe
) -> None:
    reply = put(namespace, probe)
    found = (reply.status, reply.flags, len(reply.answer), opt(reply))
    assert found == (probe.status, probe.flags, probe.records, probe.edns)


@pytest.mark.parametrize("probe", REFUSED, ids=str)
def test_what_is_not_done_here_is_refused(
    ours: Resolver, namespace: Namespace, probe: Probe
) -> None:
    reply = put(namespace, probe)
    # Whether a refusal says that there is recursion (RA) is a matter of taste.
    found = (reply.status, reply.flags - {"ra"}, reply.answer, opt(reply))
    assert found == ("REFUSED", probe.flags, [], probe.edns)


@pytest.mark.parametrize("words", ["AXFR", "AXFR +tcp", "IXFR=1", "IXFR=1 +tcp"])
def test_a_zone_transfer_is_refused(
    ours: Resolver, namespace: Namespace, words: str
) -> None:
    done = namespace.run("kdig", f"@{OURS}", "shop.com", "-t", *words.split())
    assert "error 'REFUSED'" in done.stderr


@pytest.mark.parametrize("words", ["+noedns", "+edns"])
def test_no_question_at_all_is_a_format_error(
    ours: Resolver, namespace: Namespace, words: str
) -> None:
    reply = dig(namespace, OURS, "+header-only", words)
    assert (reply.status, reply.flags) == ("FORMERR", NOT_ASKED)


def test_any_gets_one_record_that_says_why(
    ours: Resolver, namespace: Namespace
) -> None:
    reply = dig(namespace, OURS, "shop.com", "ANY")
    assert [str(record) for record in reply.answer] == ['shop.com. HINFO "RFC8482" ""']


def test_the_name_comes_back_in_the_case_it_was_asked_in(
    ours: Resolver, namespace: Namespace
) -> None:
    """Whether the reply is cold, or from the cache, or from the hot cache."""
    for name in ("wWw.ShOp.CoM.", "WWW.shop.COM.", "WWW.shop.COM.", "www.shop.com."):
        reply = dig(namespace, OURS, name, "A")
        assert f";{name}" in reply.text
        assert len(reply.answer) == 3


def test_a_failure_says_who_is_to_blame(ours: Resolver, namespace: Namespace) -> None:
    reply = dig(namespace, OURS, "why.lame.org", "A")
    assert reply.status == "SERVFAIL"
    assert "EDE: 22 (No Reachable Authority)" in reply.edns
    assert "ns.lame.org (127.54.2.1) REFUSED" in reply.edns


def test_a_failure_is_remembered_and_says_so(
    ours: Resolver, namespace: Namespace
) -> None:
    """RFC 9520."""
    dig(namespace, OURS, "again.lame.org", "A")
    reply = dig(namespace, OURS, "again.lame.org", "A")
    assert reply.status == "SERVFAIL"
    assert "EDE: 13 (Cached Error)" in reply.edns


def test_dnssec_records_are_not_made_up(ours: Resolver, namespace: Namespace) -> None:
    reply = kdig(namespace, OURS, "+dnssec", "missing.shop.com", "A")
    assert reply.status == "NXDOMAIN"
    assert "ad" not in reply.flags
    types = {record.rdtype.name for record, _ in reply.sections["AUTHORITY"]}
    assert types == {"SOA"}


def packet(text: str) -> str:
    """Hex, with spaces wherever they help."""
    return text.replace(" ", "")


HEADER_QUESTION: Final = "0001 0000 0000 0000"
WWW_SHOP_COM: Final = "03777777 0473686f70 03636f6d 00 0001 0001"


@pytest.mark.parametrize(
    "silenced",
    [
        pytest.param("", id="nothing"),
        pytest.param("1234", id="an id and no more"),
        pytest.param("1234 0100 0001 0000 0000", id="most of a header"),
        pytest.param(f"1234 8180 {HEADER_QUESTION} {WWW_SHOP_COM}", id="a response"),
        pytest.param("1234 8000 0000 0000 0000 0000", id="an empty response"),
    ],
)
def test_runts_and_responses_are_met_with_silence(
    ours: Resolver, namespace: Namespace, silenced: str
) -> None:
    assert namespace.inside("exchange", OURS, "53", packet(silenced)) == []


OPT_RECORD: Final = "00 0029 04d0 00000000 0000"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            f"0002 0000 0000 0000 {WWW_SHOP_COM} {WWW_SHOP_COM}", id="two questions"
        ),
        pytest.param(f"0002 0000 0000 0000 {WWW_SHOP_COM}", id="one question of two"),
        pytest.param("0001 0000 0000 0000 03777777 0473", id="half a name"),
        pytest.param("0001 0000 0000 0000 c00c 0001 0001", id="a name that is itself"),
        pytest.param("0001 0000 0000 0000 80 0001 0001", id="a label of no known kind"),
        pytest.param(
            "0001 0000 0000 0000 "
            + "3f"
            + "61" * 63
            + " 3f"
            + "61" * 63
            + " 3f"
            + "61" * 63
            + " 3f"
            + "61" * 63
            + " 00 0001 0001",
            id="a name of 257 bytes",
        ),
        pytest.param(
            f"0001 0000 0000 0002 {WWW_SHOP_COM} {OPT_RECORD} {OPT_RECORD}",
            id="two OPT records",
        ),
        pytest.param(
            f"0001 0000 0000 0001 {WWW_SHOP_COM} 01 61 00 0029 04d0 00000000 0000",
            id="an OPT record with a name",
        ),
        pytest.param(
            f"0001 0000 0000 0001 {WWW_SHOP_COM} 00 0029 04d0 00000000 0004",
            id="an OPT record cut short",
        ),
        pytest.param(
            f"0001 0001 0000 0000 {WWW_SHOP_COM} c00c 0001 0001 00000e10 0004 c6360001",
            id="a question with an answer",
        ),
    ],
)
def test_what_cannot_be_understood_is_a_format_error(
    ours: Resolver, namespace: Namespace, broken: str
) -> None:
    replies = namespace.inside("exchange", OURS, "53", packet(f"1234 0100 {broken}"))
    assert [reply[:4] for reply in replies] == ["1234"]
    flags = int(replies[0][4:8], 16)
    assert flags & 0x8000, "it is a response"
    assert flags & 0x000F == 1, "FORMERR"
