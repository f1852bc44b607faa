"""The right answer of an authoritative server.

This is the algorithm of RFC 1034 section 4.3.2 over the zones that a server has: go
down from the closest zone; a cut ends it with a referral, a DNAME or CNAME starts it
again at another name, a wildcard stands in for what is missing, and what is left is
an answer, no data or no such name.  `respond` is a pure function from zones and a
query to a reply; misbehaviour is added elsewhere (`behaviours`), so that whatever a
lying server says is a change made to the truth.

Like NSD, the reply to a good question also names the zone's servers: a resolver has
to cope with unasked-for records, so the lab gives it some.
"""

from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdtypes.IN.SRV
import dns.rdtypes.mxbase
import dns.rdtypes.nsbase
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rrset import RRset

from resolver.lab.zones import Zone, ZoneSet

# The largest UDP reply, DNS flag day 2020; NSD, BIND and Knot DNS send as much.
MAX_UDP: Final = 1232
# UDP replies to those who do not speak EDNS, RFC 1035 section 4.2.1.
MIN_UDP: Final = 512
# Aliases followed inside one reply, as BIND's `max-restarts` before 9.20 (16).
MAX_CHAIN: Final = 16

_FIRST_META_TYPE: Final = 128  # RFC 6895 section 3.1; ANY alone is answered


def respond(zones: ZoneSet, query: Message) -> Message:
    """Answer a query from the zones at hand."""
    reply = dns.message.make_response(query, our_payload=MAX_UDP)
    dnssec = query.edns >= 0 and bool(query.ednsflags & dns.flags.DO)
    if dnssec:
        reply.ednsflags |= dns.flags.DO  # RFC 3225 section 3
    rcode = _complaint(query)
    if rcode == Rcode.NOERROR:
        question = query.question[0]
        _Composition(zones, reply, dnssec=dnssec).compose(
            question.name, question.rdtype
        )
    else:
        reply.set_rcode(rcode)
    return reply


def encode(reply: Message, query: Message, *, tcp: bool) -> bytes:
    """Write a reply in no more bytes than its way allows.

    What may be left out is left out first; glue of a referral may not (RFC 9471), and
    a reply that is still too long is empty and has TC set.
    """
    limit = 65535 if tcp else max(MIN_UDP, min(query.payload, MAX_UDP))
    for shorten in (_as_it_is, _drop_additional, _truncate):
        shorten(reply)
        try:
            packet = reply.to_wire(max_size=65535, want_shuffle=False)
        except dns.exception.TooBig:
            continue
        if len(packet) <= limit:
            return packet
    raise ValueError("the question alone is too long for a reply")


def _as_it_is(reply: Message) -> None:
    """Leave a reply whole: the first thing to try."""


def _drop_additional(reply: Message) -> None:
    if reply.flags & dns.flags.AA:
        reply.additional.clear()


def _truncate(reply: Message) -> None:
    reply.flags |= dns.flags.TC
    for section in (reply.answer, reply.authority, reply.additional):
        section.clear()


def _complaint(query: Message) -> Rcode:
    """Judge the query itself: NOERROR when there is nothing to complain about."""
    if query.opcode() != dns.opcode.QUERY:
        return Rcode.NOTIMP
    if query.edns > 0:
        return Rcode.BADVERS
    if len(query.question) != 1:
        return Rcode.FORMERR
    question = query.question[0]
    if question.rdclass != dns.rdataclass.IN:
        return Rcode.REFUSED
    if question.rdtype >= _FIRST_META_TYPE and question.rdtype <= RdataType.AXFR:
        return Rcode.REFUSED
    return Rcode.NOERROR


class _Composition:
    """One reply while it is put together."""

    def __init__(self, zones: ZoneSet, reply: Message, *, dnssec: bool) -> None:
        self._zones = zones
        self._reply = reply
        self._dnssec = dnssec

    def compose(self, name: Name, rdtype: RdataType) -> None:
        """Follow a question, through the aliases that are here, to its end."""
        seen: set[Name] = set()
        for step in range(MAX_CHAIN):
            seen.add(name)
            zone = self._zones.closest(name, rdtype)
            if zone is None:
                if step == 0:
                    self._reply.set_rcode(Rcode.REFUSED)
                return
            target = self._look(zone, name, rdtype)
            if step == 0 and not self._is_referral():
                self._reply.flags |= dns.flags.AA
            if target is None or target in seen:
                self._add_addresses(zone)
                return
            name = target

    def _look(self, zone: Zone, name: Name, rdtype: RdataType) -> Name | None:
        """Look a name up in a zone; give the name to go on with, if any."""
        cut = zone.cut_above(name)
        if cut is not None and not (cut == name and rdtype == RdataType.DS):
            self._refer(zone, cut)
            return None
        redirected = zone.dname_above(name)
        if redirected is not None:
            target = self._redirect(zone, redirected, name)
            # The CNAME made from the DNAME may be what was asked for.
            return None if rdtype in {RdataType.CNAME, RdataType.ANY} else target
        if zone.exists(name):
            return self._tell(zone, name, name, rdtype)
        wildcard = zone.wildcard_below(zone.closest_encloser(name))
        if wildcard is not None:
            return self._tell(zone, wildcard, name, rdtype)
        self._deny_name(zone, name)
        return None

    def _refer(self, zone: Zone, cut: Name) -> None:
        """Send the resolver to the zone below; say whether it is signed."""
        self._put(self._reply.authority, zone, cut, RdataType.NS, signed=False)
        if self._dnssec and not self._put(
            self._reply.authority, zone, cut, RdataType.DS
        ):
            self._prove(zone, zone.proof_at(cut))

    def _redirect(self, zone: Zone, owner: Name, name: Name) -> Name | None:
        """Follow a DNAME: it, and the CNAME made from it (RFC 6672 section 3.1)."""
        self._put(self._reply.answer, zone, owner, RdataType.DNAME)
        dname = zone.rrset(owner, RdataType.DNAME)
        if dname is None:
            return None
        try:
            prefix = name.relativize(owner)
            target = prefix.concatenate(_target(dname[0]) or dns.name.root)
        except dns.name.NameTooLong:
            self._reply.set_rcode(Rcode.YXDOMAIN)
            return None
        alias = dns.rrset.from_text(name, dname.ttl, "IN", "CNAME", target.to_text())
        self._reply.answer.append(alias)
        return target

    def _tell(
        self, zone: Zone, owner: Name, name: Name, rdtype: RdataType
    ) -> Name | None:
        """Say what `owner` has as the records of `name`; a wildcard may own them."""
        cname = zone.rrset(owner, RdataType.CNAME)
        if self._put_asked(zone, owner, name, rdtype):
            self._add_servers(zone, name, rdtype)
            target = None
        elif cname is not None:
            self._put(self._reply.answer, zone, owner, RdataType.CNAME, name=name)
            target = _target(cname[0])
        else:
            self._add_soa(zone)
            self._prove(zone, zone.proof_at(owner))
            target = None
            if owner != name:
                self._prove(zone, zone.proof_below(name, owner.parent()))
        if owner != name:
            # It is the wildcard's because nothing closer is there.
            self._prove(zone, zone.proof_of_closer(name, owner.parent()))
        return target

    def _put_asked(
        self, zone: Zone, owner: Name, name: Name, rdtype: RdataType
    ) -> bool:
        """Put what a type, ANY or RRSIG asks for into the answer, if it is there."""
        answer = self._reply.answer
        before = len(answer)
        if rdtype == RdataType.RRSIG:
            found = [
                zone.signatures(owner, each, name) for each in zone.types_at(owner)
            ]
            answer.extend(rrset for rrset in found if rrset is not None)
        else:
            asked = zone.types_at(owner) if rdtype == RdataType.ANY else [rdtype]
            for each in asked:
                self._put(answer, zone, owner, each, name=name)
        return len(answer) > before

    def _deny_name(self, zone: Zone, name: Name) -> None:
        """No such name: neither it nor a wildcard that could stand in for it."""
        self._reply.set_rcode(Rcode.NXDOMAIN)
        self._add_soa(zone)
        encloser = zone.closest_encloser(name)
        self._prove(zone, zone.proof_below(name, encloser))
        self._prove(zone, zone.proof_of_no_wildcard(encloser))

    def _add_soa(self, zone: Zone) -> None:
        soa = zone.soa_for_denial()
        self._reply.authority.append(soa)
        signatures = zone.signatures(zone.origin, RdataType.SOA)
        if self._dnssec and signatures is not None:
            signatures.update_ttl(soa.ttl)
            self._reply.authority.append(signatures)

    def _add_servers(self, zone: Zone, name: Name, rdtype: RdataType) -> None:
        """Name the zone's servers, unless they are the answer; NSD skips DS too."""
        told = name == zone.origin and rdtype in {RdataType.NS, RdataType.ANY}
        if not told and rdtype != RdataType.DS:
            self._put(self._reply.authority, zone, zone.origin, RdataType.NS)

    def _add_addresses(self, zone: Zone) -> None:
        """Add the addresses of the hosts that the reply names, as far as the zone knows."""
        told = {(rrset.name, rrset.rdtype) for rrset in self._reply.answer}
        for rrset in (*self._reply.answer, *self._reply.authority):
            for host in (_host(rdata) for rdata in rrset):
                if host is None or not host.is_subdomain(zone.origin):
                    continue
                glue = zone.cut_above(host) is not None
                if glue and rrset.rdtype != RdataType.NS:
                    continue
                for rdtype in (RdataType.A, RdataType.AAAA):
                    if (host, rdtype) not in told:
                        told.add((host, rdtype))
                        section = self._reply.additional
                        self._put(section, zone, host, rdtype, signed=not glue)

    def _prove(self, zone: Zone, owners: list[Name]) -> None:
        """Add NSEC or NSEC3 records (RFC 4035 section 3.1.3, RFC 5155 section 7.2)."""
        if not self._dnssec:
            return
        told = {(each.name, each.rdtype) for each in self._reply.authority}
        for owner in owners:
            if (owner, zone.denial) not in told:
                told.add((owner, zone.denial))
                self._put(self._reply.authority, zone, owner, zone.denial)

    def _put(
        self,
        section: list[RRset],
        zone: Zone,
        owner: Name,
        rdtype: RdataType,
        *,
        name: Name | None = None,
        signed: bool = True,
    ) -> bool:
        """Put records, and their signatures if wanted, into a section."""
        rrset = zone.rrset(owner, rdtype, name)
        if rrset is None:
            return False
        section.append(rrset)
        signatures = zone.signatures(owner, rdtype, name)
        if signed and self._dnssec and signatures is not None:
            section.append(signatures)
        return True

    def _is_referral(self) -> bool:
        return not self._reply.answer and any(
            rrset.rdtype == RdataType.NS for rrset in self._reply.authority
        )


def _target(rdata: Rdata) -> Name | None:
    return rdata.target if isinstance(rdata, dns.rdtypes.nsbase.NSBase) else None


def _host(rdata: Rdata) -> Name | None:
    """Name the host whose addresses a reader of the record wants next."""
    if rdata.rdtype == RdataType.NS:
        return _target(rdata)
    if isinstance(rdata, dns.rdtypes.mxbase.MXBase):
        return rdata.exchange
    return rdata.target if isinstance(rdata, dns.rdtypes.IN.SRV.SRV) else None
