import pytest

from resolver.config.agreement import disagreements
from resolver.config.names import Forward, Local, Stub
from resolver.config.tables import Cache, Config, Listen, Metrics, Recursion


def findings(config: Config) -> list[str]:
    return [f"{path}: {text}" for path, text in disagreements(config)]


def test_the_defaults_agree() -> None:
    assert findings(Config()) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            Config(listen=Listen(plain=("[::1]:53", "[0::1]:53"))),
            'listen.plain: "[0::1]:53" is there twice',
        ),
        (
            Config(listen=Listen(plain=())),
            "listen.plain: the list is empty: nobody could ask",
        ),
        (
            Config(metrics=Metrics(listen="192.0.2.1:9353")),
            'metrics.listen: "192.0.2.1:9353" can be reached by others; remote = true'
            " allows that",
        ),
        (
            Config(metrics=Metrics(listen="[::]:9353")),
            'metrics.listen: "[::]:9353" can be reached by others; remote = true allows'
            " that",
        ),
        (
            Config(metrics=Metrics(listen="[0::1]:53")),
            'metrics.listen: "[0::1]:53" is for questions, in listen.plain',
        ),
        (
            Config(cache=Cache(min_ttl=10, max_ttl=5)),
            "cache.min_ttl: 10 is more than max_ttl, which is 5",
        ),
        (
            Config(recursion=Recursion(ipv4=False, ipv6=False)),
            "recursion.ipv4: both ipv4 and ipv6 are false: no server could be asked",
        ),
        (
            Config(
                forward=(Forward(zone="a.example", servers=("192.0.2.1",)),),
                stub=(Stub(zone="A.example.", servers=("192.0.2.1",)),),
            ),
            'stub[0].zone: "A.example." is claimed by forward[0] already',
        ),
        (
            Config(local=Local(zones=("a.example static", "A.example. refuse"))),
            'local.zones: "A.example. refuse": the zone is there twice',
        ),
        (
            Config(stub=(Stub(zone=".", servers=()),)),
            "stub[0].servers: the list is empty: nobody could be asked",
        ),
    ],
)
def test_settings_that_are_wrong_together_are_found(
    config: Config, expected: str
) -> None:
    assert findings(config) == [expected]


def test_what_only_looks_alike_is_left_alone() -> None:
    config = Config(
        listen=Listen(plain=("127.0.0.1:53", "127.0.0.1:54", "[::1]:53")),
        cache=Cache(min_ttl=5, max_ttl=5),
        recursion=Recursion(ipv6=False),
        forward=(
            Forward(zone=".", servers=("192.0.2.1",)),
            Forward(zone="walked.example", servers=()),
            Forward(zone="example", servers=("192.0.2.1",)),
        ),
    )
    assert findings(config) == []


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics(),
        Metrics(listen="127.0.0.2:53"),
        Metrics(listen="[::1]:9353"),
        Metrics(listen="0.0.0.0:9353", remote=True),
    ],
)
def test_numbers_are_for_this_machine_or_for_others_if_that_is_wanted(
    metrics: Metrics,
) -> None:
    assert findings(Config(metrics=metrics)) == []
