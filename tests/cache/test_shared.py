"""The shared store: in one process with a clock of its own, and in several."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import pytest

from resolver.cache import shared
from resolver.cache.mark import Damaged
from resolver.cache.rrsets import MAX_ENTRY, RANK_ANSWER
from resolver.cache.shared import Shared, inspect, largest, open_store
from resolver.wire import types
from resolver.wire.message import RRset

NOW = 1_700_000_000.0
CAPACITY = 400_000
WWW = b"\3www\7example\3com\0"
SOA = b"\0\0" + bytes(20)


def named(i: int) -> bytes:
    return b"\7n%06d\7example\3com\0" % i


def address(name: bytes = WWW, ttl: int = 300, last: int = 1) -> RRset:
    return RRset(name, types.A, ttl, (bytes((192, 0, 2, last)),))


def alias(name: bytes, target: bytes) -> RRset:
    return RRset(name, types.CNAME, 300, (target,))


def soa(ttl: int = 60) -> RRset:
    return RRset(b"\7example\3com\0", types.SOA, ttl, (SOA,))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "cache.mdb")


@pytest.fixture
def opened(path: str) -> Iterator[Callable[[], Shared]]:
    """Opens the store, and closes the one that was open."""
    stores: list[Shared] = []

    def again(capacity: int = CAPACITY) -> Shared:
        if stores:
            stores.pop().close()
        stores.append(open_store(path, capacity))
        return stores[-1]

    yield again
    if stores:
        stores.pop().close()


@pytest.fixture
def store(opened: Callable[[], Shared]) -> Shared:
    return opened()


def commit_all(store: Shared, wall: float = NOW) -> None:
    while store.pending:
        store.commit(wall)


def fill(store: Shared, numbers: range, wall: float = NOW) -> None:
    for i in numbers:
        store.keep(address(named(i)), 3, wall)
        if store.pending == shared.COMMIT_AT_ONCE:
            store.commit(wall)
    commit_all(store, wall)


def test_what_was_kept_is_found_once_it_is_committed(store: Shared) -> None:
    store.keep(address(), 3, NOW)
    assert store.find(WWW, types.A, NOW) is None
    store.commit(NOW)
    known = store.find(WWW, types.A, NOW + 10)
    assert known is not None
    assert (known.rrset, known.rank, known.age) == (address(), 3, 10.0)
    assert (store.hits, store.misses, store.kept, store.faults) == (1, 1, 1, 0)


def test_no_such_type_is_not_no_such_name(store: Shared) -> None:
    store.keep_nothing(WWW, types.AAAA, types.NOERROR, soa(), 3, NOW)
    commit_all(store)
    known = store.find(WWW, types.AAAA, NOW)
    assert known is not None
    assert (known.rrset, known.rcode, known.soa) == (None, types.NOERROR, soa())
    assert store.find(WWW, types.A, NOW) is None


def test_no_such_name_holds_for_every_type_but_those_that_are_there(
    store: Shared,
) -> None:
    store.keep_nothing(WWW, types.AAAA, types.NXDOMAIN, soa(), 3, NOW)
    store.keep(address(), 3, NOW)
    commit_all(store)
    for rdtype in (types.AAAA, types.MX, types.CNAME):
        known = store.find(WWW, rdtype, NOW)
        assert known is not None
        assert known.rcode == types.NXDOMAIN
    known = store.find(WWW, types.A, NOW)
    assert known is not None
    assert known.rrset == address()


def test_an_alias_answers_every_type_that_is_not_there(store: Shared) -> None:
    store.keep(alias(WWW, named(1)), 3, NOW)
    commit_all(store)
    for rdtype in (types.A, types.CNAME):
        known = store.find(WWW, rdtype, NOW)
        assert known is not None
        assert known.rrset == alias(WWW, named(1))


def test_an_entry_that_is_no_good_does_not_hide_one_that_is(store: Shared) -> None:
    store.keep(address(ttl=10), 3, NOW)
    store.keep(alias(WWW, named(1)), 3, NOW)
    commit_all(store)
    known = store.find(WWW, types.A, NOW + 20)
    assert known is not None
    assert known.rrset == alias(WWW, named(1))


def test_the_later_entry_takes_the_place_of_the_earlier(store: Shared) -> None:
    store.keep(address(last=1), 3, NOW)
    store.keep(address(last=2), 3, NOW + 1)
    commit_all(store, NOW + 1)
    known = store.find(WWW, types.A, NOW + 2)
    assert known is not None
    assert known.rrset == address(last=2)


def test_it_is_all_there_when_it_is_opened_again(
    opened: Callable[[], Shared],
) -> None:
    fill(opened(), range(500))
    again = opened()
    assert again.count() == 500
    known = again.find(named(7), types.A, NOW + 100)
    assert known is not None
    assert known.age == 100.0


def test_only_its_owner_may_open_the_file(store: Shared, path: str) -> None:
    for each in (path, f"{path}-lock"):
        assert Path(each).stat().st_mode & 0o777 == 0o600


def test_it_keeps_within_its_bounds_and_the_newest(store: Shared, path: str) -> None:
    fill(store, range(10_000))
    assert store.turns > 2
    assert store.faults == store.lost == 0
    assert Path(path).stat().st_size < CAPACITY * 1.3
    for i in range(9_000, 10_000):
        assert store.find(named(i), types.A, NOW) is not None
    assert store.find(named(0), types.A, NOW) is None
    assert CAPACITY / 2 / 250 < store.count() < CAPACITY / 80
    assert 0 < store.size_bytes < largest(CAPACITY)


def test_the_old_generation_is_still_found_after_a_turn(store: Shared) -> None:
    i = 0
    while not store.turns:
        fill(store, range(i, i + 1))
        i += 1
    assert store.count() == i
    assert all(store.find(named(j), types.A, NOW) for j in range(i))


def test_too_large_an_entry_is_not_kept(store: Shared) -> None:
    large = RRset(WWW, types.TXT, 300, (b"\xff" + bytes(MAX_ENTRY),))
    store.keep(large, 3, NOW)
    assert (store.pending, store.lost) == (0, 1)


def test_large_entries_are_kept_within_the_bounds(store: Shared, path: str) -> None:
    for i in range(300):
        store.keep(RRset(named(i), types.TXT, 300, (bytes(9000),)), 3, NOW)
        store.commit(NOW)
    assert store.find(named(299), types.TXT, NOW) is not None
    assert store.faults == 0
    assert Path(path).stat().st_size < largest(CAPACITY)


def test_what_waits_has_a_bound(store: Shared) -> None:
    for i in range(shared.MAX_PENDING + 5):
        store.keep(address(named(i)), 3, NOW)
    assert (store.pending, store.lost) == (shared.MAX_PENDING, 5)
    store.commit(NOW)
    assert store.pending == shared.MAX_PENDING - shared.COMMIT_AT_ONCE


def test_when_the_clock_is_set_back_everything_is_forgotten(store: Shared) -> None:
    fill(store, range(10))
    store.keep(address(), 3, NOW - 3600)
    store.commit(NOW - 3600)
    assert store.count() == 1
    assert store.find(WWW, types.A, NOW - 3600) is not None
    # What was said before the clock went back is not believed when its time comes.
    assert store.find(named(1), types.A, NOW) is None


def test_telling_the_time_is_enough_to_notice_that_it_went_back(
    opened: Callable[[], Shared],
) -> None:
    fill(opened(), range(10))
    opened().commit(NOW + 60)
    opened().commit(NOW + 30)
    assert opened().count() == 0


def test_a_moment_between_two_clocks_is_no_step(store: Shared) -> None:
    fill(store, range(10))
    store.commit(NOW - 0.5)
    assert store.count() == 10


def test_a_full_file_costs_entries_and_nobody_an_error(
    store: Shared, path: str
) -> None:
    # Somebody who never ends reading: what he sees cannot be used again.
    with store._environment.begin():
        fill(store, range(10_000))
    assert store.faults > 0
    assert store.lost > 0
    assert Path(path).stat().st_size <= largest(CAPACITY) + 4096
    faults = store.faults
    fill(store, range(10_000))
    assert store.faults == faults
    assert store.find(named(9_999), types.A, NOW) is not None


@pytest.mark.parametrize("content", [b"nonsense", b"SQLite format 3\0" * 1000])
def test_a_foreign_file_is_told(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    with pytest.raises(Damaged):
        open_store(path, CAPACITY)
    with pytest.raises(Damaged):
        inspect(path)


def test_a_store_of_another_program_is_told_and_left_alone(path: str) -> None:
    with (
        lmdb.open(path, subdir=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(b"theirs", b"1")
    with pytest.raises(Damaged, match="another program"):
        open_store(path, CAPACITY)
    with pytest.raises(Damaged, match="another program"):
        inspect(path)
    with lmdb.open(path, subdir=False) as environment, environment.begin() as reading:
        assert reading.stat()["entries"] == 1


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (b"resolver\x03\0" + bytes(8), "another version"),
        (b"resolver\x02\x05" + bytes(8), "another version"),
        (b"restorer\x01\0" + bytes(8), "another program"),
        (b"resolver", "another program"),
    ],
)
def test_another_versions_store_is_told(path: str, about: bytes, reason: str) -> None:
    with (
        lmdb.open(path, subdir=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(b"about", about)
    with pytest.raises(Damaged, match=reason):
        open_store(path, CAPACITY)


def test_a_store_that_was_taken_over_loses_what_it_cannot_write(
    store: Shared, path: str
) -> None:
    with store._environment.begin(write=True) as transaction:
        transaction.put(b"about", b"mine now")
    store.keep(address(), 3, NOW)
    store.commit(NOW)
    assert (store.lost, store.kept) == (1, 0)
    assert store.faults == 2


def test_a_closed_store_finds_nothing(store: Shared) -> None:
    store.close()
    assert store.find(WWW, types.A, NOW) is None
    assert (store.misses, store.faults) == (1, 1)


def test_where_no_file_can_be_is_told_as_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        open_store(str(tmp_path / "nowhere" / "cache.mdb"), CAPACITY)


def whole(path: str) -> int:
    """Inspect a file in a process of its own, and give the exit status."""
    code = f"from resolver.cache.shared import inspect; inspect({path!r})"
    return subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    ).returncode


def test_a_whole_file_passes_inspection(store: Shared, path: str) -> None:
    assert whole(path) == 0
    fill(store, range(5000))
    assert whole(path) == 0


def damage_pages(path: Path) -> None:
    """Garbage over the middle, as a bad disk would leave it."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xa5" * 16 * 4096)


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [damage_pages, cut_off])
def test_a_damaged_file_does_not_pass_inspection(
    store: Shared, path: str, damage: Callable[[Path], None]
) -> None:
    fill(store, range(3000))
    store.close()
    damage(Path(path))
    assert whole(path) != 0


WRITER = """
import signal, sys
from resolver.cache.shared import open_store
from resolver.wire.message import RRset
signal.alarm({life})
store = open_store(sys.argv[1], {capacity})
i = 0
print(flush=True)
while True:
    i = (i + 1) % 20000
    store.keep(RRset(b"\\7n%06d\\7example\\3com\\0" % i, 1, 300, (b"1234",)), 3, {now})
    if store.pending == 16:
        store.commit({now})
    if store.faults:
        sys.exit(7)
"""


# Seconds after which a writer ends by itself, whatever became of who started it.
WRITER_LIFE = 30


@contextlib.contextmanager
def writing(path: str, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Have processes write; none is left, whatever happens meanwhile."""
    code = WRITER.format(capacity=CAPACITY, now=NOW, life=WRITER_LIFE)
    with contextlib.ExitStack() as stack:
        writers = []
        for _ in range(count):
            writer = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, path], stdout=subprocess.PIPE
                )
            )
            stack.callback(writer.kill)
            writers.append(writer)
        yield writers


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_processes_that_are_killed_while_they_write_leave_it_whole(
    store: Shared, path: str
) -> None:
    for _ in range(2):
        with writing(path, 2) as writers:
            for writer in writers:
                assert writer.stdout is not None
                writer.stdout.readline()
            # Beside them, and a while after they have begun.
            for i in range(300):
                store.keep(address(ttl=1000 + i), 3, NOW)
                store.commit(NOW)
                known = store.find(WWW, types.A, NOW)
                assert known is not None
                assert known.rrset == address(ttl=1000 + i)
            assert [writer.poll() for writer in writers] == [None, None]
        assert [writer.returncode for writer in writers] == [-signal.SIGKILL] * 2
        assert whole(path) == 0
        # The lock of the dead is no obstacle, and nor are their readers.
        fill(store, range(100))
    assert store.faults == 0
    assert store.find(named(99), types.A, NOW) is not None


def test_no_writer_outlives_a_test_that_fails(path: str) -> None:
    open_store(path, CAPACITY).close()
    pids: list[int] = []

    def interrupted() -> None:
        with writing(path, 2) as writers:
            pids.extend(writer.pid for writer in writers)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 2
    assert not any(map(is_there, pids))


def keys_below(store: Shared, zone: bytes, most: int = 2) -> list[bytes]:
    found, where = store.matching(zone, most=most)
    while where is not None:
        more, where = store.matching(zone, where, most)
        found += more
    return found


def test_a_name_and_all_below_it_can_be_removed(opened: Callable[[], Shared]) -> None:
    store = opened()
    beside = b"\4xwww\7example\3com\0"
    below = b"\1a" + WWW
    for name in (WWW, below, beside):
        store.keep(address(name), 3, NOW)
    store.keep_nothing(b"\4gone" + WWW, types.A, types.NXDOMAIN, soa(), 3, NOW)
    store.commit(NOW)
    store.keep(address(b"\1b" + WWW), 3, NOW)  # waits to be committed
    keys = keys_below(store, WWW)
    assert len(set(keys)) == 4
    store.remove(keys, NOW)
    store.commit(NOW)
    assert keys_below(store, WWW) == []
    assert store.find(WWW, types.A, NOW) is None
    assert store.find(beside, types.A, NOW) is not None
    assert (store.count(), store.faults) == (1, 0)


def test_everything_is_below_the_root(opened: Callable[[], Shared]) -> None:
    store = opened()
    for i in range(20):
        store.keep(address(named(i)), 3, NOW)
    store.commit(NOW)
    assert len(keys_below(store, b"\0", most=7)) == 20


def test_all_of_it_can_be_forgotten_for_everybody(
    opened: Callable[[], Shared],
) -> None:
    store = opened()
    fill(store, range(10))
    store.keep(address(), RANK_ANSWER, NOW)
    store.clear(NOW)
    assert (store.count(), store.pending) == (0, 0)
    store = opened()
    assert store.count() == 0
    fill(store, range(3))
    assert (store.count(), store.faults) == (3, 0)
