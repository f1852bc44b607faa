"""Whom do the programs of this machine ask, and does that go in a circle?

The C library reads /etc/resolv.conf; systemd-resolved, NetworkManager and others write
it, often as a link to a file of theirs.  /etc/nsswitch.conf may lead past all that.
"""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from resolver.config import Config, split_address
from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING, Finding

# The C library takes no more (resolv.conf(5): MAXNS), and asks this if it has none.
MAX_SERVERS: Final = 3
NONE_NAMED: Final = "127.0.0.1"
# More dots than this that a name needs before it is tried as it is: each look-up then
# costs one question for every domain of the search list.
MANY_DOTS: Final = 2
_STUBS: Final = frozenset(("127.0.0.53", "127.0.0.54"))  # systemd-resolved
_DNS_PORT: Final = 53

_POINT_HERE: Final = "put `nameserver {}` there, and nothing else that names a server"
_AT_PORT_53: Final = (
    "resolv.conf cannot name a port: listen on 127.0.0.1:53, then point it there"
)
_STUB: Final = (
    "programs ask systemd-resolved, which asks whom it was told.  Either DNS=127.0.0.1"
    " and Domains=~. in /etc/systemd/resolved.conf, or a resolv.conf of your own:"
    " remove the link and write the file"
)


class ResolvConf(NamedTuple):
    """What the file says; `target` is where it leads if it is a link."""

    found: bool = False
    target: str = ""
    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Names(NamedTuple):
    """How names are looked up on this machine.

    `sources` are those that nsswitch.conf has for hosts, `upstream` whom
    systemd-resolved asks.
    """

    conf: ResolvConf
    sources: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()


def read_names(top: Path = Path("/")) -> Names:
    """Read the files; what cannot be read says nothing."""
    path = top / "etc/resolv.conf"
    conf = ResolvConf()
    with suppress(OSError):
        conf = parse(path.read_text("utf-8", "replace"))
    with suppress(OSError):
        conf = conf._replace(target=str(path.readlink()))
    sources: tuple[str, ...] = ()
    with suppress(OSError):
        for line in (top / "etc/nsswitch.conf").read_text("utf-8").splitlines():
            key, _, rest = line.partition("#")[0].partition(":")
            if key.strip() == "hosts":
                sources = tuple(rest.split())
    upstream: tuple[str, ...] = ()
    with suppress(OSError):
        managed = top / "run/systemd/resolve/resolv.conf"
        upstream = parse(managed.read_text("utf-8", "replace")).servers
    return Names(conf, sources, upstream)


def parse(text: str) -> ResolvConf:
    """Read a resolv.conf as the C library does: resolv.conf(5)."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    for line in text.splitlines():
        match line.split():
            case ["nameserver", host, *_]:
                servers.append(_shortest(host))
            case ["search" | "domain", *domains]:
                search = tuple(domains)  # the last one counts
            case ["options", *words]:
                options += words
            case _:
                pass
    return ResolvConf(
        found=True, servers=tuple(servers), search=search, options=tuple(options)
    )


def judge_resolv_conf(names: Names, listen: Sequence[str]) -> Finding:
    """Say whether programs ask us, where `listen` is."""
    conf = names.conf
    ours = _on_port_53(listen)
    asked = conf.servers[:MAX_SERVERS] or (NONE_NAMED,)
    seen = tuple(_told(names))
    to_us = [host for host in asked if _is_ours(host, ours)]
    mend = _POINT_HERE.format(_best(ours)) if ours else _AT_PORT_53
    if len(to_us) == len(asked):
        return _judge_ways_past(names, seen)
    if to_us:
        others = ", ".join(host for host in asked if host not in to_us)
        seen += (f"when we do not answer at once, or at all, {others} is asked",)
        return Finding("resolv_conf", WARNING, seen, mend)
    if _STUBS.intersection(asked):
        if names.upstream and all(_is_ours(host, ours) for host in names.upstream):
            return Finding("resolv_conf", OK, (*seen, "systemd-resolved asks us"))
        return Finding("resolv_conf", WARNING, seen, _STUB)
    return Finding("resolv_conf", WARNING, (*seen, "programs do not ask us"), mend)


def _judge_ways_past(names: Names, seen: tuple[str, ...]) -> Finding:
    """Look for what spoils a file that names us and nobody else."""
    if "resolve" in names.sources and names.upstream:
        seen += ("nsswitch.conf has programs ask systemd-resolved before this file",)
        mend = "remove `resolve [!UNAVAIL=return]` from the hosts line of nsswitch.conf"
        return Finding("resolv_conf", WARNING, seen, mend)
    if names.conf.search and _ndots(names.conf) >= MANY_DOTS:
        seen += ("most names are first tried below every domain of `search`",)
        return Finding("resolv_conf", WARNING, seen, "lower ndots, or shorten `search`")
    return Finding("resolv_conf", OK, seen)


def judge_loop(config: Config, names: Names, listen: Sequence[str]) -> Finding:
    """Say whether we forward to ourselves, at once or around a corner."""
    ours = [split_address(text) for text in listen]
    at_53 = _on_port_53(listen)
    circles = []
    forwarders = 0
    for zone in config.forward:
        for text in zone.servers:
            host, port = split_address(text)
            forwarders += 1
            if any(port == mine and _is_ours(host, (it,)) for it, mine in ours):
                circles.append(
                    f"{zone.zone} is forwarded to {text}, which is ourselves"
                )
            elif host in _STUBS and any(_is_ours(it, at_53) for it in names.upstream):
                circles.append(
                    f"{zone.zone} is forwarded to systemd-resolved, which asks us"
                )
    if circles:
        mend = "name the servers that know the zone in [[forward]], or remove the table"
        return Finding("loop", PROBLEM, tuple(circles), mend)
    seen = "nothing is forwarded" if not forwarders else "no forwarder is ourselves"
    return Finding("loop", OK, (seen,))


def _told(names: Names) -> list[str]:
    """Write what the files say."""
    conf = names.conf
    if not conf.found:
        return [f"there is no /etc/resolv.conf: programs ask {NONE_NAMED}"]
    servers = ", ".join(conf.servers) or f"none, which means {NONE_NAMED}"
    told = [f"nameserver: {servers}"]
    if conf.target:
        told.append(f"/etc/resolv.conf is a link to {conf.target}")
    if conf.search:
        told.append(f"search: {' '.join(conf.search)}")
    if conf.options:
        told.append(f"options: {' '.join(conf.options)}")
    if len(conf.servers) > MAX_SERVERS:
        told.append(f"only the first {MAX_SERVERS} are ever asked")
    return told


def _ndots(conf: ResolvConf) -> int:
    for word in conf.options:
        key, _, number = word.partition(":")
        if key == "ndots" and number.isdecimal():
            return int(number)
    return 1


def _on_port_53(listen: Sequence[str]) -> tuple[str, ...]:
    found = [split_address(text) for text in listen]
    return tuple(host for host, port in found if port == _DNS_PORT)


def _best(ours: Sequence[str]) -> str:
    """Choose the address of ours to be asked at."""
    exact = [host for host in ours if not ip_address(host).is_unspecified]
    return exact[0] if exact else NONE_NAMED


def _is_ours(host: str, ours: Sequence[str]) -> bool:
    """Say whether who listens on `ours` takes what is sent to `host`."""
    if host in ours:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if address.is_unspecified:  # the kernel then takes loopback
        return any(ip_address(it).is_loopback for it in ours)
    if host in _STUBS or not address.is_loopback:
        return False
    return ("::" if address.version == 6 else "0.0.0.0") in ours  # noqa: PLR2004, S104


def _shortest(host: str) -> str:
    """Write an address in its shortest form; what is none stays as it is."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host
