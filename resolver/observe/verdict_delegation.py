"""Rules about delegations that lead to no address: which names were tried, and how."""

from typing import Final

from resolver.observe.cause import PARENT, POLICY, ZONE_OWNER, Verdict
from resolver.observe.story import LookUp, Story
from resolver.ports import MAX_DEPTH

# What `walk.choose` says of a zone all of whose servers are names alone.
NO_ADDRESS: Final = "none of its servers has a usable address"


def no_address(story: Story, zone: str) -> Verdict:
    """Tell why a delegation leads to no address."""
    own = [it for it in story.lookups if it.depth == 1]
    asked = list(dict.fromkeys(it.question.split(" ")[0] for it in own))
    named = ", ".join(asked[:2]) + (f" and {len(asked) - 2} more" if asked[2:] else "")
    broken = f"The delegation of {zone} is broken"
    forbidden = any(note.kind == "policy" for note in story.record.diary)
    if forbidden or any(it.outcome.startswith("answer") for it in own):
        return Verdict(
            "never-ask",
            POLICY,
            f"The servers of {zone} ({named}) have no address that may be asked.",
            "recursion.never_ask, recursion.ipv4 and recursion.ipv6 say which may.",
        )
    inside = [name for name in asked if name == zone or name.endswith(f".{zone}")]
    if inside:
        return Verdict(
            "glue-missing",
            PARENT,
            f"{broken}: its server {inside[0]} is inside the zone itself, and the"
            " parent zone gives no address for it (no glue).",
            "Register the server's address with the parent zone.",
            f"{zone}: the parent gives no address (glue) for {inside[0]}",
        )
    return _nowhere(story, zone, named, own)


def _nowhere(story: Story, zone: str, named: str, own: list[LookUp]) -> Verdict:
    broken = f"The delegation of {zone} is broken"
    if own and all(it.outcome == "NXDOMAIN" for it in own):
        return Verdict(
            "servers-do-not-exist",
            ZONE_OWNER,
            f"{broken}: its servers do not exist (NXDOMAIN): {named}.",
            "Its owner has to name servers that are there.",
            f"{zone}: its servers do not exist: {named}",
        )
    if max((it.depth for it in story.lookups), default=0) >= MAX_DEPTH:
        return Verdict(
            "delegation-maze",
            ZONE_OWNER,
            f"{broken}: the address of {named} takes look-ups inside look-ups, more"
            f" than {MAX_DEPTH} deep.",
            "The zones on the way need glue, or servers under other names.",
            f"{zone}: look-ups of {named} go more than {MAX_DEPTH} deep",
        )
    if any(NO_ADDRESS in it.outcome for it in own):
        return Verdict(
            "delegation-cycle",
            ZONE_OWNER,
            f"{broken}: to find {named} one would have to know it already (a cycle).",
            "One of the zones needs a server with glue.",
            f"{zone}: its delegation is a cycle through {named}",
        )
    whom = named or "its servers"
    return Verdict(
        "no-addresses",
        ZONE_OWNER,
        f"{broken}: no address was found for {whom}.",
        "Its owner has to give the name servers addresses.",
    )
