"""Three validators over every way to sign, to deny and to fail: ours, Unbound, delv.

The zones are the lab's (`resolver.lab.signed`), which also says what is right.  Unbound
and delv are asked whether they think so, too: where they do not, the reason is in
`TOLERATED`.  With MATRIX=full all algorithms meet all faults; otherwise each has its turn.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import dns.rcode
import dns.rdatatype
import pytest

from resolver.lab import signed
from resolver.lab.sign import OPT_OUT
from resolver.lab.signed import Case, Truth
from tests.live.namespace import Namespace, tool
from tests.live.servers import Process, Resolver, Unbound

pytestmark = pytest.mark.live

FULL: Final = os.environ.get("MATRIX") == "full"
# Seconds for all questions to one validator.
PATIENCE: Final = 300.0
# Kinds of answers that delv is asked for where a zone is bogus: it tries for seconds
# before it says so.
KINDS_OF_BOGUS: Final = ("answer", "no such name")
OURS: Final = "127.0.0.4"
UNBOUND: Final = "127.54.100.3"
# Unbound as it is without its validator, for delv, which asks no servers itself.
PLAIN: Final = "127.54.100.4"
# The last address of the lab to listen.
LAST: Final = "127.53.20.4"


class Tolerated(NamedTuple):
    """Where a peer says something else than what is right here, and why that is so."""

    peer: str
    where: Callable[[Case], bool]
    why: str


TOLERATED: Final = (
    Tolerated(
        "unbound",
        lambda case: case.signing.fault.name == "revoked",
        "a key that says of itself that it is revoked may not sign anything else (RFC"
        " 5011 section 2.1); Unbound looks at that only where it follows anchors",
    ),
    Tolerated(
        "delv",
        lambda case: case.signing.denial == OPT_OUT and bool(case.kind.proof),
        "with opt-out, an unsigned delegation may be where nothing is said to be, so the"
        " answer is not secure (RFC 5155 section 9.2); delv only says that what came was"
        " in order",
    ),
)


class World(NamedTuple):
    """The lab in the namespace, and the files that say how to trust it."""

    namespace: Namespace
    folder: Path
    cases: list[Case]

    def for_delv(self) -> "World":
        """Leave out most of what takes long."""
        failing = "SERVFAIL"
        chosen = [
            case
            for case in self.cases
            if case.kind.name in KINDS_OF_BOGUS or signed.truth(case).rcode != failing
        ]
        return self._replace(cases=chosen)

    def questions(self, *, numbers: bool) -> Path:
        """Write the questions to a file; types as numbers or by name."""
        file = self.folder / "questions"
        lines = []
        for case in self.cases:
            rdtype = dns.rdatatype.from_text(case.kind.rdtype)
            lines.append(f"{case.name} {int(rdtype) if numbers else rdtype.name}\n")
        file.write_text("".join(lines))
        return file

    def verdicts(self, host: str) -> dict[Case, Truth]:
        """Ask a resolver everything."""
        file = str(self.questions(numbers=True))
        found = self.namespace.inside("verdicts", host, "53", file, patience=PATIENCE)
        return {
            case: Truth(dns.rcode.to_text(rcode), bool(ad))
            for case, (rcode, ad) in zip(self.cases, found, strict=True)
        }


@pytest.fixture(scope="module")
def world(
    namespace: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    command = (sys.executable, "-m", "resolver", "lab", "--signed-matrix")
    files = ("--port", "53", "--config-out", str(folder / "lab.toml"))
    lab = Process(namespace, folder, *command, *files)
    lab.wait_until_listening(LAST)
    lab.wait_until((folder / "lab.anchor").exists, "the lab has written its files")
    chosen = signed.signings() if FULL else signed.few()
    yield World(namespace, folder, signed.cases(chosen))
    lab.stop()


@pytest.fixture
def unbound(world: World, tmp_path: Path) -> Iterator[Callable[..., Unbound]]:
    """Start an Unbound over the lab."""
    servers: list[Unbound] = []
    root = (world.folder / "lab.hints").read_text()

    def start(address: str, **settings: str) -> Unbound:
        servers.append(Unbound(world.namespace, tmp_path, address, root, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def differing(peer: str, found: dict[Case, Truth]) -> dict[str, tuple[Truth, Truth]]:
    """Say where a peer differs from what is right, and nobody has said why."""
    known = [it.where for it in TOLERATED if it.peer == peer]
    return {
        str(case): (told, signed.truth(case))
        for case, told in found.items()
        if told != signed.truth(case) and not any(where(case) for where in known)
    }


def test_we_tell_all_of_them_apart(world: World, tmp_path: Path) -> None:
    ours = Resolver(
        world.namespace,
        tmp_path,
        f"{OURS}:53",
        recursion__root_hints=str(world.folder / "lab.hints"),
        dnssec__validate=True,
        dnssec__trust_anchors=[str(world.folder / "lab.anchor")],
    )
    try:
        assert differing("ours", world.verdicts(OURS)) == {}
    finally:
        ours.stop()


def test_unbound_tells_them_apart_as_we_do(
    world: World, unbound: Callable[..., Unbound]
) -> None:
    anchors = f'"{world.folder / "lab.anchor"}"'
    unbound(UNBOUND, module_config='"validator iterator"', trust_anchor_file=anchors)
    found = world.verdicts(UNBOUND)
    assert differing("unbound", found) == {}
    assert unneeded("unbound", found) == []


def test_delv_tells_them_apart_as_we_do(
    world: World, unbound: Callable[..., Unbound], tmp_path: Path
) -> None:
    unbound(PLAIN)
    world = world.for_delv()
    _, _, _, _, *numbers, key = (world.folder / "lab.anchor").read_text().split(None, 7)
    keys = tmp_path / "keys"
    text = " ".join((*numbers, f'"{key.strip()}"'))
    keys.write_text(f"trust-anchors {{ . static-key {text}; }};\n")
    program = tool("delv", "bind9-dnsutils")
    command = (program, "-4", f"@{PLAIN}", "-a", str(keys), "+root=.")
    file = str(world.questions(numbers=False))
    said = world.namespace.inside("delv", file, *command, patience=PATIENCE)
    found = dict(zip(world.cases, map(read_delv, said), strict=True))
    assert differing("delv", found) == {}
    assert unneeded("delv", found) == []


def read_delv(text: str) -> Truth:
    """Read what delv says of an answer: it has words for what is in rcode and AD."""
    failed = re.search(r"(?m)^;; resolution failed: (.*)$", text)
    rcodes = {"ncache nxdomain": "NXDOMAIN", "ncache nxrrset": "NOERROR"}
    rcode = "NOERROR" if failed is None else rcodes.get(failed[1], "SERVFAIL")
    worth = re.findall(r"(?m)^; (?:negative response, )?(fully|unsigned) ", text)
    return Truth(rcode, rcode != "SERVFAIL" and set(worth) == {"fully"})


def unneeded(peer: str, found: dict[Case, Truth]) -> list[str]:
    """List what is tolerated and never happens."""
    wrong = [case for case, told in found.items() if told != signed.truth(case)]
    return [
        it.why for it in TOLERATED if it.peer == peer and not any(map(it.where, wrong))
    ]
