import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dns.name
import dns.rcode
import pytest

from resolver import Resolver, Security
from resolver.config import Cache, Config, ConfigError
from resolver.daemon.build import World
from resolver.daemon.loops import loop_factory
from resolver.lab.box import Box
from resolver.library import asking
from resolver.library.answers import Answer
from resolver.ports import Silence
from tests.library.conftest import UNCHECKED, Lab


def resolver(lab: Lab, config: Config | None = None) -> Resolver:
    return Resolver(lab.config(config), world=lab.world)


async def test_records_come_as_those_of_dnspython(lab: Lab) -> None:
    async with resolver(lab) as one:
        answer = await one.resolve("example.com", "MX")
    assert [(mx.preference, str(mx.exchange)) for mx in answer] == [  # type: ignore[attr-defined]
        (10, "mail.example.com.")
    ]
    assert answer.rcode == dns.rcode.NOERROR
    assert answer.security is Security.SECURE
    assert answer.ttl > 0
    assert answer.asked > 0


@pytest.mark.parametrize(
    ("name", "rdtype"),
    [
        ("www.example.com", "A"),
        ("WWW.Example.COM.", "a"),
        (dns.name.from_text("www.example.com"), 1),
        (dns.name.from_text("www.example.com", origin=None), "TYPE1"),
    ],
)
async def test_names_and_types_come_in_all_their_forms(
    lab: Lab, name: str | dns.name.Name, rdtype: str | int
) -> None:
    async with resolver(lab) as one:
        answer = await one.resolve(name, rdtype)
    assert [data.to_text() for data in answer] == ["192.0.2.2"]


async def test_all_questions_share_one_cache_and_nothing_else(lab: Lab) -> None:
    async with resolver(lab) as one, resolver(lab) as other:
        await one.resolve("www.example.com")
        assert (await one.resolve("www.example.com")).asked == 0
        assert (await other.resolve("www.example.com")).asked > 0


async def test_a_cache_ends_with_its_resolver_which_may_be_opened_again(
    lab: Lab,
) -> None:
    one = resolver(lab)
    for _ in range(2):
        async with one:
            assert (await one.resolve("www.example.com")).asked > 0
    async with one:
        with pytest.raises(RuntimeError, match="open already"):
            await one.__aenter__()


def test_it_may_be_opened_again_on_another_loop(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 1)

    def world(config: Config) -> World:
        good = lab.world(config)

        async def slowly(*arguments: object) -> bytes:
            await asyncio.sleep(0)
            return await good.udp(*arguments)  # type: ignore[arg-type]

        return good._replace(udp=slowly)

    one = Resolver(lab.config(Config(dnssec=UNCHECKED)), world=world)

    async def ask() -> list[Answer]:
        async with one:
            names = ["www.example.com", "www.example.org"]
            return await asyncio.gather(*map(one.resolve, names))

    for _ in range(2):
        assert all(asyncio.run(ask()))


async def test_age_and_ttl_go_opposite_ways(lab: Lab) -> None:
    async with resolver(lab) as one:
        for name, rdtype in (("alias.example.com", "A"), ("www.example.com", "MX")):
            first = await one.resolve(name, rdtype)
            lab.time += 7.0
            again = await one.resolve(name, rdtype)
            assert (first.age, again.age) == (0.0, 7.0)
            assert again.ttl == first.ttl - 7


async def test_many_questions_are_worked_on_at_once_but_not_all(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 3)
    open_now, most = 0, 0

    def world(config: Config) -> World:
        good = lab.world(config)

        async def slowly(*arguments: object) -> bytes:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0.001)
            open_now -= 1
            return await good.udp(*arguments)  # type: ignore[arg-type]

        return good._replace(udp=slowly)

    config = lab.config(Config(dnssec=UNCHECKED))
    async with Resolver(config, world=world) as one:
        names = [f"n{number}.wild.net" for number in range(20)]
        answers = await asyncio.gather(*map(one.resolve, names))
    assert [data.to_text() for answer in answers for data in answer] == [
        "192.0.2.10"
    ] * 20
    assert 1 < most <= 3


async def test_what_fails_is_an_answer_that_says_why(lab: Lab) -> None:
    async def silent(*_: object) -> bytes:
        raise Silence("timeout")

    world = lambda config: lab.world(config)._replace(udp=silent, tcp=silent)  # noqa: E731
    async with Resolver(lab.config(), world=world) as one:
        answer = await one.resolve("www.example.com")
    assert answer.rcode == dns.rcode.SERVFAIL
    assert not answer.answered
    assert answer.security is Security.UNKNOWN
    assert "did not reply" in answer.reason
    assert any("timeout" in line for line in answer.trace)


async def test_what_is_bogus_is_told_with_the_reason_and_without_records(
    lab: Lab,
) -> None:
    config = lab.config()
    other = Box.standard(signed=["."], ipv6=False).anchor_text.strip()
    dnssec = replace(config.dnssec, trust_anchors=(other,))
    bad = replace(config, dnssec=dnssec)
    async with Resolver(bad, world=lab.world) as one:
        for _ in range(2):  # as it is found out, and from memory
            answer = await one.resolve("www.example.com")
            assert answer.security is Security.BOGUS
            assert answer.rcode == dns.rcode.SERVFAIL
            assert list(answer) == []
            assert answer.reason


async def test_an_expired_answer_is_told_as_stale_where_servers_fail(lab: Lab) -> None:
    fine = True

    def world(config: Config) -> World:
        good = lab.world(config)

        async def until_they_fail(*arguments: object) -> bytes:
            if not fine:
                raise Silence("timeout")
            return await good.udp(*arguments)  # type: ignore[arg-type]

        return good._replace(udp=until_they_fail, tcp=until_they_fail)

    config = lab.config(Config(dnssec=UNCHECKED, cache=Cache(max_ttl=60)))
    async with Resolver(config, world=world) as one:
        first = await one.resolve("www.example.com")
        lab.time += 3600
        fine = False
        stale = await one.resolve("www.example.com")
    assert list(stale) == list(first)
    assert (first.is_stale, stale.is_stale) == (False, True)
    assert stale.age == 3600
    assert "expired" in stale.reason


@pytest.mark.parametrize(
    ("name", "rdtype"), [("", "A"), ("a..b", "A"), ("ü.de", "A"), ("a", "X"), ("a", -1)]
)
async def test_what_is_no_question_is_misuse(
    lab: Lab, name: str, rdtype: str | int
) -> None:
    async with resolver(lab) as one:
        with pytest.raises(ValueError, match="is not"):
            await one.resolve(name, rdtype)


async def test_a_resolver_that_is_not_open_is_misuse(lab: Lab) -> None:
    one = resolver(lab)
    with pytest.raises(RuntimeError, match="not open"):
        await one.resolve("www.example.com")
    async with one:
        with pytest.raises(ValueError, match="no time"):
            await one.resolve("www.example.com", within=0)
    with pytest.raises(RuntimeError, match="not open"):
        await one.resolve("www.example.com")
    await one.close()  # which may be done at any time


async def never(*_: object) -> bytes:
    await asyncio.Event().wait()
    raise AssertionError


async def test_closing_ends_what_is_still_asked(lab: Lab) -> None:
    world = lambda config: lab.world(config)._replace(udp=never)  # noqa: E731
    async with Resolver(lab.config(), world=world) as one:
        asked = asyncio.create_task(one.resolve("www.example.com"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="was closed"):
        await asked


async def test_who_gives_up_takes_the_question_along(lab: Lab) -> None:
    world = lambda config: lab.world(config)._replace(udp=never)  # noqa: E731
    before = asyncio.all_tasks()
    async with Resolver(lab.config(), world=world) as one:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await one.resolve("www.example.com")
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before


async def test_a_configuration_may_be_a_file(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "resolver.toml"
    file.write_text("[local]\nrecords = ['a.home.arpa. 60 A 192.168.1.9']\n")
    async with Resolver(file, world=lab.world) as one:
        answer = await one.resolve("a.home.arpa")
        assert [data.to_text() for data in answer] == ["192.168.1.9"]
        assert answer.security is Security.INSECURE
    file.write_text("[local]\nrecords = ['what']\n")
    with pytest.raises(ConfigError):
        Resolver(str(file))


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, loop_factory()])
def test_it_works_on_every_loop_with_real_sockets_and_leaves_none(
    lab: Lab, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def ask() -> list[Answer]:
        async with lab.box.running(0) as found:
            config = lab.config()
            recursion = replace(config.recursion, server_port=found.port)
            async with Resolver(replace(config, recursion=recursion)) as one:
                names = ["www.example.com", "www.example.org", "example.com"]
                return await asyncio.gather(*map(one.resolve, names))

    left = []
    for _ in range(2):  # what a loop opens once and for all is open after the first
        with asyncio.Runner(loop_factory=factory) as runner:
            www, unsigned, _ = runner.run(ask())
        assert (www.security, unsigned.security) == (Security.SECURE, Security.INSECURE)
        left.append(len(list(Path("/proc/self/fd").iterdir())))
    assert left[0] == left[1]


async def test_a_limit_of_time_is_kept(lab: Lab) -> None:
    clock = time.monotonic

    async def slow(_: object, __: object, seconds: float, *___: object) -> bytes:
        await asyncio.sleep(min(seconds, 0.01))
        raise Silence("timeout")

    def world(config: Config) -> World:
        return lab.world(config)._replace(clock=clock, udp=slow, tcp=slow)

    async with Resolver(lab.config(), world=world) as one:
        answer = await one.resolve("www.example.com", within=0.05)
    assert answer.rcode == dns.rcode.SERVFAIL
    assert answer.seconds < 2
