"""Who has the port that we want?  Read from /proc, as `ss -lnp` does.

The kernel lists sockets by inode, and each process its own inodes.  The latter can only
be read by the process's user and by root; where it cannot, the user that the kernel
names with the socket is all there is to say.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from resolver.config import split_address
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, Finding
from resolver.ports import Address

_TABLES: Final = ("udp", "udp6", "tcp", "tcp6")
_TCP_LISTEN: Final = "0A"  # include/net/tcp_states.h
_UDP_OPEN: Final = "07"
_FIELDS: Final = 10
_WORD: Final = 4  # bytes that the kernel writes as one number
_WILDCARDS: Final = ("0.0.0.0", "::")  # noqa: S104 - to be found, not to be bound

# What is usually there, and how it is talked out of the port.
_MENDS: Final = {
    "systemd-resolve": (
        "DNSStubListener=no in /etc/systemd/resolved.conf, then"
        " `systemctl restart systemd-resolved`"
    ),
    "dnsmasq": (
        "port=0 in /etc/dnsmasq.conf (it still serves DHCP), or interface= with"
        " bind-interfaces; or `systemctl disable --now dnsmasq`"
    ),
    "named": "`systemctl disable --now named`, or listen-on in named.conf",
    "unbound": "`systemctl disable --now unbound`, or interface: in unbound.conf",
    "kresd": "`systemctl disable --now kresd@1`",
    "pdns_recursor": "`systemctl disable --now pdns-recursor`",
    "coredns": "stop it, or have it bind to another address",
    "AdGuardHome": "`systemctl disable --now AdGuardHome`, or dns.bind_hosts in its YAML",
    "pihole-FTL": "`systemctl disable --now pihole-FTL`, or dns.port in its TOML",
    "connmand": "start it with --nodnsproxy",
    "avahi-daemon": "it needs port 5353 for mDNS: take another, with listen.plain",
}
_ANOTHER: Final = "stop it, or take another address with listen.plain"


class Holder(NamedTuple):
    """A socket that takes questions.  `program` is "" and `pid` 0 where unknown."""

    address: Address
    transport: str
    user: int
    program: str = ""
    pid: int = 0
    command: str = ""

    @property
    def is_ours(self) -> bool:
        """Say whether it is this program that has it."""
        words = self.command.split()
        started = "serve" in words and any(Path(it).name == "resolver" for it in words)
        return self.pid == os.getpid() or started or "resolver.daemon" in self.command

    def __str__(self) -> str:
        """Tell who, where."""
        who = f"{self.program} (process {self.pid})" if self.pid else "a process"
        host = f"[{self.address.host}]" if self.address.is_ipv6 else self.address.host
        where = f"{host}:{self.address.port} over {self.transport}"
        return f"{who} of user {self.user} has {where}"


def holders(ports: Sequence[int], proc: Path = Path("/proc")) -> list[Holder]:
    """List who takes questions at some ports."""
    found = {
        inode: holder
        for table in _TABLES
        for inode, holder in _table(proc / "net" / table)
        if holder.address.port in ports
    }
    for inode, process in _owners(proc, set(found)):
        program = _text(process / "comm").strip()
        command = _text(process / "cmdline").replace("\0", " ").strip()
        found[inode] = found[inode]._replace(
            program=program, pid=int(process.name), command=command
        )
    return list(found.values())


def judge_holders(found: Sequence[Holder], listen: Sequence[str]) -> Finding:
    """Say whether somebody else has what we are to listen on."""
    wanted = [Address(*split_address(text)) for text in listen]
    names = ", ".join(listen) or "nothing"
    clashing = [it for it in found if any(_clash(it.address, ours) for ours in wanted)]
    others = [it for it in clashing if not it.is_ours]
    beside = tuple(f"beside it, {it}" for it in found if it not in clashing)
    if not clashing:
        return Finding("port", OK, (f"free to take: {names}", *beside))
    seen = tuple(dict.fromkeys(map(str, others or clashing)))
    if not others:
        return Finding("port", OK, ("this program is answering already", *seen))
    if not any(it.pid for it in others):
        mend = "run this as root to see whose it is; it may be this program's"
        return Finding("port", UNKNOWN, seen, mend)
    programs = dict.fromkeys(it.program for it in others if it.pid)
    mends = (f"{it}: {_MENDS.get(it, _ANOTHER)}" for it in programs)
    return Finding("port", PROBLEM, seen, "; ".join(mends))


def _clash(theirs: Address, ours: Address) -> bool:
    """Say whether two sockets cannot both be there."""
    if theirs.port != ours.port:
        return False
    if theirs.host == ours.host:
        return True
    # The wildcard of IPv6 may take IPv4 as well; ours never does.
    if theirs.host == "::" or theirs.is_ipv6 == ours.is_ipv6:
        return theirs.host in _WILDCARDS or ours.host in _WILDCARDS
    return False


def _table(path: Path) -> Iterator[tuple[str, Holder]]:
    transport = path.name.removesuffix("6")
    state = _TCP_LISTEN if transport == "tcp" else _UDP_OPEN
    for line in _text(path).splitlines()[1:]:
        fields = line.split()
        if len(fields) < _FIELDS or fields[3] != state:
            continue
        with suppress(ValueError):
            holder = Holder(_address(fields[1]), transport, int(fields[7]))
            yield fields[9], holder


def _address(text: str) -> Address:
    """Read an address as the kernel writes it: words of the machine's own order."""
    digits, _, port = text.partition(":")
    raw = bytes.fromhex(digits)
    if sys.byteorder == "little":
        words = [raw[it : it + _WORD][::-1] for it in range(0, len(raw), _WORD)]
        raw = b"".join(words)
    return Address(str(ip_address(raw)), int(port, 16))


def _owners(proc: Path, inodes: set[str]) -> Iterator[tuple[str, Path]]:
    """Find the processes that have some sockets, as far as we may look."""
    sought = {f"socket:[{inode}]": inode for inode in inodes}
    if not sought:
        return
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is not ours to look at
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    inode = sought.get(str(descriptor.readlink()))
                    if inode is not None:
                        yield inode, process


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
