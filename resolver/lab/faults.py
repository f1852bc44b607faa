"""What can be wrong with a zone's signatures, keys and DS.

A fault says what differs from a zone that is signed as it should be; `sign` follows it.
What a resolver that validates makes of the zone is in `worth`: what the zone says is
secure, insecure or bogus.
"""

from typing import Final, NamedTuple

# Signatures begin an hour ago, for resolvers whose clock is behind, and last long
# enough for any test.  Seconds from now.
BEGIN: Final = -3600
END: Final = 30 * 86400
DAY: Final = 86400

SECURE: Final = "secure"
INSECURE: Final = "insecure"
BOGUS: Final = "bogus"

# Flags of a DNSKEY (RFC 4034 section 2.1.1, RFC 5011 section 7).
ZONE: Final = 0x100
REVOKE: Final = 0x80
SEP: Final = 0x1
# More than any limit that Unbound and we have for hashing, and less than what either
# calls bogus.
DEAR: Final = 200

# Which records are left without signatures.
NONE: Final = ""
DATA: Final = "data"  # all but the keys
KEYS: Final = "keys"
PROOFS: Final = "proofs"


class Fault(NamedTuple):
    """A way to sign a zone wrongly.

    `begin` and `end` are when signatures hold, in seconds from now; `flags` those of
    the key.  `forged`: another key than the one they name made the signatures;
    `stranger`: they name a key that the zone does not have.  `unsigned` says which
    records have no signatures, `proofs` is False where there are no NSEC or NSEC3
    records.  `plain` zones are not signed at all.  `ds` is what the parent says: "good",
    "other" for another key's, "algorithm" or "digest" for one that nobody knows.
    """

    name: str
    worth: str = BOGUS
    begin: int = BEGIN
    end: int = END
    flags: int = ZONE | SEP
    forged: bool = False
    stranger: bool = False
    unsigned: str = NONE
    proofs: bool = True
    plain: bool = False
    ds: tuple[str, ...] = ("good",)
    iterations: int = 0


GOOD: Final = Fault("good", SECURE)
# `worth` of those with something wrong in their denials is that of all else.
FAULTS: Final = (
    GOOD,
    Fault("expired", begin=-30 * DAY, end=-5 * DAY),
    Fault("not-yet-valid", begin=5 * DAY),
    Fault("backwards", begin=5 * DAY, end=-5 * DAY),
    Fault("wrong-key", forged=True),
    Fault("unknown-key", stranger=True),
    Fault("missing-signatures", unsigned=DATA),
    Fault("unsigned-keys", unsigned=KEYS),
    Fault("stripped", plain=True),
    Fault("other-ds", ds=("other",)),
    Fault("unsupported-algorithm", INSECURE, ds=("algorithm",)),
    Fault("unsupported-digest", INSECURE, ds=("digest",)),
    Fault("mixed-ds", SECURE, ds=("algorithm", "digest", "other", "good")),
    Fault("island", INSECURE, ds=()),
    Fault("revoked", flags=ZONE | REVOKE | SEP),
    Fault("no-zone-key", flags=SEP),
    Fault("unsigned-proofs", SECURE, unsigned=PROOFS),
    Fault("no-proofs", SECURE, proofs=False),
    Fault("dear-hashes", SECURE, iterations=DEAR),
)
