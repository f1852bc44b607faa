"""What several processes remember together, and what outlives them: a file.

**Base.**  LMDB, through its Python binding: a tree of pages that every process maps into
its memory.  Readers take no lock and copy nothing but the value; a process that is
killed in the middle of writing leaves the file as it was before.  Knot Resolver shares
its cache in the same way.  CPU microseconds on CPython 3.11 with small entries, 100
bytes each in the file, found at random:

    ==============================================  =======  =========
    entries                                         100,000  1,000,000
    ==============================================  =======  =========
    find, nothing there (six look-ups)                  1.4        1.4
    find, an address                                    3.0        4.3
    keep and commit, 128 entries at once                3.1        5.7
    the same, milliseconds for one commit               0.2        0.5
    ==============================================  =======  =========

**Entries.**  A record set, or the news that there is none, under the keys that `rrsets`
has for them: name and type, and the bare name for "no such name".  Delegations are not
kept: a walk finds them again in one or two questions, and believes them less long.

**Time.**  An entry says when it was learned by the wall clock, `wall`, seconds since
1970: the clock that ages records in one process may mean nothing to the next.  A wall
clock can be set.  Entries from the future are not believed, and the store remembers the
latest time that it was told: a clock behind that has been set back, so nobody knows how
old anything is, and everything is thrown away.

**Trust.**  Whatever is in the file, `find` gives what was kept there or nothing (see
`entries`).  An open store raises neither because of what the file says, which is a miss,
nor because the disk is full: that is counted.

**Bound.**  Two generations, each a table of its own.  Entries go to the young one; when
it fills half of the capacity, the old one is emptied, in one step, and becomes the young
one.  There is always room to do that in, so the file being full is an accident.
"""

from collections.abc import Collection
from typing import Final, final

import lmdb

from resolver.beliefs import UNCHECKED
from resolver.cache.entries import Known, decode, encode
from resolver.cache.mark import Damaged, mark, read_mark
from resolver.cache.rrsets import MAX_ENTRY
from resolver.wire import names, types
from resolver.wire.message import RRset

# Entries that wait to be committed, and those of one commit: about half a millisecond.
MAX_PENDING: Final = 4096
COMMIT_AT_ONCE: Final = 128
# Processes that can have the file open; LMDB's own default is 126.
MAX_READERS: Final = 1024
# Bytes that the file may grow to beyond the capacity: pages are replaced by copies, and
# emptying a generation has to be written down somewhere.
SLACK: Final = 1 << 20
# Entries that are looked at in one go, some milliseconds.
LOOKED_AT: Final = 5000
# Seconds by which a clock may be behind the latest time without having been set back.
PATIENCE: Final = 1.0

_META_KEY: Final = b"about"
_GENERATIONS: Final = (b"generation 0", b"generation 1")
_TABLES: Final = 1 + len(_GENERATIONS)


def largest(capacity: int) -> int:
    """Say how many bytes the file of a store with this capacity may have."""
    return 2 * capacity + SLACK


def open_store(path: str, capacity: int) -> "Shared":
    """Open the store in a file, or begin one.  `capacity` is in bytes.

    The file is for its owner only, and there is another beside it, `path`-lock.
    Raises `Damaged` for a file that is no store, and OSError where none can be had.
    """
    try:
        environment = _open(path, largest(capacity))
        try:
            return Shared(environment, capacity)
        except BaseException:
            environment.close()
            raise
    except lmdb.Error as error:
        raise OSError(str(error)) from error


def inspect(path: str, into: int = 1) -> None:
    """Read every page of a store and write it to a file descriptor, standard output.

    Raises `Damaged` or `lmdb.Error` if something is wrong with it.  But LMDB follows
    whatever the pages say, so that a damaged file may as well end the process: call it
    in one that may end.
    """
    environment = _open(path, 0)
    try:
        with environment.begin() as transaction:
            if transaction.stat()["entries"]:
                read_mark(transaction.get(_META_KEY))
        # A copy without free pages visits all that are in use, and then counts.
        environment.copyfd(into, compact=True)
    finally:
        environment.close()


def _open(path: str, size: int) -> lmdb.Environment:
    try:
        return lmdb.open(
            path,
            map_size=size,
            subdir=False,
            mode=0o600,
            max_dbs=_TABLES,
            max_readers=MAX_READERS,
            max_spare_txns=2,
            # What a crash of the machine makes of the file is found when it is opened.
            sync=False,
            metasync=False,
            readahead=False,
            meminit=False,
        )
    except (lmdb.InvalidError, lmdb.VersionMismatchError, lmdb.CorruptedError) as error:
        raise Damaged(str(error)) from error


@final
class Shared:
    """An open store, one for each process.

    `wall` is seconds since 1970.  The counters: `hits` and `misses` of `find`, entries
    `kept`, entries `lost` because the queue or the file was full, `turns` of
    generations, and `faults`: errors that the file has caused, of which there should be
    none.
    """

    __slots__ = (
        "_begin",
        "_environment",
        "_limit",
        "_pending",
        "_tables",
        "_young",
        "faults",
        "hits",
        "kept",
        "lost",
        "misses",
        "turns",
    )

    def __init__(self, environment: lmdb.Environment, capacity: int) -> None:
        self._environment: Final = environment
        self._begin: Final = environment.begin
        self._limit: Final = capacity // 2
        self._pending: list[tuple[bytes, bytes]] = []
        self.hits = 0
        self.misses = 0
        self.kept = 0
        self.lost = 0
        self.turns = 0
        self.faults = 0
        # Processes that were killed may still be written down as readers.
        environment.reader_check()
        with environment.begin(write=True) as transaction:
            if not transaction.stat()["entries"]:
                transaction.put(_META_KEY, mark(0, 0.0))
            self._young, _ = read_mark(transaction.get(_META_KEY))
            self._tables: Final = tuple(
                environment.open_db(name, transaction) for name in _GENERATIONS
            )

    def find(self, name: bytes, rdtype: int, wall: float) -> Known | None:
        """Tell what is known about a name and type.

        A set of that very type comes first, then "no such type" and "no such name",
        then an alias: a set of type CNAME.
        """
        keys = [name + rdtype.to_bytes(2, "big"), name]
        if rdtype != types.CNAME:
            keys.append(name + types.CNAME.to_bytes(2, "big"))
        young = self._tables[self._young]
        old = self._tables[1 - self._young]
        known: Known | None = None
        try:
            transaction = self._begin()
            try:
                for key in keys:
                    value = transaction.get(key, None, young)
                    if value is None:
                        value = transaction.get(key, None, old)
                    if value is not None:
                        known = decode(name, key, value, wall)
                        if known is not None:
                            break
            finally:
                transaction.abort()
        except lmdb.Error:
            self.faults += 1
        if known is None:
            self.misses += 1
        else:
            self.hits += 1
        return known

    def keep(
        self,
        rrset: RRset,
        rank: int,
        wall: float,
        security: int = UNCHECKED,
        proofs: tuple[RRset, ...] = (),
    ) -> None:
        """Have a record set written down with the next `commit`."""
        key = rrset.name + rrset.rdtype.to_bytes(2, "big")
        value = encode(key, rrset, b"", types.NOERROR, rank, wall, security, proofs)
        self._keep(key, value)

    def keep_nothing(  # noqa: PLR0913, PLR0917 - what is denied, by whom, how well
        self,
        name: bytes,
        rdtype: int,
        rcode: int,
        soa: RRset,
        rank: int,
        wall: float,
        security: int = UNCHECKED,
        proofs: tuple[RRset, ...] = (),
    ) -> None:
        """Have it written down that there is no such type, or no such name.

        `rcode` tells which.  The SOA's TTL says for how long.
        """
        key = name if rcode == types.NXDOMAIN else name + rdtype.to_bytes(2, "big")
        value = encode(key, soa, soa.name, rcode, rank, wall, security, proofs)
        self._keep(key, value)

    def matching(
        self, zone: bytes, start: tuple[int, bytes] = (0, b""), most: int = LOOKED_AT
    ) -> tuple[list[bytes], tuple[int, bytes] | None]:
        """Look at some entries: which keys are of a name or below it, and where to go on.

        Where to go on is None at the end.
        """
        number, after = start
        found = [key for key, _ in self._pending if _is_below(key, zone)]
        try:
            with self._begin() as transaction:
                cursor = transaction.cursor(self._tables[number])
                there = cursor.set_range(after) if after else cursor.first()
                while there and most:
                    key = cursor.key()
                    if _is_below(key, zone):
                        found.append(key)
                    most -= 1
                    there = cursor.next()
                if there:
                    return found, (number, cursor.key())
        except lmdb.Error:
            self.faults += 1
        following = number + 1
        return found, (following, b"") if following < len(self._tables) else None

    def remove(self, keys: Collection[bytes], wall: float) -> None:
        """Have entries gone, those that wait to be committed as well.

        It has to wait while another process is writing.
        """
        gone = frozenset(keys)
        self._pending = [it for it in self._pending if it[0] not in gone]
        try:
            with self._begin(write=True) as transaction:
                for key in gone:
                    for table in self._tables:
                        transaction.delete(key, db=table)
                self._write(transaction, [], wall)
        except (lmdb.Error, Damaged):
            self.faults += 1

    @property
    def pending(self) -> int:
        """Count the entries that wait for `commit`."""
        return len(self._pending)

    def commit(self, wall: float) -> None:
        """Write down up to `COMMIT_AT_ONCE` entries, and what time it is.

        It has to wait while another process is writing.  What cannot be written is
        lost; that includes everything that others have written, if the clock turns out
        to have been set back.
        """
        batch = self._pending[:COMMIT_AT_ONCE]
        del self._pending[:COMMIT_AT_ONCE]
        try:
            with self._begin(write=True) as transaction:
                self._write(transaction, batch, wall)
        except (lmdb.Error, Damaged):
            self.faults += 1
            self.lost += len(batch)
            self._make_room(wall)
        else:
            self.kept += len(batch)

    def clear(self, wall: float) -> None:
        """Forget everything, for all who share it.

        It has to wait while another process is writing.
        """
        self._pending.clear()
        try:
            with self._begin(write=True) as transaction:
                self._empty(transaction)
                self._note(transaction, wall)
        except lmdb.Error:
            self.faults += 1

    def close(self) -> None:
        """Let go of the file; the store can no longer be used."""
        self._environment.close()

    @property
    def size_bytes(self) -> int:
        """Say how large the file is."""
        info = self._environment.info()
        return (info["last_pgno"] + 1) * self._environment.stat()["psize"]

    def count(self) -> int:
        """Count the entries, expired ones and those in both generations included."""
        with self._begin() as transaction:
            return sum(transaction.stat(table)["entries"] for table in self._tables)

    def _keep(self, key: bytes, value: bytes) -> None:
        if len(self._pending) >= MAX_PENDING or len(value) > MAX_ENTRY:
            self.lost += 1
        else:
            self._pending.append((key, value))

    def _write(
        self,
        transaction: "lmdb.Transaction[bytes]",
        batch: list[tuple[bytes, bytes]],
        wall: float,
    ) -> None:
        self._young, latest = read_mark(transaction.get(_META_KEY))
        if wall < latest - PATIENCE:
            self._empty(transaction)
            self.turns += 1
        young = self._tables[self._young]
        if _size(transaction, young) >= self._limit:
            self._turn(transaction)
            young = self._tables[self._young]
        for key, value in batch:
            transaction.put(key, value, db=young)
        self._note(transaction, wall)

    def _empty(self, transaction: "lmdb.Transaction[bytes]") -> None:
        for table in self._tables:
            transaction.drop(table, delete=False)

    def _turn(self, transaction: "lmdb.Transaction[bytes]") -> None:
        """Let the old generation go and begin a new one."""
        self._young = 1 - self._young
        transaction.drop(self._tables[self._young], delete=False)
        self.turns += 1

    def _make_room(self, wall: float) -> None:
        """Empty the old generation though it is not its time: something went wrong."""
        try:
            self._environment.reader_check()
            with self._begin(write=True) as transaction:
                self._young, _ = read_mark(transaction.get(_META_KEY))
                self._turn(transaction)
                self._note(transaction, wall)
        except (lmdb.Error, Damaged):
            self.faults += 1

    def _note(self, transaction: "lmdb.Transaction[bytes]", wall: float) -> None:
        transaction.put(_META_KEY, mark(self._young, wall))


def _is_below(key: bytes, zone: bytes) -> bool:
    """Say whether a key is of a name or of one below it."""
    if zone not in key:
        return False
    end = 0
    while end < len(key) and key[end]:
        end += key[end] + 1
    return len(key) in {end + 1, end + 3} and names.is_below(key[: end + 1], zone)


def _size(transaction: "lmdb.Transaction[bytes]", table: "lmdb._Database") -> int:
    """Say how many bytes the pages of a table take."""
    stat = transaction.stat(table)
    pages = stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]
    return pages * stat["psize"]
