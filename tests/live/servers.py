"""Real servers, each a process inside the tests' network namespace.

Four NSDs make a small Internet, one for each level of the tree, because a server that
has both a zone and its parent never refers anybody from one to the other.  The folder
under `zones` is the level, the file's name the zone.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.live.namespace import PATIENCE, Namespace, tool

ZONES: Final = Path(__file__).with_name("zones")

LEVELS: Final = {
    "root": ("127.54.0.1", "127.54.0.2", "fd54::1"),
    "tld": ("127.54.1.1", "127.54.1.2", "fd54::11"),
    "leaf": ("127.54.2.1", "127.54.2.2", "fd54::21"),
    "deep": ("127.54.3.1", "fd54::31"),
}
HINTS: Final = """\
.                    3600000 NS a.root-servers.net.
.                    3600000 NS b.root-servers.net.
a.root-servers.net.  3600000 A  127.54.0.1
b.root-servers.net.  3600000 A  127.54.0.2
b.root-servers.net.  3600000 AAAA fd54::1
"""
# Ours for most tests, and another of ours, for tests that want one of their own.
OURS: Final = "127.0.0.1"
OTHER: Final = "127.0.0.3"
UNBOUND: Final = "127.54.100.2"
# Seconds from SIGTERM to the end of the process that the resolver promises.
PROMISED_END: Final = 2.0
POLL: Final = 0.005


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"{what}: not within {PATIENCE} s"
        time.sleep(POLL)


class Process:
    """A server in a process group of its own; it ends when the tests do, somehow."""

    def __init__(self, namespace: Namespace, folder: Path, *command: str) -> None:
        self.namespace: Final = namespace
        self.log: Final = folder / "stderr"
        with self.log.open("w") as errors:
            self._process = namespace.start(
                *(tool("setpriv", "util-linux"), "--pdeathsig=TERM", *command),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        self.pid: Final = self._process.pid
        self._started: Final = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def signal(self, number: signal.Signals) -> None:
        """Signal the process and its children."""
        os.killpg(self.pid, number)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float = PATIENCE) -> int:
        return self._process.wait(seconds)

    def stop(self) -> int:
        """End the server, kindly if it lets us; give its exit status."""
        if self.is_running():
            self.signal(signal.SIGCONT)
            # It sees to its children itself.
            os.kill(self.pid, signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            raise

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for the server to come up; end it if it does not."""

        def true_or_over() -> bool:
            assert self.is_running(), self.log.read_text()
            return true()

        try:
            wait_until(true_or_over, what)
        except AssertionError:
            self.stop()
            raise

    def wait_until_listening(self, host: str) -> None:
        self.wait_until(
            lambda: self.namespace.unread(host) is not None, f"{host} listens"
        )


class Nsd(Process):
    """NSD with the zones of one level."""

    def __init__(self, namespace: Namespace, folder: Path, level: str) -> None:
        self.addresses: Final = LEVELS[level]
        self._config: Final = folder / "nsd.conf"
        self._control: Final = tool("nsd-control", "nsd")
        self._config.write_text(self._settings(folder, level))
        super().__init__(
            namespace, folder, tool("nsd", "nsd"), "-d", "-c", str(self._config)
        )
        self.wait_until_listening(self.addresses[0])

    def _settings(self, folder: Path, level: str) -> str:
        zones = {path.stem: path for path in (ZONES / level).glob("*.zone")}
        if level == "leaf":
            zones["big.com"] = folder / "big.com.zone"
            zones["big.com"].write_text(big_zone())
        return "\n".join(
            [
                "server:",
                *(f"  ip-address: {address}" for address in self.addresses),
                *(f'  {name}: ""' for name in ("username", "chroot", "database")),
                *(
                    f'  {name}: "{folder / name}"'
                    for name in ("pidfile", "xfrdfile", "zonelistfile")
                ),
                f'  xfrdir: "{folder}"',
                f'  zonesdir: "{folder}"',
                "  rrl-ratelimit: 0",
                "  rrl-whitelist-ratelimit: 0",
                "remote-control:",
                "  control-enable: yes",
                f"  control-interface: {folder / 'control'}",
                *(
                    f'zone:\n  name: "{"." if name == "root" else name}"\n'
                    f'  zonefile: "{path}"'
                    for name, path in sorted(zones.items())
                ),
                "",
            ]
        )

    def questions(self) -> int:
        """Say how many questions it has had since it started."""
        done = self.namespace.run(
            self._control, "-c", str(self._config), "stats_noreset"
        )
        figures = dict(line.split("=") for line in done.stdout.splitlines())
        return int(figures["num.queries"])

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Have it take questions and not answer them for a while."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def is_asked(self) -> None:
        """Wait until a question waits for the server, which is silent."""
        wait_until(
            lambda: any(map(self.namespace.unread, self.addresses)),
            "a question for the silent server",
        )


def big_zone() -> str:
    """A zone of answers that do not fit."""
    apex = "@ SOA ns1.shop.com. hostmaster.shop.com. 1 1800 900 604800 300"
    head = ["$ORIGIN big.com.", "$TTL 600", apex, "@ NS ns1.shop.com."]
    # 16 bytes each: over 512, over 1232, over 4096.
    for name, count in (("a40", 40), ("a100", 100), ("a255", 255)):
        head += [f"{name} A 198.54.10.{last}" for last in range(count)]
    # 60 kB: close to the largest message there is.
    head += [f'txt250 TXT "{index:03}{"x" * 225}"' for index in range(250)]
    return "\n".join([*head, ""])


class Unbound(Process):
    """Unbound as an iterator that does not validate, with our roots.

    Other `settings` say otherwise.
    """

    def __init__(
        self,
        namespace: Namespace,
        folder: Path,
        address: str = UNBOUND,
        root: str = HINTS,
        **others: str,
    ) -> None:
        hints, config = folder / "hints", folder / "unbound.conf"
        hints.write_text(root)
        settings = {
            "interface": address,
            "root-hints": f'"{hints}"',
            "module-config": '"iterator"',
            "do-not-query-localhost": "no",
            "directory": f'"{folder}"',
            "pidfile": f'"{folder / "pid"}"',
            **dict.fromkeys(("chroot", "username", "logfile"), '""'),
            **dict.fromkeys(("use-syslog", "do-daemonize"), "no"),
            **{name.replace("_", "-"): value for name, value in others.items()},
        }
        lines = [f"  {name}: {value}" for name, value in settings.items()]
        config.write_text("\n".join(["server:", *lines, ""]))
        super().__init__(
            namespace, folder, tool("unbound", "unbound"), "-d", "-c", str(config)
        )
        self.wait_until_listening(address)


def resolver_command(config: Path) -> list[str]:
    return [sys.executable, "-m", "resolver", "serve", "--config", str(config)]


def resolver_config(folder: Path, listen: Sequence[str], **settings: object) -> Path:
    """Write a configuration of our resolver for the small Internet.

    A setting is named `table__setting`; its value has to look the same in JSON and
    TOML, which tables do not: those are given as text.
    """
    (folder / "hints").write_text(HINTS)
    written = {
        "listen__plain": listen,
        "log__format": "json",
        "server__self_check": False,
        "control__path": "control.sock",
        "recursion__root_hints": "hints",
        "recursion__never_ask": [],
        "access__allow": ["127.0.0.0/8", "::1/128", "fd54::/16"],
        "dnssec__validate": False,
    } | settings
    lines = [
        f"{name.replace('__', '.')} = "
        + (json.dumps(value) if "__" in name else str(value))
        for name, value in written.items()
    ]
    config = folder / "resolver.toml"
    config.write_text("\n".join([*lines, ""]))
    return config


class Resolver(Process):
    """Our resolver, from the command line to the exit status."""

    def __init__(
        self, namespace: Namespace, folder: Path, *listen: str, **settings: object
    ) -> None:
        config = resolver_config(folder, listen, **settings)
        super().__init__(namespace, folder, *resolver_command(config))
        self.wait_until(self._is_ready, "the resolver says that it is ready")

    def _is_ready(self) -> bool:
        return any(event["event"] == "ready" for event in self.events())

    def events(self) -> list[dict[str, Any]]:
        """What it has logged, whole lines only; what is no event is a complaint."""
        lines = self.log.read_text().splitlines(keepends=True)
        return [_event(line) for line in lines if line.endswith("\n")]

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def end(self) -> float:
        """End it as a service manager does: status 0, no complaint; give the seconds."""
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        status = self.wait()
        seconds = time.monotonic() - started
        assert status == 0, self.log.read_text()
        assert seconds < PROMISED_END
        assert self.complaints() == []
        return seconds

    def complaints(self) -> list[dict[str, Any]]:
        """What it has logged that it should not have."""
        return [
            event
            for event in self.events()
            if event["level"] not in {"debug", "info"}
            # Our configuration is also written for versions that validate.
            and event["event"] != "setting_not_in_effect"
        ]


def _event(line: str) -> dict[str, Any]:
    if line.startswith("{"):
        event: dict[str, Any] = json.loads(line)
        return event
    return {"event": line, "level": "error"}
