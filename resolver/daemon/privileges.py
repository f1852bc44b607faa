"""Being less than root, as soon as the ports are open.

`[server] user` names who to be.  A process that is alone opens its sockets, and is that
user from then on, with no capability left.  A supervisor cannot: the workers that it
starts later need the ports, too.  So it becomes the user and keeps one capability,
CAP_NET_BIND_SERVICE, which its workers inherit, and give up when their sockets are open.
No process that has seen a packet has any.

Under a service manager all this is its business (packaging/resolver.service): there the
setting stays empty.
"""

import ctypes
import os
import pwd
from typing import Final, NamedTuple

_CAP_NET_BIND_SERVICE: Final = 10  # linux/capability.h
_CAPABILITIES_VERSION: Final = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
# linux/prctl.h
_PR_SET_KEEPCAPS: Final = 8
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_RAISE: Final = 2
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4


class Identity(NamedTuple):
    """A user, with all groups that it is in."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def identity_for(user: str) -> Identity | None:
    """Look a user up; None if there is nothing to become.

    Raises ValueError, which names the setting, for one that cannot be become.
    """
    if not user:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise ValueError(
            f"server.user: there is no user {user}; `useradd --system {user}` makes one"
        ) from None
    if os.geteuid() == entry.pw_uid:
        return None
    if os.geteuid() != 0:
        raise ValueError(
            f"server.user: only root can become {user}; start as root, or as {user}"
            " and without the setting"
        )
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(groups))


def become(identity: Identity, *, keep_ports: bool) -> None:
    """Be a user, for good.  With `keep_ports` it may still open those below 1024.

    Raises OSError if that cannot be; nothing may go on then.
    """
    if keep_ports:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups(identity.groups)
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if keep_ports:
        _set_capabilities(1 << _CAP_NET_BIND_SERVICE)
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_NET_BIND_SERVICE)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    else:
        give_up_capabilities()


def give_up_capabilities() -> None:
    """Have no capability, nor any program that is started from here.  Raises OSError."""
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    _set_capabilities(0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _set_capabilities(bits: int) -> None:
    """Have these capabilities, all of them below 32, and no others."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    # Effective, permitted, inheritable; then the upper halves of the three.
    data = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    _check(_libc().capset(header, data))


def _prctl(option: int, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _check(_libc().prctl(option, *map(ctypes.c_ulong, padded)))


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot give up privileges: {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
