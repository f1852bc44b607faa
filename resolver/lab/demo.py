"""`python -m resolver.lab.demo`: the lab, a resolver that uses it, three answers.

The first comes from a process of its own and shows the way: from the root down, one
line for each server that was asked.  Then the daemon is asked the same question twice:
it walks for the first answer and remembers the second.

The resolver is used as a stranger would, by its command line and by packets.
"""

import asyncio
import contextlib
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from resolver.lab.box import Box
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.presentation import message_text, name_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query

# A name with some way to go: its servers are under another top-level domain, without
# glue, so their address has to be walked for first.
NAME: Final = "www.glueless.com"
# How long the resolver may take to start, and to answer, seconds.
PATIENCE: Final = 15.0

_TRY: Final = 0.5  # how long to wait for a reply before asking again
_BREATH: Final = 0.02  # how long to wait for the daemon to listen
_LARGEST: Final = 65535


def main() -> int:
    """Run the demonstration; give the exit status."""
    try:
        return asyncio.run(_demonstrate())
    except (OSError, TimeoutError) as error:
        sys.stderr.write(f"The demonstration failed: {error}\n")
        return 1


async def _demonstrate() -> int:
    box = Box.standard()
    with tempfile.TemporaryDirectory(prefix="resolver-demo-") as folder:
        config = Path(folder) / "demo.toml"
        port = free_port()
        async with box.running(0) as running:
            _say(
                f"An Internet in a box: {len(box.servers)} servers with"
                f" {len(box.zones)} zones on 127.53.0.0/16, port {running.port}."
            )
            box.write(config, running.port, [f"127.0.0.1:{port}"])
            with config.open("a") as file:
                file.write('\n[log]\nlevel = "warning"\n')
            if status := await _show_the_way(config):
                return status
            async with _daemon(config):
                await _show_the_cache(port)
    return 0


async def _show_the_way(config: Path) -> int:
    """Resolve the name in a process of its own; give its exit status."""
    words = ("query", "--config", str(config), "--trace", NAME)
    _say(f"\n1. Cold, with the way there: resolver query --trace {NAME}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "resolver", *words
    )
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


async def _show_the_cache(port: int) -> None:
    """Ask the daemon twice."""
    for number, how in ((2, "which has to walk for it"), (3, "which remembers it")):
        reply, seconds = await asyncio.to_thread(ask, port, NAME)
        _say(f"\n{number}. From the daemon, {how}:\n\n{message_text(reply)}")
        _say(f";; Query time: {seconds * 1000:.2f} ms")


@contextlib.asynccontextmanager
async def _daemon(config: Path) -> AsyncIterator[None]:
    """Run `resolver serve` for a while."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "resolver", "serve", "--config", str(config)
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def ask(port: int, name: str, patience: float = PATIENCE) -> tuple[Message, float]:
    """Ask a resolver on this machine; give its reply and the seconds it took.

    Asks again while nobody listens yet.  Blocks; raises TimeoutError when no reply
    comes in `patience` seconds.
    """
    question = Question(name_from_text(name), types.A)
    packet = write_query(
        secrets.randbits(16), question, flags=types.RD, edns=Edns(1232)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(min(_TRY, patience))
        link.connect(("127.0.0.1", port))
        give_up = time.perf_counter() + patience
        while (start := time.perf_counter()) < give_up:
            try:
                link.send(packet)
                reply = link.recv(_LARGEST)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                time.sleep(_BREATH)
                continue
            return read(reply), time.perf_counter() - start
    raise TimeoutError("the resolver does not answer")


def free_port() -> int:
    """Find a port on loopback that nobody has at the moment, for UDP nor for TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams,
        ):
            datagrams.bind(("127.0.0.1", 0))
            port: int = datagrams.getsockname()[1]
            with contextlib.suppress(OSError):
                streams.bind(("127.0.0.1", port))
                return port


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
