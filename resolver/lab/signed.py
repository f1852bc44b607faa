"""Zones for every way to sign, to deny and to fail, with what is right for each.

A zone is one algorithm, one kind of denial and one fault; a case is one question to it.
`truth` says what a resolver that validates has to answer: it follows from the fault, and
knows nothing of how anybody finds out.  The zones are all delegated by `matrix.`, which is
signed as it should be; each has an unsigned zone below it.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from resolver.lab import faults
from resolver.lab.box import Box
from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec
from resolver.lab.faults import BOGUS, FAULTS, GOOD, INSECURE, Fault
from resolver.lab.sign import NSEC, NSEC3, OPT_OUT, Signing

# RFC 8624 section 3.1: those that are in use and not to be given up.
ALGORITHMS: Final = (8, 10, 13, 14, 15, 16)
DENIALS: Final = (NSEC, NSEC3, OPT_OUT)
USUAL: Final = 13

_TOP: Final = "matrix."
_ROOT: Final = (Host("a.root-servers.net.", ("127.53.20.1",)),)
_TLD: Final = (Host(f"ns.{_TOP}", ("127.53.20.2",)),)
# Nobody who has a zone has the one below it too, so that there are referrals.
_ZONES: Final = "127.53.20.3"
_BELOW: Final = "127.53.20.4"
_RECORDS: Final = """
www A 192.0.2.80
*.wild A 192.0.2.81
*.walias CNAME www
alias CNAME www
gone CNAME missing
moved DNAME target
www.target A 192.0.2.82
host.ent A 192.0.2.83
"""

# What an answer needs besides signatures: proof of the types at a name, that nothing
# is closer to a name, that a cut has no DS.
_AT: Final = "at"
_CLOSER: Final = "closer"
_CUT: Final = "cut"


class Kind(NamedTuple):
    """A kind of answer: what to ask in a zone for it, and what it needs to be proven."""

    name: str
    label: str
    rdtype: str = "A"
    proof: str = ""
    rcode: str = "NOERROR"


BELOW: Final = Kind("unsigned delegation", "www.sub", proof=_CUT)
KEYS: Final = Kind("keys", "", "DNSKEY")
OWN_DS: Final = Kind("DS", "", "DS")
KINDS: Final = (
    Kind("answer", "www"),
    Kind("no data", "www", "MX", _AT),
    Kind("no such name", "missing", proof=_CLOSER, rcode="NXDOMAIN"),
    Kind("no such name, deep", "a.b.missing", proof=_CLOSER, rcode="NXDOMAIN"),
    Kind("wildcard", "x.wild", proof=_CLOSER),
    Kind("wildcard, deep", "x.y.wild", proof=_CLOSER),
    Kind("wildcard, no data", "x.wild", "MX", _CLOSER),
    Kind("CNAME", "alias"),
    Kind("CNAME to nothing", "gone", proof=_CLOSER, rcode="NXDOMAIN"),
    Kind("wildcard CNAME", "x.walias", proof=_CLOSER),
    Kind("DNAME", "www.moved"),
    Kind("DNAME to nothing", "x.moved", proof=_CLOSER, rcode="NXDOMAIN"),
    Kind("empty non-terminal", "ent", proof=_AT),
    BELOW,
    Kind("no DS", "sub", "DS", _CUT),
    KEYS,
    OWN_DS,
)


class Case(NamedTuple):
    """A question to a zone that is signed in some way."""

    signing: Signing
    kind: Kind

    @property
    def zone(self) -> str:
        """Name the zone."""
        return origin(self.signing)

    @property
    def name(self) -> str:
        """Name what is asked about."""
        return f"{self.kind.label}.{self.zone}".lstrip(".")

    def __str__(self) -> str:
        return f"{self.name} {self.kind.rdtype}"


class Truth(NamedTuple):
    """What is right: the response code, and whether the answer is secure."""

    rcode: str
    secure: bool


_FAILED: Final = Truth("SERVFAIL", secure=False)


def origin(signing: Signing) -> str:
    """Name the zone that is signed in some way."""
    algorithm, denial, fault = signing
    return f"a{int(algorithm)}-{denial}-{fault.name}.{_TOP}"


def truth(case: Case) -> Truth:
    """Say what a resolver that validates has to answer."""
    (_, denial, fault), (_, _, _, proof, rcode) = case
    if case.kind == OWN_DS:
        return Truth("NOERROR", secure=True)  # it is the parent's to say
    data = fault.forged or fault.stranger or fault.unsigned == faults.DATA
    if case.kind == KEYS and data:
        return Truth("NOERROR", secure=True)  # what is wrong is not with them
    unproven = not fault.proofs or fault.unsigned == faults.PROOFS
    if fault.worth == BOGUS or (proof and unproven):
        return _FAILED
    hashed = denial != NSEC
    dear = hashed and fault.iterations > 0 and proof
    opted_out = denial == OPT_OUT and proof in {_CLOSER, _CUT}
    insecure = fault.worth == INSECURE or dear or opted_out or case.kind == BELOW
    return Truth(rcode, secure=not insecure)


def signings(
    algorithms: Iterable[int] = ALGORITHMS, faults: Iterable[Fault] = FAULTS
) -> Iterator[Signing]:
    """Go through the ways to sign: all of them, unless told otherwise."""
    wrong = tuple(faults)
    for algorithm in algorithms:
        for denial in DENIALS:
            for fault in wrong:
                yield Signing(algorithm, denial, fault)


def few() -> tuple[Signing, ...]:
    """Choose ways to sign so that each algorithm and each fault has its turn."""
    others = [it for it in ALGORITHMS if it != USUAL]
    wrong = (GOOD, next(it for it in FAULTS if it.forged))
    return (*signings((USUAL,)), *signings(others, wrong))


def cases(signed: Iterable[Signing]) -> list[Case]:
    """Put every kind of question to zones."""
    return [Case(signing, kind) for signing in signed for kind in KINDS]


def box(signed: Iterable[Signing], now: float | None = None) -> Box:
    """Make an Internet of zones that are signed in some ways.

    `now` is when they are, in seconds since 1970.
    """
    zones = [
        ZoneSpec(".", _ROOT),
        ZoneSpec("root-servers.net.", _ROOT, signed=False),
        ZoneSpec(_TOP, _TLD),
    ]
    for signing in signed:
        name = origin(signing)
        hosts = (Host(f"ns.{name}", (_ZONES,)),)
        zones.append(ZoneSpec(name, hosts, _RECORDS, signing=signing))
        hosts = (Host(f"ns.sub.{name}", (_BELOW,)),)
        zones.append(ZoneSpec(f"sub.{name}", hosts, "www A 192.0.2.84", signed=False))
    samples = tuple(
        Sample(f"www.{it.origin} A")
        for it in zones
        if it.origin.endswith("-good.matrix.")
    )
    text = "every way to sign, to deny and to fail"
    made = Ingredient("matrix", text, tuple(zones), samples)
    return Box((made,), signed=True, now=now)
