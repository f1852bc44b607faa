"""The chain of aliases of one question, and what it is worth."""

import pytest

from resolver.beliefs import INSECURE, SECURE, UNCHECKED
from resolver.ports import Resolution
from resolver.walk.scrub import Alias, Answer, Nothing
from resolver.walk.trail import Trail
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.presentation import name_from_text, rrsets_from_text

TARGET = name_from_text("b.")
[CNAME, ADDRESS, SOA, DNAME] = rrsets_from_text(
    "a. 60 CNAME b.\nb. 60 A 192.0.2.1\nc. 60 SOA . . 1 2 3 4 5\nd. 60 DNAME e."
)
[ONE, OTHER] = rrsets_from_text("a. 60 NSEC b. A\nb. 60 NSEC c. A")


def alias(
    *links: RRset, security: int = SECURE, proofs: tuple[RRset, ...] = ()
) -> Alias:
    return Alias(links or (CNAME,), TARGET, proofs=proofs, security=security)


def ended(*links: Alias | Answer | Nothing) -> Resolution:
    trail = Trail()
    *before, last = links
    assert [trail.add(link) for link in before] == [None] * len(before)
    resolution = trail.add(last)
    assert resolution is not None
    return resolution


def test_an_answer_ends_the_trail_behind_its_aliases() -> None:
    resolution = ended(alias(), Answer((), ADDRESS, security=SECURE))
    assert resolution == Resolution(0, (CNAME, ADDRESS), secure=True)


def test_nothing_ends_it_with_the_soa_and_its_rcode() -> None:
    nothing = Nothing((), TARGET, types.A, types.NXDOMAIN, SOA, security=SECURE)
    resolution = ended(alias(), nothing)
    assert resolution == Resolution(3, (CNAME,), (SOA,), secure=True)
    assert ended(nothing._replace(soa=None)).authority == ()


@pytest.mark.parametrize("worth", [INSECURE, UNCHECKED])
def test_it_is_secure_only_if_every_link_is(worth: int) -> None:
    answer = Answer((), ADDRESS, security=SECURE)
    assert not ended(alias(security=worth), answer).secure
    assert not ended(alias(), answer._replace(security=worth)).secure


def test_the_proofs_of_every_link_come_along_behind_the_soa() -> None:
    nothing = Nothing((), TARGET, types.A, 0, SOA, proofs=(OTHER,))
    assert ended(alias(proofs=(ONE,)), nothing).authority == (SOA, ONE, OTHER)


def test_what_several_links_rest_on_is_told_once() -> None:
    answer = Answer((), ADDRESS, proofs=(ONE, OTHER))
    assert ended(alias(proofs=(ONE,)), answer).authority == (ONE, OTHER)


def test_a_dname_that_leads_on_twice_is_told_once() -> None:
    [first, second] = rrsets_from_text("x.d. 60 CNAME x.e.\ny.d. 60 CNAME y.e.")
    resolution = ended(alias(DNAME, first), alias(DNAME, second), Answer((), ADDRESS))
    assert resolution.answer == (DNAME, first, second, ADDRESS)


def test_a_remark_is_told_with_the_answer() -> None:
    trail = Trail()
    trail.remark(27, "too dear")
    trail.add(alias())
    assert trail.end(0, (ADDRESS,)).ede == ((27, "too dear"),)
