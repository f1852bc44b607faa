"""The lab with all servers in it, for whoever wants to measure by hand.

Nothing is measured: the lab and the servers stand until Ctrl-C, the files of questions
lie ready, and what is printed says how to get in.
"""

import os
import signal
from contextlib import ExitStack

from benchmarks import questions
from benchmarks.recipes import HOST
from benchmarks.stage import Stage


def hold(stage: Stage) -> None:
    """Start everything, say where it is, and wait."""
    plan = stage.plan
    for name, lines in {
        "warm": questions.warm(plan.warm_names),
        "new-zones": questions.new_zones(plan.new_zones),
        "known-zones": questions.known_zones(0, plan.known_names),
        "mix": questions.mix(plan.mix_questions),
    }.items():
        stage.file(name, lines)
    with ExitStack() as stack:
        print(f"Inside:    nsenter --target {os.getpid()} --net")
        print(f"Questions: cd {stage.place.folder}    (warm new-zones known-zones mix)")
        for kind in stage.kinds:
            with stage.forgiving(kind):
                server = stack.enter_context(stage.start(kind))
                where = f"{HOST} port {server.port}"
                print(f"{kind.name:14} {where}, process {server.process.pid}")
        for note in stage.results.notes:
            print(f"Note: {note}.")
        print("Ctrl-C ends all of it.", flush=True)
        signal.pause()
