"""What a signature signs: a set of records in canonical form.

Whoever signs and whoever checks must hash the same bytes, so RFC 4034 section 6 says
how a set is written: owner in lower case, original TTL, no compression, some names
inside the data in lower case, records in order, none twice.  Our names and record
data are nearly in that form already.  What is left to do is a table of which data
hold names to lower, and a join.

Lower-casing a run of whole names in wire form needs no parsing: length bytes are at
most 63, and `A` is 65 (`wire.names`).  So for nearly all types it is enough to know
where the first name begins.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from resolver.wire import names, types
from resolver.wire.message import RRset

# RRSIG data in front of the signer's name (RFC 4034 section 3.1).
SIGNATURE_HEAD: Final = 18
# Serial, refresh, retry, expire and minimum of a SOA, behind its names.
SOA_NUMBERS: Final = 20
WILDCARD: Final = b"\x01*"
# Signatures that were read lately and need not be read again: each is looked at two to
# four times, by who asks whose it is and by who checks it.
MAX_READ: Final = 64

# Types whose data ends in one or two names: the offset of the first.
#
# RFC 4034 section 6.2, as corrected by RFC 6840 section 5.1: NSEC is not lowered.
# HINFO stands there by mistake (it has no names), and A6 is historic and opaque to
# us.  Names in types that came later (SVCB, HIP, LP ...) keep their case.
_NAMES_FROM: Final = {
    types.NS: 0,
    3: 0,  # MD
    4: 0,  # MF
    types.CNAME: 0,
    7: 0,  # MB
    8: 0,  # MG
    9: 0,  # MR
    types.PTR: 0,
    14: 0,  # MINFO
    types.MX: 2,
    17: 0,  # RP
    18: 2,  # AFSDB
    21: 2,  # RT
    26: 2,  # PX
    types.SRV: 6,
    36: 2,  # KX
    types.DNAME: 0,
}


class Signature(NamedTuple):
    """An RRSIG, taken apart (RFC 4034 section 3.1).

    `signer` is in lower case.  `expiration` and `inception` are seconds since 1970
    modulo 2^32.  `head` is all but the signature itself, as it is signed.
    """

    covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: bytes
    signature: bytes
    head: bytes


_lately: Final[dict[bytes, Signature | None]] = {}


def read_signature(rdata: bytes) -> Signature | None:
    """Take the data of an RRSIG apart; None where its fields do not add up."""
    if rdata in _lately:
        return _lately[rdata]
    if len(_lately) >= MAX_READ:
        _lately.clear()
    signature = _lately[rdata] = _read_signature(rdata)
    return signature


def _read_signature(rdata: bytes) -> Signature | None:
    end = _name_end(rdata, SIGNATURE_HEAD)
    if not SIGNATURE_HEAD < end < len(rdata):
        return None
    signer = rdata[SIGNATURE_HEAD:end].lower()
    return Signature(
        rdata[0] << 8 | rdata[1],
        rdata[2],
        rdata[3],
        int.from_bytes(rdata[4:8], "big"),
        int.from_bytes(rdata[8:12], "big"),
        int.from_bytes(rdata[12:16], "big"),
        rdata[16] << 8 | rdata[17],
        signer,
        rdata[end:],
        rdata[:SIGNATURE_HEAD] + signer,
    )


def signed_data(rrset: RRset, signature: Signature) -> bytes:
    """Write what `signature` signs if it covers `rrset` (RFC 4034 section 3.1.8.1).

    The owner is the one that was signed: `*.` and the last labels, where the set
    was made from a wildcard.
    """
    owner = signed_owner(rrset.name, signature.labels)
    fixed = owner + b"%c%c%c%c%b" % (
        rrset.rdtype >> 8,
        rrset.rdtype & 0xFF,
        rrset.rdclass >> 8,
        rrset.rdclass & 0xFF,
        signature.head[4:8],
    )
    records = canonical_rdatas(rrset)
    parts = [signature.head]
    for rdata in records:
        parts += (fixed, len(rdata).to_bytes(2, "big"), rdata)
    return b"".join(parts)


def signed_owner(owner: bytes, labels: int) -> bytes:
    """Name the owner that was signed with `labels` labels (RFC 4035 section 5.3.2)."""
    if labels >= names.label_count(owner):
        return owner
    return WILDCARD + names.keep_labels(owner, labels)


def owner_labels(owner: bytes) -> int:
    """Count labels as RRSIG's field does: a leading `*` is left out."""
    count = names.label_count(owner)
    return count - 1 if owner[:2] == WILDCARD else count


def canonical_rdatas(rrset: RRset) -> list[bytes]:
    """Give the data of a set in canonical form and order (RFC 4034 section 6.2, 6.3)."""
    rdtype = rrset.rdtype
    start = _NAMES_FROM.get(rdtype)
    if start is not None:
        rdatas = [data[:start] + data[start:].lower() for data in rrset.rdatas]
    elif rdtype in _LOWER:
        lower = _LOWER[rdtype]
        rdatas = [lower(data) for data in rrset.rdatas]
    else:
        # Nothing was changed, so nothing can have become equal.
        return sorted(rrset.rdatas) if len(rrset.rdatas) > 1 else list(rrset.rdatas)
    return sorted(set(rdatas)) if len(rdatas) > 1 else rdatas


def _lower_soa(data: bytes) -> bytes:
    return data[:-SOA_NUMBERS].lower() + data[-SOA_NUMBERS:]


def _lower_naptr(data: bytes) -> bytes:
    """Lower the name behind order, preference, and three strings that keep theirs."""
    at = 4
    for _ in range(3):
        if at < len(data):
            at += data[at] + 1
    return data[:at] + data[at:].lower()


def _lower_sig(data: bytes) -> bytes:
    end = _name_end(data, SIGNATURE_HEAD)
    return data[:SIGNATURE_HEAD] + data[SIGNATURE_HEAD:end].lower() + data[end:]


def _lower_nxt(data: bytes) -> bytes:
    end = _name_end(data, 0)
    return data[:end].lower() + data[end:]


def _name_end(data: bytes, at: int) -> int:
    """Find the end of the uncompressed name at `at`; 0 where there is none."""
    start = at
    while at < len(data):
        length = data[at]
        at += length + 1
        if length == 0:
            return at if at - start <= names.MAX_NAME else 0
        if length > names.MAX_LABEL:
            return 0
    return 0


_LOWER: Final[dict[int, Callable[[bytes], bytes]]] = {
    types.SOA: _lower_soa,
    types.SIG: _lower_sig,
    types.RRSIG: _lower_sig,
    30: _lower_nxt,
    types.NAPTR: _lower_naptr,
}
