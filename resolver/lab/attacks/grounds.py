"""The ground that attacks are played on: a small Internet with a victim in it.

All servers are in 198.51.100.0/24, and what honest zones say is in 203.0.113.0/24 (RFC
5737).  The attacker has `attacker.com.` and its server; what else an attack needs it
brings along.
"""

from typing import Final

from resolver.lab.behaviours import HONEST, Behaviour
from resolver.lab.box import Box
from resolver.lab.description import Host, Ingredient, ZoneSpec

TLD: Final = "198.51.100.2"
VICTIM_SERVER: Final = "198.51.100.80"
ATTACKER_SERVER: Final = "198.51.100.66"
# What www.victim.net. has for its address, and what liars would have it be.
TRUTH: Final = "203.0.113.80"
LIE: Final = "203.0.113.66"

_ROOT: Final = (Host("a.root-servers.net.", ("198.51.100.1",)),)
_TLDS: Final = (Host("a.gtld-servers.net.", (TLD,)),)
_TOP: Final = (
    ZoneSpec(".", _ROOT),
    ZoneSpec("root-servers.net.", _ROOT),
    ZoneSpec("com.", _TLDS),
    ZoneSpec("net.", _TLDS),
    ZoneSpec("org.", _TLDS),
    ZoneSpec("gtld-servers.net.", _TLDS),
)


def victim(behaviour: Behaviour = HONEST, records: str = "") -> ZoneSpec:
    """Describe the victim: a zone with an honest server and any number of names."""
    host = Host("ns1.victim.net.", (VICTIM_SERVER,), behaviour)
    return ZoneSpec("victim.net.", (host,), f"www A {TRUTH}\n{records}")


def attacker(records: str, behaviour: Behaviour = HONEST) -> ZoneSpec:
    """Describe the attacker's zone."""
    host = Host("ns1.attacker.com.", (ATTACKER_SERVER,), behaviour)
    return ZoneSpec("attacker.com.", (host,), f"www A {LIE}\n{records}")


def box_of(*zones: ZoneSpec) -> Box:
    """Put zones into an Internet."""
    return Box((Ingredient("ground", "where attacks are played", (*_TOP, *zones)),))
