"""The player itself, with a resolver so simple that the player is what is tested."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from resolver.config import Config
from resolver.ports import Address, Note, Silence
from tests.replay.core import Front, Surroundings
from tests.replay.packet import QR, RA, RD, Packet, read, write
from tests.replay.parse import parse_text
from tests.replay.player import Result, play
from tests.virtual import START

SERVER = Address("192.0.2.1")


class Toy:
    """Passes every question on to one server, as long as it likes, and back."""

    def __init__(self, around: Surroundings) -> None:
        self._upstream = around.upstream
        self._tries = 2

    def known(self, packet: bytes, host: str) -> bytes | None:
        """Remember nothing."""
        return None

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - the front's own signature
        send: Callable[[bytes], None],
    ) -> None:
        """Ask, and reply with what comes; SERVFAIL when nothing does."""
        task = asyncio.get_running_loop().create_task(self._resolve(packet))
        task.add_done_callback(
            lambda done: None if done.cancelled() else send(done.result())
        )

    async def _resolve(self, packet: bytes) -> bytes:
        question = read(packet)
        for _ in range(self._tries):
            try:
                reply = await self._upstream.udp(
                    SERVER, packet, 1.0, lambda wire: self.accept(packet, wire)
                )
            except Silence:
                continue
            return self.passed_on(reply, packet)
        failure = Packet(question.id, QR | RD | RA, 0, 2, question.questions)
        return write(failure)

    def accept(self, packet: bytes, reply: bytes) -> bool:
        """Look whether a reply is to the question."""
        asked, told = read(packet).asked, read(reply).asked
        return asked is not None and told is not None and asked.key == told.key

    def passed_on(self, reply: bytes, packet: bytes) -> bytes:
        """Give the reply the id of the question."""
        return packet[:2] + reply[2:]


class Forgetful(Toy):
    """Gives replies an id of its own."""

    def passed_on(self, reply: bytes, packet: bytes) -> bytes:
        """Give the reply a wrong id."""
        return b"\xbe\xef" + reply[2:]


class Broken(Toy):
    """Sends what is no message."""

    def passed_on(self, reply: bytes, packet: bytes) -> bytes:
        """Cut the reply in half."""
        return reply[: len(reply) // 2]


def tell(text: str, toy: type[Toy] = Toy, config: str = "", **options: bool) -> Result:
    def build(_: Config, around: Surroundings, diaries: list[list[Note]]) -> Front:
        return toy(around)

    whole = f"{config}\nCONFIG_END\nSCENARIO_BEGIN t\n{text}\nSCENARIO_END\n"
    return play(parse_text(whole, Path("t.rpl")), build=build, **options)


def query(number: int, name: str = "a.", header: str = "RD") -> str:
    return (
        f"STEP {number} QUERY\nENTRY_BEGIN\nREPLY {header}\n"
        f"SECTION QUESTION\n{name} IN A\nENTRY_END\n"
    )


def message(name: str, address: str, match: str = "opcode qname qtype") -> str:
    return (
        f"ENTRY_BEGIN\nMATCH {match}\nADJUST copy_id\nREPLY QR RD RA NOERROR\n"
        f"SECTION QUESTION\n{name} IN A\n"
        f"SECTION ANSWER\n{name} IN A {address}\nENTRY_END\n"
    )


def check(number: int, name: str = "a.", address: str = "192.0.2.7") -> str:
    return f"STEP {number} CHECK_ANSWER\n{message(name, address, 'all')}"


def servfail(number: int, name: str = "a.") -> str:
    return (
        f"STEP {number} CHECK_ANSWER\nENTRY_BEGIN\nMATCH all\nREPLY QR RD RA SERVFAIL\n"
        f"SECTION QUESTION\n{name} IN A\nENTRY_END\n"
    )


def span(first: int, last: int, address: str, server: str = "192.0.2.1") -> str:
    return (
        f"RANGE_BEGIN {first} {last}\nADDRESS {server}\n"
        f"{message('a.', address)}RANGE_END\n"
    )


def test_a_question_is_answered_from_the_ranges_and_the_answer_checked() -> None:
    result = tell(span(0, 9, "192.0.2.7") + query(1) + check(2))
    assert (result.status, result.faults) == ("passed", [])


def test_a_wrong_answer_is_told_with_what_was_expected_and_what_came() -> None:
    result = tell(span(0, 9, "192.0.2.8") + query(1) + check(2))
    assert result.status == "failed"
    assert result.faults[0].splitlines()[:3] == [
        "STEP 2 CHECK_ANSWER (line 22)",
        "ANSWER: missing a. 3600 IN A 192.0.2.7",
        "ANSWER: not expected a. 3600 IN A 192.0.2.8",
    ]


def test_a_question_that_nothing_answers_is_a_fault_though_the_answer_is_right() -> (
    None
):
    result = tell(span(0, 9, "192.0.2.7", "192.0.2.99") + query(1) + servfail(2))
    assert result.status == "failed"
    assert (
        result.faults == ["nothing scripted answers a. IN A to 192.0.2.1 over UDP"] * 2
    )


def test_a_range_is_in_force_while_its_steps_are_to_be_done() -> None:
    ranges = span(0, 2, "192.0.2.7") + span(3, 4, "192.0.2.8")
    story = query(1) + check(2) + query(3) + check(4, address="192.0.2.8")
    assert tell(ranges + story).faults == []
    assert tell(ranges + query(1) + check(3)).status == "failed"


def test_of_two_ranges_the_newer_one_answers() -> None:
    ranges = span(0, 9, "192.0.2.8") + span(0, 9, "192.0.2.7")
    assert tell(ranges + query(1) + check(2)).faults == []


def test_a_timeout_step_lets_the_question_fail_and_costs_no_time() -> None:
    result = tell(query(1) + "STEP 2 TIMEOUT\nSTEP 3 TIMEOUT\n" + servfail(4))
    assert result.faults == []
    assert {line.split()[0] for line in result.transcript} == {"0.000"}


def test_more_timeouts_than_questions_are_passed_over() -> None:
    timeouts = "".join(f"STEP {number} TIMEOUT\n" for number in range(2, 8))
    assert tell(query(1) + timeouts + servfail(9)).faults == []


def test_what_a_timeout_step_silenced_may_be_asked_again() -> None:
    assert tell(query(1) + "STEP 2 TIMEOUT\n" + servfail(3)).faults == []


def test_a_timeout_that_no_question_waits_for_is_a_fault() -> None:
    result = tell("STEP 1 TIMEOUT\n")
    assert result.faults == ["STEP 1 TIMEOUT (line 4): no question waits"]


def test_a_reply_goes_to_the_question_it_fits_and_else_to_the_last_one() -> None:
    two = query(1, "a.") + query(2, "b.")
    replies = "".join(
        f"STEP {number} REPLY\n{message(name, '192.0.2.7')}"
        for number, name in ((3, "a."), (5, "b."))
    ).replace("STEP 5", check(4) + "STEP 5")
    assert tell(two + replies + check(6, "b.")).faults == []
    unmatched = f"STEP 3 REPLY\n{message('b.', '192.0.2.7', '')}"
    result = tell(two + unmatched + check(4, "b."))
    assert result.faults == [
        "at the end there still waits a. IN A to 192.0.2.1 over UDP"
    ]


def test_a_reply_the_resolver_does_not_accept_is_silence_and_no_fault() -> None:
    strange = f"RANGE_BEGIN 0 9\n{message('b.', '192.0.2.7', 'opcode')}RANGE_END\n"
    result = tell(strange + query(1) + servfail(2))
    assert result.faults == []
    assert sum("not accepted" in line for line in result.transcript) == 2


def test_a_scripted_question_has_to_be_sent() -> None:
    def sent(number: int, name: str, server: str = "") -> str:
        where = f" ADDRESS {server}" if server else ""
        return (
            f"STEP {number} CHECK_OUT_QUERY{where}\nENTRY_BEGIN\nMATCH qname\n"
            f"SECTION QUESTION\n{name} IN A\nENTRY_END\n"
        )

    ranges = span(0, 9, "192.0.2.7")
    assert tell(ranges + query(1) + sent(2, "a.") + check(3)).faults == []
    assert tell(ranges + query(1) + check(2) + sent(3, "a.")).faults == []
    assert tell(ranges + query(1) + sent(2, "b.") + check(3)).faults == [
        "STEP 2 CHECK_OUT_QUERY (line 22): no such question is sent"
    ]
    assert tell(ranges + query(1) + sent(2, "a.", "192.0.2.9")).status == "failed"
    # A question counts for one check only.
    twice = ranges + query(1) + sent(2, "a.") + sent(3, "a.") + check(4)
    assert tell(twice).status == "failed"
    # One that was seen may wait for ever.
    assert tell(query(1) + sent(2, "a.")).faults == []


def test_priming_that_nobody_does_is_passed_over() -> None:
    root = "SECTION QUESTION\n. IN NS\nENTRY_END\n"
    priming = (
        f"STEP 2 CHECK_OUT_QUERY\nENTRY_BEGIN\nMATCH qname qtype\n{root}"
        f"STEP 3 REPLY\nENTRY_BEGIN\nADJUST copy_id\nREPLY QR\n{root}"
    )
    reply = f"STEP 4 REPLY\n{message('a.', '192.0.2.7')}"
    assert tell(query(1) + priming + reply + check(5)).faults == []


def test_time_passes_and_steps_compute_with_it() -> None:
    steps = (
        "STEP 1 ASSIGN t0 = ${time}\n"
        "STEP 2 TIME_PASSES ELAPSE 1.5\n"
        "STEP 3 TIME_PASSES EVAL ${2*3}\n"
        "STEP 4 ASSIGN passed = ${range 7 ${${time} - $t0} 8}\n"
    )
    result = tell(steps)
    assert result.faults == []
    assert result.transcript[-1].split()[0] == "7.500"
    assert tell("STEP 1 TIME_PASSES ELAPSE soon\n").status == "failed"


def test_time_that_passes_times_no_question_out() -> None:
    steps = "STEP 2 TIME_PASSES ELAPSE 100\n"
    reply = f"STEP 3 REPLY\n{message('a.', '192.0.2.7')}"
    assert tell(query(1) + steps + reply + check(4)).faults == []


def test_a_delayed_reply_comes_when_its_time_has_come() -> None:
    slow = span(0, 9, "192.0.2.7").replace("copy_id", "copy_id sleep=0.5")
    result = tell(slow + query(1) + check(2))
    assert result.faults == []
    assert result.transcript[-1].split()[0] == "0.500"


def test_a_query_from_elsewhere_is_answered_there() -> None:
    ranges = span(0, 9, "192.0.2.7")
    story = query(1).replace("QUERY", "QUERY ADDRESS 198.51.100.1")
    there = check(2).replace("CHECK_ANSWER", "CHECK_ANSWER ADDRESS 198.51.100.1")
    here = check(2).replace("CHECK_ANSWER", "CHECK_ANSWER ADDRESS 127.0.0.1")
    assert tell(ranges + story + there).faults == []
    assert tell(ranges + story + here).status == "failed"


def test_what_is_left_over_at_the_end_is_a_fault() -> None:
    assert tell(query(1)).faults == [
        "at the end there still waits a. IN A to 192.0.2.1 over UDP"
    ]
    assert tell(span(0, 9, "192.0.2.7") + query(1)).faults == [
        "an answer that no step checks: a. IN A QR RD RA NOERROR"
    ]


def test_an_answer_that_never_comes_is_a_fault() -> None:
    result = tell(check(1))
    assert result.faults == ["STEP 1 CHECK_ANSWER (line 4): no answer comes"]


@pytest.mark.parametrize("toy", [Forgetful, Broken])
def test_a_broken_answer_is_a_fault(toy: type[Toy]) -> None:
    result = tell(span(0, 9, "192.0.2.7") + query(1) + check(2), toy)
    assert result.status == "failed"


def test_a_scenario_that_needs_what_we_lack_is_played_only_when_told() -> None:
    config = "server:\n an-option-of-tomorrow: 1"
    story = span(0, 9, "192.0.2.7") + query(1) + check(2)
    result = tell(story, config=config)
    assert (result.status, result.needs) == ("needs", ["an-option-of-tomorrow"])
    assert result.transcript == []
    assert tell(story, config=config, anyway=True).transcript


def test_looking_into_the_cache_may_be_refused_where_it_is_allowed() -> None:
    refused = span(0, 9, "192.0.2.8").replace("NOERROR", "REFUSED")
    story = refused + query(1, header="") + check(2)
    allowed = "server:\n access-control: 127.0.0.1 allow_snoop"
    assert tell(story, config=allowed).faults == []
    assert tell(story).status == "failed"


def test_the_clock_of_a_scenario_starts_at_nought() -> None:
    result = tell("STEP 1 NOTHING\n")
    assert START > 0
    assert result.transcript[0].split()[0] == "0.000"
