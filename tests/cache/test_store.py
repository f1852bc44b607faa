import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.store import SHARD, SLICE, USED_SHARE, Store, _cost, _table_bytes

# Few, so that they come again.
keys = st.sampled_from([b"%d" % number for number in range(12)])
values = st.binary(max_size=600)


def test_a_value_is_found_under_its_key_only() -> None:
    store = Store(10_000)
    store.put(b"key", b"value")
    assert store.get(b"key") == b"value"
    assert store.get(b"Key") is None
    assert len(store) == 1


def test_a_value_is_replaced_and_forgotten() -> None:
    store = Store(10_000)
    empty = store.size_bytes
    store.put(b"key", b"value")
    once = store.size_bytes
    store.put(b"key", b"other")
    assert store.get(b"key") == b"other"
    assert (len(store), store.size_bytes) == (1, once)
    store.pop(b"key")
    store.pop(b"key")
    assert store.get(b"key") is None
    assert (len(store), store.size_bytes) == (0, empty)
    assert store.evictions == 0


@pytest.mark.parametrize("capacity", [0, 1, 100, 500])
def test_what_is_larger_than_the_store_does_not_go_in(capacity: int) -> None:
    store = Store(capacity)
    store.put(b"key", bytes(400))
    assert store.get(b"key") is None
    assert store.size_bytes == 0


def test_what_is_too_large_drives_nothing_out_but_the_one_before_it() -> None:
    store = Store(1000)
    store.put(b"one", b"1")
    store.put(b"two", b"2")
    store.put(b"two", bytes(900))
    assert (store.get(b"one"), store.get(b"two")) == (b"1", None)
    assert store.evictions == 0


@pytest.mark.parametrize("shards", [1, 5])
def test_no_flood_of_new_entries_drives_out_what_was_used(shards: int) -> None:
    store = Store(shards * SHARD)
    asked = [b"asked%d" % number for number in range(500)]
    again = [b"again%d" % number for number in range(500)]
    for key in asked + again:
        store.put(key, bytes(1000))
    for key in asked:
        store.get(key)
    for key in again:
        store.put(key, bytes(1000))  # its time was up, and somebody asked
    for number in range(shards * 20_000):
        store.put(b"%d" % number, bytes(1000))
    assert all(store.has(key) for key in asked + again)
    assert store.size_bytes <= shards * SHARD


def test_the_used_have_a_share_and_the_longest_unused_of_them_is_new_again() -> None:
    store = Store(SHARD)
    keys = [b"%d" % number for number in range(SHARD // 1200)]
    for key in keys:
        store.put(key, bytes(1000))
        store.get(key)
    for number in range(1000):
        store.put(b"new%d" % number, bytes(1000))
    kept = [key for key in keys if store.has(key)]
    assert kept == keys[-len(kept) :]
    assert 0.5 < len(kept) * 1000 / SHARD < USED_SHARE


def test_looking_whether_there_is_a_value_is_no_use_of_it() -> None:
    store = Store(SHARD)
    store.put(b"seen", bytes(1000))
    for number in range(5000):
        store.has(b"seen")
        store.put(b"%d" % number, bytes(1000))
    assert not store.has(b"seen")


@pytest.mark.parametrize("shards", [1, 5])
def test_the_least_recently_used_is_evicted_first(shards: int) -> None:
    store = Store(shards * SHARD)
    used = [b"used%d" % number for number in range(100)]
    for key in used:
        store.put(key, bytes(1000))
    for number in range(shards * 6000):
        store.put(b"%d" % number, bytes(1000))
        store.get(used[number % 100])
    assert all(store.get(key) for key in used)
    assert store.get(b"0") is None
    assert store.evictions == shards * 6000 + 100 - len(store) > 0
    assert 0.9 * shards * SHARD < store.size_bytes <= shards * SHARD


def test_every_shard_has_the_entries_of_its_own() -> None:
    store = Store(5 * SHARD)
    for number in range(1000):
        store.put(b"%d" % number, b"%d" % -number)
    assert len(store) == 1000
    assert all(store.get(b"%d" % n) == b"%d" % -n for n in range(1000))
    store.clear()
    assert len(store) == 0
    assert not any(store.get(b"%d" % n) for n in range(1000))


def test_small_entries_are_charged_for_the_tables_around_them() -> None:
    store = Store(1_000_000)
    for number in range(10_000):
        store.put(number.to_bytes(4, "big"), b"")
    # Two strings of 48 bytes, a node of 32, three to six slots of 28.
    assert 128 + 84 <= store.size_bytes / len(store) <= 128 + 168


@given(st.lists(st.tuples(keys, st.none() | values), max_size=60))
def test_what_is_found_is_what_was_put_last(
    changes: list[tuple[bytes, bytes | None]],
) -> None:
    store = Store(3000)
    model: dict[bytes, bytes] = {}
    for key, value in changes:
        if value is None:
            store.pop(key)
            model.pop(key, None)
        else:
            store.put(key, value)
            model[key] = value
            assert store.get(key) in {value, None}
        assert store.size_bytes <= 3000
        assert all(store.get(key) in {None, model.get(key)} for key, _ in changes)
    assert len(store) == sum(store.get(key) is not None for key in model)


class Model:
    """What a store with one shard does, in lists, oldest first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.new: list[tuple[bytes, bytes]] = []
        self.used: list[tuple[bytes, bytes]] = []

    def size(self) -> int:
        return _size(self.new) + _size(self.used)

    def take(self, key: bytes) -> list[bytes]:
        taken = [value for each, value in self.new + self.used if each == key]
        self.new = [entry for entry in self.new if entry[0] != key]
        self.used = [entry for entry in self.used if entry[0] != key]
        return taken

    def put(self, key: bytes, value: bytes) -> None:
        known = self.take(key)
        if _size([(key, value)]) > self.capacity:
            return
        (self.used if known else self.new).append((key, value))
        self.settle()

    def get(self, key: bytes) -> bytes | None:
        for value in self.take(key):
            self.used.append((key, value))
            self.settle()
            return value
        return None

    def settle(self) -> None:
        while _size(self.used) > int(self.capacity * USED_SHARE):
            self.new.append(self.used.pop(0))
        while self.size() > self.capacity:
            self.new.pop(0)


def _size(entries: list[tuple[bytes, bytes]]) -> int:
    return sum(_cost(*entry) for entry in entries) + _table_bytes(len(entries))


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "get", "pop"]), keys, values), max_size=80
    )
)
def test_a_store_does_what_the_model_does(
    steps: list[tuple[str, bytes, bytes]],
) -> None:
    store, model = Store(6000), Model(6000)
    for what, key, value in steps:
        if what == "put":
            store.put(key, value)
            model.put(key, value)
        elif what == "get":
            assert store.get(key) == model.get(key)
        else:
            store.pop(key)
            model.take(key)
        assert (len(store), store.size_bytes) == (
            len(model.new) + len(model.used),
            model.size(),
        )
    assert all(store.has(key) for key, _ in model.new + model.used)


@pytest.mark.parametrize("shards", [1, 3])
def test_every_entry_is_in_one_part_and_looking_is_no_use(shards: int) -> None:
    store = Store(shards * SHARD)
    entries = {b"key%d" % number: b"value%d" % number for number in range(500)}
    for key, value in entries.items():
        store.put(key, value)
    for key in list(entries)[::3]:
        store.get(key)
    used = [len(table) for table in store._used]
    parts = [store.part(number) for number in range(store.parts)]
    assert sum(map(len, parts)) == len(entries)
    assert dict(entry for part in parts for entry in part) == entries
    assert [store.peek(key) for key in entries] == list(entries.values())
    assert store.peek(b"other") is None
    assert [len(table) for table in store._used] == used
    assert max(map(len, parts)) < len(entries) / 4


@pytest.mark.parametrize("shards", [1, 3])
def test_a_sweep_forgets_what_is_unwanted_shard_by_shard(shards: int) -> None:
    store = Store(shards * SHARD)
    for number in range(60):
        store.put(b"%d" % number, b"even" if number % 2 == 0 else b"odd")
        if number % 3 == 0:
            store.get(b"%d" % number)  # among the used
    counts = list(store.sweep(lambda _key, value: value == b"odd"))
    assert len(counts) >= shards
    assert sum(counts) == 30
    assert [number for number in range(60) if store.get(b"%d" % number)] == [
        *range(0, 60, 2)
    ]
    list(store.sweep(lambda _key, _value: True))
    assert (len(store), store.size_bytes) == (0, 0)


def test_what_moves_to_another_store_is_used_or_new_there_as_it_was_here() -> None:
    store, larger = Store(1000), Store(SHARD)
    for key in (b"new", b"used", b"known better"):
        store.put(key, b"from here")
    store.get(b"used")
    larger.put(b"known better", b"from there")
    assert sum(store.move(larger)) == 3
    assert (len(store), store.size_bytes) == (0, 0)
    assert len(larger) == 3
    assert larger.peek(b"known better") == b"from there"
    smaller = Store(450)  # for one entry among the used, and one among the new
    for shard in larger.move(smaller):
        assert shard >= 0
    assert smaller.get(b"used") == b"from here"


def test_others_have_their_turn_between_the_slices_of_a_sweep() -> None:
    store = Store(SHARD)
    for number in range(2 * SLICE):
        store.put(b"%d" % number, b"old")
    sweep = store.sweep(lambda _key, value: value == b"old")
    assert next(sweep) == SLICE
    store.put(b"newcomer", b"new")
    store.pop(b"%d" % (2 * SLICE - 1))
    assert sum(sweep) == SLICE
    assert (len(store), store.get(b"newcomer")) == (1, b"new")
