"""The measurements, in sessions that share a server in the same state.

    starts     (f)            exec to the first answer, again and again
    cold       (b) and (d)    a fresh server: new zones, then new names in known zones
    mix        (c)            a fresh server: a crowd's questions
    warm       (a) and (d)    all servers at once, filled with the same names
    growth     (e) and (h)    a fresh server: filled in steps, cached answers after each
    workers    (g)            ours alone, on all cores, with one worker and with two

Within a session each round goes through all servers, starting with another one each
time, so that whatever else the machine does hits all of them.
"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import questions
from benchmarks.load import percentile
from benchmarks.plan import COLD_CLIENTS, STEADY_CLIENTS, Clients
from benchmarks.results import Row
from benchmarks.servers import OURS, Server
from benchmarks.stage import MICRO, Sample, Stage

MILLI: Final = 1e3
RATE: Final = "answers/s"
CPU: Final = "CPU us each"
UPSTREAM: Final = "upstream each"
LATENCY: Final = "us"
PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "longest": 1.0}
# Share of "cached" questions that may be asked upstream all the same.
LEAK: Final = 0.001


def starts(stage: Stage) -> None:
    """Measure how long a server takes to its first answer."""
    row = Row("f", "exec to the first answer, a walk from the root", "ms")
    for turn, kind in stage.turns("start", stage.plan.starts, stage.walkers):
        with stage.forgiving(kind), stage.start(kind) as server:
            value = server.start_seconds * MILLI
            stage.results.add(row, kind.name, turn, value)


def cold(stage: Stage) -> None:
    """Measure what first questions cost, and how long their clients wait."""
    plan = stage.plan
    late = int(plan.cold_rate * plan.latency_seconds)
    files = (
        stage.file("new-zones", questions.new_zones(plan.new_zones)),
        stage.file("known-zones", questions.known_zones(0, plan.known_names)),
        stage.file("still-new", questions.known_zones(plan.known_names, late)),
    )
    for turn, kind in stage.turns("cold", plan.cold_rounds, stage.walkers):
        with stage.forgiving(kind), stage.start(kind) as server:
            _cold_round(stage, server, turn, files)


def _cold_round(
    stage: Stage, server: Server, turn: int, files: tuple[Path, Path, Path]
) -> None:
    new, known, still_new = files
    _all_once(stage, server, turn, ("b", "first names in new zones", new))
    if "b" in stage.results.only:
        _all_once(stage, server, turn, ("b", "new names in known zones", known))
    if "d" in stage.results.only:
        rate = stage.plan.cold_rate
        _latency(stage, server, turn, ("d", f"cold, {rate}/s", still_new), rate)


def mix(stage: Stage) -> None:
    """Measure a crowd's questions from a cold start."""
    count = stage.plan.mix_questions
    path = stage.file("mix", questions.mix(count))
    for turn, kind in stage.turns("mix", stage.plan.mix_rounds, stage.walkers):
        with stage.forgiving(kind), stage.start(kind) as server:
            _all_once(stage, server, turn, ("c", f"{count:,} questions", path))


def warm(stage: Stage) -> None:
    """Measure cached answers: how many, at what price, and how soon."""
    plan = stage.plan
    path = stage.file("warm", questions.warm(plan.warm_names))
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for _, kind in stage.turns("filling", 1, stage.kinds):
            with stage.forgiving(kind):
                server = stack.enter_context(stage.start(kind))
                _fill(stage, server, path)
                servers[kind.name] = server
        kinds = [kind for kind in stage.kinds if kind.name in servers]
        for turn, kind in stage.turns("cached", plan.warm_rounds, kinds):
            with stage.forgiving(kind):
                _warm_round(stage, servers[kind.name], turn, path)


def _warm_round(stage: Stage, server: Server, turn: int, path: Path) -> None:
    plan = stage.plan
    names = f"{plan.warm_names:,} names"
    if "a" in stage.results.only:
        samples = [
            _cached(stage, server, turn, path, clients) for clients in plan.warm_clients
        ]
        best = max(samples, key=lambda sample: sample.run.rate)
        stage.results.add(Row("a", names, RATE), server.kind.name, turn, best.run.rate)
        stage.results.add(Row("a", names, CPU), server.kind.name, turn, best.cpu_micro)
    if "d" in stage.results.only:
        what = ("d", f"cached, {plan.warm_rate:,}/s", path)
        _latency(stage, server, turn, what, plan.warm_rate)


def growth(stage: Stage) -> None:
    """Measure what a cached name takes, and whether many make each one slower."""
    sizes = stage.plan.sizes
    steps = [
        (
            end,
            stage.file(f"fill-{end}", questions.growing(start, end)),
            stage.file(f"names-{end}", questions.growing(0, end)),
        )
        for start, end in zip((0, *sizes), sizes, strict=False)
    ]
    for _, kind in stage.turns("growth", 1, stage.walkers):
        with stage.forgiving(kind), stage.start(kind) as server:
            empty = server.process.memory()
            for size, fill, names in steps:
                stage.place.say(f"growth: {kind.name}, {size:,} names")
                filled = _fill(stage, server, fill)
                memory = (server.process.memory() - empty) / size
                # What a small cache has grown by is mostly the program's own.
                if size > sizes[0]:
                    row = Row("e", f"{size:,} names", "bytes of RSS/name")
                    stage.results.add(row, kind.name, 0, memory)
                row = Row("h", f"{size:,} names: longest wait while growing", "ms")
                longest = filled.run.longest * MILLI
                stage.results.add(row, kind.name, 0, longest)
                if "h" in stage.results.only:
                    _grown(stage, server, size, names)


def _grown(stage: Stage, server: Server, size: int, names: Path) -> None:
    plan, name = stage.plan, server.kind.name
    title = f"{size:,} names"
    for turn in range(plan.size_runs):
        run = partial(
            stage.load.repeat, server.port, names, COLD_CLIENTS, plan.size_seconds
        )
        sample = stage.measure(f"cached, {title}", turn, server, run)
        _check_leak(stage, server, sample, title)
        stage.results.add(Row("h", title, RATE), name, turn, sample.run.rate)
        stage.results.add(Row("h", title, CPU), name, turn, sample.cpu_micro)
    if size == plan.sizes[-1]:
        what = ("h", f"{title}, {plan.warm_rate:,}/s", names)
        _latency(stage, server, 0, what, plan.warm_rate)


def workers(stage: Stage, *, in_effect: bool) -> None:
    """Measure what a second worker brings, and whether the two share what they know."""
    if not in_effect:
        stage.results.note(
            "(g) ours with more workers: not yet, server.workers is not in effect"
        )
        return
    ours = [kind for kind in stage.kinds if kind.name == OURS]
    every = tuple(sorted({*stage.place.server_cores, *stage.place.load_cores}))
    path = stage.file("warm", questions.warm(stage.plan.warm_names))
    for turn, kind in stage.turns("workers", stage.plan.worker_rounds, ours):
        for count in (1, 2):
            with stage.forgiving(kind), stage.start(kind, count, every) as server:
                _workers_round(stage, server, turn, count, path)


def _workers_round(
    stage: Stage, server: Server, turn: int, count: int, path: Path
) -> None:
    title = f"{count} worker{'s' if count > 1 else ''}"
    clients = stage.plan.warm_clients[-1]
    _fill(stage, server, path)
    again = partial(stage.load.once, server.port, path, COLD_CLIENTS)
    second = stage.measure(f"second pass, {title}", turn, server, again)
    run = partial(
        stage.load.repeat, server.port, path, clients, stage.plan.warm_seconds
    )
    # Each worker copies an answer when it is first asked for it: not measured here.
    stage.measure(f"settling, {title}", turn, server, run)
    sample = stage.measure(f"cached, {title}", turn, server, run)
    for unit, value in {
        RATE: sample.run.rate,
        CPU: sample.cpu_micro,
        "upstream, known name": second.upstream_each,
    }.items():
        stage.results.add(Row("g", title, unit), OURS, turn, value)


def _fill(stage: Stage, server: Server, path: Path) -> Sample:
    """Ask everything once, so that it is cached."""
    run = partial(stage.load.once, server.port, path, COLD_CLIENTS)
    return stage.measure(f"filling, {path.name}", 0, server, run)


def _all_once(
    stage: Stage, server: Server, turn: int, what: tuple[str, str, Path]
) -> None:
    """Ask everything once, and keep rate, cost and questions upstream."""
    section, title, path = what
    run = partial(stage.load.once, server.port, path, COLD_CLIENTS)
    sample = stage.measure(title, turn, server, run)
    for unit, value in {
        RATE: sample.run.rate,
        CPU: sample.cpu_micro,
        UPSTREAM: sample.upstream_each,
    }.items():
        stage.results.add(Row(section, title, unit), server.kind.name, turn, value)


def _cached(
    stage: Stage, server: Server, turn: int, path: Path, clients: Clients
) -> Sample:
    run = partial(
        stage.load.repeat, server.port, path, clients, stage.plan.warm_seconds
    )
    what = f"cached, {clients.sockets} sockets, {clients.open} open"
    sample = stage.measure(what, turn, server, run)
    _check_leak(stage, server, sample, what)
    return sample


def _check_leak(stage: Stage, server: Server, sample: Sample, what: str) -> None:
    """Note it if what should be cached was not."""
    if sample.upstream > LEAK * sample.run.sent:
        counts = f"{sample.upstream:,} questions upstream for {sample.run.sent:,}"
        stage.results.note(f"{server.kind.name}: {counts} ({what})")


def _latency(
    stage: Stage, server: Server, turn: int, what: tuple[str, str, Path], rate: int
) -> None:
    """Ask at a fixed rate, and keep how long clients wait."""
    section, title, path = what
    seconds = stage.plan.latency_seconds
    run = partial(stage.load.steady, server.port, path, STEADY_CLIENTS, rate, seconds)
    sample = stage.measure(title, turn, server, run)
    for name, share in PERCENTILES.items():
        value = percentile(sample.run.latencies, share) * MICRO
        row = Row(section, f"{title}: {name}", LATENCY)
        stage.results.add(row, server.kind.name, turn, value)


SESSIONS: Final = {
    starts: "f",
    cold: "bd",
    mix: "c",
    warm: "ad",
    growth: "eh",
}
