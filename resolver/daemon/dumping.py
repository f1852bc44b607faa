"""Writing the cache down and taking it back: `resolver cache dump` and `cache load`.

The cache is told in parts, each of some milliseconds, so that clients do not wait; who
wants all of it asks for one part after the other.

**What is taken back** is not believed because it was written: records that were secure
when they were dumped come back as unchecked, with their signatures and proofs, so that
they are validated when somebody asks for them, without a question to anybody.  Neither
does anything take the place of what was learnt here and holds, nor hold longer than the
configuration allows.  Delegations and what is known of servers are not dumped: a walk
finds them again in one or two questions.
"""

from collections.abc import Mapping
from typing import Final

from resolver.beliefs import BOGUS, INSECURE, UNCHECKED
from resolver.cache.rrsets import EVERY_TYPE, RANK_ANSWER, Entry
from resolver.config.meeting import MAX_LOAD
from resolver.daemon.asked import name_of, number_of, type_of
from resolver.daemon.commands import Arguments, Refused
from resolver.daemon.inspecting import told_entry
from resolver.daemon.subject import Subject
from resolver.wire import names, types
from resolver.wire.message import RRset
from resolver.wire.rdata import INTERNET, Malformed, Names, read_rdata

# Bytes in front of record data where it is read as in a packet: where names may begin.
_FRONT: Final = 12
# RFC 2181 section 8.
MAX_TTL: Final = 2**31 - 1
_MAX_RDATA: Final = 65_535
_NOTHING: Final = {"NODATA": types.NOERROR, "NXDOMAIN": types.NXDOMAIN}


async def cache_dump(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Tell what is in the `part` of that number, and how many `parts` there are."""
    rrsets, now = subject.core.stores.rrsets, subject.clock()
    part = number_of(arguments, "part")
    if part >= rrsets.parts:
        raise Refused(f"part: there are {rrsets.parts}")
    return {
        "parts": rrsets.parts,
        "wall": subject.wall(),
        "entries": [
            {"name": names.to_text(it.name)} | told_entry(it, now)
            for it in rrsets.part(part)
            if _is_worth_it(it, now)
        ],
    }


def _is_worth_it(entry: Entry, now: float) -> bool:
    """Leave out what would not be taken back.

    That a delegation has no DS comes with a referral, without an SOA, and does so again.
    """
    found = entry.past.found
    if found.rrset is None and found.soa is None:
        return False
    return now < entry.past.expires and found.security != BOGUS


async def cache_load(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Take `entries` into the cache that were dumped.

    Gives how many were `kept`, and what was `refused`: pairs of a position and a reason.
    """
    entries = arguments.get("entries")
    if not isinstance(entries, list) or len(entries) > MAX_LOAD:
        raise Refused(f"entries: a list of at most {MAX_LOAD} is needed")
    refused: list[tuple[int, str]] = []
    for position, entry in enumerate(entries):
        try:
            _load(subject, _object(entry, "an entry"))
        except Refused as reason:
            refused.append((position, str(reason)))
    return {"kept": len(entries) - len(refused), "refused": refused}


def _load(subject: Subject, entry: Mapping[str, object]) -> None:
    name, rdtype = name_of(entry), type_of(entry)
    left = entry.get("left")
    if isinstance(left, bool) or not isinstance(left, int | float) or not left >= 1:
        raise Refused("left: a number of seconds from 1 is needed")
    ttl = int(min(left, MAX_TTL))
    proofs = tuple(_sets(entry.get("proofs", []), ttl))
    found = list(_sets([entry["set"]] if entry.get("set") else [], ttl))
    rrset = found[0] if found else None
    validating = subject.core.validation is not None
    security = UNCHECKED if validating else INSECURE
    rrsets, now = subject.core.stores.rrsets, subject.clock()
    nothing = entry.get("nothing", "")
    if nothing == "":
        if rrset is None or rrset.name != name or rrset.rdtype != rdtype:
            raise Refused("there is no set of that name and type in it")
        rrsets.put(rrset, RANK_ANSWER, now, security, proofs)
        return
    rcode = _NOTHING.get(str(nothing))
    if rcode is None:
        raise Refused("nothing: NODATA or NXDOMAIN is needed")
    if (
        rrset is None
        or rrset.rdtype != types.SOA
        or not names.is_below(name, rrset.name)
    ):
        raise Refused("there is no SOA in it of a zone that the name is in")
    if rdtype is None and rcode != types.NXDOMAIN:
        raise Refused("type: of which type there is nothing is not said")
    denied = EVERY_TYPE if rdtype is None else rdtype
    rrsets.put_nothing(name, denied, rcode, rrset, now, RANK_ANSWER, security, proofs)


def _object(told: object, what: str) -> Mapping[str, object]:
    if not isinstance(told, dict):
        raise Refused(f"{what} is an object")
    return told


def _sets(told: object, ttl: int) -> list[RRset]:
    """Read sets.  Raises `Refused`."""
    if not isinstance(told, list):
        raise Refused("sets are a list")
    return [_set(it, ttl) for it in told]


def _set(told: object, ttl: int) -> RRset:
    told = _object(told, "a set")
    rdtype = type_of(told)
    if rdtype is None:
        raise Refused("type: a number is needed")
    datas = _datas(told.get("data"), rdtype)
    if not datas:
        raise Refused("data: there is none")
    signatures = _datas(told.get("signatures", []), types.RRSIG)
    return RRset(name_of(told), rdtype, ttl, datas, signatures)


def _datas(told: object, rdtype: int) -> tuple[bytes, ...]:
    if not isinstance(told, list):
        raise Refused("data: a list of texts is needed")
    return tuple(_data(it, rdtype) for it in told)


def _data(text: object, rdtype: int) -> bytes:
    """Read record data, which has to be as its type wants it, and uncompressed."""
    try:
        data = bytes.fromhex(text) if isinstance(text, str) else b""
        if len(data) > _MAX_RDATA:
            raise Refused("data: that is too long")
        layout = INTERNET.get(rdtype)
        if layout is not None:
            packet = bytes(_FRONT) + data
            if read_rdata(Names(packet), layout, _FRONT, len(packet)) != data:
                raise Refused("data: its names are compressed")
    except (Malformed, IndexError) as error:
        raise Refused(f"data: {error}") from None
    except ValueError:
        raise Refused("data: it is not hexadecimal") from None
    return data
