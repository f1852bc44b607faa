"""What ran where: without it no figure means anything."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.process import TOP, environment
from benchmarks.servers import Kind

# Other work on the machine, in processes wanting to run, above which we complain.
BUSY: Final = 0.5
VERSION: Final = re.compile(r"\d+\.\d+[^\s,]*(, .*)?|\(not installed\).*")
LAB_TOOLS: Final = {"nsd": ("nsd", "-v"), "dnsperf": ("dnsperf", "-h")}


def describe(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Describe the machine and everything that is measured on it."""
    programs = {kind.name: version(kind.version) for kind in kinds}
    tools = {name: version(command) for name, command in LAB_TOOLS.items()}
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_average": os.getloadavg()[0],
        "commit": commit(),
        "versions": programs | tools,
    }


def processor(cpuinfo: str) -> str:
    """Find the processor's name in /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def version(command: Iterable[str]) -> str:
    """Find a version's number in what a program says, and what follows it."""
    found = VERSION.search(_said(command))
    return found.group() if found else "unknown"


def commit() -> str:
    """Name the commit that is measured, with a plus if there are changes on top."""
    name = _said(["git", "-C", str(TOP), "rev-parse", "--short", "HEAD"]).strip()
    changes = _said(["git", "-C", str(TOP), "status", "--porcelain"]).strip()
    return (name or "unknown") + ("+" if changes else "")


def _said(command: Iterable[str]) -> str:
    try:
        done = subprocess.run(
            [*command],
            cwd="/",  # from the checkout, its sources would come before a compiled build
            env=environment(),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout + done.stderr
