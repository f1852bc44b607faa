"""dnspython as the judge of our codec.

`judge` reads a packet with both.  Where one accepts what the other rejects, the
difference must have one of the reasons below, each found by a check of its own as
far as there is one; where both accept, the values must agree.
"""

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.OPT
import dns.rrset

from resolver.wire import types
from resolver.wire.edns import MAX_OPTIONS
from resolver.wire.message import Edns, Message, RRset
from resolver.wire.reader import Malformed, header_of, read

# See the same line in `presentation`.
dns.rdata.load_all_types()  # type: ignore[no-untyped-call]

# Types with names inside that dnspython takes for opaque: it keeps a compressed name
# as it came and accepts a broken one.  MD MF MB MG MR MINFO NXT TALINK.
ONLY_OURS = frozenset((3, 4, 7, 8, 9, 14, 30, 58))

# (name, type, class, type covered) -> (TTL, data in dnspython's eyes)
Section = dict[tuple[bytes, int, int, int], tuple[int, frozenset[dns.rdata.Rdata]]]


class Disagreement(AssertionError):
    """The two read a packet differently, for no reason that we know."""


def judge(packet: bytes) -> str:
    """Read a packet with both and say how it went: agreed, or an allowed reason."""
    ours: Message | None = None
    theirs: dns.message.Message | None = None
    complaint = objection = ""
    try:
        ours = read(packet)
    except Malformed as problem:
        complaint = str(problem)
    try:
        # Bytes behind the last record: we pass over them (as BIND and Unbound do).
        # A TSIG record: nobody has a key here, and we have no opinion of it.
        # Record by record, as its sets of CNAME and the like hold only the last one.
        theirs = dns.message.from_wire(
            packet, ignore_trailing=True, keyring=False, one_rr_per_rrset=True
        )
    except (dns.exception.DNSException, ValueError) as problem:
        objection = f"{type(problem).__name__}: {problem}"
    if ours is None and theirs is None:
        return "both reject"
    if ours is None:
        return _why_only_they_accept(packet, complaint)
    if theirs is None:
        return _why_only_we_accept(packet, ours, objection)
    _compare(ours, theirs)
    return "both accept"


def _why_only_they_accept(packet: bytes, complaint: str) -> str:
    header = header_of(packet)
    if header.opcode:
        # Dynamic updates have a layout of their own; we judge opcodes by the header.
        return "another opcode"
    if header.questions > 1:
        # RFC 9619.
        return "more than one question"
    if (
        complaint.startswith("a pointer at")
        and int(complaint.rsplit(maxsplit=1)[-1]) < 12
    ):
        # dnspython takes names from the header's bytes.
        return "a pointer into the header"
    if complaint.startswith("a bitmap of types"):
        # dnspython checks bitmaps when it builds the record; ours names the place.
        raise Disagreement(complaint)
    if ONLY_OURS & _types_in(packet):
        return "a type that dnspython knows nothing of"
    raise Disagreement(f"only dnspython accepts it; we say: {complaint}")


def _why_only_we_accept(packet: bytes, ours: Message, objection: str) -> str:
    if ours.opcode:
        return "another opcode"
    if objection.startswith("PointerChainTooLong"):
        # dnspython follows 16 pointers, we follow 126.
        return "a long chain of pointers"
    if objection.startswith("BadTSIG"):
        # dnspython wants TSIG to be last and of class ANY.
        return "TSIG out of place"
    if ours.edns is not None and _options_are_odd(ours.edns):
        # The content of options is for those who use them.
        return "the content of an option"
    for rrset in (*ours.answer, *ours.authority, *ours.additional):
        if _content_is_odd(rrset):
            # Digests of the wrong length, parameters out of order, versions of LOC,
            # zero bytes at the end of bitmaps...: opaque, and passed on.
            return f"the content of a {types.type_name(rrset.rdtype)} record"
    if ours.edns is not None and len(ours.edns.options) == MAX_OPTIONS:
        # We do not look at what comes behind the limit.
        return "more options than we read"
    if objection.startswith("FormError") and _names_overlap(packet):
        # dnspython wants a pointer's target to end before the name begins.
        return "a pointer to bytes of the name itself"
    raise Disagreement(f"only we accept it; dnspython says: {objection}")


def _types_in(packet: bytes) -> set[int]:
    """Types that may be in a packet: all pairs of bytes.  Crude, and enough."""
    return {packet[i] << 8 | packet[i + 1] for i in range(12, len(packet) - 1)}


def _options_are_odd(edns: Edns) -> bool:
    try:
        _options(edns.options)
    except (dns.exception.DNSException, ValueError):
        return True
    return False


def _content_is_odd(rrset: RRset) -> bool:
    """Say whether dnspython rejects a record even when it stands alone."""
    try:
        _parsed(rrset.rdclass, rrset.rdtype, rrset.rdatas)
        _parsed(rrset.rdclass, types.RRSIG, rrset.signatures)
    except (dns.exception.DNSException, ValueError):
        return True
    return False


def _names_overlap(packet: bytes) -> bool:
    """Say whether a pointer leads to labels that run into the pointer's own name.

    Takes every byte for the start of a name, so it can see more than there is.
    """
    return any(
        packet[end] >= 0xC0
        and start <= _run(packet, int.from_bytes(packet[end : end + 2]) & 0x3FFF)
        for start in range(12, len(packet) - 1)
        if (end := _run(packet, start)) < len(packet) - 1
    )


def _run(packet: bytes, at: int) -> int:
    """Find the end of a run of labels: the offset of what is none."""
    while at < len(packet) and 0 < packet[at] < 64:
        at += packet[at] + 1
    return at


def _compare(ours: Message, theirs: dns.message.Message) -> None:
    _same("id", ours.id, theirs.id)
    _same("flags", ours.flags, int(theirs.flags) & 0xFFF0)
    _same("rcode", ours.rcode, int(theirs.rcode()))
    _same(
        "question",
        [] if ours.question is None else [tuple(ours.question)],
        [
            (asked.name.to_digestable(), int(asked.rdtype), int(asked.rdclass))
            for asked in theirs.question
        ],
    )
    _compare_edns(ours.edns, theirs)
    if ours.opcode:
        return
    _same("answer", _our_section(ours.answer), _their_section(theirs.answer))
    _same("authority", _our_section(ours.authority), _their_section(theirs.authority))
    additional = _their_section(theirs.additional)
    if theirs.tsig:
        additional |= _their_section([theirs.tsig])
    _same("additional", _our_section(ours.additional), additional)


def _compare_edns(ours: Edns | None, theirs: dns.message.Message) -> None:
    if ours is None:
        _same("OPT", None, theirs.opt)
        return
    _same("size", ours.size, theirs.payload)
    _same("version", ours.version, theirs.edns)
    _same("DO", ours.do, bool(theirs.ednsflags & dns.flags.DO))
    _same(
        "options",
        _options(ours.options),
        [(int(option.otype), option.to_wire()) for option in theirs.options][
            :MAX_OPTIONS
        ],
    )


def _same(what: str, ours: object, theirs: object) -> None:
    if ours != theirs:
        raise Disagreement(f"{what}: we read {ours}, dnspython reads {theirs}")


def _options(
    options: tuple[tuple[int, bytes], ...],
) -> list[tuple[int, bytes | None]]:
    """Options as dnspython would write them."""
    return [
        (
            code,
            dns.edns.option_from_wire(
                dns.edns.OptionType.make(code), data, 0, len(data)
            ).to_wire(),
        )
        for code, data in options
    ]


def _our_section(rrsets: tuple[RRset, ...]) -> Section:
    found: Section = {}
    for rrset in rrsets:
        if rrset.rdtype in ONLY_OURS:
            continue
        for rdtype, rdatas in (
            (rrset.rdtype, rrset.rdatas),
            (types.RRSIG, rrset.signatures),
        ):
            for rdata in _parsed(rrset.rdclass, rdtype, rdatas):
                key = (rrset.name, rdtype, rrset.rdclass, int(rdata.covers()))
                others = found[key][1] if key in found else frozenset()
                found[key] = (rrset.ttl, others | {rdata})
    return found


def _their_section(rrsets: list[dns.rrset.RRset]) -> Section:
    found: Section = {}
    for rrset in rrsets:
        name, rdclass = rrset.name.to_digestable(), int(rrset.rdclass)
        key = (name, int(rrset.rdtype), rdclass, int(rrset.covers))
        if key[1] not in ONLY_OURS:
            ttl, others = found.get(key, (rrset.ttl, frozenset()))
            found[key] = (min(ttl, rrset.ttl), others | frozenset(rrset))
    # With us, a set and its signatures have one TTL, the smallest.
    together: dict[tuple[bytes, int, int, int], int] = {}
    for key, (ttl, _) in found.items():
        home = _home(key, found)
        together[home] = min(ttl, together.get(home, ttl))
    return {
        key: (together[_home(key, found)], rdatas) for key, (_, rdatas) in found.items()
    }


def _home(
    key: tuple[bytes, int, int, int], found: Section
) -> tuple[bytes, int, int, int]:
    """Say which of our sets holds these records: their own, or that they cover."""
    name, rdtype, rdclass, covers = key
    covered = (name, covers, rdclass, 0)
    if rdtype != types.RRSIG:
        return key
    return covered if covered in found else (name, types.RRSIG, rdclass, 0)


def _parsed(
    rdclass: int, rdtype: int, rdatas: tuple[bytes, ...]
) -> list[dns.rdata.Rdata]:
    return [
        dns.rdata.from_wire(
            dns.rdataclass.RdataClass.make(rdclass),
            dns.rdatatype.RdataType.make(rdtype),
            rdata,
            0,
            len(rdata),
        )
        for rdata in rdatas
    ]
