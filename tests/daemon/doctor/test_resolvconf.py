from pathlib import Path

import pytest

from resolver.config import Config
from resolver.config.names import Forward
from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING
from resolver.daemon.doctor.resolvconf import (
    Names,
    ResolvConf,
    judge_loop,
    judge_resolv_conf,
    parse,
    read_names,
)

LISTEN = ("127.0.0.1:53", "[::1]:53")


def test_the_file_is_read_as_the_c_library_does() -> None:
    text = """\
# a comment
; another
nameserver 127.0.0.1
nameserver 0:0:0:0:0:0:0:1 extra
nameserver fe80::1%eth0
nameserver
domain old.example
search corp.example lab.example
options edns0 trust-ad
options ndots:3
frobnicate
"""
    assert parse(text) == ResolvConf(
        found=True,
        servers=("127.0.0.1", "::1", "fe80::1%eth0"),
        search=("corp.example", "lab.example"),
        options=("edns0", "trust-ad", "ndots:3"),
    )


def test_all_files_that_have_a_say_are_read(tmp_path: Path) -> None:
    assert read_names(tmp_path) == Names(ResolvConf())
    (tmp_path / "etc").mkdir()
    managed = tmp_path / "run/systemd/resolve"
    managed.mkdir(parents=True)
    (managed / "resolv.conf").write_text("nameserver 192.0.2.1\n")
    (managed / "stub-resolv.conf").write_text("nameserver 127.0.0.53\n")
    link = "../run/systemd/resolve/stub-resolv.conf"
    (tmp_path / "etc/resolv.conf").symlink_to(link)
    hosts = "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns # x\n"
    (tmp_path / "etc/nsswitch.conf").write_text(hosts)
    assert read_names(tmp_path) == Names(
        ResolvConf(found=True, target=link, servers=("127.0.0.53",)),
        ("files", "resolve", "[!UNAVAIL=return]", "dns"),
        ("192.0.2.1",),
    )


def names(*servers: str, **more: tuple[str, ...]) -> Names:
    return Names(ResolvConf(found=True, servers=servers), **more)


@pytest.mark.parametrize(
    ("found", "listen"),
    [
        (names("127.0.0.1"), LISTEN),
        (names("127.0.0.1", "::1"), LISTEN),
        (names("0.0.0.0"), LISTEN),
        (names("127.0.0.1"), ("0.0.0.0:53",)),
        (names("192.0.2.7"), ("192.0.2.7:53",)),
        (names(), LISTEN),
        (Names(ResolvConf()), LISTEN),
        (names("127.0.0.53", upstream=("127.0.0.1",)), LISTEN),
    ],
)
def test_a_machine_that_asks_us_is_well(found: Names, listen: tuple[str, ...]) -> None:
    assert judge_resolv_conf(found, listen).verdict == OK


def test_a_machine_that_asks_others_is_told_how_to_ask_us() -> None:
    finding = judge_resolv_conf(names("192.0.2.1"), LISTEN)
    assert finding.verdict == WARNING
    assert finding.evidence == ("nameserver: 192.0.2.1", "programs do not ask us")
    assert "`nameserver 127.0.0.1`" in finding.mend


def test_a_second_server_that_is_not_ours_is_a_way_past_us() -> None:
    finding = judge_resolv_conf(names("127.0.0.1", "192.0.2.1"), LISTEN)
    assert finding.verdict == WARNING
    assert "192.0.2.1 is asked" in finding.evidence[-1]


def test_what_stands_behind_the_third_server_is_never_asked() -> None:
    ours = names("127.0.0.1", "127.0.0.1", "::1", "192.0.2.1")
    finding = judge_resolv_conf(ours, LISTEN)
    assert finding.verdict == OK
    assert "only the first 3 are ever asked" in finding.evidence


def test_the_stub_of_systemd_is_named_with_the_link_to_it() -> None:
    link = "../run/systemd/resolve/stub-resolv.conf"
    conf = ResolvConf(found=True, target=link, servers=("127.0.0.53",))
    finding = judge_resolv_conf(Names(conf, (), ("192.0.2.1",)), ("0.0.0.0:53",))
    assert finding.verdict == WARNING
    assert f"/etc/resolv.conf is a link to {link}" in finding.evidence
    assert "systemd-resolved" in finding.mend


def test_a_port_that_resolv_conf_cannot_name_is_told() -> None:
    finding = judge_resolv_conf(names("192.0.2.1"), ("127.0.0.1:5353",))
    assert "resolv.conf cannot name a port" in finding.mend


def test_nsswitch_may_lead_past_the_file() -> None:
    found = names(
        "127.0.0.1", sources=("files", "resolve", "dns"), upstream=("192.0.2.1",)
    )
    finding = judge_resolv_conf(found, LISTEN)
    assert finding.verdict == WARNING
    assert "nsswitch.conf" in finding.mend


@pytest.mark.parametrize(
    ("options", "verdict"),
    [(("ndots:5",), WARNING), (("ndots:1",), OK), (("ndots:x", "edns0"), OK)],
)
def test_names_tried_below_every_domain_first_are_worth_a_warning(
    options: tuple[str, ...], verdict: str
) -> None:
    conf = ResolvConf(
        found=True, servers=("127.0.0.1",), search=("corp.example",), options=options
    )
    assert judge_resolv_conf(Names(conf), LISTEN).verdict == verdict


@pytest.mark.parametrize(
    ("servers", "upstream", "verdict"),
    [
        (("127.0.0.1",), (), PROBLEM),
        (("[::1]:53",), (), PROBLEM),
        (("127.0.0.1:5300",), (), OK),
        (("127.0.0.53",), ("127.0.0.1",), PROBLEM),
        (("127.0.0.53",), ("192.0.2.1",), OK),
        (("192.0.2.1",), (), OK),
    ],
)
def test_questions_do_not_go_in_a_circle(
    servers: tuple[str, ...], upstream: tuple[str, ...], verdict: str
) -> None:
    config = Config(forward=(Forward(zone="corp.example", servers=servers),))
    finding = judge_loop(config, names("127.0.0.1", upstream=upstream), LISTEN)
    assert finding.verdict == verdict


def test_where_nothing_is_forwarded_nothing_goes_in_a_circle() -> None:
    assert judge_loop(Config(), names(), LISTEN).evidence == ("nothing is forwarded",)
