"""The network goes, comes back, or is another than before."""

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.live.dig import dig
from tests.live.namespace import Namespace, tool
from tests.live.servers import OTHER, Nsd, Resolver

pytestmark = pytest.mark.live


@pytest.fixture
def default_route(namespace: Namespace) -> Iterator[Callable[[], None]]:
    """Something that looks like a way to the outside, through loopback."""
    route = (tool("ip", "iproute2"), "route")
    way = ("default", "dev", "lo")

    def appear() -> None:
        done = namespace.run(*route, "add", *way)
        assert done.returncode == 0, done.stderr

    yield appear
    namespace.run(*route, "del", *way)


def test_what_failed_is_tried_again_when_there_is_another_way_out(
    internet: dict[str, Nsd],
    namespace: Namespace,
    fresh: Callable[..., Resolver],
    default_route: Callable[[], None],
) -> None:
    server = fresh(f"{OTHER}:53", cache__failure_ttl=300, recursion__query_deadline=2)
    internet["leaf"].signal(signal.SIGSTOP)
    try:
        assert dig(namespace, OTHER, "www.shop.com", "A").status == "SERVFAIL"
    finally:
        internet["leaf"].signal(signal.SIGCONT)
    again = dig(namespace, OTHER, "www.shop.com", "A")
    assert again.status == "SERVFAIL", "the failure is remembered"
    default_route()
    server.wait_until(
        lambda: any(event["event"] == "network_changed" for event in server.events()),
        "the resolver notices",
    )
    assert dig(namespace, OTHER, "www.shop.com", "A").status == "NOERROR"
