"""Canned replies on their way to the resolver."""

import asyncio

import pytest

from resolver.ports import Address, Silence
from tests.replay.packet import AA, QR, TC, Asked, Packet, read, write
from tests.replay.scenario import Entry, Range
from tests.replay.upstream import Upstream, Waiting, adjusted
from tests.virtual import START, VirtualLoop

SERVER = Address("192.0.2.1")
QUESTION = Packet(77, 0, questions=[Asked(b"\x01a\x00", 1, 1)])
OTHER = Asked(b"\x01b\x00", 1, 1)


def ask(
    upstream: Upstream, loop: VirtualLoop, *, stream: bool = False
) -> asyncio.Task[bytes]:
    """Send QUESTION as the resolver does; any reply to its id is accepted."""
    send = upstream.tcp if stream else upstream.udp
    wire = write(QUESTION)
    task = loop.create_task(
        send(SERVER, wire, 1.0, lambda reply: reply[:2] == wire[:2])
    )
    loop.settle()
    return task


def canned(adjust: str, flags: int = QR | AA, transport: str = "") -> Entry:
    packet = Packet(0, flags, questions=[OTHER])
    return Entry(
        1, adjust=frozenset(adjust.split()), transport=transport, packets=[packet]
    )


def sent(entry: Entry, transport: str) -> Packet:
    loop = VirtualLoop()
    try:
        waiting = Waiting(
            SERVER,
            QUESTION,
            write(QUESTION),
            transport,
            START,
            lambda _: True,
            loop.create_future(),
        )
        return read(adjusted(entry, entry.packet, waiting))
    finally:
        loop.close()


def test_id_and_question_are_copied_only_where_the_entry_says_so() -> None:
    assert sent(canned(""), "UDP").id == 0
    copied = sent(canned("copy_id copy_query"), "UDP")
    assert (copied.id, copied.questions) == (77, QUESTION.questions)
    assert sent(canned("copy_id"), "UDP").questions == [OTHER]


def test_on_a_stream_a_canned_reply_is_not_truncated_unless_it_is_meant_to_be() -> None:
    truncated = canned("copy_id", QR | TC)
    assert sent(truncated, "UDP").flags & TC
    assert not sent(truncated, "TCP").flags & TC
    assert sent(canned("copy_id", QR | TC, "TCP"), "TCP").flags & TC


def test_a_reply_ends_the_wait_and_one_that_is_not_accepted_does_not() -> None:
    loop = VirtualLoop()
    upstream = Upstream([], loop, lambda _: None)
    try:
        task = ask(upstream, loop)
        (waiting,) = upstream.waiting
        upstream.reply(waiting, canned(""))
        loop.settle()
        assert not task.done()
        assert waiting.excused
        upstream.reply(waiting, canned("copy_id"))
        loop.settle()
        assert read(task.result()).id == 77
        assert upstream.waiting == []
    finally:
        loop.close()


def test_of_several_packets_the_first_one_accepted_counts() -> None:
    loop = VirtualLoop()
    upstream = Upstream([], loop, lambda _: None)
    try:
        entry = canned("copy_id")
        entry.packets.append(Packet(0, QR, questions=[OTHER]))
        task = ask(upstream, loop)
        upstream.reply(upstream.waiting[0], entry)
        loop.settle()
        assert read(task.result()).flags == QR | AA
    finally:
        loop.close()


def test_a_failure_is_silence() -> None:
    loop = VirtualLoop()
    upstream = Upstream([], loop, lambda _: None)
    try:
        task = ask(upstream, loop)
        upstream.fail(upstream.waiting[0], "timeout")
        loop.settle()
        with pytest.raises(Silence, match="timeout"):
            task.result()
    finally:
        loop.close()


def test_who_gives_up_no_longer_waits() -> None:
    loop = VirtualLoop()
    upstream = Upstream([], loop, lambda _: None)
    try:
        task = ask(upstream, loop, stream=True)
        task.cancel()
        loop.settle()
        assert upstream.waiting == []
    finally:
        loop.close()


def test_ranges_answer_at_their_server_and_during_their_steps() -> None:
    entry = canned("copy_id")
    for one, step, answered in (
        (Range(0, 9, "192.0.2.1", [entry]), 5, True),
        (Range(0, 9, "192.0.2.1@53", [entry]), 5, True),
        (Range(0, 9, "192.0.2.1@5353", [entry]), 5, False),
        (Range(0, 9, "192.0.2.2", [entry]), 5, False),
        (Range(0, 9, "", [entry]), 5, True),
        (Range(0, 4, "", [entry]), 5, False),
        (Range(6, 9, "", [entry]), 5, False),
    ):
        loop = VirtualLoop()
        upstream = Upstream([one], loop, lambda _: None)
        try:
            task = ask(upstream, loop)
            assert upstream.answer_from_ranges(step) is answered
            loop.settle()
            assert task.done() is answered
            task.cancel()
            loop.settle()
        finally:
            loop.close()
