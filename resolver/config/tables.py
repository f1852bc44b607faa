"""Every setting, declared once: name, type, kind of value, meaning, default.

A setting is `name: Annotated[type, kind, meaning] = default`.  A table is a frozen
dataclass whose docstring is the table's own comment in `resolver.toml`.  A tuple is
a list in TOML, and its kind is that of each item.

`LATER` marks a setting, or in `Config` a whole table, whose feature this version does
not have yet.  It is accepted, so that a configuration written for a later version
loads; `describe` says so beside it, and `check` and `serve` warn where a file asks
for it.  Deleting the word is all it takes when the feature arrives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from resolver.config import kinds
from resolver.config.marks import LATER, MAX_TTL, Switch
from resolver.config.names import Dns64, Forward, Local, Rebinding, Stub
from resolver.config.operating import Control
from resolver.config.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where questions come in."""

    plain: Annotated[
        tuple[str, ...],
        kinds.LISTEN,
        "Addresses for plain DNS, UDP and TCP both.  While nothing is set here and"
        " the program may not use port 53 (it is neither root nor has"
        " CAP_NET_BIND_SERVICE), it takes port 5353 and says so.",
    ] = ("127.0.0.1:53", "[::1]:53")
    batch: Annotated[
        Switch,
        "Take datagrams in batches, where the system can (Linux, 64 bit): far less work"
        " for each, and the same replies.",
    ] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask."""

    allow: Annotated[
        tuple[str, ...],
        kinds.NETWORK,
        "Networks that may ask; all others get REFUSED.  Add your own network and no"
        " more: a resolver open to everybody is a weapon against others.",
    ] = ("127.0.0.0/8", "::1/128")
    rate_limit: Annotated[
        int,
        kinds.whole(0, 10**6),
        "Questions over UDP that one client (an IPv4 address, or an IPv6 /64) may ask"
        " in a second, of each worker; five seconds' worth may come at once.  What is"
        " over it gets no answer, or one that leads to TCP, which is not limited."
        "  0: no limit.",
    ] = 100
    rate_limit_slip: Annotated[
        int,
        kinds.whole(0, 100),
        "Of the questions over the limit, every so many-th is answered: empty, with a"
        " hint to come over TCP.  1: all are; 0: none is.",
    ] = 2
    rate_limit_exempt: Annotated[
        tuple[str, ...],
        kinds.NETWORK_OR_WORD,
        'Networks without a rate limit.  "private" is those that routers do not let in'
        " from outside (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291): your own,"
        " usually; if others' clients are in them, leave it out.",
    ] = ("loopback", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The process itself."""

    workers: Annotated[
        int | str,
        kinds.WORKERS,
        'Processes that answer.  "auto" is one for each core.  With more than one there'
        " is another that only watches them, and replaces one that ends.",
    ] = 1
    self_check: Annotated[
        Switch,
        "Some seconds after the start, look beside the answering whether host and"
        " network let a resolver work, as `resolver doctor` does; the log says what is"
        " wrong, and what mends it.",
    ] = True
    user: Annotated[
        str,
        kinds.USER,
        "Who to be once the ports are open, when started as root.  Empty: whoever"
        " started it; under a service manager, that is its business.  The folders of"
        " shared_path and anchor_state have to be this user's.",
    ] = ""
    nsid: Annotated[
        str,
        kinds.NSID,
        "Told with the answer to who asks for it (dig +nsid, RFC 5001): which of several"
        " servers at one address this is.  Empty: not told.",
    ] = ""
    identity: Annotated[
        str,
        kinds.TEXT,
        "Told to who asks for id.server. or hostname.bind. in class CH (RFC 4892), if it"
        " is in allow.  Empty: not told.",
    ] = ""
    version: Annotated[
        str,
        kinds.TEXT,
        "Told to who asks for version.server. or version.bind. in class CH, if it is in"
        " allow.  Empty: not told.",
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is told on standard error."""

    level: Annotated[
        str,
        kinds.choice("debug", "info", "warning", "error"),
        "The least important events that are still told.",
    ] = "info"
    format: Annotated[
        str,
        kinds.choice("auto", "json", "pretty"),
        "json: one object a line.  pretty: for people.  auto: pretty on a terminal,"
        " json everywhere else.",
    ] = "auto"
    queries: Annotated[
        Switch, "Tell every client's question.  Costs time, and people's privacy."
    ] = False
    anonymise: Annotated[
        Switch,
        "Tell of a client, where questions are told, only its network: the first 24 bits"
        " of an IPv4 address, 56 of an IPv6 address.",
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What is counted, told over HTTP: /metrics for Prometheus, /live and /ready."""

    listen: Annotated[
        str,
        kinds.LISTEN_OR_NOTHING,
        'Address for HTTP, such as "127.0.0.1:9353".  Empty: none.  Everybody who may'
        " connect can read it.",
    ] = ""
    remote: Annotated[
        Switch,
        "Let that be an address that other machines can reach.  There is no password"
        " and no encryption.",
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recursion:
    """How servers are asked."""

    root_hints: Annotated[
        str,
        kinds.HINTS,
        "Zone file with the names and addresses of the root servers.  Empty: IANA's"
        " list, built in.  A path is relative to the folder of this file.",
    ] = ""
    prime: Annotated[
        Switch, "Ask a root server for the current list before using it (RFC 9609)."
    ] = True
    ipv4: Annotated[Switch, "Ask servers over IPv4."] = True
    ipv6: Annotated[Switch, "Ask servers over IPv6."] = True
    source_addresses: Annotated[
        tuple[str, ...],
        kinds.ADDRESS,
        "Addresses that questions to servers leave from.  Empty: the system chooses.",
    ] = ()
    never_ask: Annotated[
        tuple[str, ...],
        kinds.NETWORK,
        "Networks where no server is ever asked, whatever a delegation says.  Addresses"
        " that no server has, such as 0.0.0.0 or a multicast group, need not be here,"
        " and servers in [[forward]] and [[stub]] are asked wherever they are.",
    ] = ("127.0.0.0/8", "::1/128")
    server_port: Annotated[
        int,
        kinds.whole(1, 65535),
        "Port of authoritative servers.  Only labs have another.",
    ] = 53
    minimise_qname: Annotated[
        Switch, "Tell each server no more of a name than it needs (RFC 9156)."
    ] = True
    randomise_case: Annotated[
        Switch, "Mix the case of names as a defence against forgery (0x20)."
    ] = True
    cookies: Annotated[
        Switch,
        "Send cookies to servers, as a defence against forgery (RFC 7873).  Not done"
        " where source_addresses has several of one family.",
    ] = True
    edns_buffer: Annotated[
        int,
        kinds.whole(512, 4096, "bytes"),
        "Largest UDP reply that servers may send us.  1232 passes every network"
        " unfragmented (dnsflagday.net/2020).",
    ] = 1232
    special_use_names: Annotated[
        Switch,
        "Answer names such as localhost, or private addresses' reverse names, here"
        " and never ask about them (RFC 6761, RFC 6303).",
    ] = True
    query_deadline: Annotated[
        float,
        kinds.seconds(0.1, 60),
        "Time for one client's question, everything included.",
    ] = 8.0
    prefetch: Annotated[
        Switch,
        "Renew what is asked for again in the last tenth of its life, so that nobody"
        " has to wait when it has expired.",
    ] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """What is remembered."""

    size: Annotated[
        int,
        kinds.size(65536),
        "Memory for records and encoded replies together.  KB, MB and GB are powers"
        " of 1000; KiB, MiB and GiB are powers of 1024.",
    ] = 256 * 10**6
    min_ttl: Annotated[
        int,
        kinds.whole(0, MAX_TTL, "seconds"),
        "Keep records at least this long.  Above 0 it breaks what zones promise.",
    ] = 0
    max_ttl: Annotated[
        int, kinds.whole(0, MAX_TTL, "seconds"), "Keep records no longer than this."
    ] = 86400
    max_negative_ttl: Annotated[
        int,
        kinds.whole(0, MAX_TTL, "seconds"),
        "Keep the news that something does not exist no longer than this (RFC 2308).",
    ] = 3600
    failure_ttl: Annotated[
        float,
        kinds.seconds(1, 300),
        "After a failure, wait this long before trying again; the wait doubles each"
        " time, up to 300 seconds (RFC 9520).",
    ] = 2.0
    serve_stale: Annotated[
        Switch, "Answer from expired records while servers fail (RFC 8767)."
    ] = True
    stale_wait: Annotated[
        float,
        kinds.seconds(0, 60),
        "How long a client waits for a fresh answer before it gets an expired one.  0:"
        " it gets that at once, and the next one who asks gets the fresh answer.",
    ] = 1.8
    stale_answer_ttl: Annotated[
        int,
        kinds.whole(1, MAX_TTL, "seconds"),
        "The TTL that expired records are told with, unless their own is shorter.",
    ] = 30
    stale_max_age: Annotated[
        int,
        kinds.whole(0, MAX_TTL, "seconds"),
        "Records that expired longer ago are not told.  RFC 8767 advises one to three"
        " days.",
    ] = 259200
    shared_path: Annotated[
        str,
        kinds.PLACE,
        "File where answers are kept for the other workers, and for the next start,"
        " which then begins with what was known.  It takes up to a third of `size`."
        "  Empty: workers share a file that ends with them, and one alone has none.  A"
        " path is relative to the folder of this file.",
    ] = ""
    clock: Annotated[
        str,
        kinds.choice("monotonic", "realtime"),
        "Clock that ages records.  realtime follows the wall clock, jumps included:"
        " for replays under a faked clock.",
    ] = "monotonic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dnssec:
    """Whether answers are believed."""

    validate: Annotated[Switch, "Check signatures, and refuse what is forged."] = True
    trust_anchors: Annotated[
        tuple[str, ...],
        kinds.ANCHOR,
        "Files of DS or DNSKEY records, or the records themselves.  Empty: IANA's"
        " anchors of the root, built in.",
    ] = ()
    negative_trust_anchors: Annotated[
        tuple[str, ...],
        kinds.NAME,
        "Names below which nothing is validated.",
    ] = ()
    accept_sha1: Annotated[
        Switch, "Believe signatures made with SHA-1 (algorithms 5 and 7, DS digest 1)."
    ] = False
    follow_anchor_rollovers: Annotated[
        Switch,
        "Learn the new keys of a zone that has an anchor, the root's above all, from"
        " its old ones (RFC 5011).",
    ] = True
    anchor_state: Annotated[
        str,
        kinds.PLACE,
        "File where the anchors are kept as they change.  Empty: trust-anchors in the"
        " state folder of the service manager ($STATE_DIRECTORY); without that, in"
        " memory.  A path is relative to the folder of this file.",
    ] = ""
    signal_key_tags: Annotated[
        Switch, "Tell the root which keys are trusted here (RFC 8145)."
    ] = True
    root_key_sentinel: Annotated[
        Switch,
        "Let clients find out which keys of the root are trusted here (RFC 8509).",
    ] = True
    aggressive_nsec: Annotated[
        Switch, "Deny more names from proofs already seen (RFC 8198)."
    ] = True
    signature_skew: Annotated[
        int,
        kinds.whole(0, 86400, "seconds"),
        "Tolerance for wrong clocks, never more than a tenth of a signature's life.",
    ] = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration; `Config()` is the default one.

    `origins` maps each setting that a file has set, `cache.size` or `forward[0].zone`,
    to its place, `resolver.toml:12`.  It does not take part in comparisons.
    """

    listen: Listen = Listen()
    access: Access = Access()
    server: Server = Server()
    log: Log = Log()
    metrics: Metrics = Metrics()
    recursion: Recursion = Recursion()
    cache: Cache = Cache()
    dnssec: Dnssec = Dnssec()
    recorder: Recorder = field(default_factory=Recorder)
    forward: tuple[Forward, ...] = ()
    stub: tuple[Stub, ...] = ()
    local: Local = field(default_factory=Local)
    rebinding: Rebinding = field(default_factory=Rebinding)
    dns64: Annotated[Dns64, LATER] = field(default_factory=Dns64)
    control: Control = field(default_factory=Control)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
