import pytest

from resolver.config import Config, ConfigError, control_path, control_paths, parse

MANAGED = {"RUNTIME_DIRECTORY": "/run/one:/run/two", "XDG_RUNTIME_DIR": "/run/user/7"}
LOGGED_IN = {"XDG_RUNTIME_DIR": "/run/user/7"}


@pytest.mark.parametrize(
    ("environment", "user", "path"),
    [
        (MANAGED, 7, "/run/one/control.sock"),
        (MANAGED, 0, "/run/one/control.sock"),
        (LOGGED_IN, 7, "/run/user/7/resolver/control.sock"),
        (LOGGED_IN, 0, "/run/resolver/control.sock"),
        ({}, 7, "/tmp/resolver-7/control.sock"),
    ],
)
def test_the_socket_is_where_only_its_user_can_have_put_it(
    environment: dict[str, str], user: int, path: str
) -> None:
    assert control_path("auto", environment, user) == path
    assert control_paths("auto", environment, user)[0] == path


def test_a_path_that_is_set_is_the_only_one() -> None:
    assert control_path("/a/b", MANAGED) == "/a/b"
    assert control_paths("/a/b", MANAGED) == ["/a/b"]
    assert control_path("", MANAGED) == ""
    assert control_paths("", MANAGED) == []


def test_a_user_looks_for_her_own_and_then_for_the_systems() -> None:
    assert control_paths("auto", LOGGED_IN, 7) == [
        "/run/user/7/resolver/control.sock",
        "/run/resolver/control.sock",
    ]


def test_a_group_is_a_name() -> None:
    assert parse('[control]\ngroup = "dns-admins"').control.group == "dns-admins"
    assert Config().control.group == ""
    with pytest.raises(ConfigError, match=r"control\.group"):
        parse('[control]\ngroup = "a b"')
    with pytest.raises(ConfigError, match=r"control\.path"):
        parse("[control]\npath = 7")
