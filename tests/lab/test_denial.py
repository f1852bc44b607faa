"""The records of a chain: which names, in which order, with which types."""

import dns.name
import dns.zone
import pytest
from dns.rdatatype import RdataType

from resolver.lab.denial import Hashing, add_nsec, add_nsec3, authoritative

ORIGIN = dns.name.from_text("example.com.")
TEXT = """$TTL 3600
@ SOA ns1 hostmaster 1 2 3 4 300
@ NS ns1
ns1 A 192.0.2.1
a.b.c TXT "x"
sub NS ns.sub
ns.sub A 192.0.2.2
safe NS ns1
safe DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
"""


def zone() -> dns.zone.Zone:
    return dns.zone.from_text(TEXT, origin=ORIGIN, relativize=False)


def below(*labels: str) -> list[dns.name.Name]:
    return [dns.name.from_text(label, ORIGIN) if label else ORIGIN for label in labels]


def owners(content: dns.zone.Zone, rdtype: str) -> dict[dns.name.Name, list[str]]:
    """The data of each record of a type, in words, the following name first."""
    found = content.iterate_rdatas(rdtype)
    return {name: rdata.to_text().split() for name, _, rdata in found}


def test_what_is_below_a_cut_is_not_the_zones_own() -> None:
    found = dict(authoritative(zone()))
    assert list(found) == below("", "a.b.c", "ns1", "safe", "sub")
    assert [name for name, is_cut in found.items() if is_cut] == below("safe", "sub")


def test_each_nsec_leads_to_the_next_and_the_last_to_the_first() -> None:
    content = zone()
    add_nsec(content)
    found = owners(content, "NSEC")
    assert sorted(found) == below("", "a.b.c", "ns1", "safe", "sub")
    assert [found[name][0] for name in sorted(found)] == [
        name.to_text() for name in below("a.b.c", "ns1", "safe", "sub", "")
    ]


def test_an_nsec_at_a_cut_tells_what_the_parent_has() -> None:
    content = zone()
    add_nsec(content)
    found = owners(content, "NSEC")
    assert found[below("sub")[0]][1:] == ["NS", "RRSIG", "NSEC"]
    assert found[below("safe")[0]][1:] == ["NS", "DS", "RRSIG", "NSEC"]


@pytest.mark.parametrize("opt_out", [False, True])
def test_each_hash_leads_to_the_next(*, opt_out: bool) -> None:
    content = zone()
    hashing = Hashing(3, b"\xab", opt_out=opt_out)
    add_nsec3(content, hashing)
    found = owners(content, "NSEC3")
    wanted = ["", "a.b.c", "b.c", "c", "ns1", "safe", *([] if opt_out else ["sub"])]
    hashes = sorted(hashing.label(name).decode() for name in below(*wanted))
    assert [name.labels[0].decode() for name in sorted(found)] == hashes
    flags = str(int(opt_out))
    for place, name in enumerate(sorted(found)):
        after = hashes[(place + 1) % len(hashes)]
        assert found[name][:5] == ["1", flags, "3", "ab", after]


def test_a_hash_tells_the_types_of_its_name() -> None:
    content = zone()
    hashing = Hashing()
    add_nsec3(content, hashing)
    found = owners(content, "NSEC3")
    told = {
        label: found[hashing.owner(name, ORIGIN)][5:]
        for label, name in zip(
            ("c", "sub", "safe", ""), below("c", "sub", "safe", ""), strict=True
        )
    }
    assert told == {
        "c": [],
        "sub": ["NS"],
        "safe": ["NS", "DS", "RRSIG"],
        "": ["NS", "SOA", "RRSIG", "NSEC3PARAM"],
    }


def test_the_first_example_of_the_rfc_is_hashed_as_it_says() -> None:
    # RFC 5155 appendix A.
    hashing = Hashing(12, bytes.fromhex("aabbccdd"))
    name = dns.name.from_text("example.")
    assert hashing.label(name) == b"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"


def test_the_parameters_stand_at_the_apex() -> None:
    content = zone()
    add_nsec3(content, Hashing(1, b"\x01"))
    found = content.find_rdataset(ORIGIN, RdataType.NSEC3PARAM)
    assert found[0].to_text() == "1 0 1 01"
