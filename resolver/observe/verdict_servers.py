"""Rules about servers: who should have known, and why nobody said so.

`walk.blame` has written who was asked and what each did: that text says how they failed.
The rest of the diary says what that means.  Servers that keep silent while others answer
are gone; where nobody answers at all, the fault is closer to us.
"""

import re
from typing import Final, NamedTuple

from resolver.net.sieve import MALFORMED, OTHER_QUESTION
from resolver.net.ways import DOUBTS, WRONG_ID
from resolver.observe.cause import NETWORK, POLICY, ZONE_OWNER, Verdict, sentence
from resolver.observe.plain import FORWARDERS
from resolver.observe.story import Story
from resolver.observe.verdict_delegation import NO_ADDRESS, no_address
from resolver.wire import names
from resolver.wire.errors import EDE_NO_REACHABLE_AUTHORITY

# What a text about servers begins with: what was wanted, and the zone, as in
# "the DNSKEY of example. cannot be had: example.: ns1 ...".
_ABOUT: Final = re.compile(r"(?P<want>the \S+ of \S+ cannot be had: )?(?P<zone>\S+): ")
_LATE: Final = re.compile(r"a limit was reached: \S+ (?:\([0-9]+\) )?\((?P<who>.*)\)$")


class Sign(NamedTuple):
    """A way to fail: how it is told, and what it means where nobody did otherwise."""

    words: str
    rule: str
    blame: str
    what: str
    mend: str


SIGNS: Final = (
    Sign(
        "did not reply",
        "servers-silent",
        ZONE_OWNER,
        "No server of {zone} replies",
        "Its owner has to bring the servers back, or the way to them; if they do reply to"
        " `dig +noedns`, something drops questions with EDNS (RFC 6891).",
    ),
    Sign(
        "refused the connection",
        "servers-closed",
        ZONE_OWNER,
        "Nobody listens where the servers of {zone} should be",
        "Its owner has to start the name servers, or open the port.",
    ),
    Sign(
        "reset the connection",
        "servers-closed",
        ZONE_OWNER,
        "The servers of {zone} hang up",
        "Its owner has to look at the name servers, or the firewall before them.",
    ),
    Sign(
        "connection closed",
        "servers-closed",
        ZONE_OWNER,
        "The servers of {zone} hang up",
        "Its owner has to look at the name servers, or the firewall before them.",
    ),
    Sign(
        "could not be reached",
        "unreachable",
        NETWORK,
        "There is no way from here to the servers of {zone}",
        "Look at the addresses and routes of this host.",
    ),
    Sign(
        "cannot assign requested address",
        "unreachable",
        NETWORK,
        "This host has no address to ask the servers of {zone} from",
        "Look at recursion.source_addresses and the addresses of this host.",
    ),
    Sign(
        "truncated",
        "tcp-blocked",
        ZONE_OWNER,
        "The servers of {zone} cut their replies short and do not answer over TCP",
        "Its owner has to open TCP port 53.",
    ),
    Sign(
        " REFUSED",
        "lame-refused",
        ZONE_OWNER,
        "The servers of {zone} refuse to answer for it (REFUSED): they do not have"
        " the zone",
        "Its owner has to set the zone up there, or change the delegation.",
    ),
    Sign(
        " NOTAUTH",
        "lame-refused",
        ZONE_OWNER,
        "The servers of {zone} say that it is not theirs",
        "Its owner has to set the zone up there, or change the delegation.",
    ),
    Sign(
        " SERVFAIL",
        "servers-failing",
        ZONE_OWNER,
        "The servers of {zone} fail themselves (SERVFAIL)",
        "Its owner has to look at their logs: the zone may have expired or not load.",
    ),
    Sign(
        " FORMERR",
        "servers-confused",
        ZONE_OWNER,
        "The servers of {zone} do not understand plain questions (FORMERR)",
        "Its owner has to look at the software of the name servers.",
    ),
    Sign(
        " NOTIMP",
        "servers-confused",
        ZONE_OWNER,
        "The servers of {zone} do not answer such questions (NOTIMP)",
        "Its owner has to look at the software of the name servers.",
    ),
    Sign(
        " lame: ",
        "lame-referral",
        ZONE_OWNER,
        "The servers of {zone} send us elsewhere instead of answering: a lame"
        " delegation",
        "Its owner has to set the zone up there, or change the delegation.",
    ),
    Sign(
        "recursive and not authoritative",
        "not-authoritative",
        ZONE_OWNER,
        "Resolvers answer in the place of the servers of {zone}",
        "The delegation leads to a resolver, or somebody on the way intercepts DNS.",
    ),
)


# What came where nothing useful did: the rule, how it is told, and its words in a diary.
_INSTEAD: Final = (
    ("wrong-id", "Replies with a wrong id", DOUBTS[WRONG_ID]),
    ("wrong-question", "Replies to another question", OTHER_QUESTION),
    ("malformed", "Malformed replies", MALFORMED),
)


def nobody_helps(story: Story) -> Verdict | None:
    """Tell how all servers of a zone failed."""
    if story.error != EDE_NO_REACHABLE_AUTHORITY:
        return None
    late = _LATE.match(story.text)
    if late is not None:
        zone, want, who = _last_zone(story), "", late["who"]
    else:
        about = _ABOUT.match(story.text)
        if about is None:
            return None
        zone, want = about["zone"], about["want"] or ""
        who = story.text[about.end() :]
    if who == NO_ADDRESS:
        return no_address(story, zone)
    if _is_forwarded(story, zone):
        return Verdict(
            "forwarders",
            POLICY,
            f"The resolvers that {zone} is forwarded to do not help: {who}.",
            "Look at those resolvers, or at [[forward]] in the settings.",
            f"forwarders for {zone}: {who}",
        )
    signs = [sign for sign in SIGNS if sign.words in who]
    if not signs:
        return None
    verdict = _of_network(story, zone, who, signs) or _of_zone(story, zone, who, signs)
    if want:
        needed = f"{want.removesuffix(' cannot be had: ')} is needed for DNSSEC"
        return verdict._replace(cause=f"{verdict.cause[:-1]}; {needed}.")
    return verdict


def _last_zone(story: Story) -> str:
    """Name the zone where the client's own question ended."""
    zones = [it.facts[0] for it in story.record.diary if it.kind == "zone"]
    return names.to_text(zones[-1]) if zones and isinstance(zones[-1], bytes) else "?"


def _is_forwarded(story: Story, zone: str) -> bool:
    """Say whether the zone's questions go to resolvers that the configuration names."""
    return any(
        it.kind == "zone"
        and it.facts[-1] == FORWARDERS
        and isinstance(it.facts[0], bytes)
        and names.to_text(it.facts[0]) == zone
        for it in story.record.diary
    )


def _of_network(story: Story, zone: str, who: str, signs: list[Sign]) -> Verdict | None:
    """Recognise that it is not the zone that is broken but the way to everybody."""
    rules = {sign.rule for sign in signs}
    if not rules <= {"servers-silent", "unreachable"}:
        return None
    state = story.record.around.network
    top = zone.count(".") <= 1
    if rules == {"unreachable"} and _only_ipv6(story):
        return Verdict(
            "ipv6-broken",
            NETWORK,
            f"IPv6 does not lead out of this host, and {zone} has nothing else: {who}.",
            "Mend IPv6, or set recursion.ipv6 = false.",
        )
    if story.record.around.others_answered:
        return None
    if state == "cut off" or top:
        return Verdict(
            "network-down",
            NETWORK,
            f"Nobody answers, and it is not only {zone}: {who}.",
            "Look at the network of this host; `resolver doctor` does.",
            f"no server answers at all: the network of this resolver? {who}",
        )
    if state:
        return Verdict(
            "family-broken",
            NETWORK,
            f"{state}, and the servers of {zone} cannot be had otherwise: {who}.",
            "Mend it, or switch the family off under [recursion].",
        )
    return None


def _only_ipv6(story: Story) -> bool:
    lost = [it for it in story.exchanges if it.silence]
    return bool(lost) and all(it.server.count(":") > 1 for it in lost)


def _of_zone(story: Story, zone: str, who: str, signs: list[Sign]) -> Verdict:
    if len({sign.rule for sign in signs}) > 1:
        return Verdict(
            "servers-mixed",
            ZONE_OWNER,
            f"No server of {zone} helps, each for its own reason: {who}.",
            "Its owner has to look at each of them.",
        )
    sign = signs[0]
    if sign.rule == "servers-closed" and _over_tcp_alone(story):
        return Verdict(
            "tcp-blocked",
            ZONE_OWNER,
            f"The servers of {zone} cut their replies short (truncated) and take no"
            f" TCP connections: {who}.",
            "Its owner has to open TCP port 53.",
        )
    if sign.rule == "servers-silent":
        for rule, came, word in _INSTEAD:
            if any(word in it.silence for it in story.exchanges):
                return Verdict(
                    rule,
                    ZONE_OWNER,
                    f"{came} came in the name of {zone}, and no right one: {who}.",
                    "A server of the zone is broken, or somebody tries to forge.",
                    f"{zone}: {came[0].lower()}{came[1:]} came, and no right one",
                )
    what = sign.what.format(zone=zone)
    return Verdict(sign.rule, sign.blame, sentence(what, who), sign.mend)


def _over_tcp_alone(story: Story) -> bool:
    """Say whether those who refused a connection had answered over UDP."""
    closed = {
        it.server for it in story.exchanges if it.transport == "tcp" and it.silence
    }
    heard = {
        it.server for it in story.exchanges if it.transport == "udp" and not it.outcome
    }
    return bool(closed) and closed <= heard
