"""Run a soak: start everything, ask, take the Internet away and back, look."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.soak.clients import Clients
from benchmarks.soak.internet import Internet
from benchmarks.soak.report import Findings
from benchmarks.soak.watched import Watched
from resolver.lab.demo import free_port

# Bytes of cache for each second, so that it is full when a third of the time is over;
# and the least that is of use.
CACHE_EACH: Final = 15_000
LEAST_CACHE: Final = 1_000_000
# Looks at the process, in all.
SAMPLES: Final = 200
# Seconds after the outage in which all has to be well again.
RECOVERY: Final = 5.0
# Seconds after the last reply, in which what is open inside ends: a question's deadline.
SETTLING: Final = 9.0


def main(words: Sequence[str] | None = None) -> int:
    """Run it as the command line says; exit status 1 if something is not good."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument(
        "--seconds", type=float, default=600, help="how long (%(default)s)"
    )
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="resolver-soak-") as folder:
        findings = asyncio.run(soak(Path(folder), options.seconds))
    sys.stdout.write(findings.text())
    return 1 if findings.faults() else 0


async def soak(folder: Path, seconds: float) -> Findings:
    """Run it for so many seconds."""
    internet = Internet()
    await internet.open()
    port = free_port()
    resolver = Watched(_config(folder, internet, port, seconds))
    clients = Clients(port)
    try:
        await resolver.wait_for("ready")
        resolver.sample()
        before = resolver.samples.pop().descriptors
        await clients.begin()
        watching = asyncio.create_task(resolver.watch(seconds / SAMPLES))
        asking = asyncio.create_task(clients.ask_for(seconds))
        await asyncio.sleep(seconds / 2)
        clients.excused = True
        await internet.outage()
        await asyncio.sleep(RECOVERY)
        clients.excused = False
        await asking
        watching.cancel()
        await clients.end()
        await asyncio.sleep(SETTLING)
        counted = await resolver.statistics()
        resolver.sample()
        after = resolver.samples.pop().descriptors
    finally:
        status = await resolver.stop()
        await internet.close()
    return Findings(
        seconds,
        clients.asked,
        dict(clients.outcomes),
        resolver.samples,
        before,
        after,
        counted["waiting"] + clients.open,
        counted["errors"],
        resolver.complaints(),
        status,
    )


def _config(folder: Path, internet: Internet, port: int, seconds: float) -> Path:
    """Write the resolver's configuration, and the lab's hints beside it."""
    config = folder / "soak.toml"
    internet.box.write(config, internet.port, [f"127.0.0.1:{port}"])
    size = max(LEAST_CACHE, int(seconds * CACHE_EACH))
    with config.open("a") as file:
        file.write(f'\n[log]\nformat = "json"\n\n[cache]\nsize = {size}\n')
    return config


if __name__ == "__main__":
    sys.exit(main())
