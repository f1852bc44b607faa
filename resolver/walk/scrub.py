"""What does a reply mean, and how much of it may its sender say?

`judge` reads a reply to a question that was put to a server of a zone, and says in
one value what it means to the walk: an answer, nothing, an alias, a referral, or
nothing of use.  It believes only what lies in the zone's bailiwick: a server of
`example.com.` speaks for names at and below `example.com.` and for no others.  An
alias is followed by asking for its target, whatever else the packet says about that:
who could forge one reply about a made-up name could otherwise rewrite any name of the
zone, as often as he likes to try.  Only a forwarder is taken at its word, inside its
zone.

The outcomes carry everything that may be remembered; what they leave out is thrown
away here (scrubbed) and reaches neither the cache nor the client.

RFC 1034 section 5.3.3; RFC 2181 section 5.4; RFC 2308 section 2; RFC 6672 for DNAME.
"""

from typing import Final, NamedTuple

from resolver.beliefs import INSECURE
from resolver.walk.evidence import (
    PROVING,
    is_expanded,
    proofs_in,
    with_stray_signatures,
)
from resolver.wire import names, types
from resolver.wire.message import Message, Question, RRset

# Aliases taken from one packet; Unbound 11.
MAX_ALIASES: Final = 11
# What a name has one of (RFC 2181 section 10.1, RFC 6672 section 2.4, RFC 1035 3.3.13).
_SINGLE: Final = frozenset({types.CNAME, types.DNAME, types.SOA})


class Answer(NamedTuple):
    """The records asked for, behind the aliases (`links`) that lead to them.

    Of each outcome, `proofs` are NSEC and NSEC3 sets that came with it, where they may
    be needed, and `security` is what it is worth: `ports.INSECURE` if nobody looks.
    """

    links: tuple[RRset, ...]
    rrset: RRset
    authoritative: bool = True
    proofs: tuple[RRset, ...] = ()
    security: int = INSECURE

    def __str__(self) -> str:
        """Say it in a diary: `answer 2 A`."""
        return f"answer {len(self.rrset.rdatas)} {types.type_name(self.rrset.rdtype)}"


class Nothing(NamedTuple):
    """The name (NXDOMAIN) or the type (NOERROR) does not exist.

    `name` is the end of the chain of `links`, `rdtype` what was asked of it; `soa`
    says how long to believe it (RFC 2308 section 5), None where the server did not.
    """

    links: tuple[RRset, ...]
    name: bytes
    rdtype: int
    rcode: int
    soa: RRset | None
    authoritative: bool = True
    proofs: tuple[RRset, ...] = ()
    security: int = INSECURE

    def __str__(self) -> str:
        """Say it in a diary: `NXDOMAIN`, or `no data`."""
        nodata = self.rcode == types.NOERROR
        return "no data" if nodata else types.rcode_name(self.rcode)


class Alias(NamedTuple):
    """CNAMEs and DNAMEs that lead to `target`, about which nothing was learnt."""

    links: tuple[RRset, ...]
    target: bytes
    authoritative: bool = True
    proofs: tuple[RRset, ...] = ()
    security: int = INSECURE

    def __str__(self) -> str:
        """Say it in a diary: `alias www.example.net.`."""
        return f"alias {names.to_text(self.target)}"


class Referral(NamedTuple):
    """A delegation of `zone`: its NS set, and the addresses that came along.

    `ds` is its DS set, or `proofs` that there is none, from a server that signs.
    """

    zone: bytes
    ns: RRset
    glue: tuple[RRset, ...]
    ds: RRset | None = None
    proofs: tuple[RRset, ...] = ()

    def __str__(self) -> str:
        """Say it in a diary: `referral com. 13 NS`."""
        return f"referral {names.to_text(self.zone)} {len(self.ns.rdatas)} NS"


class Useless(NamedTuple):
    """The server does not help, for `reason`.

    `otherwise` is what the reply would mean if nobody does better: an answer that
    a zone's own server should have given with authority.
    """

    reason: str
    otherwise: Answer | Nothing | Alias | None = None

    def __str__(self) -> str:
        """Say it in a diary: `useless REFUSED`."""
        return f"useless {self.reason}"


Outcome = Answer | Nothing | Alias | Referral | Useless


def judge(
    reply: Message, question: Question, zone: bytes, *, recursive: bool
) -> Outcome:
    """Say what `reply` to `question`, from a server of `zone`, means.

    `recursive` marks a forwarder: it may answer without authority and has no
    business referring us to somebody else.
    """
    rcode = reply.rcode
    if rcode not in {types.NOERROR, types.NXDOMAIN, types.YXDOMAIN}:
        return Useless(types.rcode_name(rcode))
    if not names.is_below(question.name, zone):
        return Useless("asked outside its zone")
    outcome: Outcome = _read_answer(
        reply, question, zone, recursive=recursive
    ) or _read_authority(reply, question, zone)
    if reply.authority and not isinstance(outcome, Useless):
        outcome = _with_proofs(outcome, reply.authority)
    if reply.additional and isinstance(outcome, Answer):
        signed = with_stray_signatures(outcome.rrset, reply.additional)
        if signed is not outcome.rrset:
            outcome = outcome._replace(rrset=signed)
    if isinstance(outcome, Referral):
        return _no_answer(outcome, question) if recursive else outcome
    if isinstance(outcome, Useless) or recursive:
        return outcome
    if reply.flags & types.RA and not reply.flags & types.AA:
        # Somebody's resolver stands where a name server should: what it says is
        # hearsay, and it may be cached from before the zone moved.
        return Useless("recursive and not authoritative", outcome)
    return outcome


def _with_proofs(
    outcome: Answer | Nothing | Alias | Referral, authority: tuple[RRset, ...]
) -> Answer | Nothing | Alias | Referral:
    """Add what signed zones prove: that a name, a type or a DS is not there."""
    proofs = proofs_in(authority)
    if isinstance(outcome, Referral):
        ds = find(authority, outcome.zone, types.DS)
        if ds is None and not proofs:
            return outcome
        return outcome._replace(ds=ds, proofs=proofs)
    if not proofs:
        return outcome
    if isinstance(outcome, Answer) and not any(
        map(is_expanded, (*outcome.links, outcome.rrset))
    ):
        return outcome
    return outcome._replace(proofs=proofs)


def _no_answer(referral: Referral, question: Question) -> Useless:
    """Read a referral from a forwarder, who should have followed it.

    Where all of them do so, it is that they found no such type (Unbound reads it so).
    """
    nothing = Nothing((), question.name, question.rdtype, types.NOERROR, None)
    nothing = nothing._replace(authoritative=False, proofs=referral.proofs)
    return Useless("a forwarder that refers us elsewhere", nothing)


def _read_answer(
    reply: Message, question: Question, zone: bytes, *, recursive: bool
) -> Answer | Nothing | Alias | Useless | None:
    """Follow the answer section from the question to the end of its aliases.

    None means that there is no alias and no answer in it.
    """
    authoritative = bool(reply.flags & types.AA)
    links: list[RRset] = []
    name = question.name
    while True:
        found = find(reply.answer, name, question.rdtype)
        if found is not None:
            if question.rdtype == types.CNAME and not found.signatures:
                links += _implying(reply.answer, found, zone)
            wrong = _contradiction(reply, found)
            return wrong or Answer(tuple(links), found, authoritative)
        step = _alias(reply.answer, name, zone)
        if step is None:
            break
        links.extend(step)
        if len(links) > 2 * MAX_ALIASES or len(step[0].rdatas) > 1:
            return Useless("a chain of aliases that is too long, or branches")
        target = step[-1].rdatas[0].lower()
        if target == b"":
            # RFC 6672 section 2.2: the substituted name would be too long.
            return Nothing(
                tuple(links[:-1]),
                name,
                question.rdtype,
                types.YXDOMAIN,
                None,
                authoritative,
            )
        if not recursive or not names.is_below(target, zone):
            return Alias(tuple(links), target, authoritative)
        name = target
    if not links:
        return None
    return _end_of_chain(reply, tuple(links), Question(name, question.rdtype), zone)


def _contradiction(reply: Message, found: RRset) -> Useless | None:
    """Say what is wrong with the records that were asked for, if anything is."""
    if reply.rcode == types.NXDOMAIN:
        return Useless("NXDOMAIN with an answer")
    if len(found.rdatas) > 1 and found.rdtype in _SINGLE:
        return Useless("two records where there can be one")
    return None


def _alias(section: tuple[RRset, ...], name: bytes, zone: bytes) -> list[RRset] | None:
    """Find the CNAME at `name`, or the DNAME above it with the CNAME it makes."""
    for rrset in section:
        if (
            rrset.rdtype == types.DNAME
            and rrset.rdclass == types.IN
            and name != rrset.name
            and names.is_below(name, rrset.name)
            and names.is_below(rrset.name, zone)
        ):
            return [rrset, substitute(rrset, name)]
    cname = find(section, name, types.CNAME)
    return None if cname is None else [cname]


def _implying(
    section: tuple[RRset, ...], cname: RRset, zone: bytes
) -> tuple[RRset, ...]:
    """Find the DNAME that a CNAME, itself what was asked for, was made from."""
    step = _alias(section, cname.name, zone)
    if step is None or step[0].rdtype != types.DNAME or step[1].rdatas != cname.rdatas:
        return ()
    return (step[0],)


def substitute(dname: RRset, name: bytes) -> RRset:
    """Make the CNAME that a DNAME implies for a name below it (RFC 6672 section 2.2).

    Its target is b"" when the new name would be longer than 255 bytes.
    """
    prefix = name[: len(name) - len(dname.name)]
    target = prefix + dname.rdatas[0]
    if len(target) > names.MAX_NAME:
        target = b""
    return RRset(name, types.CNAME, dname.ttl, (target,))


def find(section: tuple[RRset, ...], name: bytes, rdtype: int) -> RRset | None:
    """Find an Internet-class record set in a section."""
    for rrset in section:
        if rrset.rdtype == rdtype and rrset.name == name and rrset.rdclass == types.IN:
            return rrset
    return None


def _end_of_chain(
    reply: Message, links: tuple[RRset, ...], end: Question, zone: bytes
) -> Nothing | Alias:
    """Judge a chain that ends inside the zone without an answer.

    The response code belongs to the end of the chain (RFC 6604 section 3), but a
    server that stopped halfway also says NOERROR: only an SOA makes it final.
    """
    authoritative = bool(reply.flags & types.AA)
    soa = _soa(reply, end.name, zone)
    if soa is None and reply.rcode != types.NXDOMAIN:
        return Alias(links, end.name, authoritative)
    return Nothing(links, end.name, end.rdtype, reply.rcode, soa, authoritative)


def _soa(reply: Message, name: bytes, zone: bytes) -> RRset | None:
    for rrset in reply.authority:
        if (
            rrset.rdtype == types.SOA
            and names.is_below(name, rrset.name)
            and names.is_below(rrset.name, zone)
        ):
            return rrset
    return None


def _read_authority(
    reply: Message, question: Question, zone: bytes
) -> Nothing | Referral | Useless:
    """Judge a reply without an answer by its authority section.

    An SOA makes it a negative answer (RFC 2308 sections 2.1 and 2.2), an NS set
    below the zone a referral; an NS set at or above it, without authority, is a
    server that does not know the zone (lame).
    """
    name = question.name
    authoritative = bool(reply.flags & types.AA)
    soa = _soa(reply, name, zone)
    if reply.rcode == types.NXDOMAIN:
        return Nothing((), name, question.rdtype, types.NXDOMAIN, soa, authoritative)
    if reply.rcode == types.YXDOMAIN:
        return Useless("YXDOMAIN without a DNAME")
    nothing = Nothing((), name, question.rdtype, types.NOERROR, soa, authoritative)
    if soa is not None:
        return nothing
    for rrset in reply.authority:
        if rrset.rdtype == types.NS:
            return _read_ns(rrset, reply, question, zone)
    if authoritative or any(it.rdtype in PROVING for it in reply.authority):
        return nothing
    return Useless("an empty reply", nothing)


def _read_ns(
    ns: RRset, reply: Message, question: Question, zone: bytes
) -> Nothing | Referral | Useless:
    cut = ns.name
    name, rdtype, _ = question
    authoritative = bool(reply.flags & types.AA)
    if cut == zone:
        if authoritative:
            return Nothing((), name, rdtype, types.NOERROR, None)
        return Useless("lame: refers us to its own zone")
    if names.is_below(zone, cut):
        return Useless("lame: an upward referral")
    if not names.is_below(cut, zone) or not names.is_below(question.name, cut):
        return Useless("lame: a sideways referral")
    if question.rdtype == types.DS and cut == question.name:
        # The parent side of the cut has the DS (RFC 4035 section 3.1.4.1): a
        # referral to the child is this server's way to say that there is none.
        return Nothing((), name, rdtype, types.NOERROR, None, authoritative)
    return Referral(cut, ns, glue(ns, reply, zone))


def glue(ns: RRset, reply: Message, zone: bytes) -> tuple[RRset, ...]:
    """Keep the addresses of the delegation's own servers, inside the asked zone."""
    servers = {rdata.lower() for rdata in ns.rdatas}
    return tuple(
        rrset
        for rrset in reply.additional
        if rrset.rdtype in {types.A, types.AAAA}
        and rrset.rdclass == types.IN
        and rrset.name in servers
        and names.is_below(rrset.name, zone)
    )
