"""A negative anchor ends when its time is up, or when the zone is in order again."""

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from resolver.beliefs import INSECURE, SECURE, Claim
from resolver.config import Dnssec
from resolver.daemon.recheck import PERIOD, keep_rechecking, recheck
from resolver.daemon.trust import Validation, validation_of
from resolver.dnssec.negative import USUAL_LIFE
from resolver.ports import Errand, Lost
from resolver.wire import types
from resolver.wire.errors import EDE_NEGATIVE_ANCHOR
from resolver.wire.message import Question, RRset
from resolver.wire.presentation import rdata_text
from tests.dnssec.rolling import APEX, KSK, key, published
from tests.dnssec.signing import NOW, dnskey, our_set, rdataset, sign
from tests.virtual import VirtualLoop

if TYPE_CHECKING:
    import asyncio

KEY = (1, KSK)


class Zone:
    """A zone with an anchor, whose SOA is signed well or not."""

    def __init__(self, *negative: str) -> None:
        self.loop = VirtualLoop()
        self.broken = True
        self.silent = False
        record = f"example. IN DNSKEY {rdata_text(types.DNSKEY, key(1), 1)}"
        dnssec = Dnssec(trust_anchors=(record,), negative_trust_anchors=negative)
        self.validation: Validation = validation_of(dnssec, self.fetch, lambda: NOW)

    async def fetch(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        if self.silent:
            raise Lost("nobody answers")
        rrset = self.soa() if question.rdtype == types.SOA else self.keys()
        return Claim(question, APEX, APEX, (), rrset)

    def keys(self) -> RRset:
        return published(KEY, signed_by=(KEY,))

    def soa(self) -> RRset:
        records = rdataset("SOA", [". . 1 1 1 1 300"])
        number = 2 if self.broken else 1
        signature = sign("example.", records, number=number, key=dnskey(13, 1, KSK))
        return our_set("example.", records, signature)

    def recheck(self) -> list[bytes]:
        return self.loop.run_until_complete(recheck(self.validation, self.loop.time))

    def worth(self) -> tuple[int, int]:
        async def judge() -> tuple[int, int]:
            errand = Errand(self.loop.time, self.loop.time() + 5)
            claim = await self.fetch(Question(APEX, types.SOA), errand)
            belief = await self.validation.validator(claim, errand)
            return belief.security, belief.ede

        return self.loop.run_until_complete(judge())


def test_while_it_holds_the_zone_is_insecure_and_the_answer_says_why() -> None:
    zone = Zone()
    zone.validation.negative.add(APEX, zone.loop.time() + USUAL_LIFE)
    assert zone.worth() == (INSECURE, EDE_NEGATIVE_ANCHOR)
    zone.loop.close()


def test_as_soon_as_the_zone_validates_it_ends() -> None:
    zone = Zone()
    negative = zone.validation.negative
    negative.add(APEX, zone.loop.time() + USUAL_LIFE)
    assert zone.recheck() == []
    assert negative.passing() == [APEX]
    zone.broken = False
    with capture_logs() as logs:
        assert zone.recheck() == [APEX]
    assert logs[0]["event"] == "negative_anchor_ended"
    assert zone.worth() == (SECURE, 0)
    zone.loop.close()


def test_a_zone_that_does_not_answer_is_not_in_order() -> None:
    zone = Zone()
    zone.silent = True
    zone.validation.negative.add(APEX, zone.loop.time() + USUAL_LIFE)
    assert zone.recheck() == []
    zone.loop.close()


def test_it_ends_when_its_time_is_up_and_that_is_told() -> None:
    zone = Zone()
    zone.validation.negative.add(APEX, zone.loop.time() + 60)
    zone.loop.advance(60)
    with capture_logs() as logs:
        assert zone.recheck() == [APEX]
    assert logs[0] == {
        "event": "negative_anchor_expired",
        "zone": "example.",
        "log_level": "info",
    }
    zone.loop.close()


def test_one_that_the_configuration_names_stays() -> None:
    zone = Zone("example")
    zone.broken = False
    assert zone.recheck() == []
    assert zone.worth()[0] == INSECURE
    zone.loop.close()


def test_it_is_looked_at_every_five_minutes() -> None:
    zone = Zone()
    negative = zone.validation.negative
    negative.add(APEX, zone.loop.time() + USUAL_LIFE)
    work = keep_rechecking(zone.validation, zone.loop.time)
    task: asyncio.Task[None] = zone.loop.create_task(work)
    zone.loop.advance(PERIOD + 1)
    assert negative.passing() == [APEX]
    zone.broken = False
    zone.loop.advance(PERIOD)
    assert negative.passing() == []
    task.cancel()
    zone.loop.settle()
    zone.loop.close()
