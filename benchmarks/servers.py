"""The resolvers: which there are, and one of them running.

A server counts as started when it has answered a question that needs a whole walk,
rightly.  What `dnsmasq` forwards it does not resolve, so it takes part only where
everything is cached.
"""

import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

from benchmarks import recipes, zones
from benchmarks.isolation import which
from benchmarks.process import Broken, Process
from benchmarks.recipes import HOST, Recipe, Settings
from benchmarks.signing import name_wire
from resolver.config.declared import declared

OURS: Final = "ours"
FIRST_PORT: Final = 5300
# Seconds to the first answer, and between attempts while nobody listens.
PATIENCE: Final = 15.0
POLL: Final = 0.001
# Seconds for one attempt: a lost packet must not cost all of the patience.
ATTEMPT: Final = 2.0
RECURSION_DESIRED: Final = 0x0100


class Kind(NamedTuple):
    """A resolver that can take part."""

    name: str
    program: str
    package: str
    recipe: Recipe
    version: tuple[str, ...]
    # False for one that only forwards.
    walks: bool = True

    @property
    def port(self) -> int:
        """Each kind has a port of its own."""
        return FIRST_PORT + [kind.name for kind in KINDS].index(self.name)


KINDS: Final = (
    Kind(
        OURS,
        sys.executable,
        "",
        recipes.ours,
        (sys.executable, "-m", "resolver", "--version"),
    ),
    Kind("unbound", "unbound", "unbound", recipes.unbound, ("unbound", "-V")),
    Kind("named", "named", "bind9", recipes.named, ("named", "-v")),
    Kind(
        "pdns_recursor",
        "pdns_recursor",
        "pdns-recursor",
        recipes.pdns_recursor,
        ("pdns_recursor", "--version"),
    ),
    Kind("kresd", "kresd", "knot-resolver", recipes.kresd, ("kresd", "--version")),
    Kind(
        "dnsmasq",
        "dnsmasq",
        "dnsmasq-base",
        recipes.dnsmasq,
        ("dnsmasq", "--version"),
        walks=False,
    ),
)


def installed(kinds: Iterable[Kind]) -> list[Kind]:
    """Leave out what this machine does not have."""
    return [kind for kind in kinds if which(kind.program)]


def in_effect(setting: str) -> bool:
    """Tell whether this version of ours has the feature of a setting, "table.name"."""
    table, _, name = setting.partition(".")
    return not declared()[table].settings[name].later


class Server:
    """A resolver that has answered; a context manager that ends it."""

    def __init__(self, kind: Kind, settings: Settings, cores: Sequence[int]) -> None:
        """Start it in the folder of the settings, and wait for the first answer."""
        self.kind: Final = kind
        self.port: Final = settings.port
        command = kind.recipe(settings)
        started = time.monotonic()
        self.process: Final = Process(command, settings.folder, cores)
        try:
            self._wait_until_it_answers(started + PATIENCE)
        except BaseException:
            self.process.stop()
            raise
        # From exec to the first answer.
        self.start_seconds: Final = time.monotonic() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()

    def _wait_until_it_answers(self, until: float) -> None:
        name, expected = zones.host(0, 0), zones.address(0, 0)
        said = "nothing"
        while time.monotonic() < until and self.process.is_running():
            reply = ask(self.port, name)
            if socket.inet_aton(expected) in reply:
                return
            if reply:
                said = f"rcode {reply[3] & 15}"
            time.sleep(POLL)
        words = self.process.last_words()
        raise Broken(f"answers {said} for {name} ({words})")


def ask(port: int, name: str) -> bytes:
    """Ask for a name's address, without EDNS; nothing if nobody answers."""
    header = struct.pack("!6H", port, RECURSION_DESIRED, 1, 0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((HOST, port))
        client.settimeout(ATTEMPT)
        try:
            client.send(header + name_wire(name) + struct.pack("!HH", 1, 1))
            return client.recv(4096)
        except OSError:
            return b""
