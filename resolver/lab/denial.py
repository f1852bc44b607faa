"""The records by which a zone denies: NSEC (RFC 4034), or NSEC3 with hashes (RFC 5155).

A zone gets one chain of either kind over all names that it is the authority for: what
is below a cut is not its own, and with opt-out, cuts to unsigned zones have no part in it
either.  NSEC3 also has records for empty non-terminals, NSEC has none.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import dns.dnssec
import dns.name
import dns.rdtypes.ANY.NSEC
import dns.rdtypes.ANY.NSEC3
import dns.rdtypes.ANY.NSEC3PARAM
import dns.zone
from dns.name import Name
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import Bitmap as NsecBitmap
from dns.rdtypes.ANY.NSEC3 import Bitmap as Nsec3Bitmap

SHA1: Final = 1
OPT_OUT: Final = 1
# RFC 4648 section 7, "base32hex", in the order of which hashes sort as they should.
_FROM_HEX: Final = bytes.maketrans(
    b"0123456789abcdefghijklmnopqrstuv", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)


class Hashing(NamedTuple):
    """How a zone hashes its names, and whether it leaves out unsigned delegations."""

    iterations: int = 0
    salt: bytes = b""
    opt_out: bool = False

    def label(self, name: Name) -> bytes:
        """Hash a name, as the first label of an NSEC3 record's owner."""
        text = dns.dnssec.nsec3_hash(name, self.salt, self.iterations, SHA1)
        return text.lower().encode()

    def owner(self, name: Name, origin: Name) -> Name:
        """Name the NSEC3 record at a name."""
        return Name((self.label(name), *origin.labels))


def authoritative(content: dns.zone.Zone) -> Iterator[tuple[Name, bool]]:
    """Go through the names of a zone in order, and tell of each whether it is a cut."""
    cut: Name | None = None
    for name in sorted(content.nodes):
        if cut is not None and name.is_subdomain(cut):
            continue
        is_cut = name != content.origin and _has(content, name, RdataType.NS)
        cut = name if is_cut else None
        yield name, is_cut


def add_nsec(content: dns.zone.Zone) -> None:
    """Give every name an NSEC record."""
    names = [name for name, _ in authoritative(content)]
    ttl = content.get_soa().minimum
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        types = {*_types(content, name), RdataType.NSEC, RdataType.RRSIG}
        windows = NsecBitmap.from_rdtypes(sorted(types))
        data = (RdataClass.IN, RdataType.NSEC, following, windows)
        _add(content, name, ttl, _made(dns.rdtypes.ANY.NSEC.NSEC, *data))


def add_nsec3(content: dns.zone.Zone, hashing: Hashing) -> None:
    """Give every name, and every name above one, an NSEC3 record."""
    origin = content.origin
    if origin is None:
        raise ValueError("a zone without an origin cannot be signed")
    iterations, salt = hashing.iterations, hashing.salt
    data = (RdataClass.IN, RdataType.NSEC3PARAM, SHA1, 0, iterations, salt)
    parameters = _made(dns.rdtypes.ANY.NSEC3PARAM.NSEC3PARAM, *data)
    ttl = content.get_soa().minimum
    _add(content, origin, ttl, parameters)
    hashed = {hashing.label(name): types for name, types in _told(content, hashing)}
    labels = sorted(hashed)
    flags = OPT_OUT if hashing.opt_out else 0
    fixed = (RdataClass.IN, RdataType.NSEC3, SHA1, flags, iterations, salt)
    for label, following in zip(labels, [*labels[1:], labels[0]], strict=True):
        windows = Nsec3Bitmap.from_rdtypes(hashed[label]) if hashed[label] else ()
        record = _made(dns.rdtypes.ANY.NSEC3.NSEC3, *fixed, _unhex(following), windows)
        _add(content, Name((label, *origin.labels)), ttl, record)


def _made(kind: Callable[..., Rdata], *data: object) -> Rdata:
    """Make a record of a kind whose maker is not typed."""
    return kind(*data)


def _told(
    content: dns.zone.Zone, hashing: Hashing
) -> Iterator[tuple[Name, list[RdataType]]]:
    """Say which names have a record, and what it tells of them."""
    told: dict[Name, list[RdataType]] = {}
    for name, is_cut in authoritative(content):
        types = _types(content, name)
        signed = not is_cut or RdataType.DS in types
        if not signed and hashing.opt_out:
            continue
        told[name] = sorted({*types, RdataType.RRSIG}) if signed else sorted(types)
        above = name
        while above != content.origin:
            above = above.parent()
            told.setdefault(above, [])
    yield from told.items()


def _types(content: dns.zone.Zone, name: Name) -> set[RdataType]:
    found = {each.rdtype for each in content.nodes[name]}
    cut = name != content.origin and RdataType.NS in found
    return found & {RdataType.NS, RdataType.DS} if cut else found


def _has(content: dns.zone.Zone, name: Name, rdtype: RdataType) -> bool:
    return any(each.rdtype == rdtype for each in content.nodes[name])


def _add(content: dns.zone.Zone, name: Name, ttl: int, record: Rdata) -> None:
    content.find_rdataset(name, record.rdtype, create=True).add(record, ttl)


def _unhex(label: bytes) -> bytes:
    """Read a hash from its label."""
    return base64.b32decode(label.translate(_FROM_HEX))
