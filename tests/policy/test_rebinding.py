import pytest

from resolver.config import Rebinding as Settings
from resolver.policy.networks import Networks
from resolver.policy.rebinding import Rebinding, hints
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_BLOCKED
from resolver.wire.message import Question, RRset
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import lines, question, run


def screened(asked: str, records: str | RRset, *trusted: str) -> Resolution:
    """What a client gets of records that were found, once remembered and once new."""
    rrsets = [records] if isinstance(records, RRset) else rrsets_from_text(records)
    found = Resolution(types.NOERROR, tuple(rrsets))

    class Found:
        def whole(self, question: Question, now: float) -> Resolution | None:
            return found

        def stale(self, question: Question, now: float) -> Resolution | None:
            return found

    async def lookup(question: Question, errand: Errand) -> Resolution:
        return found

    rebinding = Rebinding(
        Networks(Settings().networks),
        frozenset(map(name_from_text, trusted)),
        Found(),
        lookup,
    )
    walked = run(rebinding.resolve(question(asked), Errand(lambda: 0.0, 8.0)))
    assert rebinding.whole(question(asked), 0.0) == walked
    assert rebinding.stale(question(asked), 0.0) == walked
    return walked


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1",
     "192.168.1.1", "::", "::1", "fd00::1", "fe80::1", "::ffff:192.168.1.1"],
)  # fmt: skip
def test_a_public_name_does_not_lead_into_a_private_network(host: str) -> None:
    kind = "AAAA" if ":" in host else "A"
    resolution = screened(f"www.evil. {kind}", f"www.evil. 1 {kind} {host}")
    assert (resolution.rcode, resolution.answer) == (types.NOERROR, ())
    assert [code for code, _ in resolution.ede] == [EDE_BLOCKED]


def test_public_addresses_stay_and_nothing_is_said() -> None:
    for record in ("A 192.0.2.1", "AAAA 2001:db8::1", "TXT 10.0.0.1", "A 172.32.0.1"):
        resolution = screened("www.evil. A", f"www.evil. 1 {record}")
        assert lines(resolution) == [
            f"www.evil. 1 IN {record}".replace("TXT 10.0.0.1", 'TXT "10.0.0.1"')
        ]
        assert resolution.ede == ()


def test_a_mixed_set_keeps_its_public_addresses_and_loses_its_signatures() -> None:
    [mixed] = rrsets_from_text("www.evil. 1 A 10.0.0.1\nwww.evil. 1 A 192.0.2.1")
    signed = RRset(mixed.name, mixed.rdtype, mixed.ttl, mixed.rdatas, (b"signature",))
    resolution = screened("www.evil. A", signed)
    assert lines(resolution) == ["www.evil. 1 IN A 192.0.2.1"]
    assert resolution.answer[0].signatures == ()


def test_an_alias_to_a_trusted_name_is_no_way_around_it() -> None:
    chain = "www.evil. 1 CNAME nas.corp.\nnas.corp. 1 A 10.0.0.1"
    resolution = screened("www.evil. A", chain, "corp.")
    assert lines(resolution) == ["www.evil. 1 IN CNAME nas.corp."]


def test_a_trusted_name_may_lead_there_and_so_may_names_below_it() -> None:
    for name in ("corp.", "a.b.corp."):
        resolution = screened(f"{name} A", f"{name} 1 A 10.0.0.1", "corp.")
        assert len(resolution.answer) == 1
        assert resolution.ede == ()


@pytest.mark.parametrize("kind", ["HTTPS", "SVCB"])
def test_a_record_with_a_hint_into_a_private_network_is_taken_out(kind: str) -> None:
    records = (
        f"www.evil. 1 {kind} 1 . alpn=h2 ipv4hint=192.0.2.1,10.0.0.1\n"
        f"www.evil. 1 {kind} 2 . ipv6hint=fd00::1\n"
        f"www.evil. 1 {kind} 3 x.evil. alpn=h2 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1\n"
    )
    resolution = screened(f"www.evil. {kind}", records)
    assert len(lines(resolution)) == 1
    assert " 3 x.evil." in lines(resolution)[0]


def test_hints_that_are_cut_short_are_none() -> None:
    [rrset] = rrsets_from_text("a. 1 HTTPS 1 x.a. ipv4hint=192.0.2.1")
    [whole] = rrset.rdatas
    assert hints(whole) == [bytes((192, 0, 2, 1))]
    for end in range(len(whole)):
        assert hints(whole[:end]) == []
