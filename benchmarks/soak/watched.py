"""The resolver under watch: a process, its log, its memory and its descriptors."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.process import environment

# Seconds that it may take to be ready, and to end.
PATIENCE: Final = 15.0
POLL: Final = 0.05


class Sample(NamedTuple):
    """What the process held at one moment, `at` seconds from the start."""

    at: float
    resident: int
    descriptors: int


class Watched:
    """`resolver serve` with a configuration, until `stop`."""

    def __init__(self, config: Path) -> None:
        self.log: Final = config.with_suffix(".log")
        self.samples: Final[list[Sample]] = []
        self._started: Final = time.monotonic()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "resolver", "serve", "--config", str(config)],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    async def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        """Wait until an event has been told so many times, and give the last one."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.is_running:
            told = [each for each in self.events() if each.get("event") == event]
            if len(told) >= count:
                return told[-1]
            await asyncio.sleep(POLL)
        raise TimeoutError(f"no {event}: {self.log.read_text()[-500:]}")

    async def statistics(self) -> dict[str, Any]:
        """Have it tell its counters."""
        told = [each for each in self.events() if each.get("event") == "statistics"]
        os.kill(self._process.pid, signal.SIGUSR1)
        return await self.wait_for("statistics", len(told) + 1)

    def sample(self) -> None:
        """Look at what it holds."""
        folder = Path(f"/proc/{self._process.pid}")
        pages = int((folder / "statm").read_text().split()[1])
        descriptors = len(list((folder / "fd").iterdir()))
        size = pages * os.sysconf("SC_PAGE_SIZE")
        self.samples.append(Sample(time.monotonic() - self._started, size, descriptors))

    async def watch(self, seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(seconds)

    def events(self) -> list[dict[str, Any]]:
        """Read the log; what is no event is a complaint."""
        return [
            json.loads(line)
            if line.startswith("{")
            else {"event": line, "level": "error"}
            for line in self.log.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def complaints(self) -> list[str]:
        """Give what the log has that it should not have."""
        return [
            str(each.get("event")) + " " + str(each.get("exception", ""))[-300:]
            for each in self.events()
            if each.get("level") in {"error", "critical"}
        ]

    async def stop(self) -> int:
        """End it as a service manager does; give its exit status."""
        if self.is_running:
            self._process.terminate()
        until = time.monotonic() + PATIENCE
        while self.is_running:
            if time.monotonic() > until:
                self._process.kill()
            await asyncio.sleep(POLL)
        return self._process.wait()
