from pathlib import Path

import pytest

from resolver.cli import configuration
from resolver.config import Config, ConfigError, Forward, Local, Recursion


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "resolver.toml"


def capabilities(tmp_path: Path, effective: str) -> Path:
    path = tmp_path / "status"
    path.write_text(f"Name:\tpython\nCapPrm:\t0\nCapEff:\t{effective}\nSeccomp:\t0\n")
    return path


def test_without_a_file_everything_has_its_default() -> None:
    assert configuration.read(None) == (Config(), [], "")


def test_records_in_a_file_are_judged_by_those_who_know_records(file: Path) -> None:
    file.write_text('[local]\nrecords = ["nas.home. 300 A 192.0.2.1"]')
    assert configuration.read(str(file)).config.local.records
    file.write_text('[local]\nrecords = ["nas.home. 300 A 192.0.2.999"]')
    with pytest.raises(ConfigError, match=r"resolver.toml:2: local.records"):
        configuration.read(str(file))


def test_a_broken_hints_file_is_found(file: Path) -> None:
    file.write_text('[recursion]\nroot_hints = "root.hints"')
    (file.parent / "root.hints").write_text(". 3600000 NS a.root-servers.net.\n!")
    with pytest.raises(ConfigError, match=r"resolver.toml:2: recursion.root_hints"):
        configuration.read(str(file))


def test_what_is_asked_for_too_early_is_told(file: Path) -> None:
    file.write_text("[dns64]\nprefix = '64:ff9b::/96'")
    (early,) = configuration.read(str(file)).early
    assert early.endswith(
        ':2: dns64.prefix = "64:ff9b::/96" is not in effect in this version'
    )


def test_the_capability_decides_about_port_53(tmp_path: Path) -> None:
    may = configuration.may_use_low_ports
    assert may(capabilities(tmp_path, "0000000000000400"))
    assert may(capabilities(tmp_path, "000001ffffffffff"))
    assert not may(capabilities(tmp_path, "0000000000000000"))
    assert not may(capabilities(tmp_path, "000001fffffffbff"))


@pytest.mark.parametrize("user", [0, 1000])
def test_without_capabilities_root_decides_about_port_53(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert configuration.may_use_low_ports(tmp_path / "missing") == (user == 0)
    (tmp_path / "status").write_text("Name:\tpython\n")
    assert configuration.may_use_low_ports(tmp_path / "status") == (user == 0)


@pytest.fixture
def privileged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "may_use_low_ports", lambda: True)


@pytest.fixture
def unprivileged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "may_use_low_ports", lambda: False)


@pytest.mark.usefixtures("privileged")
def test_who_may_takes_port_53() -> None:
    chosen = configuration.for_serving(None, None)
    assert chosen.config.listen.plain[0] == "127.0.0.1:53"
    assert set(chosen.config.listen.plain) <= {"127.0.0.1:53", "[::1]:53"}
    assert chosen.port == ""


@pytest.mark.usefixtures("unprivileged")
def test_who_may_not_takes_port_5353_and_is_told_so() -> None:
    chosen = configuration.for_serving(None, None)
    assert chosen.config.listen.plain[0] == "127.0.0.1:5353"
    assert chosen.port == "port 53 needs root or CAP_NET_BIND_SERVICE"


@pytest.mark.usefixtures("unprivileged")
def test_a_file_that_says_nothing_about_listening_changes_nothing(file: Path) -> None:
    file.write_text("[cache]\nsize = '1MB'")
    chosen = configuration.for_serving(str(file), None)
    assert chosen.config.listen.plain[0] == "127.0.0.1:5353"
    assert chosen.config.cache.size == 1_000_000


@pytest.mark.usefixtures("unprivileged")
def test_what_a_file_says_about_listening_is_done(file: Path) -> None:
    file.write_text('[listen]\nplain = ["127.0.0.1:53"]')
    chosen = configuration.for_serving(str(file), None)
    assert (chosen.config.listen.plain, chosen.port) == (("127.0.0.1:53",), "")


def test_the_command_line_goes_before_the_file(file: Path) -> None:
    file.write_text('[listen]\nplain = ["127.0.0.1:53"]')
    chosen = configuration.for_serving(str(file), ["127.0.0.1:5300"])
    assert (chosen.config.listen.plain, chosen.port) == (("127.0.0.1:5300",), "")


def test_an_address_that_is_not_here_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 192.0.2.0/24 is for documentation: no machine has it.
    monkeypatch.setattr(configuration, "_LOOPBACK", ("127.0.0.1", "192.0.2.1"))
    (address,) = configuration.for_serving(None, None).config.listen.plain
    assert address.startswith("127.0.0.1:")


def test_a_rehearsal_accepts_what_can_start() -> None:
    configuration.rehearse(
        Config(
            local=Local(records=("nas.home. 300 A 192.0.2.1",)),
            forward=(Forward(zone=".", servers=("192.0.2.53",)),),
        )
    )


def test_a_rehearsal_finds_hints_without_a_server(tmp_path: Path) -> None:
    hints = tmp_path / "root.hints"
    hints.write_text("a.root-servers.net. 3600000 A 198.41.0.4")
    with pytest.raises(ValueError, match="root_hints"):
        configuration.rehearse(Config(recursion=Recursion(root_hints=str(hints))))


def test_settings_are_read_again_and_the_addresses_of_the_start_stay(
    file: Path,
) -> None:
    file.write_text("cache.max_ttl = 60")
    first = configuration.for_serving(str(file), ["127.0.0.1:5300"])
    file.write_text("cache.max_ttl = 70\nlisten.batch = false")
    again = configuration.again(str(file), None, first)
    assert again.listen.plain == ("127.0.0.1:5300",)
    assert (again.cache.max_ttl, again.listen.batch) == (70, False)
    file.write_text('listen.plain = ["127.0.0.1:5301"]')
    assert configuration.again(str(file), None, first).listen.plain == (
        "127.0.0.1:5301",
    )
    named = configuration.again(str(file), ["127.0.0.1:5300"], first)
    assert named.listen.plain == ("127.0.0.1:5300",)


def test_what_cannot_start_cannot_be_read_again(file: Path) -> None:
    first = configuration.for_serving(None, None)
    with pytest.raises(ValueError, match="without --config"):
        configuration.again(None, None, first)
    hints = file.with_name("hints")
    hints.write_text("")
    file.write_text(f'recursion.root_hints = "{hints}"')
    with pytest.raises(ValueError, match="root_hints"):
        configuration.again(str(file), None, first)
