"""What validation wants to have done beside answering."""

from collections.abc import Coroutine
from typing import Any

from resolver.config import Config
from resolver.daemon import anchorfile, clock, keytags, recheck
from resolver.daemon.build import World
from resolver.daemon.follow import Follower
from resolver.daemon.trust import Validation


def beside_validation(
    config: Config, world: World, validation: Validation
) -> list[Coroutine[Any, Any, None]]:
    """Give the works that go on until they are cancelled."""
    dnssec = config.dnssec
    path = anchorfile.path_of(dnssec)
    follower = Follower(validation, path, world.clock, world.wall, world.dice)
    works = [
        clock.keep_looking(world.wall, validation.chain, world.clock),
        clock.notice_set(world.wall, validation.chain),
        recheck.keep_rechecking(validation, world.clock),
    ]
    if dnssec.follow_anchor_rollovers:
        works.append(follower.run())
    if dnssec.signal_key_tags:
        works.append(
            keytags.keep_signalling(
                validation.anchors,
                validation.fetch,
                world.clock,
                world.dice,
                lambda: follower.is_first,
            )
        )
    return works
