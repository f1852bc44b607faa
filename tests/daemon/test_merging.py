"""One answer made of several."""

from typing import Any

from resolver.daemon.merging import merged


def entry(rdtype: int | None, left: float, nothing: str = "") -> dict[str, object]:
    return {"type": rdtype, "nothing": nothing, "left": left}


def known(*entries: dict[str, object], **more: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "name": "a.",
        "entries": list(entries),
        "failures": [],
        "delegation": None,
        "trust": None,
    }
    return usual | more


def test_what_is_forgotten_is_added_up_but_for_what_all_share() -> None:
    one = {"records": 1, "shared": 3, "deep": {"a": 1}, "name": "x", "yes": True}
    other = {"records": 2, "shared": 3, "deep": {"a": 4, "b": 5}, "name": "y"}
    assert merged("flush", {1: one, 2: other}) == {
        "records": 3,
        "shared": 3,
        "deep": {"a": 5, "b": 5},
        "name": "x",
        "yes": True,
    }


def test_what_nobody_has_thought_about_is_told_by_worker() -> None:
    assert merged("new", {1: 5, 3: 6}) == {
        "workers": [{"worker": 1, "result": 5}, {"worker": 3, "result": 6}]
    }


def test_what_all_do_alike_one_tells() -> None:
    assert merged("set-log", {1: {"level": "info"}, 2: {"level": "info"}}) == {
        "level": "info"
    }


def test_of_what_is_known_twice_is_told_what_holds_longest() -> None:
    found: Any = merged(
        "cache-get",
        {
            1: known(entry(1, 5.0), trust={"left": 3.0}),
            2: known(
                entry(1, 9.0),
                entry(1, 1.0, "NODATA"),
                entry(None, 2.0, "NXDOMAIN"),
                trust={"left": 4.0},
                delegation={"left": None},
                failures=[{"type": 1, "left": 2.0}],
            ),
        },
    )
    assert found["entries"] == [
        entry(1, 9.0),
        entry(1, 1.0, "NODATA"),
        entry(None, 2.0, "NXDOMAIN"),
    ]
    assert found["failures"] == [{"type": 1, "left": 2.0}]
    assert (found["delegation"], found["trust"]) == ({"left": None}, {"left": 4.0})


def test_of_a_server_is_told_what_the_last_has_heard_who_spoke_to_it() -> None:
    def one(heard: float | None, state: str) -> dict[str, object]:
        address = {"address": "192.0.2.1", "heard": heard, "state": state}
        return {"zone": "a.", "servers": [{"name": "ns.a.", "addresses": [address]}]}

    answers: dict[int, object] = {
        1: one(None, "unknown"),
        2: one(1.0, "down"),
        3: one(5.0, "answers"),
        4: {"zone": ".", "servers": []},
    }
    found: Any = merged("servers", answers)
    assert found["zone"] == "a."
    assert found["servers"][0]["addresses"][0]["state"] == "down"


def test_of_what_was_learnt_is_told_what_one_knows_who_knows_most() -> None:
    assert merged("zones", {1: {"learnt": 2}, 2: {"learnt": 7}}) == {"learnt": 7}
