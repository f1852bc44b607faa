"""The servers of the pretend Internet, seen from the resolver: questions that wait.

A question that the resolver sends is put into `waiting`, and there it stays until
something gives it a reply or lets it fail: a range, a step of the scenario, or the
player when it lets time pass.  As in testbound, time alone ends no wait: a TIME_PASSES
step leaves a waiting question alone.

Replies are `ranges` first come, first matched.  A reply that the resolver does not
accept (wrong question, broken) leaves the question waiting, as on a real network.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address

from resolver.ports import Address, Silence
from tests.replay.match import differences
from tests.replay.packet import TC, Packet, read, write
from tests.replay.scenario import Entry, Range

Accept = Callable[[bytes], bool]


@dataclass(eq=False)
class Waiting:
    """A question on its way, and what became of it so far.

    `excused`: the scenario knows of this question and wants no reply to it, so that
    it may stay unanswered.
    """

    server: Address
    packet: Packet
    wire: bytes
    transport: str
    deadline: float
    accept: Accept
    future: asyncio.Future[bytes]
    excused: bool = False
    answered: int = 0  # how many packets it was sent

    @property
    def key(self) -> object:
        """Equal for the same question to the same server."""
        asked = self.packet.asked
        return self.server, None if asked is None else asked.key

    def __str__(self) -> str:
        return f"{self.packet.asked} to {self.server} over {self.transport}"


class Upstream:
    """Takes the resolver's questions; `tell` hears what happens to them.

    `waiting` holds those without a reply, `_sent` those that a CHECK_OUT_QUERY may
    still find, both in the order of their sending.
    """

    def __init__(
        self,
        ranges: list[Range],
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[str], None],
    ) -> None:
        self._ranges = ranges
        self._loop = loop
        self._tell = tell
        self._sent: list[Waiting] = []
        self.waiting: list[Waiting] = []

    async def udp(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - the contract of a transport
        accept: Accept,
    ) -> bytes:
        """Be the transport for datagrams."""
        return await self._take("UDP", server, packet, accept, timeout)

    async def tcp(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - the contract of a transport
        accept: Accept,
    ) -> bytes:
        """Be the transport for streams."""
        return await self._take("TCP", server, packet, accept, timeout)

    async def _take(
        self,
        transport: str,
        server: Address,
        packet: bytes,
        accept: Accept,
        seconds: float,
    ) -> bytes:
        waiting = Waiting(
            server,
            read(packet),
            packet,
            transport,
            self._loop.time() + seconds,
            accept,
            self._loop.create_future(),
        )
        self._tell(f"  asks {waiting}")
        self.waiting.append(waiting)
        self._sent.append(waiting)
        try:
            return await waiting.future
        finally:
            if waiting in self.waiting:
                self.waiting.remove(waiting)

    def waiting_at(self, address: str) -> list[Waiting]:
        """List the waiting questions to a server, or to any if `address` is empty."""
        return [one for one in self.waiting if _is_at(one.server, address)]

    def was_sent(self, entry: Entry, address: str) -> bool:
        """Say whether a question like this was sent, after those found before."""
        for position, one in enumerate(self._sent):
            if _is_at(one.server, address) and not differences(
                entry, one.packet, one.transport
            ):
                del self._sent[: position + 1]
                one.excused = True
                return True
        return False

    def forget_answered(self) -> None:
        """From now on `was_sent` means: sent from now on, or still waiting."""
        self._sent = [one for one in self._sent if one in self.waiting]

    def answer_from_ranges(self, step: int) -> bool:
        """Answer one waiting question from the ranges in force; say if there was one.

        The last question sent is looked at first.
        """
        for waiting in reversed(self.waiting):
            entry = None if waiting.answered else self._find(waiting, step)
            if entry is not None:
                self.reply(waiting, entry)
                return True
        return False

    def _find(self, waiting: Waiting, step: int) -> Entry | None:
        for one in self._ranges:
            if one.first <= step <= one.last and _is_at(waiting.server, one.address):
                for entry in one.entries:
                    if not differences(entry, waiting.packet, waiting.transport):
                        return entry
        return None

    def reply(self, waiting: Waiting, entry: Entry) -> None:
        """Send the packets of an entry as replies to a question."""
        waiting.answered += 1
        for packet in entry.packets:
            wire = adjusted(entry, packet, waiting)
            if entry.sleep:
                self._loop.call_later(entry.sleep, self._deliver, waiting, wire, entry)
            else:
                self._deliver(waiting, wire, entry)

    def _deliver(self, waiting: Waiting, wire: bytes, entry: Entry) -> None:
        if waiting.future.done():
            return
        said = f"the entry of line {entry.line}"
        if waiting.accept(wire):
            self._tell(f"  {waiting.server} replies with {said}")
            self._forget(waiting)
            waiting.future.set_result(wire)
        else:
            # It was scripted, and the resolver may have its reasons.
            waiting.excused = True
            self._tell(f"  {waiting.server} replies with {said}: not accepted")

    def fail(self, waiting: Waiting, reason: str) -> None:
        """Let a question fail: "timeout" or what the network says."""
        self._tell(f"  {waiting}: {reason}")
        self._forget(waiting)
        if not waiting.future.done():
            waiting.future.set_exception(Silence(reason))

    def _forget(self, waiting: Waiting) -> None:
        if waiting in self.waiting:
            self.waiting.remove(waiting)


def _is_at(server: Address, address: str) -> bool:
    if not address:
        return True
    host, _, port = address.partition("@")
    return ip_address(host) == ip_address(server.host) and (
        not port or int(port) == server.port
    )


def adjusted(entry: Entry, packet: Packet, waiting: Waiting) -> bytes:
    """Write a canned reply as the ADJUST line wants it."""
    if packet.raw:
        wire = packet.raw
    else:
        if "copy_query" in entry.adjust and waiting.packet.questions:
            packet = replace(packet, questions=waiting.packet.questions[:1])
        if waiting.transport == "TCP" and entry.transport != "TCP":
            # Nothing is truncated on a stream: the canned reply was meant for UDP.
            packet = replace(packet, flags=packet.flags & ~TC)
        wire = write(packet)
    if "copy_id" in entry.adjust and len(wire) >= 2:
        wire = waiting.wire[:2] + wire[2:]
    return wire
