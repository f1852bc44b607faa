"""The shape of an entry: one `bytes` that holds records, their age and their standing.

A fixed head, the owner where that is not the name of the key, and the records, each
behind its length.  Packing costs about half a microsecond each way and buys two things:
an A record is 128 bytes of objects and not some 400, and the garbage collector never
has to visit it.

Behind the records may stand whole sets that belong to them: NSEC and NSEC3, which prove
that there is nothing, or nothing closer to a name than a wildcard (RFC 4035 sections
3.1.3 and 3.1.4).  Most entries have none.
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple

from resolver.beliefs import INSECURE
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.names import ROOT

# Stored at, ttl, standing, rcode, length of the SOA's owner (0: not a negative entry),
# records, signatures.  Then the owner, and all data, each behind two bytes of length.
_HEAD: Final = Struct("!dIBBBHH")
_AGE: Final = Struct("!dIB")  # the first three of it
_OWNER: Final = _AGE.size + 1  # where the length of the owner is
_SET: Final = Struct("!HHH")  # type, records, signatures; behind an owner

# A standing is security, and rank among what is equally secure.
_RANKS: Final = 8


class Found(NamedTuple):
    """What is known: a record set, or that there is none.

    `rcode` is NOERROR or NXDOMAIN.  Where `rrset` is None, `soa` is the SOA record that
    came with the news (RFC 2308 section 3), if one did.  `proofs` are the sets that
    prove it, where they were needed.  All have `ttl`, the whole seconds left, at least
    1.
    """

    rrset: RRset | None
    rcode: int
    soa: RRset | None
    rank: int
    ttl: int
    security: int = INSECURE
    proofs: tuple[RRset, ...] = ()


def standing_of(rank: int, security: int) -> int:
    """Say how well founded data is: first by its security, then by its rank."""
    return security * _RANKS + rank


def pack(  # noqa: PLR0913, PLR0917 - an entry has these parts
    now: float,
    ttl: int,
    standing: int,
    rcode: int,
    owner: bytes,
    rrset: RRset | None,
    proofs: tuple[RRset, ...] = (),
) -> bytes:
    """Make an entry; `owner` is empty where it is the name of the key.

    Without `rrset` it says that there is nothing, though there is no SOA.
    """
    rdatas = () if rrset is None else rrset.rdatas
    signatures = () if rrset is None else rrset.signatures
    owner = owner or (ROOT if rrset is None else b"")
    parts = [
        _HEAD.pack(now, ttl, standing, rcode, len(owner), len(rdatas), len(signatures)),
        owner,
    ]
    for data in rdatas + signatures:
        parts.append(len(data).to_bytes(2, "big"))
        parts.append(data)
    if proofs:
        parts.append(pack_sets(proofs))
    return b"".join(parts)


def age_of(value: bytes) -> tuple[float, int, int]:
    """Read when an entry was stored, its TTL then, and its standing."""
    stored: float
    ttl: int
    standing: int
    stored, ttl, standing = _AGE.unpack_from(value)
    return stored, ttl, standing


def denies(value: bytes) -> bool:
    """Say whether an entry tells that there is nothing."""
    owner: int = value[_OWNER]
    return owner > 0


def unpack(value: bytes, name: bytes, rdtype: int, ttl: int) -> Found:
    """Read an entry, to be told with this TTL."""
    # Declared, so that compiled code need not find out what they are.
    standing: int
    rcode: int
    owner: int
    records: int
    signatures: int
    _, _, standing, rcode, owner, records, signatures = _HEAD.unpack_from(value)
    start = _HEAD.size + owner
    end, data = _unpack_data(value, start, records + signatures)
    proofs = () if end == len(value) else unpack_sets(value, end, ttl)
    rank, security = standing % _RANKS, standing // _RANKS
    if not owner:
        rrset = RRset(name, rdtype, ttl, data[:records], data[records:])
        return Found(rrset, rcode, None, rank, ttl, security, proofs)
    soa = None
    if records:
        zone = value[_HEAD.size : start]
        soa = RRset(zone, types.SOA, ttl, data[:records], data[records:])
    return Found(None, rcode, soa, rank, ttl, security, proofs)


def pack_sets(sets: Iterable[RRset]) -> bytes:
    """Write whole sets, without their TTLs."""
    parts: list[bytes] = []
    for rrset in sets:
        parts += (
            len(rrset.name).to_bytes(1, "big"),
            rrset.name,
            _SET.pack(rrset.rdtype, len(rrset.rdatas), len(rrset.signatures)),
        )
        for data in rrset.rdatas + rrset.signatures:
            parts.append(len(data).to_bytes(2, "big"))
            parts.append(data)
    return b"".join(parts)


def unpack_sets(value: bytes, position: int, ttl: int) -> tuple[RRset, ...]:
    """Read the sets from a position to the end, all with one TTL."""
    found: list[RRset] = []
    while position < len(value):
        end = position + 1 + value[position]
        name = value[position + 1 : end]
        rdtype, records, signatures = _SET.unpack_from(value, end)
        position, data = _unpack_data(value, end + _SET.size, records + signatures)
        found.append(RRset(name, rdtype, ttl, data[:records], data[records:]))
    return tuple(found)


def _unpack_data(
    value: bytes, position: int, count: int
) -> tuple[int, tuple[bytes, ...]]:
    """Read the data of `count` records, and tell where it ends."""
    found: list[bytes] = []
    for _ in range(count):
        end = position + 2 + (value[position] << 8 | value[position + 1])
        found.append(value[position + 2 : end])
        position = end
    return position, tuple(found)
