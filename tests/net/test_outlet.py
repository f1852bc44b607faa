"""The way out."""

from collections.abc import Sequence
from typing import NamedTuple

from resolver.net.outlet import FAILED, Outlet
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question


class Asked(NamedTuple):
    question: Question


QUERY = Asked(Question(b"\x01a\x00", types.A))
FOUND = Resolution(types.NOERROR)


class Stage:
    def __init__(self) -> None:
        self.told: list[tuple[str, BaseException]] = []
        self.unencodable: list[Resolution] = []
        self.outlet: Outlet[Asked] = Outlet(self.compose, self.tell)

    def compose(self, query: Asked, resolution: Resolution, now: float) -> bytes:
        if resolution in self.unencodable:
            raise ValueError("cannot be encoded")
        return b"%s %d at %d" % (str(query.question).encode(), resolution.rcode, now)

    def tell(self, what: str, error: BaseException) -> None:
        self.told.append((what, error))


def test_a_reply_is_composed() -> None:
    stage = Stage()
    assert stage.outlet.compose(QUERY, FOUND, 7.0) == b"a. A 0 at 7"
    assert (stage.told, stage.outlet.errors) == ([], 0)


def test_what_cannot_be_composed_is_reported_and_becomes_servfail() -> None:
    stage = Stage()
    stage.unencodable = [FOUND]
    assert stage.outlet.compose(QUERY, FOUND, 7.0) == b"a. A 2 at 7"
    [(what, error)] = stage.told
    assert (what, type(error)) == ("a. A", ValueError)
    stage.unencodable = [FOUND, FAILED]
    assert stage.outlet.compose(QUERY, FOUND, 7.0) == b""
    assert stage.outlet.errors == 2


def test_a_reply_that_cannot_be_sent_is_reported() -> None:
    stage = Stage()
    sent: list[bytes] = []
    stage.outlet.send(sent.append, b"reply")
    assert (sent, stage.told) == ([b"reply"], [])

    def broken(reply: bytes) -> None:
        raise OSError("the wire is cut")

    stage.outlet.send(broken, b"reply")
    assert [what for what, _ in stage.told] == ["sending a reply"]


def test_an_error_is_counted_even_when_telling_it_fails() -> None:
    def broken(what: str, error: BaseException) -> None:
        raise BrokenPipeError

    stage = Stage()
    outlet: Outlet[Asked] = Outlet(stage.compose, broken)
    outlet.report("something", ValueError())
    assert outlet.errors == 1


def test_whoever_sees_how_a_walk_ends_may_say_more_about_it() -> None:
    stage, errand = Stage(), Errand(lambda: 0.0, 8.0)
    assert stage.outlet.seen(QUERY, errand, FOUND, []) is FOUND
    seen: list[object] = []

    def witness(
        question: Question, errand: Errand, found: Resolution, waiting: Sequence[object]
    ) -> Resolution:
        seen.extend((question, errand, found, waiting))
        return FAILED

    stage.outlet.witness = witness
    assert stage.outlet.seen(QUERY, errand, FOUND, ["who"]) is FAILED
    assert seen == [QUERY.question, errand, FOUND, ["who"]]


def test_a_witness_that_breaks_costs_nobody_an_answer() -> None:
    stage = Stage()

    def witness(*_: object) -> Resolution:
        raise ValueError("broken")

    stage.outlet.witness = witness
    assert stage.outlet.seen(QUERY, Errand(lambda: 0.0, 8.0), FOUND, []) is FOUND
    [(what, error)] = stage.told
    assert (what, str(error)) == ("a. A", "broken")
