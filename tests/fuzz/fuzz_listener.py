"""Bring the listener packets of every kind, for as long as there is time.

    python -m tests.fuzz.fuzz_listener [seconds [seed]]

Each goes in by itself, again (when the hot room may know it), in a batch, and over a
stream.  Nothing may raise or be reported as an error; what comes back has to be a reply
that may leave for that packet, the same on every path, within bounded time.  The seed
of a round that fails is told; with it, the round can be run again.
"""

import sys
import time

from tests.fuzz.hall import STRANGER, Hall, judge, judge_stream
from tests.fuzz.packets import some_packet
from tests.net.reception import frame
from tests.wire.strategies import Dice

# Packets in a round: some more than fit in a batch.
ROUND = 80
# Seconds that one packet, or a batch, may take: a packet that holds 5,000 records takes
# 20 ms, and this machine may be busy.
SLOWEST = 1.0


def one_round(seed: int) -> None:
    """Bring some packets, in every way."""
    dice = Dice(seed)
    packets = [some_packet(dice) for _ in range(ROUND)]
    packets += dice.choices(packets, k=ROUND // 4)
    host = STRANGER if dice.random() < 0.1 else "192.0.2.7"
    with Hall() as hall, Hall(remembers=False) as forgetful:
        heard = [alone(hall, forgetful, packet, host) for packet in packets]
        together(hall, packets, heard, host)
        over_stream(hall, packets, dice, host)
        assert max(hall.slowest, forgetful.slowest) < SLOWEST


def alone(hall: Hall, forgetful: Hall, packet: bytes, host: str) -> bytes:
    """Bring a packet by itself, twice, and to one who remembers nothing."""
    [reply] = hall.datagram(packet, host)
    judge(packet, reply)
    assert hall.datagram(packet, host) == [reply], "remembered, it is another"
    assert forgetful.datagram(packet, host) == [reply], "walked for, it is another"
    return reply


def together(hall: Hall, packets: list[bytes], heard: list[bytes], host: str) -> None:
    """Bring all of them in batches: the same comes back."""
    expected = sorted(reply for reply in heard if reply)
    assert sorted(hall.batch(packets, host)) == expected, "in a batch, it is another"


def over_stream(hall: Hall, packets: list[bytes], dice: Dice, host: str) -> None:
    """Bring them over TCP, whole and cut anywhere, and now and then spoilt."""
    data = b"".join(map(frame, packets))
    if dice.random() < 0.5:
        place = dice.randrange(len(data))
        data = data[:place] + dice.randbytes(2) + data[place:]
    pieces, start = [], 0
    while start < len(data):
        size = dice.choice([1, 2, 3, 100, 5000, 65536])
        pieces.append(data[start : start + size])
        start += size
    reply, _ = hall.stream(pieces, host)
    judge_stream(data, reply)


def main(seconds: float, seed: int) -> int:
    """Run rounds; give how many there were."""
    end = time.monotonic() + seconds
    rounds = 0
    while not rounds or time.monotonic() < end:
        try:
            one_round(seed + rounds)
        except BaseException:
            print(f"seed {seed + rounds} fails", file=sys.stderr)
            raise
        rounds += 1
    return rounds


if __name__ == "__main__":
    words = sys.argv[1:]
    long = float(words[0]) if words else 60.0
    first = int(words[1]) if len(words) > 1 else time.time_ns()
    print(f"{main(long, first) * ROUND} packets, nothing found")
