"""A walk whose answers are judged: what is told, kept, and asked once more."""

from collections.abc import Callable

import pytest

from resolver.beliefs import (
    BOGUS,
    INSECURE,
    SECURE,
    UNCHECKED,
    Belief,
    Claim,
    Denial,
    Deny,
)
from resolver.ports import MAX_OPINIONS, Address, Errand, Lost, Resolution, Spent
from resolver.walk.doubt import BOGUS_TTL
from resolver.walk.scrub import Nothing
from resolver.wire import types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_NO_REACHABLE_AUTHORITY,
    EDE_NSEC3_ITERATIONS,
)
from resolver.wire.message import Question
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import Walked, lines, question, run, walk_over

ROOT, EVIL = "192.0.2.1", "192.0.2.10"
WWW = "www.com. A"
GOOD = "AA\n;ANSWER\nwww.com. 300 A 198.51.100.1"
FORGED = "AA\n;ANSWER\nwww.com. 300 A 198.51.100.66"
IS_FORGED = Belief(BOGUS, 0, EDE_BOGUS, "forged")
Judge = Callable[[Claim], Belief]


def by_content(claim: Claim) -> Belief:
    """Call bogus whatever ends in .66, and secure all else."""
    if claim.rrset is not None and claim.rrset.rdatas[0].endswith(b"\x42"):
        return IS_FORGED
    return Belief(SECURE, 3600)


class Judged:
    """A walk over `com.` with some servers, and a judge beside it."""

    def __init__(
        self, *replies: str, judge: Judge = by_content, deny: Deny | None = None
    ) -> None:
        table = {(ROOT, WWW): referral(len(replies))}
        for number, reply in enumerate(replies):
            table[f"192.0.2.{10 + number}", WWW] = reply
        self.world: Walked = walk_over(table)
        self.claims: list[Claim] = []
        self._judge = judge
        self.world.walk.doubt.consult(self._believe, deny)

    async def _believe(self, claim: Claim, errand: Errand) -> Belief:
        self.claims.append(claim)
        return self._judge(claim)

    def ask(self, text: str = WWW, *, checking_disabled: bool = False) -> Resolution:
        clock = self.world.clock
        errand = Errand(clock, clock.time + 8.0)
        errand.checking_disabled = checking_disabled
        return run(self.world.walk.resolve(question(text), errand))

    @property
    def asked(self) -> list[str]:
        """The servers of `com.` that were asked, in order."""
        return [it.server for it in self.world.internet.asked if it.server != ROOT]


def referral(servers: int) -> str:
    names = "\n".join(f"com. 3600 NS ns{number}.com." for number in range(servers))
    glue = "\n".join(f"ns{n}.com. 3600 A 192.0.2.{10 + n}" for n in range(servers))
    return f";AUTHORITY\n{names}\n;ADDITIONAL\n{glue}"


def test_what_is_secure_is_told_and_kept_as_secure() -> None:
    judged = Judged(GOOD)
    assert judged.ask().secure
    assert judged.ask().secure
    assert len(judged.claims) == 1
    assert judged.world.walk.findings.verdicts == {(SECURE, 0): 1}


def test_what_is_insecure_is_told_as_that() -> None:
    judged = Judged(GOOD, judge=lambda claim: Belief(INSECURE, 3600))
    assert not judged.ask().secure
    assert judged.ask().rcode == types.NOERROR


def test_what_is_believed_for_a_time_is_told_for_no_longer() -> None:
    judged = Judged(GOOD, judge=lambda claim: Belief(SECURE, 20))
    assert lines(judged.ask()) == ["www.com. 20 IN A 198.51.100.1"]


def test_why_something_is_insecure_is_told_with_it() -> None:
    insecure = Belief(INSECURE, 60, EDE_NSEC3_ITERATIONS, "too dear")
    judged = Judged(GOOD, judge=lambda claim: insecure)
    assert judged.ask().ede == ((EDE_NSEC3_ITERATIONS, "too dear"),)


@pytest.mark.parametrize("replies", [(FORGED, GOOD), (GOOD, FORGED)])
def test_what_one_server_says_wrong_another_one_may_say_right(
    replies: tuple[str, str],
) -> None:
    judged = Judged(*replies)
    assert lines(judged.ask()) == ["www.com. 300 IN A 198.51.100.1"]
    # Whichever is asked first: it is once both and once one of them.
    assert len(judged.asked) == 1 + (judged.claims[0].rrset != judged.claims[-1].rrset)


@pytest.mark.parametrize("replies", [(FORGED, GOOD), (GOOD, FORGED)])
def test_who_said_it_wrong_is_the_last_to_be_asked_for_a_while(
    replies: tuple[str, str],
) -> None:
    judged = Judged(*replies)
    judged.ask()
    clock, zone = judged.world.clock, name_from_text("com.")
    wrong = Address(judged.asked[0])
    is_lame = judged.world.servers.lame(wrong, zone, clock.time)
    assert is_lame is (len(judged.asked) > 1)
    assert not judged.world.servers.lame(wrong, zone, clock.time + BOGUS_TTL)


def test_what_all_say_wrong_is_refused_and_nobody_is_asked_without_end() -> None:
    judged = Judged(*[FORGED] * 6)
    resolution = judged.ask()
    assert resolution.rcode == types.SERVFAIL
    assert resolution.ede == ((EDE_BOGUS, "forged"),)
    assert len(judged.asked) == MAX_OPINIONS == len(set(judged.asked))
    assert judged.world.walk.findings.verdicts == {(BOGUS, EDE_BOGUS): 1}


def test_a_server_that_is_alone_is_asked_twice() -> None:
    judged = Judged(FORGED)
    assert judged.ask().rcode == types.SERVFAIL
    assert judged.asked == [EVIL, EVIL]


def test_where_the_zones_keys_are_at_fault_nobody_is_asked_again() -> None:
    judged = Judged(
        GOOD, GOOD, judge=lambda claim: Belief(BOGUS, 60, EDE_BOGUS, "keys")
    )
    assert judged.ask().rcode == types.SERVFAIL
    assert len(judged.asked) == 1


def test_where_nobody_else_answers_the_first_reply_counts() -> None:
    judged = Judged(FORGED, "SERVFAIL")
    assert judged.ask().ede == ((EDE_BOGUS, "forged"),)


def test_what_was_bogus_is_not_asked_for_again_for_a_minute() -> None:
    judged = Judged(FORGED)
    judged.ask()
    before = len(judged.asked)
    judged.world.clock.time += BOGUS_TTL - 1
    assert judged.ask().rcode == types.SERVFAIL
    assert len(judged.asked) == before
    judged.world.clock.time += 1
    judged.ask()
    assert len(judged.asked) > before


def test_who_judges_by_himself_gets_what_is_bogus_and_nobody_else_does() -> None:
    judged = Judged(FORGED)
    assert judged.ask().rcode == types.SERVFAIL
    told = judged.ask(checking_disabled=True)
    assert lines(told)[0].endswith("198.51.100.66")
    assert not told.secure
    assert judged.ask().rcode == types.SERVFAIL
    assert judged.world.walk._memory.whole(question(WWW), 1000.0) is None


def test_what_is_bogus_never_hides_what_is_secure() -> None:
    judged = Judged(GOOD)
    judged.ask()
    [rrset] = judged.ask().answer
    forged = Judged(FORGED).ask(checking_disabled=True).answer[0]
    now = judged.world.clock.time
    judged.world.rrsets.put(forged, 4, now, BOGUS)
    judged.world.rrsets.put(forged, 4, now, UNCHECKED)
    assert judged.ask().answer == (rrset,)


@pytest.mark.parametrize("trouble", [Lost("no keys"), Spent("max_signature_checks")])
def test_what_cannot_be_judged_is_told_to_who_judges_by_himself_alone(
    trouble: Exception,
) -> None:
    def fail(_: Claim) -> Belief:
        raise trouble

    judged = Judged(GOOD, judge=fail)
    assert judged.ask(checking_disabled=True).rcode == types.NOERROR
    judged.world.clock.time += 300
    assert judged.ask().rcode == types.SERVFAIL


def test_keys_that_cannot_be_had_are_what_is_told() -> None:
    def fail(_: Claim) -> Belief:
        raise Lost("the DNSKEY of com. cannot be had")

    resolution = Judged(GOOD, judge=fail).ask()
    assert resolution.ede == (
        (EDE_NO_REACHABLE_AUTHORITY, "the DNSKEY of com. cannot be had"),
    )


def test_what_leads_to_servers_is_not_judged() -> None:
    table = {
        (ROOT, WWW): ";AUTHORITY\ncom. 3600 NS ns.net.",
        (ROOT, "ns.net. A"): "AA\n;ANSWER\nns.net. 300 A 192.0.2.10",
        (EVIL, WWW): GOOD,
    }
    judged = Judged(GOOD)
    judged.world.internet.table.clear()
    judged.world.internet.table.update(table)
    judged.ask()
    assert [claim.name for claim in judged.claims] == [question(WWW).name]


def test_keys_are_fetched_once_and_asked_for_elsewhere_on_demand() -> None:
    judged = Judged(GOOD, GOOD)
    table = judged.world.internet.table
    key = "AA\n;ANSWER\ncom. 300 DNSKEY 257 3 13 AAAA"
    table[ROOT, "com. DNSKEY"] = referral(2)
    for host in (EVIL, "192.0.2.11"):
        table[host, "com. DNSKEY"] = key
    wanted = question("com. DNSKEY")
    walk, clock = judged.world.walk, judged.world.clock
    errand = Errand(clock, clock.time + 8.0)
    first = run(walk.doubt.fetch(wanted, errand))
    assert (first.rrset is not None, first.zone) == (True, wanted.name)
    [one] = judged.asked
    run(walk.doubt.fetch(wanted, errand))
    assert (judged.asked, errand.answered_by) == ([one], None)
    errand.answered_by = Address(one)
    run(walk.doubt.fetch(wanted, errand, again=True))
    assert judged.asked[-1] != one
    assert errand.depth == 0


def test_the_ds_that_came_with_a_referral_is_not_asked_for() -> None:
    judged = Judged(GOOD)
    ds = "com. 300 DS 1 13 2 " + "00" * 32
    table = judged.world.internet.table
    table[ROOT, WWW] = table[ROOT, WWW].replace(";AUTHORITY", f";AUTHORITY\n{ds}")
    judged.ask()
    before = len(judged.world.internet.asked)
    clock = judged.world.clock
    claim = run(
        judged.world.walk.doubt.fetch(
            question("com. DS"), Errand(clock, clock.time + 8.0)
        )
    )
    assert claim.rrset is not None
    assert claim.zone == b"\0"
    assert len(judged.world.internet.asked) == before


def test_a_denial_is_judged_as_one() -> None:
    soa = "com. 60 SOA a. b. 1 2 3 4 60"
    judged = Judged(f"AA NXDOMAIN\n;AUTHORITY\n{soa}")
    resolution = judged.ask()
    assert (resolution.rcode, resolution.secure) == (types.NXDOMAIN, True)
    [claim] = judged.claims
    assert (claim.denies, claim.rcode) == (True, types.NXDOMAIN)
    assert [it.rdtype for it in claim.authority] == [types.SOA]
    link = judged.world.walk._memory.link(question(WWW), judged.world.clock.time)
    assert isinstance(link, Nothing)


# What zones have denied before.


def denying(zone: bytes, asked: Question, now: float) -> Denial | None:
    """Deny www.com., for 7 seconds; not told which zone would be asked, or when, fail."""
    assert zone == name_from_text(".")
    assert now > 0
    if asked.name != name_from_text("www.com."):
        return None
    soa, nsec = rrsets_from_text(
        ". 7 SOA . . 1 2 3 4 7\ncom. 7 NSEC zz.com. A RRSIG NSEC"
    )
    return Denial(types.NXDOMAIN, soa, (nsec,), 7, "com. covers www.com.")


def test_what_was_denied_before_is_told_without_asking_or_judging() -> None:
    judged = Judged(GOOD, deny=denying)
    for _ in range(2):
        resolution = judged.ask()
        assert (resolution.rcode, resolution.secure) == (types.NXDOMAIN, True)
        assert [it.rdtype for it in resolution.authority] == [types.SOA, types.NSEC]
    assert judged.world.internet.asked == []
    assert judged.claims == []


def test_what_was_denied_before_is_kept_for_as_long_as_it_holds() -> None:
    denied = iter([True, False])

    def once(zone: bytes, asked: Question, now: float) -> Denial | None:
        return denying(zone, asked, now) if next(denied) else None

    judged = Judged(GOOD, deny=once)
    assert judged.ask().rcode == types.NXDOMAIN
    judged.world.clock.time += 6.9
    assert judged.ask().rcode == types.NXDOMAIN
    judged.world.clock.time += 0.1
    assert judged.ask().rcode == types.NOERROR


def test_who_judges_by_himself_is_not_told_what_was_denied_before() -> None:
    judged = Judged(GOOD, deny=denying)
    assert judged.ask(checking_disabled=True).rcode == types.NOERROR
