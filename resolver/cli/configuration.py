"""With which settings a command runs.

One way in for `serve`, `check` and `query`: read the file, have its records parsed by
those who know records.  `check` then goes one step further than reading and puts a
resolver together, without sockets, as `serve` does.
"""

import dataclasses
import os
import random
import socket
from pathlib import Path
from typing import Final, NamedTuple

from resolver.config import Config, load, without_effect

_LOOPBACK: Final = ("127.0.0.1", "::1")
_DNS_PORT: Final = 53
_UNPRIVILEGED_PORT: Final = 5353
_CAP_NET_BIND_SERVICE: Final = 10  # the bit's number, capabilities(7)
_PROC_STATUS: Final = Path("/proc/self/status")


class Chosen(NamedTuple):
    """Settings, and what the user has to be told about them.

    `early` names settings that ask for what this version lacks; `port` says why
    the usual port was not taken, and is "" where it was.
    """

    config: Config
    early: list[str]
    port: str = ""


def read(path: str | None) -> Chosen:
    """Read a configuration file, or take the defaults.  Raises `ConfigError`."""
    config = load(path, _parse_records) if path else Config()
    return Chosen(config, without_effect(config))


def for_serving(path: str | None, listen: list[str] | None) -> Chosen:
    """Read the settings to serve with.

    `listen` goes before what the file says.  Where neither says anything, the
    addresses are those of this machine that work.
    """
    chosen = read(path)
    if listen:
        return chosen._replace(config=_listening(chosen.config, tuple(listen)))
    if "listen.plain" in chosen.config.origins:
        return chosen
    allowed = may_use_low_ports()
    port = _DNS_PORT if allowed else _UNPRIVILEGED_PORT
    addresses = tuple(
        f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        for host in _LOOPBACK
        if _exists(host)
    )
    reason = "" if allowed else "port 53 needs root or CAP_NET_BIND_SERVICE"
    return chosen._replace(config=_listening(chosen.config, addresses), port=reason)


def again(path: str | None, listen: list[str] | None, first: Chosen) -> Config:
    """Read the settings once more, for who serves with the `first`, and rehearse them.

    Where the file says nothing about addresses, those of the start stay: by now this
    process may have no right to others.  Raises `ConfigError`, ValueError and OSError.
    """
    if path is None:
        raise ValueError("there is no file: it was started without --config")
    config = read(path).config
    if listen or "listen.plain" not in config.origins:
        config = _listening(config, first.config.listen.plain)
    rehearse(config)
    return config


def rehearse(config: Config) -> None:
    """Put a resolver together as `serve` does, but out of reach of the world.

    Finds what no single setting shows: hints without a usable server, records that
    contradict each other.  Raises ValueError or OSError, as `daemon.build` does.
    """
    from resolver.daemon.build import World, build  # noqa: PLC0415 - knows everybody
    from resolver.ports import Silence  # noqa: PLC0415 - as above

    async def nobody(*_: object) -> bytes:
        raise Silence("this is a rehearsal")

    world = World(
        clock=lambda: 0.0,
        udp=nobody,
        tcp=nobody,
        random_bits=lambda _: 0,
        dice=random.Random(0),  # noqa: S311 - nothing is drawn
        wall=lambda: 0.0,
    )
    build(config, world, lambda _what, _error: None)


def _listening(config: Config, plain: tuple[str, ...]) -> Config:
    listen = dataclasses.replace(config.listen, plain=plain)
    return dataclasses.replace(config, listen=listen)


def _parse_records(text: str) -> None:
    from resolver.wire.presentation import rrsets_from_text  # noqa: PLC0415 - dnspython

    rrsets_from_text(text)


def may_use_low_ports(status: Path = _PROC_STATUS) -> bool:
    """Say whether ports below 1024 are open to this process.

    Root in a container may lack the capability, a service that is not root may have
    it: so where there are capabilities (Linux, the file `status`), they count.
    """
    try:
        text = status.read_text("ascii")
    except OSError:
        return os.geteuid() == 0
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> _CAP_NET_BIND_SERVICE & 1)
    return os.geteuid() == 0


def _exists(host: str) -> bool:
    """Say whether an address is one of this machine's: IPv6 may be switched off."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
