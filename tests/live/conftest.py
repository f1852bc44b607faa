"""The live tests' world: one network namespace, one small Internet, two resolvers.

Everything is started once and shared.  Where a tool is missing the tests are skipped
and say which; with REQUIRE_LIVE=1 in the environment, as in CI, they fail instead.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.live.namespace import Namespace, Unavailable, tool
from tests.live.servers import LEVELS, OURS, Nsd, Resolver, Unbound

TOOLS: Final = (
    ("nsd", "nsd"),
    ("nsd-control", "nsd"),
    ("unbound", "unbound"),
    ("dig", "bind9-dnsutils"),
    ("kdig", "knot-dnsutils"),
    ("setpriv", "util-linux"),
)

_figures: Final[list[str]] = []


def unavailable(error: Unavailable) -> NoReturn:
    if os.environ.get("REQUIRE_LIVE") == "1":
        pytest.fail(f"live tests are required: {error}", pytrace=False)
    pytest.skip(f"no live tests: {error}")


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    with contextlib.ExitStack() as stack:
        try:
            for name, package in TOOLS:
                tool(name, package)
            network = stack.enter_context(Namespace())
        except Unavailable as error:
            unavailable(error)
        yield network


@pytest.fixture(scope="session")
def internet(
    namespace: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Nsd]]:
    """NSDs by level: root, tld, leaf, deep."""
    servers: dict[str, Nsd] = {}
    try:
        for level in LEVELS:
            folder = tmp_path_factory.mktemp(f"nsd-{level}")
            servers[level] = Nsd(namespace, folder, level)
        yield servers
    finally:
        for server in servers.values():
            server.stop()


@pytest.fixture(scope="session")
def unbound(
    internet: dict[str, Nsd],
    namespace: Namespace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Unbound]:
    server = Unbound(namespace, tmp_path_factory.mktemp("unbound"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ours(
    internet: dict[str, Nsd],
    namespace: Namespace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Resolver]:
    """Our resolver at 127.0.0.1 port 53, which also ends as it should."""
    server = Resolver(namespace, tmp_path_factory.mktemp("ours"), f"{OURS}:53")
    yield server
    try:
        server.end()
    finally:
        server.stop()


@pytest.fixture
def fresh(
    internet: dict[str, Nsd], namespace: Namespace, tmp_path: Path
) -> Iterator[Callable[..., Resolver]]:
    """Start another resolver, with an empty cache; see `resolver_config`."""
    servers: list[Resolver] = []

    def start(*listen: str, **settings: object) -> Resolver:
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        servers.append(Resolver(namespace, folder, *listen, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def figure() -> Callable[[str], None]:
    """Keep a measured figure for the end of the report."""
    return _figures.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _figures:
        terminalreporter.section("live figures")
        for line in _figures:
            terminalreporter.write_line(line)
