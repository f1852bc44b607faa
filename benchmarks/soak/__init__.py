"""Does it last?  A resolver under mixed load for minutes, on an Internet in poor health.

    python -m benchmarks.soak                    ten minutes
    python -m benchmarks.soak --seconds 20       a rougher look

The lab's servers are on loopback, as `resolver lab` has them; one packet in a hundred is
lost, one server in twenty is dead, and in the middle everything goes away for a while
and comes back changed.  A `resolver serve` of its own answers.  What is looked at is
what goes wrong slowly: memory and descriptors that grow, questions that are never ended,
clients who are never answered, errors in the log.

    internet    what is asked: zones, losses, dead servers, the outage
    clients     who asks, and what came back
    watched     the resolver's process: its log, its memory, its descriptors
    report      what is to be seen, and whether that is good
"""
