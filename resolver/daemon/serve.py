"""What the command line asks for: answer until told to stop, or answer one question."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, final

import structlog

from resolver.config import Config
from resolver.config.build import kind_of_build
from resolver.daemon.build import World, build
from resolver.daemon.commands import Arguments
from resolver.daemon.control import ControlSocket, make_place, open_control
from resolver.daemon.health import summary
from resolver.daemon.limits import tell_limits
from resolver.daemon.loops import loop_factory
from resolver.daemon.opened import Opened, inherited
from resolver.daemon.privileges import become, identity_for
from resolver.daemon.process import Process, answer, report
from resolver.daemon.reloading import Reloading, Reread, nothing_to_read
from resolver.daemon.shares import count_of_workers, share_of
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place, place_for
from resolver.daemon.supervisor import Supervisor
from resolver.daemon.tuning import raise_descriptor_limit
from resolver.daemon.world import world_of
from resolver.net.notify import ServiceManager
from resolver.ports import Errand, Resolution
from resolver.wire.message import Question

log: Final = structlog.get_logger()

_Result = TypeVar("_Result")


def serve(config: Config, reread: Reread = nothing_to_read) -> int:
    """Answer questions until SIGTERM or SIGINT; give the exit status.

    `reread` gives the configuration anew when a reload is wanted.  Blocks.  Raises
    OSError, with the address in its text, when a listener cannot be had, and ValueError
    for hints without a usable server.
    """
    raise_descriptor_limit()
    workers = count_of_workers(config)
    identity = identity_for(config.server.user)
    opened = Opened(inherited())
    if identity is not None:
        if workers == 1:
            opened.bind(config.listen.plain, several=False)
        make_place(config.control.path, identity.uid, identity.gid)
        become(identity, keep_ports=workers > 1)
    tell_limits(config, workers)
    with place_for(config, workers) as place:
        manager = ServiceManager()
        if workers == 1:
            alone = Alone(config, place, manager, reread)
            mine = share_of(config, place, workers)
            main = answer(mine, place, alone, several=False, opened=opened)
            _run(self_checked(config, main))
        else:
            supervisor = Supervisor(
                config, place, manager, reread=reread, opened=opened
            )
            asyncio.run(self_checked(config, supervisor.run()))
    return 0


def ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
    """Resolve one question in this process; the errand's diary is the trace.

    Blocks.  Failures are resolutions with SERVFAIL.
    """
    return _run(_ask_once(config, question))


@final
class Alone:
    """The superior of a process that has nobody above it but the service manager."""

    def __init__(
        self,
        config: Config,
        place: Place | None,
        manager: ServiceManager,
        reread: Reread = nothing_to_read,
    ) -> None:
        self._config: Final = config
        self._place: Final = place
        self._manager: Final = manager
        self._reread: Final = reread
        self._control: ControlSocket | None = None
        self._reloading: Reloading | None = None
        self.period: Final = manager.watchdog_seconds

    def begin(self, ended: asyncio.Event) -> None:
        """Nothing is to be done: the manager sends signals."""

    async def meet(self, process: Process) -> None:
        """Open the control socket to its commands, and reload it when that is wanted."""
        begun = time.monotonic()

        async def status(_: Arguments) -> object:
            health = await process.commands.run("health", {})
            config = process.subject.config
            return summary(config, {0: health}, 1, time.monotonic() - begun)

        async def apply(config: Config) -> None:
            await process.reload(share_of(config, self._place, 1))

        process.commands.add("status", status)
        self._reloading = Reloading(self._config, self._reread, apply, self._manager)
        self._reloading.begin(process.commands)
        control = self._config.control
        self._control = await open_control(control, process.commands.run)

    def ready(self, status: str) -> None:
        """Tell everybody."""
        log.info(
            "ready",
            listen=", ".join(self._config.listen.plain),
            build=kind_of_build(),
            loop=type(asyncio.get_running_loop()).__module__,
            python=_python(),
        )
        self._manager.ready(status)

    def alive(self, statistics: Statistics) -> None:
        """Pat the watchdog."""
        del statistics
        self._manager.alive()

    def stopping(self) -> None:
        """Tell the manager, and take no more commands."""
        if self._reloading is not None:
            self._reloading.end()
        if self._control is not None:
            self._control.close()
        self._manager.stopping()

    def stopped(self, statistics: Statistics, *, complete: bool) -> None:
        """Tell everybody."""
        log.info("statistics", **statistics.plain())
        log.info("stopped", every_question_ended=complete)


async def _ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
    world = world_of(config)
    core = build(config, world, report)
    errand = Errand(world.clock, world.clock() + config.recursion.query_deadline)
    try:
        return await core.service.answer(question, errand), errand
    finally:
        world.close()


async def _check_self(config: Config, world: World) -> None:
    # Some milliseconds of a start, for those only who want it.
    from resolver.daemon.doctor.selfcheck import check_self  # noqa: PLC0415 - as above

    await check_self(config, world)


async def self_checked(
    config: Config,
    main: Coroutine[Any, Any, None],
    check: Callable[[Config, World], Coroutine[Any, Any, None]] = _check_self,
) -> None:
    """Do what there is to do, and examine host and network once beside it."""
    if not config.server.self_check:
        await main
        return
    world = world_of(config)
    checking = asyncio.create_task(check(config, world))
    try:
        await main
    finally:
        checking.cancel()
        world.close()


def _run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run on uvloop where it is installed, on asyncio's own loop elsewhere."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def _python() -> str:
    return f"{sys.implementation.name} {sys.version.split()[0]}"
