from resolver.ports import Address
from resolver.walk.addresses import MAX_GLUE, MAX_SERVERS, Addresses
from resolver.walk.scrub import Referral, glue
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import question, reply

ZONE = name_from_text("example.")


def anybody(host: str) -> bool:
    return True


def referral(records: str, additional: str = "") -> Referral:
    [ns] = rrsets_from_text(records)
    message = reply(question("example. A"), f";ADDITIONAL\n{additional}")
    return Referral(ZONE, ns, glue(ns, message, b"\0"))


def test_both_families_are_written_in_their_shortest_form() -> None:
    addresses = Addresses(anybody, 5300)
    [a, aaaa] = rrsets_from_text("x. 60 A 192.0.2.1\nx. 60 AAAA 2001:db8:0::0:1")
    assert addresses.of(a) == (Address("192.0.2.1", 5300),)
    assert addresses.of(aaaa) == (Address("2001:db8::1", 5300),)


def test_a_family_that_is_switched_off_has_no_addresses() -> None:
    [a, aaaa] = rrsets_from_text("x. 60 A 192.0.2.1\nx. 60 AAAA 2001:db8::1")
    only4 = Addresses(anybody, ipv6=False)
    only6 = Addresses(anybody, ipv4=False)
    assert (only4.of(aaaa), only6.of(a)) == ((), ())
    assert (only4.families, only6.families) == ((types.A,), (types.AAAA,))


def test_addresses_that_must_not_be_asked_are_left_out() -> None:
    addresses = Addresses(lambda host: not host.startswith("127."))
    [a] = rrsets_from_text("x. 60 A 127.0.0.1\nx. 60 A 192.0.2.1")
    assert addresses.of(a) == (Address("192.0.2.1"),)


def test_servers_with_glue_come_first_and_the_others_may_be_dropped() -> None:
    names = "\n".join(f"example. 60 NS n{i}.net." for i in range(40))
    found = Addresses(anybody).of_referral(referral(names, "n39.net. 60 A 192.0.2.1"))
    assert len(found) == MAX_SERVERS
    assert found[0].name == name_from_text("n39.net.")
    assert found[0].addresses == (Address("192.0.2.1"),)


def test_an_address_shared_by_many_names_is_kept_once() -> None:
    records = "example. 60 NS a.net.\nexample. 60 NS b.net."
    shared = "a.net. 60 A 192.0.2.1\nb.net. 60 A 192.0.2.1"
    found = Addresses(anybody).of_referral(referral(records, shared))
    assert sorted(len(server.addresses) for server in found) == [0, 1]


def test_one_server_keeps_a_bounded_number_of_addresses() -> None:
    many = "\n".join(f"a.net. 60 A 192.0.2.{i}" for i in range(1, 50))
    found = Addresses(anybody).of_referral(referral("example. 60 NS a.net.", many))
    assert len(found[0].addresses) == MAX_GLUE


def test_names_that_differ_in_case_are_one_server() -> None:
    ns = RRset(ZONE, types.NS, 60, (b"\x01A\x00", b"\x01a\x00"))
    assert len(Addresses(anybody).of_referral(Referral(ZONE, ns, ()))) == 1
