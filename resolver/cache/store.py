"""A bounded place for small strings of bytes under small strings of bytes.

The bound is in bytes and it is honest: a million different entries leave the process as
large as the setting says.  Strings are charged as CPython allocates them.  The tables
around them are the larger part where entries are small, and they grow in steps, see
`_table_bytes`.

**Who stays.**  What is used least recently goes first, in two classes (segmented LRU).
An entry comes in as new.  When it is asked for, or put once more because its time was
up, it has shown that it is of use, and is among the used from then on.  Room is made
among the new.  The used have a share that is their own, and what does not fit there any
more is new again.  So entries that are asked for once, of which anybody can make as many
as he likes (CacheFlush, USENIX Security 2024), drive out each other and nothing else.
This costs 0.1 us for a new entry, 0.6 for its first use, and 0.01 for every other.

**Why bytes.**  A `bytes` is one allocation, and the garbage collector, which has to
visit every tuple and every slotted object, never visits it.

**Why shards.**  A full table is rebuilt each time that it has taken in as many entries
as it holds.  One table of 700,000 entries stops the process for 220 ms when that
happens, and needs room for a second copy meanwhile, which the allocator keeps; tables of
some 10,000 entries stop it for 2 ms, and one spare copy serves them all.  CPython
salts the hash of bytes, so nobody can aim at one shard.

**Base.**  `collections.OrderedDict`, all of it C.  `cachetools.LRUCache` stands on the
same class and adds methods in Python and a second dictionary: a hit
took 0.33 us and a new entry 1.07 where they take 0.20 and 0.54 now, and each slot 48
bytes where it takes 28.  A plain `dict` would look for its oldest entry among the
traces of all that were removed before it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, final

# Bytes in one shard.  With the smallest entries, 160 bytes, both tables are just about
# to take their next step, to 2^16 and 2^15 slots, when a shard is full.
SHARD: Final = 3_950_000

# The share of a shard that used entries may take.  At two thirds their table is twice as
# large as that of the new, so that both take their steps at the same time.
USED_SHARE: Final = 2 / 3

# Parts of a shard that are read at a time, by who wants to see everything: some 1,500
# small entries, which takes a millisecond or two.
SLICES: Final = 16
# Entries that are looked at in one go by who looks at all of them.
SLICE: Final = 2_000

# What an entry costs beside key and value: the node of the ordered dictionary, four
# words.
_NODE: Final = 32
# What one slot of a table costs: 20 bytes in the dictionary (an index of 4 and, for two
# slots in three, hash, key and value), and a pointer to the node.
_SLOT: Final = 20 + 8


@final
class Store:
    """A dictionary of bytes that forgets what was used least recently.

    `capacity` is in bytes, everything included.
    """

    __slots__ = (
        "_count",
        "_limit",
        "_new",
        "_share",
        "_strings",
        "_used",
        "_used_strings",
        "evictions",
    )

    def __init__(self, capacity: int) -> None:
        self._count: Final = max(1, round(capacity / SHARD))
        self._limit: Final = capacity // self._count
        self._share: Final = int(self._limit * USED_SHARE)
        self._new: Final[list[OrderedDict[bytes, bytes]]] = [
            OrderedDict() for _ in range(self._count)
        ]
        self._used: Final[list[OrderedDict[bytes, bytes]]] = [
            OrderedDict() for _ in range(self._count)
        ]
        # Bytes of keys, values and nodes: of all, and of the used.
        self._strings: Final = [0] * self._count
        self._used_strings: Final = [0] * self._count
        self.evictions = 0

    def get(self, key: bytes) -> bytes | None:
        """Find a value and count that as use."""
        shard = hash(key) % self._count
        used = self._used[shard]
        value = used.get(key)
        if value is not None:
            used.move_to_end(key)
            return value
        value = self._new[shard].get(key)
        if value is not None:
            del self._new[shard][key]
            self._use(shard, key, value)
        return value

    def has(self, key: bytes) -> bool:
        """Say whether a key has a value, without counting that as use."""
        shard = hash(key) % self._count
        return key in self._used[shard] or key in self._new[shard]

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value, and make room for it among its shard's new and least used.

        A value for which there can be no room is not kept, nor is the one before it.
        """
        cost = _cost(key, value)
        if cost + _table_bytes(1) > self._limit:
            self.pop(key)
            return
        shard = hash(key) % self._count
        new = self._new[shard]
        if key in new or key in self._used[shard]:
            self._take(shard, key)
            self._strings[shard] += cost
            self._use(shard, key, value)
        else:
            self._strings[shard] += cost
            new[key] = value
            self._make_room(shard)

    def pop(self, key: bytes) -> None:
        """Forget a key, if it is known."""
        if self.has(key):
            self._take(hash(key) % self._count, key)

    def clear(self) -> None:
        """Forget everything; `evictions` goes on."""
        for shard in range(self._count):
            self._new[shard].clear()
            self._used[shard].clear()
            self._strings[shard] = self._used_strings[shard] = 0

    @property
    def parts(self) -> int:
        """Say in how many parts the entries can be read, one after the other."""
        return self._count * SLICES

    def part(self, number: int) -> list[tuple[bytes, bytes]]:
        """List the entries of one part, which does not count as use.

        What is there from the first look to the last is in exactly one of them, whatever
        comes and goes meanwhile.
        """
        shard, piece = divmod(number, SLICES)
        return [
            (key, table[key])
            for table in (self._new[shard], self._used[shard])
            for key in table
            if hash(key) // self._count % SLICES == piece
        ]

    def peek(self, key: bytes) -> bytes | None:
        """Find a value, without counting that as use."""
        shard = hash(key) % self._count
        value = self._used[shard].get(key)
        return self._new[shard].get(key) if value is None else value

    def sweep(self, unwanted: Callable[[bytes, bytes], bool]) -> Iterator[int]:
        """Forget the entries of which `unwanted(key, value)` says so.

        Gives their number in some entries at a time, about a millisecond of work, so
        that others can have their turn between two of them.
        """
        for shard in range(self._count):
            entries = [*self._new[shard].items(), *self._used[shard].items()]
            for start in range(0, len(entries), SLICE):
                some = entries[start : start + SLICE]
                found = [key for key, value in some if unwanted(key, value)]
                for key in found:
                    self.pop(key)
                yield len(found)

    def move(self, to: "Store") -> Iterator[int]:
        """Hand everything over to another store, unless that knows it better already.

        Gives the number of entries, some at a time, as `sweep` does.
        """
        for shard in range(self._count):
            new, used = self._new[shard], self._used[shard]
            entries = [*new.items(), *used.items()]
            for start in range(0, len(entries), SLICE):
                some = entries[start : start + SLICE]
                for key, value in some:
                    if not to.has(key):
                        to.put(key, value)
                        if key in used:
                            to.get(key)
                yield len(some)
            new.clear()
            used.clear()
            self._strings[shard] = self._used_strings[shard] = 0

    def __len__(self) -> int:
        """Count the entries."""
        return sum([len(table) for table in self._new + self._used])

    @property
    def size_bytes(self) -> int:
        """Estimate the memory in use.  Never above the capacity."""
        return sum(self._strings) + sum(
            [_table_bytes(len(table)) for table in self._new + self._used]
        )

    def _take(self, shard: int, key: bytes) -> None:
        """Take out an entry that is there."""
        value = self._used[shard].pop(key, None)
        if value is not None:
            cost = _cost(key, value)
            self._used_strings[shard] -= cost
        else:
            cost = _cost(key, self._new[shard].pop(key))
        self._strings[shard] -= cost

    def _use(self, shard: int, key: bytes, value: bytes) -> None:
        """Put an entry among the used; those longest unused may have to leave them."""
        used, new = self._used[shard], self._new[shard]
        used[key] = value
        strings = self._used_strings[shard] + _cost(key, value)
        while strings + _table_bytes(len(used)) > self._share:
            oldest, value = used.popitem(last=False)
            strings -= _cost(oldest, value)
            new[oldest] = value
        self._used_strings[shard] = strings
        self._make_room(shard)

    def _make_room(self, shard: int) -> None:
        """Forget what is new and was put first, until the shard is within its bound."""
        used, new = self._used[shard], self._new[shard]
        room = self._limit - _table_bytes(len(used))
        strings = self._strings[shard]
        while strings + _table_bytes(len(new)) > room:
            strings -= _cost(*new.popitem(last=False))
            self.evictions += 1
        self._strings[shard] = strings


def _cost(key: bytes, value: bytes) -> int:
    """Count what an entry takes beside its slots in the tables.

    A `bytes` has 33 bytes of its own; CPython hands out memory in steps of 16.
    """
    return _NODE + ((len(key) + 48) & -16) + ((len(value) + 48) & -16)


def _table_bytes(count: int) -> int:
    """Count what the tables of one shard with so many entries take.

    A dictionary that takes in as much as it gives away, as every full cache does, fills
    up with traces of the removed, and is then rebuilt with the smallest power of two
    above three times its entries (GROWTH_RATE in CPython's dictobject.c).  So for each
    entry the table holds between 3 and 6 slots, 84 to 168 bytes.
    """
    return _SLOT << (3 * count).bit_length() if count else 0
