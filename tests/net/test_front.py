"""The reception, with a hand-set clock; what waits is in `test_waiting`."""

import pytest

from resolver.hot.truncated import truncated
from resolver.net.front import MAX_JUDGED_HOSTS
from tests.hot.packets import query
from tests.net.reception import CLIENT, PretendMeter, Stage, ask, packet


@pytest.fixture
def stage() -> Stage:
    return Stage()


# From memory.


def test_a_packet_that_the_hot_room_knows_is_answered_by_it(
    stage: Stage,
) -> None:
    stage.replies.known[packet("a")[2:]] = b"the reply"
    assert stage.front.known(packet("a"), CLIENT) == b"the reply"
    assert stage.replies.asked == [(packet("a"), 100.0)]
    assert stage.front.known(packet("b"), CLIENT) is None


def test_a_host_outside_the_access_list_gets_nothing_from_memory(
    stage: Stage,
) -> None:
    stage.allowed = lambda host: host != CLIENT
    stage.replies.known[packet("a")[2:]] = b"the reply"
    assert stage.front.known(packet("a"), CLIENT) is None
    assert stage.replies.asked == []
    assert stage.front.known(packet("a"), "192.0.2.8") == b"the reply"


def test_the_access_list_is_looked_at_once_for_each_host(stage: Stage) -> None:
    looks: list[str] = []
    stage.allowed = lambda host: not looks.append(host)  # type: ignore[func-returns-value]
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"):
        stage.front.known(packet("a"), host)
    assert looks == ["192.0.2.1", "192.0.2.2"]


def test_verdicts_are_remembered_for_a_bounded_number_of_hosts(
    stage: Stage,
) -> None:
    looks = 0

    def allowed(host: str) -> bool:
        nonlocal looks
        looks += 1
        return True

    stage.allowed = allowed
    for number in range(MAX_JUDGED_HOSTS + 1):
        stage.front.known(b"", f"host {number}")
    assert len(stage.front._judged) == 1
    stage.front.known(b"", f"host {MAX_JUDGED_HOSTS}")
    assert looks == MAX_JUDGED_HOSTS + 1


def test_an_error_in_the_hot_room_is_reported_and_the_packet_takes_the_long_way(
    stage: Stage,
) -> None:
    stage.replies.error = IndexError("a bug")
    assert stage.front.known(packet("a"), CLIENT) is None
    assert stage.errors == [(f"hot reply to {CLIENT}", stage.replies.error)]


# At once.


def test_what_the_service_has_a_reply_to_is_answered_before_packet_returns(
    stage: Stage,
) -> None:
    assert ask(stage, "now") == [packet("now") + b" answered"]
    assert stage.service.hosts == [CLIENT]
    assert stage.service.streams == [False]
    assert (stage.front.at_once, stage.front.walks) == (1, 0)


def test_the_service_is_told_of_streams(stage: Stage) -> None:
    ask(stage, "now", stream=True)
    assert stage.service.streams == [True]


def test_silence_is_told_by_an_empty_reply(stage: Stage) -> None:
    assert ask(stage, "silence") == [b""]
    assert stage.front.silences == 1


def test_a_packet_that_the_service_chokes_on_is_reported_and_met_with_silence(
    stage: Stage,
) -> None:
    assert ask(stage, "crash") == [b""]
    [(what, error)] = stage.errors
    assert what == f"packet from {CLIENT}"
    assert isinstance(error, RuntimeError)
    assert stage.front.errors == 1


# Too often.


def test_one_who_asks_too_often_gets_nothing_or_is_led_to_tcp(stage: Stage) -> None:
    asked = query()
    stage.replies.known[asked[2:]] = b"the reply"
    stage.meters[CLIENT] = PretendMeter(2)
    heard = [stage.front.known(asked, CLIENT) for _ in range(6)]
    led = truncated(asked)
    assert heard == [b"the reply", b"the reply", b"", led, b"", led]
    assert len(stage.replies.asked) == 2
    assert stage.front.known(asked, "192.0.2.8") == b"the reply"


def test_what_is_not_known_is_counted_as_well(stage: Stage) -> None:
    meter = stage.meters[CLIENT] = PretendMeter(1)
    assert stage.front.known(packet("a"), CLIENT) is None
    assert stage.front.known(packet("a"), CLIENT) == b""
    assert meter.taken == [(1, 100.0), (1, 100.0)]


def test_a_stranger_who_asks_too_often_is_not_even_refused(stage: Stage) -> None:
    stage.allowed = lambda host: False
    stage.meters[CLIENT] = PretendMeter(1)
    assert stage.front.known(query(), CLIENT) is None
    assert [stage.front.known(query(), CLIENT) for _ in range(3)] == [b""] * 3


def test_streams_have_no_limit(stage: Stage) -> None:
    meter = stage.meters[CLIENT] = PretendMeter(0)
    assert ask(stage, "now", stream=True) == [packet("now") + b" answered"]
    assert meter.taken == []
