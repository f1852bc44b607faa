"""Replies in doubt, cookies, EDNS: what a forger would have to do, and cannot."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from resolver.cache.manners import (
    DEAF_TO_TCP,
    DENIES_COOKIES,
    FAULT_LIFETIME,
    FORGETS_COOKIES,
    LOSES_CASE,
    PLAIN,
)
from resolver.net.exchange import Unreachable
from resolver.ports import MAX_ASKS, Silence
from resolver.wire import types
from resolver.wire.edns import COOKIE
from resolver.wire.message import Edns, Message, Question
from resolver.wire.reader import read
from resolver.wire.writer import write
from tests.net.pretend import (
    ANSWER,
    NAME,
    QUESTION,
    SERVER,
    Arrival,
    Step,
    World,
    answer,
    kinds,
    silence,
)

LOWERED = NAME + b"\x00\x01\x00\x01"


def lowered(packet: bytes) -> list[Arrival]:
    """Answer, with the question in lower case."""
    message = Message(read(packet).id, types.QR, QUESTION, types.NOERROR, (ANSWER,))
    return [(0.03, write(message))]


def all_ones(bits: int) -> int:
    return (1 << bits) - 1


def faults(world: World) -> int:
    now = world.loop.time()
    return world.servers.facts(SERVER, now).manners.faults(now)


def suspected(world: World) -> int:
    return world.servers.facts(SERVER, world.loop.time()).manners.suspected


def asks(world: World, times: int = 1) -> None:
    """Ask the same question again and again; each is answered."""

    async def story() -> None:
        for _ in range(times):
            message = await world.exchange(SERVER, QUESTION, world.errand())
            assert message.answer == (ANSWER,)

    world.run(story())


def mixed(packet: bytes) -> bool:
    return packet[12:].startswith(NAME.upper())


# --- case --------------------------------------------------------------------------


def test_letters_are_sent_in_a_case_drawn_by_lot() -> None:
    world = World([answer()], randomise_case=True, random_bits=all_ones)
    assert world.ask().answer == (ANSWER,)
    assert world.udp.packets[0][12:25] == b"\x03WWW\x07EXAMPLE\x00"


def test_the_id_and_the_letters_come_from_one_draw() -> None:
    drawn: list[int] = []

    def random_bits(bits: int) -> int:
        drawn.append(bits)
        return all_ones(bits) ^ 0x4110 << 8 * len(NAME)

    world = World([answer()], randomise_case=True, random_bits=random_bits)
    world.ask()
    assert drawn == [16 + 8 * len(NAME)]
    assert world.udp.packets[0][:2] == b"\xbe\xef"


def test_over_tcp_letters_stay_as_they_are() -> None:
    world = World(
        [answer(flags=types.QR | types.TC)],
        [answer()],
        randomise_case=True,
        random_bits=all_ones,
    )
    world.ask()
    assert world.tcp.packets[0][12:].startswith(LOWERED)


def test_a_forgery_in_the_wrong_case_is_found_out_over_tcp() -> None:
    world = World(
        [lowered, answer()], [answer()], randomise_case=True, random_bits=all_ones
    )
    errand = world.errand()

    async def story() -> None:
        message = await world.exchange(SERVER, QUESTION, errand)
        assert message.answer == (ANSWER,)
        assert faults(world) == suspected(world) == 0
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert errand.asks_left == MAX_ASKS - 2
    assert kinds(errand) == ["sent", "silent", "sent", "reply"]
    assert errand.diary[1].facts[:2] == (SERVER, "another case")
    assert all(map(mixed, world.udp.packets)), "nothing was learnt from the forgery"
    assert world.exchange.doubted == 1


def test_a_server_that_loses_the_case_over_tcp_too_is_asked_in_lower_case() -> None:
    world = World(
        [lowered] * 3, [lowered, lowered], randomise_case=True, random_bits=all_ones
    )

    async def story() -> None:
        for _ in range(2):
            await world.exchange(SERVER, QUESTION, world.errand())
        await asyncio.sleep(FAULT_LIFETIME)
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert [mixed(packet) for packet in world.udp.packets] == [True, False, True]
    assert mixed(world.tcp.packets[0]), "that is the proof"


def test_a_server_that_loses_the_case_and_takes_no_tcp_needs_two_hints() -> None:
    world = World(
        [lowered] * 5,
        [silence("connection refused", 0.01)],
        randomise_case=True,
        random_bits=all_ones,
    )
    asks(world, 3)
    assert [mixed(packet) for packet in world.udp.packets] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert faults(world) == LOSES_CASE | DEAF_TO_TCP


def test_an_echo_in_between_shows_that_the_hint_was_a_forgery() -> None:
    world = World(
        [lowered, answer(), answer(), lowered, answer()],
        [silence("connection refused", 0.01)],
        randomise_case=True,
        random_bits=all_ones,
    )
    asks(world, 3)
    assert faults(world) == DEAF_TO_TCP
    assert suspected(world) == LOSES_CASE


def test_a_doubtful_reply_does_not_tell_how_far_the_server_is() -> None:
    world = World([lowered], [answer()], randomise_case=True, random_bits=all_ones)
    world.ask()
    assert world.servers.rtt(SERVER, world.loop.time()) is None


# --- a wrong id --------------------------------------------------------------------


def guessed(packet: bytes) -> list[Arrival]:
    """A forger was quicker, but had to guess the id; the true reply is later."""
    [(delay, whole)] = answer()(packet)
    assert isinstance(whole, bytes)
    other = bytes([whole[0] ^ 1, whole[1]])
    return [(delay, other + whole[2:]), (delay, whole)]


def test_a_reply_with_a_wrong_id_sends_the_question_to_tcp_at_once() -> None:
    world = World([guessed], [answer()])
    errand = world.errand()
    assert world.ask(errand).answer == (ANSWER,)
    assert kinds(errand) == ["sent", "silent", "sent", "reply"]
    assert errand.diary[1].facts == (SERVER, "a wrong id", pytest.approx(0.03))
    assert (world.exchange.doubted, world.exchange.mismatches) == (1, 1)
    assert errand.asks_left == MAX_ASKS - 2


def test_where_tcp_is_refused_a_wrong_id_denies_nobody_the_reply() -> None:
    world = World([guessed, guessed, guessed], [silence("connection refused", 0.01)])
    asks(world, 2)
    first, second, third = world.udp.packets
    assert len({first[:2], second[:2], third[:2]}) == 3, "each with an id of its own"
    assert world.exchange.mismatches == 1, "from then on they are not there"


def test_where_tcp_cannot_be_tried_a_doubt_costs_no_ask_for_it() -> None:
    unreachable = Unreachable("network unreachable")
    world = World([guessed, answer()], [lambda _: [(0.0, unreachable)]])
    errand = world.errand()
    world.ask(errand)
    assert errand.asks_left == MAX_ASKS - 2


def test_asking_again_for_a_doubt_is_paid_for() -> None:
    world = World([guessed])
    errand = world.errand()
    errand.asks_left = 1
    with pytest.raises(Exception, match="max_asks"):
        world.ask(errand)


# --- EDNS --------------------------------------------------------------------------


def had_edns(packets: list[bytes]) -> list[bool]:
    return [read(packet).edns is not None for packet in packets]


@pytest.mark.parametrize(
    ("rcode", "edns"),
    [(types.FORMERR, None), (types.NOTIMP, None), (types.BADVERS, Edns())],
)
def test_a_server_that_chokes_on_edns_is_asked_without(
    rcode: int, edns: Edns | None
) -> None:
    world = World([answer(rcode, edns=edns), answer()])
    errand = world.errand()
    assert world.ask(errand).answer == (ANSWER,)
    assert had_edns(world.udp.packets) == [True, False]
    assert errand.asks_left == MAX_ASKS - 2


def test_one_error_is_not_enough_to_take_a_server_for_plain() -> None:
    choking = answer(types.FORMERR)
    world = World([choking, answer(), choking, answer(), answer()])
    asks(world, 3)
    assert had_edns(world.udp.packets) == [True, False, True, False, False]
    assert faults(world) == PLAIN


def test_a_reply_with_edns_in_between_shows_that_the_error_was_forged() -> None:
    choking, good = answer(types.FORMERR), answer(edns=Edns())
    world = World([choking, answer(), good, choking, answer(), good])
    asks(world, 4)
    assert faults(world) == 0
    assert had_edns(world.udp.packets) == [True, False, True, True, False, True]


def test_an_error_over_tcp_is_proof() -> None:
    world = World(
        [answer(flags=types.QR | types.TC), answer()], [answer(types.FORMERR), answer()]
    )
    asks(world, 2)
    assert had_edns(world.tcp.packets) == [True, False]
    assert had_edns(world.udp.packets) == [True, False]
    assert faults(world) == PLAIN


@pytest.mark.parametrize("rcode", [types.FORMERR, types.SERVFAIL, types.REFUSED])
def test_a_server_that_fails_without_edns_too_is_not_taken_for_plain(
    rcode: int,
) -> None:
    world = World([answer(types.FORMERR), answer(rcode)])
    assert world.ask().rcode == rcode
    assert faults(world) == suspected(world) == 0


def test_a_plain_servers_truncated_reply_is_fetched_plainly() -> None:
    world = World(
        [answer(types.FORMERR), answer(flags=types.QR | types.TC)], [answer()]
    )
    assert world.ask().answer == (ANSWER,)
    assert read(world.tcp.packets[0]).edns is None


def test_silence_does_not_mean_that_a_server_does_not_understand_edns() -> None:
    world = World([silence(), answer()])

    async def story() -> None:
        with pytest.raises(Silence):
            await world.exchange(SERVER, QUESTION, world.errand())
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert had_edns(world.udp.packets) == [True, True]


# --- cookies -----------------------------------------------------------------------


def cookie_in(packet: bytes) -> bytes | None:
    edns = read(packet).edns
    return None if edns is None else dict(edns.options).get(COOKIE)


@dataclass
class Baker:
    """A server with cookies; what it was sent is in `seen`."""

    secret: bytes = b"baker-01"
    seen: list[bytes | None] = field(default_factory=list)

    def __call__(self, packet: bytes) -> Sequence[Arrival]:
        return self.reply(packet)

    def reply(
        self,
        packet: bytes,
        rcode: int = types.NOERROR,
        change: Callable[[bytes], bytes] = bytes,
    ) -> Sequence[Arrival]:
        cookie = cookie_in(packet)
        self.seen.append(cookie)
        if cookie is None:
            return answer(rcode, edns=Edns())(packet)
        baked = change(cookie[:8] + self.secret)
        return answer(rcode, edns=Edns(options=((COOKIE, baked),)))(packet)

    def strict(self, packet: bytes) -> Sequence[Arrival]:
        """Want to see the server's own cookie first (RFC 7873 section 5.2.3)."""
        cookie = cookie_in(packet)
        known = cookie is None or cookie[8:] == self.secret
        return self.reply(packet, types.NOERROR if known else types.BADCOOKIE)

    def forging(self, packet: bytes) -> Sequence[Arrival]:
        """Somebody else is quicker, and does not know our cookie."""
        foreign = self.reply(packet, types.NXDOMAIN, lambda _: b"forged!!" * 2)
        return [*foreign, *self.reply(packet)]


def test_the_first_question_has_our_cookie_and_the_next_the_servers_too() -> None:
    baker = Baker()
    world = World([baker] * 3, cookies=True)
    asks(world, 3)
    first, second, third = baker.seen
    assert first is not None
    assert len(first) == 8
    assert second == third == first + baker.secret


def test_a_new_cookie_takes_the_place_of_the_old_one() -> None:
    baker = Baker()

    def newly(packet: bytes) -> Sequence[Arrival]:
        baker.secret = b"baker-02" * 2
        return baker(packet)

    world = World([baker, newly, baker], cookies=True)
    asks(world, 3)
    assert baker.seen[1] is not None
    assert baker.seen[1].endswith(b"baker-01")
    assert baker.seen[2] == baker.seen[1][:8] + b"baker-02" * 2


def test_a_reply_with_another_cookie_than_ours_is_no_reply() -> None:
    baker = Baker()
    world = World([baker.forging], cookies=True)
    errand = world.errand()
    assert world.ask(errand).rcode == types.NOERROR
    assert kinds(errand) == ["sent", "reply"]


def test_no_cookie_is_sent_where_they_are_not_wanted() -> None:
    world = World([answer()])
    world.ask()
    assert cookie_in(world.udp.packets[0]) is None


def test_servers_without_cookies_are_sent_ours_all_the_same() -> None:
    world = World([answer(edns=Edns())] * 2, cookies=True)
    asks(world, 2)
    assert [len(cookie_in(packet) or b"") for packet in world.udp.packets] == [8, 8]


def test_a_server_cookie_makes_the_case_of_letters_superfluous() -> None:
    world = World(
        [Baker()] * 2, cookies=True, randomise_case=True, random_bits=all_ones
    )
    asks(world, 2)
    assert [mixed(packet) for packet in world.udp.packets] == [True, False]


def test_after_bad_cookie_the_question_is_asked_with_the_new_one() -> None:
    baker = Baker()
    world = World([baker.strict, baker.strict], cookies=True)
    errand = world.errand()
    assert world.ask(errand).rcode == types.NOERROR
    assert errand.asks_left == MAX_ASKS - 2
    assert baker.seen[1] == (baker.seen[0] or b"") + baker.secret


def hopeless(packet: bytes) -> Sequence[Arrival]:
    return Baker().reply(packet, types.BADCOOKIE)


def test_after_bad_cookie_for_the_new_one_too_tcp_is_asked() -> None:
    world = World([hopeless, hopeless], [Baker()], cookies=True)
    assert world.ask().rcode == types.NOERROR


def test_bad_cookie_over_tcp_is_what_the_server_has_to_say() -> None:
    world = World([hopeless, hopeless], [hopeless], cookies=True)
    errand = world.errand()
    assert world.ask(errand).rcode == types.BADCOOKIE
    assert errand.asks_left == MAX_ASKS - 3


def test_bad_cookie_without_a_new_one_goes_to_tcp_at_once() -> None:
    world = World([answer(types.BADCOOKIE, edns=Edns())], [Baker()], cookies=True)
    assert world.ask().rcode == types.NOERROR


@pytest.mark.parametrize(
    "bare",
    [answer(), answer(edns=Edns()), answer(types.FORMERR)],
    ids=["no edns", "no cookie", "an error"],
)
def test_a_reply_without_the_cookie_that_there_used_to_be_is_in_doubt(
    bare: Step,
) -> None:
    baker = Baker()
    world = World([baker, bare, baker], [baker], cookies=True)
    asks(world, 3)
    assert faults(world) == suspected(world) == 0
    assert all(baker.seen)


def test_a_server_that_has_given_cookies_up_is_believed_over_tcp() -> None:
    bare = answer(edns=Edns())
    world = World([Baker(), bare, bare], [bare], cookies=True)
    asks(world, 3)
    assert faults(world) == FORGETS_COOKIES


def test_a_server_of_which_some_machines_forget_cookies_keeps_the_case() -> None:
    bare, baker = answer(edns=Edns()), Baker()
    world = World(
        [baker, bare, bare, baker],
        [bare],
        cookies=True,
        randomise_case=True,
        random_bits=all_ones,
    )
    asks(world, 4)
    assert [mixed(packet) for packet in world.udp.packets] == [True, False, True, True]
    assert len(baker.seen[1] or b"") == 16, "it gets its cookie back all the same"


def test_without_tcp_a_missing_cookie_needs_two_hints_to_be_believed() -> None:
    bare, baker = answer(edns=Edns()), Baker()
    refused = silence("connection refused", 0.01)
    world = World([baker, bare, bare, bare, bare, bare], [refused], cookies=True)
    asks(world, 4)
    assert faults(world) == FORGETS_COOKIES | DEAF_TO_TCP


def test_a_server_that_chokes_on_cookies_alone_is_asked_without() -> None:
    choking, good = answer(types.FORMERR, edns=Edns()), answer(edns=Edns())
    world = World([choking, good, choking, good, good], cookies=True)
    asks(world, 3)
    assert had_edns(world.udp.packets) == [True] * 5
    assert [cookie_in(packet) is None for packet in world.udp.packets] == [
        False,
        True,
        False,
        True,
        True,
    ]
    assert faults(world) == DENIES_COOKIES


def test_a_server_that_chokes_on_anything_loses_first_the_cookie_then_edns() -> None:
    world = World(
        [answer(types.FORMERR, edns=Edns()), answer(types.FORMERR), answer()],
        cookies=True,
    )
    asks(world)
    assert had_edns(world.udp.packets) == [True, True, False]
    assert suspected(world) == PLAIN


def test_a_silent_server_gets_the_next_question_without_a_cookie() -> None:
    world = World([silence(), answer(edns=Edns()), answer(edns=Edns())], cookies=True)

    async def story() -> None:
        with pytest.raises(Silence):
            await world.exchange(SERVER, QUESTION, world.errand())
        for _ in range(2):
            await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert [cookie_in(packet) is None for packet in world.udp.packets] == [
        False,
        True,
        False,
    ]
    assert faults(world) == suspected(world) == 0


def test_a_server_known_for_cookies_keeps_them_in_silence() -> None:
    baker = Baker()
    world = World([baker, silence(), baker], cookies=True)

    async def story() -> None:
        await world.exchange(SERVER, QUESTION, world.errand())
        with pytest.raises(Silence):
            await world.exchange(SERVER, Question(NAME, types.MX), world.errand())
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert len(baker.seen[-1] or b"") == 16


def test_a_cookie_goes_along_over_tcp() -> None:
    world = World([answer(flags=types.QR | types.TC)], [Baker()], cookies=True)
    world.ask()
    assert cookie_in(world.tcp.packets[0]) is not None


def test_our_cookie_changes_every_day() -> None:
    baker = Baker()
    world = World([baker] * 3, cookies=True)

    async def story() -> None:
        for pause in (0.0, 800.0, 90_000.0):
            await asyncio.sleep(pause)
            await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    first, second, third = baker.seen
    assert first is not None
    assert second == first + baker.secret
    assert third is not None
    assert len(third) == 8
    assert third != first
