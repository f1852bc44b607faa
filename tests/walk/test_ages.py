"""What has expired and what soon will, over a cache filled by hand."""

import pytest

from resolver.beliefs import BOGUS, SECURE, UNCHECKED, Belief
from resolver.cache.failures import Failures
from resolver.cache.rrsets import RANK_ADDITIONAL, RANK_ANSWER, RRsetCache
from resolver.ports import Resolution
from resolver.walk.ages import Ages, Staleness
from resolver.walk.memory import Memory
from resolver.walk.scrub import MAX_ALIASES, Alias, Answer, Nothing
from resolver.wire import types
from resolver.wire.presentation import name_from_text, rrset_text, rrsets_from_text
from tests.walk.pretend import question

WWW = question("www.example. A")
MAX_AGE = 1000.0


class Past:
    """A cache that learned something, once."""

    def __init__(self, staleness: Staleness | None = Staleness(MAX_AGE, 30)) -> None:  # noqa: B008
        self.rrsets = RRsetCache(1_000_000)
        self.memory = Memory(self.rrsets)
        self.failures = Failures(10)
        self.ages = Ages(self.memory, self.rrsets, self.failures, staleness)

    def learn(self, text: str, now: float, rank: int = RANK_ANSWER) -> None:
        for rrset in rrsets_from_text(text):
            if rrset.rdtype == types.DNAME:
                self.memory.learn(Answer((), rrset), now)
            else:
                self.rrsets.put(rrset, rank, now)

    def learn_nothing(self, text: str, rcode: int, now: float, ttl: int = 60) -> None:
        name, rdtype, _ = question(text)
        (soa,) = rrsets_from_text(f"example. {ttl} SOA ns. admin. 1 2 3 4 {ttl}")
        self.memory.learn(Nothing((), name, rdtype, rcode, soa), now)

    def stale(self, now: float, text: str = "www.example. A") -> Resolution:
        resolution = self.ages.stale(question(text), now)
        assert resolution is not None
        return resolution


@pytest.fixture
def past() -> Past:
    return Past()


def told(resolution: Resolution) -> list[str]:
    sections = resolution.answer + resolution.authority
    return [line for rrset in sections for line in rrset_text(rrset).splitlines()]


# Stale answers.


def test_what_has_expired_is_told_with_a_short_ttl_and_since_when(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    resolution = past.stale(1200.0)
    assert told(resolution) == ["www.example. 30 IN A 192.0.2.1"]
    assert resolution.ede == ((3, "expired 15 min 0 s ago"),)
    assert resolution.rcode == types.NOERROR


def test_in_the_moment_of_its_end_an_answer_is_stale(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    assert past.stale(299.9).ede == ()
    assert past.stale(300.0).ede == ((3, "expired 0 s ago"),)


def test_a_ttl_that_was_shorter_than_that_of_stale_answers_stays(past: Past) -> None:
    past.learn("www.example. 7 A 192.0.2.1", 0.0)
    assert told(past.stale(100.0)) == ["www.example. 7 IN A 192.0.2.1"]


def test_what_expired_too_long_ago_is_not_told(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    assert past.ages.stale(WWW, 300.0 + MAX_AGE) is not None
    assert past.ages.stale(WWW, 300.1 + MAX_AGE) is None


def test_nothing_stale_is_told_of_what_was_never_known(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    assert past.ages.stale(question("www.example. AAAA"), 400.0) is None
    assert past.ages.stale(question(". A"), 400.0) is None


def test_switched_off_it_tells_nothing_stale() -> None:
    past = Past(staleness=None)
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    assert past.ages.stale(WWW, 400.0) is None


def test_glue_is_not_told_to_clients(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0, RANK_ADDITIONAL)
    assert past.ages.stale(WWW, 400.0) is None


def test_that_a_name_did_not_exist_is_told_as_a_stale_nxdomain(past: Past) -> None:
    past.learn_nothing("www.example. A", types.NXDOMAIN, 0.0)
    resolution = past.stale(100.0)
    assert (resolution.rcode, resolution.answer) == (types.NXDOMAIN, ())
    assert [rrset.ttl for rrset in resolution.authority] == [30]
    assert resolution.ede == ((19, "expired 40 s ago"),)
    assert past.stale(100.0, "www.example. MX").rcode == types.NXDOMAIN


def test_that_a_name_had_none_of_the_type_is_told_as_a_stale_answer(
    past: Past,
) -> None:
    past.learn_nothing("www.example. A", types.NOERROR, 0.0)
    resolution = past.stale(100.0)
    assert (resolution.rcode, resolution.answer) == (types.NOERROR, ())
    assert len(resolution.authority) == 1
    assert resolution.ede[0][0] == 3


def test_old_records_do_not_come_back_when_a_newer_nxdomain_is_fresh_or_stale(
    past: Past,
) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    past.learn_nothing("www.example. A", types.NXDOMAIN, 400.0)
    fresh = past.stale(410.0)
    assert (fresh.rcode, fresh.ede) == (types.NXDOMAIN, ())
    assert past.stale(500.0).rcode == types.NXDOMAIN


def test_a_chain_is_put_together_from_fresh_and_stale_links(past: Past) -> None:
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    past.learn("a.example. 3600 CNAME b.example.", 0.0)
    past.learn("b.example. 60 A 192.0.2.1", 0.0)
    resolution = past.stale(400.0)
    assert told(resolution) == [
        "www.example. 30 IN CNAME a.example.",
        "a.example. 3200 IN CNAME b.example.",
        "b.example. 30 IN A 192.0.2.1",
    ]
    # The link that expired first says since when.
    assert resolution.ede == ((3, "expired 5 min 40 s ago"),)


def test_a_stale_chain_may_end_in_nothing(past: Past) -> None:
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    past.learn_nothing("a.example. A", types.NXDOMAIN, 0.0)
    resolution = past.stale(400.0)
    assert [rrset.rdtype for rrset in resolution.answer] == [types.CNAME]
    assert (resolution.rcode, resolution.ede[0][0]) == (types.NXDOMAIN, 19)


def test_a_chain_with_a_link_that_was_never_known_is_not_told(past: Past) -> None:
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    assert past.ages.stale(WWW, 400.0) is None


def test_a_loop_of_stale_aliases_is_not_told(past: Past) -> None:
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    past.learn("a.example. 300 CNAME www.example.", 0.0)
    assert past.ages.stale(WWW, 400.0) is None


def test_a_stale_chain_is_as_long_as_a_fresh_one_may_be(past: Past) -> None:
    past.learn("www.example. 60 CNAME n1.example.", 0.0)
    for number in range(1, MAX_ALIASES):
        past.learn(f"n{number}.example. 60 CNAME n{number + 1}.example.", 0.0)
    past.learn(f"n{MAX_ALIASES}.example. 60 A 192.0.2.1", 0.0)
    assert len(past.stale(400.0).answer) == MAX_ALIASES + 1


def test_an_alias_that_was_learned_after_the_records_has_replaced_them(
    past: Past,
) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    past.learn("www.example. 60 CNAME a.example.", 500.0)
    past.learn("a.example. 60 A 192.0.2.2", 500.0)
    assert told(past.stale(600.0))[-1] == "a.example. 30 IN A 192.0.2.2"
    past.learn("www.example. 10 A 192.0.2.3", 590.0)
    assert told(past.stale(600.0)) == ["www.example. 10 IN A 192.0.2.3"]


def test_the_alias_itself_can_be_asked_for(past: Past) -> None:
    past.learn("www.example. 60 CNAME a.example.", 0.0)
    answer = past.stale(100.0, "www.example. CNAME").answer
    assert [rrset.rdtype for rrset in answer] == [types.CNAME]


def test_an_expired_dname_is_not_applied_to_names_it_has_not_been_asked_for(
    past: Past,
) -> None:
    past.learn("example. 60 DNAME example.net.", 0.0)
    past.learn("www.example.net. 60 A 192.0.2.1", 0.0)
    assert past.ages.stale(WWW, 100.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59.9, "59 s"),
        (60.0, "1 min 0 s"),
        (3725.0, "1 h 2 min"),
        (200_000.0, "2 d 7 h"),
    ],
)
def test_durations_are_written_for_people(seconds: float, words: str) -> None:
    past = Past(Staleness(1e9, 30))
    past.learn("www.example. 300 A 192.0.2.1", 0.0)
    assert past.stale(300.0 + seconds).ede == ((3, f"expired {words} ago"),)


def test_what_fails_at_the_moment_is_told(past: Past) -> None:
    past.failures.remember(WWW, "nobody answers", 22, 0.0)
    failure = past.ages.failing(WWW, 1.0)
    assert failure is not None
    assert failure.text == "nobody answers"
    assert past.ages.failing(WWW, 2.0) is None


# The last tenth.


def ending(past: Past, now: float, text: str = "www.example. A") -> float | None:
    asked = question(text)
    resolution = past.memory.whole(asked, now)
    assert resolution is not None
    return past.ages.ending(asked, resolution, now)


def test_the_last_tenth_of_a_life_begins_at_nine_tenths(past: Past) -> None:
    past.learn("www.example. 300 A 192.0.2.1", 1000.5)
    assert ending(past, 1000.5) is None
    assert ending(past, 1270.4) is None
    assert ending(past, 1270.5) == 1000.5
    assert ending(past, 1300.4) == 1000.5


def test_a_chain_is_as_old_as_the_link_that_expires_first(past: Past) -> None:
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    past.learn("a.example. 60 A 192.0.2.1", 200.0)
    assert ending(past, 250.0) is None
    assert ending(past, 255.0) == 200.0
    past.learn("a.example. 60 A 192.0.2.1", 255.0)
    assert ending(past, 275.0) == 0.0


def test_news_that_there_is_nothing_get_old_as_well(past: Past) -> None:
    past.learn_nothing("www.example. A", types.NXDOMAIN, 0.0, ttl=100)
    past.learn_nothing("a.example. A", types.NOERROR, 10.0, ttl=100)
    past.learn("b.example. 300 CNAME a.example.", 0.0)
    assert ending(past, 89.0) is None
    assert ending(past, 90.0) == 0.0
    assert ending(past, 99.0, "b.example. A") is None
    assert ending(past, 100.0, "b.example. A") == 10.0


def test_an_answer_that_is_in_no_cache_has_no_life(past: Past) -> None:
    assert past.ages.ending(WWW, Resolution(types.NOERROR), 0.0) is None
    rrsets = tuple(rrsets_from_text("www.example. 300 A 192.0.2.1"))
    assert past.ages.ending(WWW, Resolution(0, rrsets), 0.0) is None


def test_the_name_at_the_end_of_a_chain_is_the_one_that_there_is_nothing_of() -> None:
    past = Past()
    past.learn("www.example. 300 CNAME a.example.", 0.0)
    past.learn_nothing("a.example. A", types.NXDOMAIN, 0.0, ttl=60)
    name = name_from_text("a.example.")
    assert past.rrsets.life(name, types.A, types.NXDOMAIN) == (0.0, 60)
    assert ending(past, 55.0) == 0.0


# What it is worth.


def test_what_was_secure_is_told_stale_as_secure_with_its_proofs(past: Past) -> None:
    [address, nsec] = rrsets_from_text(
        "www.example. 60 A 192.0.2.1\na.example. 60 NSEC z.example. A"
    )
    secure = Belief(SECURE, 3600)
    past.memory.learn(Answer((), address, proofs=(nsec,)), 0.0, secure)
    resolution = past.stale(100.0)
    assert resolution.secure
    assert [(it.name, it.ttl) for it in resolution.authority] == [(nsec.name, 30)]


def test_one_link_that_is_not_secure_makes_the_whole_stale_answer_so(
    past: Past,
) -> None:
    [alias, address] = rrsets_from_text(
        "www.example. 60 CNAME b.example.\nb.example. 60 A 192.0.2.1"
    )
    past.memory.learn(Answer((), address), 0.0, Belief(SECURE, 3600))
    past.memory.learn(Alias((alias,), address.name), 0.0)
    resolution = past.stale(100.0)
    assert len(resolution.answer) == 2
    assert not resolution.secure


@pytest.mark.parametrize("worth", [BOGUS, UNCHECKED])
def test_what_was_never_believed_is_never_told_stale(past: Past, worth: int) -> None:
    [address] = rrsets_from_text("www.example. 60 A 192.0.2.66")
    past.memory.learn(Answer((), address), 0.0, Belief(worth, 60))
    assert past.ages.stale(WWW, 100.0) is None
