"""Names and record data as they stand in a packet.

Two things in a packet cannot be copied as they are: a name may end in a pointer to
an earlier place (RFC 1035 section 4.1.4), and some record data has such names
inside.  `Names` reads names; the tables of layouts say where in record data they
stand, and what else has to be true of data whose type we know.

**Names.**  A pointer leads strictly backwards, and never into the header, so every
name ends.  What a pointer led to is remembered label by label, and a later walk
stops where an earlier one passed: no byte of a packet is read twice as the target of
pointers, whoever wrote the packet.  The work for all names together is therefore at
most twice the packet's length, without a counter, and without a limit that an honest
packet could meet.

**Layouts.**  One row for each type that has more structure than "bytes".  Names are
decompressed in exactly the types of RFC 3597 section 4.  A compressed name in any
other type is an error and not a courtesy we extend: copied as it is, its pointer
would mean something else in the next message, and it must not have been sent (for
DNAME RFC 6672 section 2.5, for RRSIG and NSEC RFC 4034, for SVCB RFC 9460).  What no
layout tells is opaque and passed on untouched, the parameters of SVCB and HTTPS
among it: a resolver need not understand what it carries (RFC 3597).

Lengths that do not add up, names that leave their field, strings that leave the
record (RFC 9267 is the list of how others failed here) are all `Malformed`.
"""

from typing import Final, final

from resolver.wire import types
from resolver.wire.names import MAX_LABEL, MAX_NAME, ROOT


class Malformed(ValueError):
    """The packet does not follow the format.  Says what is wrong, and where."""


# The two high bits of a length byte: 11 is a pointer, 01 and 10 were never given a
# meaning that lasted (RFC 6891 section 5).
POINTER: Final = 0xC0
POINTER_MASK: Final = 0x3FFF
# The first byte a name may start at: names stand behind the header.
FIRST_NAME: Final = 12
# A name has at most 127 labels, and a pointer makes sense only in front of one.
# Others: dnspython 16, Unbound 256.
MAX_JUMPS: Final = 126
# RDLENGTH has 16 bits, and what was decompressed has to be written again.
MAX_RDATA: Final = 65535

# What a layout is made of.  A number above zero is that many bytes of anything.
NAME: Final = -1  # a name that may be compressed
PLAIN_NAME: Final = -2  # a name that must not be
STRING: Final = -3  # one <character-string>
STRINGS: Final = -4  # one or more of them, to the end
BITMAP: Final = -5  # a bitmap of types, to the end (RFC 4034 section 4.1.2)
REST: Final = -6  # anything, to the end

Layout = tuple[int, ...]
# The layout of most types with names, one object, so that `is` finds it quickly.
ONE_NAME: Final[Layout] = (NAME,)

# Types that mean the same in every class.
ANY_CLASS: Final[dict[int, Layout]] = {
    types.NS: ONE_NAME,
    3: ONE_NAME,  # MD
    4: ONE_NAME,  # MF
    types.CNAME: ONE_NAME,
    types.SOA: (NAME, NAME, 20),
    7: ONE_NAME,  # MB
    8: ONE_NAME,  # MG
    9: ONE_NAME,  # MR
    types.PTR: ONE_NAME,
    types.HINFO: (STRING, STRING),
    14: (NAME, NAME),  # MINFO
    types.MX: (2, NAME),
    types.TXT: (STRINGS,),
    17: (NAME, NAME),  # RP
    18: (2, NAME),  # AFSDB
    19: (STRING,),  # X25
    20: (STRINGS,),  # ISDN
    21: (2, NAME),  # RT
    types.SIG: (18, NAME, REST),
    types.KEY: (4, REST),
    27: (STRING, STRING, STRING),  # GPOS
    30: (NAME, REST),  # NXT
    37: (5, REST),  # CERT
    types.DNAME: (PLAIN_NAME,),
    types.DS: (4, REST),
    44: (2, REST),  # SSHFP
    types.RRSIG: (18, PLAIN_NAME, REST),
    types.NSEC: (PLAIN_NAME, BITMAP),
    types.DNSKEY: (4, REST),
    types.NSEC3: (4, STRING, STRING, BITMAP),
    types.NSEC3PARAM: (4, STRING),
    52: (3, REST),  # TLSA
    53: (3, REST),  # SMIMEA
    58: (PLAIN_NAME, PLAIN_NAME),  # TALINK
    59: (4, REST),  # CDS
    60: (4, REST),  # CDNSKEY
    62: (6, BITMAP),  # CSYNC
    63: (6, REST),  # ZONEMD
    66: (5, PLAIN_NAME),  # DSYNC
    99: (STRINGS,),  # SPF
    104: (10,),  # NID
    105: (6,),  # L32
    106: (10,),  # L64
    107: (2, PLAIN_NAME),  # LP
    108: (6,),  # EUI48
    109: (8,),  # EUI64
    256: (4, REST),  # URI
    257: (1, STRING, REST),  # CAA
    258: (STRINGS,),  # AVC
    261: (STRINGS,),  # RESINFO
    32769: (4, REST),  # DLV
}
# Class IN has addresses and services besides.
INTERNET: Final[dict[int, Layout]] = {
    **ANY_CLASS,
    types.A: (4,),
    11: (5, REST),  # WKS
    23: (PLAIN_NAME,),  # NSAP-PTR
    26: (2, NAME, NAME),  # PX
    types.AAAA: (16,),
    types.SRV: (6, NAME),
    types.NAPTR: (4, STRING, STRING, STRING, NAME),
    36: (2, PLAIN_NAME),  # KX
    types.SVCB: (2, PLAIN_NAME, REST),
    types.HTTPS: (2, PLAIN_NAME, REST),
}
# Types of RFC 1035 whose names may be compressed when they are sent (RFC 3597
# section 4); the class does not matter.
COMPRESSIBLE: Final[dict[int, Layout]] = {
    rdtype: ANY_CLASS[rdtype]
    for rdtype in (
        types.NS, 3, 4, types.CNAME, types.SOA, 7, 8, 9, types.PTR, 14, types.MX,
    )
}  # fmt: skip


@final
class Names:
    """The names of one packet, remembered by where they start.

    Names are given with their case as received, uncompressed.  After `read` and
    `skip`, `end` is the offset behind the name's own bytes.  Both raise `Malformed`,
    or `IndexError` where the packet ends inside the name.
    """

    __slots__ = ("end", "known", "packet")

    def __init__(self, packet: bytes) -> None:
        self.packet: Final = packet
        self.known: Final[dict[int, bytes]] = {}
        self.end = 0

    def read(self, start: int) -> bytes:
        """Read the name at `start`, which may end in a pointer."""
        packet = self.packet
        at = start
        length = packet[at]
        while 0 < length <= MAX_LABEL:
            at += length + 1
            length = packet[at]
        if length:
            target = _target(packet, at, start)
            self.end = at + 2
            name = packet[start:at] + (self.known.get(target) or self._follow(target))
        else:
            self.end = at + 1
            name = packet[start : at + 1]
        if len(name) > MAX_NAME:
            raise Malformed(f"a name of {len(name)} bytes at offset {start}")
        self.known[start] = name
        return name

    def skip(self, start: int) -> None:
        """Pass over the name at `start`, which must not be compressed."""
        packet = self.packet
        at = start
        while length := packet[at]:
            if length > MAX_LABEL:
                raise Malformed(f"a compressed name at offset {start}, not allowed")
            at += length + 1
        self.end = at + 1
        if self.end - start > MAX_NAME:
            raise Malformed(f"a name of {self.end - start} bytes at offset {start}")

    def _follow(self, target: int) -> bytes:
        """Read the name that a pointer leads to, and remember all its endings."""
        packet = self.packet
        passed: list[int] = []
        at = lowest = target
        jumps = 1
        name = self.known.get(at)
        while name is None:
            length = packet[at]
            if length == 0:
                name = ROOT
                break
            passed.append(at)
            if length <= MAX_LABEL:
                at += length + 1
            else:
                at = lowest = _target(packet, at, lowest)
                jumps += 1
                if jumps > MAX_JUMPS:
                    raise Malformed(f"{jumps} pointers in a chain from {target}")
            name = self.known.get(at)
        for start in reversed(passed):
            length = packet[start]
            if length <= MAX_LABEL:
                name = packet[start : start + length + 1] + name
                if len(name) > MAX_NAME:
                    raise Malformed(f"a name of {len(name)} bytes at offset {start}")
            self.known[start] = name
        return name


def _target(packet: bytes, at: int, before: int) -> int:
    """Decode the pointer at `at`; it has to lead before offset `before`."""
    if packet[at] < POINTER:
        raise Malformed(f"a label of unknown kind {packet[at]} at offset {at}")
    target = (packet[at] << 8 | packet[at + 1]) & POINTER_MASK
    if not FIRST_NAME <= target < before:
        raise Malformed(f"a pointer at offset {at} leads to {target}")
    return target


def read_rdata(found: Names, layout: Layout, start: int, end: int) -> bytes:
    """Read record data from `start` to `end`, its names decompressed.

    Raises `Malformed` where it does not fit its layout.  Where `end` lies behind the
    packet it may raise `IndexError`, or give what there is.
    """
    packet = found.packet
    data = b""
    at = copied = start
    for field in layout:
        if field > 0:
            at += field
        elif field == NAME:
            data += packet[copied:at] + found.read(at)
            at = copied = found.end
        elif field == PLAIN_NAME:
            found.skip(at)
            at = found.end
        elif field == STRING:
            at += packet[at] + 1 if at < end else 1
        else:
            _check_tail(field, packet, at, end)
            at = end
        if at > end:
            raise Malformed(f"record data at offset {start} is cut short")
    if at < end:
        raise Malformed(f"record data at offset {start} has {end - at} bytes too many")
    data += packet[copied:end]
    if len(data) > MAX_RDATA:
        raise Malformed(f"record data at offset {start} is {len(data)} bytes long")
    return data


def _check_tail(field: int, packet: bytes, at: int, end: int) -> None:
    """Check a field that takes what is left of the record."""
    if field == STRINGS:
        if at >= end:
            raise Malformed(f"no character-string at offset {at}")
        while at < end:
            at += packet[at] + 1
        if at > end:
            raise Malformed(f"a character-string leaves its record at offset {end}")
    elif field == BITMAP:
        last_window = -1
        while at < end:
            window = packet[at]
            size = packet[at + 1]
            # Windows in order and never empty, or they could be read in two ways.
            if window <= last_window or not 1 <= size <= 32:  # noqa: PLR2004 - 256 bits
                raise Malformed(f"a bitmap of types is out of order at offset {at}")
            last_window = window
            at += size + 2
        if at > end:
            raise Malformed(f"a bitmap of types leaves its record at offset {end}")
