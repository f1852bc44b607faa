"""The digests by which a parent vouches for the keys of its child: DS records.

A DS names a key by tag and algorithm, and holds a digest of it.  A zone is signed, as
far as we can tell, if at least one of its DS is supported, by algorithm and by digest;
if none is, it counts as unsigned (RFC 4035 section 5.2).  One DS we do not understand
beside one we do must not change anything: that would be a downgrade.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from resolver.dnssec.crypto import DIGEST_SHA1, Crypto
from resolver.dnssec.keys import Key, ZoneKeys
from resolver.wire import types

# DS of one zone that are looked at; PowerDNS 8.  The registries of most TLDs take
# fewer.
MAX_DELEGATION_SIGNERS: Final = 8
# Tag, algorithm and digest type, in front of the digest.
DS_HEAD: Final = 4


class DelegationSigner(NamedTuple):
    """A DS, taken apart (RFC 4034 section 5.1)."""

    tag: int
    algorithm: int
    digest_type: int
    digest: bytes


def read_ds(rdata: bytes) -> DelegationSigner | None:
    """Take the data of a DS apart; None where there is no digest in it."""
    if len(rdata) <= DS_HEAD:
        return None
    return DelegationSigner(
        rdata[0] << 8 | rdata[1], rdata[2], rdata[3], rdata[DS_HEAD:]
    )


def supported_ds(signer: DelegationSigner, crypto: Crypto) -> bool:
    """Say whether a DS can be followed: its algorithm and its digest, both."""
    return crypto.supports(signer.algorithm) and crypto.supports_digest(
        signer.digest_type
    )


def usable_ds(rdatas: Iterable[bytes], crypto: Crypto) -> list[DelegationSigner]:
    """List the DS of a set that count; none means that the zone is insecure.

    SHA-1 does not count beside something stronger (RFC 4509 section 3).
    """
    found = [read_ds(rdata) for rdata in rdatas]
    usable = [
        signer
        for signer in found
        if signer is not None and supported_ds(signer, crypto)
    ]
    stronger = [it for it in usable if it.digest_type != DIGEST_SHA1]
    return stronger or usable


def matches(signer: DelegationSigner, owner: bytes, key: Key, crypto: Crypto) -> bool:
    """Say whether a DS at `owner` is that of `key` (RFC 4034 section 5.1.4)."""
    return (
        signer.tag == key.tag
        and signer.algorithm == key.algorithm
        and crypto.digest_fits(signer.digest_type, signer.digest, owner + key.rdata)
    )


def vouched_keys(
    signers: Iterable[DelegationSigner], keys: ZoneKeys, crypto: Crypto
) -> list[Key]:
    """List the keys of a zone that its DS, the usable ones, vouch for.

    Looks at `MAX_DELEGATION_SIGNERS` DS, and with each at the keys of its tag that
    `ZoneKeys` gives: 32 digests at most, whatever the zone holds.
    """
    found: dict[Key, None] = {}
    for signer in list(signers)[:MAX_DELEGATION_SIGNERS]:
        for key in keys.fit(signer.tag, signer.algorithm, types.DS):
            if matches(signer, keys.zone, key, crypto):
                found[key] = None
    return list(found)
