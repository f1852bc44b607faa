"""The service's queries are what the reception needs, though neither knows the other."""

from resolver import service
from resolver.net.query import Query
from resolver.wire import types
from resolver.wire.message import Message, Question

QUESTION = Question(b"\x01a\x00", types.A)


def test_a_query_of_the_service_has_all_that_the_reception_needs() -> None:
    made = service.Query(b"", Message(1, types.RD, QUESTION), QUESTION, b"", 512)
    needed = [name for name in vars(Query) if not name.startswith("_")]
    found = {name: getattr(made, name) for name in needed}
    assert found == {
        "question": QUESTION,
        "key": (QUESTION, 0),
        "reply": b"",
        "ahead": 0,
    }
