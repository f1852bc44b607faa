"""Datagrams in batches: the questions whose replies are known, at the kernel's price.

A datagram that goes through an event loop on its own costs more than the two system
calls that carry it.  So when the socket is readable, everything that waits there is
taken in one call, the hot room is asked about all of it at once, and all the replies
leave in another call.  Between the two calls no loop of Python runs over the packets
(`mmsg` and `hot.replies` say how), which is where the speed comes from: 0.5 us of the
interpreter for each, and 2.1 us of the kernel.

What the hot room does not know goes the way that all datagrams go without this: one by
one to the listener, which brings them to the reception, whose reply comes back here,
now or later.  Replies that are known leave first; nobody waits for another's walk.

The door is asked once for a host.  In a batch of hosts that may ask as much as they
like, that is one comparison of sets.  Strangers are picked out and take the long way,
where they are refused.  For those with a limit the questions are counted, which is done
once for each host in the batch, not for each question; what is over the limit ends
here.

After `ROUNDS` batches the event loop has its turn, however much is still waiting, so
that walks, streams and timers go on during a flood of questions.  It has it after one
batch in which something was not known, for that takes as long as ten batches.

Sending never waits.  What the kernel refuses is skipped and reported; when its buffer
is full, the rest of the batch is lost, as it would be on the way.
"""

import asyncio
import errno
import os
import socket
from collections import Counter
from collections.abc import Callable, Container, Hashable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol, final

from resolver.hot.truncated import truncated
from resolver.net.door import FREE, Door, Meter, Verdict
from resolver.net.mmsg import SLOTS, Calls, Peer, Slots

# Batches taken before other sockets and timers get their turn: about a millisecond.
ROUNDS: Final = 4
# Hosts known to be free to ask: about 1 MB.  When it is full it starts afresh; and so
# do the verdicts on others, as many.
MAX_JUDGED_HOSTS: Final = 16_384

# Batches taken at the end: more than the kernel's buffer holds (`udp.RECEIVE_BUFFER`).
LAST_ROUNDS: Final = 64

_ID: Final = 2  # bytes
_DISCARD: Final = 9  # port, RFC 863
_IP_PKTINFO: Final = 8  # linux/in.h; Python names it from 3.14
_NO_ROOM: Final = (-errno.EAGAIN, -errno.ENOBUFS)
_NOTHING_CAME: Final = (-errno.EAGAIN, -errno.EINTR)


class Hot(NamedTuple):
    """What batches are answered with.

    `answer_many` gives a reply, or b"", for each query, both without ids, at a time on
    the `clock`.  `door` says who may ask and how often.  `calls` reach the kernel.
    """

    answer_many: Callable[[Sequence[bytes], float], list[bytes]]
    door: Door
    clock: Callable[[], float]
    calls: Calls


class Listener(Protocol):
    """Who takes the datagrams that are not answered here."""

    @property
    def closing(self) -> bool:
        """Whether no more questions are taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear of the transport that will carry the replies."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Hear that it is gone."""

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        """Take a datagram that nobody has looked at."""

    def unknown(self, data: bytes, addr: Peer) -> None:
        """Take a datagram that the hot room does not know."""

    def error_received(self, exc: Exception) -> None:
        """Hear of an error."""

    def lose(self, count: int) -> None:
        """Hear of replies that were not sent because the kernel's buffer was full."""


class _Over(NamedTuple):
    """A host that asks more than it may: how many of its questions are answered."""

    meter: Meter
    granted: int


@final
class Batch(asyncio.DatagramTransport):
    """A datagram transport that answers by itself what is known.

    It owns the socket, which is bound and does not block; with `wildcard` replies
    leave from the address that was asked.  `connection_made` is called before this
    returns, `connection_lost` in the loop's next round after `close`.
    """

    def __init__(
        self,
        sock: socket.socket,
        listener: Listener,
        loop: asyncio.AbstractEventLoop,
        hot: Hot,
        *,
        wildcard: bool,
    ) -> None:
        super().__init__({"socket": sock, "sockname": sock.getsockname()})
        ipv6 = sock.family == socket.AF_INET6
        if wildcard and ipv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        elif wildcard:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._socket: Final = sock
        self._listener: Final = listener
        self._loop: Final = loop
        self._hot = hot
        self._slots: Final = Slots(
            sock.fileno(), hot.calls, ipv6=ipv6, wildcard=wildcard
        )
        self._welcome: Final[set[Hashable]] = set()
        self._verdicts: Final[dict[Hashable, Verdict]] = {}
        self._closed = False
        listener.connection_made(self)
        loop.add_reader(sock.fileno(), self._readable)

    def turn_to(self, hot: Hot) -> None:
        """Answer with something else from now on, behind another door perhaps."""
        self._hot = hot
        self._welcome.clear()
        self._verdicts.clear()

    def last_call(self, *, shared: bool) -> None:
        """Serve the datagrams that are here; of a `shared` port have no more dealt here.

        The kernel would go on with that until the socket is closed, for which the last
        reply is waited for; what it dealt would be lost.  A socket that is connected to
        a peer gets datagrams from there only, and from the discard port of its own host
        there are none.
        """
        if shared:
            ipv6 = self._socket.family == socket.AF_INET6
            with suppress(OSError):  # without it, some may be lost, as on the way
                self._socket.connect(("::1" if ipv6 else "127.0.0.1", _DISCARD))
        for _ in range(LAST_ROUNDS):
            count = self._slots.receive()
            if count < 0:
                return
            self._serve(count)

    def sendto(self, data: Any, addr: Any = None) -> None:  # noqa: ANN401 - asyncio's
        """Send a reply to where a datagram came from, from where that was sent to."""
        _, peer, source = addr
        try:
            self._socket.sendmsg((data,), source, 0, peer)
        except OSError as error:
            self._listener.error_received(error)

    def close(self) -> None:
        """Close the socket; nothing is left to be sent."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._loop.call_soon(self._listener.connection_lost, None)

    def abort(self) -> None:
        """Do as `close` does."""
        self.close()

    def is_closing(self) -> bool:
        """Say whether `close` was called."""
        return self._closed

    def _readable(self) -> None:
        for _ in range(ROUNDS):
            count = self._slots.receive()
            if count < 0:
                if count not in _NOTHING_CAME:
                    self._listener.error_received(_error(count))
                return
            if self._listener.closing:
                return
            known = self._serve(count)
            if count < SLOTS or not known or self._closed:
                return

    def _serve(self, count: int) -> bool:
        """Answer a batch; say whether everything in it was known."""
        slots = self._slots
        unasked = set(slots.long(count))
        hosts = slots.hosts(count)
        now = self._hot.clock()
        limited: dict[int, bytes] = {}
        if not self._welcome.issuperset(hosts):
            limited = self._look(hosts, unasked, now)
        try:
            replies = self._replies(count, unasked.union(limited), now)
        except Exception:  # the listener will meet it too, and have it reported
            unasked, replies = set(range(count)), [b""] * count
        for index, reply in limited.items():
            replies[index] = reply
        slots.fill(replies)
        if all(replies):
            self._send(0, count)
            return True
        self._send_known(replies)
        self._pass_on(replies, unasked, limited)
        return False

    def _look(
        self, hosts: Sequence[Hashable], unasked: set[int], now: float
    ) -> dict[int, bytes]:
        """Look at hosts that are not simply welcome.

        Gives the replies, truncated or b"", to datagrams that are over a limit; those
        of strangers are added to `unasked`.  Those in there already are not counted:
        whoever takes them will.
        """
        counted = hosts
        if unasked:
            counted = [host for i, host in enumerate(hosts) if i not in unasked]
        strangers: set[Hashable] = set()
        over: dict[Hashable, _Over] = {}
        for host, count in Counter(counted).items():
            if host in self._welcome:
                continue
            allowed, meter = self._verdicts.get(host) or self._judge(host, hosts)
            if not allowed:
                strangers.add(host)
            elif meter is not None:
                granted = meter.take(count, now)
                if granted < count:
                    over[host] = _Over(meter, granted)
        if strangers:
            unasked.update(i for i, host in enumerate(hosts) if host in strangers)
        return self._over(hosts, unasked, over) if over else {}

    def _judge(self, host: Hashable, hosts: Sequence[Hashable]) -> Verdict:
        """Ask the door about a host, one of those of this batch, and remember it."""
        verdict = self._hot.door.judge(self._slots.host(hosts.index(host)))
        if verdict is FREE:
            if len(self._welcome) >= MAX_JUDGED_HOSTS:
                self._welcome.clear()
            self._welcome.add(host)
        else:
            if len(self._verdicts) >= MAX_JUDGED_HOSTS:
                self._verdicts.clear()
            self._verdicts[host] = verdict
        return verdict

    def _over(
        self,
        hosts: Sequence[Hashable],
        unasked: set[int],
        over: dict[Hashable, _Over],
    ) -> dict[int, bytes]:
        """Give the replies to what is over a limit: the last ones of each host."""
        replies = {}
        for index, host in enumerate(hosts):
            if host not in over or index in unasked:
                continue
            meter, granted = over[host]
            if granted:
                over[host] = _Over(meter, granted - 1)
            else:
                packet = self._slots.datagram(index) if meter.slips() else b""
                replies[index] = truncated(packet)[_ID:]
        return replies

    def _replies(self, count: int, unasked: set[int], now: float) -> list[bytes]:
        """Ask the hot room."""
        bodies = self._slots.bodies(count)
        if not unasked:
            return self._hot.answer_many(bodies, now)
        asked = [index for index in range(count) if index not in unasked]
        replies = [b""] * count
        known = self._hot.answer_many([bodies[index] for index in asked], now)
        for index, reply in zip(asked, known, strict=True):
            replies[index] = reply
        return replies

    def _send_known(self, replies: list[bytes]) -> None:
        """Send the replies there are, each run of them in one call."""
        start = 0
        for index, reply in enumerate(replies):
            if not reply:
                self._send(start, index)
                start = index + 1
        self._send(start, len(replies))

    def _send(self, start: int, end: int) -> None:
        """Send the replies in some slots, as far as the kernel takes them."""
        while start < end:
            sent = self._slots.send(start, end)
            if sent in _NO_ROOM:
                self._listener.lose(end - start)
                return
            if sent <= 0:
                self._listener.error_received(_error(sent))
            start += max(sent, 1)

    def _pass_on(
        self, replies: list[bytes], unasked: set[int], limited: Container[int]
    ) -> None:
        """Hand the listener what has no reply yet, and shall have one."""
        for index, reply in enumerate(replies):
            if self._closed:
                return
            if index in limited:
                continue
            if index in unasked:
                self._listener.datagram_received(
                    self._slots.datagram(index), self._slots.peer(index)
                )
            elif not reply:
                self._listener.unknown(
                    self._slots.datagram(index), self._slots.peer(index)
                )


def _error(number: int) -> OSError:
    return OSError(-number, os.strerror(-number))
