"""What every session needs: the lab, the load, a way to start servers, and a meter."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import questions
from benchmarks.lab import Lab
from benchmarks.load import Load, Run
from benchmarks.place import Place
from benchmarks.plan import Plan
from benchmarks.process import Broken
from benchmarks.recipes import Settings
from benchmarks.results import Results
from benchmarks.servers import Kind, Server

MICRO: Final = 1e6
# Share of failed questions from which on a run's figures need a note.
NOTABLE: Final = 0.001


class Sample(NamedTuple):
    """A run, and what it has cost the server and the lab."""

    run: Run
    cpu_seconds: float
    system_seconds: float
    upstream: int

    @property
    def cpu_micro(self) -> float:
        """CPU microseconds an answer."""
        return self.cpu_seconds * MICRO / max(1, self.run.completed)

    @property
    def upstream_each(self) -> float:
        """Questions to the lab for each client's question."""
        return self.upstream / max(1, self.run.sent)


class Stage:
    """The lab and its visitors."""

    def __init__(
        self,
        plan: Plan,
        place: Place,
        lab: Lab,
        kinds: Sequence[Kind],
        results: Results,
    ) -> None:
        self.plan: Final = plan
        self.place: Final = place
        self.kinds: Final = kinds
        self.results: Final = results
        self.load: Final = Load(place.load_cores)
        self._lab: Final = lab
        self._started = 0

    @property
    def walkers(self) -> list[Kind]:
        """The servers that resolve by themselves."""
        return [kind for kind in self.kinds if kind.walks]

    def start(self, kind: Kind, workers: int = 1, cores: Sequence[int] = ()) -> Server:
        """Start a server in a new folder; on its own core unless others are given."""
        self._started += 1
        folder = self.place.folder / f"{kind.name}-{self._started}"
        folder.mkdir()
        settings = Settings(
            port=kind.port,
            folder=folder,
            hints=self._lab.hints,
            anchor=self._lab.anchor,
            validate=self.place.validate,
            workers=workers,
        )
        return Server(kind, settings, cores or self.place.server_cores)

    def file(self, name: str, lines: Iterable[str]) -> Path:
        """Write a data file of dnsperf."""
        return questions.write(self.place.folder / name, lines)

    def turns(
        self, what: str, rounds: int, kinds: Sequence[Kind]
    ) -> Iterator[tuple[int, Kind]]:
        """Go through the servers so many times, each time from another one on."""
        for turn in range(rounds):
            shift = turn % max(1, len(kinds))
            for kind in [*kinds[shift:], *kinds[:shift]]:
                self.place.say(f"{what}, {turn + 1} of {rounds}: {kind.name}")
                yield turn, kind

    @contextmanager
    def forgiving(self, kind: Kind) -> Iterator[None]:
        """Note what broke, and go on without that server's figure."""
        try:
            yield
        except Broken as broken:
            self.results.note(f"{kind.name}: {broken}")

    def measure(
        self, what: str, turn: int, server: Server, act: Callable[[], Run]
    ) -> Sample:
        """Do a run, count what it costs, and keep its raw figures."""
        process = server.process
        cpu, system, asked = process.cpu(), process.system_cpu(), self._lab.questions()
        process.must_run()
        run = act()
        process.must_run()
        sample = Sample(
            run=run,
            cpu_seconds=process.cpu() - cpu,
            system_seconds=process.system_cpu() - system,
            upstream=self._lab.questions() - asked,
        )
        name = server.kind.name
        raw = run._asdict() | sample._asdict()
        del raw["latencies"]
        self.results.sample(raw | {"run": what, "round": turn, "server": name})
        if run.failed > NOTABLE * run.sent:
            counts = f"{run.failed:,} of {run.sent:,}"
            self.results.note(f"{name}: {counts} questions not answered well ({what})")
        return sample
