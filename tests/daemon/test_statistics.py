from resolver.daemon.statistics import NAMES, Statistics


def counting(numbers: dict[str, int]) -> Statistics:
    return Statistics(**numbers, labelled={})


def test_they_are_added_up() -> None:
    one = counting({name: i for i, name in enumerate(NAMES)})
    two = counting(dict.fromkeys(NAMES, 1000))
    added = {name: i + 1000 for i, name in enumerate(NAMES)}
    assert one + two == counting(added | dict.fromkeys(Statistics.COMMON, 1000))


def test_what_has_labels_is_added_by_its_labels() -> None:
    one = Statistics(walks=1, labelled={"a": 1, "b": 0.5})
    two = Statistics(walks=2, labelled={"b": 0.25, "c": 3})
    assert one + two == Statistics(walks=3, labelled={"a": 1, "b": 0.75, "c": 3})
    assert one.labelled == {"a": 1, "b": 0.5}


def test_of_an_ended_process_only_what_has_happened_still_counts() -> None:
    ended = Statistics(walks=3, waiting=2, connections=1, cache_sets=5, cache_bytes=6)
    ended += Statistics(labelled={"a": 1})
    assert ended.of_the_past() == Statistics(walks=3, labelled={"a": 1})
    assert set(NAMES) >= Statistics.NOW >= Statistics.COMMON


def test_a_line_of_the_log_has_what_has_no_labels() -> None:
    plain = Statistics(walks=3, labelled={"a": 1}).plain()
    assert plain["walks"] == 3
    assert set(plain) == set(NAMES)
