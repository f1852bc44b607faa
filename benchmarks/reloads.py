"""Reloads under load: is any question lost, and how long does one wait?

Ours alone.  Known names are asked at one rate and new ones at another while the file of
settings is changed, and the program told so, again and again.
"""

import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final

from benchmarks import questions
from benchmarks.load import Run
from benchmarks.plan import COLD_CLIENTS, STEADY_CLIENTS
from benchmarks.results import Row
from benchmarks.servers import OURS, Server
from benchmarks.stage import Stage

# Seconds between two reloads.
PAUSE: Final = 1.0
# What changes: a name of the house, so that all encoded replies have to be made again.
LOCAL: Final = '[local]\nrecords = ["reload.test. 60 A 192.0.2.{}"]\n'
MILLI: Final = 1e3
# What a reload says that changes nothing.
REFUSED: Final = "reload_refused"


def reloads(stage: Stage) -> None:
    """Measure what questions notice of reloads."""
    plan = stage.plan
    known = stage.file("reload-known", questions.warm(plan.warm_names))
    count = int(plan.cold_rate * plan.reload_seconds)
    new = stage.file("reload-new", questions.known_zones(0, count))
    ours = [kind for kind in stage.kinds if kind.name == OURS]
    for turn, kind in stage.turns("reloads", 1, ours):
        with stage.forgiving(kind), stage.start(kind) as server:
            fill = partial(stage.load.once, server.port, known, COLD_CLIENTS)
            stage.measure("filling", turn, server, fill)
            loads = {
                f"known names, {plan.reload_rate:,}/s": (known, plan.reload_rate),
                f"new names, {plan.cold_rate}/s": (new, plan.cold_rate),
            }
            seconds = plan.reload_seconds
            with ThreadPoolExecutor() as pool:
                steady = partial(stage.load.steady, server.port)
                runs = {
                    title: pool.submit(steady, file, STEADY_CLIENTS, rate, seconds)
                    for title, (file, rate) in loads.items()
                }
                told = _reload(server, list(runs.values()))
            _tell(stage, {title: run.result() for title, run in runs.items()}, told)
            if REFUSED in server.process.output.read_text("utf-8"):
                stage.results.note("ours: a reload was refused")


def _reload(server: Server, runs: list[Future[Run]]) -> int:
    """Change the settings until all runs have ended; give the number of times."""
    file = server.process.output.with_name("resolver.toml")
    text, count = file.read_text("utf-8"), 0
    while not all(run.done() for run in runs):
        time.sleep(PAUSE)
        count += 1
        file.write_text(text + LOCAL.format(count % 250), "utf-8")
        os.kill(server.process.pid, signal.SIGHUP)
    return count


def _tell(stage: Stage, runs: dict[str, Run], told: int) -> None:
    add = stage.results.add
    add(Row("i", "reloads", "times"), OURS, 0, told)
    for title, run in runs.items():
        add(Row("i", f"{title}: lost or failed", "questions"), OURS, 0, run.failed)
        row = Row("i", f"{title}: longest wait", "ms")
        add(row, OURS, 0, run.longest * MILLI)
