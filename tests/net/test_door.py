"""Who may come in."""

from resolver.net.door import FREE, Door, Meter, Verdict
from tests.net.reception import PretendMeter


def test_who_may_ask_as_much_as_it_likes_has_always_the_same_verdict() -> None:
    door = Door(lambda host: True)
    assert door.judge("192.0.2.7") is FREE
    assert door.judge("192.0.2.8") is FREE


def test_strangers_have_another() -> None:
    door = Door(lambda host: host != "192.0.2.7")
    assert door.judge("192.0.2.7") == Verdict(allowed=False)
    assert door.judge("192.0.2.8") is FREE


def test_a_limit_goes_with_the_verdict_whichever_that_is() -> None:
    meter = PretendMeter(1)

    def limited(host: str) -> Meter | None:
        return meter if host.startswith("192.") else None

    door = Door(lambda host: host != "192.0.2.7", limited)
    assert door.judge("192.0.2.7") == Verdict(allowed=False, meter=meter)
    assert door.judge("192.0.2.8") == Verdict(allowed=True, meter=meter)
    assert door.judge("198.51.100.1") is FREE
