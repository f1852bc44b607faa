"""A network of the tests' own.

An iterative resolver asks servers at port 53, and Unbound has no setting for another.
So everything that talks, NSD, Unbound, our resolver and dig, runs inside a network
namespace where port 53 and all of loopback are free, whatever the machine runs.

A process that does nothing (`inside hold`) keeps the namespace; when the tests end,
even by SIGKILL, its standard input ends, and the kernel removes the namespace with
it.  Who is not root gets one through a user namespace, where the machine allows that.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Self

TOP: Final = Path(__file__).parents[2]
INSIDE: Final = Path(__file__).with_name("inside.py")
# Where servers live that an ordinary user's PATH does not name.
SEARCH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
# IPv6 has one loopback address; servers need more.
IPV6: Final = ("fd54::1", "fd54::11", "fd54::21", "fd54::31")
# Seconds for any command that should take a fraction of one.
PATIENCE: Final = 20.0

_ORDER: Final = -1 if sys.byteorder == "little" else 1


class Unavailable(Exception):
    """This machine cannot run the live tests.  The argument says why."""


def tool(name: str, package: str) -> str:
    """Find a program, or say which of Debian's packages has it."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise Unavailable(
            f"{name} is not installed (Debian: apt-get install {package})"
        )
    return path


class Namespace:
    """A network namespace with loopback up; a context manager."""

    def __init__(self) -> None:
        self._unshare = tool("unshare", "util-linux")
        self._nsenter = tool("nsenter", "util-linux")
        self._user = os.geteuid() != 0

    def __enter__(self) -> Self:
        as_root = ["--user", "--map-root-user"] if self._user else []
        holder = [sys.executable, str(INSIDE), "hold", *IPV6]
        self._holder = subprocess.Popen(
            [self._unshare, "--net", *as_root, *holder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline().strip() != b'"up"':
            _, errors = self._holder.communicate(timeout=PATIENCE)
            why = errors.decode().strip().splitlines()[-1:] or ["no reason given"]
            raise Unavailable(f"no network namespace can be made: {why[0]}")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.communicate(timeout=PATIENCE)

    def command(self, *words: str) -> list[str]:
        """Give the command that runs another inside."""
        as_root = ["--user", "--preserve-credentials"] if self._user else []
        target = f"--target={self._holder.pid}"
        return [self._nsenter, target, "--net", *as_root, "--", *words]

    def start(self, *words: str, **how: Any) -> subprocess.Popen[str]:
        """Start a process inside; its pid is that of the program itself."""
        return subprocess.Popen(self.command(*words), text=True, cwd=TOP, **how)

    def run(
        self, *words: str, patience: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end."""
        return subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            cwd=TOP,
        )

    def inside(self, *words: str, patience: float = PATIENCE) -> Any:
        """Have `inside` do something, and give the value that it printed."""
        done = self.run(sys.executable, str(INSIDE), *words, patience=patience)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def unread(self, host: str, transport: str = "udp") -> int | None:
        """Say how many bytes wait at an address's port 53; None: nobody listens.

        Of "tcp" the number means connections.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        table = f"{transport}6" if ":" in host else transport
        packed = socket.inet_pton(family, host)
        # The kernel prints words of four bytes in the machine's own order.
        words = [packed[i : i + 4][::_ORDER] for i in range(0, len(packed), 4)]
        local = f"{b''.join(words).hex().upper()}:0035"
        anybody = "0" * len(packed) * 2 + ":0000"
        text = Path(f"/proc/{self._holder.pid}/net/{table}").read_text("ascii")
        for line in text.splitlines()[1:]:
            _, here, there, _, queues, *_ = line.split()
            if (here, there) == (local, anybody):
                return int(queues.partition(":")[2], 16)
        return None
