"""A bounded place for small strings of bytes under small strings of bytes.

The bound is in bytes and it is honest: a million different entries leave the process as
large as the setting says, and what is used least recently goes first.  Strings are
charged as CPython allocates them.  The tables around them are the larger part where
entries are small, and they grow in steps, see `_table_bytes`.

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
from typing import Final, final

# Bytes in one shard.  With the smallest entries, 160 bytes, the tables are just about
# to take their next step, from 2^15 slots to 2^16, when a shard is full.
SHARD: Final = 2_650_000

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

    __slots__ = ("_count", "_limit", "_strings", "_tables", "evictions")

    def __init__(self, capacity: int) -> None:
        self._count: Final = max(1, round(capacity / SHARD))
        self._limit: Final = capacity // self._count
        self._tables: Final[list[OrderedDict[bytes, bytes]]] = [
            OrderedDict() for _ in range(self._count)
        ]
        self._strings: Final = [0] * self._count  # bytes of keys, values and nodes
        self.evictions = 0

    def get(self, key: bytes) -> bytes | None:
        """Find a value and count that as use."""
        table = self._tables[hash(key) % self._count]
        value = table.get(key)
        if value is not None:
            table.move_to_end(key)
        return value

    def has(self, key: bytes) -> bool:
        """Say whether a key has a value, without counting that as use."""
        return key in self._tables[hash(key) % self._count]

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value, and make room for it among its shard's least used.

        A value for which there can be no room is not kept, nor is the one before it.
        """
        cost = _cost(key, value)
        if cost + _table_bytes(1) > self._limit:
            self.pop(key)
            return
        shard = hash(key) % self._count
        table = self._tables[shard]
        strings = self._strings[shard] + cost
        old = table.get(key)
        if old is not None:
            strings -= _cost(key, old)
            table.move_to_end(key)
        table[key] = value
        while strings + _table_bytes(len(table)) > self._limit:
            strings -= _cost(*table.popitem(last=False))
            self.evictions += 1
        self._strings[shard] = strings

    def pop(self, key: bytes) -> None:
        """Forget a key, if it is known."""
        shard = hash(key) % self._count
        value = self._tables[shard].pop(key, None)
        if value is not None:
            self._strings[shard] -= _cost(key, value)

    def clear(self) -> None:
        """Forget everything; `evictions` goes on."""
        for shard, table in enumerate(self._tables):
            table.clear()
            self._strings[shard] = 0

    def __len__(self) -> int:
        """Count the entries."""
        return sum([len(table) for table in self._tables])

    @property
    def size_bytes(self) -> int:
        """Estimate the memory in use.  Never above the capacity."""
        return sum(self._strings) + sum(
            [_table_bytes(len(table)) for table in self._tables]
        )


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
