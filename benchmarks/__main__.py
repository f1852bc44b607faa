"""Run the benchmarks: the order of things, and what is said about them.

Settings come from the command line, or QUICK=1 and VALIDATE=1 from the environment,
which is what `make bench QUICK=1 VALIDATE=1` sets.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

from benchmarks import isolation, machine, sessions, table
from benchmarks.hold import hold
from benchmarks.isolation import Unavailable
from benchmarks.lab import Lab, made
from benchmarks.place import Place, divided, folder
from benchmarks.plan import FULL, QUICK
from benchmarks.process import TOP, Broken
from benchmarks.reloads import reloads
from benchmarks.results import Results
from benchmarks.servers import KINDS, OURS, Kind, in_effect, installed
from benchmarks.stage import Stage

BUILD: Final = TOP / "build" / "benchmarks"
RESULTS: Final = TOP / "benchmarks" / "results"
# Servers that ratios are told for.
REFERENCES: Final = ("unbound", "named")
ALL: Final = "".join(sorted(table.SECTIONS))
# As shells report it.
INTERRUPTED: Final = 128 + signal.SIGINT
OFF: Final = frozenset({"", "0", "no"})


def main(words: Sequence[str]) -> int:
    """Give the exit status: 2 is for what the user can mend, 1 for what broke."""
    arguments = parse(words)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        isolation.check_tools()
        return run(arguments)
    except Unavailable as problem:
        print(problem, file=sys.stderr)
        return 2
    except Broken as problem:
        print(f"It broke: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _leave(number: int, _: FrameType | None) -> None:
    """Unwind: every server is ended on the way out."""
    sys.exit(128 + number)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        default=os.environ.get("QUICK", "") not in OFF,
        help="two minutes, rougher figures",
    )
    letters = "; ".join(f"{it}: {what}" for it, what in table.SECTIONS.items())
    parser.add_argument(
        "--only",
        type=sections,
        default=frozenset(ALL),
        metavar="a,b,...",
        help=f"some sections only ({letters})",
    )
    names = [kind.name for kind in KINDS if kind.name != OURS]
    parser.add_argument(
        "--peers",
        type=peers,
        default=tuple(names),
        metavar="A,B,...",
        help=f"measure these beside ours, or none (default: {','.join(names)})",
    )
    parser.add_argument(
        "--validate",
        action="store_true",
        default=os.environ.get("VALIDATE", "") not in OFF,
        help="validation on, for all that can",
    )
    parser.add_argument(
        "--hold",
        action="store_true",
        help="measure nothing: start the lab and all servers, and wait for Ctrl-C",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where figures go")
    return parser.parse_args(words)


def sections(text: str) -> frozenset[str]:
    """Read letters such as `a,b`."""
    letters = frozenset(text.replace(",", ""))
    if not letters or letters - set(ALL):
        raise argparse.ArgumentTypeError(f"letters of {ALL}, such as a,b")
    return letters


def peers(text: str) -> tuple[str, ...]:
    """Read names of peers, or `none`."""
    names = () if text == "none" else tuple(text.split(","))
    unknown = set(names) - {kind.name for kind in KINDS}
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, write the figures; give the exit status."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {text}", file=sys.stderr)

    plan = QUICK if arguments.quick else FULL
    results = Results(arguments.only)
    kinds = chosen(arguments.peers, results)
    head = machine.describe(kinds)
    if head["load_average"] > machine.BUSY:
        busy = f"{head['load_average']:.1f} other processes wanted to run at the start"
        results.note(f"the machine was not idle: {busy}; trust the ratios only")
    say("the lab's zones")
    zones = made(BUILD)
    where = isolation.isolate()
    server_cores, load_cores = divided(sorted(os.sched_getaffinity(0)))
    if server_cores == load_cores:
        results.note("one core only: server, load and lab share it")
    os.sched_setaffinity(0, load_cores)
    say(f"NSD, in {where}")
    status = 0
    with folder() as path, Lab(zones, path, load_cores) as lab:
        place = Place(path, server_cores, load_cores, arguments.validate, say)
        stage = Stage(plan, place, lab, kinds, results)
        if arguments.hold:
            hold(stage)
        try:
            play(stage)
        except KeyboardInterrupt:
            status = INTERRUPTED
            results.note("interrupted: not everything was measured")
    seconds = round(time.monotonic() - began, 1)
    head |= {"plan": plan._asdict(), "where": where, "seconds": seconds}
    head |= {"validate": arguments.validate, "server_cores": server_cores}
    report(results, head, arguments.json)
    return status


def chosen(names: Sequence[str], results: Results) -> list[Kind]:
    """Choose ours and the peers that are wanted and installed; note what is not."""
    wanted = [kind for kind in KINDS if kind.name in {OURS, *names}]
    kinds = installed(wanted)
    packages = [kind.package for kind in wanted if kind not in kinds]
    if packages:
        missing = f"not installed (Debian: apt-get install {' '.join(packages)})"
        results.note(f"some peers are missing: {missing}")
    return kinds


def play(stage: Stage) -> None:
    """Go through the sessions that have a wanted section."""
    if stage.place.validate and not in_effect("dnssec.validate"):
        stage.results.note("ours does not validate yet, the others did")
    for session, letters in sessions.SESSIONS.items():
        if stage.results.only & set(letters):
            session(stage)
    if "g" in stage.results.only:
        sessions.workers(stage, in_effect=in_effect("server.workers"))
    if "i" in stage.results.only:
        reloads(stage)


def report(results: Results, head: dict[str, Any], path: Path | None) -> None:
    """Print what was found, and write it down."""
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = path or RESULTS / f"{now}.json"
    print(table.render(results, OURS, REFERENCES))
    print()
    print(f"{head['processor']}, {head['cores']} cores, {head['system']}")
    switch = "on" if head["validate"] else "off"
    print(f"One thread and one core for each server; validation {switch}.")
    print(f"Ours is commit {head['commit']}, with a plus if there are changes on top.")
    for name, version in head["versions"].items():
        print(f"  {name}: {version}")
    for note in results.notes:
        print(f"Note: {note}.")
    results.write(path, head, OURS)
    print(f"All figures: {path}   ({head['seconds']:.0f} s)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
