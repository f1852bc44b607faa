"""Entries of the shared store: bytes that can be told from any other bytes.

What was written by another process, perhaps by another version of this program, and has
been through a file, is not to be trusted as one's own memory is.  So an entry begins with
a checksum over all of it and over its key, with the version of its format, and with
what it is worth: whether it was validated, and what came of that.  What is bogus is
nobody's to share.

Anything else than a whole entry that is still good reads as None.
"""

from struct import Struct
from struct import error as struct_error
from typing import Final, NamedTuple
from zlib import crc32

from resolver.beliefs import INSECURE, SECURE, UNCHECKED
from resolver.cache.packed import pack_sets, unpack_sets
from resolver.wire import types
from resolver.wire.message import RRset

# Another number: another version of this program wrote it.
FORMAT: Final = 2
_WORTH: Final = frozenset((UNCHECKED, INSECURE, SECURE))

_CHECK: Final = Struct("!L")
# Version, security, rank, rcode, when it was learned, TTL, length of the SOA's owner where
# there is an SOA, records, signatures.  The owner and the data go behind, each record
# behind its length, and then the sets that prove it.
_HEAD: Final = Struct("!BBBBdLBHH")
_START: Final = _CHECK.size + _HEAD.size


class Known(NamedTuple):
    """What the store knows: a record set, or that there is none.

    TTLs are as they were `age` seconds ago.  `rcode` is NXDOMAIN if there is no such
    name.  `soa` is what said that there is no set.
    """

    rrset: RRset | None
    rcode: int
    soa: RRset | None
    rank: int
    age: float
    security: int = UNCHECKED
    proofs: tuple[RRset, ...] = ()


def encode(  # noqa: PLR0913, PLR0917 - an entry has these parts
    key: bytes,
    rrset: RRset,
    owner: bytes,
    rcode: int,
    rank: int,
    wall: float,
    security: int = UNCHECKED,
    proofs: tuple[RRset, ...] = (),
) -> bytes:
    """Make an entry; `owner` is empty where it is the name of the key."""
    data = rrset.rdatas + rrset.signatures
    parts = [
        _HEAD.pack(
            FORMAT,
            security,
            rank,
            rcode,
            wall,
            rrset.ttl,
            len(owner),
            len(rrset.rdatas),
            len(rrset.signatures),
        ),
        owner,
    ]
    for each in data:
        parts.append(len(each).to_bytes(2, "big"))
        parts.append(each)
    if proofs:
        parts.append(pack_sets(proofs))
    body = b"".join(parts)
    return _CHECK.pack(crc32(body, crc32(key))) + body


def decode(name: bytes, key: bytes, value: bytes, wall: float) -> Known | None:
    """Read the entry of a name under one of its keys; None if it is not to be used."""
    try:
        (check,) = _CHECK.unpack_from(value)
        if check != crc32(value[_CHECK.size :], crc32(key)):
            return None
        version, security, rank, rcode, learned, ttl, owner, records, signatures = (
            _HEAD.unpack_from(value, _CHECK.size)
        )
        if version != FORMAT or not 0 <= wall - learned < ttl:
            return None
        end, data = _data(value, _START + owner, records + signatures)
        proofs = unpack_sets(value, end, ttl)
    except (struct_error, IndexError):
        return None
    if not records or end > len(value) or security not in _WORTH:
        return None
    age = wall - learned
    rdatas, covering = data[:records], data[records:]
    if owner:
        soa = RRset(value[_START : _START + owner], types.SOA, ttl, rdatas, covering)
        return Known(None, rcode, soa, rank, age, security, proofs)
    if len(key) == len(name):
        return None
    rdtype = key[-2] << 8 | key[-1]
    rrset = RRset(name, rdtype, ttl, rdatas, covering)
    return Known(rrset, rcode, None, rank, age, security, proofs)


def _data(value: bytes, position: int, count: int) -> tuple[int, tuple[bytes, ...]]:
    """Read the data of `count` records, and tell where it ends."""
    found: list[bytes] = []
    for _ in range(count):
        end = position + 2 + (value[position] << 8 | value[position + 1])
        found.append(value[position + 2 : end])
        position = end
    return position, tuple(found)
