"""Unbound's options, said in ours.

Every option a scenario sets is looked up in `OPTIONS`.  What means something to us
changes a setting; what tunes the inside of another program is passed over, and the
table says why; all else makes the scenario *need* something, and it is not played.  An
option that is not in the table counts as a need, so nothing is ever passed over by
accident.  When a feature arrives, its line here moves from `needs` to a setting.  A
setting that the program itself declares for a later version is a need, too.

What a scenario leaves unset has Unbound's default, which is not always ours: see
`_baseline`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from resolver.config import Config, Forward, Stub
from resolver.config.declared import declared
from resolver.config.marks import MAX_TTL
from resolver.dnssec.anchors import collect, parse_anchors
from resolver.dnssec.crypto import KeyStore
from resolver.policy.places import KINDS
from resolver.wire import types
from tests.replay import autotrust
from tests.replay.fake_sha1 import FakeSha1
from tests.replay.scenario import Clause, Scenario

# Ours (`walk.MAX_ALIASES`, `ports.MAX_ASKS`) have no setting; Unbound's own
# figures lie on the harmless side.
_MAX_RESTARTS: Final = 11
_MAX_ASKS: Final = 100
# Caches smaller than this many bytes are there to lose what they hold at once.
_NO_CACHE_AT_ALL: Final = 1000

# Seconds that connections may be idle where clients are told; Unbound's
# `edns-tcp-keepalive-timeout` 120000.
_IDLE: Final = 120.0

# YYYYMMDDHHMMSS
_DATE_DIGITS: Final = 14

_STEPS: Final = frozenset(
    {
        "QUERY",
        "CHECK_ANSWER",
        "CHECK_OUT_QUERY",
        "REPLY",
        "TIMEOUT",
        "ERROR",
        "NOTHING",
        "TIME_PASSES",
        "TRAFFIC",
        "ASSIGN",
        "CHECK_AUTOTRUST",
    }
)


@dataclass
class Wishes:
    """What a scenario asks for, while its options are gone through.

    `snooping`: it lets clients look into the cache with RD=0 questions.  `fake_sha1`:
    signatures of old count unseen.  `date`: the one on which they are looked at;
    `any_date`: it is one on which they are good.  `anchors`: the lines of the file in
    which anchors are kept.  `idle`: how long connections may be, in seconds, if clients
    are told.
    """

    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    forward: list[Forward] = field(default_factory=list)
    stub: list[Stub] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    snooping: bool = False
    fake_sha1: bool = False
    date: float | None = None
    any_date: bool = False
    anchors: list[str] | None = None
    idle: float | None = None
    needs: list[str] = field(default_factory=list)

    def need(self, what: str) -> None:
        """Note that the scenario cannot be played without something we lack."""
        if what not in self.needs:
            self.needs.append(what)

    def set(self, table: str, key: str, value: object) -> None:
        """Change a setting; one whose feature is still to come is a need."""
        setting = declared()[table].settings[key]
        if setting.later and setting.asks(value):
            self.need(f"{table}.{key}")
        self.changes.setdefault(table, {})[key] = value

    def add(self, table: str, key: str, value: object) -> None:
        """Put one more value into a setting that is a list."""
        default = getattr(getattr(Config(), table), key)
        settings = self.changes.setdefault(table, {})
        settings[key] = (*settings.get(key, default), value)

    def config(self, folder: Path) -> Config:
        """Make the configuration; the root hints become a file in `folder`."""
        if self.hints:
            path = folder / "root.hints"
            path.write_text(hints_text(self.hints), encoding="ascii")
            self.set("recursion", "root_hints", str(path))
        if self.anchors is not None:
            path = folder / "anchors"
            autotrust.keep(str(path), self.anchors)
            self.set("dnssec", "anchor_state", str(path))
        self._drop_useless_anchors()
        config = Config(forward=tuple(self.forward), stub=tuple(self.stub))
        tables: dict[str, Any] = {
            table: replace(getattr(config, table), **settings)
            for table, settings in self.changes.items()
        }
        return replace(config, **tables)

    def _drop_useless_anchors(self) -> None:
        """Do without anchors that cannot be used.

        Unbound passes them over with a warning; we refuse such a configuration.
        """
        anchors = self.changes["dnssec"].get("trust_anchors", ())
        useful = tuple(it for it in anchors if self._is_useful(it))
        if anchors:
            self.changes["dnssec"]["trust_anchors"] = useful
            self.changes["dnssec"]["validate"] = bool(useful)

    def _is_useful(self, anchor: str) -> bool:
        crypto = FakeSha1() if self.fake_sha1 else KeyStore(accept_sha1=False)
        try:
            return bool(collect(parse_anchors(anchor), crypto))
        except ValueError:
            return False


Handler = Callable[[Wishes, tuple[str, ...]], None]


def _ignored(wishes: Wishes, values: tuple[str, ...]) -> None:
    """Pass an option over."""


def _needs(what: str, *harmless: str) -> Handler:
    """Need something, unless the option has one of the harmless values."""

    def handle(wishes: Wishes, values: tuple[str, ...]) -> None:
        if not values or values[0] not in harmless:
            wishes.need(what)

    return handle


def _switch(table: str, key: str) -> Handler:
    return lambda wishes, values: wishes.set(table, key, values[0] == "yes")


def _number(table: str, key: str) -> Handler:
    return lambda wishes, values: wishes.set(table, key, int(values[0]))


def _milliseconds(table: str, key: str) -> Handler:
    return lambda wishes, values: wishes.set(table, key, int(values[0]) / 1000)


def _stale_max_age(wishes: Wishes, values: tuple[str, ...]) -> None:
    """Set how old a stale answer may be; 0 is Unbound's word for "however old"."""
    wishes.set("cache", "stale_max_age", int(values[0]) or MAX_TTL)


def _at_least(what: str, floor: int) -> Handler:
    def handle(wishes: Wishes, values: tuple[str, ...]) -> None:
        if int(values[0]) < floor:
            wishes.need(f"{what} below {floor}")

    return handle


def _access_control(wishes: Wishes, values: tuple[str, ...]) -> None:
    network, action = values[0], values[1]
    if "/" not in network:
        network += "/128" if ":" in network else "/32"
    allowed = wishes.changes["access"]["allow"]
    if action in {"allow", "allow_snoop"}:
        wishes.add("access", "allow", network)
        wishes.snooping |= action == "allow_snoop"
    elif action == "refuse" and network in allowed:
        rest = tuple(other for other in allowed if other != network)
        wishes.set("access", "allow", rest)
    else:
        wishes.need(f"access-control {action}")


def _modules(wishes: Wishes, values: tuple[str, ...]) -> None:
    for module in " ".join(values).split():
        if module == "dns64":
            wishes.set("dns64", "prefix", "64:ff9b::/96")  # Unbound's default
        elif module not in {"validator", "iterator"}:
            wishes.need(module)


# Special-use names that Unbound asks about as about any others.
_ORDINARY_NAMES: Final = tuple(
    f"{name} transparent" for name in ("local", "alt", "6tisch.arpa", "eap-noob.arpa")
)
# What Unbound calls some kinds of local zones.  "nodefault" lets one special-use name be
# resolved as usual.
_LOCAL_ZONES: Final = {
    "always_nodata": "nodata",
    "always_null": "null",
    "always_nxdomain": "nxdomain",
    "always_refuse": "refuse",
    "nodefault": "transparent",
}


def _local_zone(wishes: Wishes, values: tuple[str, ...]) -> None:
    zone, kind = values[0], _LOCAL_ZONES.get(values[1], values[1])
    if kind not in KINDS:
        wishes.need(f"local-zone {values[1]}")
    else:
        wishes.add("local", "zones", f"{zone} {kind}")


def _local_data(wishes: Wishes, values: tuple[str, ...]) -> None:
    record = " ".join(values)
    if any(word in record.split()[1:3] for word in ("CH", "ANY")):
        wishes.need("local-data of another class")
    else:
        wishes.add("local", "records", record)


def _private_address(wishes: Wishes, values: tuple[str, ...]) -> None:
    networks = wishes.changes.setdefault("rebinding", {"networks": ()})
    networks["networks"] += (values[0],)
    wishes.set("rebinding", "remove", value=True)


def _trust_anchor(wishes: Wishes, values: tuple[str, ...]) -> None:
    """Validate, from an anchor.  Those of old are signed with what is no longer used."""
    wishes.set("dnssec", "validate", value=True)
    wishes.add("dnssec", "trust_anchors", " ".join(values))


def _date(wishes: Wishes, values: tuple[str, ...]) -> None:
    """Set the validator's clock: a date, or seconds since 1970; -1 ignores the time."""
    text = values[0]
    if text == "-1":
        wishes.any_date = True
    elif len(text) == _DATE_DIGITS:
        day = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        wishes.date = day.timestamp()
    else:
        wishes.date = float(text)


def _fake_sha1(wishes: Wishes, values: tuple[str, ...]) -> None:
    wishes.fake_sha1 |= values[0] == "yes"


def _nsid(wishes: Wishes, values: tuple[str, ...]) -> None:
    """Set what is told to who asks for NSID: `ascii_` and text, or hexadecimal digits."""
    text = " ".join(values)
    plain = text.removeprefix("ascii_")
    wishes.set("server", "nsid", f"0x{text}" if plain == text else plain)


def _do_not_query_localhost(wishes: Wishes, values: tuple[str, ...]) -> None:
    if values[0] == "no":
        wishes.set("recursion", "never_ask", ())


OPTIONS: Final[dict[str, Handler]] = {
    # Settings of ours.
    "qname-minimisation": _switch("recursion", "minimise_qname"),
    "do-ip4": _switch("recursion", "ipv4"),
    "do-ip6": _switch("recursion", "ipv6"),
    "do-not-query-localhost": _do_not_query_localhost,
    "do-not-query-address": lambda w, v: w.add("recursion", "never_ask", v[0]),
    "prefetch": _switch("recursion", "prefetch"),
    "use-caps-for-id": _switch("recursion", "randomise_case"),
    "serve-expired": _switch("cache", "serve_stale"),
    "serve-expired-client-timeout": _milliseconds("cache", "stale_wait"),
    "serve-expired-reply-ttl": _number("cache", "stale_answer_ttl"),
    "serve-expired-ttl": _stale_max_age,
    "cache-max-ttl": _number("cache", "max_ttl"),
    "cache-min-ttl": _number("cache", "min_ttl"),
    "cache-max-negative-ttl": _number("cache", "max_negative_ttl"),
    "dns64-prefix": lambda w, v: w.set("dns64", "prefix", v[0]),
    "local-data": _local_data,
    "local-zone": _local_zone,
    "access-control": _access_control,
    "module-config": _modules,
    # We do it always, or never: only the other way round would be a need.
    "ede": _ignored,  # sent with every failure; compared only where MATCH has ede
    "minimal-responses": _ignored,  # always minimal; see `match.TOLERATED`
    "iter-scrub-promiscuous": _ignored,  # always scrubbed; see `match.TOLERATED`
    "harden-below-nxdomain": _ignored,
    "harden-unknown-additional": _ignored,
    "harden-unverified-glue": _ignored,  # from outside the zone it is never taken
    "harden-glue": _needs("harden-glue no", "yes"),
    "harden-referral-path": _needs("harden-referral-path", "no"),
    "qname-minimisation-strict": _needs("qname-minimisation-strict", "no"),
    "stub-prime": _needs("stub-prime", "no"),
    "target-fetch-policy": _ignored,  # addresses are looked up when needed
    "rrset-roundrobin": _ignored,  # the order of records is not compared
    # Limits of Unbound's, where ours are no narrower.
    "max-query-restarts": _at_least("max-query-restarts", _MAX_RESTARTS),
    "max-global-quota": _at_least("max-global-quota", _MAX_ASKS),
    "msg-cache-size": _at_least("msg-cache-size", _NO_CACHE_AT_ALL),
    "outbound-msg-retry": _ignored,
    "num-queries-per-thread": _ignored,
    "msg-cache-slabs": _ignored,
    "discard-timeout": _ignored,
    # What is written where.
    "verbosity": _ignored,
    "log-time-ascii": _ignored,
    "log-servfail": _ignored,
    "directory": _ignored,
    # DNSSEC.
    "trust-anchor": _trust_anchor,
    "trust-anchor-file": _ignored,  # `_anchor_files` reads it
    "auto-trust-anchor-file": _ignored,  # `_followed_anchors` reads it
    "root-key-sentinel": _switch("dnssec", "root_key_sentinel"),
    # Ours begins when the program has run for a while, and no scenario lasts that long.
    "trust-anchor-signaling": _needs("trust-anchor-signaling at once", "no"),
    "val-override-date": _date,
    "val-max-restart": _ignored,
    "val-nsec3-keysize-iterations": _ignored,
    "fake-sha1": _fake_sha1,
    "fake-dsa": _fake_sha1,
    "aggressive-nsec": _switch("dnssec", "aggressive_nsec"),
    "domain-insecure": lambda w, v: w.add("dnssec", "negative_trust_anchors", v[0]),
    "harden-dnssec-stripped": _needs("harden-dnssec-stripped no", "yes"),
    "harden-algo-downgrade": _ignored,
    "prefetch-key": _ignored,
    "disable-edns-do": _needs("disable-edns-do", "no"),
    # What is older than the limit is not served, whoever fails (RFC 8767 section 4).
    "serve-expired-ttl-reset": _needs("serve-expired-ttl-reset", "no"),
    "ede-serve-expired": _ignored,
    "serve-original-ttl": _needs("serve-original-ttl", "no"),
    "private-address": _private_address,
    "private-domain": lambda w, v: w.add("rebinding", "trusted", v[0]),
    "hide-identity": _ignored,
    "hide-version": _ignored,
    "identity": lambda w, v: w.set("server", "identity", " ".join(v)),
    "version": lambda w, v: w.set("server", "version", " ".join(v)),
    "nsid": _nsid,
    "edns-tcp-keepalive": _ignored,  # `_keepalive` reads it
    "edns-tcp-keepalive-timeout": _ignored,
}
# Options of the clauses that describe a zone; `name` and the addresses are read apart.
_ZONE_OPTIONS: Final[dict[str, Handler]] = {
    "name": _ignored,
    "stub-addr": _ignored,
    "forward-addr": _ignored,
    "stub-prime": OPTIONS["stub-prime"],
    "stub-first": _ignored,  # `_zone` reads it
    "forward-first": _ignored,
}


def translate(scenario: Scenario) -> Wishes:
    """Go through a scenario's options and steps."""
    wishes = _baseline()
    for clause in scenario.clauses:
        if clause.kind in {"server", "stub-zone", "forward-zone"}:
            _options(clause, wishes)
        else:
            wishes.need(clause.kind)
        if clause.kind in {"stub-zone", "forward-zone"}:
            _zone(clause, wishes)
    _anchor_files(scenario, wishes)
    _followed_anchors(scenario, wishes)
    _keepalive(scenario, wishes)
    for step in scenario.steps:
        if step.event not in _STEPS:
            wishes.need(f"STEP {step.event}")
    if wishes.any_date:
        wishes.date = _good_date(scenario)
    return wishes


def _good_date(scenario: Scenario) -> float | None:
    """Find a moment at which as many signatures as possible are good."""
    lives = [
        (int.from_bytes(record.rdata[12:16], "big"), record.rdata[8:12])
        for one in scenario.ranges
        for entry in one.entries
        for packet in entry.packets
        for _, section in packet.sections()
        for record in section
        if record.rdtype == types.RRSIG
    ]
    moments = {inception for inception, _ in lives}

    def good_at(moment: int) -> int:
        return sum(begin <= moment < int.from_bytes(end, "big") for begin, end in lives)

    return float(max(moments, key=good_at)) if moments else None


def _anchor_files(scenario: Scenario, wishes: Wishes) -> None:
    """Validate from the anchors in the files that a scenario brings along."""
    for clause in scenario.clauses:
        for name in clause.all("trust-anchor-file"):
            if name not in scenario.files:
                wishes.need("trust-anchor-file that is not there")
                continue
            wishes.set("dnssec", "validate", value=True)
            for line in scenario.files[name]:
                if record := line.partition(";")[0].strip():
                    wishes.add("dnssec", "trust_anchors", record)


def _followed_anchors(scenario: Scenario, wishes: Wishes) -> None:
    """Begin with the anchors of the file that the resolver is to keep up to date."""
    name = scenario.last_option("server", "auto-trust-anchor-file")
    if not name:
        return
    if name not in scenario.files:
        wishes.need("auto-trust-anchor-file that is not there")
        return
    wishes.anchors = scenario.files[name]
    wishes.set("dnssec", "validate", value=True)
    wishes.set("dnssec", "follow_anchor_rollovers", value=True)
    for record in autotrust.configured(wishes.anchors):
        wishes.add("dnssec", "trust_anchors", record)


def _keepalive(scenario: Scenario, wishes: Wishes) -> None:
    """Tell clients how long connections may be idle: not a setting, but the world's."""
    if scenario.last_option("server", "edns-tcp-keepalive") == "yes":
        text = scenario.last_option("server", "edns-tcp-keepalive-timeout")
        wishes.idle = int(text) / 1000 if text else _IDLE


def _baseline() -> Wishes:
    """Begin with Unbound's defaults, and with nothing happening in the background."""
    wishes = Wishes()
    wishes.changes["access"] = {"allow": Config().access.allow}
    wishes.changes["recursion"] = {
        "prime": False,
        "prefetch": False,
        "randomise_case": False,
        "cookies": False,  # Unbound sends none
    }
    wishes.changes["local"] = {"zones": _ORDINARY_NAMES}
    wishes.changes["cache"] = {"serve_stale": False}
    wishes.changes["dnssec"] = {
        "validate": False,
        "follow_anchor_rollovers": False,
        "signal_key_tags": False,
        "aggressive_nsec": False,
    }
    return wishes


def _options(clause: Clause, wishes: Wishes) -> None:
    table = OPTIONS if clause.kind == "server" else _ZONE_OPTIONS
    for name, values in clause.options:
        handler = table.get(name, _needs(name))
        handler(wishes, values)


def _zone(clause: Clause, wishes: Wishes) -> None:
    kind = "stub-addr" if clause.kind == "stub-zone" else "forward-addr"
    servers = tuple(_server(text, wishes) for text in clause.all(kind))
    zone = clause.last("name").rstrip(".") + "."
    if clause.kind == "forward-zone":
        first = clause.last("forward-first") == "yes"
        wishes.forward.append(Forward(zone=zone, servers=servers, first=first))
    elif zone == ".":
        wishes.hints += servers
    else:
        first = clause.last("stub-first") == "yes"
        wishes.stub.append(Stub(zone=zone, servers=servers, first=first))


def _server(text: str, wishes: Wishes) -> str:
    """Turn `ADDR@PORT` into our form of an address."""
    if "#" in text:
        wishes.need("dns over tls")
    address, _, port = text.partition("@")
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else ":".join((address, port))


def hints_text(servers: list[str]) -> str:
    """Write root hints for servers that a scenario knows by address only."""
    lines: list[str] = []
    for number, server in enumerate(servers, 1):
        name = f"ns{number}.root-hint."
        rdtype = "AAAA" if ":" in server else "A"
        lines += [f". 3600000 IN NS {name}", f"{name} 3600000 IN {rdtype} {server}"]
    return "\n".join(lines) + "\n"
