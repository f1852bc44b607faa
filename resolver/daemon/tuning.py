"""What a process asks of the system and of Python before it answers.

**Descriptors.**  Each question to a server has a socket of its own, and each TCP client;
the usual soft limit of 1,024 is meant for programs that use select(2).

**Garbage.**  What the caches hold is bytes, which the collector never visits, in tables
that it does visit, and which are never garbage.  So they are frozen while they are empty,
with everything else that was there at the start.  What is left to visit is young: tasks,
messages, exceptions; and the delegations, of which there are some thousands.  They are
visited when many new objects have stayed, and not more often.  CPU time of the longest
collection while 64 clients at once ask for names that are new, and of a question:

    ==================  ===============  ===============
    names in the cache          100,000        1,000,000
    ==================  ===============  ===============
    CPython's own ways   75 ms    86 us  539 ms   191 us
    frozen, patient     0.9 ms    67 us  0.9 ms    79 us
    ==================  ===============  ===============
"""

import gc
import resource
import sys
from contextlib import suppress
from typing import Final

import structlog

from resolver.net.connections import MAX_CONNECTIONS
from resolver.net.crowd import MAX_WAITING

log: Final = structlog.get_logger()

# A question that waits may have a connection as well as a socket; the rest is for
# listeners, logs and libraries.
DESCRIPTORS: Final = 2 * MAX_WAITING + MAX_CONNECTIONS + 256
# New objects between collections of the youngest, collections of the youngest between
# those of the next generation, and those between collections of all; CPython 700, 10, 10.
THRESHOLDS: Final = (10_000, 20, 100)
# Seconds that a thread may go on while another wants to; CPython's own is ten times as
# long, and the loop has to wait for it after each system call that reads packets.
TURN: Final = 0.0005


def raise_descriptor_limit() -> None:
    """Have as many descriptors as there can be questions and clients, if we may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= DESCRIPTORS:
        return
    limited = hard != resource.RLIM_INFINITY
    wanted = min(DESCRIPTORS, hard) if limited else DESCRIPTORS
    # A filter of system calls may say no.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    granted, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if granted < DESCRIPTORS:
        mend = f"set LimitNOFILE={DESCRIPTORS} in its unit, or `ulimit -Hn` before"
        log.warning("few_descriptors", limit=granted, wanted=DESCRIPTORS, mend=mend)


def take_short_turns() -> None:
    """Have threads beside the loop, which are there for a reload, keep it waiting less."""
    sys.setswitchinterval(TURN)


def settle_memory() -> None:
    """Let the collector forget all that is there, and be patient with what comes."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
