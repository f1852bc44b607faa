from dataclasses import fields

from resolver.daemon.statistics import Statistics


def test_they_are_added_up() -> None:
    names = [field.name for field in fields(Statistics)]
    one = Statistics(**{name: i for i, name in enumerate(names)})
    two = Statistics(**dict.fromkeys(names, 1000))
    assert one + two == Statistics(**{name: i + 1000 for i, name in enumerate(names)})


def test_of_an_ended_process_only_what_has_happened_still_counts() -> None:
    ended = Statistics(walks=3, waiting=2, connections=1, cache_sets=5, cache_bytes=6)
    assert ended.of_the_past() == Statistics(walks=3)
    assert {field.name for field in fields(Statistics)} >= Statistics.NOW
