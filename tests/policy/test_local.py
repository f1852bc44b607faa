import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.policy.local import LocalNames
from resolver.policy.places import KINDS
from resolver.ports import Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_BLOCKED
from resolver.wire.names import is_below
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import lines, question


def answer(asked: str, names: LocalNames | None = None) -> Resolution | None:
    return (names or LocalNames()).answer(question(asked))


def rcode(asked: str, names: LocalNames | None = None) -> int | None:
    resolution = answer(asked, names)
    return None if resolution is None else resolution.rcode


def reverse(address: str) -> str:
    return f"{ipaddress.ip_address(address).reverse_pointer}."


def test_ordinary_names_are_not_ours() -> None:
    for name in ("example.com.", "com.", ".", "notlocalhost.", "11.in-addr.arpa."):
        assert answer(f"{name} A") is None


def test_localhost_is_this_machine_and_so_is_everything_below_it() -> None:
    for name in ("localhost.", "LOCALHOST.", "www.localhost."):
        four, six = answer(f"{name} A"), answer(f"{name} AAAA")
        assert four is not None
        assert six is not None
        assert lines(four)[0].endswith("A 127.0.0.1")
        assert lines(six)[0].endswith("AAAA ::1")
        assert four.authoritative
    mail = answer("localhost. MX")
    assert mail is not None
    assert (mail.rcode, mail.answer) == (types.NOERROR, ())


@pytest.mark.parametrize("zone", ["invalid.", "test.", "local.", "onion.", "alt."])
def test_names_that_dns_must_not_know_do_not_exist(zone: str) -> None:
    for name in (zone, f"www.{zone}"):
        resolution = answer(f"{name} A")
        assert resolution is not None
        assert resolution.rcode == types.NXDOMAIN
        [soa] = resolution.authority
        assert soa.name == name_from_text(zone)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "169.254.1.1",
     "100.64.0.1", "100.127.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1",
     "0.0.0.1", "127.0.0.2", "255.255.255.255", "fd00::1", "fe80::1", "2001:db8::1"],
)  # fmt: skip
def test_reverse_names_of_addresses_without_a_place_never_leave_here(
    address: str,
) -> None:
    assert rcode(f"{reverse(address)} PTR") in {types.NXDOMAIN, types.NOERROR}


@pytest.mark.parametrize(
    "address", ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2001:4860::1"]
)
def test_reverse_names_next_to_them_are_asked_about(address: str) -> None:
    assert answer(f"{reverse(address)} PTR") is None


def test_loopback_addresses_point_to_localhost() -> None:
    for address in ("127.0.0.1", "::1"):
        resolution = answer(f"{reverse(address)} PTR")
        assert resolution is not None
        assert lines(resolution)[0].endswith("PTR localhost.")


def test_the_names_above_a_loopback_address_exist() -> None:
    # Whoever minimises names behind us would take an NXDOMAIN for the end of it.
    assert rcode("0.127.in-addr.arpa. A") == types.NOERROR
    assert rcode("0.0.127.in-addr.arpa. NS") == types.NOERROR
    assert rcode("1.0.0.127.in-addr.arpa. TXT") == types.NOERROR
    assert rcode("1.127.in-addr.arpa. A") == types.NXDOMAIN


def test_an_empty_zone_has_an_soa_and_ns_and_nothing_else() -> None:
    for kind, found in (("SOA", 1), ("NS", 1), ("A", 0)):
        resolution = answer(f"home.arpa. {kind}")
        assert resolution is not None
        assert (resolution.rcode, len(resolution.answer)) == (types.NOERROR, found)
    assert rcode("nas.home.arpa. A") == types.NXDOMAIN


def test_the_ds_of_an_empty_zone_is_its_parents_to_know() -> None:
    assert answer("home.arpa. DS") is None


def test_special_names_can_be_switched_off() -> None:
    assert answer("localhost. A", LocalNames(special_use=False)) is None


def test_a_configured_zone_wins_over_a_special_name() -> None:
    names = LocalNames(configured=(name_from_text("corp.home.arpa."),))
    assert answer("www.corp.home.arpa. A", names) is None
    assert rcode("www.home.arpa. A", names) == types.NXDOMAIN


def test_configured_records_are_answered_with_authority() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home. 300 A 192.168.1.9")))
    resolution = answer("nas.home. A", names)
    assert resolution is not None
    assert lines(resolution) == ["nas.home. 300 IN A 192.168.1.9"]
    assert resolution.authoritative


def test_a_configured_name_has_no_other_types_and_hides_nothing_beside_it() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home. 300 A 192.168.1.9")))
    assert rcode("nas.home. AAAA", names) == types.NOERROR
    assert answer("home. A", names) is None
    assert answer("tv.home. A", names) is None


def test_a_configured_record_wins_over_a_special_name() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home.arpa. 300 A 192.168.1.9")))
    assert rcode("nas.home.arpa. A", names) == types.NOERROR


def test_a_name_between_configured_names_exists() -> None:
    text = "home. 300 A 192.168.1.1\na.b.home. 300 A 192.168.1.2"
    names = LocalNames(tuple(rrsets_from_text(text)))
    assert rcode("b.home. A", names) == types.NOERROR
    assert answer("c.home. A", names) is None


def local(records: str = "", **kinds: str) -> LocalNames:
    """Local names with zones given as `lan="static"`; `__` stands for a dot."""
    zones = {
        name_from_text(zone.replace("__", ".") + "."): kind
        for zone, kind in kinds.items()
    }
    return LocalNames(tuple(rrsets_from_text(records)), zones=zones)


def test_an_alias_is_followed_as_far_as_it_stays_among_our_records() -> None:
    names = local("www.home. 60 CNAME nas.home.\nnas.home. 60 A 192.168.1.9")
    resolution = answer("www.home. A", names)
    assert resolution is not None
    assert resolution.authoritative
    assert lines(resolution) == [
        "www.home. 60 IN CNAME nas.home.",
        "nas.home. 60 IN A 192.168.1.9",
    ]
    nothing = answer("www.home. AAAA", names)
    assert nothing is not None
    assert [rrset.rdtype for rrset in nothing.answer] == [types.CNAME]
    alias = answer("www.home. CNAME", names)
    assert alias is not None
    assert len(alias.answer) == 1


def test_an_alias_that_leads_outside_is_not_answered_but_told() -> None:
    names = local("www.home. 60 CNAME W2.home.\nw2.home. 60 CNAME www.example.com.")
    assert answer("www.home. A", names) is None
    told = names.leads_outside(question("www.home. A"))
    assert told is not None
    links, target = told
    assert [link.name for link in links] == [
        name_from_text("www.home."),
        name_from_text("w2.home."),
    ]
    assert str(target) == "www.example.com. A"
    assert names.leads_outside(question("www.example.com. A")) is None
    assert names.leads_outside(question("www.home. CNAME")) is None


def test_a_circle_of_aliases_is_a_failure_and_not_endless() -> None:
    names = local("a.home. 60 CNAME b.home.\nb.home. 60 CNAME a.home.")
    assert rcode("a.home. A", names) == types.SERVFAIL


def test_a_wildcard_answers_for_names_that_have_nothing_of_their_own() -> None:
    names = local(
        "*.dev.home. 60 A 127.0.0.1\nmail.dev.home. 60 MX 10 mx.home.\n"
        "x.ent.dev.home. 60 A 192.0.2.1"
    )
    for name in ("www.dev.home.", "a.b.dev.home."):
        resolution = answer(f"{name} A", names)
        assert resolution is not None
        assert lines(resolution) == [f"{name} 60 IN A 127.0.0.1"]
    # RFC 4592 section 2.2.1: not for a name that exists, nor for one below such.
    mail = answer("mail.dev.home. A", names)
    assert mail is not None
    assert mail.answer == ()
    assert answer("y.ent.dev.home. A", names) is None
    assert answer("dev.home. A", names) is None


def test_names_in_a_static_zone_exist_only_as_records() -> None:
    names = local("nas.lan. 60 A 192.168.1.9\nc.b.lan. 60 A 192.168.1.8", lan="static")
    for name, expected in (
        ("nas.lan.", types.NOERROR),
        ("tv.lan.", types.NXDOMAIN),
        ("b.lan.", types.NOERROR),
        ("lan.", types.NOERROR),
    ):
        assert rcode(f"{name} TXT", names) == expected
    nothing = answer("tv.lan. A", names)
    assert nothing is not None
    assert [rrset.name for rrset in nothing.authority] == [name_from_text("lan.")]


def test_records_in_an_empty_zone_do_not_change_what_its_apex_has() -> None:
    plain, more = LocalNames(), local("nas.home.arpa. 60 A 192.168.1.9")
    for kind in ("SOA", "NS", "DS", "A"):
        assert answer(f"home.arpa. {kind}", plain) == answer(f"home.arpa. {kind}", more)
    own = local("nas.lan. 60 A 192.168.1.9", lan="static")
    assert answer("lan. SOA", own) == answer("lan. SOA", local(lan="static"))


def test_a_zone_can_have_an_soa_of_its_own() -> None:
    names = local("lan. 3600 SOA ns.lan. me.lan. 1 2 3 4 5", lan="static")
    nothing = answer("tv.lan. A", names)
    assert nothing is not None
    assert [rrset.ttl for rrset in nothing.authority] == [5]
    soa = answer("lan. SOA", names)
    assert soa is not None
    assert [rrset.ttl for rrset in soa.answer] == [3600]


def test_a_redirected_zone_has_one_set_of_records_for_all_names() -> None:
    names = local(
        "ads.example. 60 A 192.0.2.9\ngood.ads.example. 60 A 192.0.2.1",
        ads__example="redirect",
    )
    for name in ("ads.example.", "x.ads.example.", "x.y.ads.example."):
        resolution = answer(f"{name} A", names)
        assert resolution is not None
        assert lines(resolution) == [f"{name} 60 IN A 192.0.2.9"]
    assert rcode("x.ads.example. TXT", names) == types.NOERROR
    good = answer("good.ads.example. A", names)
    assert good is not None
    assert lines(good) == ["good.ads.example. 60 IN A 192.0.2.1"]


def test_an_alias_to_a_wildcard_leads_each_name_to_one_of_its_own() -> None:
    names = local("ads.example. 60 CNAME *.garden.", ads__example="redirect")
    told = names.leads_outside(question("x.ads.example. A"))
    assert told is not None
    assert str(told[1]) == "x.ads.example.garden. A"
    long = ".".join(["x" * 60] * 3)
    too_long = local(
        f"ads.example. 60 CNAME *.{'y' * 60}.garden.", ads__example="redirect"
    )
    resolution = answer(f"{long}.ads.example. A", too_long)
    assert resolution is not None
    assert resolution.rcode == types.YXDOMAIN
    assert [code for code, _ in resolution.ede] == [0]


def test_a_transparent_zone_lets_through_what_is_not_here() -> None:
    names = local("nas.lan. 60 A 192.168.1.9", lan="transparent")
    assert answer("tv.lan. A", names) is None
    assert rcode("nas.lan. TXT", names) == types.NOERROR
    types_too = local("nas.lan. 60 A 192.168.1.9", lan="typetransparent")
    assert answer("nas.lan. TXT", types_too) is None
    assert rcode("nas.lan. A", types_too) == types.NOERROR


@pytest.mark.parametrize(
    ("kind", "expected", "found"),
    [
        ("nxdomain", types.NXDOMAIN, []),
        ("nodata", types.NOERROR, []),
        ("refuse", types.REFUSED, []),
        ("null", types.NOERROR, ["x.ads.example. 300 IN A 0.0.0.0"]),
    ],
)
def test_a_blocked_zone_says_so_and_can_have_exceptions(
    kind: str, expected: int, found: list[str]
) -> None:
    names = local("good.ads.example. 60 A 192.0.2.1", ads__example=kind)
    resolution = answer("x.ads.example. A", names)
    assert resolution is not None
    assert (resolution.rcode, lines(resolution)) == (expected, found)
    assert resolution.ede == ((EDE_BLOCKED, "blocked by the local zone ads.example."),)
    assert rcode("good.ads.example. A", names) == types.NOERROR


def test_the_most_specific_zone_decides_whatever_its_kind() -> None:
    names = LocalNames(
        zones={
            name_from_text("lan."): "static",
            name_from_text("x.corp.lan."): "refuse",
        },
        configured=(name_from_text("corp.lan."), name_from_text(".")),
    )
    assert rcode("a.lan. A", names) == types.NXDOMAIN
    assert answer("a.corp.lan. A", names) is None
    assert rcode("a.x.corp.lan. A", names) == types.REFUSED
    # A zone above a special name does not make that an ordinary one.
    assert rcode("www.invalid. A", names) == types.NXDOMAIN


def test_where_the_zone_is_not_ours_nothing_is_said_with_an_soa() -> None:
    for names in (
        local("nas.corp. 60 A 192.168.1.9"),
        local("nas.corp. 60 A 192.168.1.9", corp="transparent"),
        LocalNames(
            tuple(rrsets_from_text("nas.corp. 60 A 192.168.1.9")), configured=(b"\0",)
        ),
    ):
        resolution = answer("nas.corp. TXT", names)
        assert resolution is not None
        assert resolution.authority == ()


def test_records_of_other_classes_are_not_answered_for_the_internet() -> None:
    assert answer("a.home. TXT", local("a.home. CH TXT hello")) is None


LABELS = st.sampled_from(["a", "b", "*", "lan", "home", "arpa", "localhost", "x"])
NAMES = st.lists(LABELS, max_size=4).map(lambda labels: ".".join(labels) + ".")
RECORDS = st.builds(
    lambda name, data: f"{name} 60 {data}",
    NAMES,
    st.one_of(
        st.just("A 192.0.2.1"),
        st.just("SOA ns. me. 1 2 3 4 5"),
        NAMES.map(lambda target: f"CNAME {target}"),
    ),
)


@given(
    st.lists(RECORDS, max_size=8),
    st.dictionaries(NAMES, st.sampled_from(KINDS), max_size=4),
    st.lists(NAMES, max_size=2),
    NAMES,
    st.sampled_from(["A", "SOA", "CNAME", "DS", "PTR"]),
)
def test_whatever_is_configured_every_question_has_one_clear_answer(
    records: list[str],
    kinds: dict[str, str],
    open_zones: list[str],
    name: str,
    kind: str,
) -> None:
    names = LocalNames(
        tuple(rrsets_from_text("\n".join(records))),
        zones={name_from_text(zone): word for zone, word in kinds.items()},
        configured=tuple(map(name_from_text, open_zones)),
    )
    asked = question(f"{name} {kind}")
    resolution = names.answer(asked)
    outside = names.leads_outside(asked)
    assert resolution is None or outside is None
    links = () if outside is None else outside[0]
    owner = asked.name
    for rrset in links or (() if resolution is None else resolution.answer):
        # One after the other, from the name asked for.
        assert rrset.name == owner
        owner = rrset.rdatas[0].lower() if rrset.rdtype == types.CNAME else owner
    if resolution is not None and resolution.authority:
        [soa] = resolution.authority
        assert is_below(owner, soa.name)
