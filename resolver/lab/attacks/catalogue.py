"""The attacks, by the names that the field has for them."""

from typing import Final

from resolver.lab.attacks import (
    chains,
    crowds,
    delegations,
    floods,
    forgeries,
    sizes,
    takeovers,
)
from resolver.lab.attacks.attack import Attack

ATTACKS: Final = (
    Attack(
        "nxns",
        "CVE-2020-8616, CVE-2020-12662, CVE-2020-12667, CVE-2020-10995",
        "refers to many names without addresses, in a victim's zone",
        "names looked up in vain for one delegation",
        delegations.nxns,
    ),
    Attack(
        "nrdelegation",
        "CVE-2022-3204, CVE-2022-2795",
        "refers to 1500 names whose servers do not answer for them",
        "server names kept of a delegation, names looked up in vain",
        delegations.nrdelegation,
    ),
    Attack(
        "camp",
        "CAMP, USENIX Security 2024",
        "multiplies limits: aliases, each over servers that take many look-ups",
        "one budget for all that a client's question leads to",
        chains.camp,
    ),
    Attack(
        "tsuname",
        "TsuNAME, IMC 2021",
        "has the servers of two zones in each other",
        "sub-questions that need themselves end; failures are remembered",
        delegations.tsuname,
    ),
    Attack(
        "cname-chain",
        "Unchained, RAID 2018",
        "leads from alias to alias, between two servers",
        "aliases followed for one question",
        chains.cname_chain,
    ),
    Attack(
        "self-glue",
        "CVE-2026-3592, CVE-2026-24027",
        "refers to 135 names at the address that has just been asked",
        "an address counts once, under however many names; lame servers are out",
        delegations.self_glue,
    ),
    Attack(
        "overlapping-addresses",
        "CVE-2026-24027",
        "refers to 135 names that share two addresses, where nobody answers",
        "an address counts once; tries of an address in one step",
        delegations.overlapping_addresses,
    ),
    Attack(
        "cacheflush",
        "CacheFlush, USENIX Security 2024",
        "has the cache filled, twice over, with what nobody asks for again",
        "room is made among entries that nobody has used",
        floods.cacheflush,
    ),
    Attack(
        "random-subdomain",
        "water torture",
        "asks for names without end in a zone whose servers are down",
        "open questions for one zone, and in all",
        floods.random_subdomain,
    ),
    Attack(
        "ghost-domain",
        "CVE-2012-1033, CVE-2022-30698, CVE-2022-30699",
        "keeps a zone alive that its parent has taken back",
        "delegations come from the parent alone, and end with its word",
        takeovers.ghost_domain,
    ),
    Attack(
        "promiscuous-ns",
        "CVE-2025-11411, CVE-2025-40778, CVE-2025-59023",
        "adds delegations of other zones, and their glue, to good answers",
        "only what lies in the asked server's zone is read; no NS set but a referral's",
        takeovers.promiscuous_ns,
    ),
    Attack(
        "kaminsky",
        "CVE-2008-1447, CVE-2020-25705 (SAD DNS)",
        "guesses ids, a million of them, at a port that it knows",
        "the first wrong id sends the question over TCP; letters in mixed case",
        forgeries.kaminsky,
    ),
    Attack(
        "tudor",
        "TuDoor, IEEE S&P 2024; CVE-2023-29483",
        "sends packets that cannot be read before each true reply",
        "what is no reply does not end the wait for one",
        forgeries.tudor,
    ),
    Attack(
        "big-answers",
        "CVE-2024-1737, CVE-2024-25590; fragments, RFC 9715",
        "answers with up to 60 kB and 3000 records",
        "1232 bytes over UDP, TCP for more; sizes of what is kept",
        sizes.big_answers,
    ),
    Attack(
        "slow-loris",
        "half a question on every connection",
        "holds all connections that are to be had, a byte now and then",
        "connections of a host and in all; patience that shrinks as they fill",
        crowds.slow_loris,
    ),
    Attack(
        "dnsbomb",
        "CVE-2024-33655",
        "gathers answers for a forged source, to be released at once",
        "questions of one client that wait",
        crowds.dnsbomb,
    ),
)
