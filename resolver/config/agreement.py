"""Settings that are each right, and wrong together.

Each finding names the setting that a person would change first.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from resolver.config.addresses import split_address
from resolver.config.names import Forward, Stub
from resolver.config.tables import Config

Finding = tuple[str, str]  # path of a setting, text


def disagreements(config: Config) -> Iterator[Finding]:
    """Find the settings that contradict each other."""
    yield from _listening(config)
    yield from _metrics(config)
    yield from _times(config)
    yield from _families(config)
    yield from _zones(config)
    yield from _local_zones(config)


def _listening(config: Config) -> Iterator[Finding]:
    if not config.listen.plain:
        yield "listen.plain", "the list is empty: nobody could ask"
    seen: set[tuple[str, int]] = set()
    for text in config.listen.plain:
        address = split_address(text)
        if address in seen:
            yield "listen.plain", f'"{text}" is there twice'
        seen.add(address)


def _metrics(config: Config) -> Iterator[Finding]:
    """Find numbers that would be there for everybody, or where nobody could ask."""
    text = config.metrics.listen
    if not text:
        return
    host, port = split_address(text)
    if not (config.metrics.remote or ip_address(host).is_loopback):
        yield (
            "metrics.listen",
            f'"{text}" can be reached by others; remote = true allows that',
        )
    if (host, port) in map(split_address, config.listen.plain):
        yield "metrics.listen", f'"{text}" is for questions, in listen.plain'


def _times(config: Config) -> Iterator[Finding]:
    cache = config.cache
    if cache.min_ttl > cache.max_ttl:
        yield (
            "cache.min_ttl",
            f"{cache.min_ttl} is more than max_ttl, which is {cache.max_ttl}",
        )


def _families(config: Config) -> Iterator[Finding]:
    if not (config.recursion.ipv4 or config.recursion.ipv6):
        yield (
            "recursion.ipv4",
            "both ipv4 and ipv6 are false: no server could be asked",
        )


def _zones(config: Config) -> Iterator[Finding]:
    """Find zones that two tables claim: a question can go one way only."""
    entries: list[tuple[str, Forward | Stub]] = [
        *((f"forward[{at}]", entry) for at, entry in enumerate(config.forward)),
        *((f"stub[{at}]", entry) for at, entry in enumerate(config.stub)),
    ]
    seen: dict[str, str] = {}
    for path, entry in entries:
        zone = entry.zone.lower().removesuffix(".")
        if zone in seen:
            yield f"{path}.zone", f'"{entry.zone}" is claimed by {seen[zone]} already'
        seen.setdefault(zone, path)
        if isinstance(entry, Stub) and not entry.servers:
            yield f"{path}.servers", "the list is empty: nobody could be asked"


def _local_zones(config: Config) -> Iterator[Finding]:
    """Find local zones that are said to be two things."""
    seen: set[str] = set()
    for text in config.local.zones:
        zone = text.split()[0].lower().removesuffix(".")
        if zone in seen:
            yield "local.zones", f'"{text}": the zone is there twice'
        seen.add(zone)
