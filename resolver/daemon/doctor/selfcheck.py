"""The examination beside a daemon that has just started: its log hears of it.

It waits until the first questions are through, so that a start is not slower for it, and
whatever goes wrong with it is no reason for the daemon to do anything else.
"""

import asyncio
from typing import Final

import structlog

from resolver.config import Config
from resolver.daemon.build import World
from resolver.daemon.doctor.examine import examine
from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING, Finding, worst

log: Final = structlog.get_logger()

# Seconds from the start: clients who have waited for it come first.
DELAY: Final = 5.0


async def check_self(config: Config, world: World, delay: float = DELAY) -> None:
    """Examine host and network once, and tell what is not as it should be."""
    await asyncio.sleep(delay)
    try:
        findings = await examine(config, world, started=True)
    except (OSError, ValueError) as error:
        log.warning("self_check_failed", reason=str(error))
        return
    tell(findings)


def tell(findings: list[Finding]) -> None:
    """Log the findings: an event for each that is not as it should be, and one more."""
    for it in findings:
        if it.verdict in {WARNING, PROBLEM}:
            evidence = "; ".join(it.evidence)
            write = log.error if it.verdict == PROBLEM else log.warning
            write("self_check", check=it.check, evidence=evidence, mend=it.mend)
    well = sum(it.verdict == OK for it in findings)
    log.info("self_checked", worst=worst(findings), well=well, checks=len(findings))
