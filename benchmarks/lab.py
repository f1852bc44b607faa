"""The lab: real authoritative servers with ten thousand zones.

Three NSDs, one for each level of the tree, because a server that has both a zone and
its parent never refers anybody from one to the other.  Zones are written and signed
once, into `build/`, and kept until the code that makes them changes.  NSD counts the
questions that it gets; asked before and after a run, it says what a resolver had to
ask.  Response rate limiting is off.
"""

import contextlib
import hashlib
import os
import shutil
import socket
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, Self

from benchmarks import signing, zones
from benchmarks.process import POLL, Broken, Process
from benchmarks.zones import Zone

# What a lab is made of: another one is made when these change.
SOURCES: Final = (Path(zones.__file__), Path(signing.__file__))
LEVELS: Final = {
    "root": zones.ROOT_ADDRESSES,
    "top": zones.TOP_ADDRESSES,
    "leaf": zones.LEAF_ADDRESSES,
}
HINTS: Final = "hints"
ANCHOR: Final = "root.key"
CONTROL: Final = "control"
CHUNK: Final = 100
# Seconds for ten thousand zones to be read, on a slow machine.
PATIENCE: Final = 60.0


def made(build: Path) -> Path:
    """Give the folder with all zones, and make it if it is not there."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES))
    folder = build.resolve() / f"lab-{digest.hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    for old in build.glob("lab-*"):
        shutil.rmtree(old)
    unfinished = folder.parent / f"lab-unfinished-{os.getpid()}"
    for level in LEVELS:
        (unfinished / level).mkdir(parents=True)
    _write_zones(unfinished)
    return unfinished.rename(folder)


def _write_zones(folder: Path) -> None:
    leaves = [*zones.leaf_zones()]
    chunks = [leaves[at : at + CHUNK] for at in range(0, len(leaves), CHUNK)]
    with ProcessPoolExecutor() as pool:
        signers: dict[str, str] = {}
        for some in pool.map(partial(_write, folder / "leaf"), chunks):
            signers |= some
        domains = [zones.top_zone(top, signers) for top in zones.TOPS]
        signers = {}
        for some in pool.map(partial(_write, folder / "top"), [[it] for it in domains]):
            signers |= some
    _write(folder / "root", [zones.root_zone(signers)])
    (folder / HINTS).write_text(zones.hints())
    anchor = f". {zones.TTL} IN DNSKEY {signing.dnskey('.')}\n"
    (folder / ANCHOR).write_text(anchor)


def _write(folder: Path, some: Iterable[Zone]) -> dict[str, str]:
    """Write zone files, and give the DS data of the signed ones."""
    signers = {}
    for zone in some:
        content = zone
        if zone.signed:
            content = signing.sign(zone)
            signers[zone.name] = signing.ds(zone.name)
        (folder / f"{zone.name}zone").write_text(zones.text_of(content))
    return signers


class Lab:
    """The three servers, running; a context manager."""

    def __init__(self, made: Path, folder: Path, cores: Sequence[int]) -> None:
        self.hints: Final = made / HINTS
        self.anchor: Final = made / ANCHOR
        self._made: Final = made
        self._folder: Final = folder
        self._cores: Final = cores
        self._servers: list[Process] = []

    def __enter__(self) -> Self:
        try:
            for level in LEVELS:
                self._start(level)
            for level, server in zip(LEVELS, self._servers, strict=True):
                self._wait_until_it_counts(level, server)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        while self._servers:
            self._servers.pop().stop()

    def questions(self) -> int:
        """Count the questions that the lab has had since it started."""
        return sum(self._questions(level) for level in LEVELS)

    def _start(self, level: str) -> None:
        folder = self._folder / level
        folder.mkdir()
        (folder / "nsd.conf").write_text(_settings(folder, self._made / level, level))
        command = ["nsd", "-d", "-c", "nsd.conf"]
        self._servers.append(Process(command, folder, self._cores))

    def _wait_until_it_counts(self, level: str, server: Process) -> None:
        """Wait until it has read its zones: it counts nothing before."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            server.must_run()
            with contextlib.suppress(OSError):
                self._questions(level)
                break
            time.sleep(POLL)
        if " error: " in server.output.read_text():
            raise Broken(f"NSD cannot read its zones: {server.last_words()}")

    def _questions(self, level: str) -> int:
        """Ask a server as `nsd-control stats_noreset` does, at a tenth of the price."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(str(self._folder / level / CONTROL))
            control.sendall(b"NSDCT1 stats_noreset\n")
            with control.makefile("r", encoding="ascii") as reply:
                return counted(reply.read())


def counted(statistics: str) -> int:
    """Find the number of questions in NSD's statistics."""
    figures = dict(line.split("=", 1) for line in statistics.splitlines())
    return int(figures["num.queries"])


def _settings(folder: Path, zone_files: Path, level: str) -> str:
    none = ("username", "chroot", "database")
    own = ("pidfile", "xfrdfile", "zonelistfile", "xfrdir", "zonesdir")
    where = {name: folder / name for name in own[:3]} | dict.fromkeys(own[3:], folder)
    lines = [
        "server:",
        *(f"  ip-address: {address}" for address in LEVELS[level]),
        *(f'  {name}: ""' for name in none),
        *(f'  {name}: "{path}"' for name, path in where.items()),
        *("  server-count: 1", "  rrl-ratelimit: 0", "  rrl-whitelist-ratelimit: 0"),
        *("remote-control:", "  control-enable: yes"),
        f"  control-interface: {folder / CONTROL}",
        *(
            f'zone:\n  name: "{path.name.removesuffix("zone")}"\n  zonefile: "{path}"'
            for path in sorted(zone_files.iterdir())
        ),
    ]
    return "\n".join([*lines, ""])
