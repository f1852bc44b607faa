"""The words of a verdict: what went wrong, who is to blame, and what would mend it.

A verdict is for somebody who has to do something about it, so it says who that is
before it goes into detail.  `rule` is for programs: it stays when the words change.
"""

from typing import Final, NamedTuple

# Who is to blame.
ZONE_OWNER: Final = "zone owner"
PARENT: Final = "parent"
NETWORK: Final = "network"
US: Final = "us"
POLICY: Final = "policy"
CLOCK: Final = "clock"
NOBODY: Final = "nobody"
UNKNOWN: Final = "unknown"

BLAMES: Final = (ZONE_OWNER, PARENT, NETWORK, US, POLICY, CLOCK, NOBODY, UNKNOWN)


class Verdict(NamedTuple):
    """What a diary comes to.

    `rule` names the kind of trouble, `blame` is one of `BLAMES`, `cause` one sentence,
    `mend` what would help, and `short` the cause for the small packet that tells a
    client (RFC 8914); where it is empty the error's own text says it best.
    """

    rule: str
    blame: str
    cause: str
    mend: str = ""
    short: str = ""


def sentence(what: str, detail: str) -> str:
    """Make a sentence of what happened and its details; names end with a dot, too."""
    return f"{what}: {detail.removesuffix('.')}."
