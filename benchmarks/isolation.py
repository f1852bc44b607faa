"""A network of our own, and what is missing when we cannot have it.

Unbound and BIND ask servers at port 53 and nowhere else, so the lab needs that port on
many addresses.  This process moves into a new network namespace, where all of loopback
is free; everything that it starts is inside, and the kernel removes the namespace with
the last process.  Who is not root gets one through a user namespace, where the machine
allows that.  Where no namespace can be had, the machine's own loopback addresses serve,
if port 53 may be used there.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import socket
import struct
from pathlib import Path
from typing import Final

from benchmarks import zones
from benchmarks.process import search_path

# linux/sched.h, linux/sockios.h, linux/if.h.
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
SIOCGIFFLAGS: Final = 0x8913
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1
DNS_PORT: Final = 53
# No dynamic port may be one that a server of the lab wants, and there must be plenty.
PORT_RANGE: Final = "1024 65535"

TOOLS: Final = {
    "nsd": "nsd",
    "dnsperf": "dnsperf",
    "taskset": "util-linux",
    "setpriv": "util-linux",
}


class Unavailable(Exception):
    """This machine cannot run the benchmarks.  The argument says what to do."""


def check_tools() -> None:
    """Raise Unavailable if a program is missing without which nothing is measured."""
    missing = {package for tool, package in TOOLS.items() if not which(tool)}
    if missing:
        raise Unavailable(
            f"Programs are missing.  Debian: apt-get install {' '.join(sorted(missing))}"
        )


def which(program: str) -> str | None:
    """Find a program, also where only root looks for one."""
    return shutil.which(program, path=search_path())


def isolate() -> str:
    """Move into a network namespace if possible, and say in words where we are.

    Raises Unavailable where neither that nor port 53 can be had.
    """
    try:
        _unshare()
    except OSError as refused:
        return _stay(refused)
    _raise_loopback()
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(PORT_RANGE)
    return "a network namespace"


def _unshare() -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _system_unshare(CLONE_NEWNET)
        return
    _system_unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # user_namespaces(7): setgroups has to be given up before the group is mapped.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def _system_unshare(flags: int) -> None:
    """Call unshare(2), which Python has from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16sH", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        request = struct.pack("16sH14x", b"lo", flags[1] | IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)


def _stay(refused: OSError) -> str:
    """Use the machine's own loopback, if the lab's addresses are free there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((zones.ROOT_ADDRESSES[0], DNS_PORT))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise Unavailable(
                f"No network namespace can be made ({refused.strerror}), and port 53 "
                + ("is in use here" if taken else "may not be used by this user")
                + ".  Run this as root."
            ) from error
    return f"the machine's own loopback (no namespace: {refused.strerror})"
