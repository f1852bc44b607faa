"""Every fault that the lab has, and what is said to be wrong: none without a verdict.

The lists come from the lab: a misbehaviour, a maze, a loop or a way to sign wrongly that
nobody has judged here fails a test.
"""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver.config import Recorder
from resolver.lab import signed
from resolver.lab.aliases import ALIASES
from resolver.lab.behaviours import Behaviour
from resolver.lab.box import Box
from resolver.lab.catalogue import BEHAVIOURS
from resolver.lab.faults import FAULTS, Fault
from resolver.lab.mazes import MAZES
from resolver.lab.sign import Signing
from resolver.lab.signed import BELOW, Case
from resolver.observe.cause import (
    NOBODY,
    PARENT,
    UNKNOWN,
    ZONE_OWNER,
    Verdict,
)
from resolver.observe.record import Record
from resolver.observe.verdict import verdict_of
from resolver.wire import types
from resolver.wire.edns import MAX_ERROR_TEXT
from resolver.wire.message import Message
from tests.observe.boxed import NOW, Boxed, asked_for, errors

BOX = Box.standard(now=NOW)
ALL = Recorder(sample=1)


class Known(NamedTuple):
    """What has to be said: the rule, whom it blames, and words of the cause."""

    rule: str
    blame: str = ZONE_OWNER
    words: str = ""


FINE = Known("answered", NOBODY)
LAME = "some-lame-referral"
# With nobody else to ask; and beside an honest server, if that says something else.
BEHAVIOUR = {
    "refuses": (Known("lame-refused", words="REFUSED"), "some-lame-refused"),
    "servfails": (Known("servers-failing", words="SERVFAIL"), "some-servers-failing"),
    "refers-upward": (Known("lame-referral", words="an upward referral"), LAME),
    "refers-sideways": (Known("lame-referral", words="a sideways referral"), LAME),
    "refers-to-itself": (Known("lame-referral", words="to its own zone"), LAME),
    "not-authoritative": (
        Known("not-authoritative", words="somebody's resolver"),
        "some-not-authoritative",
    ),
    "denies-empty-names": (Known("denies-empty-names", words="has a.b.c."), ""),
    "formerr-on-edns": (Known("edns-broken", words="said FORMERR"), ""),
    "bare-formerr-on-edns": (Known("edns-broken", words="said FORMERR"), ""),
    "notimp-on-edns": (Known("edns-broken", words="said NOTIMP"), ""),
    "drops-edns": (
        Known("servers-silent", words="did not reply"),
        "overtaken",
    ),
    "silent": (Known("servers-silent", words="did not reply"), "overtaken"),
    "slow": (Known("packets-lost", UNKNOWN, "it is slow"), "overtaken"),
    "dead": (Known("servers-closed", words="Nobody listens"), "some-servers-closed"),
    "truncates": (Known("truncated", NOBODY, "cut short"), ""),
    "truncates-without-tcp": (
        Known("tcp-blocked", words="take no TCP"),
        "some-tcp-blocked",
    ),
    "wrong-id": (Known("wrong-id", words="Replies with a wrong id"), "wrong-id"),
    "wrong-id-first": (Known("wrong-id", UNKNOWN, "a wrong id"), ""),
    "wrong-question": (
        Known("wrong-question", words="Replies to another question"),
        "overtaken",
    ),
    "garbage-first": (Known("strays", UNKNOWN, "a malformed reply"), ""),
    "lowers-case": (Known("case-changed", words="letters"), ""),
}
# What does no harm to the questions here, and so is not to be seen: why.
UNSEEN = {
    "terse": "all that was asked for is there",
    "ignores-edns": "it may: nothing depends on it in an unsigned zone",
    "no-tcp": "nobody came over TCP",
    "hangs-up": "nobody came over TCP",
    "lies-in-answer": "an alias is its zone's to say; what is added is never looked at",
    "poisons": "what is added is never looked at",
}
# By ingredient: questions, and what is to be said of them.
WAYS = {
    "zones in zones": {"www.levels.org.": FINE},
    "glueless delegation": {"www.glueless.com.": FINE},
    "glueless within glueless": {
        "www.deep12.com.": Known("delegation-maze", words="5 deep")
    },
    "sibling glue": {"www.sibling.com.": FINE, "www.sib-a.com.": FINE},
    "cycles and missing glue": {
        "www.cycle-a.com.": Known("delegation-cycle", words="ns.cycle-b.net."),
        "www.bare.com.": Known("glue-missing", PARENT, "ns.bare.com."),
    },
    "servers that do not exist": {
        "www.nowhere.com.": Known("servers-do-not-exist", words="example.org.")
    },
    "child and parent disagree": {
        "www.differs.org.": Known("parent-child-mismatch", words="ns2.differs.org."),
        "other.differs.org.": Known("parent-child-mismatch", words="ns1.differs.org."),
    },
    "chains of aliases": {
        "c8.chain-a.com.": FINE,
        "c24.chain-b.net.": Known("alias-chain", words="chain-a.com."),
    },
    "DNAME": {"www.d.dname-a.org.": FINE},
    "loops of aliases": {
        "self.loop-a.com.": Known("alias-loop", words="self.loop-a.com."),
        "x.loop-a.com.": Known("alias-loop", words="y.loop-a.com."),
        "far.loop-a.com.": Known("alias-loop", words="far.loop-b.net."),
        "www.grow.loop-a.com.": Known("alias-chain", words="grow.loop-a.com."),
    },
}


class Signed(NamedTuple):
    """What has to be said of a zone that is signed in some way.

    Of what it has, and of what it denies if that is something else; `key` is whether
    the key is named by its tag.
    """

    has: Known
    denies: Known | None = None
    key: bool = True


PROOFS = Known("proof-missing", words="no valid proof came")
SIGNED = {
    "good": Signed(FINE, key=False),
    "expired": Signed(Known("signature-expired", words="expired 5 days ago, at 2027-")),
    "not-yet-valid": Signed(
        Known("signature-not-yet-valid", words="the clock of this host shows 2027-")
    ),
    "backwards": Signed(Known("signature-dates", words="before it is valid")),
    "wrong-key": Signed(Known("signature-wrong", words="does not fit")),
    "unknown-key": Signed(Known("signed-by-unknown-key", words="does not have")),
    "missing-signatures": Signed(
        Known("signatures-missing", words="is not signed, though "), key=False
    ),
    "unsigned-keys": Signed(
        Known("signatures-missing", words="DNSKEY has no signature"), key=False
    ),
    "stripped": Signed(Known("ds-without-key", words="and no DNSKEY")),
    "other-ds": Signed(Known("ds-without-key", words="has another digest")),
    "unsupported-algorithm": Signed(
        Known("algorithm", words="algorithm 200"), key=False
    ),
    "unsupported-digest": Signed(Known("digest", words="of type 200"), key=False),
    "mixed-ds": Signed(FINE, key=False),
    "island": Signed(FINE, key=False),
    "revoked": Signed(Known("key-revoked", words="is revoked")),
    "no-zone-key": Signed(Known("not-a-zone-key", words="is no zone key")),
    "unsigned-proofs": Signed(FINE, PROOFS, key=False),
    "no-proofs": Signed(FINE, PROOFS, key=False),
    "dear-hashes": Signed(
        FINE, Known("nsec3-iterations", words="200 iterations"), key=False
    ),
}


def alone(behaviour: Behaviour) -> str:
    label = "a.b.c" if behaviour.name == "denies-empty-names" else "www"
    return f"{label}.{behaviour.name}.com."


def judge(box: Box, question: str, folder: Path, seed: int = 1) -> Record:
    """Ask from cold; see that the client is told as he should be."""
    reply, records = Boxed(box, folder, recorder=ALL, seed=seed).ask(question)
    record = next(it for it in records if it.question == asked_for(question))
    tell(reply, record)
    return record


def tell(reply: Message, record: Record) -> None:
    """A failure tells the short form of its verdict, and the record."""
    for _, text in errors(reply):
        assert text.isprintable()
        assert text.isascii()
        assert len(text.encode()) <= MAX_ERROR_TEXT
    if reply.rcode != types.SERVFAIL:
        return
    (_, text), *_ = errors(reply)
    suffix = f" [id {record.id}]"
    assert text.endswith(suffix)
    told = text.removesuffix(suffix)
    short = verdict_of(record).short or record.ede[0][1]
    assert short.startswith(told.removesuffix("..."))
    assert told == short or told.endswith("...")
    assert len(told) > len("...")


def assert_is(verdict: Verdict, known: Known) -> None:
    assert (verdict.rule, verdict.blame) == known[:2]
    assert known.words in verdict.cause
    assert verdict.cause.endswith(".")
    assert not verdict.cause.endswith("..")
    assert verdict.mend or verdict.blame == NOBODY


def test_every_misbehaviour_is_judged() -> None:
    named = {it.name for it in BEHAVIOURS}
    assert {*BEHAVIOUR, *UNSEEN} == named
    assert not BEHAVIOUR.keys() & UNSEEN.keys()


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda it: it.name)
def test_a_server_that_is_alone_with_its_fault_is_told_of(
    behaviour: Behaviour, tmp_path: Path
) -> None:
    name = alone(behaviour)
    record = judge(BOX, f"{name} A", tmp_path)
    verdict = verdict_of(record)
    if behaviour.name in UNSEEN:
        assert_is(verdict, FINE)
        return
    known, _ = BEHAVIOUR[behaviour.name]
    assert_is(verdict, known)
    assert f"{behaviour.name}.com." in verdict.cause


@pytest.mark.parametrize(
    "behaviour",
    [it for it in BEHAVIOURS if BEHAVIOUR.get(it.name, (FINE, ""))[1]],
    ids=lambda it: it.name,
)
def test_a_server_that_others_make_up_for_is_told_of(
    behaviour: Behaviour, tmp_path: Path
) -> None:
    number = BEHAVIOURS.index(behaviour) + 1
    bad = f"127.53.8.{number}:5300"
    asked = f"www.{behaviour.name}.net. A"
    # Chance chooses whom to ask first.
    records = (judge(BOX, asked, tmp_path, seed) for seed in range(1, 20))
    record = next(
        it for it in records if any(note.facts[:1] == (bad,) for note in it.diary)
    )
    assert record.rcode == "NOERROR"
    verdict = verdict_of(record)
    assert verdict.rule == BEHAVIOUR[behaviour.name][1]
    assert bad in verdict.cause
    assert verdict.mend


def test_every_way_to_get_lost_is_judged() -> None:
    assert {it.name for it in (*MAZES, *ALIASES)} == WAYS.keys()
    judged = {question for questions in WAYS.values() for question in questions}
    judged |= set(map(alone, BEHAVIOURS))
    failing = {it.question for it in BOX.samples if "SERVFAIL" in it.rcode}
    assert {it.split()[0] for it in failing} - judged == set()


@pytest.mark.parametrize(
    ("name", "known"),
    [(name, known) for each in WAYS.values() for name, known in each.items()],
)
def test_a_name_that_leads_nowhere_is_told_of(
    name: str, known: Known, tmp_path: Path
) -> None:
    assert_is(verdict_of(judge(BOX, f"{name} A", tmp_path)), known)


def test_every_way_to_sign_wrongly_is_judged() -> None:
    assert {it.name for it in FAULTS} == SIGNED.keys()


@functools.cache
def matrix() -> Box:
    return signed.box(signed.signings((signed.USUAL,)), NOW)


@pytest.mark.parametrize("denial", signed.DENIALS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: it.name)
def test_what_is_wrong_with_signatures_is_told(
    fault: Fault, denial: str, tmp_path: Path
) -> None:
    known = SIGNED[fault.name]
    for kind in signed.KINDS:
        case = Case(Signing(signed.USUAL, denial, fault), kind)
        record = judge(matrix(), str(case), tmp_path)
        verdict = verdict_of(record)
        truth = signed.truth(case)
        assert record.rcode == truth.rcode
        if verdict.rule == "answered":
            assert truth.rcode != "SERVFAIL"
            continue
        assert_is(verdict, expected(case, known)._replace(words=""))
        assert case.zone in verdict.cause


def expected(case: Case, known: Signed) -> Known:
    """Say what is to be said of a case; `words` are for plain questions."""
    unsigned = ("missing-signatures", "stripped")
    if case.kind == BELOW and case.signing.fault.name in unsigned:
        return Known("delegation-unsigned", PARENT)
    return known.denies or known.has


@pytest.mark.parametrize("denial", signed.DENIALS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: it.name)
def test_the_fault_is_named_with_its_key(
    fault: Fault, denial: str, tmp_path: Path
) -> None:
    known = SIGNED[fault.name]
    answer, _, missing, *_ = signed.KINDS
    for kind, wanted in ((answer, known.has), (missing, known.denies or known.has)):
        case = Case(Signing(signed.USUAL, denial, fault), kind)
        if fault.iterations and denial == "nsec":
            wanted = FINE  # noqa: PLW2901 - hashing is for NSEC3 alone
        verdict = verdict_of(judge(matrix(), str(case), tmp_path))
        assert_is(verdict, wanted)
        if known.key:
            assert re.search(r"(key|DS) [0-9]+", verdict.cause)
