from resolver.cache.rrsets import RRsetCache
from resolver.walk.memory import Memory
from resolver.walk.scrub import Alias, Answer, Nothing
from resolver.wire import types
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


def test_the_cname_that_a_dname_implies_is_made_again_and_not_kept() -> None:
    [dname, cname, address] = rrsets_from_text(
        "com. 60 DNAME net.\na.com. 60 CNAME a.net.\na.net. 60 A 192.0.2.1"
    )
    rrsets = RRsetCache(1_000_000)
    memory = Memory(rrsets)
    memory.learn(Answer((dname, cname), address), 0.0)
    assert rrsets.get(cname.name, types.CNAME, 0.0) is None
    resolution = memory.whole(question("a.com. A"), 0.0)
    assert resolution is not None
    assert lines(resolution) == [
        "com. 60 IN DNAME net.",
        "a.com. 60 IN CNAME a.net.",
        "a.net. 60 IN A 192.0.2.1",
    ]
    assert isinstance(memory.link(question("b.com. A"), 0.0), Alias)


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
