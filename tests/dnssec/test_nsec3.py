"""Reading NSEC3 records, hashing, and the closest encloser."""

import dns.dnssec
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec import nsec3
from resolver.dnssec.proof import Proof, Status
from resolver.wire import types
from tests.dnssec.pretend import PretendZone, named, proof

EXAMPLE = named("example.")
# RFC 5155 appendix A: salt AABBCCDD, 12 iterations.
SALT = bytes.fromhex("AABBCCDD")
OWNER = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
HIGH = "2t7b4g4vsa5smi47k61mv5bv1a22bojr"
LINE = f"{OWNER}.example. NSEC3 1 1 12 aabbccdd {HIGH} NS SOA MX RRSIG DNSKEY"


def free(_count: int) -> None:
    pass


def chain(zone: PretendZone, *, opt_out: bool = False) -> nsec3.Chain:
    found = nsec3.Chain(zone.origin, 0, b"", free)
    for each in zone.nsec3(opt_out=opt_out):
        record = nsec3.parse(each, zone.origin)
        assert record is not None
        found.add(record)
    return found


def test_a_record_is_read() -> None:
    found = nsec3.parse(proof(LINE), EXAMPLE)
    assert found is not None
    assert found.low == nsec3.hash_name(EXAMPLE, 12, SALT)
    assert found.high == nsec3.hash_name(named("ns1.example."), 12, SALT)
    assert (found.opt_out, found.iterations, found.salt) == (True, 12, SALT)
    assert found.bitmap.startswith(b"\x00\x07")


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("NSEC3 1 1", "NSEC3 2 1"),  # no such hash
        LINE.replace("NSEC3 1 1", "NSEC3 1 2"),  # no such flag
        LINE.replace("NSEC3 1 1", "NSEC3 1 3"),
        LINE.replace(HIGH, HIGH[:24]),
        LINE.replace(OWNER, OWNER[:-1] + "w"),
        LINE.replace(OWNER, OWNER[:16] + "_" + OWNER[17:]),
        LINE.replace(OWNER, " " + OWNER[1:]).replace(" 0", "\\0320", 1),
        LINE.replace(OWNER, OWNER[1:]),
        LINE.replace(".example.", ".a.example."),  # deeper down
        LINE.replace(".example.", ".other."),
        LINE.replace(".example.", "."),
        LINE.replace(OWNER + ".", ""),
    ],
)
def test_what_is_unknown_or_elsewhere_is_ignored(line: str) -> None:
    assert nsec3.parse(proof(line.removeprefix(" ")), EXAMPLE) is None


def test_a_record_of_another_signer_is_ignored() -> None:
    assert nsec3.parse(proof(LINE, signer="."), EXAMPLE) is None
    assert nsec3.parse(proof(LINE), named("a.example.")) is None


@given(st.integers(0, 60))
def test_a_record_that_ends_early_is_ignored(length: int) -> None:
    whole = proof(LINE)
    short = whole._replace(rdata=whole.rdata[:length])
    ends_well = length in {len(whole.rdata), 4 + 1 + 4 + 1 + 20}
    assert (nsec3.parse(short, EXAMPLE) is not None) == (
        ends_well or length > len(whole.rdata)
    )


@given(st.binary(max_size=80))
def test_any_bytes_can_be_read(data: bytes) -> None:
    nsec3.parse(Proof(proof(LINE).owner, types.NSEC3, data, EXAMPLE), EXAMPLE)


@given(
    st.lists(st.binary(min_size=1, max_size=5), max_size=4),
    st.integers(0, 20),
    st.binary(max_size=40),
)
def test_names_are_hashed_as_dnspython_does(
    labels: list[bytes], iterations: int, salt: bytes
) -> None:
    name = dns.name.Name([*labels, b""]).canonicalize()
    hashed = nsec3.hash_name(name.to_wire() or b"", iterations, salt)
    expected = dns.dnssec.nsec3_hash(name, salt, iterations, "SHA1")
    assert hashed == int(expected, 32).to_bytes(20, "big")


@pytest.mark.parametrize(
    ("iterations", "salt", "price"),
    [(0, 0, 1), (50, 0, 51), (50, 44, 51), (50, 45, 102), (0, 255, 5)],
)
def test_a_long_salt_makes_hashing_dearer(
    iterations: int, salt: int, price: int
) -> None:
    assert nsec3.price(iterations, b"s" * salt) == price
    assert (price <= nsec3.MAX_PRICE) == (price < 52)


def test_the_closest_encloser_is_found_and_shown() -> None:
    zone = PretendZone(EXAMPLE, {named("a.b.example."): "A"})
    found = chain(zone).encloser(named("x.y.b.example."))
    assert isinstance(found, nsec3.Encloser)
    assert found.name == named("b.example.")
    assert found.next_closer == named("y.b.example.")


def test_an_encloser_that_passes_on_what_is_below_proves_nothing() -> None:
    zone = PretendZone(EXAMPLE, {named("b.example."): "NS"})
    verdict = nsec3.name_error(chain(zone), named("a.b.example."))
    assert (verdict.status, verdict.ede) == (Status.UNPROVEN, 6)
    assert verdict.reason.endswith("passes on all below b.example.")


def test_without_an_encloser_there_is_no_proof() -> None:
    empty = nsec3.Chain(EXAMPLE, 0, b"", free)
    verdict = nsec3.name_error(empty, named("a.b.example."))
    assert verdict.reason == "nothing is at an ancestor of example."
    assert nsec3.no_data(empty, EXAMPLE, types.A).ede == 12
    root = nsec3.Chain(b"\x00", 0, b"", free)
    assert nsec3.no_data(root, b"\x00", types.A).ede == 12


def test_a_zone_of_one_name_covers_all_others() -> None:
    zone = PretendZone(EXAMPLE, {})
    found = chain(zone)
    verdict = nsec3.name_error(found, named("a.example."))
    assert verdict.proven
    assert found.covering(EXAMPLE) is None
    assert "covers a.example." in verdict.reason
    assert verdict.reason.endswith("covers *.example.")


def test_a_name_that_is_there_is_not_absent() -> None:
    zone = PretendZone(EXAMPLE, {named("a.example."): "A", named("*.example."): "A"})
    found = chain(zone)
    assert nsec3.absent(found, named("a.example.")).ede == 6
    assert nsec3.absent(found, named("b.example.")).proven
    assert nsec3.name_error(found, named("a.example.")).ede == 6
    assert nsec3.name_error(found, named("b.example.")).ede == 6
    assert nsec3.no_data(found, named("b.example."), types.A).ede == 6
    assert nsec3.no_data(found, named("b.example."), types.MX).proven


def test_delegations_are_told_apart() -> None:
    contents = {named("a.example."): "NS", named("b.example."): "NS DS"}
    zone = PretendZone(EXAMPLE, contents)
    found = chain(zone)
    assert nsec3.no_delegation(found, named("a.example.")).proven
    assert nsec3.no_delegation(found, named("b.example.")).ede == 6
    assert nsec3.no_delegation(found, named("c.example.")).status is Status.NO_CUT
    spared = chain(zone, opt_out=True)
    assert nsec3.no_delegation(spared, named("a.example.")).status is Status.OPT_OUT
    assert nsec3.no_delegation(spared, named("b.example.")).ede == 6


def test_a_search_goes_up_name_by_name_and_ends_where_something_is() -> None:
    zone = named("example.")
    spent: list[int] = []
    chain = nsec3.Chain(zone, 0, b"", spent.append)
    middle = named("b.example.")
    key = nsec3.hash_name(middle, 0, b"")
    owner = b"\x20" + b"0" * 32 + zone
    chain.add(
        nsec3.Nsec3(owner, key, key, opt_out=False, iterations=0, salt=b"", bitmap=b"")
    )
    name = named("d.c.b.example.")
    ways = [name]
    while ways[-1]:
        ways.append(chain.seek(ways[-1]))
    assert ways == [name, named("c.b.example."), middle, b""]
    # What was hashed is not hashed again, nor is anything above the zone.
    assert len(spent) == 3
    chain.matching(name)
    assert len(spent) == 3
    assert chain.seek(zone) == b""
