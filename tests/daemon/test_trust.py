"""What validation is put together from, and the whole of it over a signed Internet."""

import asyncio
import dataclasses
import functools
import random
import statistics
from pathlib import Path

import pytest

from resolver.beliefs import Claim
from resolver.config import Config, Dnssec, Recursion
from resolver.daemon.build import World, build
from resolver.daemon.trust import Validation, validation_of
from resolver.lab.box import Box
from resolver.lab.description import NEGATIVE_TTL
from resolver.lab.pretend import ROUND_TRIP, Clock, Network
from resolver.lab.sign import Signing
from resolver.lab.signed import ALGORITHMS, DENIALS, origin
from resolver.lab.signed import box as matrix_box
from resolver.ports import Errand, Lost, Resolution
from resolver.wire import names, types
from resolver.wire.message import Question
from resolver.wire.presentation import name_from_text
from tests import virtual
from tests.walk.pretend import question, run

DS = "example. DS 12345 13 2 " + "00" * 32
OLD = "example. DS 12345 5 1 " + "00" * 20
# When the zones of the box were signed.
SIGNED = 1_800_000_000.0


class Nobody:
    """A `Fetch` that finds nothing."""

    async def __call__(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        raise Lost("nobody answers")


def validation(**settings: object) -> Validation:
    config = dataclasses.replace(Dnssec(), **settings)  # type: ignore[arg-type]
    return validation_of(config, Nobody(), lambda: SIGNED)


def test_the_roots_anchors_are_built_in() -> None:
    anchor = validation().anchors.at(names.ROOT)
    assert anchor is not None
    tags = [int.from_bytes(data[:2], "big") for data in anchor.signers]
    assert tags == [20326, 38696]


def test_the_root_is_followed_and_its_keys_are_known_by_tag() -> None:
    found = validation()
    assert list(found.watches) == list(found.configured) == [names.ROOT]
    assert found.root_tags() == [20326, 38696]
    assert validation(trust_anchors=(DS,)).root_tags() == []


def test_what_cannot_be_followed_is_trusted_all_the_same() -> None:
    key = "example. IN DNSKEY 256 3 15 " + "A" * 43 + "="
    found = validation(trust_anchors=(key,))
    assert found.watches == {}
    assert found.anchors.zones() == [name_from_text("example.")]


def test_nothing_is_followed_where_that_is_switched_off() -> None:
    assert validation(follow_anchor_rollovers=False).watches == {}


def test_anchors_of_the_configuration_replace_those_built_in(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text(DS.replace("example.", "org."))
    found = validation(trust_anchors=(DS, str(file))).anchors
    assert found.zones() == [name_from_text("example."), name_from_text("org.")]


@pytest.mark.parametrize("text", ["example. A 192.0.2.1", "example. DS 1", OLD])
def test_what_cannot_serve_as_an_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"trust.anchor"):
        validation(trust_anchors=(text,))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        validation(trust_anchors=(str(tmp_path / "nowhere"),))


def test_sha_1_counts_where_the_configuration_says_so() -> None:
    found = validation(trust_anchors=(OLD,), accept_sha1=True).anchors
    assert found.zones() == [name_from_text("example.")]


def test_negative_anchors_of_the_configuration_hold() -> None:
    negative = validation(negative_trust_anchors=("Broken.Example.",)).negative
    found = negative.above(name_from_text("www.broken.example."), 1e9)
    assert found == name_from_text("broken.example.")


@functools.cache
def signed_box() -> Box:
    """The box of the lab; it does not change, and takes a second to sign."""
    return Box.standard(signed=True, now=SIGNED)


class Signed:
    """A whole resolver over the box, whose zones are signed."""

    def __init__(self, folder: Path, wall: float = SIGNED, **settings: object) -> None:
        box = self.box = signed_box()
        hints = folder / "root.hints"
        hints.write_text(box.hints_text)
        clock = self.clock = Clock(1000.0)
        self.network = Network(box, clock.sleep)
        dnssec = Dnssec(trust_anchors=(box.anchor_text.strip(),))
        config = Config(
            recursion=Recursion(
                root_hints=str(hints), server_port=5300, prime=False, never_ask=()
            ),
            dnssec=dataclasses.replace(dnssec, **settings),  # type: ignore[arg-type]
        )
        chance = random.Random(1)
        tcp = Network(box, clock.sleep, tcp=True)
        world = World(
            clock, self.network, tcp, chance.getrandbits, chance, lambda: wall
        )
        self._core = build(config, world, self._error)

    def _error(self, what: str, error: BaseException) -> None:
        raise AssertionError(what) from error

    def root_tags(self) -> list[int]:
        assert self._core.validation is not None
        return self._core.validation.root_tags()

    def ask(self, text: str, *, checking_disabled: bool = False) -> Resolution:
        errand = Errand(self.clock, self.clock.time + 8.0)
        errand.checking_disabled = checking_disabled
        return run(self._core.service.answer(question(text), errand))

    def packets(self, text: str, *, checking_disabled: bool = False) -> int:
        """Count what is sent for a question."""
        before = len(self.network.asked)
        self.ask(text, checking_disabled=checking_disabled)
        return len(self.network.asked) - before


@pytest.mark.parametrize("text", ["com. NS", ". NS", "com. DS"])
def test_what_is_signed_from_the_root_down_is_secure(tmp_path: Path, text: str) -> None:
    resolution = Signed(tmp_path).ask(text)
    assert (resolution.rcode, resolution.secure) == (types.NOERROR, True)


def test_what_is_not_there_is_told_with_its_proofs(tmp_path: Path) -> None:
    resolution = Signed(tmp_path).ask("unheard-of.com. A")
    assert (resolution.rcode, resolution.secure) == (types.NXDOMAIN, True)
    kinds = {rrset.rdtype for rrset in resolution.authority}
    assert kinds == {types.SOA, types.NSEC}
    assert all(rrset.signatures for rrset in resolution.authority)


def test_a_zone_below_a_negative_anchor_is_insecure(tmp_path: Path) -> None:
    resolution = Signed(tmp_path, negative_trust_anchors=("com.",)).ask("com. NS")
    assert (resolution.rcode, resolution.secure) == (types.NOERROR, False)
    assert [code for code, _ in resolution.ede] == [33]


def test_signatures_are_judged_by_the_time_of_the_wall(tmp_path: Path) -> None:
    year = 366 * 86_400
    resolution = Signed(tmp_path, wall=SIGNED + 5 * year).ask("com. NS")
    assert resolution.rcode == types.SERVFAIL
    assert [code for code, _ in resolution.ede] == [7]


def test_a_clock_that_is_behind_is_shown_with_the_failure(tmp_path: Path) -> None:
    resolution = Signed(tmp_path, wall=SIGNED - 366 * 86_400).ask("com. NS")
    assert resolution.rcode == types.SERVFAIL
    [(code, text)] = resolution.ede
    assert code == 8
    assert "the clock of this host shows 2026-01-14" in text


def test_clients_find_out_which_root_keys_are_trusted(tmp_path: Path) -> None:
    signed = Signed(tmp_path)
    [tag] = signed.root_tags()
    for label, rcode in {
        f"is-ta-{tag:05}": types.NXDOMAIN,
        f"not-ta-{tag:05}": types.SERVFAIL,
        f"is-ta-{tag ^ 1:05}": types.SERVFAIL,
        f"not-ta-{tag ^ 1:05}": types.NXDOMAIN,
    }.items():
        for _ in range(2):  # by a walk, and from memory
            asked = f"root-key-sentinel-{label}.com. A"
            assert signed.ask(asked).rcode == rcode
    silent = Signed(tmp_path, root_key_sentinel=False)
    asked = f"root-key-sentinel-not-ta-{tag:05}.com. A"
    assert silent.ask(asked).rcode == types.NXDOMAIN


def test_where_nothing_is_validated_nothing_is_secure(tmp_path: Path) -> None:
    resolution = Signed(tmp_path, validate=False).ask("com. NS")
    assert (resolution.rcode, resolution.secure) == (types.NOERROR, False)


def test_validation_changes_no_answer_of_an_internet_that_is_signed_right(
    tmp_path: Path,
) -> None:
    validating, other = Signed(tmp_path), Signed(tmp_path, validate=False)
    differing = {}
    secure = 0
    for sample in validating.box.samples:
        asked = " ".join(str(sample).split()[:2])
        one, two = validating.ask(asked), other.ask(asked)
        secure += one.secure
        if one.rcode != two.rcode:
            differing[asked] = (one.rcode, two.rcode, one.ede)
    assert differing == {}
    assert secure > 40


def test_a_zone_is_not_asked_about_what_it_has_denied_already(tmp_path: Path) -> None:
    signed = Signed(tmp_path)
    assert signed.packets("nothing.arpa. A") > 0
    for text in ("anything.arpa. A", "a.b.c.nothing.arpa. MX", "arpa. MX"):
        assert signed.packets(text) == 0, text
        resolution = signed.ask(text)
        assert resolution.secure
        kinds = {rrset.rdtype for rrset in resolution.authority}
        assert kinds == {types.SOA, types.NSEC}
        assert all(rrset.signatures for rrset in resolution.authority)
    assert signed.ask("anything.arpa. A").rcode == types.NXDOMAIN
    assert signed.ask("arpa. MX").rcode == types.NOERROR


def test_what_was_denied_already_is_asked_for_where_it_may_be_otherwise(
    tmp_path: Path,
) -> None:
    signed = Signed(tmp_path)
    signed.ask("nothing.arpa. A")
    # By who judges himself, of what is there, and once the proof is too old.
    assert signed.packets("anything.arpa. A", checking_disabled=True) > 0
    assert signed.packets("ns.arpa. A") > 0
    assert signed.packets("nobody.arpa. A") == 0
    signed.clock.time += NEGATIVE_TTL
    assert signed.packets("another.arpa. A") > 0


def test_nothing_is_denied_from_memory_where_that_is_switched_off(
    tmp_path: Path,
) -> None:
    signed = Signed(tmp_path, aggressive_nsec=False)
    signed.ask("nothing.arpa. A")
    assert signed.packets("anything.arpa. A") > 0


def test_a_zone_that_is_not_signed_denies_nothing_from_memory(tmp_path: Path) -> None:
    signed = Signed(tmp_path)
    signed.ask("nothing.example.org. A")
    assert signed.packets("anything.example.org. A") > 0


async def seconds_of_first_names(folder: Path, *, validate: bool) -> list[float]:
    """Ask for one name in each of some signed zones; their parent is known."""
    ways = [
        Signing(algorithm, denial) for algorithm in ALGORITHMS for denial in DENIALS
    ]
    box = matrix_box(ways, SIGNED)
    hints = folder / f"hints-{validate}"
    hints.write_text(box.hints_text)
    config = Config(
        recursion=Recursion(root_hints=str(hints), prime=False, never_ask=()),
        dnssec=Dnssec(validate=validate, trust_anchors=(box.anchor_text.strip(),)),
    )
    chance, clock = random.Random(1), asyncio.get_running_loop().time
    udp, tcp = Network(box, asyncio.sleep), Network(box, asyncio.sleep, tcp=True)
    world = World(
        *(clock, udp, tcp, chance.getrandbits, chance, lambda: SIGNED),
        asyncio.create_task,
    )
    core = build(config, world, lambda what, error: None)

    async def ask(text: str) -> float:
        begun = clock()
        resolution = await core.service.answer(question(text), Errand(clock, begun + 8))
        assert (resolution.rcode, resolution.secure) == (types.NOERROR, validate)
        return clock() - begun

    await ask("matrix. NS")
    return [await ask(f"www.{origin(way)} A") for way in ways]


def test_the_first_name_in_a_signed_zone_takes_as_long_as_in_any_other(
    tmp_path: Path,
) -> None:
    """Two round trips: the referral, then the answer and, beside it, the keys."""
    plain = virtual.run(seconds_of_first_names(tmp_path, validate=False))
    validated = virtual.run(seconds_of_first_names(tmp_path, validate=True))
    assert statistics.median(plain) == pytest.approx(2 * ROUND_TRIP)
    assert statistics.median(validated) <= 1.1 * statistics.median(plain)
    assert max(validated) <= 1.1 * max(plain)
