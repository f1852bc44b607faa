import pytest

from resolver.daemon.asked import (
    name_of,
    number_of,
    switch_of,
    text_of,
    told_set,
    type_of,
)
from resolver.daemon.commands import Refused
from resolver.wire import types
from resolver.wire.message import RRset


def test_what_is_asked_is_read() -> None:
    said = {"name": r"a\.b.EXAMPLE", "type": 28, "on": True, "part": 3, "text": "x"}
    assert name_of(said) == b"\x03a.b\x07example\x00"
    assert type_of(said) == types.AAAA
    assert type_of({}) is None
    assert switch_of(said, "on")
    assert not switch_of({}, "on")
    assert number_of(said, "part") == 3
    assert number_of({}, "part", 7) == 7
    assert text_of(said, "text") == "x"


@pytest.mark.parametrize("wrong", [None, 1.5, -1, "x", [], {}, 70_000])
def test_what_is_something_else_is_refused(wrong: object) -> None:
    said = {"it": wrong, "type": wrong}
    with pytest.raises(Refused):
        switch_of(said, "it")
    if wrong != 70_000:
        with pytest.raises(Refused):
            number_of(said, "it")
    if wrong is not None:
        with pytest.raises(Refused):
            type_of(said)
    if wrong != "x":
        with pytest.raises(Refused):
            text_of(said, "it")
        with pytest.raises(Refused):
            name_of(said, "it")


def test_a_set_is_told_as_it_is_on_the_wire() -> None:
    rrset = RRset(b"\x01a\x00", types.A, 60, (b"\x01\x02\x03\x04",), (b"sig",))
    assert told_set(rrset) == {
        "name": "a.",
        "type": 1,
        "data": ["01020304"],
        "signatures": ["736967"],
    }
