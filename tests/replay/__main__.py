"""Play scenarios and count: `python -m tests.replay [--json] [-v] [PATH ...]`.

Exit status 0: nothing failed.  1: something did.  2: there is nothing to play.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from tests.replay.parse import Unparsable, parse
from tests.replay.player import Result, play
from tests.replay.report import as_json, details, summary
from tests.replay.scenario import Scenario
from tests.replay.where import found, scenarios_folder


def main(arguments: list[str]) -> int:
    """Play what the command line names."""
    options = _options(arguments)
    paths = found(options.paths or [scenarios_folder()])
    if not paths:
        print("no .rpl files there", file=sys.stderr)
        return 2
    results = [_play(path, seed=options.seed, anyway=options.anyway) for path in paths]
    if options.json:
        print(json.dumps(as_json(results), indent=1))
    else:
        for result in results:
            if options.verbose and result.status == "failed":
                print(details(result))
        print(summary(results))
    return 1 if Counter(result.status for result in results)["failed"] else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.replay",
        description="Play .rpl scenarios against the resolver, in virtual time.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="files, or folders to search; default: $SCENARIOS or ../shared/scenarios",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="for each failure: what was expected, what came, and how it came to that",
    )
    parser.add_argument(
        "--anyway",
        action="store_true",
        help="play also those that need what this version lacks",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of the chance in the resolver: a scenario has to pass with any",
    )
    return parser.parse_args(arguments)


def _play(path: Path, *, seed: int, anyway: bool) -> Result:
    try:
        scenario = parse(path)
    except (Unparsable, OSError) as problem:
        return Result(Scenario(path), faults=[str(problem)])
    return play(scenario, seed=seed, anyway=anyway)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
