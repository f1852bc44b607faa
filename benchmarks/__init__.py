"""How fast it is, beside others.

    python -m benchmarks            everything
    python -m benchmarks --quick    the same in two minutes, with rougher figures

A lab stands in for the Internet: three NSDs serve root, four top-level domains and ten
thousand zones inside a network namespace of our own.  Every resolver that is installed
runs there with equal settings, pinned to one core; the load and the lab have the
others.  Absolute figures belong to one machine on one day, so runs are interleaved and
repeated, and what counts is the ratio within one run.

From the inside out:

    zones signing     what the lab says, and its signatures
    lab               NSD instances that say it, and how often they were asked
    servers recipes   the resolvers, and what each needs to be set up alike
    process           a running server: its CPU time, its memory, its end
    load questions    dnsperf and what it asks
    stage sessions    the measurements, in the order in which they share a warm server
    results table     medians, ratios, one table, one JSON file
    hold              the lab for measurements by hand
    plan place        how much of everything, quick and full; which cores, which folder
    machine           what ran where
    isolation         the namespace, and what is missing when there can be none

`python -m benchmarks.soak` is another question: does it last?
"""
