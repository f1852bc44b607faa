"""The rooms introduced to each other, over the lab's Internet without sockets."""

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolver.config import (
    Access,
    Config,
    Dnssec,
    Forward,
    Local,
    Rebinding,
    Recursion,
    Stub,
)
from resolver.daemon import Core, build
from resolver.daemon.build import World
from resolver.lab.box import Box
from resolver.lab.pretend import Clock, Network
from resolver.net.door import FREE
from resolver.policy.rates import BURST
from resolver.ports import Address, Errand, Resolution
from resolver.wire import types
from resolver.wire.edns import COOKIE
from resolver.wire.reader import read
from tests.walk.pretend import lines, question, run


class Built:
    """A resolver over the box."""

    def __init__(self, box: Box, folder: Path, **tables: object) -> None:
        hints = folder / "root.hints"
        hints.write_text(box.hints_text)
        self.clock = Clock(1000.0)
        self.network = Network(box, self.clock.sleep)
        self.stream = Network(box, self.clock.sleep, tcp=True)
        recursion = Recursion(root_hints=str(hints), server_port=5300, never_ask=())
        config = Config(recursion=recursion, dnssec=Dnssec(validate=False))
        self.packets: list[bytes] = []
        self.config = dataclasses.replace(config, **tables)  # type: ignore[arg-type]
        self.errors: list[str] = []
        world = World(
            self.clock,
            self._over_udp,
            self.stream,
            random.Random(1).getrandbits,
            random.Random(2),
            lambda: 0.0,
        )
        self.core: Core = build(self.config, world, self._error)

    async def _over_udp(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - the seam's word
        accept: Callable[[bytes], bool],
    ) -> bytes:
        self.packets.append(packet)
        return await self.network(server, packet, timeout, accept)

    def _error(self, what: str, error: BaseException) -> None:
        self.errors.append(f"{what}: {error}")

    def ask(self, text: str) -> Resolution:
        errand = Errand(self.clock, self.clock() + 8.0)
        return run(self.core.service.answer(question(text), errand))


@pytest.fixture
def built(box: Box, tmp_path: Path) -> Callable[..., Built]:
    return lambda **tables: Built(box, tmp_path, **tables)


def test_a_name_is_walked_for_from_the_hints(built: Callable[..., Built]) -> None:
    one = built()
    assert lines(one.ask("www.example.com. A")) == [
        "www.example.com. 3600 IN A 192.0.2.2"
    ]
    asked = len(one.network.asked)
    assert one.ask("www.example.com. A").rcode == types.NOERROR
    assert len(one.network.asked) == asked
    assert one.errors == []


def test_a_forward_and_a_stub_zone_go_to_their_servers(
    built: Callable[..., Built],
) -> None:
    walked = built()
    walked.ask("www.example.com. A")
    server = walked.network.asked[-1].host
    servers = (f"{server}:5300",)
    tables: list[dict[str, object]] = [
        {"forward": (Forward(zone="example.com", servers=servers),)},
        {"stub": (Stub(zone="example.com", servers=servers),)},
    ]
    for table in tables:
        one = built(**table)
        assert len(one.ask("www.example.com. A").answer) == 1
        assert {address.host for address in one.network.asked} == {server}


def test_local_records_and_special_names_are_answered_here(
    built: Callable[..., Built],
) -> None:
    one = built(local=Local(records=("nas.home. 300 A 192.168.1.9",)))
    assert lines(one.ask("nas.home. A")) == ["nas.home. 300 IN A 192.168.1.9"]
    assert one.ask("localhost. A").authoritative
    assert one.network.asked == []


def test_local_zones_and_aliases_are_put_where_they_belong(
    built: Callable[..., Built],
) -> None:
    one = built(
        local=Local(
            records=("www.home. 300 CNAME www.example.com.",),
            zones=("ads.example.com refuse", "home. static"),
        )
    )
    assert lines(one.ask("www.home. A")) == [
        "www.home. 300 IN CNAME www.example.com.",
        "www.example.com. 3600 IN A 192.0.2.2",
    ]
    again = one.core.service._memory.whole(question("www.home. A"), one.clock())
    assert again is not None
    assert one.ask("ads.example.com. A").rcode == types.REFUSED
    assert one.ask("x.home. A").rcode == types.NXDOMAIN


def test_private_addresses_are_taken_out_if_that_is_wanted(
    built: Callable[..., Built],
) -> None:
    networks = ("192.0.2.0/24",)
    assert len(built().ask("www.example.com. A").answer) == 1
    one = built(rebinding=Rebinding(remove=True, networks=networks))
    assert one.ask("www.example.com. A").answer == ()
    assert one.core.service._memory.whole(
        question("www.example.com. A"), one.clock()
    ) == one.ask("www.example.com. A")
    server = f"{one.network.asked[-1].host}:5300"
    forward = Forward(zone="example.com", servers=(server,))
    for exception in (
        {"rebinding": Rebinding(remove=True, networks=networks, trusted=("com",))},
        {
            "rebinding": Rebinding(remove=True, networks=networks),
            "forward": (forward,),
        },
    ):
        assert len(built(**exception).ask("www.example.com. A").answer) == 1
    everything = dataclasses.replace(forward, zone=".")
    rest = built(
        rebinding=Rebinding(remove=True, networks=networks), forward=(everything,)
    )
    assert rest.ask("www.example.com. A").answer == ()


def test_a_forward_zone_may_be_only_the_first_or_an_exception(
    built: Callable[..., Built],
) -> None:
    nobody = Forward(zone="com", servers=("127.99.99.99:5300",))
    assert built(forward=(nobody,)).ask("www.example.com. A").rcode == types.SERVFAIL
    first = dataclasses.replace(nobody, first=True)
    exception = Forward(zone="example.com", servers=())
    for forward in ((first,), (nobody, exception)):
        assert len(built(forward=forward).ask("www.example.com. A").answer) == 1


def test_an_address_that_no_server_has_is_not_asked_whatever_never_ask_says(
    built: Callable[..., Built], tmp_path: Path
) -> None:
    hints = tmp_path / "zero.hints"
    hints.write_text(". 60 NS ns.\nns. 60 A 0.0.0.0\nns. 60 A 224.0.0.1\n")
    with pytest.raises(ValueError, match="may be asked"):
        built(recursion=Recursion(root_hints=str(hints), never_ask=()))


def test_hints_without_a_usable_server_are_refused(
    built: Callable[..., Built], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.hints"
    empty.write_text("example. 60 A 192.0.2.1\n")
    with pytest.raises(ValueError, match=r"root_hints.*empty\.hints"):
        built(recursion=Recursion(root_hints=str(empty)))


def test_servers_in_networks_never_asked_are_not_asked(
    built: Callable[..., Built], tmp_path: Path, box: Box
) -> None:
    hints = tmp_path / "root.hints"
    hints.write_text(box.hints_text)
    with pytest.raises(ValueError, match="may be asked"):
        built(recursion=Recursion(root_hints=str(hints), never_ask=("127.0.0.0/8",)))


@pytest.mark.parametrize(
    ("settings", "mixed", "cookies"),
    [
        ({}, True, True),
        ({"randomise_case": False}, False, True),
        ({"cookies": False}, True, False),
        ({"source_addresses": ("192.0.2.1", "2001:db8::1")}, True, True),
        # A server's cookie holds for one address of ours.
        ({"source_addresses": ("192.0.2.1", "192.0.2.2")}, True, False),
    ],
)
def test_questions_have_mixed_case_and_cookies_as_the_settings_want(
    built: Callable[..., Built],
    settings: dict[str, Any],
    mixed: object,
    cookies: object,
) -> None:
    one = built()
    recursion = dataclasses.replace(one.config.recursion, **settings)
    one = built(recursion=recursion)
    assert one.ask("www.example.com. A").rcode == types.NOERROR
    names = [packet[12 : packet.index(0, 12)] for packet in one.packets]
    assert any(name != name.lower() for name in names) == mixed
    for packet in one.packets:
        edns = read(packet).edns
        assert edns is not None
        assert (COOKIE in dict(edns.options)) == cookies


def test_the_cache_is_bounded_by_the_size_that_was_set(
    built: Callable[..., Built],
) -> None:
    one = built(cache=dataclasses.replace(Config().cache, size=1_000_000))
    for i in range(3000):
        one.ask(f"n{i}.wild.net. A")
    stores = one.core.stores
    assert stores.rrsets.size_bytes <= 550_000
    assert 0 < len(stores.rrsets) < 3000


def test_one_who_asks_too_often_is_limited_as_configured(
    built: Callable[..., Built],
) -> None:
    assert built().core.door.judge("127.0.0.1") is FREE
    strict = Access(allow=("0.0.0.0/0",), rate_limit=3, rate_limit_exempt=())
    core = built(access=strict).core
    meter = core.door.judge("127.0.0.1").meter
    assert meter is not None
    assert meter.take(1000, 1.0) == 3 * BURST
    assert core.rates is not None
    assert core.rates.limited == 985


def test_the_rate_limit_can_be_switched_off(built: Callable[..., Built]) -> None:
    core = built(access=Access(allow=("0.0.0.0/0",), rate_limit=0)).core
    assert core.door.judge("192.0.2.7") is FREE
    assert core.rates is None
