"""The words that the rooms share.

A walk reaches the world through one function, `Ask`, and carries one object, the
`Errand` of the client question that it works for.  The errand owns what must never
be handed out twice: the budget, the deadline and the diary.  Every sub-question,
alias and retry inherits the same errand, so that no chain of limits can be
multiplied (CAMP, USENIX Security 2024).

What goes wrong is one of three exceptions, named by who is to blame: `Silence`, a
server or the network; `Spent`, one of our own limits; `Lost`, everybody who could
have known the answer.
"""

from collections.abc import Callable, Generator
from typing import Any, ClassVar, Final, NamedTuple, Protocol, final

from resolver.wire.errors import EDE_NO_REACHABLE_AUTHORITY
from resolver.wire.message import Message, Question, RRset

# What one client question may cost, whatever it leads to.  The figures and their
# neighbours in other resolvers: Unbound 200, BIND 200, Knot 100, PowerDNS 50.
MAX_ASKS: Final = 100
# Bytes received; PowerDNS: 100,000.
MAX_BYTES: Final = 256 * 1024
# Look-ups of name server addresses that glue did not bring; Unbound 64.
MAX_ADDRESS_LOOKUPS: Final = 32
# Referrals followed; Unbound 130.
MAX_REFERRALS: Final = 30
# Signatures computed to check those of others; Unbound 128, Knot 32, PowerDNS 30,
# BIND 16.
MAX_SIGNATURE_CHECKS: Final = 32
# Checks that may fail before the question is given up; BIND 1.  An honest zone fails
# none, or one where two of its keys share a tag.
MAX_FAILED_CHECKS: Final = 3
# Servers that are asked for the same, where what they say is bogus; Unbound 6
# (val-max-restart).
MAX_OPINIONS: Final = 4
# Sub-questions inside sub-questions; BIND 7, Unbound 5.
MAX_DEPTH: Final = 5
# Names hashed for NSEC3 proofs, each with the iterations that we allow (CVE-2023-50868);
# Knot 128 / price, Unbound 8 at once x 16 suspends, PowerDNS 600.
MAX_NSEC3_HASHES: Final = 128
# Notes kept in a diary; beyond it only the last is replaced.
MAX_NOTES: Final = 600


class Silence(Exception):
    """No usable reply came from a server: it, or the way to it, is to blame.

    `sent` is False when no packet could leave this host: then the server is innocent.
    """

    sent: ClassVar[bool] = True


class Broken(Silence):
    """A connection is no more, which may say nothing about the question."""


class Spent(Exception):
    """A limit of ours ended the question.

    `limit` names it; `while_asking` says who had been asked in vain by then.
    """

    def __init__(self, limit: str, while_asking: str = "") -> None:
        super().__init__(f"{limit} ({while_asking})" if while_asking else limit)
        self.limit = limit
        self.while_asking = while_asking


class Lost(Exception):
    """Nobody who should know the answer gives it."""

    def __init__(self, text: str, ede: int = EDE_NO_REACHABLE_AUTHORITY) -> None:
        super().__init__(text)
        self.ede = ede


class Bogus(Lost):
    """What is said is not what was signed, whoever is asked."""


class Address(NamedTuple):
    """Where a server listens.  `host` is an IP address in its shortest text form."""

    host: str
    port: int = 53

    @property
    def is_ipv6(self) -> bool:
        """Say which family the address belongs to."""
        return ":" in self.host

    def __str__(self) -> str:
        """Write the address as users do: the port only when it is unusual."""
        if self.port == 53:  # noqa: PLR2004 - DNS's own port, RFC 1035 section 4.2
            return self.host
        return (
            f"[{self.host}]:{self.port}"
            if ":" in self.host
            else ":".join((self.host, str(self.port)))
        )


class Note(NamedTuple):
    """One line of a diary.

    Facts are kept as they are and put in words (`str`) only when somebody reads them:
    most diaries are thrown away.

    `at` is the clock's time in seconds, `depth` how deep the sub-question is that
    it belongs to (0: the client's own), `kind` one of the words below, `facts` what
    happened, in the order the kind gives:

    question   question                              a (sub-)question begins
    cached     what                                  answered from memory: what was found
    zone       zone name, delegation                 the walk stands at this zone
    sent       address, question, transport          asked a server ("udp", "tcp")
    reply      address, rcode, seconds, bytes, stray  it answered, and what else came
    silent     address, reason, seconds              it did not, or not usefully
    verdict    outcome, delegation, reply            what the reply means to the walk
    alias      target name                           a CNAME or DNAME leads on
    failed     text                                  the (sub-)question failed
    policy     text                                  what the configuration forbids
    late       text                                  clients were told something old
    trust      zone name, security, text             what is held of a zone, and why
    signed     name, type, signer, key tag, algorithm  a signature was checked: it fits
    proof      verdict                               what NSEC or NSEC3 records prove
    belief     security, text                        what a reply is worth
    """

    at: float
    depth: int
    kind: str
    facts: tuple[object, ...]


class Handle(Protocol):
    """Something that goes on beside a walk; awaiting it ends when it does."""

    def __await__(self) -> Generator[Any, None, None]:
        """Wait for its end."""

    def cancel(self) -> object:
        """Have it end before its time."""


@final
class Errand:
    """One client question on its way: clock, deadline, budget and diary.

    `clock` gives seconds on the clock that ages records; `deadline` is on the same
    clock.  Methods named `spend_*` raise `Spent` when their budget is gone.
    """

    __slots__ = (
        "_notes",
        "address_lookups_left",
        "ahead",
        "answered_by",
        "asks_left",
        "beside",
        "bytes_left",
        "checking_disabled",
        "deadline",
        "depth",
        "failed_checks_left",
        "limited",
        "misled",
        "now",
        "nsec3_hashes_left",
        "pending",
        "referrals_left",
        "signature_checks_left",
    )

    def __init__(self, clock: Callable[[], float], deadline: float) -> None:
        self.now: Final = clock
        self.deadline: Final = deadline
        # As plain tuples: a NamedTuple takes longer to make than the note to be written.
        self._notes: Final[list[tuple[float, int, str, tuple[object, ...]]]] = []
        self.depth = 0
        # CD (RFC 4035 section 3.2.2): what is bogus is told, too, for others to judge.
        self.checking_disabled = False
        # The server whose reply was the last that helped; None if memory did.
        self.answered_by: Address | None = None
        # The zone of which a server gave bogus keys, and another one good ones.
        self.misled = b""
        # Seconds: what has no longer than this to live is asked for again.
        self.ahead = 0
        # The sub-questions being walked for, innermost last: one that needs itself
        # is a cycle (tsuNAME).
        self.pending: Final[list[Question]] = []
        # How often something was left out because of a limit: what fails then might
        # not have failed by itself.
        self.limited = 0
        # What goes on beside the walk, by the zone that it is about.
        self.beside: Final[dict[bytes, Handle]] = {}
        self.asks_left = MAX_ASKS
        self.bytes_left = MAX_BYTES
        self.nsec3_hashes_left = MAX_NSEC3_HASHES
        self.address_lookups_left = MAX_ADDRESS_LOOKUPS
        self.referrals_left = MAX_REFERRALS
        self.signature_checks_left = MAX_SIGNATURE_CHECKS
        self.failed_checks_left = MAX_FAILED_CHECKS

    def note(self, kind: str, *facts: object) -> None:
        """Write a line in the diary."""
        if len(self._notes) >= MAX_NOTES:
            self._notes.pop()
        self._notes.append((self.now(), self.depth, kind, facts))

    @property
    def diary(self) -> list[Note]:
        """Read the diary, from the first line to the last."""
        return [Note(*note) for note in self._notes]

    def spend_ask(self) -> None:
        """Pay for one question to a server, and see whether there is time for it."""
        if self.asks_left <= 0:
            raise Spent(f"max_asks ({MAX_ASKS})")
        if self.now() >= self.deadline:
            raise Spent("query_deadline")
        self.asks_left -= 1

    def spend_bytes(self, size: int) -> None:
        """Pay for a reply of `size` bytes."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise Spent(f"max_bytes ({MAX_BYTES})")

    def spend_hashes(self, count: int) -> None:
        """Pay for hashing `count` names, as NSEC3 proofs have it."""
        if self.nsec3_hashes_left < count:
            raise Spent(f"max_nsec3_hashes ({MAX_NSEC3_HASHES})")
        self.nsec3_hashes_left -= count

    def spend_referral(self) -> None:
        """Pay for one step down the tree."""
        if self.referrals_left <= 0:
            raise Spent(f"max_referrals ({MAX_REFERRALS})")
        self.referrals_left -= 1

    def spend_address_lookup(self) -> None:
        """Pay for looking up the address of a name server."""
        if self.address_lookups_left <= 0:
            raise Spent(f"max_address_lookups ({MAX_ADDRESS_LOOKUPS})")
        self.address_lookups_left -= 1

    def spend_signature_check(self) -> None:
        """Pay for computing one signature.

        When it does not fit, the caller counts `failed_checks_left` down.
        """
        if self.signature_checks_left <= 0:
            raise Spent(f"max_signature_checks ({MAX_SIGNATURE_CHECKS})")
        if self.failed_checks_left <= 0:
            raise Spent(f"max_failed_checks ({MAX_FAILED_CHECKS})")
        self.signature_checks_left -= 1

    def may_ask_again(self, asked: list[Address | None]) -> bool:
        """Say whether somebody else may be asked for what was found to be bogus.

        `asked` are those who told it, the last one last; None is our own memory.  Who
        is asked a second time has nobody beside him.  Two signatures that do not fit
        are enough.
        """
        told = asked[-1] not in asked[:-1] and len(asked) < MAX_OPINIONS
        return told and self.failed_checks_left > 1


@final
class Hedge:
    """A second server, to be asked as well when the first is late.

    `after` is the seconds that the first has for itself.  `Ask` says what came of it:
    `won` that the reply is the backup's, `silence` why the backup, asked, kept silent.
    """

    __slots__ = ("after", "backup", "silence", "won")

    def __init__(self, backup: Address, after: float) -> None:
        self.backup: Final = backup
        self.after: Final = after
        self.won = False
        self.silence = ""


class Ask(Protocol):
    """The one way a walk reaches the world."""

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        """Put a question to a server, by whatever transport gets it there.

        The reply is to this question and whole: identity, question and truncation
        have been dealt with.  What it says is the caller's to judge.  `recursive`
        sets RD, for forwarders.  `hedge` names a second server that is asked as well
        when the first has not replied in time; the first reply counts.

        Raises `Silence` when no usable reply comes in time, `Spent` when the
        errand's budget or deadline ends it.  Notes sent, reply and silent.
        """


class Resolution(NamedTuple):
    """What the walk found out, for the client: the sections of the reply.

    `answer` begins with the aliases (CNAME, and DNAME with its CNAME) in the order
    they were followed.  `authority` holds the SOA of a negative answer (RFC 2308).
    TTLs are those left at the moment it was made.  `ede` is (code, text) pairs.
    `authoritative` marks local data, which nobody else speaks for; `secure` that all
    of it has been validated.
    """

    rcode: int
    answer: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    ede: tuple[tuple[int, str], ...] = ()
    authoritative: bool = False
    secure: bool = False


class Lookup(Protocol):
    """Resolve a question: from memory, or by a walk."""

    async def __call__(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer.  Never raises Silence, Spent or Lost: failures are SERVFAIL."""


class Recall(Protocol):
    """Memory, and whatever stands before it and has a say in what clients are told."""

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer to a question in memory, or None."""

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find the whole answer in what may have expired; if so, it says since when."""


class Dice(Protocol):
    """Chance that the walk may use, for choices that need no secrecy."""

    def random(self) -> float:
        """Give a number from 0.0 to 1.0, 1.0 left out; `random.Random` fits."""
