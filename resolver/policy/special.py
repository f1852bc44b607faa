"""Names that standards reserve for local use.

The list is data: a zone, and what kind of answer everything in it gets.

*   `localhost` is this machine, whatever anyone says (RFC 6761 section 6.3).
*   An absent zone does not exist for DNS: `invalid`, `test`, `local`, `onion`, `alt`.
*   An empty zone has an SOA and NS of its own and nothing else; the reverse zones of
    private networks are the most asked-for junk at the root's servers (RFC 6303).

Names of IANA's registry of special-use names that are not here are resolved as any
others: `example` and its like (RFC 6761 section 6.5), and `ipv4only.arpa` while no
translation to IPv6 is done here (RFC 8880 section 7.1).
"""

from typing import Final

from resolver.wire import names

LOCALHOST: Final = "localhost"
ABSENT: Final = "absent"
EMPTY: Final = "empty"

SPECIAL_NAMES: Final = {
    # RFC 6761.
    "localhost": LOCALHOST,
    "invalid": ABSENT,
    "test": ABSENT,
    "local": ABSENT,  # RFC 6762 section 22.1
    "onion": ABSENT,  # RFC 7686
    "alt": ABSENT,  # RFC 9476
    "home.arpa": EMPTY,  # RFC 8375
    "resolver.arpa": EMPTY,  # RFC 9462 section 6.2
    "service.arpa": EMPTY,  # RFC 9665
    "6tisch.arpa": ABSENT,  # RFC 9031
    "eap-noob.arpa": ABSENT,  # RFC 9140
    # RFC 6303 section 4.2: private, loopback, link-local, documentation, broadcast.
    "10.in-addr.arpa": EMPTY,
    **{f"{i}.172.in-addr.arpa": EMPTY for i in range(16, 32)},
    "168.192.in-addr.arpa": EMPTY,
    "0.in-addr.arpa": EMPTY,
    "127.in-addr.arpa": EMPTY,
    "254.169.in-addr.arpa": EMPTY,
    "2.0.192.in-addr.arpa": EMPTY,
    "100.51.198.in-addr.arpa": EMPTY,
    "113.0.203.in-addr.arpa": EMPTY,
    "255.255.255.255.in-addr.arpa": EMPTY,
    # RFC 7793: shared address space, 100.64.0.0/10.
    **{f"{i}.100.in-addr.arpa": EMPTY for i in range(64, 128)},
    # RFC 6303 sections 4.3 to 4.6: ::, ::1, unique local, link-local, documentation.
    ".".join("0" * 32) + ".ip6.arpa": EMPTY,
    "1." + ".".join("0" * 31) + ".ip6.arpa": EMPTY,
    "d.f.ip6.arpa": EMPTY,
    "8.e.f.ip6.arpa": EMPTY,
    "9.e.f.ip6.arpa": EMPTY,
    "a.e.f.ip6.arpa": EMPTY,
    "b.e.f.ip6.arpa": EMPTY,
    "8.b.d.0.1.0.0.2.ip6.arpa": EMPTY,
}


def plain_name(text: str) -> bytes:
    """Turn a name without escapes, such as those above, into wire form."""
    parts = (bytes((len(label),)) + label.encode() for label in text.split("."))
    return b"".join(parts) + names.ROOT


LOCALHOST_NAME: Final = plain_name("localhost")
# Names that point to this machine (RFC 6303 sections 4.2 and 4.3).
LOOPBACK_POINTERS: Final = frozenset(
    {
        plain_name("1.0.0.127.in-addr.arpa"),
        plain_name("1." + ".".join("0" * 31) + ".ip6.arpa"),
    }
)
