"""`resolver lab`: run the box until somebody has seen enough.

Nothing in it reaches the real Internet, nor can it be reached from there.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from resolver.lab import signed
from resolver.lab.attacks.main import names
from resolver.lab.box import PORT, RESOLVER, Box
from resolver.lab.catalogue import SLOW
from resolver.lab.sockets import Running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `resolver lab` takes."""
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        help="port of all servers, UDP and TCP; 0: any that is free (%(default)s)",
    )
    parser.add_argument(
        "--signed", action="store_true", help="sign the zones, with new keys (DNSSEC)"
    )
    parser.add_argument(
        "--signed-matrix",
        action="store_true",
        help="run another box, with zones for every way to sign, to deny and to fail",
    )
    parser.add_argument(
        "--delay",
        type=float,
        default=SLOW,
        metavar="SECONDS",
        help="how late the slow servers answer (%(default)s)",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="tell what is in the box, with questions to try, and end",
    )
    parser.add_argument(
        "--config-out",
        type=Path,
        metavar="FILE",
        help="write a resolver.toml that uses the box here, and its root hints beside"
        " it; otherwise they are temporary",
    )
    _add_attacks(parser)


def _add_attacks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--attack",
        choices=names(),
        metavar="NAME",
        help="play an attack on a resolver of its own, without the box, and say what it"
        f" came to; exit status 1 if it broke through: {', '.join(names())}",
    )
    parser.add_argument(
        "--json", action="store_true", help="print what attacks came to as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Do what the arguments say; give the exit status."""
    if options.signed_matrix:
        box = signed.box(signed.signings())
    else:
        box = Box.standard(signed=options.signed, delay=options.delay)
    if options.list:
        sys.stdout.write(catalogue_text(box))
        return 0
    try:
        asyncio.run(_serve(box, options))
    except OSError as error:
        sys.stderr.write(f"resolver lab: {error}\n{_hint(options.port)}\n")
        return 1
    return 0


def catalogue_text(box: Box) -> str:
    """Describe the box: its ingredients, their zones and servers, what to ask."""
    lines = []
    for ingredient in box.ingredients:
        lines += [ingredient.name, f"    {ingredient.text}"]
        for spec in ingredient.zones:
            hosts = (
                f"{host.name} {' '.join(host.addresses)}".strip() for host in spec.hosts
            )
            lines.append(f"    zone {spec.origin}  {_few(list(hosts))}")
        lines += [f"    ask  {sample}" for sample in ingredient.samples]
        lines.append("")
    return "".join(f"{line}\n" for line in lines)


def _few(hosts: list[str], most: int = 4) -> str:
    """List some hosts, and say how many more there are."""
    more = f", and {len(hosts) - most} more" if len(hosts) > most else ""
    return ", ".join(hosts[:most]) + more


async def _serve(box: Box, options: argparse.Namespace) -> None:
    """Run the box until SIGINT or SIGTERM."""
    config: Path | None = options.config_out
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with contextlib.ExitStack() as stack:
        if config is None:
            folder = tempfile.TemporaryDirectory(prefix="resolver-lab-")
            config = Path(stack.enter_context(folder)) / "lab.toml"
        async with box.running(options.port) as running:
            box.write(config, running.port)
            words = "--signed-matrix " if options.signed_matrix else ""
            sys.stdout.write(_directions(box, running, config, words))
            sys.stdout.flush()
            await stop.wait()


def _directions(box: Box, running: Running, config: Path, words: str) -> str:
    port, missing = running.port, ", ".join(running.left_out)
    host, _, own_port = RESOLVER[0].rpartition(":")
    without = f"Without {missing}, which this machine lacks.\n" if missing else ""
    question = box.samples[0].question
    return f"""\
The lab runs: {len(box.servers)} servers with {len(box.zones)} zones, port {port}.
{without}What is in it:       resolver lab {words}--list
Ask a server of it:  dig @{next(iter(box.servers))} -p {port} +norecurse . NS
Use it:              resolver serve --config {config}
             then    dig @{host} -p {own_port} {question}
             or      resolver query --config {config} --trace {question}
End it with Ctrl-C.
"""


def _hint(port: int) -> str:
    """Say what usually helps."""
    return (
        f"It needs port {port} of every address in 127.53.0.0/16.  If a lab runs already,"
        " take another port: --port, or --port 0 for any that is free.  Only Linux has"
        " all of these addresses without being told."
    )
