"""The numbers of DNS that the program calls by name.

IANA's registry "Domain Name System (DNS) Parameters".  Plain integers and not
enums: they are compared and hashed once or more per packet, and an unknown number
(RFC 3597) is a number like any other.
"""

from typing import Final

# Resource record types.
A: Final = 1
NS: Final = 2
CNAME: Final = 5
SOA: Final = 6
PTR: Final = 12
HINFO: Final = 13
MX: Final = 15
TXT: Final = 16
SIG: Final = 24
KEY: Final = 25
AAAA: Final = 28
SRV: Final = 33
NAPTR: Final = 35
DNAME: Final = 39
OPT: Final = 41
DS: Final = 43
RRSIG: Final = 46
NSEC: Final = 47
DNSKEY: Final = 48
NSEC3: Final = 50
NSEC3PARAM: Final = 51
SVCB: Final = 64
HTTPS: Final = 65

# Stands in the bitmaps of NSEC and NSEC3 only: there is no such name (RFC 9824).
NXNAME: Final = 128

# Types that only a question may have (RFC 6895 section 3.1: 128 to 255).
TKEY: Final = 249
TSIG: Final = 250
IXFR: Final = 251
AXFR: Final = 252
MAILB: Final = 253
MAILA: Final = 254
ANY: Final = 255

# Classes.
IN: Final = 1
CH: Final = 3
HS: Final = 4
CLASS_NONE: Final = 254
CLASS_ANY: Final = 255

# Header flags, as bits of the second 16-bit word (RFC 1035 section 4.1.1, RFC 4035).
QR: Final = 0x8000
AA: Final = 0x0400
TC: Final = 0x0200
RD: Final = 0x0100
RA: Final = 0x0080
AD: Final = 0x0020
CD: Final = 0x0010

# Opcodes.
QUERY: Final = 0

# Response codes; 16 and above need EDNS (RFC 6891 section 6.1.3).
NOERROR: Final = 0
FORMERR: Final = 1
SERVFAIL: Final = 2
NXDOMAIN: Final = 3
NOTIMP: Final = 4
REFUSED: Final = 5
YXDOMAIN: Final = 6
NOTAUTH: Final = 9
BADVERS: Final = 16
BADCOOKIE: Final = 23  # RFC 7873

_RCODE_NAMES: Final = {
    NOERROR: "NOERROR",
    FORMERR: "FORMERR",
    SERVFAIL: "SERVFAIL",
    NXDOMAIN: "NXDOMAIN",
    NOTIMP: "NOTIMP",
    REFUSED: "REFUSED",
    YXDOMAIN: "YXDOMAIN",
    NOTAUTH: "NOTAUTH",
    BADVERS: "BADVERS",
    BADCOOKIE: "BADCOOKIE",
}
_TYPE_NAMES: Final = {
    A: "A",
    NS: "NS",
    CNAME: "CNAME",
    SOA: "SOA",
    PTR: "PTR",
    HINFO: "HINFO",
    MX: "MX",
    TXT: "TXT",
    AAAA: "AAAA",
    SRV: "SRV",
    NAPTR: "NAPTR",
    DNAME: "DNAME",
    OPT: "OPT",
    DS: "DS",
    RRSIG: "RRSIG",
    NSEC: "NSEC",
    DNSKEY: "DNSKEY",
    NSEC3: "NSEC3",
    NSEC3PARAM: "NSEC3PARAM",
    SVCB: "SVCB",
    HTTPS: "HTTPS",
    IXFR: "IXFR",
    AXFR: "AXFR",
    ANY: "ANY",
}


def rcode_name(rcode: int) -> str:
    """Name a response code, or write its number: `RCODE17`."""
    return _RCODE_NAMES.get(rcode, f"RCODE{rcode}")


def type_name(rdtype: int) -> str:
    """Name a common record type, or write it as RFC 3597 does: `TYPE65280`."""
    return _TYPE_NAMES.get(rdtype, f"TYPE{rdtype}")
