"""Many questions at once."""

from collections.abc import Callable

import pytest

from tests.live.namespace import Namespace
from tests.live.servers import OURS, Nsd, Resolver, wait_until

pytestmark = pytest.mark.live

CROWD = 200


def test_a_crowd_of_different_questions_is_answered_in_full(
    ours: Resolver, namespace: Namespace, figure: Callable[[str], None]
) -> None:
    files = ours.open_files()
    found = namespace.inside("crowd", OURS, "53", "*.many.count.com", str(CROWD))
    assert (found["answered"], found["rcodes"]) == (CROWD, [0])
    figure(f"{CROWD} different cold questions at once: {found['seconds']} s")
    wait_until(lambda: ours.open_files() <= files, "every socket is closed again")


def test_a_crowd_that_asks_the_same_is_one_question(
    ours: Resolver, internet: dict[str, Nsd], namespace: Namespace
) -> None:
    before = internet["leaf"].questions()
    found = namespace.inside("crowd", OURS, "53", "crowd.count.com", str(CROWD))
    assert (found["answered"], found["rcodes"]) == (CROWD, [0])
    assert internet["leaf"].questions() == before + 1


def test_questions_on_one_connection_are_all_answered(
    ours: Resolver, namespace: Namespace
) -> None:
    names = ("www.shop.com", "www.far.org", "www.shop.com", "x.many.count.com")
    words = [word for name in names for word in (name, "A")]
    done = namespace.run("kdig", "+tcp", "+keepopen", f"@{OURS}", *words)
    assert done.stdout.count("status: NOERROR") == len(names)
