"""What outsiders see over HTTP: metrics, and whether this resolver is alive and ready.

The process that stands above all others owns the port: the supervisor, or the one process
that there is.  It has a reading of all of them anyway, so nobody is asked for anything when
somebody looks.
"""

import asyncio
from collections.abc import Callable
from typing import Final, final

from resolver.config import Config, split_address
from resolver.config.build import kind_of_build
from resolver.daemon.families import families
from resolver.daemon.readiness import Readiness
from resolver.daemon.reading import Observed
from resolver.net.http import Http, Page
from resolver.observe.exposition import CONTENT_TYPE, exposition

# Seconds between two looks at whether it is ready; workers tell what they have counted as often.
LOOK: Final = 1.0

_INDEX: Final = """\
<!doctype html><title>resolver</title><h1>resolver</h1><ul>
<li><a href="/metrics">/metrics</a>: what it has counted, for Prometheus
<li><a href="/live">/live</a>: is it running?
<li><a href="/ready">/ready</a>: is it worth asking?
</ul>
"""


@final
class Monitor:
    """The pages of a resolver.

    `observed` is who gives the readings, `clock` seconds on a clock that is never set
    back.  `on_error` is told of what should not happen.
    """

    def __init__(
        self,
        config: Config,
        observed: Observed,
        clock: Callable[[], float],
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self._address: Final = config.metrics.listen
        self._observed: Final = observed
        self._clock: Final = clock
        # Where the root is not asked before clients come, nobody can tell earlier.
        self._readiness: Final = Readiness(wants_reply=config.recursion.prime)
        self._http: Final = Http(self._page, on_error)
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Show the pages, if that is configured.  Raises OSError that names the address."""
        if not self._address:
            return
        try:
            await self._http.listen(*split_address(self._address))
        except OSError as error:
            text = f"{error.strerror}: {self._address} ([metrics] listen)"
            raise OSError(error.errno, text) from error
        self._looking = asyncio.get_running_loop().create_task(self._keep_looking())

    def close(self) -> None:
        """Show no more."""
        if self._looking is not None:
            self._looking.cancel()
        self._http.close()

    async def _keep_looking(self) -> None:
        while True:
            self._readiness.look(self._observed.reading(), self._clock())
            await asyncio.sleep(LOOK)

    def _page(self, path: str) -> Page | None:
        match path:
            case "/":
                return Page(_INDEX, kind="text/html; charset=utf-8")
            case "/live":
                return Page("live\n")
            case "/ready":
                return self._ready()
            case "/metrics":
                return self._metrics()
            case _:
                return None

    def _ready(self) -> Page:
        objections = self._readiness.look(self._observed.reading(), self._clock())
        if objections:
            return Page("".join(f"{text}\n" for text in objections), 503)
        return Page("ready\n")

    def _metrics(self) -> Page:
        reading = self._observed.reading()
        ready = not self._readiness.look(reading, self._clock())
        told = families(reading, build=kind_of_build(), ready=ready)
        return Page(exposition(told), kind=CONTENT_TYPE)
