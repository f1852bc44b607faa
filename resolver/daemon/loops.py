"""The event loop to run on."""

import asyncio
from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Give the best event loop that is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional: there is none for every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
