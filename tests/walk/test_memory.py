from resolver.beliefs import SECURE, UNCHECKED, Belief
from resolver.cache.rrsets import RRsetCache
from resolver.ports import Resolution
from resolver.walk.memory import Memory
from resolver.walk.scrub import Alias, Answer, Nothing
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import lines, question


def learned(*outcomes: Answer | Nothing | Alias) -> Memory:
    memory = Memory(RRsetCache(1_000_000))
    for outcome in outcomes:
        memory.learn(outcome, 0.0)
    return memory


def answer(text: str) -> Answer:
    *links, rrset = rrsets_from_text(text)
    return Answer(tuple(links), rrset)


def test_what_was_never_learned_is_not_known() -> None:
    assert learned().whole(question("a.com. A"), 0.0) is None
    assert learned().link(question("a.com. A"), 0.0) is None


def test_an_answer_is_recalled_until_its_time_is_up() -> None:
    memory = learned(answer("a.com. 60 A 192.0.2.1"))
    resolution = memory.whole(question("a.com. A"), 59.0)
    assert resolution is not None
    assert lines(resolution) == ["a.com. 1 IN A 192.0.2.1"]
    assert memory.whole(question("a.com. A"), 60.0) is None


def test_a_chain_is_recalled_whole_or_not_at_all() -> None:
    memory = learned(answer("a.com. 30 CNAME b.com.\nb.com. 60 A 192.0.2.1"))
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert len(resolution.answer) == 2
    assert memory.whole(question("a.com. A"), 31.0) is None
    assert memory.whole(question("b.com. A"), 31.0) is not None


def test_a_chain_to_nothing_keeps_its_aliases_and_its_rcode() -> None:
    [soa] = rrsets_from_text("com. 60 SOA a. b. 1 2 3 4 60")
    [cname] = rrsets_from_text("a.com. 30 CNAME b.com.")
    name = name_from_text("b.com.")
    memory = learned(Nothing((cname,), name, types.A, types.NXDOMAIN, soa))
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert resolution.rcode == types.NXDOMAIN
    assert (len(resolution.answer), len(resolution.authority)) == (1, 1)


def test_a_loop_in_memory_is_given_up() -> None:
    [one, two] = rrsets_from_text("a.com. 30 CNAME b.com.\nb.com. 30 CNAME a.com.")
    a, b = one.name, two.name
    memory = learned(Alias((one,), b), Alias((two,), a))
    assert memory.whole(question("a.com. A"), 0.0) is None


def test_an_alias_itself_can_be_asked_for() -> None:
    memory = learned(answer("a.com. 30 CNAME b.com."))
    assert isinstance(memory.link(question("a.com. CNAME"), 0.0), Answer)


def test_a_dname_comes_along_with_the_cname_that_it_implied() -> None:
    [dname, cname, address] = rrsets_from_text(
        "com. 60 DNAME net.\na.com. 60 CNAME a.net.\na.net. 60 A 192.0.2.1"
    )
    memory = learned(Answer((dname, cname), address))
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert lines(resolution) == [
        "com. 60 IN DNAME net.",
        "a.com. 60 IN CNAME a.net.",
        "a.net. 60 IN A 192.0.2.1",
    ]


def test_a_dname_is_not_applied_from_memory_to_a_name_that_was_not_asked_for() -> None:
    [dname, cname] = rrsets_from_text("com. 60 DNAME net.\na.com. 60 CNAME a.net.")
    memory = learned(Alias((dname, cname), name_from_text("a.net.")))
    assert memory.link(question("b.com. A"), 0.0) is None


def test_a_cname_that_a_dname_above_it_does_not_imply_stands_alone() -> None:
    [dname, cname] = rrsets_from_text("com. 60 DNAME net.\na.com. 60 CNAME b.org.")
    memory = learned(Alias((dname,), dname.name), Alias((cname,), cname.name))
    found = memory.link(question("a.com. A"), 0.0)
    assert isinstance(found, Alias)
    assert found.links == (cname,)


def test_a_chain_ends_at_a_name_that_is_ours_and_that_is_not_kept() -> None:
    [cname, ours] = rrsets_from_text(
        "a.com. 30 CNAME nas.home.\nnas.home. 60 A 192.168.1.9"
    )
    memory = Memory(
        RRsetCache(1_000_000),
        local=lambda asked: (
            Resolution(types.NOERROR, (ours,)) if asked.name == ours.name else None
        ),
    )
    memory.learn(Alias((cname,), ours.name), 0.0)
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert lines(resolution) == [
        "a.com. 30 IN CNAME nas.home.",
        "nas.home. 0 IN A 192.168.1.9",
    ]


def test_the_parents_nxdomain_does_not_hide_a_configured_zone() -> None:
    [soa] = rrsets_from_text("example. 60 SOA a. b. 1 2 3 4 60")
    zone = name_from_text("corp.example.")
    memory = Memory(RRsetCache(1_000_000), frozenset({zone}))
    memory.learn(Nothing((), zone, types.DS, types.NXDOMAIN, soa), 0.0)
    assert memory.whole(question("corp.example. A"), 0.0) is None
    assert memory.whole(question("corp.example. DS"), 0.0) is not None


def test_nothing_said_without_authority_does_not_replace_what_was_said_with_it() -> (
    None
):
    [soa] = rrsets_from_text("com. 60 SOA a. b. 1 2 3 4 60")
    name = name_from_text("a.com.")
    denial = Nothing((), name, types.A, types.NXDOMAIN, soa, authoritative=False)
    memory = learned(answer("a.com. 60 A 192.0.2.1"), denial)
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert lines(resolution) == ["a.com. 60 IN A 192.0.2.1"]


def test_a_minimised_question_answered_before_shows_that_there_is_no_cut() -> None:
    name = name_from_text("b.com.")
    [soa] = rrsets_from_text("com. 60 SOA a. b. 1 2 3 4 60")
    memory = learned(Nothing((), name, types.A, types.NOERROR, soa))
    assert memory.no_cut_at(question("b.com. A"), 0.0)
    assert not memory.no_cut_at(question("c.com. A"), 0.0)


def test_a_name_known_not_to_exist_says_nothing_about_cuts() -> None:
    # Broken servers say NXDOMAIN for names that only have something below them.
    name = name_from_text("b.com.")
    [soa] = rrsets_from_text("com. 60 SOA a. b. 1 2 3 4 60")
    memory = learned(Nothing((), name, types.A, types.NXDOMAIN, soa))
    assert not memory.no_cut_at(question("b.com. A"), 0.0)


def secure_dname() -> Memory:
    dname, cname = rrsets_from_text("com. 60 DNAME net.\na.com. 60 CNAME a.net.")
    memory = Memory(RRsetCache(1_000_000))
    outcome = Alias((dname, cname), name_from_text("a.net."))
    memory.learn(outcome, 0.0, Belief(SECURE, 3600))
    return memory


def test_a_secure_dname_is_applied_to_other_names() -> None:
    memory = secure_dname()
    link = memory.link(question("b.com. A"), 0.0)
    assert isinstance(link, Alias)
    assert (link.target, link.security) == (name_from_text("b.net."), SECURE)
    assert [it.rdtype for it in link.links] == [types.DNAME, types.CNAME]


def test_a_secure_dname_answers_for_the_alias_that_it_implies() -> None:
    link = secure_dname().link(question("b.com. CNAME"), 0.0)
    assert isinstance(link, Answer)
    assert [it.rdtype for it in (*link.links, link.rrset)] == [types.DNAME, types.CNAME]


def test_a_secure_dname_is_not_applied_to_its_own_name_or_for_too_long_a_one() -> None:
    memory = secure_dname()
    assert memory.link(question("com. A"), 0.0) is None
    assert memory.link(question(". A"), 0.0) is None
    [dname] = rrsets_from_text(f"org. 60 DNAME {'.'.join(['x' * 60] * 4)}.")
    memory.learn(Answer((), dname), 0.0, Belief(SECURE, 3600))
    assert memory.link(question(f"{'y' * 20}.org. A"), 0.0) is None


def test_an_unsigned_dname_is_not_applied_to_other_names() -> None:
    [dname] = rrsets_from_text("com. 60 DNAME net.")
    assert learned(Answer((), dname)).link(question("b.com. A"), 0.0) is None


def test_who_asks_for_an_alias_gets_the_dname_that_it_was_made_from() -> None:
    link = secure_dname().link(question("a.com. CNAME"), 0.0)
    assert isinstance(link, Answer)
    assert [it.rdtype for it in link.links] == [types.DNAME]


def test_the_ds_of_a_name_is_not_looked_for_behind_its_alias() -> None:
    memory = learned(answer("a.com. 60 CNAME b.com."))
    assert memory.link(question("a.com. DS"), 0.0) is None
    assert memory.link(question("a.com. A"), 0.0) is not None


def alias_with(proofs: str, labels: int = 2) -> Memory:
    """An alias a.com. to www.sub.com., signed, and what came beside it."""
    cname, *others = rrsets_from_text(f"a.com. 60 CNAME www.sub.com.\n{proofs}")
    signature = b"\0\x05\x0d" + bytes([labels])
    link = RRset(cname.name, cname.rdtype, 60, cname.rdatas, (signature,))
    target = name_from_text("www.sub.com.")
    return learned(Alias((link,), target, proofs=tuple(others)))


def test_proofs_beside_an_alias_may_show_that_its_target_is_unsigned() -> None:
    memory = alias_with("sub.com. 60 NSEC z.com. NS")
    found = memory.evidence(question("sub.com. DS"), 0.0)
    assert isinstance(found, Nothing)
    assert found.security == UNCHECKED
    assert [it.name for it in found.proofs] == [name_from_text("sub.com.")]
    # Nobody is told what nobody has checked.
    assert memory.link(question("sub.com. DS"), 0.0) is None


def test_proofs_of_a_wildcards_alias_are_about_the_alias() -> None:
    memory = alias_with("sub.com. 60 NSEC z.com. NS", labels=1)
    assert memory.evidence(question("sub.com. DS"), 0.0) is None


def test_proofs_beside_an_alias_do_not_replace_what_is_known_of_the_ds() -> None:
    [ds] = rrsets_from_text("sub.com. 60 DS 1 13 2 " + "00" * 32)
    memory = learned(Answer((), ds))
    [cname, nsec] = rrsets_from_text(
        "a.com. 60 CNAME www.sub.com.\nsub.com. 60 NSEC z.com. NS"
    )
    target = name_from_text("www.sub.com.")
    memory.learn(Alias((cname,), target, proofs=(nsec,)), 0.0)
    assert isinstance(memory.evidence(question("sub.com. DS"), 0.0), Answer)
