"""What the lab does not show; the rest is in `test_verdict`."""

import pytest

from resolver.observe.cause import CLOCK, NETWORK, ZONE_OWNER
from resolver.observe.verdict import verdict_of
from resolver.wire import types
from resolver.wire.errors import DNSSEC_ERRORS
from tests.observe.boxed import remade


@pytest.mark.parametrize("code", sorted(DNSSEC_ERRORS))
def test_every_kind_of_distrust_has_a_verdict(code: int) -> None:
    verdict = verdict_of(remade("www.a.b. A", ((code, "www.a.b. A: whatever"),)))
    assert verdict.rule != "unknown"
    assert verdict.blame == ZONE_OWNER
    assert "whatever" in verdict.cause


@pytest.mark.parametrize(
    ("text", "blame"),
    [
        (". DNSKEY: signature by . key 7 (RSASHA256) expired 3 days ago", CLOCK),
        ("a. DS: signature by com. key 7 (RSASHA256) expired 3 days ago", CLOCK),
        ("a.b. A: signature by a.b. key 7 (RSASHA256) expired 3 days ago", ZONE_OWNER),
    ],
)
def test_the_root_does_not_expire_but_clocks_are_wrong(text: str, blame: str) -> None:
    assert verdict_of(remade("www.a.b. A", ((7, text),))).blame == blame


def test_a_root_without_signatures_means_that_somebody_takes_them_out() -> None:
    error = (10, ". DNSKEY has no signature of .")
    stripped = [("trust", b"\0", "bogus", "no signature")]
    verdict = verdict_of(remade("www.a.b. A", (error,), notes=stripped))
    assert (verdict.rule, verdict.blame) == ("signatures-missing", NETWORK)


def test_who_judges_for_himself_gets_bogus_data_and_the_reason() -> None:
    error = (6, "www.a.b. A: signature by a.b. key 7 (RSASHA256) does not fit")
    verdict = verdict_of(remade("www.a.b. A", (error,), types.NOERROR))
    assert verdict.rule == "signature-wrong"
    assert "(CD)" in verdict.cause


def test_algorithms_that_do_not_count_leave_a_zone_unsigned() -> None:
    error = (1, "no DS of a.b. has an algorithm that counts here")
    verdict = verdict_of(remade("www.a.b. A", (error,), types.NOERROR))
    assert (verdict.rule, verdict.blame) == ("algorithm", ZONE_OWNER)


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        ((9, "no DNSKEY of a.b. fits its DS 7: it has 8, 9"), "ds-without-key"),
        ((9, "no DNSKEY of a.b. fits its DS 7: key 7 is revoked"), "key-revoked"),
        (
            (9, "a.b. DNSKEY: signature by a.b. key 7 (RSASHA256) is by a key that the"
             " zone does not have"),
            "keys-signed-by-other-key",
        ),
        ((10, "a.b. NSEC has no signature of a.b.; no valid proof"), "proof-unsigned"),
        ((10, "c.a.b. A has no signature of a.b."), "signatures-missing"),
        ((6, "a.b. NSEC: signature does not fit; no valid proof"), "signature-wrong"),
        ((6, "no valid proof came for c.a.b."), "proof-missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_first_is_told(error: tuple[int, str], rule: str) -> None:
    assert verdict_of(remade("c.a.b. A", (error,))).rule == rule


def test_nobody_is_said_to_have_set_cd_where_a_zone_is_only_insecure() -> None:
    error = (27, "a.b. proves that c.a.b. has no DS")
    verdict = verdict_of(remade("c.a.b. A", (error,), types.NOERROR))
    assert verdict.rule == "nsec3-iterations"
    assert "(CD)" not in verdict.cause
    assert "without validation" in verdict.cause
