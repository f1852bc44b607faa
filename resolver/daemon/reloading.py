"""A reload from its wish to its end: read, check, apply, tell.

Whoever answers to the service manager reloads, the process that is alone or the
supervisor, on SIGHUP or by command.  The file is read and checked whole, as `resolver
check` does it, beside answering; what is wrong with it is told, and nothing has
changed.  Only then is it applied, which may still be refused, by a port that somebody
else has, and then nothing has changed either.

One reload at a time; one that is wanted meanwhile comes after it, and reads the file
again.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Final, final

import structlog

from resolver.config import Config, written
from resolver.config.changes import RESTART, as_running, changes
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.net.notify import ServiceManager

log: Final = structlog.get_logger()

# Reads the configuration again.  Raises ValueError, `ConfigError` among them, or OSError.
Reread = Callable[[], Config]


def nothing_to_read() -> Config:
    """Stand for the file of a program that was started without one."""
    raise ValueError("there is no configuration file: it was started without --config")


@final
class Reloading:
    """Reloads.  `apply` puts a configuration into effect, or changes nothing.

    It may raise OSError, ValueError and `Refused`.  `config` is the configuration in effect.
    """

    def __init__(
        self,
        config: Config,
        reread: Reread,
        apply: Callable[[Config], Awaitable[None]],
        manager: ServiceManager,
    ) -> None:
        self.config = config
        self._reread: Final = reread
        self._apply: Final = apply
        self._manager: Final = manager
        self._turn: Final = asyncio.Lock()
        self._over = False
        self._wanted: Final[set[asyncio.Task[None]]] = set()

    def begin(self, commands: Commands) -> None:
        """Take the signal and the command from now on."""
        loop = asyncio.get_running_loop()

        def wanted() -> None:
            task = loop.create_task(self._on_signal())
            self._wanted.add(task)
            task.add_done_callback(self._wanted.discard)

        loop.add_signal_handler(signal.SIGHUP, wanted)
        commands.add("reload", self.run)
        commands.add("settings", self.tell)

    def end(self) -> None:
        """Take no more signals, and forget those that wait: all is about to end."""
        self._over = True
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
        for task in self._wanted:
            task.cancel()

    async def run(self, arguments: Arguments) -> object:
        """Reload; give what has changed, and what waits for a restart.

        Raises `Refused` with all that is wrong.
        """
        del arguments
        async with self._turn:
            self._manager.reloading()
            try:
                return await self._reload()
            except (OSError, ValueError, Refused) as error:
                reason = _reason(error)
                log.warning("reload_refused", problems=reason.splitlines())
                raise Refused(f"nothing has changed: {reason}") from error
            except Exception as error:  # a fault of ours, which must not go unheard
                log.exception("unexpected_error", what="a reload")
                raise Refused(f"the reload failed: {error!r}") from error
            finally:
                if not self._over:
                    listen = ", ".join(self.config.listen.plain)
                    self._manager.ready(f"Listening on {listen}")

    async def tell(self, arguments: Arguments) -> object:
        """Tell the configuration that is in effect, as a file would say it."""
        del arguments
        return {"text": written(self.config)}

    async def _reload(self) -> object:
        wanted = await asyncio.to_thread(self._reread)
        found = changes(self.config, wanted)
        config = as_running(self.config, wanted)
        await self._apply(config)
        self.config = config
        at_once = [str(change) for change in found if change.effect != RESTART]
        restart = [change.setting for change in found if change.effect == RESTART]
        log.info("reloaded", changes=at_once, after_restart=restart)
        return {"changes": at_once, "after_restart": restart}

    async def _on_signal(self) -> None:
        try:
            await self.run({})
        except Refused:
            return  # it has been told


def _reason(error: Exception) -> str:
    """Say what is wrong, and what mends it where privileges are gone since the start."""
    if isinstance(error, PermissionError):
        return f"{error.strerror}; this process has given up the right to it: restart"
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
