"""The recorder that a configuration makes."""

import dataclasses

from resolver.cache.reach import CUT_OFF_SECONDS, Reach
from resolver.config import Config, Recorder
from resolver.daemon.recording import recorder_of
from resolver.observe.recorder import Recorder as Kept
from resolver.ports import Address, Errand, Resolution
from resolver.wire import types
from tests.observe.boxed import NOW, asked_for


def test_nothing_is_put_on_record_where_there_is_no_room_for_it() -> None:
    config = dataclasses.replace(Config(), recorder=Recorder(size=0))
    assert recorder_of(config, lambda: NOW, Reach(), 0) is None


def failing(reach: Reach, now: float) -> Kept:
    recorder = recorder_of(Config(), lambda: NOW, reach, 0)
    assert recorder is not None
    errand = Errand(lambda: now, now + 8.0)
    recorder.watch(asked_for("a. A"), errand, Resolution(types.SERVFAIL), [])
    return recorder


def test_a_record_says_what_was_wrong_with_the_network() -> None:
    reach = Reach()
    assert next(iter(failing(reach, 0.0))).around.network == ""
    for number in range(6):
        reach.timed_out(Address(f"192.0.{number}.1"), float(number))
    later = 6.0 + CUT_OFF_SECONDS
    assert next(iter(failing(reach, later))).around.network == "cut off"
    reach = Reach()
    reach.unreachable(Address("2001:db8::1"), "network unreachable", 0.0)
    assert "IPv6" in next(iter(failing(reach, 1.0))).around.network
