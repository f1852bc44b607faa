"""What one server gets wrong, and its cookie: how it has to be asked.

What a server seems to get wrong may be a lie: whoever gets one forged packet accepted,
or only drops some, must not take a defence away for a quarter of an hour (as in
CVE-2026-52690, where one forged FORMERR switched EDNS off).  So a fault is believed
when it was *proven*, by a reply over TCP, which nobody off the path can forge; or when
it was *suspected* twice, and nothing in between has shown the contrary.

Faults are bits.  A server that has none, as nearly all, costs one look at a zero.
"""

from typing import Final, final

# Does not understand EDNS (RFC 6891 section 7).
PLAIN: Final = 1
# Does not give names back in the case of letters that they were asked in (0x20).
LOSES_CASE: Final = 2
# Understands EDNS but not a cookie in it.
DENIES_COOKIES: Final = 4
# Sends a server cookie at times and at times none: several machines, set up unalike.
FORGETS_COOKIES: Final = 8
# Does not reply over UDP, but does over TCP.
DEAF_TO_UDP: Final = 16
# Takes no TCP connections, or does not reply over them.
DEAF_TO_TCP: Final = 32

# Seconds for which a fault is believed, as everything else about a server; Unbound 900.
FAULT_LIFETIME: Final = 900.0
# Seconds after which a server that was silent over UDP gets another chance there.  That
# may have been the network's fault, and TCP costs both sides more.
UDP_REST: Final = 60.0
# Seconds for which TCP is not tried again, first and at most; doubled each time.
FIRST_TCP_REST: Final = 5.0
LONGEST_TCP_REST: Final = 60.0

# Bytes of a client cookie (RFC 7873 section 4); those behind are the server's.
CLIENT_COOKIE: Final = 8


@final
class Manners:
    """How one server has to be asked.  Times in seconds.

    `cookie` is what to send: our cookie, with the server's behind it as soon as that is
    known; not to be used from `cookie_until` on.  `open` counts questions on their way.
    """

    __slots__ = (
        "_faults",
        "_tcp_failures",
        "_until",
        "cookie",
        "cookie_until",
        "open",
        "suspected",
    )

    def __init__(self) -> None:
        self.cookie = b""
        self.cookie_until = 0.0
        self.open = 0
        self.suspected = 0  # faults that one more hint will prove
        self._faults = 0
        self._until: dict[int, float] | None = None
        self._tcp_failures = 0  # in a row

    def faults(self, now: float) -> int:
        """Give the faults that are believed."""
        if self._until is None:
            return 0
        for fault, until in self._until.items():
            if now >= until:
                self._faults &= ~fault
        if not self._faults:
            self._until = None
        return self._faults

    def prove(self, fault: int, now: float, seconds: float = FAULT_LIFETIME) -> None:
        """Believe in a fault."""
        if self._until is None:
            self._until = {}
        self._until[fault] = now + seconds
        self._faults |= fault
        self.suspected &= ~fault

    def suspect(self, fault: int, now: float) -> None:
        """Take a hint, from what may have been forged; the second one is believed."""
        if self.suspected & fault:
            self.prove(fault, now)
        else:
            self.suspected |= fault

    def clear(self, faults: int) -> None:
        """Drop suspicions, after a reply that shows the contrary."""
        self.suspected &= ~faults

    def tcp_failed(self, now: float) -> None:
        """Note that a question over TCP got no reply."""
        rest = FIRST_TCP_REST * 2.0 ** min(self._tcp_failures, 10)
        self._tcp_failures += 1
        self.prove(DEAF_TO_TCP, now, min(rest, LONGEST_TCP_REST))

    def tcp_answered(self) -> None:
        """Note that a reply came over TCP."""
        self._tcp_failures = 0
        self._faults &= ~DEAF_TO_TCP

    def keep_cookie(self, cookie: bytes) -> None:
        """Send this one from now on, if it is ours with a server's behind it.

        It may be a reply to a cookie of ours that has been replaced meanwhile.
        """
        if cookie.startswith(self.cookie[:CLIENT_COOKIE]):
            self.cookie = cookie
