import os
import socket
import sys
from pathlib import Path

import pytest

from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN
from resolver.daemon.doctor.holders import Holder, holders, judge_holders
from resolver.ports import Address

LISTEN = ("127.0.0.1:53", "[::1]:53")
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"


def line(local: str, state: str, user: int, inode: int) -> str:
    return (
        f"  12: {local} 00000000:0000 {state} 00000000:00000000 00:00000000"
        f" 00000000 {user:5d} 0 {inode} 2 0000000000000000 0\n"
    )


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with systemd-resolved on 127.0.0.53, and dnsmasq everywhere."""
    net = tmp_path / "net"
    net.mkdir()
    little = sys.byteorder == "little"
    stub = "3500007F:0035" if little else "7F000035:0035"
    one = "01000000" if little else "00000001"
    (net / "udp").write_text(
        HEAD + line(stub, "07", 101, 1) + line("00000000:0035", "07", 65534, 2)
        + line("00000000:14E9", "07", 0, 3) + "nonsense\n"
    )  # fmt: skip
    connected = line("00000000:0035", "01", 0, 5)
    (net / "tcp").write_text(HEAD + connected + line(stub, "0A", 101, 4))
    (net / "tcp6").write_text(HEAD + line("0" * 24 + one + ":0035", "0A", 53, 6))
    for pid, name, inodes in ((77, "systemd-resolve", (1, 4)), (88, "dnsmasq", (2,))):
        folder = tmp_path / str(pid) / "fd"
        folder.mkdir(parents=True)
        (folder.parent / "comm").write_text(f"{name}\n")
        (folder.parent / "cmdline").write_text(f"/usr/sbin/{name}\0-x\0")
        for inode in inodes:
            (folder / str(inode)).symlink_to(f"socket:[{inode}]")
    (tmp_path / "99").mkdir()  # a process that has ended meanwhile
    return tmp_path


def test_sockets_and_their_owners_are_read_as_the_kernel_lists_them(
    proc: Path,
) -> None:
    found = {str(it) for it in holders([53], proc)}
    assert found == {
        "systemd-resolve (process 77) of user 101 has 127.0.0.53:53 over udp",
        "systemd-resolve (process 77) of user 101 has 127.0.0.53:53 over tcp",
        "dnsmasq (process 88) of user 65534 has 0.0.0.0:53 over udp",
        "a process of user 53 has [::1]:53 over tcp",
    }
    assert holders([1], proc) == []
    assert holders([53], proc / "nowhere") == []


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="no such /proc here")
def test_our_own_sockets_are_found_and_known_as_ours() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        port = ours.getsockname()[1]
        (holder,) = holders([port])
    assert holder.address == Address("127.0.0.1", port)
    assert holder.pid == os.getpid()
    assert holder.is_ours
    finding = judge_holders([holder], [f"127.0.0.1:{port}"])
    assert finding.verdict == OK
    assert finding.evidence[0] == "this program is answering already"


def held(host: str, program: str, pid: int = 9, command: str = "") -> Holder:
    return Holder(Address(host), "udp", 1, program, pid, command)


def test_a_port_that_nobody_has_is_free() -> None:
    assert judge_holders([], LISTEN).evidence == (
        "free to take: 127.0.0.1:53, [::1]:53",
    )


def test_another_address_of_the_same_port_is_no_obstacle() -> None:
    finding = judge_holders([held("127.0.0.53", "systemd-resolve")], LISTEN)
    assert finding.verdict == OK
    assert "beside it, systemd-resolve (process 9)" in finding.evidence[1]


@pytest.mark.parametrize(
    ("host", "listen"),
    [
        ("127.0.0.1", LISTEN),
        ("0.0.0.0", LISTEN),
        ("::", LISTEN),
        ("::", ("127.0.0.1:53",)),
        ("192.0.2.1", ("0.0.0.0:53",)),
    ],
)
@pytest.mark.parametrize(
    ("program", "mend"),
    [
        ("systemd-resolve", "DNSStubListener=no"),
        ("dnsmasq", "port=0"),
        ("named", "systemctl disable --now named"),
        ("unbound", "systemctl disable --now unbound"),
        ("mystery", "stop it"),
    ],
)
def test_who_is_in_the_way_is_named_with_what_makes_room(
    host: str, listen: tuple[str, ...], program: str, mend: str
) -> None:
    finding = judge_holders([held(host, program)], listen)
    assert finding.verdict == PROBLEM
    assert program in finding.evidence[0]
    assert mend in finding.mend


def test_an_owner_that_may_not_be_seen_is_unknown() -> None:
    finding = judge_holders([held("127.0.0.1", "", pid=0)], LISTEN)
    assert finding.verdict == UNKNOWN
    assert "run this as root" in finding.mend


@pytest.mark.parametrize(
    "command",
    [
        "/opt/resolver/bin/python /opt/resolver/bin/resolver serve --config x",
        "python -P -c import sys; from resolver.daemon.worker import run 12 /x",
    ],
)
def test_a_daemon_of_this_program_is_no_stranger(command: str) -> None:
    assert (
        judge_holders([held("127.0.0.1", "python3", 9, command)], LISTEN).verdict == OK
    )
    assert not held("127.0.0.1", "x", 9, "systemd-resolved").is_ours


def test_an_ipv4_wildcard_does_not_take_ipv6() -> None:
    assert judge_holders([held("0.0.0.0", "x")], ("[::1]:53",)).verdict == OK
    assert judge_holders([held("127.0.0.1", "x")], ("127.0.0.1:5353",)).verdict == OK
