"""What was asked once is not asked again, as the servers' own counters say."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.live.dig import Unanswered, dig, kdig
from tests.live.namespace import Namespace
from tests.live.servers import OTHER, OURS, Nsd, Resolver

pytestmark = pytest.mark.live

Internet = dict[str, Nsd]


@contextlib.contextmanager
def nobody_answers(internet: Internet) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for server in internet.values():
            stack.enter_context(server.silent())
        yield


def questions(internet: Internet) -> dict[str, int]:
    return {level: server.questions() for level, server in internet.items()}


def asked(before: dict[str, int], internet: Internet) -> dict[str, int]:
    """How many questions each level has had since; levels without any left out."""
    after = questions(internet)
    return {level: n - before[level] for level, n in after.items() if n > before[level]}


def test_a_cached_answer_counts_down_and_costs_no_question(
    ours: Resolver, internet: Internet, namespace: Namespace
) -> None:
    first = dig(namespace, OURS, "once.count.com", "A")
    before = questions(internet)
    time.sleep(1.1)
    again = dig(namespace, OURS, "once.count.com", "A")
    assert asked(before, internet) == {}
    assert first.data == again.data == ["198.54.5.1"]
    (ttl,), (later,) = first.ttls.values(), again.ttls.values()
    assert ttl == 600
    assert ttl - 5 <= later < ttl


def test_what_is_known_needs_nobody(
    ours: Resolver, internet: Internet, namespace: Namespace
) -> None:
    """Names, aliases and what does not exist, over any transport, in any case."""
    known = (
        ("kept.count.com", "A", "NOERROR"),
        ("there.shop.com", "A", "NOERROR"),
        ("www.moved.dname.org", "A", "NOERROR"),
        ("kept.count.com", "TXT", "NOERROR"),
        ("none.count.com", "A", "NXDOMAIN"),
    )
    cold = [dig(namespace, OURS, name, rdtype) for name, rdtype, _ in known]
    assert [reply.status for reply in cold] == [status for *_, status in known]
    with nobody_answers(internet):
        for reply, (name, rdtype, status) in zip(cold, known, strict=True):
            warm = [
                dig(namespace, OURS, name, rdtype),
                dig(namespace, OURS, name.upper(), rdtype, "+noedns"),
                dig(namespace, OURS, name, rdtype, "+dnssec", "+cdflag"),
                dig(namespace, OURS, name, rdtype, "+tcp"),
                kdig(namespace, OURS, name, rdtype),
            ]
            assert [each.status for each in warm] == [status] * len(warm)
            assert [each.data for each in warm] == [reply.data] * len(warm)


def test_a_name_that_does_not_exist_has_no_types_either(
    ours: Resolver, internet: Internet, namespace: Namespace
) -> None:
    """RFC 2308 section 5: NXDOMAIN is about the name."""
    assert dig(namespace, OURS, "void.count.com", "A").status == "NXDOMAIN"
    with nobody_answers(internet):
        assert dig(namespace, OURS, "void.count.com", "MX").status == "NXDOMAIN"


def test_what_is_not_known_needs_somebody(
    fresh: Callable[..., Resolver], internet: Internet, namespace: Namespace
) -> None:
    """Or the tests above would prove nothing."""
    fresh(f"{OTHER}:53")
    with nobody_answers(internet), pytest.raises(Unanswered):
        dig(namespace, OTHER, "once.count.com", "A", "+time=1")


def test_a_new_name_in_a_known_zone_is_asked_of_that_zone_alone(
    ours: Resolver, internet: Internet, namespace: Namespace
) -> None:
    dig(namespace, OURS, "first.many.count.com", "A")
    before = questions(internet)
    dig(namespace, OURS, "second.many.count.com", "A")
    assert asked(before, internet) == {"leaf": 1}


def test_an_answer_that_may_not_be_kept_is_asked_for_again(
    ours: Resolver, internet: Internet, namespace: Namespace
) -> None:
    """TTL 0."""
    dig(namespace, OURS, "never.shop.com", "A")
    before = questions(internet)
    reply = dig(namespace, OURS, "never.shop.com", "A")
    assert list(reply.ttls.values()) == [0]
    assert asked(before, internet) == {"leaf": 1}
