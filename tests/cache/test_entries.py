import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from resolver.beliefs import BOGUS, UNCHECKED
from resolver.cache.entries import FORMAT, Known, decode, encode
from resolver.wire import types
from resolver.wire.message import RRset

NAME = b"\3www\7example\3com\0"
KEY = NAME + b"\0\1"
NOW = 1_700_000_000.0

NAMES = st.lists(st.binary(min_size=1, max_size=20), max_size=4).map(
    lambda labels: b"".join(bytes([len(each)]) + each for each in labels) + b"\0"
)
DATA = st.lists(st.binary(max_size=300), min_size=1, max_size=6).map(tuple)
TTLS = st.integers(1, 2**31 - 1)


def address(ttl: int = 300, name: bytes = NAME) -> RRset:
    return RRset(name, types.A, ttl, (bytes((192, 0, 2, 1)),))


def entry(ttl: int = 300) -> bytes:
    return encode(KEY, address(ttl), b"", types.NOERROR, 3, NOW)


def read(value: bytes, at: float = NOW) -> Known | None:
    return decode(NAME, KEY, value, at)


@given(
    NAMES,
    st.integers(0, 65535),
    TTLS,
    DATA,
    st.lists(st.binary(max_size=80), max_size=3).map(tuple),
    st.integers(0, 255),
)
def test_a_record_set_comes_back_as_it_was(
    name: bytes,
    rdtype: int,
    ttl: int,
    rdatas: tuple[bytes, ...],
    signatures: tuple[bytes, ...],
    rank: int,
) -> None:
    rrset = RRset(name, rdtype, ttl, rdatas, signatures)
    key = name + rdtype.to_bytes(2, "big")
    value = encode(key, rrset, b"", types.NOERROR, rank, NOW)
    known = decode(name, key, value, NOW)
    assert known == Known(rrset, types.NOERROR, None, rank, 0.0)


@given(NAMES, NAMES, TTLS, DATA, st.sampled_from((types.NOERROR, types.NXDOMAIN)))
def test_the_news_that_there_is_nothing_comes_back_with_its_soa(
    name: bytes, owner: bytes, ttl: int, rdatas: tuple[bytes, ...], rcode: int
) -> None:
    soa = RRset(owner, types.SOA, ttl, rdatas)
    key = name if rcode == types.NXDOMAIN else name + b"\0\1"
    value = encode(key, soa, owner, rcode, 3, NOW)
    assert decode(name, key, value, NOW) == Known(None, rcode, soa, 3, 0.0)


def test_it_has_its_age_until_its_time_is_up() -> None:
    known = read(entry(ttl=300), NOW + 299.5)
    assert known is not None
    assert known.age == 299.5
    assert known.rrset == address(300)
    assert read(entry(ttl=300), NOW + 300) is None


def test_an_entry_from_the_future_is_not_believed() -> None:
    assert read(entry(), NOW - 0.001) is None


@given(st.integers(0, len(entry()) - 1), st.integers(1, 255))
def test_one_wrong_byte_anywhere_makes_it_nothing(place: int, change: int) -> None:
    value = bytearray(entry())
    value[place] ^= change
    assert read(bytes(value)) is None


@given(st.binary(max_size=200))
def test_bytes_that_nobody_wrote_are_nothing(value: bytes) -> None:
    assert read(value) is None


@given(st.integers(0, len(entry()) - 1))
def test_an_entry_that_was_cut_off_is_nothing(length: int) -> None:
    assert read(entry()[:length]) is None


def test_an_entry_under_another_name_is_nothing() -> None:
    other = NAME.replace(b"www", b"ftp")
    assert decode(other, other + b"\0\1", entry(), NOW) is None


def with_check(body: bytes, key: bytes = KEY) -> bytes:
    """An entry whose checksum is right, whatever else is not."""
    return struct.pack("!L", zlib.crc32(body, zlib.crc32(key))) + body


def body_with(version: int = FORMAT, state: int = UNCHECKED, records: int = 1) -> bytes:
    head = struct.pack("!BBBBdLBHH", version, state, 3, 0, NOW, 300, 0, records, 0)
    return head + b"\0\4\1\2\3\4"


def test_an_entry_of_another_version_or_state_is_nothing() -> None:
    assert read(with_check(body_with())) is not None
    assert read(with_check(body_with(version=FORMAT + 1))) is None
    assert read(with_check(body_with(state=BOGUS))) is None


def test_an_entry_that_does_not_add_up_is_nothing() -> None:
    assert read(with_check(body_with(records=0))) is None
    assert read(with_check(body_with(records=2))) is None
    assert read(with_check(body_with() + b"\0")) is None
    assert read(with_check(b"")) is None


def test_there_is_no_record_set_for_every_type() -> None:
    assert decode(NAME, NAME, with_check(body_with(), NAME), NOW) is None
