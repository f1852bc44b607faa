"""Tell the service manager how we are (sd_notify(3)).

The protocol is a datagram of `NAME=value` lines to the socket that the manager named
in the environment.  Where none is named, nobody wants to know and nothing is sent.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Final, final


@final
class ServiceManager:
    """The manager that started this program, if there is one.

    `environment` is searched for NOTIFY_SOCKET and WATCHDOG_USEC.
    """

    __slots__ = ("_address", "watchdog_seconds")

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        # An address that begins with "@" is in the abstract namespace.
        self._address: Final = "\0" + path[1:] if path.startswith("@") else path
        #: Seconds between signs of life, half of what the manager allows; 0: no watchdog.
        self.watchdog_seconds: Final = _microseconds(environment) / 2e6

    def ready(self, status: str) -> None:
        """Say that questions are answered from now on."""
        self._send(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is read again; `ready` says that this is over.

        The manager wants the time, to tell this reload from the one before.
        """
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """Say that no new questions are taken."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Pat the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        ) as s:
            try:
                s.sendto(text.encode(), self._address)
            except OSError:
                # A manager that does not listen is no reason to stop resolving.
                return


def _microseconds(environment: Mapping[str, str]) -> int:
    """Read the watchdog's period, meant for this process and no other (sd_watchdog_enabled(3))."""
    pid = environment.get("WATCHDOG_PID")
    if pid is not None and pid != str(os.getpid()):
        return 0
    text = environment.get("WATCHDOG_USEC", "")
    return int(text) if text.isdecimal() else 0
