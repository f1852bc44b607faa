"""The resolver that the lab's attacks are played on: a whole one, without sockets.

The lab and the daemon do not know each other; whoever types the command introduces them.
"""

import asyncio
from collections.abc import Callable

from resolver.config import Config
from resolver.daemon.build import World, build
from resolver.lab.attacks.stage import Outside
from resolver.net.front import Reception


def reception_of(
    config: Config,
    outside: Outside,
    on_error: Callable[[str, BaseException], None],
) -> Reception:
    """Build a resolver as the daemon does, and give what its listeners would bring to."""
    return build(config, World(*outside, begin=asyncio.create_task), on_error).front
