"""What is said to be wrong; that it is said of every fault is in `test_every_fault`."""

import dataclasses
from pathlib import Path

import pytest

from resolver.config import Dnssec, Forward, Rebinding, Recorder, Recursion
from resolver.lab import signed
from resolver.lab.box import Box
from resolver.lab.faults import FAULTS, Fault
from resolver.lab.sign import Signing, make_key
from resolver.observe.cause import (
    BLAMES,
    CLOCK,
    NETWORK,
    NOBODY,
    PARENT,
    POLICY,
    UNKNOWN,
    US,
    ZONE_OWNER,
)
from resolver.observe.record import Record
from resolver.observe.verdict import verdict_of
from resolver.wire import types
from tests.observe import broken
from tests.observe.boxed import NOW, Boxed, errors, remade, silence

BOX = Box.standard(now=NOW)

SIGNED = [
    ("expired", broken.dated(-30 * 86400, -5 * 86400), "signature-expired", "5 days"),
    ("early", broken.dated(86400, 9 * 86400), "signature-not-yet-valid", "23 hours"),
    ("backwards", broken.dated(86400, -86400), "signature-dates", "before it is valid"),
    ("other-ds", broken.with_other_key, "ds-without-key", "fits its DS"),
    ("plain", broken.not_at_all, "ds-without-key", "no DNSKEY"),
    ("changed", broken.changed, "signature-wrong", "does not fit"),
    ("bare", broken.without_signatures, "signatures-missing", "not signed"),
    ("stranger", broken.by_unknown_key, "signed-by-unknown-key", "does not have"),
]


@pytest.mark.parametrize(("label", "sign", "rule", "words"), SIGNED)
def test_the_verdict_names_what_is_wrong_with_signatures(
    label: str,
    sign: broken.Sign,
    rule: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = broken.box({label: sign}, monkeypatch)
    reply, (record,) = Boxed(box, tmp_path).ask(f"www.{label}.lab. A")
    verdict = verdict_of(record)
    assert (reply.rcode, verdict.rule) == (types.SERVFAIL, rule)
    assert verdict.blame == ZONE_OWNER
    assert f"{label}.lab." in verdict.cause
    assert words in verdict.cause
    assert "bogus" in record.reasons


def test_proofs_that_are_missing_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = broken.box({"hollow": broken.without_proofs}, monkeypatch)
    _, (record,) = Boxed(box, tmp_path).ask("missing.hollow.lab. A")
    assert verdict_of(record).rule == "proof-missing"
    assert verdict_of(record).blame == ZONE_OWNER


def test_a_parent_that_strips_its_delegations_is_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = {"lab.": broken.without_signatures, "good": broken.well}
    _, (record, *_) = Boxed(broken.box(signs, monkeypatch), tmp_path).ask(
        "www.good.lab. A"
    )
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("delegation-unsigned", PARENT)


def test_a_root_that_is_not_yet_valid_means_that_our_clock_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = broken.box({"good": broken.well}, monkeypatch)
    early = Boxed(box, tmp_path, wall=NOW - 90 * 86400)
    _, (record,) = early.ask("www.good.lab. A")
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("clock", CLOCK)
    late = Boxed(box, tmp_path, wall=NOW + 900 * 86400)
    _, (record,) = late.ask("www.good.lab. A")
    assert verdict_of(record).blame == CLOCK


def test_what_nobody_answers_is_the_network(tmp_path: Path) -> None:
    reply, (record,) = Boxed(BOX, tmp_path, network=silence).ask("www.example.com. A")
    verdict = verdict_of(record)
    assert (reply.rcode, verdict.blame) == (types.SERVFAIL, NETWORK)
    assert verdict.rule == "network-down"
    assert "network" in errors(reply)[0][1]


@pytest.mark.parametrize("zone", ["silent", "wrong-id", "drops-edns"])
def test_a_zone_that_is_known_and_silent_is_still_the_one_to_blame(
    zone: str, tmp_path: Path
) -> None:
    """With the way to it in memory, nobody else is in the diary."""
    asked = [f"{label}.{zone}.com. A" for label in ("www", "a", "b", "c")]
    _, records = Boxed(BOX, tmp_path).ask(*asked)
    assert len(records) == 4
    assert {verdict_of(record).blame for record in records} == {ZONE_OWNER}


def test_forwarders_that_do_not_help_are_not_the_zones_fault(tmp_path: Path) -> None:
    # A server of the box that says nothing, whatever it is asked.
    nowhere = (Forward(zone=".", servers=("127.53.9.14:5300",)),)
    boxed = Boxed(BOX, tmp_path, forward=nowhere, dnssec=Dnssec(validate=False))
    reply, (record,) = boxed.ask("www.example.com. A")
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("forwarders", POLICY)
    assert "127.53.9.14:5300 did not reply" in verdict.cause
    assert "127.53.9.14:5300 did not reply" in errors(reply)[0][1]


def test_a_private_address_of_a_public_name_is_our_policy(tmp_path: Path) -> None:
    strict = Rebinding(remove=True, networks=("192.0.2.0/24",))
    boxed = Boxed(BOX, tmp_path, rebinding=strict, dnssec=Dnssec(validate=False))
    _, (record,) = boxed.ask("www.example.com. A")
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("rebinding", POLICY)
    assert "www.example.com." in verdict.cause


def test_a_negative_anchor_is_our_policy(tmp_path: Path) -> None:
    box = signed.box((Signing(fault=named_fault("expired")),), NOW)
    plain = Boxed(box, tmp_path)
    zone = "a13-nsec-expired.matrix."
    covered = dataclasses.replace(plain.config.dnssec, negative_trust_anchors=(zone,))
    _, (record,) = Boxed(box, tmp_path, dnssec=covered).ask(f"www.{zone} A")
    verdict = verdict_of(record)
    assert (record.rcode, verdict.rule, verdict.blame) == (
        "NOERROR",
        "negative-anchor",
        POLICY,
    )
    assert zone in verdict.cause


def test_a_trust_anchor_that_is_not_the_zones_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = broken.box({"good": broken.well}, monkeypatch)
    of_old = make_key().anchor(".")
    anchors = Dnssec(trust_anchors=(of_old,))
    _, (record,) = Boxed(box, tmp_path, dnssec=anchors).ask("www.good.lab. A")
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("trust-anchor", US)
    assert "no DNSKEY of . fits the trust anchor " in verdict.cause


def named_fault(name: str) -> Fault:
    return next(it for it in FAULTS if it.name == name)


def test_servers_that_may_not_be_asked_are_our_policy(tmp_path: Path) -> None:
    boxed = Boxed(BOX, tmp_path)
    recursion = boxed.config.recursion
    # The servers of the root, of com. and nothing else of the box.
    forbidden = dataclasses.replace(recursion, never_ask=("127.53.2.0/24",))
    _, (record,) = Boxed(BOX, tmp_path, recursion=forbidden).ask("www.example.com. A")
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("never-ask", POLICY)
    assert isinstance(forbidden, Recursion)


def test_a_failure_that_is_remembered_is_told_with_its_cause(tmp_path: Path) -> None:
    quiet = Recorder(tell=False)
    _, (first,) = Boxed(BOX, tmp_path, recorder=quiet).ask("www.refuses.com. A")
    record = remade("www.refuses.com. A", ((13, f"for 2 more seconds: {text(first)}"),
                                           (22, "")))  # fmt: skip
    verdict = verdict_of(record)
    assert (verdict.rule, verdict.blame) == ("lame-refused", ZONE_OWNER)
    assert "not tried again" in verdict.cause


def test_an_old_answer_is_told_with_the_reason_for_it() -> None:
    stale = ((3, "expired 5 min 2 s ago"), (22, "a.test.: ns.a.test did not reply"))
    record = remade("www.a.test. A", stale, rcode=types.NOERROR)
    verdict = verdict_of(record)
    assert verdict.rule == "stale"
    assert "5 min" in verdict.cause


def test_what_no_rule_knows_is_not_guessed() -> None:
    verdict = verdict_of(remade("www.a.test. A", ((0, "something new"),)))
    assert (verdict.rule, verdict.blame) == ("unknown", UNKNOWN)
    assert "something new" in verdict.cause
    assert verdict_of(remade("www.a.test. A", ())).blame == UNKNOWN


def test_a_good_answer_is_nobodys_fault(tmp_path: Path) -> None:
    all_of_them = Recorder(sample=1)
    _, (record, *_) = Boxed(BOX, tmp_path, recorder=all_of_them).ask(
        "www.example.com. A"
    )
    assert verdict_of(record).blame == NOBODY
    assert record.reasons == ("sampled",)


def test_who_made_a_question_slow_is_named(tmp_path: Path) -> None:
    impatient = Recorder(slow=0.3)
    boxed = Boxed(BOX, tmp_path, recorder=impatient, dnssec=Dnssec(validate=False))
    _, (record, *_) = boxed.ask("www.slow.com. A")
    verdict = verdict_of(record)
    assert "slow" in record.reasons
    assert verdict.rule.startswith("slow")
    assert "127.53.9." in verdict.cause


def test_blames_are_words_that_stay() -> None:
    assert len(set(BLAMES)) == len(BLAMES) == 8


def text(record: Record) -> str:
    return record.ede[0][1]
