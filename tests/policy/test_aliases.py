from resolver.policy.aliases import LocalAliases
from resolver.policy.local import LocalNames
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.presentation import rrsets_from_text
from tests.walk.pretend import lines, question, run

[WEB] = rrsets_from_text("web.example. 60 A 192.0.2.1")


class Outside:
    """Knows the addresses of some names."""

    def __init__(self, answers: dict[str, Resolution]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def whole(self, question: Question, now: float) -> Resolution | None:
        return self.answers.get(str(question))

    def stale(self, question: Question, now: float) -> Resolution | None:
        return self.answers.get(str(question))

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        self.asked.append(str(question))
        return self.answers[str(question)]


def errand() -> Errand:
    return Errand(lambda: 0.0, 8.0)


def before(outside: Outside) -> LocalAliases:
    records = "www.home. 30 CNAME web.example.\nnas.home. 30 A 192.168.1.9"
    local = LocalNames(tuple(rrsets_from_text(records)))
    return LocalAliases(local, outside, outside.resolve)


def test_an_alias_of_ours_comes_before_what_its_target_has() -> None:
    outside = Outside({"web.example. A": Resolution(types.NOERROR, (WEB,))})
    expected = ["www.home. 30 IN CNAME web.example.", "web.example. 60 IN A 192.0.2.1"]
    aliases = before(outside)
    known = aliases.whole(question("www.home. A"), 0.0)
    assert aliases.stale(question("www.home. A"), 0.0) == known
    assert known is not None
    assert lines(known) == expected
    assert known.authoritative
    walked = errand()
    assert lines(run(aliases.resolve(question("www.home. A"), walked))) == expected
    assert outside.asked == ["web.example. A"]
    assert [note.kind for note in walked.diary] == ["question", "alias"]


def test_what_is_not_in_memory_is_not_answered_from_it() -> None:
    assert before(Outside({})).whole(question("www.home. A"), 0.0) is None


def test_the_rcode_is_that_of_the_end_and_a_failure_brings_no_alias() -> None:
    for rcode, found in ((types.NXDOMAIN, 1), (types.SERVFAIL, 0)):
        outside = Outside({"web.example. A": Resolution(rcode)})
        resolution = run(before(outside).resolve(question("www.home. A"), errand()))
        assert (resolution.rcode, len(resolution.answer)) == (rcode, found)


def test_other_questions_pass() -> None:
    outside = Outside({"web.example. A": Resolution(types.NOERROR, (WEB,))})
    aliases = before(outside)
    assert aliases.whole(question("web.example. A"), 0.0) is not None
    assert run(aliases.resolve(question("web.example. A"), errand())).answer == (WEB,)
