"""Whose signature is it, by its own account?

A set names its signers, and nobody else does: where a zone ends cannot be seen in a
name.  What is said here is a claim that the signature itself has to bear out, but one
that no zone can make for another: a signer is at or above what it signs, and what is
said about a cut, from the side of the parent, is strictly above it.
"""

from typing import Final

from resolver.dnssec.canonical import read_signature
from resolver.wire import names, types
from resolver.wire.message import RRset

_DENYING: Final = frozenset((types.SOA, types.NSEC, types.NSEC3))


def signer_of(rrset: RRset, *, above: bytes = b"") -> bytes:
    """Name the zone that signed a set, b"" if none did that can have.

    The deepest one at or above the owner; strictly above `above`, where that is given
    (the DS of a zone is signed by the zone above it, RFC 4035 section 2.4).
    """
    best = b""
    for rdata in rrset.signatures:
        signature = read_signature(rdata)
        if signature is None or signature.covered != rrset.rdtype:
            continue
        signer = signature.signer
        if not names.is_below(rrset.name, signer):
            continue
        if above and (signer == above or not names.is_below(above, signer)):
            continue
        if len(signer) > len(best):
            best = signer
    return best


def denier(authority: tuple[RRset, ...], name: bytes, *, above: bytes = b"") -> bytes:
    """Name the zone that claims to deny something of `name`, b"" if none can.

    The first signed SOA, NSEC or NSEC3 set tells whose signature can be read; `above` is
    as for `signer_of`.
    """
    for rrset in authority:
        if rrset.signatures and rrset.rdtype in _DENYING:
            signer = signer_of(rrset, above=above)
            if signer and names.is_below(name, signer):
                return signer
    return b""


def signed_by(rrset: RRset, zone: bytes) -> list[bool]:
    """Say of each signature of a set whether it claims to be the zone's."""
    read = map(read_signature, rrset.signatures)
    return [it is not None and it.signer == zone for it in read]
