"""The metrics: every name, its meaning, and where it comes from.

The tables are all there is to know about a metric.  Names follow Prometheus' rules: the
unit is in the name, counters end in `_total`, and what is to be added up differs in its
labels only.  Labels are words of this program, never of a packet (`resolver.counts`).
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from resolver.daemon.processes import Usage
from resolver.observe.exposition import COUNTER, GAUGE, HISTOGRAM


class Plain(NamedTuple):
    """A metric made of counters without labels.

    `parts` are fields of `Statistics`, by the value of `label`; one that has none is
    under "".
    """

    name: str
    kind: str
    meaning: str
    parts: Mapping[str, str]
    label: str = ""


class Labelled(NamedTuple):
    """A metric made of what is counted under `key`, with `labels`."""

    name: str
    kind: str
    meaning: str
    key: str
    labels: tuple[str, ...]


def _one(name: str, kind: str, meaning: str, field: str) -> Plain:
    return Plain(name, kind, meaning, {"": field})


PLAIN: Final = (
    Plain(
        "resolver_answers_total",
        COUNTER,
        "Answers that needed no walk: from stored bytes, or at once from records, "
        "local names and rules.",
        {"bytes": "hot", "at_once": "at_once"},
        "way",
    ),
    _one(
        "resolver_walks_total",
        COUNTER,
        "Questions that servers were asked for.",
        "walks",
    ),
    _one(
        "resolver_walks_failed_total",
        COUNTER,
        "Walks that found no answer (SERVFAIL).",
        "failed",
    ),
    _one(
        "resolver_walks_joined_total",
        COUNTER,
        "Questions that joined a walk for the same.",
        "joined",
    ),
    _one("resolver_walks_open", GAUGE, "Walks under way.", "walking"),
    _one(
        "resolver_renewals_total",
        COUNTER,
        "Walks that nobody waited for, to renew what was known.",
        "renewals",
    ),
    _one("resolver_clients_waiting", GAUGE, "Clients waiting for a walk.", "waiting"),
    _one(
        "resolver_stale_answers_total",
        COUNTER,
        "Answers that had expired (RFC 8767).",
        "stale",
    ),
    _one(
        "resolver_silences_total",
        COUNTER,
        "Packets that deserved no reply.",
        "silences",
    ),
    _one(
        "resolver_questions_dropped_total",
        COUNTER,
        "Questions not taken, because of a limit or of the end.",
        "dropped",
    ),
    Plain(
        "resolver_limits_hit_total",
        COUNTER,
        "How often a limit ended or refused something, by its name.",
        {
            "waiting_total": "over_total",
            "waiting_of_network": "over_network",
            "waiting_for_one_answer": "over_question",
            "given_up_for_newer": "shed",
            "answered_too_late": "late",
            "connections": "refused",
            "connection_time": "expired",
            "connection_bytes": "overfull",
            "rate": "rate_limited",
        },
        "limit",
    ),
    _one(
        "resolver_rate_limited_slipped_total",
        COUNTER,
        "Questions over [access] rate_limit that were led to TCP.",
        "slipped",
    ),
    Plain(
        "resolver_cache_hits_total",
        COUNTER,
        "Questions whose whole answer was there: in stored replies, in this worker's "
        "records, or in the store that workers share.",
        {"replies": "hot", "records": "cache_hits", "shared": "shared_hits"},
        "cache",
    ),
    Plain(
        "resolver_cache_misses_total",
        COUNTER,
        "Questions whose answer was not there. What one cache misses the next is asked "
        "for.",
        {
            "replies": "reply_misses",
            "records": "cache_misses",
            "shared": "shared_misses",
        },
        "cache",
    ),
    Plain(
        "resolver_cache_evictions_total",
        COUNTER,
        "Entries that made room for others.",
        {"replies": "reply_evictions", "records": "evictions"},
        "cache",
    ),
    Plain(
        "resolver_cache_entries",
        GAUGE,
        "Entries now, expired ones included.",
        {
            "replies": "replies",
            "records": "cache_sets",
            "delegations": "delegations",
            "servers": "servers",
            "failures": "failures",
            "shared": "shared_entries",
        },
        "cache",
    ),
    Plain(
        "resolver_cache_bytes",
        GAUGE,
        "Memory of caches that are bounded in bytes; of the shared one, its file.",
        {
            "replies": "replies_bytes",
            "records": "records_bytes",
            "shared": "shared_bytes",
        },
        "cache",
    ),
    Plain(
        "resolver_shared_cache_writes_total",
        COUNTER,
        "Entries for the store that workers share: kept, or lost because it was busy.",
        {"kept": "shared_kept", "lost": "shared_lost"},
        "outcome",
    ),
    _one(
        "resolver_shared_cache_faults_total",
        COUNTER,
        "Errors of the store that workers share.",
        "shared_faults",
    ),
    _one(
        "resolver_upstream_questions_total",
        COUNTER,
        "Packets to servers.",
        "asked",
    ),
    _one(
        "resolver_upstream_joined_total",
        COUNTER,
        "Questions to servers that were on their way already.",
        "shared_asks",
    ),
    _one(
        "resolver_upstream_hedges_total",
        COUNTER,
        "Questions to a second server when the first was late.",
        "hedged",
    ),
    _one(
        "resolver_upstream_hedges_won_total",
        COUNTER,
        "Those of them that were answered first.",
        "hedges_won",
    ),
    _one(
        "resolver_upstream_mismatched_ids_total",
        COUNTER,
        "Replies with a wrong id: what a forger's guesses look like.",
        "mismatches",
    ),
    _one("resolver_tcp_connections", GAUGE, "Clients' connections.", "connections"),
    _one(
        "resolver_tcp_connections_accepted_total",
        COUNTER,
        "Connections that clients opened.",
        "accepted",
    ),
    _one(
        "resolver_udp_unsent_replies_total",
        COUNTER,
        "Replies that the kernel had no room for.",
        "unsent",
    ),
    _one(
        "resolver_udp_socket_errors_total",
        COUNTER,
        "Errors that the kernel told of.",
        "faults",
    ),
    _one(
        "resolver_internal_errors_total",
        COUNTER,
        "What should not have happened; the log says more.",
        "errors",
    ),
)

LABELLED: Final = (
    Labelled(
        "resolver_questions_total",
        COUNTER,
        "Questions answered, by transport, type and response code. Answers from stored "
        'bytes have the type "unread", for nobody looks at it.',
        "questions",
        ("transport", "type", "rcode"),
    ),
    Labelled(
        "resolver_answer_wait_seconds",
        HISTOGRAM,
        "How long clients waited whose answer was not there at once.",
        "waits",
        (),
    ),
    Labelled(
        "resolver_upstream_duration_seconds",
        HISTOGRAM,
        "From a packet to a server until its outcome. Packets overtaken by those to a "
        "second server have none.",
        "upstream",
        ("transport", "outcome"),
    ),
    Labelled(
        "resolver_walk_limits_hit_total",
        COUNTER,
        "Limits on what one question may cost, by name.",
        "limits",
        ("limit",),
    ),
    Labelled(
        "resolver_validations_total",
        COUNTER,
        "Records checked (RFC 4035), by what they are worth, and the reason for less "
        "as RFC 8914 names it.",
        "verdicts",
        ("outcome", "reason"),
    ),
)

# As Prometheus' own client libraries name them, with the process as a label.
PROCESS: Final[tuple[tuple[str, str, str, Callable[[Usage], float]], ...]] = (
    (
        "process_cpu_seconds_total",
        COUNTER,
        "CPU time used, user and system.",
        lambda usage: usage.cpu,
    ),
    (
        "process_resident_memory_bytes",
        GAUGE,
        "Memory in use.",
        lambda usage: usage.resident,
    ),
    (
        "process_start_time_seconds",
        GAUGE,
        "When it was started, in seconds since 1970.",
        lambda usage: usage.started,
    ),
    (
        "process_open_fds",
        GAUGE,
        "Open file descriptors.",
        lambda usage: usage.descriptors,
    ),
    (
        "process_max_fds",
        GAUGE,
        "File descriptors that it may have.",
        lambda usage: usage.most_descriptors,
    ),
)
