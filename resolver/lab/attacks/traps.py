"""Zones that are made to be dear to validate: keys, signatures, DS and hashes in crowds.

Who looks for a signature that fits has to try, and who makes the zone decides how much
there is to try: keys with one tag, signatures that name it, DS that name it, names that
have to be hashed.  Each alone is a factor, and all of them multiply (KeyTrap).  What is
measured is the work for a question, and for how long nobody else has a turn meanwhile.

Keys that share a tag are cheap to make with RSA: any odd number is a modulus, and the
tag is a sum of its bytes.  Nobody could sign with them; that is not what they are for.
"""

import asyncio
import base64
import random
from typing import Final, NamedTuple

from dns.message import Message
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset

from resolver.dnssec.keys import key_tag
from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.stage import WALL, Build, Stage
from resolver.lab.behaviours import HONEST, Asked, Behaviour, Edit, edits
from resolver.lab.box import Box
from resolver.lab.description import Host, Ingredient, ZoneSpec
from resolver.lab.faults import GOOD, Fault
from resolver.lab.sign import NSEC3, Signing

# Questions asked in each attack, half of them at once.
ROUNDS: Final = 12
# CPU seconds for one question, and seconds for which nobody else may have a turn.
MOST_CPU: Final = 0.05
MOST_WAIT: Final = 0.02
# Keys that share a tag, signatures and DS that name it: as many as a message holds.
# The paper has 589 keys and 519 signatures, which took Unbound 1014 seconds.
KEYS: Final = 200
SIGNATURES: Final = 200
DS: Final = 1000
TAG: Final = 4711
RSASHA256: Final = 8
BYTES: Final = 256  # of a modulus
# Labels of a name, and iterations, as many as are not too many.
LABELS: Final = 100
ITERATIONS: Final = 50

_ROOT: Final = (Host("a.root-servers.net.", ("198.51.100.1",)),)
_TLD: Final = (Host("ns.trap.", ("198.51.100.2",)),)
_ZONE: Final = "zone.trap."


class Trap(NamedTuple):
    """What is dear about a zone.

    `keys` share a tag, and their exponent has so many bytes; `ds` name that tag, besides
    those that the fault has; `jam` changes replies.  Questions are about names that begin
    with `prefix`.
    """

    keys: int = 0
    exponent: int = 3
    ds: int = 0
    jam: Edit | None = None
    signing: Signing = Signing(RSASHA256)
    prefix: str = "www"


async def key_sig_trap(build: Build) -> Verdict:
    """Try all of many signatures with all of many keys."""
    return await _play(build, Trap(KEYS, jam=_no_good_signatures(SIGNATURES, TAG)))


async def sig_jam(build: Build) -> Verdict:
    """Try all of many signatures with one key."""
    return await _play(build, Trap(jam=_no_good_signatures(SIGNATURES)))


async def lock_cram(build: Build) -> Verdict:
    """Try one signature with all of many keys."""
    return await _play(build, Trap(KEYS, jam=_no_good_signatures(1, TAG)))


async def hash_trap(build: Build) -> Verdict:
    """Look for the one of many keys that one of many DS is about."""
    nobody = Signing(RSASHA256, fault=GOOD._replace(ds=()))
    return await _play(build, Trap(KEYS, ds=DS, signing=nobody))


async def many_ds(build: Build) -> Verdict:
    """Look for the DS that is about the key among many that are about none."""
    return await _play(build, Trap(ds=DS))


async def exotic_rsa(build: Build) -> Verdict:
    """Use keys whose exponent is as long as the modulus: each check takes ages."""
    jam = _no_good_signatures(SIGNATURES, TAG)
    return await _play(build, Trap(KEYS // 2, exponent=BYTES, jam=jam))


async def nsec3_closest_encloser(build: Build) -> Verdict:
    """Look for the closest encloser of names with many labels, each hashed dearly."""
    signing = Signing(denial=NSEC3, fault=Fault("dear", iterations=ITERATIONS))
    prefix = "x." * LABELS + "missing"
    return await _play(build, Trap(signing=signing, prefix=prefix))


async def _play(build: Build, trap: Trap) -> Verdict:
    """Ask about names in the zone, one by one and then at once."""
    box = Box((_zones(trap),), signed=True, now=WALL)
    stage = Stage(build, box)
    await stage.ask("trap. NS")
    stage.begin()
    questions = [f"{trap.prefix}{turn}.{_ZONE} A" for turn in range(ROUNDS)]
    for question in questions[: ROUNDS // 2]:
        await stage.ask(question)
    await asyncio.gather(*map(stage.send, questions[ROUNDS // 2 :]))
    return _verdict(stage)


def _zones(trap: Trap) -> Ingredient:
    chance = random.Random(1)  # noqa: S311 - every play is to be the same
    lines = [_key(chance, trap.exponent) for _ in range(trap.keys)]
    lines += [f"www{turn} A 203.0.113.66" for turn in range(ROUNDS)]
    behaviour = HONEST
    if trap.jam is not None:
        behaviour = Behaviour("jams", "adds signatures", edits(trap.jam))
    host = Host(f"ns.{_ZONE}", ("198.51.100.66",), behaviour)
    digests = [chance.randbytes(32).hex() for _ in range(trap.ds)]
    vouching = "\n".join(f"zone DS {TAG} {RSASHA256} 2 {it}" for it in digests)
    zones = (
        ZoneSpec(".", _ROOT),
        ZoneSpec("root-servers.net.", _ROOT, signed=False),
        ZoneSpec("trap.", _TLD, vouching),
        ZoneSpec(_ZONE, (host,), "\n".join(lines), signing=trap.signing),
    )
    return Ingredient("trap", "a zone that is dear", zones)


def _verdict(stage: Stage) -> Verdict:
    cost = stage.cost
    each = cost.cpu / ROUNDS
    outcome = (
        f"{each * 1000:.1f} ms of CPU for a question,"
        f" {cost.turn * 1000:.1f} ms without a turn for others"
    )
    held = each <= MOST_CPU and cost.turn <= MOST_WAIT and not stage.errors
    return Verdict(cost, outcome, held)


def _key(chance: random.Random, exponent: int) -> str:
    """Make a key with the tag that all of them have."""
    power = b"\1" * exponent
    # RFC 3110 section 2: a length of one byte, or a zero and two.
    size = exponent.to_bytes(1, "big") if exponent < BYTES else b"\0\1\0"
    head = b"\1\1\3" + bytes((RSASHA256,)) + size + power
    while True:
        # The tag is a sum of 16-bit words (RFC 4034 appendix B): one makes up the rest.
        high = b"\xc0" + chance.randbytes(BYTES - 5 - len(head) % 2)
        low = chance.randbytes(1 + len(head) % 2) + b"\1"
        rest = TAG - key_tag(head + high + b"\0\0" + low) & 0xFFFF
        data = head + high + rest.to_bytes(2, "big") + low
        if key_tag(data) == TAG:
            return f"@ DNSKEY 257 3 {RSASHA256} {base64.b64encode(data[4:]).decode()}"


def _no_good_signatures(count: int, tag: int = 0) -> Edit:
    """Put signatures that do not fit in the place of those of addresses.

    They name a `tag`, or that of the key that made the right one.
    """

    def edit(reply: Message, _: Asked) -> None:
        for place, rrset in enumerate(reply.answer):
            right = rrset[0]
            if not isinstance(right, RRSIG) or right.type_covered != RdataType.A:
                continue
            wrong = RRset(rrset.name, rrset.rdclass, rrset.rdtype, rrset.covers)
            for number in range(count):
                forged = number.to_bytes(4, "big") + right.signature[4:]
                named = tag or right.key_tag
                wrong.add(right.replace(key_tag=named, signature=forged), rrset.ttl)
            reply.answer[place] = wrong

    return edit
