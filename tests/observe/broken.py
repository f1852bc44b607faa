"""A signed box in which some zones are signed wrongly."""

from collections.abc import Callable, Mapping
from typing import Any

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.zone
import pytest
from dns.rdatatype import RdataType

from resolver.lab import description
from resolver.lab.box import Box
from resolver.lab.description import Host, Ingredient, ZoneSpec
from resolver.lab.sign import Key, make_key
from tests.observe.boxed import NOW

DAY = 86400
Sign = Callable[[dns.zone.Zone, Key], None]


def dated(begin: int, end: int) -> Sign:
    """Sign for a time, in seconds from now."""

    def sign(content: dns.zone.Zone, key: Key) -> None:
        dns.dnssec.sign_zone(
            content,
            keys=[(key.private, key.public)],
            dnskey_ttl=3600,
            inception=int(NOW) + begin,
            expiration=int(NOW) + end,
        )

    return sign


well = dated(-3600, 30 * DAY)


def with_other_key(content: dns.zone.Zone, _key: Key) -> None:
    """Sign with a key that the parent zone knows nothing of."""
    well(content, make_key())


def not_at_all(_content: dns.zone.Zone, _key: Key) -> None:
    """Leave the zone as it is."""


def changed(content: dns.zone.Zone, key: Key) -> None:
    """Change the data when it is signed."""
    well(content, key)
    rdataset = _www(content).find_rdataset(dns.rdataclass.IN, RdataType.A)
    other = next(iter(rdataset)).replace(address="192.0.2.99")
    rdataset.clear()
    rdataset.add(other)


def without_signatures(content: dns.zone.Zone, key: Key) -> None:
    """Lose the signatures of all but the keys."""
    well(content, key)
    for node in content.nodes.values():
        for covered in {each.covers for each in node} - {RdataType.DNSKEY}:
            node.delete_rdataset(dns.rdataclass.IN, RdataType.RRSIG, covered)


def by_unknown_key(content: dns.zone.Zone, key: Key) -> None:
    """Have a set signed by a key that is not published."""
    well(content, key)
    node, stranger = _www(content), make_key()
    covered = RdataType.A
    node.delete_rdataset(dns.rdataclass.IN, RdataType.RRSIG, covered)
    name = dns.name.from_text("www", content.origin)
    rdataset = node.find_rdataset(dns.rdataclass.IN, covered)
    signature = dns.dnssec.sign(
        (name, rdataset),
        stranger.private,
        content.origin or dns.name.root,
        stranger.public,
        inception=int(NOW) - DAY,
        expiration=int(NOW) + DAY,
    )
    signatures = node.find_rdataset(
        dns.rdataclass.IN, RdataType.RRSIG, covered, create=True
    )
    signatures.add(signature, 3600)


def without_proofs(content: dns.zone.Zone, key: Key) -> None:
    """Lose the NSEC records."""
    well(content, key)
    for node in content.nodes.values():
        node.delete_rdataset(dns.rdataclass.IN, RdataType.NSEC)


def _www(content: dns.zone.Zone) -> Any:
    return content.find_node(dns.name.from_text("www", content.origin))


def box(signs: Mapping[str, Sign], monkeypatch: pytest.MonkeyPatch) -> Box:
    """Make a box with the zones LABEL.lab., each signed in its own way.

    "." and "lab." may be among them; what is not is signed as it should be.
    """
    named = {
        each if each.endswith(".") else f"{each}.lab.": how
        for each, how in signs.items()
    }

    def sign(content: dns.zone.Zone, key: Key, *_: object) -> None:
        assert content.origin is not None
        named.get(content.origin.to_text(), well)(content, key)

    monkeypatch.setattr(description, "sign", sign)
    root = (Host("a.root-servers.net.", ("127.53.20.1",)),)
    zones = [
        ZoneSpec(".", root),
        ZoneSpec("root-servers.net.", root, signed=False),
        ZoneSpec("lab.", (Host("ns.lab.", ("127.53.20.2",)),)),
    ]
    zones += [
        ZoneSpec(name, (Host(f"ns.{name}", ("127.53.20.3",)),), "www A 192.0.2.80")
        for name in named
        if name not in {".", "lab."}
    ]
    return Box((Ingredient("broken", "", tuple(zones)),), signed=True, now=NOW)
