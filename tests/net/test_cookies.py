import secrets

from resolver.cache.manners import CLIENT_COOKIE, Manners
from resolver.net.cookies import KEY_LIFETIME, LONGEST, Jar
from resolver.ports import Address
from resolver.wire.edns import COOKIE, encode
from resolver.wire.message import Edns

EDNS = Edns(1232, do=True)
HERE = Address("192.0.2.1")


def cookie(jar: Jar, server: Address, now: float = 0.0) -> bytes:
    manners = Manners()
    jar.fill(manners, server, now)
    assert manners.cookie_until > now
    return manners.cookie


def test_each_server_has_a_cookie_of_its_own_and_always_the_same() -> None:
    jar = Jar(secrets.randbits, EDNS)
    servers = [HERE, Address("192.0.2.2"), Address("192.0.2.1", 5353), Address("::1")]
    cookies = {cookie(jar, server) for server in servers}
    assert len(cookies) == len(servers)
    assert {len(each) for each in cookies} == {CLIENT_COOKIE}
    assert cookies == {cookie(jar, server, KEY_LIFETIME - 1) for server in servers}


def test_nobody_without_the_key_can_tell_a_cookie() -> None:
    cookies = {cookie(Jar(secrets.randbits, EDNS), HERE) for _ in range(20)}
    assert len(cookies) == 20


def test_the_key_has_128_bits_and_is_drawn_when_it_is_needed() -> None:
    drawn: list[int] = []

    def random_bits(bits: int) -> int:
        drawn.append(bits)
        return len(drawn)

    jar = Jar(random_bits, EDNS)
    assert drawn == []
    before = cookie(jar, HERE, 10.0)
    assert cookie(jar, HERE, KEY_LIFETIME + 9.9) == before
    assert drawn == [128]
    assert cookie(jar, HERE, KEY_LIFETIME + 10.0) != before
    assert drawn == [128, 128]


def test_a_cookie_is_not_used_longer_than_its_key() -> None:
    jar = Jar(secrets.randbits, EDNS)
    cookie(jar, HERE, 100.0)
    manners = Manners()
    jar.fill(manners, HERE, 5_000.0)
    assert manners.cookie_until == 100.0 + KEY_LIFETIME


def test_what_a_server_gave_us_goes_with_our_old_cookie() -> None:
    jar = Jar(secrets.randbits, EDNS)
    manners = Manners()
    jar.fill(manners, HERE, 0.0)
    manners.keep_cookie(manners.cookie + b"server's")
    jar.fill(manners, HERE, KEY_LIFETIME)
    assert len(manners.cookie) == CLIENT_COOKIE


def test_the_record_is_what_it_would_be_if_it_were_built_each_time() -> None:
    jar = Jar(secrets.randbits, EDNS)
    for size in (CLIENT_COOKIE, 16, 24, LONGEST):
        baked = secrets.token_bytes(size)
        assert jar.record(baked) == encode(EDNS._replace(options=((COOKIE, baked),)))
