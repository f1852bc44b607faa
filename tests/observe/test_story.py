from resolver.observe.story import NO_ERROR, story_of
from resolver.ports import Address
from resolver.wire import types
from tests.observe.boxed import asked_for, remade

ONE, OTHER = Address("192.0.2.1"), Address("192.0.2.2")
WWW = asked_for("www.a. A")

NOTES = [
    ("sent", ONE, WWW, "udp"),
    ("silent", ONE, "timeout", 0.0),
    ("sent", OTHER, WWW, "udp"),
    ("reply", OTHER, types.REFUSED, 0.0, 60),
    ("verdict", "useless REFUSED"),
    (1, "question", asked_for("ns.b. A")),
    (1, "verdict", "NXDOMAIN"),
    (0, "trust", b"\x01a\x00", "insecure", "no DS"),
]


def test_an_exchange_is_a_question_and_what_came_of_it() -> None:
    silent, refused = story_of(remade("www.a. A", (), notes=NOTES)).exchanges
    assert (silent.server, silent.silence, silent.rcode) == ("192.0.2.1", "timeout", "")
    assert (refused.rcode, refused.outcome) == ("REFUSED", "useless REFUSED")
    assert refused.silence == ""


def test_look_ups_and_trust_are_found() -> None:
    story = story_of(remade("www.a. A", (), notes=NOTES))
    assert story.lookups == (("ns.b. A", 1, "NXDOMAIN"),)
    assert story.trust == ((b"\x01a\x00", "insecure", "no DS"),)


def test_the_first_error_is_the_one_that_counts_unless_told_otherwise() -> None:
    story = story_of(remade("www.a. A", ((3, "old"), (22, "nobody"))))
    assert (story.error, story.text) == (3, "old")
    assert story.about(1).text == "nobody"
    assert story_of(remade("www.a. A", ())).error == NO_ERROR


def test_a_diary_that_lost_its_end_or_beginning_is_read_all_the_same() -> None:
    for start in range(len(NOTES)):
        for end in range(start, len(NOTES)):
            story_of(remade("www.a. A", (), notes=NOTES[start:end]))
