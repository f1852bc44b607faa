import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.store import SHARD, Store

keys = st.binary(min_size=1, max_size=3)
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
