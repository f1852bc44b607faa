from resolver.config import Config, Recorder, parse


def test_what_goes_wrong_is_kept_and_told_unless_somebody_wants_otherwise() -> None:
    assert Config().recorder == Recorder()
    assert Recorder().size > 0
    assert Recorder().tell
    assert Recorder().clients == "network"


def test_it_can_be_switched_off() -> None:
    config = parse("[recorder]\nsize = 0\ntell = false\n")
    assert config.recorder.size == 0
    assert not config.recorder.tell
